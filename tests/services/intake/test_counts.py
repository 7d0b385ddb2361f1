"""What goes in is counted against what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from collections_app.models import Charge, LoanEvent, Payment
from tests.walks.ground import command

pytestmark = [pytest.mark.django_db, pytest.mark.tape]


def test_charges_and_events_of_a_tape_are_told_beside_its_payments(tapes: Path) -> None:
    tape = tapes / "us_subprime_tape" / "monthly.csv.gz"
    loans = command("import_loans", tape, "--mapping", "us_subprime_tape")
    assert "charges" not in loans and "events" not in loans
    told = command("import_payments", tape, "--mapping", "us_subprime_tape")
    opening = Payment.objects.filter(source="opening").count()
    assert (told["created"], told["charges"], told["events"]) == (
        Payment.objects.count() - opening, Charge.objects.count(), LoanEvent.objects.count(),
    )  # fmt: skip
    assert told["charges"] > 0 and told["events"] > 0
    again = command("import_payments", tape, "--mapping", "us_subprime_tape")
    assert (again["created"], again["charges"], again["events"]) == (0, 0, 0)
