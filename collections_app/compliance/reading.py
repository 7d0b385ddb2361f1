"""Reads the facts of a set of asks in a fixed number of queries, however many asks and rules there are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

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

from .evaluation import Evaluator
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
    StateFact,
)

_LIABLE = frozenset({"liability_in_force"})
CHANNEL_EVENT = {
    "voice": "call_placed", "sms": "sms_sent", "email": "email_sent", "letter": "letter_sent", "push": "push_sent",
    "visit": "visit_made",
}


def loan_facts(loan_ids: Iterable[int]) -> dict[int, LoanFact]:
    """The loans as rules see them."""
    rows = Loan.objects.filter(pk__any_of=sorted(set(loan_ids))).values_list(
        "id", "debtor_id", "product", "debt_kind", "agreement_kind", "lender_type", "collector_role", "contract_law",
        "lender__creditor_group", "law_on",
    )
    return {r[0]: LoanFact(*r) for r in rows}


def person_facts(person_ids: Iterable[int]) -> dict[int, PersonFact]:
    rows = Person.objects.filter(pk__any_of=sorted(set(person_ids))).values_list("key_id", "country", "region", "zones")
    return {
        pk: PersonFact(pk, country, region, tuple(sorted(zones.items()))) for pk, country, region, zones in rows
    }


def asks_of(contacts: Sequence[Contact], *, phase: str, at: dt.datetime | None, on: dt.date | None = None) -> list[Ask]:
    """Asks for stored contacts (with `contact_point` selected): one query for the debts, one for the loans, one for roles."""
    covers: dict[int, list[int]] = defaultdict(list)
    for contact_id, loan_id in (
        Contact.covers.rel.related_model.objects.filter(contact__any_of=[c.pk for c in contacts])
        .order_by("contact_id", "id").values_list("contact_id", "loan_id")
    ):
        if loan_id not in covers[contact_id]:
            covers[contact_id].append(loan_id)
    loans = loan_facts(x for found in covers.values() for x in found)
    liable = set(
        LoanParty.objects.filter(
            person__any_of=sorted({c.person_id for c in contacts}), liability_in_force=True
        ).values_list("person_id", flat=True)
    )
    return [
        ask_of(
            c, tuple(loans[x] for x in covers[c.pk]), phase=phase, at=at, on=on or c.business_on,
            liable=c.person_id in liable,
        )
        for c in contacts
    ]


def ask_of(
    c: Contact, loans: tuple[LoanFact, ...], *, phase: str, at: dt.datetime | None, on: dt.date, liable: bool,
    content: frozenset[str] | None = None, agent: AgentFact | None = None,
) -> Ask:
    point = c.contact_point if c.contact_point_id else None
    place = point.place if point else ("home" if c.channel in ("visit", "letter") else "own_phone")
    return Ask(
        id=c.pk, phase=phase, on=on, at=at, person=c.person_id, party=c.party, channel=c.channel, loans=loans, group=c.group,
        direction=c.direction, purpose=c.purpose, address=c.contact_point_id, place=place,
        discloses="none" if c.purpose in ("locate", "relay") else "debt",
        collector_role=loans[0].collector_role if loans else "first_party",
        template=c.template if c.template in _LAW_TEMPLATES else None, stage=c.stage or None, ladder_day=c.ladder_day,
        language=c.language, content=content, agent=agent, conditions=_LIABLE if liable else frozenset(),
        number_invalid=bool(point and point.state == ContactPoint.State.INVALID), depth=c.ladder_day or 0,
    )


_LAW_TEMPLATES = frozenset(
    {"validation_notice", "dispute_reply", "letter_of_claim", "outsourcing_notice", "assignment_notice"}
)


def read(asks: Sequence[Ask], evaluator: Evaluator, *, persons: dict[int, PersonFact] | None = None) -> Facts:
    """Facts for these asks. At most nine queries."""
    wanted = {a.person for a in asks} | {loan.debtor for a in asks for loan in a.loans}
    facts = Facts(persons=persons if persons is not None else person_facts(wanted), checks=_checks(wanted, _latest(asks)))
    ids = sorted(wanted)
    for s in BorrowerState.objects.filter(person__any_of=ids).order_by("id"):
        facts.person(s.person_id).states.append(
            StateFact(
                s.name, s.person_id, s.from_at, s.known_at, s.until_at,
                frozenset([s.loan_id]) if s.loan_id else None, s.contact_point_id, frozenset(s.channels) or None,
            )
        )
    for c in Consent.objects.filter(person__any_of=ids).order_by("id"):
        facts.person(c.person_id).consents.append(ConsentFact(c.kind, c.given_at, c.known_at, c.withdrawn_at, c.person_id))
    for h in StatedHours.objects.filter(person__any_of=ids, ended_at=None).order_by("id"):
        facts.person(h.person_id).hours.append(
            HoursFact(
                h.kind, _seconds(h.from_clock), _seconds(h.to_clock), tuple(h.days) or (1, 2, 3, 4, 5, 6, 7), h.to_inclusive,
                h.holidays, tuple(h.channels), tuple(h.places),
            )
        )
    for d in DatedFact.objects.filter(person__any_of=ids).order_by("id"):
        facts.person(d.person_id).dates.append(DateFact(d.kind, d.from_on, d.until_on))
    _read_events(asks, facts, evaluator)
    _read_in_flight(ids, facts)
    return facts


def _read_events(asks: Sequence[Ask], facts: Facts, evaluator: Evaluator) -> None:
    """Events of the people whose rules look at events, as far back as those rules look."""
    need: dict[int, int | None] = {}
    for a in asks:
        days = evaluator.look_back_days(a, facts)
        if facts.person(a.person).states or facts.person(a.debtor).states:
            days = None  # what ends a bar may lie anywhere behind
        if days == 0:
            continue
        for person in {a.person, a.debtor}:
            known = need.get(person, 0)
            need[person] = None if days is None or known is None else max(days, known)
    if not need:
        return
    latest = max((a.on for a in asks)) + dt.timedelta(days=2)
    for back in sorted({d for d in need.values() if d is not None}) + ([None] if None in need.values() else []):
        people = sorted(p for p, d in need.items() if d == back)
        _add_events(people, facts, latest, back)


def _add_events(people: list[int], facts: Facts, latest: dt.date, back: int | None) -> None:
    rows = ContactEvent.objects.filter(person__group__in=Person.objects.filter(pk__any_of=people).values("group"))
    if back is not None:
        oldest = min_date(latest, back)
        rows = rows.filter(at__gte=dt.datetime.combine(oldest, dt.time(), tzinfo=dt.UTC))
    found = list(
        rows.order_by("at", "id").values_list(
            "id", "kind", "at", "known_at", "person_id", "party", "contact_point_id", "channel", "direction", "purpose",
            "place", "creditor_group", "flags", "contact_id",
        )
    )
    debts: dict[int, list[int]] = defaultdict(list)
    debtor_of: dict[int, int] = {}
    for event, loan, debtor in EventDebt.objects.filter(event__any_of=[r[0] for r in found]).values_list(
        "event_id", "loan_id", "loan__debtor_id"
    ):
        debts[event].append(loan)
        debtor_of[loan] = debtor
    asked = set(people)
    for r in found:
        e = EventFact(
            r[1], r[2], r[3], r[4], r[5], tuple(sorted(debts.get(r[0], ()))), r[6], r[7], r[8], r[9], r[10], r[11],
            frozenset(r[12]), r[13],
        )
        if r[4] in asked:
            facts.person(r[4]).events.append(e)
        for debtor in {debtor_of[x] for x in e.debts} or {r[4]}:
            facts.group_events.setdefault(debtor, []).append(e)


def min_date(latest: dt.date, back: int) -> dt.date:
    return latest - dt.timedelta(days=back + 4)  # two days of slack on each side: zones and the plan's own day


def _read_in_flight(ids: list[int], facts: Facts) -> None:
    flying = list(
        Contact.objects.in_flight().filter(person__any_of=ids).values_list(
            "id", "claimed_at", "person_id", "party", "contact_point_id", "channel", "purpose"
        )
    )
    if not flying:
        return
    debts: dict[int, list[int]] = defaultdict(list)
    for contact, loan in Contact.covers.rel.related_model.objects.filter(
        contact__any_of=[f[0] for f in flying]
    ).values_list("contact_id", "loan_id"):
        debts[contact].append(loan)
    for f in flying:
        facts.in_flight.setdefault(f[2], []).append(in_flight_fact(f, tuple(sorted(set(debts[f[0]])))))


def in_flight_fact(f: tuple[Any, ...], debts: tuple[int, ...]) -> EventFact:
    """A cleared contact as the slot it holds."""
    return EventFact(
        CHANNEL_EVENT.get(f[5], f"{f[5]}_sent"), f[1], f[1], f[2], f[3], debts, f[4], f[5], "out", f[6], contact=f[0]
    )


def slot_of(ask: Ask, at: dt.datetime) -> EventFact:
    """What a contact that was just let through holds in the next round."""
    return EventFact(
        CHANNEL_EVENT.get(ask.channel, f"{ask.channel}_sent"), at, at, ask.person, ask.party,
        tuple(sorted(loan.id for loan in ask.loans)), ask.address, ask.channel, ask.direction, ask.purpose, ask.place,
        ask.loans[0].creditor_group if ask.loans else "house", frozenset(), ask.id,
    )


def _latest(asks: Sequence[Ask]) -> dt.datetime:
    """The latest instant that any of these asks may be judged at."""
    end = dt.timedelta(days=2)
    return max((a.at or dt.datetime.combine(a.on, dt.time(), tzinfo=dt.UTC) + end for a in asks), default=dt.datetime.min.replace(tzinfo=dt.UTC))


def _checks(people: set[Any], until: dt.datetime) -> dict[tuple[str, Any], dt.datetime]:
    """Newest check of each register until then: of everybody, and of one of these people."""
    found: dict[tuple[str, Any], dt.datetime] = {}
    from django.db.models import Max, Q

    rows = RegisterCheck.objects.filter(checked_at__lte=until).filter(Q(person=None) | Q(person__any_of=sorted(people)))
    for state, person, at in rows.values("state", "person_id").annotate(newest=Max("checked_at")).values_list(
        "state", "person_id", "newest"
    ):
        found[state, person] = at
    return found


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
    return AgentFact(user.pk, certs, newest, None, people, id_shown and bool(profile.agent_number), suspended=profile.suspended)


def _seconds(clock: str) -> int:
    parts = [int(p) for p in clock.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
