"""The one typeface of all our papers, which comes with the program.

`noto-cjk-sans-otc` brings a single file with Latin and all Han, so that a paper looks alike and breaks its pages
alike on every machine, and no Chinese name becomes a row of boxes where no font is installed. It has one weight:
papers set their titles apart by size and rules.

CSS calls it `FAMILY`. Whoever writes CSS for it keeps what stands in `BASE_CSS`: no ligatures, and `locl` for
Chinese only. `locl` chooses between the glyphs of Hong Kong, Taiwan, China and Japan by `lang`; in an English line
Pango takes the figures for Korean, and these, like the ligatures, are drawn from the far end of the font, which
makes a file 120 kB larger and three times as slow (tried on 2026-11-24). So Chinese text needs its `lang`.
"""

from __future__ import annotations

import atexit
import os
from functools import lru_cache
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

import noto_cjk_sans_otc  # type: ignore[import-untyped]
from PIL import ImageFont

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

FAMILY = "Dunwell Sans"
FONT_FILE = Path(str(noto_cjk_sans_otc.FONT_PATH))
FACE_CSS = f'@font-face{{font-family:"{FAMILY}";src:url("{FONT_FILE.as_uri()}")}}'
BASE_CSS = (
    f'html{{font-family:"{FAMILY}",sans-serif;font-variant-ligatures:none;font-feature-settings:"locl" 0}}'
    ':lang(zh){font-feature-settings:"locl" 1}'
)

_configuration: FontConfiguration | None = None


def width(text: str, size: float) -> float:
    """Width of `text` in the unit of `size` (the font size), by the advances of its glyphs, without kerning.

    It holds for Han and Latin. In text of `lang` zh, quotation marks and dots beside Han are drawn a full em wide.
    """
    advances = _advances()
    return sum([advances[character] for character in text]) * size / 1000


class _Advances(dict[str, float]):
    """Advance of each character in thousandths of the font size, asked of the font once."""

    def __init__(self) -> None:
        self._font = ImageFont.truetype(str(FONT_FILE), 1000, layout_engine=ImageFont.Layout.BASIC)

    def __missing__(self, character: str) -> float:
        self[character] = advance = self._font.getlength(character)
        return advance


@lru_cache(maxsize=1)
def _advances() -> _Advances:
    return _Advances()


def shared_configuration() -> FontConfiguration:
    """The font configuration of this process: making one anew for each paper costs more than a page."""
    global _configuration
    if _configuration is None or _configuration.owner != os.getpid():  # type: ignore[attr-defined]
        _configuration = _new_configuration()
    return _configuration


def forget_configuration() -> None:
    """Drop the shared configuration. A font half written on a full disk would else count as there."""
    global _configuration
    _configuration = None


def _new_configuration() -> FontConfiguration:
    from weasyprint.text.fonts import FontConfiguration

    class OwnedConfiguration(FontConfiguration):  # type: ignore[misc]
        """Clears the folder with its copy of the font, but only in the process that made it.

        A forked worker that ends must not take the font from its parent; and at the end of a process, when `__del__`
        comes too late to remove anything, `atexit` has done it.
        """

        def __init__(self) -> None:
            self.owner = os.getpid()
            self._folder: Path | None = None
            super().__init__()
            atexit.register(self.clear)

        def clear(self) -> None:
            if self.owner == os.getpid() and self._folder:
                rmtree(self._folder, ignore_errors=True)
                self._folder = None

        def __del__(self) -> None:
            """Nothing: `clear` is called by `atexit`, and by nobody else."""

    return OwnedConfiguration()
