"""A contact together with the facts, the instant and the preset that a rule is asked under.

`Known` is what is known of the contact at the instant it is asked about. `Asked` puts these same facts before a rule at
that instant or a later one: to find when a contact may go, time moves on and the facts do not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import (
    Ask,
    ConsentFact,
    DateFact,
    EventFact,
    Facts,
    HoursFact,
    LoanFact,
    PersonFact,
    Slot,
    StateFact,
)
from collections_app.policy import calendars
from collections_app.policy.schema import Match, Preset

FURTHEST = dt.timedelta(days=400)  # how far next_allowed_at looks ahead


class Known:
    """The facts of one ask, frozen: seen is what had happened by `at` and was known by `by`."""

    def __init__(self, ask: Ask, facts: Facts, at: dt.datetime) -> None:
        self.ask, self.facts, self.at = ask, facts, at
        self.by = ask.known_at or at
        self.person = facts.person(ask.person)
        self.debtors = tuple(facts.person(d) for d in ask.debtors)
        self._states: dict[str, list[StateFact]] = {}

    @cached_property
    def people(self) -> tuple[PersonFact, ...]:
        """The asked person and the debtor, who often are one."""
        return (self.person, *(d for d in self.debtors if d is not self.person))

    def seen(self, events: Iterable[EventFact]) -> list[EventFact]:
        """Those that had happened and were known; of a record, without what is being recorded."""
        found = [e for e in events if e.at <= self.at and e.known_at <= self.by]
        if self.ask.phase == "record":
            own, contact = self.ask.id, self.ask.contact
            return [
                e
                for e in found
                if not (e.id is not None and e.id == own) and not (contact is not None and e.contact == contact)
            ]
        return found

    @cached_property
    def events(self) -> list[EventFact]:
        """Events with the asked person."""
        person = self.person.id
        return self.seen(e for e in self.person.events if e.person == person)

    def events_about(self, debtor: PersonFact) -> list[EventFact]:
        """Events about a debtor, whoever was reached; where these were not read, those with the debtor."""
        if debtor.id not in self._about:
            about = self.facts.events_about.get(debtor.id)
            self._about[debtor.id] = self.seen(debtor.events if about is None else about)
        return self._about[debtor.id]

    @cached_property
    def _about(self) -> dict[Any, list[EventFact]]:
        return {}

    @cached_property
    def all_events(self) -> list[EventFact]:
        """All events known around this contact, each once, oldest first."""
        found = {id(e): e for e in self.seen(self.person.events)}
        for debtor in self.debtors:
            found |= {id(e): e for e in self.seen(debtor.events)} | {id(e): e for e in self.events_about(debtor)}
        return sorted(found.values(), key=lambda e: e.at)

    def states(self, name: str) -> list[StateFact]:
        """States of that name that have begun and are known: of the asked person, of the debtor, of others about the debt
        or the address."""
        if name not in self._states:
            held = [s for p in self.people for s in p.states]
            if self.facts.states_about:
                for about in (*(("loan", loan.id) for loan in self.ask.loans), ("address", self.ask.address)):
                    held += self.facts.states_about.get(about, ())
            found = {id(s): s for s in held if s.name == name and s.from_at <= self.at and s.known_at <= self.by}
            self._states[name] = list(found.values())
        return self._states[name]

    def holding(self, name: str, at: dt.datetime) -> list[StateFact]:
        """States of that name in force at an instant that concern the contact: its person or debtor, a debt of it, its
        address."""
        debts = {loan.id for loan in self.ask.loans}
        people = {p.id for p in self.people}
        return [
            s
            for s in self.states(name)
            if s.person in people
            and (s.until_at is None or at < s.until_at)
            and (s.debts is None or not s.debts.isdisjoint(debts))
            and (s.address is None or s.address == self.ask.address)
        ]

    def agreed(self, kind: str, person: Any, at: dt.datetime) -> list[ConsentFact]:
        """Consents of that kind that are in force with a person at an instant."""
        holders = self.people
        if person is not None and all(person != p.id for p in holders):
            holders = (*holders, self.facts.person(person))
        if not any(p.consents for p in holders):
            return []
        return [
            c
            for p in holders
            for c in p.consents
            if c.kind == kind
            and (c.person is None or c.person == person)
            and c.given_at <= self.at
            and c.known_at <= self.by
            and c.given_at <= at
            # A withdrawal that is not known yet is no fact; a known one does not undo what was done before it.
            and (c.withdrawn_at is None or c.withdrawn_at > min(self.at, self.by) or at < c.withdrawn_at)
        ]

    def hours(self, kind: str) -> tuple[HoursFact, ...]:
        """Hours of that kind that the asked person named."""
        return tuple(
            h
            for h in self.person.hours
            if h.kind == kind
            and (h.known_at is None or h.known_at <= self.by)
            and (h.ended_at is None or h.ended_at > min(self.at, self.by))
        )

    def dates(self, kinds: Iterable[str]) -> list[DateFact]:
        return [d for d in self.person.dates if d.kind in kinds and (d.known_at is None or d.known_at <= self.by)]

    def checks(self, state: str, debtor: PersonFact) -> list[dt.datetime] | None:
        """When the register was looked into for this debtor, as far as is known; None: it is no register of ours and a
        scenario says nothing of it."""
        listed = [self.facts.checks.get((state, who)) for who in (debtor.id, None)]
        if self.facts.checks_assumed and listed == [None, None]:
            return None
        until = min(self.at, self.by)
        return [c for found in listed for c in found or () if c <= until]

    @cached_property
    def slots(self) -> list[Slot]:
        """Contacts in flight with the asked person."""
        own = self.ask.own_contact
        return [s for s in self.facts.in_flight.get(self.ask.person, ()) if own is None or s.ask.id != own]

    def slots_about(self, debtor: PersonFact) -> list[Slot]:
        """Contacts in flight about a debtor, whoever is reached."""
        own = self.ask.own_contact
        return [s for s in self.facts.in_flight_about.get(debtor.id, ()) if own is None or s.ask.id != own]

    @cached_property
    def all_slots(self) -> list[Slot]:
        return self.facts.slots_around(self.ask)


class Asked:
    """Everything a rule may look at."""

    def __init__(self, known: Known, at: dt.datetime, preset: Preset) -> None:
        self.known, self.at, self.preset = known, at, preset
        self.ask = known.ask
        self.zones = local_time.candidates(preset.tz, known.person.zones)
        # Zones whose calendar counts days: UTC where none is known.
        self.day_zones = self.zones or ("UTC",)

    @cached_property
    def days(self) -> tuple[dt.date, ...]:
        """Today, in each zone."""
        return tuple(local_time.day_of(self.at, z) for z in self.day_zones)

    def loans(self, match: Match) -> tuple[LoanFact, ...]:
        """The debts of the contact that a rule looks at: all, or those that fit its loan keys."""
        return self.ask.loans if not _asks_for_loan(match) else tuple(x for x in self.ask.loans if loan_fits(match, x))

    def in_force(self, name: str) -> bool:
        return bool(self.known.holding(name, self.at))

    def is_holiday(self, calendar: str, day: dt.date) -> bool:
        if day in self.known.facts.open_days.get(calendar, ()):
            return False
        return day in self.known.facts.closed_days.get(calendar, ()) or calendars.is_closed(calendar, day)


def matches(match: Match, ask: Ask) -> bool:
    """All given keys fit; a key for which the contact has no value does not fit."""
    if match.channel and ask.channel not in match.channel:
        return False
    if match.direction and ask.direction not in match.direction:
        return False
    if match.purpose and ask.purpose not in match.purpose:
        return False
    if match.party and ask.party not in match.party:
        return False
    if match.place and ask.place not in match.place:
        return False
    if match.template and ask.template not in match.template:
        return False
    if match.basis and ask.basis not in match.basis:
        return False
    if match.collector_role and ask.collector_role not in match.collector_role:
        return False
    if match.stage and ask.stage not in match.stage:
        return False
    if match.step:  # steps are judged by sequence rules, not as contacts
        return False
    if match.ladder_day and not (
        ask.ladder_day is not None and match.ladder_day[0] <= ask.ladder_day <= match.ladder_day[1]
    ):
        return False
    return not _asks_for_loan(match) or any(loan_fits(match, loan) for loan in ask.loans)


def _asks_for_loan(match: Match) -> bool:
    return bool(match.product or match.lender_type or match.agreement_kind)


def loan_fits(match: Match, loan: LoanFact) -> bool:
    return (
        (not match.product or loan.product in match.product)
        and (not match.lender_type or loan.lender_type in match.lender_type)
        and (not match.agreement_kind or loan.agreement_kind in match.agreement_kind)
    )


def event_matches(match: Match, event: EventFact, asked: Asked) -> bool:
    """An event has no template, basis, stage or ladder day: a match that asks for one does not fit it."""
    if match.template or match.basis or match.step or match.stage or match.ladder_day:
        return False
    if not (
        (not match.channel or event.channel in match.channel)
        and (not match.direction or event.direction in match.direction)
        and (not match.purpose or event.purpose in match.purpose)
        and (not match.party or event.party in match.party)
        and (not match.place or event.place in match.place)
    ):
        return False
    if not (match.collector_role or _asks_for_loan(match)):
        return True
    known = {loan.id: loan for loan in asked.ask.loans}
    loans = [found for d in event.debts if (found := known.get(d) or asked.known.facts.loans.get(d))] or list(
        asked.ask.loans
    )
    # We act for a loan in its own role; an event without a debt was made in the role of the contact's loans.
    roles = {loan.collector_role for loan in loans} or {asked.ask.collector_role}
    if match.collector_role and roles.isdisjoint(match.collector_role):
        return False
    return not _asks_for_loan(match) or any(loan_fits(match, loan) for loan in loans)
