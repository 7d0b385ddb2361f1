"""Settle promises from the payments."""

from __future__ import annotations

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.services.promises import settle_due


@step("promises", Over.LOANS)
def promises(context: RunContext, window: Window) -> StepResult:
    """Keep the promises whose money is there; break those whose day went by without it."""
    kept, broken = settle_due((window.first, window.last), on=context.date, by=context.by, run=context.run)
    result = StepResult()
    result.counts.update(kept=kept, broken=broken)
    return result
