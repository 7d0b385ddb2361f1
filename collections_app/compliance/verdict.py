"""Verdicts and what a rule answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

ORDER = {"allow": 0, "warn": 1, "approve": 2, "deny": 3}
PERMITTING = ("allow", "warn")


def strictest(verdicts: list[str]) -> str:
    """The strictest of several; allow when there is none."""
    return max(verdicts, key=ORDER.__getitem__, default="allow")


@dataclass(frozen=True)
class Outcome:
    """What one rule answers of one contact at one instant.

    `verdict` is allow or the rule's own; `seen` is what it looked at, in plain JSON values; `opens_at` is the first
    instant, not before the judged one, at which this rule alone would allow or warn (None: never, as far as is known).
    """

    verdict: str
    seen: dict[str, Any] = field(default_factory=dict)
    opens_at: dt.datetime | None = None


@dataclass(frozen=True)
class Answer:
    """The gate's answer: truthy when the contact may go now (allow or warn)."""

    verdict: str
    by: tuple[str, ...]
    next_allowed_at: dt.datetime | None
    sheet: dict[str, Any]
    at: dt.datetime

    def __bool__(self) -> bool:
        return self.verdict in PERMITTING
