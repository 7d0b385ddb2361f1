"""A file of loans that says something else than the last one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collections_app.models import Instalment, Loan, Person
from tests.asserts import assert_history_is_whole
from tests.walks.ground import LOAN, a_file, command, load_policies, the_loan

pytestmark = pytest.mark.django_db


def imported(folder: Path, name: str, *rows: dict[str, str]) -> dict[str, Any]:
    return command("import_loans", a_file(folder / f"{name}.csv", *rows))


def reason(told: dict[str, Any]) -> str:
    return Path(told["rejects_file"]).read_text(encoding="utf-8-sig")


@pytest.fixture(autouse=True)
def first(tmp_path: Path) -> None:
    load_policies()
    assert imported(tmp_path, "first", LOAN)["created"] == 1


def test_a_corrected_row_corrects_the_loan_and_what_nothing_was_paid_on(tmp_path: Path) -> None:
    told = imported(tmp_path, "second", {**LOAN, "principal": "1300.00", "instalment": "114.00"})
    assert (told["created"], told["updated"], told["rejected"]) == (0, 1, 0)
    loan = the_loan()
    assert (loan.principal, loan.instalment) == (Decimal("1300.00"), Decimal("114.00"))
    assert {i.amount for i in loan.instalments.all()} == {Decimal("114.00")}
    assert_history_is_whole(loan)


def test_a_row_that_names_another_borrower_is_sent_back_and_nobody_gets_anothers_name(tmp_path: Path) -> None:
    other = {**LOAN, "debtor_number": "B-18", "debtor_name": "Ben Okafor", "debtor_mobile": "+15735550143"}
    told = imported(tmp_path, "second", other, {**other, "number": "L-0005"})
    assert (told["created"], told["updated"], told["rejected"]) == (1, 0, 1)
    assert "Loan L-0004 is that of borrower B-17, this row names B-18" in reason(told)
    ana = Person.objects.get(source_ref="B-17")
    assert (ana.name, the_loan().debtor) == ("Ana Reyes", ana)
    assert "+15735550143" not in {p.value for p in ana.contact_points.all()}
    assert Person.objects.get(source_ref="B-18").name == "Ben Okafor"


def test_a_row_in_another_currency_is_sent_back_and_no_amount_changes(tmp_path: Path) -> None:
    told = imported(tmp_path, "second", {**LOAN, "currency": "JPY", "principal": "1200", "instalment": "105"})
    assert (told["updated"], told["rejected"]) == (0, 1)
    assert "Loan L-0004 is in USD, this row in JPY" in reason(told)
    assert the_loan().principal == Decimal("1200.00")
    assert set(Instalment.objects.values_list("currency", flat=True)) == {"USD"}


def test_a_row_with_fewer_instalments_is_sent_back_and_none_is_left_due_in_silence(tmp_path: Path) -> None:
    told = imported(tmp_path, "second", {**LOAN, "instalments": "10"})
    assert (told["updated"], told["rejected"]) == (0, 1)
    assert "Loan L-0004 has 12 instalments, this row 10" in reason(told)
    assert imported(tmp_path, "third", {**LOAN, "instalments": "14"})["updated"] == 1
    assert the_loan().instalments.count() == 14


def test_the_same_row_in_another_file_changes_nothing(tmp_path: Path) -> None:
    told = imported(tmp_path, "second", LOAN, {**LOAN, "number": "L-0005"})
    assert (told["created"], told["updated"], told["unchanged"]) == (1, 0, 1)
    assert Loan.objects.count() == 2
    assert Loan.history.filter(number="L-0004").count() == 1
