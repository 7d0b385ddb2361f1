"""Files as they come: what is read, what is set aside with its line, what is refused as a whole."""

import csv
import datetime as dt
import gzip
import io
import tracemalloc
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from collections_app.kernel.errors import DomainError
from collections_app.services.intake.reader import (
    MAX_LINE_BYTES,
    Exact,
    Row,
    open_rows,
    physical_lines,
)
from collections_app.services.intake.rejects import Reject, RejectsWriter

GOOD = b"number,principal,due_on\nL-1,100.00,2026-03-01\nL-2,200.00,2026-03-02\n"


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refused(path: Path, **options: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        list(open_rows(path, **options))
    return caught.value


def rows_and_rejects(path: Path) -> tuple[list[Row], list[Reject]]:
    found = list(open_rows(path))
    return [x for x in found if isinstance(x, Row)], [x for x in found if isinstance(x, Reject)]


A_CELL = dt.datetime(2026, 3, 2)  # noqa: DTZ001 -- cells of a sheet have no zone

EXPECTED = [
    Row(2, {"number": "L-1", "principal": "100.00", "due_on": "2026-03-01"}),
    Row(3, {"number": "L-2", "principal": "200.00", "due_on": "2026-03-02"}),
]


def test_the_same_rows_come_from_csv_and_from_packed_csv(tmp_path):
    plain = open_rows(written(tmp_path, "loans.csv", GOOD))
    packed = open_rows(written(tmp_path, "loans.csv.gz", gzip.compress(GOOD, mtime=0)))
    assert (plain.format, packed.format) == ("CSV", "CSV.gz")
    assert plain.columns == packed.columns == ("number", "principal", "due_on")
    assert list(plain) == list(packed) == EXPECTED
    assert list(plain) == EXPECTED, "a second reading gives the same rows"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path, delimiter):
    content = GOOD.replace(b",", delimiter.encode())
    rows = open_rows(written(tmp_path, "loans.csv", content))
    assert rows.delimiter == delimiter
    assert list(rows) == EXPECTED


def test_a_delimiter_that_was_named_is_not_guessed(tmp_path):
    content = b"number;a,b,c\nL-1;2,3,4\n"
    assert open_rows(written(tmp_path, "loans.csv", content), delimiter=";").columns == ("number", "a,b,c")


def test_windows_line_ends_byte_order_mark_and_blank_lines_are_fine(tmp_path):
    content = b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n") + b"\r\n,,\r\n"
    assert list(open_rows(written(tmp_path, "loans.csv", content))) == EXPECTED


def test_a_byte_order_mark_wins_over_the_encoding_that_was_named(tmp_path):
    content = b"\xef\xbb\xbf" + "name\nMüller\n".encode()
    rows = open_rows(written(tmp_path, "loans.csv", content), encoding="cp1252")
    assert [row.values["name"] for row in rows] == ["Müller"]


def test_text_in_another_encoding_is_read_when_it_is_named(tmp_path):
    path = written(tmp_path, "loans.csv", "name,city\n陳偉,臺北\n".encode("big5"))
    assert [row.values for row in open_rows(path, encoding="big5")] == [{"name": "陳偉", "city": "臺北"}]
    assert refused(path, encoding="utf-7").code == "unknown_encoding"


def test_a_quoted_value_may_hold_delimiters_quotes_and_line_ends(tmp_path):
    content = b'number,address\nL-1,"1204 Sample Road\nApt ""B"", 3rd floor"\nL-2,plain\n'
    rows = list(open_rows(written(tmp_path, "loans.csv", content)))
    assert rows == [
        Row(2, {"number": "L-1", "address": '1204 Sample Road\nApt "B", 3rd floor'}),
        Row(4, {"number": "L-2", "address": "plain"}),
    ]


def test_an_unclosed_quote_costs_its_own_line_and_no_other(tmp_path):
    content = b'number,name\nL-1,good\nL-2,"open\nL-3,good\nL-4,good\n'
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", content))
    assert [row.values["number"] for row in rows] == ["L-1", "L-3", "L-4"]
    assert [(r.line, r.code) for r in rejects] == [(3, "bad_quotes")]
    assert rejects[0].values["number"] == "L-2"
    assert "not closed" in rejects[0].sentence


def test_an_unclosed_quote_stops_at_a_bound_even_if_a_quote_comes_much_later(tmp_path):
    lines = [b"number,name", b'L-0,"open', *(b"L-%d,good" % n for n in range(1, 3000)), b'L-3000,"closed"']
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", b"\n".join(lines)))
    assert len(rows) == 3000
    assert [(r.line, r.code) for r in rejects] == [(2, "bad_quotes")]


def test_a_quote_inside_a_quoted_value_is_told(tmp_path):
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", b'number,size\nL-1,"5" pipe"\nL-2,x\n'))
    assert [row.values["number"] for row in rows] == ["L-2"]
    assert (rejects[0].line, rejects[0].code) == (2, "bad_quotes")
    assert "write it twice" in rejects[0].sentence


def test_bytes_that_are_not_utf8_are_told_with_line_and_byte_and_the_good_rows_go_in(tmp_path):
    content = b"number,name\nL-1,good\nL-2,M\xfcller\nL-3,good\n"
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", content))
    assert [row.values["number"] for row in rows] == ["L-1", "L-3"]
    assert [(r.line, r.code) for r in rejects] == [(3, "not_utf8")]
    assert "Byte 6 " in rejects[0].sentence and "hex fc" in rejects[0].sentence
    assert rejects[0].values == {"number": "L-2", "name": "M\N{REPLACEMENT CHARACTER}ller"}


def test_a_row_whose_lost_character_was_not_written_again_comes_back_again(tmp_path):
    content = "number,name\nL-2,M\N{REPLACEMENT CHARACTER}ller\n".encode()
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", content))
    assert not rows and rejects[0].code == "lost_character"


def test_a_nul_byte_is_told_with_line_and_byte(tmp_path):
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", b"number,name\nL-1,a\0b\nL-2,x\n"))
    assert [row.values["number"] for row in rows] == ["L-2"]
    assert (rejects[0].line, rejects[0].code) == (2, "nul_byte")
    assert "Byte 6 " in rejects[0].sentence
    assert "\0" not in rejects[0].sentence + rejects[0].value


def test_a_row_with_too_few_or_too_many_fields_is_told(tmp_path):
    content = b"number,a,b\nL-1,1\nL-2,1,2,3,left over\nL-3,1,2\n"
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", content))
    assert [row.values["number"] for row in rows] == ["L-3"]
    assert [(r.line, r.code) for r in rejects] == [(2, "wrong_number_of_columns"), (3, "wrong_number_of_columns")]
    assert "2 fields, the header 3" in rejects[0].sentence
    assert "left over" in rejects[1].sentence, "what does not fit is told, not lost"


def test_a_line_of_two_gigabytes_is_skipped_with_its_number_and_never_held(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:  # sparse: it takes no room on the disk
        stream.write(b"a,b\n1,2\n")
        stream.seek(1 << 31, 1)
        stream.write(b"\n3,4\n")
    tracemalloc.start()
    try:
        rows, rejects = rows_and_rejects(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [row.line for row in rows] == [2, 4]
    assert [(r.line, r.code) for r in rejects] == [(3, "line_too_long")]
    assert "2,147,483,648 bytes" in rejects[0].sentence
    assert peak < 16 * MAX_LINE_BYTES


def test_a_long_line_within_the_bound_is_read(tmp_path):
    word = b"x" * (MAX_LINE_BYTES - 10)
    rows, rejects = rows_and_rejects(written(tmp_path, "loans.csv", b"a,b\n1," + word + b"\n3,4\n"))
    assert [len(row.values["b"]) for row in rows] == [len(word), 1] and not rejects


class Drip(io.RawIOBase):
    """A stream that gives what it has in pieces of the reader's asking, made as it is asked."""

    def __init__(self, line: bytes, times: int) -> None:
        self.line, self.left, self.rest = line, times, b""

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size and self.left:
            self.left -= 1
            self.rest += self.line
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


def test_memory_does_not_grow_with_the_number_of_lines():
    line = b"L-1,100.00,2026-03-01\n"
    tracemalloc.start()
    try:
        count = sum(1 for _ in physical_lines(Drip(line, 600_000), "drip"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 600_000
    assert peak < 600_000 * len(line) / 4


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("loans.csv", b"", "file_empty", "empty"),
        ("loans.csv", b"\xef\xbb\xbf \r\n\r\n", "file_empty", "empty"),
        ("loans.csv.gz", gzip.compress(b"", mtime=0), "file_empty", "empty"),
        ("loans.csv", gzip.compress(GOOD, mtime=0), "not_what_its_name_says", "by its content CSV.gz"),
        ("loans.csv.gz", GOOD, "not_what_its_name_says", "by its content CSV"),
        ("loans.csv", b"%PDF-1.7\n...", "not_what_its_name_says", "PDF"),
        ("loans.csv", b"<html><table>", "not_what_its_name_says", "HTML"),
        ("loans.csv", b'{"number": 1}', "not_what_its_name_says", "JSON"),
        ("loans.csv", "number,a\n".encode("utf-16"), "not_what_its_name_says", "UTF-16"),
        ("loans.csv", b"\xd0\xcf\x11\xe0rest", "not_what_its_name_says", "old Excel"),
        ("loans.xlsx", GOOD, "not_what_its_name_says", "by its content CSV"),
        ("loans.parquet", GOOD, "not_what_its_name_says", "by its content CSV"),
        ("loans.csv.gz", gzip.compress(b"PK\x03\x04rest", mtime=0), "not_what_its_name_says", "ZIP archive or XLSX"),
        ("loans.parquet", b"PAR1 and no end", "file_damaged", "end is missing"),
        ("loans.xlsx", b"PK\x03\x04 broken", "file_damaged", "cannot be opened"),
        ("loans.csv.gz", gzip.compress(GOOD, mtime=0)[:12], "file_damaged", "unpacked"),
        ("loans.doc", GOOD, "unknown_kind_of_file", ".parquet"),
        ("loans.csv", b"L-1,100.00,2026-03-01\nL-2,1,2\n", "header_missing", "looks like data"),
        ("loans.csv", b"number,,principal\nL-1,,2\n", "header_missing", "column 2 has no name"),
        ("loans.csv", b"number,apr,number\n1,2,3\n", "header_twice", "number"),
        ("loans.csv", b"n\xfcmber,apr\n1,2\n", "not_utf8", "line 1: byte 2"),
        ("loans.csv", b"a,b\r1,2\r3,4\r", "not_what_its_name_says", "line ends"),
        ("loans.csv", b"x" * (MAX_LINE_BYTES + 1) + b"\n1\n", "header_missing", "longer than"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(tmp_path, name, content, code, words):
    error = refused(written(tmp_path, name, content))
    assert error.code == code
    assert words in error.sentence and name in error.sentence


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert refused(tmp_path / "nothing.csv").code == "file_missing"
    assert refused(tmp_path).code == "file_missing"


def test_a_packed_file_that_was_cut_gives_its_rows_and_then_says_where_it_broke(tmp_path):
    body = b"number,a\n" + b"".join(b"L-%d,%d\n" % (n, n * 7919) for n in range(200_000))
    path = written(tmp_path, "loans.csv.gz", gzip.compress(body, mtime=0)[:-20_000])
    rows = open_rows(path)
    seen = 0
    with pytest.raises(DomainError) as caught:
        for _ in rows:
            seen += 1
    assert seen > 1000
    assert caught.value.code == "file_damaged" and "after line" in caught.value.sentence


def workbook(path: Path, rows: list[list[object]], title: str = "Loans") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_gives_dates_and_numbers_in_one_form(tmp_path):
    path = workbook(
        tmp_path / "loans.xlsx",
        [
            ["number", "principal", "due_on", "apr", "generated"],
            ["L-1", 1250.5, dt.date(2026, 3, 1), 0.1 + 0.2, True],
            [None, None, None, None, None],
            ["007", 12, A_CELL, 1e-05, None],
        ],
    )
    rows = list(open_rows(path))
    assert [row.line for row in rows] == [2, 4]
    first, second = (row.values for row in rows)
    assert first == {"number": "L-1", "principal": "1250.5", "due_on": "2026-03-01", "apr": "0.3", "generated": "true"}
    assert second == {"number": "007", "principal": "12", "due_on": "2026-03-02", "apr": "0.00001", "generated": ""}
    assert isinstance(first["due_on"], Exact) and not isinstance(first["number"], Exact)


def test_a_sheet_is_chosen_by_name_and_a_wrong_one_refused(tmp_path):
    path = workbook(tmp_path / "loans.xlsx", [["number"], ["L-1"]], title="Tape")
    assert [row.values["number"] for row in open_rows(path, sheet="Tape")] == ["L-1"]
    error = refused(path, sheet="Other")
    assert error.code == "sheet_missing" and "Tape" in error.sentence


def test_a_workbook_without_rows_or_header_is_refused(tmp_path):
    assert refused(workbook(tmp_path / "a.xlsx", [])).code == "file_empty"
    assert refused(workbook(tmp_path / "b.xlsx", [[None], ["number"], ["L-1"]])).code == "header_missing"


def test_a_row_of_a_workbook_beyond_the_header_is_told(tmp_path):
    path = workbook(tmp_path / "loans.xlsx", [["number", "a"], ["L-1", 1, "surplus"], ["L-2", 2]])
    rows, rejects = rows_and_rejects(path)
    assert [row.values["number"] for row in rows] == ["L-2"]
    assert (rejects[0].line, rejects[0].code) == (2, "wrong_number_of_columns")


def test_a_parquet_file_gives_its_rows_in_order_and_in_batches(tmp_path):
    count = 12_345
    frame = pl.DataFrame(
        {
            "number": [f"L-{n}" for n in range(count)],
            "principal": pl.Series([Decimal("10.50")] * count, dtype=pl.Decimal(12, 2)),
            "due_on": [dt.date(2026, 3, 1)] * count,
            "apr": pl.Series([0.1] * count, dtype=pl.Float32),
            "days": [None, *range(1, count)],
        }
    )
    path = tmp_path / "loans.parquet"
    frame.write_parquet(path, row_group_size=4_000)
    rows = list(open_rows(path))
    assert [row.values["number"] for row in rows] == frame["number"].to_list()
    assert [row.line for row in rows] == list(range(1, count + 1))
    assert rows[0].values == {
        "number": "L-0", "principal": "10.50", "due_on": "2026-03-01", "apr": "0.1", "days": ""
    }  # fmt: skip


def test_a_parquet_column_that_holds_lists_is_refused(tmp_path):
    path = tmp_path / "loans.parquet"
    pl.DataFrame({"number": ["L-1"], "tags": [["a", "b"]]}).write_parquet(path)
    error = refused(path)
    assert error.code == "column_not_flat" and "tags" in error.sentence


def test_a_rejects_file_can_be_corrected_and_sent_again(tmp_path):
    content = 'number;name;address\nL-1;good;"a\nb"\nL-2;M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller\n'.encode()
    sent = open_rows(written(tmp_path, "loans.csv", content))
    with RejectsWriter(tmp_path / "rejects.csv", sent.columns, sent.delimiter) as writer:
        for found in sent:
            if isinstance(found, Reject):
                writer.add(found)
    path = writer.close()
    assert path is not None and writer.count == 1
    assert path.stat().st_mode & 0o077 == 0, "it holds rows about people"
    text = path.read_text("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert lines[0] == ["number", "name", "address", "line", "column", "reason"]
    assert lines[1][:5] == ["L-2", "Müller", "", "4", ""]
    assert "2 fields" in lines[1][5]
    path.write_text(text.replace("Müller;;4", "Müller;1 Sample Road;4"), encoding="utf-8-sig")
    again = open_rows(path, encoding="cp1252")
    assert again.columns == ("number", "name", "address")
    assert [row.values for row in again] == [{"number": "L-2", "name": "Müller", "address": "1 Sample Road"}]


def test_a_clean_file_leaves_no_rejects_file(tmp_path):
    with RejectsWriter(tmp_path / "rejects.csv", ["number"]) as writer:
        pass
    assert writer.close() is None and not (tmp_path / "rejects.csv").exists()
