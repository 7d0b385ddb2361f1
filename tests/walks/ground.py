"""What the walks share: a small lender's files, and the days that go by."""

from __future__ import annotations

import csv
import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from collections_app.daily.runner import close_days
from collections_app.models import Contact, Loan
from collections_app.policy import loader

LOAN = {
    "number": "L-0004", "product": "personal_loan", "currency": "USD", "principal": "1200.00", "contract_on": "2026-01-10",
    "apr": "0.0999", "instalment": "105.50", "instalments": "12", "first_due_on": "2026-02-10", "country": "US",
    "region": "US-MO", "lender": "Blue Heron Lending", "collector_role": "third_party", "debtor_number": "B-17",
    "debtor_name": "Ana Reyes", "debtor_zone": "America/Chicago", "debtor_mobile": "+15735550142",
    "debtor_mobile_provenance": "direct_consent", "debtor_email": "ana.reyes@example.org",
    "debtor_email_provenance": "consumer_used_it", "debtor_address": "12 Example Street\nJefferson City, MO 65101",
    "debtor_address_provenance": "contract",
}  # fmt: skip
PAYMENT = {"reference": "P-1", "loan_number": "L-0004", "value_on": "2026-02-10", "amount": "105.50", "currency": "USD"}


def load_policies() -> None:
    for path in loader.shipped_files():
        loader.load(path)


def a_file(path: Path, *rows: dict[str, str]) -> Path:
    columns = list(dict.fromkeys(k for row in rows for k in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(name: str, *args: Any) -> dict[str, Any]:
    """A command's JSON object."""
    out = StringIO()
    try:
        call_command(name, *map(str, args), "--json", stdout=out, stderr=StringIO())
    except Exception:
        if not out.getvalue():
            raise
    return json.loads(out.getvalue())


def close(day: dt.date) -> dict[str, Any]:
    return close_days(day)


def outbox(channel: str) -> list[dict[str, Any]]:
    """Every message of a channel that left, oldest first."""
    files = sorted(Path(settings.OUTBOX_DIR).glob(f"{channel}/**/*.json"), key=lambda p: p.name)
    return [json.loads(p.read_text()) for p in files]


def states_told(contact: Contact) -> list[str]:
    """The states of a contact as its history tells them, oldest first."""
    return list(contact.history.order_by("history_id").values_list("state", flat=True))


def the_loan() -> Loan:
    return Loan.objects.get(number="L-0004")
