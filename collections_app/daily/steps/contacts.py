"""Plan the contacts of the day, judged and merged per person."""

from __future__ import annotations

from collections_app.compliance.gate import Gate
from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.models import SetAside
from collections_app.services.planning import plan_day


@step("contacts", Over.GROUPS)
def contacts(context: RunContext, window: Window) -> StepResult:
    """See `services.planning.plan_day`. Loans that an earlier step set aside get no contact."""
    aside = frozenset(SetAside.objects.filter(run=context.run, loan__isnull=False).values_list("loan_id", flat=True))
    done = plan_day(
        (window.first, window.last),
        on=context.date,
        by=context.by,
        run=context.run,
        gate=context.keep(Gate),
        newest=context.newest,
        aside=aside,
    )
    return StepResult(counts=done.counts, planned=done.planned, withheld=done.withheld)
