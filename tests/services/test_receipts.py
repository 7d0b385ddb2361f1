"""What comes back: told once, counted once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from collections_app.models import Case, ContactEvent, PolicyVersion
from collections_app.services import receipts
from tests.asserts import assert_history, assert_history_is_whole
from tests.factories import contacts
from tests.factories.cases import an_overdue_case
from tests.walks.ground import load_policies

LATER = dt.datetime(2026, 3, 16, 18, tzinfo=dt.UTC)


@pytest.fixture
def case(db: None) -> Case:
    load_policies()
    return an_overdue_case(6, ladder=PolicyVersion.objects.get(kind="ladder"))


def kinds(contact: Any) -> list[str]:
    return list(ContactEvent.objects.filter(contact=contact).order_by("id").values_list("kind", flat=True))


def test_a_failure_that_is_reported_twice_counts_once(case: Case, machine: Any) -> None:
    """Three failures in a row make a number invalid: a receipt told again must not be the second and third."""
    message = contacts.sent(contacts.a_planned_contact(case, "sms"))
    for _ in range(3):
        done = receipts.mark_failed(message, at=LATER, by=machine, sentence="Unknown subscriber.")
    assert (done.state, done.failure) == ("failed", "Unknown subscriber.")
    assert kinds(message) == ["delivery_failed"]
    assert_history_is_whole(done)


def test_a_failure_of_what_was_delivered_changes_nothing(case: Case, machine: Any) -> None:
    message = contacts.delivered(contacts.a_planned_contact(case, "sms"))
    done = receipts.mark_failed(message, at=LATER, by=machine, sentence="Unknown subscriber.")
    assert (done.state, kinds(message)) == ("delivered", [])


def test_a_delivery_that_is_reported_twice_is_one_change(case: Case, machine: Any) -> None:
    message = contacts.sent(contacts.a_planned_contact(case, "sms"))
    for _ in range(2):
        done = receipts.mark_delivered(message, at=LATER, by=machine)
    assert_history(
        done,
        [
            ("planned", "planned by the ladder"),
            ("sending", "cleared"),
            ("sent", "accepted by the channel"),
            ("delivered", "the channel reported delivery"),
        ],
    )


def test_a_receipt_settles_what_nobody_was_sure_of(case: Case, machine: Any) -> None:
    message = contacts.unconfirmed(contacts.a_planned_contact(case, "sms"))
    done = receipts.mark_delivered(message, at=LATER, by=machine)
    assert (done.state, done.sent_at, kinds(message)) == ("delivered", LATER, ["sms_sent"])
