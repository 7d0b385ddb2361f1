"""Bad input, each answered by a sentence that says what and where, and nothing is lost: good rows go in, bad ones come back.

The faults of channels and of a full disk stand with what they concern: tests/channels, tests/documents, tests/legal.
"""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collections_app.models import ImportRow, Loan, Payment

from .ground import LOAN as TWO_LINES
from .ground import PAYMENT, a_file, close, command, load_policies

pytestmark = pytest.mark.django_db

LOAN = {**TWO_LINES, "debtor_address": "12 Example Street, Jefferson City, MO 65101"}
OTHER = {**LOAN, "number": "L-0005", "debtor_number": "B-18", "debtor_name": "Ben Okafor"}


def refused(name: str, *args: Any) -> str:
    """The sentence with which a command ends, and that it ends with 1."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(name, *map(str, args), stdout=StringIO(), stderr=err)
    assert caught.value.returncode == 1
    return str(caught.value)


def rejects(result: dict[str, Any]) -> list[dict[str, str]]:
    with Path(result["rejects_file"]).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("field", "value", "column", "said"),
    [
        ("contract_on", "10/01/2026", "contract_on", "2026-01-31"),
        ("principal", "-1200.00", "principal", "more than"),
        ("currency", "XQX", "currency", "XQX"),
    ],
)
def test_a_bad_value_sends_its_row_back_with_line_and_column_and_the_good_row_goes_in(
    field: str, value: str, column: str, said: str, tmp_path: Path
) -> None:
    result = command("import_loans", a_file(tmp_path / "loans.csv", {**LOAN, field: value}, OTHER))
    assert (result["created"], result["rejected"]) == (1, 1)
    assert list(Loan.objects.values_list("number", flat=True)) == ["L-0005"]
    (row,) = rejects(result)
    assert (row["line"], row["column"], row["number"]) == ("2", column, "L-0004")
    assert said in row["reason"] or value in row["reason"]
    kept = ImportRow.objects.get()
    assert (kept.line, kept.column) == (2, column)


def test_corrected_rejects_can_be_sent_again(tmp_path: Path) -> None:
    result = command("import_loans", a_file(tmp_path / "loans.csv", {**LOAN, "principal": "-1"}, OTHER))
    (row,) = rejects(result)
    row["principal"] = "1200.00"
    again = command("import_loans", a_file(tmp_path / "corrected.csv", row))
    assert (again["created"], again["rejected"]) == (1, 0)
    assert Loan.objects.count() == 2


def test_a_missing_column_refuses_the_file_and_names_it(tmp_path: Path) -> None:
    row = {k: v for k, v in LOAN.items() if k != "principal"}
    sentence = refused("import_loans", a_file(tmp_path / "loans.csv", row))
    assert "principal" in sentence and "loans.csv" in sentence
    assert not Loan.objects.exists()


def test_a_loan_number_that_stands_twice_is_taken_once(tmp_path: Path) -> None:
    result = command("import_loans", a_file(tmp_path / "loans.csv", LOAN, {**OTHER, "number": "L-0004"}))
    assert (result["created"], result["rejected"]) == (1, 1)
    assert rejects(result)[0]["line"] == "3"


def test_a_payment_for_an_unknown_loan_comes_back_with_its_reason(tmp_path: Path) -> None:
    command("import_loans", a_file(tmp_path / "loans.csv", LOAN))
    result = command(
        "import_payments",
        a_file(tmp_path / "p.csv", {**PAYMENT, "loan_number": "L-9999"}, {**PAYMENT, "reference": "P-2"}),
    )
    assert (result["created"], result["rejected"]) == (1, 1)
    assert "There is no loan L-9999" in rejects(result)[0]["reason"]
    assert Payment.objects.get().reference == "P-2"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_bytes(b"")
    assert "empty" in refused("import_loans", path)


def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loans.xlsx"
    path.write_text("number,principal\n1,2\n")
    assert "loans.xlsx" in refused("import_loans", path)


def test_invalid_utf_8_sends_back_its_line_and_the_others_go_in(tmp_path: Path) -> None:
    path = a_file(tmp_path / "loans.csv", LOAN, OTHER)
    path.write_bytes(path.read_bytes().replace(b"Ana Reyes", b"Ana Re\xff\xfees"))
    result = command("import_loans", path)
    assert (result["created"], result["rejected"]) == (1, 1)
    assert Loan.objects.get().number == "L-0005"


def test_a_line_without_end_sends_back_its_number_and_the_others_go_in(tmp_path: Path) -> None:
    path = a_file(tmp_path / "loans.csv", LOAN, OTHER)
    head, first, second = path.read_text().replace("\r\n", "\n").split("\n", 1)[0], *_rows(path)
    with path.open("w", newline="") as stream:
        stream.write(f"{head}\n{first}\n")
        for _ in range(300):
            stream.write(
                "x" * 10_000
            )  # three megabytes on one line; two gigabytes are read the same way (tests/services/intake)
        stream.write(f"\n{second}\n")
    result = command("import_loans", path)
    assert (result["created"], result["rejected"]) == (2, 1)


def _rows(path: Path) -> list[str]:
    out = []
    with path.open(newline="") as stream:
        for row in list(csv.reader(stream))[1:]:
            line = StringIO()
            csv.writer(line).writerow(row)
            out.append(line.getvalue().rstrip("\r\n"))
    return out


def test_the_same_row_from_another_file_is_a_suspect_that_only_a_person_books(tmp_path: Path) -> None:
    from tests.daily.ground import d

    mapping = tmp_path / "row.toml"
    mapping.write_text(_mapping_by_row())
    load_policies()
    command("import_loans", a_file(tmp_path / "loans.csv", LOAN))
    row = {k: v for k, v in PAYMENT.items() if k != "reference"}
    first = command("import_payments", a_file(tmp_path / "monday.csv", row), "--mapping", mapping)
    assert "error" not in first, first
    again = command("import_payments", tmp_path / "monday.csv", "--mapping", mapping)
    other = command(
        "import_payments", a_file(tmp_path / "tuesday.csv", row, {**row, "amount": "1.00"}), "--mapping", mapping
    )
    assert (first["created"], again["created"], other["suspects"]) == (1, 0, 1)
    close(d(3, 11))
    assert sorted(Payment.objects.filter(booked_on=None).values_list("state", flat=True)) == ["suspect"]


def _mapping_by_row() -> str:
    shipped = Path("collections_app/services/intake/mappings/plain.toml").read_text()
    assert 'reference = "reference"\n' in shipped
    return shipped.replace('reference = "reference"\n', "").replace('identity = "reference"', 'identity = "row"')


def test_a_run_behind_a_closed_day_is_refused(tmp_path: Path) -> None:
    from tests.daily.ground import d

    load_policies()
    close(d(3, 11))
    assert "lies behind" in refused("run_day", "--date", "2026-03-09")
