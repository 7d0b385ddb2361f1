"""Open a case for each loan that fell behind."""

from __future__ import annotations

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.models import SetAside
from collections_app.policy.in_force import Policies
from collections_app.services.cases import open_cases


@step("cases", Over.LOANS)
def cases(context: RunContext, window: Window) -> StepResult:
    """1. Open cases. 2. Set aside, with its reason, the loan that no ladder takes."""
    opened, aside = open_cases(
        (window.first, window.last), on=context.date, by=context.by, run=context.run, policies=Policies()
    )
    SetAside.objects.bulk_create(
        [SetAside(run=context.run, step="cases", loan_id=loan, reason=reason) for loan, reason in sorted(aside.items())]
    )
    result = StepResult()
    result.counts.update(opened=opened, set_aside=len(aside))
    return result
