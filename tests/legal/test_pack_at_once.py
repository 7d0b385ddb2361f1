"""Two who build at the same time, and the tasks that build in the background."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.kernel.keys import DataKey
from legal import tasks
from legal.models import LegalFile, Pack
from legal.services import packs
from tests.factories import legal, policy


def test_who_comes_second_is_told_so_and_keeps_nothing(file: LegalFile, clerk: Any) -> None:
    told = {"at": legal.AT, "by": clerk, "because": "at once"}
    mine = packs._prepare(file, on=legal.DAY, court=None, **told)
    packs.seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk)  # the other one was faster
    keys = DataKey.objects.count()
    with pytest.raises(DomainError, match=f"Version 1 of file {file.number} was sealed meanwhile"):
        packs._make(mine, seal=True, **told)
    assert Pack.objects.count() == 1
    assert DataKey.objects.count() == keys
    assert not packs.seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk).made


def test_the_tasks_work_as_of_the_last_closed_day_for_the_person_who_asked(file: LegalFile, clerk: Any) -> None:
    policy.a_run(legal.DAY, state="closed", closed_at=legal.AT)
    policy.a_run(legal.DAY + dt.timedelta(days=1))  # still open: its money is not booked
    assert tasks.collect(file.pk, clerk.pk) == {"added": 10, "changed": 0, "gone": 0, "missing": 0}
    assert LegalFile.objects.get(pk=file.pk).collected_on == legal.DAY
    first = tasks.seal_pack(file.pk, clerk.pk)
    assert tasks.seal_pack(file.pk, clerk.pk) == {**first, "made": 0}
    assert tasks.build_pack(file.pk, clerk.pk) == {**first, "made": 0}
    pack = Pack.objects.get()
    assert (pack.sealed_by, pack.as_of) == (clerk, legal.DAY)
