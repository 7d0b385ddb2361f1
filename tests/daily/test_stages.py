"""The ladder moves a case by its days, the most severe stage first, and back when the anchor moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from collections_app.models import Case, Loan

from .ground import close, close_through, d, lend, pay, planned, the_case

pytestmark = pytest.mark.django_db


def test_an_unpaid_instalment_goes_early_mid_late_by_its_days(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 10))
    assert not Case.objects.exists()
    stages = {}
    for day in range(11, 18):
        close(d(3, day))
        stages[day] = the_case().stage
    assert stages == {11: "early", 12: "early", 13: "early", 14: "mid", 15: "mid", 16: "late", 17: "late"}
    told = list(the_case().history.order_by("history_id").values_list("stage", "history_run__date", "stage_step"))
    assert told == [
        ("early", d(3, 11), ""), ("mid", d(3, 14), "six-day:mid"), ("late", d(3, 16), "six-day:late"),
    ]  # fmt: skip


def test_the_steps_of_the_ladder_are_planned_each_on_its_day(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close_through(d(3, 11), d(3, 12))
    assert [(s, c) for s, c, _ in planned()] == [("first_notice", "sms"), ("first_call", "voice")]


def test_a_step_that_never_left_does_not_count_so_the_consequences_call_waits(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close_through(d(3, 11), d(3, 13))
    result = close(d(3, 14))
    assert result["steps"]["contacts"]["waits_for_first_notice"] == 1
    assert "consequences_call" not in [s for s, _, _ in planned()]


def test_full_payment_cures_the_case_and_a_relapse_is_a_new_episode(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    pay(tmp_path, "L-1", d(3, 11))
    result = close(d(3, 12))
    assert result["moved"] == {"early→closed": 1}
    first = the_case()
    assert (first.stage, first.closed_reason, first.closed_on) == ("closed", "cured", d(3, 12))
    assert Loan.objects.get().state == "active"
    assert planned() == [("first_notice", "sms", "cancelled")]

    close(d(4, 11))  # April's instalment is missed too
    second = the_case()
    assert (second.episode, second.stage, second.pk != first.pk) == (2, "early", True)


def test_part_payment_re_anchors_the_case_to_the_next_open_instalment_and_steps_it_back(tmp_path: Path) -> None:
    lend(tmp_path, "L-1", paid=0)  # February and March are both open
    close(d(3, 12))
    case = the_case()
    assert (case.anchor_due_on, case.stage, case.day(d(3, 12))) == (d(2, 10), "late", 30)
    pay(tmp_path, "L-1", d(3, 12))
    close(d(3, 13))
    case = the_case()
    assert (case.anchor_due_on, case.stage, case.day(d(3, 13))) == (d(3, 10), "early", 3)
    assert case.history.first().history_change_reason


def test_a_residue_within_the_tolerance_is_no_arrears(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    pay(tmp_path, "L-1", d(3, 10), amount="101.00")  # $4.50 short, tolerance 5 % of 105.50
    close(d(3, 11))
    assert not Case.objects.exists()
    assert Loan.objects.get().oldest_open_due_on == d(4, 10)


def test_a_write_off_takes_the_loan_off_the_ladder(tmp_path: Path) -> None:
    from collections_app.kernel import actors, fsm

    (loan,) = lend(tmp_path, "L-1")
    close(d(3, 11))
    fsm.apply(loan, "write_off", by=actors.machine(actors.IMPORT), because="given up", on=d(3, 11))
    close(d(3, 12))
    assert (the_case().stage, the_case().closed_reason) == ("closed", "written_off")


def test_a_product_that_no_ladder_takes_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    lend(tmp_path, "L-1", "L-2")
    Loan.objects.filter(number="L-2").update(product="student_loan")
    result = close(d(3, 11))
    assert (result["steps"]["cases"]["opened"], result["set_aside"]) == (1, 1)
    from collections_app.models import SetAside

    assert "student_loan" in SetAside.objects.get().reason
