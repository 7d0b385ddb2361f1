"""The factories make legal objects: each stands in the database with a whole history."""

import datetime as dt

import pytest

from collections_app.models import Contact
from tests.asserts import assert_history, assert_history_is_whole, assert_nothing_sent
from tests.factories import borrowers, cases, contacts, loans, staff

pytestmark = pytest.mark.django_db


def test_a_contact_can_be_taken_through_each_state_of_its_life(on):
    case = cases.an_overdue_case(days=6, on=on)
    for n, (make, state) in enumerate(
        [(contacts.sending, "sending"), (contacts.sent, "sent"), (contacts.delivered, "delivered"),
         (contacts.unconfirmed, "unconfirmed"), (contacts.failed, "failed")]
    ):  # fmt: skip
        contact = make(contacts.a_planned_contact(case, "sms", attempt=n))
        assert contact.state == state
        assert_history_is_whole(contact)
    call = contacts.completed(contacts.a_planned_contact(case, "voice"), "spoke", note="will pay on Friday")
    assert (call.state, call.outcome, Contact.objects.get(pk=call.pk).outcome_note) == (
        "completed",
        "spoke",
        "will pay on Friday",
    )
    assert_history_is_whole(call)


def test_history_tells_each_state_with_its_reason(on):
    contact = contacts.a_planned_contact(cases.an_overdue_case(days=6, on=on), "sms")
    assert_nothing_sent(contact.person)
    contacts.delivered(contact)
    assert_history(
        contact,
        [("planned", "planned by the ladder"), ("sending", "cleared"), ("sent", "accepted by the channel"),
         ("delivered", "proof of delivery came in")],
    )  # fmt: skip
    with pytest.raises(AssertionError, match="left the house"):
        assert_nothing_sent(contact.person)


def test_a_held_case_has_its_dates_from_the_hold(on):
    case = cases.on_hold(cases.an_overdue_case(days=6, on=on), until_on=dt.date(2026, 4, 1))
    assert (case.contacts_held_until, case.legal_held_until) == (dt.date(2026, 4, 1), dt.date(2026, 4, 1))
    assert_history_is_whole(case)


def test_the_roles_of_the_ground_have_the_rights_of_the_houses_groups():
    from collections_app.admin.groups import ROLES

    names = {"lawyer": "outside lawyer"}
    acts = {role.name: set(role.may.split()) for role in ROLES}
    for role, rights in staff.RIGHTS.items():
        assert set(rights) <= acts[names.get(role, role.replace("_", " "))], role


def test_the_rest_of_the_ground_stands(on):
    case = cases.settled(cases.an_overdue_case(days=2, on=on), on)
    assert (case.stage, case.closed_reason) == ("closed", "settled")
    loan = loans.a_loan()
    person = borrowers.a_person("王小明")
    borrowers.a_party(loan, person, "guarantor")
    at = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)
    event = contacts.an_event(person, "sms_sent", at=at, loans=(loan,))
    rows = [
        loans.a_charge(loan, on=on), loans.a_payment(loan, "20.00", value_on=on), loans.a_loan_event(loan, "extension", on),
        cases.a_promise(cases.an_overdue_case(on=on)), contacts.a_breach(event),
        borrowers.a_borrower_state(person), borrowers.a_consent(person), borrowers.stated_hours(person, "08:00", "12:00"),
        borrowers.a_dated_fact(person, "bereavement", on, on), staff.a_profile(staff.a_user("collector"), id_number="A1"),
    ]  # fmt: skip
    for row in rows:
        assert_history_is_whole(row)
