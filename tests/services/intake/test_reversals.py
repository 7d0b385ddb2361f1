"""Money that the bank took back, through the front door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collections_app.kernel import fsm
from collections_app.models import Payment
from tests.daily.ground import close, d, lend
from tests.factories.loans import a_suspect_payment
from tests.factories.staff import a_user
from tests.walks.ground import PAYMENT, a_file, command

pytestmark = pytest.mark.django_db

PAID = {**PAYMENT, "loan_number": "L-1", "value_on": "2026-03-10", "reference": "P-2", "reverses": ""}
TAKEN_BACK = {**PAID, "value_on": "2026-03-12", "reference": "R-2", "reverses": "P-2"}


def taken(folder: Path, *rows: dict[str, str], name: str = "march") -> dict[str, Any]:
    return command("import_payments", a_file(folder / f"{name}.csv", *rows))


def reason(told: dict[str, Any]) -> str:
    return Path(told["rejects_file"]).read_text(encoding="utf-8-sig")


def state_of(reference: str) -> str:
    return Payment.objects.get(reference=reference).state


@pytest.mark.parametrize("rows", [(PAID, TAKEN_BACK), (TAKEN_BACK, PAID)], ids=["in order", "the other way round"])
def test_one_file_may_bring_a_payment_and_take_it_back(rows: tuple[dict[str, str], ...], tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    told = taken(tmp_path, *rows)
    assert (told["created"], told["updated"], told["rejected"]) == (1, 1, 0)
    payment = Payment.objects.get(reference="P-2")
    assert (payment.state, payment.reversed_on) == ("reversed", d(3, 12))
    close(d(3, 13))
    assert Payment.objects.get(reference="P-2").allocations.count() == 0
    again = taken(tmp_path, *rows, {**PAID, "reference": "P-3"}, name="again")
    assert (again["created"], again["unchanged"], again["rejected"]) == (1, 2, 0)


def test_a_payment_that_is_not_there_sends_the_row_back(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    told = taken(tmp_path, TAKEN_BACK)
    assert told["rejected"] == 1
    assert "Loan L-1 has no payment P-2 to take back; import it first." in reason(told)


def test_a_row_does_not_take_back_the_payment_of_another_loan(tmp_path: Path) -> None:
    lend(tmp_path, "L-1", "L-2")
    told = taken(tmp_path, PAID, {**TAKEN_BACK, "loan_number": "L-2"})
    assert (told["created"], told["updated"], told["rejected"]) == (1, 0, 1)
    assert "Loan L-2 has no payment P-2 to take back" in reason(told)
    assert state_of("P-2") == "received"


@pytest.mark.parametrize("decided", [False, True])
def test_a_payment_that_a_person_has_to_decide_on_sends_the_row_back_and_the_others_go_in(
    decided: bool, tmp_path: Path
) -> None:
    [loan] = lend(tmp_path, "L-1")
    a_suspect_payment(loan, "105.50", value_on=d(3, 10), source="plain", reference="P-2")
    if decided:
        fsm.apply(
            Payment.objects.get(reference="P-2"), "reject", by=a_user("supervisor"), because="the bank sent it twice"
        )
    told = taken(tmp_path, TAKEN_BACK, {**PAID, "reference": "P-3"}, name="second")
    assert (told["created"], told["rejected"]) == (1, 1)
    assert f"Payment P-2 is “{'rejected' if decided else 'suspect'}”" in reason(told)
    assert (state_of("P-2"), state_of("P-3")) == ("rejected" if decided else "suspect", "received")
