"""The ground of a walk: a fresh database and fresh folders of its own, then Django. Import no model before `prepare`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PREFIX = "dunwell_walk_"  # nothing else is ever dropped


@dataclass(frozen=True)
class Ground:
    """Which database, and the folder of everything that is written besides it."""

    database: str  # sqlite or postgresql
    url: str
    folder: Path


@contextmanager
def prepare(database: str, variant: str, *, keep: bool = False) -> Iterator[Ground]:
    """Make the database and the folders, set up Django on them and migrate; take all of it away again unless `keep`.

    `database`: `sqlite`, or `postgres://user@host:port`: a database `dunwell_walk_VARIANT` is made there (an older one of
    that name goes first).
    """
    folder = Path(tempfile.mkdtemp(prefix="dunwell-walk-"))
    url = f"sqlite:///{folder / 'walk.sqlite3'}" if database == "sqlite" else _with_name(database, PREFIX + variant)
    kind = "sqlite" if database == "sqlite" else "postgresql"
    if kind == "postgresql":
        _make(url)
    os.environ |= {
        "DATABASE_URL": url, "VAR_DIR": str(folder), "OUTBOX_DIR": str(folder / "outbox"), "BLOB_DIR": str(folder / "blobs"),
        "OUTBOUND": "outbox", "DEBUG": "0", "LOG_LEVEL": "WARNING", "LENDER_TIME_ZONE": "America/New_York",
    }  # fmt: skip
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", verbosity=0)
    try:
        yield Ground(kind, url, folder)
    finally:
        connections.close_all()
        if not keep:
            if kind == "postgresql":
                _drop(url)
            shutil.rmtree(folder, ignore_errors=True)


def _with_name(url: str, name: str) -> str:
    parts = urlsplit(url)
    if parts.path.strip("/"):
        raise ValueError(
            "name no database: the walk makes one of its own, for example postgres://postgres@127.0.0.1:5432"
        )
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))


def _make(url: str) -> None:
    _drop(url)
    _tell_server(url, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")


def _drop(url: str) -> None:
    _tell_server(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _tell_server(url: str, statement: str) -> None:
    import psycopg
    from psycopg import sql

    parts = urlsplit(url)
    name = parts.path.strip("/")
    assert name.startswith(PREFIX), name
    server = urlunsplit((parts.scheme, parts.netloc, "/postgres", parts.query, ""))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
