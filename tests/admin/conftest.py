"""A small house with at least one row of every model, and people of every group."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache

from collections_app.admin.groups import group_names
from collections_app.documents import store
from collections_app.kernel import history, keys
from collections_app.models import (
    AccessRecord,
    Case,
    ImportBatch,
    ImportRow,
    LenderShare,
    LoanDocument,
    PrintBatch,
    RunWindow,
    SendingStop,
    SetAside,
)
from collections_app.policy import loader
from tests.admin.house import House, a_member, logged_in, shipped_ladder
from tests.factories import borrowers, cases, contacts, loans, policy, staff

AT = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)  # 10:00 in Chicago, a Monday


@pytest.fixture(autouse=True)
def _fresh_house() -> None:
    """Counts of the sidebar are cached: each test begins without them."""
    cache.clear()


@pytest.fixture
def law(db: None) -> None:
    """The ladder and the presets that are shipped, as `load_policy --shipped` loads them."""
    for path in loader.shipped_files():
        loader.load(path)


@pytest.fixture
def case(law: None) -> Case:
    """A case on its second day, of somebody in Chicago whom a third party collects from; the register was checked today."""
    debtor = borrowers.a_person("Marisol Quintero-Hale", source_ref="B-1")
    loan = loans.a_loan(
        debtor, number="L-77031", open_since=dt.date(2026, 3, 14), state="past_due", collector_role="third_party"
    )
    borrowers.a_register_check("bankruptcy_stay", at=dt.datetime(2026, 3, 16, 6, tzinfo=dt.UTC))
    return cases.an_overdue_case(2, loan=loan, ladder=shipped_ladder())


@pytest.fixture
def house(case: Case, frozen_day: dt.datetime) -> House:
    """One row of everything, and a logged-in client for each group."""
    users = {role: a_member(role) for role in group_names()}
    by = staff.a_machine()
    person = case.debtor
    other = borrowers.a_person("Anselm Hale")
    borrowers.a_party(case.loan, other, "co_debtor")
    borrowers.a_borrower_state(person, "cease_in_writing", until_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    borrowers.a_consent(person)
    borrowers.stated_hours(person, "00:00", "09:00")
    borrowers.a_dated_fact(person, "wedding", dt.date(2026, 1, 1), dt.date(2026, 1, 2))
    loans.a_charge(case.loan, on=dt.date(2026, 3, 15))
    loans.a_loan_event(case.loan, "extension", dt.date(2026, 1, 5), months=1)
    loans.a_suspect_payment(case.loan, "10.00", value_on=dt.date(2026, 3, 15))
    history.create_by(LenderShare, by=by, because="agreed", loan=case.loan, lender=case.loan.lender)
    cases.a_hold(case)
    cases.a_promise(case)
    contacts.completed(contacts.a_planned_contact(case, "voice", at=AT), by=users["collector"])
    contacts.sent(contacts.a_planned_contact(case, "sms", at=AT, step="first_notice"))
    contacts.a_withheld_contact(
        case,
        "email",
        at=AT,
        step="first_call",
        attempt=1,
        until=dt.datetime(2026, 3, 17, 13, tzinfo=dt.UTC),
        rule="US-01",
    )
    contacts.a_contact_awaiting_approval(case, at=AT, requested_by=users["collector"])
    contacts.a_breach(contacts.an_event(person, at=AT, loans=(case.loan,)))
    run = policy.a_run(dt.date(2026, 3, 16))
    RunWindow.objects.create(
        run=run,
        step="ladder",
        position=5,
        number=0,
        first=1,
        last=9,
        done=True,
        seconds=0.2,
        result={"counts": {"moved": 1}, "moved": {"early→mid": 1}, "planned": {"sms": 3}, "withheld": {"US-01": 2}},
    )
    SetAside.objects.create(run=run, step="ladder", loan=case.loan, reason="Instalment 7 has no due date.")
    batch = ImportBatch.objects.create(
        key=keys.new_key("batch"),
        kind="loans",
        file_name="loans.csv",
        sha256="0" * 64,
        mapping="plain",
        mapping_sha256="1" * 64,
        started_at=AT,
        result={"rows": 3},
    )
    ImportRow.objects.create(
        batch=batch, key=batch.key, line=7, column="due_date", code="bad_date", reason="No date.", raw="a;b;c"
    )
    kept = store.put(person.key, b"The contract.", title="contract", media_type="text/plain", at=AT)
    LoanDocument.objects.create(loan=case.loan, document=kept, kind="contract", dated_on=dt.date(2026, 1, 1))
    PrintBatch.objects.create(
        key=keys.new_key("print"), made_at=AT, business_on=dt.date(2026, 3, 16), letters_count=1, document=kept
    )
    AccessRecord.objects.create(user=users["auditor"], kind="download", what=f"storeddocument:{kept.pk}", at=AT)
    history.create_by(
        SendingStop,
        by=users["supervisor"],
        because="a drill",
        channel="push",
        stopped_by=users["supervisor"],
        stopped_at=AT,
    )
    staff.a_certificate(staff.a_profile(users["field agent"]), until=dt.date(2026, 12, 31))
    return House(case, {role: logged_in(u) for role, u in users.items()}, users)
