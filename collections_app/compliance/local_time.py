"""A person's wall time. The database never computes it: zoneinfo does, from the pinned tzdata."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from importlib.metadata import version
from zoneinfo import ZoneInfo

from collections_app.policy.schema import Period, TzPolicy

DAY = dt.timedelta(days=1)
DAY_SECONDS = 86_400


@lru_cache(maxsize=1)
def tzdata_version() -> str:
    return version("tzdata")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def candidates(policy: TzPolicy, stated: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """IANA zones that a rule must hold in: the fixed one, else all that its sources name, else the fallback, else none."""
    if policy.fixed:
        return (policy.fixed,)
    known = dict(stated)
    found = tuple(dict.fromkeys(known[s] for s in policy.sources if known.get(s)))
    return found or ((policy.fallback,) if policy.fallback else ())


def local(at: dt.datetime, name: str) -> dt.datetime:
    return at.astimezone(zone(name))


def day_of(at: dt.datetime, name: str) -> dt.date:
    """The local date."""
    return at.astimezone(zone(name)).date()


def instant(day: dt.date, seconds: int, name: str, fold: int = 0) -> dt.datetime:
    """The instant at which the wall clock of a zone shows so many seconds after midnight of a day, in UTC.

    86,400 is the next midnight. A time that occurs twice means the first (`fold=1`: the second); one that a clock change
    leaves out is read with the offset before the change, which lands after the gap.
    """
    if seconds >= DAY_SECONDS:
        day, seconds = day + DAY, seconds - DAY_SECONDS
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)
    return wall.replace(tzinfo=zone(name), fold=fold).astimezone(dt.UTC)


@lru_cache(maxsize=65536)
def day_start(day: dt.date, name: str) -> dt.datetime:
    return instant(day, 0, name)


@lru_cache(maxsize=65536)
def clock_change(day: dt.date, name: str) -> dt.datetime | None:
    """The instant of that local day at which the clock is put forward or back; None on nearly every day."""
    low, high = day_start(day, name), day_start(day + DAY, name)
    offset = local(low, name).utcoffset()
    if local(high, name).utcoffset() == offset:
        return None
    seconds = int((high - low).total_seconds())
    first, last = 0, seconds  # the offset is the old one at `first`, the new one at `last`
    while last - first > 1:
        middle = (first + last) // 2
        if local(low + dt.timedelta(seconds=middle), name).utcoffset() == offset:
            first = middle
        else:
            last = middle
    return low + dt.timedelta(seconds=last)


def add(day: dt.date, period: Period) -> dt.date:
    """`day` + a period of days, months or years. Months keep the day, or take the last day of a shorter month."""
    if period.days is not None:
        return day + dt.timedelta(days=period.days)
    if period.unit not in ("month", "year"):
        raise ValueError(f"a period of {period.n} {period.unit} has no days")
    month = day.year * 12 + day.month - 1 + period.n * (12 if period.unit == "year" else 1)
    first = dt.date(month // 12, month % 12 + 1, 1)
    following = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))
