"""Remembering what earlier rows of a file said, for files of any length: on disk, in a nameless SQLite file
that goes with the process. Rows of one loan usually stand together, so the key under work is held in
memory.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any


class DiskMemory:
    """Texts to small JSON values. Not for sharing between threads."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        # Nothing here outlives the process, so nothing needs to survive a crash.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA cache_size = -16000")
        self._database.execute("CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        self._database.execute("BEGIN")
        self._key: str | None = None
        self._value: Any = None
        self._changed = False

    def get(self, key: str) -> Any:
        """The value of a key, None if there is none."""
        if key != self._key:
            self._write()
            found = self._database.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
            self._key, self._value, self._changed = key, json.loads(found[0]) if found else None, False
        return self._value

    def put(self, key: str, value: Any) -> None:
        if key != self._key:
            self._write()
        self._key, self._value, self._changed = key, value, True

    def _write(self) -> None:
        if self._changed:
            self._database.execute("REPLACE INTO kept VALUES (?, ?)", (self._key, json.dumps(self._value)))
            self._changed = False

    def close(self) -> None:
        self._database.close()
