"""Rows of a CSV, CSV.gz, XLSX or Parquet file, one at a time, in memory that does not grow with the file.

What the file is, its first bytes say; a name that says otherwise is refused. A line that cannot be used comes
back as a Reject with its number, and reading goes on with the next one. A file that cannot be used at all
(empty, no header, damaged) is a DomainError with a sentence.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import os
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Protocol, cast

from collections_app.kernel.errors import DomainError

from .rejects import REJECT_COLUMNS, Reject, reject, shown

# A line of a loan tape has a few hundred bytes. What is longer than this is not one, and is never held in
# memory.
MAX_LINE_BYTES = 1 << 20
# A quoted field may hold line ends; a quote that somebody forgot to close must not swallow the rest of the
# file.
MAX_LINES_OF_A_ROW = 1_000
CHUNK_BYTES = 1 << 18
HEAD_BYTES = 1 << 13
PARQUET_ROWS_AT_A_TIME = 5_000
# openpyxl holds the table of distinct texts of a workbook in memory.
MAX_SHARED_STRINGS_BYTES = 1 << 28

DELIMITERS = (",", ";", "\t")
# Encodings in which no byte of a longer character can be taken for a line end.
ENCODINGS = ("utf-8", "cp1252", "latin-1", "gb18030", "big5")
FORMAT_OF_NAME = {
    ".csv": "CSV", ".tsv": "CSV", ".txt": "CSV", ".csv.gz": "CSV.gz", ".tsv.gz": "CSV.gz", ".txt.gz": "CSV.gz",
    ".xlsx": "XLSX", ".parquet": "Parquet",
}  # fmt: skip

_LOOKS_LIKE_DATA = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*|[0-9]{1,4}[-/.][0-9]{1,2}([-/.][0-9]{1,4})?")
_UTF8_MARK = b"\xef\xbb\xbf"
_REPLACEMENT = "�"


class Exact(str):
    """A value that the file itself types (a number or date cell, a typed column): it stands here in one form,
    `1234.5` or `2026-03-02`, whatever forms the mapping expects of text.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` is the line of a CSV on which it begins, the row of a sheet, or the number of a
    Parquet row (from 1); the header of a CSV or sheet is line 1.
    """

    line: int
    values: dict[str, str]


class Rows(Protocol):
    """What `open_rows` gives and a mapping takes: a header, and rows or rejects."""

    name: str
    columns: tuple[str, ...]

    def __iter__(self) -> Iterator[Row | Reject]: ...


class RowFile:
    """A file that was recognised and whose header was read. Each iteration reads it anew from the start."""

    def __init__(self, path: Path, kind: str, encoding: str, delimiter: str | None, sheet: str | None) -> None:
        self.path = path
        self.name = path.name
        self.format = kind
        self.encoding = encoding
        self.delimiter = delimiter or ","
        self._sheet = sheet
        if kind in ("CSV", "CSV.gz"):
            header = self._csv_header(delimiter)
        elif kind == "XLSX":
            header = self._sheet_header()
        else:
            header = self._parquet_header()
        self._all_columns = len(header)
        self.columns = _checked_header(header, self.name)

    def __iter__(self) -> Iterator[Row | Reject]:
        if self.format in ("CSV", "CSV.gz"):
            return self._csv_rows()
        return self._sheet_rows() if self.format == "XLSX" else self._parquet_rows()

    # --- CSV ------------------------------------------------------------------------------------------------

    def _stream(self) -> IO[bytes]:
        if self.format == "CSV.gz":
            return cast(IO[bytes], gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def _csv_header(self, delimiter: str | None) -> list[str]:
        with self._stream() as stream:
            lines = self._lines(stream)
            first = next(((n, data, size) for n, data, size in lines if data.strip()), None)
            if first is None:
                raise _empty(self.name)
            number, data, size = first
            if data.startswith(_UTF8_MARK):
                self.encoding = "utf-8"
                data = data[len(_UTF8_MARK) :]
            if size > MAX_LINE_BYTES:
                raise DomainError(
                    "header_missing",
                    f"{self.name}: its first line is longer than {MAX_LINE_BYTES:,} bytes; the first line must name "
                    "the columns.",
                    file=self.name,
                )
            if b"\0" in data or b"\r" in data.rstrip(b"\r\n"):
                raise DomainError(
                    "not_what_its_name_says",
                    f"{self.name}: its first line is not text with line ends as in a CSV file; save it as CSV UTF-8.",
                    file=self.name,
                )
            try:
                text = data.decode(self.encoding).rstrip("\r")
            except UnicodeDecodeError as error:
                raise DomainError(
                    "not_utf8" if self.encoding == "utf-8" else "not_in_encoding",
                    f"{self.name}, line {number}: byte {error.start + 1} is not {self.encoding}; save the file as CSV "
                    "UTF-8.",
                    file=self.name,
                    line=number,
                ) from None
            self.delimiter = delimiter or max(DELIMITERS, key=text.count)
            lines = _pushed_back(lines, (number, data, len(data)))
            for found in _records(lines, self.delimiter, self.encoding):
                if isinstance(found, Reject):
                    raise DomainError(
                        "header_missing",
                        f"{self.name}, line {found.line}: the header cannot be read. {found.sentence}",
                        file=self.name,
                    )
                return found[1]
        raise _empty(self.name)

    def _csv_rows(self) -> Iterator[Row | Reject]:
        with self._stream() as stream:
            yield from read_csv(self._lines(stream), self.columns, self._all_columns, self.delimiter, self.encoding)

    def _lines(self, stream: IO[bytes]) -> Iterator[tuple[int, bytes, int]]:
        return physical_lines(stream, self.name)

    # --- XLSX -----------------------------------------------------------------------------------------------

    def _sheet_cells(self) -> Iterator[tuple[Any, ...]]:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except (
            InvalidFileException,
            KeyError,
            ValueError,
            zipfile.BadZipFile,
            EOFError,
            zlib.error,
        ) as error:
            raise _damaged(self.name, f"it is no workbook that can be opened ({error})") from error
        try:
            if self._sheet is not None and self._sheet not in book.sheetnames:
                raise DomainError(
                    "sheet_missing",
                    f"{self.name} has no sheet “{self._sheet}”; it has: {', '.join(book.sheetnames)}.",
                    file=self.name,
                )
            sheet = book[self._sheet] if self._sheet else book.worksheets[0]
            # Some programs write a wrong size of the sheet; the rows themselves are right.
            sheet.reset_dimensions()
            yield from sheet.iter_rows(values_only=True)
        except (zipfile.BadZipFile, EOFError, zlib.error, SyntaxError) as error:
            raise _damaged(self.name, f"the sheet cannot be read to its end ({error})") from error
        finally:
            book.close()

    def _sheet_header(self) -> list[str]:
        names: list[str] = []
        for number, cells in enumerate(self._sheet_cells(), start=1):
            names = [_text_of(cell) for cell in cells]
            while names and not names[-1].strip():
                names.pop()
            if names and number == 1:
                return names
            if names:
                raise DomainError(
                    "header_missing",
                    f"{self.name}: row 1 is empty; it must name the columns.",
                    file=self.name,
                )
        raise _empty(self.name)

    def _sheet_rows(self) -> Iterator[Row | Reject]:
        rows = enumerate(self._sheet_cells(), start=1)
        next(rows)
        for number, cells in rows:
            fields = [_text_of(cell) for cell in cells]
            while len(fields) > self._all_columns and not fields[-1]:
                fields.pop()
            fields.extend("" for _ in range(self._all_columns - len(fields)))
            found = _row(number, fields, self.columns, self._all_columns)
            if found is not None:
                yield found

    # --- Parquet --------------------------------------------------------------------------------------------

    def _parquet_header(self) -> list[str]:
        import polars as pl

        try:
            schema = pl.read_parquet_schema(self.path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(self.name, f"its Parquet footer cannot be read ({error})") from error
        for name, type_ in schema.items():
            if type_.is_nested() or type_ == pl.Binary or type_ == pl.Object:
                raise DomainError(
                    "column_not_flat",
                    f"{self.name}: column “{name}” holds {type_}; a column must hold texts, numbers or dates.",
                    file=self.name,
                    column=name,
                )
        if not schema:
            raise _empty(self.name)
        return list(schema)

    def _parquet_rows(self) -> Iterator[Row | Reject]:
        import polars as pl

        number = 0
        try:
            batches = pl.scan_parquet(self.path).collect_batches(chunk_size=PARQUET_ROWS_AT_A_TIME, maintain_order=True)
            for batch in batches:
                # A 32-bit number as its shortest text, not as the 64-bit number nearest to it.
                batch = batch.with_columns(pl.col(pl.Float32).cast(pl.String).cast(pl.Float64))
                for cells in batch.iter_rows():
                    number += 1
                    found = _row(number, [_text_of(c) for c in cells], self.columns, self._all_columns)
                    if found is not None:
                        yield found
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(self.name, f"it cannot be read after row {number} ({error})") from error


def open_rows(
    path: str | os.PathLike[str],
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    sheet: str | None = None,
) -> RowFile:
    """The rows of a file: iterate for Row or Reject, in the order of the file; `.columns` is its header.

    `delimiter` None: found in the header. `sheet` None: the first. Raises DomainError with a sentence:
    `file_missing`, `file_empty`, `not_what_its_name_says`, `unknown_kind_of_file`, `header_missing`,
    `header_twice`, `file_damaged`. A damaged or cut file may give rows first; the caller decides whether
    they stay.
    """
    if encoding not in ENCODINGS:
        raise DomainError("unknown_encoding", f"“{encoding}” is not read; use one of: {', '.join(ENCODINGS)}.")
    path = Path(path)
    if not path.is_file():
        raise DomainError("file_missing", f"There is no file {path}.", file=str(path))
    named = next((kind for end, kind in _endings() if path.name.lower().endswith(end)), None)
    if named is None:
        raise DomainError(
            "unknown_kind_of_file",
            f"{path.name}: its name must say what it is: {', '.join(FORMAT_OF_NAME)}.",
            file=path.name,
        )
    found = _kind_of(path)
    if found != named:
        raise DomainError(
            "not_what_its_name_says",
            f"{path.name}: by its name it is {named}, by its content {found}. Give it the right name, or save it as "
            f"{named}.",
            file=path.name,
        )
    return RowFile(path, named, encoding, delimiter, sheet)


def _endings() -> list[tuple[str, str]]:
    return sorted(FORMAT_OF_NAME.items(), key=lambda item: -len(item[0]))


def _kind_of(path: Path) -> str:
    """What the content is: one of the formats, or words that name something else."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if not head:
            raise _empty(path.name)
        if head.startswith(b"PAR1"):
            stream.seek(-4, os.SEEK_END)
            if stream.read(4) != b"PAR1":
                raise _damaged(path.name, "it begins as Parquet but its end is missing")
            return "Parquet"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if head.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path, "rb") as inner:
                text = _kind_of_text(inner.read(HEAD_BYTES))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(path.name, f"its gzip data cannot be unpacked ({error})") from error
        if text == "nothing":
            raise _empty(path.name)
        return "CSV.gz" if text == "CSV" else f"gzip of {text}"
    return _kind_of_text(head)


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {item.filename: item.file_size for item in archive.infolist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(path.name, f"it begins as XLSX but cannot be opened ({error})") from error
    if "xl/workbook.xml" not in sizes:
        return "a ZIP archive"
    if sizes.get("xl/sharedStrings.xml", 0) > MAX_SHARED_STRINGS_BYTES:
        raise DomainError(
            "workbook_too_large",
            f"{path.name}: its texts take more than {MAX_SHARED_STRINGS_BYTES >> 20} MiB; save the sheet as CSV UTF-8.",
            file=path.name,
        )
    return "XLSX"


def _kind_of_text(head: bytes) -> str:
    start = head.removeprefix(_UTF8_MARK).lstrip()[:64].lower()
    if not head:
        return "nothing"
    for mark, kind in (
        (b"%pdf-", "PDF"), (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"), (b"par1", "Parquet"),
        (b"pk\x03\x04", "a ZIP archive or XLSX"), (b"\x1f\x8b", "gzip"), (b"\x89png", "an image"),
        (b"\xff\xd8\xff", "an image"), (b"bzh", "bzip2"), (b"\xfd7zxz", "xz"), (b"sqlite format 3", "SQLite"),
        (b"<", "HTML or XML"), (b"{", "JSON"), (b"[", "JSON"),
    ):  # fmt: skip
        if start.startswith(mark):
            return kind
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text in UTF-16"
    if head.split(b"\n", 1)[0].count(b"\0"):
        return "binary data"
    return "CSV"


# --- Lines and rows of text ---------------------------------------------------------------------------------


def physical_lines(stream: IO[bytes], name: str, limit: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes, int]]:
    """(number from 1, bytes without the line feed, length) of each line. Of a line longer than `limit` only
    the first bytes are given, and no more than one chunk of it is ever held.
    """
    number = length = 0
    held = b""
    while True:
        try:
            chunk = stream.read(CHUNK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(name, f"it is cut short or broken after line {number} ({error})") from error
        if not chunk:
            break
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            number += 1
            length += len(piece)
            data = held + piece if held else piece
            yield number, (data if length <= limit else data[:HEAD_BYTES]), length
            held, length = b"", 0
        length += len(rest)
        held = held + rest if length <= limit else (held + rest)[:HEAD_BYTES]
    if length:
        yield number + 1, held, length


def read_csv(
    lines: Iterator[tuple[int, bytes, int]],
    columns: tuple[str, ...],
    all_columns: int,
    delimiter: str,
    encoding: str,
) -> Iterator[Row | Reject]:
    """Rows after the header. `all_columns` counts the three columns of a rejects file too."""
    header_seen = False
    for found in _records(lines, delimiter, encoding):
        if not header_seen:
            header_seen = True
            continue
        if isinstance(found, Reject):
            yield _named(found, columns, delimiter)
            continue
        row = _row(*found, columns, all_columns)
        if row is not None:
            yield row


def _row(number: int, fields: list[str], columns: tuple[str, ...], all_columns: int) -> Row | Reject | None:
    """None for a row without anything in it: spreadsheets leave many."""
    if not any(fields):
        return None
    values = dict(zip(columns, fields, strict=False))
    if len(fields) == all_columns:
        return Row(number, values)
    more = fields[all_columns:]
    told = f" Left over: {shown(' | '.join(more))}." if more else ""
    return reject(
        number, "", "", "wrong_number_of_columns",
        f"The row has {len(fields)} fields, the header {all_columns} columns; perhaps a quote or a delimiter is "
        f"missing.{told}",
        values,
    )  # fmt: skip


def _named(found: Reject, columns: tuple[str, ...], delimiter: str) -> Reject:
    """The reject of a raw line, its text spread over the columns as well as can be."""
    raw = found.values.get("", "")
    fields = next(csv.reader([raw.replace("\r", " ").replace("\n", " ")], delimiter=delimiter), [])
    return Reject(found.line, found.faults, dict(zip(columns, fields, strict=False)))


class _Lines:
    """Lines that can be put back, so that an unclosed quote costs its own line and no other."""

    def __init__(self, lines: Iterator[tuple[int, bytes, int]]) -> None:
        self._lines = lines
        self._again: deque[tuple[int, bytes, int]] = deque()

    def next(self) -> tuple[int, bytes, int] | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def put_back(self, lines: list[tuple[int, bytes, int]]) -> None:
        self._again.extendleft(reversed(lines))


def _pushed_back(
    lines: Iterator[tuple[int, bytes, int]], first: tuple[int, bytes, int]
) -> Iterator[tuple[int, bytes, int]]:
    yield first
    yield from lines


def _records(
    lines: Iterator[tuple[int, bytes, int]], delimiter: str, encoding: str
) -> Iterator[tuple[int, list[str]] | Reject]:
    source = _Lines(lines)
    first = True
    while (line := source.next()) is not None:
        number, data, length = line
        if first:
            data = data.removeprefix(_UTF8_MARK)
            first = not data.strip()
        if not data.strip() and length <= MAX_LINE_BYTES:
            continue
        text = _text(number, data, length, encoding)
        if isinstance(text, Reject):
            yield text
        elif '"' not in text:
            yield number, text.split(delimiter)
        else:
            yield _quoted(number, text, source, delimiter, encoding)


def _text(number: int, data: bytes, length: int, encoding: str) -> str | Reject:
    """The line decoded, or why it cannot be."""
    if length > MAX_LINE_BYTES:
        return reject(
            number, "", data[:64].decode("ascii", "replace"), "line_too_long",
            f"The line has {length:,} bytes; at most {MAX_LINE_BYTES:,} are read. It was skipped whole.", {},
        )  # fmt: skip
    if (at := data.find(b"\0")) >= 0:
        return _unreadable(number, data, encoding, "nul_byte", f"Byte {at + 1} of the line is NUL.")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        wrong = data[error.start : error.start + 1].hex()
        code = "not_utf8" if encoding == "utf-8" else "not_in_encoding"
        return _unreadable(
            number, data, encoding, code,
            f"Byte {error.start + 1} of the line (hex {wrong}) is not {encoding.upper()}; save the file as CSV UTF-8.",
        )  # fmt: skip
    if _REPLACEMENT in text:
        return _unreadable(
            number, data, encoding, "lost_character",
            "The line has a character (U+FFFD) that stands for a lost one; write what stood there.",
        )  # fmt: skip
    return text.removesuffix("\r")


def _unreadable(number: int, data: bytes, encoding: str, code: str, sentence: str) -> Reject:
    raw = data.decode(encoding, "replace").removesuffix("\r")
    return reject(number, "", raw, code, sentence, {"": raw})


def _quoted(number: int, text: str, source: _Lines, delimiter: str, encoding: str) -> tuple[int, list[str]] | Reject:
    taken: list[tuple[int, bytes, int]] = []

    def of_this_row() -> Iterator[str]:
        yield text + "\n"
        size = len(text)
        while len(taken) < MAX_LINES_OF_A_ROW and size <= MAX_LINE_BYTES:
            line = source.next()
            if line is None:
                return
            taken.append(line)
            size += line[2]
            more = _text(*line, encoding)
            if isinstance(more, Reject):
                return
            yield more + "\n"

    try:
        fields = next(csv.reader(of_this_row(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        source.put_back(taken)
        return reject(number, "", text, "bad_quotes", _quote_sentence(str(error)), {"": text})
    return number, fields


def _quote_sentence(error: str) -> str:
    if "unexpected end" in error:
        return (
            f"A quote that opens in this line is not closed, not even {MAX_LINES_OF_A_ROW:,} lines on; close it, or "
            "write a quote that is part of the value twice."
        )
    if "field limit" in error:
        return f"A field is longer than {csv.field_size_limit():,} characters."
    return "A quote stands inside a quoted value; write it twice."


# --- Typed cells --------------------------------------------------------------------------------------------


def _text_of(cell: Any) -> str:
    """A cell as text: dates as YYYY-MM-DD, numbers without exponent and with the 15 digits that a spreadsheet
    means, yes and no as true and false.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return Exact("true" if cell else "false")
    if isinstance(cell, int):
        return Exact(cell)
    if isinstance(cell, float):
        return Exact(format(Decimal(format(cell, ".15g")), "f")) if cell == cell else ""
    if isinstance(cell, Decimal):
        return Exact(format(cell, "f"))
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time() and cell.tzinfo is None
        return Exact(cell.date().isoformat() if midnight else cell.isoformat())
    if isinstance(cell, dt.date):
        return Exact(cell.isoformat())
    return str(cell)


# --- What is wrong with a whole file ------------------------------------------------------------------------


def _checked_header(header: list[str], name: str) -> tuple[str, ...]:
    columns = [column.strip() for column in header]
    for place, column in enumerate(columns, start=1):
        if not column:
            raise DomainError(
                "header_missing",
                f"{name}: column {place} has no name in the first line.",
                file=name,
                column=place,
            )
        if _LOOKS_LIKE_DATA.fullmatch(column):
            raise DomainError(
                "header_missing",
                f"{name}: the first line looks like data (“{shown(column)}”); it must name the columns.",
                file=name,
            )
    if tuple(columns[-3:]) == REJECT_COLUMNS and len(columns) > 3:
        columns = columns[:-3]
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    if twice:
        raise DomainError(
            "header_twice",
            f"{name}: the header names {', '.join(f'“{c}”' for c in twice)} more than once; each column needs a name "
            "of its own.",
            file=name,
            columns=twice,
        )
    return tuple(columns)


def _empty(name: str) -> DomainError:
    return DomainError(
        "file_empty",
        f"{name} is empty; the first line must name the columns, the others hold the rows.",
        file=name,
    )


def _damaged(name: str, why: str) -> DomainError:
    return DomainError("file_damaged", f"{name} is damaged: {why}. Send it again, whole.", file=name)
