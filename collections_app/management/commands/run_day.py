"""Close a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from collections_app.daily.runner import close_days
from collections_app.kernel import clock
from collections_app.management.base import JsonCommand, iso_date, positive


class Command(JsonCommand):
    help = "Close a day, after all days missed before it. Plans contacts; never sends."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=iso_date, metavar="DATE", help="default: today in the lender's zone")
        parser.add_argument("--dry-run", action="store_true", help="say what the run would do and keep nothing")
        parser.add_argument("--workers", type=positive, default=1, metavar="N", help="windows at once; PostgreSQL only")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        return close_days(
            options["date"] or clock.today(),
            workers=options["workers"],
            dry_run=options["dry_run"],
            progress=self.stderr.write,
        )

    def refusal(self, result: dict[str, Any]) -> str | None:
        n = result["set_aside"]
        if not n:
            return None
        return f"{n} loan{'s were' if n > 1 else ' was'} set aside: the page of the run says why. All others are done."
