"""A day is closed exactly once: twice, after a kill, two at a time, behind a closed one, after missed days."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from django.utils.module_loading import import_string

from collections_app.daily import runner
from collections_app.daily.runner import close_days
from collections_app.kernel.errors import DomainError
from collections_app.models import Case, Contact, DailyRun, RunWindow, SetAside

from .ground import close, d, lend, planned, the_case

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    """Rows of every table of the collections floor."""
    return {m._meta.db_table: m._base_manager.count() for m in apps.get_app_config("collections_app").get_models()}


class Killed(BaseException):
    """The process ends here; nothing catches it."""


def test_the_second_run_of_a_day_writes_nothing(tmp_path: Path) -> None:
    lend(tmp_path, "L-1", "L-2")
    close(d(3, 11))
    before = rows()
    again = close(d(3, 11))
    assert rows() == before
    assert again["date"] == "2026-03-11"


def test_a_date_behind_a_closed_one_is_refused_with_a_sentence(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    with pytest.raises(DomainError, match="lies behind 2026-03-11, which is closed"):
        close(d(3, 9))


def test_missed_days_are_caught_up_oldest_first_and_only_the_newest_day_is_contacted(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    close(d(3, 11))
    result = close(d(3, 14))
    assert result["caught_up"] == ["2026-03-12", "2026-03-13"]
    assert the_case().stage == "mid"
    assert planned() == [("first_notice", "sms", "planned"), ("first_call", "voice", "cancelled")]
    superseded = Contact.objects.get(step="first_call")
    assert superseded.state_because.startswith("superseded")


def test_a_dry_run_says_what_the_run_would_do_and_keeps_nothing(tmp_path: Path) -> None:
    lend(tmp_path, "L-1", "L-2")
    before = rows()
    dry = close_days(d(3, 11), dry_run=True)
    assert rows() == before
    real = close(d(3, 11))
    assert {k: dry[k] for k in ("steps", "moved", "planned", "withheld")} == {
        k: real[k] for k in ("steps", "moved", "planned", "withheld")
    }


@pytest.mark.parametrize("step", ["book_payments", "cases", "ladder", "contacts"])
def test_a_run_that_is_broken_off_in_a_step_goes_on_where_it_was(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend(tmp_path, "L-1")
    whole = import_string(f"collections_app.daily.steps.{step}.{step}")
    real = runner.import_string

    def broken(path: str) -> Any:
        found = real(path)
        if found is not whole:
            return found

        def dies(context: Any, window: Any) -> Any:
            found(context, window)
            raise Killed

        dies.name, dies.over = found.name, found.over  # type: ignore[attr-defined]
        return dies

    monkeypatch.setattr(runner, "import_string", broken)
    with pytest.raises(Killed):
        close(d(3, 11))
    monkeypatch.undo()
    assert DailyRun.objects.get().state == "open"
    close(d(3, 11))
    assert DailyRun.objects.get().state == "closed"
    assert (Case.objects.count(), Case.history.count(), Contact.objects.count(), Contact.history.count()) == (
        1,
        1,
        1,
        1,
    )
    assert not RunWindow.objects.filter(done=False).exists()


def test_a_poisoned_loan_is_set_aside_and_the_others_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = lend(tmp_path, "L-1", "L-2")
    real = runner.import_string

    def poisoned(path: str) -> Any:
        found = real(path)
        if found.name != "ladder":
            return found

        def chokes(context: Any, window: Any) -> Any:
            if window.first <= bad.pk <= window.last:
                raise DomainError("no_due_date", "Instalment 3 has no due date.")
            return found(context, window)

        chokes.name, chokes.over = found.name, found.over  # type: ignore[attr-defined]
        return chokes

    monkeypatch.setattr(runner, "import_string", poisoned)
    result = close(d(3, 16))
    assert result["set_aside"] == 1
    aside = SetAside.objects.get()
    assert (aside.loan_id, aside.step) == (bad.pk, "ladder") and "no due date" in aside.reason
    assert (the_case("L-1").stage, the_case("L-2").stage) == ("late", "early")
    assert planned("L-2") == []


def test_a_fault_of_the_program_stops_the_run_instead_of_setting_everybody_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend(tmp_path, *(f"L-{n}" for n in range(8)))
    real = runner.import_string

    def broken(path: str) -> Any:
        found = real(path)
        if found.name != "ladder":
            return found

        def fails(context: Any, window: Any) -> Any:
            raise AttributeError("'Case' object has no attribute 'stge'")

        fails.name, fails.over = found.name, found.over  # type: ignore[attr-defined]
        return fails

    monkeypatch.setattr(runner, "import_string", broken)
    with pytest.raises(AttributeError):
        close(d(3, 11))
    assert DailyRun.objects.get().state == "open"


def test_two_runs_at_once_one_is_refused_with_a_sentence(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    with another_run(), pytest.raises(DomainError, match="in progress already"):
        close(d(3, 11))
    assert not DailyRun.objects.exists()
    assert close(d(3, 11))["planned"] == {"sms": 1}


@contextmanager
def another_run() -> Iterator[None]:
    """The lock of the run, held by somebody else: another session, or another holder of the file."""
    if connection.vendor == "sqlite":
        with runner._only_one():
            yield
        return
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [runner.RUN_LOCK])
            yield
            # Given back, not left to the end of the session, which the server sees a moment after we close it.
            cursor.execute("SELECT pg_advisory_unlock(%s)", [runner.RUN_LOCK])
    finally:
        other.close()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_frees_its_windows_at_once(tmp_path: Path) -> None:
    lend(tmp_path, "L-1")
    connections.close_all()
    child = os.fork()
    if child == 0:
        real = runner.import_string

        def deadly(path: str) -> Any:
            found = real(path)
            if found.name != "contacts":
                return found

            def dies(context: Any, window: Any) -> Any:
                found(context, window)
                os.kill(os.getpid(), signal.SIGKILL)

            dies.name, dies.over = found.name, found.over  # type: ignore[attr-defined]
            return dies

        runner.import_string = deadly  # type: ignore[assignment]
        connection.ensure_connection()
        close_days(d(3, 11))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert close_days(d(3, 11))["planned"] == {"sms": 1}
    assert Contact.objects.count() == 1


def test_money_valued_on_the_day_waits_for_the_next_run(tmp_path: Path) -> None:
    from .ground import pay

    lend(tmp_path, "L-1")
    pay(tmp_path, "L-1", d(3, 11))
    assert close(d(3, 11))["steps"]["cases"]["opened"] == 1
    assert close(d(3, 12))["moved"] == {"early→closed": 1}


def test_late_news_are_booked_at_once(tmp_path: Path) -> None:
    from collections_app.models import Payment

    from .ground import pay

    lend(tmp_path, "L-1")
    close(d(3, 12))
    pay(tmp_path, "L-1", d(3, 10), reference="late")
    assert Payment.objects.get(reference="late").booked_on == d(3, 12)
    assert close(d(3, 13))["moved"] == {"early→closed": 1}
