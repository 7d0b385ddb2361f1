"""Days past due, overdue amount and what is outstanding of loans, as of the end of one or more days."""

from __future__ import annotations

import argparse
from typing import Any

from collections_app.kernel import clock
from collections_app.kernel.errors import DomainError
from collections_app.management.base import JsonCommand, iso_date
from collections_app.models import Loan
from collections_app.services import statement


class Command(JsonCommand):
    help = "Print days past due and amounts of loans as of the end of each date."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--on", type=iso_date, action="append", metavar="DATE", help="may be given again; default today"
        )
        parser.add_argument(
            "--loan", action="append", metavar="L", help="number of a loan; may be given again; default all"
        )

    def handle_json(self, **options: Any) -> dict[str, Any]:
        dates = options["on"] or [clock.today()]
        loans = Loan.objects.all()
        if options["loan"]:
            loans = loans.filter(number__in=options["loan"])
            unknown = sorted(set(options["loan"]) - set(loans.values_list("number", flat=True)))
            if unknown:
                raise DomainError(
                    "unknown_loan", f"There is no loan with the number {', '.join(unknown)}.", loan=unknown
                )
        rows = []
        with self.progress(loans.count() * len(dates), "arrears") as bar:
            for row in statement.arrears(dates, loans):
                rows.append(row)
                bar.step()
        return {"loans": rows}

    def tell(self, result: dict[str, Any]) -> None:
        self.stdout.write(f"{'loan':<20} {'on':<10} {'days':>5} {'overdue':>14} {'outstanding':>14}")
        for row in result["loans"]:
            self.stdout.write(
                f"{row['loan']:<20} {row['on']:<10} {row['days_past_due']:>5} {row['overdue_amount']:>14} "
                f"{row['outstanding']:>14} {row['currency']}"
            )
