"""May this person be contacted now? The answers of the service and of its two commands."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collections_app.kernel.errors import DomainError
from collections_app.models import Case, Contact, Judgement, PolicyVersion
from collections_app.policy import loader
from collections_app.services import calls
from collections_app.services.may_contact import for_case, may_contact
from tests.factories import borrowers, cases, loans, staff

MORNING = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)  # 10:00 in Chicago, a Monday
NIGHT = dt.datetime(2026, 3, 17, 4, tzinfo=dt.UTC)  # 23:00 in Chicago
OPENS = dt.datetime(2026, 3, 17, 13, tzinfo=dt.UTC)  # 08:00 in Chicago
CLOSES = dt.datetime(2026, 3, 17, 2, tzinfo=dt.UTC)  # 21:00 in Chicago


@pytest.fixture
def case(db: None) -> Case:
    """The second day of somebody in Chicago whom a third party collects from."""
    for path in loader.shipped_files():
        loader.load(path)
    debtor = borrowers.a_person("Marisol Quintero-Hale", source_ref="B-1")
    loan = loans.a_loan(debtor, open_since=dt.date(2026, 3, 14), state="past_due", collector_role="third_party")
    borrowers.a_register_check("bankruptcy_stay", at=dt.datetime(2026, 3, 16, 6, tzinfo=dt.UTC))
    return cases.an_overdue_case(2, loan=loan, ladder=PolicyVersion.objects.get(kind="ladder", ident="six-day"))


def answered(name: str, *args: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(name, *args, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def test_by_day_a_call_may_be_made(case: Case) -> None:
    told = may_contact(case.debtor, channel="voice", at=MORNING)
    assert (told["verdict"], told["by"], told["next_allowed_at"]) == ("allow", [], MORNING)
    assert "08:00–21:00" in told["why"] and "America/Chicago" in told["why"]


def test_by_night_it_may_not_and_the_answer_says_when(case: Case) -> None:
    told = may_contact(case.debtor, channel="voice", at=NIGHT)
    assert told["verdict"] == "deny" and "US-01" in told["by"]
    assert told["next_allowed_at"] == OPENS
    assert told["why"].startswith("closed in America/Chicago")


def test_nothing_is_kept_by_asking(case: Case) -> None:
    may_contact(case.debtor, channel="voice", at=MORNING)
    for_case(case, at=MORNING)
    assert not Judgement.objects.exists() and not Contact.objects.exists()


def test_a_third_person_is_judged_as_what_they_are(case: Case) -> None:
    told = may_contact(case.debtor, channel="voice", at=MORNING, party="employer")
    assert told["verdict"] == "deny"


def test_who_owes_nothing_is_not_asked_about(case: Case) -> None:
    with pytest.raises(DomainError, match="No debt of this person"):
        may_contact(borrowers.a_person("Nobody"), channel="voice", at=MORNING)


@pytest.mark.parametrize(("channel", "party"), [("pigeon", None), ("voice", "neighbour's dog")])
def test_words_that_do_not_exist_are_refused_by_a_sentence(case: Case, channel: str, party: str | None) -> None:
    with pytest.raises(DomainError, match="choose one of"):
        may_contact(case.debtor, channel=channel, at=MORNING, party=party)


def test_a_case_has_a_line_per_person_and_channel(case: Case) -> None:
    other = borrowers.a_person("Anselm Hale", reachable=False)
    borrowers.a_phone(other)
    borrowers.a_party(case.loan, other)
    found = for_case(case, at=MORNING)
    assert [(x.person.pk == case.debtor_id, x.channel) for x in found.lines] == [
        (True, "voice"), (True, "email"), (True, "sms"), (True, "letter"), (True, "visit"), (False, "voice"), (False, "sms"),
    ]  # fmt: skip
    assert "us-fed-regf 2026.11.0" in found.presets and "ladder-six-day 2026.11.0" in found.presets


def test_a_permitted_line_says_until_when(case: Case) -> None:
    line = for_case(case, at=MORNING).of(case.debtor, "voice")
    assert line is not None and line.permitted
    assert (line.until, line.rule, line.zone) == (CLOSES, "US-01", "America/Chicago")


def test_a_line_without_an_address_says_so(case: Case) -> None:
    case.debtor.contact_points.filter(kind="email").update(state="refused")
    line = for_case(case, at=MORNING).of(case.debtor, "email")
    assert line is not None and line.point is None and not line.permitted
    assert line.why == "No usable address for this channel is known."


def test_the_card_agrees_with_the_gate_that_reveals(case: Case) -> None:
    """What the page says now is what the gate answers when the button is pressed in the same minute."""
    user = staff.a_user("collector")
    for at in (MORNING, NIGHT):
        line = for_case(case, at=at).of(case.debtor, "voice")
        contact = calls.plan_by_hand(case, channel="voice", on=at.date(), at=at, by=user, because="to call")
        answer = calls.reveal(contact, at=at, by=user)
        judged = Judgement.objects.filter(contact=contact).latest("pk")
        assert line is not None
        assert (judged.verdict, judged.by.split()) == (line.verdict, list(line.by))
        assert isinstance(answer, calls.Revealed) is line.permitted


def test_the_page_asks_as_often_for_many_people_as_for_one(case: Case) -> None:
    from tests.asserts import queries_of

    for_case(case, at=MORNING)
    one = queries_of(lambda: for_case(case, at=MORNING))
    for n in range(5):
        borrowers.a_party(case.loan, borrowers.a_person(f"Person Number{n}"))
    six = queries_of(lambda: for_case(case, at=MORNING))
    assert len(one) == len(six)


def test_the_command_answers_with_its_four_keys(case: Case) -> None:
    told = answered("may_contact", "B-1", "--channel", "voice", "--at", "2026-03-17T04:00:00Z")
    assert sorted(told) == ["by", "next_allowed_at", "verdict", "why"]
    assert (told["verdict"], told["next_allowed_at"]) == ("deny", "2026-03-17T13:00:00Z")
    assert (
        answered("may_contact", str(case.debtor_id), "--channel", "voice", "--at", "2026-03-16T15:00:00Z")["verdict"]
        == "allow"
    )


def test_the_command_refuses_who_is_not_there(case: Case) -> None:
    with pytest.raises(CommandError, match="neither a source's number"):
        call_command("may_contact", "B-404", "--channel", "voice", stdout=io.StringIO(), stderr=io.StringIO())


def test_a_contact_is_explained_by_phase_with_rules_and_facts(case: Case) -> None:
    user = staff.a_user("collector")
    contact = calls.plan_by_hand(case, channel="voice", on=MORNING.date(), at=MORNING, by=user, because="to call")
    calls.reveal(contact, at=MORNING, by=user)
    calls.log_outcome(contact, outcome="no_answer", at=MORNING, by=user, on=MORNING.date())
    told = answered("explain_contact", str(contact.pk))
    assert (told["contact"], told["state"], told["cleared"]) == (contact.pk, "completed", True)
    [send] = told["send"]
    assert (send["verdict"], send["by"]) == ("allow", [])
    hours = next(r for r in send["rules"] if r["id"] == "US-01")
    assert hours["cite"].startswith("12 CFR 1006.6(b)(1)(i)") and hours["seen"]["zones"] == ["America/Chicago"]
    assert [r["event"] is not None for r in told["record"]] == [True, True]
    assert told["plan"] == []


def test_a_contact_that_is_not_there_is_refused_by_a_sentence(case: Case) -> None:
    with pytest.raises(CommandError, match="There is no contact 404"):
        call_command("explain_contact", "404", stdout=io.StringIO(), stderr=io.StringIO())


def test_the_explanation_reads_for_people_too(case: Case) -> None:
    user = staff.a_user("collector")
    contact = calls.plan_by_hand(case, channel="voice", on=NIGHT.date(), at=NIGHT, by=user, because="to call")
    calls.reveal(contact, at=NIGHT, by=user)
    out = io.StringIO()
    call_command("explain_contact", str(contact.pk), stdout=out)
    text = out.getvalue()
    assert "send 2026-03-17T04:00Z: deny" in text and "next allowed 2026-03-17T13:00Z" in text
    assert "plan: not judged" in text
