"""Stop sending."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandParser

from collections_app.kernel import actors, clock
from collections_app.management.base import JsonCommand, WrongUsage
from collections_app.services.stops import stop_all


class Command(JsonCommand):
    help = "Stop all sending, or one channel, at once. Only a second person lifts it, in the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--channel", default="")
        parser.add_argument("--because", required=True)
        parser.add_argument("--by", help="user name of who stops it (default: the operator's machine account)")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        by = actors.machine(actors.DISPATCH)
        if options["by"]:
            by = get_user_model().objects.filter(username=options["by"]).first()
            if by is None:
                raise WrongUsage(f"There is no user {options['by']}.")
        stop = stop_all(channel=options["channel"], because=options["because"], by=by, at=clock.now())
        return {"stopped": stop.channel or "all", "stop": stop.pk}
