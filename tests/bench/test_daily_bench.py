"""The benchmark of the day on a tiny book: the three ways of doing a day leave the same rows, and a wrong row shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings

from bench import daily
from bench.book import ON

LOANS = 300


@dataclass(frozen=True)
class Measured:
    server: daily.Server
    book: str
    last_person: int
    found: dict[str, Any]


@pytest.fixture(scope="module")
def measured() -> Iterator[Measured]:
    """Product, floor and naive, each once, in processes and databases of their own."""
    db = settings.DATABASES["default"]
    account = quote(db["USER"]) + (f":{quote(db['PASSWORD'])}" if db.get("PASSWORD") else "")
    server = daily.Server(f"postgres://{account}@{db['HOST']}:{db['PORT'] or 5432}/postgres")
    book = daily.book_of(server, LOANS, keep=False)
    try:
        last_person = daily.last_person(server, book, LOANS)
        yield Measured(server, book, last_person, daily.once(server, book, last_person, keep=False))
    finally:
        server.drop(book)


@pytest.mark.postgresql
def test_product_naive_and_floor_leave_the_same_rows(measured):
    assert measured.found["differing"] == []
    assert measured.found["floor"]["rows_equal"] is True
    planned = measured.found["product"]["result"]["planned"]
    assert measured.found["rows"]["judgement"].startswith(f"{sum(planned.values())}:")
    assert {"sms", "email", "voice", "letter", "visit"} <= set(planned)


@pytest.mark.postgresql
def test_the_second_run_of_the_day_writes_nothing(measured):
    product = measured.found["product"]
    assert product["first"]["rows"] > LOANS / 10
    assert product["asked_again"]["rows"] == 0
    assert product["done_again"]["rows"] == 0


@pytest.mark.postgresql
def test_the_floor_writes_every_row_that_the_product_left(measured):
    written = measured.found["floor"]["written"]
    rows = sum(table["new"] + table["changed"] for table in written.values())
    assert rows == measured.found["floor"]["cost"]["rows"]
    # What the product wrote twice (a window that is laid out and then checked off) is written once.
    assert 0 <= measured.found["product"]["first"]["rows"] - rows <= rows / 10


@pytest.mark.postgresql
def test_a_row_that_the_naive_day_gets_wrong_makes_the_rows_differ(measured):
    fine = measured.found["rows"]
    with measured.server.clone(measured.book, "naive", keep=False) as name:
        url = measured.server.url_of(name)
        daily.child("bench.naive", measured.last_person, database=url)
        assert daily.child("bench.rows", measured.last_person, database=url) == fine
        one = "(SELECT MAX(id) FROM {})"
        for statement in (
            f"UPDATE collections_app_contact SET state_because = 'no' WHERE business_on = '{ON}' AND id = {one.format('collections_app_contact')}",
            f"UPDATE collections_app_judgement SET by = 'US-01' WHERE id = {one.format('collections_app_judgement')}",
            f"UPDATE collections_app_loan SET oldest_open_due_on = oldest_open_due_on + 1 WHERE id = {one.format('collections_app_loan')}",
            "UPDATE collections_app_historicalcase SET history_change_reason = 'no' "
            "WHERE history_id = (SELECT MAX(history_id) FROM collections_app_historicalcase)",
            f"DELETE FROM collections_app_contactcase WHERE id = {one.format('collections_app_contactcase')}",
        ):
            with psycopg.connect(url, autocommit=True) as connection:
                assert connection.execute(statement).rowcount == 1
        wrong = daily.child("bench.rows", measured.last_person, database=url)
    assert daily.differing(fine, wrong) == ["case history", "contact", "contactcase", "judgement", "loan"]


def a_result(rows_equal: bool = True, again: int = 0, **figures: float) -> dict[str, Any]:
    """A result that reaches every bar, but for what is said."""
    product = {"asked_again": {"rows": 0}, "done_again": {"rows": again}}
    return {
        "figures": {"E1": 1.9, "E2": 240.0, "E7": 21.0, "E10": 0.15, **figures},
        "rows_equal": rows_equal,
        "raw": {"differing": [] if rows_equal else ["contact"], "repetitions": [{"product": product}]},
    }


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (a_result(), []),
        (a_result(E1=2.6), ["E1 is 2.6, not ≤ 2.5"]),
        (a_result(E2=99.9), ["E2 is 99.9, not ≥ 100"]),
        (a_result(E7=40.1), ["E7 is 40.1, not ≤ 40"]),
        (a_result(E10=0.21), ["E10 is 0.21, not ≤ 0.2"]),
        (a_result(rows_equal=False), ["rows differ: contact"]),
        (a_result(again=3), ["the second run of the day wrote 3 rows (done_again)"]),
    ],
)
def test_each_bar_that_is_missed_is_told(result, told):
    assert daily.missed(result) == told


def test_a_database_that_is_not_postgresql_is_refused_as_wrong_usage(capsys):
    with pytest.raises(SystemExit) as refused:
        daily.main(["--database", "sqlite:///book.sqlite3"])
    assert refused.value.code == 2
    assert "postgres://" in capsys.readouterr().err
