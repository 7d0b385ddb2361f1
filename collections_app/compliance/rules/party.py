"""`party`: who may be contacted, for what, on which condition, how often in a lifetime."""

from __future__ import annotations

from typing import Any

from collections_app.compliance.facts import ATTEMPTS_THAT_FAILED, COMMUNICATIONS
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import PartyParams, Rule

from .asked import Asked


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: PartyParams = rule.params  # type: ignore[assignment]
    ask = asked.ask
    seen: dict[str, Any] = {"party": ask.party, "purpose": ask.purpose}
    entry = params.entry(ask.party)
    if entry is None:
        return Outcome(rule.verdict, {**seen, "why": "this party has no entry"}, None)
    if entry.purposes and ask.purpose not in entry.purposes:
        return Outcome(rule.verdict, {**seen, "why": "not for this purpose", "purposes": list(entry.purposes)}, None)
    if ask.discloses == "debt" and entry.disclose != "debt":
        return Outcome(rule.verdict, {**seen, "why": "the debt must not be disclosed to this party"}, None)
    missing = [c for c in entry.needs if not _holds(c, asked)]
    if missing:
        return Outcome(rule.verdict, {**seen, "why": "missing condition", "needs": missing}, None)
    if entry.needs_any and not any(_holds(c, asked) for c in entry.needs_any):
        return Outcome(rule.verdict, {**seen, "why": "none of the conditions holds", "needs_any": list(entry.needs_any)}, None)
    events = asked.seen_events(asked.person.events)
    if entry.stop_on and any(e.kind == entry.stop_on and e.person == ask.person for e in events):
        return Outcome(rule.verdict, {**seen, "why": f"{entry.stop_on}: for good"}, None)
    if entry.max_lifetime is not None:
        made = [e.at for e in events if e.kind in COMMUNICATIONS and e.person == ask.person and e.direction == "out"]
        flying = [e for e in asked.facts.in_flight.get(ask.person, ()) if e.contact != ask.id]
        used = len(made) + len(flying)
        again = bool(made) and any(e.kind in entry.again_if and e.at >= max(made) for e in events)
        seen |= {"made": used, "max_lifetime": entry.max_lifetime, "again": again}
        if used >= entry.max_lifetime + (1 if again else 0) and not (again and not flying):
            return Outcome(rule.verdict, {**seen, "why": "once in a lifetime"}, None)
    return Outcome("allow", seen, asked.at)


def _holds(condition: str, asked: Asked) -> bool:
    if condition == "failed_attempts_3_consecutive":
        return _three_failed(asked)
    if condition == "number_invalid" and asked.ask.number_invalid:
        return True
    return (
        condition in asked.ask.conditions
        or condition in asked.person.conditions
        or condition in asked.debtor.conditions
        or asked.state_in_force(condition)
    )


def _three_failed(asked: Asked) -> bool:
    """The last three attempts to reach the debtor failed and no communication came after."""
    tries = sorted(
        (e for e in asked.seen_events(asked.debtor.events)
         if e.person == asked.debtor.id and (e.kind in ATTEMPTS_THAT_FAILED or e.kind in COMMUNICATIONS)),
        key=lambda e: e.at,
    )
    return len(tries) >= 3 and all(e.kind in ATTEMPTS_THAT_FAILED for e in tries[-3:])
