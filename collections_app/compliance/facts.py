"""What a judgement may look at: plain values, read set-based by `compliance.reading` or stated by a scenario."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collections_app.policy.schema import vocabulary as words

# Communications of the rules page: talks, voicemails, everything sent, visits made. A limited voicemail and a mere
# dial tell a person nothing.
COMMUNICATIONS = frozenset(
    {"conversation", "voicemail_left", "visit_made"} | {kind for kind in words.EVENTS if kind.endswith("_sent")}
)
ATTEMPTS_THAT_FAILED = frozenset({"call_unanswered", "delivery_failed"})


@dataclass(frozen=True, slots=True)
class LoanFact:
    """`debtor`: the person who owes it. `law_on`: the day that the law is asked for, where the loan is older than it."""

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


@dataclass(frozen=True, slots=True)
class EventFact:
    """Something that happened. `debts` empty: no debt was named. `person` None: it ends states of anybody."""

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
    id: Any = None


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
    """Hours a person named; seconds since local midnight, `closes` up to 86,400 (before `opens`: over midnight).

    `known_at` None: always known; `ended_at`: from then on they are gone.
    """

    kind: str
    opens: int
    closes: int
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    to_inclusive: bool = False
    holidays: bool = False
    channels: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    known_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class DateFact:
    """Days of bereavement, wedding …, both included."""

    kind: str
    from_on: dt.date
    until_on: dt.date
    known_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentFact:
    """Who makes a call or visit. Absent altogether: a fit agent (the plan does not know who it will be); what is None is
    as it should be."""

    user: Any = None
    certs: Mapping[str, dt.date] | None = field(default_factory=dict)  # code → last good day
    training_on: dt.date | None = None
    agency_review_on: dt.date | None = None
    people: int | None = None
    id_shown: bool | None = True
    licensed: bool = True
    action: str | None = None
    suspended: bool = False


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

    @property
    def plain_hours(self) -> bool:
        """Nothing is known that hours could hang on: events do not open or close them."""
        return not (self.states or self.consents or self.hours or self.dates)


@dataclass(frozen=True, slots=True)
class Ask:
    """A contact that is asked about. `at` is None for a plan: the gate finds the first open instant of `on`.

    `loans`: the furthest case's loan first. `contact`: of a record, the contact that the event belongs to. `content` None:
    the text is not fixed yet. `block_languages`: (block, language) of blocks that are not in `language`.
    """

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
    block_languages: tuple[tuple[str, str], ...] = ()
    agent: AgentFact | None = None
    conditions: frozenset[str] = frozenset()  # of the asked person on these loans (liability_in_force …)
    known_at: dt.datetime | None = None
    depth: int = 0  # ladder day of the furthest case: who goes first within a group
    contact: Any = None

    # Whose debts it is about; nearly always one.
    debtors: tuple[Any, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        found = dict.fromkeys(loan.debtor for loan in self.loans) if self.loans else (self.person,)
        object.__setattr__(self, "debtors", tuple(found))

    @property
    def debtor(self) -> Any:
        return self.debtors[0]

    @property
    def own_contact(self) -> Any:
        """The contact that is judged, or of a record that the event belongs to."""
        return self.contact if self.phase == "record" else self.id


@dataclass(frozen=True, slots=True)
class Slot:
    """A contact that was cleared and is not settled: it holds a slot in every rate rule that it fits."""

    ask: Ask
    at: dt.datetime


@dataclass(slots=True)
class Facts:
    """All facts of a set of asks."""

    persons: dict[Any, PersonFact]
    # (state, person or None for everybody) → when its register was looked into, oldest first
    checks: dict[tuple[str, Any], tuple[dt.datetime, ...]] = field(default_factory=dict)
    in_flight: dict[Any, list[Slot]] = field(default_factory=dict)  # by the person reached
    in_flight_about: dict[Any, list[Slot]] = field(default_factory=dict)  # by the debtor whose debts they are about
    events_about: dict[Any, list[EventFact]] = field(default_factory=dict)  # by debtor: whoever was reached
    loans: dict[Any, LoanFact] = field(default_factory=dict)  # those that events name
    # States of people who are neither asked nor debtor, under ("loan", id) for a debt that is theirs too, and under
    # ("address", id) for an address they refused.
    states_about: dict[tuple[str, Any], list[StateFact]] = field(default_factory=dict)
    closed_days: Mapping[str, frozenset[dt.date]] = field(default_factory=dict)  # added by a scenario
    open_days: Mapping[str, frozenset[dt.date]] = field(default_factory=dict)
    checks_assumed: bool = False  # scenarios: a register without any check counts as looked into now
    # The house looks into its registers every day: one that is fresh now counts as fresh later, when the gate asks again.
    registers_kept: bool = False
    margin_seconds: int = 0  # house switch: the bounds of hours move inwards by so much
    _shared: tuple[Any, ...] | None = None

    def person(self, person_id: Any) -> PersonFact:
        found = self.persons.get(person_id)
        if found is None:
            found = self.persons[person_id] = PersonFact(person_id)
        return found

    def hold(self, slot: Slot) -> None:
        """A contact was let through: those judged later see its slot."""
        self.in_flight.setdefault(slot.ask.person, []).append(slot)
        for debtor in slot.ask.debtors:
            self.in_flight_about.setdefault(debtor, []).append(slot)

    def slots_around(self, ask: Ask) -> list[Slot]:
        """Every slot that a rule on this contact could count, its own left out."""
        found = list(self.in_flight.get(ask.person, ()))
        for debtor in ask.debtors:
            found += [s for s in self.in_flight_about.get(debtor, ()) if s.ask.person != ask.person]
        own = ask.own_contact
        return [s for s in found if s.ask.id != own] if own is not None else found

    def shared_key(self) -> tuple[Any, ...]:
        """What holds for everybody, as a key of remembered answers."""
        if self._shared is None:
            self._shared = (
                tuple(sorted((state, found) for (state, who), found in self.checks.items() if who is None)),
                tuple(sorted({state for state, _ in self.checks})), self.checks_assumed, self.registers_kept, self.margin_seconds,
                tuple(sorted(self.closed_days.items())), tuple(sorted(self.open_days.items())),
            )  # fmt: skip
        return self._shared

    def own_checks(self, person_id: Any) -> tuple[tuple[dt.datetime, ...] | None, ...]:
        """When the registers were looked into for one person, by state."""
        return tuple(self.checks.get((state, person_id)) for state in self.shared_key()[1])
