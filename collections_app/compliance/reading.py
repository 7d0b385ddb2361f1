"""Reads the facts of a set of asks in a fixed number of queries, however many asks and rules there are.

Read is what the rules in force look at and no more: events as far back as they look, phones, dated facts and register
checks where a rule asks for them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from sys import intern
from typing import Any

from django.conf import settings
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, NullIf

from collections_app.kernel import bulk
from collections_app.models import (
    BorrowerState,
    Certification,
    Consent,
    Contact,
    ContactEvent,
    ContactPoint,
    DatedFact,
    EventDebt,
    Loan,
    LoanParty,
    Person,
    RegisterCheck,
    StaffProfile,
    StatedHours,
)

from .evaluation import Evaluator, Needs
from .facts import (
    AgentFact,
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

_LIABLE = frozenset({"liability_in_force"})
_NUMBER_INVALID = frozenset({"number_invalid"})
CHANNEL_EVENT = {
    "voice": "call_placed",
    "sms": "sms_sent",
    "email": "email_sent",
    "letter": "letter_sent",
    "push": "push_sent",
    "visit": "visit_made",
}
# The channel of an event that says none: that of its name, else voice.
_CHANNEL_OF = {
    "voicemail_left": "voicemail", "voicemail_limited_left": "voicemail_limited", "visit_made": "visit",
    "payment_pull_refused": "payment_pull",
} | {f"{c}_sent": c for c in ("sms", "email", "letter", "im", "social", "push", "fax")}  # fmt: skip
# Days that a local date may differ from that of UTC, and the plan's own day.
_SLACK = dt.timedelta(days=3)

_LOAN = (
    "id", "debtor_id", "product", "debt_kind", "agreement_kind", "lender_type", "collector_role", "contract_law",
    "lender__creditor_group", "law_on",
)  # fmt: skip
_LAW_TEMPLATES = frozenset(
    {"validation_notice", "dispute_reply", "letter_of_claim", "outsourcing_notice", "assignment_notice"}
)


def loan_facts(loan_ids: Iterable[int]) -> dict[int, LoanFact]:
    """The loans as rules see them."""
    rows = Loan.objects.filter(pk__any_of=sorted(set(loan_ids))).values_list(*_LOAN)
    return {r[0]: LoanFact(*_shared(r)) for r in rows}


def _shared(row: Iterable[Any]) -> Iterator[Any]:
    """The words of a row, each kept once however many rows have it."""
    return (intern(v) if type(v) is str else v for v in row)


def person_facts(person_ids: Iterable[int]) -> dict[int, PersonFact]:
    """The people with what the law asks of everybody: where they are."""
    rows = Person.objects.filter(pk__any_of=bulk.Ids(person_ids)).values_list("key_id", "country", "region", ZONES)
    return {pk: person_fact(pk, *where) for pk, *where in rows}


# JSON that thousands of rows share is read as text and parsed once.
ZONES = Cast("zones", TextField())
_FLAGS = Cast("flags", TextField())


def person_fact(pk: int, country: str, region: str, zones: str) -> PersonFact:
    """`zones` as the text of its JSON."""
    return PersonFact(pk, intern(country), intern(region), _zones(zones))


@lru_cache(maxsize=4096)
def _zones(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(json.loads(text).items()))


@lru_cache(maxsize=1024)
def _flags(text: str) -> frozenset[str]:
    return frozenset(json.loads(text))


# -- asks --------------------------------------------------------------------------------------------


def asks_of(contacts: Sequence[Contact], *, phase: str, at: dt.datetime | None, on: dt.date | None = None) -> list[Ask]:
    """Asks for stored contacts (with `contact_point` selected): one query for the debts, one for the loans, one for roles."""
    covers: dict[int, list[int]] = defaultdict(list)
    for contact_id, loan_id in (
        Contact.covers.rel.related_model.objects.filter(contact__any_of=[c.pk for c in contacts])
        .order_by("contact_id", "id")
        .values_list("contact_id", "loan_id")
    ):
        if loan_id not in covers[contact_id]:
            covers[contact_id].append(loan_id)
    loans = loan_facts(x for found in covers.values() for x in found)
    liable = _liable(c.person_id for c in contacts)
    return [
        ask_of(
            c,
            tuple(loans[x] for x in covers[c.pk]),
            phase=phase,
            at=at,
            on=on or c.business_on,
            liable=all((c.person_id, x) in liable for x in covers[c.pk]),
        )
        for c in contacts
    ]


def _liable(person_ids: Iterable[int]) -> set[tuple[int, int]]:
    """(person, loan) where the person answers for the debt."""
    return set(
        LoanParty.objects.filter(person__any_of=sorted(set(person_ids)), liability_in_force=True).values_list(
            "person_id", "loan_id"
        )
    )


def ask_of(
    c: Contact, loans: tuple[LoanFact, ...], *, phase: str, at: dt.datetime | None, on: dt.date, liable: bool,
    content: frozenset[str] | None = None, agent: AgentFact | None = None,
) -> Ask:  # fmt: skip
    """The ask that a contact is judged by. `liable`: the person answers for all of these debts."""
    place = c.contact_point.place if c.contact_point_id else ""  # type: ignore[union-attr]
    return Ask(
        id=c.pk, phase=phase, on=on, at=at, person=c.person_id, party=c.party, channel=c.channel, loans=loans, group=c.group,
        direction=c.direction, purpose=c.purpose, address=c.contact_point_id, place=place or _place(c.channel),
        discloses=_discloses(c.purpose), collector_role=loans[0].collector_role if loans else "first_party",
        template=_template(c.template), stage=c.stage or None, ladder_day=c.ladder_day,
        language=c.language, content=content, agent=agent, conditions=_LIABLE if liable else frozenset(),
        depth=c.ladder_day or 0,
    )  # fmt: skip


def _place(channel: str) -> str:
    """Where a contact lands that names no address."""
    return "home" if channel in ("visit", "letter") else "own_phone"


def _discloses(purpose: str) -> str:
    return "none" if purpose in ("locate", "relay") else "debt"


def _template(name: str) -> str | None:
    return name if name in _LAW_TEMPLATES else None


def asks_of_events(events: Sequence[ContactEvent]) -> list[Ask]:
    """Asks for stored events, judged at record. One that names no debt is about all debts of its person."""
    debts: dict[int, list[int]] = defaultdict(list)
    for event_id, loan_id in (
        EventDebt.objects.filter(event__any_of=[e.pk for e in events]).order_by("id").values_list("event_id", "loan_id")
    ):
        debts[event_id].append(loan_id)
    theirs: dict[int, list[int]] = defaultdict(list)
    liable = set()
    unnamed = {e.person_id for e in events if e.pk not in debts}
    for person, loan, liability in (
        LoanParty.objects.filter(person__any_of=sorted({e.person_id for e in events}))
        .order_by("loan_id")
        .values_list("person_id", "loan_id", "liability_in_force")
    ):
        if person in unnamed and loan not in theirs[person]:
            theirs[person].append(loan)
        if liability:
            liable.add((person, loan))
    loans = loan_facts(
        [*(x for found in debts.values() for x in found), *(x for found in theirs.values() for x in found)]
    )
    found = []
    for e in events:
        about = tuple(loans[x] for x in (debts.get(e.pk) or theirs.get(e.person_id) or []))
        channel = e.channel or _CHANNEL_OF.get(e.kind, "voice")
        found.append(
            Ask(
                id=e.pk,
                phase="record",
                on=e.at.date(),
                at=e.at,
                known_at=e.known_at,
                person=e.person_id,
                party=e.party,
                channel=channel,
                loans=about,
                direction=e.direction,
                purpose=e.purpose,
                address=e.contact_point_id,
                place=e.place or _place(channel),
                discloses=_discloses(e.purpose),
                collector_role=about[0].collector_role if about else "first_party",
                group=e.person_id,
                contact=e.contact_id,
                conditions=_LIABLE if all((e.person_id, x.id) in liable for x in about) else frozenset(),
            )
        )
    return found


# -- facts -------------------------------------------------------------------------------------------


def read(
    asks: Sequence[Ask],
    evaluator: Evaluator,
    *,
    persons: Mapping[int, PersonFact] | None = None,
    held: Iterable[Slot] = (),
) -> Facts:
    """Facts for these asks, in at most eleven queries.

    `persons`: where the asked people and the debtors live, if the caller has read it. `held`: contacts of the same piece of
    work that were let through before, and that the database does not know yet.
    """
    wanted = {a.person for a in asks} | {loan.debtor for a in asks for loan in a.loans}
    facts = Facts(
        persons=person_facts(wanted)
        if persons is None
        else {p: known if (known := persons[p]).plain else _as_found(known) for p in wanted},
        margin_seconds=getattr(settings, "CONTACT_HOURS_MARGIN_SECONDS", 0),
        registers_kept=True,
    )
    if not asks:
        return facts
    ids = sorted(wanted)
    parties = _parties(d for a in asks for d in a.debtors)
    _read_checks(asks, ids, facts, evaluator)
    _read_states(asks, wanted, parties, facts)
    for c in (
        Consent.objects.filter(person__any_of=ids)
        .order_by("id")
        .values_list("kind", "given_at", "known_at", "withdrawn_at", "person_id")
    ):
        facts.person(c[4]).consents.append(ConsentFact(*c))
    for h in StatedHours.objects.filter(person__any_of=ids).order_by("id"):
        facts.person(h.person_id).hours.append(
            HoursFact(
                h.kind,
                _seconds(h.from_clock),
                _seconds(h.to_clock),
                tuple(h.days) or (1, 2, 3, 4, 5, 6, 7),
                h.to_inclusive,
                h.holidays,
                tuple(h.channels),
                tuple(h.places),
                h.known_at,
                h.ended_at,
            )
        )
    if evaluator.looks_at_dates:
        for d in DatedFact.objects.filter(person__any_of=ids).order_by("id"):
            facts.person(d.person_id).dates.append(DateFact(d.kind, d.from_on, d.until_on, d.known_at))
    needs = [(a, evaluator.needs(a, facts)) for a in asks]
    _read_phones({d for a, need in needs if need.number_invalid for d in a.debtors}, facts)
    _read_events(needs, parties, facts)
    _read_in_flight(ids, {d for a in asks for d in a.debtors}, facts)
    for slot in held:
        facts.hold(slot)
    return facts


def _as_found(person: PersonFact) -> PersonFact:
    """Without what an earlier reading has put there."""
    return replace(person, events=[], states=[], consents=[], hours=[], dates=[])


def _parties(debtors: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Who else has a role on a debt of these debtors: person → (loan, debtor)."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for person, loan, debtor in (
        LoanParty.objects.filter(loan__debtor__any_of=bulk.Ids(debtors))
        .exclude(person=F("loan__debtor"))
        .values_list("person_id", "loan_id", "loan__debtor_id")
    ):
        found[person].append((loan, debtor))
    return found


def _read_states(
    asks: Sequence[Ask], wanted: set[int], parties: dict[int, list[tuple[int, int]]], facts: Facts
) -> None:
    """States of the people, of others who are party to the same debts, and of addresses."""
    asked = {loan.id for a in asks for loan in a.loans}
    columns = ("id", "name", "person_id", "from_at", "known_at", "until_at", "loan_id", "contact_point_id", "channels")
    of_people = BorrowerState.objects.filter(person__any_of=sorted(wanted | parties.keys())).values_list(*columns)
    of_addresses = BorrowerState.objects.filter(
        contact_point__any_of=sorted({a.address for a in asks if a.address is not None})
    ).values_list(*columns)
    rows = sorted(of_people.union(of_addresses), key=lambda r: r[0])
    for _, name, person, from_at, known_at, until_at, loan, point, channels in rows:
        debts = frozenset([loan]) if loan else None
        if person in wanted:
            facts.person(person).states.append(
                StateFact(name, person, from_at, known_at, until_at, debts, point, frozenset(channels) or None)
            )
            continue
        # Of all debts of that person, those that are asked about.
        about = debts or frozenset(loan for loan, _ in parties.get(person, ()) if loan in asked)
        state = StateFact(name, person, from_at, known_at, until_at, about, point, frozenset(channels) or None)
        for key in (*(("loan", x) for x in about), *((("address", point),) if point else ())):
            facts.states_about.setdefault(key, []).append(state)


def _read_phones(debtors: set[int], facts: Facts) -> None:
    """Debtors whose every telephone number turned out not to reach them."""
    if not debtors:
        return
    usable: dict[int, bool] = {}
    for person, state in ContactPoint.objects.filter(
        person__any_of=sorted(debtors), kind__in=("mobile", "landline", "work_phone")
    ).values_list("person_id", "state"):
        usable[person] = usable.get(person, False) or state != ContactPoint.State.INVALID
    for person, reached in usable.items():
        if not reached:
            facts.person(person).conditions |= _NUMBER_INVALID


def _read_events(needs: Sequence[tuple[Ask, Needs]], parties: dict[int, list[tuple[int, int]]], facts: Facts) -> None:
    """Events of the people whose rules look at events, as far back as those rules look."""
    own: dict[int, dt.datetime | None] = {}  # person → since when, None: ever
    about: dict[int, dt.datetime | None] = {}
    for ask, need in needs:
        day = ask.at or dt.datetime.combine(ask.on, dt.time(), tzinfo=dt.UTC)
        held = (
            [x for loan in ask.loans for x in facts.states_about.get(("loan", loan.id), ())]
            if facts.states_about
            else []
        )
        if held or any(facts.person(p).states for p in (ask.person, *ask.debtors)):
            need = Needs(None, None, None)  # what ends a state may lie anywhere behind
        for state in held:
            own[state.person] = None
        _widen(own, ask.person, need.own, day)
        for debtor in ask.debtors:
            _widen(own, debtor, need.debtor, day)
            _widen(about, debtor, need.about, day)
    # An event that names no debt is about those of everybody whom its person has to do with.
    around: dict[int, set[int]] = {d: {d} for d in about}
    for person, of in parties.items() if about else ():
        around.setdefault(person, set()).update(d for _, d in of if d in about)
    if own or about:
        facts.loans = {loan.id: loan for a, _ in needs for loan in a.loans}
        _add_events(own, about, {p: of for p, of in around.items() if of}, facts)


def _widen(since: dict[int, dt.datetime | None], person: int, days: int | None, at: dt.datetime) -> None:
    if days == 0:
        return
    begin = None if days is None else at - dt.timedelta(days=days) - _SLACK
    if person in since:
        known = since[person]
        begin = None if begin is None or known is None else min(begin, known)
    since[person] = begin


# `known_at` where it is another instant: instants are costly to read.
_EVENT = (
    "id", "kind", "at", NullIf(F("known_at"), F("at")), "person_id", "party", "contact_point_id", "channel", "direction", "purpose", "place",
    "creditor_group", _FLAGS, "contact_id",
)  # fmt: skip


def _add_events(
    own: dict[int, dt.datetime | None], about: dict[int, dt.datetime | None], around: dict[int, set[int]], facts: Facts
) -> None:
    """Give people and debtors their events. `around`: person → debtors, of `about`."""
    people = dict(own)
    for person, debtors_of in around.items():
        since = [about[d] for d in debtors_of] + ([own[person]] if person in own else [])
        people[person] = None if None in since else min(since)  # type: ignore[type-var]
    branches = [*_since(people, "person__any_of"), *_since(about, "debts__loan__debtor__any_of")]
    rows = branches[0].values_list(*_EVENT)
    if branches[1:]:
        rows = rows.union(*(b.values_list(*_EVENT) for b in branches[1:]), all=True)
    by_id = {r[0]: r for r in rows}
    named: dict[int, list[int]] = defaultdict(list)
    for event, loan in (
        EventDebt.objects.filter(event__any_of=bulk.Ids(by_id)).order_by("id").values_list("event_id", "loan_id")
    ):
        named[event].append(loan)
    others = {loan for debts in named.values() for loan in debts} - facts.loans.keys()
    if others:
        facts.loans |= loan_facts(others)
    for r in sorted(by_id.values(), key=lambda r: (r[2], r[0])):
        debts = tuple(named.get(r[0], ()))
        channel = r[7] or _CHANNEL_OF.get(r[1], "voice")
        told = r[1], r[2], r[3] or r[2], r[4], r[5], debts, r[6], channel, r[8], r[9], r[10] or _place(channel), r[11]
        values = (*_shared(told), _flags(r[12]), r[13], r[0])
        e = EventFact(*values)
        if e.person in own:
            facts.person(e.person).events.append(e)
        if about:
            for debtor in {facts.loans[d].debtor for d in debts} or {e.person, *around.get(e.person, ())}:
                if debtor in about:
                    facts.events_about.setdefault(debtor, []).append(e)


def _since(people: dict[int, dt.datetime | None], of: str) -> list[Any]:
    """Queries of events of these people: of some ever, of the others from the earliest instant that one of them needs."""
    ever = sorted(p for p, since in people.items() if since is None)
    lately = sorted(p for p, since in people.items() if since is not None)
    found = [ContactEvent.objects.filter(**{of: ever})] if ever else []
    if lately:
        found.append(ContactEvent.objects.filter(**{of: lately}, at__gte=min(people[p] for p in lately)))  # type: ignore[type-var]
    return found


def _read_in_flight(ids: list[int], debtors: set[int], facts: Facts) -> None:
    """Contacts that were cleared and are not settled, with these people or about these debtors' debts."""
    if not Contact.objects.in_flight().exists():  # nearly always, while a day is planned
        return
    asks: dict[int, tuple[tuple[Any, ...], list[LoanFact]]] = {}
    rows = (
        Contact.objects.in_flight()
        .filter(Q(person__any_of=ids) | Q(covers__loan__debtor__any_of=sorted(debtors)))
        .order_by("id")
        .values_list("id", flat=True)
    )
    for r in (
        Contact.objects.filter(pk__in=rows)
        .order_by("id", "covers__id")
        .values_list(
            "id",
            "claimed_at",
            "person_id",
            "party",
            "contact_point_id",
            "contact_point__place",
            "channel",
            "direction",
            "purpose",
            "template",
            "stage",
            "ladder_day",
            "business_on",
            "group",
            *(f"covers__loan__{name}" for name in _LOAN),
        )
    ):
        head, loans = asks.setdefault(r[0], (r[:14], []))
        if r[14] is not None and all(x.id != r[14] for x in loans):
            loans.append(LoanFact(*r[14:]))
    for head, loans in asks.values():
        pk, at, person, party, point, place, channel, direction, purpose, template, stage, day, on, group = head
        facts.hold(
            Slot(
                Ask(
                    id=pk, phase="send", on=on, at=at, person=person, party=party, channel=channel, loans=tuple(loans),
                    group=group, direction=direction, purpose=purpose, address=point, place=place or _place(channel),
                    discloses=_discloses(purpose), collector_role=loans[0].collector_role if loans else "first_party",
                    template=_template(template), stage=stage or None, ladder_day=day,
                ),
                at,
            )
        )  # fmt: skip


def _read_checks(asks: Sequence[Ask], ids: list[int], facts: Facts, evaluator: Evaluator) -> None:
    """When registers were looked into, of everybody and of one of these people, as far back as a rule calls it fresh."""
    if evaluator.fresh_days is None:
        return
    instants = [a.at or dt.datetime.combine(a.on, dt.time(), tzinfo=dt.UTC) for a in asks]
    begin, end = min(instants) - dt.timedelta(days=evaluator.fresh_days) - _SLACK, max(instants) + _SLACK
    found: dict[tuple[str, Any], list[dt.datetime]] = defaultdict(list)
    for state, person, at in (
        RegisterCheck.objects.filter(checked_at__gte=begin, checked_at__lte=end)
        .filter(Q(person=None) | Q(person__any_of=ids))
        .order_by("checked_at")
        .values_list("state", "person_id", "checked_at")
    ):
        found[state, person].append(at)
    facts.checks = {key: tuple(at) for key, at in found.items()}


def agent_facts(user: Any, *, people: int | None = None, id_shown: bool = True) -> AgentFact:
    """What the gate may know of a member of staff. Without a profile nothing is passed and nothing is good."""
    profile = StaffProfile.objects.filter(user=user).first()
    if profile is None:
        return AgentFact(user.pk, {}, dt.date.min, None, people, False)
    certs: dict[str, dt.date] = {}
    newest = dt.date.min
    for code, passed, until in Certification.objects.filter(staff=profile).values_list(
        "course__code", "passed_on", "valid_until"
    ):
        certs[code] = max(until, certs.get(code, dt.date.min))
        newest = max(newest, passed)
    return AgentFact(
        user.pk, certs, newest, None, people, id_shown and bool(profile.agent_number), suspended=profile.suspended
    )


def _seconds(clock: str) -> int:
    parts = [int(p) for p in clock.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
