"""What can be wrong with a ladder is told before it runs, each with the line it concerns."""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import pytest

from collections_app.policy.schema import (
    Ladder,
    PolicyError,
    Preset,
    Segment,
    check_against_presets,
    check_segments,
    check_texts,
    parse_ladder,
    parse_preset,
    parse_segments,
    read_segments,
)

# Every line of this ladder is looked for by its text, so that a test shows which line it speaks of.
LADDER = """[ladder]
id = "test"
version = "2026.11.0"
title = { en = "Test", zh-hans = "测试", zh-hant = "測試" }
status = "draft"
effective_from = 2026-01-01
counts = "calendar"
currency_tolerance = { ratio = "0.05", min = "1.00" }

[applies_when]
product = ["personal_loan"]
segment = ["standard"]

[[stage]]
name = "early"
from_day = 1  # early
manner = "gentle"
channels = ["sms", "email", "call"]  # early
[[stage]]
name = "mid"
from_day = 4  # mid
manner = "firm"
channels = ["sms", "call", "letter", "visit"]  # mid

[[step]]
code = "reminder"
days = [-1]
channel = "sms"  # reminder
template = "reminder"

[[step]]
code = "notice"
days = [2]  # notice
channel = "sms"  # notice
template = "notice"
required_facts = ["due_date"]

[[step]]
code = "letter"
days = [5]  # letter
channel = "letter"
template = "letter"
proof = "delivered"

[[step]]
code = "talk"
days = [5]  # talk
channel = "call"  # talk
script = "talk"

[[exit]]
to = "legal"
from_day = 6  # legal
decided_by = "supervisor"

[clock]
grace = "stops"
dispute = "stops"
complaint = "runs"
promise_open = "runs_without_contacts"
arrangement_active = "stops"
part_payment = "re_anchors"

[relief.extension]
max_days = 14
times_per_year = 2
tiers = [{ up_to_days = 14, approver = "supervisor" }]
[relief.instalment_plan]
max_instalments = 12
min_first_payment = { ratio = "0.10" }
tolerance_days = 3
broken = "resume_where_it_stood"
"""


def changed(*changes: tuple[str, str]) -> str:
    text = LADDER
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the ladder of this test"
        text = text.replace(old, new)
    return text


def refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_ladder(text, "test.toml")
    return caught.value


def ladder(*changes: tuple[str, str]) -> Ladder:
    return parse_ladder(changed(*changes), "test.toml")


def line_of(text: str, part: str) -> int:
    assert text.count(part) == 1
    return text[: text.index(part)].count("\n") + 1


def test_the_ladder_that_the_refusals_below_spoil_is_accepted():
    assert [step.code for step in ladder().steps] == ["reminder", "notice", "letter", "talk"]


# Each: what is replaced, by what, a part of the line that must be named, words of the sentence.
REFUSALS = [
    # keys, words, types
    ('status = "draft"', 'status = "draft"\nowner = "me"', "owner =", '"owner" is not a key of [ladder]'),
    ("[clock]", "[extra]\nx = 1\n[clock]", "[extra]", '"extra" is not a key of a ladder file'),
    ('status = "draft"', 'status = "live"', "status =", '"live" is not known as status'),
    ('counts = "calendar"', 'counts = "moons"', "counts =", '"moons" is not known as counts'),
    ('counts = "calendar"\n', "", "[ladder]", '"counts" is missing'),
    ('"2026.11.0"', '"1"', "version =", "it must be year.month.number"),
    (', zh-hant = "測試"', "", "title =", '"zh-hant" is missing'),
    ('zh-hant = "測試"', 'fr = "Essai"', "title =", '"fr" is not a key of the table title'),
    ('ratio = "0.05"', "ratio = 0.05", "ratio =", '"ratio" must be a number in quotes'),
    ('ratio = "0.05"', 'ratio = "1.05"', "currency_tolerance", "at least 0 and at most 1"),
    ('min = "1.00"', 'min = "-1"', "currency_tolerance", "must be at least 0"),
    ('min = "1.00"', 'min = "NaN"', "currency_tolerance", "must be at least 0"),
    ('min = "1.00"', 'min = "one"', "currency_tolerance", "must be a number in quotes"),
    ("effective_from = 2026-01-01\n", "", "[ladder]", '"effective_from" is missing'),
    ('product = ["personal_loan"]', 'product = ["boat"]', "product =", '"boat" is not known as product'),
    ('segment = ["standard"]', 'place = ["x"]', "place =", '"place" is not a key of [applies_when]'),
    # stages
    ('name = "mid"', 'name = "middle"', "name = ", '"middle" is not known as name'),
    ('name = "mid"', 'name = "early"', "", 'the stage "early" stands twice'),
    ('manner = "firm"', 'manner = "rude"', "manner = ", '"rude" is not known as manner'),
    ('channels = ["sms", "email", "call"]  # early', "", "[[stage]]", '"channels" is missing'),
    ('["sms", "email", "call"]', '["sms", "pigeon"]', "# early", '"pigeon" is not known as channels'),
    ('["sms", "email", "call"]', '["call", "voice"]', "# early", "the same channel; channels names both"),
    # steps
    ('code = "notice"', 'code = "notice"\ncolour = "red"', "colour", '"colour" is not a key of a step'),
    ('code = "notice"', 'code = "First notice"', "First notice", "it must be small letters"),
    ('code = "notice"', 'code = "reminder"', "", "another step above has this code"),
    ("days = [2]", "days = []", "# notice", '"days" must be a list of whole numbers'),
    ("days = [2]", "days = [2, 2]", "days = [2, 2]", "must rise from entry to entry"),
    ("days = [2]", "days = 2", "days = 2", '"days" must be a list of whole numbers'),
    ("days = [2]", "days = [4000]", "days = [4000]", "holds 4000; numbers from"),
    ("days = [2]", "days = [-1, 2]", "days = [-1, 2]", "make two steps of it"),
    ("days = [2]", "days = [2]\ntimes = 2", "times =", '"times" says nothing without "repeat_every"'),
    ("days = [2]", "days = [2]\nrepeat_every = 7", "repeat_every =", 'nothing without "times"'),
    ("days = [2]", "days = [2]\nrepeat_every = 0\ntimes = 2", "repeat_every =", "it must be at least 1"),
    (
        "days = [2]",
        "days = [2, 9]\nrepeat_every = 7\ntimes = 2",
        "repeat_every =",
        "falls twice on one day",
    ),
    ("days = [-1]", "days = [-9]\nrepeat_every = 2\ntimes = 2", "repeat_every =", "is not repeated"),
    ('channel = "sms"  # notice', 'channel = "pigeon"', "pigeon", '"pigeon" is not known as channel'),
    ('template = "notice"\n', "", "", '"template" is missing: a message needs its text'),
    ('script = "talk"\n', "", "", '"script" is missing: a call needs what is to be said'),
    ('template = "notice"', 'template = "Notice.en"', "Notice.en", "it must be small letters"),
    ('script = "talk"', 'script = "talk"\nrequired_facts = ["x"]', "", '"required_facts" are facts that'),
    ("days = [2]", 'days = [2]\nfallback = ["sms"]', "fallback =", "cannot fall back to itself"),
    ("days = [2]", 'days = [2]\nfallback = ["fax", "x"]', "fallback =", '"x" is not known as fallback'),
    ("days = [2]", "days = [2]\nfallback_after = { attempts = 2 }", "fallback_after", '"to" is missing'),
    ("days = [2]", 'days = [2]\nfallback_after = { to = ["email"] }', "", '"attempts" is missing'),
    (
        "days = [2]",
        'days = [2]\nfallback_after = { attempts = 0, to = ["email"] }',
        "fallback_after",
        "it must be at least 1",
    ),
    ("days = [2]", 'days = [2]\nunless = ["rain"]', "unless =", '"rain" is not known as unless'),
    ("days = [2]", 'days = [2]\nneeds_approval = "auditor"', "needs_approval", '"auditor" is not known'),
    ("days = [2]", 'days = [2]\nproposal = "gift"', "proposal =", '"gift" is not known as proposal'),
    ("days = [2]", 'days = [2]\noffers = ["gift"]', "offers =", '"gift" is not known as offers'),
    ("days = [2]", 'days = [2]\nevidence = "yes"', "evidence =", '"evidence" must be true or false'),
    ('proof = "delivered"', 'proof = "read"', "proof =", '"read" is not known as proof'),
    ("days = [2]", "days = [2]\nrequires = [{}]", "requires =", "either step and proof, or may_take_step"),
    (
        "days = [2]",
        'days = [2]\nrequires = [{ step = "reminder", may_take_step = "enforce" }]',
        "requires =",
        "either step and proof, or may_take_step",
    ),
    ("days = [2]", 'days = [2]\nrequires = [{ step = "reminder" }]', "requires =", '"proof" is missing'),
    (
        "days = [2]",
        'days = [2]\nrequires = [{ may_take_step = "enforce", proof = "sent" }]',
        "requires =",
        'goes with "step"',
    ),
    (
        "days = [2]",
        'days = [2]\nrequires = [{ may_take_step = "dance" }]',
        "requires =",
        '"dance" is not known as may_take_step',
    ),
    # exits, clock, relief
    ('to = "legal"', 'to = "jail"', "jail", '"jail" is not known as to'),
    ('decided_by = "supervisor"\n', "", "[[exit]]", '"decided_by" is missing'),
    ('decided_by = "supervisor"', 'decided_by = "borrower"', "borrower", '"borrower" is not known'),
    ("[clock]", '[[exit]]\nto = "legal"\nfrom_day = 9\n[clock]', "", "leads to the same place"),
    ('grace = "stops"\n', "", "[clock]", '"grace" is missing'),
    ('complaint = "runs"', 'complaint = "walks"', "walks", '"walks" is not known as complaint'),
    ('part_payment = "re_anchors"', 'part_payment = "stops"', "part_payment", '"stops" is not known'),
    ("tiers = [{ up_to_days = 14", "tiers = [{ up_to_days = 7", "tiers =", "nobody to approve them"),
    (
        "tiers = [{ up_to_days = 14",
        'tiers = [{ up_to_days = 14, approver = "collector" }, { up_to_days = 14',
        "tiers =",
        "tiers must rise in days",
    ),
    ("times_per_year = 2", "times_per_year = 0", "times_per_year", "it must be at least 1"),
    ('broken = "resume_where_it_stood"', 'broken = "sue"', "broken =", '"sue" is not known as broken'),
    ("[relief.extension]", "[relief.gift]\n[relief.extension]", "[relief.gift]", '"gift" is not a key'),
]


@pytest.mark.parametrize(("old", "new", "part", "words"), REFUSALS)
def test_a_ladder_that_is_not_understood_is_refused(old: str, new: str, part: str, words: str):
    text = changed((old, new))
    error = refused(text)
    (problem,) = error.problems
    assert words in problem.sentence
    assert problem.line is not None
    if part:
        assert part in text.splitlines()[problem.line - 1]
    assert str(error).startswith("test.toml ")


# Each: changes, the part of the line that must be named, code, words of the sentence.
CHECKS = [
    ([("from_day = 1 ", "from_day = 2 ")], "from_day = 2 ", "ladder-gap", "day 1 has no stage"),
    (
        [("from_day = 1 ", "from_day = 3 "), ("days = [2]", "days = [3]")],
        "from_day = 3 ",
        "ladder-gap",
        "1 to 2 ",
    ),
    (
        [("from_day = 1 ", "to_day = 2\nfrom_day = 1 ")],
        "from_day = 4 ",
        "ladder-gap",
        "day 3 has no stage",
    ),
    (
        [("from_day = 4 ", "to_day = 90\nfrom_day = 4 ")],
        "to_day = 90",
        "ladder-gap",
        "after 90 have no stage",
    ),
    (
        [("from_day = 1 ", "to_day = 4\nfrom_day = 1 ")],
        "from_day = 4 ",
        "ladder-overlap",
        'day 4 is of this stage and of "early" too',
    ),
    (
        [("from_day = 4 ", "from_day = 1 "), ('name = "mid"', 'name = "mid"  # second')],
        "from_day = 1  # mid",
        "ladder-overlap",
        'day 1 is of this stage and of "early" too',
    ),
    ([('name = "mid"', 'name = "late"')], 'name = "late"', "ladder-stage-order", 'must be "mid"'),
    (
        [('name = "early"', 'name = "mid" # 1'), ('name = "mid"\n', 'name = "early"\n')],
        "# 1",
        "ladder-stage-order",
        '"early"',
    ),
    (
        [('channel = "sms"  # notice', 'channel = "letter"  # notice')],
        'channel = "letter"  # notice',
        "ladder-channel-forbidden",
        '"letter" is not among the channels of the stage "early" on day 2',
    ),
    (
        [
            ("days = [2]", "days = [2]\nrepeat_every = 2\ntimes = 2"),
            ('channels = ["sms", "call", "letter", "visit"]', 'channels = ["call", "letter"]'),
        ],
        'channel = "sms"  # notice',
        "ladder-channel-forbidden",
        'of the stage "mid" on day 4',
    ),
    (
        [("days = [2]", 'fallback = ["push"]\ndays = [2]')],
        "fallback =",
        "ladder-channel-forbidden",
        'the fallback "push" is not among',
    ),
    (
        [("days = [5]  # talk", 'fallback_after = { attempts = 2, to = ["email"] }\ndays = [5]  # talk')],
        "fallback_after",
        "ladder-channel-forbidden",
        'the fallback "email" is not among',
    ),
    (
        [('channel = "sms"  # notice', 'channel = "preferred"  # notice')],
        'channel = "preferred"  # notice',
        "ladder-channel-forbidden",
        '"push", which a borrower may prefer,',
    ),
    (
        [
            ("days = [5]  # talk", "days = [2]  # talk"),
            ('channel = "call"  # talk', 'channel = "sms"  # talk'),
            ('script = "talk"', 'template = "talk"'),
        ],
        "days = [2]  # talk",
        "ladder-same-day",
        'on day 2 the step "notice" uses "sms" too',
    ),
    (
        [("days = [2]", "days = [-1]"), ('channel = "sms"  # notice', 'channel = "preferred"')],
        "# notice",
        "ladder-same-day",
        'on day -1 the step "reminder" uses "sms" too',
    ),
    (
        [
            ("from_day = 6  # legal", "from_day = 5"),
            ('decided_by = "supervisor"', 'decided_by = "daily_run"'),
            ("days = [5]  # talk", "days = [4]"),
        ],
        "# letter",
        "ladder-after-exit",
        'day 5 never comes: the exit to "legal" takes every case out on day 5',
    ),
    (
        [("days = [2]", 'requires_attempt = "letter"\ndays = [2]')],
        "requires_attempt",
        "ladder-later-step",
        '"letter" comes on day 5 and cannot be waited for on day 2',
    ),
    (
        [("days = [5]  # letter", 'requires_attempt = "talk"\ndays = [5]  # letter')],
        "requires_attempt",
        "ladder-later-step",
        '"talk" comes on day 5 and cannot be waited for on day 5',
    ),
    (
        [("days = [2]", 'requires_attempt = "notice"\ndays = [2]')],
        "requires_attempt",
        "ladder-later-step",
        "name a step that comes earlier",
    ),
    (
        [("days = [2]", 'requires_attempt = "nitice"\ndays = [2]')],
        "requires_attempt",
        "ladder-no-such-step",
        'there is no step "nitice"; name one of: reminder, notice, letter, talk',
    ),
    (
        [("days = [2]", 'requires = [\n{ step = "letter", proof = "sent" }]\ndays = [2]')],
        '{ step = "letter"',
        "ladder-later-step",
        "comes on day 5",
    ),
    (
        [("days = [2]", 'unless = ["paid",\n"answered_since:talk"]\ndays = [2]')],
        '"answered_since:talk"',
        "ladder-later-step",
        '"talk" comes on day 5',
    ),
    (
        [("days = [2]", 'unless = ["answered_since:nobody"]\ndays = [2]')],
        "unless =",
        "ladder-no-such-step",
        'there is no step "nobody"',
    ),
    (
        [("from_day = 6  # legal", 'from_day = 4\nrequires = [{ step = "letter", proof = "sent" }]')],
        "requires =",
        "ladder-later-step",
        '"letter" comes on day 5 and cannot be waited for on day 4',
    ),
    (
        [("from_day = 6  # legal", 'from_day = 6\nrequires = [{ step = "letter", proof = "served" }]')],
        "requires =",
        "ladder-no-such-proof",
        '"letter" proves that it was delivered, not served',
    ),
    (
        [("days = [5]  # talk", 'requires = [{ step = "notice", proof = "delivered" }]\ndays = [5]  # talk')],
        "requires =",
        "ladder-no-such-proof",
        '"notice" proves that it was sent, not delivered',
    ),
]


@pytest.mark.parametrize(("changes", "part", "code", "words"), CHECKS)
def test_a_ladder_that_cannot_work_is_refused(changes: Sequence[tuple[str, str]], part: str, code: str, words: str):
    text = changed(*changes)
    (problem,) = refused(text).problems
    assert problem.code == code
    assert words in problem.sentence
    assert problem.line == line_of(text, part)


def test_reminders_before_day_one_have_no_stage_to_forbid_their_channel():
    text = changed(('channel = "sms"  # reminder', 'channel = "push"'))
    assert parse_ladder(text, "x").step("reminder").channel == "push"


def test_an_exit_with_a_condition_or_a_person_does_not_close_the_ladder():
    for condition in ('unless = ["hold"]', 'requires = [{ step = "letter", proof = "delivered" }]'):
        way_out = f'decided_by = "daily_run"\n{condition}'
        ladder(("from_day = 6  # legal", "from_day = 5"), ('decided_by = "supervisor"', way_out))
    ladder(("from_day = 6  # legal", "from_day = 5"))


def test_stages_may_stand_in_any_order_in_the_file():
    early = LADDER[LADDER.index("[[stage]]") : LADDER.index('[[stage]]\nname = "mid"')]
    text = LADDER.replace(early, "").replace('[[step]]\ncode = "reminder"', early + '[[step]]\ncode = "reminder"')
    assert [band.name for band in parse_ladder(text, "x").stages] == ["early", "mid"]
    spoilt = text.replace("from_day = 1  # early", "from_day = 2  # early")
    (problem,) = refused(spoilt).problems
    assert problem.line == line_of(spoilt, "from_day = 2  # early")


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file():
    text = changed(
        ("from_day = 1 ", "from_day = 2 "),
        ("days = [2]", 'requires_attempt = "nobody"\ndays = [2]'),
        ("from_day = 6  # legal", 'from_day = 4\nrequires = [{ step = "letter", proof = "sent" }]'),
    )
    error = refused(text)
    assert [problem.code for problem in error.problems] == [
        "ladder-gap",
        "ladder-no-such-step",
        "ladder-later-step",
    ]
    assert str(error).count("\n") == 2


@pytest.mark.parametrize(("first", "key"), [('[[stage]]\nname = "early"', "stage"), ("[[step]]", "step")])
def test_a_ladder_without_stages_or_steps_does_nothing(first: str, key: str):
    start = LADDER.index(first)
    end = LADDER.index("[[step]]" if key == "stage" else "[[exit]]")
    (problem,) = refused(LADDER[:start] + LADDER[end:]).problems
    assert f"a ladder without a single [[{key}]]" in problem.sentence


VISIT = """[[step]]
code = "visit"
days = [6]
channel = "visit"
"""


def with_visit(more: str = "") -> str:
    return changed(("[[exit]]", f"{VISIT}{more}[[exit]]"))


def test_a_visit_needs_no_text_but_its_fallback_does():
    check_texts(parse_ladder(with_visit(), "x"), Texts())
    (problem,) = refused(with_visit('fallback = ["letter"]\n')).problems
    assert 'the fallback "letter" has no text' in problem.sentence
    after = 'fallback_after = { attempts = 1, to = ["call"] }\n'
    (problem,) = refused(with_visit(after)).problems
    assert 'the fallback "voice" has no text' in problem.sentence
    assert problem.line == line_of(with_visit(after), "fallback_after")


def test_a_ladder_may_offer_no_relief():
    relief = parse_ladder(LADDER[: LADDER.index("[relief.extension]")], "x").relief
    assert (relief.extension, relief.grace, relief.instalment_plan) == (None, None, None)


# -- texts ---------------------------------------------------------------------------------------------------


class Texts:
    """Every text in every language with every fact, but for what a test takes out."""

    def __init__(self, *, without: Collection[tuple[str, str, str]] = (), hiding: Collection[str] = ()) -> None:
        self.without, self.hiding = without, hiding

    def languages_of(self, kind: str, name: str) -> list[str]:
        return [lang for lang in ("en", "zh-hans", "zh-hant") if (kind, name, lang) not in self.without]

    def facts_of(self, name: str, language: str) -> list[str]:
        return [] if language in self.hiding else ["due_date", "loan_amount"]


def test_a_ladder_with_all_its_texts_passes():
    check_texts(ladder(), Texts())


@pytest.mark.parametrize(
    ("missing", "line", "sentence"),
    [
        (("sms", "notice", "zh-hant"), 'template = "notice"', 'the sms text "notice" is missing in zh-hant'),
        (("script", "talk", "en"), 'script = "talk"', 'the script text "talk" is missing in en'),
        (
            ("letter", "letter", "zh-hans"),
            'template = "letter"',
            'the letter text "letter" is missing in zh-hans',
        ),
    ],
)
def test_a_text_that_is_missing_in_a_language_is_refused(missing: tuple[str, str, str], line: str, sentence: str):
    with pytest.raises(PolicyError) as caught:
        check_texts(ladder(), Texts(without=[missing]))
    (problem,) = caught.value.problems
    assert problem.code == "ladder-text-missing"
    assert problem.sentence.startswith(sentence)
    assert problem.line == line_of(LADDER, line)


def test_the_texts_of_fallbacks_are_asked_for_too():
    mine = ladder(("days = [2]", 'fallback = ["email"]\ndays = [2]'))
    with pytest.raises(PolicyError, match='the email text "notice" is missing in en, zh-hans'):
        check_texts(mine, Texts(without=[("email", "notice", "en"), ("email", "notice", "zh-hans")]))


def test_a_preferred_channel_needs_a_text_on_each_channel_that_may_be_preferred():
    mine = ladder(('channel = "sms"  # reminder', 'channel = "preferred"'))
    for kind in ("sms", "email", "push", "script"):
        with pytest.raises(PolicyError, match=f'the {kind} text "reminder" is missing in en'):
            check_texts(mine, Texts(without=[(kind, "reminder", "en")]))


def test_a_required_fact_that_the_template_does_not_show_is_refused():
    with pytest.raises(PolicyError) as caught:
        check_texts(ladder(), Texts(hiding=["zh-hans"]))
    (problem,) = caught.value.problems
    assert problem.code == "ladder-fact-missing"
    assert 'the template "notice" does not show due_date in zh-hans' in problem.sentence
    assert problem.line == line_of(LADDER, "required_facts")


# -- segments ------------------------------------------------------------------------------------------------

SEGMENTS = """[[segment]]
id = "standard"
title = { en = "Standard", zh-hans = "标准", zh-hant = "標準" }
[[segment]]
id = "careful"
title = { en = "Careful", zh-hans = "谨慎", zh-hant = "謹慎" }
"""


def segments() -> tuple[Segment, ...]:
    return parse_segments(SEGMENTS, "segments.toml")


def other(*changes: tuple[str, str]) -> Ladder:
    """A second ladder, for the segment that the first does not take, unless changed."""
    given = dict(changes)
    text = LADDER.replace('id = "test"', 'id = "other"', 1)
    for old, new in {'segment = ["standard"]': 'segment = ["careful"]', **given}.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    return parse_ladder(text, "other.toml")


def test_disjoint_ladders_that_take_every_segment_pass():
    check_segments([ladder(), other()], segments())


def test_two_ladders_for_the_same_loans_are_refused():
    twice = other(('segment = ["standard"]', 'segment = ["careful", "standard"]'))
    with pytest.raises(PolicyError) as caught:
        check_segments([ladder(), twice], segments())
    (problem,) = caught.value.problems
    assert problem.code == "ladder-overlap"
    assert "both take personal_loan loans of the segment standard from 2026-01-01 on" in problem.sentence
    assert (problem.source, problem.line) == ("other.toml", line_of(LADDER, "[applies_when]"))


def test_a_ladder_without_lists_takes_everything():
    every = other(('segment = ["standard"]', ""), ('product = ["personal_loan"]', ""))
    with pytest.raises(PolicyError, match="both take personal_loan loans of the segment standard"):
        check_segments([ladder(), every], segments())


def test_ladders_that_follow_each_other_or_differ_in_product_do_not_overlap():
    begins = "effective_from = 2026-01-01"
    ended = ladder((begins, f"{begins}\neffective_to = 2026-06-30"))
    both = ('segment = ["standard"]', 'segment = ["careful", "standard"]')
    check_segments([ended, other(both, (begins, "effective_from = 2026-07-01"))], segments())
    check_segments([ladder(), other(both, ('["personal_loan"]', '["auto_loan"]'))], segments())
    with pytest.raises(PolicyError, match="from 2026-06-30 on"):
        check_segments([ended, other(both, (begins, "effective_from = 2026-06-30"))], segments())


def test_a_segment_that_no_ladder_takes_is_refused():
    with pytest.raises(PolicyError) as caught:
        check_segments([ladder()], segments())
    (problem,) = caught.value.problems
    assert problem.code == "ladder-segment-uncovered"
    assert 'no ladder in force takes the segment "careful"' in problem.sentence
    late = other(("effective_from = 2026-01-01", "effective_from = 2027-01-01"))
    check_segments([ladder(), late], segments())
    with pytest.raises(PolicyError, match=r'no ladder in force on 2026-11-24 takes the segment "careful"'):
        check_segments([ladder(), late], segments(), on=date(2026, 11, 24))


def test_a_segment_that_is_not_declared_is_refused():
    mine = ladder(('segment = ["standard"]', 'segment = ["standard", "rich"]'))
    with pytest.raises(PolicyError) as caught:
        check_segments([mine, other()], segments())
    (problem,) = caught.value.problems
    assert 'the segment "rich" is not declared' in problem.sentence
    assert problem.line == line_of(LADDER, 'segment = ["standard"]')


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"careful"', '"standard"', "another segment above has this id"),
        ('"standard"', '"plain"', 'the segment "standard" is not declared'),
        ('id = "careful"', 'id = "careful"\nsize = 3', '"size" is not a key of a segment'),
        ('id = "careful"', 'id = "so careful"', "it must be letters"),
        (', zh-hant = "謹慎"', "", '"zh-hant" is missing'),
    ],
)
def test_a_segments_file_that_is_not_understood_is_refused(old: str, new: str, words: str):
    assert SEGMENTS.count(old) == 1
    with pytest.raises(PolicyError) as caught:
        parse_segments(SEGMENTS.replace(old, new), "segments.toml")
    assert words in caught.value.problems[0].sentence


def test_the_shipped_segments_load():
    path = Path(__file__).resolve().parents[2] / "collections_app/policy/data/ladders/segments.toml"
    assert [segment.id for segment in read_segments(path)] == ["standard"]


# -- presets -------------------------------------------------------------------------------------------------


def preset(jurisdiction: str, rule: str, kind: str = "bar", applies: str = "") -> Preset:
    return parse_preset(
        f"""[preset]
id = "p-{jurisdiction}"
version = "2026.11.0"
status = "draft"
law_checked_on = 2026-11-24
effective_from = 2020-01-01
jurisdiction = "{jurisdiction}"
[preset.applies_when]
{applies}
[[rule]]
id = "B-{jurisdiction}"
type = "{kind}"
phase = ["plan", "send"]
level = "law"
cite = "test"
confidence = "H"
{rule}
""",
        "p.toml",
    )


NO_LETTER = 'match = { channel = ["letter"] }'


def test_a_step_that_every_jurisdiction_bars_is_refused():
    with pytest.raises(PolicyError) as caught:
        check_against_presets(ladder(), [preset("US", NO_LETTER), preset("CN", NO_LETTER)])
    (problem,) = caught.value.problems
    assert problem.code == "ladder-barred"
    assert problem.sentence == (
        'the channel "letter" is barred on ladder day 5 in every place (B-US, B-CN); take another channel or '
        "another day."
    )
    assert (problem.line, problem.owner) == (line_of(LADDER, "days = [5]  # letter"), "step letter")


def test_a_step_that_one_jurisdiction_leaves_open_passes():
    open_there = preset("CN", 'match = { channel = ["visit"] }')
    check_against_presets(ladder(), [preset("US", NO_LETTER), open_there])
    check_against_presets(ladder(), [])


def test_one_house_preset_for_all_contacts_is_enough_and_one_for_some_is_not():
    open_law = preset("CN", 'match = { channel = ["visit"] }')
    with pytest.raises(PolicyError, match=r"in every place \(B-HOUSE\)"):
        check_against_presets(ladder(), [open_law, preset("HOUSE", NO_LETTER)])
    check_against_presets(ladder(), [open_law, preset("HOUSE", NO_LETTER, applies='debt_kind = ["business"]')])


@pytest.mark.parametrize(
    "rule",
    [
        'match = { channel = ["letter"], ladder_day = { from = 1, to = 4 } }',
        'match = { channel = ["letter"], ladder_day = { from = 6, to = 9 } }',
        'match = { channel = ["letter"], direction = ["in"] }',
        'match = { channel = ["letter"], purpose = ["inform"] }',
        'match = { channel = ["letter"], party = ["guarantor"] }',
        'match = { channel = ["letter"], stage = ["early"] }',
        'match = { channel = ["letter"], place = ["home"] }',
        'match = { channel = ["letter"], basis = ["consent"] }',
        'match = { channel = ["letter"], template = ["letter_of_claim"] }',
        'match = { channel = ["letter"], product = ["auto_loan"] }',
        'match = { channel = ["letter"], lender_type = ["bank"] }',
        'match = { channel = ["letter"], agreement_kind = ["unregulated"] }',
        'match = { channel = ["letter"], collector_role = ["third_party", "debt_buyer"] }',
        'match = { channel = ["letter"], step = ["enforce"] }',
        NO_LETTER + '\nstate = "represented"\nscope = "debtor"\nstarts = "on_notice"',
        NO_LETTER + '\nin_state = "active_duty"',
        NO_LETTER + '\nlifted_by = "work_contact"',
        NO_LETTER + '\nverdict = "approve"',
        NO_LETTER + '\nexcept_purpose = ["collect"]',
        NO_LETTER + '\nexcept_party = ["debtor"]',
        NO_LETTER + "\neffective_from = 2026-01-02",
        NO_LETTER + "\neffective_to = 2025-12-31",
    ],
)
def test_a_bar_that_does_not_hold_for_every_loan_on_that_day_closes_nothing(rule: str):
    check_against_presets(ladder(), [preset("US", rule)])


@pytest.mark.parametrize(
    "rule",
    [
        'match = { channel = ["letter"], ladder_day = { from = 5, to = 5 } }',
        'match = { channel = ["letter"], purpose = ["collect", "inform"], direction = ["out"] }',
        'match = { channel = ["letter"], stage = ["mid"], party = ["debtor"] }',
        'match = { channel = ["letter"], product = ["personal_loan", "auto_loan"] }',
        'match = { channel = ["letter"], collector_role = ["first_party", "third_party", "debt_buyer"] }',
    ],
)
def test_a_bar_that_holds_for_every_loan_on_that_day_closes_the_step(rule: str):
    with pytest.raises(PolicyError, match='the channel "letter" is barred on ladder day 5'):
        check_against_presets(ladder(), [preset("US", rule)])


def test_the_day_that_is_asked_decides_which_rules_are_in_force():
    later = preset("US", NO_LETTER + "\neffective_from = 2026-06-01")
    check_against_presets(ladder(), [later])
    with pytest.raises(PolicyError):
        check_against_presets(ladder(), [later], on=date(2026, 11, 24))


def test_a_preferred_channel_is_barred_only_if_each_choice_is():
    mine = ladder(('channel = "sms"  # reminder', 'channel = "preferred"'))
    before = "ladder_day = { from = -9, to = 0 }"
    some = preset("US", f'match = {{ channel = ["sms", "email", "push"], {before} }}')
    every = preset("US", f'match = {{ channel = ["sms", "email", "push", "voice"], {before} }}')
    check_against_presets(mine, [some])
    with pytest.raises(PolicyError, match='the channel "preferred" is barred on ladder day -1'):
        check_against_presets(mine, [every])


def test_a_step_without_ladder_stage_does_not_fit_a_bar_on_a_stage():
    reminders = preset("US", 'match = { channel = ["sms"], stage = ["late", "legal"] }')
    check_against_presets(ladder(), [reminders])


def test_rules_of_other_types_close_nothing():
    window = preset("US", NO_LETTER + "\ndeny_stated = true", kind="window")
    check_against_presets(ladder(), [window])
