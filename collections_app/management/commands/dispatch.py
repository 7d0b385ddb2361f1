"""Send what is due."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from collections_app.kernel import clock
from collections_app.management.base import JsonCommand, WrongUsage, iso_instant, positive
from collections_app.services.dispatch import dispatch


class Command(JsonCommand):
    help = "Send the messages whose time has come, each at most once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=positive, metavar="N", help="claim at most so many messages")
        parser.add_argument(
            "--at", type=iso_instant, metavar="INSTANT", help="another instant than now; only with OUTBOUND=outbox"
        )

    def handle_json(self, **options: Any) -> dict[str, Any]:
        at = options["at"]
        if at is not None and settings.OUTBOUND != "outbox":
            raise WrongUsage("--at is for OUTBOUND=outbox only: a real message leaves now or not at all.")
        if at is not None:
            return dispatch(at=at, limit=options["limit"]).as_json()
        return dispatch(at=clock.now(), limit=options["limit"], now=clock.now).as_json()

    def refusal(self, result: dict[str, Any]) -> str | None:
        told = []
        if n := result["failed"]:
            told.append(f"{n} message{'s were' if n > 1 else ' was'} refused for good: the list of contacts says why.")
        told += [f"{channel} waits: {sentence}" for channel, sentence in result["not_configured"].items()]
        if result["stopped"]:
            told.append(f"Stopped: {', '.join(result['stopped'])}. A second person lifts a stop, in the admin.")
        return " ".join(told) or None
