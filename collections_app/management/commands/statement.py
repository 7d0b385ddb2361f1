"""The ledger of one loan as of the end of a day, to the last unit of its currency."""

from __future__ import annotations

import argparse
from typing import Any

from collections_app.kernel import clock
from collections_app.kernel.errors import DomainError
from collections_app.management.base import JsonCommand, iso_date
from collections_app.models import Loan
from collections_app.services import statement


class Command(JsonCommand):
    help = "Print the account of a loan: what fell due, what was paid, how it was appropriated, what is left."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("loan", metavar="LOAN", help="number of the loan")
        parser.add_argument("--on", type=iso_date, metavar="DATE", help="as of the end of this day; default today")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        loan = Loan.objects.select_related("lender").filter(number=options["loan"]).first()
        if loan is None:
            raise DomainError(
                "unknown_loan", f"There is no loan with the number {options['loan']}.", loan=options["loan"]
            )
        return statement.statement(loan, options["on"] or clock.today())

    def tell(self, result: dict[str, Any]) -> None:
        write = self.stdout.write
        write(f"Loan {result['loan']} of {result['header']['lender']}, end of {result['on']}, {result['currency']}")
        for line in result["lines"]:
            write(f"{line['on']}  {line['what']:<60.60} {line['debit']:>12} {line['credit']:>12} {line['balance']:>12}")
            for part in line["allocations"]:
                write(f"{'':<12}{part['amount']:>12} to {part['to']}")
        write("")
        for name, amount in result["totals"].items():
            write(f"{name.replace('_', ' '):<24} {amount:>14}")
        write(f"{'days past due':<24} {result['days_past_due']:>14}")
