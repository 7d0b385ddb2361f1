"""Booking: what is stored is what a replay says, whether it is booked day by day or all at once, early or late."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_app.kernel.errors import DomainError
from collections_app.kernel.fsm import apply
from collections_app.kernel.money import Minor
from collections_app.models import Allocation, Charge, Instalment, Loan, LoanEvent, Payment
from collections_app.services import events, loan_ledgers, replay
from collections_app.services.ledger import refresh_oldest_open
from tests.asserts import assert_flat_queries, assert_history_is_whole
from tests.factories import borrowers, loans, staff

pytestmark = pytest.mark.django_db

_numbers = itertools.count(1)


def day(month: int, number: int) -> dt.date:
    """A day of 2024, a leap year."""
    return dt.date(2024, month, number)


def book(*of: Loan, before: dt.date, on: dt.date | None = None) -> dict[str, int]:
    with transaction.atomic():
        counts = events.book_loan_money(
            [loan.pk for loan in of], before=before, on=on or before, by=staff.a_machine("daily-run"), run=None
        )
    for loan in of:
        loan.refresh_from_db()
    return dict(counts)


def a_plain_loan(*, instalments: int = 4, **columns: Any) -> Loan:
    """100.00 on the 15th of each month from January 2024, nothing paid."""
    return loans.a_loan(
        open_since=day(1, 15), paid=0, instalments=instalments, tolerance="5.00", **{"due_day": 15, **columns}
    )


def paid_of(loan: Loan) -> list[str]:
    return [str(i.paid) for i in Instalment.objects.filter(loan=loan).order_by("sequence")]


def dues_of(loan: Loan) -> list[dt.date]:
    return list(Instalment.objects.filter(loan=loan).order_by("sequence").values_list("due_on", flat=True))


def allocations_of(payment: Payment) -> list[tuple[str, str]]:
    return [
        (f"instalment {a.instalment.sequence}" if a.instalment else a.charge.kind, str(a.amount))
        for a in Allocation.objects.filter(payment=payment).order_by("pk")
    ]


# --- Stories --------------------------------------------------------------------------------------------------


def test_a_part_payment_within_the_tolerance_closes_the_instalment_and_one_outside_does_not():
    near, far = a_plain_loan(), a_plain_loan()
    loans.a_payment(near, "95.00", value_on=day(1, 15))
    loans.a_payment(far, "94.99", value_on=day(1, 15))
    assert book(near, far, before=day(1, 16)) == {"payments": 2, "oldest_open_changed": 1}
    assert (near.oldest_open_due_on, far.oldest_open_due_on) == (day(2, 15), day(1, 15))
    assert (paid_of(near)[0], paid_of(far)[0]) == ("95.00", "94.99")


def test_the_residue_that_was_let_pass_is_filled_by_the_next_payment_first():
    loan = a_plain_loan()
    loans.a_payment(loan, "95.00", value_on=day(1, 15))
    second = loans.a_payment(loan, "100.00", value_on=day(2, 15))
    book(loan, before=day(2, 16))
    assert allocations_of(second) == [("instalment 1", "5.00"), ("instalment 2", "95.00")]
    assert loan.oldest_open_due_on == day(3, 15)


def test_a_double_payment_pays_the_next_instalment_in_advance():
    loan = a_plain_loan()
    loans.a_payment(loan, "100.00", value_on=day(1, 14))
    loans.a_payment(loan, "100.00", value_on=day(1, 14))
    book(loan, before=day(1, 16))
    assert paid_of(loan) == ["100.00", "100.00", "0.00", "0.00"]
    assert loan.oldest_open_due_on == day(3, 15)


def test_money_beyond_the_last_instalment_stays_unallocated_and_the_loan_is_paid_off():
    loan = a_plain_loan(instalments=2)
    payment = loans.a_payment(loan, "210.00", value_on=day(1, 20))
    assert book(loan, before=day(1, 21)) == {"payments": 1, "loan_paid_off": 1, "oldest_open_changed": 1}
    payment.refresh_from_db()
    assert (str(payment.unallocated), loan.state, loan.ended_on) == ("10.00", "paid_off", day(1, 20))
    assert loan.oldest_open_due_on is None
    assert_history_is_whole(loan)


def test_money_valued_on_the_day_itself_waits_for_the_next_run():
    loan = a_plain_loan()
    loans.a_payment(loan, "100.00", value_on=day(1, 15))
    assert book(loan, before=day(1, 15)) == {}
    assert book(loan, before=day(1, 16))["payments"] == 1


def test_a_second_run_of_a_day_writes_nothing():
    loan = a_plain_loan()
    loans.a_payment(loan, "130.00", value_on=day(1, 15))
    loans.a_loan_event(loan, "extension", day(1, 31), months=1)
    loans.a_loan_event(loan, "return", day(2, 3), amount="30.00")
    book(loan, before=day(3, 1))
    rows = Allocation.objects.count(), Instalment.history.count(), Loan.history.count()
    assert book(loan, before=day(3, 1)) == {}
    assert (Allocation.objects.count(), Instalment.history.count(), Loan.history.count()) == rows


def test_a_suspect_payment_is_not_booked():
    loan = a_plain_loan()
    loans.a_suspect_payment(loan, "100.00", value_on=day(1, 15))
    assert book(loan, before=day(2, 1)) == {}
    assert paid_of(loan)[0] == "0.00"


@pytest.mark.parametrize(
    ("allocation", "told"),
    [
        ("charge,instalment", [("late_fee", "15.00"), ("instalment 1", "100.00"), ("instalment 2", "5.00")]),
        ("instalment,charge", [("instalment 1", "100.00"), ("late_fee", "15.00"), ("instalment 2", "5.00")]),
    ],
)
def test_charges_come_before_or_after_what_is_due_but_always_before_what_is_to_come(allocation, told):
    loan = a_plain_loan(allocation=allocation)
    loans.a_charge(loan, "15.00", on=day(1, 20))
    payment = loans.a_payment(loan, "120.00", value_on=day(1, 20))
    book(loan, before=day(1, 21))
    assert sorted(allocations_of(payment)) == sorted(told)


def test_a_charge_of_a_later_day_is_not_paid_by_earlier_money():
    loan = a_plain_loan()
    first = loans.a_payment(loan, "60.00", value_on=day(1, 15))
    loans.a_charge(loan, "15.00", on=day(1, 20))
    second = loans.a_payment(loan, "60.00", value_on=day(1, 25))
    book(loan, before=day(2, 1))
    assert allocations_of(first) == [("instalment 1", "60.00")]
    assert sorted(allocations_of(second)) == [
        ("instalment 1", "40.00"),
        ("instalment 2", "5.00"),
        ("late_fee", "15.00"),
    ]


def test_a_charge_that_becomes_known_late_is_paid_by_the_money_that_came_after_it():
    loan = a_plain_loan()
    payment = loans.a_payment(loan, "100.00", value_on=day(1, 15))
    book(loan, before=day(1, 16))
    assert loan.oldest_open_due_on == day(2, 15)
    loans.a_charge(loan, "15.00", on=day(1, 10))
    book(loan, before=day(1, 16), on=day(1, 18))
    assert allocations_of(payment) == [("instalment 1", "100.00"), ("instalment 1", "-15.00"), ("late_fee", "15.00")]
    assert loan.oldest_open_due_on == day(1, 15)


def test_an_extension_moves_what_is_not_fully_paid_and_tells_so_in_history():
    loan = a_plain_loan()
    loans.a_payment(loan, "150.00", value_on=day(2, 15))
    event = loans.a_loan_event(loan, "extension", day(2, 29), months=2)
    counts = book(loan, before=day(3, 1))
    assert counts["moved_instalments"] == 3
    assert dues_of(loan) == [day(1, 15), day(4, 15), day(5, 15), day(6, 15)]
    assert loan.oldest_open_due_on == day(4, 15)
    event.refresh_from_db()
    assert event.booked_on == day(3, 1)
    moved = Instalment.objects.get(loan=loan, sequence=2)
    assert moved.contract_due_on == day(2, 15)
    assert_history_is_whole(moved)
    last = Instalment.history.filter(id=moved.pk).latest("history_id")
    assert (last.history_change_reason, last.history_user.username) == (
        "extended by 2 months on 2024-02-29",
        "daily-run",
    )


def test_two_extensions_booked_at_once_leave_two_rows_of_history():
    loan = a_plain_loan()
    loans.a_loan_event(loan, "extension", day(1, 20), months=1)
    loans.a_loan_event(loan, "extension", day(2, 20), months=1)
    book(loan, before=day(3, 1))
    told = Instalment.history.filter(id=Instalment.objects.get(loan=loan, sequence=1).pk).order_by("history_id")
    assert [(h.due_on, h.history_change_reason) for h in told] == [
        (day(1, 15), "agreed in the contract"),
        (day(2, 15), "extended by 1 month on 2024-01-20"),
        (day(3, 15), "extended by 1 month on 2024-02-20"),
    ]


def test_a_return_opens_what_was_paid_last_with_negative_rows():
    loan = a_plain_loan()
    loans.a_payment(loan, "100.00", value_on=day(1, 15))
    second = loans.a_payment(loan, "120.00", value_on=day(2, 15))
    book(loan, before=day(2, 16))
    loans.a_loan_event(loan, "return", day(2, 20), amount="70.00")
    book(loan, before=day(2, 21))
    assert allocations_of(second) == [
        ("instalment 2", "100.00"), ("instalment 3", "20.00"), ("instalment 3", "-20.00"), ("instalment 2", "-50.00"),
    ]  # fmt: skip
    assert paid_of(loan) == ["100.00", "50.00", "0.00", "0.00"]
    assert loan.oldest_open_due_on == day(2, 15)


def test_a_reversed_payment_counts_until_its_reversal_and_then_the_later_ones_pay_the_oldest():
    loan = a_plain_loan()
    first = loans.a_payment(loan, "100.00", value_on=day(1, 15))
    second = loans.a_payment(loan, "100.00", value_on=day(2, 15))
    book(loan, before=day(2, 16))
    assert loan.oldest_open_due_on == day(3, 15)
    apply(first, "reverse", by=staff.a_machine(), because="no cover", on=day(2, 20))
    assert book(loan, before=day(2, 20)) == {}
    counts = book(loan, before=day(2, 21))
    assert counts["reversals"] == 1
    assert loan.oldest_open_due_on == day(2, 15)
    assert paid_of(loan) == ["100.00", "0.00", "0.00", "0.00"]
    assert allocations_of(first) == [("instalment 1", "100.00"), ("instalment 1", "-100.00")]
    assert allocations_of(second) == [
        ("instalment 2", "100.00"),
        ("instalment 2", "-100.00"),
        ("instalment 1", "100.00"),
    ]


def test_booking_as_of_an_earlier_day_takes_no_later_money_off():
    loan = a_plain_loan()
    first = loans.a_payment(loan, "100.00", value_on=day(1, 15))
    loans.a_payment(loan, "100.00", value_on=day(2, 15))
    book(loan, before=day(2, 16))
    apply(first, "reverse", by=staff.a_machine(), because="no cover", on=day(1, 17))
    book(loan, before=day(1, 18))
    assert paid_of(loan) == ["100.00", "0.00", "0.00", "0.00"]
    assert loan.oldest_open_due_on == day(2, 15)


def test_a_reversal_opens_a_loan_again_that_was_paid_off():
    loan = a_plain_loan(instalments=1)
    payment = loans.a_payment(loan, "100.00", value_on=day(1, 15))
    book(loan, before=day(1, 16))
    assert loan.state == "paid_off"
    apply(payment, "reverse", by=staff.a_machine(), because="no cover", on=day(1, 18))
    assert book(loan, before=day(1, 19))["loan_active"] == 1
    assert (loan.state, loan.ended_on, loan.oldest_open_due_on) == ("active", None, day(1, 15))
    assert_history_is_whole(loan)


def test_late_news_of_a_payment_is_put_where_it_belongs():
    loan = a_plain_loan()
    second = loans.a_payment(loan, "100.00", value_on=day(2, 10))
    book(loan, before=day(2, 11))
    assert loan.oldest_open_due_on == day(2, 15)
    first = loans.a_payment(loan, "40.00", value_on=day(1, 15))
    book(loan, before=day(2, 11))
    assert allocations_of(first) == [("instalment 1", "40.00")]
    assert allocations_of(second) == [("instalment 1", "100.00"), ("instalment 1", "-40.00"), ("instalment 2", "40.00")]
    assert paid_of(loan) == ["100.00", "40.00", "0.00", "0.00"]


def test_late_news_of_a_payment_before_an_extension_takes_its_instalment_out_of_the_extension():
    loan = a_plain_loan()
    loans.a_loan_event(loan, "extension", day(1, 31), months=1)
    book(loan, before=day(2, 1))
    assert loan.oldest_open_due_on == day(2, 15)
    loans.a_payment(loan, "100.00", value_on=day(1, 15))
    book(loan, before=day(2, 5))
    assert dues_of(loan) == [day(1, 15), day(3, 15), day(4, 15), day(5, 15)]
    first = Instalment.objects.get(loan=loan, sequence=1)
    assert Instalment.history.filter(id=first.pk).latest("history_id").history_change_reason.startswith("late news")
    assert_history_is_whole(first)


def test_late_money_of_the_day_of_an_extension_comes_before_it():
    loan = a_plain_loan()
    loans.a_loan_event(loan, "extension", day(1, 15), months=1)
    book(loan, before=day(1, 16))
    loans.a_payment(loan, "100.00", value_on=day(1, 15))
    book(loan, before=day(1, 17))
    assert dues_of(loan)[:2] == [day(1, 15), day(3, 15)]


def test_money_that_an_earlier_payment_left_pays_a_later_charge_before_new_money_does():
    loan = a_plain_loan(instalments=1)
    first = loans.a_payment(loan, "110.00", value_on=day(1, 15))
    loans.a_charge(loan, "15.00", on=day(1, 20))
    book(loan, before=day(1, 21))
    assert (str(Payment.objects.get(pk=first.pk).unallocated), loan.state) == ("10.00", "active")
    second = loans.a_payment(loan, "15.00", value_on=day(1, 25))
    book(loan, before=day(1, 26))
    assert allocations_of(first) == [("instalment 1", "100.00"), ("late_fee", "10.00")]
    assert allocations_of(second) == [("late_fee", "5.00")]
    assert [str(p.unallocated) for p in Payment.objects.filter(loan=loan).order_by("pk")] == ["0.00", "10.00"]
    assert (loan.state, loan.ended_on) == ("paid_off", day(1, 25))


def test_a_loan_that_was_ended_by_hand_is_left_as_it_is():
    loan = a_plain_loan()
    apply(loan, "sell", by=staff.a_machine(), because="sold with the spring portfolio", on=day(2, 1))
    loans.a_payment(loan, "50.00", value_on=day(1, 20))
    loans.a_payment(loan, "50.00", value_on=day(2, 10))
    book(loan, before=day(2, 11))
    assert (loan.state, loan.ended_on, loan.oldest_open_due_on) == ("sold", day(2, 1), None)
    assert paid_of(loan)[0] == "50.00"
    assert [str(p.unallocated) for p in Payment.objects.filter(loan=loan).order_by("pk")] == ["0.00", "50.00"]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("write_off", "written_off"),
        ("pay_off", "paid_off"),
        ("settlement", "settled"),
        ("restructuring", "restructured"),
        ("sale", "sold"),
    ],
)
def test_an_event_that_ends_a_loan_moves_its_state_as_of_the_day_of_the_event(kind, state):
    loan = a_plain_loan()
    loans.a_payment(loan, "30.00", value_on=day(1, 20))
    loans.a_loan_event(loan, kind, day(2, 2), amount="370.00")
    counts = book(loan, before=day(2, 10))
    assert counts[f"loan_{state}"] == 1
    assert (loan.state, loan.ended_on, loan.oldest_open_due_on) == (state, day(2, 2), None)
    assert paid_of(loan)[0] == "30.00"
    assert_history_is_whole(loan)


def test_money_after_a_settlement_meets_nothing_and_after_a_write_off_the_debt():
    settled, written_off = a_plain_loan(), a_plain_loan()
    for loan, kind in ((settled, "settlement"), (written_off, "write_off")):
        loans.a_loan_event(loan, kind, day(2, 2))
        loans.a_payment(loan, "50.00", value_on=day(3, 1))
    book(settled, written_off, before=day(3, 2))
    assert (paid_of(settled)[0], paid_of(written_off)[0]) == ("0.00", "50.00")
    assert str(Payment.objects.get(loan=settled).unallocated) == "50.00"


def test_a_recovery_is_only_recorded():
    loan = a_plain_loan()
    loans.a_loan_event(loan, "write_off", day(2, 2))
    recovery = loans.a_loan_event(loan, "recovery", day(3, 2), amount="80.00")
    assert book(loan, before=day(3, 3))["events"] == 2
    recovery.refresh_from_db()
    assert recovery.booked_on == day(3, 3)
    assert paid_of(loan)[0] == "0.00"


def test_booking_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        events.book_loan_money([1], before=day(1, 2), on=day(1, 2), by=None, run=None)


def test_waiting_loans_are_those_with_money_events_or_reversals_of_the_days_before():
    loan, event, back, none, later = (a_plain_loan() for _ in range(5))
    loans.a_payment(loan, "10.00", value_on=day(1, 15))
    loans.a_loan_event(event, "extension", day(1, 15), months=1)
    payment = loans.a_payment(back, "10.00", value_on=day(1, 10))
    loans.a_payment(later, "10.00", value_on=day(1, 16))
    book(back, before=day(1, 11))
    apply(payment, "reverse", by=staff.a_machine(), because="no cover", on=day(1, 15))
    ids = [loan.pk, later.pk]
    assert events.loans_waiting(*ids, before=day(1, 16)) == [loan.pk, event.pk, back.pk]
    with transaction.atomic():
        events.book_loan_money([loan.pk, event.pk, back.pk, none.pk], before=day(1, 16), on=day(1, 16),
                               by=staff.a_machine(), run=None)  # fmt: skip
    assert events.loans_waiting(*ids, before=day(1, 16)) == []


def test_booking_many_loans_asks_the_database_as_often_as_booking_a_few():
    debtor = borrowers.a_person()

    def work(count: int) -> None:
        made = [a_plain_loan(debtor=debtor) for _ in range(count)]
        for n, loan in enumerate(made):
            loans.a_payment(loan, "100.00", value_on=day(1, 15))
            if n % 2:
                loans.a_loan_event(loan, "extension", day(1, 20), months=1)
        prepared[count] = made

    prepared: dict[int, list[Loan]] = {}
    for count in (4, 5, 30):
        work(count)
    sets = iter([prepared[4], prepared[5], prepared[30]])
    assert_flat_queries(
        lambda _: events.book_loan_money(
            [loan.pk for loan in next(sets)], before=day(2, 1), on=day(2, 1), by=staff.a_machine("daily-run"), run=None
        ),
        5,
        30,
    )


@pytest.mark.parametrize(
    ("currency", "instalment", "paid", "left"), [("JPY", "1000", "950", "950"), ("KWD", "1.250", "1.187", "1.187")]
)
def test_currencies_of_no_and_of_three_decimals_are_booked_to_the_last_unit(currency, instalment, paid, left):
    loan = loans.a_loan(
        currency=currency, instalment=instalment, instalments=2, paid=0, open_since=day(1, 15), tolerance="0"
    )
    loans.a_payment(loan, paid, value_on=day(1, 15))
    book(loan, before=day(1, 16))
    assert str(Instalment.objects.get(loan=loan, sequence=1).paid) == left
    assert loan.oldest_open_due_on == day(1, 15)
    with pytest.raises(DomainError):
        loans.a_payment(loan, "0.0001", value_on=day(1, 16))


# --- For generated loans --------------------------------------------------------------------------------------

DAYS = [
    day(1, 5), day(1, 15), day(1, 30), day(1, 31), day(2, 1), day(2, 15), day(2, 28), day(2, 29), day(3, 1), day(3, 15),
    day(3, 30), day(3, 31), day(4, 15), day(4, 30), day(5, 15), day(5, 31),
]  # fmt: skip
END = day(6, 10)
AMOUNTS = (500, 1_000, 5_000, 9_600, 10_000, 10_500, 15_000, 20_000, 45_000)
ENDING = ("write_off", "pay_off", "settlement", "restructuring", "sale")


@dataclass(frozen=True)
class Row:
    """A charge, payment or event of the plan: when it happened and when it became known."""

    model: str
    on: dt.date
    known_on: dt.date
    amount: int
    kind: str = ""
    months: int = 0
    reversed_on: dt.date | None = None


@dataclass(frozen=True)
class Plan:
    allocation: str
    due_day: int | None
    tolerance: int
    instalments: tuple[tuple[dt.date, int], ...]
    rows: tuple[Row, ...]

    @property
    def all_in_time(self) -> bool:
        return all(r.known_on == r.on for r in self.rows)


@st.composite
def plans(draw: Any) -> Plan:
    due_day = draw(st.sampled_from([None, 15, 30, 31]))
    count = draw(st.integers(1, 5))
    dues = [replay.moved(day(1, 1), n, due_day or 15) for n in range(count)]
    instalments = tuple((d, draw(st.sampled_from([10_000, 10_000, 7_300]))) for d in dues)
    lateness = draw(st.booleans())

    def known(on: dt.date) -> dt.date:
        if not lateness or draw(st.integers(0, 2)):
            return on
        return draw(st.sampled_from([d for d in (*DAYS, END - dt.timedelta(days=1)) if d >= on]))

    rows = []
    for _ in range(draw(st.integers(0, 6))):
        on = draw(st.sampled_from(DAYS))
        gone = draw(st.sampled_from([None, None, None, *[d for d in DAYS if d > on]]))
        rows.append(Row("payment", on, known(on), draw(st.sampled_from(AMOUNTS)), reversed_on=gone))
    for _ in range(draw(st.integers(0, 2))):
        on = draw(st.sampled_from(DAYS))
        rows.append(Row("charge", on, known(on), draw(st.sampled_from([500, 1_500, 3_000]))))
    for kind in draw(st.lists(st.sampled_from(["extension", "extension", "return", "recovery"]), max_size=3)):
        on = draw(st.sampled_from(DAYS))
        amount = draw(st.sampled_from(AMOUNTS)) if kind != "extension" else 0
        rows.append(Row("event", on, known(on), amount, kind, draw(st.integers(1, 3))))
    if draw(st.integers(0, 4)) == 0:
        on = draw(st.sampled_from(DAYS))
        rows.append(Row("event", on, on, 10_000, draw(st.sampled_from(ENDING))))
    return Plan(
        draw(st.sampled_from(["charge,instalment", "instalment,charge"])), due_day,
        draw(st.sampled_from([0, 500, 1_000])), instalments, tuple(rows),
    )  # fmt: skip


def make(plan: Plan, template: Loan) -> Loan:
    """The contract of a plan, without the rows that come later."""
    loan = Loan(
        number=f"G-{next(_numbers):07d}", lender=template.lender, debtor=template.debtor, group=template.group,
        currency="USD", principal=Minor(100_000), instalment=Minor(10_000), tolerance=Minor(plan.tolerance),
        allocation=plan.allocation, due_day=plan.due_day,
    )  # fmt: skip
    Loan.objects.bulk_create([loan])
    Instalment.objects.bulk_create(
        Instalment(loan=loan, sequence=n, due_on=due, contract_due_on=due, currency="USD", amount=Minor(amount))
        for n, (due, amount) in enumerate(plan.instalments, start=1)
    )
    return loan


def tell(loan: Loan, row: Row, *, reversed_too: bool) -> None:
    """The row becomes known."""
    if row.model == "charge":
        Charge.objects.bulk_create(
            [Charge(loan=loan, kind="late_fee", on=row.on, currency="USD", amount=Minor(row.amount))]
        )
    elif row.model == "event":
        LoanEvent.objects.bulk_create(
            [LoanEvent(loan=loan, kind=row.kind, on=row.on, received_at=loans.noon(row.known_on), months=row.months,
                       currency="USD", amount=Minor(row.amount), source_ref=str(next(_numbers)))]
        )  # fmt: skip
    else:
        back = {"state": "reversed", "reversed_on": row.reversed_on} if reversed_too and row.reversed_on else {}
        Payment.objects.bulk_create(
            [Payment(loan=loan, currency="USD", amount=Minor(row.amount), value_on=row.on, source="plan",
                     received_at=loans.noon(row.known_on), reference=str(next(_numbers)), **back)]
        )  # fmt: skip


def what_is_stored(loan_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Per loan all that booking has written, payments, instalments and charges by their place, not by their id."""
    found: dict[int, dict[str, Any]] = {
        pk: {"state": state, "oldest": oldest, "allocated": defaultdict(int)}
        for pk, state, oldest in Loan.objects.filter(pk__any_of=loan_ids).values_list(
            "pk", "state", "oldest_open_due_on"
        )
    }
    place: dict[tuple[str, int], int] = {}
    for what, model, columns in (
        ("instalments", Instalment, ("due_on", "amount", "paid")),
        ("charges", Charge, ("on", "amount", "paid")),
        ("payments", Payment, ("value_on", "amount", "unallocated")),
    ):
        for loan in found.values():
            loan[what] = []
        for loan, pk, *row in (
            model.objects.filter(loan__any_of=loan_ids).order_by("pk").values_list("loan_id", "pk", *columns)
        ):
            place[what, pk] = len(found[loan][what])
            found[loan][what].append(tuple(row))
    for loan, payment, instalment, charge, amount in Allocation.objects.filter(loan__any_of=loan_ids).values_list(
        "loan_id", "payment_id", "instalment_id", "charge_id", "amount"
    ):
        item = ("i", place["instalments", instalment]) if instalment else ("c", place["charges", charge])
        found[loan]["allocated"][place["payments", payment], *item] += amount
    for loan in found.values():
        loan["allocated"] = {k: v for k, v in loan["allocated"].items() if v}
    return found


def assert_stored_is_replayed(loan_ids: list[int], before: dt.date) -> None:
    """Everything that booking has stored is what the rows say as of the evening before."""
    oldest = dict(Loan.objects.filter(pk__any_of=loan_ids).values_list("pk", "oldest_open_due_on"))
    allocated = events._allocated(loan_ids)
    for stored in loan_ledgers.load(loan_ids):
        position = replay.as_of(stored.ledger, before - dt.timedelta(days=1))
        assert oldest[stored.id] == position.oldest_due_on
        assert stored.paid == {i.id: i.paid for i in position.instalments}
        assert stored.due_on == {i.id: i.due_on for i in position.instalments}
        assert stored.charge_paid == {c.id: c.paid for c in position.charges}
        assert allocated.get(stored.id, {}) == position.appropriated
        assert {k: v for k, v in stored.booked.items() if v} == position.left_over


def run_days(made: list[tuple[Loan, Plan]], by: Any) -> None:
    """Close the days one by one: what is known by each evening is booked in the next run."""
    ids = [loan.pk for loan, _ in made]
    moments = {r.known_on for _, plan in made for r in plan.rows}
    moments |= {r.on for _, plan in made for r in plan.rows} | {
        r.reversed_on for _, p in made for r in p.rows if r.reversed_on
    }
    told: set[tuple[int, int]] = set()
    backs: dict[int, dt.date] = {}  # payments that will be taken back
    for run in sorted({m + dt.timedelta(days=1) for m in moments} | {END}):
        for loan, plan in made:
            for n, row in enumerate(plan.rows):
                if row.known_on < run and (loan.pk, n) not in told:
                    told.add((loan.pk, n))
                    tell(loan, row, reversed_too=False)
                    if row.reversed_on:
                        newest = Payment.objects.filter(loan=loan).latest("pk")
                        backs[newest.pk] = row.reversed_on
        for pk, on in list(backs.items()):
            if on < run:
                Payment.objects.filter(pk=pk).update(state="reversed", reversed_on=backs.pop(pk))
        events.book_loan_money(ids, before=run, on=run, by=by, run=None)
        assert_stored_is_replayed(ids, run)


def without_oldest(stored: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The state of a loan that ended depends on what was known at its end, so it is compared where all came in time."""
    if plan.all_in_time and not any(r.model == "charge" for r in plan.rows):
        return stored
    return {k: v for k, v in stored.items() if k != "state"}


@given(st.lists(plans(), min_size=12, max_size=12))
@settings(max_examples=18)
def test_day_by_day_and_all_at_once_store_what_the_replay_says(db, drawn):
    by = staff.a_machine("daily-run")
    template = Loan.objects.filter(number="TEMPLATE").select_related("lender", "debtor").first() or loans.a_loan(
        number="TEMPLATE"
    )
    daily = [(make(plan, template), plan) for plan in drawn]
    at_once = [(make(plan, template), plan) for plan in drawn]
    refresh_oldest_open([loan.pk for loan, _ in daily + at_once], by=by, because="imported")
    # Payments come in the same order on both sides, so that their places are the same.
    for loan, plan in at_once:
        for row in sorted(plan.rows, key=lambda r: (r.known_on, plan.rows.index(r))):
            tell(loan, row, reversed_too=True)
    with transaction.atomic():
        events.book_loan_money([loan.pk for loan, _ in at_once], before=END, on=END, by=by, run=None)
        assert_stored_is_replayed([loan.pk for loan, _ in at_once], END)
        run_days(daily, by)
    left = what_is_stored([loan.pk for loan, _ in daily])
    right = what_is_stored([loan.pk for loan, _ in at_once])
    for (one, plan), (other, _) in zip(daily, at_once, strict=True):
        assert without_oldest(left[one.pk], plan) == without_oldest(right[other.pk], plan)
