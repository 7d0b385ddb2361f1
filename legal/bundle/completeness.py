"""What a court asks for and the file does not hold, by name, with where to get it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

from legal.bundle.courts import Court
from legal.bundle.manifest import MissingItem


class Held(Protocol):
    """What completeness looks at of an exhibit."""

    item: str
    kind: str
    dated_on: dt.date | None


def missing(court: Court, exhibits: Iterable[Held], *, on: dt.date) -> tuple[MissingItem, ...]:
    """The items of the layout that no exhibit answers on `on`, in the layout's order.

    A statement of account that is older than the layout allows does not answer, nor does a look into the registers:
    who went bankrupt since is not treated as one who did not.
    """
    held = {e.item for e in exhibits if e.item and not _stale(court, e, on)}
    return tuple(
        MissingItem(asked.key, asked.name, asked.where, asked.mandatory)
        for asked in court.required
        if asked.key not in held
    )


def must_be_there(items: Iterable[MissingItem]) -> tuple[MissingItem, ...]:
    """Of those missing, the ones without which a pack is not sealed."""
    return tuple(each for each in items if each.mandatory)


def _stale(court: Court, exhibit: Held, on: dt.date) -> bool:
    return (
        (exhibit.kind == "statement" or exhibit.item == "status_checks")
        and exhibit.dated_on is not None
        and not court.statement_is_fresh(exhibit.dated_on, on)
    )
