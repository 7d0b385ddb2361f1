"""The presets that are shipped load, and say word for word what the page of the rules says."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from collections_app.policy.schema import (
    TYPES_BUILT,
    TYPES_NOT_BUILT,
    BarParams,
    CooldownParams,
    PartyParams,
    Period,
    RateParams,
    WindowParams,
    parse_preset,
    read_preset,
)

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "collections_app" / "policy" / "data" / "jurisdictions"
PAGE = ROOT.parent / "shared" / "rules" / "README.md"
PRESETS = ("cn-consumer-credit", "house-six-day", "us-fed-regf")
# Its state is derived from US-23, a deadline rule of a type that is not built yet.
DERIVED = {"us-fed-regf": {"US-24"}}


def page_presets() -> dict[str, dict]:
    assert PAGE.is_file(), (
        f"The page of the rules is not at {PAGE}: put the folder `shared` beside the checkout, without it "
        "nobody can say whether the shipped presets still are what the page says."
    )
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    parsed = [tomllib.loads(block) for block in blocks]
    return {block["preset"]["id"]: block for block in parsed if "preset" in block}


def shipped(preset_id: str) -> dict:
    return tomllib.loads((SHIPPED / f"{preset_id}.toml").read_text(encoding="utf-8"))


def test_exactly_these_presets_are_shipped():
    assert sorted(path.stem for path in SHIPPED.glob("*.toml")) == sorted(PRESETS)


@pytest.mark.parametrize("preset_id", PRESETS)
def test_each_shipped_preset_loads_as_a_draft_under_its_own_name(preset_id: str):
    preset = read_preset(SHIPPED / f"{preset_id}.toml")
    assert preset.id == preset_id
    assert preset.status == "draft"
    assert [rule.id for rule in preset.rules] == [rule["id"] for rule in shipped(preset_id)["rule"]]


@pytest.mark.parametrize("preset_id", PRESETS)
def test_the_head_of_a_shipped_preset_is_that_of_the_page(preset_id: str):
    assert shipped(preset_id)["preset"] == page_presets()[preset_id]["preset"]


@pytest.mark.parametrize("preset_id", PRESETS)
def test_every_rule_of_a_built_type_is_shipped_as_the_page_says_it(preset_id: str):
    on_page = {rule["id"]: rule for rule in page_presets()[preset_id]["rule"]}
    ours = {rule["id"]: rule for rule in shipped(preset_id)["rule"]}
    expected = {
        rule_id
        for rule_id, rule in on_page.items()
        if rule["type"] in TYPES_BUILT and rule_id not in DERIVED.get(preset_id, set())
    }
    assert set(ours) == expected
    for rule_id, rule in ours.items():
        assert rule == on_page[rule_id], f"{preset_id} {rule_id} differs from the page"


@pytest.mark.parametrize("preset_id", PRESETS)
def test_each_rule_that_waits_is_named_in_a_comment_of_the_file(preset_id: str):
    text = (SHIPPED / f"{preset_id}.toml").read_text(encoding="utf-8")
    comments = " ".join(line for line in text.splitlines() if line.startswith("#"))
    waiting = {
        rule["id"] for rule in page_presets()[preset_id]["rule"] if rule["type"] in TYPES_NOT_BUILT
    } | DERIVED.get(preset_id, set())
    named = set(re.findall(r"[A-Z]{2}-[A-Za-z0-9-]+", comments))
    assert waiting <= named


def test_every_rule_of_a_built_type_on_the_page_can_be_read_whatever_its_preset():
    """The other presets of the page come later; their rules of the types that are built are read already."""
    read = 0
    for preset_id, block in page_presets().items():
        for rule in block["rule"]:
            if rule["type"] not in TYPES_BUILT or "derived_from" in rule:
                continue
            text = HEAD + "[[rule]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in rule.items())
            assert parse_preset(text, preset_id).rules[0].id == rule["id"]
            read += 1
    assert read > 80


HEAD = """
[preset]
id = "x"
version = "2026.11.0"
status = "draft"
effective_from = 2020-01-01
jurisdiction = "HOUSE"
[preset.applies_when]
"""


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return str(value)


def test_regulation_f_says_seven_calls_in_seven_days_and_eight_to_nine():
    preset = read_preset(SHIPPED / "us-fed-regf.toml")
    assert preset.applies_when == {
        "debtor_country": ("US",),
        "debt_kind": ("consumer",),
        "collector_role": ("third_party", "debt_buyer"),
    }
    assert preset.tz.sources == ("consumer_stated", "physical_address", "phone_area_code")
    assert (preset.tz.fixed, preset.tz.on_conflict, preset.tz.on_unknown) == (None, "all_must_pass", "deny")
    assert not preset.is_house

    hours = preset.rule("US-01")
    assert hours.verdict == "deny"
    assert isinstance(hours.params, WindowParams)
    (span,) = hours.params.allow
    assert (span.days, span.opens, span.closes, span.to_inclusive) == (
        (1, 2, 3, 4, 5, 6, 7),
        8 * 3600,
        21 * 3600,
        True,
    )

    calls = preset.rule("US-06")
    assert isinstance(calls.params, RateParams)
    assert (calls.level, calls.verdict) == ("presumption", "deny")
    assert calls.params.max == 7
    assert calls.params.period == Period(7, "local_day", "rolling")
    assert calls.params.period.days == 7
    assert calls.params.key == ("person", "debt")

    talk = preset.rule("US-07")
    assert isinstance(talk.params, CooldownParams)
    assert (talk.params.after, talk.params.day_one) == ("conversation", "event_day")

    close = preset.rule("US-09").params
    assert isinstance(close, RateParams)
    assert close.min_gap is not None
    assert close.min_gap.seconds == 300

    whole_day = preset.rule("US-09-holiday").params
    assert isinstance(whole_day, WindowParams)
    assert (whole_day.allow[0].opens, whole_day.allow[0].closes) == (0, 86_400)
    assert whole_day.holidays == ("US-FEDERAL",)

    stay = preset.rule("US-31")
    assert isinstance(stay.params, BarParams)
    assert stay.on_unknown == "ask"
    assert stay.params.fresh_within == Period(1, "day")
    assert stay.params.bars_steps == ("issue_claim", "default_judgment", "enforce")

    counsel = preset.rule("US-05").params
    assert isinstance(counsel, BarParams)
    assert counsel.ends is not None
    assert counsel.ends.event == ("representation_ended", "attorney_unresponsive")


def test_a_party_entry_discloses_what_the_rule_says_unless_it_says_otherwise():
    party = read_preset(SHIPPED / "us-fed-regf.toml").rule("US-12").params
    assert isinstance(party, PartyParams)
    debtor, relative = party.entry("debtor"), party.entry("relative")
    assert debtor is not None
    assert relative is not None
    assert (debtor.disclose, debtor.purposes) == ("debt", ())
    assert (relative.disclose, relative.purposes, relative.max_lifetime) == ("none", ("locate",), 1)
    assert party.entry("adviser") is None


def test_the_verdict_of_a_level_holds_where_the_rule_names_none():
    china = read_preset(SHIPPED / "cn-consumer-credit.toml")
    assert china.rule("CN-03").verdict == "approve"  # selfreg
    assert china.rule("CN-02").verdict == "deny"  # guidance, with its own verdict
    assert china.rule("CN-19").verdict == "approve"  # guidance
    assert china.rule("CN-09").verdict == "deny"  # law
    assert china.tz.fixed == "Asia/Shanghai"


def test_a_rule_and_a_preset_are_in_force_by_their_dates():
    china = read_preset(SHIPPED / "cn-consumer-credit.toml")
    assert not china.in_force(date(2025, 2, 27))
    assert china.in_force(date(2025, 2, 28))
    assert not china.rule("CN-03").in_force(date(2026, 1, 29))
    assert china.rule("CN-03").in_force(date(2026, 1, 30))
    assert china.rule("CN-01").in_force(date(2025, 2, 28))
    with pytest.raises(KeyError):
        china.rule("CN-99")


def test_the_house_preset_is_no_law_and_applies_to_all():
    house = read_preset(SHIPPED / "house-six-day.toml")
    assert house.is_house
    assert house.applies_when == {}
    assert house.rule("HS-visit").match.ladder_day == (-30, 5)
    assert house.rule("HS-visit").match.given == ("channel", "purpose", "ladder_day")
