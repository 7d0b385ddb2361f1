"""What a judgement may look at: plain values, read set-based by `compliance.reading` or stated by a scenario."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Communications of the rules page: talks, voicemails, everything sent, visits made.
COMMUNICATIONS = frozenset(
    "conversation voicemail_left voicemail_limited_left sms_sent email_sent letter_sent im_sent social_sent push_sent "
    "fax_sent visit_made".split()
)
ATTEMPTS_THAT_FAILED = frozenset({"call_unanswered", "delivery_failed"})


@dataclass(frozen=True, slots=True)
class EventFact:
    """Something that happened. `debts` empty: no debt was named."""

    kind: str
    at: dt.datetime
    known_at: dt.datetime
    person: Any
    party: str = "debtor"
    debts: tuple[Any, ...] = ()
    address: Any = None
    channel: str = ""
    direction: str = "out"
    purpose: str = "collect"
    place: str = ""
    creditor_group: str = "house"
    flags: frozenset[str] = frozenset()
    contact: Any = None


@dataclass(frozen=True, slots=True)
class StateFact:
    """A fact with a legal effect. `debts`, `channels` None: all; `address` None: whatever address."""

    name: str
    person: Any
    from_at: dt.datetime
    known_at: dt.datetime
    until_at: dt.datetime | None = None
    debts: frozenset[Any] | None = None
    address: Any = None
    channels: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ConsentFact:
    kind: str
    given_at: dt.datetime
    known_at: dt.datetime
    withdrawn_at: dt.datetime | None = None
    person: Any = None  # None: of whomever it concerns


@dataclass(frozen=True, slots=True)
class HoursFact:
    """Hours a person named; seconds since local midnight, `closes` up to 86,400."""

    kind: str
    opens: int
    closes: int
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    to_inclusive: bool = False
    holidays: bool = False
    channels: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DateFact:
    kind: str
    from_on: dt.date
    until_on: dt.date


@dataclass(frozen=True, slots=True)
class AgentFact:
    """Who makes a call or visit. Absent altogether: a fit agent (the plan does not know who it will be)."""

    user: Any = None
    certs: Mapping[str, dt.date] = field(default_factory=dict)  # code → last good day
    training_on: dt.date | None = None
    agency_review_on: dt.date | None = None
    people: int | None = None
    id_shown: bool = True
    licensed: bool = True
    action: str | None = None
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class LoanFact:
    id: Any
    debtor: Any
    product: str = "personal_loan"
    debt_kind: str = "consumer"
    agreement_kind: str = ""
    lender_type: str = "bank"
    collector_role: str = "first_party"
    contract_law: str = ""
    creditor_group: str = "house"
    law_on: dt.date | None = None


@dataclass(slots=True)
class PersonFact:
    """A person with everything dated about them; `plain` says that there is nothing of the kind."""

    id: Any
    country: str = ""
    region: str = ""
    zones: tuple[tuple[str, str], ...] = ()
    conditions: frozenset[str] = frozenset()
    events: list[EventFact] = field(default_factory=list)
    states: list[StateFact] = field(default_factory=list)
    consents: list[ConsentFact] = field(default_factory=list)
    hours: list[HoursFact] = field(default_factory=list)
    dates: list[DateFact] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        return not (self.events or self.states or self.consents or self.hours or self.dates)


@dataclass(frozen=True, slots=True)
class Ask:
    """A contact that is asked about. `at` is None for a plan: the gate finds the first open instant of `on`."""

    id: Any
    phase: str
    on: dt.date
    at: dt.datetime | None
    person: Any
    party: str
    channel: str
    loans: tuple[LoanFact, ...]
    group: Any = 0
    direction: str = "out"
    purpose: str = "collect"
    address: Any = None
    place: str = "own_phone"
    discloses: str = "debt"
    basis: str = "contract"
    collector_role: str = "first_party"
    template: str | None = None
    stage: str | None = None
    ladder_day: int | None = None
    language: str = "en"
    content: frozenset[str] | None = None
    agent: AgentFact | None = None
    conditions: frozenset[str] = frozenset()  # of the asked person on this loan (liability_in_force …)
    number_invalid: bool = False
    known_at: dt.datetime | None = None
    depth: int = 0  # ladder day of the furthest case: who goes first within a group

    @property
    def debtor(self) -> Any:
        return self.loans[0].debtor if self.loans else self.person


@dataclass(slots=True)
class Facts:
    """All facts of a set of asks."""

    persons: dict[Any, PersonFact]
    checks: dict[tuple[str, Any], dt.datetime]  # (state, person or None for everybody) → newest check
    in_flight: dict[Any, list[EventFact]] = field(default_factory=dict)  # person → cleared contacts, not yet settled
    closed_days: Mapping[str, frozenset[dt.date]] = field(default_factory=dict)  # added by a scenario
    open_days: Mapping[str, frozenset[dt.date]] = field(default_factory=dict)
    checks_assumed: bool = False  # scenarios: a register without a check counts as checked now
    group_events: dict[Any, list[EventFact]] = field(default_factory=dict)  # debtor → events about the debtor's debts

    def person(self, person_id: Any) -> PersonFact:
        found = self.persons.get(person_id)
        if found is None:
            found = self.persons[person_id] = PersonFact(person_id)
        return found

    def checked_at(self, state: str, person_id: Any) -> dt.datetime | None:
        found = [c for c in (self.checks.get((state, person_id)), self.checks.get((state, None))) if c is not None]
        return max(found, default=None)
