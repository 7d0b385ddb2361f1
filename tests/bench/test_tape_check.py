"""The replayed ledger against the servicer of the subprime tape: the same months as the yardstick of the docs page."""

import csv
import re
from pathlib import Path

import pytest

from bench import tape_check

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.tape
def test_the_ledger_agrees_in_the_months_of_the_page_and_errs_in_those_that_it_lists(tapes):
    result = tape_check.check(tapes / "us_subprime_tape" / "monthly.csv.gz")

    assert result["met"]
    assert result["raw"]["a"] == {"months": 844, "agreed": 829, "both_overdue": 332, "within_a_day": 128}
    assert result["raw"]["b"] == {"months": 844, "agreed": 834, "both_overdue": 329, "within_a_day": 304}
    assert result["raw"]["b_strict"] == {"months": 844, "agreed": 829, "both_overdue": 325, "within_a_day": 254}

    listed = re.search(r"```csv\n(.*?)```", (ROOT / "docs" / "subprime_tape.md").read_text(encoding="utf-8"), re.S)
    assert listed is not None
    page = {
        (r["question"], r["loan"], r["month_end"], int(r["ours"]), int(r["theirs"]))
        for r in csv.DictReader(listed[1].splitlines())
        if r["question"] != "b_days"
    }
    assert page == {(r["question"], r["loan"], r["month_end"], r["ours"], r["theirs"]) for r in result["disagreements"]}


def test_a_tape_that_is_not_there_is_said_and_ends_with_2(capsys):
    assert tape_check.main(["/nowhere/monthly.csv.gz"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "No such file" in err
