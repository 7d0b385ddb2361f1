"""Letters on their way: printed once, stopped by the red button, proved to have arrived only if they left."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.db import connection

from collections_app.documents import store
from collections_app.kernel.errors import DomainError
from collections_app.models import Case, Contact, ContactEvent, LoanDocument, PolicyVersion, PrintBatch
from collections_app.services import letters, stops
from collections_app.services.dispatch import dispatch
from tests.asserts import assert_history_is_whole
from tests.factories import contacts, legal
from tests.factories.cases import an_overdue_case
from tests.factories.staff import a_user
from tests.walks.ground import LOAN, PAYMENT, a_file, close, command, load_policies

pytestmark = pytest.mark.django_db

DAY_5 = dt.date(2026, 3, 15)
NOON = dt.datetime(2026, 3, 15, 17, tzinfo=dt.UTC)
EVENING = NOON + dt.timedelta(hours=5)


@pytest.fixture(autouse=True)
def blobs(settings: Any, tmp_path: Path) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"


@pytest.fixture
def case() -> Case:
    load_policies()
    return an_overdue_case(6, ladder=PolicyVersion.objects.get(kind="ladder"))


def sent_letters(tmp_path: Path, loans: int = 1) -> list[Contact]:
    """The written notices of loans that are five days late, through the ladder and the gate."""
    load_policies()
    rows = [
        {**LOAN, "number": f"L-{n:04d}", "debtor_number": f"B-{n}", "debtor_mobile": f"+1573555{100 + n:04d}"}
        for n in range(loans)
    ]
    paid = ({**PAYMENT, "reference": f"P-{n}", "loan_number": f"L-{n:04d}"} for n in range(loans))
    command("import_loans", a_file(tmp_path / "loans.csv", *rows))
    command("import_payments", a_file(tmp_path / "p.csv", *paid))
    close(DAY_5)
    assert dispatch(at=NOON, channels=["letter"]).sent == loans
    return list(Contact.objects.filter(channel="letter").order_by("pk"))


# -- printing ----------------------------------------------------------------------------------------


def test_letters_are_printed_once_in_one_batch_behind_a_cover_that_counts_them(tmp_path: Path) -> None:
    made = sent_letters(tmp_path, loans=2)
    batch = letters.print_letters(at=EVENING, by=a_user("supervisor"))
    assert batch is not None and batch.document is not None
    assert (batch.letters_count, list(batch.letters.order_by("pk"))) == (2, made)
    pdf = pypdfium2.PdfDocument(store.get(batch.document))
    assert len(pdf) == 1 + sum(c.document.pages or 0 for c in made if c.document)
    cover = " ".join(pdf[0].get_textpage().get_text_bounded().split())
    assert "2 letters" in cover and "Ana Reyes" in cover
    assert letters.print_letters(at=EVENING, by=a_user("supervisor")) is None


def test_the_history_of_a_letter_says_who_printed_it(tmp_path: Path) -> None:
    [letter] = sent_letters(tmp_path)
    clerk = a_user("supervisor")
    batch = letters.print_letters(at=EVENING, by=clerk)
    assert batch is not None
    newest = letter.history.order_by("-history_id")[0]
    assert (newest.print_batch_id, newest.history_user_id, newest.history_change_reason) == (
        batch.pk, clerk.pk, f"printed in batch {batch.pk}",
    )  # fmt: skip
    assert_history_is_whole(Contact.objects.get(pk=letter.pk))


def test_what_was_not_sent_is_not_printed(tmp_path: Path) -> None:
    load_policies()
    command("import_loans", a_file(tmp_path / "loans.csv", LOAN))
    command("import_payments", a_file(tmp_path / "p.csv", PAYMENT))
    close(DAY_5)
    assert Contact.objects.filter(channel="letter", state="planned").exists()
    assert letters.print_letters(at=EVENING, by=a_user("supervisor")) is None


@pytest.mark.parametrize("channel", ["letter", ""])
def test_the_red_button_stops_the_printer_too(channel: str, tmp_path: Path) -> None:
    sent_letters(tmp_path)
    boss, other = a_user("supervisor"), a_user("supervisor")
    stop = stops.stop_all(channel=channel, because="a wrong rate was printed", by=boss, at=EVENING)
    with pytest.raises(DomainError, match="none is printed until a second person has lifted the stop"):
        letters.print_letters(at=EVENING, by=boss)
    assert not PrintBatch.objects.exists()
    stops.lift(stop, because="the rate is right", by=other, at=EVENING)
    assert letters.print_letters(at=EVENING, by=boss) is not None


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_print_at_once_one_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent_letters(tmp_path, loans=2)
    clerks = [a_user("supervisor"), a_user("supervisor")]
    together = threading.Barrier(2)
    lock = letters.locks.lock_pks

    def both_have_looked(queryset: Any) -> list[int]:
        together.wait(timeout=30)
        return lock(queryset)

    monkeypatch.setattr(letters.locks, "lock_pks", both_have_looked)
    batches: list[PrintBatch | None] = []

    def work(by: Any) -> None:
        try:
            batches.append(letters.print_letters(at=EVENING, by=by))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(clerk,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(b.letters_count if b else 0 for b in batches) == [0, 2]
    assert PrintBatch.objects.count() == 1


# -- arriving ----------------------------------------------------------------------------------------


def test_a_proof_of_delivery_is_kept_with_every_loan_the_letter_was_about(tmp_path: Path) -> None:
    [letter] = sent_letters(tmp_path)
    done = letters.prove_delivery(
        letter,
        at=EVENING,
        by=a_user("supervisor"),
        tracking="RR44710092US",
        proof=legal.a_pdf("Signed for by A. Reyes"),
    )
    assert (done.state, done.external_ref, done.settled_at) == ("delivered", "RR44710092US", EVENING)
    kept = LoanDocument.objects.get(kind="proof_of_delivery")
    assert (kept.loan_id, kept.contact) == (letter.case.loan_id, letter)  # type: ignore[union-attr]
    assert_history_is_whole(done)


def test_a_letter_that_nobody_was_sure_had_left_is_sent_and_delivered_by_its_proof(case: Case) -> None:
    letter = contacts.unconfirmed(contacts.a_planned_contact(case, "letter"))
    done = letters.prove_delivery(letter, at=EVENING, by=a_user("supervisor"), tracking="RR1")
    assert (done.state, done.external_ref) == ("delivered", "RR1")
    assert [e.kind for e in ContactEvent.objects.filter(contact=letter)] == ["letter_sent"]
    assert_history_is_whole(done)


@pytest.mark.parametrize(
    ("make", "state"),
    [(lambda c: c, "planned"), (contacts.failed, "failed"), (contacts.delivered, "delivered")],
    ids=["planned", "failed", "delivered"],
)
def test_what_did_not_leave_or_has_arrived_already_cannot_be_proved_to_arrive(
    make: Any, state: str, case: Case
) -> None:
    letter = make(contacts.a_planned_contact(case, "letter"))
    before = Contact.objects.get(pk=letter.pk).external_ref
    with pytest.raises(DomainError, match=f"is “{state}”: only a letter that was sent"):
        letters.prove_delivery(letter, at=EVENING, by=a_user("supervisor"), tracking="RR1", proof=legal.a_pdf("Slip"))
    assert Contact.objects.get(pk=letter.pk).external_ref == before
    assert not LoanDocument.objects.filter(kind="proof_of_delivery").exists()


def test_only_letters_are_proved_to_arrive(case: Case) -> None:
    with pytest.raises(DomainError, match="is no letter"):
        letters.prove_delivery(
            contacts.sent(contacts.a_planned_contact(case, "sms")), at=EVENING, by=a_user("supervisor"), tracking="RR1"
        )
