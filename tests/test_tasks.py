"""The background: what the clock starts exists, and a real worker takes it from the real broker."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import connection
from kombu import Exchange, Queue

from collections_app import tasks
from collections_app.daily import runner
from collections_app.kernel import actors, fsm
from collections_app.models import Contact, DailyRun
from tests.walks.ground import LOAN, PAYMENT, a_file, command, load_policies, outbox

pytestmark = pytest.mark.django_db


def a_late_loan(folder: Path) -> None:
    load_policies()
    command("import_loans", a_file(folder / "loans.csv", LOAN))
    command("import_payments", a_file(folder / "payments.csv", PAYMENT))


def test_everything_that_the_clock_starts_is_a_task_that_a_worker_knows() -> None:
    current_app.loader.import_default_modules()
    started = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert started == {"collections_app.tasks.dispatch", "collections_app.tasks.close_day"}
    assert started <= set(current_app.tasks)


def test_the_day_is_closed_and_its_messages_are_sent_by_tasks(frozen_day: dt.datetime, tmp_path: Path) -> None:
    a_late_loan(tmp_path)
    told = tasks.close_day.delay().get()
    assert told["date"] == "2026-03-16"
    assert DailyRun.objects.get().state == "closed"
    sent = tasks.dispatch.delay().get()
    assert sent["sent"] == Contact.objects.filter(state="sent").count() == len(outbox("letter") + outbox("email"))
    assert tasks.dispatch.delay().get()["sent"] == 0


def test_a_run_that_is_in_progress_is_left_alone(frozen_day: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def taken() -> Iterator[None]:
        raise runner.DomainError("run_in_progress", "A run is in progress already.")
        yield

    monkeypatch.setattr(runner, "_only_one", taken)
    assert tasks.close_day.delay().get() == {"skipped": "A run is in progress already."}
    assert not DailyRun.objects.exists()


def test_any_other_refusal_of_the_day_is_an_error_of_the_task(
    frozen_day: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = DailyRun.objects.create(date=dt.date(2026, 3, 20), opened_at=frozen_day, started_by="ops")
    fsm.apply(run, "close", by=actors.machine(actors.RUN), because="all windows are done", at=frozen_day, result={})
    with pytest.raises(runner.DomainError, match="lies behind 2026-03-20"):
        tasks.close_day.delay().get()


# -- with the real broker ----------------------------------------------------------------------------


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue of this test's own on the configured broker; tasks go there instead of running where they are called."""
    name = f"dunwell-test-{uuid.uuid4().hex}"
    current_app.conf.task_always_eager = False
    try:
        yield name
    finally:
        current_app.conf.task_always_eager = True
        with current_app.connection_for_write() as broker:
            made = Queue(name, Exchange(name), routing_key=name)(broker.default_channel)
            made.declare()  # the channel takes away only bindings that it has seen
            made.delete()


@contextlib.contextmanager
def a_worker(queue: str, outbox_folder: Path) -> Iterator[None]:
    """A worker in a process of its own, on the database of this test."""
    db = connection.settings_dict
    server = f"{db['USER']}{':' + db['PASSWORD'] if db['PASSWORD'] else ''}@{db['HOST']}:{db['PORT'] or 5432}"
    worker = subprocess.Popen(
        [
            *(
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "celery",
                "--quiet",
                "-A",
                "config",
                "worker",
                "--pool",
                "solo",
                "--queues",
                queue,
            ),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": f"postgres://{server}/{db['NAME']}",
            "OUTBOX_DIR": str(outbox_folder),
        },
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def waiting(queue: str) -> int:
    """Messages that lie on the broker."""
    with current_app.connection_for_read() as broker:
        return int(broker.default_channel.queue_declare(queue).message_count)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_the_day_from_the_broker_and_a_message_told_twice_does_no_harm(
    queue: str, outbox: Path, tmp_path: Path
) -> None:
    a_late_loan(tmp_path)
    days = [tasks.close_day.apply_async(queue=queue) for _ in range(2)]
    assert waiting(queue) == 2
    assert not DailyRun.objects.exists(), "nothing ran where it was called"
    with a_worker(queue, outbox):
        told = [day.get(timeout=90) for day in days]
        sent = [tasks.dispatch.apply_async(queue=queue).get(timeout=90) for _ in range(2)]
    assert waiting(queue) == 0
    run = DailyRun.objects.get()
    assert (run.state, {t["date"] for t in told}) == ("closed", {run.date.isoformat()})
    assert told[0]["planned"] == told[1]["planned"]
    assert sum(s["sent"] for s in sent) == Contact.objects.filter(state="sent").count()
    assert len(list(outbox.rglob("*.json"))) == sum(s["sent"] for s in sent)
    broker: Any = current_app.connection_for_read()
    assert broker.transport_cls == django_settings.CELERY_BROKER_URL.partition("://")[0]
