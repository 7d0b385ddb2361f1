"""What programs rely on: arguments, exit codes and keys of the commands (the interface of the house)."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from collections_app.channels import console
from collections_app.channels.base import ChannelError
from collections_app.models import Case, Loan, SendingStop
from collections_app.services import stops
from tests.factories.loans import a_loan
from tests.factories.staff import a_user
from tests.walks.ground import LOAN, PAYMENT, a_file, close, command, load_policies

pytestmark = pytest.mark.django_db

DAY_1 = dt.date(2026, 3, 11)
MORNING = "2026-03-11T14:00:00Z"


def run(name: str, *args: str) -> tuple[dict[str, Any], int]:
    """The JSON object of a command and its exit code."""
    out = io.StringIO()
    try:
        call_command(name, *args, "--json", stdout=out, stderr=io.StringIO())
    except CommandError as error:
        return json.loads(out.getvalue() or "{}"), error.returncode
    return json.loads(out.getvalue()), 0


def two_late_loans(folder: Path) -> None:
    load_policies()
    rows = [
        {**LOAN, "number": n, "debtor_number": f"B-{n}", "debtor_mobile": f"+1573555010{i}"}
        for i, n in enumerate(("L-1", "L-2"))
    ]
    paid = ({**PAYMENT, "reference": f"P-{row['number']}", "loan_number": row["number"]} for row in rows)
    command("import_loans", a_file(folder / "loans.csv", *rows))
    command("import_payments", a_file(folder / "payments.csv", *paid))


# -- run_day -----------------------------------------------------------------------------------------


def test_run_day_gives_its_keys_and_ends_with_0(tmp_path: Path) -> None:
    two_late_loans(tmp_path)
    told, code = run("run_day", "--date", "2026-03-11")
    assert code == 0
    assert {"date", "caught_up", "steps", "moved", "planned", "withheld", "seconds"} <= set(told)
    assert (told["date"], told["planned"], told["set_aside"]) == ("2026-03-11", {"sms": 2}, 0)


def test_run_day_ends_with_1_when_a_loan_was_set_aside_also_on_a_day_that_was_caught_up(tmp_path: Path) -> None:
    two_late_loans(tmp_path)
    close(dt.date(2026, 3, 10))
    Loan.objects.filter(number="L-2").update(product="yacht")
    told, code = run("run_day", "--date", "2026-03-11")
    assert (told["set_aside"], code) == (1, 1)
    assert Case.objects.count() == 1, "the other loan was done"
    told, code = run("run_day", "--date", "2026-03-13")
    assert (told["caught_up"], told["set_aside"], code) == (["2026-03-12"], 2, 1)


def test_run_day_behind_a_closed_day_says_so_and_ends_with_1(tmp_path: Path) -> None:
    two_late_loans(tmp_path)
    close(DAY_1)
    told, code = run("run_day", "--date", "2026-03-09")
    assert (told["error"]["code"], code) == ("day_behind", 1)


@pytest.mark.parametrize(
    ("name", "args", "sentence"),
    [
        ("run_day", ["--date", "20260311"], "“20260311” is not a date such as 2026-03-31"),
        ("run_day", ["--date", "tomorrow"], "“tomorrow” is not a date such as 2026-03-31"),
        ("run_day", ["--workers", "0"], "“0” is not a whole number from 1 on"),
        ("dispatch", ["--limit", "-3"], "“-3” is not a whole number from 1 on"),
        ("dispatch", ["--limit", "²"], "“²” is not a whole number from 1 on"),
        ("dispatch", ["--at", "2026-03-11"], "“2026-03-11” is not an instant such as 2026-03-31T14:05:00Z"),
        ("import_loans", ["loans.csv", "--as-of", "11/3/26"], "“11/3/26” is not a date such as 2026-03-31"),
        ("import_payments", ["p.csv", "--as-of", "2026-W11-3"], "“2026-W11-3” is not a date such as 2026-03-31"),
        ("make_portfolio", ["--loans", "0", "--out", "x"], "“0” is not a whole number from 1 on"),
    ],
)
def test_a_value_in_another_form_is_wrong_usage_and_the_sentence_shows_the_right_one(
    name: str, args: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command(name, *args, stdout=io.StringIO(), stderr=io.StringIO())


# -- dispatch ----------------------------------------------------------------------------------------


def test_dispatch_gives_its_keys_and_ends_with_0(tmp_path: Path) -> None:
    two_late_loans(tmp_path)
    close(DAY_1)
    told, code = run("dispatch", "--at", MORNING, "--limit", "1")
    assert ({k: told[k] for k in ("sent", "failed", "withheld", "unconfirmed", "cancelled")}, code) == (
        {"sent": 1, "failed": 0, "withheld": {}, "unconfirmed": 0, "cancelled": 0}, 0,
    )  # fmt: skip
    assert run("dispatch", "--at", MORNING)[0]["sent"] == 1


def test_dispatch_ends_with_1_when_a_message_was_refused_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_late_loans(tmp_path)
    close(DAY_1)

    def refuse(self: Any, envelope: Any, *, at: Any) -> Any:
        raise ChannelError("Unknown subscriber.", permanent=True)

    monkeypatch.setattr(console.Outbox, "send", refuse)
    told, code = run("dispatch", "--at", MORNING)
    assert (told["failed"], code) == (2, 1)


def test_dispatch_ends_with_1_while_a_channel_is_stopped(tmp_path: Path) -> None:
    stops.stop_all(
        channel="sms", because="a wrong rate", by=a_user("supervisor"), at=dt.datetime.fromisoformat(MORNING)
    )
    told, code = run("dispatch", "--at", MORNING)
    assert (told["stopped"], told["sent"], code) == (["sms"], 0, 1)


def test_a_real_message_leaves_now_or_not_at_all(settings: Any) -> None:
    settings.OUTBOUND = "live"
    assert run("dispatch", "--at", MORNING) == ({}, 2)


# -- stop_all ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "channel"), [([], ""), (["--channel", "sms"], "sms"), (["--channel", "visit"], "visit")]
)
def test_stop_all_stops_one_channel_or_all_and_says_which(args: list[str], channel: str) -> None:
    told, code = run("stop_all", *args, "--because", "a wrong rate was printed")
    stop = SendingStop.objects.get()
    assert (told["stopped"], told["stop"], code) == (channel or "all", stop.pk, 0)
    assert (stop.channel, stop.because, stop.lifted_at) == (channel, "a wrong rate was printed", None)


def test_who_stopped_it_cannot_lift_it() -> None:
    boss = a_user("supervisor", name="priya")
    run("stop_all", "--because", "a wrong rate", "--by", "priya")
    with pytest.raises(Exception, match="a second person must lift it"):
        stops.lift(SendingStop.objects.get(), because="mended", by=boss, at=dt.datetime.fromisoformat(MORNING))


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--because", " "], 1),
        (["--because", "x", "--channel", "pigeon"], 1),
        (["--because", "x", "--by", "nobody"], 2),
    ],
)
def test_a_stop_that_means_nothing_is_refused_and_nothing_stops(args: list[str], code: int) -> None:
    assert run("stop_all", *args)[1] == code
    assert not SendingStop.objects.exists()


# -- make_demo ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [[], ["--fresh"]])
def test_production_is_never_emptied_nor_given_users_whose_passwords_everybody_knows(
    args: list[str], settings: Any
) -> None:
    settings.ENVIRONMENT = "production"
    loan = a_loan()
    told, code = run("make_demo", *args)
    assert (told["error"]["code"], code) == ("demo_in_production", 1)
    assert Loan.objects.get() == loan
    assert not get_user_model().objects.filter(is_active=True).exists()


def test_a_database_with_loans_is_not_mixed_with_a_demo() -> None:
    a_loan()
    told, code = run("make_demo")
    assert (told["error"]["code"], code) == ("not_empty", 1)
    assert Loan.objects.count() == 1
