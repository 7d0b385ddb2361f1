"""Whether a pack is the one that was sealed. Needs the file and nothing else: no settings, no database, no network.

What is checked, and against what:

- the seal over all bytes of the file (`legal.bundle.seal` tells what it can show and what not);
- the manifest attached to the PDF: its spelling is the canonical one, and its digest is the one printed on every page;
- every page, and all else in the PDF, against the digests in the manifest;
- in a ZIP, every file against `seal.json`, every original against the manifest, the PDF as above, and the manifest
  beside the PDF against the one in it; nothing may be there that the manifest does not know. The README is under the
  seal only;
- with a digest given, that it is the manifest's (as on the cover) or the PDF's own.

No byte of a PDF or of a ZIP is inert: each is under the seal. A forger who makes a new seal fails at the digests of
the pages as soon as the digest from the cover is given; one who makes a new manifest as well fails at that digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf

from collections_app.documents.digest import is_sha256, sha256, sha256_of_file
from legal.bundle.seal import (
    SEAL_FORMAT,
    document_digest,
    holes,
    page_digests,
    printed_digest,
    seal_problem,
)

FORMAT = "dunwell-pack/1"

# What a file may unpack to, for each byte of it: an archive made to fill a disk is refused before it is unpacked.
_LARGEST_RATIO = 200


@dataclass(frozen=True)
class Verdict:
    """The answer. `checked` says what was found in order, `problems` what was not; `ok` is that there are none."""

    ok: bool
    checked: tuple[str, ...]
    problems: tuple[str, ...]
    manifest_sha256: str = ""

    def __bool__(self) -> bool:
        return self.ok


_BESIDES = {"manifest.json", "seal.json", "README.txt"}


class _Answer:
    def __init__(self) -> None:
        self.checked: list[str] = []
        self.problems: list[str] = []

    def say(self, good: bool, found: str, problem: str) -> bool:
        (self.checked if good else self.problems).append(found if good else problem)
        return good


class _Broken(Exception):
    """Why no further check is possible, in a sentence."""


def verify(path: Path, digest: str | None = None) -> Verdict:
    """Check a PDF or a ZIP. `digest` comes from elsewhere than the file: the cover, a letter, the register of packs."""
    answer = _Answer()
    wanted = "".join(digest.split()).lower() if digest else ""
    found = ""
    try:
        if digest and not is_sha256(wanted):
            raise _Broken(f"“{digest[:80]}” is not a digest: it has 64 digits from 0 to f.")
        if not path.is_file():
            raise _Broken(f"There is no file “{path}”.")
        with path.open("rb") as file:
            beginning = file.read(5)
        if not (beginning.startswith(b"PK") or beginning == b"%PDF-"):
            raise _Broken("The file is neither a PDF nor a ZIP, or its first bytes have changed.")
        problem = seal_problem(path)
        answer.say(not problem, f"seal: all {path.stat().st_size:,} bytes are as they were sealed", problem)
        if beginning == b"%PDF-":
            manifest = _pdf(path, answer)
            known = {sha256_of_file(path): "of this PDF"}
        else:
            manifest, known = _zip(path, answer)
        found = sha256(manifest)
        known[found] = "of the manifest"
        if wanted:
            answer.say(
                wanted in known,
                f"origin: the digest given is that {known.get(wanted)}",
                f"The digest given is not that of this pack. Given: {wanted}. The manifest here has: {found}.",
            )
    except _Broken as error:
        answer.problems.append(str(error))
    if not answer.problems and not wanted:
        answer.checked.append("whole, origin not shown: no digest was given to compare with")
    return Verdict(not answer.problems, tuple(answer.checked), tuple(answer.problems), found)


# --- the PDF ------------------------------------------------------------------------------------------------


def _pdf(source: Path | BinaryIO, answer: _Answer) -> bytes:
    """Check one PDF. Returns the manifest attached to it."""
    try:
        with pikepdf.open(source, attempt_recovery=False) as pdf:
            return _opened(pdf, answer)
    except _Broken:
        raise
    except Exception as error:
        # What a mangled file makes the library raise is not of one kind; whatever it is, the file is not whole.
        raise _Broken(f"The PDF is damaged or not built as a pack is ({type(error).__name__}).") from error


def _opened(pdf: pikepdf.Pdf, answer: _Answer) -> bytes:
    try:
        manifest = bytes(pdf.Root.Names.EmbeddedFiles.Names[1].EF.F.read_bytes())
    except (KeyError, IndexError, AttributeError, ValueError, TypeError) as error:
        raise _Broken("The PDF holds no manifest.json: it is not a pack, or the attachment was taken out.") from error
    content = _parsed(manifest, "The manifest in the PDF")
    made = content["made"]
    digest = sha256(manifest)
    answer.checked.append(f"manifest: {digest}")
    if content["facts"].get("draft"):
        answer.checked.append(f"draft: of version {content['facts']['version']}; it was not sealed as that version")
    expected, pages = made["page_sha256"], page_digests(pdf)
    if len(pages) != len(expected):
        answer.problems.append(f"The PDF has {len(pages)} pages; {len(expected)} were sealed.")
    changed = [str(number) for number, pair in enumerate(zip(pages, expected, strict=False), 1) if pair[0] != pair[1]]
    answer.say(
        not changed,
        f"pages: all {len(pages)} are as they were sealed",
        f"Not as sealed: page {', '.join(changed[:20])}{' and more' if len(changed) > 20 else ''}.",
    )
    answer.say(
        document_digest(pdf) == made["document_sha256"],
        "document: bookmarks, links and attachments are as they were sealed",
        "Bookmarks, attachments or other parts around the pages are not as they were sealed.",
    )
    _look_into_holes(pdf, manifest, made["digest_glyphs"], answer)
    return manifest


def _look_into_holes(pdf: pikepdf.Pdf, manifest: bytes, glyphs: dict[str, str], answer: _Answer) -> None:
    digest = sha256(manifest)
    names = set()
    for name, content in holes(pdf):
        names.add(name)
        if content != (manifest if name == "/manifest" else printed_digest(name, digest, glyphs)):
            answer.problems.append("The digest printed on the pages is not the digest of the manifest.")
            return
    answer.say(
        names == {"/manifest", "/short", "/long"},
        "print: the digest on the cover and on each page is that of the manifest",
        "The digest is not printed where it should be.",
    )


def _parsed(text: bytes, what: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
        spelled = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise _Broken(f"{what} cannot be read.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _Broken(f"{what} is not of a kind that this program knows ({FORMAT}).")
    if spelled.encode() != text:
        raise _Broken(f"{what} is not in its one spelling: it was written by another program.")
    return content


# --- the ZIP ------------------------------------------------------------------------------------------------


def _zip(path: Path, answer: _Answer) -> tuple[bytes, dict[str, str]]:
    """Check an archive. Returns its manifest and the digest of its PDF."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpacked(archive, answer)
    except _Broken:
        raise
    except Exception as error:
        # zipfile, zlib and struct each have their own ways to say that an archive is damaged.
        raise _Broken(f"The archive is damaged ({type(error).__name__}).") from error


def _unpacked(archive: zipfile.ZipFile, answer: _Answer) -> tuple[bytes, dict[str, str]]:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    packed = max(1, sum(entry.compress_size for entry in entries))
    if sum(entry.file_size for entry in entries) > packed * _LARGEST_RATIO:
        raise _Broken("The archive would unpack to far more than its size; it was not unpacked.")
    if "seal.json" not in names or "manifest.json" not in names:
        raise _Broken("The archive holds no seal.json or no manifest.json: it is not a pack.")
    seal = json.loads(archive.read("seal.json"))
    if seal.get("format") != SEAL_FORMAT:
        raise _Broken(f"The archive’s seal is not of a kind that this program knows ({SEAL_FORMAT}).")
    listed: dict[str, dict[str, Any]] = seal["files"]
    doubles = sorted({name for name in names if names.count(name) > 1})
    strange = sorted(set(names) - set(listed) - {"seal.json"})
    gone = sorted(set(listed) - set(names))
    for those, what in ((doubles, "twice"), (strange, "though not sealed"), (gone, "no longer, though sealed")):
        if those:
            answer.problems.append(f"In the archive {what}: {', '.join(those[:10])}.")
    present = [name for name in listed if name in names]
    wrong = [name for name in present if _sha256_in(archive, name) != listed[name]["sha256"]]
    answer.say(
        not wrong, f"files: all {len(present)} are as they were sealed", f"Not as sealed: {', '.join(wrong[:10])}."
    )
    manifest = archive.read("manifest.json")
    content = _parsed(manifest, "The manifest in the archive")
    _compare_originals(archive, content, names, answer)
    known = {exhibit["original"] for exhibit in content["made"]["exhibits"]} | _BESIDES
    others = sorted(set(names) - known)
    if len(others) != 1 or not others[0].endswith(".pdf"):
        raise _Broken(f"Beside the originals the archive holds {', '.join(others[:10]) or 'nothing'}, not one pack.")
    data = archive.read(others[0])
    attached = _pdf(io.BytesIO(data), answer)
    answer.say(
        attached == manifest,
        "one manifest: the one beside the PDF is the one in it",
        "The manifest in the archive is not the one attached to its PDF.",
    )
    return manifest, {sha256(data): "of the PDF in this archive"}


def _compare_originals(archive: zipfile.ZipFile, content: dict[str, Any], names: list[str], answer: _Answer) -> None:
    """Each exhibit's source against the manifest, which counts for more than the list beside it."""
    wrong = [
        exhibit["tab"]
        for exhibit in content["made"]["exhibits"]
        if exhibit["original"] not in names or _sha256_in(archive, exhibit["original"]) != exhibit["sha256"]
    ]
    facts = [each for each in content["facts"]["exhibits"] if each["kind"] == "file"]
    by_tab = {each["tab"]: each["sha256"] for each in content["made"]["exhibits"]}
    wrong += [each["tab"] for each in facts if by_tab.get(each["tab"]) != each["sha256"]]
    answer.say(
        not wrong,
        f"originals: all {len(content['made']['exhibits'])} exhibits are those of the manifest",
        f"Not the original of the manifest: tab {', '.join(sorted(set(wrong)))}.",
    )


def _sha256_in(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(archive, name):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as file:
        while chunk := file.read(1 << 20):
            yield chunk
