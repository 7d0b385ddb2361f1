"""What closing a day costs: `./dev bench daily [--size N] [--database URL]` on PostgreSQL. Prints one JSON object.

A book of N loans is generated once (`book`); each repetition clones it for the product (`product`: `close_days` whole,
then the closed day again), the floor (`floor`: the same rows written with nothing computed) and the naive day
(`naive`, on a slice, scaled by loans). Each runs in a process of its own. The figures:

E1 product / floor; E2 naive / product; E7 MB of the product's client above the same process idle; E10 second / first
run of the day. Exit 1 when a figure or the equality of the rows misses its bar, 2 on wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.measure import machine

ROOT = Path(__file__).resolve().parents[1]
SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
BARS = {"E1": ("≤", 2.5), "E2": ("≥", 100), "E7": ("≤", 40), "E10": ("≤", 0.20)}


class Server:
    """The databases of a benchmark. Parallel workers are off in each of them: their processor time would not be seen."""

    def __init__(self, url: str) -> None:
        self.url = url

    def url_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def ask(self, statement: Any, parameters: Any = None) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def drop(self, name: str) -> None:
        self.ask(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

    def create(self, name: str, template: str | None = None) -> None:
        self.drop(name)
        made_of = (
            sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template)) if template else sql.SQL("")
        )
        self.ask(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), made_of))
        self.ask(sql.SQL("ALTER DATABASE {} SET max_parallel_workers_per_gather = 0").format(sql.Identifier(name)))

    @contextmanager
    def clone(self, of: str, what: str, keep: bool) -> Iterator[str]:
        name = f"dunwell_bench_{what}" if keep else f"dunwell_bench_{what}_{os.getpid()}"
        self.create(name, of)
        try:
            yield name
        finally:
            if not keep:
                self.drop(name)


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def child(module: str, *arguments: Any, database: str | None = None) -> Any:
    """A part of the benchmark in a process of its own; gives what it printed as JSON."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    if database:
        env["DATABASE_URL"] = database
    called = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(called, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{module} failed: what it said stands above.")
    return json.loads(done.stdout) if done.stdout.strip() else None


def book_of(server: Server, size: int, keep: bool) -> str:
    """The name of a database that holds the book; one that was kept is taken again while nothing in it could differ."""
    name = f"dunwell_bench_book_{size}" if keep else f"dunwell_bench_book_{size}_{os.getpid()}"
    made_by = [
        ROOT / "bench/book.py",
        *sorted(ROOT.glob("*/migrations/*.py")),
        *sorted(ROOT.glob("collections_app/policy/data/**/*.toml")),
    ]
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()
    found = server.ask("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
    if found and found[0][0] == mark:
        return name
    say(f"building the book of {size:,} loans")
    server.create(name)
    child("manage", "migrate", "-v0", database=server.url_of(name))
    say(json.dumps(child("bench.book", size, database=server.url_of(name))))
    server.ask(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(mark)))
    return name


def last_person(server: Server, book: str, loans: int) -> int:
    """The borrower with whom the first so many loans end; they and all their loans are the slice."""
    with psycopg.connect(server.url_of(book)) as connection:
        [found] = connection.execute(
            "SELECT MAX(debtor_id) FROM collections_app_loan WHERE id <= %s", [loans]
        ).fetchone()
    return found


def differing(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """The tables whose rows are not the same."""
    return sorted(table for table in ours if ours[table] != theirs[table])


def once(server: Server, book: str, last: int, keep: bool) -> dict[str, Any]:
    """Product, floor and naive on fresh clones of the book."""
    with server.clone(book, "product", keep) as name:
        url = server.url_of(name)
        product = child("bench.product", database=url)
        say(f"product: {product['first']}")
        with server.clone(book, "floor", keep) as other:
            floor = child("bench.floor", url, server.url_of(other), product["since"])
        say(f"floor: {floor['cost']}")
        ours = child("bench.rows", last, database=url)
    with server.clone(book, "naive", keep) as name:
        naive = child("bench.naive", last, database=server.url_of(name))
        theirs = child("bench.rows", last, database=server.url_of(name))
    say(f"naive: {naive['cost']}")
    return {"product": product, "floor": floor, "naive": naive, "rows": ours, "differing": differing(ours, theirs)}


def figures(found: list[dict[str, Any]], size: int) -> dict[str, float]:
    """Ratios within a repetition, the median of all repetitions."""

    def mid(of: Any, places: int = 3) -> float:
        return round(median(of(x) for x in found), places)

    first = lambda x: x["product"]["first"]["cpu_seconds"]  # noqa: E731
    return {
        "E1": mid(lambda x: first(x) / x["floor"]["cost"]["cpu_seconds"]),
        "E2": mid(lambda x: x["naive"]["cost"]["cpu_seconds"] * size / x["naive"]["loans"] / first(x), 1),
        "E7": mid(lambda x: x["product"]["first"]["peak_mb"], 1),
        "E10": mid(lambda x: x["product"]["done_again"]["cpu_seconds"] / first(x)),
    }


def besides(found: list[dict[str, Any]], size: int) -> dict[str, float]:
    """Figures of the table that are no bar here: microseconds a loan, bytes of WAL a row, rows a loan."""
    costs = [x["product"]["first"] for x in found]
    return {
        "E4": round(median(c["cpu_seconds"] for c in costs) / size * 1e6, 1),
        "E8": round(median(c["wal_bytes"] / max(c["rows"], 1) for c in costs)),
        "E9": round(median(c["rows"] for c in costs) / size, 3),
    }


def measure(server: Server, size: int, slice_: int, repeat: int, keep: bool) -> dict[str, Any]:
    book = book_of(server, size, keep)
    try:
        last = last_person(server, book, slice_)
        found = [once(server, book, last, keep) for _ in range(repeat)]
    finally:
        if not keep:
            server.drop(book)
    wrong = sorted(
        {t for x in found for t in x["differing"]} | {"floor" for x in found if not x["floor"]["rows_equal"]}
    )
    for x in found:
        x["floor"].pop("written") if x is not found[-1] else None
    return {
        "bench": "daily", "size": size, "database": "postgresql", "machine": machine(), "figures": figures(found, size),
        "rows_equal": not wrong,
        "raw": {**besides(found, size), "differing": wrong, "last_person_of_slice": last, "repetitions": found},
    }  # fmt: skip


def missed(result: dict[str, Any]) -> list[str]:
    """Every bar that was missed, in a sentence."""
    out = [f"rows differ: {', '.join(result['raw']['differing'])}"] if not result["rows_equal"] else []
    for name, (sign, bar) in BARS.items():
        figure = result["figures"][name]
        if figure > bar if sign == "≤" else figure < bar:
            out.append(f"{name} is {figure}, not {sign} {bar}")
    for x in result["raw"]["repetitions"]:
        for again in ("asked_again", "done_again"):
            if x["product"][again]["rows"]:
                out.append(f"the second run of the day wrote {x['product'][again]['rows']} rows ({again})")
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench daily", description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=100_000, help="loans in the book")
    parser.add_argument("--slice", type=int, default=2_000, dest="slice_", help="loans that the naive day does")
    parser.add_argument("--repeat", type=int, default=5, help="the median of so many counts")
    parser.add_argument(
        "--database", default=os.environ.get("DATABASE_URL") or SERVER, help="a PostgreSQL server on this machine"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave book and clones for a look, and take the book again next time"
    )
    given = parser.parse_args(arguments)
    if (
        not given.database.startswith(("postgres://", "postgresql://"))
        or min(given.size, given.slice_, given.repeat) < 1
    ):
        parser.error("give --database postgres://… and whole numbers from 1 on")
    result = measure(Server(given.database), given.size, given.slice_, given.repeat, given.keep)
    print(json.dumps(result, ensure_ascii=False))
    out = missed(result)
    for sentence in out:
        say(sentence)
    return 1 if out else 0


if __name__ == "__main__":
    sys.exit(main())
