"""Between planning and sending: what arrives in time stops the message, and nothing leaves twice."""

from __future__ import annotations

import datetime as dt
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from collections_app.channels import console
from collections_app.channels.base import ChannelError
from collections_app.kernel import fsm
from collections_app.kernel.errors import DomainError
from collections_app.models import Case, Contact, ContactPoint, Loan, PolicyVersion
from collections_app.services import dispatch as sending
from collections_app.services import holds, receipts, stops
from collections_app.services.dispatch import dispatch
from tests.asserts import assert_history_is_whole
from tests.factories.staff import a_user
from tests.walks.ground import LOAN, PAYMENT, a_file, close, command, load_policies, outbox

pytestmark = pytest.mark.django_db

DAY_1 = dt.date(2026, 3, 11)
MORNING = dt.datetime(2026, 3, 11, 14, 0, tzinfo=dt.UTC)


def planned(tmp_path: Path, loans: int = 1) -> list[Contact]:
    """Day 1 of loans that missed their second instalment: an SMS each is planned."""
    load_policies()
    rows = [
        {**LOAN, "number": f"L-{n:04d}", "debtor_number": f"B-{n}", "debtor_mobile": f"+1573555{100 + n:04d}"}
        for n in range(loans)
    ]
    command("import_loans", a_file(tmp_path / "loans.csv", *rows))
    command(
        "import_payments",
        a_file(
            tmp_path / "p.csv", *({**PAYMENT, "reference": f"P-{n}", "loan_number": f"L-{n:04d}"} for n in range(loans))
        ),
    )
    close(DAY_1)
    return list(Contact.objects.filter(channel="sms").order_by("pk"))


class Interrupted(BaseException):
    """The worker ends here, as if it were killed: nothing catches it."""


def test_a_hold_that_was_approved_after_planning_stops_the_message(tmp_path: Path) -> None:
    planned(tmp_path)
    hold = holds.request_hold(
        Case.objects.get(),
        reason="hardship",
        from_on=DAY_1,
        until_on=dt.date(2026, 3, 20),
        by=a_user("collector"),
        because="lost her job",
    )
    holds.approve_hold(hold, by=a_user("supervisor"), because="seen the letter")
    assert dispatch(at=MORNING).cancelled == 1
    assert outbox("sms") == []
    assert "hold" in Contact.objects.get().state_because


def test_a_stop_after_planning_withholds_the_message_for_good(tmp_path: Path) -> None:
    contact = planned(tmp_path)[0]
    receipts.refuse_medium(
        contact.person, contact_point=contact.contact_point, channels=["sms"], at=MORNING - dt.timedelta(minutes=1),
        by=a_user("collector"), because="wrote STOP",
    )  # fmt: skip
    done = dispatch(at=MORNING)
    assert (done.sent, done.withheld) == (0, {"US-10": 1})
    contact.refresh_from_db()
    assert (contact.state, contact.withheld_by) == ("withheld", "US-10")


@pytest.mark.parametrize("what", ["payment", "hold", "stop"])
def test_what_arrives_after_the_claim_stops_the_message_before_it_is_spoken(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = planned(tmp_path)[0]
    claim = sending._claim

    def claim_and_then(*args: Any, **kwargs: Any) -> Any:
        claimed = claim(*args, **kwargs)
        if what == "payment":
            row = {
                **PAYMENT,
                "reference": "P-late",
                "loan_number": "L-0000",
                "value_on": "2026-03-11",
                "received_at": "2026-03-11T13:59:00Z",
            }
            command("import_payments", a_file(tmp_path / "late.csv", row))
        elif what == "hold":
            hold = holds.request_hold(
                Case.objects.get(),
                reason="hardship",
                from_on=DAY_1,
                until_on=None,
                by=a_user("collector"),
                because="ill",
            )
            holds.approve_hold(hold, by=a_user("supervisor"), because="seen")
        else:
            receipts.refuse_medium(
                contact.person,
                contact_point=contact.contact_point,
                channels=["sms"],
                at=MORNING,
                by=a_user("collector"),
                because="STOP",
            )
        monkeypatch.setattr(sending, "_claim", claim)
        return claimed

    monkeypatch.setattr(sending, "_claim", claim_and_then)
    done = dispatch(at=MORNING)
    assert (done.sent, done.released) == (0, 1)
    assert outbox("sms") == []
    contact.refresh_from_db()
    assert (contact.state, contact.clearance_id, contact.text_sha256) == ("planned", None, "")


def test_a_worker_that_ends_between_claim_and_attempt_leaves_the_message_in_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = planned(tmp_path)[0]
    monkeypatch.setattr(sending, "_speak", lambda *a: (_ for _ in ()).throw(Interrupted()))
    with pytest.raises(Interrupted):
        dispatch(at=MORNING)
    monkeypatch.undo()
    contact.refresh_from_db()
    assert (contact.state, contact.attempted_at) == ("sending", None)
    later = MORNING + dt.timedelta(minutes=5)
    done = dispatch(at=later)
    assert (done.released, done.sent) == (1, 1)
    assert len(outbox("sms")) == 1


def test_a_worker_that_ends_after_speaking_leaves_it_unconfirmed_and_nobody_sends_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = planned(tmp_path)[0]
    monkeypatch.setattr(sending, "_settle_sent", lambda *a: (_ for _ in ()).throw(Interrupted()))
    with pytest.raises(Interrupted):
        dispatch(at=MORNING)
    monkeypatch.undo()
    assert len(outbox("sms")) == 1
    done = dispatch(at=MORNING + dt.timedelta(minutes=5))
    assert (done.unconfirmed, done.sent) == (1, 0)
    contact.refresh_from_db()
    assert contact.state == "unconfirmed"
    assert len(outbox("sms")) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_that_are_killed_at_any_moment_send_nothing_twice(tmp_path: Path) -> None:
    contacts = planned(tmp_path, loans=12)
    for kill_after in range(12):
        connections.close_all()
        child = os.fork()
        if child == 0:
            _send_until(kill_after)
        _, status = os.waitpid(child, 0)
        left = [m["contact_id"] for m in outbox("sms")]
        assert len(left) == len(set(left))
        if not os.WIFSIGNALED(status):
            break
    dispatch(at=MORNING + dt.timedelta(minutes=30))
    states = dict(Contact.objects.filter(channel="sms").values_list("pk", "state"))
    kills = kill_after + 1
    left = [m["contact_id"] for m in outbox("sms")]
    assert len(left) == len(set(left))
    assert len(states) == len(contacts)
    # Each is known to have left, and did, once; or is unconfirmed, at most one for each worker that died.
    assert {pk for pk, state in states.items() if state == "sent"} <= set(left)
    assert {state for pk, state in states.items() if pk not in left} <= {"unconfirmed"}
    assert list(states.values()).count("unconfirmed") <= kills


def _send_until(kill_after: int) -> None:
    """In a process of its own: send, and be killed in the middle of the message after so many."""
    spoken = 0
    write = console.Outbox.send

    def write_or_die(self: Any, envelope: Any, *, at: Any) -> Any:
        nonlocal spoken
        if spoken == kill_after % 3:
            if kill_after % 2:
                write(self, envelope, at=at)  # it left, and the worker dies before it can say so
            os.kill(os.getpid(), signal.SIGKILL)
        spoken += 1
        return write(self, envelope, at=at)

    console.Outbox.send = write_or_die  # type: ignore[method-assign]
    try:
        connection.ensure_connection()
        dispatch(at=MORNING + dt.timedelta(minutes=3 * kill_after))
    finally:
        os._exit(0)


@pytest.mark.parametrize("channel", ["sms", "email", "letter", "push"])
def test_the_red_button_stops_each_channel_until_a_second_person_lifts_it(channel: str, tmp_path: Path) -> None:
    contact = planned(tmp_path)[0]
    boss, other = a_user("supervisor"), a_user("supervisor")
    Contact.objects.filter(pk=contact.pk).update(channel=channel)
    stop = stops.stop_all(channel=channel, because="a wrong rate was printed", by=boss, at=MORNING)
    assert stop.because == "a wrong rate was printed"
    assert dispatch(at=MORNING).sent == 0
    assert outbox(channel) == []
    with pytest.raises(Exception, match="second person"):
        stops.lift(stop, because="mended", by=boss, at=MORNING)
    stops.lift(stop, because="mended", by=other, at=MORNING)
    assert not sending.is_stopped(channel)


def test_live_refuses_to_send_while_a_draft_is_in_force(tmp_path: Path, settings: Any) -> None:
    planned(tmp_path)
    settings.OUTBOUND = "live"
    with pytest.raises(Exception, match="draft"):
        dispatch(at=MORNING)
    assert outbox("sms") == []


def test_a_message_whose_channel_says_later_goes_back_to_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = planned(tmp_path)[0]

    def busy(self: Any, envelope: Any, *, at: Any) -> Any:
        raise ChannelError("The gateway is busy.", permanent=False)

    monkeypatch.setattr(console.Outbox, "send", busy)
    done = dispatch(at=MORNING)
    contact.refresh_from_db()
    assert (done.sent, contact.state) == (0, "planned")
    monkeypatch.undo()
    assert dispatch(at=MORNING + dt.timedelta(minutes=10)).sent == 1


def test_an_invalid_number_takes_the_ladders_fallback(tmp_path: Path) -> None:
    load_policies()
    command("import_loans", a_file(tmp_path / "loans.csv", LOAN))
    command("import_payments", a_file(tmp_path / "p.csv", PAYMENT))
    mobile = ContactPoint.objects.get(kind="mobile")
    fsm.apply(mobile, "mark_invalid", by=a_user("collector"), because="no such number")
    close(DAY_1)
    assert list(Contact.objects.values_list("channel", "template")) == [("email", "first_notice")]
    assert dispatch(at=MORNING).sent == 1
    assert outbox("email")[0]["to"] == "ana.reyes@example.org"


def test_live_refuses_a_loan_whose_law_is_assumed_and_names_it(tmp_path: Path, settings: Any) -> None:
    [contact] = planned(tmp_path)
    officer = a_user("compliance_officer")
    for policy in PolicyVersion.objects.all():
        fsm.apply(policy, "release", by=officer, because="read and found right")
    settings.OUTBOUND = "live"
    Loan.objects.update(law_on=dt.date(2026, 3, 1))
    with pytest.raises(DomainError, match="the law of L-0000 is assumed") as refused:
        dispatch(at=MORNING)
    assert refused.value.code == "law_assumed"
    contact.refresh_from_db()
    assert contact.state == "planned"
    # What is due only later does not stop the others today.
    assert dispatch(at=MORNING - dt.timedelta(days=1)).as_json()["sent"] == 0


def test_the_history_of_a_message_that_was_put_off_says_until_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [contact] = planned(tmp_path)

    def busy(self: Any, envelope: Any, *, at: Any) -> Any:
        raise ChannelError("The gateway is busy.", permanent=False, retry_after=dt.timedelta(minutes=20))

    monkeypatch.setattr(console.Outbox, "send", busy)
    dispatch(at=MORNING)
    contact.refresh_from_db()
    assert contact.not_before == MORNING + dt.timedelta(minutes=20)
    assert_history_is_whole(contact)


def test_a_dispatch_says_which_channels_the_red_button_held(tmp_path: Path) -> None:
    planned(tmp_path)
    stops.stop_all(channel="sms", because="a wrong rate", by=a_user("supervisor"), at=MORNING)
    assert dispatch(at=MORNING).stopped == ["sms"]


def test_a_channel_that_is_not_set_up_is_told_only_where_something_waits_for_it(tmp_path: Path, settings: Any) -> None:
    planned(tmp_path)
    settings.OUTBOUND, settings.OUTBOUND_ALLOWLIST, settings.SMS_GATEWAY_URL = "allowlist", ["+15735550100"], ""
    assert list(dispatch(at=MORNING).not_configured) == ["sms"]
