"""Arrears and statements of stored loans: the keys that programs read, figures to the last unit, lines that add up."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collections_app.kernel.errors import DomainError
from collections_app.kernel.fsm import apply
from collections_app.models import Loan, Payment
from collections_app.services import replay, statement
from tests.asserts import assert_flat_queries, queries_of
from tests.factories import borrowers, loans, staff

pytestmark = pytest.mark.django_db


def day(month: int, number: int) -> dt.date:
    return dt.date(2024, month, number)


def a_loan(**columns: Any) -> Loan:
    """100.00 on the 15th of January to April 2024, nothing paid."""
    return loans.a_loan(
        **{"open_since": day(1, 15), "paid": 0, "instalments": 4, "tolerance": "5.00", "due_day": 15, **columns}
    )


def arrears_of(loan: Loan, *on: dt.date) -> list[dict[str, Any]]:
    return list(statement.arrears(on, Loan.objects.filter(pk=loan.pk)))


def lines_of(found: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    return [(x["on"][5:], x["what"], x["debit"], x["credit"], x["balance"]) for x in found["lines"]]


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


# --- Arrears --------------------------------------------------------------------------------------------------


def test_arrears_tell_days_and_amounts_of_each_date_in_the_order_asked():
    loan = a_loan(number="L-0004")
    loans.a_payment(loan, "30.00", value_on=day(1, 20))
    assert arrears_of(loan, day(2, 20), day(1, 15)) == [
        {"loan": "L-0004", "on": "2024-02-20", "days_past_due": 36, "overdue_amount": "170.00", "outstanding": "370.00",
         "currency": "USD", "oldest_due_on": "2024-01-15", "fees_open": "0.00", "ended": None},
        {"loan": "L-0004", "on": "2024-01-15", "days_past_due": 0, "overdue_amount": "0.00", "outstanding": "400.00",
         "currency": "USD", "oldest_due_on": None, "fees_open": "0.00", "ended": None},
    ]  # fmt: skip


def test_arrears_count_money_by_value_date_whether_it_was_booked_or_not():
    loan = a_loan()
    loans.a_payment(loan, "100.00", value_on=day(1, 18), booked_on=None)
    assert [row["days_past_due"] for row in arrears_of(loan, day(1, 17), day(1, 18))] == [2, 0]


def test_a_payment_dated_back_changes_the_past_that_is_asked_again():
    loan = a_loan()
    assert arrears_of(loan, day(1, 31))[0]["days_past_due"] == 16
    loans.a_payment(loan, "100.00", value_on=day(1, 15), received_at=loans.noon(day(2, 20)))
    assert arrears_of(loan, day(1, 31))[0]["days_past_due"] == 0


@pytest.mark.parametrize(
    ("currency", "instalment", "paid", "overdue", "outstanding"),
    [
        ("JPY", "1000", "400", "600", "1600"),
        ("KWD", "1.250", "0.001", "1.249", "2.499"),
        ("USD", "9.99", "9.98", "0.01", "10.00"),
    ],
)
def test_money_has_the_decimals_of_its_currency(currency, instalment, paid, overdue, outstanding):
    loan = a_loan(currency=currency, instalment=instalment, instalments=2, tolerance="0")
    loans.a_payment(loan, paid, value_on=day(1, 15))
    row = arrears_of(loan, day(1, 16))[0]
    assert (row["days_past_due"], row["overdue_amount"], row["outstanding"]) == (1, overdue, outstanding)


def test_arrears_of_many_loans_take_as_many_queries_as_of_one():
    debtor = borrowers.a_person()
    numbers = [a_loan(debtor=debtor).pk for _ in range(12)]
    for pk in numbers:
        loans.a_payment(Loan.objects.get(pk=pk), "10.00", value_on=day(1, 20))
    assert_flat_queries(
        lambda n: list(statement.arrears([day(2, 1), day(3, 1)], Loan.objects.filter(pk__in=numbers[:n]))), 1, 12
    )
    asked = queries_of(lambda: list(statement.arrears([day(2, 1)], Loan.objects.filter(pk__in=numbers))))
    assert len(asked) == 6


def test_a_loan_that_was_ended_by_hand_is_not_overdue_from_that_day_on():
    loan = a_loan()
    apply(loan, "write_off", by=staff.a_machine(), because="agreed by the credit committee", on=day(2, 20))
    assert [row["days_past_due"] for row in arrears_of(loan, day(2, 19), day(2, 20))] == [35, 0]
    assert arrears_of(loan, day(2, 20))[0]["outstanding"] == "400.00"


# --- Statement ------------------------------------------------------------------------------------------------


def test_every_line_of_a_statement_has_its_running_balance():
    loan = a_loan()
    loans.a_payment(loan, "60.00", value_on=day(1, 15))
    loans.a_charge(loan, "15.00", on=day(1, 20))
    loans.a_payment(loan, "170.00", value_on=day(2, 10))
    found = statement.statement(loan, day(2, 20))
    assert lines_of(found) == [
        ("01-15", "Instalment 1 due", "100.00", "", "100.00"),
        ("01-15", "Payment", "", "60.00", "40.00"),
        ("01-20", "Late fee", "15.00", "", "55.00"),
        ("02-10", "Payment", "", "170.00", "-115.00"),
        ("02-15", "Instalment 2 due", "100.00", "", "-15.00"),
    ]
    assert found["lines"][3]["allocations"] == [
        {"to": "late fee", "amount": "15.00"},
        {"to": "instalment 1", "amount": "40.00"},
        {"to": "instalment 2", "amount": "100.00"},
        {"to": "instalment 3", "amount": "15.00"},
    ]
    assert found["totals"] == {
        "loan_amount": "400.00", "instalments_due": "200.00", "charges": "15.00", "paid": "230.00", "recovered": "0.00",
        "fallen_away": "0.00", "balance": "-15.00", "overdue": "0.00", "fees_open": "0.00", "unallocated": "0.00",
        "instalments_to_come": "200.00", "remaining_balance": "185.00",
    }  # fmt: skip
    assert (found["days_past_due"], found["oldest_due_on"], found["next_due_on"]) == (0, None, "2024-03-15")


def test_a_statement_is_of_the_end_of_its_day_and_knows_nothing_later():
    loan = a_loan()
    loans.a_payment(loan, "100.00", value_on=day(1, 16))
    assert lines_of(statement.statement(loan, day(1, 15))) == [("01-15", "Instalment 1 due", "100.00", "", "100.00")]
    assert statement.statement(loan, day(1, 14))["lines"] == []


def test_an_extension_takes_what_is_no_longer_due_off_and_asks_it_again_on_its_new_day():
    loan = a_loan(instalments=2)
    loans.a_payment(loan, "40.00", value_on=day(1, 20))
    loans.a_loan_event(loan, "extension", day(1, 31), months=2)
    assert lines_of(statement.statement(loan, day(4, 30))) == [
        ("01-15", "Instalment 1 due", "100.00", "", "100.00"),
        ("01-20", "Payment", "", "40.00", "60.00"),
        ("01-31", "Extension: what is not paid falls due 2 months later", "", "60.00", "0.00"),
        ("03-15", "Instalment 1 due, agreed for 2024-01-15", "60.00", "", "60.00"),
        ("04-15", "Instalment 2 due, agreed for 2024-02-15", "100.00", "", "160.00"),
    ]


def test_a_payment_that_was_taken_back_stands_in_the_statement_with_its_reversal():
    loan = a_loan(instalments=2)
    payment = loans.a_payment(loan, "100.00", value_on=day(1, 15), reference="W-1")
    apply(payment, "reverse", by=staff.a_machine(), because="no cover", on=day(1, 20))
    found = statement.statement(loan, day(1, 31))
    assert lines_of(found) == [
        ("01-15", "Instalment 1 due", "100.00", "", "100.00"),
        ("01-15", "Payment", "", "100.00", "0.00"),
        ("01-20", "Payment taken back by the bank", "100.00", "", "100.00"),
    ]
    assert [x["reference"] for x in found["lines"]] == ["", "W-1", "W-1"]
    assert (found["days_past_due"], found["totals"]["paid"]) == (16, "0.00")


def test_a_returned_part_is_a_debit_and_tells_what_it_opened():
    loan = a_loan()
    loans.a_payment(loan, "120.00", value_on=day(1, 15))
    loans.a_loan_event(loan, "return", day(1, 20), amount="30.00")
    line = statement.statement(loan, day(1, 20))["lines"][-1]
    assert (line["what"], line["debit"], line["balance"]) == ("Part of a payment returned", "30.00", "10.00")
    assert line["allocations"] == [
        {"to": "instalment 2", "amount": "-20.00"},
        {"to": "instalment 1", "amount": "-10.00"},
    ]


def test_an_early_pay_off_comes_to_nothing():
    loan = a_loan()
    loans.a_payment(loan, "370.00", value_on=day(1, 20))
    loans.a_loan_event(loan, "pay_off", day(1, 20))
    found = statement.statement(loan, day(6, 1))
    assert lines_of(found)[-2:] == [
        ("01-20", "Payment", "", "370.00", "-270.00"),
        ("01-20", "Paid off: what was paid ahead is due", "270.00", "", "0.00"),
    ]
    assert (found["totals"]["balance"], found["totals"]["remaining_balance"]) == ("0.00", "0.00")
    assert (found["header"]["ended"], found["header"]["ended_on"]) == ("pay_off", "2024-01-20")


def test_a_settlement_lets_the_rest_fall_away():
    loan = a_loan()
    loans.a_charge(loan, "15.00", on=day(1, 20))
    loans.a_payment(loan, "50.00", value_on=day(3, 20))
    loans.a_loan_event(loan, "settlement", day(3, 21))
    found = statement.statement(loan, day(6, 1))
    assert lines_of(found)[-1] == ("03-21", "Settled: what is open falls away", "", "265.00", "0.00")
    assert (found["totals"]["fallen_away"], found["totals"]["remaining_balance"]) == ("265.00", "0.00")


def test_a_statement_that_does_not_add_up_is_refused(monkeypatch):
    loan = a_loan()
    loans.a_payment(loan, "50.00", value_on=day(1, 20))
    right = replay.as_of

    def wrong(ledger: Any, on: dt.date) -> Any:
        position = right(ledger, on)
        object.__setattr__(position, "lines", position.lines[:-1])
        return position

    monkeypatch.setattr(replay, "as_of", wrong)
    with pytest.raises(DomainError) as refused:
        statement.statement(loan, day(1, 31))
    assert refused.value.code == "statement_does_not_add_up"
    assert loan.number in refused.value.sentence


# --- The commands ---------------------------------------------------------------------------------------------


def test_the_command_arrears_prints_the_loans_asked_as_of_the_dates_asked():
    one, other = a_loan(number="L-1"), a_loan(number="L-2")
    loans.a_payment(other, "100.00", value_on=day(1, 15))
    found = run("arrears", "--on", "2024-01-16", "--on", "2024-01-17", "--loan", "L-2", "--loan", "L-1")
    assert [(x["loan"], x["on"], x["days_past_due"]) for x in found["loans"]] == [
        ("L-1", "2024-01-16", 1), ("L-1", "2024-01-17", 2), ("L-2", "2024-01-16", 0), ("L-2", "2024-01-17", 0),
    ]  # fmt: skip
    assert one.pk < other.pk
    assert len(run("arrears", "--on", "2024-01-16")["loans"]) == 2


def test_the_command_statement_prints_the_ledger_to_the_cent():
    loan = a_loan(number="L-3")
    loans.a_payment(loan, "33.33", value_on=day(1, 15))
    found = run("statement", "L-3", "--on", "2024-01-20")
    assert (found["loan"], found["totals"]["remaining_balance"]) == ("L-3", "366.67")
    out = io.StringIO()
    call_command("statement", "L-3", "--on", "2024-01-20", stdout=out)
    assert "366.67" in out.getvalue()
    assert Payment.objects.get(loan=loan).amount == Decimal("33.33")


@pytest.mark.parametrize("arguments", [("statement", "L-404"), ("arrears", "--loan", "L-404")])
def test_an_unknown_loan_is_refused_by_its_number_with_exit_code_one(arguments):
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, "--json", stdout=out)
    assert refused.value.returncode == 1
    error = json.loads(out.getvalue())["error"]
    assert error["code"] == "unknown_loan"
    assert "L-404" in error["sentence"]
