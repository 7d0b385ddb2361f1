"""Scoring of a ledger against the subprime tape, on invented rows: what a ledger may see, what is counted."""

from datetime import date
from decimal import Decimal

import pytest

from bench.subprime_score import (
    OpenInstalment,
    Row,
    View,
    due_day_before,
    live_months,
    month_ahead,
    months_extended,
    opening,
    paid_to_instalments,
    returned_payment,
    score_month_ahead,
    score_whole_life,
    whole_life,
)

FIELDS = {
    "loan_id": "X1",
    "month_end": "",
    "first_payment_month": "2018-01",
    "maturity_month": "2024-01",
    "apr": "0.12",
    "instalment": "100.0",
    "paid": "100.0",
    "other_paid": "0.0",
    "principal_paid": "0.0",
    "begin_balance": "",
    "end_balance": "",
    "due_next_month_incl_arrears": "100.0",
    "days_past_due": "0.0",
    "interest_paid_through": "",
    "payments_extended": "0",
    "modification_code": "",
    "zero_balance_code": "",
}


def row(month_end: str, **fields: str) -> Row:
    return {**FIELDS, "month_end": month_end, **fields}


def late(month_end: str, days: int, owed: int, **fields: str) -> Row:
    due = f"{100 + owed}.0"
    return row(month_end, days_past_due=f"{days}.0", due_next_month_incl_arrears=due, **fields)


def answers_seen(view: View) -> list[tuple[str, str]]:
    return [(r["days_past_due"], r["due_next_month_incl_arrears"]) for r in view.rows]


def test_the_first_row_closed_rows_and_rows_without_a_statement_are_not_asked():
    rows = [
        row("2019-01-31"),
        row("2019-02-28"),
        row("2019-03-31", days_past_due=""),
        row("2019-04-30"),
        row("2019-05-31", zero_balance_code="4"),
        row("2019-06-30"),
    ]

    assert live_months(rows) == [1, 3]


def test_the_whole_life_question_shows_the_answers_of_the_first_row_only():
    rows = [late("2019-01-31", 16, 100), late("2019-02-28", 13, 100), late("2019-03-31", 16, 100)]

    assert answers_seen(whole_life(rows)) == [("16.0", "200.0"), ("", ""), ("", "")]


def test_the_month_ahead_question_shows_the_answers_of_the_month_before_only_and_no_later_row():
    rows = [
        late("2019-01-31", 16, 100),
        late("2019-02-28", 13, 100),
        late("2019-03-31", 16, 100),
        late("2019-04-30", 15, 100),
    ]

    view = month_ahead(rows, 2, remember_due_day=False)

    assert answers_seen(view) == [("", ""), ("13.0", "200.0"), ("", "")]
    assert view.opens == 1
    assert view.due_day is None


def test_blanking_every_other_answer_in_the_tape_changes_no_view():
    rows = [late("2019-01-31", 16, 100), row("2019-02-28"), late("2019-03-31", 16, 100)]
    blanks = {"days_past_due": "", "due_next_month_incl_arrears": ""}

    others_blank = [{**rows[0], **blanks}, rows[1], {**rows[2], **blanks}]
    only_first = [rows[0], {**rows[1], **blanks}, {**rows[2], **blanks}]

    assert month_ahead(others_blank, 2, remember_due_day=False) == month_ahead(rows, 2, remember_due_day=False)
    assert whole_life(only_first) == whole_life(rows)


def test_the_due_day_comes_from_earlier_months_never_from_the_asked_one():
    rows = [row("2019-01-31"), late("2019-02-28", 8, 100), late("2019-03-31", 3, 100)]

    assert due_day_before(rows, 1) is None
    assert due_day_before(rows, 2) == 20
    assert month_ahead(rows, 2, remember_due_day=True).due_day == 20


def test_the_last_day_of_a_short_month_does_not_shorten_a_later_due_day():
    rows = [late("2019-01-31", 1, 100), late("2019-03-31", 31, 200), row("2019-04-30")]

    assert due_day_before(rows, 2) == 30


def test_arrears_at_the_opening_are_whole_new_instalments_and_a_rest_for_the_oldest():
    rows = [late("2019-03-31", 47, 160), row("2019-04-30")]

    state = opening(whole_life(rows))

    assert state.open_instalments == (
        OpenInstalment(date(2019, 2, 12), Decimal("60.00")),
        OpenInstalment(date(2019, 3, 12), Decimal("100.00")),
    )
    assert state.paid_ahead == 0
    assert state.due_day == 12


def test_owed_but_not_past_due_fell_due_on_the_month_end():
    rows = [late("2019-02-28", 0, 100), row("2019-03-31")]

    assert opening(whole_life(rows)).open_instalments == (OpenInstalment(date(2019, 2, 28), Decimal("100.00")),)


def test_less_due_than_an_instalment_is_money_paid_ahead():
    rows = [row("2019-02-28", due_next_month_incl_arrears="0.0"), row("2019-03-31")]

    state = opening(whole_life(rows))

    assert state.paid_ahead == Decimal("100.00")
    assert state.open_instalments == ()


def test_a_payment_before_the_first_instalment_of_a_new_loan_is_money_ahead():
    rows = [row("2018-09-30", first_payment_month="2018-10", instalment=""), row("2018-10-31", paid="0.0")]

    assert opening(whole_life(rows)).paid_ahead == Decimal("100.00")


def test_the_first_instalment_of_a_new_loan_takes_its_payment():
    rows = [row("2018-10-31", first_payment_month="2018-10", paid="130.0"), row("2018-11-30", paid="0.0")]

    assert opening(whole_life(rows)).paid_ahead == Decimal("30.00")


def test_money_ahead_that_the_servicer_does_not_show_comes_from_the_payments():
    new = {"first_payment_month": "2018-10"}
    rows = [row("2018-10-31", **new), row("2018-11-30", paid="200.0", **new), row("2018-12-31", **new)]

    assert opening(month_ahead(rows, 2, remember_due_day=False)).paid_ahead == Decimal("100.00")


def test_catching_up_arrears_from_before_the_tape_is_not_money_ahead():
    # 34 instalments of 100 to come at 1 % a month are worth 2,870; the principal is one instalment above.
    old = {"first_payment_month": "2015-01", "maturity_month": "2021-10"}
    rows = [
        late("2018-12-31", 16, 100, end_balance="2970.00", **old),
        row("2019-01-31", paid="200.0", **old),
        row("2019-02-28", paid="0.0", **old),
    ]

    assert opening(month_ahead(rows, 2, remember_due_day=False)).paid_ahead == 0


def test_an_instalment_due_on_the_month_end_is_open_although_nothing_is_past_due():
    new = {"first_payment_month": "2019-01"}
    rows = [late("2019-01-31", 1, 100, paid="0.0", **new), row("2019-02-28", **new), row("2019-03-31", **new)]

    state = opening(month_ahead(rows, 2, remember_due_day=True))

    assert state.open_instalments == (OpenInstalment(date(2019, 2, 28), Decimal("100.00")),)
    assert state.due_day == 30


def test_fees_are_not_payments_of_instalments():
    assert paid_to_instalments(row("2019-01-31", paid="115.00", other_paid="15.00")) == Decimal("100.00")


@pytest.mark.parametrize(
    ("end_balance", "modification", "returned"),
    [("900.00", "", "0"), ("1080.00", "", "80.00"), ("1080.00", "3; 1", "0")],
)
def test_principal_that_rises_without_a_modification_is_a_returned_payment(
    end_balance: str, modification: str, returned: str
):
    month = row("2019-01-31", begin_balance="1000.00", end_balance=end_balance, modification_code=modification)

    assert returned_payment(month) == Decimal(returned)


def test_a_deferral_shows_as_a_later_maturity_when_no_extension_is_reported():
    rows = [
        row("2019-01-31", maturity_month="2021-10"),
        row("2019-02-28", maturity_month="2021-11"),
        row("2019-03-31", maturity_month="2022-01", payments_extended="2"),
    ]

    assert [months_extended(rows, index) for index in range(3)] == [0, 1, 2]


def test_the_score_counts_agreement_days_and_loans_left_out():
    tape = {
        "X1": [row("2019-01-31"), late("2019-02-28", 13, 100), late("2019-03-31", 44, 200)],
        "X2": [row("2019-01-31", loan_id="X2"), row("2019-02-28", loan_id="X2")],
    }

    score = score_whole_life(tape, lambda view, on: 14 if on >= date(2019, 2, 28) else 0)

    assert (score.months, score.agreed, score.both_overdue, score.within_a_day) == (3, 2, 2, 1)
    assert score.accuracy == Decimal(2) / 3
    assert score.accuracy_of_days == Decimal("0.5")
    assert score.leave_one_out() == (Decimal(0), Decimal(1))
    assert [(a.loan_id, a.ours, a.theirs) for a in score.disagreements()] == [("X2", 14, 0)]
    assert score.causes() == {"less owed than the rows show (older money ahead, leniency)": 1}


def test_a_disagreement_that_the_due_day_would_settle_is_put_down_to_it():
    rows = [row("2019-01-31"), late("2019-02-28", 0, 100), late("2019-03-31", 1, 100)]

    def on_the_due_day(view: View, on: date) -> int:
        return max(0, on.day - min(view.due_day or 15, on.day))

    score = score_whole_life({"X1": rows}, on_the_due_day)

    assert [a.cause for a in score.disagreements()] == ["due day at the month end, not known yet"]


def test_an_extension_explains_the_months_after_it():
    rows = [
        row("2019-01-31"),
        row("2019-02-28", payments_extended="2"),
        row("2019-03-31"),
        row("2019-04-30"),
        row("2019-05-31"),
        row("2019-06-30"),
    ]

    score = score_month_ahead({"X1": rows}, lambda view, on: 15, remember_due_day=False)

    assert score.causes() == {
        "terms of an extension of this month or the three before": 4,
        "less owed than the rows show (older money ahead, leniency)": 1,
    }
