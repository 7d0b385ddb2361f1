"""What a court asks for and the file does not hold, by name; uploads; what is taken out and put in order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from collections_app.documents import store
from collections_app.kernel.errors import DomainError
from collections_app.models import LoanDocument
from legal.bundle import completeness
from legal.bundle.courts import load_court
from legal.models import Exhibit, LegalFile
from legal.services.exhibits import add_paper, checklist, collect_exhibits, include, reorder
from legal.services.files import open_file
from tests.asserts import assert_history
from tests.factories import borrowers, legal, loans


@pytest.fixture
def poor(clerk: Any) -> LegalFile:
    """A file whose loan came without a contract and without a pay-out proof, collected once."""
    case = legal.a_referred_case(contract=False, disbursement=False)
    file = open_file(case, on=legal.DAY, by=clerk, because="referred by the supervisor")
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    file.refresh_from_db()
    return file


def upload(file: LegalFile, by: Any, item: str, title: str = "a paper", **more: Any) -> Exhibit:
    return add_paper(
        file, legal.a_pdf(title), title=title, media_type="application/pdf", on=legal.DAY, at=legal.AT, by=by,
        because="came from the branch", item=item, **more,
    )  # fmt: skip


def test_each_missing_item_is_named_with_where_to_get_it(poor: LegalFile) -> None:
    sheet = checklist(poor, on=legal.DAY)
    assert [(m.item, m.name) for m in sheet.missing] == [
        ("contract", "Credit agreement and the terms then in force"),
        ("disbursement", "Proof that the loan was paid out"),
    ]
    assert all(m.where for m in sheet.missing)
    assert [m.item for m in sheet.optional] == ["letter_of_claim"]
    assert (poor.state, poor.missing_count) == ("collecting", 2)


def test_the_last_upload_completes_the_file(poor: LegalFile, clerk: Any) -> None:
    upload(poor, clerk, "contract", "Signed agreement of 10 October")
    poor.refresh_from_db()
    assert (poor.state, poor.missing_count) == ("collecting", 1)
    upload(poor, clerk, "disbursement", "Payment order")
    poor.refresh_from_db()
    assert (poor.state, poor.missing_count) == ("complete", 0)
    assert_history(
        poor,
        [
            ("open", "referred by the supervisor"),
            ("collecting", "exhibits collected"),
            ("collecting", "exhibits collected"),
            ("collecting", "the checklist was counted anew"),
            ("collecting", "the checklist was counted anew"),
            ("complete", "nothing is missing"),
        ],
    )


def test_an_uploaded_contract_belongs_to_the_loan_and_keeps_its_title(poor: LegalFile, clerk: Any) -> None:
    exhibit = upload(poor, clerk, "contract", "Signed agreement of 10 October", dated_on=dt.date(2025, 10, 10))
    assert LoanDocument.objects.get(kind="contract").document_id == exhibit.document_id
    found = collect_exhibits(poor, on=legal.DAY, at=legal.AT, by=clerk)
    assert [e.title for e in found.exhibits if e.item == "contract"] == ["Signed agreement of 10 October"]
    assert found.exhibits[0].tab == "1"


def test_a_complete_file_falls_incomplete_when_a_paper_is_taken_out(file: LegalFile, clerk: Any) -> None:
    found = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    contract = next(e for e in found.exhibits if e.item == "contract")
    include(file, contract, included=False, on=legal.DAY, by=clerk, because="the scan is of another loan")
    file.refresh_from_db()
    assert (file.state, file.missing_count) == ("collecting", 1)
    again = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    assert contract.pk not in {e.pk for e in again.exhibits}  # a person's decision stays
    include(file, contract, included=True, on=legal.DAY, by=clerk, because="it was the right one after all")
    file.refresh_from_db()
    assert file.state == "complete"


def test_a_statement_and_a_look_older_than_the_layout_allows_are_missing(file: LegalFile, clerk: Any) -> None:
    borrowers.a_register_check("bankruptcy_stay", at=loans.noon(legal.DAY))
    found = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    court = load_court("plain")
    assert court.statement_max_age_days == 30
    in_time = completeness.missing(court, found.exhibits, on=legal.DAY + dt.timedelta(days=30))
    too_late = completeness.missing(court, found.exhibits, on=legal.DAY + dt.timedelta(days=31))
    assert [m.item for m in completeness.must_be_there(in_time)] == []
    assert [m.item for m in completeness.must_be_there(too_late)] == ["statement", "status_checks"]


def test_an_old_look_into_the_registers_is_missing_until_somebody_looks_again(file: LegalFile, clerk: Any) -> None:
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    checked_on = legal.DAY - dt.timedelta(days=1)
    in_time, late = (checked_on + dt.timedelta(days=n) for n in (30, 31))
    assert not collect_exhibits(file, on=in_time, at=legal.AT, by=clerk).checklist.missing
    assert [m.item for m in collect_exhibits(file, on=late, at=legal.AT, by=clerk).checklist.missing] == [
        "status_checks"
    ]
    borrowers.a_register_check("bankruptcy_stay", at=loans.noon(late))
    assert not collect_exhibits(file, on=late, at=legal.AT, by=clerk).checklist.missing


def test_a_collection_draws_the_statement_up_anew_when_it_is_too_old(file: LegalFile, clerk: Any) -> None:
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    later = legal.DAY + dt.timedelta(days=31)
    borrowers.a_register_check("bankruptcy_stay", at=loans.noon(later))
    found = collect_exhibits(file, on=later, at=legal.AT, by=clerk)
    assert {e.item: e.dated_on for e in found.exhibits}["statement"] == later
    assert not found.checklist.missing


def test_an_item_that_the_layout_does_not_know_is_refused(poor: LegalFile, clerk: Any) -> None:
    with pytest.raises(DomainError, match="asks for no “oath”; it asks for contract, disbursement"):
        upload(poor, clerk, "oath")
    assert not Exhibit.objects.filter(origin="uploaded").exists()


def test_an_empty_paper_is_refused_and_nothing_is_filed(poor: LegalFile, clerk: Any) -> None:
    with pytest.raises(DomainError) as refused:
        add_paper(
            poor, b"", title="scan", media_type="application/pdf", on=legal.DAY, at=legal.AT, by=clerk, because="scanned",
            item="contract",
        )  # fmt: skip
    assert refused.value.code == "empty_document"
    assert not Exhibit.objects.filter(origin="uploaded").exists()


def test_exhibits_of_a_section_are_put_in_the_order_that_a_person_wants_and_stay_there(
    file: LegalFile, clerk: Any
) -> None:
    found = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    first, second, third = [e.pk for e in found.exhibits if e.section == "agreement"]
    reorder(file, "agreement", [third, first, second], by=clerk, because="the schedule first")
    again = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    assert [e.pk for e in again.exhibits if e.section == "agreement"] == [third, first, second]
    assert [e.tab for e in again.exhibits] == [str(n) for n in range(1, 11)]


def test_an_order_that_leaves_an_exhibit_out_is_refused(file: LegalFile, clerk: Any) -> None:
    found = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    ids = [e.pk for e in found.exhibits if e.section == "agreement"]
    with pytest.raises(DomainError, match="each of the 3 exhibits"):
        reorder(file, "agreement", ids[:2], by=clerk, because="shorter")


def test_a_paper_whose_source_is_gone_is_set_aside_and_kept(file: LegalFile, clerk: Any) -> None:
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    LoanDocument.objects.filter(kind="payout_proof").delete()
    found = collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    gone = Exhibit.objects.get(file=file, item="disbursement")
    assert (found.gone, gone.present) == (1, False)
    assert store.get(gone.document)
    assert [m.item for m in found.checklist.missing] == ["disbursement"]
