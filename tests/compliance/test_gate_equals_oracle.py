"""The gate's evaluator against the oracle: the contacts of the scenario files, and generated ones in their thousands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from collections_app.compliance.evaluation import Evaluator
from collections_app.policy import evaluate as oracle
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


def test_two_thousand_generated_contacts_are_answered_as_the_oracle_answers():
    run(400, SEEDS.map(seeded))


@pytest.mark.slow
def test_twenty_thousand_generated_contacts_are_answered_as_the_oracle_answers():
    run(4000, SEEDS.map(seeded))


@pytest.mark.slow
def test_generated_contacts_that_can_be_shrunk_are_answered_as_the_oracle_answers():
    """Poorer cases than those of seeds, of which hypothesis finds the smallest that fails."""
    run(400, cases())
