"""What a collection finds of a case, in which order, and that looking again changes nothing."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pikepdf

from collections_app.documents import store
from collections_app.kernel import history
from collections_app.models import BorrowerState, Contact, FactSheet, Judgement, LoanDocument
from legal.models import Exhibit
from legal.services.exhibits import Collection, collect_exhibits
from tests.asserts import assert_history_is_whole
from tests.factories import borrowers, cases, contacts, legal, loans


def collect(file: Any, by: Any, on: dt.date = legal.DAY) -> Collection:
    at = dt.datetime.combine(on, dt.time(15, 30), tzinfo=dt.UTC)
    return collect_exhibits(file, on=on, at=at, by=by)


def test_the_exhibits_stand_in_a_fixed_order_whatever_came_first(file: Any, clerk: Any) -> None:
    found = collect(file, clerk)
    assert [(e.tab, e.section, e.item, e.title) for e in found.exhibits] == [
        ("1", "agreement", "contract", "Credit agreement and the terms then in force"),
        ("2", "agreement", "disbursement", "Proof that the loan was paid out"),
        ("3", "agreement", "schedule", "Repayment schedule"),
        ("4", "debt", "statement", "Statement of account"),
        ("5", "notices", "arrears_notice", "Written notice of arrears"),
        ("6", "notices", "arrears_notice_proof", "Written notice of arrears: proof of delivery"),
        ("7", "forbearance", "", "Promises, pauses and extensions, and what came of them"),
        ("8", "conduct", "contact_log", "Log of all contacts, with the clearance of each"),
        ("9", "conduct", "", "Messages as sent"),
        ("10", "conduct", "status_checks", "Register checks"),
    ]
    assert all(len(e.sha256) == 64 for e in found.exhibits)
    for e in found.exhibits:
        assert_history_is_whole(Exhibit.objects.get(pk=e.pk))


def test_the_second_collection_writes_nothing(file: Any, clerk: Any) -> None:
    collect(file, clerk)
    rows = (Exhibit.history.count(), type(file).history.count())
    again = collect(file, clerk)
    assert (again.added, again.changed, again.gone) == (0, 0, 0)
    assert (Exhibit.history.count(), type(file).history.count()) == rows


def test_a_withheld_contact_is_in_the_log_with_its_rule_and_the_next_allowed_time(file: Any, clerk: Any) -> None:
    log = collect(file, clerk).collected.log
    assert [(e.number, e.channel, e.withheld, bool(e.clearance)) for e in log.entries] == [
        (1, "SMS", False, True),
        (2, "Call", True, False),
        (3, "Call", False, True),
        (4, "Letter", False, True),
    ]
    withheld = log.entries[1]
    assert [(r.rule, r.verdict, r.citation, r.detail) for r in withheld.rules] == [
        ("house-hours", "deny", "house rule 1.2", "hours 08:00–20:00")
    ]
    assert withheld.next_allowed_at is not None
    assert withheld.next_allowed_at.isoformat() == "2026-03-13T12:00:00-05:00"  # the debtor's own clock
    assert [(r.kind, r.name, r.draft) for r in log.rules] == [("rules", "house-six-day", True)]


def test_the_same_refusal_told_twice_stands_once_and_an_approved_one_is_no_refusal(file: Any, clerk: Any) -> None:
    contact = Contact.objects.get(channel="voice", state="withheld")
    first = Judgement.objects.get(contact=contact)
    Judgement.objects.create(
        contact=contact, phase="send", at=first.at + dt.timedelta(hours=1), verdict="deny", by=first.by,
        next_allowed_at=first.next_allowed_at, facts=first.facts,
    )  # fmt: skip
    assert sum(e.withheld for e in collect(file, clerk).collected.log.entries) == 1


def test_what_came_in_and_what_others_did_is_in_the_log(file: Any, clerk: Any) -> None:
    loan, debtor = file.case.loan, file.person
    at = loans.noon(dt.date(2026, 3, 20))
    contacts.an_event(debtor, "conversation", at=at, loans=(loan,), direction="in")
    contacts.an_event(debtor, "call_placed", at=at + dt.timedelta(hours=1), loans=(loan,), by="Dial & Co")
    other = loans.a_loan(debtor)
    contacts.an_event(debtor, "call_placed", at=at, loans=(other,), by="about another loan")
    told = collect(file, clerk).collected.log.entries[-2:]
    assert [(e.direction, e.what, e.outcome, e.by, e.clearance) for e in told] == [
        ("in", "Conversation", "Received", "", ""),
        ("out", "Call placed", "Made", "Dial & Co", ""),
    ]


def test_a_contact_that_was_never_made_is_no_contact(file: Any, clerk: Any) -> None:
    before = len(collect(file, clerk).collected.log.entries)
    contacts.a_planned_contact(file.case, "email", step="consequences")
    assert len(collect(file, clerk).collected.log.entries) == before


def test_a_letter_that_was_filed_and_never_left_is_no_notice(file: Any, clerk: Any) -> None:
    contact = contacts.a_planned_contact(file.case, "letter", step="consequences", at=loans.noon(dt.date(2026, 3, 19)))
    legal.a_kept_paper(file.case.loan, "notice", "letter", dated_on=dt.date(2026, 3, 19), contact=contact)
    assert [e.title for e in collect(file, clerk).exhibits if e.section == "notices"] == [
        "Written notice of arrears",
        "Written notice of arrears: proof of delivery",
    ]


def test_a_delivered_letter_without_the_paper_of_the_post_gets_the_record_of_its_delivery(clerk: Any) -> None:
    from legal.services.files import open_file

    case = legal.a_referred_case()
    LoanDocument.objects.filter(loan=case.loan, kind="proof_of_delivery").delete()
    found = collect(open_file(case, on=legal.DAY, by=clerk, because="referred"), clerk)
    proof = next(e for e in found.exhibits if e.item == "arrears_notice_proof")
    assert proof.made_here
    assert proof.document is not None
    assert "RR 1234 US" in text_of(store.get(proof.document))
    assert not found.checklist.missing


def test_messages_stand_with_their_exact_text_and_the_hash_of_it(file: Any, clerk: Any) -> None:
    exhibit = next(e for e in collect(file, clerk).exhibits if e.title == "Messages as sent")
    sms = Contact.objects.get(channel="sms")
    said = text_of(store.get(exhibit.document))
    assert "You owe $310.00." in said
    assert sms.text_sha256 in said.replace(" ", "")


def test_a_source_that_changed_gets_a_new_paper_and_keeps_its_place(file: Any, clerk: Any) -> None:
    before = {e.source: e for e in collect(file, clerk).exhibits}
    cases.a_hold(file.case, from_on=dt.date(2026, 3, 19), until_on=dt.date(2026, 3, 20), state="ended")
    after = collect(file, clerk)
    changed = [e for e in after.exhibits if e.sha256 != before[e.source].sha256]
    assert [e.title for e in changed] == ["Promises, pauses and extensions, and what came of them"]
    assert changed[0].document_id != before[changed[0].source].document_id
    assert changed[0].tab == before[changed[0].source].tab
    assert (after.added, after.changed, after.gone) == (0, 1, 0)


def test_history_ids_name_the_versions_that_a_paper_was_made_from(file: Any, clerk: Any) -> None:
    exhibit = next(e for e in collect(file, clerk).exhibits if e.item == "schedule")
    instalments = file.case.loan.instalments.model
    newest = sorted(instalments.history.values_list("history_id", flat=True))
    assert exhibit.history_ids == newest
    assert len(newest) == 12


def test_a_change_that_no_page_shows_makes_no_new_paper(file: Any, clerk: Any) -> None:
    collect(file, clerk)
    promise = file.case.promises.get()
    promise.method = "bank transfer"
    history.save_by(promise, by=clerk, because="the method was noted later")
    again = collect(file, clerk)
    assert (again.added, again.changed, again.gone) == (0, 0, 0)


def test_looking_into_the_register_again_is_no_news_until_the_paper_is_old(file: Any, clerk: Any) -> None:
    collect(file, clerk)
    borrowers.a_register_check("bankruptcy_stay", at=loans.noon(dt.date(2026, 4, 1)))
    assert collect(file, clerk, dt.date(2026, 4, 1)).changed == 0
    borrowers.a_register_check("bankruptcy_stay", at=loans.noon(dt.date(2026, 4, 24)))
    late = collect(file, clerk, dt.date(2026, 4, 24))
    assert {e.item: e.dated_on for e in late.exhibits}["status_checks"] == dt.date(2026, 4, 24)


def test_what_a_register_found_is_news_at_once(file: Any, clerk: Any) -> None:
    collect(file, clerk)
    borrowers.a_borrower_state(
        file.person, "bankruptcy_stay", from_at=loans.noon(dt.date(2026, 3, 20)), source="register"
    )
    assert BorrowerState.objects.count() == 1
    exhibit = next(e for e in collect(file, clerk).exhibits if e.item == "status_checks")
    assert "Found: since 20 Mar 2026" in text_of(store.get(exhibit.document))


def test_what_was_made_up_is_marked_where_it_stands(clerk: Any) -> None:
    from legal.services.files import open_file

    case = legal.a_referred_case()
    type(case.debtor).objects.filter(pk=case.debtor_id).update(generated=True)
    type(case.loan).objects.filter(pk=case.loan_id).update(generated=True)
    found = collect(open_file(case, on=legal.DAY, by=clerk, because="referred"), clerk).collected
    assert found.defendants[0].generated
    assert found.agreement.generated
    assert next(s for s in found.sources if s.item == "status_checks").generated  # the stand-in answered


def test_a_law_that_was_assumed_is_told_on_the_statement_on_the_records(file: Any, clerk: Any) -> None:
    sheet = FactSheet.objects.get(judgements__verdict="deny")
    sheet.content["law_on_assumed"] = "2026-11-24"
    sheet.save()
    [told] = collect(file, clerk).collected.records
    assert "24 November 2026, an assumption" in told


def test_a_guarantor_stands_among_the_defendants_and_a_contact_person_does_not(file: Any, clerk: Any) -> None:
    borrowers.a_party(file.case.loan, borrowers.a_person("Gwen Guarantor"), "guarantor")
    borrowers.a_party(file.case.loan, borrowers.a_person("Ned Neighbour"), "contact_person")
    found = collect(file, clerk).collected.defendants
    assert [(p.name, p.role) for p in found] == [
        ("Rowan Ashdown-Pryce", "Defendant"),
        ("Gwen Guarantor", "Defendant (guarantor)"),
    ]
    assert found[0].address == "12 Example Lane, Springfield, IL 62701"


def test_the_chronology_tells_the_case_in_order_with_the_place_of_each_proof(file: Any, clerk: Any) -> None:
    told = collect(file, clerk).collected.chronology
    assert [h.on for h in told] == sorted(h.on for h in told)
    sentences = [h.sentence for h in told]
    assert sentences[0] == "Agreement L-10377 over 3,720.00 USD"
    assert "4 instalments paid in full, on time or later" in sentences
    assert "Instalment 5 of 310.00 USD not paid" in sentences
    assert "Promise of 13 Mar 2026 not kept" in sentences
    assert "Written notice of arrears: proof of delivery" in sentences
    assert "Referred to the legal department" in sentences


def test_a_reminder_does_not_hide_the_first_notice_from_the_chronology(file: Any, clerk: Any) -> None:
    due = loans.noon(legal.DAY - dt.timedelta(days=15))
    for before in (3, 1):
        at = due - dt.timedelta(days=before)
        contacts.sent(contacts.a_planned_contact(file.case, "sms", at=at, step="reminder"))
    about = {"at": loans.noon(legal.DAY), "loans": (file.case.loan,)}
    contacts.an_event(file.person, "conversation", direction="in", **about)
    contacts.an_event(file.person, "conversation", by="Dial & Co", **about)
    contacts.an_event(file.person, "conversation", by="Dial & Co", **about)  # every talk is told
    sentences = [h.sentence for h in collect(file, clerk).collected.chronology]
    assert [s for s in sentences if s.startswith("SMS")] == [
        "SMS: Reminder. Sent",  # the second one is in the log
        "SMS: First notice. Delivered 11 Mar 2026, 13:00",
    ]
    assert [s for s in sentences if s.endswith("Conversation")] == [
        "Call, received: Conversation", "Call, by Dial & Co: Conversation", "Call, by Dial & Co: Conversation",
    ]  # fmt: skip


def test_a_message_that_failed_is_not_shown_as_one_that_arrived(file: Any, clerk: Any) -> None:
    at = loans.noon(legal.DAY - dt.timedelta(days=13))
    contacts.failed(contacts.a_planned_contact(file.case, "email", at=at, step="consequences"))
    exhibit = next(e for e in collect(file, clerk).exhibits if e.title == "Messages as sent")
    said = text_of(store.get(exhibit.document))
    assert "E-mail Failed: Unknown subscriber." in said
    assert "SMS Delivered 11 Mar 2026, 13:00" in said


def test_a_free_text_about_the_debtor_is_ciphertext_in_the_table(file: Any, clerk: Any) -> None:
    from django.db import connection

    collect(file, clerk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM legal_exhibit ORDER BY id")
        raw = [bytes(row[0]) for row in cursor.fetchall()]
    assert raw
    assert not any(b"Statement" in each or b"agreement" in each for each in raw)


def text_of(pdf: bytes) -> str:
    import pypdfium2

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        pages = len(opened.pages)
    document = pypdfium2.PdfDocument(pdf)
    told = " ".join(document[n].get_textpage().get_text_bounded() for n in range(pages))
    return " ".join(told.split())
