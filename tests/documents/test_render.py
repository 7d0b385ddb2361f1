"""HTML becomes a PDF from our templates, our font and given blobs, and from nowhere else."""

import io
import socket
from datetime import UTC, datetime

import pikepdf
import pypdfium2
import pytest
import time_machine
from PIL import Image

from collections_app.documents import fonts
from collections_app.documents.render import Attachment, Metadata, lay_out, render_pdf
from collections_app.kernel.errors import DomainError

LETTER = Metadata(title="Written notice", made_at=datetime(2026, 7, 15, 8, 0, tzinfo=UTC), language="en")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def a_picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 20), "black").save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize("variant", ["pdf/a-3u", None])
def test_the_same_html_gives_the_same_bytes_on_another_day(variant):
    html = '<p>Dear Rowan Ashdown-Pryce, 12 fi, <span lang="zh-hant">溫予棠</span></p>'
    attached = (Attachment("statement.json", b"{}"),)

    with time_machine.travel(datetime(2026, 7, 15, tzinfo=UTC), tick=False):
        first = render_pdf(html, metadata=LETTER, attachments=attached, variant=variant)
    with time_machine.travel(datetime(2031, 1, 2, tzinfo=UTC), tick=False):
        second = render_pdf(html, metadata=LETTER, attachments=attached, variant=variant)

    assert first == second


def test_the_file_says_what_it_is_and_when_its_matter_was():
    pdf = pikepdf.open(io.BytesIO(render_pdf("<p>Hello</p>", metadata=LETTER)))

    assert str(pdf.docinfo["/Title"]) == "Written notice"
    assert str(pdf.docinfo["/CreationDate"]).startswith("D:20260715080000")
    assert str(pdf.Root.Lang) == "en"
    with pdf.open_metadata() as said:
        assert said.pdfa_status == "3U"


def test_chinese_names_are_text_in_an_embedded_font_and_follow_their_script():
    traditional = render_pdf('<p lang="zh-hant">溫予棠 直骨</p>', metadata=LETTER)
    simplified = render_pdf('<p lang="zh-hans">溫予棠 直骨</p>', metadata=LETTER)

    assert "溫予棠" in text_of(traditional)
    with pikepdf.open(io.BytesIO(traditional)) as opened:
        (font,) = opened.pages[0].obj.Resources.Font.values()
        assert "Dunwell-Sans" in str(font.BaseFont)
        assert "/FontFile3" in font.DescendantFonts[0].FontDescriptor
    drawn = [pypdfium2.PdfDocument(each)[0].render(scale=2).to_pil().tobytes() for each in (traditional, simplified)]
    assert drawn[0] != drawn[1]


def test_a_template_and_a_given_picture_may_be_read(tmp_path):
    def rendered(css: str) -> bytes:
        (tmp_path / "letter.css").write_text(css)
        return render_pdf(
            '<link rel="stylesheet" href="letter.css"><p>Hello <img src="blob:logo"></p>',
            metadata=LETTER,
            base=tmp_path,
            blobs={"logo": a_picture()},
        )

    small, large = rendered("p { font-size: 8pt }"), rendered("p { font-size: 20pt }")

    assert small != large
    with pikepdf.open(io.BytesIO(large)) as opened:
        assert len(opened.pages[0].obj.Resources.XObject) == 1


@pytest.mark.parametrize(
    "html",
    [
        '<p>x<img src="http://192.0.2.1/a.png">',
        '<link rel="stylesheet" href="https://fonts.example/a.css"><p>x',
        '<style>@import "https://fonts.example/a.css";</style><p>x',
        "<style>@font-face{font-family:a;src:url(http://192.0.2.1/a)}</style><p>x",
        '<p style="background:url(//192.0.2.1/a.png)">x',
        '<p>x<img src="file:///etc/passwd">',
        '<p>x<img src="../secret.png">',
        '<p>x<img src="%2e%2e/secret.png">',
        '<p>x<img src="leads-out.png">',
        '<p>x<object data="file:///etc/passwd"></object>',
        '<p>x<a rel="attachment" href="file:///etc/passwd">a</a>',
        '<p>x<img src="data:image/svg+xml,<svg/>">',
        '<p>x<img src="ftp://192.0.2.1/a">',
    ],
)
def test_whatever_else_a_page_asks_for_ends_the_rendering(html, tmp_path, monkeypatch):
    (tmp_path / "secret.png").write_bytes(a_picture())
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "leads-out.png").symlink_to(tmp_path / "secret.png")

    def refuse(*args: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(DomainError) as refused:
        render_pdf(html, metadata=LETTER, base=templates)

    assert refused.value.code == "forbidden_resource"
    assert "Written notice" in refused.value.sentence


def test_a_picture_that_is_not_there_or_is_none_is_an_error_and_not_a_gap(tmp_path):
    for html, blobs, code in (
        ('<p>x<img src="blob:logo">', {}, "missing_resource"),
        ('<p>x<img src="logo.png">', {}, "missing_resource"),
        ('<p>x<img src="blob:logo">', {"logo": b"not a picture"}, "render_failed"),
    ):
        with pytest.raises(DomainError) as refused:
            render_pdf(html, metadata=LETTER, base=tmp_path, blobs=blobs)
        assert refused.value.code == code


@pytest.mark.parametrize(
    "html",
    [
        "", " <p> </p>", "<title>Letter</title><p>&nbsp;", "<style>p{}</style><!-- x -->",
        "<style>main{display:none}</style><main>Dear Ana Reyes</main>", "<p hidden>Dear Ana Reyes</p>",
    ],
)  # fmt: skip
def test_an_empty_paper_is_refused(html):
    with pytest.raises(DomainError) as refused:
        render_pdf(html, metadata=LETTER)

    assert refused.value.code == "empty_document"


def test_pages_and_anchors_are_told():
    laid = lay_out(
        '<p id="a">one</p><p id="b" style="break-before:page;margin-top:30mm">two</p>',
        metadata=LETTER,
    )

    assert laid.pages == 2
    assert laid.anchors["a"].page == 1
    assert laid.anchors["b"].page == 2
    assert laid.anchors["b"].y > laid.anchors["a"].y


def test_a_full_disk_is_told_and_the_next_paper_has_its_font_again(room_for):
    fonts.forget_configuration()
    from collections_app.documents import render

    render._style_sheet.cache_clear()
    with room_for(100_000), pytest.raises(DomainError) as refused:
        render_pdf("<p>溫予棠</p>", metadata=LETTER)
    assert refused.value.code == "disk_full"

    again = render_pdf('<p lang="zh-hant">溫予棠</p>', metadata=LETTER)
    with pikepdf.open(io.BytesIO(again)) as opened:
        (font,) = opened.pages[0].obj.Resources.Font.values()
        assert "Dunwell-Sans" in str(font.BaseFont)


def test_widths_are_those_of_the_printed_glyphs():
    laid = lay_out(
        "<style>@page{margin:0} body{margin:0} p{font-size:10pt;margin:0;font-kerning:none} b{font-weight:400}</style>"
        '<p>Page 12 of 68 · “✓” …<b id="end">|</b></p><p lang="zh-hant">溫予棠，<b id="end2">|</b></p>',
        metadata=LETTER,
    )

    assert laid.anchors["end"].x == pytest.approx(fonts.width("Page 12 of 68 · “✓” …", 10), abs=0.05)
    assert laid.anchors["end2"].x == pytest.approx(fonts.width("溫予棠，", 10), abs=0.05)
