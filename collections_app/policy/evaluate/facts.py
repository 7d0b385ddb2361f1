"""What the oracle is told: the facts about one debtor, and the one contact that is asked about.

The words and defaults are those of the scenario format. A *moment* is an instant (aware datetime) or a date;
what a date means depends on the zone of the preset that reads it, so it is kept as it was stated. `from` is a
Python word, hence `begins`; hours are seconds from local midnight, 86400 being the end of the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Moment = datetime | date

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)

PLACE_OF_ADDRESS = {
    "mobile": "own_phone",
    "landline": "home",
    "home_address": "home",
    "work_phone": "work",
    "work_email": "work",
    "work_address": "work",
}

# Kinds of events that are named for the channel they went through; all other kinds are voice.
CHANNEL_OF_EVENT = {
    "voicemail_left": "voicemail",
    "voicemail_limited_left": "voicemail_limited",
    "sms_sent": "sms",
    "email_sent": "email",
    "letter_sent": "letter",
    "im_sent": "im",
    "social_sent": "social",
    "push_sent": "push",
    "fax_sent": "fax",
    "visit_made": "visit",
    "payment_pull_refused": "payment_pull",
}


def place_without_address(channel: str) -> str:
    """Where a contact lands that names no address: at home by letter and visit, else on the person's own
    phone.
    """
    return "home" if channel in ("visit", "letter") else "own_phone"


@dataclass(frozen=True)
class Debtor:
    id: str = "debtor"
    country: str | None = None
    region: str | None = None
    zones: Mapping[str, str] = field(default_factory=dict)
    """Source (`physical_address`, ...) to IANA zone."""
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Loan:
    id: str = "L"
    product: str = "personal_loan"
    debt_kind: str = "consumer"
    agreement_kind: str | None = None
    lender_type: str = "bank"
    creditor_group: str = "group"
    contract_law: str | None = None
    principal: Decimal | None = None
    paid_out: Decimal | None = None
    contract_on: date | None = None
    drawdown_on: date | None = None
    due_on: date | None = None
    last_instalment_due: date | None = None
    cause_of_action: date | None = None
    guarantee_due: date | None = None
    agreed_order: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Person:
    """Somebody besides the debtor whom a contact may reach. `zones` None: not known apart, the debtor's count."""

    id: str
    role: str
    facts: frozenset[str] = frozenset()
    zones: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Address:
    id: str
    kind: str
    place: str | None = None
    provenance: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    inbound_text_at: Moment | None = None
    reassigned_number_check_at: Moment | None = None
    notice_sent_on: date | None = None
    opt_out_by: date | None = None


@dataclass(frozen=True)
class State:
    """A fact with a legal effect. `debts` None means all debts, `person` None the debtor, `channels` None
    all.
    """

    name: str
    begins: Moment
    until: Moment | None = None
    known_at: datetime | None = None
    debts: frozenset[str] | None = None
    person: str | None = None
    address: str | None = None
    channels: frozenset[str] | None = None


@dataclass(frozen=True)
class Check:
    """A look into the outside register for a state; `checked_at` None: it was never looked into."""

    state: str
    checked_at: Moment | None = None


@dataclass(frozen=True)
class Event:
    """What happened. `debts` None: no debt was named. `person` None: the debtor, or anybody where it ends a
    state.
    """

    kind: str
    at: datetime
    known_at: datetime | None = None
    channel: str | None = None
    direction: str = "out"
    purpose: str = "collect"
    party: str = "debtor"
    person: str | None = None
    debts: frozenset[str] | None = None
    address: str | None = None
    place: str | None = None
    creditor_group: str | None = None
    by: str = ""
    flags: frozenset[str] = frozenset()
    contact: str | None = None
    """Id of a contact in flight that this event settles."""


@dataclass(frozen=True)
class StepDone:
    """A document or act of the past, from `on` on. Read by rules on sequences only."""

    name: str
    on: date
    debts: frozenset[str] | None = None
    sent_on: date | None = None
    delivered_on: date | None = None
    date_on_doc: date | None = None
    date_in_notice: date | None = None
    posted_at: datetime | None = None
    method: str | None = None
    deemed_served_on: date | None = None


@dataclass(frozen=True)
class Consent:
    """`person` None: with whomever the contact is made."""

    kind: str
    given_at: Moment
    withdrawn_at: Moment | None = None
    known_at: datetime | None = None
    person: str | None = None


@dataclass(frozen=True)
class AgreedWindow:
    """Hours that take the place of a rule's own: half-open unless `to_inclusive`; `holidays`: agreed for
    those too.
    """

    kind: str
    start: int
    end: int
    days: tuple[int, ...] = EVERY_DAY
    to_inclusive: bool = False
    holidays: bool = False


@dataclass(frozen=True)
class InconvenientTime:
    """Hours, half-open, that the person does not want; `channels` and `places` None: all."""

    start: int
    end: int
    days: tuple[int, ...] = EVERY_DAY
    channels: frozenset[str] | None = None
    places: frozenset[str] | None = None


@dataclass(frozen=True)
class DatedFact:
    """A wedding, a bereavement, ...; both dates included."""

    kind: str
    first: date
    last: date


@dataclass(frozen=True)
class CalendarChange:
    """Days that add to a calendar's closed days and days that take from them; `workdays` wins."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Agent:
    """Who would make the contact. What is None is as it should be."""

    certs: frozenset[str] | None = None
    training_on: date | None = None
    agency_review_on: date | None = None
    people: int | None = None
    id_shown: bool | None = None
    licensed: bool = True
    action: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What was recorded of a contact; read by rules on evidence only."""

    artifacts: frozenset[str] = frozenset()
    coverage: str = "whole"
    people: int = 1
    inside: bool = False
    hash: str = "sha256"
    timestamp: str = "rfc3161"


@dataclass(frozen=True)
class Ask:
    """One contact: may it be made at this instant? What is None is filled in from the world (`complete`)."""

    channel: str
    at: datetime
    id: str = ""
    debts: tuple[str, ...] | None = None
    known_at: datetime | None = None
    phase: str = "send"
    direction: str = "out"
    purpose: str = "collect"
    party: str = "debtor"
    person: str | None = None
    address: str | None = None
    place: str | None = None
    discloses: str | None = None
    basis: str = "contract"
    collector_role: str | None = None
    caller_id: str = "notified"
    account_owner: str = "company"
    template: str | None = None
    ladder_day: int | None = None
    stage: str | None = None
    content: frozenset[str] | None = None
    language: str | None = None
    block_languages: Mapping[str, str] = field(default_factory=dict)
    agent: Agent | None = None
    evidence: Evidence | None = None
    reserve: bool = False


@dataclass(frozen=True)
class World:
    """All that is known about one debtor and the debtor's loans, persons and addresses."""

    debtor: Debtor = field(default_factory=Debtor)
    loans: tuple[Loan, ...] = (Loan(),)
    persons: tuple[Person, ...] = ()
    addresses: tuple[Address, ...] = ()
    states: tuple[State, ...] = ()
    checks: tuple[Check, ...] = ()
    events: tuple[Event, ...] = ()
    steps: tuple[StepDone, ...] = ()
    consents: tuple[Consent, ...] = ()
    windows: tuple[AgreedWindow, ...] = ()
    inconvenient: tuple[InconvenientTime, ...] = ()
    dates: tuple[DatedFact, ...] = ()
    calendars: Mapping[str, CalendarChange] = field(default_factory=dict)
    collector_role: str = "first_party"
    in_flight: tuple[Ask, ...] = ()
    """Contacts that were cleared; each holds its slot until an event names its id."""
    margin_seconds: int = 0
    """House switch: the bounds of allowed hours move inwards by so much. A bound at midnight is none."""


@dataclass(frozen=True)
class Answer:
    """What the gate must say.

    `by`: the rules that gave the verdict, empty for `allow`. `next_allowed_at`: first instant, not before
    that of the ask, of `allow` or `warn`; None if there is none within 400 days. `facts`: per rule that
    judged, what it saw.
    """

    verdict: str
    by: tuple[str, ...]
    next_allowed_at: datetime | None
    facts: Mapping[str, Mapping[str, object]]

    def __bool__(self) -> bool:
        return self.verdict in ("allow", "warn")
