"""Log a call as a collector tells it: of a number that the gate revealed, of another telephone, or one that came in.

Nothing is refused because of a rule: what happened is kept, judged at record, and opens a breach where a rule did not
allow it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import to_minor
from collections_app.models import Case, Contact, ContactEvent, ContactPoint, LoanParty, Person

from . import calls, holds, receipts
from .promises import make_promise

NOT_REACHED = (Contact.Outcome.NO_ANSWER, Contact.Outcome.VOICEMAIL)


@dataclass(frozen=True)
class CallTold:
    """What the form says. `amount` and `due_on` are of a promise; `note` may be read by the borrower one day."""

    outcome: str
    direction: str = "out"
    note: str = ""
    amount: Decimal | None = None
    due_on: dt.date | None = None
    method: str = ""


@dataclass(frozen=True)
class Logged:
    """What was kept: the contact that was completed, or the events of a call that no contact was planned for."""

    contact: Contact | None
    events: tuple[ContactEvent, ...]


@transaction.atomic
def log_call(
    case: Case,
    told: CallTold,
    *,
    person: Person,
    at: dt.datetime,
    on: dt.date,
    by: Any,
    revealed: Contact | None = None,
) -> Logged:
    """Keep a call and what follows from it: a promise, a hold to be approved, an invalid number, a refused medium.

    `revealed`: the contact whose number this person was shown; its outcome is logged. Without it, and for a call that
    came in, the events are kept for themselves.
    """
    _refuse_nonsense(case, told, on)
    if told.direction == "out" and revealed is not None:
        done = calls.log_outcome(
            revealed,
            outcome=told.outcome,
            at=at,
            by=by,
            note=told.note,
            amount=told.amount,
            due_on=told.due_on,
            method=told.method,
            on=on,
        )
        return Logged(done, tuple(ContactEvent.objects.filter(contact=done).order_by("id")))
    kinds = ("conversation",) if told.direction == "in" else calls.EVENTS.get(told.outcome, calls.TALKED)
    point = (
        ContactPoint.objects.filter(person=person, kind__in=ContactPoint.FOR_CHANNEL["voice"])
        .exclude(state=ContactPoint.State.INVALID)
        .order_by("preference", "id")
        .first()
    )
    role = (
        LoanParty.objects.filter(loan=case.loan_id, person=person).order_by("id").values_list("role", flat=True).first()
    )
    events = tuple(
        receipts.keep_event(
            kind=kind,
            at=at,
            person=person,
            loans=[case.loan],
            by=by,
            party=role or "debtor",
            contact_point=point,
            channel="voice",
            direction=told.direction,
            note=_noted(told) if n == len(kinds) - 1 else None,
        )
        for n, kind in enumerate(kinds)
    )
    _follow(case, told, person, point, at, on, by)
    return Logged(None, events)


def _refuse_nonsense(case: Case, told: CallTold, on: dt.date) -> None:
    if told.outcome not in Contact.Outcome.values:
        raise DomainError("no_outcome", "Choose what came of the call.", case=case.pk)
    if told.direction == "in" and told.outcome in NOT_REACHED:
        raise DomainError("nobody_called", "A call that came in was answered: choose what was said.", case=case.pk)
    if told.outcome != Contact.Outcome.PROMISE:
        return
    if told.amount is None or told.due_on is None:
        raise DomainError(
            "promise_incomplete", "A promise needs an amount and a day. Write both and save again.", case=case.pk
        )
    to_minor(told.amount, case.loan.currency)
    if told.due_on < on:
        raise DomainError(
            "promise_in_the_past",
            f"A promise for {told.due_on} cannot be made on {on}; choose a later day.",
            case=case.pk,
        )


def _noted(told: CallTold) -> str:
    """The event has no outcome of its own: the note begins with it."""
    return f"{Contact.Outcome(told.outcome).label}. {told.note}".strip()


def _follow(
    case: Case, told: CallTold, person: Person, point: ContactPoint | None, at: dt.datetime, on: dt.date, by: Any
) -> None:
    if told.outcome == Contact.Outcome.PROMISE and told.amount is not None and told.due_on is not None:
        make_promise(
            case,
            amount=told.amount,
            due_on=told.due_on,
            made_on=on,
            by=by,
            because="said on the telephone",
            method=told.method,
        )
    elif told.outcome in (Contact.Outcome.HARDSHIP, Contact.Outcome.DISPUTE):
        holds.request_hold(
            case,
            reason=told.outcome,
            from_on=on,
            until_on=on + dt.timedelta(days=14),
            by=by,
            because=f"the borrower told of a {told.outcome}",
        )
    elif told.outcome == Contact.Outcome.STOP_CALLING and point is not None:
        receipts.refuse_medium(
            person, contact_point=point, channels=["voice"], at=at, by=by, because="asked not to be called"
        )
