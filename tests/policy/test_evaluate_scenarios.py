"""Every contact that the scenario files ask about, answered by the oracle."""

import re
from pathlib import Path

import pytest

from collections_app.policy.evaluate import Answer
from collections_app.policy.scenario_facts import AskRow, Scenario, answers, read_scenarios
from collections_app.policy.schema import TYPES_BUILT, Preset, parse_preset

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT.parent / "shared" / "rules"
FILES = ("us.toml", "cn.toml", "gb.toml", "hk.toml", "ie.toml", "in.toml", "tw.toml")

# Asks whose answer hangs on a rule of a type that is not built yet. They leave this list with their type.
WAITING = {
    ("us.toml", "T16-a", 2): {"US-24"},  # derived from the deadline rule US-23
    ("us.toml", "V-US-05", 1): {"US-04"},  # address
    ("us.toml", "V-US-06", 2): {"US-15"},  # address
    ("cn.toml", "V-CN-04", 3): {"CN-18"},  # address
    ("cn.toml", "V-CN-05", 2): {"CN-17"},  # evidence
    ("cn.toml", "V-CN-05", 4): {"CN-17"},  # evidence
    ("gb.toml", "V-GB-10", 1): {"UK-04"},  # sequence
    ("hk.toml", "V-HK-01", 2): {"HK-01-anonymous"},  # address
    ("ie.toml", "V-IE-03", 1): {"IE-02"},  # address
    ("in.toml", "V-IN-01", 3): {"IN-03"},  # sequence
    ("in.toml", "V-IN-02", 1): {"IN-02-anonymous"},  # address
    ("in.toml", "V-IN-02", 2): {"IN-03-caller"},  # address
    ("tw.toml", "V-TW-01", 3): {"TW-05"},  # sequence
    ("tw.toml", "V-TW-01", 5): {"TW-04"},  # evidence
}


def page_presets() -> tuple[dict[str, Preset], set[str]]:
    """The presets of the page, and the ids of the rules left out because their type is not built."""
    page = RULES / "README.md"
    assert page.is_file(), f"The page of the rules is not at {page}: put the folder `shared` beside the checkout."
    found, left_out = {}, set()
    for block in re.findall(r"^```toml\n(\[preset\].*?)^```", page.read_text(encoding="utf-8"), re.S | re.M):
        head, *rules = re.split(r"(?m)^(?=\[\[rule\]\]\n)", block)
        kept = []
        for rule in rules:
            kind = re.search(r'(?m)^type = "(\w+)"', rule)
            name = re.search(r'(?m)^id = "(.+)"', rule)
            assert kind and name
            if kind.group(1) in TYPES_BUILT and "derived_from" not in rule:
                kept.append(rule)
            else:
                left_out.add(name.group(1))
        text = re.split(r"(?m)^\[\[service\]\]", head)[0] + "".join(kept)
        preset = parse_preset(text, "README.md")
        found[preset.id] = preset
    return found, left_out


def wrong(row: AskRow, answer: Answer) -> dict[str, tuple[object, object]]:
    got = {
        "verdict": answer.verdict,
        "by": frozenset(answer.by),
        "next_allowed_at": answer.next_allowed_at,
    }
    return {key: (expected, got[key]) for key, expected in row.expect.items() if got[key] != expected}


def scenarios(name: str) -> tuple[Scenario, ...]:
    return read_scenarios(RULES / "scenarios" / name)


@pytest.mark.parametrize("name", FILES)
def test_every_contact_of_the_file_is_answered_as_it_says(name: str):
    presets, _ = page_presets()
    asked, mismatches = 0, []
    for scenario in scenarios(name):
        for row, answer in answers(scenario, presets):
            if answer is None:
                continue
            asked += 1
            if (name, scenario.id, row.number) not in WAITING and wrong(row, answer):
                mismatches.append((scenario.id, row.number, wrong(row, answer)))
    assert mismatches == []
    text = (RULES / "scenarios" / name).read_text(encoding="utf-8")
    assert asked == text.count('{ kind = "contact",') > 0
    waiting = sum(1 for file, _, _ in WAITING if file == name)
    print(f"{name}: {asked - waiting} of {asked} contacts answered, {waiting} wait for later rule types")


def test_only_asks_that_name_a_rule_of_a_later_type_wait_for_it():
    presets, left_out = page_presets()
    waiting = {}
    for name in FILES:
        for scenario in scenarios(name):
            for row, answer in answers(scenario, presets):
                if answer is None:
                    continue
                named = row.expect.get("by", frozenset()) & left_out
                if named:
                    waiting[name, scenario.id, row.number] = set(named)
                    # The list must not hide an ask that the oracle already gets right.
                    assert wrong(row, answer), (name, scenario.id, row.number)
    assert waiting == WAITING
    print(f"{len(waiting)} contacts wait for later rule types: {sorted(waiting)}")


def test_asks_of_other_kinds_come_back_unanswered():
    presets, _ = page_presets()
    kinds = {
        row.kind for scenario in scenarios("us.toml") for row, answer in answers(scenario, presets) if answer is None
    }
    assert kinds == {"presets", "deadline", "step", "amount", "retain"}
