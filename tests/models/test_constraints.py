"""Each CHECK and each unique constraint of collections_app refuses a raw row that breaks it, on both databases.

The table of violations is compared with the constraints that the models have: a new one without a violation here fails
by its name.
"""

import datetime as dt
import hashlib

import pytest
from django.apps import apps
from django.db import connection

from collections_app.kernel import keys
from collections_app.models import (
    Breach,
    Case,
    Charge,
    Contact,
    ContactCase,
    ContactPoint,
    DailyRun,
    EventDebt,
    Hold,
    Instalment,
    Judgement,
    LenderShare,
    Loan,
    LoanDocument,
    Payment,
    PolicyVersion,
    Promise,
    RegisterCheck,
    RunWindow,
    SendingStop,
    StoredDocument,
)
from tests.factories import borrowers, cases, contacts, loans, policy, staff
from tests.models.raw_sql import raw_copy, raw_update, refused

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 16)
AT = dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)

VIOLATIONS = {}


def violates(name):
    """The function yields `(row, wrong columns)`: each set of columns must be refused by update and by insert."""

    def mark(function):
        VIOLATIONS[name] = function
        return function

    return mark


@violates("share_within_whole")
def _():
    row = loans.create_by(LenderShare, by=staff.a_machine(), because="x", loan=loans.a_loan(), lender=loans.a_lender())
    yield row, {"parts_per_million": 0}
    yield row, {"parts_per_million": 1_000_001}


@violates("instalment_positive")
def _():
    yield loans.a_loan().instalments.last(), {"amount": 0}


@violates("instalment_not_overpaid")
def _():
    row = loans.a_loan().instalments.last()
    yield row, {"paid": 10_001}
    yield row, {"paid": -1}


@violates("charge_positive")
def _():
    yield loans.a_charge(loans.a_loan(), on=DAY), {"amount": 0}


@violates("charge_not_overpaid")
def _():
    row = loans.a_charge(loans.a_loan(), on=DAY)
    yield row, {"paid": 1501}
    yield row, {"paid": -1}


@violates("payment_positive")
def _():
    row = loans.a_payment(loans.a_loan(), "20.00", value_on=DAY)
    yield row, {"amount": 0, "reference": "another"}
    yield row, {"amount": -2000, "reference": "another"}


@violates("allocation_to_one_thing")
def _():
    loan = loans.a_loan()
    charge = loans.a_charge(loan, on=DAY)
    row = loan.payments.first().allocations.get()
    yield row, {"charge_id": charge.pk}
    yield row, {"instalment_id": None}


@violates("allocation_not_nothing")
def _():
    yield loans.a_loan().payments.first().allocations.get(), {"amount": 0}


@violates("case_closed_with_reason")
def _():
    open_, closed = cases.an_overdue_case(on=DAY), cases.a_closed_case(on=DAY)
    yield closed, {"closed_on": None}
    yield closed, {"closed_reason": ""}
    yield open_, {"stage": "closed"}
    yield open_, {"closed_on": DAY}
    yield open_, {"closed_reason": "cured"}


@violates("contact_leaves_by_clearance")
def _():
    yield contacts.a_planned_contact(cases.an_overdue_case(on=DAY)), {"state": "revealed"}


@violates("contact_sent_means_text")
def _():
    contact = contacts.a_planned_contact(cases.an_overdue_case(on=DAY))
    contacts.a_clearance(contact)
    yield contact, {"state": "sent", "id": contact.pk, "clearance_id": contact.pk, "text_sha256": ""}


@violates("contact_four_eyes")
def _():
    user = staff.a_user("supervisor")
    row = contacts.a_contact_awaiting_approval(cases.an_overdue_case(on=DAY))
    yield row, {"requested_by_id": user.pk, "approved_by_id": user.pk}


@violates("covers_exactly_one")
def _():
    case = cases.an_overdue_case(on=DAY)
    contacts.a_planned_contact(case)
    row = ContactCase.objects.get()
    yield row, {"instalment_id": case.loan.instalments.last().pk}
    yield row, {"case_id": None}


@violates("document_not_empty")
def _():
    row = a_document()
    yield row, {"size": 0, "sha256": "another"}
    yield row, {"size": -1, "sha256": "another"}


@violates("hold_four_eyes")
def _():
    row = cases.a_hold(cases.an_overdue_case(on=DAY))
    yield row, {"approved_by_id": row.requested_by_id}


@violates("hold_dates_in_order")
def _():
    yield cases.a_hold(cases.an_overdue_case(on=DAY)), {"until_on": DAY - dt.timedelta(days=1)}


@violates("hold_stops_something")
def _():
    row = cases.a_hold(cases.an_overdue_case(on=DAY))
    yield row, {f"stops_{what}": False for what in ("contacts", "clock", "fees", "legal")}


@violates("judgement_permit_is_permitted")
def _():
    row = contacts.a_judgement(contacts.a_planned_contact(cases.an_overdue_case(on=DAY)), "deny")
    yield row, {"id": row.pk, "permit": row.pk}


@violates("judgement_of_one_thing")
def _():
    row = contacts.a_judgement(contacts.a_planned_contact(cases.an_overdue_case(on=DAY)), "deny")
    yield row, {"contact_id": None}


@violates("policy_four_eyes")
def _():
    user = staff.a_user("compliance_officer")
    yield policy.a_ladder(), {"requested_by_id": user.pk, "released_by_id": user.pk, "version": "another"}


@violates("promise_positive")
def _():
    row = cases.a_promise(cases.an_overdue_case(on=DAY), state="kept")
    yield row, {"amount": 0}


@violates("stop_lifted_by_another")
def _():
    row = a_stop()
    yield row, {"lifted_by_id": row.stopped_by_id, "lifted_at": AT}


@violates("stop_lifted_whole")
def _():
    row = a_stop()
    yield row, {"lifted_at": AT}
    yield row, {"lifted_by_id": staff.a_user("supervisor").pk}


def a_stop():
    user = staff.a_user("supervisor")
    return loans.create_by(SendingStop, by=user, because="wrong texts went out", stopped_by=user, stopped_at=AT)


def a_document():
    return StoredDocument.objects.create(
        key=keys.new_key("house"), sha256=hashlib.sha256(b"x").hexdigest(), size=1, media_type="text/plain", title="x",
        stored_at=AT,
    )  # fmt: skip


STATES = {
    "contact_point_state": lambda: (borrowers.a_phone(borrowers.a_person(reachable=False)), "state"),
    "loan_state": lambda: (loans.a_loan(), "state"),
    "payment_state": lambda: (loans.a_payment(loans.a_loan(), "1.00", value_on=DAY), "state"),
    "case_stage_known": lambda: (cases.a_closed_case(on=DAY), "stage"),
    "contact_state": lambda: (contacts.a_planned_contact(cases.an_overdue_case(on=DAY)), "state"),
    "breach_state": lambda: (contacts.a_breach(contacts.an_event(borrowers.a_person(), at=AT)), "state"),
    "hold_state": lambda: (cases.a_hold(cases.an_overdue_case(on=DAY)), "state"),
    "judgement_verdict": lambda: (
        contacts.a_judgement(contacts.a_planned_contact(cases.an_overdue_case(on=DAY)), "deny"), "verdict",
    ),
    "policy_state": lambda: (policy.a_ladder(), "state"),
    "promise_state": lambda: (cases.a_promise(cases.an_overdue_case(on=DAY)), "state"),
    "run_state": lambda: (policy.a_run(DAY), "state"),
}  # fmt: skip

# Columns that a copy must change so that no unique constraint speaks first.
APART = {Loan: {"number": "another"}, Payment: {"reference": "another"}, PolicyVersion: {"version": "another"},
         DailyRun: {"date": dt.date(2026, 3, 17)}, Instalment: {"sequence": 99}, LenderShare: {},
         Breach: {}, Case: {}}  # fmt: skip


def constraints(kind):
    from django.db import models

    return {
        c.name
        for m in apps.get_app_config("collections_app").get_models() if not hasattr(m, "history_object")
        for c in m._meta.constraints if isinstance(c, getattr(models, kind))
    }  # fmt: skip


def test_every_check_has_a_violation_here():
    assert set(VIOLATIONS) | set(STATES) == constraints("CheckConstraint")


@pytest.mark.parametrize("name", sorted(VIOLATIONS))
def test_a_row_that_breaks_the_check_is_refused(name):
    seen = 0
    for row, wrong in VIOLATIONS[name]():
        with refused(name):
            raw_update(type(row), row.pk, **wrong)
        fresh = {} if "id" not in wrong else {"id": row.pk + 1000}
        moved = {k: row.pk + 1000 for k in ("clearance_id", "permit") if k in wrong and "id" in wrong}
        with refused(name):
            raw_copy(row, **{**APART.get(type(row), {}), **wrong, **fresh, **moved})
        seen += 1
    assert seen


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_word_that_is_no_state_is_refused(name):
    row, column = STATES[name]()
    for word in ("maybe", ""):
        with refused(r"case_" if name == "case_stage_known" else name if name != "contact_state" else "contact_"):
            raw_update(type(row), row.pk, **{column: word})


def unique_pairs():
    """name → a row whose exact copy must be refused."""
    case = cases.an_overdue_case(on=DAY)
    machine = staff.a_machine()
    contact = contacts.a_planned_contact(case)
    reminder_of = case.loan.instalments.last()
    event = contacts.an_event(case.debtor, at=AT, loans=(case.loan,), external_ref="X-1")
    document = a_document()
    return {
        "one_share_per_lender": loans.create_by(
            LenderShare, by=machine, because="x", loan=case.loan, lender=case.loan.lender
        ),
        "one_role_once": case.loan.parties.get(),
        "one_sweep_an_instant": borrowers.a_register_check("bankruptcy_stay", at=AT),
        "one_instalment_a_number": case.loan.instalments.first(),
        "one_charge_a_reference": loans.a_charge(case.loan, on=DAY, source_ref="F-1"),
        "one_event_a_reference": loans.a_loan_event(case.loan, "extension", DAY),
        "one_payment_a_reference": case.loan.payments.first(),
        "one_open_case_a_loan": case,
        "case_step_once": ContactCase.objects.get(contact=contact),
        "instalment_step_once": ContactCase.objects.create(
            contact=contact, instalment=reminder_of, loan=case.loan, step="reminder", occurrence=-3
        ),
        "one_blob_an_owner": document,
        "one_paper_once": LoanDocument.objects.create(loan=case.loan, document=document, kind="contract", dated_on=DAY),
        "one_event_a_ref": event,
        "one_debt_once": EventDebt.objects.get(event=event),
        "one_policy_a_version": policy.a_ladder(),
        "one_open_promise_a_case": cases.a_promise(case),
        "one_window_a_number": RunWindow.objects.create(
            run=policy.a_run(DAY), step="x", position=1, number=1, first=1, last=2
        ),
    }  # fmt: skip


def test_every_unique_constraint_refuses_a_copy():
    pairs = unique_pairs()
    assert set(pairs) == constraints("UniqueConstraint")
    for name, row in pairs.items():
        # SQLite names the index of a condition and else the columns.
        with refused(name if connection.vendor == "postgresql" else "UNIQUE"):
            raw_copy(row)


def test_what_the_conditions_of_unique_constraints_leave_free_may_stand_twice():
    case = cases.a_closed_case(on=DAY)
    raw_copy(case)
    assert Case.objects.filter(loan=case.loan).count() == 2
    raw_copy(cases.a_promise(case, state="broken"))
    assert Promise.objects.count() == 2
    raw_copy(loans.a_charge(case.loan, on=DAY))
    assert Charge.objects.count() == 2
    raw_copy(borrowers.a_register_check("bankruptcy_stay", at=AT, person=case.debtor))
    assert RegisterCheck.objects.count() == 2
    raw_copy(contacts.an_event(case.debtor, at=AT))
    for model, rows in ((Hold, 0), (Contact, 0), (ContactPoint, 3), (Judgement, 0)):
        assert model.objects.count() == rows


def test_one_open_case_a_loan_is_asked_when_a_case_is_reopened():
    case = cases.an_overdue_case(on=DAY)
    old = cases.a_closed_case(on=DAY, loan=case.loan)
    with refused("one_open_case_a_loan" if connection.vendor == "postgresql" else "UNIQUE"):
        raw_update(Case, old.pk, stage="early", closed_on=None, closed_reason="")
