"""The manners that all commands share."""

import argparse
import datetime as dt
import io
import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from collections_app.kernel.errors import DomainError
from collections_app.management.base import JsonCommand, Refused, WrongUsage, iso_date, iso_instant


class Count(JsonCommand):
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("until", type=int)

    def handle_json(self, **options):
        if options["until"] == 0:
            raise DomainError("nothing_to_count", "There is nothing to count; give a number from 1.", until=0)
        if options["until"] == 28:
            raise OSError(28, "No space left on device", "/somewhere")
        if options["until"] == 2:
            raise WrongUsage("Two is not to be counted to.")
        with self.progress(options["until"], "counted") as bar:
            for _ in range(options["until"]):
                bar.step()
        return {"counted": options["until"], "on": dt.date(2026, 3, 1), "sum": Decimal("10.50"), "by": {"one": 1}}

    def refusal(self, result):
        return "Thirteen was counted to." if result["counted"] == 13 else None


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(until: int, *options: str) -> tuple[str, str, int]:
    out, err = io.StringIO(), io.StringIO()
    command, code = Count(stdout=out, stderr=err), 0
    try:
        call_command(command, str(until), *options)
    except CommandError as error:
        code = error.returncode
    return out.getvalue(), err.getvalue(), code


def test_the_result_is_one_json_object_and_nothing_else():
    out, err, code = run(3, "--json")
    assert json.loads(out) == {"counted": 3, "on": "2026-03-01", "sum": "10.50", "by": {"one": 1}}
    assert (err, code) == ("", 0)


def test_people_get_lines():
    assert run(3)[0].splitlines() == ["counted: 3", "on: 2026-03-01", "sum: 10.50", "by: one 1"]


def test_what_is_refused_is_told_in_json_with_exit_1():
    out, _, code = run(0, "--json")
    assert json.loads(out) == {
        "error": {
            "code": "nothing_to_count", "sentence": "There is nothing to count; give a number from 1.", "until": 0
        }
    }  # fmt: skip
    assert code == 1
    assert run(0)[0] == "", "without --json the sentence goes to stderr"


def test_a_full_disk_is_told_like_a_refusal():
    out, _, code = run(28, "--json")
    assert json.loads(out)["error"] == {
        "code": "machine_refused", "sentence": "/somewhere: No space left on device."
    }  # fmt: skip
    assert code == 1


def test_a_result_with_refusals_in_it_is_printed_and_ends_with_1():
    out, _, code = run(13, "--json")
    assert json.loads(out)["counted"] == 13 and code == 1


def test_wrong_usage_ends_with_2(capsys):
    assert run(2, "--json") == ("", "", 2)
    with pytest.raises(SystemExit) as caught:
        Count().run_from_argv(["manage.py", "count", "many"])
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


def test_on_the_command_line_a_refusal_is_a_sentence_on_stderr_and_exit_1(capsys):
    with pytest.raises(SystemExit) as caught:
        Count().run_from_argv(["manage.py", "count", "0"])
    assert caught.value.code == 1
    out, err = capsys.readouterr()
    assert out == "" and err.strip().endswith("Refused: There is nothing to count; give a number from 1.")


def test_progress_shows_on_a_terminal_only_and_never_on_stdout():
    out, terminal = io.StringIO(), Terminal()
    call_command(Count(stdout=out, stderr=terminal), "1000", "--json")
    assert "100 %" in terminal.getvalue() and terminal.getvalue().count("\r") <= 101
    assert len(out.getvalue().splitlines()) == 1


def test_dates_and_instants_of_the_command_line():
    assert iso_date("2026-03-01") == dt.date(2026, 3, 1)
    assert iso_instant("2026-03-01T10:00:00Z") == dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
    for reader, wrong in ((iso_date, "01/03/2026"), (iso_date, "20260301"), (iso_instant, "2026-03-01T10:00:00")):
        with pytest.raises(argparse.ArgumentTypeError):
            reader(wrong)


def test_a_refusal_is_a_command_error():
    assert issubclass(Refused, CommandError) and Refused("no").returncode == 1
