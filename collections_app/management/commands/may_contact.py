"""Ask the gate whether a borrower may be contacted, and keep nothing."""

from __future__ import annotations

import argparse
from typing import Any

from collections_app.kernel import clock
from collections_app.management.base import JsonCommand, iso_instant
from collections_app.models import ContactPoint, Role
from collections_app.services.may_contact import find_borrower, may_contact


class Command(JsonCommand):
    help = (
        "May this borrower be contacted by this channel now (or at an instant)? Prints verdict, rules, next time, why."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "borrower", metavar="BORROWER", help="the source's number of the person, or the person's id"
        )
        parser.add_argument("--channel", required=True, choices=sorted(ContactPoint.FOR_CHANNEL))
        parser.add_argument("--at", type=iso_instant, metavar="INSTANT", help="RFC 3339 with an offset; default now")
        parser.add_argument("--purpose", default="collect")
        parser.add_argument("--party", choices=Role.values, help="default: the person's role on the furthest debt")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        return may_contact(
            find_borrower(options["borrower"]),
            channel=options["channel"],
            at=options["at"] or clock.now(),
            purpose=options["purpose"],
            party=options["party"],
        )
