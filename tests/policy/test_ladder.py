"""The shipped ladder loads, says what the page of the ladder says, and answers what happens on which day."""

import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collections_app.policy.schema import (
    FallbackAfter,
    Ladder,
    LadderStep,
    Requirement,
    check_against_presets,
    check_segments,
    parse_ladder,
    read_ladder,
    read_preset,
    read_segments,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "collections_app" / "policy" / "data"
SIX_DAY = DATA / "ladders" / "six_day.toml"
PAGE = ROOT.parent / "shared" / "design" / "ladder.md"


def six_day() -> Ladder:
    return read_ladder(SIX_DAY)


def test_the_shipped_ladder_is_that_of_the_page():
    assert PAGE.is_file(), (
        f"The page of the ladder is not at {PAGE}: put the folder `shared` beside the checkout, without it "
        "nobody can say whether the shipped ladder still is what the page says."
    )
    page = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert tomllib.loads(SIX_DAY.read_text(encoding="utf-8")) == tomllib.loads(block)


def test_the_head_of_the_shipped_ladder():
    ladder = six_day()
    assert (ladder.id, ladder.version, ladder.status, ladder.counts) == (
        "six-day",
        "2026.11.0",
        "draft",
        "calendar",
    )
    assert ladder.title["zh-hant"] == "六天催收流程"
    assert ladder.currency_tolerance.ratio == Decimal("0.05")
    assert ladder.currency_tolerance.min == Decimal("1.00")
    assert ladder.applies_when == {"product": ("personal_loan", "auto_loan"), "segment": ("standard",)}
    assert not ladder.in_force(date(2025, 12, 31))
    assert ladder.in_force(date(2026, 1, 1))


def test_stages_change_after_the_third_and_the_fifth_day():
    ladder = six_day()
    bands = [(band.name, band.from_day, band.to_day, band.manner) for band in ladder.stages]
    assert bands == [("early", 1, 3, "gentle"), ("mid", 4, 5, "firm"), ("late", 6, None, "formal")]
    assert ladder.stage_on(0) is None
    assert ladder.stage_on(-3) is None
    assert [ladder.stage_on(day).name for day in (1, 3, 4, 5, 6, 400)] == [
        "early",
        "early",
        "mid",
        "mid",
        "late",
        "late",
    ]


def test_a_ladder_says_call_and_means_voice():
    ladder = six_day()
    assert ladder.stages[0].channels == ("sms", "email", "push", "voice")
    assert ladder.step("first_call").channel == "voice"


def test_what_is_due_on_each_day():
    ladder = six_day()
    due = {day: [(step.code, number) for step, number in ladder.steps_on(day)] for day in range(-4, 21)}
    assert {day: steps for day, steps in due.items() if steps} == {
        -3: [("reminder", 1)],
        -1: [("reminder", 2)],
        1: [("first_notice", 1)],
        2: [("first_call", 1)],
        4: [("consequences_call", 1)],
        5: [("consequences_call", 2), ("written_notice", 1)],
        6: [("visit", 1)],
        13: [("visit", 2)],
    }


def test_what_the_steps_of_the_shipped_ladder_ask_for():
    ladder = six_day()
    assert ladder.step("reminder").is_reminder
    assert ladder.step("first_notice").required_facts == ("loan_amount", "due_date", "current_balance")
    assert ladder.step("first_notice").fallback_channels == ("email", "push")
    call = ladder.step("first_call")
    assert not call.is_reminder
    assert call.fallback_after == FallbackAfter(attempts=2, to=("email", "push"))
    assert call.unless == ("paid", "promise_open", "answered_since:first_notice")
    assert call.offers == ("part_payment", "short_extension")
    assert ladder.step("consequences_call").requires_attempt == "first_notice"
    assert ladder.step("consequences_call").proposal == "instalment_plan"
    letter = ladder.step("written_notice")
    assert (letter.evidence, letter.proof) == (True, "delivered")
    assert ladder.step("visit").requires == (Requirement(step="written_notice", proof="sent"),)
    assert ladder.step("visit").needs_approval == "supervisor"
    with pytest.raises(KeyError):
        ladder.step("parade")


def test_the_ways_out_the_clock_and_the_relief():
    ladder = six_day()
    legal, review = ladder.exits
    assert (legal.to, legal.from_day, legal.decided_by) == ("legal", 6, "supervisor")
    assert legal.requires == (
        Requirement(step="written_notice", proof="delivered"),
        Requirement(may_take_step="terminate_or_accelerate"),
    )
    assert legal.unless == ("hold", "promise_open", "arrangement_active", "dispute_open")
    assert (review.to, review.from_day, review.leaves, review.always_fires) == (
        "write_off_review",
        120,
        False,
        False,
    )
    assert (ladder.clock.grace, ladder.clock.complaint, ladder.clock.promise_open) == (
        "stops",
        "runs",
        "runs_without_contacts",
    )
    extension = ladder.relief.extension
    assert [extension.approver_for(days) for days in (1, 7, 8, 14, 15)] == [
        "collector",
        "collector",
        "supervisor",
        "supervisor",
        None,
    ]
    assert (ladder.relief.grace.max_days, ladder.relief.grace.evidence) == (30, True)
    assert ladder.relief.instalment_plan.min_first_payment == Decimal("0.10")
    assert ladder.relief.instalment_plan.broken == "resume_where_it_stood"


def test_the_shipped_files_fit_each_other():
    ladder = six_day()
    presets = [read_preset(path) for path in sorted((DATA / "jurisdictions").glob("*.toml"))]
    check_segments([ladder], read_segments(DATA / "ladders" / "segments.toml"))
    check_against_presets(ladder, presets)
    check_against_presets(ladder, presets, on=date(2026, 11, 24))


def test_a_step_that_is_repeated_happens_as_often_as_it_says():
    step = LadderStep(code="nudge", days=(4, 6), channel="sms", repeat_every=7, times=3, template="nudge")
    assert step.occurrences() == [(4, 1), (6, 2), (11, 3), (13, 4), (18, 5), (20, 6)]
    assert step.occurrences(until_day=12) == [(4, 1), (6, 2), (11, 3)]
    assert step.occurrences(until_day=3) == []
    assert (step.first_day, step.last_day) == (4, 20)
    assert (step.occurrence_on(13), step.occurrence_on(12)) == (4, None)


def test_occurrences_are_numbered_by_day_when_turns_cross():
    step = LadderStep(code="nudge", days=(1, 9), channel="sms", repeat_every=4, times=2, template="nudge")
    assert step.occurrences() == [(1, 1), (5, 2), (9, 3), (13, 4)]


def test_the_text_of_a_step_by_channel():
    ladder = six_day()
    assert ladder.step("first_notice").text_for("push") == ("push", "first_notice")
    assert ladder.step("first_call").text_for("voice") == ("script", "first_call")
    assert ladder.step("first_call").text_for("email") == ("email", "first_call")
    assert ladder.step("reminder").text_for("voice") == ("script", "reminder")
    assert ladder.step("visit").text_for("visit") is None


def test_comments_do_not_change_the_digest_and_a_day_does():
    text = SIX_DAY.read_text(encoding="utf-8")
    bare = "\n".join(line.split(" #")[0] for line in text.splitlines() if not line.startswith("#"))
    assert bare != text
    assert parse_ladder(bare, "x").digest == six_day().digest
    assert parse_ladder(text.replace("from_day = 120", "from_day = 121"), "x").digest != six_day().digest


def test_the_same_ladder_from_another_file_is_equal():
    text = SIX_DAY.read_text(encoding="utf-8")
    assert parse_ladder("# a comment\n" + text, "elsewhere.toml") == six_day()
