"""The ground that all tests stand on: a fixed day, people by role, what needs PostgreSQL, where the tapes are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.db import connection

from tests.factories import cases, policy, staff

pytest.register_assert_rewrite("tests.asserts")

# The same cases on each machine and in each run: a property that fails here fails everywhere.
hypothesis.settings.register_profile(
    "house", derandomize=True, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("house")

NEEDS_POSTGRESQL = "needs PostgreSQL: set DATABASE_URL=postgres://…"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `postgresql` is skipped elsewhere, by name, and counted in the summary."""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return
    for item in items:
        if item.get_closest_marker("postgresql"):
            item.add_marker(pytest.mark.skip(reason=NEEDS_POSTGRESQL))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if NEEDS_POSTGRESQL in str(r.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests did not run: they need PostgreSQL (DATABASE_URL)")


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    """The outbox of one test: ids of contacts begin again with the next, and a contact is written once."""
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return settings.OUTBOX_DIR


@pytest.fixture
def on() -> dt.date:
    """The run date that the factories mean: Monday, 16 March 2026."""
    return cases.DAY


@pytest.fixture
def frozen_day() -> Iterator[dt.datetime]:
    """The clock stands at 15:00 UTC (10:00 in Chicago) of that day, for what reads `kernel.clock`."""
    at = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)
    with time_machine.travel(at, tick=False):
        yield at


@pytest.fixture
def run(db: None, on: dt.date) -> Any:
    """The open daily run of `on`."""
    return policy.a_run(on)


@pytest.fixture
def ladder(db: None) -> Any:
    """The six-day ladder, as a row."""
    return policy.a_ladder()


@pytest.fixture
def machine(db: None) -> Any:
    """The daily run as an actor."""
    return staff.a_machine("daily-run")


@pytest.fixture
def collector(db: None) -> Any:
    return staff.a_user("collector")


@pytest.fixture
def supervisor(db: None) -> Any:
    return staff.a_user("supervisor")


@pytest.fixture
def compliance_officer(db: None) -> Any:
    return staff.a_user("compliance_officer")


@pytest.fixture
def lawyer(db: None) -> Any:
    return staff.a_user("lawyer")


@pytest.fixture
def auditor(db: None) -> Any:
    return staff.a_user("auditor")


@pytest.fixture
def tapes() -> Path:
    """The folder of the real loan tapes, which are not part of the repository."""
    if settings.SHARED_DATA_DIR is None:
        pytest.skip("no loan tapes: looked in TAPES_DIR and in ../shared/data beside the checkout")
    return Path(settings.SHARED_DATA_DIR)


@pytest.fixture
def on_postgresql() -> bool:
    return connection.vendor == "postgresql"
