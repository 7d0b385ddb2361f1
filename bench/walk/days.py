"""One walk: import, close a day, show that closing it again writes nothing, read what was written, play the day; and on."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from collections_app.policy import loader

from .hashing import Digest, Reading, Row
from .player import Player, make_staff
from .tape import ALL, DAILY, MAPPING, Tape

_WRITES = re.compile(
    r"\b(INSERT|UPDATE|DELETE|REPLACE|COPY|MERGE|TRUNCATE|CREATE|DROP|ALTER|nextval|setval)\b", re.IGNORECASE
)
_LOCKS = re.compile(r"\bFOR( NO KEY)? UPDATE\b", re.IGNORECASE)


@dataclass
class Day:
    """What one day was: the answers of the commands, the statements of the second run that could write, and, per table,
    how many rows there are since the beginning with their digest."""

    date: dt.date
    imported: dict[str, Any] | None
    run: dict[str, Any]
    second_run_writes: list[str]
    tables: dict[str, list[Any]]

    def as_json(self) -> dict[str, Any]:
        return {
            "date": self.date.isoformat(), "imported": self.imported, "run": self.run, "second_run_writes": self.second_run_writes,
            "tables": self.tables,
        }  # fmt: skip


@dataclass
class Walk:
    """A walk under way in the database that Django is connected to, which must hold no loan yet."""

    tape: Tape
    variant: str
    first: dt.date
    last: dt.date
    rows: Path | None = None  # where the rows of each day are kept, to be looked at when two walks differ
    packs: bool = True
    progress: Callable[[str], None] = lambda _: None
    loans: dict[str, Any] = field(default_factory=dict)
    payments: dict[str, Any] = field(default_factory=dict)
    player: Player | None = None

    def days(self) -> Iterator[Day]:
        """Walk; gives each day after its run and before its play. When all are taken, the last is played too."""
        self._begin()
        self._reading = Reading()
        self._digests: dict[str, Digest] = defaultdict(Digest)
        self.player = Player(packs=self.packs)
        day = self.first
        while day <= self.last:
            yield self._close(day)
            self.player.play(day)
            day += dt.timedelta(days=1)
        self._take("after the last day")

    def whole(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Everything read anew: (what only grows, what stands). The first must be the sum of the days: `summed`."""
        reading = Reading()
        grown: dict[str, Digest] = defaultdict(Digest)
        for row in reading.added():
            grown[row[0]].add(row)
        standing: dict[str, Digest] = defaultdict(Digest)
        with self._kept("standing") as keep:
            for row in reading.standing():
                standing[row[0]].add(row)
                keep(row)
        return _told(grown), _told(standing)

    @property
    def summed(self) -> dict[str, list[Any]]:
        """What was read day by day, added up."""
        return _told(self._digests)

    def _begin(self) -> None:
        for path in loader.shipped_files():
            loader.load(path)
        make_staff(self.first)
        self.progress("importing loans")
        self.loans = command("import_loans", self.tape.loans, "--mapping", MAPPING)
        if self.variant == ALL:
            self.progress("importing all payments")
            self.payments = command("import_payments", self.tape.payments, "--mapping", MAPPING)

    def _close(self, day: dt.date) -> Day:
        imported = None
        if self.variant == DAILY:
            imported = command("import_payments", self.tape.payments, "--mapping", MAPPING, "--as-of", day)
            self.payments = imported
        run = command("run_day", "--date", day)
        with what_could_write() as writes:
            command("run_day", "--date", day)
        self._take(day.isoformat())
        self.progress(f"{day} closed: {sum(d.rows for d in self._digests.values())} rows")
        return Day(day, imported, run, list(writes), self.summed)

    def _take(self, what: str) -> None:
        with self._kept(what) as keep:
            for row in self._reading.added():
                self._digests[row[0]].add(row)
                keep(row)

    @contextmanager
    def _kept(self, what: str) -> Iterator[Callable[[Row], object]]:
        if self.rows is None:
            yield lambda row: None
            return
        self.rows.mkdir(parents=True, exist_ok=True)
        with gzip.open(self.rows / f"{what}.tsv.gz", "wt", encoding="utf-8", compresslevel=3) as stream:
            yield lambda row: stream.write("\t".join(row) + "\n")


def _told(digests: dict[str, Digest]) -> dict[str, list[Any]]:
    return {table: digests[table].told() for table in sorted(digests)}


def command(name: str, *arguments: Any) -> dict[str, Any]:
    """A command of manage.py; gives its JSON object."""
    out = StringIO()
    call_command(name, *map(str, arguments), "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


@contextmanager
def what_could_write() -> Iterator[list[str]]:
    """The statements that are sent meanwhile and are no mere reading."""
    found: list[str] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITES.search(_LOCKS.sub("", sql)):
            found.append(" ".join(sql.split())[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found
