"""Stand-ins for the papers of a generated loan; a real loan's papers come from its lender or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from collections_app.documents import store
from collections_app.models import LoanDocument
from collections_app.services import contract_paper
from tests.factories.borrowers import a_person
from tests.factories.loans import a_loan, noon

pytestmark = pytest.mark.django_db

AT = noon(dt.date(2026, 3, 16))


@pytest.fixture(autouse=True)
def blobs(settings: Any, tmp_path: Path) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"


def words_of(paper: LoanDocument) -> str:
    return " ".join(pypdfium2.PdfDocument(store.get(paper.document))[0].get_textpage().get_text_bounded().split())


def test_a_generated_loan_gets_a_contract_and_a_proof_of_payment_that_say_what_they_are() -> None:
    loan = a_loan(a_person("Ana Reyes", generated=True), number="L-7", generated=True, apr_ppm=99_900)
    papers = contract_paper.stand_in(loan, at=AT)
    assert [p.kind for p in papers] == ["contract", "payout_proof"]
    for paper in papers:
        words = words_of(paper)
        assert "Generated for demonstration" in words and "signed by nobody" in words
        assert "L-7" in words and "Ana Reyes" in words and "9.99 %" in words
        assert paper.document.generated and paper.document.title.endswith("(generated)")
        assert paper.dated_on == loan.contract_on


def test_asked_again_the_same_papers_come_back() -> None:
    loan = a_loan(generated=True)
    assert contract_paper.stand_in(loan, at=AT) == contract_paper.stand_in(loan, at=AT + dt.timedelta(days=1))
    assert LoanDocument.objects.count() == 2


def test_a_paper_that_came_with_the_loan_is_not_replaced() -> None:
    loan = a_loan(generated=True)
    own = contract_paper.stand_in(loan, at=AT)[0]
    LoanDocument.objects.exclude(pk=own.pk).delete()
    assert contract_paper.stand_in(loan, at=AT)[0] == own


def test_for_a_real_loan_nothing_is_made_up() -> None:
    assert contract_paper.stand_in(a_loan(), at=AT) == ()
    assert not LoanDocument.objects.exists()


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "600"), ("KWD", "600.000")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, shown: str) -> None:
    loan = a_loan(generated=True, currency=currency, instalment="100", tolerance="1")
    words = words_of(contract_paper.stand_in(loan, at=AT)[0])
    assert shown in words
    assert f"{shown}.0" not in words and f"{shown}0" not in words
