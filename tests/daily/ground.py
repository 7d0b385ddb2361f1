"""A small lender for the days: loans of twelve instalments of $105.50, due on the 10th from February 2026 on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from collections_app.models import Case, Contact, Loan
from tests.walks.ground import LOAN, PAYMENT, a_file, close, command, load_policies


def d(month: int, day: int) -> dt.date:
    return dt.date(2026, month, day)


def lend(folder: Path, *numbers: str, paid: int = 1, **columns: str) -> list[Loan]:
    """Loans of these numbers, of which the first `paid` instalments were paid on their day."""
    load_policies()
    rows = [
        {
            **LOAN,
            "number": n,
            "debtor_number": f"B-{n}",
            "debtor_mobile": f"+1573555{i + 100:04d}",
            "debtor_email": f"{n.lower()}@example.org",
            **columns,
        }
        for i, n in enumerate(numbers)
    ]
    command("import_loans", a_file(folder / "loans.csv", *rows))
    for n in numbers:
        for month in range(2, 2 + paid):
            pay(folder, n, d(month, 10))
    return list(Loan.objects.filter(number__in=numbers).order_by("number"))


def pay(
    folder: Path, number: str, on: dt.date, amount: str = "105.50", reference: str = "", **columns: str
) -> dict[str, Any]:
    """Money of a loan, through the front door."""
    reference = reference or f"{number} {on} {amount}"
    row = {
        **PAYMENT,
        "reference": reference,
        "loan_number": number,
        "value_on": on.isoformat(),
        "amount": amount,
        **columns,
    }
    return command("import_payments", a_file(folder / f"{abs(hash(reference))}.csv", row))


def close_through(first: dt.date, last: dt.date) -> None:
    day = first
    while day <= last:
        close(day)
        day += dt.timedelta(days=1)


def the_case(number: str = "L-1") -> Case:
    return Case.objects.filter(loan__number=number).order_by("-episode")[0]


def planned(number: str = "L-1") -> list[tuple[str, str, str]]:
    """(step, channel, state) of every contact of a loan, in the order in which they were planned."""
    rows = Contact.objects.filter(covers__loan__number=number).order_by("business_on", "pk")
    return list(rows.values_list("step", "channel", "state"))


__all__ = ["close", "close_through", "d", "lend", "load_policies", "pay", "planned", "the_case"]
