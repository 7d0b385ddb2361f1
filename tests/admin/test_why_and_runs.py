"""Why a contact was withheld; the page of a day; the red button; downloads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse

from collections_app.models import AccessRecord, Contact, DailyRun, FactSheet, Judgement, SendingStop, StoredDocument
from collections_app.services import stops
from tests.admin.house import House, a_member, logged_in
from tests.factories import contacts, loans

NIGHT = dt.datetime(2026, 3, 17, 4, tzinfo=dt.UTC)  # 23:00 in Chicago


def told(response: Any) -> str:
    return " ".join(
        [*(str(m) for m in get_messages(response.wsgi_request)), *(str(m) for m in response.context["messages"])]
    )


def test_why_withheld_names_rule_citation_facts_and_next_time(case: Any) -> None:
    client = logged_in(a_member("collector"))
    with time_machine.travel(NIGHT, tick=False):
        client.post(
            reverse("admin:collections_app_case_reveal", args=[case.pk]), {"channel": "voice", "person": case.debtor.pk}
        )
        contact = Contact.objects.get()
        page = client.get(reverse("admin:collections_app_contact_why", args=[contact.pk])).content.decode()
    assert "Why was this call withheld?" in page
    assert "Tue 17 Mar, 08:00 CDT" in page and "12 CFR 1006.6(b)(1)(i)" in page
    assert "closed in America/Chicago; open 08:00–21:00" in page
    assert "us-fed-regf 2026.11.0" in page and "tzdata" in page
    assert f"explain_contact {contact.pk}" in page
    assert "Nobody, not even a supervisor, can release a deny." in page


def test_days_are_drawn_after_a_conversation(case: Any, frozen_day: dt.datetime) -> None:
    contact = contacts.a_planned_contact(case, "voice", at=dt.datetime(2026, 3, 16, 14, tzinfo=dt.UTC))
    cooldown = {
        "id": "US-07",
        "preset": "us-fed-regf",
        "type": "cooldown",
        "level": "presumption",
        "verdict": "deny",
        "confidence": "O1",
        "cite": "12 CFR 1006.14(b)(2)(i)(B), (b)(3)",
        "seen": {"after": "conversation", "last": "2026-03-13", "days": 7, "day_one": "event_day"},
    }
    sheet = FactSheet.objects.create(
        digest="d" * 64, content={"presets": [], "rules": [cooldown], "zones": {"physical_address": "America/Chicago"}}
    )
    Judgement.objects.create(
        contact=contact,
        phase="plan",
        verdict="deny",
        by="US-07",
        facts=sheet,
        at=dt.datetime(2026, 3, 16, 14, tzinfo=dt.UTC),
        next_allowed_at=dt.datetime(2026, 3, 20, 13, tzinfo=dt.UTC),
    )
    page = (
        logged_in(a_member("collector"))
        .get(reverse("admin:collections_app_contact_why", args=[contact.pk]))
        .content.decode()
    )
    assert "last conversation on 2026-03-13; 7 days are closed after it" in page
    assert "<b>Fri 13 Mar</b>day 1" in page and "<b>Mon 16 Mar</b>day 4 today" in page
    assert "<b>Fri 20 Mar</b>from 08:00" in page


def test_why_as_csv_has_a_line_per_rule(case: Any) -> None:
    client = logged_in(a_member("collector"))
    with time_machine.travel(NIGHT, tick=False):
        client.post(
            reverse("admin:collections_app_case_reveal", args=[case.pk]), {"channel": "voice", "person": case.debtor.pk}
        )
    lines = (
        client.get(reverse("admin:collections_app_contact_why_csv", args=[Contact.objects.get().pk]))
        .content.decode()
        .splitlines()
    )
    assert lines[0].startswith("judgement,phase,at,verdict,rule")
    assert any(",US-01," in line and ",deny," in line for line in lines)


def test_a_contact_that_was_not_judged_says_so(house: House) -> None:
    contact = contacts.a_planned_contact(
        house.case, "push", at=NIGHT, contact_point=house.case.debtor.contact_points.get(kind="email")
    )
    page = (
        house.client_of["auditor"].get(reverse("admin:collections_app_contact_why", args=[contact.pk])).content.decode()
    )
    assert "The gate has not been asked about this contact yet" in page


def test_the_page_of_a_day_says_what_it_did_and_what_was_set_aside(house: House) -> None:
    run = DailyRun.objects.get()
    page = (
        house.client_of["supervisor"]
        .get(reverse("admin:collections_app_dailyrun_change", args=[run.pk]))
        .content.decode()
    )
    assert "Day of Mon 16 Mar 2026" in page
    assert "Instalment 7 has no due date." in page and "L-77031" in page
    assert "US-01" in page and "early" in page


def test_sending_is_stopped_after_a_preview_and_lifted_by_another(house: House) -> None:
    supervisor, officer = house.client_of["supervisor"], house.client_of["compliance officer"]
    contacts.a_planned_contact(
        house.case, "sms", at=dt.datetime(2026, 3, 16, 14, tzinfo=dt.UTC), step="later", occurrence=3
    )
    page = supervisor.get(reverse("admin:collections_app_sendingstop_stop")).content.decode()
    assert "Would not leave" in page
    supervisor.post(reverse("admin:collections_app_sendingstop_stop"), {"channel": "", "because": "wrong template"})
    stop = SendingStop.objects.get(channel="")
    assert stop.stopped_by == house.user_of["supervisor"]
    assert stop.history.get().history_change_reason == "wrong template"

    lift = reverse("admin:collections_app_sendingstop_lift", args=[stop.pk])
    assert "second person" in told(supervisor.post(lift, {"because": "mended"}, follow=True))
    assert SendingStop.objects.get(pk=stop.pk).lifted_at is None
    officer.post(lift, {"because": "mended"})
    assert SendingStop.objects.get(pk=stop.pk).lifted_by == house.user_of["compliance officer"]


def test_a_stop_shuts_the_reveal_on_the_case_page(house: House) -> None:
    stops.stop_all(
        because="a drill", by=house.user_of["supervisor"], at=house.case.loan.lender.history.first().history_date
    )
    page = (
        house.client_of["collector"]
        .get(reverse("admin:collections_app_case_change", args=[house.case.pk]))
        .content.decode()
    )
    assert "All sending by this channel is stopped." in page and 'id="reveal-call"' not in page


def test_collectors_cannot_reach_the_red_button(house: House) -> None:
    assert house.client_of["collector"].get(reverse("admin:collections_app_sendingstop_stop")).status_code == 403


def test_a_download_is_recorded_and_auditors_take_nothing_away(house: House) -> None:
    paper = StoredDocument.objects.get()
    address = reverse("admin:collections_app_storeddocument_download", args=[paper.pk])
    assert house.client_of["auditor"].get(address).status_code == 403
    before = AccessRecord.objects.count()
    response = house.client_of["collector"].get(address)
    assert response.content == b"The contract." and "attachment" in response["Content-Disposition"]
    assert AccessRecord.objects.count() == before + 1
    assert AccessRecord.objects.latest("pk").user == house.user_of["collector"]


def test_letters_are_printed_after_their_number_was_shown(house: House) -> None:
    from collections_app.documents import store
    from collections_app.documents.render import Metadata, lay_out

    letter = contacts.sent(
        contacts.a_planned_contact(house.case, "letter", at=dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC), occurrence=5)
    )
    pdf = lay_out("<p>Dear borrower</p>", metadata=Metadata(title="Letter", made_at=NIGHT)).pdf
    kept = store.put(house.case.debtor.key, pdf, title="letter", media_type="application/pdf", at=NIGHT)
    Contact.objects.filter(pk=letter.pk).update(document=kept)
    client = house.client_of["supervisor"]
    address = reverse("admin:collections_app_printbatch_print")
    assert "1 letter was sent and is in no batch yet" in client.get(address).content.decode()
    response = client.post(address, follow=True)
    assert "1 letters are in batch" in told(response)
    assert Contact.objects.get(pk=letter.pk).print_batch_id is not None


def test_an_import_of_payments_shows_suspects_to_decide(house: House) -> None:
    suspect = loans.a_suspect_payment(house.case.loan, "25.00", value_on=dt.date(2026, 3, 15))
    client = house.client_of["supervisor"]
    client.post(
        reverse("admin:collections_app_payment_transition", args=[suspect.pk, "reject"]),
        {"because": "the same transfer"},
    )
    suspect.refresh_from_db()
    assert suspect.state == "rejected"
