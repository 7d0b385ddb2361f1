"""Named ways to lock rows, always in primary-key order, so that two of us never wait for each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections, models, transaction

from . import bulk  # noqa: F401 - registers the lookup any_of


def lock_one(model: type[models.Model], pk: Any) -> Any:
    """The row, fetched again under its lock. Must run inside a transaction; raises DoesNotExist."""
    return model._default_manager.select_for_update(of=("self",)).get(pk=pk)


def lock_pks(queryset: models.QuerySet[Any], *, skip_locked: bool = False) -> list[Any]:
    """Lock a queryset's rows in pk order and give their keys. SQLite: the IMMEDIATE transaction is the lock."""
    rows = queryset.order_by("pk")
    if connections[rows.db].features.has_select_for_update:
        rows = rows.select_for_update(of=("self",), skip_locked=skip_locked)
    return list(rows.values_list("pk", flat=True))


def lock_all(model: type[models.Model], pks: Iterable[Any]) -> list[Any]:
    """Lock these rows in pk order; gives the keys that exist."""
    return lock_pks(model._default_manager.filter(pk__any_of=sorted(set(pks))))


def require_transaction() -> None:
    """Fail loudly where a lock outside a transaction would lock nothing."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("this work takes locks: run it inside transaction.atomic()")
