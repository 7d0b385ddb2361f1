"""What a hold must say before anybody is asked to approve it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.models import Hold
from collections_app.services import holds
from tests.factories.cases import DAY, an_overdue_case

pytestmark = pytest.mark.django_db


def test_a_hold_cannot_end_before_it_begins(collector: Any) -> None:
    with pytest.raises(DomainError, match="A hold from 2026-03-16 cannot end on 2026-03-15"):
        holds.request_hold(
            an_overdue_case(2), reason="hardship", from_on=DAY, until_on=DAY - dt.timedelta(days=1), by=collector,
            because="lost her job",
        )  # fmt: skip
    assert not Hold.objects.exists()


def test_a_hold_of_one_day_ends_on_the_day_it_begins(collector: Any) -> None:
    hold = holds.request_hold(
        an_overdue_case(2), reason="hardship", from_on=DAY, until_on=DAY, by=collector, because="a funeral"
    )
    assert (hold.state, hold.from_on, hold.until_on) == ("requested", DAY, DAY)


def test_a_hold_stops_something(collector: Any) -> None:
    with pytest.raises(DomainError, match="Say what the hold stops: contacts, clock, fees, legal"):
        holds.request_hold(
            an_overdue_case(2), reason="other", from_on=DAY, until_on=None, by=collector, because="?", stops=()
        )
