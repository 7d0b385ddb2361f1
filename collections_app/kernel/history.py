"""History of every change: who, when, what, why, and the daily run that did it.

One statement writes history, for one row or for a million: INSERT INTO history … SELECT … FROM the live table, so
a history row *is* the live row of that moment, ciphertext included. The table itself demands actor and reason.
Indexes are two B-trees (history id, object id) and a BRIN on the date, where the stock history makes five B-trees.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import connection, models
from simple_history.models import HistoricalRecords

from . import bulk, clock
from .errors import DomainError


class HistoryRow(models.Model):
    """What every history row has besides the stock columns."""

    history_run = models.ForeignKey(
        "collections_app.DailyRun", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class History(HistoricalRecords):
    """`history = History()` on a model. Actor and reason come from `save_by` or from the two writers of stages."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("history_change_reason_field", models.TextField())
        kwargs.setdefault("history_id_field", models.BigAutoField())
        super().__init__(bases=[HistoryRow], **kwargs)

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields = super().copy_fields(model)
        for name, field in fields.items():
            field.db_index = name == model._meta.pk.name  # type: ignore[union-attr]
        return fields

    def _get_history_user_fields(self) -> dict[str, Any]:
        return {
            "history_user": models.ForeignKey(
                settings.AUTH_USER_MODEL, related_name="+", on_delete=models.PROTECT, db_index=False
            )
        }

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options = super().get_meta_options(model)
        tag = f"{zlib.crc32(model._meta.label_lower.encode()):08x}"
        options["indexes"] = [BrinIndex(fields=["history_date"], name=f"hist_{tag}_brin")]
        options["constraints"] = [
            models.CheckConstraint(condition=~models.Q(history_change_reason=""), name=f"hist_{tag}_reason")
        ]
        return options

    @property
    def _date_indexing(self) -> bool:
        return False

    def create_historical_record(self, instance: Any, history_type: str, using: str | None = None) -> None:
        user = getattr(instance, "_history_user", None) or self.get_history_user(instance)
        reason = getattr(instance, "_change_reason", None)
        if user is None or not reason:
            raise DomainError(
                "history_needs_actor_and_reason",
                f"{instance._meta.verbose_name}: say who changes it and why (save_by(obj, by=…, because=…)).",
                pk=instance.pk,
            )
        record(
            type(instance),
            [instance.pk],
            kind=history_type,
            by=user,
            because=reason,
            run=getattr(instance, "_history_run", None),
        )

    def pre_delete(self, instance: Any, **kwargs: Any) -> None:
        self.create_historical_record(instance, "-")

    def post_delete(self, instance: Any, using: str | None = None, **kwargs: Any) -> None:
        """The row was recorded before it went."""


def save_by(obj: Any, *, by: Any, because: str, run: Any = None, update_fields: Sequence[str] | None = None) -> Any:
    """Save a tracked object with its actor and reason; gives the object back."""
    obj._history_user, obj._change_reason, obj._history_run = by, because, run
    try:
        obj.save(update_fields=update_fields)
    finally:
        # Left behind, they would sign the next save, which nobody gave a reason for.
        del obj._history_user, obj._change_reason, obj._history_run
    return obj


def create_by(model: type[models.Model], *, by: Any, because: str, run: Any = None, **values: Any) -> Any:
    """Create one tracked row."""
    return save_by(model(**values), by=by, because=because, run=run)


@cache
def history_of(model: type[models.Model]) -> Any:
    """The history model; `model.history` builds a new manager class each time it is read."""
    return model.history.model  # type: ignore[attr-defined]


@cache
def tracked_columns(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """(live column, history column) of every tracked field, in the order of the model."""
    history = history_of(model)
    return tuple(
        (f.column, history._meta.get_field(f.name if f.is_relation else f.attname).column)
        for f in history.tracked_fields
    )


def record(
    model: type[models.Model],
    ids: Sequence[int],
    *,
    kind: str,
    by: Any,
    because: str,
    run: Any = None,
    at: dt.datetime | None = None,
) -> int:
    """Write one history row for each of these live rows, as they stand now; `kind` is + ~ or -."""
    if not because.strip():
        raise DomainError("history_needs_actor_and_reason", "Say why: a history row without a reason is refused.")
    if not ids:
        return 0
    pairs = tracked_columns(model)
    meta = history_of(model)._meta
    extra = {
        "history_date": connection.ops.adapt_datetimefield_value(at or clock.now()),
        "history_type": kind,
        "history_change_reason": because,
        "history_user": by.pk,
        "history_run": getattr(run, "pk", run),
    }
    columns = [h for _, h in pairs] + [meta.get_field(name).column for name in extra]
    pk = bulk.quoted(model._meta.pk.column)  # type: ignore[union-attr]
    where, parameter = bulk.ids_clause(pk, ids)
    select = [bulk.quoted(live) for live, _ in pairs] + [_cast(meta.get_field(n)) for n in extra]
    sql = (
        f"INSERT INTO {bulk.quoted(meta.db_table)} ({', '.join(map(bulk.quoted, columns))}) "
        f"SELECT {', '.join(select)} FROM {bulk.quoted(model._meta.db_table)} WHERE {where} ORDER BY {pk}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*extra.values(), parameter])
        return cursor.rowcount


def _cast(field: models.Field[Any, Any]) -> str:
    # An untyped NULL in a SELECT list is text to PostgreSQL; the column's own type must be said.
    return (
        f"CAST(%s AS {field.rel_db_type(connection) if field.is_relation else field.db_type(connection)})"
        if (connection.vendor == "postgresql")
        else "%s"
    )
