"""Guards are asked of the locked row, all in one query, and every failed sentence is told; who may is asked too."""

import dataclasses
import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext

from collections_app.kernel import fsm
from collections_app.kernel.errors import DomainError, Refused
from collections_app.kernel.fsm import Arg, Guard
from collections_app.models import Case, Contact, Hold, Payment, PolicyVersion
from tests.asserts import assert_history_is_whole
from tests.factories import cases, contacts, loans, policy, staff

pytestmark = pytest.mark.django_db

NOTICE = "The written notice has not been delivered yet."
PROMISE = "A promise to pay is open; wait until it is kept or broken."
HELD = "Legal action is held; the hold must end first."
DAY = "The ladder allows it from day 6 on."


@pytest.fixture
def redeclared(monkeypatch):
    """Both writers read what is declared from one place: change it there for the length of a test."""

    def change(model, name, **effects):
        d = fsm.declared(model, name)
        other = {k: effects.pop(k) for k in ("sources", "target") if k in effects}
        d = dataclasses.replace(d, effects=dataclasses.replace(d.effects, **effects), **other)
        real = fsm.declared
        monkeypatch.setattr(fsm, "declared", lambda m, n: d if (m, n) == (model, name) else real(m, n))

    return change


def test_every_failed_guard_is_told_at_once(on, supervisor):
    case = cases.on_hold(cases.an_overdue_case(days=3, on=on))
    cases.a_promise(case)
    with pytest.raises(Refused) as refused:
        fsm.apply(case, "refer_to_legal", by=supervisor, because="no answer", on=on)
    assert refused.value.sentences == [HELD, PROMISE, NOTICE, DAY]
    assert str(refused.value) == " ".join([HELD, PROMISE, NOTICE, DAY])
    assert refused.value.as_json() == {
        "code": "refused", "sentence": str(refused.value), "model": "case", "pk": case.pk, "transition": "refer_to_legal",
    }  # fmt: skip
    assert Case.objects.get(pk=case.pk).stage == "early"


def test_a_case_goes_to_legal_when_all_guards_hold(on, supervisor):
    case = cases.an_overdue_case(days=6, on=on)
    contacts.delivered(contacts.a_planned_contact(case, "letter"))
    assert fsm.refusals(case, "refer_to_legal", by=supervisor, on=on) == []
    case = fsm.apply(case, "refer_to_legal", by=supervisor, because="no answer to the notice", on=on)
    assert (case.stage, case.stage_on, case.stage_step) == ("legal", on, "exit:legal")
    assert_history_is_whole(case)


def test_each_guard_of_legal_blocks_alone(on, supervisor):
    def ready():
        case = cases.an_overdue_case(days=6, on=on)
        contacts.delivered(contacts.a_planned_contact(case, "letter"))
        return case

    def told(case, **arguments):
        return fsm.refusals(case, "refer_to_legal", by=supervisor, **{"on": on, **arguments})

    held, promised, unserved = ready(), ready(), cases.an_overdue_case(days=6, on=on)
    contacts.sent(contacts.a_planned_contact(unserved, "letter"))
    cases.a_promise(promised)
    assert told(cases.on_hold(held)) == [HELD]
    assert told(promised) == [PROMISE]
    assert told(unserved) == [NOTICE]
    assert told(ready(), on=on - dt.timedelta(days=1)) == [DAY]
    assert told(ready(), from_day=7) == [DAY]


def queries_of_apply(case, by, on):
    with CaptureQueriesContext(connection) as caught, pytest.raises(Refused):
        fsm.apply(case, "to_mid", by=by, because="day 4", on=on, step="mid")
    return len(caught)


def test_the_number_of_queries_does_not_grow_with_the_number_of_guards(on, machine, redeclared):
    case = cases.an_overdue_case(days=2, on=on)
    never = Q(counts_from_on=dt.date(1999, 1, 1))
    counts = []
    for n in (1, 2, 20):
        redeclared(Case, "to_mid", guards=tuple(Guard(f"g{i}", f"Guard {i}.", never) for i in range(n)))
        counts.append(queries_of_apply(case, machine, on))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] == 5  # savepoint, lock, guards, rollback to the savepoint, release


def test_a_guard_sees_the_row_as_it_stands_and_not_the_object_in_hand(on, supervisor):
    case = cases.an_overdue_case(days=6, on=on)
    contacts.delivered(contacts.a_planned_contact(case, "letter"))
    stale = Case.objects.get(pk=case.pk)
    cases.on_hold(case)
    assert stale.legal_held_until < on
    with pytest.raises(Refused, match="Legal action is held"):
        fsm.apply(stale, "refer_to_legal", by=supervisor, because="no answer", on=on)


def test_a_guard_that_makes_a_database_error_does_not_read_as_true(on, machine, redeclared):
    case = cases.an_overdue_case(days=2, on=on)
    broken = Q(pk=Cast(Value("not a number"), output_field=Case._meta.pk)) if connection.vendor == "postgresql" else (
        Q(stage_step__regex="(unclosed")
    )  # fmt: skip
    redeclared(Case, "to_mid", guards=(Guard("broken", "Broken.", broken),))
    with pytest.raises(DatabaseError), transaction.atomic():
        fsm.apply(case, "to_mid", by=machine, because="day 4", on=on, step="mid")
    with pytest.raises(DatabaseError), transaction.atomic():
        fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", on=on, step="mid")
    assert Case.objects.get(pk=case.pk).stage == "early"


def test_a_guard_on_an_empty_column_fails_for_one_and_for_many_alike(on, machine, redeclared):
    case = cases.an_overdue_case(days=2, on=on)
    for q, passes in [
        (Q(write_off_review_on__lte=on), 0),
        (~Q(write_off_review_on__lte=on), 1),
        (Q(owner=None), 1),
        (Q(owner__isnull=False), 0),
        (~Q(stage_step="x"), 1),
    ]:
        redeclared(Case, "to_mid", guards=(Guard("g", "No.", q),))
        refused = fsm.refusals(case, "to_mid", by=machine, on=on)
        assert (refused == []) == bool(passes), q
        point = transaction.savepoint()
        went = fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", on=on, step="mid")
        transaction.savepoint_rollback(point)
        assert went == passes, q


def test_a_guard_may_ask_who_acts_and_what_the_call_says(on, machine, redeclared):
    case = cases.an_overdue_case(days=2, on=on)
    redeclared(
        Case, "to_mid",
        guards=(Guard("g", "Not this one.", lambda a: Q(counts_from_on__lte=a["on"]) & ~Q(owner=a["by"])),),
    )  # fmt: skip
    assert fsm.refusals(case, "to_mid", by=machine, on=on) == []
    assert fsm.refusals(case, "to_mid", by=machine, on=dt.date(2026, 1, 1)) == ["Not this one."]
    assert fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", on=on, step="mid") == 1


def test_a_guard_without_a_question_is_refused(on, machine, redeclared):
    case = cases.an_overdue_case(days=2, on=on)
    redeclared(Case, "to_mid", guards=(Guard("empty", "Never asked."),))
    with pytest.raises(DomainError, match="has no Q"):
        fsm.apply(case, "to_mid", by=machine, because="day 4", on=on, step="mid")


def test_a_wrong_source_is_told_with_the_right_ones(on, machine):
    case = cases.a_closed_case(on=on)
    with pytest.raises(Refused, match="It is “closed”; this is possible from early.") as refused:
        fsm.apply(case, "to_mid", by=machine, because="day 4", on=on, step="mid")
    assert len(refused.value.sentences) == 1


def test_a_person_without_the_right_is_refused(on, collector, auditor):
    payment = loans.a_suspect_payment(loans.a_loan(), "20.00", value_on=on)
    for user in (collector, auditor):
        with pytest.raises(Refused, match="You need the right “collections_app.settle_suspects”"):
            fsm.apply(payment, "accept", by=user, because="looked at both")
    supervisor = staff.a_user("supervisor")
    assert fsm.apply(payment, "accept", by=supervisor, because="looked at both").state == "received"


def test_a_person_who_left_the_house_is_refused(on, supervisor):
    payment = loans.a_suspect_payment(loans.a_loan(), "20.00", value_on=on)
    supervisor.is_active = False
    supervisor.save()
    with pytest.raises(Refused, match="You need the right"):
        fsm.apply(payment, "accept", by=supervisor, because="looked at both")


def test_a_machine_may_not_do_what_takes_a_person(on, machine):
    payment = loans.a_suspect_payment(loans.a_loan(), "20.00", value_on=on)
    with pytest.raises(Refused, match="Only a person may do this"):
        fsm.apply(payment, "accept", by=machine, because="looks fine")
    assert Payment.objects.get(pk=payment.pk).state == "suspect"


def test_a_user_who_took_a_machines_name_is_not_one(on):
    impostor = staff.a_user("collector", name="daily-run", rights=())
    payment = loans.a_suspect_payment(loans.a_loan(), "20.00", value_on=on)
    with pytest.raises(Refused, match="You need the right"):
        fsm.apply(payment, "accept", by=impostor, because="it is me")


def test_a_person_needs_the_right_in_a_set_as_well(on, collector, redeclared):
    cases.an_overdue_case(days=2, on=on)
    redeclared(Case, "to_mid", permission="collections_app.refer_to_legal")
    with pytest.raises(Refused, match="You need the right"):
        fsm.advance_set(Case.objects.all(), "to_mid", by=collector, because="day 4", on=on, step="mid")
    redeclared(Case, "to_mid", permission=None, machines=False)
    with pytest.raises(Refused, match="Only a person"):
        fsm.advance_set(
            Case.objects.all(), "to_mid", by=staff.a_machine("daily-run"), because="day 4", on=on, step="mid"
        )
    assert list(Case.objects.values_list("stage", flat=True)) == ["early"]


def test_who_asked_for_a_hold_may_not_approve_it(on):
    asker, other = staff.a_user("supervisor"), staff.a_user("supervisor")
    hold = cases.a_hold(cases.an_overdue_case(on=on), requested_by=asker)
    for name in ("approve", "refuse"):
        with pytest.raises(Refused, match="A second person must approve: you asked for it yourself."):
            fsm.apply(hold, name, by=asker, because="I am sure")
    hold = fsm.apply(hold, "approve", by=other, because="the papers were seen")
    assert (hold.state, hold.approved_by) == ("active", other)


@pytest.mark.parametrize("ask", ["hold", "contact", "policy"])
def test_the_table_itself_refuses_an_approver_who_asked(on, supervisor, ask):
    row, column = {
        "hold": lambda: (cases.a_hold(cases.an_overdue_case(on=on), requested_by=supervisor), "approved_by"),
        "contact": lambda: (
            contacts.a_contact_awaiting_approval(cases.an_overdue_case(on=on), requested_by=supervisor), "approved_by",
        ),
        "policy": lambda: (policy.a_ladder("late", requested_by=supervisor), "released_by"),
    }[ask]()  # fmt: skip
    model = {"hold": Hold, "contact": Contact, "policy": PolicyVersion}[ask]
    model.objects.filter(pk=row.pk).update(requested_by=supervisor)
    assert model.objects.filter(pk=row.pk).update(**{column: staff.a_user("supervisor")}) == 1
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{column: supervisor})


def test_a_set_is_refused_what_needs_four_eyes_or_is_not_for_sets(on, machine, redeclared):
    def refused(**effects):
        cases.an_overdue_case(days=2, on=on)
        redeclared(Case, "to_mid", **effects)
        with pytest.raises(DomainError) as error:
            fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", on=on, step="mid")
        with pytest.raises(DomainError) as by_rows:
            fsm.advance_rows(
                Case, "to_mid", {Case.objects.first().pk: {"on": on, "step": "mid"}}, by=machine, because="day 4"
            )
        assert error.value.code == by_rows.value.code == "not_bulk"
        return error.value.sentence

    assert "is not marked bulk" in refused(bulk=False)
    assert "needs four eyes" in refused(bulk=True, four_eyes=True)
    assert "has an open source" in refused(four_eyes=False, sources=("*",))
    assert "has an open source" in refused(sources=("+", "early"))
    assert "has a computed target" in refused(sources=("early",), target=lambda row: "mid")
    assert "has a guard without Q" in refused(target="mid", guards=(Guard("g", "No."),))
    assert "stamps an expression" in refused(guards=(), stamps={"stage_on": F("started_on")})
    assert set(Case.objects.values_list("stage", flat=True)) == {"early"}


def test_a_stamp_is_never_an_expression_in_the_call_either(on, machine):
    case = cases.an_overdue_case(days=2, on=on)
    with pytest.raises(DomainError, match="a stamp is a value"):
        fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="x", on=F("started_on"), step="mid")
    with pytest.raises(DomainError, match="a stamp is a value"):
        fsm.apply(case, "to_mid", by=machine, because="x", on=F("started_on"), step="mid")


def test_a_stamp_that_the_call_forgot_is_named(on, machine):
    case = cases.an_overdue_case(days=2, on=on)
    with pytest.raises(DomainError, match="This transition needs step=…"):
        fsm.apply(case, "to_mid", by=machine, because="day 4", on=on)
    with pytest.raises(DomainError, match="This transition needs on=…"):
        fsm.advance_set(Case.objects.all(), "to_mid", by=machine, because="day 4", step="mid")
    assert Case.objects.get(pk=case.pk).stage == "early"


def test_an_unknown_transition_is_named(on, machine):
    with pytest.raises(DomainError, match="case has no transition vanish"):
        fsm.apply(cases.an_overdue_case(on=on), "vanish", by=machine, because="x")


def test_two_declarations_of_one_name_are_refused():
    from django.db.models import CharField, Model
    from django.test.utils import isolate_apps
    from django_fsm import FSMField

    with isolate_apps("collections_app"):

        class Twice(fsm.RefreshableFSM, Model):
            state = FSMField(default="a", protected=True)
            note = CharField(max_length=5)

            class Meta:
                app_label = "collections_app"

            @fsm.transition(state, ["a"], "b", stamps={"note": Arg("note")})
            @fsm.transition(state, ["b"], "c")
            def move(self):
                """Move."""

        with pytest.raises(DomainError, match="Twice.move is declared twice"):
            fsm.all_declared(Twice)
