"""Deadlines, each with the day it was counted from and the rule that says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from collections_app.kernel import history, locks
from collections_app.kernel.errors import DomainError
from legal.models import Deadline, LegalFile

from .rights import demand, may_read

HOUSE = "house"


def set_deadline(
    file: LegalFile, *, what: str, on: dt.date, counted_from: dt.date, counted_because: str, rule: str, by: Any,
    because: str, kind: str = Deadline.Kind.DO_BY,
) -> Deadline:  # fmt: skip
    """Note a deadline: by when, from which day counted, under which rule (`house`, or its id and citation)."""
    if not may_read(by, file):
        demand(by, "legal.work_file", file)
    if on < counted_from:
        raise DomainError("deadline_before_its_start", f"{on} lies before {counted_from}, from which it is counted.")
    if not rule.strip():
        raise DomainError("deadline_without_rule", "Name the rule that the deadline comes from, or write “house”.")
    return history.create_by(
        Deadline, by=by, because=because, file_id=file.pk, kind=kind, what=what, on=on, counted_from=counted_from,
        counted_because=counted_because, rule=rule,
    )  # fmt: skip


@transaction.atomic
def meet_deadline(deadline: Deadline, *, on: dt.date, by: Any, because: str) -> Deadline:
    """What it asked for was done."""
    demand(by, "legal.work_file", deadline.file)
    deadline = locks.lock_one(Deadline, deadline.pk)
    if deadline.done_on is not None:
        raise DomainError(
            "deadline_met_already", f"“{deadline.what}” was done on {deadline.done_on}.", deadline=deadline.pk
        )
    deadline.done_on, deadline.done_by = on, by
    return history.save_by(deadline, by=by, because=because)
