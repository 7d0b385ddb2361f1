"""Contacts in each state of their life, with the judgement and the clearance that the state needs.

A real clearance is made by the gate alone; these stand in for it where a test is about what comes after.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from typing import Any

from collections_app.kernel import bulk
from collections_app.kernel.fsm import apply
from collections_app.kernel.history import create_by
from collections_app.models import (
    Breach,
    Case,
    Clearance,
    Contact,
    ContactCase,
    ContactEvent,
    ContactPoint,
    EventDebt,
    FactSheet,
    Judgement,
    Person,
)

from .loans import noon
from .staff import a_machine, a_user

_numbers = itertools.count(1)

STEPS = {
    "sms": "first_notice", "email": "first_notice", "push": "first_notice", "letter": "written_notice",
    "voice": "first_call", "visit": "visit",
}  # fmt: skip


def a_planned_contact(
    case: Case, channel: str = "sms", *, at: dt.datetime | None = None, person: Person | None = None,
    step: str | None = None, by: Any = None, covers: bool = True, occurrence: int | None = None, attempt: int = 0,
    **columns: Any,
) -> Contact:  # fmt: skip
    """A planned contact of a case, by default with its debtor at noon UTC of the case's sixth day.

    `covers=False` leaves out the ContactCase row (a second contact of the same step, for instance).
    """
    person = person or case.debtor
    at = at or noon(case.counts_from_on + dt.timedelta(days=6))
    step = step or STEPS[channel]
    occurrence = case.day(at.date()) if occurrence is None else occurrence
    point = (
        columns.pop("contact_point", None)
        or ContactPoint.objects.filter(person=person, kind__in=ContactPoint.FOR_CHANNEL[channel]).first()
    )
    contact = create_by(
        Contact, by=by or a_machine("daily-run"), because="planned by the ladder", person=person, group=case.group,
        case=case, channel=channel, step=step, occurrence=occurrence, attempt=attempt, contact_point=point,
        **{
            "business_on": at.date(), "not_before": at, "stage": case.stage, "ladder_day": occurrence,
            "template": step, **columns,
        },
    )  # fmt: skip
    if covers:
        ContactCase.objects.create(
            contact=contact, case=case, loan=case.loan, step=step, occurrence=occurrence, attempt=attempt
        )
    return contact


def a_withheld_contact(
    case: Case, channel: str = "sms", *, until: dt.datetime, rule: str = "quiet_hours", **columns: Any
) -> Contact:
    """A contact that the gate withholds until an instant."""
    contact = a_planned_contact(case, channel, **columns)
    return apply(
        contact, "withhold", by=a_machine("daily-run"), because="the gate withholds it", sentence="Too early.", rules=rule,
        until=until,
    )  # fmt: skip


def a_contact_awaiting_approval(
    case: Case, channel: str = "visit", *, requested_by: Any = None, **columns: Any
) -> Contact:
    """A contact that a second person decides on."""
    contact = a_planned_contact(case, channel, requested_by=requested_by, **columns)
    return apply(
        contact, "ask_approval", by=a_machine("daily-run"), because="the ladder asks", sentence="A visit needs approval.",
        rules="ladder", requested_by=requested_by or a_machine("daily-run"),
    )  # fmt: skip


def a_judgement(
    contact: Contact, verdict: str = "allow", *, phase: str = "send", at: dt.datetime | None = None,
    permits: bool | None = None, **columns: Any,
) -> Judgement:  # fmt: skip
    """What the gate said. It permits (`permit` = its own id) when it is a send that was allowed or warned of."""
    content = {"presets": ["us-fed-regf"], "n": next(_numbers)}
    sheet = FactSheet.objects.create(digest=hashlib.sha256(repr(content).encode()).hexdigest(), content=content)
    if permits is None:
        permits = phase == "send" and verdict in ("allow", "warn")
    [pk] = bulk.reserve_ids(Judgement, 1)
    return Judgement.objects.create(
        id=pk, permit=pk if permits else None, contact=contact, verdict=verdict, phase=phase, facts=sheet,
        at=at or contact.not_before, **columns,
    )  # fmt: skip


def a_clearance(
    contact: Contact, *, expires_at: dt.datetime | None = None, judgement: Judgement | None = None
) -> Clearance:
    """The permission to leave, good for 60 seconds. A contact that was released keeps its row, judged afresh."""
    judgement = judgement or a_judgement(contact)
    expires_at = expires_at or contact.not_before + dt.timedelta(seconds=60)
    clearance, _ = Clearance.objects.update_or_create(
        contact=contact, defaults={"judgement": judgement, "expires_at": expires_at}
    )
    return clearance


def sending(contact: Contact, text: str = "Please call us.") -> Contact:
    """The contact, cleared, rendered and claimed for sending; it was not attempted yet."""
    clearance = a_clearance(contact)
    return apply(
        contact, "claim", by=a_machine("dispatch"), because="cleared", clearance_id=clearance.pk, at=contact.not_before,
        stop_seq=contact.person.stop_seq, text=text, text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        document_id=None, language=contact.language,
    )  # fmt: skip


def sent(contact: Contact, text: str = "Please call us.") -> Contact:
    """The contact, accepted by its channel."""
    contact = sending(contact, text)
    return apply(
        contact, "mark_sent", by=a_machine("dispatch"), because="accepted by the channel", at=contact.not_before,
        reference=f"G-{next(_numbers)}",
    )  # fmt: skip


def delivered(contact: Contact, text: str = "Please call us.") -> Contact:
    """The contact, arrived an hour later."""
    contact = sent(contact, text)
    return apply(
        contact, "mark_delivered", by=a_machine("receipts"), because="proof of delivery came in",
        at=contact.sent_at + dt.timedelta(hours=1),
    )  # fmt: skip


def unconfirmed(contact: Contact) -> Contact:
    """The contact, attempted without an answer."""
    contact = sending(contact)
    return apply(
        contact, "lose_answer", by=a_machine("dispatch"), because="no answer", sentence="The gateway was silent."
    )


def failed(contact: Contact) -> Contact:
    """The contact, refused by its channel."""
    contact = sending(contact)
    return apply(
        contact, "fail", by=a_machine("dispatch"), because="refused by the gateway", sentence="Unknown subscriber.",
        at=contact.not_before,
    )  # fmt: skip


def revealed(contact: Contact, *, by: Any = None) -> Contact:
    """The call or visit, whose number or address was shown to its collector."""
    clearance = a_clearance(contact)
    return apply(
        contact, "reveal", by=by or a_user("collector"), because="is calling", clearance_id=clearance.pk,
        at=contact.not_before,
    )  # fmt: skip


def completed(contact: Contact, outcome: str = "no_answer", *, by: Any = None, note: str | None = None) -> Contact:
    """The call or visit, with its outcome."""
    by = by or a_user("collector")
    contact = revealed(contact, by=by)
    return apply(
        contact, "complete", by=by, because="called", outcome=outcome, note=note,
        at=contact.claimed_at + dt.timedelta(minutes=5),
    )  # fmt: skip


def an_event(
    person: Person, kind: str = "call_placed", *, at: dt.datetime, loans: tuple[Any, ...] = (), by: str = "us",
    contact: Contact | None = None, known_at: dt.datetime | None = None, **columns: Any,
) -> ContactEvent:  # fmt: skip
    """Something that happened, about these loans."""
    event = ContactEvent.objects.create(
        person=person, kind=kind, at=at, known_at=known_at or at, by=by, contact=contact,
        **{"channel": kind.split("_")[0] if kind.endswith("_sent") else "voice", **columns},
    )  # fmt: skip
    EventDebt.objects.bulk_create(EventDebt(event=event, loan=loan) for loan in loans)
    return event


def a_breach(
    event: ContactEvent, rules: str = "US-REGF-02", *, by: Any = None, strength: str = "deny", **columns: Any
) -> Breach:
    """A contact that happened although a rule did not allow it."""
    content = {"presets": ["us-fed-regf"], "n": next(_numbers)}
    sheet = FactSheet.objects.create(digest=hashlib.sha256(repr(content).encode()).hexdigest(), content=content)
    judgement = Judgement.objects.create(
        event=event, phase="record", verdict=strength, by=rules, facts=sheet, at=event.at
    )
    return create_by(
        Breach, by=by or a_machine("dispatch"), because="judged at record", event=event, judgement=judgement,
        person=event.person, strength=strength, rules=rules, opened_at=event.known_at, **columns,
    )  # fmt: skip
