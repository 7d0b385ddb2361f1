"""A stage is written by the two writers only; an object in hand never lies and never loses its protection."""

import pytest
from django.db import transaction
from django_fsm import ConcurrentTransition

from collections_app.kernel import fsm
from collections_app.kernel.errors import DomainError, Refused
from collections_app.kernel.history import save_by
from collections_app.models import Case, Contact, Hold
from tests.asserts import assert_history, assert_history_is_whole, queries_of
from tests.factories import cases, contacts, loans

pytestmark = pytest.mark.django_db


def to_mid(case, by, on):
    return fsm.apply(case, "to_mid", by=by, because="day 4", on=on, step="mid")


def test_a_stage_is_not_assigned(on):
    case = cases.an_overdue_case(on=on)
    with pytest.raises(AttributeError, match="Direct stage modification is not allowed"):
        case.stage = "closed"
    with pytest.raises(AttributeError, match="Direct stage modification is not allowed"):
        Case.objects.get(pk=case.pk).stage = "closed"


def test_a_partly_loaded_object_is_protected_too(on):
    case = cases.an_overdue_case(on=on)
    for partly in (Case.objects.only("id").get(pk=case.pk), Case.objects.defer("stage").get(pk=case.pk)):
        with pytest.raises(AttributeError, match="Direct stage modification is not allowed"):
            partly.stage = "closed"


def test_a_refresh_that_finds_no_row_does_not_lift_protection(on):
    case, other = cases.an_overdue_case(days=6, on=on), cases.an_overdue_case(days=2, on=on)
    Case.objects.filter(pk=case.pk)._raw_delete("default")
    with pytest.raises(Case.DoesNotExist):
        case.refresh_from_db()
    assert case.stage == "late"
    for row in (case, other, Case.objects.get(pk=other.pk)):
        with pytest.raises(AttributeError, match="Direct stage modification is not allowed"):
            row.stage = "closed"


def test_a_refresh_takes_one_query_and_brings_the_stage(on, machine):
    case = cases.an_overdue_case(days=2, on=on)
    stale = Case.objects.get(pk=case.pk)
    to_mid(case, machine, on)
    assert stale.stage == "early"
    assert len(queries_of(stale.refresh_from_db)) == 1
    assert stale.stage == "mid"
    assert len(queries_of(lambda: stale.refresh_from_db(fields=["owner"]))) == 1


def test_the_object_in_hand_is_fresh_after_apply_and_can_be_saved(on, machine, collector):
    case = cases.an_overdue_case(days=2, on=on)
    row = to_mid(case, machine, on)
    assert (case.stage, case.stage_step, row.stage) == ("mid", "mid", "mid")
    case.owner = collector
    save_by(case, by=machine, because="given to a collector")
    row.owner = None
    save_by(row, by=machine, because="taken back")
    assert_history(
        case,
        [
            ("early", "an instalment was not paid"),
            ("mid", "day 4"),
            ("mid", "given to a collector"),
            ("mid", "taken back"),
        ],
    )


def test_apply_works_on_the_row_and_not_on_a_stale_object(on, machine, collector):
    case = cases.an_overdue_case(days=2, on=on)
    stale = Case.objects.get(pk=case.pk)
    case.owner = collector
    save_by(case, by=machine, because="given to a collector")
    to_mid(stale, machine, on)
    assert (stale.stage, stale.owner) == ("mid", collector)
    assert_history_is_whole(stale)


def test_a_stale_object_cannot_save_over_a_newer_stage(on, machine):
    case = cases.an_overdue_case(days=2, on=on)
    stale = Case.objects.get(pk=case.pk)
    to_mid(case, machine, on)
    stale.stopped_days = 3
    with pytest.raises(ConcurrentTransition), transaction.atomic():
        save_by(stale, by=machine, because="a pause")
    assert Case.objects.get(pk=case.pk).stopped_days == 0
    assert Case.history.filter(id=case.pk).count() == 2


def test_the_second_of_two_stale_objects_is_refused(on, machine):
    case = cases.an_overdue_case(days=2, on=on)
    one, two = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
    to_mid(one, machine, on)
    with pytest.raises(Refused, match="It is “mid”"):
        to_mid(two, machine, on)


def test_a_refused_transition_changes_nothing(on, supervisor):
    case = cases.an_overdue_case(days=6, on=on)
    with pytest.raises(Refused):
        fsm.apply(case, "refer_to_legal", by=supervisor, because="no answer", on=on)
    assert (case.stage, Case.history.filter(id=case.pk).count()) == ("late", 1)


def test_a_transition_without_a_reason_changes_nothing(on, machine):
    case = cases.an_overdue_case(days=2, on=on)
    for because in ("", "  "):
        with pytest.raises(DomainError, match="why"):
            fsm.apply(case, "to_mid", by=machine, because=because, on=on, step="mid")
        with pytest.raises(DomainError, match="why"):
            fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because=because, on=on, step="mid")
    assert Case.objects.get(pk=case.pk).stage == "early"
    assert Case.history.filter(id=case.pk).count() == 1


def test_apply_does_not_open_personal_data(on, machine):
    hold = cases.a_hold(cases.an_overdue_case(on=on), evidence="a letter of the employer")
    hold = fsm.apply(hold, "approve", by=cases.a_user("supervisor"), because="the papers were seen")
    hold = Hold.objects.get(pk=hold.pk)
    asked = queries_of(lambda: fsm.apply(hold, "end", by=machine, because="its last day went by"))
    assert not [sql for sql in asked if "datakey" in sql]
    assert hold.evidence == "a letter of the employer"
    assert_history_is_whole(hold)


def test_a_set_goes_window_by_window_and_says_how_many(on, machine):
    for _ in range(7):
        cases.an_overdue_case(days=2, on=on)
    cases.an_overdue_case(days=6, on=on)
    went = fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", on=on, step="mid", window=3)
    assert went == 7
    assert sorted(Case.objects.values_list("stage", flat=True)) == ["late"] + ["mid"] * 7
    assert fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", on=on, step="mid", window=3) == 0
    for case in Case.objects.all():
        assert_history_is_whole(case)


def test_a_set_takes_as_many_queries_for_many_rows_as_for_few(on, machine):
    def take(n):
        for _ in range(n):
            cases.an_overdue_case(days=2, on=on)
        return len(
            queries_of(
                lambda: fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="d", on=on, step="mid")
            )
        )

    assert take(1) == take(12)


def test_a_set_takes_only_the_rows_of_its_queryset(on, machine):
    mine, other = cases.an_overdue_case(days=2, on=on), cases.an_overdue_case(days=3, on=on)
    went = fsm.advance_set(Case.objects.due_for(3, on), "to_mid", by=machine, because="d", on=on, step="mid")
    assert went == 1
    assert Case.objects.get(pk=mine.pk).stage == "early"
    assert Case.objects.get(pk=other.pk).stage == "mid"


def test_rows_with_stamps_of_their_own_go_in_one_call(on, machine):
    case = cases.an_overdue_case(on=on)
    one, two = (contacts.sending(contacts.a_planned_contact(case, "sms", attempt=n)) for n in range(2))
    planned = contacts.a_planned_contact(case, "sms", attempt=2)
    went = fsm.advance_rows(
        Contact, "mark_sent",
        {row.pk: {"at": row.not_before, "reference": f"G-{row.pk}"} for row in (one, two, planned)},
        by=machine, because="accepted",
    )  # fmt: skip
    assert went == [one.pk, two.pk]
    for row in (one, two):
        assert Contact.objects.get(pk=row.pk).external_ref == f"G-{row.pk}"
        assert_history_is_whole(row)
    assert Contact.objects.get(pk=planned.pk).state == "planned"


def test_a_contact_that_needs_approval_is_not_claimed_or_revealed_without(on, collector):
    visit = contacts.a_planned_contact(cases.an_overdue_case(on=on), "visit", needs_approval="supervisor")
    for take in (contacts.sending, contacts.revealed):
        with pytest.raises(Refused, match="A second person must approve this contact first."):
            take(visit)


def test_a_loan_that_ended_is_reopened_by_a_reversal_only_when_it_was_paid_off(on, machine):
    paid, sold = (loans.a_loan(paid=6) for _ in range(2))
    fsm.apply(paid, "pay_off", by=machine, because="all is paid", on=on)
    fsm.apply(sold, "sell", by=machine, because="sold to another creditor", on=on)
    assert fsm.apply(paid, "reopen", by=machine, because="the bank took a payment back").ended_on is None
    with pytest.raises(Refused, match="It is “sold”"):
        fsm.apply(sold, "reopen", by=machine, because="the bank took a payment back")
