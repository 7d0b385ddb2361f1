"""Which events a rule counts, and for which debt: shared by rate and cooldown."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from collections_app.compliance.facts import EventFact
from collections_app.compliance import local_time

from .asked import Asked

_PARTY_EXCLUDED = {"to_attorney": "attorney", "to_bureau": "bureau", "to_creditor": "creditor"}


def contact_excluded(exclude: tuple[str, ...], asked: Asked) -> str | None:
    """The exclusion under which the asked contact itself is not refused, if any."""
    for token in exclude:
        if _PARTY_EXCLUDED.get(token) == asked.ask.party:
            return token
        if token == "prior_consent_7d" and _prior_consent(asked, asked.ask.person, asked.at):
            return token
    return None


def event_excluded(exclude: tuple[str, ...], event: EventFact, asked: Asked) -> bool:
    return any(
        token in event.flags
        or _PARTY_EXCLUDED.get(token) == event.party
        or (token == "prior_consent_7d" and _prior_consent(asked, event.person, event.at))
        for token in exclude
    )


def _prior_consent(asked: Asked, person: object, at: dt.datetime) -> bool:
    """A consent to be called, given at most six days before, its own day being day 1."""
    known = asked.knowledge
    zone = asked.day_zones[0]
    day = local_time.local(at, zone).date()
    holders = [asked.person] if asked.person is asked.debtor else [asked.person, asked.debtor]
    return any(
        c.kind == "call_prior" and c.given_at <= at and c.known_at <= known
        and (c.withdrawn_at is None or at < c.withdrawn_at)
        and (c.person is None or c.person == person)
        and (day - local_time.local(c.given_at, zone).date()).days <= 6
        for holder in holders for c in holder.consents
    )


def fitting(key: tuple[str, ...], events: Iterable[EventFact], asked: Asked) -> list[EventFact]:
    """Events that share the key's person, debtor, address and creditor with the asked contact; debts come later."""
    ask = asked.ask
    group = ask.loans[0].creditor_group if ask.loans else None
    found = []
    for e in events:
        if "person" in key and e.person != ask.person:
            continue
        if "address" in key and e.address != ask.address:
            continue
        if "creditor_group" in key and group is not None and e.creditor_group != group:
            continue
        found.append(e)
    return found


def candidates(key: tuple[str, ...], asked: Asked) -> list[EventFact]:
    """All events that a key could reach: of the person, or of everybody spoken to about this debtor."""
    if "debtor" in key and "person" not in key:
        return asked.facts.group_events.get(asked.ask.debtor) or asked.debtor.events
    return asked.person.events


def per_debt(events: Iterable[EventFact], asked: Asked) -> dict[object, list[EventFact]]:
    """Events of each debt of the ask. One without a debt counts for one debt, and the most used one is picked."""
    named: dict[object, list[EventFact]] = {loan.id: [] for loan in asked.ask.loans}
    use: Counter[object] = Counter()
    unnamed = []
    for e in events:
        if not e.debts:
            unnamed.append(e)
        for debt in e.debts:
            use[debt] += 1
            if debt in named:
                named[debt].append(e)
    if unnamed and named:
        asked_most = max(named, key=lambda d: use[d])
        most = max([asked_most, *use], key=lambda d: (use[d], d == asked_most))
        if most in named:
            named[most].extend(unnamed)
    return named
