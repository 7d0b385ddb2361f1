"""The yardstick of E1: the rows that the product's day wrote, written again by COPY and UPDATE … FROM, nothing computed.

`what_was_written` reads from the product's database what the day left (rows whose key lies above the largest key of
before, and older rows with a younger transaction) into files, which costs nothing here. `write` brings them into a
database that stands where the product's began: new rows by COPY straight into their tables, changed columns by COPY
into a staging table and one prepared UPDATE … FROM in windows of 20,000, all in one transaction, with the same
indexes, constraints and triggers. A row that the product wrote twice is written once.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.measure import Meter

WINDOW = 20_000
BLOCK = 1 << 20


@dataclass(frozen=True)
class Written:
    """What the day wrote into a table: keys above `above` are new; `changed` holds key and new values of `columns`."""

    table: str
    key: str
    above: int
    fresh: Path | None
    columns: tuple[str, ...]
    changed: Path | None
    keys: tuple[int, ...]


def tables(base: Any) -> list[tuple[str, str]]:
    """Every table of the two apps and its key column."""
    return base.execute(
        """
        SELECT c.relname, a.attname FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] AND i.indnatts = 1
        WHERE i.indisprimary AND n.nspname = 'public' AND (c.relname LIKE 'collections\\_app\\_%' OR c.relname LIKE 'legal\\_%')
        ORDER BY c.relname
        """
    ).fetchall()


def what_was_written(product: Any, before: Any, since: int, folder: Path) -> list[Written]:
    """The day's rows, table by table. `before` is a database in the state of the evening before; `since` is the first
    transaction that can be the day's."""
    found = []
    for table, key in tables(before):
        name, pk = sql.Identifier(table), sql.Identifier(key)
        [above] = before.execute(sql.SQL("SELECT COALESCE(MAX({}), 0) FROM {}").format(pk, name)).fetchone()
        fresh = folder / f"{table}.new"
        rows = sql.SQL("SELECT * FROM {} WHERE {} > {} ORDER BY {}").format(name, pk, sql.Literal(above), pk)
        fresh = fresh if _export(product, rows, fresh) else None
        old = sql.SQL("SELECT * FROM {} WHERE {} <= {} AND xmin::text::bigint >= {} ORDER BY {}").format(
            name, pk, sql.Literal(above), sql.Literal(since), pk
        )
        columns, changed, keys = _changes(product, before, table, key, old, folder)
        if fresh or changed:
            found.append(Written(table, key, above, fresh, columns, changed, keys))
    return found


def _export(connection: Any, rows: Any, path: Path) -> bool:
    with path.open("wb") as out, connection.cursor().copy(sql.SQL("COPY ({}) TO STDOUT").format(rows)) as copy:
        for block in copy:
            out.write(block)
    return path.stat().st_size > 0


def _changes(
    product: Any, before: Any, table: str, key: str, old: Any, folder: Path
) -> tuple[tuple[str, ...], Path | None, tuple[int, ...]]:
    now = product.execute(old)
    names = [c.name for c in now.description]
    after = {row[names.index(key)]: row for row in now}
    if not after:
        return (), None, ()
    was = before.execute(
        sql.SQL("SELECT * FROM {} WHERE {} = ANY(%s)").format(sql.Identifier(table), sql.Identifier(key)), [list(after)]
    )
    differing = {n for row in was for n, a, b in zip(names, row, after[row[names.index(key)]], strict=True) if a != b}
    columns = tuple(n for n in names if n in differing)
    if not columns:
        return (), None, ()
    path = folder / f"{table}.changed"
    listed = sql.SQL(", ").join(map(sql.Identifier, (key, *columns)))
    chosen = sql.SQL("SELECT {} FROM {} WHERE {} = ANY({}) ORDER BY {}").format(
        listed, sql.Identifier(table), sql.Identifier(key), sql.Literal(list(after)), sql.Identifier(key)
    )
    _export(product, chosen, path)
    return columns, path, tuple(sorted(after))


def write(connection: Any, written: list[Written]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        for w in written:
            name = sql.Identifier(w.table)
            if w.fresh:
                _import(cursor, sql.SQL("COPY {} FROM STDIN").format(name), w.fresh)
            if w.changed:
                stage, pk = sql.Identifier(f"stage_{w.table}"), sql.Identifier(w.key)
                listed = sql.SQL(", ").join(map(sql.Identifier, (w.key, *w.columns)))
                cursor.execute(
                    sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(
                        stage, listed, name
                    )
                )
                _import(cursor, sql.SQL("COPY {} FROM STDIN").format(stage), w.changed)
                cursor.execute(sql.SQL("ANALYZE {}").format(stage))
                sets = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(c)) for c in w.columns)
                cursor.execute(
                    sql.SQL(
                        "PREPARE p (bigint, bigint) AS UPDATE {0} SET {1} FROM {2} s WHERE {0}.{3} = s.{3} AND s.{3} BETWEEN $1 AND $2"
                    ).format(name, sets, stage, pk)
                )
                for first in range(0, len(w.keys), WINDOW):
                    last = w.keys[min(first + WINDOW, len(w.keys)) - 1]
                    cursor.execute(sql.SQL("EXECUTE p ({}, {})").format(sql.Literal(w.keys[first]), sql.Literal(last)))
                cursor.execute("DEALLOCATE p")


def _import(cursor: Any, statement: Any, path: Path) -> None:
    with path.open("rb") as source, cursor.copy(statement) as copy:
        while block := source.read(BLOCK):
            copy.write(block)


def digest(connection: Any, written: list[Written]) -> str:
    """Of all these rows as they stand in a database, every column in it."""
    told = []
    for w in written:
        [found] = connection.execute(
            sql.SQL(
                "SELECT md5(string_agg(md5(t::text), '' ORDER BY {0})) FROM {1} t WHERE {0} > %s OR {0} = ANY(%s)"
            ).format(sql.Identifier(w.key), sql.Identifier(w.table)),
            [w.above, list(w.keys)],
        ).fetchone()
        told.append(f"{w.table} {found}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def main(product_url: str, floor_url: str, since: int) -> None:
    with (
        psycopg.connect(product_url, autocommit=True) as product,
        psycopg.connect(floor_url, autocommit=True) as floor,
        tempfile.TemporaryDirectory(prefix="dunwell-floor-") as folder,
    ):
        written = what_was_written(product, floor, since, Path(folder))
        with Meter(floor) as meter:
            write(floor, written)
        rows = {w.table: {"new": _lines(w.fresh), "changed": len(w.keys), "columns": w.columns} for w in written}
        same = digest(product, written) == digest(floor, written)
        print(json.dumps({"cost": meter.cost.as_json(), "rows_equal": same, "written": rows}))


def _lines(path: Path | None) -> int:
    if path is None:
        return 0
    with path.open("rb") as rows:
        return sum(1 for _ in rows)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
