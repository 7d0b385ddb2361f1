"""Promises: written down as the borrower said them, settled by the daily run from the payments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from collections_app.kernel import fsm, history
from collections_app.kernel.errors import DomainError
from collections_app.models import Case, Contact, Payment, Promise


def make_promise(
    case: Case,
    *,
    amount: Decimal,
    due_on: dt.date,
    made_on: dt.date,
    by: Any,
    because: str,
    method: str = "",
    contact: Contact | None = None,
) -> Promise:
    """Write a promise down. A case has one open promise at a time: an earlier one is withdrawn for the newer word."""
    if due_on < made_on:
        raise DomainError(
            "promise_in_the_past", f"A promise for {due_on} cannot be made on {made_on}; choose a later day."
        )
    if amount <= 0:
        raise DomainError("promise_of_nothing", "A promise needs an amount above zero.")
    for old in Promise.objects.filter(case=case, state=Promise.State.OPEN):
        fsm.apply(old, "withdraw", by=by, because="a newer promise took its place", on=made_on)
    return history.create_by(
        Promise,
        by=by,
        because=because,
        case=case,
        person_id=case.debtor_id,
        contact=contact,
        made_on=made_on,
        due_on=due_on,
        currency=case.loan.currency,
        amount=amount,
        method=method,
    )


def settle_due(window: tuple[int, int], *, on: dt.date, by: Any, run: Any) -> tuple[int, int]:
    """Keep or break the promises of a window, from the money valued from the day they were made. Gives (kept, broken).

    Kept as soon as the money is there; broken when the run of the day after the promised one still misses any of it.
    """
    open_ = Promise.objects.filter(state=Promise.State.OPEN, case__loan_id__gte=window[0], case__loan_id__lte=window[1])
    came = (
        Payment.objects.filter(
            loan=OuterRef("case__loan"),
            state=Payment.State.RECEIVED,
            value_on__gte=OuterRef("made_on"),
            value_on__lte=OuterRef("due_on"),
            value_on__lt=on,
        )
        .order_by()
        .values("loan")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    judged = open_.annotate(came=Coalesce(Subquery(came), 0, output_field=Promise._meta.get_field("amount")))
    kept_ids = list(judged.filter(came__gte=F("amount")).order_by("pk").values_list("pk", flat=True))
    kept = (
        fsm.advance_set(
            Promise.objects.filter(pk__any_of=kept_ids),
            "keep",
            by=by,
            because="the money came by its day",
            run=run,
            on=on,
        )
        if kept_ids
        else 0
    )
    broken = fsm.advance_set(
        open_.filter(due_on__lt=on), "break_", by=by, because="its day went by without the money", run=run, on=on
    )
    return kept, broken
