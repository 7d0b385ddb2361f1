"""The statement of account in the manifest's words, from the one computation that the command `statement` prints."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from collections_app.models import Charge, Instalment, Loan, LoanEvent, Payment
from collections_app.services.statement import statement as account_of
from legal.bundle.manifest import Amount, Statement, StatementLine

from .versions import newest_versions


def account(loan: Loan, *, on: dt.date) -> tuple[Statement, Amount, tuple[int, ...]]:
    """The account of what fell due and was paid as of the end of `on`, what is owed in all, and the versions of the
    rows that both were made from. Raises `statement_does_not_add_up`.
    """
    told = account_of(loan, on)
    totals = told["totals"]
    owed = max(Decimal(0), Decimal(totals["remaining_balance"]))
    to_come = Decimal(totals["instalments_to_come"])
    note = (
        f"The balance is what has fallen due and is not paid. Instalments of {to_come:,} {loan.currency} fall due "
        f"later; what is owed under the agreement in all is {owed:,} {loan.currency}."
    )
    lines = tuple(
        StatementLine(
            number=line["number"],
            on=dt.date.fromisoformat(line["on"]),
            what=line["what"],
            balance=line["balance"],
            charged=line["debit"],
            paid=line["credit"],
            reference=line["reference"],
        )
        for line in told["lines"]
    )
    return (
        Statement(on, loan.currency, lines, totals["balance"], note),
        Amount.of(owed, loan.currency),
        _versions(loan, on),
    )


def _versions(loan: Loan, on: dt.date) -> tuple[int, ...]:
    dated: tuple[tuple[Any, dict[str, dt.date]], ...] = (
        (Instalment, {}),
        (Charge, {"on__lte": on}),
        (Payment, {"value_on__lte": on}),
        (LoanEvent, {"on__lte": on}),
    )
    return tuple(
        version
        for model, until in dated
        for version in newest_versions(model, model.objects.filter(loan=loan, **until).values_list("pk", flat=True))
    )
