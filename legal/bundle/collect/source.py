"""What a collection finds, as data: sources of exhibits in a fixed order, and the lines that a manifest holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from collections_app.models import StoredDocument
from legal.bundle.manifest import Agreement, Amount, ContactEntry, Party, RuleVersion, Statement


@dataclass(frozen=True)
class Column:
    """A column of a paper: its title, its width in millimetres (0: what is left), whether it holds sums."""

    title: str
    width: int = 0
    sums: bool = False


@dataclass(frozen=True)
class Paper:
    """A paper that is made here from records: a heading, a sentence, one table, a note."""

    title: str
    intro: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Source:
    """One exhibit to be. `sha256` is the digest of its content without the day it was looked up on, so that nothing
    changes by looking again; with `fresh_days` the paper itself may be no older than that (a statement, a register).
    """

    source: str
    section: str
    position: int
    title: str
    sha256: str
    item: str = ""
    kind: str = "file"
    document: StoredDocument | None = None
    paper: Paper | None = None
    dated_on: dt.date | None = None
    dated_until: dt.date | None = None
    history_ids: tuple[int, ...] = ()
    made_here: bool = False
    generated: bool = False
    fresh_days: int | None = None


@dataclass(frozen=True)
class Happened:
    """A line of the chronology, pointing at a source whose tab is not known yet."""

    on: dt.date
    sentence: str
    until: dt.date | None = None
    source: str = ""
    contact: int | None = None
    line: int | None = None
    generated: bool = False


@dataclass(frozen=True)
class Log:
    """The contacts, the rules that were asked about them, and the versions of the rows they were read from."""

    entries: tuple[ContactEntry, ...]
    rules: tuple[RuleVersion, ...]
    history_ids: tuple[int, ...]
    law_on: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class Collected:
    """All that a pack of this file can be made from, as of the end of `on`."""

    on: dt.date
    agreement: Agreement
    claimants: tuple[Party, ...]
    defendants: tuple[Party, ...]
    statement: Statement
    outstanding: Amount
    log: Log
    sources: tuple[Source, ...]
    chronology: tuple[Happened, ...]
    records: tuple[str, ...] = ()
    han: str = "zh-hant"
    named: dict[str, Any] = field(default_factory=dict)


# Where an exhibit stands: by what it is, then by its date. A paper that turns up later finds its place by itself.
_ORDER = (
    "contract", "disbursement", "schedule", "statement", "notice", "forbearance", "letter_of_claim", "contact_log",
    "messages", "status_checks", "other",
)  # fmt: skip
_DAY_ZERO = dt.date(1970, 1, 1)


def position(what: str, on: dt.date | None = None, number: int = 0) -> int:
    """The place of an exhibit among those of its section. `number` (0–99) orders those of one day."""
    days = (on - _DAY_ZERO).days if on else 0
    return (_ORDER.index(what) * 100_000 + days) * 100 + min(number, 99)
