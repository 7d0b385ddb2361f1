"""`bar`: while a state holds (or whenever the match fits), the contact does not go."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import COMMUNICATIONS, EventFact, StateFact
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import BarParams, Period, Rule

from .asked import Asked


def judge(rule: Rule, asked: Asked) -> Outcome:
    params: BarParams = rule.params  # type: ignore[assignment]
    ask = asked.ask
    if ask.purpose in params.except_purpose or ask.party in params.except_party:
        return Outcome("allow", {"state": params.state, "except": ask.purpose if ask.purpose in params.except_purpose else ask.party}, asked.at)
    if params.state is None:
        return Outcome(rule.verdict, {"match": True}, None)
    seen: dict[str, Any] = {"state": params.state}
    barring = [(s, end) for s in _about(params, asked) if (end := _until(params, s, asked)) is not False]
    if barring:
        if ask.purpose in params.except_once and all(not _used(ask.purpose, s, asked) for s, _ in barring):
            return Outcome("allow", {**seen, "once": ask.purpose}, asked.at)
        seen["since"] = min(s.from_at for s, _ in barring).isoformat()
        ends = [end for _, end in barring]
        return Outcome(rule.verdict, seen, None if None in ends else max(ends))  # type: ignore[type-var]
    if params.fresh_within:
        return _freshness(rule, params, asked, seen)
    return Outcome("allow", seen, asked.at)


def _freshness(rule: Rule, params: BarParams, asked: Asked, seen: dict[str, Any]) -> Outcome:
    """The state is not known to hold; its register must have been looked into lately."""
    assert params.state is not None and params.fresh_within is not None
    checked = asked.facts.checked_at(params.state, asked.debtor.id)
    if checked is None and asked.facts.checks_assumed:
        checked = asked.at
    zone = asked.day_zones[0]
    if checked is not None and checked <= asked.at:
        age = (local_time.local(asked.at, zone).date() - local_time.local(checked, zone).date()).days
        seen["checked"] = local_time.local(checked, zone).date().isoformat()
        if params.fresh_within.days is not None and age <= params.fresh_within.days:
            return Outcome("allow", seen, asked.at)
    seen["why"] = f"the register of {params.state} was not checked within {params.fresh_within.n} {params.fresh_within.unit}"
    verdict = {"deny": "deny", "ask": "approve", "pass": "allow"}[rule.on_unknown or "deny"]
    return Outcome(verdict, seen, asked.at if verdict == "allow" else None)


def _about(params: BarParams, asked: Asked) -> list[StateFact]:
    """States of the name that are known, have begun, and are about what the scope says."""
    ask, known = asked.ask, asked.knowledge
    holder = asked.person if params.scope in ("person", "address") else asked.debtor
    states = [s for s in holder.states if s.name == params.state and s.known_at <= known and s.from_at <= asked.at]
    if params.scope == "debt" and asked.person is not asked.debtor:
        states += [s for s in asked.person.states if s.name == params.state and s.known_at <= known and s.from_at <= asked.at]
    debts = {loan.id for loan in ask.loans}
    found = []
    for s in states:
        if s.debts is not None and not s.debts & debts:
            continue
        if params.scope == "address" and s.address is not None and s.address != ask.address:
            continue
        if params.scope == "address" and s.channels is not None and ask.channel not in s.channels:
            continue
        found.append(s)
    return found


def _begin(params: BarParams, s: StateFact) -> dt.datetime:
    return s.known_at if params.starts == "on_notice" else s.from_at


def _until(params: BarParams, s: StateFact, asked: Asked) -> dt.datetime | None | bool:
    """False: does not bar at this instant; an instant: until then; None: no end is known."""
    if asked.at < _begin(params, s):
        return False
    ends: list[dt.datetime] = [] if s.until_at is None else [s.until_at]
    if params.ends:
        over = [
            e.at for e in _events(asked)
            if e.kind in params.ends.event and e.at >= s.from_at and _same_subject(e, s)
        ]
        ends += over
        if params.ends.or_after:
            counted_from: dt.datetime | None = _begin(params, s)
            if params.ends.or_after_event:
                counted_from = min(
                    (e.at for e in _events(asked) if e.kind == params.ends.or_after_event and e.at >= s.from_at and _same_subject(e, s)),
                    default=None,
                )
            if counted_from is not None:
                ends.append(_after(params.ends.or_after, params.ends.day_one, counted_from, asked.day_zones[0]))
    if not ends:
        return None
    end = min(ends)
    return False if end <= asked.at else end


def _events(asked: Asked) -> list[EventFact]:
    events = asked.person.events if asked.person is asked.debtor else [*asked.person.events, *asked.debtor.events]
    return asked.seen_events(events)


def _same_subject(e: EventFact, s: StateFact) -> bool:
    return (
        not (e.debts and s.debts is not None and not set(e.debts) & s.debts)
        and not (e.address is not None and s.address is not None and e.address != s.address)
        and (e.person is None or e.person == s.person)
    )


def _after(period: Period, day_one: str | None, begin: dt.datetime, zone: str) -> dt.datetime:
    """The first instant after a period of local days that begins with (or after) the day of `begin`."""
    day = local_time.local(begin, zone).date()
    length = period.days if period.days is not None else period.n
    if period.unit == "month":
        month = day.month - 1 + period.n
        year, month = day.year + month // 12, month % 12 + 1
        last = (dt.date(year + month // 12, month % 12 + 1, 1) - local_time.DAY).day
        return local_time.day_start(dt.date(year, month, min(day.day, last)), zone)
    first_free = day + dt.timedelta(days=length if day_one == "event_day" else length + 1)
    return local_time.day_start(first_free, zone)


def _used(purpose: str, s: StateFact, asked: Asked) -> bool:
    """Whether a contact with that purpose went to the same address since the state began."""
    made = [e for e in _events(asked) if e.kind in COMMUNICATIONS and e.direction == "out"]
    flying = [e for e in asked.facts.in_flight.get(asked.ask.person, ()) if e.contact != asked.ask.id]
    return any(
        e.purpose == purpose and e.at >= s.from_at and e.address == asked.ask.address for e in [*made, *flying]
    )
