"""HTML to PDF by WeasyPrint: from our templates, our font and given blobs, and from nowhere else.

The same HTML and the same blobs give the same bytes: nothing here asks the clock, and the only dates in the file
are those that `Metadata` brings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from html import unescape
from pathlib import Path
from tempfile import gettempdir
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from collections_app.documents import fonts
from collections_app.documents.files import speaking_of_disk
from collections_app.documents.print_batch import shows_something
from collections_app.kernel.errors import DomainError

if TYPE_CHECKING:
    import weasyprint

PDF_A = "pdf/a-3u"
_POINTS = 0.75  # of a CSS pixel

# Pango's font map is not made for two threads at once.
_one_at_a_time = RLock()


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF."""

    name: str
    data: bytes
    description: str = ""
    relationship: str = "Data"


@dataclass(frozen=True)
class Metadata:
    """What the PDF says about itself. `made_at` is the instant of the matter, given by the caller, never now."""

    title: str
    made_at: datetime
    author: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Anchor:
    """Where an element with an id begins: its page (from 1), and points from the left and the top of the page."""

    page: int
    x: float
    y: float


@dataclass(frozen=True)
class Laid:
    """A rendered document: its PDF, its number of pages, and where its anchors stand."""

    pdf: bytes
    pages: int
    anchors: dict[str, Anchor] = field(default_factory=dict)


def render_pdf(
    html: str,
    *,
    metadata: Metadata,
    base: Path | None = None,
    blobs: Mapping[str, bytes] | None = None,
    attachments: Sequence[Attachment] = (),
    variant: str | None = PDF_A,
) -> bytes:
    """The PDF of `html`.

    `base` is the folder of templates that the page may read from (style sheets, images); `blobs` are the bytes
    that it may show as `blob:NAME`. Whatever else the page asks for (an address on the network, another file, a
    data: URL) ends the rendering.

    Raises DomainError: `forbidden_resource`, `missing_resource`, `empty_document` (nothing to see on any page),
    `render_failed`, `pdf_libraries_missing`, `disk_full`.
    """
    return lay_out(html, metadata=metadata, base=base, blobs=blobs, attachments=attachments, variant=variant).pdf


def lay_out(
    html: str,
    *,
    metadata: Metadata,
    base: Path | None = None,
    blobs: Mapping[str, bytes] | None = None,
    attachments: Sequence[Attachment] = (),
    variant: str | None = PDF_A,
    css: str = "",
) -> Laid:
    """As `render_pdf`, and tells the pages too. `css` is a style sheet that many papers share: it is parsed once."""
    if not _has_something_to_see(html):
        raise DomainError(
            "empty_document",
            f"“{metadata.title}” has nothing on its pages, and an empty paper is never filed. See its template and "
            "the data given to it.",
        )
    weasyprint = _weasyprint()
    with _one_at_a_time, speaking_of_disk(Path(gettempdir())), _strictly(metadata.title):
        fetcher = _fetcher(base, blobs or {})
        try:
            document = weasyprint.HTML(
                string=html, base_url=base and f"{base.resolve().as_uri()}/", url_fetcher=fetcher
            ).render(stylesheets=[_style_sheet(css)], font_config=fonts.shared_configuration())
            if not document.pages:
                raise DomainError("empty_document", f"“{metadata.title}” came out with no page.")
            _describe(document, metadata, attachments)
            pdf = document.write_pdf(pdf_variant=variant)
        except OSError:
            fonts.forget_configuration()
            _style_sheet.cache_clear()
            raise
    # What is in the HTML may be hidden by its style; the first page with ink ends the look.
    if not pdf or not shows_something(pdf):
        raise DomainError("empty_document", f"“{metadata.title}” came out with nothing on its pages. See its template.")
    anchors: dict[str, Anchor] = {}
    for number, page in enumerate(document.pages, start=1):
        for name, (x, y, _, _) in page.anchors.items():
            anchors.setdefault(name, Anchor(number, x * _POINTS, y * _POINTS))  # goes on over later pages
    return Laid(pdf, len(document.pages), anchors)


_UNSEEN = re.compile(r"<(head|style|title|script)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_PICTURE = re.compile(r"<(img|svg|object|embed)\b", re.IGNORECASE)


def _has_something_to_see(html: str) -> bool:
    body = _UNSEEN.sub("", html)
    return bool(unescape(re.sub(r"<[^>]*>", "", body)).strip() or _PICTURE.search(body))


def _weasyprint() -> Any:
    try:
        import weasyprint  # half a second of CPU, and system libraries that not every machine has
    except (ImportError, OSError) as error:
        raise DomainError(
            "pdf_libraries_missing",
            "No PDF can be made here: WeasyPrint does not find its system libraries. On Debian install "
            "libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0; on a Mac, brew install pango.",
        ) from error
    return weasyprint


@lru_cache(maxsize=16)
def _style_sheet(css: str) -> weasyprint.CSS:
    """Our font made known, and then `css`."""
    return _weasyprint().CSS(
        string=fonts.FACE_CSS + fonts.BASE_CSS + css,
        font_config=fonts.shared_configuration(),
        url_fetcher=_fetcher(None, {}),
    )


def _describe(document: Any, metadata: Metadata, attachments: Sequence[Attachment]) -> None:
    from weasyprint import Attachment as Enclosed

    if metadata.made_at.tzinfo is None:
        raise ValueError("made_at needs its time zone")
    instant = metadata.made_at.isoformat(timespec="seconds")
    document.metadata.title = metadata.title
    document.metadata.authors = [metadata.author] if metadata.author else []
    document.metadata.lang = metadata.language
    document.metadata.created = document.metadata.modified = instant
    document.metadata.generator = "Dunwell"
    document.metadata.attachments = [
        # Without both dates WeasyPrint stamps now, and the bytes differ from run to run.
        Enclosed(
            string=each.data,
            name=each.name,
            description=each.description,
            relationship=each.relationship,
            created=metadata.made_at,
            modified=metadata.made_at,
        )
        for each in attachments
    ]


def _fetcher(base: Path | None, blobs: Mapping[str, bytes]) -> Any:
    """What WeasyPrint asks for each resource of a page."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OurFetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            scheme, _, rest = url.partition(":")
            if scheme == "blob":
                if rest not in blobs:
                    raise FatalURLFetchingError("missing_resource", url)
                return URLFetcherResponse(url, blobs[rest])
            path = Path(url2pathname(unquote(urlsplit(url).path))) if scheme == "file" else None
            if path is None or not _may_be_read(path, base):
                raise FatalURLFetchingError("forbidden_resource", url)
            if not path.is_file():
                raise FatalURLFetchingError("missing_resource", url)
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": _CONTENT_TYPE.get(path.suffix, "")})

    return OurFetcher()


_CONTENT_TYPE = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


def _may_be_read(path: Path, base: Path | None) -> bool:
    real = path.resolve()  # after links and “..”
    return real == fonts.FONT_FILE.resolve() or (base is not None and real.is_relative_to(base.resolve()))


_REFUSED = {
    "forbidden_resource": "“{title}” asks for {url}; papers are made only from our templates, our font and the "
    "files given with them. Take the address out of the text or the template.",
    "missing_resource": "“{title}” asks for {url}, which is not there. Correct the template, or give the file with it.",
}


@contextmanager
def _strictly(title: str) -> Iterator[None]:
    """WeasyPrint writes a missing image or font to its log and goes on without it; a paper must not."""
    from weasyprint.urls import FatalURLFetchingError

    errors = _Errors()
    logger = logging.getLogger("weasyprint")
    propagates = logger.propagate
    logger.addHandler(errors)
    logger.propagate = False  # unknown properties and the like are of no interest to an operator
    try:
        yield
    except FatalURLFetchingError as refusal:
        code, url = refusal.args
        raise DomainError(code, _REFUSED[code].format(title=title, url=url[:200]), resource=url[:200]) from None
    finally:
        logger.removeHandler(errors)
        logger.propagate = propagates
    if errors.messages:
        raise DomainError("render_failed", f"“{title}” could not be made whole: {errors.messages[0]}.")


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.levelno >= logging.ERROR or message.startswith("Font-face"):
            self.messages.append(message)
