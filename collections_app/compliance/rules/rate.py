"""`rate`: so many events of a kind in a period of local days; contacts in flight hold a slot each."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import EventFact
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import Period, RateParams, Rule

from . import counting
from .asked import FURTHEST, Asked, event_matches


def judge(rule: Rule, asked: Asked) -> Outcome | None:
    params: RateParams = rule.params  # type: ignore[assignment]
    if "address" in params.key and asked.ask.address is None:
        return None
    token = counting.contact_excluded(params.exclude, asked)
    if token:
        return Outcome("allow", {"excluded": token}, asked.at)
    counted = [
        e for e in asked.seen_events(counting.fitting(params.key, counting.candidates(params.key, asked), asked))
        if e.kind in params.count and event_matches(rule.match, e)
        and not counting.event_excluded(params.exclude, e, asked)
    ]
    slots = [
        e for e in counting.fitting(params.key, asked.facts.in_flight.get(asked.ask.person, ()), asked)
        if event_matches(rule.match, e) and e.contact != asked.ask.id
        and not counting.event_excluded(params.exclude, e, asked)
    ]
    groups = (
        counting.per_debt([*counted, *slots], asked) if "debt" in params.key else {None: [*counted, *slots]}
    )
    worst, opens = 0, asked.at
    for events in groups.values():
        used, free_at = _worst_zone(params, events, asked)
        worst = max(worst, used)
        if used >= params.max:
            if free_at is None:
                opens = None  # type: ignore[assignment]
                break
            opens = max(opens, free_at)
    seen: dict[str, Any] = {"counted": worst, "max": params.max, "period": _said(params.period)}
    if slots:
        seen["in_flight"] = len(slots)
    if worst >= params.max:
        return Outcome(rule.verdict, seen, opens)
    if params.min_gap and counted:
        last = max(e.at for e in counted)
        free = last + dt.timedelta(seconds=params.min_gap.seconds or 0)
        if asked.at < free:
            return Outcome(rule.verdict, {**seen, "last": last.isoformat(), "gap_minutes": params.min_gap.n}, free)
    return Outcome("allow", seen, asked.at)


def _worst_zone(params: RateParams, events: list[EventFact], asked: Asked) -> tuple[int, dt.datetime | None]:
    """The strictest count over the candidate zones, and when all zones have room."""
    worst, free_at = 0, asked.at
    for zone in asked.day_zones:
        days = [local_time.local(e.at, zone).date() for e in events]
        today = local_time.local(asked.at, zone).date()
        used = sum(_within(params.period, d, today) for d in days)
        worst = max(worst, used)
        if used < params.max:
            continue
        room = _room(params, days, today)
        if room is None:
            return worst, None
        free_at = max(free_at, local_time.day_start(room, zone))
    return worst, free_at


def _room(params: RateParams, days: list[dt.date], today: dt.date) -> dt.date | None:
    if params.period.kind == "lifetime":
        return None
    for n in range(1, FURTHEST.days + 1):
        day = today + dt.timedelta(days=n)
        if sum(_within(params.period, d, day) for d in days) < params.max:
            return day
    return None


def _within(period: Period, day: dt.date, today: dt.date) -> bool:
    if period.kind == "lifetime":
        return True
    if period.unit in ("day", "local_day"):
        return 0 <= (today - day).days < period.n
    if period.unit == "month":
        return day <= today and (today.year - day.year) * 12 + today.month - day.month < period.n
    if period.unit == "year":
        return day <= today and today.year - day.year < period.n
    if period.unit == "week":
        monday = today - dt.timedelta(days=today.weekday() + 7 * (period.n - 1))
        return monday <= day <= today
    raise ValueError(f"a rate cannot count in {period.unit}")


def _said(period: Period) -> str:
    return "ever" if period.kind == "lifetime" else f"{period.n} {period.unit} {period.kind}"
