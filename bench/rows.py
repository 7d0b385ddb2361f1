"""The rows of a day as a hash in which no id, clock or text of reasoning stands: the same work gives the same hash.

Every row is told by natural keys (a loan by its number, a case by its loan and episode, …), so that two databases that
gave other ids can be compared. Left out: ids, the instant at which a row was written (`history_date`, `opened_at` …)
and the fact sheet of a judgement, which holds the words of whoever reasoned.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.contrib.auth import get_user_model
from django.db import models

from bench.book import ON
from collections_app.kernel.history import history_of
from collections_app.models import (
    Allocation,
    Case,
    Contact,
    ContactCase,
    ContactPoint,
    DailyRun,
    Instalment,
    Judgement,
    Lender,
    Loan,
    Payment,
    Person,
    PolicyVersion,
)

NATURAL: dict[type[models.Model], tuple[str, ...]] = {
    Allocation: ("payment", "instalment"),
    Case: ("loan", "episode"),
    Contact: ("person", "business_on", "step", "occurrence", "attempt", "channel", "case"),
    ContactPoint: ("person", "kind"),
    DailyRun: ("date",),
    Instalment: ("loan", "sequence"),
    Lender: ("name",),
    Loan: ("number",),
    Payment: ("source", "reference"),
    Person: ("source_ref",),
    PolicyVersion: ("kind", "ident", "version"),
    get_user_model(): ("username",),
}
LEFT_OUT = {"id", "history_id", "history_date", "facts", "permit"}


def digests(last_person: int) -> dict[str, str]:
    """Of each table, for the borrowers up to this one: the number of rows and their hash, `n:sha256`.

    Tables as they stand after the day, those of the past included; of judgements and history what the run of the day wrote.
    """
    mine = {"debtor__lte": last_person}
    loans = {"loan__debtor__lte": last_person}
    out = {
        "loan": _digest(Loan.objects.filter(**mine)),
        "instalment": _digest(Instalment.objects.filter(**loans)),
        "payment": _digest(Payment.objects.filter(**loans)),
        "allocation": _digest(Allocation.objects.filter(**loans)),
        "case": _digest(Case.objects.filter(**loans)),
        "contact": _digest(Contact.objects.filter(person__lte=last_person)),
        "contactcase": _digest(ContactCase.objects.filter(**loans)),
        "judgement": _digest(Judgement.objects.filter(contact__person__lte=last_person, run__date=ON), permit=True),
    }
    for model, whose in ((Loan, mine), (Instalment, loans), (Payment, loans), (Case, {"debtor__lte": last_person})):
        out[f"{model._meta.model_name} history"] = _digest(
            history_of(model).objects.filter(**whose, history_run__date=ON)
        )
    out["contact history"] = _digest(history_of(Contact).objects.filter(person__lte=last_person, history_run__date=ON))
    return out


def _digest(rows: Any, *, permit: bool = False) -> str:
    columns = _columns(rows.model, permit)
    found = sorted(json.dumps(row, default=_plain) for row in rows.values_list(*columns))
    return f"{len(found)}:{hashlib.sha256(chr(10).join(found).encode()).hexdigest()}"


def _columns(model: type[models.Model], permit: bool) -> list[str]:
    columns: list[str] = []
    for f in model._meta.concrete_fields:
        if (f.name in LEFT_OUT and not (permit and f.name == "permit")) or (f.primary_key and not f.is_relation):
            continue
        columns += _natural(f.related_model, f.name) if f.is_relation else [f.attname]
    return columns


def _natural(model: Any, path: str) -> list[str]:
    if model not in NATURAL:
        return [path]  # nothing of the day writes it: the ids of the base stand
    out: list[str] = []
    for name in NATURAL[model]:
        field = model._meta.get_field(name)
        out += _natural(field.related_model, f"{path}__{name}") if field.is_relation else [f"{path}__{name}"]
    return out


def _plain(value: Any) -> str:
    return value.data.hex() if hasattr(value, "data") else str(value)


if __name__ == "__main__":
    print(json.dumps(digests(int(sys.argv[1]))))
