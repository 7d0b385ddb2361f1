"""`cooldown`: a pause after an event of a kind with the same person and debt, whoever started it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import CooldownParams, Rule

from . import counting
from .asked import Asked


def judge(rule: Rule, asked: Asked) -> Outcome | None:
    params: CooldownParams = rule.params  # type: ignore[assignment]
    if "address" in params.key and asked.ask.address is None:
        return None
    excluded = counting.contact_excluded(params.exclude, asked)
    if excluded:
        return Outcome("allow", {"excluded": excluded}, asked.at)
    found = counting.tallies(
        rule,
        params.key,
        asked,
        lambda e: e.kind == params.after and not counting.event_excluded(params.exclude, e, asked),
        None,
    )
    # An event without a debt is about each: it closes them all.
    last = max((c.at for tally in found for c in tally.concerned()), default=None)
    if last is None:
        return Outcome("allow", {"last": None, "after": params.after}, asked.at)
    length = dt.timedelta(days=params.period.n + (0 if params.day_one == "event_day" else 1))
    seen: dict[str, Any] = {
        "after": params.after,
        "last": local_time.day_of(last, asked.day_zones[0]).isoformat(),
        "days": params.period.n,
        "day_one": params.day_one,
    }
    opens = [
        local_time.day_start(free, zone)
        for zone, today in zip(asked.day_zones, asked.days, strict=True)
        if today < (free := local_time.day_of(last, zone) + length)
    ]
    return Outcome(rule.verdict, seen, max(opens)) if opens else Outcome("allow", seen, asked.at)
