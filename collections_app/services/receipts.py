"""What comes back and what happened: delivery, replies, talks. Records never refuse; an unlawful one opens a breach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from collections_app.compliance.gate import Gate
from collections_app.compliance.reading import CHANNEL_EVENT
from collections_app.kernel import fsm, history
from collections_app.models import (
    BorrowerState,
    Breach,
    Contact,
    ContactCase,
    ContactEvent,
    ContactPoint,
    EventDebt,
    Loan,
    Person,
    StatedHours,
)

from .holds import bump_stop_seq


def keep_event(
    *,
    kind: str,
    at: dt.datetime,
    person: Person,
    loans: Sequence[Loan] = (),
    by: Any,
    who: str = "us",
    known_at: dt.datetime | None = None,
    party: str = "debtor",
    contact_point: ContactPoint | None = None,
    channel: str = "voice",
    direction: str = "out",
    purpose: str = "collect",
    flags: Sequence[str] = (),
    contact: Contact | None = None,
    external_ref: str = "",
    note: str | None = None,
) -> ContactEvent:
    """Keep one event of the rules page's kinds, judge it, and open a breach if a rule did not allow it."""
    return keep_events(
        [
            (
                ContactEvent(
                    kind=kind,
                    at=at,
                    known_at=known_at or at,
                    person=person,
                    party=party,
                    contact_point=contact_point,
                    channel=channel,
                    direction=direction,
                    purpose=purpose,
                    place=contact_point.place if contact_point else "",
                    by=who,
                    flags=list(flags),
                    contact=contact,
                    creditor_group=loans[0].lender.creditor_group if loans else "house",
                    external_ref=external_ref,
                    note=note,
                ),
                [loan.pk for loan in loans],
            )
        ],
        by=by,
    )[0]


@transaction.atomic
def keep_events(events: Sequence[tuple[ContactEvent, Sequence[int]]], *, by: Any) -> list[ContactEvent]:
    """Keep many events with their debts; one record judgement each; a Breach for each that is not allow."""
    rows = [e for e, _ in events]
    ContactEvent.objects.bulk_create(rows)
    EventDebt.objects.bulk_create(
        [EventDebt(event_id=e.pk, loan_id=loan) for e, loans in events for loan in dict.fromkeys(loans)]
    )
    judged = Gate().record(rows, by=by)
    for e in rows:
        answer = judged[e.pk].answer
        if answer.verdict != "allow" and e.direction == "out" and answer.by != ("no-law-loaded",):
            history.create_by(
                Breach,
                by=by,
                because=f"{e.kind} happened although {' '.join(answer.by)} says {answer.verdict}",
                event=e,
                judgement_id=judged[e.pk].judgement_id,
                person_id=e.person_id,
                strength=answer.verdict,
                rules=" ".join(answer.by),
                opened_at=e.known_at,
            )
    return rows


def record_sent(contact_ids: Sequence[int], *, at: dt.datetime, by: Any) -> None:
    """The event of messages that left."""
    record_events(contact_ids, kind=None, at=at, by=by)


def record_events(contact_ids: Sequence[int], *, kind: str | None, at: dt.datetime, by: Any) -> None:
    """One event per contact, about the debts it covers; `kind` None: the kind of its channel."""
    debts: dict[int, list[int]] = {}
    for contact, loan in (
        ContactCase.objects.filter(contact__any_of=list(contact_ids))
        .order_by("id")
        .values_list("contact_id", "loan_id")
    ):
        debts.setdefault(contact, []).append(loan)
    contacts = (
        Contact.objects.filter(pk__any_of=list(contact_ids)).select_related("contact_point", "person").order_by("pk")
    )
    groups = dict(
        Loan.objects.filter(pk__any_of=sorted({x for d in debts.values() for x in d})).values_list(
            "id", "lender__creditor_group"
        )
    )
    keep_events(
        [
            (
                ContactEvent(
                    kind=kind or CHANNEL_EVENT[c.channel],
                    at=at,
                    known_at=at,
                    person=c.person,
                    party=c.party,
                    contact_point=c.contact_point,
                    channel=c.channel,
                    direction="out",
                    purpose=c.purpose,
                    place=c.contact_point.place if c.contact_point else "",
                    by="us",
                    contact=c,
                    creditor_group=groups[debts[c.pk][0]] if debts.get(c.pk) else "house",
                ),
                debts.get(c.pk, []),
            )
            for c in contacts
        ],
        by=by,
    )


@transaction.atomic
def mark_delivered(
    contact: Contact, *, at: dt.datetime, by: Any, because: str = "the channel reported delivery"
) -> Contact:
    """A delivery receipt, or proof of delivery of a letter."""
    if contact.state == Contact.State.UNCONFIRMED:
        fsm.advance_rows(
            Contact,
            "mark_sent",
            {contact.pk: {"at": at, "reference": contact.external_ref}},
            by=by,
            because="a receipt says it left",
        )
        record_sent([contact.pk], at=at, by=by)
    fsm.advance_set(Contact.objects.filter(pk=contact.pk), "mark_delivered", by=by, because=because, at=at)
    contact.refresh_from_db()
    return contact


@transaction.atomic
def mark_failed(contact: Contact, *, at: dt.datetime, by: Any, sentence: str) -> Contact:
    """A receipt says that it did not arrive. The same receipt again changes nothing: rules count failures in a row."""
    failed = fsm.advance_set(
        Contact.objects.filter(pk=contact.pk),
        "fail",
        by=by,
        because="the channel reported a failure",
        sentence=sentence[:300],
        at=at,
    )
    if failed:
        record_events([contact.pk], kind="delivery_failed", at=at, by=by)
    contact.refresh_from_db()
    return contact


@transaction.atomic
def refuse_medium(
    person: Person, *, contact_point: ContactPoint, channels: Sequence[str], at: dt.datetime, by: Any, because: str
) -> BorrowerState:
    """STOP: this medium to this address is refused from this instant; what was claimed before is not spoken."""
    bump_stop_seq([person.pk])
    return history.create_by(
        BorrowerState,
        by=by,
        because=because,
        person=person,
        name="medium_refused",
        contact_point=contact_point,
        channels=list(channels),
        from_at=at,
        known_at=at,
        source="the person",
    )


@transaction.atomic
def learn_state(
    person: Person,
    *,
    name: str,
    at: dt.datetime,
    by: Any,
    because: str,
    source: str,
    loan: Loan | None = None,
    until_at: dt.datetime | None = None,
    proof: str | None = None,
) -> BorrowerState:
    """A fact with a legal effect became known: represented, bankrupt, cease in writing …"""
    bump_stop_seq([person.pk])
    return history.create_by(
        BorrowerState,
        by=by,
        because=because,
        person=person,
        name=name,
        loan=loan,
        from_at=at,
        known_at=at,
        until_at=until_at,
        source=source,
        proof=proof,
    )


@transaction.atomic
def state_hours(
    person: Person,
    *,
    kind: str,
    from_clock: str,
    to_clock: str,
    at: dt.datetime,
    by: Any,
    because: str,
    days: Sequence[int] = (),
    channels: Sequence[str] = (),
) -> StatedHours:
    """Hours that a person named: agreed, wished for, or inconvenient."""
    bump_stop_seq([person.pk])
    return history.create_by(
        StatedHours,
        by=by,
        because=because,
        person=person,
        kind=kind,
        days=list(days),
        from_clock=from_clock,
        to_clock=to_clock,
        channels=list(channels),
        known_at=at,
    )
