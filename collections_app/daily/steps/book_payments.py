"""Book the money and the events valued before the day."""

from __future__ import annotations

from django.db.models import Q

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.models import Loan, LoanEvent, Payment
from collections_app.services.events import book_loan_money


@step("book_payments", Over.LOANS)
def book_payments(context: RunContext, window: Window) -> StepResult:
    """1. Find the loans of the window with money or events that wait and are valued before the day. 2. Book them."""
    waiting = set(
        Payment.objects.filter(
            Q(loan__gte=window.first, loan__lte=window.last), booked_on=None, state=Payment.State.RECEIVED, value_on__lt=context.date
        ).values_list("loan_id", flat=True)
    ) | set(
        LoanEvent.objects.filter(
            loan__gte=window.first, loan__lte=window.last, booked_on=None, on__lt=context.date
        ).values_list("loan_id", flat=True)
    )
    result = StepResult()
    if waiting:
        Loan.objects.select_for_update().filter(pk__any_of=sorted(waiting)).order_by("pk").values_list("pk").last()
        result.counts.update(
            book_loan_money(sorted(waiting), before=context.date, on=context.date, by=context.by, run=context.run)
        )
    return result
