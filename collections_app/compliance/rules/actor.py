"""`actor`: what the person who makes the contact must have passed, carry and show."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import ActorParams, Period, Rule

from .asked import Asked


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: ActorParams = rule.params  # type: ignore[assignment]
    agent = asked.ask.agent
    if agent is None:
        return Outcome("allow", {"agent": "not chosen yet: must be a fit one"}, asked.at)
    today = asked.local_date()
    lacks: list[str] = []
    for code in params.certs:
        until = agent.certs.get(code)
        if until is None or until < today:
            lacks.append(f"certificate {code}" + (f" (ran out {until.isoformat()})" if until else ""))
    if params.training_within and not _within(agent.training_on, params.training_within, today):
        lacks.append(f"training within {params.training_within.n} {params.training_within.unit}")
    if params.agency_review_within and agent.agency_review_on is not None and not _within(agent.agency_review_on, params.agency_review_within, today):
        lacks.append("review of the agency")
    if params.min_people is not None and agent.people is not None and agent.people < params.min_people:
        lacks.append(f"{params.min_people} people")
    if params.id_shown and not agent.id_shown:
        lacks.append("identification shown")
    if params.licence and not agent.licensed:
        lacks.append("licence")
    if agent.action in params.actions_denied:
        lacks.append(f"not allowed: {agent.action}")
    if agent.suspended:
        lacks.append("suspended by a conduct decision")
    seen: dict[str, Any] = {"agent": agent.user, "lacks": lacks}
    return Outcome(rule.verdict, seen, None) if lacks else Outcome("allow", seen, asked.at)


def _within(day: dt.date | None, period: Period, today: dt.date) -> bool:
    """Good up to and including the date + the period. An unknown date is that of a fit agent in a certificate rule's file,
    so it must be stated where staff are known."""
    if day is None:
        return True
    if period.unit == "month":
        month = day.month - 1 + period.n
        year, month = day.year + month // 12, month % 12 + 1
        last = ((dt.date(year + month // 12, month % 12 + 1, 1)) - dt.timedelta(days=1)).day
        return today <= dt.date(year, month, min(day.day, last))
    if period.unit == "year":
        return today <= dt.date(day.year + period.n, day.month, min(day.day, 28) if day.month == 2 else day.day)
    return today <= day + dt.timedelta(days=period.days or period.n)
