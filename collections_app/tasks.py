"""Celery: names and dates in, one function called, counts out. Losing a task or running it twice does no harm."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from collections_app.daily.runner import close_days
from collections_app.kernel import clock
from collections_app.kernel.errors import DomainError
from collections_app.services import dispatch as sending


@shared_task(name="collections_app.tasks.dispatch")
def dispatch() -> dict[str, Any]:
    """Send what is due now."""
    return sending.dispatch(at=clock.now(), now=clock.now).as_json()


@shared_task(name="collections_app.tasks.close_day")
def close_day() -> dict[str, Any]:
    """Close today, after all days missed. A run that is in progress already is left alone."""
    try:
        return close_days(clock.today())
    except DomainError as error:
        if error.code != "run_in_progress":
            raise
        return {"skipped": error.sentence}
