"""Ladders, presets and runs as rows. Their content is the loader's; a row is enough to point at."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from collections_app.kernel.history import create_by
from collections_app.models import DailyRun, PolicyVersion

from .staff import a_machine


def a_policy(
    ident: str, *, kind: str = "ladder", version: str = "2026.11.0", by: Any = None,
    effective_from: dt.date = dt.date(2026, 1, 1), source: str = "", **columns: Any,
) -> PolicyVersion:  # fmt: skip
    """The policy of this kind, name and version, made when it is not there yet."""
    found = PolicyVersion.objects.filter(kind=kind, ident=ident, version=version).first()
    return found or create_by(
        PolicyVersion, by=by or a_machine(), because="loaded", kind=kind, ident=ident, version=version,
        effective_from=effective_from, source=source, digest=hashlib.sha256(source.encode()).hexdigest(),
        loaded_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **columns,
    )  # fmt: skip


def a_ladder(ident: str = "six-day", **columns: Any) -> PolicyVersion:
    """A ladder."""
    return a_policy(ident, kind="ladder", **columns)


def a_preset(ident: str = "us-fed-regf", jurisdiction: str = "US", **columns: Any) -> PolicyVersion:
    """A jurisdiction's preset."""
    return a_policy(ident, kind="jurisdiction", jurisdiction=jurisdiction, **columns)


def a_run(date: dt.date = dt.date(2026, 3, 16), **columns: Any) -> DailyRun:
    """The open run of a date, made when it is not there yet."""
    return DailyRun.objects.filter(date=date).first() or DailyRun.objects.create(
        date=date, started_by="daily-run",
        **{"opened_at": dt.datetime.combine(date, dt.time(2, 5), tzinfo=dt.UTC), **columns},
    )  # fmt: skip
