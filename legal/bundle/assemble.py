"""One PDF and one ZIP from a manifest and the exhibits' bytes.

What happens, in order:

1. Each exhibit becomes pages: a PDF keeps its own, everything else is laid out from the manifest. A file that cannot
   be read gets a page that says so; bytes that are not the ones in the manifest end the build.
2. The front (cover, index, chronology, statement on the records) is laid out with the page numbers that follow from
   its own length, which is guessed first and laid out again if the guess was wrong.
3. All is merged; each page gets its number, its file and version and a place for the digest.
4. The pages are digested, the sealed manifest is written, its digest goes into the places left for it, and the file
   is sealed over all its bytes (see `legal.bundle.seal`).
5. The ZIP takes the PDF, the originals, the manifest, `seal.json` and a README, and is sealed likewise.

Both files take their names together at the end; a full disk or a kill leaves neither. The same manifest and bytes
give the same PDF to the byte.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image

from collections_app.documents.digest import sha256
from collections_app.documents.files import writing_together
from collections_app.documents.render import Laid
from collections_app.kernel.errors import DomainError
from legal.bundle import render
from legal.bundle.courts import Court
from legal.bundle.manifest import Exhibit, Manifest, canonical_json, inputs_sha256, sealed_json
from legal.bundle.render import FRONT, FRONT_NAMES, PRINTED_TEXT_LIMIT, Places, Sheet, Span
from legal.bundle.seal import (
    HOLE_KEY,
    SEAL_FORMAT,
    TRAILER_KEY,
    ZEROS,
    document_digest,
    page_digests,
    printed_digest,
    seal_file,
    zip_comment,
)
from legal.bundle.stamp import Foot, Stamp

Blobs = Callable[[str], bytes]
"""Gives the plain bytes of a stored file by their SHA-256; raises KeyError or OSError if it has none."""

_ENDINGS = {
    "application/pdf": ".pdf",
    "application/json": ".json",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/html": ".html",
    "message/rfc822": ".eml",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mp4": ".m4a",
}
_PRINTED_AS_TEXT = {"text/plain", "text/csv", "message/rfc822"}

# Room that a foreign page leaves at its edges for the stamp; points.
_SIDE, _TOP, _FOOT = 14.0, 12.0, 44.0


@dataclass(frozen=True)
class BuiltPack:
    """What was built. `sha256` is that of the PDF file, `manifest_sha256` the digest printed on its cover."""

    pdf: Path
    zip: Path
    pages: int
    files: int
    sha256: str
    manifest_sha256: str
    inputs_sha256: str
    unreadable: tuple[tuple[str, str], ...] = ()
    too_large: bool = False


@dataclass(frozen=True)
class _Part:
    """Some pages of the pack: the PDF that holds them, which ones, and whether they were laid out here."""

    pdf: pikepdf.Pdf
    pages: range
    ours: bool


@dataclass
class _Source:
    """An exhibit with its pages, and why its file could not be shown, if so."""

    exhibit: Exhibit
    parts: list[_Part] = field(default_factory=list)
    sheet: Sheet | None = None
    rows: dict[str, int] = field(default_factory=dict)  # anchor → page within the exhibit, from 1

    @property
    def pages(self) -> int:
        return sum(len(part.pages) for part in self.parts)

    @property
    def unreadable(self) -> str:
        return self.sheet.unreadable if self.sheet else ""

    def take(self, laid: Laid) -> None:
        """Add a whole document that was laid out here."""
        before = self.pages
        self.rows |= {name: before + anchor.page for name, anchor in laid.anchors.items()}
        self.parts.append(_Part(pikepdf.open(io.BytesIO(laid.pdf)), range(laid.pages), ours=True))


def build(manifest: Manifest, blobs: Blobs, *, court: Court, out: Path) -> BuiltPack:
    """Build the pack into the folder `out`, as `court.name_of(manifest)` with .pdf and .zip.

    Raises DomainError: `exhibit_missing` or `exhibit_changed` (the store has not the bytes of the manifest),
    `wrong_court_layout`, `disk_full`, `cannot_write`, and what rendering raises. Nothing is left behind then.
    """
    if (manifest.layout.id, manifest.layout.sha256) != (court.id, court.sha256):
        raise DomainError(
            "wrong_court_layout",
            f"The manifest was made for layout {manifest.layout.id} {manifest.layout.version}, and the layout given "
            f"is {court.id} {court.version}. Make the manifest again.",
            file_number=manifest.file_number,
        )
    sources = _sources(manifest, court, blobs)
    cover, places = _front(manifest, court, sources)
    name = court.name_of(manifest)
    targets = (out / f"{name}.pdf", out / f"{name}.zip")
    with writing_together(*targets) as (pdf_part, zip_part):
        sealed = _write_pdf(manifest, court, cover, sources, places, pdf_part)
        manifest_sha256 = sha256(sealed)
        pdf_sha256 = seal_file(pdf_part)
        files = _write_zip(manifest, sources, blobs, sealed, pdf_part, pdf_sha256, f"{name}.pdf", zip_part)
        seal_file(zip_part)
        size = zip_part.stat().st_size
    return BuiltPack(
        pdf=targets[0],
        zip=targets[1],
        pages=places.pages,
        files=files,
        sha256=pdf_sha256,
        manifest_sha256=manifest_sha256,
        inputs_sha256=inputs_sha256(manifest),
        unreadable=tuple((each.exhibit.tab, each.unreadable) for each in sources if each.unreadable),
        too_large=size > court.max_megabytes * 1_000_000,
    )


# --- exhibits become pages ----------------------------------------------------------------------------------


def _sources(manifest: Manifest, court: Court, blobs: Blobs) -> list[_Source]:
    sources = [_source(manifest, court, exhibit, blobs) for exhibit in manifest.exhibits]
    shown = [source for source in sources if source.sheet]
    if shown:
        laid = render.sheets(manifest, court, [source.sheet for source in shown if source.sheet])
        pdf = pikepdf.open(io.BytesIO(laid.pdf))
        starts = [laid.anchors[f"tab-{source.exhibit.tab}"].page - 1 for source in shown] + [laid.pages]
        for source, first, end in zip(shown, starts, starts[1:], strict=False):
            source.parts.append(_Part(pdf, range(first, end), ours=True))
    return sources


def _source(manifest: Manifest, court: Court, exhibit: Exhibit, blobs: Blobs) -> _Source:
    source = _Source(exhibit)
    if exhibit.kind == "statement":
        source.take(render.statement(manifest, court, exhibit))
        return source
    if exhibit.kind == "contact_log":
        for laid in render.contact_log(manifest, court, exhibit):
            source.take(laid)
        return source
    data = _bytes_of(exhibit, blobs)
    try:
        if exhibit.media_type == "application/pdf":
            pdf = _opened(data)
            source.parts.append(_Part(pdf, range(len(pdf.pages)), ours=False))
        else:
            source.sheet = _sheet(exhibit, data)
    except _Unreadable as error:
        source.sheet = Sheet(exhibit, unreadable=str(error))
    return source


def _sheet(exhibit: Exhibit, data: bytes) -> Sheet:
    if exhibit.media_type in ("image/jpeg", "image/png"):
        _see_picture(data)
        return Sheet(exhibit, picture=data)
    if exhibit.media_type in _PRINTED_AS_TEXT:
        text = _readable(data)
        if len(text) <= PRINTED_TEXT_LIMIT:
            return Sheet(exhibit, text=text)
        what = f"This text has {len(text):,} characters and is not printed."
    elif exhibit.media_type.startswith(("audio/", "video/")):
        what = "This recording cannot be printed."
    else:
        what = "This file is of a kind that is not printed."
    return Sheet(exhibit, sentence=f"{what} It is in the ZIP of this pack as {_original_name(exhibit)}.")


class _Unreadable(Exception):
    """Why the file of an exhibit cannot be shown, in a sentence for the page in its place."""


def _bytes_of(exhibit: Exhibit, blobs: Blobs) -> bytes:
    try:
        data = blobs(exhibit.sha256)
    except (KeyError, FileNotFoundError) as error:
        raise DomainError(
            "exhibit_missing",
            f"Exhibit {exhibit.tab} (“{exhibit.title}”): its file is not in the store. Upload it again, or take the "
            "exhibit out; no pack is built with a gap.",
            tab=exhibit.tab,
        ) from error
    if sha256(data) != exhibit.sha256:
        raise DomainError(
            "exhibit_changed",
            f"Exhibit {exhibit.tab} (“{exhibit.title}”): the file in the store is not the one that was collected; "
            "its digest differs. Find out who changed it, then collect the exhibits again.",
            tab=exhibit.tab,
        )
    return data


def _opened(data: bytes) -> pikepdf.Pdf:
    """A PDF exhibit, with what a reader sees drawn into its pages: filled-in fields, notes, stamps.

    A damaged file is not repaired: a reader that rebuilds it may lose pages without a word.
    """
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
        if not len(pdf.pages):
            raise _Unreadable("The PDF has no page.")
        if "/AcroForm" in pdf.Root:
            pdf.acroform.generate_appearances_if_needed()
        if any("/Annots" in page.obj for page in pdf.pages):
            pdf.flatten_annotations("all")
        for page in pdf.pages:
            page.contents_coalesce()
            contents = page.obj.get("/Contents")
            if isinstance(contents, pikepdf.Stream):
                contents.read_bytes()  # a damaged page shows here, and not in the middle of the merge
    except pikepdf.PasswordError:
        raise _Unreadable("The PDF is locked with a password.") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, RuntimeError):
        # The library's own words name objects in memory: they would differ from build to build.
        raise _Unreadable("The PDF is damaged, or was cut off on its way.") from None
    return pdf


def _see_picture(data: bytes) -> None:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _Unreadable("The picture is damaged, or too large to be drawn.") from None


def _readable(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable(f"The text is not in UTF-8 (byte {error.start:,}).") from None
    if not text.strip():
        raise _Unreadable("The text is empty.")
    return "".join(_drawable(character) for character in text)


def _drawable(character: str) -> str:
    """Control characters as their pictures, so that they are seen and do nothing."""
    if character in "\n\t":
        return character
    if character == "\r":
        return ""
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else character


# --- front --------------------------------------------------------------------------------------------------


def _front(manifest: Manifest, court: Court, sources: Sequence[_Source]) -> tuple[Laid, Places]:
    lengths = {key: 1 for key in FRONT}
    for _ in range(4):
        places = _places(lengths, sources)
        laid = render.front(manifest, court, places)
        starts = [laid.anchors[key].page for key in FRONT] + [laid.pages + 1]
        found = {key: starts[n + 1] - starts[n] for n, key in enumerate(FRONT)}
        if found == lengths:
            return laid, places
        lengths = found
    raise DomainError(
        "index_does_not_settle",
        f"The index of file {manifest.file_number} changes its length with its own page numbers. Shorten a title of "
        "an exhibit by some words.",
        file_number=manifest.file_number,
    )


def _places(lengths: dict[str, int], sources: Sequence[_Source]) -> Places:
    at = 1
    front: dict[str, Span] = {}
    for key in FRONT:
        front[key] = Span(at, at + lengths[key] - 1)
        at += lengths[key]
    exhibits: dict[str, Span] = {}
    rows: dict[str, int] = {}
    for source in sources:
        exhibits[source.exhibit.tab] = Span(at, at + source.pages - 1)
        rows |= {anchor: at + page - 1 for anchor, page in source.rows.items()}
        at += source.pages
    unreadable = tuple(each.exhibit.tab for each in sources if each.unreadable)
    return Places(at - 1, front, exhibits, rows, unreadable)


# --- the PDF ------------------------------------------------------------------------------------------------


def _write_pdf(
    manifest: Manifest,
    court: Court,
    cover: Laid,
    sources: Sequence[_Source],
    places: Places,
    path: Path,
) -> bytes:
    """Write the PDF, complete but for its seal, to `path`. Returns the sealed manifest."""
    draft, glyphs = _merged(manifest, court, cover, sources, places)
    with pikepdf.open(draft) as pdf:
        sealed = sealed_json(manifest, _found(manifest, sources, places, pdf, glyphs))
        digest = sha256(sealed)
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream) and HOLE_KEY in each:
                name = str(each[HOLE_KEY])
                each.write(sealed if name == "/manifest" else printed_digest(name, digest, glyphs))
        finished = _saved(pdf)
    path.write_bytes(finished.getbuffer())
    return sealed


def _saved(pdf: pikepdf.Pdf) -> io.BytesIO:
    """The PDF in memory: where it writes to a disk that fills up, pikepdf 10.18 ends the whole process (tried)."""
    made = io.BytesIO()
    pdf.save(
        made,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,
        min_version="1.7",
        fix_metadata_version=False,
    )
    return made


def _merged(
    manifest: Manifest, court: Court, cover: Laid, sources: Sequence[_Source], places: Places
) -> tuple[io.BytesIO, dict[str, str]]:
    """All pages, stamped, linked and bookmarked, with zeros where the digest will stand."""
    with pikepdf.new() as pdf:
        stamp = Stamp(pdf, manifest.file_number, manifest.version, draft=manifest.draft)
        parts = [_Part(pikepdf.open(io.BytesIO(cover.pdf)), range(cover.pages), ours=True)]
        parts += [part for source in sources for part in source.parts]
        for part in parts:
            pdf.add_pages_from(part.pdf, part.pages, forms="strip", outlines="ignore")
        if len(pdf.pages) != places.pages:
            raise DomainError(
                "pages_lost",
                f"File {manifest.file_number}: {places.pages} pages went in and {len(pdf.pages)} came out. The pack "
                "was not kept; report this with the exhibits.",
                file_number=manifest.file_number,
            )
        feet = iter(_feet(manifest, sources, places))
        pages = iter(pdf.pages)
        for part in parts:
            for _ in part.pages:
                page = next(pages)
                if not part.ours:
                    _fit(pdf, page, court)
                stamp.stamp(page, next(feet))
        place = cover.anchors["digest-place"]
        stamp.long_digest(pdf.pages[0], place.x, court.page_points[1] - place.y - 14)
        _link(pdf, places.front[FRONT[-1]].last)
        if court.bookmarks:
            _bookmark(pdf, manifest, court, places)
        _describe(pdf, manifest)
        draft = _saved(pdf)
    for part in parts:
        part.pdf.close()
    return draft, {character: stamp.glyphs[character] for character in "0123456789abcdef ."}


def _feet(manifest: Manifest, sources: Sequence[_Source], places: Places) -> Iterator[Foot]:
    number = 0
    for key in FRONT:
        for _ in range(places.front[key].first, places.front[key].last + 1):
            number += 1
            yield Foot(number, places.pages, FRONT_NAMES[key], manifest.generated)
    for source in sources:
        for page in range(1, source.pages + 1):
            number += 1
            middle = f"Exhibit {source.exhibit.tab}, page {page} of {source.pages}"
            yield Foot(number, places.pages, middle, manifest.generated)


def _fit(pdf: pikepdf.Pdf, page: pikepdf.Page, court: Court) -> None:
    """Set a page of a foreign PDF on a page of the pack, upright, with room at its foot for the stamp.

    It is made smaller only if it would not fit, and never larger. Its annotations were drawn into it before; actions
    and scripts go.
    """
    # The form reads its content when the file is written: it gets a page of its own, this one is emptied.
    form = pikepdf.Page(pdf.make_indirect(pikepdf.Dictionary(dict(page.obj.items())))).as_form_xobject()
    left, bottom, right, top = (float(each) for each in form.BBox)
    wide, high = _upright(form, right - left, top - bottom)
    width, height = court.page_points if high >= wide else court.page_points[::-1]
    scale = min(1.0, (width - 2 * _SIDE) / wide, (height - _TOP - _FOOT) / high)
    x, y = (width - wide * scale) / 2, height - _TOP - high * scale
    # The form's own matrix may have turned it about its corner: bring what it shows to the origin first.
    corners = [_moved(form, cx, cy) for cx in (left, right) for cy in (bottom, top)]
    x -= min(corner[0] for corner in corners) * scale
    y -= min(corner[1] for corner in corners) * scale
    for key in list(page.obj.keys()):
        if key not in {"/Type", "/Parent"}:
            del page.obj[key]
    page.obj.MediaBox = pikepdf.Array([0, 0, Decimal(f"{width:.3f}"), Decimal(f"{height:.3f}")])
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary({"/DwExhibit": form}))
    page.contents_add(f"q {scale:.5f} 0 0 {scale:.5f} {x:.3f} {y:.3f} cm /DwExhibit Do Q".encode())


def _moved(form: pikepdf.Object, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = (float(each) for each in form.get("/Matrix", [1, 0, 0, 1, 0, 0]))
    return a * x + c * y + e, b * x + d * y + f


def _upright(form: pikepdf.Object, wide: float, high: float) -> tuple[float, float]:
    """Width and height of a form after its matrix, which turns a page that the source shows turned."""
    a, b, c, d, _, _ = (float(each) for each in form.get("/Matrix", [1, 0, 0, 1, 0, 0]))
    return abs(a) * wide + abs(c) * high, abs(b) * wide + abs(d) * high


def _link(pdf: pikepdf.Pdf, until: int) -> None:
    """Turn what the front calls `pack:page/N` into links to these pages; they keep the reader's zoom."""
    for page in list(pdf.pages)[:until]:
        for annotation in page.obj.get("/Annots", []):
            action = annotation.get("/A")
            target = str(action.get("/URI", "")) if action is not None else ""
            if target.startswith("pack:page/"):
                del annotation["/A"]
                goal = pdf.pages[int(target.removeprefix("pack:page/")) - 1]
                annotation.Dest = pikepdf.Array([goal.obj, pikepdf.Name.XYZ, None, goal.mediabox[3], None])


def _bookmark(pdf: pikepdf.Pdf, manifest: Manifest, court: Court, places: Places) -> None:
    def item(title: str, span: Span) -> pikepdf.OutlineItem:
        page = f" (p. {span.first})" if court.bookmark_pages else ""
        top = float(pdf.pages[span.first - 1].mediabox[3])
        return pikepdf.OutlineItem(f"{title}{page}", span.first - 1, pikepdf.PageLocation.XYZ, top=top)

    with pdf.open_outline() as outline:
        outline.root.extend(item(FRONT_NAMES[key], places.front[key]) for key in FRONT)
        for key, heading in manifest.sections:
            inside = [each for each in manifest.exhibits if each.section == key]
            if not inside:
                continue
            section = item(heading, places.exhibits[inside[0].tab])
            section.children.extend(item(f"{each.tab} {each.title}", places.exhibits[each.tab]) for each in inside)
            outline.root.append(section)


def _describe(pdf: pikepdf.Pdf, manifest: Manifest) -> None:
    """Title, language, first view at full size, and the place of the attached manifest."""
    attached = pdf.make_stream(b"{}")
    attached.Type = pikepdf.Name.EmbeddedFile
    attached.Subtype = pikepdf.Name("/application/json")
    attached[HOLE_KEY] = pikepdf.Name("/manifest")
    named = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Filespec,
            F="manifest.json",
            UF="manifest.json",
            Desc="What this pack is made from, with the SHA-256 of every exhibit and page",
            AFRelationship=pikepdf.Name.Data,
            EF=pikepdf.Dictionary(F=attached, UF=attached),
        )
    )
    if "/Names" not in pdf.Root:
        pdf.Root.Names = pikepdf.Dictionary()
    pdf.Root.Names.EmbeddedFiles = pikepdf.Dictionary(Names=pikepdf.Array(["manifest.json", named]))
    pdf.Root.AF = pikepdf.Array([named])
    pdf.Root.Lang = "en"
    pdf.Root.PageMode = pikepdf.Name.UseOutlines
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    pdf.Root.OpenAction = pikepdf.Array([pdf.pages[0].obj, pikepdf.Name.XYZ, None, None, 1])
    pdf.docinfo["/Title"] = f"{manifest.claim.title} {manifest.file_number}, version {manifest.version}"
    pdf.docinfo["/Producer"] = manifest.system
    sealed_at = manifest.sealed_at.astimezone(UTC)
    pdf.docinfo["/CreationDate"] = pdf.docinfo["/ModDate"] = f"D:{sealed_at:%Y%m%d%H%M%S}Z"
    pdf.trailer[TRAILER_KEY] = pikepdf.String(ZEROS)


def _found(
    manifest: Manifest,
    sources: Sequence[_Source],
    places: Places,
    pdf: pikepdf.Pdf,
    glyphs: dict[str, str],
) -> dict[str, Any]:
    """What the sealed manifest says about this very PDF."""
    return {
        "pages": places.pages,
        "page_sha256": page_digests(pdf),
        "document_sha256": document_digest(pdf),
        "exhibits": [
            {
                "tab": source.exhibit.tab,
                "first_page": places.exhibits[source.exhibit.tab].first,
                "last_page": places.exhibits[source.exhibit.tab].last,
                "sha256": manifest.source_sha256(source.exhibit),
                "original": _original_name(source.exhibit),
                "unreadable": source.unreadable,
            }
            for source in sources
        ],
        "digest_glyphs": glyphs,
        "made_with": {name: installed_version(name) for name in ("weasyprint", "pikepdf", "noto-cjk-sans-otc")},
    }


# --- the ZIP ------------------------------------------------------------------------------------------------

# The oldest date that a ZIP can tell: what is in it has no date of its own, and the same pack gives the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_PACKED_ALREADY = {".pdf", ".jpg", ".png", ".mp3", ".ogg", ".m4a"}


def _write_zip(
    manifest: Manifest,
    sources: Sequence[_Source],
    blobs: Blobs,
    sealed: bytes,
    pdf: Path,
    pdf_sha256: str,
    pdf_name: str,
    path: Path,
) -> int:
    """Write the ZIP, complete but for its seal. Returns the number of files in it."""
    listed: dict[str, dict[str, Any]] = {
        pdf_name: {"sha256": pdf_sha256, "size": pdf.stat().st_size},
        "manifest.json": {"sha256": sha256(sealed), "size": len(sealed)},
    }
    with zipfile.ZipFile(path, "w", strict_timestamps=True) as archive:
        entry = _entry(pdf_name)
        entry.file_size = pdf.stat().st_size
        with pdf.open("rb") as source, archive.open(entry, "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        archive.writestr(_entry("manifest.json"), sealed)
        for each in sources:
            exhibit = each.exhibit
            data = _bytes_of(exhibit, blobs) if exhibit.kind == "file" else manifest.section_bytes(exhibit)
            name = _original_name(exhibit)
            archive.writestr(_entry(name), data)
            listed[name] = {"sha256": sha256(data), "size": len(data), "tab": exhibit.tab}
        readme = _readme(manifest, sources, pdf_name, sha256(sealed)).encode()
        archive.writestr(_entry("README.txt"), readme)
        listed["README.txt"] = {"sha256": sha256(readme), "size": len(readme)}
        seal = canonical_json({"format": SEAL_FORMAT, "manifest_sha256": sha256(sealed), "files": listed})
        archive.writestr(_entry("seal.json"), seal)
        archive.comment = zip_comment()
    return len(listed) + 1


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.create_system = 3  # the same on every machine that builds
    entry.external_attr = 0o100644 << 16
    packed = Path(name).suffix in _PACKED_ALREADY
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    return entry


def _original_name(exhibit: Exhibit) -> str:
    """Where an exhibit's source stands in the ZIP. The name says the tab and nothing about a person."""
    number, letter = exhibit.tab.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), exhibit.tab.lstrip("0123456789")
    ending = ".json" if exhibit.kind != "file" else _ENDINGS.get(exhibit.media_type, ".bin")
    return f"originals/{number:0>2}{letter}{ending}"


def _readme(manifest: Manifest, sources: Sequence[_Source], pdf_name: str, digest: str) -> str:
    made_at = render.instant(manifest.sealed_at)
    lines = [
        f"{manifest.claim.title}, file {manifest.file_number}, version {manifest.version}",
        f"Draft of {made_at}, not sealed" if manifest.draft else f"Sealed {made_at} by {manifest.sealed_by}",
        "",
        f"{pdf_name}  the pack: {len(sources)} exhibits with cover, index, chronology and page numbers",
        "originals/  the exhibits as they were received, and the lines from which our own pages were made",
        "manifest.json  what the pack is made from, with the SHA-256 of every exhibit and page",
        "seal.json  the SHA-256 of every file in this archive",
        "",
        "Digest of the pack (SHA-256 of manifest.json), as printed on its cover:",
        digest,
        "",
        "To check, with the program or without it:",
        "  verify_pack THIS-FILE --digest DIGEST-FROM-THE-COVER",
        "  sha256sum FILE, and compare with seal.json",
        "",
        "Tab  SHA-256 of the original  Title",
    ]
    for source in sources:
        exhibit = source.exhibit
        lines.append(f"{exhibit.tab}  {manifest.source_sha256(exhibit)}  {exhibit.title}")
        if source.unreadable:
            lines.append(f"    could not be shown: {source.unreadable}")
    if manifest.generated:
        lines += ["", "This pack holds data generated for demonstration; no real person is meant."]
    return "\n".join(lines) + "\n"
