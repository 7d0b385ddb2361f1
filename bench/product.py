"""The product's own day: `close_days(ON)` whole, then the same day again.

Run as a program it prints one JSON object: costs of the first run, of asking for the closed day again (which answers
at once) and of calling every step again on every window of the closed day.
"""

from __future__ import annotations

import json
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from bench.book import ON
from bench.measure import Meter
from collections_app.daily.runner import close_days
from collections_app.kernel import actors, clock
from collections_app.kernel.steps import RunContext, StepResult, Window
from collections_app.models import DailyRun, RunWindow


def warm_up() -> None:
    """Each step once on the first hundred loans or borrowers, taken back: the process is then what a worker between two
    runs is, with its modules, holiday calendars and parsed policies loaded."""
    with transaction.atomic():
        run = DailyRun.objects.create(date=ON, opened_at=clock.now(), started_by="warm-up")
        context = RunContext(date=ON, run=run, by=actors.machine(actors.RUN))
        for path in settings.DAILY_STEPS:
            import_string(path)(context, Window(0, 1, 100))
        transaction.set_rollback(True)


def all_steps_again() -> StepResult:
    """Every step of the closed day on every one of its windows, each in its own transaction as the run does it."""
    run = DailyRun.objects.get(date=ON, state=DailyRun.State.CLOSED)
    context = RunContext(date=ON, run=run, by=actors.machine(actors.RUN), newest=run.newest)
    total = StepResult()
    for path in settings.DAILY_STEPS:
        step: Any = import_string(path)
        for w in RunWindow.objects.filter(run=run, step=step.name).order_by("number"):
            with transaction.atomic():
                total.add(step(context, Window(w.number, w.first, w.last)))
    return total


def main() -> None:
    warm_up()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint % 4294967296")
        since = cursor.fetchone()[0]
    with Meter(connection) as first:
        result = close_days(ON)
    with Meter(connection) as asked_again:
        close_days(ON)
    with Meter(connection) as done_again:
        all_steps_again()
    windows = RunWindow.objects.filter(run__date=ON).order_by("position", "number")
    seconds: dict[str, float] = {}
    for step, spent in windows.values_list("step", "seconds"):
        seconds[step] = round(seconds.get(step, 0) + spent, 3)
    print(
        json.dumps(
            {
                "since": since, "first": first.cost.as_json(), "asked_again": asked_again.cost.as_json(),
                "done_again": done_again.cost.as_json(), "result": result, "wall_by_step": seconds,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
