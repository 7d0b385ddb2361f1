"""The manners that all commands share: `--json`, exit codes, progress.

With `--json` exactly one JSON object goes to stdout and nothing else; progress and notes go to stderr. Exit
0: done. 1: something was refused or failed, and the JSON says what. 2: wrong usage.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from collections_app.kernel.errors import DomainError

PROGRESS_WIDTH = 30
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Refused(CommandError):
    """Ends the command with exit code 1; the message goes to stderr."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=1)


class WrongUsage(CommandError):
    """Ends the command with exit code 2, for wrong usage that argparse itself cannot see."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=2)


class JsonCommand(BaseCommand):
    """A command whose result is a dict. Subclasses write `handle_json` and, for arguments, `add_arguments`.

    `refusal(result)` may give a sentence if the command ran to its end but refused something (bad rows, a
    wrong scenario): the result is printed all the same, and the exit code is 1.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        return parser

    def handle_json(self, **options: Any) -> dict[str, Any]:
        """Do the work and return what the JSON object holds; raise DomainError for what cannot be done."""
        raise TypeError(f"{type(self).__module__} must say in handle_json what it does")

    def refusal(self, result: dict[str, Any]) -> str | None:
        """A sentence that says what was refused, or None."""
        return None

    def tell(self, result: dict[str, Any]) -> None:
        """Print the result for people: a line a key, unless a command has something better."""
        for key, value in result.items():
            if isinstance(value, dict):
                value = ", ".join(f"{name} {plain(inner)}" for name, inner in value.items()) or "-"
            self.stdout.write(f"{key}: {plain(value)}")

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json")
        try:
            result = self.handle_json(**options)
        except (DomainError, OSError) as error:
            told = error.as_json() if isinstance(error, DomainError) else _of_the_machine(error)
            if as_json:
                self.stdout.write(dumps({"error": told}))
            raise Refused(str(told["sentence"])) from error
        if as_json:
            self.stdout.write(dumps(result))
        else:
            self.tell(result)
        if sentence := self.refusal(result):
            raise Refused(sentence)

    @contextmanager
    def progress(self, total: int, what: str) -> Iterator[Progress]:
        """`with self.progress(n, "loans") as bar: bar.step()`; draws only where stderr is a terminal."""
        bar = Progress(self.stderr, total, what)
        try:
            yield bar
        finally:
            bar.end()


class Progress:
    """A bar on stderr. It is drawn anew for each hundredth, so that a million steps cost a hundred lines."""

    def __init__(self, stream: OutputWrapper, total: int, what: str) -> None:
        self._stream = stream
        self._total = max(total, 1)
        self._what = what
        self._done = 0
        self._drawn = -1
        self._seen = bool(stream.isatty())

    def step(self, count: int = 1) -> None:
        self._done += count
        hundredth = min(100, self._done * 100 // self._total)
        if self._seen and hundredth != self._drawn:
            self._drawn = hundredth
            filled = "#" * (hundredth * PROGRESS_WIDTH // 100)
            line = f"\r{self._what} [{filled:<{PROGRESS_WIDTH}}] {hundredth:3d} %"
            self._stream.write(line, style_func=str, ending="")

    def end(self) -> None:
        if self._seen and self._drawn >= 0:
            self._stream.write("", style_func=str)


def plain(value: Any) -> Any:
    """A value as it stands in JSON: dates YYYY-MM-DD, instants RFC 3339 in UTC with Z, money as a string."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if isinstance(value, str | int | float | list | tuple | dict | None) else str(value)


def dumps(value: Any) -> str:
    """The JSON object of a command."""
    return json.dumps(value, default=plain, ensure_ascii=False)


def iso_date(text: str) -> dt.date:
    """For `add_argument(type=iso_date)`: YYYY-MM-DD; anything else is wrong usage."""
    # Python reads more forms, 2026-W11-3 among them; who writes one of those may mean another day.
    try:
        if DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-03-31")


def iso_instant(text: str) -> dt.datetime:
    """For `add_argument(type=iso_instant)`: RFC 3339 with an offset; anything else is wrong usage."""
    try:
        at = dt.datetime.fromisoformat(text) if DATE.fullmatch(text[:10]) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"“{text}” is not an instant such as 2026-03-31T14:05:00Z")
    return at


def positive(text: str) -> int:
    """For `add_argument(type=positive)`: a whole number from 1; anything else is wrong usage."""
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 on")
    return int(text)


def _of_the_machine(error: OSError) -> dict[str, Any]:
    """A full disk, a file that may not be read: what the machine says, and of which file."""
    where = f"{error.filename}: " if error.filename else ""
    return {"code": "machine_refused", "sentence": f"{where}{error.strerror or error}."}
