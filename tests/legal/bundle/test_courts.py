"""Court layouts are data: what is wrong in one is told with its place, and an unknown key is not passed over."""

from datetime import date

import pytest

from collections_app.kernel.errors import DomainError
from legal.bundle.courts import COURTS, courts, load_court, parse_court

PLAIN = (COURTS / "plain.toml").read_bytes()


def refused(text: bytes) -> str:
    with pytest.raises(DomainError) as error:
        parse_court(text, "mine.toml")
    assert error.value.code == "bad_court_layout"
    return error.value.sentence


def test_every_shipped_layout_is_whole_and_bears_the_name_of_its_file():
    assert "plain" in courts()
    for name in courts():
        court = load_court(name)
        assert court.id == name
        assert all(item.where and item.name for item in court.required)
        assert court.source
        assert court.checked_on <= date(2026, 12, 31)


def test_the_layout_of_a_name_that_is_not_there_is_refused_with_those_that_are():
    for name in ("nowhere", "../plain", "plain.toml"):
        with pytest.raises(DomainError) as error:
            load_court(name)
        assert error.value.code == "unknown_court"
        assert "plain" in error.value.sentence


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'id = "plain"', b'id = "plain"\nidd = 1', "idd is not a key of a court layout"),
        (b'size = "A4"', b'size = "A4"\nmargin = 3', "[page] margin is not a key"),
        (b'key = "contract"', b'key = "contract"\nkind = "x"', "[[required]] no. 1: kind is not a key"),
        (b'size = "A4"', b'size = "A5"', "[page] size: “A5” is not one of A4, Letter"),
        (b'numbering = "continuous"', b'numbering = "per_section"', "is not one of continuous"),
        (b"max_age_days = 30", b'max_age_days = "30"', "[statement] max_age_days must be a whole number"),
        (b"max_age_days = 30", b"max_age_days = 0", "[statement] max_age_days must be 1 or more"),
        (b"max_age_days = 30", b"", "[statement] max_age_days is missing"),
        (b"pages = true ", b"pages = 1 ", "[links] pages must be true or false"),
        (b'name = "{file}-v{version}"', b'name = "{file}"', "must hold {version}"),
        (b'name = "{file}-v{version}"', b'name = "{debtor}-v{version}"', "“{debtor}” is not known"),
        (b'section = "debt"', b'section = "debts"', "there is no section “debts”"),
        (b'key = "debt"', b'key = "agreement"', "“agreement” stands there twice"),
        (b'key = "contract"', b'key = "The Contract"', "may hold only small letters"),
        (b'version = "2026.11.0"', b'version = " "', "version is empty"),
        (b"checked_on = 2026-11-24", b'checked_on = "24 November"', "checked_on must be a date"),
        (b"id = ", b"id == ", "is not TOML"),
        (b"# A pack", b"# \xff A pack", "is not TOML in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old, new, told):
    assert old in PLAIN

    sentence = refused(PLAIN.replace(old, new, 1))

    assert "mine.toml" in sentence
    assert told in sentence


def test_all_that_is_wrong_is_told_at_once():
    sentence = refused(PLAIN.replace(b'size = "A4"', b'size = "A5"').replace(b"max_age_days = 30", b""))

    assert len(sentence.splitlines()) == 2


def test_a_file_name_holds_nothing_that_a_court_refuses(case, court):
    assert court.name_of(case.manifest) == "LF-0112-v3"
    named = parse_court(PLAIN.replace(b'"{file}-v{version}"', b'"{claim} {file} {sealed_on} v{version}"'), "mine.toml")
    manifest = case.with_(file_number="LF/01.12").manifest

    assert named.name_of(manifest) == "unissued-LF-01-12-2026-11-26-v3"


def test_a_statement_grows_old(court):
    assert court.statement_is_fresh(date(2026, 11, 1), date(2026, 12, 1))
    assert not court.statement_is_fresh(date(2026, 11, 1), date(2026, 12, 2))
