"""`as_of`: an object as the system knew it then, from its history."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from collections_app.models import Case
from collections_app.services.known_then import known_then, tracked
from tests.daily.ground import close_through, d, lend, pay

pytestmark = pytest.mark.django_db

IMPORTED = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 3, 12, 2, tzinfo=dt.UTC)
NEXT_NIGHT = dt.datetime(2026, 3, 14, 2, tzinfo=dt.UTC)


@pytest.fixture
def past(tmp_path: Path) -> Case:
    """A loan that missed March, had a case from the 11th and paid on the 13th, each written in its own night."""
    with time_machine.travel(IMPORTED, tick=False):
        lend(tmp_path, "L-0004")
        close_through(d(3, 1), d(3, 1))
    with time_machine.travel(NIGHT, tick=False):
        close_through(d(3, 2), d(3, 11))
    with time_machine.travel(NEXT_NIGHT, tick=False):
        pay(tmp_path, "L-0004", d(3, 12))
        close_through(d(3, 12), d(3, 13))
    return Case.objects.get()


def as_of(what: str, at: dt.datetime) -> dict[str, Any]:
    out = StringIO()
    call_command("as_of", what, at.isoformat(), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_case_is_told_as_it_stood_with_who_made_it_so_and_why(past: Case) -> None:
    then = as_of(f"case:{past.pk}", NIGHT + dt.timedelta(hours=5))
    assert (then["fields"]["stage"], then["fields"]["closed_on"]) == ("early", None)
    assert then["changed"] == {
        "at": "2026-03-12T02:00:00Z", "by": "daily-run", "because": "an instalment was not paid", "run": "2026-03-11",
    }  # fmt: skip
    now = as_of(f"case:{past.pk}", NEXT_NIGHT)
    assert (now["fields"]["stage"], now["changed"]["because"]) == ("closed", "nothing is overdue any more")


def test_a_loan_is_found_by_its_number_and_brings_its_instalments_of_then(past: Case) -> None:
    before, after = as_of("loan:L-0004", NEXT_NIGHT - dt.timedelta(seconds=1)), as_of("loan:L-0004", NEXT_NIGHT)
    assert before["fields"]["state"] == "past_due" and after["fields"]["state"] == "active"
    assert before["fields"]["principal"] == str(past.loan.principal)
    assert [(i["due_on"], i["amount"]) for i in before["instalments"][:2]] == [
        ("2026-02-10", "105.50"),
        ("2026-03-10", "105.50"),
    ]
    assert len(before["instalments"]) == 12


def test_personal_data_is_named_and_not_shown(past: Case) -> None:
    told = known_then(f"person:{past.debtor_id}", NEXT_NIGHT)
    assert "name" in told["personal"]
    assert past.debtor.name not in json.dumps(told, default=str)


def test_every_model_that_keeps_a_history_can_be_asked_for(past: Case) -> None:
    assert {"case", "loan", "contact", "person", "hold", "promise", "legalfile"} <= set(tracked())


@pytest.mark.parametrize(
    ("what", "at", "sentence"),
    [
        ("case:{pk}", NIGHT - dt.timedelta(seconds=1), "was not known at 2026-03-12 01:59:59 UTC: it is known since 2026-03-12 02:00:00 UTC"),
        ("case:999", NEXT_NIGHT, "there is no such object"),
        ("loan:L-9999", NEXT_NIGHT, "There is no loan L-9999."),
        ("cat:1", NEXT_NIGHT, "names no object; write a word and a key"),
        ("case", NEXT_NIGHT, "names no object"),
        ("case:²", NEXT_NIGHT, "There is no case ²."),
        ("case:1234567890123456789012", NEXT_NIGHT, "There is no case 1234567890123456789012."),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_answered_with_a_sentence(past: Case, what: str, at: dt.datetime, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("as_of", what.format(pk=past.pk), at.isoformat(), stdout=StringIO())
    assert refused.value.returncode == 1
