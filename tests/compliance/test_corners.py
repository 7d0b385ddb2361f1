"""Corners that chance seldom meets: the gate answers as the page says, and as the oracle answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from collections_app.compliance.evaluation import Evaluator
from collections_app.policy.evaluate import (
    Agent,
    AgreedWindow,
    Ask,
    Check,
    Consent,
    DatedFact,
    Debtor,
    Event,
    Loan,
    Person,
    State,
    World,
    complete,
    judge,
)
from collections_app.policy.schema import Preset
from tests.compliance.as_facts import StatedPolicies, as_facts
from tests.policy.test_evaluate import at, preset

NEW_YORK = {"physical_address": "America/New_York"}
APART = {"physical_address": "America/New_York", "phone_area_code": "Pacific/Kiritimati"}  # 18 hours ahead in winter
BOTH = 'sources = ["physical_address", "phone_area_code"]'
NOON = at("2026-06-10T12:00:00")
AB = (Loan("A"), Loan("B"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def call(when: datetime = NOON, **more: Any) -> Ask:
    return Ask(channel="voice", at=when, **more)


def named(*ids: str) -> frozenset[str]:
    return frozenset(ids)


def said(world: World, ask: Ask, *presets: Preset) -> tuple[str, datetime | None]:
    """Verdict and next instant of the gate, which must be those of the oracle."""
    expected = judge(world, ask, presets, require_law=True)
    got = Evaluator(StatedPolicies(presets, named=True)).judge(*as_facts(world, ask, presets))
    assert (got.verdict, got.by, got.next_allowed_at) == (
        expected.verdict,
        tuple(sorted(expected.by)),
        expected.next_allowed_at,
    )
    return got.verdict, got.next_allowed_at


def rule(kind: str, rest: str, tz: str = 'fixed = "America/New_York"') -> Preset:
    return preset(f'[[rule]]\nid = "R"\ntype = "{kind}"\nlevel = "law"\n{rest}\n', tz)


EVER = "days = [1, 2, 3, 4, 5, 6, 7]"


# -- hours ---------------------------------------------------------------------------------------------


def test_hours_that_a_night_in_spring_leaves_out_begin_with_the_new_time():
    hours = rule("window", f'allow = [{{ {EVER}, from = "02:30", to = "04:00" }}]')
    assert said(World(), call(at("2026-03-08T01:00:00")), hours) == ("deny", at("2026-03-08T03:00:00"))


def test_hours_that_a_night_in_autumn_repeats_open_twice():
    hours = rule("window", f'allow = [{{ {EVER}, from = "01:30", to = "01:45" }}]')
    between = at("2026-11-01T01:50:00", fold=0)
    assert said(World(), call(between), hours) == ("deny", at("2026-11-01T01:30:00", fold=1))


def test_a_dated_fact_is_of_the_day_in_the_first_zone():
    world = World(debtor=Debtor(zones=APART), dates=(DatedFact("wedding", date(2026, 6, 11), date(2026, 6, 11)),))
    free = rule("window", 'deny_dates = ["wedding"]', BOTH)
    assert said(world, call(at("2026-06-10T23:59:59")), free)[0] == "allow"  # in Kiritimati it is the eleventh
    assert said(world, call(at("2026-06-11T00:00:00")), free) == ("deny", at("2026-06-12T00:00:00"))


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin():
    hours = rule(
        "window", f'allow = [{{ {EVER}, from = "08:00", to = "21:00" }}]\nreplaced_by = "consumer_stated_hours"'
    )
    saturdays = World(windows=(AgreedWindow("consumer_stated_hours", 22 * 3600, 2 * 3600, days=(6,)),))
    assert said(saturdays, call(at("2026-06-14T01:59:59")), hours)[0] == "allow"  # a Sunday
    assert said(saturdays, call(at("2026-06-13T01:59:59")), hours) == ("deny", at("2026-06-13T22:00:00"))


def test_hours_agreed_for_holidays_count_only_while_they_are_open():
    """Two agreed windows: the one for holidays is the evening's."""
    hours = rule(
        "window",
        f'allow = [{{ {EVER}, from = "08:00", to = "21:00" }}]\nholidays = ["US-FEDERAL"]\nreplaced_by = "consumer_stated_hours"',
    )
    world = World(
        windows=(
            AgreedWindow("consumer_stated_hours", 9 * 3600, 12 * 3600),
            AgreedWindow("consumer_stated_hours", 18 * 3600, 20 * 3600, holidays=True),
        )
    )
    assert said(world, call(at("2026-07-03T10:00:00")), hours) == ("deny", at("2026-07-03T18:00:00"))


def test_without_a_zone_hours_give_what_is_said_of_the_unknown_whatever_the_rules_own_verdict():
    hours = rule("window", f'verdict = "warn"\nallow = [{{ {EVER}, from = "08:00", to = "21:00" }}]', BOTH)
    assert said(World(), call(), hours) == ("deny", None)


# -- counting ------------------------------------------------------------------------------------------

RATE = 'count = ["call_placed"]\nperiod = { n = 7, unit = "day", kind = "rolling" }\n'


def placed(when: datetime, *debts: str, **more: Any) -> Event:
    return Event("call_placed", when, debts=named(*debts) or None, **more)


def test_an_event_without_a_debt_goes_to_the_debt_that_has_most_and_burdens_no_other():
    one = rule("rate", f'{RATE}max = 1\nkey = ["person", "debt"]')
    world = World(loans=AB, events=(placed(NOON - 2 * DAY, "A"), placed(NOON - DAY)))
    assert said(world, call(debts=("B",)), one)[0] == "allow"
    assert said(world, call(debts=("A", "B")), one) == ("deny", at("2026-06-16T00:00:00"))


def test_an_event_without_a_debt_counts_for_each_of_those_that_tie():
    one = rule("rate", f'{RATE}max = 2\nkey = ["person", "debt"]')
    world = World(loans=AB, events=(placed(NOON - 2 * DAY, "A"), placed(NOON - 2 * DAY, "B"), placed(NOON - DAY)))
    assert said(world, call(debts=("B",)), one)[0] == "deny"
    assert said(world, call(debts=("A",)), one)[0] == "deny"


def test_a_debt_that_the_rule_does_not_look_at_takes_no_event_from_another():
    card = rule("rate", f'{RATE}max = 1\nkey = ["person", "debt"]\nmatch = {{ product = ["credit_card"] }}')
    loans = (Loan("A"), Loan("B", product="credit_card"))
    world = World(loans=loans, events=(placed(NOON - 2 * DAY, "A"), placed(NOON - DAY)))
    assert said(world, call(), card)[0] == "deny"


def test_a_gap_is_kept_between_contacts_about_the_same_debt_alone():
    gap = rule("rate", f'{RATE}max = 9\nkey = ["person", "debt"]\nmin_gap = {{ n = 5, unit = "minute" }}')
    about_a = World(loans=AB, events=(placed(NOON - timedelta(seconds=10), "A"),))
    assert said(about_a, call(debts=("B",)), gap)[0] == "allow"
    assert said(about_a, call(debts=("A",)), gap) == ("deny", NOON + timedelta(seconds=290))
    flying = World(loans=AB, in_flight=(complete(World(loans=AB), call(NOON - HOUR / 60, id="x", debts=("A",))),))
    assert said(flying, call(debts=("A",)), gap) == ("deny", NOON + timedelta(minutes=4))


def test_a_consent_to_be_called_is_good_for_seven_days_in_every_zone():
    one = rule("rate", f'{RATE}max = 1\nkey = ["person"]\nexclude = ["prior_consent_7d"]', BOTH)
    for given, verdict in ((date(2026, 6, 4), "allow"), (date(2026, 6, 3), "deny")):
        world = World(
            debtor=Debtor(zones=NEW_YORK),
            events=(placed(NOON - 8 * DAY), placed(NOON - HOUR)),
            consents=(Consent("call_prior", at(f"{given}T08:00:00")),),
        )
        # The consent excludes the call of an hour ago and this one, or neither.
        assert said(world, call(), one)[0] == verdict
    # In Kiritimati it is the eleventh already, and the consent of the fourth is eight days old.
    apart = World(
        debtor=Debtor(zones=APART),
        events=(placed(NOON - HOUR),),
        consents=(Consent("call_prior", at("2026-06-04T00:30:00")),),
    )
    assert said(apart, call(), one)[0] == "deny"


def test_a_match_on_what_an_event_has_not_counts_slots_and_no_events():
    one = rule("rate", f'{RATE}max = 1\nkey = ["person"]\nmatch = {{ template = ["letter_of_claim"] }}')
    ask = call(template="letter_of_claim")
    assert said(World(events=(placed(NOON - HOUR),)), ask, one)[0] == "allow"
    slot = complete(World(), call(NOON - HOUR, id="x", template="letter_of_claim"))
    assert said(World(in_flight=(slot,)), ask, one)[0] == "deny"


def test_a_slot_with_another_person_counts_for_the_debtor_and_for_each_creditor():
    one = rule("rate", f'{RATE}max = 1\nkey = ["creditor_group", "debtor"]')
    bare = World(loans=(Loan("A"), Loan("B", creditor_group="other")), persons=(Person("G", "guarantor"),))
    world = World(
        loans=bare.loans,
        persons=bare.persons,
        in_flight=(complete(bare, call(NOON - HOUR, id="x", party="guarantor", debts=("B",))),),
    )
    assert said(world, call(debts=("A",)), one)[0] == "allow"
    assert said(world, call(debts=("A", "B")), one)[0] == "deny"


def test_a_talk_about_no_debt_cools_every_debt():
    rest = rule(
        "cooldown",
        'after = "conversation"\nperiod = { n = 7, unit = "day" }\nday_one = "event_day"\nkey = ["person", "debt"]',
    )
    world = World(
        loans=AB,
        events=(Event("conversation", NOON - 3 * DAY, debts=named("A")), Event("conversation", NOON - 6 * DAY)),
    )
    assert said(world, call(debts=("B",)), rest) == ("deny", at("2026-06-11T00:00:00"))
    assert said(world, call(debts=("A",)), rest) == ("deny", at("2026-06-14T00:00:00"))


# -- states --------------------------------------------------------------------------------------------


def test_an_event_that_names_one_debt_ends_the_state_for_that_debt():
    plan = rule("bar", 'state = "plan_in_force"\nscope = "debt"\nstarts = "on_event"\nends = { event = "plan_broken" }')
    world = World(
        loans=AB,
        states=(State("plan_in_force", NOON - 5 * DAY),),
        events=(Event("plan_broken", NOON - DAY, debts=named("A")),),
    )
    assert said(world, call(debts=("A",)), plan)[0] == "allow"
    assert said(world, call(debts=("A", "B")), plan) == ("deny", None)


def test_a_state_about_a_debt_that_the_rule_does_not_look_at_bars_nothing():
    card = rule(
        "bar",
        'state = "plan_in_force"\nscope = "debt"\nstarts = "on_event"\nmatch = { product = ["credit_card"] }',
    )
    loans = (Loan("A"), Loan("B", product="credit_card"))
    state = State("plan_in_force", NOON - DAY, debts=named("A"))
    assert said(World(loans=loans, states=(state,)), call(), card)[0] == "allow"


def test_a_period_of_a_state_that_was_known_before_it_began_counts_from_its_beginning():
    bar = rule(
        "bar",
        'state = "debt_advice"\nscope = "debtor"\nstarts = "on_notice"\n'
        'ends = { or_after = { n = 3, unit = "day", day_one = "event_day" } }',
    )
    world = World(states=(State("debt_advice", NOON - DAY, known_at=NOON - 9 * DAY),))
    assert said(world, call(), bar) == ("deny", at("2026-06-12T00:00:00"))


def test_a_rule_that_lives_in_a_state_ends_with_it():
    bar = preset(
        '[[rule]]\nid = "R"\ntype = "bar"\nlevel = "law"\nin_state = "debt_advice"\nmatch = { channel = ["voice"] }\n'
    )
    until = NOON + 2 * DAY + HOUR
    world = World(loans=AB, states=(State("debt_advice", NOON - DAY, until=until, debts=named("A")),))
    assert said(world, call(debts=("A",)), bar) == ("deny", until)
    assert said(world, call(debts=("B",)), bar)[0] == "allow"


def test_a_register_is_fresh_by_the_day_of_every_zone_and_by_looks_that_are_known():
    stay = rule(
        "bar",
        'state = "bankruptcy_stay"\nscope = "debtor"\nstarts = "on_event"\non_unknown = "ask"\n'
        'fresh_within = { n = 1, unit = "day" }',
        BOTH,
    )

    def looked(when: datetime, zones: dict[str, str], **more: Any) -> str:
        return said(World(debtor=Debtor(zones=zones), checks=(Check("bankruptcy_stay", when),)), call(**more), stay)[0]

    yesterday = at("2026-06-09T00:00:00")
    assert looked(yesterday, NEW_YORK) == "allow"
    assert looked(yesterday - timedelta(seconds=1), NEW_YORK) == "approve"
    # 5 in the morning of the ninth of New York is the ninth, 23:00, of Kiritimati, where it is the eleventh by now.
    assert looked(at("2026-06-09T05:00:00"), APART) == "approve"
    assert looked(NOON - HOUR, NEW_YORK, known_at=NOON - 2 * HOUR) == "approve"


def test_one_contact_that_is_excepted_once_goes_through_for_each_address_and_counts_when_in_flight():
    bar = rule(
        "bar",
        'state = "medium_refused"\nscope = "person"\nstarts = "on_event"\nexcept_once = ["confirm_opt_out"]',
    )
    state = State("medium_refused", NOON - DAY)
    ask = Ask("sms", NOON, purpose="confirm_opt_out")
    sent = Event("sms_sent", NOON - HOUR, purpose="confirm_opt_out")
    assert said(World(states=(state,)), ask, bar)[0] == "allow"
    assert said(World(states=(state,), events=(sent,)), ask, bar)[0] == "deny"
    slot = complete(World(), Ask("sms", NOON - HOUR, id="x", purpose="confirm_opt_out"))
    assert said(World(states=(state,), in_flight=(slot,)), ask, bar)[0] == "deny"


# -- people, words, dates --------------------------------------------------------------------------------


def test_an_answer_opens_one_more_only_after_the_last_contact():
    once = preset(
        '[[rule]]\nid = "R"\ntype = "party"\nlevel = "law"\ndisclose = "none"\n'
        '[[rule.allow]]\nrole = "employer"\nmax_lifetime = 1\nagain_if = ["asked_back"]\n'
    )
    ask = call(party="employer", purpose="locate")

    def with_answer(when: datetime, *more: Event) -> str:
        events = (
            Event("conversation", NOON - DAY, person="employer", party="employer"),
            Event("asked_back", when, person="employer", party="employer"),
            *more,
        )
        return said(World(events=events), ask, once)[0]

    assert with_answer(NOON - DAY) == "deny"  # in the talk itself
    assert with_answer(NOON - DAY + timedelta(seconds=1)) == "allow"
    limited = Event("voicemail_limited_left", NOON - HOUR, person="employer", party="employer")
    assert with_answer(NOON - 2 * HOUR, limited) == "allow"  # tells the person nothing
    assert (
        with_answer(NOON - 2 * HOUR, Event("letter_sent", NOON - HOUR, person="employer", party="employer")) == "deny"
    )


def test_a_withdrawal_that_was_not_known_has_not_happened():
    night = rule("bar", 'match = { channel = ["voice"] }\nlifted_by = "night_contact"')
    world = World(consents=(Consent("night_contact", NOON - DAY, withdrawn_at=NOON - HOUR),))
    assert said(world, call(), night)[0] == "deny"
    assert said(world, call(known_at=NOON - 2 * HOUR), night)[0] == "allow"


def test_a_required_block_must_be_in_the_language_of_the_message():
    words = rule("content", 'on = "every"\nrequire = ["caller_name"]\nlanguage_of = "message"')
    blocks = named("caller_name")
    assert said(World(), call(content=blocks, language="en"), words)[0] == "allow"
    assert said(World(), call(content=blocks, language="en", block_languages={"caller_name": "es"}), words)[0] == "deny"
    assert (
        said(World(), call(content=blocks, language="es", block_languages={"caller_name": "es"}), words)[0] == "allow"
    )


def test_training_must_be_good_on_the_day_of_every_zone():
    fit = rule("actor", 'training_within = { n = 12, unit = "month" }', BOTH)
    agent = Agent(training_on=date(2025, 6, 10))
    assert said(World(debtor=Debtor(zones=NEW_YORK)), call(agent=agent), fit)[0] == "allow"
    assert said(World(debtor=Debtor(zones=APART)), call(agent=agent), fit)[0] == "deny"


@pytest.mark.parametrize(("on", "verdict"), [(date(2027, 2, 28), "allow"), (date(2027, 3, 1), "deny")])
def test_a_year_from_the_last_of_february_ends_on_the_last_of_february(on: date, verdict: str):
    fit = rule("actor", 'training_within = { n = 3, unit = "year" }')
    assert said(World(), call(at(f"{on}T12:00:00"), agent=Agent(training_on=date(2024, 2, 29))), fit)[0] == verdict


def test_a_rule_begins_with_its_day_in_the_first_of_the_zones():
    bar = rule("bar", 'match = { channel = ["voice"] }\neffective_from = 2026-06-11', BOTH)
    assert said(World(debtor=Debtor(zones=APART)), call(), bar) == ("deny", None)
    assert said(World(debtor=Debtor(zones=NEW_YORK)), call(), bar)[0] == "allow"


def test_a_rule_ends_with_its_last_day_in_the_last_of_the_zones():
    bar = rule("bar", 'match = { channel = ["voice"] }\neffective_to = 2026-06-12', BOTH)
    assert said(World(debtor=Debtor(zones=APART)), call(), bar) == ("deny", at("2026-06-13T00:00:00"))
