"""Letters as papers: pages that show something, and many of them as one PDF to print."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from collections_app.kernel.errors import DomainError

if TYPE_CHECKING:
    import pikepdf

# What puts ink on a page: text, filled or stroked paths, shadings, images, forms.
_INK = frozenset("Tj TJ ' \" f F f* S s B B* b b* sh Do BI INLINE".split()) | {"INLINE IMAGE"}


def letter_pages(pdf: bytes, title: str) -> int:
    """How many pages a letter has.

    Raises DomainError `empty_document` for no bytes, no page, or pages without ink; `not_a_pdf` for what is none.
    """
    with _opened(pdf, title) as opened:
        return len(opened.pages)


def shows_something(pdf: bytes) -> bool:
    """Whether there is ink on any page."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return any(_has_ink(page) for page in opened.pages)


def assemble_batch(letters: Sequence[tuple[str, str, bytes]], cover: bytes, *, title: str = "Print batch") -> bytes:
    """One PDF to print: the cover list, then each letter (reference, title, PDF) in the order given, with its bookmark.

    What goes in is counted against what comes out. The same letters and cover give the same bytes.

    Raises DomainError `empty_batch` (no letter), `empty_document` or `not_a_pdf` (which letter, by its reference),
    `pages_lost`.
    """
    import pikepdf

    if not letters:
        raise DomainError("empty_batch", "There is no letter to print; a batch without a letter is not made.")
    parts = [(title, cover), *((f"{reference} {name}".strip(), pdf) for reference, name, pdf in letters)]
    whole, expected = io.BytesIO(), 0
    with ExitStack() as opened, pikepdf.new() as batch:
        with batch.open_outline() as outline:
            for name, pdf in parts:
                # Open until the batch is saved: what is copied is read only then.
                source = opened.enter_context(_opened(pdf, name))
                outline.root.append(pikepdf.OutlineItem(name, expected))
                expected += len(source.pages)
                batch.add_pages_from(source)
        batch.docinfo["/Title"] = title
        batch.save(whole, deterministic_id=True)
    if letter_pages(whole.getvalue(), title) != expected:
        raise DomainError("pages_lost", f"“{title}” should have {expected} pages and has not; it is not printed.")
    return whole.getvalue()


def _opened(pdf: bytes, title: str) -> pikepdf.Pdf:
    import pikepdf

    if not pdf:
        raise DomainError("empty_document", f"“{title}” is empty; an empty paper is never printed. Make it anew.")
    try:
        opened = pikepdf.open(io.BytesIO(pdf))
    except (pikepdf.PdfError, pikepdf.PasswordError) as error:  # the second is no kind of the first
        raise DomainError("not_a_pdf", f"“{title}” is not a readable PDF; it is not printed. Make it anew.") from error
    if not any(_has_ink(page) for page in opened.pages):
        opened.close()
        raise DomainError("empty_document", f"“{title}” has nothing on its pages; an empty paper is never printed.")
    return opened


def _has_ink(page: pikepdf.Page) -> bool:
    import pikepdf

    return any(str(instruction.operator) in _INK for instruction in pikepdf.parse_content_stream(page))
