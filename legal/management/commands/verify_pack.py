"""Say whether a pack is the one that was sealed. Needs only the file, unless the database is asked too."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from legal.bundle.verify import verify
from legal.management.json_command import JsonCommand


class Command(JsonCommand):
    help = "Verify a pack (PDF or ZIP): whole, and with --digest the one whose cover shows that digest."
    # The file is checked by itself, also where no database is: nothing of the installation is asked.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--digest", metavar="HEX", help="the 64 digits on the cover, or the SHA-256 of the PDF")
        parser.add_argument("--against-database", action="store_true", help="compare with the register of packs too")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        path: Path = options["file"]
        verdict = verify(path, options["digest"])
        checked, problems = list(verdict.checked), list(verdict.problems)
        if options["against_database"]:
            from legal.services.register import look_up

            found = look_up(path, verdict.manifest_sha256)
            (checked if found.known else problems).append(found.sentence)
        return {
            "ok": not problems,
            "checked": checked,
            "problems": problems,
            "manifest_sha256": verdict.manifest_sha256,
        }

    def refusal(self, result: dict[str, Any]) -> str | None:
        return None if result["ok"] else "The pack is not what was sealed, or that cannot be shown: see the problems."
