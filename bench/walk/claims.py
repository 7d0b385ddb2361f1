"""What a set of walks must show, each claim a sentence with yes or no."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .comparing import first_difference
from .tape import ALL, DAILY

LOANS = 4447
FIRST, LAST = dt.date(2019, 10, 1), dt.date(2019, 12, 31)
# The rule types that decide on contacts as such; none of them may be at zero.
CONTACT_TYPES = ("window", "rate", "cooldown", "bar", "party")


@dataclass(frozen=True)
class Claim:
    """A claim, whether it holds, and what was seen."""

    text: str
    holds: bool
    seen: str


def check(walks: Sequence[dict[str, Any]]) -> list[Claim]:
    """All claims of the walk over these walks."""
    dates = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    expected = [d.isoformat() for d in dates]
    found = [f"{w['database']} {w['variant']}" for w in walks]
    return [
        _each(walks, f"{LOANS:,} loans were imported, none refused", _all_loans, _loans_seen),
        _each(
            walks, f"every day from {FIRST} to {LAST} was closed, none caught up, nothing set aside",
            lambda w: [d["date"] for d in w["days"]] == expected and not any(d["run"]["caught_up"] or d["run"]["set_aside"] for d in w["days"]),
            lambda w: f"{len(w['days'])} days",
        ),
        Claim(
            "walked on SQLite and on PostgreSQL, with all payments first and with payments day by day",
            {w["database"] for w in walks} >= {"sqlite", "postgresql"} and {w["variant"] for w in walks} >= {ALL, DAILY},
            ", ".join(found),
        ),
        _same(walks),
        _each(
            walks, "the days together are the whole: what was read after each run adds up to what is read at the end",
            lambda w: w["whole"] == w["summed"], lambda w: f"{sum(n for n, _ in w['whole'].values()):,} rows",
        ),
        _each(
            walks, "the second run of a day writes nothing",
            lambda w: not any(d["second_run_writes"] for d in w["days"]), lambda w: f"{sum(len(d['second_run_writes']) for d in w['days'])} writes",
        ),
        _each(
            walks, "each clearance names a jurisdiction's preset in force",
            lambda w: w["clearances"]["clearances"] > 0 and w["clearances"]["without_jurisdiction"] == 0,
            lambda w: f"{w['clearances']['clearances']:,} clearances, {w['clearances']['without_jurisdiction']} without",
        ),
        _each(
            walks, "none of the five contact rule types withheld nothing",
            lambda w: all(w["refused_by_type"].get(t) for t in CONTACT_TYPES), lambda w: ", ".join(f"{t} {w['refused_by_type'].get(t, 0):,}" for t in CONTACT_TYPES),
        ),
        _each(
            walks, "the first loan by number that reached legal has a sealed pack",
            lambda w: bool(w["story"] and w["story"]["pack"] and w["story"]["pack"]["state"] == "sealed"),
            lambda w: f"{w['story']['loan']}, {w['story']['pack']['pages']} pages" if w["story"] and w["story"]["pack"] else "no pack",
        ),
    ]  # fmt: skip


def _each(walks: Sequence[dict[str, Any]], text: str, holds: Any, seen: Any) -> Claim:
    told = list(dict.fromkeys(str(seen(w)) for w in walks))
    return Claim(text, bool(walks) and all(holds(w) for w in walks), "; ".join(told))


def _all_loans(walk: dict[str, Any]) -> bool:
    return walk["loans"]["created"] == LOANS and walk["loans"]["rejected"] == 0 and walk["payments"]["rejected"] == 0


def _loans_seen(walk: dict[str, Any]) -> str:
    return f"{walk['loans']['created']:,} loans"


def _same(walks: Sequence[dict[str, Any]]) -> Claim:
    text = (
        "the same rows on both databases and in both variants, after every run, after the last day, and as they stand"
    )
    if len(walks) < 2:
        return Claim(text, False, "fewer than two walks")
    difference = first_difference(walks)
    return Claim(
        text, difference is None, difference.sentence() if difference else f"{len(walks[0]['days'])} runs compared"
    )
