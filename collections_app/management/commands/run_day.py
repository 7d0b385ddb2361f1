"""Close a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandParser

from collections_app.daily.runner import close_days
from collections_app.kernel import clock
from collections_app.management.base import JsonCommand


class Command(JsonCommand):
    help = "Close a day, after all days missed before it. Plans contacts; never sends."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=dt.date.fromisoformat, help="default: today in the lender's zone")
        parser.add_argument("--dry-run", action="store_true", help="say what the run would do and keep nothing")
        parser.add_argument("--workers", type=int, default=1)

    def handle_json(self, **options: Any) -> dict[str, Any]:
        return close_days(
            options["date"] or clock.today(),
            workers=options["workers"],
            dry_run=options["dry_run"],
            progress=self.stderr.write,
        )
