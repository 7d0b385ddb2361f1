"""What the hours withheld in the evening goes in the morning."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from collections_app.models import Contact
from collections_app.services import calls
from collections_app.services.dispatch import dispatch
from tests.factories.staff import a_user
from tests.walks.ground import close

from .test_dispatch import DAY_1, planned

pytestmark = pytest.mark.django_db

EVENING = dt.datetime(2026, 3, 12, 2, 30, tzinfo=dt.UTC)  # 21:30 of day 1 in Chicago
EIGHT = dt.datetime(2026, 3, 12, 13, 0, tzinfo=dt.UTC)  # 08:00 of day 2 there


def test_a_message_withheld_by_the_hours_is_tried_again_when_they_open(tmp_path: Path) -> None:
    [message] = planned(tmp_path)
    assert dispatch(at=EVENING).withheld == {"US-01": 1}
    message.refresh_from_db()
    assert (message.state, message.not_before) == ("withheld", EIGHT)
    close(DAY_1 + dt.timedelta(days=1))
    assert dispatch(at=EIGHT).sent == 1


def test_a_call_whose_number_was_refused_by_the_hours_can_be_made_in_the_morning(tmp_path: Path) -> None:
    planned(tmp_path)
    close(DAY_1 + dt.timedelta(days=1))
    call = Contact.objects.get(channel="voice")
    by = a_user("collector")
    refused = calls.reveal(call, at=EVENING + dt.timedelta(days=1), by=by)
    call.refresh_from_db()
    assert not refused
    assert (call.state, call.not_before) == ("withheld", EIGHT + dt.timedelta(days=1))
    close(DAY_1 + dt.timedelta(days=2))
    call.refresh_from_db()
    shown = calls.reveal(call, at=call.not_before, by=by)
    assert isinstance(shown, calls.Revealed) and shown.contact.state == "revealed"
