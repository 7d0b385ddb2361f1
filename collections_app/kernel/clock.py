"""The only reader of now. Domain code takes `on` (a date) or `at` (an instant); edges ask here."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings


def now() -> dt.datetime:
    """This instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The office's calendar day (settings.LENDER_TIME_ZONE), which names the run that is due."""
    return now().astimezone(ZoneInfo(settings.LENDER_TIME_ZONE)).date()


def process_seconds() -> float:
    """A clock that only goes forward, for the `seconds` of a command; never used to decide anything."""
    import time

    return time.perf_counter()
