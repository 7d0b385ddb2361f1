"""Calls and visits: shown through the gate only, stopped by what came since the plan, and what their outcome brings about."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from collections_app.kernel import fsm
from collections_app.kernel.errors import DomainError, Refused
from collections_app.models import (
    AccessRecord,
    BorrowerState,
    Case,
    Contact,
    ContactEvent,
    Hold,
    Judgement,
    PolicyVersion,
    Promise,
)
from collections_app.policy import loader
from collections_app.services import calls, holds, stops
from tests.asserts import assert_history_is_whole
from tests.factories import borrowers, cases, contacts, loans
from tests.factories.staff import a_machine

DAY = cases.DAY  # Monday, 16 March 2026
MORNING = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)  # 10:00 in Chicago
NIGHT = dt.datetime(2026, 3, 17, 4, tzinfo=dt.UTC)  # 23:00 of the same Monday in Chicago


@pytest.fixture
def case(db: None) -> Case:
    """The second day of somebody in Chicago whom a third party collects from."""
    for path in loader.shipped_files():
        loader.load(path)
    debtor = borrowers.a_person("Marisol Quintero-Hale")
    loan = loans.a_loan(debtor, open_since=dt.date(2026, 3, 14), state="past_due", collector_role="third_party")
    borrowers.a_register_check("bankruptcy_stay", at=dt.datetime(2026, 3, 16, 6, tzinfo=dt.UTC))
    return cases.an_overdue_case(2, loan=loan, ladder=PolicyVersion.objects.get(kind="ladder", ident="six-day"))


@pytest.fixture
def call(case: Case) -> Contact:
    return contacts.a_planned_contact(case, "voice", at=MORNING, template="first_call")


def a_revealed_call(call: Contact, by: Any, at: dt.datetime = MORNING) -> Contact:
    shown = calls.reveal(call, at=at, by=by)
    assert isinstance(shown, calls.Revealed)
    return shown.contact


# -- revealing ---------------------------------------------------------------------------------------


def test_a_permitted_number_is_shown_and_the_look_is_recorded(call: Contact, collector: Any) -> None:
    shown = calls.reveal(call, at=MORNING, by=collector, because="second day")
    assert isinstance(shown, calls.Revealed)
    assert shown.value == call.contact_point.value
    assert (shown.contact.state, shown.contact.agent, shown.contact.clearance_id) == ("revealed", collector, call.pk)
    looked = AccessRecord.objects.get()
    assert (looked.user, looked.what, looked.because) == (collector, f"contact:{call.pk}", "second day")
    assert_history_is_whole(shown.contact)


def test_at_night_the_number_is_withheld_until_the_morning_and_nobody_looked(call: Contact, collector: Any) -> None:
    answer = calls.reveal(call, at=NIGHT, by=collector)
    assert not isinstance(answer, calls.Revealed) and answer.verdict == "deny"
    call.refresh_from_db()
    assert (call.state, call.not_before) == ("withheld", dt.datetime(2026, 3, 17, 13, tzinfo=dt.UTC))
    assert "US-01" in call.withheld_by
    assert not AccessRecord.objects.exists()


def test_a_number_is_not_shown_twice(call: Contact, collector: Any) -> None:
    a_revealed_call(call, collector)
    with pytest.raises(Refused, match="revealed"):
        calls.reveal(call, at=MORNING, by=collector)
    assert AccessRecord.objects.count() == 1


def test_a_message_is_not_revealed(case: Case, collector: Any) -> None:
    with pytest.raises(DomainError, match="sent by the system"):
        calls.reveal(contacts.a_planned_contact(case, "sms", at=MORNING), at=MORNING, by=collector)


def test_money_that_came_since_the_plan_stops_the_call(call: Contact, case: Case, collector: Any) -> None:
    loans.a_payment(case.loan, "100.00", value_on=DAY, received_at=MORNING - dt.timedelta(minutes=1))
    with pytest.raises(DomainError, match="nothing to contact this person about any more: paid"):
        calls.reveal(call, at=MORNING, by=collector)
    assert not AccessRecord.objects.exists() and not Judgement.objects.exists()


def test_money_taken_in_later_does_not_stop_the_call(call: Contact, case: Case, collector: Any) -> None:
    loans.a_payment(case.loan, "100.00", value_on=DAY, received_at=MORNING + dt.timedelta(minutes=1))
    a_revealed_call(call, collector)


def test_a_part_payment_does_not_stop_the_call(call: Contact, case: Case, collector: Any) -> None:
    loans.a_payment(case.loan, "40.00", value_on=DAY, received_at=MORNING - dt.timedelta(minutes=1))
    a_revealed_call(call, collector)


@pytest.mark.parametrize(
    ("last_day", "is_stopped"), [(dt.date(2026, 3, 15), False), (DAY, True), (dt.date(2026, 3, 17), True)]
)
def test_a_hold_stops_the_call_until_its_last_day_is_over_where_the_person_is(
    last_day: dt.date, is_stopped: bool, call: Contact, case: Case, collector: Any, supervisor: Any
) -> None:
    """00:30 UTC of the 17th is 19:30 of the 16th in Chicago."""
    at = dt.datetime(2026, 3, 17, 0, 30, tzinfo=dt.UTC)
    hold = holds.request_hold(
        case, reason="hardship", from_on=dt.date(2026, 3, 15), until_on=last_day, by=collector, because="lost her job"
    )
    holds.approve_hold(hold, by=supervisor, because="letter seen")
    if is_stopped:
        with pytest.raises(DomainError, match=f"A hold stops contacts about this case until {last_day}"):
            calls.reveal(call, at=at, by=collector)
    else:
        a_revealed_call(call, collector, at)


@pytest.mark.parametrize("channel", ["voice", "visit"])
def test_the_red_button_stops_calls_and_visits_too(channel: str, case: Case, collector: Any, supervisor: Any) -> None:
    contact = contacts.a_planned_contact(case, channel, at=MORNING)
    stops.stop_all(channel=channel, because="a wrong script", by=supervisor, at=MORNING)
    with pytest.raises(DomainError, match="a second person must lift the stop"):
        calls.reveal(contact, at=MORNING, by=collector)
    assert not AccessRecord.objects.exists()


def test_live_shows_no_number_while_a_draft_is_in_force(call: Contact, collector: Any, settings: Any) -> None:
    settings.OUTBOUND = "live"
    with pytest.raises(DomainError, match="draft"):
        calls.reveal(call, at=MORNING, by=collector)
    assert not AccessRecord.objects.exists()


# -- planned by hand ---------------------------------------------------------------------------------


def test_a_call_by_hand_is_a_row_like_any_planned_one(case: Case, collector: Any) -> None:
    made = calls.plan_by_hand(case, channel="voice", on=DAY, at=MORNING, by=collector, because="she asked for it")
    assert (made.state, made.party, made.step, made.ladder_day) == ("planned", "debtor", "by_hand", 2)
    assert list(made.covers.values_list("case", "attempt")) == [(case.pk, 0)]
    again = calls.plan_by_hand(case, channel="voice", on=DAY, at=MORNING, by=collector, because="and again")
    assert list(again.covers.values_list("case", "attempt")) == [(case.pk, 1)]


def test_without_a_usable_address_no_call_is_planned(case: Case, collector: Any) -> None:
    fsm.apply(case.debtor.contact_points.get(kind="mobile"), "mark_invalid", by=a_machine(), because="nobody there")
    with pytest.raises(DomainError, match="no usable address for voice"):
        calls.plan_by_hand(case, channel="voice", on=DAY, at=MORNING, by=collector, because="to call")
    assert not Contact.objects.exists()


def test_a_channel_that_does_not_exist_is_refused(case: Case, collector: Any) -> None:
    with pytest.raises(DomainError, match="is no channel"):
        calls.plan_by_hand(case, channel="pigeon", on=DAY, at=MORNING, by=collector, because="to call")


# -- outcomes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [
        ("no_answer", ["call_placed", "call_unanswered"]),
        ("voicemail", ["call_placed", "voicemail_left"]),
        ("spoke", ["call_placed", "conversation"]),
        ("wrong_number", ["call_placed", "conversation"]),
    ],
)
def test_an_outcome_says_what_happened_in_the_words_of_the_rules(
    outcome: str, kinds: list[str], call: Contact, collector: Any
) -> None:
    done = calls.log_outcome(
        a_revealed_call(call, collector), outcome=outcome, at=MORNING, by=collector, on=DAY, note="said so"
    )
    assert (done.state, done.outcome, done.outcome_note) == ("completed", outcome, "said so")
    events = ContactEvent.objects.filter(contact=done).order_by("id")
    assert [e.kind for e in events] == kinds
    assert all(list(e.debts.values_list("loan_id", flat=True)) == [call.case.loan_id] for e in events)


def test_a_promise_is_written_down_with_the_call_it_was_made_on(call: Contact, collector: Any) -> None:
    done = calls.log_outcome(
        a_revealed_call(call, collector), outcome="promise", at=MORNING, by=collector, on=DAY, amount=Decimal("60.00"),
        due_on=dt.date(2026, 3, 20), method="card",
    )  # fmt: skip
    promise = Promise.objects.get()
    assert (promise.amount, promise.due_on, promise.method, promise.contact) == (
        Decimal("60.00"), dt.date(2026, 3, 20), "card", done,
    )  # fmt: skip


def test_a_promise_without_amount_or_day_is_refused_and_the_call_stays_open(call: Contact, collector: Any) -> None:
    revealed = a_revealed_call(call, collector)
    with pytest.raises(DomainError, match="amount and a day"):
        calls.log_outcome(revealed, outcome="promise", at=MORNING, by=collector, on=DAY, amount=Decimal("60.00"))
    revealed.refresh_from_db()
    assert revealed.state == "revealed"
    assert not ContactEvent.objects.exists() and not Promise.objects.exists()


@pytest.mark.parametrize("outcome", ["hardship", "dispute"])
def test_hardship_and_dispute_ask_for_a_hold_that_stops_nothing_yet(
    outcome: str, call: Contact, collector: Any
) -> None:
    calls.log_outcome(a_revealed_call(call, collector), outcome=outcome, at=MORNING, by=collector, on=DAY)
    hold = Hold.objects.get()
    assert (hold.reason, hold.state, hold.until_on, hold.requested_by) == (
        outcome, "requested", dt.date(2026, 3, 30), collector,
    )  # fmt: skip
    call.case.refresh_from_db()
    assert call.case.contacts_held_until < DAY


def test_a_wrong_number_is_invalid_from_then_on(call: Contact, collector: Any) -> None:
    calls.log_outcome(a_revealed_call(call, collector), outcome="wrong_number", at=MORNING, by=collector, on=DAY)
    call.contact_point.refresh_from_db()
    assert call.contact_point.state == "invalid"


def test_who_asks_not_to_be_called_is_not_called_again(call: Contact, case: Case, collector: Any) -> None:
    calls.log_outcome(a_revealed_call(call, collector), outcome="stop_calling", at=MORNING, by=collector, on=DAY)
    assert BorrowerState.objects.get().channels == ["voice"]
    later = MORNING + dt.timedelta(hours=2)
    again = calls.plan_by_hand(case, channel="voice", on=DAY, at=later, by=collector, because="to call")
    answer = calls.reveal(again, at=later, by=collector)
    assert not isinstance(answer, calls.Revealed) and "US-10" in answer.by


def test_after_two_calls_without_an_answer_the_ladder_writes_instead(call: Contact, collector: Any) -> None:
    """`fallback_after = { attempts = 2, to = ["email", "push"] }`."""
    calls.log_outcome(a_revealed_call(call, collector), outcome="no_answer", at=MORNING, by=collector, on=DAY)
    second = Contact.objects.get(state="planned")
    assert (second.channel, second.step, second.attempt) == ("voice", "first_call", 1)
    calls.log_outcome(
        contacts.revealed(second, by=collector), outcome="no_answer", at=MORNING, by=collector, on=DAY
    )  # revealed as if another day had come: two calls within an hour are for the gate to refuse
    written = Contact.objects.get(state="planned")
    assert (written.channel, written.step, written.attempt, written.template) == (
        "email",
        "first_call",
        2,
        "first_call",
    )
    assert list(written.covers.values_list("case", flat=True)) == [call.case_id]


def test_a_call_by_hand_that_nobody_answers_is_not_planned_again(case: Case, collector: Any) -> None:
    made = calls.plan_by_hand(case, channel="voice", on=DAY, at=MORNING, by=collector, because="to call")
    calls.log_outcome(a_revealed_call(made, collector), outcome="no_answer", at=MORNING, by=collector, on=DAY)
    assert list(Contact.objects.values_list("state", flat=True)) == ["completed"]
