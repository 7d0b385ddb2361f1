"""What is read of people does not add up when it is read twice, and what was let through before is counted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from collections_app.compliance import reading
from collections_app.compliance.facts import Slot
from collections_app.compliance.gate import Gate
from tests.compliance.ground import NOON, a_case, asks, chicago, load_preset
from tests.factories.borrowers import a_borrower_state, a_consent
from tests.factories.contacts import a_planned_contact, an_event

pytestmark = pytest.mark.django_db

TWO_A_DAY = """
[[rule]]
id = "TWO"
type = "rate"
match = { channel = ["sms", "email"] }
count = ["sms_sent", "email_sent"]
max = 2
period = { n = 1, unit = "local_day", kind = "calendar" }
key = ["person"]
"""


def test_facts_of_people_who_were_read_before_are_not_counted_twice(law: None, tmp_path: Path):
    """The fallbacks of a plan are judged after its first choices, about the same people."""
    load_preset(tmp_path, TWO_A_DAY)
    case = a_case()
    an_event(case.debtor, "sms_sent", loans=(case.loan,), at=chicago("09:00"))
    a_consent(case.debtor, "call_prior")
    a_borrower_state(case.debtor, "disputed_orally")
    [ask] = asks(a_planned_contact(case, "sms"))
    evaluator = Gate().evaluator
    people = reading.person_facts([case.debtor_id])
    first = reading.read([ask], evaluator, persons=people).person(case.debtor_id)
    again = reading.read([ask], evaluator, persons=people).person(case.debtor_id)
    assert len(first.events) == 1 and first.consents and first.states
    assert again == first


def test_a_contact_let_through_before_holds_its_slot_in_the_next_judgement(law: None, tmp_path: Path):
    load_preset(tmp_path, TWO_A_DAY)
    case = a_case()
    an_event(case.debtor, "sms_sent", loans=(case.loan,), at=chicago("09:00"))
    contact, before = a_planned_contact(case, "email", step="a"), a_planned_contact(case, "sms", step="b")
    [ask], [earlier] = asks(contact), asks(before)
    assert Gate().judge([ask])[ask.id].answer
    held = [Slot(dataclasses.replace(earlier, phase="plan"), NOON)]
    refused = Gate().judge([ask], held=held)[ask.id].answer
    assert (refused.verdict, refused.by) == ("deny", ("TWO",))
