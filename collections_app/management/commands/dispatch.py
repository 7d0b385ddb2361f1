"""Send what is due."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from collections_app.kernel import clock
from collections_app.management.base import JsonCommand, WrongUsage
from collections_app.services.dispatch import dispatch


class Command(JsonCommand):
    help = "Send the messages whose time has come, each at most once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int)
        parser.add_argument(
            "--at", type=dt.datetime.fromisoformat, help="another instant than now; only with OUTBOUND=outbox"
        )

    def handle_json(self, **options: Any) -> dict[str, Any]:
        at = options["at"]
        if at is not None and settings.OUTBOUND != "outbox":
            raise WrongUsage("--at is for OUTBOUND=outbox only: a real message leaves now or not at all.")
        if at is not None and at.tzinfo is None:
            raise WrongUsage("--at needs a zone, for example 2026-11-24T15:00:00Z.")
        if at is not None:
            return dispatch(at=at, limit=options["limit"]).as_json()
        return dispatch(at=clock.now(), limit=options["limit"], now=clock.now).as_json()
