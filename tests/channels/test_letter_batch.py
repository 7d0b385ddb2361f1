"""Letters printed together: all of them, each whole, in their order, and none of them empty."""

import io

import pikepdf
import pypdfium2
import pytest

from collections_app.documents.print_batch import assemble_batch, letter_pages
from collections_app.kernel.errors import DomainError


def blank(pages=1):
    pdf, out = pikepdf.new(), io.BytesIO()
    for _ in range(pages):
        pdf.add_blank_page()
    pdf.save(out)
    return out.getvalue()


def words(pdf):
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(pdf)]


def locked(pdf):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def test_a_batch_is_its_cover_and_every_letter_in_order_with_bookmarks(letter_pdf):
    alice, bob = letter_pdf("Dear Alice"), letter_pdf("Dear Bob", pages=3)
    letters = [("12", "Written notice", alice), ("13", "Last notice", bob)]
    batch = assemble_batch(letters, letter_pdf("Print batch 4: two letters"), title="Print batch 4")
    assert words(batch) == ["Print batch 4: two letters", "Dear Alice", "Dear Bob", "Dear Bob", "Dear Bob"]
    with pikepdf.open(io.BytesIO(batch)) as opened, opened.open_outline() as outline:
        pages = [opened.pages.index(pikepdf.Page(item.destination[0])) for item in outline.root]
        assert [item.title for item in outline.root] == ["Print batch 4", "12 Written notice", "13 Last notice"]
        assert pages == [0, 1, 2]
        assert str(opened.docinfo["/Title"]) == "Print batch 4"
        assert opened.check_pdf_syntax() == []


def test_the_same_letters_make_the_same_bytes(letter_pdf):
    letters = [("12", "Written notice", letter_pdf())]
    assert assemble_batch(letters, letter_pdf("Cover")) == assemble_batch(letters, letter_pdf("Cover"))


def test_the_same_letter_twice_stands_twice(letter_pdf):
    batch = assemble_batch([("12", "a", letter_pdf()), ("13", "b", letter_pdf())], letter_pdf("Cover"))
    assert letter_pages(batch, "batch") == 3


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        (b"", "empty_document"),
        (blank(0), "empty_document"),
        (blank(1), "empty_document"),
        (blank(3), "empty_document"),
        (b"<html>no PDF</html>", "not_a_pdf"),
        (b"%PDF-1.7\n", "not_a_pdf"),
    ],
)
def test_one_empty_letter_ends_the_batch_and_is_named(paper, code, letter_pdf):
    with pytest.raises(DomainError) as refused:
        assemble_batch([("12", "Written notice", letter_pdf()), ("13", "Last notice", paper)], letter_pdf("Cover"))
    assert refused.value.code == code
    assert "“13 Last notice”" in refused.value.sentence


def test_a_letter_that_only_a_password_opens_is_not_printed(letter_pdf):
    with pytest.raises(DomainError) as refused:
        assemble_batch([("12", "Written notice", locked(letter_pdf()))], letter_pdf("Cover"))
    assert refused.value.code == "not_a_pdf"


def test_an_empty_cover_is_refused_too(letter_pdf):
    with pytest.raises(DomainError) as refused:
        assemble_batch([("12", "Written notice", letter_pdf())], blank())
    assert refused.value.code == "empty_document"


def test_no_letters_make_no_batch(letter_pdf):
    with pytest.raises(DomainError) as refused:
        assemble_batch([], letter_pdf("Cover"))
    assert refused.value.code == "empty_batch"


def test_a_blank_page_inside_a_letter_stays(letter_pdf):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as opened:
        opened.add_blank_page()
        opened.save(out)
    assert letter_pages(out.getvalue(), "letter") == 2


@pytest.mark.parametrize("ink", [b"0 0 9 9 re f", b"0 0 m 9 9 l S", b"/Im0 Do", b"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI"])
def test_a_page_with_a_drawing_or_a_scan_is_not_empty(ink):
    pdf, out = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.pages[0].Contents = pdf.make_stream(ink)
    pdf.save(out)
    assert letter_pages(out.getvalue(), "scan") == 1


def test_a_page_that_only_sets_things_up_is_empty():
    pdf, out = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.pages[0].Contents = pdf.make_stream(b"q 1 0 0 1 0 0 cm 0 0 9 9 re n BT /F1 12 Tf ET Q")
    pdf.save(out)
    with pytest.raises(DomainError):
        letter_pages(out.getvalue(), "frame")
