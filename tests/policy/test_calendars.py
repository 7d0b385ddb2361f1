"""Closed days and business days of the four calendars, and the corrections of the house."""

from datetime import date, timedelta

import holidays
import pytest

from collections_app.kernel.errors import DomainError
from collections_app.policy import calendars
from collections_app.policy.calendars import (
    CalendarDays,
    holidays_version,
    is_business_day,
    is_closed,
    parse_overrides,
)
from collections_app.policy.schema import PolicyError


def closed_days(calendar: str, year: int) -> list[str]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range(365))
    return [day.strftime("%m-%d") for day in days if is_closed(calendar, day)]


def test_federal_holidays_of_the_united_states_with_their_observed_weekday():
    assert closed_days("US-FEDERAL", 2026) == [
        "01-01",
        "01-19",
        "02-16",
        "05-25",
        "06-19",
        "07-03",  # the 4th of July is a Saturday
        "07-04",
        "09-07",
        "10-12",
        "11-11",
        "11-26",
        "12-25",
    ]


def test_a_new_years_day_on_saturday_is_observed_in_the_year_before():
    assert is_closed("US-FEDERAL", date(2021, 12, 31))
    assert not is_business_day("US-FEDERAL", date(2021, 12, 31))


def test_bank_holidays_of_england_and_wales_with_substitute_days():
    assert closed_days("GB-EAW", 2026) == [
        "01-01",
        "04-03",
        "04-06",
        "05-04",
        "05-25",
        "08-31",
        "12-25",
        "12-26",
        "12-28",  # Boxing Day is a Saturday
    ]


def test_good_friday_is_no_public_holiday_of_ireland():
    assert not is_closed("IE", date(2026, 4, 3))
    assert closed_days("IE", 2026) == [
        "01-01",
        "02-02",
        "03-17",
        "04-06",
        "05-04",
        "06-01",
        "08-03",
        "10-26",
        "12-25",
        "12-26",
    ]


def test_china_closes_weekends_and_statutory_holidays_and_opens_make_up_days():
    assert is_closed("CN_STATUTORY", date(2026, 2, 17))  # Spring Festival
    assert is_closed("CN_STATUTORY", date(2026, 2, 23))  # a Monday, off for the Saturday that is worked
    assert not is_closed("CN_STATUTORY", date(2026, 2, 28))  # that Saturday
    assert not is_closed("CN_STATUTORY", date(2026, 1, 4))  # a Sunday made a work day
    assert is_closed("CN_STATUTORY", date(2026, 3, 7))  # a common Saturday
    assert not is_closed("CN_STATUTORY", date(2026, 3, 9))


def test_weekends_are_closed_in_china_only_and_are_business_days_nowhere():
    saturday = date(2026, 3, 7)
    assert [is_closed(c, saturday) for c in ("US-FEDERAL", "GB-EAW", "IE")] == [False, False, False]
    assert not any(is_business_day(c, saturday) for c in ("US-FEDERAL", "GB-EAW", "IE", "CN_STATUTORY"))
    assert not is_business_day("CN_STATUTORY", date(2026, 2, 28))  # not closed, and still no Monday to Friday
    assert all(is_business_day(c, date(2026, 3, 10)) for c in ("US-FEDERAL", "GB-EAW", "IE", "CN_STATUTORY"))


def test_an_unknown_calendar_is_refused():
    with pytest.raises(DomainError, match='There is no calendar "US-TEXAS"; use one of: GB-EAW, IE') as caught:
        is_closed("US-TEXAS", date(2026, 1, 1))
    assert caught.value.code == "unknown-calendar"


def test_further_days_of_a_scenario_add_and_take_and_workdays_win():
    monday, christmas = date(2026, 3, 9), date(2026, 12, 25)
    extra = {
        "US-FEDERAL": CalendarDays(
            holidays=frozenset([monday, christmas]),
            workdays=frozenset([christmas]),
        )
    }
    assert is_closed("US-FEDERAL", monday, extra)
    assert not is_business_day("US-FEDERAL", monday, extra)
    assert not is_closed("US-FEDERAL", christmas, extra)
    assert not is_closed("GB-EAW", monday, extra)
    saturday = date(2026, 3, 7)
    worked = {"CN_STATUTORY": CalendarDays(workdays=frozenset([saturday]))}
    assert not is_closed("CN_STATUTORY", saturday, worked)


OVERRIDES = """version = "2027.1.0"
[[add]]
calendar = "GB-EAW"
days = [2027-03-10, 2027-03-11]
cite = "a proclamation"
[[add]]
calendar = "GB-EAW"
days = [2027-03-12]
cite = "another"
[[take]]
calendar = "GB-EAW"
days = [2027-03-11, 2027-12-27]
cite = "withdrawn"
"""


def test_the_corrections_of_the_house_add_and_take_days(monkeypatch: pytest.MonkeyPatch):
    read = parse_overrides(OVERRIDES, "calendars.toml")
    monkeypatch.setattr(calendars, "_overrides", lambda: read)
    assert is_closed("GB-EAW", date(2027, 3, 10))
    assert is_closed("GB-EAW", date(2027, 3, 12))
    assert not is_closed("GB-EAW", date(2027, 3, 11))
    assert not is_closed("GB-EAW", date(2027, 12, 27))
    assert not is_closed("IE", date(2027, 3, 10))
    assert holidays_version().startswith(f"holidays {holidays.__version__}, calendars.toml 2027.1.0 (")


def test_what_a_workday_of_the_house_opens_no_further_day_closes(monkeypatch: pytest.MonkeyPatch):
    read = parse_overrides(OVERRIDES, "calendars.toml")
    monkeypatch.setattr(calendars, "_overrides", lambda: read)
    extra = {"GB-EAW": CalendarDays(holidays=frozenset([date(2027, 3, 11)]))}
    assert not is_closed("GB-EAW", date(2027, 3, 11), extra)


def test_the_shipped_corrections_load_and_the_version_names_library_and_file():
    assert holidays_version().startswith(f"holidays {holidays.__version__}, calendars.toml 2026.11.0 (")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('version = "2027.1.0"\n', "", '"version" is missing'),
        ("[[take]]", "[[drop]]", '"drop" is not a key of a calendars file'),
        ('cite = "withdrawn"', 'why = "withdrawn"', '"why" is not a key of an entry of take'),
        ('cite = "withdrawn"\n', "", '"cite" is missing'),
        ("[2027-03-12]", "['2027-03-12']", "a list of dates such as 2026-11-24, without quotes"),
        ("[2027-03-12]", "[]", '"days" must be a list of dates'),
        ("[2027-03-12]", "[2027-03-12T00:00:00]", "a list of dates such as 2026-11-24"),
        (
            'calendar = "GB-EAW"\ndays = [2027-03-12]',
            'calendar = "GB"\ndays = [2027-03-12]',
            '"GB" is not known',
        ),
    ],
)
def test_corrections_that_are_not_understood_are_refused(old: str, new: str, words: str):
    assert OVERRIDES.count(old) == 1
    with pytest.raises(PolicyError) as caught:
        parse_overrides(OVERRIDES.replace(old, new), "calendars.toml")
    assert words in caught.value.problems[0].sentence
