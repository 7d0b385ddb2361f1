"""Write a made-up portfolio, loans.csv and payments.csv, for `import_loans` and `import_payments`."""

from __future__ import annotations

import argparse
from typing import Any

from collections_app.kernel import clock
from collections_app.management.base import JsonCommand, iso_date, positive
from collections_app.services.portfolio import PROFILES, write_portfolio


class Command(JsonCommand):
    help = "Write a made-up portfolio, in the plain format, whose borrowers pay as real ones do."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--loans", type=positive, required=True, metavar="N", help="how many loans")
        parser.add_argument("--profile", choices=sorted(PROFILES), default="prime", help="subprime is invented")
        parser.add_argument("--seed", default="1", help="the same seed gives the same portfolio")
        parser.add_argument("--as-of", type=iso_date, metavar="DATE", help="the day it is made for; default today")
        parser.add_argument("--out", required=True, metavar="DIR", help="folder for loans.csv and payments.csv")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        began = clock.process_seconds()
        as_of = options["as_of"] or clock.today()
        with self.progress(options["loans"], "loans") as bar:
            done = write_portfolio(
                options["out"],
                options["loans"],
                profile=options["profile"],
                seed=options["seed"],
                as_of=as_of,
                step=bar.step,
            )
        return {
            "loans": done.loans,
            "borrowers": done.borrowers,
            "instalments": done.instalments,
            "payments": done.payments,
            "unpaid": done.unpaid,
            "profile": options["profile"],
            "profile_source": PROFILES[options["profile"]].source,
            "seed": options["seed"],
            "as_of": as_of,
            "late_on_day": {str(day): share for day, share in done.late_on.items()},
            "loans_file": str(done.loans_file),
            "payments_file": str(done.payments_file),
            "seconds": round(clock.process_seconds() - began, 3),
        }
