"""From the accepted file to enforcement (M10), service with its proof (M11), costs and deadlines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from collections_app.kernel.errors import DomainError, Refused
from collections_app.kernel.keys import new_key
from legal.models import Cost, Deadline, LegalFile, Pack, ServiceAttempt
from legal.services import court
from legal.services.costs import add_cost
from legal.services.deadlines import meet_deadline, set_deadline
from legal.services.files import close_file
from tests.asserts import assert_history, assert_history_is_whole
from tests.factories import borrowers, legal
from tests.factories.staff import a_machine

ON, AT = legal.DAY, legal.AT


def days(n: int) -> dt.date:
    return ON + dt.timedelta(days=n)


@pytest.fixture
def accepted(file: LegalFile, clerk: Any) -> LegalFile:
    """A file that its lawyer accepted; how it got there is told in test_reviews.py."""
    from collections_app.kernel import history

    paper = legal.a_kept_paper(file.case.loan, "other", "paper", dated_on=ON)
    pack = history.create_by(
        Pack, by=clerk, because="sealed", file=file, version=1, key=new_key("pack"), court="plain", court_version="1", as_of=ON,
        inputs_sha256="a" * 64, manifest_sha256="b" * 64, sha256="c" * 64, zip_sha256="d" * 64, file_name="LF-v1", pages=1,
        files=1, pdf=paper, zip=paper, manifest=paper, made_at=AT, made_by=clerk, state="sealed", sealed_at=AT, sealed_by=clerk,
    )  # fmt: skip
    LegalFile.objects.filter(pk=file.pk).update(state="accepted", pack=pack, sent_at=AT, missing_count=0)
    accepted = LegalFile.objects.get(pk=file.pk)
    return history.save_by(accepted, by=clerk, because="accepted by counsel")


def test_a_claim_goes_to_court_step_by_step_and_each_step_stands_in_the_history(
    accepted: LegalFile, clerk: Any
) -> None:
    court.send_claim(
        accepted, on=ON, by=clerk, because="letter of claim posted", wait_days=30, rule="UK-16 Pre-Action Protocol 4.1"
    )
    with pytest.raises(Refused, match="A waiting period still runs"):
        court.file_claim(accepted, claim_number="2026-L-1", on=days(29), by=clerk, because="early")
    court.file_claim(accepted, claim_number="2026-L-1", on=days(30), by=clerk, because="no answer came")
    with pytest.raises(Refused, match="No service of the claim is proved yet"):
        court.mark_served(accepted, on=days(31), by=clerk, because="posted")
    court.record_service(
        accepted, what="claim form", method="personal", recipient="Rowan Ashdown-Pryce", at=AT + dt.timedelta(days=33),
        outcome="served", proof=legal.a_pdf("certificate of service"), by=clerk, because="served by the bailiff",
        deemed_on=days(34), served_by="Bailiff no. 7",
    )  # fmt: skip
    court.mark_served(accepted, on=days(34), by=clerk, because="certificate of service")
    court.record_judgment(accepted, on=days(60), by=clerk, because="judgment in default")
    court.enforce(accepted, on=days(75), by=clerk, because="writ of execution")
    close_file(accepted, reason="paid", on=days(90), by=clerk, because="paid in full")
    accepted.refresh_from_db()
    assert (accepted.state, accepted.closed_reason, accepted.claim_number) == ("closed", "paid", "2026-L-1")
    states = list(LegalFile.history.filter(id=accepted.pk).order_by("history_id").values_list("state", flat=True))
    assert states[-7:] == ["accepted", "claim_sent", "filed", "served", "judgment", "enforcement", "closed"]
    assert_history_is_whole(accepted)
    earliest = Deadline.objects.get(file=accepted, kind="not_before")
    assert (earliest.on, earliest.counted_from, earliest.done_on) == (days(30), ON, days(30))


def test_a_served_document_needs_its_proof_by_service_and_by_database(accepted: LegalFile, clerk: Any) -> None:
    with pytest.raises(DomainError, match="Service counts only with its proof"):
        court.record_service(
            accepted,
            what="letter of claim",
            method="post",
            recipient="mailbox",
            at=AT,
            outcome="served",
            by=clerk,
            because="x",
        )
    attempt = court.record_service(
        accepted, what="letter of claim", method="post", recipient="mailbox", at=AT, outcome="came_back", by=clerk,
        because="came back: moved",
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceAttempt.objects.filter(pk=attempt.pk).update(outcome="served")
    with pytest.raises(Refused):  # a failed attempt serves nothing
        LegalFile.objects.filter(pk=accepted.pk).update(state="filed")
        court.mark_served(LegalFile.objects.get(pk=accepted.pk), on=ON, by=clerk, because="x")


def test_documents_are_served_on_parties_only(accepted: LegalFile, clerk: Any) -> None:
    neighbour = borrowers.a_person("Ned Neighbour")
    with pytest.raises(DomainError, match="on the parties to the claim only"):
        court.record_service(
            accepted, what="claim form", method="substituted", recipient="Ned", at=AT, outcome="refused", by=clerk,
            because="at the door", person=neighbour,
        )  # fmt: skip
    assert not ServiceAttempt.objects.exists()


def test_the_lawyer_and_the_machine_take_nothing_to_court(accepted: LegalFile, counsel: Any) -> None:
    for somebody in (counsel, a_machine("daily-run")):
        with pytest.raises(Refused):
            court.send_claim(accepted, on=ON, by=somebody, because="x", wait_days=30, rule="house")
    assert not Deadline.objects.exists()


def test_a_new_limitation_day_replaces_the_old_one(accepted: LegalFile, clerk: Any) -> None:
    for counted_from, why in ((dt.date(2026, 3, 10), "default"), (dt.date(2026, 3, 20), "part payment")):
        court.note_limitation(
            accepted, on=counted_from.replace(year=2031), counted_from=counted_from, counted_because=why, rule="735 ILCS 5/13-206",
            by=clerk, because=why,
        )  # fmt: skip
    waiting = Deadline.objects.waiting().get(file=accepted, kind="limitation")
    assert (waiting.on, waiting.counted_because) == (dt.date(2031, 3, 20), "part payment")
    assert Deadline.objects.filter(file=accepted, kind="limitation").count() == 2


def test_a_deadline_says_what_it_was_counted_from_and_by_which_rule(accepted: LegalFile, clerk: Any) -> None:
    told = {"what": "Answer", "counted_from": ON, "counted_because": "returned", "by": clerk, "because": "x"}
    with pytest.raises(DomainError, match="Name the rule"):
        set_deadline(accepted, on=days(4), rule=" ", **told)
    with pytest.raises(DomainError, match="lies before"):
        set_deadline(accepted, on=days(-1), rule="house", **told)
    deadline = set_deadline(accepted, on=days(4), rule="house", **told)
    assert list(Deadline.objects.due_within(3, ON)) == []
    assert list(Deadline.objects.due_within(4, ON)) == [deadline]
    meet_deadline(deadline, on=days(2), by=clerk, because="answered")
    assert list(Deadline.objects.due_within(4, ON)) == []
    with pytest.raises(DomainError, match="was done on"):
        meet_deadline(deadline, on=days(3), by=clerk, because="again")


def test_a_cost_is_money_with_an_authority_in_the_currency_of_the_loan(accepted: LegalFile, clerk: Any) -> None:
    cost = add_cost(
        accepted,
        kind="court_fee",
        amount=Decimal("80.00"),
        on=ON,
        authority="705 ILCS 105/27.1b",
        by=clerk,
        because="filing fee",
    )
    cost.refresh_from_db()
    assert (cost.amount, cost.currency) == (Decimal("80.00"), "USD")
    assert_history(cost, [("+", "filing fee")])
    for amount, authority, told in (
        ("0", "x", "above zero"),
        ("5.00", " ", "Name the tariff"),
        ("5.001", "x", "decimals"),
    ):
        with pytest.raises(DomainError, match=told):
            add_cost(accepted, kind="other", amount=Decimal(amount), on=ON, authority=authority, by=clerk, because="x")
    assert Cost.objects.count() == 1
