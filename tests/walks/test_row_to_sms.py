"""The first walk: a row of a file becomes a sent SMS, and everything on the way can be shown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from collections_app.models import Case, Contact, ContactEvent, Judgement, Loan, Payment
from collections_app.services.dispatch import dispatch

from .ground import LOAN, PAYMENT, a_file, close, command, load_policies, outbox, states_told, the_loan

pytestmark = pytest.mark.django_db

DUE = dt.date(2026, 3, 10)
DAY_1 = DUE + dt.timedelta(days=1)
MORNING = dt.datetime(2026, 3, 11, 14, 0, tzinfo=dt.UTC)  # 09:00 in Jefferson City


@pytest.fixture
def imported(tmp_path: Path) -> Loan:
    load_policies()
    done = command("import_loans", a_file(tmp_path / "loans.csv", LOAN))
    assert (done["created"], done["rejected"]) == (1, 0)
    command("import_payments", a_file(tmp_path / "payments.csv", PAYMENT))
    return the_loan()


def test_a_row_of_a_file_becomes_a_sent_sms(imported: Loan, tmp_path: Path) -> None:
    # The same file again changes nothing.
    again = command("import_loans", tmp_path / "loans.csv")
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 1)

    # Ana is reminded three days and one day before 10 March; no case is opened for a good payer.
    close(dt.date(2026, 3, 7))
    reminder = Contact.objects.get()
    assert (reminder.step, reminder.channel, reminder.ladder_day, reminder.case_id) == ("reminder", "sms", -3, None)
    dispatch(at=dt.datetime(2026, 3, 7, 15, tzinfo=dt.UTC))
    for day in (8, 9, 10):
        close(dt.date(2026, 3, day))
    assert not Case.objects.exists()

    # The instalment of 10 March is not paid: the run of the 11th is day 1.
    result = close(DAY_1)
    assert result["steps"]["cases"]["opened"] == 1
    assert result["planned"] == {"sms": 1}
    case = Case.objects.get()
    assert (case.stage, case.day(DAY_1), case.loan.state) == ("early", 1, "past_due")

    # It was planned for the first lawful instant of her day, and says why.
    notice = Contact.objects.get(step="first_notice")
    assert notice.not_before == dt.datetime(2026, 3, 11, 13, 0, tzinfo=dt.UTC)  # 08:00 in Chicago's zone
    planned = Judgement.objects.get(contact=notice)
    assert (planned.phase, planned.verdict, planned.run.date) == ("plan", "allow", DAY_1)
    assert [p["id"] for p in planned.facts.content["presets"]] == ["house-six-day", "us-fed-regf", "ladder-six-day"]

    # A run sends nothing; the second run of the day does nothing at all.
    assert outbox("sms")[1:] == []
    before = (Contact.objects.count(), Judgement.objects.count(), Case.history.count())
    close(DAY_1)
    assert (Contact.objects.count(), Judgement.objects.count(), Case.history.count()) == before

    # Before her day begins nothing leaves; at nine it does.
    assert dispatch(at=dt.datetime(2026, 3, 11, 12, 59, tzinfo=dt.UTC)).sent == 0
    assert dispatch(at=MORNING).sent == 1
    sent = outbox("sms")[-1]
    assert sent["to"] == "+15735550142"
    assert "$1,200.00" in sent["text"] and "10 Mar" in sent["text"] and "$1,160.50" in sent["text"]
    assert "STOP" in sent["text"]

    # The row, its history and its evidence agree.
    notice.refresh_from_db()
    assert (notice.state, notice.clearance_id, notice.sent_at) == ("sent", notice.pk, MORNING)
    assert notice.text == sent["text"]
    assert states_told(notice) == ["planned", "sending", "sent"]
    rows = notice.history.order_by("history_id")
    assert [r.history_run.date if r.history_run else None for r in rows] == [DAY_1, None, None]
    assert all(r.history_change_reason and r.history_user for r in rows)
    send = Judgement.objects.get(contact=notice, phase="send")
    assert (send.permit, notice.clearance.judgement_id) == (send.pk, send.pk)
    event = ContactEvent.objects.get(contact=notice)
    assert (event.kind, event.at, event.judgements.get().phase) == ("sms_sent", MORNING, "record")

    # Sending again sends nothing.
    assert dispatch(at=MORNING + dt.timedelta(minutes=1)).sent == 0


def test_money_received_after_planning_stops_the_sms(imported: Loan, tmp_path: Path) -> None:
    close(DAY_1)
    paid = {**PAYMENT, "reference": "P-2", "value_on": "2026-03-11", "received_at": "2026-03-11T13:30:00Z"}
    command("import_payments", a_file(tmp_path / "late.csv", paid))
    done = dispatch(at=MORNING)
    assert (done.sent, done.cancelled) == (0, 1)
    assert Contact.objects.get(step="first_notice").state_because == "paid"
    # Booked by the run of its day, which closes the case.
    assert Payment.objects.get(reference="P-2").booked_on is None
    result = close(dt.date(2026, 3, 12))
    assert result["moved"] == {"early→closed": 1}
    assert (Case.objects.get().closed_reason, the_loan().state) == ("cured", "active")


def test_part_payment_is_told_in_the_sms(imported: Loan, tmp_path: Path) -> None:
    close(DAY_1)
    part = {
        **PAYMENT,
        "reference": "P-2",
        "value_on": "2026-03-11",
        "amount": "50.00",
        "received_at": "2026-03-11T13:30:00Z",
    }
    command("import_payments", a_file(tmp_path / "late.csv", part))
    assert dispatch(at=MORNING).sent == 1
    assert "$1,110.50" in outbox("sms")[-1]["text"]
    assert the_loan().instalments.get(sequence=2).paid == Decimal("0.00")  # not booked before its run
