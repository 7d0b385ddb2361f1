"""Fill a new database with the demo."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.utils.module_loading import import_string

from collections_app.kernel import clock
from collections_app.kernel.errors import DomainError
from collections_app.management import demo
from collections_app.management.base import JsonCommand
from collections_app.models import Loan


class Command(JsonCommand):
    help = "Make the demo: users for every role, a generated portfolio, a fortnight of closed days, a legal file with its pack."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="empty the database first")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        if settings.ENVIRONMENT == "production":
            raise DomainError(
                "demo_in_production",
                "make_demo is not for production: --fresh would empty the database, and the passwords of its users are "
                "known to everybody.",
            )
        if options["fresh"]:
            call_command("flush", interactive=False, verbosity=0)
        elif Loan.objects.exists():
            raise DomainError("not_empty", "This database holds loans already; make_demo --fresh empties it first.")
        call_command("setup_groups", stdout=StringIO())
        today = clock.today()
        users = demo.make_staff(today)
        play = demo.Demo(today, progress=self.stderr.write)
        play.fill()
        play.play()
        files = self._packs()
        for path in settings.DEMO_STEPS:
            import_string(path)(today, play.users)
        return {"users": users, **demo.counts(), "legal_files": files}

    def _packs(self) -> list[int]:
        """A pack for each legal file that the days opened: `legal` is asked by its command, not imported."""
        if not apps.is_installed("legal"):
            return []
        files = list(apps.get_model("legal", "LegalFile").objects.order_by("pk").values_list("pk", flat=True))
        for pk in files:
            self.stderr.write(f"building the pack of legal file {pk}")
            call_command("build_pack", str(pk), json=True, stdout=StringIO(), stderr=StringIO())
        return files
