"""Loans with a whole ledger: what is due when, what was paid and how it was appropriated."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from collections_app.kernel.history import create_by
from collections_app.kernel.money import round_half_up
from collections_app.models import Allocation, Charge, Instalment, Lender, Loan, LoanEvent, LoanParty, Payment, Person

from .borrowers import a_person
from .staff import a_machine

_numbers = itertools.count(1)


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day of the month so many months later (or the last day of a shorter month)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def noon(day: dt.date) -> dt.datetime:
    """12:00 UTC."""
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


def a_lender(name: str = "Dunwell Example Lending", *, by: Any = None, **columns: Any) -> Lender:
    """The lender of this name, made when it is not there yet."""
    return Lender.objects.filter(name=name).first() or create_by(
        Lender, by=by or a_machine(), because="founded", name=name,
        **{"address": "1 Example Street, Springfield, IL 62701", "phone": "+12175550100", **columns},
    )  # fmt: skip


def a_loan(
    debtor: Person | None = None, *, number: str | None = None, by: Any = None, currency: str = "USD",
    instalment: str = "100.00", instalments: int = 6, paid: int = 2, open_since: dt.date = dt.date(2026, 3, 10),
    tolerance: str | None = None, state: str = "active", **columns: Any,
) -> Loan:  # fmt: skip
    """A loan of equal monthly instalments, of which the first `paid` were paid on their day; the next is due on
    `open_since` (which may lie ahead). `paid == instalments` is a loan with nothing open."""
    by = by or a_machine()
    debtor = debtor or a_person(by=by)
    amount = Decimal(instalment)
    dues = [months_later(open_since, n - paid) for n in range(instalments)]
    loan = create_by(
        Loan, by=by, because="came with the tape", number=number or f"L-{next(_numbers):06d}", debtor=debtor,
        group=debtor.group, currency=currency, instalment=amount, state=state,
        tolerance=Decimal(tolerance) if tolerance is not None else round_half_up(amount * Decimal("0.05"), currency),
        oldest_open_due_on=open_since if paid < instalments else None,
        **{
            "lender": columns.pop("lender", None) or a_lender(by=by), "principal": amount * instalments,
            "contract_law": "US", "contract_on": months_later(dues[0], -1), "paid_out_on": months_later(dues[0], -1),
            "opened_on": months_later(dues[0], -1), **columns,
        },
    )  # fmt: skip
    create_by(LoanParty, by=by, because="signed", loan=loan, person=debtor, role="debtor")
    for sequence, due_on in enumerate(dues, start=1):
        row = create_by(
            Instalment, by=by, because="agreed in the contract", loan=loan, sequence=sequence, due_on=due_on,
            contract_due_on=due_on, currency=currency, amount=amount, paid=amount if sequence <= paid else Decimal(0),
        )  # fmt: skip
        if sequence <= paid:
            payment = a_payment(loan, instalment, value_on=due_on, booked_on=due_on + dt.timedelta(days=1), by=by)
            Allocation.objects.create(
                payment=payment, loan=loan, instalment=row, currency=currency, amount=amount, on=payment.booked_on
            )
    return loan


def settled(loan: Loan, on: dt.date, *, by: Any = None) -> Loan:
    """The loan, settled for a smaller sum."""
    from collections_app.kernel.fsm import apply

    apply(loan, "settle", by=by or a_machine(), because="a smaller sum was agreed", on=on)
    return loan


def a_payment(
    loan: Loan, amount: str, *, value_on: dt.date, by: Any = None, received_at: dt.datetime | None = None,
    source: str = "bank", reference: str | None = None, **columns: Any,
) -> Payment:  # fmt: skip
    """Money received, by default on its value date and waiting for its run."""
    return create_by(
        Payment, by=by or a_machine(), because="reported by the bank", loan=loan, currency=loan.currency,
        amount=Decimal(amount), value_on=value_on, received_at=received_at or noon(value_on), source=source,
        reference=reference or f"P-{next(_numbers):08d}", **columns,
    )  # fmt: skip


def a_suspect_payment(loan: Loan, amount: str, *, value_on: dt.date, **columns: Any) -> Payment:
    """A payment that looks like a double."""
    return a_payment(loan, amount, value_on=value_on, state="suspect", **columns)


def a_charge(
    loan: Loan, amount: str = "15.00", *, on: dt.date, kind: str = "late_fee", by: Any = None, **columns: Any
) -> Charge:
    """A fee or cost."""
    return create_by(
        Charge, by=by or a_machine(), because="agreed in the contract", loan=loan, kind=kind, on=on,
        currency=loan.currency, amount=Decimal(amount), **{"authority": "contract, clause 7", **columns},
    )  # fmt: skip


def a_loan_event(
    loan: Loan, kind: str, on: dt.date, *, by: Any = None, source_ref: str | None = None, **columns: Any
) -> LoanEvent:
    """Something the servicer reports besides payments."""
    return create_by(
        LoanEvent, by=by or a_machine(), because="reported by the servicer", loan=loan, kind=kind, on=on,
        received_at=columns.pop("received_at", None) or noon(on), currency=loan.currency,
        source_ref=source_ref or f"E-{next(_numbers):08d}", **columns,
    )  # fmt: skip
