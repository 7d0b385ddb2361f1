"""End the holds that are over and count the days they stopped."""

from __future__ import annotations

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.services.holds import end_over


@step("holds", Over.LOANS)
def holds(context: RunContext, window: Window) -> StepResult:
    """1. Holds whose last day is over end. 2. Their stopped days move the days of their cases."""
    ended, moved = end_over((window.first, window.last), on=context.date, by=context.by, run=context.run)
    result = StepResult()
    result.counts.update(ended=ended, clocks_moved=moved)
    return result
