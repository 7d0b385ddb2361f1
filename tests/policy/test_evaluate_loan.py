"""The oracle of one loan and one day: booking, tolerance, cases, stages, steps."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collections_app.policy.evaluate.loan import (
    CaseAsOf,
    Item,
    LoanAsOf,
    Money,
    book,
    due_steps,
    ladder_day,
    oldest_open,
    what_would_happen,
)
from collections_app.policy.schema import read_ladder

LADDER = read_ladder(Path(__file__).resolve().parents[2] / "collections_app/policy/data/ladders/six_day.toml")
DUE = date(2026, 3, 10)


def instalments(*paid: str) -> tuple[Item, ...]:
    """Hundred a month from 10 March 2026 on."""
    return tuple(Item(n, date(2026, 2 + n, 10), Decimal(100), Decimal(p)) for n, p in enumerate(paid, start=1))


def loan(*paid: str, **more) -> LoanAsOf:
    return LoanAsOf(instalments(*paid), tolerance=Decimal("5.00"), **more)


def money(number: int, value_on: date, amount: str) -> Money:
    return Money(number, value_on, Decimal(amount))


def on_day(day: int, **more) -> tuple[LoanAsOf, date]:
    """A loan whose first instalment is so many days late, with its case at the stage of the day before."""
    before = LADDER.stage_on(max(1, day - 1))
    assert before
    return loan("0", "0", case=CaseAsOf(before.name, DUE), **more), DUE + timedelta(days=day)


def codes(steps) -> list[str]:
    return [step.code for step in steps]


def test_due_on_the_tenth_and_unpaid_the_run_of_the_eleventh_is_day_one():
    assert [ladder_day(DUE, date(2026, 3, d)) for d in (7, 10, 11, 16)] == [-3, 0, 1, 6]
    assert what_would_happen(loan("0"), LADDER, DUE).case is None
    outcome = what_would_happen(loan("0"), LADDER, date(2026, 3, 11))
    assert (outcome.happened, outcome.day, outcome.days_past_due) == (("opened",), 1, 1)
    assert outcome.case == CaseAsOf("early", DUE)
    assert codes(outcome.planned) == ["first_notice"]


@pytest.mark.parametrize(
    ("day", "steps"),
    [
        (-4, []),
        (-3, ["reminder"]),
        (-2, []),
        (-1, ["reminder"]),
        (0, []),
        (1, ["first_notice"]),
        (2, ["first_call"]),
        (3, []),
        (4, ["consequences_call"]),
        (5, ["consequences_call", "written_notice"]),
        (6, ["visit"]),
        (13, ["visit"]),
        (20, []),
    ],
)
def test_the_steps_of_each_day_of_the_six_day_ladder(day, steps):
    assert [step.code for step, _ in due_steps(LADDER, day)] == steps


def test_occurrences_are_numbered_over_the_whole_ladder():
    assert [due_steps(LADDER, day)[0][1] for day in (-3, -1, 4, 5, 6, 13)] == [1, 2, 1, 2, 1, 2]


# -- booking


def test_only_money_valued_before_the_day_is_booked_the_oldest_first():
    waiting = (money(2, date(2026, 3, 12), "30"), money(1, date(2026, 3, 11), "80"), money(3, date(2026, 3, 13), "90"))
    booked = book(loan("0", "0", waiting=waiting), date(2026, 3, 13))
    assert [item.paid for item in booked.instalments] == [Decimal(100), Decimal(10)]
    assert booked.waiting == (waiting[2],)
    assert booked.unallocated == {}


def test_what_is_more_than_all_that_is_owed_stays_with_its_payment():
    waiting = (money(1, date(2026, 3, 1), "150"), money(2, date(2026, 3, 1), "70"))
    booked = book(loan("0", "0", waiting=waiting), date(2026, 3, 2))
    assert [item.open for item in booked.instalments] == [0, 0]
    assert booked.unallocated == {2: Decimal(20)}


@pytest.mark.parametrize(
    ("order", "charge", "first"),
    [(("charge", "instalment"), "25", "75"), (("instalment", "charge"), "0", "100")],
)
def test_the_order_says_what_is_paid_first(order, charge, first):
    fee = Item(1, date(2026, 3, 11), Decimal(25))
    waiting = (money(1, date(2026, 3, 11), "100"),)
    booked = book(loan("0", charges=(fee,), waiting=waiting, order=order), date(2026, 3, 12))
    assert (booked.charges[0].paid, booked.instalments[0].paid) == (Decimal(charge), Decimal(first))


def test_a_charge_of_the_day_itself_is_not_open_yet():
    fee = Item(1, date(2026, 3, 12), Decimal(25))
    booked = book(loan("0", charges=(fee,), waiting=(money(1, date(2026, 3, 11), "40"),)), date(2026, 3, 12))
    assert (booked.charges[0].paid, booked.instalments[0].paid) == (0, Decimal(40))


# -- tolerance


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        (("95", "100"), None),
        (("94.99", "100"), date(2026, 3, 10)),
        (("97", "97.99"), date(2026, 4, 10)),
        (("97", "98"), None),
        (("97", "98", "0"), date(2026, 5, 10)),
        (("100", "100"), None),
    ],
)
def test_forgiven_dollars_add_up_and_a_sum_of_exactly_the_tolerance_is_none(paid, expected):
    assert oldest_open(instalments(*paid), Decimal("5.00")) == expected


def test_a_few_forgiven_dollars_of_march_do_not_make_august_five_months_old():
    outcome = what_would_happen(loan("97", "100", "100", "100", "100", "0"), LADDER, date(2026, 8, 11))
    assert (outcome.oldest_open_due_on, outcome.days_past_due) == (date(2026, 8, 10), 1)


# -- cases


def test_money_valued_yesterday_cures_and_money_valued_today_does_not():
    for value_on, happened in ((date(2026, 3, 12), ("cured",)), (date(2026, 3, 13), ())):
        one, on = on_day(3, waiting=(money(1, value_on, "95"),))
        outcome = what_would_happen(one, LADDER, on)
        assert outcome.happened == happened
        assert (outcome.case is None) == bool(happened)


def test_part_payment_anchors_the_case_at_the_instalment_that_is_still_open_and_steps_back():
    behind = loan("0", "0", case=CaseAsOf("late", DUE), waiting=(money(1, date(2026, 4, 11), "100"),))
    outcome = what_would_happen(behind, LADDER, date(2026, 4, 12))
    assert outcome.happened == ("re_anchored",)
    assert outcome.case == CaseAsOf("early", date(2026, 4, 10))
    assert (outcome.moved, outcome.day, codes(outcome.planned)) == (("late", "early"), 2, ["first_call"])


def test_a_reversed_payment_anchors_the_case_further_back():
    back = loan("0", "0", case=CaseAsOf("early", date(2026, 4, 10)))
    outcome = what_would_happen(back, LADDER, date(2026, 4, 12))
    assert (outcome.happened, outcome.moved, outcome.day) == (("re_anchored",), ("early", "late"), 33)


def test_the_steps_of_a_new_anchor_are_new_ones():
    planned = frozenset({("first_call", 2)})
    same = loan("100", "0", case=CaseAsOf("early", date(2026, 4, 10)), planned=planned)
    assert what_would_happen(same, LADDER, date(2026, 4, 12)).left_out == {"first_call": "planned_before"}
    moved = loan("100", "0", case=CaseAsOf("early", DUE), planned=planned)
    assert codes(what_would_happen(moved, LADDER, date(2026, 4, 12)).planned) == ["first_call"]


def test_a_case_that_is_found_late_climbs_on_the_day_it_opens():
    outcome = what_would_happen(loan("0"), LADDER, date(2026, 7, 8))
    assert (outcome.happened, outcome.moved, outcome.day) == (("opened",), ("early", "late"), 120)
    assert outcome.write_off_review
    assert not what_would_happen(loan("0"), LADDER, date(2026, 7, 7)).write_off_review


@pytest.mark.parametrize(
    ("day", "moved"), [(3, None), (4, ("early", "mid")), (5, None), (6, ("mid", "late")), (7, None)]
)
def test_the_boundaries_of_the_stages_are_those_of_the_ladder(day, moved):
    one, on = on_day(day)
    assert what_would_happen(one, LADDER, on).moved == moved


def test_a_case_before_the_court_is_cured_but_neither_moved_nor_contacted():
    court = loan("0", "0", case=CaseAsOf("legal", DUE))
    outcome = what_would_happen(court, LADDER, date(2026, 3, 16))
    assert (outcome.moved, outcome.due, outcome.case) == (None, (), CaseAsOf("legal", DUE))
    paid = replace(court, waiting=(money(1, date(2026, 3, 15), "100"),))
    assert what_would_happen(paid, LADDER, date(2026, 3, 16)).happened == ("cured",)


def test_a_loan_that_has_ended_has_no_case_and_no_reminder():
    ended = loan("0", live=False, case=CaseAsOf("early", DUE))
    assert what_would_happen(ended, LADDER, date(2026, 3, 12)).happened == ("ended",)
    assert what_would_happen(loan("0", live=False), LADDER, date(2026, 3, 7)).due == ()


# -- the clock


def test_while_the_clock_is_stopped_nothing_moves_and_its_days_are_not_counted():
    held = loan("0", case=CaseAsOf("early", DUE, clock_held_until=date(2026, 3, 20)))
    for day in (11, 20):
        outcome = what_would_happen(held, LADDER, date(2026, 3, day))
        assert (outcome.day, outcome.moved, outcome.due) == (None, None, ())
    over = loan("0", case=CaseAsOf("early", DUE, stopped_days=9, clock_held_until=date(2026, 3, 20)))
    outcome = what_would_happen(over, LADDER, date(2026, 3, 21))
    assert (outcome.day, outcome.days_past_due, codes(outcome.planned)) == (2, 11, ["first_call"])


def test_a_new_anchor_keeps_the_stopped_days():
    moved = loan("100", "0", case=CaseAsOf("early", DUE, stopped_days=2))
    outcome = what_would_happen(moved, LADDER, date(2026, 4, 13))
    assert outcome.case
    assert (outcome.case.counts_from_on, outcome.day) == (date(2026, 4, 12), 1)


# -- what is planned


def test_a_reminder_goes_for_the_next_open_instalment_of_a_good_payer():
    outcome = what_would_happen(loan("100", "0"), LADDER, date(2026, 4, 7))
    assert [(s.code, s.instalment, s.day, s.occurrence) for s in outcome.planned] == [("reminder", 2, -3, 1)]
    assert outcome.case is None
    assert what_would_happen(loan("100", "97"), LADDER, date(2026, 4, 7)).due == ()
    behind = loan("0", "0", case=CaseAsOf("late", DUE))
    assert what_would_happen(behind, LADDER, date(2026, 4, 7)).due == ()
    again = loan("100", "0", reminded=frozenset({("reminder", 2, -3)}))
    assert what_would_happen(again, LADDER, date(2026, 4, 7)).left_out == {"reminder": "planned_before"}


def test_a_reminder_takes_the_channel_of_the_borrowers_choice_first():
    chosen = what_would_happen(loan("0", preferred="email"), LADDER, date(2026, 3, 9))
    assert chosen.planned[0].channels == ("email", "sms", "push", "voice")
    assert what_would_happen(loan("0"), LADDER, date(2026, 3, 9)).planned[0].channels[0] == "sms"
    assert what_would_happen(loan("0"), LADDER, date(2026, 3, 11)).planned[0].channels == ("sms", "email", "push")


@pytest.mark.parametrize(
    ("day", "facts", "left_out"),
    [
        (2, {"promise_open": True}, {"first_call": "promise_open"}),
        (2, {"answered": frozenset({"first_notice"})}, {"first_call": "answered_since:first_notice"}),
        (2, {"answered": frozenset({"reminder"})}, {}),
        (4, {}, {"consequences_call": "waits_for:first_notice"}),
        (4, {"left": {"first_notice": "attempted"}}, {}),
        (4, {"left": {"first_notice": "sent"}, "promise_open": True}, {"consequences_call": "promise_open"}),
        (6, {}, {"visit": "waits_for:written_notice"}),
        (6, {"left": {"written_notice": "attempted"}}, {"visit": "waits_for:written_notice"}),
        (6, {"left": {"written_notice": "sent"}}, {}),
        (6, {"left": {"written_notice": "served"}}, {}),
    ],
)
def test_what_speaks_against_a_step_that_is_due(day, facts, left_out):
    one, on = on_day(day, **facts)
    outcome = what_would_happen(one, LADDER, on)
    assert dict(outcome.left_out) == left_out
    assert bool(outcome.planned) == (not left_out)


def test_a_hold_of_contacts_stops_them_up_to_its_last_day_and_lets_the_days_run():
    one, on = on_day(2)
    assert one.case
    held = replace(one, case=replace(one.case, contacts_held_until=on))
    assert what_would_happen(held, LADDER, on).left_out == {"first_call": "held"}
    over = replace(one, case=replace(one.case, contacts_held_until=on - timedelta(days=1)))
    assert codes(what_would_happen(over, LADDER, on).planned) == ["first_call"]


def test_a_visit_waits_for_a_supervisor():
    one, on = on_day(6, left={"written_notice": "sent"})
    assert what_would_happen(one, LADDER, on).planned[0].needs_approval == "supervisor"


def test_on_a_day_that_is_caught_up_stages_move_and_steps_are_superseded():
    one, on = on_day(4, left={"first_notice": "sent"})
    outcome = what_would_happen(one, LADDER, on, newest=False)
    assert (outcome.moved, outcome.planned, codes(outcome.superseded)) == (
        ("early", "mid"),
        (),
        ["consequences_call"],
    )


def test_a_ladder_of_business_days_is_refused():
    with pytest.raises(ValueError, match="only calendar days"):
        what_would_happen(loan("0"), replace(LADDER, counts="business"), date(2026, 3, 11))


def test_all_payments_first_or_day_by_day_leave_the_same_loan():
    payments = (money(1, date(2026, 3, 12), "60"), money(2, date(2026, 4, 2), "45"), money(3, date(2026, 4, 20), "200"))
    at_once = loan("0", "0", "0", waiting=payments)
    by_day = loan("0", "0", "0")
    day = date(2026, 3, 8)
    while day < date(2026, 5, 20):
        by_day = replace(
            by_day, waiting=by_day.waiting + tuple(m for m in payments if m.value_on == day - timedelta(days=1))
        )
        outcomes = [what_would_happen(one, LADDER, day) for one in (at_once, by_day)]
        assert outcomes[0].case == outcomes[1].case
        assert outcomes[0].planned == outcomes[1].planned
        assert outcomes[0].booked.instalments == outcomes[1].booked.instalments
        at_once, by_day = (
            replace(one, instalments=o.booked.instalments, waiting=o.booked.waiting, case=o.case)
            for one, o in zip((at_once, by_day), outcomes, strict=True)
        )
        day += timedelta(days=1)
    assert [item.paid for item in at_once.instalments] == [100, 100, 100]
