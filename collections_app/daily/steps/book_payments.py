"""Book the money and the events valued before the day."""

from __future__ import annotations

from collections_app.kernel import locks
from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.models import Loan
from collections_app.services.events import book_loan_money, loans_waiting


@step("book_payments", Over.LOANS)
def book_payments(context: RunContext, window: Window) -> StepResult:
    """1. Find the loans of the window with money, events or reversals that wait and are valued before the day. 2. Book them."""
    waiting = loans_waiting(window.first, window.last, before=context.date)
    result = StepResult()
    if waiting:
        locks.lock_all(Loan, waiting)
        result.counts.update(
            book_loan_money(waiting, before=context.date, on=context.date, by=context.by, run=context.run)
        )
    return result
