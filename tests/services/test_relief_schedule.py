"""Schedules of instalment plans: exact to the unit, on the right days, within what the ladder allows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.kernel.errors import DomainError
from collections_app.policy.schema.ladder import PlanRelief
from collections_app.services.relief_schedule import EVERY, Part, plan_schedule, refusals_of_plan

DAY = dt.date(2026, 1, 31)
SIX_DAY = PlanRelief(
    max_instalments=12, min_first_payment=Decimal("0.10"), tolerance_days=3, broken="resume_where_it_stood"
)


def amounts(owed: int, number: int, **more: int) -> list[int]:
    return [p.amount for p in plan_schedule(owed, number=number, first_on=DAY, **more)]


@given(
    st.integers(1, 10**9),
    st.integers(1, 60),
    st.sampled_from(EVERY),
    st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31)),
)
def test_a_plan_makes_up_what_is_owed_exactly_in_payments_that_hardly_differ(
    owed: int, number: int, every: str, first_on: dt.date
) -> None:
    number = min(number, owed)
    parts = plan_schedule(owed, number=number, first_on=first_on, every=every)
    assert sum(p.amount for p in parts) == owed and len(parts) == number
    assert min(p.amount for p in parts) >= 1
    assert max(p.amount for p in parts) - min(p.amount for p in parts) < max(number, 2)
    days = [p.due_on for p in parts]
    assert days[0] == first_on and days == sorted(set(days))


@given(st.integers(2, 10**7), st.integers(2, 24), st.integers(1, 10**7))
def test_a_first_payment_of_its_own_is_taken_as_it_is(owed: int, number: int, first: int) -> None:
    number = min(number, owed)
    first = min(first, owed - (number - 1))
    parts = plan_schedule(owed, number=number, first_on=DAY, first_amount=first)
    assert parts[0].amount == first and sum(p.amount for p in parts) == owed and len(parts) == number


def test_the_last_payment_takes_the_remainder() -> None:
    assert amounts(10_000, 3) == [3_334, 3_334, 3_332]
    assert amounts(10, 4) == [3, 3, 3, 1]
    assert amounts(5, 4) == [1, 1, 1, 2]  # rounded up, nothing would be left for the last


def test_months_keep_the_day_and_take_the_last_of_a_shorter_month() -> None:
    days = [p.due_on for p in plan_schedule(400, number=4, first_on=DAY)]
    assert days == [dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31), dt.date(2026, 4, 30)]
    leap = [p.due_on for p in plan_schedule(200, number=2, first_on=dt.date(2028, 1, 30))]
    assert leap == [dt.date(2028, 1, 30), dt.date(2028, 2, 29)]


def test_weeks_and_fortnights_are_counted_in_days() -> None:
    found = {e: plan_schedule(300, number=3, first_on=DAY, every=e)[-1].due_on - DAY for e in ("week", "fortnight")}
    assert found == {"week": dt.timedelta(14), "fortnight": dt.timedelta(28)}


@pytest.mark.parametrize(
    ("owed", "more", "sentence"),
    [
        (0, {"number": 1}, "cannot be paid in 1 payments"),
        (3, {"number": 4}, "cannot be paid in 4 payments"),
        (100, {"number": 0}, "cannot be paid in 0 payments"),
        (100, {"number": 3, "first_amount": 99}, "leaves 1 for 2 more"),
        (100, {"number": 2, "first_amount": 0}, "leaves 100 for 1 more"),
        (100, {"number": 1, "first_amount": 50}, "is paid with that payment"),
        (100, {"number": 2, "every": "year"}, "no interval of a plan"),
    ],
)
def test_what_is_no_plan_is_refused_with_a_sentence(owed: int, more: dict[str, object], sentence: str) -> None:
    with pytest.raises(DomainError, match=sentence):
        plan_schedule(owed, first_on=DAY, **more)  # type: ignore[arg-type]


def test_a_plan_is_held_against_the_limits_of_its_ladder() -> None:
    fine = plan_schedule(10_000, number=10, first_on=DAY)
    assert refusals_of_plan(fine, SIX_DAY, on=DAY) == []
    assert refusals_of_plan(fine, None, on=DAY) == ["The ladder of this case offers no instalment plan."]
    assert refusals_of_plan(fine, SIX_DAY, on=DAY + dt.timedelta(days=1)) == [
        "The first payment would be due on 2026-01-31, which is past."
    ]
    long = plan_schedule(10_000, number=13, first_on=DAY)
    assert refusals_of_plan(long, SIX_DAY, on=DAY) == [
        "The plan has 13 payments; the ladder allows 12.", "The first payment must be at least 10 % of what is owed.",
    ]  # fmt: skip


def test_the_least_first_payment_is_rounded_up() -> None:
    assert refusals_of_plan((Part(DAY, 1), Part(DAY, 10)), SIX_DAY, on=DAY) == [
        "The first payment must be at least 10 % of what is owed."
    ]
    assert refusals_of_plan((Part(DAY, 2), Part(DAY, 9)), SIX_DAY, on=DAY) == []
