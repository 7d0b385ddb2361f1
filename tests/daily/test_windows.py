"""What the windows of a run share, and what they do not."""

from __future__ import annotations

import datetime as dt
import gc
import threading
from pathlib import Path
from typing import Any

import pytest

from collections_app.daily import runner
from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.models import Contact, DailyRun, FactSheet, RunWindow, SetAside
from tests.daily.ground import close_through, d, lend
from tests.walks.ground import close

pytestmark = pytest.mark.django_db


class Something:
    """What a step might keep."""


def a_context() -> RunContext:
    return RunContext(date=d(3, 11), run=None, by=None)


def test_what_is_kept_for_a_run_is_made_once_for_each_worker():
    context = a_context()
    mine = context.keep(Something)
    assert context.keep(Something) is mine
    theirs: list[Any] = []
    other = threading.Thread(target=lambda: theirs.append(context.keep(Something)))
    other.start()
    other.join()
    assert theirs[0] is not mine
    assert a_context().keep(Something) is not mine


def test_what_was_kept_is_made_anew_after_a_window_failed():
    context = a_context()
    mine = context.keep(Something)
    context.forget()
    assert context.keep(Something) is not mine


def test_a_fact_sheet_that_went_with_a_failed_window_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate remembers which sheets it has written; those of a window that was rolled back are not there."""
    lend(tmp_path, "L-1", "L-2")
    close_through(d(3, 1), d(3, 10))
    written = runner.import_string("collections_app.daily.steps.contacts.contacts")
    failures = iter([True])

    @step("contacts", Over.GROUPS)
    def stumbles(context: RunContext, window: Window) -> StepResult:
        done = written(context, window)
        if next(failures, False):
            raise ValueError("after the work is done")
        return done

    imported = runner.import_string
    monkeypatch.setattr(runner, "import_string", lambda p: stumbles if p.endswith(".contacts") else imported(p))
    close(d(3, 11))
    assert RunWindow.objects.filter(run__date=d(3, 11), step="contacts").count() == 2  # the window was divided
    assert not SetAside.objects.exists()
    planned = Contact.objects.filter(business_on=d(3, 11))
    assert planned.count() == 2
    assert FactSheet.objects.filter(judgements__contact__in=planned).exists()


def test_the_cycle_collector_rests_during_a_window_and_works_again_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    @step("looks", Over.ONCE)
    def looks(context: RunContext, window: Window) -> StepResult:
        seen.append(gc.isenabled())
        return StepResult()

    run = DailyRun.objects.create(date=d(3, 11), opened_at=dt.datetime(2026, 3, 11, tzinfo=dt.UTC), started_by="a test")
    RunWindow.objects.create(run=run, step="looks", position=0, number=0, first=0, last=0)
    assert runner._one_window(RunContext(date=run.date, run=run, by=None), looks)
    assert seen == [False]
    assert gc.isenabled()
