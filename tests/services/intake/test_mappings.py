"""Mappings: what they make of rows, what they set aside and why, and what they refuse of themselves."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from collections_app.kernel.errors import DomainError
from collections_app.services.intake.mapping import SHIPPED, KnownLoan, Mapping, load_mapping, shipped_mappings
from collections_app.services.intake.reader import Exact, Row, open_rows
from collections_app.services.intake.records import (
    ChargeRecord,
    ExtensionRecord,
    InstalmentRecord,
    LoanRecord,
    PaymentRecord,
    PayOffRecord,
    RecoveryRecord,
    ReturnRecord,
    Schedule,
    WriteOffRecord,
)
from collections_app.services.intake.rejects import Reject, RejectsWriter

D = dt.date


class Given:
    """Rows of a test: a header and lists of values."""

    def __init__(self, header: str, *rows: str, name: str = "given.csv") -> None:
        self.name = name
        self.columns = tuple(header.split(","))
        self._rows = [row.split(",") for row in rows]

    def __iter__(self) -> Iterator[Row | Reject]:
        for line, fields in enumerate(self._rows, start=2):
            yield Row(line, dict(zip(self.columns, fields, strict=True)))


PLAIN = {
    "number": "L-1", "product": "personal_loan", "currency": "USD", "principal": "1200.00", "contract_on": "2026-01-10",
    "apr": "0.0999", "instalment": "105.50", "instalments": "12", "first_due_on": "2026-02-10", "country": "US",
    "region": "US-MO", "lender": "Blue Heron Lending", "debtor_number": "B-1", "debtor_name": "Ana Reyes",
    "debtor_mobile": "+1 573 555 0142", "debtor_mobile_provenance": "direct_consent contract",
}  # fmt: skip
PAYMENT = {
    "reference": "P-1", "loan_number": "L-1", "value_on": "2026-02-10", "amount": "105.50", "currency": "USD"
}  # fmt: skip


class GivenDicts:
    name = "given.csv"

    def __init__(self, *rows: dict[str, str]) -> None:
        self.columns = tuple(rows[0])
        self._rows = rows

    def __iter__(self) -> Iterator[Row | Reject]:
        for line, values in enumerate(self._rows, start=2):
            yield Row(line, values)


def one_loan(**changes: str) -> LoanRecord | Reject:
    (found,) = load_mapping("plain").loans(GivenDicts(PLAIN | changes))
    return found


def one_payment(**changes: str) -> PaymentRecord | Reject:
    (found,) = load_mapping("plain").ledger(GivenDicts(PAYMENT | changes))
    return found


# --- The plain format ----------------------------------------------------------------------------------------


def test_a_plain_row_is_a_loan_with_its_schedule_and_its_debtor():
    loan = one_loan()
    assert isinstance(loan, LoanRecord)
    assert (loan.number, loan.principal, loan.apr) == ("L-1", Decimal("1200.00"), Decimal("0.0999"))
    assert loan.schedule == Schedule(D(2026, 2, 10), Decimal("105.50"), 12, 10)
    due = list(loan.instalments())
    assert (due[0], len(due)) == (InstalmentRecord(1, D(2026, 2, 10), Decimal("105.50")), 12)
    assert due[-1].due_on == D(2027, 1, 10)
    debtor = loan.debtor
    assert (debtor.reference, debtor.name, debtor.language, debtor.country) == ("B-1", "Ana Reyes", "en", "US")
    assert debtor.zones == {"physical_address": "America/Chicago"} and not debtor.generated
    (mobile,) = debtor.contact_points
    assert (mobile.kind, mobile.value) == ("mobile", "+15735550142")
    assert mobile.provenance == ("direct_consent", "contract") and not mobile.generated


def test_a_schedule_on_the_last_days_of_months_keeps_its_day():
    loan = one_loan(first_due_on="2026-01-31", instalments="4")
    assert [item.due_on for item in loan.instalments()] == [
        D(2026, 1, 31), D(2026, 2, 28), D(2026, 3, 31), D(2026, 4, 30)
    ]  # fmt: skip


def test_instalments_can_be_listed_one_by_one():
    loan = one_loan(first_due_on="", instalment="", instalments="", schedule="2026-02-01 500.00 | 2026-05-01 700.00")
    assert list(loan.instalments()) == [
        InstalmentRecord(1, D(2026, 2, 1), Decimal("500.00")), InstalmentRecord(2, D(2026, 5, 1), Decimal("700.00"))
    ]  # fmt: skip
    assert one_loan(schedule="2026-02-01 500.00 | 2026-01-01 700.00").code == "bad_schedule"
    assert one_loan(schedule="2026-02-01").code == "bad_schedule"


def test_a_last_instalment_may_differ():
    loan = one_loan(instalments="3", final_instalment="99.99")
    assert [item.amount for item in loan.instalments()] == [Decimal("105.50"), Decimal("105.50"), Decimal("99.99")]


def test_arrears_at_the_opening_are_an_instalment_of_their_own_due_before_it():
    loan = one_loan(opening_on="2026-03-01", opening_arrears="80.00", opening_days_past_due="19")
    assert next(loan.instalments()) == InstalmentRecord(0, D(2026, 2, 10), Decimal("80.00"))


def test_a_co_debtor_and_a_guarantor_come_with_the_loan():
    loan = one_loan(
        co_debtor_number="B-2", co_debtor_name="Luis Reyes", co_debtor_country="US", co_debtor_region="US-KS",
        guarantor_number="B-3", guarantor_name="陈伟", guarantor_country="CN",
    )  # fmt: skip
    assert [p.name for p in loan.co_debtors] == ["Luis Reyes"]
    assert [(p.name, p.language, p.zones) for p in loan.guarantors] == [
        ("陈伟", "zh-hans", {"physical_address": "Asia/Shanghai"})
    ]


def test_optional_columns_may_be_left_out_and_needed_ones_not():
    header = set(PLAIN) - {"principal", "country"}
    rows = GivenDicts({column: PLAIN[column] for column in PLAIN if column in header})
    with pytest.raises(DomainError) as caught:
        load_mapping("plain").loans(rows)
    assert caught.value.code == "columns_missing"
    assert "lacks the columns principal, country" in caught.value.sentence
    assert "it has: number, product" in caught.value.sentence


def test_columns_that_nothing_reads_are_named():
    rows = GivenDicts(PLAIN | {"debtor_phon": "x"})
    assert load_mapping("plain").unread_columns("loans", rows) == ("debtor_phon",)


@pytest.mark.parametrize(
    ("column", "value", "code", "words"),
    [
        ("number", "", "value_missing", "missing"),
        ("number", "x" * 41, "too_long", "40"),
        ("principal", "", "value_missing", "missing"),
        ("principal", "-1200.00", "negative_amount", "negative"),
        ("principal", "0.00", "amount_not_positive", "more than 0"),
        ("principal", "1,200.00", "bad_amount", "1234.50"),
        ("principal", "1200,00", "bad_amount", "1234.50"),
        ("principal", "1e3", "bad_amount", "1e3"),
        ("principal", "NaN", "bad_amount", "NaN"),
        ("principal", "(1200.00)", "bad_amount", "1234.50"),
        ("principal", "１200.00", "bad_amount", "1234.50"),
        ("principal", "1200.005", "too_many_decimals", "2 decimals"),
        ("principal", "1000000000000000.00", "amount_too_large", "larger"),
        ("currency", "XXX", "unknown_currency", "USD"),
        ("currency", "usd", "unknown_currency", "usd"),
        ("contract_on", "10/01/2026", "bad_date", "YYYY-MM-DD"),
        ("contract_on", "2026-02-30", "bad_date", "calendar"),
        ("contract_on", "0026-02-03", "bad_date", "calendar"),
        ("contract_on", "2026-1-3", "bad_date", "YYYY-MM-DD"),
        ("apr", "-0.1", "negative_ratio", "negative"),
        ("apr", "9,99", "bad_ratio", "0.0575"),
        ("apr", "999", "bad_ratio", "0.0575"),
        ("instalments", "12.5", "bad_number", "12.5"),
        ("product", "mortgage", "unknown_word", "auto_loan"),
        ("country", "UK", "unknown_country", "GB"),
        ("region", "Missouri", "unknown_region", "US-MO"),
        ("region", "US-XX", "unknown_state", "XX"),
        ("debtor_mobile", "573 555 0142", "bad_phone", "country code"),
        ("debtor_email", "ana at example", "bad_email", "e-mail"),
        ("debtor_mobile_provenance", "direct_consent found_online", "unknown_word", "found_online"),
        ("debtor_name", "", "value_missing", "name"),
        ("debtor_name", "Ana\x07", "control_character", "print"),
        ("debtor_number", "", "value_missing", "reference"),
        ("debtor_zone", "America/Springfield", "unknown_zone", "America/Chicago"),
        ("first_due_on", "", "schedule_missing", "due"),
        ("collector_role", "agency", "unknown_word", "third_party"),
        ("opening_arrears", "10.00", "opening_missing", "opening date"),
        ("generated", "maybe", "unknown_word", "yes nor no"),
    ],
)  # fmt: skip
def test_a_bad_value_sets_its_row_aside_and_says_why(column, value, code, words):
    found = one_loan(**{column: value})
    assert isinstance(found, Reject)
    assert (found.line, found.code) == (2, code)
    if code not in ("schedule_missing", "opening_missing", "unknown_state"):
        assert found.column == column
    assert words in found.sentence
    assert found.values["number"] == (value if column == "number" else "L-1"), "the row comes back"


def test_everything_that_is_wrong_with_a_row_is_told_at_once():
    found = one_loan(principal="-1", contract_on="yesterday", currency="XXX")
    assert found.column == "currency, principal, contract_on"
    assert [fault.code for fault in found.faults] == ["unknown_currency", "negative_amount", "bad_date"]
    assert found.told().startswith("line 2, column currency, principal, contract_on: ")


def test_good_rows_go_in_beside_bad_ones():
    rows = GivenDicts(PLAIN, PLAIN | {"number": "L-2", "principal": "-1"}, PLAIN | {"number": "L-3"})
    found = list(load_mapping("plain").loans(rows))
    assert [type(x).__name__ for x in found] == ["LoanRecord", "Reject", "LoanRecord"]


def test_a_loan_number_that_stands_twice_is_refused_the_second_time():
    rows = GivenDicts(PLAIN, PLAIN | {"number": "L-2"}, PLAIN)
    first, second, third = load_mapping("plain").loans(rows)
    assert isinstance(first, LoanRecord) and isinstance(second, LoanRecord)
    assert (third.line, third.column, third.value, third.code) == (4, "number", "L-1", "loan_twice")
    assert "line 2" in third.sentence


def test_a_loan_number_whose_first_row_was_bad_may_come_again():
    rows = GivenDicts(PLAIN | {"principal": "-1"}, PLAIN)
    first, second = load_mapping("plain").loans(rows)
    assert isinstance(first, Reject) and isinstance(second, LoanRecord)


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [
        ("JPY", "1200", "1200"), ("JPY", "1200.0", "1200"), ("JPY", "1200.5", "too_many_decimals"),
        ("KWD", "1.5", "1.500"), ("KWD", "1.2345", "too_many_decimals"), ("USD", "5", "5.00"), ("TWD", "7.5", "7.50"),
    ],
)  # fmt: skip
def test_amounts_have_the_decimals_of_their_currency(currency, amount, expected):
    found = one_payment(currency=currency, amount=amount)
    assert (found.code if isinstance(found, Reject) else str(found.amount)) == expected


def test_the_largest_amount_that_is_kept_is_taken_and_one_more_refused():
    assert one_payment(amount="999999999999999.99").amount == Decimal("999999999999999.99")
    assert one_payment(amount="1000000000000000.00").code == "amount_too_large"


def test_a_plain_payment_has_the_reference_of_its_source():
    payment = one_payment(received_at="2026-02-10T16:00:00-05:00", method="card")
    assert (payment.reference, payment.loan_number, payment.on) == ("P-1", "L-1", D(2026, 2, 10))
    assert payment.received_at == dt.datetime(2026, 2, 10, 21, tzinfo=dt.UTC)
    assert not payment.by_row
    assert one_payment(reference="").code == "value_missing"
    assert one_payment(received_at="2026-02-10 16:00").code == "bad_instant"


def test_a_payment_reference_that_stands_twice_is_refused_the_second_time():
    rows = GivenDicts(PAYMENT, PAYMENT | {"reference": "P-2"}, PAYMENT | {"amount": "1.00"})
    found = list(load_mapping("plain").ledger(rows))
    assert [type(x).__name__ for x in found] == ["PaymentRecord", "PaymentRecord", "Reject"]
    assert (found[2].code, found[2].column) == ("reference_twice", "reference") and "line 2" in found[2].sentence


def test_a_typed_date_or_amount_is_taken_whatever_form_the_text_should_have(tmp_path):
    mapping = changed(tmp_path, 'value_on = "value_on"', 'value_on = { column = "value_on", format = "DD/MM/YYYY" }')
    assert one_of(mapping, PAYMENT | {"value_on": "10/02/2026"}).on == D(2026, 2, 10)
    assert one_of(mapping, PAYMENT | {"value_on": "2026-02-10"}).code == "bad_date"
    assert one_of(mapping, PAYMENT | {"value_on": Exact("2026-02-10")}).on == D(2026, 2, 10)


@pytest.mark.parametrize(
    ("spec", "written", "amount"),
    [
        ('decimal = ",", thousands = "."', "1.234,50", "1234.50"),
        ('thousands = ","', "1,234.50", "1234.50"),
        ('thousands = ","', "1234.50", "1234.50"),
        ('thousands = ","', "12,34.50", "bad_amount"),
        ('decimal = ",", thousands = " "', "1\u202f234,5", "1234.50"),
        ('round = "half_up"', "1.005", "1.01"),
    ],
)
def test_amounts_are_read_in_the_form_that_the_mapping_names(tmp_path, spec, written, amount):
    mapping = changed(tmp_path, 'amount = "amount"', f'amount = {{ column = "amount", {spec} }}')
    found = one_of(mapping, PAYMENT | {"amount": written})
    assert (found.code if isinstance(found, Reject) else str(found.amount)) == amount


def test_words_of_the_source_are_put_into_ours(tmp_path):
    spec = 'product = { column = "product", values = { CAR = "auto_loan" } }'
    mapping = changed(tmp_path, 'product = "product"', spec)
    (found,) = mapping.loans(GivenDicts(PLAIN | {"product": "CAR"}))
    assert found.product == "auto_loan"
    (found,) = mapping.loans(GivenDicts(PLAIN))
    assert found.code == "unknown_word" and "CAR" in found.sentence


def test_months_become_the_day_that_the_mapping_says(tmp_path):
    spec = 'contract_on = { column = "contract_on", type = "month", format = "MMM-YYYY", day = "month_end" }'
    mapping = changed(tmp_path, 'contract_on = { column = "contract_on", required = true }', spec)
    (found,) = mapping.loans(GivenDicts(PLAIN | {"contract_on": "Feb-2024"}))
    assert found.contract_on == D(2024, 2, 29) and "contract_on" in found.approximate
    (found,) = mapping.loans(GivenDicts(PLAIN | {"contract_on": "2024-02"}))
    assert found.code == "bad_month"


def test_a_rejected_row_is_taken_when_it_comes_back_corrected(tmp_path):
    rows = GivenDicts(PAYMENT, PAYMENT | {"reference": "P-2", "amount": "-1"})
    with RejectsWriter(tmp_path / "rejects.csv", rows.columns) as writer:
        for found in load_mapping("plain").ledger(rows):
            if isinstance(found, Reject):
                writer.add(found)
    path = writer.close()
    path.write_bytes(path.read_bytes().replace(b",-1,", b",1.00,"))
    (found,) = load_mapping("plain").ledger(open_rows(path))
    assert (found.reference, found.amount) == ("P-2", Decimal("1.00"))


# --- The mapping file itself ---------------------------------------------------------------------------------


def changed(folder: Path, old: str, new: str, name: str = "plain") -> Mapping:
    source = (SHIPPED / f"{name}.toml").read_text("utf-8")
    assert source.count(old) >= 1
    path = folder / "own.toml"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    return load_mapping(path)


def one_of(mapping: Mapping, row: dict[str, str]) -> PaymentRecord | Reject:
    (found,) = mapping.ledger(GivenDicts(row))
    return found


def test_three_mappings_are_shipped_and_can_be_loaded():
    assert shipped_mappings() == ("plain", "us_auto_ledger", "us_subprime_tape")
    for name in shipped_mappings():
        assert load_mapping(name).id == name


@pytest.mark.parametrize("name", ["us_auto_ledger", "us_subprime_tape"])
def test_the_tapes_say_that_their_people_are_made_up_and_for_which_day_the_law_is_asked(name):
    mapping = load_mapping(name)
    assert mapping.generates_persons and mapping.law_on == D(2026, 11, 24)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('number = "number"', 'number = { colum = "number" }', "unknown key “colum”"),
        ('number = "number"', 'numbre = "number"', "unknown key “numbre”"),
        ('principal = "principal"\n', "", "“principal” is missing"),
        ('currency = "currency"', 'currency = { constant = "XXX" }', "XXX"),
        ('apr = { column = "apr", optional = true }', 'apr = { column = "apr", unit = "permille" }', "permille"),
        ('apr = { column = "apr", optional = true }', 'apr = { column = "apr", type = "money" }', "ratio"),
        (
            'contract_on = { column = "contract_on", required = true }',
            'contract_on = { column = "x", format = "D.M.Y" }',
            "D.M.Y",
        ),
        (
            'contract_on = { column = "contract_on", required = true }',
            'contract_on = { column = "x", type = "month" }',
            "month_end",
        ),
        (
            'contract_on = { column = "contract_on", required = true }',
            'contract_on = { derive = "guess", of = ["x"] }',
            "guess",
        ),
        (
            'contract_on = { column = "contract_on", required = true }',
            'contract_on = { derive = "difference", of = ["x", "y"] }',
            "gives money",
        ),
        ('principal = "principal"', 'principal = { column = "p", decimal = ",", thousands = "," }', "differ"),
        ('one_row = "loan"', 'one_row = "customer"', "customer"),
        ('identity = "reference"', 'identity = "hope"', "hope"),
    ],
)
def test_a_mapping_with_a_mistake_is_refused_with_file_line_and_key(tmp_path, old, new, words):
    with pytest.raises(DomainError) as caught:
        changed(tmp_path, old, new)
    assert caught.value.code == "bad_mapping"
    assert caught.value.sentence.startswith(f"own.toml, line {caught.value.ids['line']}, ")
    assert words in caught.value.sentence
    text = (tmp_path / "own.toml").read_text("utf-8").splitlines()[caught.value.ids["line"] - 1]
    assert new.split("\n")[0] in text or text.startswith("[loans.fields]")


def test_a_mapping_that_is_missing_or_no_toml_is_refused(tmp_path):
    for name in ("nowhere", "../plain", str(tmp_path / "none.toml")):
        with pytest.raises(DomainError) as caught:
            load_mapping(name)
        assert caught.value.code == "mapping_missing" and "plain" in caught.value.sentence
    (tmp_path / "own.toml").write_text('id = "x\n')
    with pytest.raises(DomainError) as caught:
        load_mapping(tmp_path / "own.toml")
    assert caught.value.code == "mapping_not_toml" and "line 1" in caught.value.sentence


# --- The servicer's tape: one row a loan-month ---------------------------------------------------------------

TAPE = (
    "loan_id,month_end,origination_month,original_amount,original_term_months,apr,first_payment_month,maturity_month,credit_score,"
    "payment_to_income,state,begin_balance,instalment,paid,interest_paid,principal_paid,other_paid,fees_uncollected,"
    "end_balance,due_next_month_incl_arrears,interest_paid_through,days_past_due,payments_extended,modification_code,"
    "charged_off_principal,recovered,zero_balance_code"
)
HEAD = "S1,{month},2015-05,9000.00,60,0.12,2015-06,2017-06,600,0.1,IN,{begin},{instalment}"


def month(end: str, rest: str, begin: str = "5000.00", instalment: str = "200.0") -> str:
    return HEAD.format(month=end, begin=begin, instalment=instalment) + "," + rest


OPENING = month("2016-12-31", "200.0,40.0,160.0,0.0,10.0,4840.00,400.0,2016-12-03,4.0,0,,0.0,0.0,")


def told(*rows: str, known=None) -> list[object]:
    return list(load_mapping("us_subprime_tape").ledger(Given(TAPE, *rows), known))


def test_the_first_row_of_a_loan_is_the_loan_as_it_stood():
    rows = Given(TAPE, OPENING, month("2017-01-31", "0.0,0.0,0.0,0.0,10.0,4840.00,600.0,2016-12-03,35.0,0,,0.0,0.0,"))
    (loan,) = load_mapping("us_subprime_tape").loans(rows)
    assert (loan.number, loan.opening_on, loan.opening_balance) == ("S1", D(2016, 12, 31), Decimal("4840.00"))
    assert (loan.opening_arrears, loan.opening_days_past_due) == (Decimal("200.00"), 4)
    due = list(loan.instalments())
    assert due[0] == InstalmentRecord(0, D(2016, 12, 27), Decimal("200.00"))
    assert due[1] == InstalmentRecord(1, D(2017, 1, 27), Decimal("200.00")), "the due day shows in the first row"
    assert due[-1].due_on == D(2017, 6, 27)
    assert loan.region == "US-IN" and loan.debtor.generated and loan.generated
    assert loan.law_on == D(2026, 11, 24) and loan.collector_role == "third_party"


def test_a_due_day_that_does_not_show_is_assumed_and_said_to_be():
    (loan,) = load_mapping("us_subprime_tape").loans(Given(TAPE, OPENING.replace(",4.0,", ",0.0,")))
    assert loan.schedule.day == 15 and "due_day" in loan.approximate
    (loan,) = load_mapping("us_subprime_tape").loans(Given(TAPE, OPENING))
    assert loan.schedule.day == 27 and "due_day" not in loan.approximate


def test_the_rows_after_it_tell_what_happened():
    found = told(
        OPENING,
        month("2017-01-31", "200.0,40.0,160.0,0.0,10.0,4680.00,400.0,2017-01-20,4.0,0,,0.0,0.0,"),
        month("2017-02-28", "215.0,40.0,160.0,15.0,20.0,4520.00,200.0,2017-01-20,0.0,2,,0.0,0.0,"),
        month("2017-03-31", "0.0,0.0,0.0,0.0,0.0,0.0,0.0,,,0,,4520.0,300.0,4"),
        month("2017-04-30", "0.0,0.0,0.0,0.0,0.0,0.0,0.0,,,0,,0.0,50.0,4", begin="0.0", instalment="0.0"),
    )
    assert not [x for x in found if isinstance(x, Reject)]
    payments = [(p.on, p.amount, p.other_part) for p in found if isinstance(p, PaymentRecord)]
    assert payments == [
        (D(2017, 1, 20), Decimal("200.00"), Decimal("0.00")),  # to the day, when it lies in the month
        (D(2017, 2, 28), Decimal("215.00"), Decimal("15.00")),  # else the month end
    ]
    charges = [(c.on, c.amount, c.waived) for c in found if isinstance(c, ChargeRecord)]
    assert charges == [
        (D(2016, 12, 31), Decimal("10.00"), False),  # what stood open at the opening
        (D(2017, 2, 28), Decimal("25.00"), False),  # 20 open, 15 paid, 10 open before
        (D(2017, 3, 31), Decimal("20.00"), True),
    ]
    assert [(e.on, e.months) for e in found if isinstance(e, ExtensionRecord)] == [(D(2017, 2, 28), 2)]
    assert [(w.on, w.amount) for w in found if isinstance(w, WriteOffRecord)] == [(D(2017, 3, 31), Decimal("4520.00"))]
    assert [(r.on, r.amount) for r in found if isinstance(r, RecoveryRecord)] == [
        (D(2017, 3, 31), Decimal("300.00")), (D(2017, 4, 30), Decimal("50.00"))
    ]  # fmt: skip
    assert not [x for x in found if isinstance(x, PayOffRecord)]


def test_arrears_of_several_months_fell_due_one_a_month_and_the_newer_ones_are_whole():
    row = OPENING.replace(",400.0,2016-12-03,4.0,", ",650.0,2016-10-03,65.0,")  # 450 overdue, since 27 October
    (loan,) = load_mapping("us_subprime_tape").loans(Given(TAPE, row))
    due = list(loan.instalments())
    assert due[:4] == [
        InstalmentRecord(0, D(2016, 10, 27), Decimal("50.00")), InstalmentRecord(1, D(2016, 11, 27), Decimal("200.00")),
        InstalmentRecord(2, D(2016, 12, 27), Decimal("200.00")), InstalmentRecord(3, D(2017, 1, 27), Decimal("200.00")),
    ]  # fmt: skip
    assert [item.sequence for item in due] == list(range(len(due)))
    row = OPENING.replace(",400.0,2016-12-03,4.0,", ",500.0,2016-10-03,65.0,")  # 300 overdue: less than is late
    (loan,) = load_mapping("us_subprime_tape").loans(Given(TAPE, row))
    assert list(loan.instalments())[:2] == [
        InstalmentRecord(0, D(2016, 10, 27), Decimal("100.00")), InstalmentRecord(1, D(2016, 11, 27), Decimal("200.00"))
    ]  # fmt: skip


def test_less_due_than_an_instalment_is_money_paid_ahead():
    row = OPENING.replace(",400.0,2016-12-03,4.0,", ",120.0,2016-12-03,0.0,")
    (loan,) = load_mapping("us_subprime_tape").loans(Given(TAPE, row))
    assert (loan.opening_credit, loan.opening_arrears) == (Decimal("80.00"), Decimal("0.00"))


def test_a_new_loan_owes_nothing_before_its_first_payment_month():
    row = OPENING.replace(",2015-06,2017-06,", ",2017-03,2019-02,").replace(",4.0,", ",0.0,")
    (loan,) = load_mapping("us_subprime_tape").loans(Given(TAPE, row))
    due = list(loan.schedule.instalments())
    assert (due[0].due_on, due[-1].due_on, len(due)) == (D(2017, 3, 15), D(2019, 2, 15), 24)


def test_principal_that_rises_without_a_change_of_terms_was_a_payment_taken_back():
    rise = month("2017-01-31", "0.0,0.0,0.0,0.0,10.0,5160.00,400.0,2017-01-20,4.0,0,,0.0,0.0,", begin="5000.00")
    (found,) = [x for x in told(OPENING, rise) if isinstance(x, ReturnRecord)]
    assert (found.on, found.amount) == (D(2017, 1, 31), Decimal("160.00"))
    changed_terms = rise.replace(",0,,0.0,0.0,", ",0,98,0.0,0.0,")
    assert not [x for x in told(OPENING, changed_terms) if isinstance(x, ReturnRecord)]


def test_a_maturity_that_moves_is_an_extension_even_if_none_is_reported():
    january = month("2017-01-31", "0.0,0.0,0.0,0.0,10.0,5000.00,400.0,2016-12-03,0.0,0,98,0.0,0.0,")
    january = january.replace(",2017-06,", ",2017-09,")
    february = january.replace("S1,2017-01-31", "S1,2017-02-28").replace(",0,98,", ",1,98,")
    found = [x for x in told(OPENING, january, february) if isinstance(x, ExtensionRecord)]
    assert [(x.on, x.months) for x in found] == [(D(2017, 1, 31), 3), (D(2017, 2, 28), 1)]


def test_a_bad_row_sets_the_later_rows_of_its_loan_aside_and_they_go_in_when_they_come_back():
    january = month("2017-01-31", "200.0,40.0,160.0,0.0,35.0,4680.00,400.0,2017-01-20,4.0,0,,0.0,0.0,")
    bad = january.replace(",200.0,40.0,", ",-200.0,40.0,")
    february = month("2017-02-28", "200.0,40.0,160.0,0.0,35.0,4520.00,200.0,2017-02-20,0.0,0,,0.0,0.0,")
    other = february.replace("S1,2017-02-28", "S2,2017-02-28")
    found = told(OPENING, bad, february, other)
    assert [(x.line, x.code) for x in found if isinstance(x, Reject)] == [(3, "negative_amount"), (4, "held_back")]
    assert "Line 3" in found[2].sentence

    known = KnownLoan(opened_on=D(2016, 12, 31), told_until=D(2016, 12, 31), fees=Decimal("10.00"))
    again = told(january, february, known=lambda number: known)
    assert [(type(x).__name__, x.amount) for x in again] == [
        ("ChargeRecord", Decimal("25.00")), ("PaymentRecord", Decimal("200.00")), ("PaymentRecord", Decimal("200.00"))
    ]  # fmt: skip


def test_a_line_that_could_not_be_read_holds_back_its_loan_too(tmp_path):
    lines = [TAPE, OPENING, month("2017-01-31", "broken"), month("2017-02-28", OPENING.split(",", 13)[13])]
    path = tmp_path / "tape.csv"
    path.write_text("\n".join(lines))
    found = list(load_mapping("us_subprime_tape").ledger(open_rows(path)))
    assert [(x.line, x.code) for x in found if isinstance(x, Reject)] == [
        (3, "wrong_number_of_columns"), (4, "held_back")
    ]  # fmt: skip


def test_rows_out_of_their_order_are_refused():
    january = month("2017-01-31", "200.0,40.0,160.0,0.0,35.0,4680.00,400.0,2017-01-20,4.0,0,,0.0,0.0,")
    found = told(OPENING, january.replace("2017-01-31", "2017-03-31"), january)
    assert found[-1].code == "out_of_order" and "sort the file" in found[-1].sentence


def test_rows_of_a_loan_that_were_told_before_charge_nothing_again():
    january = month("2017-01-31", "200.0,40.0,160.0,0.0,35.0,4680.00,400.0,2017-01-20,4.0,0,,0.0,0.0,")
    february = month("2017-02-28", "0.0,0.0,0.0,0.0,50.0,4680.00,200.0,2017-02-20,0.0,0,,0.0,0.0,")
    known = KnownLoan(opened_on=D(2016, 12, 31), told_until=D(2017, 1, 31), fees=Decimal("35.00"))
    found = told(january, february, known=lambda number: known)
    assert [(type(x).__name__, x.on, x.amount) for x in found] == [
        ("PaymentRecord", D(2017, 1, 20), Decimal("200.00")), ("ChargeRecord", D(2017, 2, 28), Decimal("15.00"))
    ]  # fmt: skip


# --- The ledger tape: loans and payments apart ---------------------------------------------------------------

LEDGER = "loan_id,month_end,paid,principal_paid,end_balance,recovered,repossession_proceeds"


def ledger(*rows: str, known=None) -> list[object]:
    return list(load_mapping("us_auto_ledger").ledger(Given(LEDGER, *rows), known))


def test_a_balance_that_is_paid_to_nothing_is_a_pay_off_and_one_that_vanishes_a_write_off():
    found = ledger(
        "A1,2017-06-30,200.0,150.0,1000.0,,0.0",
        "A1,2017-07-31,1005.0,1000.0,0.0,,0.0",
        "A1,2017-08-31,0.0,0.0,0.0,,0.0",
        "A2,2017-06-30,200.0,150.0,1000.0,,0.0",
        "A2,2017-07-31,30.4,0.0,0.0,,-300.0",
        "A2,2017-08-31,0.0,0.0,0.0,424.72,0.0",
    )
    assert [(type(x).__name__, x.loan_number, x.on) for x in found if not isinstance(x, PaymentRecord)] == [
        ("PayOffRecord", "A1", D(2017, 7, 31)), ("WriteOffRecord", "A2", D(2017, 7, 31)),
        ("RecoveryRecord", "A2", D(2017, 8, 31)),
    ]  # fmt: skip
    assert [x.amount for x in found if isinstance(x, WriteOffRecord)] == [Decimal("1000.00")]
    assert [x.interest_part for x in found if isinstance(x, PaymentRecord)][:2] == [Decimal("50.00"), Decimal("5.00")]


def test_what_a_balance_was_before_the_file_is_asked_for():
    row = "A1,2017-06-30,0.0,0.0,0.0,,0.0"
    assert [x.code for x in ledger(row)] == ["balance_unknown"]
    known = KnownLoan(D(2017, 5, 31), D(2017, 5, 31), balance=Decimal("800.00"))
    (found,) = ledger(row, known=lambda number: known)
    assert isinstance(found, WriteOffRecord) and found.amount == Decimal("800.00")


def test_payments_without_a_reference_are_told_apart_by_row():
    rows = ["A1,2017-06-30,200.0,150.0,1000.0,,0.0", "A2,2017-06-30,200.0,150.0,1000.0,,0.0"]
    first, other = ledger(*rows)
    assert first.by_row and first.row_digest != other.row_digest
    (again,) = ledger(rows[0])
    assert (again.reference, again.row_digest) == (first.reference, first.row_digest)
    one, two = ledger(rows[0], rows[0])
    assert one.row_digest == two.row_digest and one.reference != two.reference
    assert one.reference == first.reference


def test_a_month_without_a_payment_is_no_reject():
    assert ledger("A1,2017-06-30,0.0,0.0,1000.0,,0.0") == []


# --- The real tapes ------------------------------------------------------------------------------------------


def tape(name: str) -> Path:
    """Where the data page says they are; TAPES_DIR says so elsewhere."""
    folder = settings.SHARED_DATA_DIR
    assert folder is not None, "the real tapes are not here: set TAPES_DIR"
    return Path(folder) / name


def counted(found) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in found:
        assert not isinstance(record, Reject), record.told()
        counts[type(record).__name__] = counts.get(type(record).__name__, 0) + 1
    return counts


@pytest.mark.tape
def test_the_auto_ledger_is_read_whole():
    mapping = load_mapping("us_auto_ledger")
    loans = list(mapping.loans(open_rows(tape("us_auto_ledger/loans.csv.gz"))))
    assert counted(loans) == {"LoanRecord": 4447}
    assert sum(loan.closed_at_opening for loan in loans) == 62
    assert all(not list(loan.instalments()) for loan in loans if loan.closed_at_opening)
    assert sum(bool(loan.opening_arrears) for loan in loans) == 361
    assert sum(bool(loan.opening_credit) for loan in loans) == 1599
    assert all({"contract_on", "maturity_on"} <= loan.approximate for loan in loans)
    assert all("due_day" in loan.approximate for loan in loans if loan.schedule)
    # 135,977 rows, of which 12,211 say that nothing was paid; 2,441 loans paid off and 126 written off.
    assert counted(mapping.ledger(open_rows(tape("us_auto_ledger/payments.csv.gz")))) == {
        "PaymentRecord": 123766, "PayOffRecord": 2441, "WriteOffRecord": 126, "RecoveryRecord": 3
    }  # fmt: skip


@pytest.mark.tape
def test_one_file_of_the_subprime_tape_serves_both_commands():
    mapping = load_mapping("us_subprime_tape")
    rows = open_rows(tape("us_subprime_tape/monthly.csv.gz"))
    loans = list(mapping.loans(rows))
    assert counted(loans) == {"LoanRecord": 50}
    assert sum("due_day" not in loan.approximate for loan in loans) == 8, "of 50 first rows 8 are overdue"
    found = list(mapping.ledger(rows))
    counts = counted(found)
    assert {name: counts[name] for name in ("ExtensionRecord", "WriteOffRecord", "RecoveryRecord")} == {
        "ExtensionRecord": 20, "WriteOffRecord": 12, "RecoveryRecord": 15
    }  # fmt: skip
    opened = {loan.number: loan.opening_on for loan in loans}
    assert all(x.on > opened[x.loan_number] for x in found if isinstance(x, PaymentRecord))
    paid = sum(x.amount for x in found if isinstance(x, PaymentRecord))
    rows_after_first = [r for r in rows if dt.date.fromisoformat(r.values["month_end"]) > opened[r.values["loan_id"]]]
    assert paid == sum(Decimal(r.values["paid"]) for r in rows_after_first), "to the cent"


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        one_loan().number = "other"


# --- The page that describes it ------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[3] / "docs" / "import_format.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_of_the_page_can_be_imported(tmp_path):
    loans, payments = blocks("csv")
    (tmp_path / "loans.csv").write_text(loans, encoding="utf-8")
    (tmp_path / "payments.csv").write_text(payments, encoding="utf-8")
    (loan,) = load_mapping("plain").loans(open_rows(tmp_path / "loans.csv"))
    (payment,) = load_mapping("plain").ledger(open_rows(tmp_path / "payments.csv"))
    assert (loan.number, payment.loan_number) == ("L-0004", "L-0004")


def test_the_mapping_of_the_page_is_one(tmp_path):
    (text,) = blocks("toml")
    (tmp_path / "my_bank.toml").write_text(text, encoding="utf-8")
    assert load_mapping(tmp_path / "my_bank.toml").id == "my_bank"


def test_the_page_names_every_column():
    for column in (*load_mapping("plain").columns("loans"), *load_mapping("plain").columns("ledger")):
        said = re.sub("^(co_debtor|guarantor)_", "debtor_", column)
        if said.endswith("_provenance"):
            said = "_address_provenance"
        assert said in PAGE or said in ("debtor_country", "debtor_region"), column
