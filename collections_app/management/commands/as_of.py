"""An object as the system knew it at an instant."""

from __future__ import annotations

import argparse
from typing import Any

from collections_app.management.base import JsonCommand, iso_instant, plain
from collections_app.services.known_then import known_then


class Command(JsonCommand):
    help = "Print an object (case:12, loan:L-0004) as the system knew it at an instant, and who made it so and why."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("object", metavar="OBJECT", help="word and key: case:12, loan:L-0004, contact:7 …")
        parser.add_argument("instant", metavar="INSTANT", type=iso_instant, help="RFC 3339, as in 2026-03-31T14:05:00Z")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        return known_then(options["object"], options["instant"])

    def tell(self, result: dict[str, Any]) -> None:
        write, changed = self.stdout.write, result["changed"]
        write(f"{result['object']} at {plain(result['at'])}")
        write(f"so since {plain(changed['at'])}, by {changed['by']}: {changed['because']}")
        for name, value in result["fields"].items():
            write(f"  {name:<24} {'' if value is None else plain(value)}")
        for name in result.get("personal", []):
            write(f"  {name:<24} (personal data)")
        for instalment in result.get("instalments", []):
            write(
                f"  due {instalment['due_on']}  {plain(instalment['amount']):>12}  paid {plain(instalment['paid']):>12}"
            )
