"""The tape that is walked: all of `us_auto_ledger`, or some of its loans copied to a folder of their own."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

NAME = "us_auto_ledger"
MAPPING = "us_auto_ledger"
# How the payments come in: all of them before the first day, or each day those valued up to it.
ALL, DAILY = "all", "daily"


@dataclass(frozen=True)
class Tape:
    """Its two files."""

    loans: Path
    payments: Path


def whole(data: Path) -> Tape:
    """The tape as it lies in the folder of the tapes; FileNotFoundError where it does not."""
    tape = Tape(data / NAME / "loans.csv.gz", data / NAME / "payments.csv.gz")
    for path in (tape.loans, tape.payments):
        if not path.is_file():
            raise FileNotFoundError(2, "the loan tape is not there", str(path))
    return tape


def first_loans(tape: Tape, count: int) -> list[str]:
    """The first loans by number."""
    with gzip.open(tape.loans, "rt", newline="") as stream:
        return sorted(row["loan_id"] for row in csv.DictReader(stream))[:count]


def first_in_arrears(data: Path, on: dt.date, count: int) -> list[str]:
    """The first loans by number that the tape says were overdue at a month end."""
    with gzip.open(data / NAME / "overdue_points.csv.gz", "rt", newline="") as stream:
        found = {row["loan_id"] for row in csv.DictReader(stream) if row["as_of"] == on.isoformat()}
    return sorted(found)[:count]


def copy(tape: Tape, loans: Collection[str], folder: Path) -> Tape:
    """The rows of some loans, as they stand, in files of the same names."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = frozenset(loans)
    made = Tape(folder / tape.loans.name, folder / tape.payments.name)
    for source, target in ((tape.loans, made.loans), (tape.payments, made.payments)):
        with gzip.open(source, "rt", newline="") as rows, target.open("wb") as raw:  # noqa: SIM117 - the comment belongs to one of them
            # A time stamp in the file would make its hash, and so the import, another one each time.
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                first = next(rows)
                place = first.rstrip("\r\n").split(",").index("loan_id")
                packed.write(first.encode())
                for row in rows:
                    if row.split(",", place + 1)[place] in wanted:
                        packed.write(row.encode())
    return made
