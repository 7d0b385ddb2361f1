"""What is kept of a judgement, and the permission that only a permitted send gives."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection

from collections_app.compliance import reading
from collections_app.compliance.gate import BY_WIDTH, Gate, Judged
from collections_app.kernel.fsm import apply
from collections_app.models import Breach, Clearance, Contact, ContactEvent, FactSheet, Judgement, PolicyVersion
from collections_app.policy.calendars import holidays_version
from tests.compliance.as_facts import StatedPolicies
from tests.compliance.ground import (
    DAY,
    NOON,
    a_case,
    a_case_in_china,
    a_planned_contact,
    an_event,
    asks,
    chicago,
    judge,
    load_preset,
    verdict,
)
from tests.factories.borrowers import a_borrower_state, a_person, stated_hours
from tests.factories.contacts import sending
from tests.factories.staff import a_certificate, a_machine, a_profile, a_user

pytestmark = pytest.mark.django_db


def row(contact: Contact, phase: str = "send") -> Judgement:
    """The newest judgement of a contact."""
    return Judgement.objects.filter(contact=contact, phase=phase).latest("id")


# -- rows ----------------------------------------------------------------------------------------------


def test_each_judging_leaves_a_new_row_and_the_old_ones_stay(law: None):
    contact = a_planned_contact(a_case(), "sms")
    judge(contact, phase="plan")
    judge(contact)
    before = list(Judgement.objects.order_by("id").values())
    a_borrower_state(contact.person, "represented")
    judge(contact)
    after = list(Judgement.objects.order_by("id").values())
    assert after[:2] == before
    assert [(j["phase"], j["verdict"], j["by"]) for j in after] == [
        ("plan", "allow", ""), ("send", "allow", ""), ("send", "deny", "US-05"),
    ]  # fmt: skip


def test_a_row_says_when_who_by_which_rules_and_until_when(law: None, collector: Any, run: Any):
    contact = a_planned_contact(a_case(), "sms")
    judge(contact, at=chicago("21:30"), asked_by=collector, run=run)
    kept = row(contact)
    assert (kept.at, kept.verdict, kept.by) == (chicago("21:30"), "deny", "US-01")
    assert kept.next_allowed_at == chicago("08:00", DAY + dt.timedelta(days=1))
    assert (kept.asked_by, kept.run, kept.permit) == (collector, run, None)


def test_a_fact_sheet_is_stored_once_for_all_who_share_its_content(law: None):
    alike = [a_planned_contact(a_case(), "sms") for _ in range(12)]
    judge(*alike)
    assert FactSheet.objects.count() == 1
    judge(*alike)  # another gate, which has not seen the sheet yet
    assert FactSheet.objects.count() == 1
    far = a_planned_contact(a_case(debtor=a_person(zones={"physical_address": "Pacific/Honolulu"})), "sms")
    judge(*alike, far, at=chicago("14:00"))
    assert FactSheet.objects.count() == 2
    assert {j.facts_id for j in Judgement.objects.filter(contact__in=alike)} == {row(alike[0]).facts_id}


def test_a_fact_sheet_names_presets_rules_and_the_versions_of_what_decides_about_time(law: None):
    contact = a_planned_contact(a_case(), "voice")
    an_event(contact.person, "call_placed", at=NOON - dt.timedelta(days=1), loans=(contact.case.loan,))
    judge(contact)
    sheet = row(contact).facts
    content = sheet.content
    loaded = {p.ident: p for p in PolicyVersion.objects.filter(kind="jurisdiction")}
    ladder = PolicyVersion.objects.get(kind="ladder")
    us, house = loaded["us-fed-regf"], loaded["house-six-day"]
    assert content["presets"] == [
        {"id": "house-six-day", "version": house.version, "digest": house.digest, "status": "draft", "jurisdiction": "HOUSE"},
        {"id": "us-fed-regf", "version": us.version, "digest": us.digest, "status": "draft", "jurisdiction": "US"},
        {"id": "ladder-six-day", "version": ladder.version, "digest": ladder.digest, "status": "draft", "jurisdiction": "HOUSE"},
    ]  # fmt: skip
    assert content["tzdata"] == version("tzdata")
    assert content["calendars"] == holidays_version()
    assert content["zones"] == {"physical_address": "America/Chicago"}
    rules = {r["id"]: r for r in content["rules"]}
    assert {"US-01", "US-03", "US-05", "US-06", "US-07", "US-09", "US-12", "US-31"} <= set(rules)
    assert rules["US-06"] == {
        "id": "US-06", "preset": "us-fed-regf", "type": "rate", "level": "presumption", "verdict": "allow", "confidence": "O1",
        "cite": "12 CFR 1006.14(b)(2)(i)(A), (b)(3)", "seen": {"counted": 1, "max": 7, "period": "7 local_day rolling"},
    }  # fmt: skip
    assert all(r["cite"] and r["seen"] for r in rules.values())
    assert "law_on_assumed" not in content
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
    assert sheet.digest == hashlib.sha256(canonical.encode()).hexdigest()


def test_what_an_approved_preset_is_called_is_told_as_such(law: None):
    PolicyVersion.objects.filter(ident="us-fed-regf").update(state="approved")
    contact = a_planned_contact(a_case(), "sms")
    judge(contact)
    status = {p["id"]: p["status"] for p in row(contact).facts.content["presets"]}
    assert status == {"us-fed-regf": "approved", "house-six-day": "draft", "ladder-six-day": "draft"}


@pytest.mark.parametrize(
    ("law_on", "says"),
    [
        (None, ("deny", "no-law-loaded")),
        (dt.date(2026, 11, 24), ("approve", "US-31")),
        (dt.date(2019, 1, 1), ("deny", "no-law-loaded")),
    ],
)
def test_the_law_of_a_loan_that_is_older_than_it_is_asked_for_an_assumed_day_and_told_so(law: None, law_on, says):
    """All else is asked for the real day: in 2019 no register was looked into."""
    contact = a_planned_contact(a_case(law_on=law_on), "sms")
    then = dt.datetime(2019, 10, 7, 17, tzinfo=dt.UTC)
    assert verdict(contact, at=then) == says
    content = row(contact).facts.content
    assert content.get("law_on_assumed") == (law_on and law_on.isoformat())


def test_a_house_preset_alone_is_no_law(law: None):
    contact = a_planned_contact(a_case(collector_role="first_party"), "sms")
    assert verdict(contact) == ("deny", "no-law-loaded")
    kept = row(contact)
    assert [p["id"] for p in kept.facts.content["presets"]] == ["house-six-day", "ladder-six-day"]
    assert kept.facts.content["why"] == "no preset of a jurisdiction is in force"
    assert (kept.permit, kept.next_allowed_at) == (None, None)


def test_without_any_policy_nothing_goes(db: None):
    [ask] = asks(a_planned_contact(a_case(), "sms"))
    answer = Gate(StatedPolicies([])).ask(ask)
    assert (answer.verdict, answer.by, answer.next_allowed_at) == ("deny", ("no-law-loaded",), None)


def test_a_law_that_comes_into_force_is_when_a_contact_without_one_is_next_allowed(law: None, tmp_path: Path):
    rules = '[[rule]]\nid = "W"\ntype = "window"\nallow = [{ days = [1, 2, 3, 4, 5, 6, 7], from = "08:00", to = "20:00" }]\n'
    load_preset(tmp_path, rules, effective_from="2026-03-17")
    [ask] = asks(a_planned_contact(a_case(collector_role="first_party"), "sms"))
    answer = Gate().ask(ask)
    assert (answer.by, answer.next_allowed_at) == (("no-law-loaded",), chicago("08:00", DAY + dt.timedelta(days=1)))


def test_more_rules_than_the_column_holds_are_cut_at_a_whole_id_and_stand_in_the_sheet(law: None, tmp_path: Path):
    ids = [f"A-RULE-WITH-A-LONG-NAME-{n:02d}" for n in range(12)]
    load_preset(
        tmp_path, "".join(f'[[rule]]\nid = "{i}"\ntype = "bar"\nmatch = {{ channel = ["sms"] }}\n' for i in ids)
    )
    contact = a_planned_contact(a_case(), "sms")
    judge(contact)
    kept = row(contact)
    *told, rest = kept.by.split()
    assert len(kept.by) <= BY_WIDTH
    assert rest == "…"
    assert told == ids[: len(told)]
    assert {r["id"] for r in kept.facts.content["rules"] if r["verdict"] == "deny"} >= set(ids)


# -- permits and clearances ------------------------------------------------------------------------------


def approval_needed(at: dt.datetime = NOON) -> Contact:
    """A contact that a second person decides on: its register was not looked into lately."""
    return a_planned_contact(a_case(), "sms", at=at + dt.timedelta(days=3))


LATER = NOON + dt.timedelta(days=3)


@pytest.mark.parametrize(
    ("phase", "at", "permits"),
    [("plan", NOON, False), ("send", NOON, True), ("send", chicago("21:30"), False), ("send", LATER, False)],
)
def test_only_a_permitted_send_is_a_permit(law: None, phase: str, at: dt.datetime, permits: bool):
    contact = a_planned_contact(a_case(), "sms")
    judged = judge(contact, phase=phase, at=at)[contact.pk]
    kept = row(contact, phase)
    assert kept.permit == (kept.pk if permits else None)
    assert (judged.expires_at is not None) is permits


def test_a_warning_permits(law: None):
    contact = a_planned_contact(a_case(), "voice")
    for minutes in (61, 62, 63):
        an_event(contact.person, "call_placed", at=NOON - dt.timedelta(minutes=minutes), loans=(contact.case.loan,))
    judge(contact)
    assert (row(contact).verdict, row(contact).permit) == ("warn", row(contact).pk)


def test_an_approval_takes_two_different_people(law: None, collector: Any, supervisor: Any):
    contact = approval_needed()
    for approvals, permits in (
        (None, False), ({contact.pk: (supervisor.pk, supervisor.pk)}, False), ({contact.pk: (collector.pk, supervisor.pk)}, True),
    ):  # fmt: skip
        judged = judge(contact, at=LATER, approvals=approvals)[contact.pk]
        kept = row(contact)
        assert (kept.verdict, kept.by) == ("approve", "US-31")
        assert kept.permit == (kept.pk if permits else None)
        assert (judged.expires_at is not None) is permits
    assert (kept.requested_by, kept.approved_by) == (collector, supervisor)


def test_no_approval_overrules_a_denial(law: None, collector: Any, supervisor: Any):
    contact = a_planned_contact(a_case(), "sms")
    a_borrower_state(contact.person, "represented")
    judged = judge(contact, approvals={contact.pk: (collector.pk, supervisor.pk)})[contact.pk]
    assert (judged.answer.verdict, judged.expires_at, row(contact).permit) == ("deny", None, None)


def test_clearances_are_made_for_permits_alone(law: None):
    going, staying = (a_planned_contact(a_case(), "sms") for _ in range(2))
    a_borrower_state(staying.person, "represented")
    gate = Gate()
    judged = gate.judge(asks(going, staying))
    made = gate.clear(judged.values())
    assert made == {going.pk: NOON + dt.timedelta(seconds=60)}
    [clearance] = Clearance.objects.all()
    assert (clearance.contact, clearance.judgement, clearance.expires_at) == (going, row(going), made[going.pk])


def test_a_plan_clears_nothing(law: None):
    contact = a_planned_contact(a_case(), "sms")
    gate = Gate()
    assert gate.clear(gate.judge(asks(contact, phase="plan")).values()) == {}
    assert not Clearance.objects.exists()


def test_a_clearance_of_a_denied_judgement_is_refused_by_the_database(law: None):
    contact = a_planned_contact(a_case(), "sms")
    a_borrower_state(contact.person, "represented")
    gate = Gate()
    denied = gate.judge(asks(contact))[contact.pk]
    forged: Judged = dataclasses.replace(denied, expires_at=NOON)
    with pytest.raises(IntegrityError):
        gate.clear([forged])
        connection.check_constraints()


def test_a_contact_that_was_released_is_judged_afresh_and_keeps_one_clearance(law: None):
    contact = sending(a_planned_contact(a_case(), "sms", at=NOON))
    apply(contact, "release", by=a_machine("dispatch"), because="never attempted")
    gate = Gate()
    at = NOON + dt.timedelta(minutes=5)
    gate.clear(gate.judge(asks(contact, at=at)).values())
    [clearance] = Clearance.objects.all()
    assert (clearance.judgement, clearance.expires_at) == (row(contact), at + dt.timedelta(seconds=60))


@pytest.mark.parametrize(
    ("clock", "ends"),
    [
        ("12:00", "12:01"), ("20:58:59", "20:59:59"), ("20:59", "21:00"), ("20:59:01", "21:00"), ("20:59:59", "21:00"),
        ("21:00", "21:00"),
    ],
)  # fmt: skip
def test_a_clearance_ends_after_a_minute_or_with_the_hours(law: None, clock: str, ends: str):
    contact = a_planned_contact(a_case(), "sms")
    assert judge(contact, at=chicago(clock))[contact.pk].expires_at == chicago(ends)


def test_a_clearance_ends_before_an_end_that_is_not_included(law: None):
    """22:00 in Shanghai belongs to the night: the last second of the day is the one before."""
    contact = a_planned_contact(a_case_in_china(), "sms")
    at = dt.datetime(2026, 3, 16, 13, 59, 30, tzinfo=dt.UTC)
    assert judge(contact, at=at)[contact.pk].expires_at == at.replace(second=59)


def test_a_clearance_ends_with_hours_that_the_person_called_inconvenient(law: None):
    contact = a_planned_contact(a_case(), "sms")
    stated_hours(contact.person, "12:00:20", "13:00")
    assert judge(contact)[contact.pk].expires_at == NOON + dt.timedelta(seconds=19)


def test_hours_that_a_second_person_approved_do_not_end_the_clearance_at_once(
    law: None, tmp_path: Path, collector: Any, supervisor: Any
):
    load_preset(
        tmp_path,
        '[[rule]]\nid = "MORNINGS"\ntype = "window"\nverdict = "approve"\n'
        'allow = [{ days = [1, 2, 3, 4, 5, 6, 7], from = "08:00", to = "11:00" }]\n',
    )
    contact = a_planned_contact(a_case(), "sms")
    approvals = {contact.pk: (collector.pk, supervisor.pk)}
    assert judge(contact, approvals=approvals)[contact.pk].expires_at == NOON + dt.timedelta(seconds=60)
    late = judge(contact, at=chicago("20:59:50"), approvals=approvals)[contact.pk]
    assert (late.answer.by, late.expires_at) == (("MORNINGS",), chicago("21:00"))


# -- agents --------------------------------------------------------------------------------------------


def visit_by(user: Any, **more: Any) -> tuple[str, str]:
    contact = a_planned_contact(a_case(8), "visit")
    return verdict(contact, agent=reading.agent_facts(user, **more))


def an_agent(**columns: Any) -> Any:
    return a_profile(a_user("field_agent"), **{"agent_number": "A-17", **columns})


def test_a_visit_by_somebody_without_a_certificate_is_refused(law: None):
    assert visit_by(a_user("field_agent")) == ("deny", "HS-agent")  # not even a profile
    assert visit_by(an_agent().user) == ("deny", "HS-agent")
    other = an_agent()
    a_certificate(other, "iibf_dra", until=DAY + dt.timedelta(days=300))
    assert visit_by(other.user) == ("deny", "HS-agent")


@pytest.mark.parametrize(("days", "says"), [(-1, ("deny", "HS-agent")), (0, ("allow", "")), (1, ("allow", ""))])
def test_a_certificate_is_good_up_to_and_including_its_last_day(law: None, days: int, says: tuple[str, str]):
    agent = an_agent()
    a_certificate(agent, until=DAY - dt.timedelta(days=500))
    a_certificate(agent, until=DAY + dt.timedelta(days=days))
    assert visit_by(agent.user) == says


def test_an_agent_must_show_identification_and_must_not_be_suspended(law: None):
    for columns, more in (({"agent_number": ""}, {}), ({"suspended": True}, {}), ({}, {"id_shown": False})):
        agent = an_agent(**columns)
        a_certificate(agent, until=DAY)
        assert visit_by(agent.user, **more) == ("deny", "HS-agent"), columns or more


def test_what_an_agent_lacks_is_told(law: None):
    agent = an_agent(agent_number="")
    a_certificate(agent, until=DAY - dt.timedelta(days=1))
    contact = a_planned_contact(a_case(8), "visit")
    [ask] = asks(contact, agent=reading.agent_facts(agent.user))
    seen = next(r["seen"] for r in Gate().ask(ask).sheet["rules"] if r["id"] == "HS-agent")
    assert seen == {
        "agent": agent.user.pk, "lacks": [f"certificate collection_training (ran out {DAY - dt.timedelta(days=1)})", "identification shown"],
    }  # fmt: skip


def test_the_plan_does_not_know_who_will_go_and_says_so(law: None):
    contact = a_planned_contact(a_case(8), "visit")
    assert verdict(contact) == ("allow", "")


# -- what happened -------------------------------------------------------------------------------------


def recorded(event: ContactEvent, by: Any) -> tuple[str, str]:
    judged = Gate().record([event], by=by)[event.pk]
    kept = Judgement.objects.get(event=event)
    assert (kept.phase, kept.contact, kept.permit, kept.pk) == ("record", None, None, judged.judgement_id)
    assert judged.expires_at is None
    return kept.verdict, kept.by


@pytest.mark.parametrize(
    ("clock", "says"),
    [("12:00", ("allow", "")), ("21:00", ("allow", "")), ("21:00:01", ("deny", "US-01")), ("03:00", ("deny", "US-01"))],
)
def test_what_happened_is_stored_whatever_the_rules_say_of_it(
    law: None, machine: Any, clock: str, says: tuple[str, str]
):
    case = a_case()
    event = an_event(case.debtor, "call_placed", at=chicago(clock), loans=(case.loan,))
    assert recorded(event, machine) == says
    assert ContactEvent.objects.filter(pk=event.pk).exists()
    assert not Clearance.objects.exists()
    assert not Breach.objects.exists()  # opening one is for whoever keeps the event


def test_a_record_is_never_refused_even_without_law(law: None, machine: Any):
    case = a_case(collector_role="first_party")
    event = an_event(case.debtor, "call_placed", at=chicago("03:00"), loans=(case.loan,))
    assert recorded(event, machine) == ("deny", "no-law-loaded")


def test_an_event_that_names_no_debt_is_judged_under_the_law_of_its_persons_debts(law: None, machine: Any):
    event = an_event(a_case().debtor, "call_placed", at=chicago("03:00"))
    assert recorded(event, machine) == ("deny", "US-01")


def test_an_event_does_not_count_against_itself_nor_does_what_came_of_the_same_contact(
    law: None, tmp_path: Path, machine: Any
):
    load_preset(
        tmp_path,
        '[[rule]]\nid = "ONE"\ntype = "rate"\ncount = ["call_placed"]\nmax = 1\nkey = ["person"]\n'
        'period = { n = 1, unit = "local_day", kind = "calendar" }\n'
        '[[rule]]\nid = "REST"\ntype = "cooldown"\nafter = "conversation"\nkey = ["person"]\nday_one = "event_day"\n'
        'period = { n = 1, unit = "local_day" }\n',
    )
    case = a_case()
    contact = a_planned_contact(case, "voice")
    dial = an_event(case.debtor, "call_placed", at=NOON, loans=(case.loan,), contact=contact)
    talk = an_event(case.debtor, "conversation", at=NOON, loans=(case.loan,), contact=contact)
    assert [recorded(e, machine) for e in (dial, talk)] == [("allow", ""), ("allow", "")]
    another = an_event(case.debtor, "call_placed", at=NOON + dt.timedelta(minutes=1), loans=(case.loan,))
    assert recorded(another, machine) == ("deny", "ONE REST")


def test_events_of_many_days_are_judged_together_each_on_its_own_day(law: None, machine: Any):
    cases = [a_case() for _ in range(3)]
    events = [
        an_event(c.debtor, "sms_sent", at=chicago(clock, DAY - dt.timedelta(days=back)), loans=(c.loan,))
        for c, clock, back in zip(cases, ("12:00", "21:30", "23:00"), (0, 0, 1), strict=True)
    ]
    judged = Gate().record(events, by=machine)
    assert [judged[e.pk].answer.by for e in events] == [(), ("US-01",), ("US-01",)]
    assert [judged[e.pk].answer.at for e in events] == [e.at for e in events]
