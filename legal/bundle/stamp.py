"""What stands at the foot of every page: file, version and digest, what the page is, and its number in the pack.

The text is drawn with our own typeface, taken from a small document that the renderer made, for a font that is not
in the file is not allowed in an archive and looks different on every machine. The digest is not known when the
pages are stamped; its place is a form that all pages share and that is filled at the end.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape

import pikepdf

from collections_app.documents import fonts
from collections_app.documents.render import Metadata, render_pdf
from legal.bundle.seal import HOLE_KEY, ZEROS, printed_digest

_MILLIMETRE = 72 / 25.4
LEFT, RIGHT = 22 * _MILLIMETRE, 20 * _MILLIMETRE

# Points from the foot of the page: the line over the stamp, its text, and the mark of invented data under it.
LINE, TEXT, MARK = 14 * _MILLIMETRE, 10 * _MILLIMETRE, 6.6 * _MILLIMETRE

GENERATED = "Holds data generated for demonstration"

_CHARACTERS = "".join(map(chr, range(0x20, 0x7F))) + "…·–—’“”№"
_BFCHAR = re.compile(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]{4})>")


@lru_cache(maxsize=1)
def stamp_font() -> tuple[bytes, dict[str, str]]:
    """A PDF whose only font holds the characters of the stamp, and the number of each character in it."""
    pdf = render_pdf(
        f'<p style="font-size:8pt;white-space:pre-wrap">{escape(_CHARACTERS)}</p>',
        metadata=Metadata(title="stamp", made_at=datetime(2000, 1, 1, tzinfo=UTC)),
        variant=None,
    )
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fonts_used = opened.pages[0].obj.Resources.Font
        (name,) = fonts_used.keys()
        mapping = fonts_used[name].ToUnicode.read_bytes()
    glyphs = {chr(int(code, 16)): glyph.decode().lower() for glyph, code in _BFCHAR.findall(mapping)}
    return pdf, glyphs


@dataclass(frozen=True)
class Foot:
    """What the stamp of one page says."""

    number: int
    total: int
    middle: str
    generated: bool


class Stamp:
    """Stamps the pages of one PDF. Each page is drawn by the same font and shows the same form for the digest."""

    def __init__(self, pdf: pikepdf.Pdf, file_number: str, version: int, *, draft: bool = False) -> None:
        made, self.glyphs = stamp_font()
        with pikepdf.open(io.BytesIO(made)) as source:
            used = source.pages[0].obj.Resources.Font
            (name,) = used.keys()
            self._font = pdf.copy_foreign(source.make_indirect(used[name]))
        self._pdf = pdf
        self._left = f"{file_number} · {'draft of ' if draft else ''}version {version} · "
        self._before = pdf.make_stream(b"q\n")
        self._short = self._hole("/short", (0, -2, 60, 9))
        self._long = self._hole("/long", (0, -22, 320, 14))

    def prepared(self, page: pikepdf.Page) -> None:
        """Give a page the names that its stamp uses, and keep its own drawing from moving the stamp."""
        resources = page.obj.Resources
        for kind, name, value in (("/Font", "/DwFont", self._font), ("/XObject", "/DwShort", self._short)):
            if kind not in resources:
                resources[kind] = pikepdf.Dictionary()
            if name not in resources[kind]:
                resources[kind][name] = value

    def stamp(self, page: pikepdf.Page, foot: Foot) -> None:
        """Add the foot to a page whose own content may have left the drawing state anyhow."""
        self.prepared(page)
        own = page.obj.get("/Contents")
        before = [self._before, *(own if isinstance(own, pikepdf.Array) else [own] if own is not None else [])]
        box = page.mediabox
        after = self._pdf.make_stream(b"\nQ\n" + self.drawing(foot, float(box[2]) - float(box[0])))
        page.obj.Contents = pikepdf.Array([*before, after])

    def drawing(self, foot: Foot, width: float) -> bytes:
        """The operators of one foot on a page `width` points wide."""
        number = f"Page {foot.number} of {foot.total}"
        end = width - RIGHT
        left = LEFT + fonts.width(self._left, 7)
        middle = _fitted(foot.middle, 7, end - LEFT - 260)
        drawn = [
            f"q .3 w .6 G {LEFT:.2f} {LINE:.2f} m {end:.2f} {LINE:.2f} l S .2 g",
            self._text(self._left, 7, LEFT, TEXT),
            f"q 1 0 0 1 {left:.2f} {TEXT:.2f} cm /DwShort Do Q",
            self._text(middle, 7, (width - fonts.width(middle, 7)) / 2, TEXT),
            "0 g",
            self._text(number, 9, end - fonts.width(number, 9), TEXT),
        ]
        if foot.generated:
            drawn.append(self._text(GENERATED, 6.5, LEFT, MARK))
        return "\n".join([*drawn, "Q"]).encode()

    def long_digest(self, page: pikepdf.Page, x: float, y: float) -> None:
        """Show the whole digest on a page, its first line at `y` points from the foot."""
        self.prepared(page)
        page.obj.Resources.XObject["/DwLong"] = self._long
        page.contents_add(f"q 1 0 0 1 {x:.2f} {y:.2f} cm /DwLong Do Q".encode())

    def _text(self, text: str, size: float, x: float, y: float) -> str:
        drawn = "".join(self.glyphs.get(character, self.glyphs["?"]) for character in text)
        return f"BT /DwFont {size} Tf {x:.2f} {y:.2f} Td <{drawn}> Tj ET"

    def _hole(self, name: str, box: tuple[float, float, float, float]) -> pikepdf.Object:
        hole = self._pdf.make_stream(printed_digest(name, ZEROS, self.glyphs))
        hole.Type = pikepdf.Name.XObject
        hole.Subtype = pikepdf.Name.Form
        hole.BBox = pikepdf.Array(box)
        hole.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=self._font))
        hole[HOLE_KEY] = pikepdf.Name(name)
        return hole


def _fitted(text: str, size: float, room: float) -> str:
    while len(text) > 1 and fonts.width(text, size) > room:
        text = text[:-2] + "…"
    return text
