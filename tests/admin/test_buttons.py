"""Stages are moved by buttons: who may, what the guards say, and that nothing else moves them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from collections_app.models import Case, Contact, Hold, Payment
from tests.admin.house import House, a_member, logged_in
from tests.asserts import assert_history_is_whole
from tests.factories import cases, contacts, loans, policy

AT = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)


def press(client: Any, model: str, obj: Any, name: str, **data: Any) -> Any:
    address = reverse(f"admin:collections_app_{model}_transition", args=[obj.pk, name])
    return client.post(address, {"because": "the papers were seen", **data}, follow=True)


def told(response: Any) -> list[str]:
    return [str(m) for m in get_messages(response.wsgi_request)] or [str(m) for m in response.context["messages"]]


def test_a_button_needs_post(house: House) -> None:
    address = reverse("admin:collections_app_case_transition", args=[house.case.pk, "refer_to_legal"])
    assert house.client_of["supervisor"].get(address).status_code == 405


def test_a_button_needs_the_right_of_its_transition(house: House) -> None:
    response = press(house.client_of["collector"], "case", house.case, "refer_to_legal")
    assert response.status_code == 403
    assert Case.objects.get(pk=house.case.pk).stage == "early"


def test_a_button_needs_the_right_to_change_the_model(house: House) -> None:
    """The transition's own right is not enough: who only looks has no buttons."""
    from django.contrib.auth.models import Permission

    user = a_member("auditor", name="curious")
    user.user_permissions.add(Permission.objects.get(codename="refer_to_legal"))
    assert press(logged_in(user), "case", house.case, "refer_to_legal").status_code == 403


def test_the_button_on_the_page_leads_to_its_act(house: House) -> None:
    """The address that the page gives is the one that works."""
    import re

    client, hold = house.client_of["supervisor"], Hold.objects.get()
    page = client.get(reverse("admin:collections_app_hold_change", args=[hold.pk])).content.decode()
    [address] = re.findall(r'action="([^"]*/transition/approve/)"', page)
    client.post(address, {"because": "the papers were seen"})
    assert Hold.objects.get().state == "active"
    case_page = client.get(reverse("admin:collections_app_case_change", args=[house.case.pk])).content.decode()
    assert "Refer to legal" in case_page
    declined = client.get(
        reverse("admin:collections_app_contact_change", args=[Contact.objects.get(state="awaiting_approval").pk])
    ).content.decode()
    for found in re.findall(r'action="([^"]*/transition/[^"]*)"', declined):
        assert client.post(found, {"because": "x"}).status_code == 302, found


def test_all_failed_guards_are_told_at_once(house: House) -> None:
    case = cases.an_overdue_case(
        2, loan=loans.a_loan(open_since=dt.date(2026, 3, 14), state="past_due"), ladder=house.case.ladder
    )
    cases.a_promise(case)
    response = press(house.client_of["supervisor"], "case", case, "refer_to_legal")
    sentences = told(response)
    assert any("promise to pay is open" in s for s in sentences)
    assert any("written notice" in s for s in sentences)
    assert any("day 6" in s for s in sentences)
    assert Case.objects.get(pk=case.pk).stage == "early"


def test_a_button_without_a_reason_does_nothing(house: House) -> None:
    hold = Hold.objects.get()
    response = press(house.client_of["supervisor"], "hold", hold, "approve", because="")
    assert "Reason" in " ".join(told(response))
    assert Hold.objects.get().state == "requested"


def test_nobody_approves_what_they_asked_for_themselves(house: House) -> None:
    supervisor = house.user_of["supervisor"]
    hold = cases.a_hold(house.case, requested_by=supervisor)
    response = press(house.client_of["supervisor"], "hold", hold, "approve")
    assert any("second person" in s for s in told(response))
    assert Hold.objects.get(pk=hold.pk).state == "requested"


def test_an_approved_hold_stops_contacts_on_the_case(house: House) -> None:
    """The button asks the service, which does more than move the stage."""
    hold = Hold.objects.get()
    press(house.client_of["supervisor"], "hold", hold, "approve")
    hold = Hold.objects.get()
    assert hold.state == "active" and hold.approved_by == house.user_of["supervisor"]
    assert Case.objects.get(pk=house.case.pk).contacts_held_until == dt.date(9999, 12, 31)
    assert_history_is_whole(hold)


def test_a_visit_is_approved_with_its_reason(house: House) -> None:
    visit = Contact.objects.get(state="awaiting_approval")
    press(house.client_of["supervisor"], "contact", visit, "approve")
    visit = Contact.objects.get(pk=visit.pk)
    assert (visit.state, visit.approved_because, visit.approved_by) == (
        "planned",
        "the papers were seen",
        house.user_of["supervisor"],
    )


def test_a_transition_that_is_no_button_is_not_reached_by_its_address(house: House) -> None:
    assert press(house.client_of["supervisor"], "case", house.case, "to_late").status_code == 404
    assert press(house.client_of["supervisor"], "case", house.case, "cure").status_code == 404


@pytest.mark.parametrize("role", ["collector", "supervisor", "compliance officer", "administrator"])
def test_a_stage_cannot_be_written_by_a_form(house: House, role: str) -> None:
    client = house.client_of[role]
    for model, obj, field in (
        ("case", house.case, "stage"),
        ("hold", Hold.objects.get(), "state"),
        ("payment", Payment.objects.get(state="suspect"), "state"),
    ):
        before = type(obj).objects.filter(pk=obj.pk).values_list(field, flat=True).get()
        client.post(
            reverse(f"admin:collections_app_{model}_change", args=[obj.pk]), {field: "closed", "because": "I say so"}
        )
        assert type(obj).objects.filter(pk=obj.pk).values_list(field, flat=True).get() == before


def test_a_bulk_act_shows_first_what_it_would_do(house: House) -> None:
    client, supervisor = house.client_of["supervisor"], house.user_of["supervisor"]
    mine = cases.a_hold(house.case, requested_by=supervisor)
    theirs = Hold.objects.exclude(pk=mine.pk).get()
    address = reverse("admin:collections_app_hold_changelist")
    chosen = {"action": "do_approve", "_selected_action": [mine.pk, theirs.pk]}
    page = client.post(address, chosen).content.decode()
    assert "1 would be done now" in page and "A second person must approve" in page
    assert not Hold.objects.filter(state="active").exists()

    response = client.post(address, {**chosen, "confirmed": "1", "because": "the papers were seen"}, follow=True)
    assert any("1 done" in s for s in told(response))
    assert any("1 refused: A second person" in s for s in told(response))
    assert list(Hold.objects.filter(state="active")) == [theirs]


def test_a_change_by_a_form_says_its_reason(house: House) -> None:
    client = house.client_of["supervisor"]
    lender = house.case.loan.lender
    address = reverse("admin:collections_app_lender_change", args=[lender.pk])
    data = {"address": "2 Example Street", "phone": lender.phone, "email": "", "hours": "", "how_to_pay": ""}
    assert client.post(address, data).status_code == 200
    lender.refresh_from_db()
    assert lender.address != "2 Example Street"
    assert client.post(address, {**data, "because": "they moved"}).status_code == 302
    row = lender.history.order_by("-history_id").first()
    assert (row.address, row.history_change_reason, row.history_user) == (
        "2 Example Street",
        "they moved",
        house.user_of["supervisor"],
    )


def test_a_number_that_is_added_is_found_by_search(house: House) -> None:
    client = house.client_of["collector"]
    person = house.case.debtor
    response = client.post(
        reverse("admin:collections_app_contactpoint_add"),
        {
            "person": person.pk,
            "kind": "mobile",
            "value": "+1 312 555 0188",
            "provenance": '["direct_consent"]',
            "preference": "5",
            "because": "told on the phone",
        },
    )
    assert response.status_code == 302
    page = client.get(
        reverse("admin:collections_app_case_changelist"), {"q": "+13125550188", "show": "all"}
    ).content.decode()
    assert "Marisol Quintero-Hale" in page


def test_a_policy_is_released_by_the_compliance_officer_only(house: House) -> None:
    row = policy.a_ladder("another")
    assert press(house.client_of["supervisor"], "policyversion", row, "release").status_code == 403
    press(house.client_of["compliance officer"], "policyversion", row, "release")
    row.refresh_from_db()
    assert (row.state, row.released_by) == ("approved", house.user_of["compliance officer"])


def test_proof_of_delivery_is_for_letters_alone(house: House) -> None:
    sms = Contact.objects.get(channel="sms")
    assert press(house.client_of["supervisor"], "contact", sms, "mark_delivered", tracking="RR1").status_code == 404
    letter = contacts.sent(contacts.a_planned_contact(house.case, "letter", at=AT, occurrence=5))
    press(house.client_of["supervisor"], "contact", letter, "mark_delivered", tracking="RR 4471 0092 US")
    letter = Contact.objects.get(pk=letter.pk)
    assert (letter.state, letter.external_ref) == ("delivered", "RR 4471 0092 US")
