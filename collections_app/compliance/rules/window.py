"""`window`: hours of the week, holidays, dated facts and hours called inconvenient, in every candidate zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import HoursFact
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import Rule, Span, WindowParams

from .asked import FURTHEST, Asked

Allowed = Span | HoursFact


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: WindowParams = rule.params  # type: ignore[assignment]
    zones = asked.zones
    if not zones:
        if params.allow and asked.preset.tz.on_unknown == "deny":
            return Outcome(rule.verdict, {"zones": [], "why": "no time zone of this person is known"}, None)
        if params.allow and asked.preset.tz.on_unknown == "ask":
            return Outcome("approve", {"zones": [], "why": "no time zone of this person is known"}, None)
        zones = ("UTC",)
    allowed, agreed_holidays = _allowed(params, asked)
    seen: dict[str, Any] = {"zones": list(zones), "hours": _said(allowed)}
    closed = [z for z in zones if not _open(params, allowed, agreed_holidays, asked, asked.at, z)]
    if not closed:
        return Outcome("allow", seen, asked.at)
    seen["closed_in"] = closed
    return Outcome(rule.verdict, seen, _opening(params, allowed, agreed_holidays, asked, zones))


def _allowed(params: WindowParams, asked: Asked) -> tuple[tuple[Allowed, ...], bool]:
    """Hours that count: those of the rule, or the person's own that replace them."""
    if params.replaced_by:
        own = tuple(h for h in asked.person.hours if h.kind == params.replaced_by)
        if own:
            return own, any(h.holidays for h in own)
    return params.allow, False


def _open(
    params: WindowParams, allowed: tuple[Allowed, ...], agreed_holidays: bool, asked: Asked, at: dt.datetime, zone: str
) -> bool:
    wall = local_time.local(at, zone)
    day, second = wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second
    whole = wall.microsecond == 0
    if allowed and not any(_holds(h, day, second, whole) for h in allowed):
        return False
    if params.holidays and not agreed_holidays and any(asked.is_holiday(c, day) for c in params.holidays):
        return False
    if params.deny_dates and any(
        d.kind in params.deny_dates and d.from_on <= day <= d.until_on for d in asked.person.dates
    ):
        return False
    return not (
        params.deny_stated
        and any(
            h.kind == "inconvenient" and _holds(h, day, second, whole)
            and (not h.channels or asked.ask.channel in h.channels)
            and (not h.places or asked.ask.place in h.places)
            for h in asked.person.hours
        )
    )


def _holds(hours: Allowed, day: dt.date, second: int, whole: bool) -> bool:
    if day.isoweekday() not in hours.days:
        return False
    return hours.opens <= second < hours.closes or (hours.to_inclusive and second == hours.closes and whole)


def _opening(
    params: WindowParams, allowed: tuple[Allowed, ...], agreed_holidays: bool, asked: Asked, zones: tuple[str, ...]
) -> dt.datetime | None:
    """First instant from `at` on that every zone leaves open: only bounds of hours and midnights can open it."""
    limit = asked.at + FURTHEST
    for zone_day in range(FURTHEST.days + 2):
        marks = sorted({m for z in zones for m in _marks(params, allowed, asked, z, zone_day)})
        for mark in marks:
            if asked.at < mark <= limit and all(
                _open(params, allowed, agreed_holidays, asked, mark, z) for z in zones
            ):
                return mark
    return None


def _marks(
    params: WindowParams, allowed: tuple[Allowed, ...], asked: Asked, zone: str, offset: int
) -> list[dt.datetime]:
    day = local_time.local(asked.at, zone).date() + dt.timedelta(days=offset)
    seconds = {0, *(h.opens for h in allowed)}
    if params.deny_stated:
        seconds |= {h.closes for h in asked.person.hours if h.kind == "inconvenient"}
    return [local_time.instant(day, s, zone) for s in seconds]


def _said(allowed: tuple[Allowed, ...]) -> list[str]:
    def clock(seconds: int) -> str:
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"

    return [
        f"{clock(h.opens)}–{clock(h.closes)}" + ("" if len(h.days) == 7 else " days " + ",".join(map(str, h.days)))
        for h in allowed
    ]
