"""Money wins over escalation: close what is cured, anchor anew what was paid in part."""

from __future__ import annotations

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.services.cases import close_cured, re_anchor


@step("cures", Over.LOANS)
def cures(context: RunContext, window: Window) -> StepResult:
    """1. Close cases whose loan has nothing overdue or has ended. 2. Count the others from their oldest open instalment."""
    bounds = (window.first, window.last)
    result = StepResult()
    result.moved.update(close_cured(bounds, on=context.date, by=context.by, run=context.run))
    result.counts.update(
        closed=sum(result.moved.values()),
        re_anchored=re_anchor(bounds, on=context.date, by=context.by, run=context.run),
    )
    return result
