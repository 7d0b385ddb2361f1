"""Lays walks beside each other: the first day on which two differ, the tables, and the rows by name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHOWN = 12  # differing rows a table


@dataclass(frozen=True)
class Difference:
    """Where two walks part."""

    one: str
    other: str
    what: str  # a date, "after the last day", "standing"
    tables: tuple[str, ...]
    rows: tuple[str, ...]

    def sentence(self) -> str:
        head = f"{self.one} and {self.other} differ at {self.what}, in: {', '.join(self.tables)}."
        return "\n".join([head, *self.rows])


def load(path: Path) -> dict[str, Any]:
    """A walk as it was written; the folder of its rows lies beside it."""
    walk = json.loads(path.read_text(encoding="utf-8"))
    walk["path"] = path
    return walk


def first_difference(walks: Sequence[dict[str, Any]]) -> Difference | None:
    """The first between the first walk and any other; None where all rows of all days are the same."""
    one = walks[0]
    for other in walks[1:]:
        found = _between(one, other)
        if found is not None:
            return found
    return None


def _between(one: dict[str, Any], other: dict[str, Any]) -> Difference | None:
    dates = [[day["date"] for day in walk["days"]] for walk in (one, other)]
    if dates[0] != dates[1]:
        return Difference(
            _name(one), _name(other), "the days that were closed", (f"{len(dates[0])} and {len(dates[1])} days",), ()
        )
    stops = [(day["date"], day["tables"], same["tables"]) for day, same in zip(one["days"], other["days"], strict=True)]
    stops += [("after the last day", one["whole"], other["whole"]), ("standing", one["standing"], other["standing"])]
    for what, here, there in stops:
        tables = tuple(t for t in sorted({*here, *there}) if here.get(t) != there.get(t))
        if tables:
            return Difference(_name(one), _name(other), what, tables, _rows(one, other, what, tables))
    return None


def _name(walk: dict[str, Any]) -> str:
    return f"{walk['database']} {walk['variant']}"


def _rows(one: dict[str, Any], other: dict[str, Any], what: str, tables: Sequence[str]) -> tuple[str, ...]:
    kept = [_kept(walk["path"], what) for walk in (one, other)]
    out: list[str] = []
    for table in tables:
        here, there = ({row for row in rows if row.startswith(f"{table}\t")} for rows in kept)
        for sign, rows in (("-", here - there), ("+", there - here)):
            out += [f"{sign} {row.rstrip()}" for row in sorted(rows)[:SHOWN]]
    return tuple(out)


def rows_of(path: Path) -> Path:
    """The folder in which the rows of a walk are kept."""
    return path.with_suffix(".rows")


def _kept(path: Path, what: str) -> set[str]:
    file = rows_of(path) / f"{what}.tsv.gz"
    if not file.is_file():
        return set()
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        return set(stream)
