"""Closes days: oldest first, each exactly once, window by window."""

from __future__ import annotations

import datetime as dt
import fcntl
import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.db.models import Max, Min
from django.utils.module_loading import import_string

from collections_app.kernel import actors, clock, fsm
from collections_app.kernel.errors import DomainError
from collections_app.kernel.steps import Over, RunContext, Step, StepResult, Window
from collections_app.models import DailyRun, Loan, Person, RunWindow, SetAside

WINDOW = 25_000  # keys a window: a larger one takes more memory, a smaller one more queries a loan
ASIDE_LIMIT = 50  # more poisoned loans than this in one step is a broken step, not broken loans
SAME_FAULT_LIMIT = 3  # so many loans with the very same fault of the program: the program is broken, not the loans
FAULTS_OF_PROGRAM = (AttributeError, TypeError, NameError, ImportError)
RUN_LOCK = 727_001  # advisory key of the run; never reuse


def close_days(
    date: dt.date,
    *,
    by: Any = None,
    workers: int = 1,
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Close `date`, and before it every date missed since the last closed one. Gives the keys of `run_day`.

    The same date twice does nothing; a date behind a closed one is refused; two runs at once are refused.
    """
    began = clock.process_seconds()
    with _only_one():
        last = DailyRun.objects.filter(state=DailyRun.State.CLOSED).aggregate(last=Max("date"))["last"]
        if (
            last is not None
            and date < last
            and not DailyRun.objects.filter(date=date, state=DailyRun.State.CLOSED).exists()
        ):
            raise DomainError(
                "day_behind",
                f"{date} lies behind {last}, which is closed; a day cannot be closed after a later one.",
                date=date,
                last=last,
            )
        if last is not None and date <= last:
            return _result(DailyRun.objects.get(date=date), [], clock.process_seconds() - began)
        missed = _missed(last, date)
        if dry_run:
            return _dry(missed, date, by, began)
        for day in [*missed, date]:
            progress(f"closing {day}")
            close_day(day, by=by, workers=workers, newest=day == date)
        return _result(DailyRun.objects.get(date=date), missed, clock.process_seconds() - began)


def _missed(last: dt.date | None, date: dt.date) -> list[dt.date]:
    if last is None:
        unfinished = DailyRun.objects.filter(state=DailyRun.State.OPEN, date__lt=date).aggregate(first=Min("date"))[
            "first"
        ]
        last = unfinished - dt.timedelta(days=1) if unfinished else date - dt.timedelta(days=1)
    return [last + dt.timedelta(days=n) for n in range(1, (date - last).days)]


def _dry(missed: list[dt.date], date: dt.date, by: Any, began: float) -> dict[str, Any]:
    """Do it all in one transaction and take it back: what the run would do, exactly."""
    with transaction.atomic():
        for day in [*missed, date]:
            close_day(day, by=by, workers=1, newest=day == date)
        result = _result(DailyRun.objects.get(date=date), missed, clock.process_seconds() - began)
        transaction.set_rollback(True)
    return {**result, "dry_run": True}


def close_day(date: dt.date, *, by: Any = None, workers: int = 1, newest: bool = True) -> DailyRun:
    """Close one date: open its run (or take up the one that was broken off), do every step, close it."""
    by = by or actors.machine(actors.RUN)
    run, _ = DailyRun.objects.get_or_create(
        date=date, defaults={"opened_at": clock.now(), "started_by": by.get_username(), "newest": newest}
    )
    if run.state == DailyRun.State.CLOSED:
        return run
    context = RunContext(date=date, run=run, by=actors.machine(actors.RUN), newest=run.newest)
    for position, path in enumerate(settings.DAILY_STEPS):
        step: Step = import_string(path)
        _lay_out(run, step, position)
        _work(context, step, workers)
    return _close(run)


def _close(run: DailyRun) -> DailyRun:
    total = StepResult()
    steps: dict[str, dict[str, int]] = {}
    for w in RunWindow.objects.filter(run=run).order_by("position", "number"):
        result = StepResult.from_json(w.result)
        total.add(result)
        counts = steps.setdefault(w.step, {})
        for k, v in result.counts.items():
            counts[k] = counts.get(k, 0) + v
    body = total.as_json()
    return fsm.apply(
        run,
        "close",
        by=actors.machine(actors.RUN),
        because="all windows are done",
        at=clock.now(),
        result={"steps": steps, "moved": body["moved"], "planned": body["planned"], "withheld": body["withheld"]},
    )


def _lay_out(run: DailyRun, step: Step, position: int) -> None:
    """The windows of a step: ranges of keys, made once."""
    if RunWindow.objects.filter(run=run, step=step.name).exists():
        return
    if step.over is Over.ONCE:
        ranges = [(0, 0)]
    else:
        model, key = (Loan, "id") if step.over is Over.LOANS else (Person, "group")
        ends = model.objects.aggregate(first=Min(key), last=Max(key))
        first, last = ends["first"], ends["last"]
        ranges = [] if first is None else [(a, min(a + WINDOW - 1, last)) for a in range(first, last + 1, WINDOW)]
    RunWindow.objects.bulk_create(
        [
            RunWindow(run=run, step=step.name, position=position, number=n, first=a, last=b)
            for n, (a, b) in enumerate(ranges)
        ],
        ignore_conflicts=True,
    )


def _work(context: RunContext, step: Step, workers: int) -> None:
    if workers <= 1 or connection.vendor != "postgresql" or step.over is Over.ONCE:
        while _one_window(context, step):
            pass
        return
    failures: list[BaseException] = []

    def loop() -> None:
        try:
            while _one_window(context, step):
                pass
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=loop) for _ in range(workers)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        raise failures[0]


def _one_window(context: RunContext, step: Step) -> bool:
    """Claim the next window by its row lock, do it and check it off, in one transaction. False when none is left."""
    claimed: RunWindow | None = None
    try:
        with transaction.atomic():
            rows = RunWindow.objects.filter(run=context.run, step=step.name, done=False).order_by("number")
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True, of=("self",))
            claimed = rows.first()
            if claimed is None:
                return False
            began = clock.process_seconds()
            with _no_collector():
                result = step(context, Window(claimed.number, claimed.first, claimed.last))
            claimed.done, claimed.result = True, result.as_json()
            claimed.seconds = clock.process_seconds() - began
            claimed.save(update_fields=["done", "result", "seconds"])
    except OperationalError:
        raise  # the database itself: a poisoned loan does not look like this
    except Exception as error:
        context.forget()
        if claimed is None or step.over is Over.ONCE:
            raise
        _divide(context, step, claimed, error)
    return True


@contextmanager
def _no_collector() -> Iterator[None]:
    """Python's cycle collector rests: a window makes hundreds of thousands of objects and hardly a cycle, and it would look
    at all of them time and again (a seventh of the processor time of the day)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _divide(context: RunContext, step: Step, window: RunWindow, error: Exception) -> None:
    """Halve a window that failed until the poisoned loan stands alone; set it aside with its reason."""
    with transaction.atomic():
        locked = RunWindow.objects.select_for_update().get(pk=window.pk)
        if locked.done:
            return
        if locked.first < locked.last:
            middle = (locked.first + locked.last) // 2
            number = RunWindow.objects.filter(run=context.run, step=step.name).aggregate(m=Max("number"))["m"] + 1
            RunWindow.objects.create(
                run=context.run,
                step=step.name,
                position=locked.position,
                number=number,
                first=middle + 1,
                last=locked.last,
            )
            locked.last = middle
            locked.save(update_fields=["last"])
            return
        reason = f"{type(error).__name__}: {error}"[:2000]
        aside = SetAside.objects.filter(run=context.run, step=step.name)
        if aside.count() >= ASIDE_LIMIT:
            raise error
        if isinstance(error, FAULTS_OF_PROGRAM) and aside.filter(reason=reason).count() >= SAME_FAULT_LIMIT:
            raise error
        loan = (
            Loan.objects.filter(pk=locked.first).first()
            if step.over is Over.LOANS
            else Loan.objects.filter(group=locked.first).order_by("pk").first()
        )
        SetAside.objects.create(run=context.run, step=step.name, loan=loan, reason=reason)
        locked.done, locked.result = True, {"counts": {"set_aside": 1}}
        locked.save(update_fields=["done", "result"])


@contextmanager
def _only_one() -> Iterator[None]:
    """One run at a time: an advisory lock on PostgreSQL, a locked file beside SQLite; both fall with their process."""
    sentence = "A run is in progress already; wait until it has ended (the run page shows how far it is)."
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [RUN_LOCK])
            if not cursor.fetchone()[0]:
                raise DomainError("run_in_progress", sentence)
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [RUN_LOCK])
        return
    path = Path(settings.VAR_DIR) / "run.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DomainError("run_in_progress", sentence) from None
        yield


def _result(run: DailyRun, missed: Sequence[dt.date], seconds: float) -> dict[str, Any]:
    body = run.result or {}
    return {
        "date": run.date.isoformat(),
        "caught_up": [d.isoformat() for d in missed],
        "steps": body.get("steps", {}),
        "moved": body.get("moved", {}),
        "planned": body.get("planned", {}),
        "withheld": body.get("withheld", {}),
        "set_aside": SetAside.objects.filter(run__date__in=[*missed, run.date], resolved_at=None).count(),
        "seconds": round(seconds, 3),
    }
