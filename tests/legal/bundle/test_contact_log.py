"""The log of all contacts: none left out, its columns straight, withheld ones told apart, in any number."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pypdfium2
import pytest

from legal.bundle import render
from legal.bundle.manifest import Amount, ContactEntry

MARGIN = 22 * 72 / 25.4


def lefts(path, page: int, beginning: str) -> list[float]:
    """Where each occurrence of a text begins on a page, in points from the log's left edge."""
    found = pypdfium2.PdfDocument(path)[page - 1].get_textpage()
    text = found.get_text_range()
    return [found.get_charbox(n, loose=True)[0] - MARGIN for n in range(len(text)) if text.startswith(beginning, n)]


def test_the_columns_stand_straight_however_long_the_text_before_them_is(pack):
    starts = dict(render._LOG_COLUMNS)

    for beginning, start in (
        ("Reminder, template", starts["What"]),
        ("Delivered", starts["Outcome"]),
        ("609", starts["Clearance"]),
        ("by the daily run · text", render._LOG_INDENT),
    ):
        places = lefts(pack.pdf, 19, beginning)
        assert len(places) >= 6, beginning
        straight = [each for each in places if each == pytest.approx(start, abs=0.5)]
        assert len(straight) >= len(places) - 1, beginning  # one row has Chinese in it


def test_a_row_with_chinese_keeps_its_columns_within_a_space(pack):
    (left,) = lefts(pack.pdf, 19, "incoming\r")

    assert left == pytest.approx(dict(render._LOG_COLUMNS)["Clearance"], abs=0.9)


def test_no_contact_is_left_out_over_the_border_of_two_documents(case, court, monkeypatch):
    monkeypatch.setattr(render, "ROWS_PER_DOCUMENT", 10)
    exhibit = next(each for each in case.manifest.exhibits if each.kind == "contact_log")

    laid = list(render.contact_log(case.manifest, court, exhibit))

    text = "".join(page.get_textpage().get_text_bounded() for each in laid for page in pypdfium2.PdfDocument(each.pdf))
    assert len(laid) == 3
    times = re.findall(r"(\d+) Jul 2026, (\d\d:\d\d)(?! UTC)", text)
    assert times == [(str(each.at.day), f"{each.at:%H:%M}") for each in case.manifest.contacts]
    assert "Contacts 11 to 20 of 24" in text
    assert "Contacts 21 to 24 of 24" in text


def test_the_log_counts_what_it_shows(case, court, built):
    outside = ContactEntry(
        number=25,
        at=case.manifest.contacts[-1].at,
        zone="Europe/London",
        channel="Call",
        direction="out",
        what="Call by a dialler of the agency",
        outcome="No answer",
    )
    made = built(contacts=(*case.manifest.contacts, outside))

    text = "".join(
        page.get_textpage().get_text_bounded() for page in list(pypdfium2.PdfDocument(made.pdf))[18:20]
    ).replace("\r\n", " ")
    assert "25 contacts, 8 Jul – 31 Jul 2026, none left out: 20 outgoing, 1 incoming, 4 withheld" in text
    assert "1 contact made outside this system, without a clearance of it" in text
    assert text.count("Withheld") == 4
    assert "made outside this system" in text

    # What is said of the records is said of these contacts too: nobody asked the rules about the dialler's call.
    said = " ".join(pypdfium2.PdfDocument(made.pdf)[3].get_textpage().get_text_bounded().split())
    assert "The rules were asked about each outgoing contact of this system before it left" in said
    assert "1 contact of the log was made outside this system, without asking its rules before" in said


def test_where_all_was_made_here_the_statement_on_the_records_speaks_of_no_other(pack):
    said = " ".join(pypdfium2.PdfDocument(pack.pdf)[3].get_textpage().get_text_bounded().split())
    assert "The rules were asked about each outgoing contact before it left" in said
    assert "outside this system" not in said


def test_a_time_in_another_zone_names_its_zone(case, court):
    entry = replace(case.manifest.contacts[0], zone="Asia/Taipei")

    row = render._log_row(entry, "Europe/London", case.manifest, wanted=False)

    assert "Asia/Taipei" in row["text"]


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("one two three", 40, ["one two", "three"]),
        ("", 40, []),
        ("一二三四五六七八九十", 50, ["一二三四五", "六七八九十"]),
        ("一二三四五，六", 50, ["一二三四", "五，六"]),
        ("溫予棠 writes", 60, ["溫予棠", "writes"]),
    ],
)
def test_text_is_broken_at_spaces_and_between_han(text, room, lines):
    assert render.broken(text, room, 10) == lines


def test_a_word_that_is_wider_than_its_column_is_broken_and_nothing_of_it_lost():
    lines = render.broken("see Donaudampfschifffahrtsgesellschaft", 60, 10)

    assert "".join(lines) == "seeDonaudampfschifffahrtsgesellschaft"
    assert all(render.fonts.width(line, 10) <= 60 for line in lines)


def test_amounts_dates_and_instants_are_spelled_one_way():
    assert render.money(Amount("12000.00", "GBP")) == "£12,000.00"
    assert render.money(Amount("300000.00", "TWD")) == "NT$300,000.00"
    assert render.money(Amount("-5.10", "USD")) == "−$5.10"
    assert render.money(Amount("1250", "JPY")) == "JP¥1,250"
    assert render.money(Amount("7.125", "KWD")) == "KWD 7.125"
    assert render.span_of_days(date(2026, 8, 3), date(2026, 9, 22)) == "3 Aug – 22 Sep 2026"
    assert render.span_of_days(date(2025, 8, 3), date(2026, 9, 22)) == "3 Aug 2025 – 22 Sep 2026"
    assert render.instant(datetime(2026, 11, 26, 14, 2, tzinfo=UTC)) == "26 Nov 2026, 14:02 UTC"
    assert (
        render.instant(datetime(2026, 11, 26, 14, 2, tzinfo=timezone(timedelta(hours=5, minutes=30))))
        == "26 Nov 2026, 14:02 UTC+05:30"
    )
