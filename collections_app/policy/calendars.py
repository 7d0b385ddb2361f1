"""Which days are closed: bank holidays, public holidays and work days of the places whose rules we keep.

The days come from the library `holidays`, corrected by `data/calendars.toml`. A judgement that looked at a
calendar stores `holidays_version()`, because the same day may be open in one version and closed in the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import holidays

from collections_app.kernel.errors import DomainError

from .schema.reader import Table, parse, read_text
from .schema.vocabulary import CALENDARS

OVERRIDES = Path(__file__).parent / "data" / "calendars.toml"

_SATURDAY = 6
# Country and subdivision of the library. England and Wales keep the same bank holidays.
_PLACES = {
    "GB-EAW": ("GB", "ENG"),
    "IE": ("IE", None),
    "US-FEDERAL": ("US", None),
    "CN_STATUTORY": ("CN", None),
}


@dataclass(frozen=True)
class CalendarDays:
    """Days added to a calendar (`holidays`) and taken from it (`workdays`); a day that is in both is open."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


NOTHING = CalendarDays()


@dataclass(frozen=True)
class Overrides:
    version: str
    digest: str
    days: Mapping[str, CalendarDays]


def is_closed(calendar_id: str, on: date, extra: Mapping[str, CalendarDays] | None = None) -> bool:
    """Whether the calendar closes that day. `extra` adds and takes further days, by calendar.

    GB-EAW, IE and US-FEDERAL close holidays only, on whatever weekday (US-FEDERAL the observed weekday too).
    CN_STATUTORY closes Saturdays and Sundays too, without the days that were made work days. A day that is
    taken wins over one that is added, wherever either stands.
    """
    if calendar_id not in CALENDARS:
        raise DomainError(
            "unknown-calendar",
            f'There is no calendar "{calendar_id}"; use one of: {", ".join(CALENDARS)}.',
            calendar=calendar_id,
        )
    house = _overrides().days.get(calendar_id, NOTHING)
    given = (extra or {}).get(calendar_id, NOTHING)
    if on in house.workdays or on in given.workdays:
        return False
    if on in house.holidays or on in given.holidays:
        return True
    base = _library_days(calendar_id, on.year)
    if on in base.workdays:
        return False
    return on in base.holidays or (calendar_id == "CN_STATUTORY" and on.isoweekday() >= _SATURDAY)


def is_business_day(calendar_id: str, on: date, extra: Mapping[str, CalendarDays] | None = None) -> bool:
    """A Monday to Friday that the calendar does not close. A Saturday that was made a work day is none."""
    return on.isoweekday() < _SATURDAY and not is_closed(calendar_id, on, extra)


def holidays_version() -> str:
    """The library with its version and the corrections with theirs, for the record of a judgement."""
    own = _overrides()
    return f"holidays {holidays.__version__}, calendars.toml {own.version} ({own.digest[:8]})"


def parse_overrides(text: str, source: str) -> Overrides:
    """The corrections that `text` holds; `PolicyError` names file and line. Each says where it stands
    (`cite`).
    """
    data, origin = parse(text, source)
    document = Table(data, origin, (), "a calendars file", ("version", "add", "take"))
    found: dict[str, tuple[set[date], set[date]]] = {}
    for key, which in (("add", 0), ("take", 1)):
        for table in document.tables(key, f"an entry of {key}", ("calendar", "days", "cite")):
            calendar = table.word("calendar", CALENDARS)
            table.text("cite")
            found.setdefault(calendar, (set(), set()))[which].update(table.dates("days"))
    return Overrides(
        version=document.text("version"),
        digest=origin.digest,
        days={calendar: CalendarDays(frozenset(added), frozenset(taken)) for calendar, (added, taken) in found.items()},
    )


@lru_cache(maxsize=1)
def _overrides() -> Overrides:
    return parse_overrides(read_text(OVERRIDES), OVERRIDES.name)


@lru_cache(maxsize=256)
def _library_days(calendar_id: str, year: int) -> CalendarDays:
    """The library's days of one year, frozen: its own object grows as it is asked, which threads must not
    share.
    """
    country, subdivision = _PLACES[calendar_id]
    # The neighbour years too: New Year's Day is observed on the 31st of December if it is a Saturday, and a
    # work day that makes up for a holiday may lie in the year before.
    library = holidays.country_holidays(country, subdiv=subdivision, years=(year - 1, year, year + 1))
    workdays = getattr(library, "weekend_workdays", ())
    return CalendarDays(
        frozenset(day for day in library if day.year == year),
        frozenset(day for day in workdays if day.year == year),
    )
