"""Say what the gate said of a contact, and on which facts."""

from __future__ import annotations

import argparse
from typing import Any

from collections_app.kernel.errors import DomainError
from collections_app.management.base import JsonCommand
from collections_app.models import Contact
from collections_app.services.may_contact import explain_contact, rule_words


class Command(JsonCommand):
    help = "The judgements of a contact at plan, send and record: rules, citations, facts seen, next allowed time."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("contact", type=int, metavar="ID", help="the contact's number")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        contact = Contact.objects.filter(pk=options["contact"]).first()
        if contact is None:
            raise DomainError(
                "no_such_contact",
                f"There is no contact {options['contact']}; the case page and the list of contacts show the numbers.",
                contact=options["contact"],
            )
        return explain_contact(contact)

    def tell(self, result: dict[str, Any]) -> None:
        self.stdout.write(f"contact {result['contact']}: {result['channel']}, {result['party']}, {result['state']}")
        for phase in ("plan", "send", "record"):
            if not result[phase]:
                self.stdout.write(f"{phase}: not judged")
            for told in result[phase]:
                until = f", next allowed {told['next_allowed_at']:%Y-%m-%dT%H:%MZ}" if told["next_allowed_at"] else ""
                self.stdout.write(
                    f"{phase} {told['at']:%Y-%m-%dT%H:%MZ}: {told['verdict']} {' '.join(told['by'])}{until}"
                )
                for rule in told["rules"]:
                    self.stdout.write(f"  {rule['verdict']:7} {rule['id']} ({rule['cite']}): {rule_words(rule)}")
