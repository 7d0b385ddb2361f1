"""What was judged, what happened, how money was appropriated and who looked are told once and never rewritten."""

import datetime as dt

import pytest

from collections_app.models import AccessRecord, Allocation, ContactEvent, Judgement
from tests.factories import cases, contacts, loans, staff

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)


def a_judgement():
    return contacts.a_judgement(contacts.a_planned_contact(cases.an_overdue_case())), "verdict", "deny"


def an_event():
    return contacts.an_event(cases.an_overdue_case().debtor, at=AT), "kind", "conversation"


def an_allocation():
    return loans.a_loan().payments.first().allocations.get(), "on", dt.date(2026, 1, 1)


def an_access_record():
    row = AccessRecord.objects.create(user=staff.a_user("lawyer"), kind="download", what="pack:1", at=AT)
    return row, "what", "pack:2"


@pytest.mark.parametrize(
    "make, model",
    [(a_judgement, Judgement), (an_event, ContactEvent), (an_allocation, Allocation), (an_access_record, AccessRecord)],
)
def test_a_row_is_neither_saved_again_nor_deleted(make, model):
    row, name, value = make()
    for held in (row, model.objects.get(pk=row.pk)):
        before = getattr(held, name)
        setattr(held, name, value)
        with pytest.raises(TypeError, match="append-only|never overwritten"):
            held.save()
        with pytest.raises(TypeError, match="append-only|never overwritten"):
            held.save(update_fields=[name])
        with pytest.raises(TypeError, match="append-only|never overwritten"):
            held.delete()
        assert getattr(model.objects.get(pk=row.pk), name) == before


def test_a_row_may_be_made_with_a_key_that_was_reserved():
    """`pk` alone does not make a row an old one."""
    row, _, _ = a_judgement()
    copy = Judgement(contact=row.contact, phase="send", verdict="deny", at=AT, facts=row.facts, id=row.pk + 100)
    copy.save()
    old = an_allocation()[0]
    Allocation(
        id=old.pk + 100, payment=old.payment, loan=old.loan, instalment=old.instalment, currency="USD", amount=old.amount,
        on=old.on,
    ).save()  # fmt: skip
    assert Judgement.objects.count() == 2
