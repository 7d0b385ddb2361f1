"""Which day a pack is as of, for those who name none."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max

from collections_app.kernel import clock
from collections_app.models import DailyRun


def business_day() -> dt.date:
    """The last closed day, up to which the ledger is booked; today where no day was ever closed."""
    last = DailyRun.objects.filter(state=DailyRun.State.CLOSED).aggregate(last=Max("date"))["last"]
    return last or clock.today()
