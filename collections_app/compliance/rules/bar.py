"""`bar`: while a state holds (or whenever the match fits), the contact does not go."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import EventFact, StateFact
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import BarParams, Rule
from collections_app.policy.schema.vocabulary import CONTACT_EVENTS

from .asked import Asked

_UNKNOWN = {"deny": "deny", "ask": "approve", "pass": "allow"}


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: BarParams = rule.params  # type: ignore[assignment]
    ask = asked.ask
    if ask.purpose in params.except_purpose or ask.party in params.except_party:
        return Outcome(
            "allow",
            {"state": params.state, "except": ask.purpose if ask.purpose in params.except_purpose else ask.party},
            asked.at,
        )
    if params.state is None:
        return Outcome(rule.verdict, {"match": True}, None)
    seen: dict[str, Any] = {"state": params.state}
    states = asked.known.states(params.state)
    barring = [(s, end) for s in states if (end := _bars_until(rule, params, s, asked)) is not False]
    once = bool(barring) and ask.purpose in params.except_once
    if once:
        barring = [(s, end) for s, end in barring if _went_before(s, asked)]
    if barring:
        seen["since"] = min(s.from_at for s, _ in barring).isoformat()
        ends = [end for _, end in barring if isinstance(end, dt.datetime)]
        return Outcome(rule.verdict, seen, max(ends) if len(ends) == len(barring) else None)
    if params.fresh_within:
        return _freshness(rule, params, asked, seen)
    return Outcome("allow", {**seen, "once": ask.purpose} if once else seen, asked.at)


def _freshness(rule: Rule, params: BarParams, asked: Asked, seen: dict[str, Any]) -> Outcome:
    """The state is not known to hold; its register must have been looked into lately, in every zone, for every debtor."""
    assert params.state is not None and params.fresh_within is not None
    fresh = True
    on = asked.known.at if asked.known.facts.registers_kept else asked.at
    for debtor in asked.known.debtors:
        looked = asked.known.checks(params.state, debtor)
        if looked is None:
            continue
        if looked:
            seen["checked"] = local_time.day_of(max(looked), asked.day_zones[0]).isoformat()
        fresh = (
            fresh
            and bool(looked)
            and all(
                local_time.add(local_time.day_of(max(looked), zone), params.fresh_within) >= local_time.day_of(on, zone)
                for zone in asked.day_zones
            )
        )
    if fresh:
        return Outcome("allow", seen, asked.at)
    seen["why"] = (
        f"the register of {params.state} was not checked within {params.fresh_within.n} {params.fresh_within.unit}"
    )
    verdict = _UNKNOWN[rule.on_unknown or "deny"]
    return Outcome(verdict, seen, asked.at if verdict == "allow" else None)


def _bars_until(rule: Rule, params: BarParams, s: StateFact, asked: Asked) -> dt.datetime | None | bool:
    """False: it does not bar the contact at this instant; an instant: until then; None: no end is known."""
    begins = max(s.from_at, s.known_at) if params.starts == "on_notice" else s.from_at
    if asked.at < begins or (s.until_at is not None and s.until_at <= asked.at):
        return False
    loans = asked.loans(rule.match)
    debts: list[Any] = [loan.id for loan in loans if s.debts is None or loan.id in s.debts]
    # A state that names debts is about those alone; one that names none can bar a contact about nothing in particular.
    if not debts and (s.debts is not None or params.scope == "debt"):
        return False
    if not _in_scope(params, s, asked):
        return False
    ends = [_end(params, s, debt, begins, asked) for debt in debts or [None]]
    last = None if None in ends else max(ends)  # type: ignore[type-var]
    if s.until_at is not None:
        last = s.until_at if last is None else min(last, s.until_at)
    return False if last is not None and last <= asked.at else last


def _in_scope(params: BarParams, s: StateFact, asked: Asked) -> bool:
    """Whether the state is about what the scope says: any party's debt, the debtor, the asked person, the address."""
    if params.scope == "debtor":
        return any(s.person == d.id for d in asked.known.debtors)
    if params.scope == "person":
        return s.person == asked.ask.person
    if params.scope == "address":
        # A refusal without an address closes the medium as a whole for that person.
        same = s.person == asked.ask.person if s.address is None else s.address == asked.ask.address
        return same and (s.channels is None or asked.ask.channel in s.channels)
    return True


def _end(params: BarParams, s: StateFact, debt: Any, begins: dt.datetime, asked: Asked) -> dt.datetime | None:
    """When the state ended or ends for one debt (None: for the contact as a whole), by an event or its period."""
    if params.ends is None:
        return None
    events = [e for e in asked.known.all_events if e.at >= s.from_at and _about(e, s, debt)]
    ends = [e.at for e in events if e.kind in params.ends.event]
    if params.ends.or_after:
        counted_from: dt.datetime | None = begins
        if params.ends.or_after_event:
            counted_from = next((e.at for e in events if e.kind == params.ends.or_after_event), None)
        if counted_from is not None:
            zone = asked.day_zones[0]
            last = local_time.add(local_time.day_of(counted_from, zone), params.ends.or_after)
            free = last if params.ends.day_one == "event_day" else last + local_time.DAY
            ends.append(local_time.day_start(free, zone))
    return min(ends, default=None)


def _about(e: EventFact, s: StateFact, debt: Any) -> bool:
    """Whether an event can end a state: it names no debt, person or address that differs from the state's."""
    if e.debts and (
        (debt is not None and debt not in e.debts) or (s.debts is not None and s.debts.isdisjoint(e.debts))
    ):
        return False
    return (e.person is None or e.person == s.person) and (
        e.address is None or s.address is None or e.address == s.address
    )


def _went_before(s: StateFact, asked: Asked) -> bool:
    """Whether a contact with that purpose went to the same address since the state began, or is in flight."""
    ask = asked.ask
    made = [
        (e.at, e.purpose, e.address)
        for e in asked.known.all_events
        if e.kind in CONTACT_EVENTS and e.direction == "out"
    ]
    made += [(x.at, x.ask.purpose, x.ask.address) for x in asked.known.all_slots if x.ask.direction == "out"]
    return any(p == ask.purpose and a == ask.address and s.from_at <= at <= asked.at for at, p, a in made)
