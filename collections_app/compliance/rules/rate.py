"""`rate`: so many events of a kind in a period of local days; contacts in flight hold a slot each."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import Period, RateParams, Rule

from . import counting
from .asked import Asked
from .counting import Tally


def judge(rule: Rule, asked: Asked) -> Outcome | None:
    params: RateParams = rule.params  # type: ignore[assignment]
    if "address" in params.key and asked.ask.address is None:
        return None
    excluded = counting.contact_excluded(params.exclude, asked)
    if excluded:
        return Outcome("allow", {"excluded": excluded}, asked.at)
    found = counting.tallies(
        rule,
        params.key,
        asked,
        counting.event_counts(rule, params.exclude, params.count, asked),
        counting.slot_counts(rule, params.exclude, asked),
    )
    worst = 0
    opens: list[dt.datetime | None] = []
    for tally in found:
        for zone, today in zip(asked.day_zones, asked.days, strict=True):
            used = _used(tally, params.period, zone, today)
            worst = max(worst, used)
            if used >= params.max:
                room = _room(tally, params, zone, today)
                opens.append(local_time.day_start(room, zone) if room else None)
    seen: dict[str, Any] = {"counted": worst, "max": params.max, "period": _said(params.period)}
    flying = len({c for tally in found for c in tally.counted if c.in_flight})
    if flying:
        seen["in_flight"] = flying
    if params.min_gap:
        gap = dt.timedelta(seconds=params.min_gap.seconds or 0)
        near = [c.at for tally in found for c in tally.concerned() if dt.timedelta(0) <= asked.at - c.at < gap]
        if near:
            seen |= {"last": max(near).isoformat(), "gap_minutes": params.min_gap.n}
            opens.append(max(near) + gap)
    if not opens:
        return Outcome("allow", seen, asked.at)
    return Outcome(rule.verdict, seen, None if None in opens else max(opens))  # type: ignore[type-var]


def _used(tally: Tally, period: Period, zone: str, today: dt.date) -> int:
    """What counts on a local day: of the period that ends with it, or ever."""
    if not tally.counted:
        return 0
    if period.kind == "lifetime":
        return tally.number(lambda c: True)
    first = today - dt.timedelta(days=period.n - 1)
    return tally.number(lambda c: first <= local_time.day_of(c.at, zone) <= today)


def _room(tally: Tally, params: RateParams, zone: str, today: dt.date) -> dt.date | None:
    """The first later day on which fewer count: only a day on which one comes in or falls out can be it."""
    if params.period.kind == "lifetime":
        return None
    days = {local_time.day_of(c.at, zone) for c in tally.counted}
    for day in sorted({d + dt.timedelta(days=n) for d in days for n in (0, params.period.n)}):
        if day > today and _used(tally, params.period, zone, day) < params.max:
            return day
    return None


def _said(period: Period) -> str:
    return "ever" if period.kind == "lifetime" else f"{period.n} {period.unit} {period.kind}"
