"""Import a file of loans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from collections_app.management.base import JsonCommand, iso_date
from collections_app.services import ingest


class Command(JsonCommand):
    help = "Import loans from CSV, CSV.gz, XLSX or Parquet. Good rows go in; bad ones come back in rejects_file."
    payments = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--mapping", help="name of a shipped mapping, or a .toml file (default: plain)")
        parser.add_argument("--as-of", type=iso_date, metavar="DATE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and keep nothing")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        take = ingest.import_payments if self.payments else ingest.import_loans
        done = take(options["file"], options["mapping"], as_of=options["as_of"], dry_run=options["dry_run"])
        for note in done.notes:
            self.stderr.write(note)
        return done.as_json(self.payments)

    def refusal(self, result: dict[str, Any]) -> str | None:
        if not result["rejected"]:
            return None
        n = result["rejected"]
        return f"{n} row{'s were' if n > 1 else ' was'} refused: see {result['rejects_file']}, correct and import that file."
