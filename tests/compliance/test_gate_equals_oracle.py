"""The gate's evaluator against the oracle: the contacts of the scenario files, and generated ones in their thousands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import strategies as st

from collections_app.compliance.evaluation import Evaluator
from collections_app.policy import evaluate as oracle
from collections_app.policy.schema import Preset
from tests.compliance.as_facts import StatedPolicies, as_facts
from tests.compliance.generated import ASKS_A_CASE, Case, assumed, cases, seeded
from tests.policy import test_evaluate_scenarios as of_the_oracle

# -- scenario files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", of_the_oracle.FILES)
def test_every_contact_of_the_file_is_answered_as_it_says(name):
    presets, _ = of_the_oracle.page_presets()
    count, mismatches = 0, []
    for scenario in of_the_oracle.scenarios(name):
        if scenario.presets is None:
            policies = StatedPolicies([p for p in presets.values() if not p.is_house])
        else:
            policies = StatedPolicies([presets[i] for i in scenario.presets], named=True)
        evaluator, world = Evaluator(policies), scenario.world
        for row in scenario.asks:
            if row.ask is None:
                continue
            ask, facts = as_facts(world, row.ask, [p.content for p in policies.presets])
            answer = evaluator.judge(ask, facts)
            if row.ask.reserve and answer:
                world = replace(world, in_flight=(*world.in_flight, oracle.complete(world, row.ask)))
            count += 1
            if (name, scenario.id, row.number) not in of_the_oracle.WAITING and of_the_oracle.wrong(row, answer):
                mismatches.append((scenario.id, row.number, of_the_oracle.wrong(row, answer)))
    assert mismatches == []
    waiting = sum(file == name for file, _, _ in of_the_oracle.WAITING)
    print(f"{name}: {count - waiting} of {count} contacts answered, {waiting} wait for later rule types")
    assert count > waiting


# -- generated -----------------------------------------------------------------------------------------

TOLD: Counter[str] = Counter()


def compare(case: Case) -> None:
    """Verdict, rules and next instant of both, for each ask of a case."""
    evaluator = Evaluator(StatedPolicies(case.presets))
    for ask in case.asks:
        expected = expectation(case, ask)
        mine, facts = as_facts(case.world, ask, case.presets, law_on=case.law_on)
        got = evaluator.judge(mine, facts)
        said = {"verdict": got.verdict, "by": got.by, "next_allowed_at": got.next_allowed_at}
        assert said == expected, f"the oracle says {expected}, the gate {said} of {ask}"
        TOLD[got.verdict] += 1
        if not got:
            TOLD["later" if got.next_allowed_at else "never"] += 1


def expectation(case: Case, ask: oracle.Ask) -> dict[str, Any]:
    presets = oracle.applicable(
        case.world, case.presets, debts=ask.debts, collector_role=ask.collector_role, house=True
    )
    if case.law_on is not None:
        presets = tuple(x for p in presets if (x := assumed(p, case.law_on)) is not None)
    said = oracle.judge(case.world, ask, presets, require_law=True)
    return {"verdict": said.verdict, "by": tuple(sorted(said.by)), "next_allowed_at": said.next_allowed_at}


SEEDS = st.integers(0, 2**40)


def run(examples: int, made: st.SearchStrategy[Case]) -> None:
    TOLD.clear()

    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(made)
    def both_say_the_same(case: Case) -> None:
        compare(case)

    both_say_the_same()
    print(f"{examples * ASKS_A_CASE} contacts compared: {dict(TOLD)}")
    # Each answer was seen often: a generator that only ever meets a wall compares nothing.
    assert sum(TOLD[v] for v in ("allow", "warn", "approve", "deny")) >= examples * ASKS_A_CASE
    for answer in ("allow", "warn", "approve", "deny", "later", "never"):
        assert TOLD[answer] >= examples * ASKS_A_CASE // 50, TOLD


def test_five_hundred_generated_contacts_are_answered_as_the_oracle_answers():
    run(100, SEEDS.map(seeded))


@pytest.mark.slow
def test_two_thousand_generated_contacts_are_answered_as_the_oracle_answers():
    run(400, SEEDS.map(seeded))


@pytest.mark.slow
def test_twenty_thousand_generated_contacts_are_answered_as_the_oracle_answers():
    run(4000, SEEDS.map(seeded))


@pytest.mark.slow
def test_generated_contacts_that_can_be_shrunk_are_answered_as_the_oracle_answers():
    """Poorer cases than those of seeds, of which hypothesis finds the smallest that fails."""
    run(400, cases())


# -- plans ---------------------------------------------------------------------------------------------


def timeless(case: Case) -> Case:
    """Without what comes and goes during the day of the plan: what is left closes and opens by hours and days alone."""
    world = replace(case.world, states=(), consents=())
    presets = tuple(replace(p, effective_from=date(2020, 1, 1), effective_to=None) for p in case.presets)
    return replace(case, world=world, presets=presets, law_on=None)


def first_open(case: Case, ask: oracle.Ask, presets: tuple[Preset, ...], on: date) -> datetime:
    """By the oracle: the first instant of the day, in all zones of the presets, at which no window closes."""
    person = oracle.complete(case.world, ask).person
    stated = next(
        (p.zones for p in case.world.persons if p.id == person and p.zones is not None), case.world.debtor.zones
    )
    named = {z for p in presets for z in (p.tz.fixed, *(stated.get(s) for s in p.tz.sources)) if z}
    for p in presets:
        if not p.tz.fixed and not any(s in stated for s in p.tz.sources) and p.tz.fallback:
            named.add(p.tz.fallback)
    zones = [ZoneInfo(z) for z in named or set(stated.values()) or {"UTC"}]
    begin = max(datetime.combine(on, time(), z).astimezone(UTC) for z in zones)
    windows = [replace(p, rules=tuple(r for r in p.rules if r.type == "window")) for p in presets]
    found = oracle.judge(case.world, replace(ask, at=begin, known_at=None), windows).next_allowed_at
    return found if found and all(found.astimezone(z).date() == on for z in zones) else begin


def test_a_plan_is_judged_at_the_first_instant_that_the_oracle_finds_open():
    moved = 0

    @hypothesis.settings(max_examples=120)
    @hypothesis.given(SEEDS.map(seeded).map(timeless))
    def both_find_the_same(case: Case) -> None:
        nonlocal moved
        evaluator = Evaluator(StatedPolicies(case.presets))
        for stated in case.asks[:2]:
            ask, on = replace(stated, phase="plan", known_at=None), stated.at.date()
            presets = oracle.applicable(
                case.world, case.presets, debts=ask.debts, collector_role=ask.collector_role, house=True
            )
            at = first_open(case, ask, presets, on)
            mine, facts = as_facts(case.world, replace(ask, at=at), case.presets)
            # Facts are told once, as they stand at the instant that is expected.
            got = evaluator.judge(replace(mine, at=None, on=on), facts)
            assert got.at == at, (ask, case.world)
            assert {"verdict": got.verdict, "by": got.by, "next_allowed_at": got.next_allowed_at} == expectation(
                case, replace(ask, at=at)
            )
            moved += got.at.astimezone(UTC).time() not in (time(0), time(4), time(5))

    both_find_the_same()
    assert moved >= 60
