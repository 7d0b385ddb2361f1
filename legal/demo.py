"""What the demo shows of the lawyer's lane: one file lies with the lawyer, one was accepted; the others wait in the department."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from legal.models import LegalFile
from legal.services import files, reviews


def give_to_lawyer(today: dt.date, users: Mapping[str, Any]) -> None:
    """The first two complete files go to the lawyer, who accepts the older one."""
    clerk, lawyer = users["tem"], users["clem"]
    at = dt.datetime.combine(today, dt.time(9), tzinfo=dt.UTC)
    complete = LegalFile.objects.filter(state=LegalFile.State.COMPLETE).order_by("pk")[:2]
    for number, file in enumerate(complete):
        files.assign_lawyer(file, lawyer=lawyer, by=clerk, because="the next in turn")
        reviews.send_to_lawyer(file, on=today, at=at, by=clerk)
        if number == 0 and len(complete) > 1:
            reviews.accept(file, on=today, at=at + dt.timedelta(hours=2), by=lawyer, note="suit can be brought")
