"""Writing and naming many rows at once, the same on PostgreSQL and SQLite.

`any_of` is `IN` without its limit: 260,000 parameters fail on SQLite, one array parameter never does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Field, ForeignObject
from django.db.models.lookups import Lookup


class AnyOf(Lookup):  # type: ignore[type-arg]
    """`filter(pk__any_of=[…])`: one array parameter on PostgreSQL, one JSON parameter on SQLite. Whole numbers only.

    Of several on one column only the first may use the index: PostgreSQL 15 would look up each pair of the two lists.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def get_prep_lookup(self) -> list[int] | Ids:
        return self.rhs if isinstance(self.rhs, Ids) else [int(v) for v in self.rhs]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        lhs, params = self.process_lhs(compiler, connection)
        if compiler.__dict__.setdefault("_first_any_of", {}).setdefault(lhs, self) is not self:
            lhs = f"({lhs} + 0)"
        if connection.vendor == "postgresql":
            array = self.rhs.array() if isinstance(self.rhs, Ids) else _array(self.rhs)
            return f"{lhs} = ANY(%s::bigint[])", [*params, array]
        numbers = self.rhs.numbers() if isinstance(self.rhs, Ids) else list(self.rhs)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(numbers)]


class _RelatedAnyOf(AnyOf):
    """The same on a foreign key, whose left side Django hands over as the relation's own column."""


Field.register_lookup(AnyOf)
ForeignObject.register_lookup(_RelatedAnyOf)


class Ids:
    """Ids that many queries of a piece of work ask for: `filter(pk__any_of=Ids(found))`.

    Django looks at each item of a list three times before the database sees it; this it leaves alone.
    """

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids = sorted(set(ids))
        self._text: str | None = None

    def numbers(self) -> list[int]:
        return self._ids

    def array(self) -> str:
        if self._text is None:
            self._text = _array(self._ids)
        return self._text

    def __bool__(self) -> bool:
        return bool(self._ids)


def _array(ids: Iterable[int]) -> str:
    """The ids as PostgreSQL writes an array: a string of a million numbers costs a tenth of a list of them."""
    return f"{{{','.join(map(str, ids))}}}"


def quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")


def ids_clause(column: str, ids: Sequence[int]) -> tuple[str, Any]:
    """`(sql, parameter)` that says: this (already quoted) column is one of these ids."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])", _array(ids)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(ids))


_SEQUENCES: dict[str, str] = {}  # by table; a name that the migrations gave for good


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """`count` fresh primary keys in rising order, never given out again (PostgreSQL) or held by the running
    IMMEDIATE transaction (SQLite)."""
    if count <= 0:
        return []
    if not isinstance(model._meta.pk, models.AutoField):
        raise TypeError(f"{model._meta.label} takes its key from another row; nothing can be reserved")
    table, column = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The sequence is named once: asked in the select list, the catalogue would be searched for every key.
            sequence = _SEQUENCES.get(table)
            if sequence is None:
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [quoted(table), column])
                sequence = _SEQUENCES[table] = cursor.fetchone()[0]
            cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        cursor.execute(f"SELECT COALESCE(MAX({quoted(column)}), 0) FROM {quoted(table)}")
        last = max(row[0] if row else 0, cursor.fetchone()[0])
        # The counter moves on as a sequence does: a second call before the rows went in must not give the same keys.
        if row:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last + count])
        return list(range(last + 1, last + 1 + count))


def insert_rows(model: type[models.Model], field_names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows of database-ready values (money as minor units, JSON as text) into the named fields.

    COPY on PostgreSQL, executemany on SQLite. Writes no history: follow with `kernel.history.record`.
    Columns that are not named must have a database default or be nullable.
    """
    fields = [model._meta.get_field(name) for name in field_names]
    table = quoted(model._meta.db_table)
    columns = ", ".join(quoted(getattr(f, "column", None)) for f in fields)
    count = 0
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        return count
    marks = ", ".join(["%s"] * len(fields))
    adapted = [
        [connection.ops.adapt_datetimefield_value(v) if hasattr(v, "tzinfo") else v for v in row] for row in rows
    ]
    if adapted:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", adapted)
    return len(adapted)


def insert_missing(model: type[models.Model], field_names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of database-ready values, leaving out those that a unique constraint knows already."""
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in field_names]
    columns = ", ".join(quoted(f.column) for f in fields)  # type: ignore[union-attr]
    postgresql = connection.vendor == "postgresql"
    marks = ", ".join(f"%s::{f.db_type(connection)}" if postgresql else "%s" for f in fields)  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", rows
        )


def update_rows(model: type[models.Model], rows: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    """Give each row its own values for the same attributes, in one executemany. Writes no history.

    Attributes are field names or attnames; values are what the field's `get_db_prep_save` takes.
    """
    if not rows:
        return
    names = list(rows[0][1])
    fields = [_field(model, name) for name in names]
    assignments = ", ".join(f"{quoted(f.column)} = %s" for f in fields)
    pk = model._meta.pk.column  # type: ignore[union-attr]
    sql = f"UPDATE {quoted(model._meta.db_table)} SET {assignments} WHERE {quoted(pk)} = %s"
    params = [
        [*(f.get_db_prep_save(_plain(f, values[n]), connection) for f, n in zip(fields, names, strict=True)), key]
        for key, values in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, params)


def _field(model: type[models.Model], name: str) -> Any:
    for f in model._meta.concrete_fields:
        if name in (f.name, f.attname):
            return f
    raise ValueError(f"{model._meta.label} has no column {name}")


def _plain(field: Any, value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value
