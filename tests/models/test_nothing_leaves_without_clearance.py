"""The database itself: a contact that left the house stands on its own clearance, and that on a judgement that permits.

Raw SQL, past gate, writers and models. Checks are asked at once; foreign keys at the end of the transaction (on both
databases), so they are asked here by `connection.check_constraints()`, and once by a real commit.
"""

import pytest
from django.db import IntegrityError, connection, transaction

from collections_app.kernel import bulk
from collections_app.models import Clearance, Contact, Judgement
from tests.factories import cases, contacts, staff
from tests.models.raw_sql import ask_deferred_keys, raw_copy, raw_update, refused

LEFT = ["sending", "sent", "delivered", "failed", "unconfirmed", "revealed", "completed"]
TEXT = {"text_sha256": "ab" * 32}

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(on):
    return contacts.a_planned_contact(cases.an_overdue_case(on=on))


def raw_clearance(contact_id, judgement_id):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO collections_app_clearance (contact_id, judgement_id, expires_at) VALUES (%s, %s, %s)",
            [contact_id, judgement_id, "2026-03-16 12:01:00+00:00"],
        )


def test_these_are_all_the_states_in_which_something_has_left():
    assert set(LEFT) == set(Contact.State.values) - set(Contact.INSIDE)


@pytest.mark.parametrize("state", LEFT)
def test_with_its_own_clearance_the_state_is_taken(contact, state):
    """So that the refusals below are due to the clearance and to nothing else."""
    contacts.a_clearance(contact)
    raw_update(Contact, contact.pk, state=state, clearance_id=contact.pk, **TEXT)
    ask_deferred_keys()
    other = contacts.a_planned_contact(contact.case, attempt=1)
    [fresh] = bulk.reserve_ids(Contact, 1)
    raw_copy(other, id=fresh, state=state, clearance_id=fresh, **TEXT)
    permitting = contacts.a_judgement(other)
    raw_update(Judgement, permitting.pk, contact_id=fresh)
    raw_clearance(fresh, permitting.pk)
    ask_deferred_keys()


@pytest.mark.parametrize("state", LEFT)
def test_without_a_clearance_neither_update_nor_insert(contact, state):
    with refused("contact_leaves_by_clearance"):
        raw_update(Contact, contact.pk, state=state, **TEXT)
    with refused("contact_leaves_by_clearance"):
        Contact.objects.filter(pk=contact.pk).update(state=state, **TEXT)
    with refused("contact_leaves_by_clearance"):
        raw_copy(contact, state=state, **TEXT)
    with refused("contact_leaves_by_clearance"):
        Contact.objects.bulk_create([Contact(**fields_of(contact), state=state, **TEXT)])


def fields_of(contact):
    return {
        "person": contact.person, "group": contact.group, "channel": "sms", "business_on": contact.business_on,
        "not_before": contact.not_before,
    }  # fmt: skip


@pytest.mark.parametrize("state", LEFT)
def test_with_the_clearance_of_another_contact_neither_update_nor_insert(contact, state):
    other = contacts.a_planned_contact(contact.case, attempt=1)
    contacts.a_clearance(other)
    with refused("contact_leaves_by_clearance"):
        raw_update(Contact, contact.pk, state=state, clearance_id=other.pk, **TEXT)
    with refused("contact_leaves_by_clearance"):
        raw_copy(contact, state=state, clearance_id=other.pk, **TEXT)


@pytest.mark.parametrize("state", LEFT)
def test_with_a_clearance_that_does_not_exist_neither_update_nor_insert(contact, state):
    with refused():
        raw_update(Contact, contact.pk, state=state, clearance_id=contact.pk, **TEXT)
    [fresh] = bulk.reserve_ids(Contact, 1)
    with refused():
        raw_copy(contact, id=fresh, state=state, clearance_id=fresh, **TEXT)


@pytest.mark.parametrize("state", LEFT)
def test_with_a_denied_judgement_neither_update_nor_insert(contact, state):
    """A clearance can only point at a permit, and a denied judgement has none to point at."""
    denied = contacts.a_judgement(contact, "deny")
    with refused():
        raw_clearance(contact.pk, denied.pk)
        raw_update(Contact, contact.pk, state=state, clearance_id=contact.pk, **TEXT)
    [fresh] = bulk.reserve_ids(Contact, 1)
    with refused():
        raw_copy(contact, id=fresh, state=state, clearance_id=fresh, **TEXT)
        raw_clearance(fresh, denied.pk)


def test_the_permit_of_another_contact_clears_nobody_else(contact):
    other = contacts.a_planned_contact(contact.case, attempt=1)
    permitted = contacts.a_judgement(other)
    with refused("permit of its own contact"):
        raw_clearance(contact.pk, permitted.pk)
    clearance = contacts.a_clearance(contact)
    with refused("permit of its own contact"):
        raw_update(Clearance, clearance.pk, judgement_id=permitted.pk)


def test_a_denied_judgement_is_not_given_a_permit_afterwards(contact):
    denied = contacts.a_judgement(contact, "deny")
    with refused("judgement_permit_is_permitted"):
        raw_update(Judgement, denied.pk, permit=denied.pk)
    with refused("judgement_permit_is_permitted"):
        raw_copy(denied, id=denied.pk + 1, permit=denied.pk + 1)


def test_a_clearance_is_not_turned_to_a_denied_judgement_and_its_permit_is_not_taken_away(contact):
    clearance = contacts.a_clearance(contact)
    denied = contacts.a_judgement(contact, "deny")
    with refused():
        raw_update(Clearance, clearance.pk, judgement_id=denied.pk)
    with refused():
        raw_update(Judgement, clearance.judgement_id, permit=None)
    with refused("judgement_permit_is_permitted"):
        raw_update(Judgement, clearance.judgement_id, verdict="deny")


def test_a_clearance_does_not_go_while_its_contact_is_out(contact):
    contact = contacts.sending(contact)
    with refused():
        Clearance.objects.filter(pk=contact.pk)._raw_delete("default")
    with refused("contact_leaves_by_clearance"):
        raw_update(Contact, contact.pk, clearance_id=None)


@pytest.mark.parametrize("state", ["planned", "awaiting_approval", "withheld", "cancelled", "lapsed"])
def test_what_stays_inside_needs_none(contact, state):
    raw_update(Contact, contact.pk, state=state)
    ask_deferred_keys()


def test_what_came_in_needs_none(contact):
    raw_update(Contact, contact.pk, direction="in", state="completed")
    ask_deferred_keys()


@pytest.mark.parametrize("state", ["sent", "delivered"])
def test_nothing_is_sent_without_the_hash_of_its_text(contact, state):
    contacts.a_clearance(contact)
    with refused("contact_sent_means_text"):
        raw_update(Contact, contact.pk, state=state, clearance_id=contact.pk)
    with refused("contact_sent_means_text"):
        raw_copy(contact, id=contact.pk + 1, clearance_id=contact.pk + 1, state=state)


def test_an_unknown_state_is_no_way_out(contact):
    for state in ("gone", "SENT", "sent ", ""):
        with refused("contact_"):
            raw_update(Contact, contact.pk, state=state)


# phase, verdict, who approved, who asked → may it carry a permit?
PERMITS = [
    ("send", "allow", None, None, True),
    ("send", "warn", None, None, True),
    ("send", "approve", "supervisor", "collector", True),
    ("send", "deny", None, None, False),
    ("send", "deny", "supervisor", "collector", False),
    ("send", "approve", None, None, False),
    ("send", "approve", None, "collector", False),
    ("send", "approve", "supervisor", None, False),
    ("send", "approve", "collector", "collector", False),
    ("plan", "allow", None, None, False),
    ("plan", "warn", None, None, False),
    ("plan", "approve", "supervisor", "collector", False),
    ("record", "allow", None, None, False),
]


@pytest.mark.parametrize("phase, verdict, approved_by, requested_by, permitted", PERMITS)
def test_which_judgement_may_carry_a_permit(contact, phase, verdict, approved_by, requested_by, permitted):
    people = {name: staff.a_user(name) for name in ("supervisor", "collector")}
    judgement = contacts.a_judgement(
        contact, verdict, phase=phase, permits=False, approved_by=people.get(approved_by),
        requested_by=people.get(requested_by),
    )  # fmt: skip
    if permitted:
        raw_update(Judgement, judgement.pk, permit=judgement.pk)
        contacts.a_clearance(contact, judgement=Judgement.objects.get(pk=judgement.pk))
        ask_deferred_keys()
        return
    with refused("judgement_permit_is_permitted"):
        raw_update(Judgement, judgement.pk, permit=judgement.pk)
    with refused("judgement_permit_is_permitted"):
        raw_copy(judgement, id=judgement.pk + 1, permit=judgement.pk + 1)
    with refused():
        raw_clearance(contact.pk, judgement.pk)


def test_a_permit_is_the_number_of_its_own_judgement(contact):
    one, two = contacts.a_judgement(contact), contacts.a_judgement(contact, "deny")
    for permit in (one.pk, two.pk + 1000, 0, -1):
        with refused():
            raw_update(Judgement, two.pk, permit=permit)
    with refused("judgement_permit_is_permitted"):
        raw_update(Judgement, one.pk, permit=one.pk + 1000)


def test_a_permit_needs_a_contact(contact):
    event = contacts.an_event(contact.person, at=contact.not_before)
    judgement = contacts.a_judgement(contact, "allow", permits=False)
    with refused("judgement_permit_is_permitted"):
        raw_update(Judgement, judgement.pk, permit=judgement.pk, contact_id=None, event_id=event.pk)


def test_a_judgement_is_of_a_contact_or_of_an_event(contact):
    judgement = contacts.a_judgement(contact, "deny", phase="plan")
    event = contacts.an_event(contact.person, at=contact.not_before)
    for columns in ({"contact_id": None}, {"event_id": event.pk}):
        with refused("judgement_of_one_thing"):
            raw_update(Judgement, judgement.pk, **columns)


@pytest.mark.django_db(transaction=True)
def test_a_real_commit_refuses_a_clearance_on_a_denied_judgement(on):
    contact = contacts.a_planned_contact(cases.an_overdue_case(on=on))
    denied = contacts.a_judgement(contact, "deny")
    with pytest.raises(IntegrityError), transaction.atomic():
        raw_clearance(contact.pk, denied.pk)
        raw_update(Contact, contact.pk, state="sent", clearance_id=contact.pk, **TEXT)
    assert Contact.objects.get(pk=contact.pk).state == "planned"
    assert not Clearance.objects.exists()
