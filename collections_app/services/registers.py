"""Outside registers: bankruptcies and the like. The law asks that they were looked into lately."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from collections_app.kernel.errors import DomainError
from collections_app.models import RegisterCheck

STATES_OF_REGISTERS = ("bankruptcy_stay",)


def check_registers(*, on: dt.date) -> int:
    """The daily check of `on`. Gives how many registers were asked.

    Only the stand-in of dev and test answers so far: it finds nothing, for everybody. Without it no check is written, and
    the rules that demand one send every contact to a person for approval.
    """
    if not settings.REGISTER_STAND_IN:
        return 0
    if settings.ENVIRONMENT == "production":
        raise DomainError("stand_in_in_production", "REGISTER_STAND_IN is for dev and test; connect a real register.")
    # The first instant at which it is that day anywhere (UTC+14): no contact of the day can be judged before it.
    at = dt.datetime.combine(on, dt.time(), tzinfo=dt.UTC) - dt.timedelta(hours=14)
    for state in STATES_OF_REGISTERS:
        RegisterCheck.objects.get_or_create(
            state=state, person=None, checked_at=at, defaults={"source": "stand-in", "stand_in": True}
        )
    return len(STATES_OF_REGISTERS)
