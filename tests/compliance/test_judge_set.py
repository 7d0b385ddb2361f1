"""The set path: many contacts are judged as each would be alone, in rounds, with a fixed number of queries."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from collections_app.compliance import facts, reading
from collections_app.compliance.evaluation import Evaluator
from collections_app.compliance.facts import AgentFact, Ask, Facts, LoanFact, PersonFact, Slot
from collections_app.compliance.gate import Gate
from collections_app.kernel import fsm
from collections_app.models import Contact, ContactCase, ContactPoint, LoanParty, Person
from collections_app.policy.schema import (
    ActorParams,
    BarParams,
    ContentParams,
    Match,
    PartyEntry,
    PartyParams,
    Period,
    Preset,
    RateParams,
    Rule,
    Span,
    WindowParams,
)
from tests.asserts import queries_of
from tests.compliance.as_facts import StatedPolicies
from tests.compliance.generated import CN, HOUSE, US, seeded
from tests.compliance.ground import (
    DAY,
    NOON,
    a_case,
    a_case_in_china,
    a_planned_contact,
    an_event,
    asks,
    called,
    chicago,
    in_china,
    judge,
    load_preset,
)
from tests.factories.borrowers import (
    a_borrower_state,
    a_consent,
    a_contact_point,
    a_dated_fact,
    a_party,
    a_person,
    a_phone,
    a_register_check,
    stated_hours,
)
from tests.factories.contacts import revealed, sending
from tests.factories.staff import a_machine

pytestmark = pytest.mark.django_db


def told(judged: Any) -> tuple[Any, ...]:
    a = judged.answer
    return a.verdict, a.by, a.next_allowed_at, a.at, a.sheet


# -- many are judged as each alone ---------------------------------------------------------------------


def people_of_all_kinds() -> list[Contact]:
    """A contact each with people of whom different things are known; each in a group of its own."""
    found = [a_planned_contact(a_case(), channel) for channel in ("voice", "sms", "email", "letter", "voice", "visit")]

    def planned(channel: str = "voice", days: int = 4, **columns: Any) -> Contact:
        found.append(a_planned_contact(a_case(days, **columns), channel))
        return found[-1]

    for times in (3, 6, 7):
        called(planned().case, times)
    c = planned()
    an_event(c.person, "conversation", at=chicago("15:00", DAY - dt.timedelta(days=6)), loans=(c.case.loan,))
    c = planned()
    an_event(c.person, "conversation", at=chicago("15:00", DAY - dt.timedelta(days=7)))
    c = planned("sms")
    an_event(c.person, "sms_sent", at=chicago("15:00", DAY - dt.timedelta(days=60)))
    a_borrower_state(planned().person, "represented")
    a_borrower_state(planned().person, "represented", from_at=NOON + dt.timedelta(hours=1))
    c = planned("sms")
    a_borrower_state(c.person, "medium_refused", contact_point=c.contact_point, channels=["sms"])
    c = planned("voice")
    a_borrower_state(c.person, "medium_refused", contact_point=c.contact_point, channels=["sms"])
    c = planned("letter")
    a_borrower_state(c.person, "cease_in_writing", loan=c.case.loan)
    stated_hours(planned().person, "11:00", "13:00")
    stated_hours(planned().person, "13:00", "14:00", kind="consumer_stated_hours")
    stated_hours(planned().person, "13:00", "14:00", kind="consumer_stated_hours", ended_at=NOON - dt.timedelta(days=1))
    c = planned()
    called(c.case, 7)
    a_consent(c.person, "call_prior", given_at=NOON - dt.timedelta(days=1))
    planned(
        debtor=a_person(
            "West", zones={"physical_address": "America/Los_Angeles", "phone_area_code": "Pacific/Honolulu"}
        )
    )
    planned(debtor=a_person("Nowhere", zones={}))
    planned(law_on=dt.date(2026, 11, 24))
    planned(collector_role="first_party")  # no law of a jurisdiction is in force
    for times in (2, 3):
        c = planned(debtor=in_china(), contract_law="CN")
        for n in range(times):
            an_event(c.person, "conversation", at=NOON - dt.timedelta(minutes=20 * (n + 1)), loans=(c.case.loan,))
    c = planned(debtor=in_china(), contract_law="CN")
    co_debtor = a_party(c.case.loan, a_person("Co"))
    a_borrower_state(co_debtor.person, "consent_withdrawn")
    two = a_case(6)
    second = a_case(4, debtor=two.debtor)
    contact = a_planned_contact(two, "voice")
    ContactCase.objects.create(
        contact=contact, case=second, loan=second.loan, step="first_call", occurrence=4, attempt=0
    )
    called(second, 7)
    return [*found, contact]


@pytest.mark.parametrize(("phase", "at"), [("send", NOON), ("send", chicago("21:30")), ("plan", None), ("plan", NOON)])
def test_a_set_gives_the_answers_that_each_gets_alone(law: None, phase: str, at: dt.datetime | None):
    contacts = people_of_all_kinds()
    together = judge(*contacts, phase=phase, at=at)
    alone = {c.pk: judge(c, phase=phase, at=at)[c.pk] for c in contacts}
    assert {pk: told(j) for pk, j in together.items()} == {pk: told(j) for pk, j in alone.items()}
    seen = Counter(j.answer.verdict for j in together.values())
    assert seen["allow"] + seen["warn"] >= (0 if at == chicago("21:30") else 5), seen
    assert seen["deny"] >= 9, seen
    rules = {rule for j in together.values() for rule in j.answer.by}
    assert {"US-05", "US-10", "US-11", "no-law-loaded"} <= rules, rules


def test_the_order_of_a_set_changes_nothing(law: None):
    contacts = people_of_all_kinds()
    wanted = {pk: told(j) for pk, j in judge(*contacts).items()}
    mixed = asks(*contacts)
    random.Random(7).shuffle(mixed)
    assert {pk: told(j) for pk, j in Gate().judge(mixed).items()} == wanted


# -- rounds --------------------------------------------------------------------------------------------


def two_about_one_loan(first_day: int, second_day: int) -> tuple[Contact, Contact]:
    """Two calls about the same loan, of which six of the seven that are allowed in a week were made."""
    case = a_case()
    called(case, 6)
    one = a_planned_contact(case, "voice", occurrence=first_day)
    other = a_planned_contact(case, "voice", step="consequences_call", occurrence=second_day, covers=False)
    ContactCase.objects.create(
        contact=other, case=case, loan=case.loan, step="consequences_call", occurrence=second_day
    )
    return one, other


@pytest.mark.parametrize(("days", "goes"), [((4, 5), 1), ((5, 4), 0), ((4, 4), 0)])
def test_of_two_contacts_with_one_free_slot_the_furthest_case_goes_and_then_the_lower_id(law: None, days, goes):
    pair = two_about_one_loan(*days)
    judged = judge(*pair)
    assert judged[pair[goes].pk].answer.verdict == "allow"
    left = judged[pair[1 - goes].pk]
    assert (left.answer.verdict, left.answer.by) == ("deny", ("US-06",))
    assert left.expires_at is None
    assert left.answer.next_allowed_at == chicago(
        "08:00", DAY + dt.timedelta(days=5)
    )  # the first call falls out of the week


def test_a_contact_that_is_refused_holds_no_slot(law: None):
    """A count over the plan would let the refused one take the slot."""
    one, other = two_about_one_loan(6, 4)
    a_borrower_state(one.person, "medium_refused", contact_point=one.contact_point)
    other.contact_point = a_phone(other.person, "+12015550187")
    Contact.objects.filter(pk=other.pk).update(contact_point=other.contact_point)
    judged = judge(one, other)
    assert judged[one.pk].answer.by == ("US-10",)
    assert judged[other.pk].answer.verdict == "allow"


def test_an_approved_contact_holds_its_slot(law: None, collector: Any, supervisor: Any):
    one, other = two_about_one_loan(6, 4)
    late = NOON + dt.timedelta(days=2)  # the register is no longer fresh: a person decides
    approvals = {c.pk: (collector.pk, supervisor.pk) for c in (one, other)}
    judged = judge(one, other, at=late, approvals=approvals)
    assert judged[one.pk].answer.verdict == "approve"
    assert judged[one.pk].expires_at is not None
    assert judged[other.pk].answer.by == ("US-06",)


def test_people_of_other_groups_share_the_slots_of_a_debtor(law: None):
    """A contact person has a group of their own, and still is spoken to about the same debtor."""
    case = a_case_in_china()
    guarantor = a_party(
        case.loan, a_person("Guarantor", country="CN", zones={"physical_address": "Asia/Shanghai"}), "guarantor"
    ).person
    Person.objects.filter(pk=guarantor.pk).update(group=guarantor.pk)
    noon = dt.datetime(2026, 3, 16, 4, tzinfo=dt.UTC)
    for n in range(2):
        an_event(case.debtor, "conversation", at=noon - dt.timedelta(minutes=20 * (n + 1)), loans=(case.loan,))
    one = a_planned_contact(case, "voice", occurrence=4)
    other = a_planned_contact(case, "voice", person=guarantor, party="guarantor", step="second", occurrence=4)
    Contact.objects.filter(pk=other.pk).update(group=guarantor.pk)
    for contacts in ((one,), (other,)):
        assert judge(*contacts, at=noon)[contacts[0].pk].answer.verdict == "allow"
    judged = judge(one, other, at=noon)
    assert judged[one.pk].answer.verdict == "allow"
    assert judged[other.pk].answer.by == ("CN-02",)


@pytest.mark.parametrize("take", [revealed, sending])
def test_a_slot_in_flight_counts_until_it_is_settled(law: None, take, tmp_path: Path):
    channel = "voice" if take is revealed else "sms"
    load_preset(
        tmp_path,
        f'[[rule]]\nid = "ONE"\ntype = "rate"\nmatch = {{ channel = ["{channel}"] }}\ncount = ["call_placed"]\nmax = 1\n'
        'period = { n = 1, unit = "local_day", kind = "calendar" }\nkey = ["person"]\n',
    )
    case = a_case()
    flying = a_planned_contact(case, channel, at=NOON)
    other = a_planned_contact(case, channel, step="again", occurrence=4)
    assert "ONE" not in judge(other)[other.pk].answer.by
    take(flying)
    answer = judge(other)[other.pk].answer
    assert (answer.verdict, answer.by) == ("deny", ("ONE",))
    assert next(r for r in answer.sheet["rules"] if r["id"] == "ONE")["seen"]["in_flight"] == 1


def test_a_contact_does_not_stand_in_its_own_way(law: None, tmp_path: Path):
    load_preset(
        tmp_path,
        '[[rule]]\nid = "ONE"\ntype = "rate"\nmatch = { channel = ["voice"] }\ncount = ["call_placed"]\nmax = 1\n'
        'period = { n = 1, unit = "local_day", kind = "calendar" }\nkey = ["person"]\n',
    )
    contact = revealed(a_planned_contact(a_case(), "voice", at=NOON))
    assert "ONE" not in judge(contact)[contact.pk].answer.by


# -- what is remembered --------------------------------------------------------------------------------

UTC_NOON = dt.datetime(2026, 6, 19, 16, tzinfo=dt.UTC)  # a Friday, a federal holiday, eleven o'clock in Chicago

BEFORE = UTC_NOON - dt.timedelta(hours=20)

# Another value for everything that an answer may depend on. A field without a row here fails the test by its name.
OTHER: dict[str, dict[str, list[Any]]] = {
    "Ask": {
        "id": ["other"], "phase": ["plan", "record"], "on": [dt.date(2026, 7, 4)], "at": [UTC_NOON + dt.timedelta(hours=10), None],
        "person": ["G"], "party": ["guarantor", "employer"], "channel": ["sms", "visit"],
        "loans": [(), (LoanFact("L", "debtor", product="credit_card"),), (LoanFact("L", "debtor", law_on=dt.date(2019, 1, 1)),)],
        "group": [9], "direction": ["in"], "purpose": ["inform", "locate"], "address": [None, "b"], "place": ["work"],
        "discloses": ["none"], "basis": ["consent"], "collector_role": ["first_party"], "template": ["letter_of_claim"],
        "stage": ["late"], "ladder_day": [9, None], "language": ["zh-hans"],
        "content": [None, frozenset({"caller_name", "threat"})], "block_languages": [(("caller_name", "zh-hans"),)],
        "agent": [AgentFact("u"), AgentFact("u", None)], "conditions": [frozenset({"liability_in_force"})],
        "known_at": [UTC_NOON - dt.timedelta(days=40)], "depth": [3], "contact": [4],
    },
    "LoanFact": {
        "id": ["M"], "debtor": ["G"], "product": ["credit_card"], "debt_kind": ["business"], "agreement_kind": ["cca_regulated"],
        "lender_type": ["private"], "collector_role": ["first_party"], "contract_law": ["CN"], "creditor_group": ["other"],
        "law_on": [dt.date(2019, 1, 1)],
    },
    "PersonFact": {
        "id": [], "country": ["CN"], "region": ["US-NY-NYC"], "zones": [(), (("physical_address", "Asia/Tokyo"),)],
        "conditions": [frozenset({"number_invalid"})],
        "events": [[facts.EventFact("conversation", BEFORE, BEFORE, "debtor", channel="voice")]],
        "states": [[facts.StateFact("represented", "debtor", BEFORE, BEFORE)]],
        "consents": [[facts.ConsentFact("night_contact", BEFORE, BEFORE, None, "debtor")]],
        "hours": [[facts.HoursFact("inconvenient", 0, 86400)]],
        "dates": [[facts.DateFact("wedding", dt.date(2026, 1, 1), dt.date(2026, 12, 31))]],
    },
    "Facts": {
        "persons": [],
        "checks": [{}, {("bankruptcy_stay", "debtor"): (BEFORE,)}, {("bankruptcy_stay", "debtor"): (BEFORE - dt.timedelta(days=9),)}],
        "in_flight": ["slot", "slot of another creditor"], "in_flight_about": ["slot of another"],
        "events_about": [{"debtor": [facts.EventFact("conversation", BEFORE, BEFORE, "G", channel="voice")]}],
        "loans": [{"M": LoanFact("M", "debtor")}],
        "states_about": [{("loan", "L"): [facts.StateFact("cease_in_writing", "G", BEFORE, BEFORE)]}],
        "closed_days": [{"US-FEDERAL": frozenset({dt.date(2026, 6, 20)})}], "open_days": [{"US-FEDERAL": frozenset({UTC_NOON.date()})}],
        "checks_assumed": [True], "registers_kept": [True], "margin_seconds": [8 * 3600], "_shared": [],
    },
}  # fmt: skip
# What makes no difference to an answer, whatever the rules.
OF_NO_WEIGHT = {("Ask", f) for f in ("id", "group", "depth", "contact")} | {("Facts", f) for f in ("loans",)}
OF_NO_WEIGHT |= {("LoanFact", f) for f in ("id", "collector_role", "creditor_group")}  # weigh by events and slots alone


def base(at: dt.datetime | None) -> tuple[Ask, Facts]:
    ask = Ask(
        id="asked", phase="send", on=UTC_NOON.date(), at=at, person="debtor", party="debtor", channel="voice",
        loans=(LoanFact("L", "debtor", collector_role="third_party"),), address="a", collector_role="third_party",
        content=frozenset({"caller_name", "from_debt_collector", "attempt_to_collect"}), stage="early", ladder_day=2,
        block_languages=(("caller_name", "en"),),
    )  # fmt: skip
    debtor = PersonFact("debtor", "US", "US-IL", (("physical_address", "America/Chicago"),))
    checks = {("bankruptcy_stay", None): (BEFORE,)}
    return ask, Facts({"debtor": debtor, "G": PersonFact("G", "US", conditions=frozenset({"number_invalid"}))}, checks)


def perturbed(at: dt.datetime | None, owner: str, field: str, value: Any) -> tuple[Ask, Facts]:
    ask, known = base(at)
    if owner == "Ask":
        ask = dataclasses.replace(ask, **{field: value})
    elif owner == "LoanFact":
        ask = dataclasses.replace(ask, loans=(dataclasses.replace(ask.loans[0], **{field: value}),))
    elif owner == "PersonFact":
        setattr(known.persons["debtor"], field, value)
    elif value == "slot":
        known.hold(Slot(dataclasses.replace(ask, id="flying"), UTC_NOON))
    elif value == "slot of another creditor":
        other = (dataclasses.replace(ask.loans[0], creditor_group="other"),)
        known.hold(Slot(dataclasses.replace(ask, id="flying", loans=other), UTC_NOON))
    elif value == "slot of another":
        known.hold(Slot(dataclasses.replace(ask, id="flying", person="G"), UTC_NOON))
    else:
        setattr(known, field, value)
    return ask, known


def variants() -> list[tuple[str, str, Any]]:
    return [(owner, f, v) for owner, fields in OTHER.items() for f, values in fields.items() for v in values]


def test_every_fact_that_a_rule_may_see_has_another_value_in_the_table():
    for kind in (Ask, LoanFact, PersonFact, Facts):
        assert set(OTHER[kind.__name__]) == {f.name for f in dataclasses.fields(kind) if f.init}, kind.__name__


EVERYTHING = Match()


def of_a_test(*rules: tuple[str, str, Any], match: Match = EVERYTHING, **preset: Any) -> Preset:
    """A preset that looks at what the shipped ones do not."""
    made = tuple(
        Rule(
            id=i, type=kind, phase=frozenset(("plan", "send", "record")), level="law", verdict="deny", match=match, params=params,
            cite="a test", confidence="B", on_unknown="ask",
        )
        for i, kind, params in rules
    )  # fmt: skip
    return dataclasses.replace(HOUSE, **{"id": "of-a-test", "jurisdiction": "US", "rules": made, "tz": US.tz, **preset})


SUNDAYS = WindowParams(allow=(Span((7,), 0, 86400),))
FRESH = BarParams(state="bankruptcy_stay", scope="debtor", starts="on_event", fresh_within=Period(1, "day"))
RULES = [
    (US, CN, HOUSE),
    (of_a_test(("T-lang", "content", ContentParams("every", require=("caller_name",), language_of="message"))),),
    (of_a_test(("T-holiday", "window", WindowParams(holidays=("US-FEDERAL",)))),),
    (of_a_test(("T-sunday", "window", SUNDAYS), ("T-fresh", "bar", FRESH)),),
    (of_a_test(("T-need", "party", PartyParams((PartyEntry("debtor", "none", needs=("number_invalid",)),), "none"))),),
    (of_a_test(("T-agent", "actor", ActorParams(certs=("collection_training",)))),),
    (of_a_test(("T-bank", "bar", BarParams()), match=Match(lender_type=("bank",))),),
    (of_a_test(("T-regulated", "bar", BarParams()), match=Match(agreement_kind=("cca_regulated",))),),
    (
        of_a_test(
            (
                "T-creditor",
                "rate",
                RateParams(1, Period(1, "local_day", "calendar"), ("creditor_group", "debtor"), ("call_placed",)),
            )
        ),
    ),
    (of_a_test(("T-region", "window", SUNDAYS), applies_when={"debtor_region": ("US-IL",)}), US),
    *(seeded(seed).presets for seed in range(120)),
]


def answer_of(evaluator: Evaluator, asked: tuple[Ask, Facts]) -> tuple[Any, ...]:
    a = evaluator.judge(*asked)
    return a.verdict, a.by, a.next_allowed_at, a.at, a.sheet


@pytest.mark.parametrize("at", [UTC_NOON, None])
def test_what_is_remembered_of_one_never_answers_for_another_that_differs_in_a_fact(at: dt.datetime | None):
    """Under many sets of rules: each variant after the base, and all of them twice in any order."""
    mattered: Counter[tuple[str, str]] = Counter()
    for number, presets in enumerate(RULES):
        alone = {}
        shared = Evaluator(StatedPolicies(presets))
        first = answer_of(shared, base(at))
        for n, variant in enumerate(variants()):
            alone[n] = answer_of(Evaluator(StatedPolicies(presets)), perturbed(at, *variant))
            assert answer_of(shared, perturbed(at, *variant)) == alone[n], variant
            mattered[variant[:2]] += alone[n] != first
        order = [*alone, *alone]
        random.Random(number).shuffle(order)
        again = Evaluator(StatedPolicies(presets))
        for n in order:
            assert answer_of(again, perturbed(at, *variants()[n])) == alone[n], variants()[n]
    # The comparison could have failed: every fact but those of no weight changed some answer.
    silent = {v[:2] for v in variants() if not mattered[v[:2]]}
    wanted = OF_NO_WEIGHT | ({("Ask", "on")} if at else set())
    assert silent == wanted, silent ^ wanted


def test_clearances_of_people_who_differ_in_their_hours_end_apart(law: None):
    """`open_until` remembers too."""
    just_before = chicago("20:59:40")
    contacts = [a_planned_contact(a_case(), "sms") for _ in range(3)]
    stated_hours(contacts[1].person, "20:59:50", "23:00")
    stated_hours(contacts[2].person, "20:00", "23:00", kind="consumer_stated_hours")
    judged = judge(*contacts, at=just_before)
    seconds = [(judged[c.pk].expires_at - just_before).total_seconds() for c in contacts]
    assert seconds == [20, 9, 60]


# -- queries -------------------------------------------------------------------------------------------


def everything_is_looked_at(folder: Path) -> None:
    """Rules of each kind that something must be read for."""
    load_preset(
        folder,
        '[[rule]]\nid = "D"\ntype = "window"\ndeny_dates = ["wedding"]\n'
        '[[rule]]\nid = "L"\ntype = "rate"\ncount = ["call_placed"]\nmax = 900\nperiod = { n = 1, unit = "agreement", kind = "lifetime" }\n'
        'key = ["debtor"]\n'
        '[[rule]]\nid = "P"\ntype = "party"\ndisclose = "debt"\nallow = [{ role = "debtor" }, { role = "guarantor", '
        'needs_any = ["number_invalid", "failed_attempts_3_consecutive"] }]\n',
        ident="everything",
    )


def a_crowd(size: int) -> list[Contact]:
    found = []
    for n in range(size):
        case = a_case() if n % 2 else a_case_in_china()
        channel = ("voice", "sms")[n % 2]
        contact = a_planned_contact(case, channel)
        called(case, 1 + n % 3)
        co = a_party(case.loan, a_person("Co"), "guarantor").person
        a_borrower_state(co, "cease_in_writing", until_at=NOON - dt.timedelta(days=1))
        a_borrower_state(case.debtor, "represented", until_at=NOON - dt.timedelta(days=1))
        stated_hours(case.debtor, "02:00", "03:00")
        a_consent(case.debtor, "call_prior")
        a_dated_fact(case.debtor, "wedding", DAY - dt.timedelta(days=9), DAY - dt.timedelta(days=8))
        revealed(a_planned_contact(case, "voice", step="again", at=NOON))
        if n % 3 == 0:
            contact = a_planned_contact(case, "voice", person=co, party="guarantor", step="co", covers=False)
            ContactCase.objects.create(contact=contact, case=case, loan=case.loan, step="co", occurrence=4)
        found.append(contact)
    return found


@pytest.mark.parametrize("more_rules", [False, True])
def test_one_contact_is_asked_about_in_twelve_queries_whatever_the_rules(law: None, more_rules: bool, tmp_path: Path):
    if more_rules:
        everything_is_looked_at(tmp_path)
        for n in range(4):
            rules = "".join(
                f'[[rule]]\nid = "B{n}-{k}"\ntype = "bar"\nmatch = {{ channel = ["fax"] }}\n' for k in range(20)
            )
            load_preset(tmp_path, rules, ident=f"more-{n}")
    crowd = a_crowd(4)
    for contact in crowd:
        [ask] = asks(contact)
        gate = Gate()
        asked = queries_of(lambda g=gate, a=ask: g.ask(a))
        assert len(asked) <= 12, "\n".join(asked)
        kept = queries_of(lambda g=gate, a=ask: g.judge([a]))
        # The fact sheet in and its id out, the ids of judgements (three on SQLite), the judgements.
        assert len(kept) <= len(asked) + 6, "\n".join(kept)


def test_fifty_contacts_take_as_many_queries_as_one(law: None, tmp_path: Path):
    everything_is_looked_at(tmp_path)
    crowd = a_crowd(50)
    both = [a for a in asks(*crowd) if a.party == "guarantor"][:1]
    all_of_them = asks(*crowd)
    one, many = Gate(), Gate()
    of_one, of_many = queries_of(lambda: one.judge(both)), queries_of(lambda: many.judge(all_of_them))
    assert len(of_one) == len(of_many), "\n".join(["one:", *of_one, "many:", *of_many])
    of_asks = queries_of(lambda: asks(*crowd[:1])), queries_of(lambda: asks(*crowd))
    assert len(of_asks[0]) == len(of_asks[1])


# -- what is read --------------------------------------------------------------------------------------


def facts_of(*contacts: Contact, **more: Any) -> Facts:
    found = asks(*contacts, **more)
    return reading.read(found, Gate().evaluator)


def test_only_the_days_that_a_rule_looks_back_on_are_read(law: None):
    contact = a_planned_contact(a_case(), "voice")
    for back in (1, 7, 9, 30):
        an_event(contact.person, "call_placed", at=NOON - dt.timedelta(days=back), loans=(contact.case.loan,))
    known = facts_of(contact).person(contact.person_id).events
    assert [(NOON - e.at).days for e in known] == [9, 7, 1]
    quiet = a_planned_contact(contact.case, "sms")
    assert facts_of(quiet).person(contact.person_id).plain


def test_events_of_long_ago_are_read_for_an_older_ask_in_the_same_set(law: None):
    """Records come in late and together: each is judged on the week before itself."""
    then = NOON - dt.timedelta(days=60)
    case = a_case()
    called(case, 7, day=DAY - dt.timedelta(days=62))
    old, new = a_planned_contact(case, "voice"), a_planned_contact(case, "voice", step="again")
    both = asks(new) + [dataclasses.replace(a, at=then, on=then.date()) for a in asks(old)]
    a_register_check("bankruptcy_stay", at=then - dt.timedelta(hours=20))
    judged = Gate().judge(both)
    assert judged[old.pk].answer.by == ("US-06",)
    assert judged[new.pk].answer.verdict == "allow"


def test_the_register_is_asked_for_the_newest_look_before_the_ask(law: None):
    """A look of today says nothing of a contact of last week, and hides no older look."""
    contact = a_planned_contact(a_case(), "letter")
    then = NOON - dt.timedelta(days=10)
    assert judge(contact, at=then)[contact.pk].answer.by == ("US-31",)
    a_register_check("bankruptcy_stay", at=then - dt.timedelta(hours=20))
    assert judge(contact, at=then)[contact.pk].answer.verdict == "allow"


def test_a_register_that_was_looked_into_for_one_person_is_fresh_for_that_person_only(law: None):
    later = NOON + dt.timedelta(days=3)
    known, unknown = (a_planned_contact(a_case(), "letter") for _ in range(2))
    a_register_check("bankruptcy_stay", at=later - dt.timedelta(hours=3), person=known.person)
    judged = judge(known, unknown, at=later)
    assert [judged[c.pk].answer.verdict for c in (known, unknown)] == ["allow", "approve"]


def test_a_state_of_a_co_debtor_bars_the_debt_for_the_debtor_too(law: None):
    case, other = a_case(), a_case()
    a_borrower_state(a_party(case.loan, a_person("Co")).person, "cease_in_writing")
    contacts = [a_planned_contact(c, "letter") for c in (case, other)]
    judged = judge(*contacts)
    assert [judged[c.pk].answer.by for c in contacts] == [("US-11",), ()]


def test_a_refused_address_is_refused_whoever_is_called_there(law: None):
    case = a_case()
    spouse = a_party(case.loan, a_person("Spouse"), "spouse").person
    phone = ContactPoint.objects.filter(person=spouse, kind="mobile").get()
    a_borrower_state(spouse, "medium_refused", contact_point=phone)
    contact = a_planned_contact(case, "voice", contact_point=phone)
    assert judge(contact)[contact.pk].answer.by == ("US-10",)


def test_a_debtor_whose_every_number_is_invalid_may_be_looked_for(law: None):
    """The condition is about the debtor's numbers, not about the one that is called now."""
    case = a_case_in_china()
    friend = a_party(case.loan, a_person("Friend", country="CN"), "contact_person").person
    contact = a_planned_contact(case, "voice", person=friend, party="contact_person", purpose="locate")
    noon = dt.datetime(2026, 3, 16, 4, tzinfo=dt.UTC)
    assert "CN-05" in judge(contact, at=noon)[contact.pk].answer.by
    fsm.apply(case.debtor.contact_points.get(kind="mobile"), "mark_invalid", by=a_machine(), because="nobody there")
    assert "CN-05" not in judge(contact, at=noon)[contact.pk].answer.by
    a_contact_point(case.debtor, "landline", "+12015550123")
    assert "CN-05" in judge(contact, at=noon)[contact.pk].answer.by


def test_a_co_debtor_is_liable_for_the_debts_of_the_contact_and_not_for_others(law: None):
    case, other = a_case_in_china(), a_case_in_china()
    co = a_party(
        case.loan, a_person("Co", country="CN", zones={"physical_address": "Asia/Shanghai"}), liability_in_force=False
    ).person
    a_party(other.loan, co, "guarantor")
    contact = a_planned_contact(case, "voice", person=co, party="co_debtor")
    noon = dt.datetime(2026, 3, 16, 4, tzinfo=dt.UTC)
    assert "CN-05" in judge(contact, at=noon)[contact.pk].answer.by
    LoanParty.objects.filter(loan=case.loan, person=co).update(liability_in_force=True)
    assert "CN-05" not in judge(contact, at=noon)[contact.pk].answer.by


def test_hours_that_became_known_later_do_not_change_what_was_asked_before(law: None):
    contact = a_planned_contact(a_case(), "sms")
    stated_hours(contact.person, "11:00", "13:00", known_at=NOON + dt.timedelta(minutes=1))
    assert judge(contact)[contact.pk].answer.verdict == "allow"
    answer = judge(contact, at=NOON + dt.timedelta(minutes=1))[contact.pk].answer
    assert (answer.by, answer.next_allowed_at) == (("US-03",), chicago("13:00"))


def test_a_contact_about_the_debts_of_two_people_is_refused_where_either_is_barred(law: None):
    mine, theirs = a_case(), a_case()
    a_party(theirs.loan, mine.debtor, "guarantor")
    contact = a_planned_contact(mine, "letter")
    ContactCase.objects.create(contact=contact, case=theirs, loan=theirs.loan, step="written_notice", occurrence=4)
    assert judge(contact)[contact.pk].answer.verdict == "allow"
    a_borrower_state(theirs.debtor, "bankruptcy_stay")
    assert judge(contact)[contact.pk].answer.by == ("US-31",)


def test_judging_leaves_the_contact_as_it_was(law: None):
    contact = a_planned_contact(a_case(), "sms")
    with transaction.atomic():
        judge(contact)
    again = Contact.objects.get(pk=contact.pk)
    assert (again.state, again.clearance_id) == ("planned", None)


def test_the_margin_of_the_house_moves_hours_inwards(law: None, settings: Any):
    contact = a_planned_contact(a_case(), "sms")
    verdicts = []
    for margin, clock in itertools.product((0, 300), ("08:04:59", "08:05", "20:55", "20:55:01")):
        settings.CONTACT_HOURS_MARGIN_SECONDS = margin
        verdicts.append(judge(contact, at=chicago(clock))[contact.pk].answer.verdict)
    assert verdicts == ["allow"] * 4 + ["deny", "allow", "allow", "deny"]
