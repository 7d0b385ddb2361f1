"""The schedule of an instalment plan, to the last unit of its currency, and the limits that a ladder sets.

Pure: no database, no clock. Amounts are whole minor units (`kernel.money`).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from collections_app.kernel.errors import DomainError
from collections_app.policy.schema.ladder import PlanRelief

EVERY = ("week", "fortnight", "month")
_DAYS = {"week": 7, "fortnight": 14}


@dataclass(frozen=True, slots=True)
class Part:
    """One payment of a plan."""

    due_on: dt.date
    amount: int


def plan_schedule(
    owed: int, *, number: int, first_on: dt.date, every: str = "month", first_amount: int | None = None
) -> tuple[Part, ...]:
    """`number` payments that make up `owed` exactly, the first on `first_on`, then every week, fortnight or month.

    Equal parts in whole units; the last takes the remainder, so that no payment before it is larger than the one before.
    `first_amount`: what is paid first, if not an equal part; the rest is shared equally. A month keeps the day of
    `first_on`, and takes the last day of a shorter month. Refused: nothing owed, no payment, more payments than units, a
    first amount that leaves nothing for the others, an unknown interval.
    """
    if every not in EVERY:
        raise DomainError("plan_interval", f"“{every}” is no interval of a plan; choose one of {', '.join(EVERY)}.")
    if number < 1 or owed < number:
        raise DomainError("plan_too_small", f"{owed} units cannot be paid in {number} payments.", number=number)
    if number == 1:
        if first_amount not in (None, owed):
            raise DomainError("plan_first_payment", "A plan of one payment is paid with that payment.", number=number)
        return (Part(first_on, owed),)
    if first_amount is None:
        amounts = _equal_parts(owed, number)
    else:
        if first_amount < 1 or owed - first_amount < number - 1:
            raise DomainError(
                "plan_first_payment",
                f"A first payment of {first_amount} units leaves {owed - first_amount} for {number - 1} more; choose another.",
                first_amount=first_amount,
            )
        amounts = (first_amount, *_equal_parts(owed - first_amount, number - 1))
    return tuple(Part(_nth(first_on, every, n), amount) for n, amount in enumerate(amounts))


def _equal_parts(owed: int, number: int) -> tuple[int, ...]:
    """Parts that differ by less than `number` units: all but the last are rounded up, the last is what is left."""
    part = -(-owed // number)
    if part * (number - 1) >= owed:  # rounding up would leave nothing for the last
        part = owed // number
    return (*[part] * (number - 1), owed - part * (number - 1))


def _nth(first: dt.date, every: str, n: int) -> dt.date:
    if every in _DAYS:
        return first + dt.timedelta(days=_DAYS[every] * n)
    month = first.year * 12 + first.month - 1 + n
    year, month = month // 12, month % 12 + 1
    return dt.date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def refusals_of_plan(parts: Sequence[Part], relief: PlanRelief | None, *, on: dt.date) -> list[str]:
    """Every reason why a ladder does not allow this plan on a day, in sentences; empty means that it does."""
    if relief is None:
        return ["The ladder of this case offers no instalment plan."]
    said = []
    if len(parts) > relief.max_instalments:
        said.append(f"The plan has {len(parts)} payments; the ladder allows {relief.max_instalments}.")
    owed = sum(p.amount for p in parts)
    least = int((relief.min_first_payment * owed).to_integral_value(ROUND_CEILING))
    if parts[0].amount < least:
        share = (relief.min_first_payment * Decimal(100)).normalize()
        said.append(f"The first payment must be at least {share:f} % of what is owed.")
    if parts[0].due_on < on:
        said.append(f"The first payment would be due on {parts[0].due_on}, which is past.")
    return said
