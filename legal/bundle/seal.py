"""What makes a changed pack show: one digest over all bytes of a file, and digests of the pages inside the manifest.

Two things can happen to a pack, and each needs its own answer.

**A byte changes** (a bad disk, a careless program, a hand with an editor). Every PDF and every ZIP carries a *seal*:
the SHA-256 of all its bytes, with the 64 digits of the seal itself read as zeros. In the PDF it stands in the trailer,
in the ZIP in the comment at the end. There is no byte outside it, so a flip anywhere fails, also in bytes that no
reader looks at.

**Somebody forges a page** and makes a new seal, which anybody can, for this program is open. Against that stands the
digest on the cover, which the reader has from elsewhere (`--digest`). It is the digest of the manifest, and the
manifest holds a digest of every finished page (content, fonts, pictures, links, stamp) and one of all the rest that
a reader of the PDF can reach (bookmarks, catalogue, attachments). Only what cannot be known before the manifest is
finished is left out of those: the digest as printed, and the manifest's own attachment. Such *holes* are marked, their
places are under the digest, and what fills them is checked to be exactly the manifest and its digest.

So with the digest from the cover a PDF alone is proved, page by page, and with the SHA-256 of the whole file as well.
Without a digest only the first kind of change shows: "whole, origin not shown".
"""

from __future__ import annotations

import hashlib
import mmap
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pikepdf

from collections_app.kernel.errors import DomainError

SEAL_FORMAT = "dunwell-seal/1"
ZEROS = "0" * 64
TRAILER_KEY = "/DunwellSeal"
HOLE_KEY = "/DunwellHole"

_PDF_SEAL = re.compile(rb"/DunwellSeal \(([0-9a-f]{64})\)")
_ZIP_SEAL = re.compile(rb"dunwell-seal:([0-9a-f]{64})")

_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_REFERENCE = re.compile(rb"\d+ \d+ R\b")


# --- the seal over all bytes --------------------------------------------------------------------------------


def zip_comment() -> bytes:
    """The comment of a ZIP that is yet to be sealed."""
    return b"dunwell-seal:" + ZEROS.encode()


def seal_file(path: Path) -> str:
    """Write the seal into a finished PDF or ZIP that holds zeros in its place. Returns the file's own SHA-256."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        start, found = _place(data)
        if found != ZEROS.encode():
            raise ValueError(f"{path.name} is sealed already")
        data[start : start + 64] = _digest_with_zeros(data, start).encode()
        data.flush()
        return hashlib.sha256(data).hexdigest()


def seal_problem(path: Path) -> str:
    """Why the bytes of a file are not the sealed ones; empty if they are."""
    if path.stat().st_size == 0:
        return "The file is empty."
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            start, found = _place(data)
        except DomainError as error:
            return error.sentence
        if _digest_with_zeros(data, start).encode() != found:
            return "The bytes of the file are not those that were sealed: at least one has changed."
    return ""


def _place(data: mmap.mmap) -> tuple[int, bytes]:
    """Where the 64 digits stand, and what they are."""
    pattern = _ZIP_SEAL if data[:2] == b"PK" else _PDF_SEAL
    places = [(found.start(1), found.group(1)) for found in pattern.finditer(data)]
    if len(places) != 1:
        raise DomainError("no_seal", "The file carries no seal of this system, or its seal has been damaged.")
    return places[0]


def _digest_with_zeros(data: mmap.mmap, start: int) -> str:
    digest = hashlib.sha256()
    with memoryview(data) as view:
        digest.update(view[:start])
        digest.update(ZEROS.encode())
        digest.update(view[start + 64 :])
    return digest.hexdigest()


# --- digests of what a PDF shows ----------------------------------------------------------------------------


def page_digests(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    """A digest for each page: all that its dictionary reaches, other pages only by their numbers."""
    walk = _Walk(pdf)
    return tuple(walk.page(page.obj) for page in pdf.pages)


def document_digest(pdf: pikepdf.Pdf) -> str:
    """A digest of the rest: all that the catalogue and the document information reach, pages by their numbers."""
    return _Walk(pdf).document()


def holes(pdf: pikepdf.Pdf) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each stream whose content the digests above leave out."""
    for each in pdf.objects:
        if isinstance(each, pikepdf.Stream) and HOLE_KEY in each:
            yield str(each[HOLE_KEY]), each.read_bytes()


def printed_digest(name: str, digest: str, glyphs: Mapping[str, str]) -> bytes:
    """What fills a hole that prints the manifest's digest: `short` for the foot of each page, `long` for the cover.

    `glyphs` gives the number (four hexadecimal digits) of each character in the font of the stamp.
    """

    def shown(text: str) -> str:
        return "<" + "".join(glyphs[character] for character in text) + ">"

    if name == "/short":
        return f"BT /F 7 Tf {shown(short(digest))} Tj ET".encode()
    if name == "/long":
        groups = [digest[start : start + 8] for start in range(0, 64, 8)]
        upper, lower = " ".join(groups[:4]), " ".join(groups[4:])
        return f"BT /F 11 Tf 17 TL 1 Tc {shown(upper)} Tj T* {shown(lower)} Tj ET".encode()
    raise ValueError(f"{name} is no hole for a digest")


def short(digest: str) -> str:
    """3f9c07...b2e81d; the font's own ellipsis floats at half height, as Chinese wants it."""
    return f"{digest[:6]}...{digest[-6:]}"


class _Walk:
    """Digests of PDF objects that do not depend on object numbers, on the order of keys or on how it was saved.

    An object's digest is made from the digests of what it holds (a Merkle tree). A reference to an object that is
    being digested further up (a parent) is written as the number of steps up, so that it means the same anywhere.
    """

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        self._done: dict[tuple[int, int], bytes] = {}
        self._open: list[tuple[int, int]] = []
        self._lowest = 0  # the outermost open object that the object at hand refers to

    def page(self, page: pikepdf.Object) -> str:
        keys = {key: page[key] for key in _keys(page) if key != "/Parent"}
        for key in _INHERITED:
            if key not in keys and (value := _inherited(page, key)) is not None:
                keys[key] = value
        return self._dictionary(keys).hex()

    def document(self) -> str:
        root = self._pdf.Root
        keys = {key: root[key] for key in _keys(root) if key not in {"/Pages", "/Outlines"}}
        digest = hashlib.sha256(self._dictionary(keys))
        if "/Info" in self._pdf.trailer:
            digest.update(self._of(self._pdf.trailer["/Info"]))
        for level, item in _outline(root):
            # Its neighbours are told by the order; walked as references they would nest as deep as the list is long.
            own = {key: item[key] for key in _keys(item) if key not in _OUTLINE_LINKS}
            digest.update(b"%d" % level + self._dictionary(own))
        return digest.hexdigest()

    def _of(self, value: Any) -> bytes:
        if not isinstance(value, pikepdf.Object):
            return hashlib.sha256(repr(value).encode()).digest()
        if not value.is_indirect:
            return self._direct(value)
        key = value.objgen
        if key in self._pages:
            return hashlib.sha256(b"page %d" % self._pages[key]).digest()
        if key in self._done:
            return self._done[key]
        if key in self._open:
            at = self._open.index(key)
            self._lowest = min(self._lowest, at)
            return hashlib.sha256(b"up %d" % (len(self._open) - at)).digest()
        depth = len(self._open)
        outer, self._lowest = self._lowest, depth
        self._open.append(key)
        found = self._direct(value)
        self._open.pop()
        if self._lowest >= depth:  # refers to nothing further out: the same wherever it is reached from
            self._done[key] = found
        self._lowest = min(outer, self._lowest)
        return found

    def _direct(self, value: pikepdf.Object) -> bytes:
        if isinstance(value, pikepdf.Stream):
            keys = {key: value[key] for key in _keys(value) if key != "/Length"}
            if HOLE_KEY in keys:
                for key in ("/Filter", "/DecodeParms"):
                    keys.pop(key, None)
                return hashlib.sha256(b"hole" + self._dictionary(keys)).digest()
            return hashlib.sha256(
                b"stream" + self._dictionary(keys) + hashlib.sha256(value.read_raw_bytes()).digest()
            ).digest()
        if isinstance(value, pikepdf.Dictionary):
            text = value.unparse(resolved=True)
            if not _REFERENCE.search(text):
                return hashlib.sha256(text).digest()
            return self._dictionary({key: value[key] for key in _keys(value)})
        if isinstance(value, pikepdf.Array):
            text = value.unparse(resolved=True)
            if not _REFERENCE.search(text):
                return hashlib.sha256(text).digest()
            return hashlib.sha256(b"array" + b"".join(self._of(each) for each in value)).digest()  # type: ignore[attr-defined]
        return hashlib.sha256(value.unparse(resolved=True)).digest()

    def _dictionary(self, keys: Mapping[str, Any]) -> bytes:
        digest = hashlib.sha256(b"dictionary")
        for key in sorted(keys):
            digest.update(key.encode() + b"\0" + self._of(keys[key]))
        return digest.digest()


_OUTLINE_LINKS = {"/First", "/Last", "/Next", "/Prev", "/Parent"}


def _outline(root: pikepdf.Object) -> Iterator[tuple[int, pikepdf.Object]]:
    """The bookmarks in the order in which they are shown, with their levels."""
    if "/Outlines" not in root:
        return
    yield 0, root.Outlines
    seen: set[tuple[int, int]] = set()
    waiting = [(1, root.Outlines.get("/First"))]
    while waiting:
        level, item = waiting.pop()
        if item is None or item.objgen in seen:
            continue
        seen.add(item.objgen)
        yield level, item
        waiting.append((level, item.get("/Next")))
        waiting.append((level + 1, item.get("/First")))


def _keys(holder: pikepdf.Object) -> list[str]:
    return list(holder.keys())


def _inherited(page: pikepdf.Object, key: str) -> Any:
    """The value that a page has from the page tree above it."""
    node, steps = page.get("/Parent"), 0
    while node is not None and steps < 64:
        if key in node:
            return node[key]
        node, steps = node.get("/Parent"), steps + 1
    return None
