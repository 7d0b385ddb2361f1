"""The contract of a step of the daily run."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Over(Enum):
    """What the windows of a step are made of: ranges of the primary keys of these rows."""

    LOANS = "loans"
    GROUPS = "groups"  # groups of persons joined by loans; a group is never cut in two
    ONCE = "once"  # the step is one window


@dataclass(frozen=True)
class Window:
    """A range of keys, both ends included."""

    number: int
    first: int
    last: int


@dataclass
class StepResult:
    """Counts of what one window did. `moved` is keyed "early→mid", `planned` by channel, `withheld` by rule."""

    counts: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    planned: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)

    def add(self, other: StepResult) -> None:
        self.counts.update(other.counts)
        self.moved.update(other.moved)
        self.planned.update(other.planned)
        self.withheld.update(other.withheld)

    def as_json(self) -> dict[str, dict[str, int]]:
        return {k: dict(sorted(getattr(self, k).items())) for k in ("counts", "moved", "planned", "withheld")}

    @classmethod
    def from_json(cls, data: dict[str, dict[str, int]]) -> StepResult:
        return cls(*(Counter(data.get(k, {})) for k in ("counts", "moved", "planned", "withheld")))


@dataclass(frozen=True)
class RunContext:
    """What a step may know of its run: the date it closes, its row, who acts, whether a later date is caught up too."""

    date: dt.date
    run: Any
    by: Any
    newest: bool = True
    _kept: dict[tuple[Any, int], Any] = field(default_factory=dict, compare=False, repr=False)

    def keep(self, make: Callable[[], T]) -> T:
        """What the windows of a step have in common, made once for each worker: the policies, and what was read of them.

        Dropped when a window fails, because what it wrote is gone.
        """
        key = make, threading.get_ident()
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def forget(self) -> None:
        self._kept.clear()


class Step(Protocol):
    """A step: its name, what it is windowed over, and the work on one window, inside one transaction. It never asks the clock."""

    name: str
    over: Over

    def __call__(self, context: RunContext, window: Window) -> StepResult: ...


def step(name: str, over: Over) -> Callable[[Callable[[RunContext, Window], StepResult]], Any]:
    """Mark a function as a step."""

    def mark(function: Callable[[RunContext, Window], StepResult]) -> Any:
        function.name, function.over = name, over  # type: ignore[attr-defined]
        return function

    return mark
