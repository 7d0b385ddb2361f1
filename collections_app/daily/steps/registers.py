"""Look into the outside registers that the rules ask to be fresh."""

from __future__ import annotations

from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.services.registers import check_registers


@step("registers", Over.ONCE)
def registers(context: RunContext, window: Window) -> StepResult:
    """Ask the configured register of each state for everybody; without one nothing is written and contacts wait for approval."""
    result = StepResult()
    result.counts["checked"] = check_registers(on=context.date)
    return result
