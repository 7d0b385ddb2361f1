"""The replay of a loan's ledger, on invented rows: what is overdue since when, and where the money went."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.services.replay import (
    LedgerCharge,
    LedgerEvent,
    LedgerInstalment,
    LedgerPayment,
    LoanLedger,
    Position,
    as_of,
    moved,
    positions,
)


def day(month: int, number: int, year: int = 2024) -> dt.date:
    return dt.date(year, month, number)


def monthly(count: int = 4, *, on: int = 15, amount: int = 100_00, first: int = 1) -> tuple[LedgerInstalment, ...]:
    """Instalments of 100.00 from January 2024, a leap year."""
    return tuple(LedgerInstalment(n, n, moved(day(first, 1), n - 1, on), amount) for n in range(1, count + 1))


def paid(*rows: tuple[dt.date, int]) -> tuple[LedgerPayment, ...]:
    return tuple(LedgerPayment(n, on, amount) for n, (on, amount) in enumerate(rows, start=1))


def happened(kind: str, on: dt.date, number: int = 1, **columns: int) -> LedgerEvent:
    return LedgerEvent(number, kind, on, **columns)


def a_ledger(**columns: Any) -> LoanLedger:
    return LoanLedger(**{"currency": "USD", "tolerance": 5_00, "due_day": 15, "instalments": monthly(), **columns})


def paid_of(position: Position) -> list[int]:
    return [i.paid for i in sorted(position.instalments, key=lambda i: i.number)]


def dues_of(position: Position) -> list[dt.date]:
    return [i.due_on for i in sorted(position.instalments, key=lambda i: i.number)]


# --- Days past due --------------------------------------------------------------------------------------------


def test_due_on_the_day_itself_is_not_late_and_the_day_after_is_day_one():
    ledger = a_ledger()
    assert [as_of(ledger, day(1, n)).days_past_due for n in (14, 15, 16, 17)] == [0, 0, 1, 2]
    assert [as_of(ledger, day(1, n)).overdue for n in (15, 16)] == [0, 100_00]
    assert as_of(ledger, day(1, 3)).oldest_due_on == day(1, 15)


def test_days_are_counted_through_the_leap_day():
    ledger = a_ledger(instalments=monthly(1, on=28, first=2))
    assert [as_of(ledger, on).days_past_due for on in (day(2, 28), day(2, 29), day(3, 1))] == [0, 1, 2]


def test_a_part_payment_leaves_the_instalment_overdue_since_its_own_day():
    position = as_of(a_ledger(payments=paid((day(1, 20), 60_00))), day(2, 20))
    assert (position.days_past_due, position.overdue, position.oldest_due_on) == (36, 140_00, day(1, 15))
    assert paid_of(position) == [60_00, 0, 0, 0]


def test_a_residue_within_the_tolerance_is_no_arrears_but_is_still_owed():
    position = as_of(a_ledger(payments=paid((day(1, 15), 95_00))), day(1, 31))
    assert (position.days_past_due, position.overdue, position.oldest_due_on) == (0, 5_00, day(2, 15))
    assert position.outstanding == 305_00


def test_residues_add_up_until_they_exceed_the_tolerance_on_the_day_of_the_one_that_does_it():
    ledger = a_ledger(payments=paid((day(1, 15), 97_00), (day(2, 15), 3_00 + 97_00)))
    assert as_of(ledger, day(2, 20)).days_past_due == 0
    late = a_ledger(instalments=monthly(3, amount=3_00), tolerance=5_00)
    # 3.00 of January is let pass; with the 3.00 of February it is more than 5.00.
    assert as_of(late, day(2, 10)).days_past_due == 0
    assert as_of(late, day(2, 20)).oldest_due_on == day(2, 15)


def test_a_forgiven_residue_of_an_old_month_does_not_make_a_new_arrears_old():
    ledger = a_ledger(payments=paid((day(1, 15), 96_00), (day(2, 15), 100_00), (day(3, 15), 100_00)))
    assert as_of(ledger, day(4, 16)).days_past_due == 1


def test_a_double_payment_pays_the_next_instalment_in_advance():
    ledger = a_ledger(payments=paid((day(1, 15), 100_00), (day(1, 15), 100_00)))
    position = as_of(ledger, day(3, 14))
    assert (position.days_past_due, position.oldest_due_on, paid_of(position)) == (
        0,
        day(3, 15),
        [100_00, 100_00, 0, 0],
    )


def test_an_early_payment_is_taken_for_the_oldest_instalment():
    position = as_of(a_ledger(payments=paid((day(1, 2), 100_00))), day(1, 31))
    assert (position.days_past_due, position.oldest_due_on) == (0, day(2, 15))


def test_a_payment_of_a_later_day_does_not_count_yet():
    ledger = a_ledger(payments=paid((day(1, 20), 100_00)))
    assert [as_of(ledger, day(1, n)).days_past_due for n in (19, 20)] == [4, 0]
    assert as_of(ledger, day(1, 19)).paid_total == 0


def test_money_beyond_everything_waits_unallocated():
    position = as_of(a_ledger(payments=paid((day(1, 20), 410_00))), day(1, 20))
    assert (position.unallocated, position.left_over, position.outstanding) == (10_00, {1: 10_00}, 0)
    assert (position.remaining, position.oldest_due_on) == (-10_00, None)


def test_suspect_and_rejected_payments_never_count():
    payments = (LedgerPayment(1, day(1, 10), 100_00, "suspect"), LedgerPayment(2, day(1, 10), 100_00, "rejected"))
    assert as_of(a_ledger(payments=payments), day(1, 20)).days_past_due == 5


def test_the_order_of_rows_does_not_matter():
    ledger = a_ledger(
        payments=paid((day(1, 20), 60_00), (day(2, 3), 80_00)), charges=(LedgerCharge(1, day(1, 25), 15_00),)
    )
    backwards = dataclasses.replace(
        ledger, instalments=ledger.instalments[::-1], payments=ledger.payments[::-1], charges=ledger.charges[::-1]
    )
    assert as_of(ledger, day(4, 1)) == as_of(backwards, day(4, 1))


# --- Charges and the order ------------------------------------------------------------------------------------


def test_charges_first_takes_the_charge_before_the_instalment():
    ledger = a_ledger(charges=(LedgerCharge(1, day(1, 20), 15_00),), payments=paid((day(1, 25), 100_00)))
    position = as_of(ledger, day(1, 31))
    assert (position.fees_open, position.overdue, position.days_past_due) == (0, 15_00, 16)


def test_instalments_first_takes_what_is_due_then_the_charge_then_what_is_to_come():
    charges = (LedgerCharge(1, day(1, 20), 15_00),)
    few = a_ledger(allocation="instalment,charge", charges=charges, payments=paid((day(1, 25), 110_00)))
    many = a_ledger(allocation="instalment,charge", charges=charges, payments=paid((day(1, 25), 120_00)))
    assert (as_of(few, day(1, 31)).fees_open, paid_of(as_of(few, day(1, 31)))) == (5_00, [100_00, 0, 0, 0])
    assert (as_of(many, day(1, 31)).fees_open, paid_of(as_of(many, day(1, 31)))) == (0, [100_00, 5_00, 0, 0])


def test_a_charge_of_a_later_day_is_paid_by_money_that_was_left_when_the_next_money_comes():
    ledger = a_ledger(
        instalments=monthly(1),
        charges=(LedgerCharge(1, day(2, 1), 15_00),),
        payments=paid((day(1, 15), 110_00), (day(2, 10), 1_00)),
    )
    assert as_of(ledger, day(2, 9)).fees_open == 15_00
    assert as_of(ledger, day(2, 9)).outstanding == 5_00
    later = as_of(ledger, day(2, 10))
    assert (later.fees_open, later.unallocated) == (4_00, 0)
    assert later.appropriated == {(1, "instalment", 1): 100_00, (1, "charge", 1): 10_00, (2, "charge", 1): 1_00}


# --- Extensions -----------------------------------------------------------------------------------------------


def test_an_extension_moves_every_instalment_that_is_not_fully_paid_and_leaves_the_paid_ones():
    ledger = a_ledger(payments=paid((day(2, 20), 150_00)), events=(happened("extension", day(2, 29), months=2),))
    before, after = as_of(ledger, day(2, 28)), as_of(ledger, day(2, 29))
    assert dues_of(before) == [day(1, 15), day(2, 15), day(3, 15), day(4, 15)]
    assert dues_of(after) == [day(1, 15), day(4, 15), day(5, 15), day(6, 15)]
    assert (before.days_past_due, after.days_past_due) == (13, 0)


def test_a_payment_of_the_day_of_an_extension_comes_before_it():
    ledger = a_ledger(payments=paid((day(1, 31), 100_00)), events=(happened("extension", day(1, 31), months=1),))
    assert dues_of(as_of(ledger, day(1, 31)))[0] == day(1, 15)


def test_an_extension_of_arrears_that_are_older_leaves_the_rest_of_the_days():
    ledger = a_ledger(events=(happened("extension", day(4, 20), months=1),))
    assert as_of(ledger, day(4, 20)).days_past_due == (day(4, 20) - day(2, 15)).days


@pytest.mark.parametrize(
    ("due_day", "dues", "extended"),
    [
        (31, [day(1, 31), day(2, 29), day(3, 31)], [day(2, 29), day(3, 31), day(4, 30)]),
        (30, [day(1, 30), day(2, 29), day(3, 30)], [day(2, 29), day(3, 30), day(4, 30)]),
        (29, [day(1, 29), day(2, 29), day(3, 29)], [day(2, 29), day(3, 29), day(4, 29)]),
    ],
)
def test_an_extension_lands_on_the_due_day_or_on_the_last_day_of_a_shorter_month(due_day, dues, extended):
    ledger = a_ledger(
        due_day=due_day, instalments=monthly(3, on=due_day), events=(happened("extension", day(1, 20), months=1),)
    )
    assert dues_of(as_of(ledger, day(1, 19))) == dues
    assert dues_of(as_of(ledger, day(1, 20))) == extended


def test_without_a_due_day_an_instalment_comes_back_to_the_day_of_its_contract():
    ledger = a_ledger(
        due_day=None,
        instalments=(LedgerInstalment(1, 1, day(1, 31), 100_00),),
        events=(happened("extension", day(1, 20), 1, months=1), happened("extension", day(2, 20), 2, months=1)),
    )
    assert dues_of(as_of(ledger, day(1, 20))) == [day(2, 29)]
    assert dues_of(as_of(ledger, day(2, 20))) == [day(3, 31)]


def test_an_extension_over_the_turn_of_a_year_into_a_common_february():
    assert moved(day(12, 31), 2, 31) == day(2, 28, 2025)
    assert moved(day(11, 30), 3, 30) == day(2, 28, 2025)
    assert moved(day(2, 29), 12, 29) == day(2, 28, 2025)


# --- Money that comes back ------------------------------------------------------------------------------------


def test_a_return_opens_what_was_paid_last():
    ledger = a_ledger(
        payments=paid((day(1, 15), 100_00), (day(2, 15), 120_00)),
        events=(happened("return", day(2, 20), amount=70_00),),
    )
    position = as_of(ledger, day(2, 20))
    assert (paid_of(position), position.days_past_due, position.paid_total) == ([100_00, 50_00, 0, 0], 5, 150_00)
    assert position.appropriated == {(1, "instalment", 1): 100_00, (2, "instalment", 2): 50_00}


def test_a_return_takes_money_that_waits_before_it_opens_anything():
    ledger = a_ledger(
        instalments=monthly(1),
        payments=paid((day(1, 15), 130_00)),
        events=(happened("return", day(1, 20), amount=50_00),),
    )
    position = as_of(ledger, day(1, 20))
    assert (position.unallocated, paid_of(position)) == (0, [80_00])


def test_a_return_comes_after_the_payments_of_its_day_and_before_an_extension():
    ledger = a_ledger(
        payments=paid((day(1, 31), 100_00)),
        events=(happened("extension", day(1, 31), 1, months=1), happened("return", day(1, 31), 2, amount=100_00)),
    )
    position = as_of(ledger, day(1, 31))
    assert (paid_of(position), dues_of(position)[0]) == ([0, 0, 0, 0], day(2, 15))


def test_a_return_of_more_than_was_ever_paid_here_is_owed_in_addition():
    ledger = a_ledger(payments=paid((day(1, 15), 40_00)), events=(happened("return", day(1, 20), amount=100_00),))
    position = as_of(ledger, day(1, 20))
    assert (position.returned_beyond, position.outstanding, position.paid_total) == (60_00, 460_00, -60_00)


def test_a_reversed_payment_counts_until_the_day_before_its_reversal():
    ledger = a_ledger(payments=(LedgerPayment(1, day(1, 10), 100_00, "reversed", day(1, 25)),))
    assert [as_of(ledger, day(1, n)).days_past_due for n in (24, 25)] == [0, 10]


def test_after_a_reversal_the_later_payments_pay_the_oldest_instalments():
    ledger = a_ledger(
        payments=(LedgerPayment(1, day(1, 15), 100_00, "reversed", day(3, 20)), *paid((day(2, 15), 100_00))[0:0],
                  LedgerPayment(2, day(2, 15), 100_00), LedgerPayment(3, day(3, 15), 100_00))
    )  # fmt: skip
    before, after = as_of(ledger, day(3, 19)), as_of(ledger, day(3, 20))
    assert (before.days_past_due, after.days_past_due) == (0, 5)
    assert after.appropriated == {(2, "instalment", 1): 100_00, (3, "instalment", 2): 100_00}


# --- Ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "outstanding"),
    [("write_off", 400_00), ("pay_off", 0), ("settlement", 0), ("restructuring", 0), ("sale", 0)],
)
def test_from_its_end_on_nothing_of_a_loan_is_overdue(kind, outstanding):
    ledger = a_ledger(events=(happened(kind, day(2, 20), amount=400_00),))
    before, after = as_of(ledger, day(2, 19)), as_of(ledger, day(2, 20))
    assert (before.days_past_due, before.ended) == (35, None)
    assert (after.days_past_due, after.overdue, after.oldest_due_on, after.ended) == (0, 0, None, kind)
    assert as_of(ledger, day(4, 30)).outstanding == outstanding


def test_a_payment_of_the_day_of_the_end_comes_before_it():
    ledger = a_ledger(payments=paid((day(2, 20), 150_00)), events=(happened("pay_off", day(2, 20)),))
    position = as_of(ledger, day(2, 20))
    assert (paid_of(position), position.unallocated) == ([100_00, 50_00, 0, 0], 0)


def test_money_after_a_lapse_meets_nothing_and_after_a_write_off_the_debt():
    def with_end(kind: str) -> Position:
        return as_of(a_ledger(payments=paid((day(3, 1), 50_00)), events=(happened(kind, day(2, 1)),)), day(3, 1))

    assert (with_end("settlement").unallocated, with_end("settlement").remaining) == (50_00, -50_00)
    assert (with_end("write_off").unallocated, with_end("write_off").outstanding) == (0, 350_00)


def test_a_recovery_lowers_what_is_outstanding_and_is_put_to_no_instalment():
    ledger = a_ledger(events=(happened("write_off", day(2, 1), 1), happened("recovery", day(3, 1), 2, amount=80_00)))
    position = as_of(ledger, day(3, 1))
    assert (position.outstanding, position.recovered, position.appropriated) == (320_00, 80_00, {})


def test_a_pay_off_is_void_when_its_payment_is_taken_back():
    ledger = a_ledger(
        payments=(LedgerPayment(1, day(1, 20), 400_00, "reversed", day(1, 28)),),
        events=(happened("pay_off", day(1, 20)),),
    )
    assert as_of(ledger, day(1, 27)).ended == "pay_off"
    back = as_of(ledger, day(1, 28))
    assert (back.ended, back.days_past_due, back.outstanding) == (None, 13, 400_00)


def test_a_return_of_the_day_of_the_pay_off_came_before_it_and_voids_nothing():
    def with_return(on: dt.date) -> str | None:
        events = (happened("pay_off", day(1, 20), 1), happened("return", on, 2, amount=30_00))
        return as_of(a_ledger(payments=paid((day(1, 19), 430_00)), events=events), day(1, 31)).ended

    assert (with_return(day(1, 20)), with_return(day(1, 21))) == ("pay_off", None)


def test_a_debt_that_was_written_off_can_still_be_sold():
    ledger = a_ledger(events=(happened("write_off", day(2, 1), 1), happened("sale", day(3, 1), 2)))
    assert [as_of(ledger, day(m, 5)).outstanding for m in (2, 3)] == [400_00, 0]


# --- For generated ledgers ------------------------------------------------------------------------------------

YEAR = [day(1, 1) + dt.timedelta(days=n) for n in range(200)]
dates = st.sampled_from(YEAR)
amounts = st.sampled_from([1, 4_99, 5_00, 50_00, 95_00, 100_00, 101_00, 250_00])


@st.composite
def ledgers(draw: Any) -> LoanLedger:
    payments = tuple(
        LedgerPayment(n, on, amount, *(("reversed", back) if back else ("received", None)))
        for n, (on, amount, back) in enumerate(
            draw(st.lists(st.tuples(dates, amounts, st.one_of(st.none(), st.none(), dates)), max_size=6)), start=1
        )
    )
    kinds = st.sampled_from(
        ["extension", "return", "recovery", "write_off", "pay_off", "settlement", "restructuring", "sale"]
    )
    events = tuple(
        LedgerEvent(n, kind, on, months if kind == "extension" else 0, 0 if kind == "extension" else amount)
        for n, (kind, on, months, amount) in enumerate(
            draw(st.lists(st.tuples(kinds, dates, st.integers(1, 3), amounts), max_size=4)), start=1
        )
    )
    return LoanLedger(
        currency="USD",
        tolerance=draw(st.sampled_from([0, 5_00])),
        allocation=draw(st.sampled_from(["charge,instalment", "instalment,charge"])),
        due_day=draw(st.sampled_from([None, 15, 31])),
        instalments=monthly(draw(st.integers(0, 6)), on=draw(st.sampled_from([15, 31]))),
        charges=tuple(LedgerCharge(n, on, 15_00) for n, on in enumerate(draw(st.lists(dates, max_size=2)), start=1)),
        payments=payments,
        events=events,
    )


@given(ledgers(), st.lists(dates, min_size=1, max_size=4))
def test_many_dates_in_one_pass_say_what_each_says_alone(ledger, asked):
    for position, on in zip(positions(ledger, asked), asked, strict=True):
        assert position == dataclasses.replace(as_of(ledger, on), lines=(), to_come=0)


@given(ledgers(), dates)
def test_no_money_is_made_or_lost(ledger, on):
    position = as_of(ledger, on)
    received = sum(p.amount for p in ledger.payments if p.counts(on))
    returned = sum(e.amount for e in ledger.events if e.kind == "return" and e.on <= on)
    assert position.paid_total == received - returned
    if position.ended is None:
        assert (
            received - returned == sum(position.appropriated.values()) + position.unallocated - position.returned_beyond
        )
    for what, items in (("instalment", position.instalments), ("charge", position.charges)):
        for item in items:
            of_item = sum(v for (_, kind, pk), v in position.appropriated.items() if (kind, pk) == (what, item.id))
            assert 0 <= item.paid <= item.amount
            assert item.paid == of_item
    for pk, amount in position.left_over.items():
        assert amount > 0
        assert any(p.id == pk and p.counts(on) for p in ledger.payments)


@given(ledgers(), dates)
def test_the_lines_come_to_what_the_ledger_says_is_open(ledger, on):
    position = as_of(ledger, on)
    balance = sum(line.debit - line.credit for line in position.lines)
    assert balance + position.to_come == position.remaining
    assert [line.on for line in position.lines] == sorted(line.on for line in position.lines)
    assert all(line.on <= on and line.debit >= 0 and line.credit >= 0 for line in position.lines)


@given(ledgers(), dates)
def test_payments_alone_are_judged_by_their_sum(ledger, on):
    """Another way to the same days: what is due so far less all that was paid, without ever appropriating anything."""
    plain = dataclasses.replace(ledger, events=(), charges=())
    received = sum(p.amount for p in plain.payments if p.counts(on))
    oldest, upto = None, 0
    for instalment in sorted(plain.instalments, key=lambda i: i.contract_due_on):
        upto += instalment.amount
        if upto - received > plain.tolerance:
            oldest = instalment.contract_due_on
            break
    position = as_of(plain, on)
    assert position.oldest_due_on == oldest
    assert position.days_past_due == (max(0, (on - oldest).days) if oldest else 0)
    assert position.outstanding == max(0, sum(i.amount for i in plain.instalments) - received)
