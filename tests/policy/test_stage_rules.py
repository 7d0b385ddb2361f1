"""The channels of a stage become house rules that the gate keeps for manual contacts too."""

from dataclasses import replace
from pathlib import Path

from collections_app.policy.schema import BarParams, Ladder, read_ladder, stage_rules
from collections_app.policy.schema.vocabulary import CHANNELS

SIX_DAY = Path(__file__).resolve().parents[2] / "collections_app/policy/data/ladders/six_day.toml"


def six_day() -> Ladder:
    return read_ladder(SIX_DAY)


def test_each_stage_bars_exactly_the_channels_that_it_does_not_list():
    ladder = six_day()
    rules = stage_rules(ladder)
    assert [rule.id for rule in rules] == ["LD-six-day-early", "LD-six-day-mid", "LD-six-day-late"]
    for band, rule in zip(ladder.stages, rules, strict=True):
        assert set(rule.match.channel) | set(band.channels) == set(CHANNELS)
        assert not set(rule.match.channel) & set(band.channels)
        assert rule.match.stage == (band.name,)


def test_no_visit_and_no_letter_in_the_first_days():
    early, mid, late = stage_rules(six_day())
    assert {"visit", "letter"} <= set(early.match.channel)
    assert "visit" in mid.match.channel
    assert "letter" not in mid.match.channel
    assert "visit" not in late.match.channel


def test_a_stage_rule_denies_outgoing_collection_only():
    ladder = six_day()
    for rule in stage_rules(ladder):
        assert (rule.type, rule.level, rule.verdict) == ("bar", "house", "deny")
        assert rule.phase == {"plan", "send"}
        assert rule.match.direction == ("out",)
        assert rule.match.purpose == ("collect",)
        assert rule.match.given == ("channel", "direction", "purpose", "stage")
        assert rule.params == BarParams()
        assert (rule.effective_from, rule.effective_to) == (ladder.effective_from, ladder.effective_to)


def test_a_stage_that_lists_every_channel_gives_no_rule():
    """An empty list of channels in a match would fit every channel and close the stage."""
    ladder = six_day()
    open_late = replace(ladder.stages[2], channels=CHANNELS)
    rules = stage_rules(replace(ladder, stages=(*ladder.stages[:2], open_late)))
    assert [rule.id for rule in rules] == ["LD-six-day-early", "LD-six-day-mid"]
