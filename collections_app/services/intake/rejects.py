"""Rows that were set aside, and the file in which they go back to their sender.

The rejects file has the columns of the file that was sent and three more, `line, column, reason`. It can be
corrected and sent again as it is: the reader leaves the three columns out.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

REJECT_COLUMNS = ("line", "column", "reason")
SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row: the file's own column (empty: the row as a whole), the value as it stood
    there, a stable code, and a sentence that says what to do.
    """

    column: str
    value: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken, with everything that is wrong with it. `values` is the row as it was read;
    it may hold personal data.
    """

    line: int
    faults: tuple[Fault, ...]
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def column(self) -> str:
        return ", ".join(dict.fromkeys(fault.column for fault in self.faults if fault.column))

    @property
    def value(self) -> str:
        return self.faults[0].value

    @property
    def code(self) -> str:
        return self.faults[0].code

    @property
    def sentence(self) -> str:
        return " ".join(fault.sentence for fault in self.faults)

    def told(self) -> str:
        """`line 7, column due_on: …` for people."""
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.sentence}"


def reject(line: int, column: str, value: str, code: str, sentence: str, values: Mapping[str, str]) -> Reject:
    """A row with one fault; also for faults that only the database shows, such as an unknown loan."""
    return Reject(line, (Fault(column, shown(value), code, sentence),), values)


def shown(value: str) -> str:
    """A value fit to stand in a sentence: short, and with nothing in it that does not print (PostgreSQL
    takes no NUL).
    """
    if len(value) > SHOWN_CHARACTERS:
        value = value[: SHOWN_CHARACTERS - 1] + "…"
    return value if value.isprintable() else "".join(c if c.isprintable() else "�" for c in value)


class RejectsWriter:
    """Writes the rejects file; makes it with the first reject, so that a clean import leaves none.

    The file is readable by its owner only: it holds rows about people. It is UTF-8 with a byte order mark,
    which the reader trusts more than the encoding that a mapping names, and keeps the delimiter of the
    file.
    """

    def __init__(self, path: str | os.PathLike[str], columns: Iterable[str], delimiter: str = ",") -> None:
        self.path = Path(path)
        self.columns = tuple(columns)
        self.count = 0
        self._delimiter = delimiter
        self._stream: io.TextIOWrapper | None = None

    def __enter__(self) -> RejectsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, refused: Reject) -> None:
        if self._stream is None:
            self._open()
        values = [refused.values.get(column, "") for column in self.columns]
        self._writer.writerow([*values, refused.line, refused.column, refused.sentence])
        self.count += 1

    def close(self) -> Path | None:
        """Where the file is, or None if nothing was rejected."""
        if self._stream is not None:
            self._stream.close()
        return self.path if self.count else None

    def _open(self) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._stream = io.TextIOWrapper(os.fdopen(descriptor, "wb"), encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._stream, delimiter=self._delimiter, lineterminator="\n")
        self._writer.writerow([*self.columns, *REJECT_COLUMNS])
