"""What a reader sees in the finished pack: numbers, links, bookmarks, names, marks; looked up in the PDF itself."""

import io
import re
from dataclasses import replace
from datetime import date

import pikepdf
import pypdfium2
import pytest

from collections_app.documents.digest import sha256
from collections_app.kernel.errors import DomainError
from legal.bundle.assemble import build
from legal.bundle.courts import COURTS, parse_court
from legal.bundle.manifest import ChronologyEntry
from legal.bundle.verify import verify


def texts(path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded() for page in document]


def links_of(pdf: pikepdf.Pdf, page: int) -> list[int]:
    """The pages (from 1) that the links of a page lead to."""
    numbers = {each.obj.objgen: n for n, each in enumerate(pdf.pages, start=1)}
    return [numbers[each.Dest[0].objgen] for each in pdf.pages[page - 1].obj.get("/Annots", [])]


def test_every_page_says_its_number_which_is_that_of_the_pdf(pack):
    pages = texts(pack.pdf)

    assert len(pages) == pack.pages == 21
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of 21" in text
        assert "LF-0112 · version 3" in text
        assert f"{pack.manifest_sha256[:6]}...{pack.manifest_sha256[-6:]}" in text


def test_the_cover_tells_the_whole_digest_and_what_is_claimed(pack):
    cover = texts(pack.pdf)[0]

    printed = re.sub(r"\s", "", cover)
    assert pack.manifest_sha256 in printed
    assert "£6,597.04 as of 26 Nov 2026" in cover
    assert "12 exhibits, 21 pages, index on page 2" in cover
    assert "溫予棠" in cover


def test_the_cover_tells_what_was_applied_though_nobody_approved_it(pack, case, built):
    cover = " ".join(texts(pack.pdf)[0].split())
    assert "Not approved yet preset uk-cca applied as a draft: page 4" in cover
    with pikepdf.open(pack.pdf) as pdf:
        assert links_of(pdf, 1) == [4]

    two = tuple(replace(each, draft=True) for each in case.manifest.rules)
    assert "ladder six-day and preset uk-cca applied as drafts" in " ".join(texts(built(rules=two).pdf)[0].split())
    approved = tuple(replace(each, draft=False) for each in case.manifest.rules)
    assert "Not approved yet" not in texts(built(rules=approved).pdf)[0]


def test_the_index_says_how_far_the_chronology_goes_and_calls_our_own_letters_not_received(pack):
    index = " ".join(texts(pack.pdf)[1].split())
    assert "Chronology to 5 Aug 2026 3" in index
    assert "are reproduced unchanged" in index
    assert "as received" not in index


def test_index_and_chronology_link_to_the_pages_they_name(pack):
    pages = texts(pack.pdf)
    with pikepdf.open(pack.pdf) as pdf:
        assert list(dict.fromkeys(links_of(pdf, 2))) == [3, 4, 5, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 21]
        assert links_of(pdf, 3) == [5, 9, 11, 19, 13, 17, 20]
    assert "Written notice" in pages[12 - 1] and "Page 1 of the original" in pages[12 - 1]
    assert "Page 2 of the original" in pages[13 - 1]
    assert "5, p. 13" in pages[3 - 1]


def test_page_numbers_are_right_also_when_the_index_grows_over_several_pages(case, court, tmp_path):
    first = case.manifest.exhibits[1]
    exhibits = tuple(replace(first, tab=str(n), title=f"Payment order {n}") for n in range(1, 61))
    chronology = tuple(ChronologyEntry(date(2024, 3, 15), f"Paid, no. {n}", tab=str(n)) for n in range(1, 61))
    changed = case.with_(exhibits=exhibits, chronology=chronology, contacts=(), statement=None)

    built = build(changed.manifest, case.blobs, court=court, out=tmp_path)

    pages = texts(built.pdf)
    front = built.pages - 60
    assert front >= 6  # two pages of index and of chronology: the first guess, one each, was wrong
    assert "12 exhibits" not in pages[0] and f"60 exhibits, {built.pages} pages, index on page 2" in pages[0]
    assert f"60, p. {built.pages}" in "".join(pages[:front])
    with pikepdf.open(built.pdf) as pdf:
        led = [goal for page in range(1, front + 1) for goal in links_of(pdf, page)]
        assert sorted(led)[-120:] == sorted([*range(front + 1, built.pages + 1)] * 2)
    assert verify(built.pdf, built.manifest_sha256).ok


def test_a_pack_without_exhibits_is_still_a_pack_that_says_so(case, built):
    made = built(exhibits=(), chronology=(), contacts=(), statement=None)

    pages = texts(made.pdf)
    assert made.pages == 4
    assert "0 exhibits, 4 pages" in pages[0]
    assert "No event is recorded" in pages[2]


def test_a_chronology_entry_finds_the_page_of_its_row_in_the_log(pack):
    pages = texts(pack.pdf)

    assert "10, p. 19" in pages[2] and "8 Jul 2026, 10:09" in pages[19 - 1]
    assert "10, p. 20" in pages[2] and "31 Jul 2026, 12:50" in pages[20 - 1]


def test_each_section_and_exhibit_has_a_bookmark_with_its_page(pack):
    with pikepdf.open(pack.pdf) as pdf, pdf.open_outline() as outline:
        top = [item.title for item in outline.root]
        conduct = [item.title for item in outline.root[-1].children]

    assert top[:4] == [
        "Cover (p. 1)",
        "Index (p. 2)",
        "Chronology (p. 3)",
        "Statement on the records (p. 4)",
    ]
    assert "E. How the Defendant was treated (p. 19)" in top
    assert conduct == [
        "10 Log of all contacts, with the clearance of each (p. 19)",
        "11 Register checks: insolvency, breathing space (p. 21)",
    ]


def test_an_unreadable_exhibit_gets_a_page_that_says_so_and_a_word_in_the_index(pack):
    pages = texts(pack.pdf)

    assert pack.unreadable == (("11", "The PDF is damaged, or was cut off on its way."),)
    assert "This exhibit could not be shown" in pages[20]
    assert "not readable, see page 21" in pages[1].replace("\r\n", " ")
    assert "tab 11" in pages[0]


def test_what_was_invented_is_marked_where_it_stands_and_on_every_page(pack):
    pages = texts(pack.pdf)

    assert all("Holds data generated for demonstration" in text for text in pages)
    assert re.search(r"溫予棠 \(Wen Yu-tang\)\s+generated for demonstration", pages[0])
    assert re.search(r"electronic signature\s+generated for demonstration", pages[1])


def test_a_pack_of_real_data_carries_no_such_mark(case, built):
    exhibits = tuple(type(each)(**{**each.__dict__, "generated": False}) for each in case.manifest.exhibits)
    defendants = (type(case.manifest.defendants[0])("溫予棠", "Defendant"),)

    made = built(exhibits=exhibits, defendants=defendants)

    assert not any("generated" in text for text in texts(made.pdf))


def test_what_is_missing_is_named_with_where_to_get_it(pack):
    index = texts(pack.pdf)[1].replace("\r\n", " ")

    assert "Proof that the loan was paid out" in index
    assert "Ask accounts for the payment order" in index
    assert "asks for 9 items; 8 are here. 12 exhibits in, 12 tabs out; pages 4 + 17 = 21." in index


def test_the_stamp_covers_nothing_of_a_page_that_was_filled_to_its_edges(pack):
    page = pypdfium2.PdfDocument(pack.pdf)[4].get_textpage()
    last = page.search("Last line of the original").get_next()
    number = page.search("Page 5 of 21").get_next()

    bottom_of_original = min(page.get_charbox(last[0] + n)[1] for n in range(last[1]))
    top_of_stamp = max(page.get_charbox(number[0] + n)[3] for n in range(number[1]))
    assert bottom_of_original > top_of_stamp + 4


def test_a_wide_page_stays_wide_and_a_turned_one_is_shown_as_its_source_shows_it(pack):
    document = pypdfium2.PdfDocument(pack.pdf)

    assert [tuple(round(each) for each in document[n - 1].get_size()) for n in (9, 10, 15)] == [
        (595, 842),
        (842, 595),
        (842, 595),
    ]
    with pikepdf.open(pack.pdf) as pdf:
        assert all("/Rotate" not in page.obj for page in pdf.pages)


def test_fields_filled_in_on_a_form_are_still_seen(case, court, tmp_path):
    form = pikepdf.new()
    page = form.add_blank_page(page_size=(595, 842))
    look = form.make_stream(b"0 0 1 rg 0 0 200 40 re f")
    look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    look.BBox = pikepdf.Array([0, 0, 200, 40])
    page.obj.Annots = pikepdf.Array(
        [
            form.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Stamp,
                    Rect=[100, 400, 300, 440],
                    AP=pikepdf.Dictionary(N=look),
                    F=4,
                )
            )
        ]
    )
    made = io.BytesIO()
    form.save(made, deterministic_id=True)
    changed = _with_file(case, made.getvalue())

    built = build(changed.manifest, changed.blobs, court=court, out=tmp_path)

    shown = pypdfium2.PdfDocument(built.pdf)[4].render(scale=1).to_pil().convert("RGB")
    assert (0, 0, 255) in {colour for _, colour in shown.getcolors(1 << 20)}
    with pikepdf.open(built.pdf) as pdf:
        assert "/Annots" not in pdf.pages[4].obj


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"", "application/pdf", "The PDF is damaged, or was cut off on its way."),
        (b"%PDF-1.4\nnothing", "application/pdf", "The PDF is damaged, or was cut off on its way."),
        (b"\x89PNG\r\n\x1a\nbroken", "image/png", "The picture is damaged, or too large to be drawn."),
        (b"caf\xe9", "text/plain", "The text is not in UTF-8 (byte 3)."),
        (b"  \n", "text/plain", "The text is empty."),
    ],
)
def test_no_file_however_broken_ends_the_build_or_vanishes(case, court, tmp_path, data, kind, reason):
    changed = _with_file(case, data, kind)

    built = build(changed.manifest, changed.blobs, court=court, out=tmp_path)

    assert ("1", reason) in built.unreadable
    assert reason in texts(built.pdf)[4]


def test_a_locked_pdf_is_named_as_locked(case, court, tmp_path):
    locked = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(locked, encryption=pikepdf.Encryption(owner="owner", user="user"))
    changed = _with_file(case, locked.getvalue())

    built = build(changed.manifest, changed.blobs, court=court, out=tmp_path)

    assert ("1", "The PDF is locked with a password.") in built.unreadable


def test_bytes_that_are_not_those_of_the_manifest_end_the_build(case, court, tmp_path):
    with pytest.raises(DomainError) as changed:
        build(case.manifest, lambda digest: case.blobs(digest) + b" ", court=court, out=tmp_path)
    with pytest.raises(DomainError) as missing:
        build(case.manifest, {}.__getitem__, court=court, out=tmp_path)

    assert (changed.value.code, changed.value.ids["tab"]) == ("exhibit_changed", "1")
    assert (missing.value.code, missing.value.ids["tab"]) == ("exhibit_missing", "1")
    assert list(tmp_path.iterdir()) == []


def test_a_court_that_wants_no_links_gets_none(case, tmp_path):
    text = (court_file()).replace(b"pages = true", b"pages = false").replace(b'size = "A4"', b'size = "Letter"')
    court = parse_court(text, "no-links.toml")

    built = build(case.with_(layout=court.reference()).manifest, case.blobs, court=court, out=tmp_path)

    with pikepdf.open(built.pdf) as pdf:
        assert all("/Annots" not in page.obj for page in pdf.pages)
        assert [float(each) for each in pdf.pages[4].mediabox] == [0, 0, 612, 792]
    assert "link" not in texts(built.pdf)[1]


def test_a_manifest_made_for_another_layout_is_refused(case, tmp_path):
    other = parse_court(court_file() + b"# changed\n", "other.toml")

    with pytest.raises(DomainError) as refused:
        build(case.manifest, case.blobs, court=other, out=tmp_path)

    assert refused.value.code == "wrong_court_layout"


def court_file() -> bytes:
    return (COURTS / "plain.toml").read_bytes()


def _with_file(case, data: bytes, kind: str = "application/pdf"):
    """The case cut down to its first exhibit, which is now this file; its page is the fifth."""
    only = replace(case.manifest.exhibits[0], sha256=sha256(data), media_type=kind, size=len(data))
    changed = case.with_(exhibits=(only,), chronology=(), contacts=(), statement=None)
    changed.stored = {only.sha256: data}
    return changed
