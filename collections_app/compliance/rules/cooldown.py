"""`cooldown`: a pause after an event of a kind with the same person and debt, whoever started it."""

from __future__ import annotations

import datetime as dt

from collections_app.compliance import local_time
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import CooldownParams, Rule

from . import counting
from .asked import Asked


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: CooldownParams = rule.params  # type: ignore[assignment]
    token = counting.contact_excluded(params.exclude, asked)
    if token:
        return Outcome("allow", {"excluded": token}, asked.at)
    after = [
        e for e in asked.seen_events(counting.fitting(params.key, counting.candidates(params.key, asked), asked))
        if e.kind == params.after and not counting.event_excluded(params.exclude, e, asked)
    ]
    if "debt" in params.key:
        after = list({id(e): e for found in counting.per_debt(after, asked).values() for e in found}.values())
    if not after:
        return Outcome("allow", {"last": None, "after": params.after}, asked.at)
    last = max(after, key=lambda e: e.at)
    closed_until, opens = False, asked.at
    length = params.period.n if params.day_one == "event_day" else params.period.n + 1
    for zone in asked.day_zones:
        day = local_time.local(last.at, zone).date()
        first_free = day + dt.timedelta(days=length)
        if local_time.local(asked.at, zone).date() < first_free:
            closed_until = True
            opens = max(opens, local_time.day_start(first_free, zone))
    seen = {
        "after": params.after,
        "last": local_time.local(last.at, asked.day_zones[0]).date().isoformat(),
        "days": params.period.n,
        "day_one": params.day_one,
    }
    return Outcome(rule.verdict, seen, opens) if closed_until else Outcome("allow", seen, asked.at)
