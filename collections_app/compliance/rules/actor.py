"""`actor`: what the person who makes the contact must have passed, carry and show."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import ActorParams, Period, Rule

from .asked import Asked


def judge(rule: Rule, asked: Asked) -> Outcome:
    """What is not said of the agent is as it should be; what is good until a day is good on that day, in every zone."""
    params: ActorParams = rule.params  # type: ignore[assignment]
    agent = asked.ask.agent
    if agent is None:
        return Outcome("allow", {"agent": "not chosen yet: must be a fit one"}, asked.at)
    today = max(asked.days)
    lacks: list[str] = []
    passed = agent.certs
    for code in params.certs if passed is not None else ():
        until = passed.get(code) if passed is not None else None
        if until is None or until < today:
            lacks.append(f"certificate {code}" + (f" (ran out {until.isoformat()})" if until else ""))
    if _outdated(agent.training_on, params.training_within, today):
        lacks.append(f"training within {params.training_within.n} {params.training_within.unit}")  # type: ignore[union-attr]
    if _outdated(agent.agency_review_on, params.agency_review_within, today):
        lacks.append("review of the agency")
    if params.min_people is not None and agent.people is not None and agent.people < params.min_people:
        lacks.append(f"{params.min_people} people")
    if params.id_shown and agent.id_shown is False:
        lacks.append("identification shown")
    if params.licence and not agent.licensed:
        lacks.append("licence")
    if agent.action in params.actions_denied:
        lacks.append(f"not allowed: {agent.action}")
    if agent.suspended:
        lacks.append("suspended by a conduct decision")
    seen: dict[str, Any] = {"agent": agent.user, "lacks": lacks}
    return Outcome(rule.verdict, seen, None) if lacks else Outcome("allow", seen, asked.at)


def _outdated(since: dt.date | None, period: Period | None, today: dt.date) -> bool:
    return since is not None and period is not None and local_time.add(since, period) < today
