"""Costs of a claim."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction

from collections_app.kernel import history, locks
from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import to_minor
from collections_app.models import StoredDocument
from legal.models import Cost, LegalFile

from .rights import demand


def add_cost(
    file: LegalFile, *, kind: str, amount: Decimal, on: dt.date, authority: str, by: Any, because: str,
    claimed: bool = True, document: StoredDocument | None = None,
) -> Cost:  # fmt: skip
    """Note a cost in the loan's currency, with what allows it; a claimed one is part of the sum of the next pack."""
    demand(by, "legal.work_file", file)
    if amount <= 0:
        raise DomainError("cost_of_nothing", "A cost needs an amount above zero.", file=file.pk)
    to_minor(amount, file.case.loan.currency)  # refuses more decimals than the currency has, before anything is written
    if not authority.strip():
        raise DomainError(
            "cost_without_authority", "Name the tariff, rule or agreement that allows this cost.", file=file.pk
        )
    return history.create_by(
        Cost, by=by, because=because, file=file, kind=kind, on=on, currency=file.case.loan.currency, amount=amount,
        claimed=claimed, authority=authority, document=document,
    )  # fmt: skip


@transaction.atomic
def claim_cost(cost: Cost, *, claimed: bool, by: Any, because: str) -> Cost:
    """Leave a cost out of the sum claimed, or put it back."""
    demand(by, "legal.work_file", cost.file)
    cost = locks.lock_one(Cost, cost.pk)
    cost.claimed = claimed
    return history.save_by(cost, by=by, because=because)
