"""Scenario files: facts, asks and what the gate must say, read for the oracle.

A scenario states facts in TOML, asks the gate, and says what it must answer. Unknown keys, words, loans and
addresses are refused with the line they stand on (`PolicyError`); facts that are not stated have the defaults
of the format. Asks of the kind `contact` are built; those of another kind come back with their expectation
and no ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collections_app.kernel.errors import DomainError
from collections_app.policy.evaluate import (
    Address,
    Agent,
    AgreedWindow,
    Answer,
    Ask,
    CalendarChange,
    Check,
    Consent,
    DatedFact,
    Debtor,
    Event,
    Evidence,
    InconvenientTime,
    Loan,
    Person,
    State,
    StepDone,
    World,
    applicable,
    complete,
    judge,
)
from collections_app.policy.evaluate.facts import EVERY_DAY, Moment
from collections_app.policy.schema import Preset
from collections_app.policy.schema import vocabulary as words
from collections_app.policy.schema.reader import Table, parse, read_text

Value = TypeVar("Value")

KINDS = ("contact", "step", "deadline", "amount", "limitation", "retain", "presets")
KINDS_BUILT = ("contact",)

_PROVENANCES = (
    "consumer_used_it",
    "consumer_texted_from_it",
    "direct_consent",
    "creditor_notice_opt_out",
    "prior_collector_used_it",
    "esign_consent",
    "contract",
    "register_search",
    "skip_trace",
    "given_by_third",
)
_ADDRESS_KINDS = (
    "mobile",
    "landline",
    "work_phone",
    "email",
    "work_email",
    "home_address",
    "work_address",
    "im_account",
    "social_account",
    "app",
)
_STEPS_DONE = (
    "validation_notice",
    "debt_notice_sent",
    "spoke_with_consumer",
    "military_status_affidavit",
    "attorney_appointed",
    "assignment_notice",
    "processing_agreement",
    "impact_assessment",
    "separate_consent",
    "authority_approval",
    "identity_verified",
    "visit_notice",
    "forbearance_assessment",
    "default_notice",
    "letter_of_claim",
    "letter_of_claim_posted",
    "last_notice",
    "notice_sums_in_arrears",
    "notice_default_sum",
    "agencies_told",
    "final_response",
    "documents_supplied",
    "written_dispute",
    "outsourcing_notice",
    "agency_notice",
    "forbearance_offer_or_reason",
    "change_description",
)
_CHARGE_ORDER = ("enforcement_cost", "interest", "principal")
_ARTIFACTS = ("audio", "video", "id_shown", "entry_consent")
# Conditions and states that are found, never stated.
_STATED_CONDITIONS = tuple(c for c in words.CONDITIONS if c != "failed_attempts_3_consecutive")
_STATED_STATES = tuple(s for s in words.STATES if s not in words.DERIVED_STATES)

_SCENARIO_KEYS = (
    "id",
    "title",
    "presets",
    "debtor",
    "collector",
    "loan",
    "person",
    "address",
    "state",
    "check",
    "event",
    "step",
    "consent",
    "agreed_window",
    "inconvenient",
    "date",
    "calendar",
    "ask",
)
_LOAN_KEYS = (
    "id",
    "product",
    "debt_kind",
    "agreement_kind",
    "lender_type",
    "creditor_group",
    "contract_law",
    "principal",
    "paid_out",
    "contract_on",
    "drawdown_on",
    "due_on",
    "last_instalment_due",
    "cause_of_action",
    "guarantee_due",
    "agreed_order",
)
_ADDRESS_KEYS = (
    "id",
    "kind",
    "place",
    "provenance",
    "facts",
    "inbound_text_at",
    "reassigned_number_check_at",
    "notice_sent_on",
    "opt_out_by",
)
_STATE_KEYS = ("name", "from", "until", "known_at", "debts", "person", "address", "channels")
_EVENT_KEYS = (
    "kind",
    "at",
    "known_at",
    "channel",
    "direction",
    "purpose",
    "party",
    "person",
    "debts",
    "address",
    "place",
    "creditor_group",
    "by",
    "flags",
    "contact",
)
_STEP_KEYS = (
    "name",
    "on",
    "debts",
    "sent_on",
    "delivered_on",
    "date_on_doc",
    "date_in_notice",
    "posted_at",
    "method",
    "deemed_served_on",
)
_ASK_KEYS = (
    "kind",
    "at",
    "expect",
    "id",
    "debts",
    "known_at",
    "channel",
    "phase",
    "direction",
    "purpose",
    "party",
    "person",
    "address",
    "place",
    "discloses",
    "basis",
    "collector_role",
    "caller_id",
    "account_owner",
    "template",
    "ladder_day",
    "stage",
    "content",
    "language",
    "block_languages",
    "agent",
    "evidence",
    "reserve",
)
_VERDICTS = ("allow", "warn", "approve", "deny")


@dataclass(frozen=True)
class AskRow:
    """One question of a scenario; `ask` is None for a kind that is not built yet. `number` counts from 1.

    `expect` holds what the file says: of a contact `verdict`, `by` (a set) and `next_allowed_at` (UTC, or
    None for "none"), as far as given.
    """

    number: int
    id: str
    kind: str
    at: datetime
    ask: Ask | None
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """`presets` None: those whose `applies_when` fits; else the named ones, for their dates only."""

    id: str
    title: str
    presets: tuple[str, ...] | None
    world: World
    asks: tuple[AskRow, ...]


def read_scenarios(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file; `PolicyError` if it cannot be read or says something unknown."""
    return parse_scenarios(read_text(path), path.name)


def parse_scenarios(text: str, source: str) -> tuple[Scenario, ...]:
    """The scenarios that `text` holds; `source` is its name in messages."""
    data, origin = parse(text, source)
    document = Table(data, origin, (), "a scenario file", ("format", "scenario"))
    if document.require("format") != 1:
        document.refuse("policy-bad-value", '"format" must be 1.', "format")
    found: list[Scenario] = []
    for table in document.tables("scenario", "a scenario", _SCENARIO_KEYS):
        scenario = _scenario(table)
        if any(other.id == scenario.id for other in found):
            table.refuse("policy-twice", f'another scenario above has the id "{scenario.id}".', "id")
        found.append(scenario)
    return tuple(found)


def answers(scenario: Scenario, presets: Mapping[str, Preset]) -> list[tuple[AskRow, Answer | None]]:
    """Puts the asks one after the other; None for a kind that is not built. `presets` by their ids.

    A contact with `reserve` that is permitted holds its slot for the asks that follow.
    """
    world = scenario.world
    unknown = [preset_id for preset_id in scenario.presets or () if preset_id not in presets]
    if unknown:
        raise DomainError(
            "unknown-preset",
            f"Scenario {scenario.id} names presets that are not loaded: {', '.join(unknown)}. "
            f"Load them or use some of: {', '.join(sorted(presets))}.",
            scenario=scenario.id,
            presets=unknown,
        )
    named = None if scenario.presets is None else tuple(presets[i] for i in scenario.presets)
    found: list[tuple[AskRow, Answer | None]] = []
    for row in scenario.asks:
        if row.ask is None:
            found.append((row, None))
            continue
        role = row.ask.collector_role
        fitting = applicable(world, presets.values(), debts=row.ask.debts, collector_role=role)
        answer = judge(world, row.ask, fitting if named is None else named)
        if row.ask.reserve and answer:
            world = replace(world, in_flight=(*world.in_flight, complete(world, row.ask)))
        found.append((row, answer))
    return found


# -- a scenario ----------------------------------------------------------------------------------------------


def _scenario(table: Table) -> Scenario:
    table.owner = f"scenario {table.text('id')}"
    loans = tuple(_loan(item) for item in _tables(table, "loan", "a loan", _LOAN_KEYS)) or (Loan(),)
    addresses = tuple(_address(item) for item in _tables(table, "address", "an address", _ADDRESS_KEYS))
    persons = tuple(_person(item) for item in _tables(table, "person", "a person", ("id", "role", "facts")))
    _unique(table, "loan", [loan.id for loan in loans])
    _unique(table, "address", [address.id for address in addresses])
    _unique(table, "person", [person.id for person in persons])
    names = _Names(frozenset(loan.id for loan in loans), frozenset(address.id for address in addresses))
    collector = table.maybe_table("collector", "the collector", ("role",))
    world = World(
        debtor=_debtor(table.maybe_table("debtor", "the debtor", ("id", "country", "region", "zones", "facts"))),
        loans=loans,
        persons=persons,
        addresses=addresses,
        states=tuple(_state(item, names) for item in _tables(table, "state", "a state", _STATE_KEYS)),
        checks=tuple(_check(item) for item in _tables(table, "check", "a check", ("state", "checked_at"))),
        events=tuple(_event(item, names) for item in _tables(table, "event", "an event", _EVENT_KEYS)),
        steps=tuple(_step(item, names) for item in _tables(table, "step", "a step", _STEP_KEYS)),
        consents=tuple(_consent(item) for item in _tables(table, "consent", "a consent", _CONSENT_KEYS)),
        windows=tuple(_agreed(item) for item in _tables(table, "agreed_window", "an agreed window", _AGREED_KEYS)),
        inconvenient=tuple(
            _unwanted(item) for item in _tables(table, "inconvenient", "an inconvenient time", _UNWANTED_KEYS)
        ),
        dates=tuple(_dated(item) for item in _tables(table, "date", "a dated fact", ("kind", "from", "until"))),
        calendars=_calendars(table),
        collector_role=(collector and collector.maybe_word("role", words.COLLECTOR_ROLES)) or "first_party",
    )
    asks = tuple(_ask_row(item, number, names) for number, item in enumerate(_raw_asks(table), start=1))
    _unique(table, "ask", [row.id for row in asks])
    return Scenario(
        id=table.text("id"),
        title=table.text("title"),
        presets=_list(table, "presets") if table.has("presets") else None,
        world=world,
        asks=asks,
    )


@dataclass(frozen=True)
class _Names:
    loans: frozenset[str]
    addresses: frozenset[str]

    def debts(self, table: Table) -> tuple[str, ...] | None:
        if not table.has("debts"):
            return None
        named = _list(table, "debts")
        for index, debt in enumerate(named):
            if debt not in self.loans:
                table.refuse("policy-unknown-word", f'no loan of this scenario has the id "{debt}".', "debts", index)
        return named

    def debt_set(self, table: Table) -> frozenset[str] | None:
        named = self.debts(table)
        return None if named is None else frozenset(named)

    def address(self, table: Table) -> str | None:
        named = table.maybe_text("address")
        if named is not None and named not in self.addresses:
            table.refuse("policy-unknown-word", f'no address of this scenario has the id "{named}".', "address")
        return named


def _debtor(table: Table | None) -> Debtor:
    if table is None:
        return Debtor()
    zones = table.maybe_table("zones", "zones", words.ZONE_SOURCES)
    found = {source: zones.text(source) for source in zones.data} if zones else {}
    for source, zone in found.items():
        assert zones is not None
        if _zone(zone) is None:
            zones.refuse("policy-bad-value", f'"{zone}" is no IANA time zone.', source)
    return Debtor(
        id=table.maybe_text("id") or "debtor",
        country=table.maybe_text("country", pattern="[A-Z]{2}", meaning="two capitals such as US"),
        region=table.maybe_text("region"),
        zones=found,
        facts=frozenset(_list(table, "facts", _STATED_CONDITIONS)),
    )


def _loan(table: Table) -> Loan:
    default = Loan()
    return Loan(
        id=table.text("id"),
        product=table.maybe_word("product", words.PRODUCTS) or default.product,
        debt_kind=table.maybe_word("debt_kind", words.DEBT_KINDS) or default.debt_kind,
        agreement_kind=table.maybe_word("agreement_kind", words.AGREEMENT_KINDS),
        lender_type=table.maybe_word("lender_type", words.LENDER_TYPES) or default.lender_type,
        creditor_group=table.maybe_text("creditor_group") or default.creditor_group,
        contract_law=table.maybe_text("contract_law", pattern="[A-Z]{2}", meaning="two capitals such as US"),
        principal=_money(table, "principal"),
        paid_out=_money(table, "paid_out"),
        contract_on=table.maybe_day("contract_on"),
        drawdown_on=table.maybe_day("drawdown_on"),
        due_on=table.maybe_day("due_on"),
        last_instalment_due=table.maybe_day("last_instalment_due"),
        cause_of_action=table.maybe_day("cause_of_action"),
        guarantee_due=table.maybe_day("guarantee_due"),
        agreed_order=_list(table, "agreed_order", _CHARGE_ORDER) if table.has("agreed_order") else None,
    )


def _person(table: Table) -> Person:
    return Person(
        table.text("id"),
        table.word("role", words.ROLES),
        frozenset(_list(table, "facts", _STATED_CONDITIONS)),
    )


def _address(table: Table) -> Address:
    return Address(
        id=table.text("id"),
        kind=table.word("kind", _ADDRESS_KINDS),
        place=table.maybe_word("place", words.PLACES),
        provenance=frozenset(_list(table, "provenance", _PROVENANCES)),
        facts=frozenset(_list(table, "facts", ("employer_forbids",))),
        inbound_text_at=_maybe(table, "inbound_text_at", _moment),
        reassigned_number_check_at=_maybe(table, "reassigned_number_check_at", _moment),
        notice_sent_on=table.maybe_day("notice_sent_on"),
        opt_out_by=table.maybe_day("opt_out_by"),
    )


def _state(table: Table, names: _Names) -> State:
    return State(
        name=table.word("name", _STATED_STATES),
        begins=_moment(table, "from"),
        until=_maybe(table, "until", _moment),
        known_at=_maybe(table, "known_at", _instant),
        debts=names.debt_set(table),
        person=table.maybe_text("person"),
        address=names.address(table),
        channels=frozenset(_list(table, "channels", words.CHANNELS)) if table.has("channels") else None,
    )


def _check(table: Table) -> Check:
    return Check(table.word("state", _STATED_STATES), _maybe(table, "checked_at", _moment))


def _event(table: Table, names: _Names) -> Event:
    return Event(
        kind=table.word("kind", words.EVENTS),
        at=_instant(table, "at"),
        known_at=_maybe(table, "known_at", _instant),
        channel=table.maybe_word("channel", words.CHANNELS),
        direction=table.maybe_word("direction", words.DIRECTIONS) or "out",
        purpose=table.maybe_word("purpose", words.PURPOSES) or "collect",
        party=table.maybe_word("party", words.ROLES) or "debtor",
        person=table.maybe_text("person"),
        debts=names.debt_set(table),
        address=names.address(table),
        place=table.maybe_word("place", words.PLACES),
        creditor_group=table.maybe_text("creditor_group"),
        by=table.maybe_text("by") or "",
        flags=frozenset(_list(table, "flags", ("not_connected_to_number",))),
        contact=table.maybe_text("contact"),
    )


def _step(table: Table, names: _Names) -> StepDone:
    on = table.day("on")
    return StepDone(
        name=table.word("name", _STEPS_DONE),
        on=on,
        debts=names.debt_set(table),
        sent_on=table.maybe_day("sent_on") or on,
        delivered_on=table.maybe_day("delivered_on"),
        date_on_doc=table.maybe_day("date_on_doc") or on,
        date_in_notice=table.maybe_day("date_in_notice"),
        posted_at=_maybe(table, "posted_at", _instant),
        method=table.maybe_word("method", ("first_class_post", "email", "personal")),
        deemed_served_on=table.maybe_day("deemed_served_on"),
    )


_CONSENT_KEYS = ("kind", "given_at", "withdrawn_at", "known_at", "person")
_AGREED_KEYS = ("kind", "days", "from", "to", "to_inclusive", "holidays")
_UNWANTED_KEYS = ("days", "from", "to", "channels", "places")


def _consent(table: Table) -> Consent:
    return Consent(
        kind=table.word("kind", words.CONSENTS),
        given_at=_moment(table, "given_at"),
        withdrawn_at=_maybe(table, "withdrawn_at", _moment),
        known_at=_maybe(table, "known_at", _instant),
        person=table.maybe_text("person"),
    )


def _agreed(table: Table) -> AgreedWindow:
    start, end = _hours(table)
    return AgreedWindow(
        kind=table.word("kind", words.STATED_HOURS),
        start=start,
        end=end,
        days=_days(table),
        to_inclusive=table.flag("to_inclusive"),
        holidays=table.flag("holidays"),
    )


def _unwanted(table: Table) -> InconvenientTime:
    start, end = _hours(table)
    return InconvenientTime(
        start=start,
        end=end,
        days=_days(table),
        channels=frozenset(_list(table, "channels", words.CHANNELS)) if table.has("channels") else None,
        places=frozenset(_list(table, "places", words.PLACES)) if table.has("places") else None,
    )


def _dated(table: Table) -> DatedFact:
    first, last = table.day("from"), table.day("until")
    if last < first:
        table.refuse("policy-bad-value", f"until {last} lies before from {first}.", "until")
    return DatedFact(table.word("kind", words.DATED_FACTS), first, last)


def _calendars(table: Table) -> dict[str, CalendarChange]:
    by_id = table.maybe_table("calendar", "calendar", words.CALENDARS)
    if by_id is None:
        return {}
    found = {}
    for calendar_id in by_id.data:
        change = by_id.table(calendar_id, f"the calendar {calendar_id}", ("holidays", "workdays"))
        found[calendar_id] = CalendarChange(_dates(change, "holidays"), _dates(change, "workdays"))
    return found


# -- an ask --------------------------------------------------------------------------------------------------


def _raw_asks(table: Table) -> tuple[Table, ...]:
    """The asks with any key: which keys are known depends on the kind."""
    return tuple(
        Table(data, table.source, (*table.path, "ask", index), "an ask", tuple(data), table.owner)
        for index, data in enumerate(table.raw_tables("ask"))
    )


def _ask_row(bare: Table, number: int, names: _Names) -> AskRow:
    kind = bare.word("kind", KINDS)
    ask_id = bare.maybe_text("id") or f"ask-{number}"
    at = _instant(bare, "at")
    expect = bare.require("expect")
    if not isinstance(expect, dict):
        bare.refuse("policy-wrong-type", '"expect" must be a table.', "expect")
    if kind not in KINDS_BUILT:
        return AskRow(number, ask_id, kind, at, None, expect)
    table = Table(bare.data, bare.source, bare.path, f"an ask of kind {kind}", _ASK_KEYS, bare.owner)
    content = frozenset(_list(table, "content", words.BLOCKS)) if table.has("content") else None
    blocks = table.maybe_table("block_languages", "block_languages", words.BLOCKS)
    ask = Ask(
        id=ask_id,
        at=at,
        channel=table.word("channel", words.CHANNELS),
        debts=names.debts(table),
        known_at=_maybe(table, "known_at", _instant),
        phase=table.maybe_word("phase", words.PHASES) or "send",
        direction=table.maybe_word("direction", words.DIRECTIONS) or "out",
        purpose=table.maybe_word("purpose", words.PURPOSES) or "collect",
        party=table.maybe_word("party", words.ROLES) or "debtor",
        person=table.maybe_text("person"),
        address=names.address(table),
        place=table.maybe_word("place", words.PLACES),
        discloses=table.maybe_word("discloses", ("none", "debt")),
        basis=table.maybe_word("basis", words.BASES) or "contract",
        collector_role=table.maybe_word("collector_role", words.COLLECTOR_ROLES),
        caller_id=table.maybe_word("caller_id", ("notified", "not_notified", "withheld")) or "notified",
        account_owner=table.maybe_word("account_owner", ("company", "private")) or "company",
        template=table.maybe_word("template", words.TEMPLATES),
        ladder_day=table.maybe_whole("ladder_day", at_least=-3650),
        stage=table.maybe_word("stage", words.STAGES),
        content=content,
        language=table.maybe_text("language"),
        block_languages={block: blocks.text(block) for block in blocks.data} if blocks else {},
        agent=_agent(table),
        evidence=_evidence(table),
        reserve=table.flag("reserve"),
    )
    return AskRow(number, ask_id, kind, at, ask, _expected(table))


def _agent(ask: Table) -> Agent | None:
    keys = ("certs", "training_on", "agency_review_on", "people", "id_shown", "licensed", "action")
    table = ask.maybe_table("agent", "an agent", keys)
    if table is None:
        return None
    return Agent(
        certs=frozenset(_list(table, "certs", words.CERTIFICATES)) if table.has("certs") else None,
        training_on=table.maybe_day("training_on"),
        agency_review_on=table.maybe_day("agency_review_on"),
        people=table.maybe_whole("people", at_least=0),
        id_shown=table.flag("id_shown") if table.has("id_shown") else None,
        licensed=table.flag("licensed") if table.has("licensed") else True,
        action=table.maybe_word("action", words.AGENT_ACTIONS),
    )


def _evidence(ask: Table) -> Evidence | None:
    keys = ("artifacts", "coverage", "people", "inside", "hash", "timestamp")
    table = ask.maybe_table("evidence", "evidence", keys)
    if table is None:
        return None
    people = table.maybe_whole("people", at_least=0)
    return Evidence(
        artifacts=frozenset(_list(table, "artifacts", _ARTIFACTS)),
        coverage=table.maybe_word("coverage", ("whole", "partial")) or "whole",
        people=1 if people is None else people,
        inside=table.flag("inside"),
        hash=table.maybe_text("hash") or "sha256",
        timestamp=table.maybe_text("timestamp") or "rfc3161",
    )


def _expected(ask: Table) -> dict[str, Any]:
    table = ask.table("expect", "expect of a contact", ("verdict", "by", "next_allowed_at"))
    found: dict[str, Any] = {}
    if table.has("verdict"):
        found["verdict"] = table.word("verdict", _VERDICTS)
    if table.has("by"):
        found["by"] = frozenset(_list(table, "by"))
    if table.has("next_allowed_at"):
        none = table.data["next_allowed_at"] == "none"
        found["next_allowed_at"] = None if none else _instant(table, "next_allowed_at")
    return found


# -- values --------------------------------------------------------------------------------------------------


def _tables(table: Table, key: str, what: str, known: Sequence[str]) -> tuple[Table, ...]:
    """The list of tables under a key; unlike in a preset it may be empty, which says that there are none."""
    return () if table.data.get(key) == [] else table.tables(key, what, known)


def _list(table: Table, key: str, among: Sequence[str] | None = None) -> tuple[str, ...]:
    return () if table.data.get(key) == [] else table.words(key, among)


def _unique(table: Table, what: str, ids: Sequence[str]) -> None:
    for index, named in enumerate(ids):
        if named in ids[:index]:
            table.refuse("policy-twice", f'another {what} of this scenario has the id "{named}".', what, index)


def _maybe(table: Table, key: str, read: Callable[[Table, str], Value]) -> Value | None:
    return read(table, key) if table.has(key) else None


def _money(table: Table, key: str) -> Decimal | None:
    return table.decimal(key) if table.has(key) else None


def _hours(table: Table) -> tuple[int, int]:
    start, end = table.clock("from"), table.clock("to")
    if start == end:
        table.refuse("policy-bad-value", '"to" must differ from "from"; these hours are empty.', "to")
    return start, end


def _days(table: Table) -> tuple[int, ...]:
    if not table.has("days"):
        return EVERY_DAY
    value = table.data["days"]
    known = isinstance(value, list) and all(type(day) is int and 1 <= day <= 7 for day in value)
    if not known:
        table.refuse("policy-bad-value", '"days" must be a list of week days, 1 Monday to 7 Sunday.', "days")
    return tuple(value)


def _dates(table: Table, key: str) -> frozenset[date]:
    if not table.has(key):
        return frozenset()
    value = table.data[key]
    if not isinstance(value, list) or any(isinstance(d, datetime) or not isinstance(d, date) for d in value):
        table.refuse("policy-wrong-type", f'"{key}" must be a list of dates such as 2026-11-24.', key)
    return frozenset(value)


def _moment(table: Table, key: str) -> Moment:
    value = table.require(key)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _instant(table, key)


def _instant(table: Table, key: str) -> datetime:
    """An instant in UTC, from an offset date-time or from local time with its zone; of two like times the
    first.
    """
    value = table.require(key)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str):
        found = _local_instant(value)
        if found is not None:
            return found
    table.refuse(
        "policy-wrong-type",
        f'"{key}" must be an instant such as 2026-03-02T15:30:00Z or "2026-03-02T10:30:00 America/New_York", '
        f"a local time that occurs; not {value!r}.",
        key,
    )


def _local_instant(value: str) -> datetime | None:
    clock, blank, name = value.partition(" ")
    zone = _zone(name) if blank else None
    if zone is None:
        return None
    try:
        wall = datetime.fromisoformat(clock)
    except ValueError:
        return None
    if wall.tzinfo is not None or len(clock) <= len("2026-03-02"):
        return None
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    occurs = instant.astimezone(zone).replace(tzinfo=None) == wall
    return instant if occurs else None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
