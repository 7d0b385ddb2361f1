"""Local days, calendar periods, and the instants at which a local clock shows a given time."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from collections_app.policy.evaluate.facts import Moment

DAY_SECONDS = 86_400


def day_in(zone: tzinfo, moment: Moment) -> date:
    """The local date; a moment that is a date already is that date everywhere."""
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def beginning(moment: Moment, zone: tzinfo) -> datetime:
    """The instant at which a moment begins: a date begins at 00:00 in the zone."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), zone).astimezone(UTC)


def end_of(until: Moment, zone: tzinfo) -> datetime:
    """First instant after `until`: an instant is itself excluded, a date includes the whole day."""
    if isinstance(until, datetime):
        return until.astimezone(UTC)
    return beginning(until + timedelta(days=1), zone)


def add(day: date, n: int, unit: str) -> date:
    """`day` + n units. Sums of months and years keep the day of the month, or take the last of a shorter
    month.
    """
    if unit in ("day", "local_day"):
        return day + timedelta(days=n)
    if unit not in ("month", "year"):
        raise ValueError(f"a period in {unit!r} has no days")
    month = day.year * 12 + day.month - 1 + n * (12 if unit == "year" else 1)
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def first_day(kind: str, n: int, today: date) -> date | None:
    """First of the local days that a rate looks at, the last being today; None: it has no start."""
    return None if kind == "lifetime" else today - timedelta(days=n - 1)


def shows(zone: tzinfo, instant: datetime, start: int, end: int, days: tuple[int, ...], to_inclusive: bool) -> bool:
    """Whether the local clock stands in [start, end), on one of the week days, at an instant.

    `to_inclusive` admits the very instant of `end`. A window that ends before it starts runs over midnight
    and belongs to the day on which it starts. Hours are read off the wall clock, so an hour that comes twice
    counts twice.
    """
    local = instant.astimezone(zone)
    midnight = datetime.combine(local.date(), time())
    since = local.replace(tzinfo=None) - midnight
    span = end - start if end > start else end + DAY_SECONDS - start
    # The window of yesterday may reach into today (over midnight, or by an inclusive 24:00).
    for back in (0, 1):
        into = since + timedelta(days=back) - timedelta(seconds=start)
        weekday = (local.date() - timedelta(days=back)).isoweekday()
        inside = timedelta(0) <= into < timedelta(seconds=span)
        at_end = to_inclusive and into == timedelta(seconds=span)
        if weekday in days and (inside or at_end):
            return True
    return False


def turning_points(zone: tzinfo, day: date, bounds: frozenset[int]) -> Iterator[datetime]:
    """All instants of a local day at which something can open: its midnight, the bounds, a change of the
    clock.
    """
    naive = datetime.combine(day, time())
    for seconds in {0, *bounds}:
        wall = naive + timedelta(seconds=seconds)
        for fold in (0, 1):
            yield wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    low = beginning(day, zone)
    high = beginning(day + timedelta(days=1), zone)
    before = low.astimezone(zone).utcoffset()
    if before == high.astimezone(zone).utcoffset():
        return
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    yield high
