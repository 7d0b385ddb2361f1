"""`window`: hours of the week, holidays, dated facts and hours called inconvenient, in every candidate zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import HoursFact
from collections_app.compliance.local_time import DAY_SECONDS
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import Rule, Span, WindowParams

from .asked import FURTHEST, Asked

Hours = Span | HoursFact
_UNKNOWN = {"deny": "deny", "ask": "approve", "pass": "allow"}


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: WindowParams = rule.params  # type: ignore[assignment]
    if params.allow and not asked.zones:
        verdict = _UNKNOWN[asked.preset.tz.on_unknown]
        why = {"zones": [], "why": "no time zone of this person is known"}
        return Outcome(verdict, why, asked.at if verdict == "allow" else None)
    week = _Week(params, asked)
    seen: dict[str, Any] = {"zones": list(asked.day_zones), "hours": _said(week.hours)}
    closed = [z for z in asked.day_zones if week.closed(asked.at, z)]
    if not closed and not week.kept_free(asked.at):
        return Outcome("allow", seen, asked.at)
    seen["closed_in"] = closed or [asked.day_zones[0]]
    return Outcome(rule.verdict, seen, week.opens(asked.at))


class _Week:
    """The hours that a rule leaves this person, in local time."""

    def __init__(self, params: WindowParams, asked: Asked) -> None:
        self.params, self.asked = params, asked
        own = asked.known.hours(params.replaced_by) if params.replaced_by else ()
        # Hours of the person's own take the place of the rule's.
        self.hours: tuple[Hours, ...] = _narrowed(own or params.allow, asked.known.facts.margin_seconds)
        self.agreed = bool(own)
        self.unwanted = tuple(
            h
            for h in (asked.known.hours("inconvenient") if params.deny_stated else ())
            if (not h.channels or asked.ask.channel in h.channels) and (not h.places or asked.ask.place in h.places)
        )
        self.free_days = asked.known.dates(params.deny_dates) if params.deny_dates else []
        self._bounds = tuple(sorted({0, *(h.opens for h in self.hours), *(h.closes for h in self.unwanted)}))

    def closed(self, at: dt.datetime, zone: str) -> bool:
        """Whether the wall clock of a zone stands outside of the hours, on a holiday or in unwanted hours."""
        wall = local_time.local(at, zone)
        day, second, whole = wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second, wall.microsecond == 0
        open_now = [h for h in self.hours if _holds(h, day, second, whole)]
        if self.params.allow and not open_now:
            return True
        agreed_for_holidays = self.agreed and any(getattr(h, "holidays", False) for h in open_now)
        if not agreed_for_holidays and any(self.asked.is_holiday(c, day) for c in self.params.holidays):
            return True
        return any(_holds(h, day, second, whole) for h in self.unwanted)

    def kept_free(self, at: dt.datetime) -> dt.date | None:
        """The last day of a dated fact that keeps this day free; dated facts look at the first zone."""
        if not self.free_days:
            return None
        day = local_time.day_of(at, self.asked.day_zones[0])
        return max((d.until_on for d in self.free_days if d.from_on <= day <= d.until_on), default=None)

    def opens(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant from `at` on that every zone leaves open; None: none in the time that is looked ahead."""
        limit = at + FURTHEST
        moment: dt.datetime = at
        while moment <= limit:
            later = [self._opens_in(z, moment, limit) for z in self.asked.day_zones if self.closed(moment, z)]
            free_until = self.kept_free(moment)
            if free_until is not None and free_until > limit.date():
                return None
            if free_until is not None:
                later.append(local_time.day_start(free_until + local_time.DAY, self.asked.day_zones[0]))
            if not later:
                return moment
            known = [x for x in later if x is not None]
            if len(known) < len(later):
                return None
            moment = max(known)
        return None

    def _opens_in(self, zone: str, at: dt.datetime, limit: dt.datetime) -> dt.datetime | None:
        """The first instant after `at` that one zone leaves open: only a bound of hours, a midnight or a change of the
        clock can open it."""
        day = local_time.day_of(at, zone)
        last = local_time.day_of(limit, zone)
        while day <= last:
            for mark in _marks(day, self._bounds, zone):
                if mark > at and not self.closed(mark, zone):
                    return mark
            day += local_time.DAY
        return None


def _marks(day: dt.date, seconds: tuple[int, ...], zone: str) -> list[dt.datetime]:
    """The instants of a local day at which its clock shows one of these times; on the day of a clock change both of a time
    that comes twice, and the change itself."""
    change = local_time.clock_change(day, zone)
    if change is None:
        return [local_time.instant(day, s, zone) for s in seconds]
    return sorted({change, *(local_time.instant(day, s, zone, fold) for s in seconds for fold in (0, 1))})


def _narrowed(hours: tuple[Hours, ...], margin: int) -> tuple[Hours, ...]:
    """The bounds moved inwards by the house's margin; a bound at midnight is none, and hours that nothing is left of are
    gone."""
    if not margin:
        return hours
    found: list[Hours] = []
    for h in hours:
        opens = h.opens + (margin if h.opens > 0 else 0)
        closes = h.closes - (margin if h.closes < DAY_SECONDS else 0)
        if h.closes <= h.opens or opens < closes or (opens == closes and h.to_inclusive):
            found.append(replace(h, opens=opens, closes=closes))
    return tuple(found)


def _holds(hours: Hours, day: dt.date, second: int, whole: bool) -> bool:
    """Whether a wall clock stands within hours; those over midnight belong to the day on which they begin."""
    opens, closes = hours.opens, hours.closes
    if closes > opens:
        if opens <= second < closes:
            return day.isoweekday() in hours.days
        if not (hours.to_inclusive and whole):
            return False
        # The end itself; that of a day lies in the next one.
        if second == closes:
            return day.isoweekday() in hours.days
        return second + DAY_SECONDS == closes and _day_before(day) in hours.days
    length = closes + DAY_SECONDS - opens
    for weekday, into in ((day.isoweekday(), second - opens), (_day_before(day), second + DAY_SECONDS - opens)):
        if weekday in hours.days and (0 <= into < length or (hours.to_inclusive and whole and into == length)):
            return True
    return False


def _day_before(day: dt.date) -> int:
    return (day.isoweekday() - 2) % 7 + 1


def _said(hours: tuple[Hours, ...]) -> list[str]:
    def clock(seconds: int) -> str:
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"

    return [
        f"{clock(h.opens)}–{clock(h.closes)}" + ("" if len(h.days) == 7 else " days " + ",".join(map(str, h.days)))
        for h in hours
    ]
