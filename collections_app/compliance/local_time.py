"""A person's wall time. The database never computes it: zoneinfo does, from the pinned tzdata."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from importlib.metadata import version
from zoneinfo import ZoneInfo

from collections_app.policy.schema import TzPolicy

DAY = dt.timedelta(days=1)


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
    if found:
        return found if policy.on_conflict == "all_must_pass" else found[:1]
    return (policy.fallback,) if policy.fallback else ()


def local(at: dt.datetime, name: str) -> dt.datetime:
    return at.astimezone(zone(name))


def instant(day: dt.date, seconds: int, name: str) -> dt.datetime:
    """The instant at which the wall clock of a zone shows so many seconds after midnight of a day, in UTC.

    86,400 is the next midnight. A time that occurs twice means the first; one that a clock change leaves out is read
    with the offset before the change, which lands after the gap.
    """
    if seconds >= 86_400:
        day, seconds = day + DAY, seconds - 86_400
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)
    return wall.replace(tzinfo=zone(name), fold=0).astimezone(dt.UTC)


def day_start(day: dt.date, name: str) -> dt.datetime:
    return instant(day, 0, name)
