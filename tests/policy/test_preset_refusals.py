"""A preset that is not understood to the last word is refused, with its file, line, rule and what to do."""

from pathlib import Path

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.policy.schema import TYPES_NOT_BUILT, PolicyError, Preset, parse_preset, read_preset

HEAD = """[preset]
id = "us-test"
version = "2026.11.0"
status = "draft"
law_checked_on = 2026-11-24
effective_from = 2021-11-30
jurisdiction = "US"
[preset.applies_when]
debtor_country = ["US"]
[preset.tz]
sources = ["physical_address"]
"""
FIRST = HEAD.count("\n") + 1  # the line of [[rule]] in what `with_rule` writes


def with_rule(kind: str, body: str, level: str = "law") -> str:
    """A preset with one rule; the body begins five lines below [[rule]]."""
    return (
        f'{HEAD}[[rule]]\nid = "US-T"\ntype = "{kind}"\nphase = ["send"]\nlevel = "{level}"\n{body}\n'
        'cite = "test"\nconfidence = "H"\n'
    )


def refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_preset(text, "us-test.toml")
    return caught.value


BODY = FIRST + 5  # the first line of the body

WINDOW = 'allow = [{ days = [1, 2], from = "08:00", to = "21:00" }]'
RATE = """count = ["call_placed"]
max = 7
period = { n = 7, unit = "local_day", kind = "rolling" }
key = ["person", "debt"]"""
COOLDOWN = """after = "conversation"
period = { n = 7, unit = "local_day" }
day_one = "event_day"
key = ["person", "debt"]"""
BAR = """state = "represented"
scope = "debtor"
starts = "on_notice\""""
PARTY = """disclose = "none"
allow = [{ role = "debtor", disclose = "debt" }]"""
CONTENT = """on = "every"
require = ["opt_out_line"]"""
ACTOR = "id_shown = true"
GOOD = {
    "window": WINDOW,
    "rate": RATE,
    "cooldown": COOLDOWN,
    "bar": BAR,
    "party": PARTY,
    "content": CONTENT,
    "actor": ACTOR,
}


@pytest.mark.parametrize("kind", GOOD)
def test_the_rule_that_the_refusals_below_spoil_is_accepted(kind: str):
    preset = parse_preset(with_rule(kind, GOOD[kind]), "us-test.toml")
    assert isinstance(preset, Preset)
    assert preset.rules[0].type == kind


# Each: kind, body, line relative to the body (None: the rule's own line), words that the sentence must hold.
REFUSALS = [
    # keys
    (
        "window",
        WINDOW + "\nmacth = { channel = ['sms'] }",
        1,
        '"macth" is not a key of a rule of type window',
    ),
    ("window", WINDOW + "\nmacth = { channel = ['sms'] }", 1, 'Did you mean "match"?'),
    ("window", WINDOW + "\nmax = 3", 1, '"max" is not a key of a rule of type window'),
    ("window", "allow = [{ days = [1], from = '08:00', until = '21:00' }]", 0, '"until" is not a key'),
    ("rate", RATE + "\nmatch = { chanel = ['sms'] }", 4, '"chanel" is not a key of match'),
    ("rate", RATE.replace("kind = ", "sort = "), 2, '"sort" is not a key of period'),
    ("rate", RATE.replace("max = 7\n", ""), None, '"max" is missing'),
    ("rate", RATE.replace('count = ["call_placed"]\n', ""), None, '"count" is missing'),
    ("rate", RATE.replace('\nkey = ["person", "debt"]', ""), None, '"key" is missing'),
    ("rate", RATE.replace(', kind = "rolling"', ""), 2, '"kind" is missing'),
    ("cooldown", COOLDOWN.replace('\nday_one = "event_day"', ""), None, '"day_one" is missing'),
    ("cooldown", COOLDOWN.replace('\nkey = ["person", "debt"]', ""), None, '"key" is missing'),
    ("bar", BAR.replace('\nscope = "debtor"', ""), None, '"scope" is missing'),
    ("bar", BAR.replace('\nstarts = "on_notice"', ""), None, '"starts" is missing'),
    ("party", PARTY.split("\n")[1], None, '"disclose" is missing'),
    ("party", PARTY.split("\n")[0], None, '"allow" is missing'),
    ("content", CONTENT.split("\n")[1], None, '"on" is missing'),
    # words
    ("window", WINDOW + "\nverdict = 'allow'", 1, '"allow" is not known as verdict'),
    ("window", WINDOW + "\nverdict = 'refuse'", 1, '"refuse" is not known as verdict'),
    ("window", WINDOW + "\nlifted_by = 'evening_contact'", 1, '"evening_contact" is not known as lifted_by'),
    ("window", WINDOW + "\nin_state = 'asleep'", 1, '"asleep" is not known as in_state'),
    ("window", WINDOW + "\non_unknown = 'allow'", 1, '"allow" is not known as on_unknown'),
    ("window", WINDOW + "\nmatch = { channel = ['sms', 'call'] }", 1, '"call" is not known as channel'),
    ("window", WINDOW + "\nmatch = { purpose = ['colect'] }", 1, 'Did you mean "collect"?'),
    ("window", WINDOW + "\nmatch = { party = ['neighbour'] }", 1, '"neighbour" is not known as party'),
    ("window", WINDOW + "\nmatch = { direction = ['both'] }", 1, '"both" is not known as direction'),
    ("window", WINDOW + "\nmatch = { place = ['school'] }", 1, '"school" is not known as place'),
    ("window", WINDOW + "\nmatch = { template = ['note'] }", 1, '"note" is not known as template'),
    ("window", WINDOW + "\nmatch = { basis = ['custom'] }", 1, '"custom" is not known as basis'),
    ("window", WINDOW + "\nmatch = { collector_role = ['friend'] }", 1, '"friend" is not known'),
    ("window", WINDOW + "\nmatch = { step = ['sue'] }", 1, '"sue" is not known as step'),
    ("window", WINDOW + "\nmatch = { stage = ['closed'] }", 1, '"closed" is not known as stage'),
    ("window", WINDOW + "\nmatch = { product = ['boat'] }", 1, '"boat" is not known as product'),
    ("window", WINDOW + "\nmatch = { lender_type = ['shop'] }", 1, '"shop" is not known as lender_type'),
    ("window", WINDOW + "\nmatch = { agreement_kind = ['oral'] }", 1, '"oral" is not known'),
    ("window", WINDOW + "\nholidays = ['US-TEXAS']", 1, '"US-TEXAS" is not known as holidays'),
    ("window", WINDOW + "\ndeny_dates = ['birthday']", 1, '"birthday" is not known as deny_dates'),
    ("window", WINDOW + "\nreplaced_by = 'office_hours'", 1, '"office_hours" is not known as replaced_by'),
    ("rate", RATE.replace("call_placed", "calls"), 0, '"calls" is not known as count'),
    ("rate", RATE.replace("call_placed", "refusal"), 0, '"refusal" is not known as count'),
    ("rate", RATE.replace('"person"', '"phone"'), 3, '"phone" is not known as key'),
    ("rate", RATE.replace("local_day", "week"), 2, '"week" is not known as unit'),
    ("rate", RATE.replace("rolling", "sliding"), 2, '"sliding" is not known as kind'),
    ("rate", RATE + "\nexclude = ['to_mother']", 4, '"to_mother" is not known as exclude'),
    ("rate", RATE + "\nmin_gap = { n = 5, unit = 'second' }", 4, '"second" is not known as unit'),
    ("cooldown", COOLDOWN.replace("conversation", "chat"), 0, '"chat" is not known as after'),
    ("cooldown", COOLDOWN.replace("event_day", "today"), 2, '"today" is not known as day_one'),
    ("bar", BAR.replace("represented", "annoyed"), 0, '"annoyed" is not known as state'),
    ("bar", BAR.replace("debtor", "family"), 1, '"family" is not known as scope'),
    ("bar", BAR.replace("on_notice", "at_once"), 2, '"at_once" is not known as starts'),
    ("bar", BAR + "\nends = { event = 'forgotten' }", 3, '"forgotten" is not known as event'),
    ("bar", BAR + "\nends = { event = ['paid', 'forgotten'] }", 3, '"forgotten" is not known as event'),
    ("bar", BAR + "\nexcept_purpose = ['chat']", 3, '"chat" is not known as except_purpose'),
    ("bar", BAR + "\nexcept_party = ['friend']", 3, '"friend" is not known as except_party'),
    ("bar", BAR + "\nexcept_once = ['hello']", 3, '"hello" is not known as except_once'),
    ("bar", BAR + "\nfreeze = ['rent']", 3, '"rent" is not known as freeze'),
    ("bar", BAR + "\nbars_steps = ['visit']", 3, '"visit" is not known as bars_steps'),
    ("party", PARTY.replace('role = "debtor"', 'role = "uncle"'), 1, '"uncle" is not known as role'),
    ("party", PARTY.replace('"none"', '"all"'), 0, '"all" is not known as disclose'),
    ("party", PARTY.replace(" }", ", purposes = ['chat'] }"), 1, '"chat" is not known as purposes'),
    ("party", PARTY.replace(" }", ", needs = ['luck'] }"), 1, '"luck" is not known as needs'),
    ("party", PARTY.replace(" }", ", stop_on = 'no' }"), 1, '"no" is not known as stop_on'),
    ("content", CONTENT.replace("opt_out_line", "opt_out"), 1, '"opt_out" is not known as require'),
    ("content", CONTENT + "\nforbid = ['rudeness']", 2, '"rudeness" is not known as forbid'),
    ("content", CONTENT.replace("every", "sometimes"), 0, '"sometimes" is not known as on'),
    ("content", CONTENT + "\nlanguage_of = 'borrower'", 2, '"borrower" is not known as language_of'),
    ("actor", "certs = ['charm']", 0, '"charm" is not known as certs'),
    ("actor", "actions_denied = ['shout']", 0, '"shout" is not known as actions_denied'),
    ("actor", "training_within = { n = 2, unit = 'week' }", 0, '"week" is not known as unit'),
    # types and values
    ("window", WINDOW.replace('"08:00"', "8"), 0, '"from" must be a clock time in quotes'),
    ("window", WINDOW.replace("08:00", "8:00"), 0, "must be a clock time in quotes"),
    ("window", WINDOW.replace("21:00", "24:30"), 0, 'must be a clock time up to "24:00"'),
    ("window", WINDOW.replace("21:00", "08:00"), 0, '"to" must lie after "from"'),
    ("window", WINDOW.replace("[1, 2]", "[0, 2]"), 0, "numbers from 1 to 7"),
    ("window", WINDOW.replace("[1, 2]", "[2, 1]"), 0, "must rise from entry to entry; 1 does not"),
    ("window", WINDOW.replace("[1, 2]", "[]"), 0, "must be a list of whole numbers"),
    ("window", WINDOW.replace("[1, 2]", "[1, true]"), 0, "must be a list of whole numbers, not True"),
    ("window", "allow = []", 0, '"allow" must be a list of tables'),
    ("window", "allow = ['08:00']", 0, '"allow" must be a list of tables'),
    ("window", "deny_stated = 'yes'", 0, '"deny_stated" must be true or false'),
    ("window", WINDOW + "\nmatch = ['sms']", 1, '"match" must be a table'),
    ("window", WINDOW + "\nmatch = {}", 1, '"match" is empty'),
    ("window", WINDOW + "\nmatch = { channel = [] }", 1, '"channel" is an empty list'),
    ("window", WINDOW + "\nmatch = { channel = 'sms' }", 1, '"channel" must be a list of texts'),
    ("window", WINDOW + "\nmatch = { channel = [1] }", 1, '"channel" must be a list of texts'),
    ("window", WINDOW + "\nmatch = { channel = ['sms', 'sms'] }", 1, '"sms" stands twice in channel'),
    (
        "window",
        WINDOW + "\nmatch = { ladder_day = { from = 5, to = 1 } }",
        1,
        '"to" is 1; it must be at least 5',
    ),
    ("window", WINDOW + "\nmatch = { ladder_day = { from = 5 } }", 1, '"to" is missing'),
    ("window", WINDOW + "\neffective_from = '2026-01-01'", 1, '"effective_from" must be a date'),
    ("window", WINDOW + "\neffective_from = 2026-01-01T00:00:00Z", 1, '"effective_from" must be a date'),
    (
        "window",
        WINDOW + "\neffective_from = 2026-01-02\neffective_to = 2026-01-01",
        2,
        "effective_to 2026-01-01 lies before effective_from 2026-01-02",
    ),
    ("window", WINDOW + "\nverdict = 3", 1, '"verdict" must be a text'),
    ("window", WINDOW + "\nnote = ''", 1, '"note" must be a text that is not empty'),
    ("rate", RATE.replace("max = 7", "max = 0"), 1, '"max" is 0; it must be at least 1'),
    ("rate", RATE.replace("max = 7", "max = '7'"), 1, '"max" must be a whole number'),
    ("rate", RATE.replace("max = 7", "max = true"), 1, '"max" must be a whole number'),
    ("rate", RATE.replace("n = 7", "n = 0"), 2, '"n" is 0; it must be at least 1'),
    ("rate", RATE.replace("rolling", "lifetime"), 2, 'kind "lifetime" goes with unit "agreement"'),
    ("rate", RATE.replace("local_day", "agreement"), 2, 'kind "lifetime" goes with unit "agreement"'),
    ("rate", RATE.replace("rolling", "calendar"), 2, "defined for n = 1 only"),
    # rules that would say nothing, or contradict themselves
    ("window", "match = { channel = ['sms'] }", None, "give it allow, holidays, deny_dates or deny_stated"),
    ("window", "deny_stated = true\nreplaced_by = 'consumer_stated_hours'", 1, 'takes the place of "allow"'),
    ("bar", "bars_steps = ['issue_claim']", None, "would bar everything"),
    ("bar", "match = { channel = ['visit'] }\nscope = 'debt'", 1, '"scope" speaks of a state'),
    ("bar", BAR + "\nends = {}", 3, '"ends" is empty'),
    ("bar", BAR + "\nends = { or_after_event = 'paid' }", 3, 'says what "or_after" counts from'),
    ("bar", BAR + "\nends = { or_after = { n = 30, unit = 'day' } }", 3, '"day_one" is missing'),
    ("bar", BAR + "\nfresh_within = { n = 1, unit = 'day' }", None, '"on_unknown" is missing'),
    (
        "party",
        PARTY.replace(" }]", " }, { role = 'debtor' }]"),
        1,
        'the role "debtor" has an entry already',
    ),
    ("party", PARTY.replace(" }]", ", again_if = ['asked_back'] }]"), 1, '"max_lifetime", which is missing'),
    ("content", 'on = "every"', None, "a content rule needs require, forbid or only"),
    ("content", CONTENT + "\nforbid = ['opt_out_line']", 1, "no text could ever pass"),
    ("content", CONTENT + "\nonly = ['greeting']", 1, "no text could ever pass"),
    ("actor", "", None, "asks nothing of the agent"),
    ("actor", "id_shown = false", None, "asks nothing of the agent"),
    # not built yet
    (
        "bar",
        BAR.replace("represented", "disputed_in_writing_in_period"),
        0,
        "needs a rule of type sequence, which is not built yet",
    ),
    (
        "bar",
        BAR + "\nderived_from = { event = 'written_dispute_received', in_period_of = 'US-23' }",
        3,
        "needs a rule of type sequence, which is not built yet",
    ),
]


@pytest.mark.parametrize(("kind", "body", "offset", "words"), REFUSALS)
def test_a_rule_that_is_not_understood_refuses_the_file(kind: str, body: str, offset: int | None, words: str):
    error = refused(with_rule(kind, body))
    (problem,) = error.problems
    assert words in problem.sentence
    assert problem.owner == "rule US-T"
    if offset is None:
        # A key that is missing has no line of its own; what is wrong with the whole rule stands at its head.
        assert problem.line == FIRST
        assert problem.exact is not ("is missing" in words)
    else:
        assert problem.line == BODY + offset
    where = "near line" if not problem.exact else "line"
    assert str(error).startswith(f"us-test.toml {where} {problem.line}, rule US-T: ")


@pytest.mark.parametrize("kind", TYPES_NOT_BUILT)
def test_a_rule_of_a_type_that_is_not_built_is_refused_not_ignored(kind: str):
    (problem,) = refused(with_rule(kind, "")).problems
    assert problem.line == FIRST + 2
    assert problem.sentence.startswith(f"rule type {kind} is not built yet")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('type = "actor"', 'type = "curfew"', FIRST + 2, '"curfew" is not known as type'),
        ('type = "actor"\n', "", FIRST, '"type" is missing'),
        ('type = "actor"', "type = 3", FIRST + 2, '"type" must be a text'),
        ('phase = ["send"]\n', "", FIRST, '"phase" is missing'),
        ('phase = ["send"]', "phase = []", FIRST + 3, '"phase" is an empty list'),
        ('phase = ["send"]', 'phase = ["sent"]', FIRST + 3, '"sent" is not known as phase'),
        ('level = "law"', 'level = "custom"', FIRST + 4, '"custom" is not known as level'),
        ('cite = "test"\n', "", FIRST, '"cite" is missing'),
        ('confidence = "H"\n', "", FIRST, '"confidence" is missing'),
        (
            'confidence = "H"',
            'confidence = "sure"',
            FIRST + 7,
            'confidence "sure" does not begin with one of',
        ),
    ],
)
def test_what_every_rule_must_say(old: str, new: str, line: int, words: str):
    text = with_rule("actor", ACTOR)
    assert old in text
    (problem,) = refused(text.replace(old, new)).problems
    assert problem.line == line
    assert words in problem.sentence


def test_a_confidence_may_say_of_what():
    text = with_rule("actor", ACTOR).replace('"H"', '"O1 for the training, B for the badge"')
    assert parse_preset(text, "x").rules[0].confidence == "O1 for the training, B for the badge"


def test_a_rule_without_id_is_named_by_its_place():
    text = with_rule("actor", ACTOR).replace('id = "US-T"\n', "")
    (problem,) = refused(text).problems
    assert (problem.owner, problem.line) == ("rule number 1", FIRST)
    assert '"id" is missing' in problem.sentence


def test_an_id_with_blanks_is_refused():
    (problem,) = refused(with_rule("actor", ACTOR).replace("US-T", "US T")).problems
    assert "it must be letters, digits and hyphens" in problem.sentence


def test_two_rules_with_one_id_are_refused_at_the_second():
    once = with_rule("actor", ACTOR)
    rule = once[len(HEAD) :]
    (problem,) = refused(once + rule).problems
    assert problem.line == FIRST + rule.count("\n") + 1
    assert "another rule above has this id" in problem.sentence


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('id = "us-test"', 'id = "us test"', 2, '"id" is "us test"; it must be letters'),
        ('id = "us-test"\n', "", 1, '"id" is missing in [preset]'),
        ('"2026.11.0"', '"v1"', 3, "it must be year.month.number"),
        ('"draft"', '"final"', 4, '"final" is not known as status'),
        ("law_checked_on = 2026-11-24\n", "", 1, "on which day the law was last compared"),
        ("effective_from = 2021-11-30\n", "", 1, '"effective_from" is missing'),
        ("effective_from = 2021-11-30", "effective_from = 2021", 6, "must be a date such as 2026-11-24"),
        ('jurisdiction = "US"', 'jurisdiction = "usa"', 7, "HOUSE or a place such as US"),
        ('jurisdiction = "US"', 'jurisdiction = "US"\nlaw = "x"', 8, '"law" is not a key of [preset]'),
        ('jurisdiction = "US"', 'jurisdiction = "US"\nextends = "us fed"', 8, '"extends" is "us fed"'),
        ('jurisdiction = "US"', 'jurisdiction = "US"\ntitle = 3', 8, '"title" must be a text'),
        ('[preset.applies_when]\ndebtor_country = ["US"]\n', "", 1, '"applies_when" is missing'),
        ('["US"]', '["us"]', 9, '"us" is no debtor_country'),
        ('["US"]', '["USA"]', 9, '"USA" is no debtor_country'),
        ('["US"]', '["US"]\ndebtor_region = ["New York"]', 10, '"New York" is no debtor_region'),
        ('["US"]', '["US"]\ndebt_kind = ["private"]', 10, '"private" is not known as debt_kind'),
        ('["US"]', '["US"]\ncountry = ["US"]', 10, '"country" is not a key of [preset.applies_when]'),
        ('"physical_address"', '"star_sign"', 11, '"star_sign" is not known as sources'),
        ("sources =", 'on_conflict = "any"\nsources =', 11, '"any" is not known as on_conflict'),
        ("sources =", 'on_unknown = "allow"\nsources =', 11, '"allow" is not known as on_unknown'),
        ("sources =", 'fallback = "Mars/Olympus"\nsources =', 11, '"Mars/Olympus" is no IANA time zone'),
        ("sources =", 'fallback = "/etc/passwd"\nsources =', 11, '"/etc/passwd" is no IANA time zone'),
        ("sources =", 'fixed = "Asia/Taipei"\nsources =', 12, '"sources" would never be asked'),
        ("sources =", 'zone = "Asia/Taipei"\nsources =', 11, '"zone" is not a key of [preset.tz]'),
    ],
)
def test_the_head_of_a_preset_is_read_as_strictly(old: str, new: str, line: int, words: str):
    text = with_rule("actor", ACTOR)
    assert old in text
    (problem,) = refused(text.replace(old, new, 1)).problems
    assert problem.line == line
    assert words in problem.sentence


def test_a_preset_without_rules_is_refused():
    (problem,) = refused(HEAD).problems
    assert "without a single [[rule]]" in problem.sentence


def test_a_table_that_is_no_part_of_a_preset_is_refused():
    (problem,) = refused(with_rule("actor", ACTOR) + "[extra]\nx = 1\n").problems
    assert problem.line == FIRST + 8
    assert '"extra" is not a key of a preset file' in problem.sentence


@pytest.mark.parametrize("key", ["service", "table"])
def test_tables_of_types_that_are_not_built_are_refused(key: str):
    (problem,) = refused(with_rule("actor", ACTOR) + f'[[{key}]]\nid = "x"\n').problems
    assert problem.line == FIRST + 8
    assert "not built yet" in problem.sentence


def test_what_is_no_toml_is_refused_with_the_line():
    (problem,) = refused(HEAD + "this is no TOML\n").problems
    assert problem.line == FIRST
    assert "this is not TOML 1.0" in problem.sentence


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path):
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[preset]\nid = "caf\xe9"\n')
    with pytest.raises(PolicyError, match=r"latin\.toml: the file is not UTF-8 \(byte 18\)"):
        read_preset(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"gone\.toml: the file cannot be read"):
        read_preset(tmp_path / "gone.toml")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path):
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf" + with_rule("actor", ACTOR).encode())
    assert read_preset(path).id == "us-test"


def test_the_error_is_one_of_the_domain_and_carries_its_facts():
    error = refused(with_rule("actor", "certs = ['charm']"))
    assert isinstance(error, DomainError)
    assert error.code == "policy-unknown-word"
    assert error.ids == {"file": "us-test.toml", "line": BODY, "owner": "rule US-T"}


def test_comments_spacing_and_order_of_keys_do_not_change_the_digest():
    text = with_rule("actor", ACTOR)
    same = text.replace(
        'id = "us-test"\nversion = "2026.11.0"', '# a comment\nversion   =   "2026.11.0"\n\nid = "us-test"'
    )
    assert same != text
    assert parse_preset(same, "x").digest == parse_preset(text, "y").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cite = "test"', 'cite = "tests"'),
        ("id_shown = true", "id_shown = true\nmin_people = 2"),
        ("2021-11-30", "2021-11-29"),
    ],
)
def test_whatever_it_says_changes_the_digest(old: str, new: str):
    text = with_rule("actor", ACTOR)
    assert parse_preset(text.replace(old, new), "x").digest != parse_preset(text, "x").digest


def test_a_preset_without_tz_denies_where_the_zone_is_not_known():
    text = with_rule("actor", ACTOR).replace('[preset.tz]\nsources = ["physical_address"]\n', "")
    tz = parse_preset(text, "x").tz
    assert (tz.fixed, tz.sources, tz.fallback, tz.on_unknown) == (None, (), None, "deny")


def test_a_bar_may_end_some_days_after_an_event():
    ends = (
        "ends = { event = 'moratorium_ended', or_after_event = 'treatment_ended', "
        "or_after = { n = 30, unit = 'local_day', day_one = 'event_day' } }"
    )
    params = parse_preset(with_rule("bar", f"{BAR}\n{ends}"), "x").rules[0].params
    assert params.ends.event == ("moratorium_ended",)
    assert params.ends.or_after.days == 30
    assert (params.ends.day_one, params.ends.or_after_event) == ("event_day", "treatment_ended")


def test_reading_presets_needs_no_django():
    import subprocess
    import sys

    code = (
        "import sys; import collections_app.policy.schema, collections_app.policy.calendars; "
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
