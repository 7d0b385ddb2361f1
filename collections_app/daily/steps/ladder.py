"""Move the cases along their ladders."""

from __future__ import annotations

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.policy.in_force import Policies
from collections_app.services.cases import climb


@step("ladder", Over.LOANS)
def ladder(context: RunContext, window: Window) -> StepResult:
    """The most severe stage first; back where the anchor moved."""
    result = StepResult()
    result.moved.update(
        climb((window.first, window.last), on=context.date, by=context.by, run=context.run, policies=Policies())
    )
    result.counts["moved"] = sum(result.moved.values())
    return result
