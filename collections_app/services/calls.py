"""Calls and visits: work items. Revealing the number or address is the send, so it passes the same gate; then the outcome."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from collections_app.compliance import reading
from collections_app.compliance.gate import Gate
from collections_app.compliance.verdict import Answer
from collections_app.kernel import bulk, fsm, history, locks
from collections_app.kernel.errors import DomainError, Refused
from collections_app.models import AccessRecord, Case, Contact, ContactCase, ContactPoint, LoanParty, Person

from . import holds, receipts
from .dispatch import hand_over, is_stopped, overtaken, refuse_when_live
from .message_facts import local_date
from .planning import FAR
from .promises import make_promise

# What an outcome says happened, in the words of the rules page: the dial itself is an event of its own.
EVENTS = {
    "no_answer": ("call_placed", "call_unanswered"),
    "voicemail": ("call_placed", "voicemail_left"),
    "wrong_number": ("call_placed", "conversation"),
    "not_met": ("visit_made",),
    "met": ("visit_made",),
}
TALKED = ("call_placed", "conversation")


@dataclass(frozen=True)
class Revealed:
    """A number or address that the gate let be seen, and the judgement that let it."""

    contact: Contact
    value: str
    judgement_id: int


def plan_by_hand(
    case: Case,
    *,
    channel: str,
    person: Person | None = None,
    contact_point: ContactPoint | None = None,
    purpose: str = "collect",
    on: dt.date,
    at: dt.datetime,
    by: Any,
    because: str,
) -> Contact:
    """A contact that a person wants to make: a row like any planned one, judged when it is revealed or sent."""
    person = person or case.debtor
    if channel not in ContactPoint.FOR_CHANNEL:
        raise DomainError("unknown_channel", f"“{channel}” is no channel.", channel=channel)
    point = contact_point or _usable(person, channel)
    role = LoanParty.objects.filter(loan=case.loan_id, person=person).order_by("id").values_list(
        "role", flat=True
    ).first() or ("debtor" if person.pk == case.debtor_id else "unrelated_third")
    with transaction.atomic():
        contact = history.create_by(
            Contact,
            by=by,
            because=because,
            person=person,
            group=person.group,
            party=role,
            contact_point=point,
            case=case,
            channel=channel,
            purpose=purpose,
            step="by_hand",
            occurrence=case.day(on),
            language=person.language,
            business_on=on,
            ladder_day=case.day(on),
            stage=case.stage if case.stage in Case.OPEN else "",
            not_before=at,
            requested_by=by,
        )
        tried = ContactCase.objects.filter(case=case, step="by_hand", occurrence=case.day(on)).count()
        ContactCase.objects.create(
            contact=contact, case=case, loan_id=case.loan_id, step="by_hand", occurrence=case.day(on), attempt=tried
        )
    return contact


def _usable(person: Person, channel: str) -> ContactPoint:
    point = (
        ContactPoint.objects.filter(person=person, kind__in=ContactPoint.FOR_CHANNEL[channel])
        .exclude(state__in=[ContactPoint.State.INVALID, ContactPoint.State.REFUSED])
        .order_by("preference", "id")
        .first()
    )
    if point is None:
        raise DomainError(
            "no_usable_address",
            f"This person has no usable address for {channel}; add or verify one first.",
            person=person.pk,
        )
    return point


@transaction.atomic
def reveal(
    contact: Contact, *, at: dt.datetime, by: Any, because: str = "to call", people: int | None = None
) -> Revealed | Answer:
    """Show the number or address of a planned call or visit, if the gate permits it now.

    Permitted: judgement, clearance, state revealed, an access record, the value. Not permitted: the answer (with rule and
    next allowed time); the contact is withheld or waits for approval, and the attempt stands in the history.
    """
    if contact.channel not in Contact.BY_HAND:
        raise DomainError("not_by_hand", f"{contact.channel} is sent by the system, not by hand.", contact=contact.pk)
    locks.lock_pks(Person.objects.filter(group=contact.group))
    contact = locks.lock_one(Contact, contact.pk)
    if is_stopped(contact.channel):
        raise DomainError(
            "stopped",
            "All sending by this channel is stopped; a second person must lift the stop first.",
            contact=contact.pk,
        )
    refuse_when_live(Contact.objects.filter(pk=contact.pk), at)
    if contact.purpose == "collect":
        _refuse_overtaken(contact, at)
    refusals = fsm.refusals(contact, "reveal", by=by, at=at, clearance_id=contact.pk)
    if refusals:
        raise Refused("refused", refusals, model="contact", pk=contact.pk, transition="reveal")
    import dataclasses

    gate = Gate()
    ask = dataclasses.replace(
        reading.asks_of([contact], phase="send", at=at)[0],
        agent=reading.agent_facts(by, people=people) if contact.channel == "visit" else None,
    )
    approvals = (
        {contact.pk: (contact.requested_by_id, contact.approved_by_id)}
        if contact.requested_by_id and contact.approved_by_id
        else None
    )
    judged = gate.judge([ask], asked_by=by, approvals=approvals)[contact.pk]
    if judged.expires_at is None:
        rules = " ".join(judged.answer.by)
        if judged.answer.verdict == "approve":
            fsm.apply(
                contact,
                "ask_approval",
                by=by,
                because="the gate asks for a second person",
                sentence=f"a second person decides: {rules}",
                rules=rules,
                requested_by=by,
            )
        else:
            fsm.apply(
                contact,
                "withhold",
                by=by,
                because="the gate withheld it when the number was asked for",
                sentence=f"withheld by {rules}",
                rules=rules,
                until=judged.answer.next_allowed_at or at + FAR,
            )
        return judged.answer
    gate.clear([judged])
    value = hand_over(contact, at=at, expires_at=judged.expires_at)
    revealed = fsm.apply(contact, "reveal", by=by, because=because, at=at, clearance_id=contact.pk)
    AccessRecord.objects.create(
        user=by, kind=AccessRecord.Kind.REVEAL, what=f"contact:{contact.pk}", at=at, because=because
    )
    return Revealed(revealed, value, judged.judgement_id)


def _refuse_overtaken(contact: Contact, at: dt.datetime) -> None:
    """What came since the plan stops a call as it stops a message: a hold by its dates where the person is, and money."""
    held_until = contact.case.contacts_held_until if contact.case else None
    if held_until is not None and held_until >= local_date([contact], at)[contact.pk]:
        raise DomainError("held", f"A hold stops contacts about this case until {held_until}.", contact=contact.pk)
    if why := overtaken(contact, at=at):
        raise DomainError("held", f"There is nothing to contact this person about any more: {why}.", contact=contact.pk)


@transaction.atomic
def log_outcome(
    contact: Contact,
    *,
    outcome: str,
    at: dt.datetime,
    by: Any,
    note: str = "",
    amount: Decimal | None = None,
    due_on: dt.date | None = None,
    method: str = "",
    on: dt.date,
) -> Contact:
    """Log what came of a revealed call or visit: events, and what follows from it (a promise, a hold to ask for, an invalid number)."""
    done = fsm.apply(
        contact, "complete", by=by, because=f"outcome: {outcome}", outcome=outcome, at=at, note=note or None
    )
    for kind in EVENTS.get(outcome, ("visit_made",) if done.channel == "visit" else TALKED):
        receipts.record_events([done.pk], kind=kind, at=at, by=by)
    _follow(done, outcome, at, on, by, amount, due_on, method)
    return done


def _follow(
    c: Contact,
    outcome: str,
    at: dt.datetime,
    on: dt.date,
    by: Any,
    amount: Decimal | None,
    due_on: dt.date | None,
    method: str,
) -> None:
    case = c.case
    if outcome == Contact.Outcome.PROMISE and case is not None:
        if amount is None or due_on is None:
            raise DomainError("promise_incomplete", "A promise needs an amount and a day.", contact=c.pk)
        make_promise(
            case, amount=amount, due_on=due_on, made_on=on, by=by, because="said on the call", method=method, contact=c
        )
    elif outcome in (Contact.Outcome.HARDSHIP, Contact.Outcome.DISPUTE) and case is not None:
        holds.request_hold(
            case,
            reason=outcome,
            from_on=on,
            until_on=on + dt.timedelta(days=14),
            by=by,
            because=f"the borrower told of a {outcome}",
        )
    elif outcome == Contact.Outcome.WRONG_NUMBER and c.contact_point is not None:
        if c.contact_point.state in (ContactPoint.State.UNVERIFIED, ContactPoint.State.VERIFIED):
            fsm.apply(c.contact_point, "mark_invalid", by=by, because="wrong number, said whoever answered")
    elif outcome == Contact.Outcome.STOP_CALLING and c.contact_point is not None:
        receipts.refuse_medium(
            c.person, contact_point=c.contact_point, channels=["voice"], at=at, by=by, because="asked not to be called"
        )
    elif outcome == Contact.Outcome.NO_ANSWER:
        plan_after_no_answer(c, on=on, at=at, by=by)


def plan_after_no_answer(c: Contact, *, on: dt.date, at: dt.datetime, by: Any) -> Contact | None:
    """After so many attempts without an answer the ladder's other channel is taken (`fallback_after`)."""
    from collections_app.policy.in_force import Policies

    if c.case is None or c.step == "by_hand":
        return None
    try:
        step = Policies().ladder(c.case.ladder_id).step(c.step)
    except KeyError:
        return None
    tries = ContactCase.objects.filter(case=c.case, step=c.step, occurrence=c.occurrence)
    made = tries.filter(contact__state=Contact.State.COMPLETED, contact__channel="voice").count()
    if step.fallback_after is None or made == 0:
        return None
    channels = ("voice",) if made < step.fallback_after.attempts else step.fallback_after.to
    for channel in channels:
        try:
            point = _usable(c.person, channel)
        except DomainError:
            continue
        if channel != "voice" and tries.filter(contact__channel=channel).exists():
            return None
        text = step.text_for(channel)
        pk = bulk.reserve_ids(Contact, 1)[0]
        follow = history.create_by(
            Contact,
            by=by,
            because=f"no answer after {made} attempt{'s' if made > 1 else ''}",
            id=pk,
            person=c.person,
            group=c.group,
            party=c.party,
            contact_point=point,
            case=c.case,
            channel=channel,
            purpose=c.purpose,
            step=c.step,
            occurrence=c.occurrence,
            attempt=tries.count(),
            template=text[1] if text else "",
            language=c.language,
            business_on=on,
            ladder_day=c.ladder_day,
            stage=c.case.stage,
            not_before=at,
        )
        ContactCase.objects.create(
            contact=follow,
            case=c.case,
            loan_id=c.case.loan_id,
            step=c.step,
            occurrence=c.occurrence,
            attempt=follow.attempt,
        )
        return follow
    return None
