"""`--json` for the commands of this app: one object on stdout and nothing else, exit 1 with a sentence on refusal."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from collections_app.kernel.errors import DomainError


class JsonCommand(BaseCommand):
    """A command whose result is a dict; `refusal` may give a sentence, and then the exit code is 1."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        return parser

    def handle_json(self, **options: Any) -> dict[str, Any]:
        raise TypeError(f"{type(self).__module__} must say in handle_json what it does")

    def refusal(self, result: dict[str, Any]) -> str | None:
        return None

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json")
        try:
            result = self.handle_json(**options)
        except (DomainError, OSError) as error:
            told = error.as_json() if isinstance(error, DomainError) else _of_the_machine(error)
            if as_json:
                self.stdout.write(json.dumps({"error": told}, ensure_ascii=False))
            raise CommandError(str(told["sentence"]), returncode=1) from error
        if as_json:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.tell(result)
        if sentence := self.refusal(result):
            raise CommandError(sentence, returncode=1)

    def tell(self, result: dict[str, Any]) -> None:
        for key, value in result.items():
            lines = value if isinstance(value, list) else [value]
            for line in lines or ["-"]:
                self.stdout.write(
                    f"{key}: {line if not isinstance(line, dict) else ', '.join(map(str, line.values()))}"
                )


def _of_the_machine(error: OSError) -> dict[str, Any]:
    where = f"{error.filename}: " if error.filename else ""
    return {"code": "machine_refused", "sentence": f"{where}{error.strerror or error}."}
