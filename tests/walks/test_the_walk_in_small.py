"""The walk of docs/walk.md with a handful of real loans: how money comes in, and on which database, changes no row."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from bench.walk import claims, comparing, counting
from bench.walk.days import Day, Walk
from bench.walk.hashing import Digest
from bench.walk.tape import ALL, DAILY, Tape, copy, first_in_arrears, whole

FIRST, LAST = dt.date(2019, 10, 28), dt.date(2019, 11, 20)
MONTH_END = dt.date(2019, 10, 31)
LOANS = 16


@pytest.fixture
def an_emptied_database(transactional_db: None) -> Iterator[None]:
    """Rows, sequences and outbox as after migrating."""
    empty()
    yield


def empty() -> None:
    call_command("flush", interactive=False, verbosity=0, reset_sequences=True)
    # It holds what was sent to contacts that are gone, whose ids will be given again.
    shutil.rmtree(settings.OUTBOX_DIR, ignore_errors=True)


def some_loans(tapes: Path, folder: Path) -> Tape:
    """The first loans by number that the tape says were overdue at the end of October 2019, but not a month earlier: their
    letters would be most of the time."""
    early = frozenset(first_in_arrears(tapes, dt.date(2019, 9, 30), 10_000))
    late = first_in_arrears(tapes, MONTH_END, 10_000)
    chosen = [n for n in late if n not in early][: LOANS - 2] + [n for n in late if n in early][:2]
    return copy(whole(tapes), chosen, folder)


def walked(tape: Tape, variant: str) -> tuple[list[Day], Walk, dict[str, Any]]:
    walk = Walk(tape, variant, FIRST, LAST, packs=False)
    days = list(walk.days())
    grown, standing = walk.whole()
    assert grown == walk.summed  # what was read day by day is everything
    return days, walk, {"grown": grown, "standing": standing}


def test_money_imported_at_once_or_day_by_day_gives_the_same_rows_after_every_run(
    an_emptied_database: None, tapes: Path, tmp_path: Path
) -> None:
    tape = some_loans(tapes, tmp_path)
    days, walk, end = walked(tape, ALL)
    assert walk.loans["created"] == LOANS
    assert [day.date for day in days] == [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    assert sum(sum(day.run["planned"].values()) for day in days) > LOANS

    # Closing a day a second time writes nothing.
    assert [day.second_run_writes for day in days] == [[] for _ in days]

    # Nothing left without a clearance that names the preset of a jurisdiction, and something was withheld.
    told = counting.clearances()
    assert told["clearances"] > LOANS
    assert told["without_jurisdiction"] == 0
    assert counting.by_type(counting.refusals())["window"] > 0

    # The same walk once more, its money coming in day by day.
    empty()
    again, other, its_end = walked(tape, DAILY)
    assert [day.imported["created"] for day in again if day.imported and day.date == MONTH_END] != [0]
    for day, same in zip(days, again, strict=True):
        assert same.tables == day.tables, f"the rows differ after the run of {day.date}"
        assert same.run["steps"] == day.run["steps"]
    assert its_end == end
    assert other.player is not None and walk.player is not None and other.player.told == walk.player.told


def a_written_walk(folder: Path, name: str, *, verdict: str) -> dict[str, Any]:
    """A walk of one day and one judgement, as `run` writes it."""
    row = f'judgement\tsms 2019-11-01 L-1#1 first_notice 1.0 at plan\t{{"verdict": "{verdict}"}}\n'
    rows = folder / f"{name}.rows"
    rows.mkdir()
    with gzip.open(rows / "2019-11-01.tsv.gz", "wt") as stream:
        stream.write(row)
    digest = Digest()
    digest.add(tuple(row.rstrip().split("\t")))
    tables = {"judgement": digest.told()}
    path = folder / f"{name}.json"
    walk = {"database": name, "variant": ALL, "whole": tables, "standing": {}}
    path.write_text(json.dumps({**walk, "days": [{"date": "2019-11-01", "tables": tables}]}))
    return comparing.load(path)


def test_walks_that_differ_are_told_apart_by_day_table_and_row(tmp_path: Path) -> None:
    one = a_written_walk(tmp_path, "sqlite", verdict="allow")
    assert comparing.first_difference([one, a_written_walk(tmp_path, "same", verdict="allow")]) is None
    found = comparing.first_difference([one, a_written_walk(tmp_path, "postgresql", verdict="deny")])
    assert found is not None
    assert (found.what, found.tables) == ("2019-11-01", ("judgement",))
    assert [row[:52] for row in found.rows] == [
        "- judgement\tsms 2019-11-01 L-1#1 first_notice 1.0 at",
        "+ judgement\tsms 2019-11-01 L-1#1 first_notice 1.0 at",
    ]


def test_a_walk_too_short_misses_its_claims() -> None:
    missed = {c.text for c in claims.check([]) if not c.holds}
    assert len(missed) == len(claims.check([]))  # nothing is shown by no walk
