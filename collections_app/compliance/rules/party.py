"""`party`: who may be contacted, for what, on which condition, how often in a lifetime."""

from __future__ import annotations

from typing import Any

from collections_app.compliance.facts import ATTEMPTS_THAT_FAILED, COMMUNICATIONS, Ask
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import PartyEntry, PartyParams, Rule

from .asked import Asked

_FAILED = "failed_attempts_3_consecutive"


def looks_at_what_happened(rule: Rule, ask: Ask) -> bool:
    entry = rule.params.entry(ask.party)  # type: ignore[union-attr]
    return entry is not None and (
        bool(entry.stop_on) or entry.max_lifetime is not None or _FAILED in (*entry.needs, *entry.needs_any)
    )


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
        return Outcome(
            rule.verdict, {**seen, "why": "none of the conditions holds", "needs_any": list(entry.needs_any)}, None
        )
    if entry.stop_on and any(e.kind == entry.stop_on for e in asked.known.events):
        return Outcome(rule.verdict, {**seen, "why": f"{entry.stop_on}: for good"}, None)
    if entry.max_lifetime is not None:
        made, again = _in_a_lifetime(entry, asked)
        seen |= {"made": made, "max_lifetime": entry.max_lifetime, "again": again}
        if made >= entry.max_lifetime and not again:
            return Outcome(rule.verdict, {**seen, "why": "so many in a lifetime and no more"}, None)
    return Outcome("allow", seen, asked.at)


def _in_a_lifetime(entry: PartyEntry, asked: Asked) -> tuple[int, bool]:
    """How often the person was reached or is being reached, and whether an answer after the last time opens one more."""
    reached = [e.at for e in asked.known.events if e.kind in COMMUNICATIONS and e.direction == "out"]
    reached += [s.at for s in asked.known.slots if s.ask.direction == "out"]
    if not reached:
        return 0, False
    last = max(reached)
    return len(reached), any(e.kind in entry.again_if and e.at > last for e in asked.known.events)


def _holds(condition: str, asked: Asked) -> bool:
    if condition == _FAILED:
        return _three_failed(asked)
    return (
        condition in asked.ask.conditions
        or any(condition in p.conditions for p in asked.known.people)
        or asked.in_force(condition)
    )


def _three_failed(asked: Asked) -> bool:
    """The last three attempts to reach the debtor failed and no communication came after."""
    for debtor in asked.known.debtors:
        tries = [
            e
            for e in asked.known.seen(debtor.events)
            if e.person == debtor.id and (e.kind in ATTEMPTS_THAT_FAILED or e.kind in COMMUNICATIONS)
        ]
        tries.sort(key=lambda e: e.at)
        if len(tries) < 3 or not all(e.kind in ATTEMPTS_THAT_FAILED for e in tries[-3:]):
            return False
    return True
