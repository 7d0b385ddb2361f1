"""Writing past all Python, as somebody with a database shell would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from collections_app.kernel import bulk


def raw_update(model: type[models.Model], pk: Any, **columns: Any) -> None:
    """UPDATE one row; columns by their database names."""
    sets = ", ".join(f"{bulk.quoted(c)} = %s" for c in columns)
    table, key = bulk.quoted(model._meta.db_table), bulk.quoted(model._meta.pk.column)  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {sets} WHERE {key} = %s", [*columns.values(), pk])
        assert cursor.rowcount == 1


def raw_copy(row: models.Model, **columns: Any) -> None:
    """INSERT a copy of a row with some columns changed; the key is a fresh one unless it is given."""
    model = type(row)
    table, key = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {bulk.quoted(table)} WHERE {bulk.quoted(key)} = %s", [row.pk])
        values = dict(zip([c[0] for c in cursor.description], cursor.fetchone(), strict=True))
        del values[key]
        assert set(columns) <= {*values, key}
        values.update(columns)
        names = ", ".join(map(bulk.quoted, values))
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(f"INSERT INTO {bulk.quoted(table)} ({names}) VALUES ({marks})", list(values.values()))


def ask_deferred_keys() -> None:
    """Foreign keys are asked at the end of a transaction on both databases; ask them now."""
    connection.check_constraints()


@contextmanager
def refused(match: str | None = None) -> Iterator[None]:
    """What stands inside is refused by the database, at once or at the end of its transaction.

    `match`: the constraint's name. SQLite names checks, but not the column of a unique index by its constraint.
    """
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        yield
        ask_deferred_keys()
