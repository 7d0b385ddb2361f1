"""Holds and promises: what they stop, that they end by themselves, and that days stopped are not counted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from collections_app.kernel.errors import Refused
from collections_app.models import Contact, Hold, Promise
from collections_app.services import holds, promises
from tests.factories.staff import a_user

from .ground import close, close_through, d, lend, pay, planned, the_case

pytestmark = pytest.mark.django_db


def an_approved_hold(until_day: int, from_day: int = 12, **stops: object) -> Hold:
    hold = holds.request_hold(
        the_case(),
        reason="hardship",
        from_on=d(3, from_day),
        until_on=d(3, until_day),
        by=a_user("collector"),
        because="lost her job",
        **stops,
    )  # type: ignore[arg-type]
    return holds.approve_hold(hold, by=a_user("supervisor"), because="letter seen")


def test_a_hold_needs_a_second_person(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    boss = a_user("supervisor")
    hold = holds.request_hold(the_case(), reason="hardship", from_on=d(3, 12), until_on=None, by=boss, because="ill")
    with pytest.raises(Refused, match="second person"):
        holds.approve_hold(hold, by=boss, because="I say so")


def test_while_a_hold_is_in_force_no_contact_is_planned_and_no_stage_moves(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    an_approved_hold(until_day=20)
    close_through(d(3, 12), d(3, 20))
    assert the_case().stage == "early"
    assert [s for s, _, _ in planned()] == ["first_notice"]


def test_a_hold_ends_by_itself_and_the_days_it_stopped_are_not_counted(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    an_approved_hold(until_day=20)  # nine days, the 12th to the 20th
    close_through(d(3, 12), d(3, 21))
    case = the_case()
    assert Hold.objects.get().state == "ended"
    assert (case.stopped_days, case.day(d(3, 21)), case.stage) == (9, 2, "early")
    assert ("first_call", "voice", "planned") in planned()
    close_through(d(3, 22), d(3, 23))
    assert the_case().stage == "mid"


def test_two_holds_over_the_same_days_stop_each_day_once(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    an_approved_hold(until_day=14)
    an_approved_hold(until_day=16, from_day=13)
    close_through(d(3, 12), d(3, 17))
    assert the_case().stopped_days == 5


def test_a_hold_ended_early_lets_the_case_go_on(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    hold = an_approved_hold(until_day=30)
    close(d(3, 12))
    holds.end_hold(hold, on=d(3, 12), by=a_user("supervisor"), because="she found work")
    close(d(3, 13))
    assert (the_case().stopped_days, the_case().day(d(3, 13))) == (1, 2)


def test_a_hold_that_stops_contacts_only_lets_the_days_run(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    an_approved_hold(until_day=20, stops=("contacts",))
    close_through(d(3, 12), d(3, 16))
    assert (the_case().stage, [s for s, _, _ in planned()]) == ("late", ["first_notice"])


def a_promise(day: int, amount: str = "105.50") -> Promise:
    return promises.make_promise(
        the_case(),
        amount=Decimal(amount),
        due_on=d(3, day),
        made_on=d(3, 11),
        by=a_user("collector"),
        because="said on the phone",
    )


def test_a_promise_is_kept_when_its_money_came_and_contacts_wait_meanwhile(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    a_promise(13)
    result = close(d(3, 12))
    assert result["steps"]["contacts"]["promise_open"] == 1
    pay(tmp_path, "L-1", d(3, 12))
    close(d(3, 13))
    assert Promise.objects.get().state == "kept"
    assert the_case().stage == "closed"


def test_a_promise_is_broken_the_day_after_and_the_ladder_goes_on(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    a_promise(12)
    pay(tmp_path, "L-1", d(3, 12), amount="50.00")  # not all of it
    close(d(3, 12))
    assert Promise.objects.get().state == "open"
    close(d(3, 13))
    promise = Promise.objects.get()
    assert (promise.state, promise.settled_on) == ("broken", d(3, 13))


def test_a_newer_promise_takes_the_place_of_the_older(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    a_promise(12)
    a_promise(15)
    assert sorted(Promise.objects.values_list("state", flat=True)) == ["open", "withdrawn"]
    assert Contact.objects.count() == 1
