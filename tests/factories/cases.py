"""Arrears episodes, and what makes them wait."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from collections_app.kernel.fsm import apply
from collections_app.kernel.history import create_by, save_by
from collections_app.models import OPEN_END, Case, Hold, Loan, Promise

from .loans import a_loan
from .policy import a_ladder
from .staff import a_machine, a_user

DAY = dt.date(2026, 3, 16)  # a Monday: the run date that tests mean when they name none

# Ladder day from which a stage begins, as in the shipped six-day ladder.
BEGINS = {"early": 1, "mid": 4, "late": 6}


def stage_of(day: int) -> str:
    """The stage of a ladder day in the shipped ladder."""
    return [stage for stage, begins in BEGINS.items() if begins <= max(day, 1)][-1]


def an_overdue_case(
    days: int = 6,
    *,
    on: dt.date = DAY,
    loan: Loan | None = None,
    stage: str | None = None,
    by: Any = None,
    **columns: Any,
) -> Case:
    """A case on its `days`-th ladder day at the run of `on`, in the stage of that day (or in `stage`).

    Without `loan`: a loan whose third instalment fell due `days` days before `on` and is not paid.
    """
    by = by or a_machine("daily-run")
    due_on = on - dt.timedelta(days=days)
    loan = loan or a_loan(open_since=due_on, state="past_due")
    stage = stage or stage_of(days)
    stage_on = due_on + dt.timedelta(days=BEGINS[stage]) if stage in BEGINS else on
    return create_by(
        Case, by=by, because="an instalment was not paid", loan=loan, debtor=loan.debtor, group=loan.group,
        started_on=due_on + dt.timedelta(days=1), anchor_due_on=due_on, counts_from_on=due_on, stage=stage,
        **{"ladder": columns.pop("ladder", None) or a_ladder(), "stage_on": stage_on, **columns},
    )  # fmt: skip


def a_closed_case(days: int = 6, *, on: dt.date = DAY, reason: str = "cured", **columns: Any) -> Case:
    """A case that was closed on `on`."""
    return an_overdue_case(days, on=on, stage="closed", closed_on=on, closed_reason=reason, **columns)


def settled(case: Case, on: dt.date = DAY, *, by: Any = None) -> Case:
    """The case, closed because its loan was settled for a smaller sum."""
    by = by or a_machine()
    apply(case.loan, "settle", by=by, because="a smaller sum was agreed", on=on)
    apply(case, "close_with_loan", by=by, because="the loan was settled", on=on, step="loan", reason="settled")
    return case


def a_hold(
    case: Case, reason: str = "hardship", *, from_on: dt.date = DAY, until_on: dt.date | None = None,
    requested_by: Any = None, **columns: Any,
) -> Hold:  # fmt: skip
    """A hold that somebody asked for."""
    requested_by = requested_by or a_user("collector")
    return create_by(
        Hold, by=requested_by, because="the borrower lost the job", case=case, person=case.debtor, reason=reason,
        from_on=from_on, until_on=until_on, requested_by=requested_by, **columns,
    )  # fmt: skip


def on_hold(
    case: Case, *, from_on: dt.date = DAY, until_on: dt.date | None = None, approved_by: Any = None, **columns: Any
) -> Case:
    """The case with an approved hold, whose dates stand on the case too."""
    hold = a_hold(case, from_on=from_on, until_on=until_on, **columns)
    hold = apply(hold, "approve", by=approved_by or a_user("supervisor"), because="the papers were seen")
    until = until_on or OPEN_END
    for what in ("contacts", "clock", "fees", "legal"):
        if getattr(hold, f"stops_{what}"):
            setattr(case, f"{what}_held_until", max(until, getattr(case, f"{what}_held_until")))
    save_by(case, by=a_machine("daily-run"), because="a hold was approved")
    return case


def a_promise(
    case: Case, amount: str = "100.00", *, due_on: dt.date = DAY, made_on: dt.date | None = None, by: Any = None,
    **columns: Any,
) -> Promise:  # fmt: skip
    """What the borrower said they would pay, by default told three days before."""
    return create_by(
        Promise, by=by or a_machine(), because="said on the phone", case=case, person=case.debtor, due_on=due_on,
        made_on=made_on or due_on - dt.timedelta(days=3), currency=case.loan.currency, amount=Decimal(amount), **columns,
    )  # fmt: skip
