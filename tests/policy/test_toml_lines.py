"""The locator tells on which line each part of a TOML document stands."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from collections_app.policy.schema.toml_lines import locate

DOCUMENT = '''# a comment with [brackets] and a "quote
[preset]
id = "a#b"                       # a hash inside a text begins no comment
"quoted key" = 1

[preset.applies_when]
debtor_country = ["US",
  "CN", # [[rule]] in a comment
  "IE",
]

[[rule]]
id = "A"
match = { channel = ["sms"], ladder_day = { from = 1, to = 3 } }
long = """
[[rule]]
id = "no rule: inside a text"
"""
[[rule.allow]]
role = "debtor"
[[rule.allow]]
role = "attorney"

[[rule]]
id = 'B'
a.b.c = 2026-11-24 08:00:00
[[rule.allow]]
role = "bureau"
'''


def test_each_key_has_the_line_it_stands_on():
    lines = locate(DOCUMENT)
    assert lines.find(("preset",)) == (2, True)
    assert lines.find(("preset", "id")) == (3, True)
    assert lines.find(("preset", "quoted key")) == (4, True)
    assert lines.find(("preset", "applies_when", "debtor_country", 2)) == (9, True)
    assert lines.find(("rule", 0, "id")) == (13, True)
    assert lines.find(("rule", 0, "match", "ladder_day", "to")) == (14, True)
    assert lines.find(("rule", 0, "allow", 1, "role")) == (22, True)
    assert lines.find(("rule", 1, "id")) == (25, True)
    assert lines.find(("rule", 1, "a", "b", "c")) == (26, True)
    assert lines.find(("rule", 1, "allow", 0, "role")) == (28, True)


def test_what_is_not_in_the_file_is_near_the_table_around_it():
    lines = locate(DOCUMENT)
    assert lines.find(("rule", 1, "verdict")) == (24, False)
    assert lines.find(("rule", 0, "match", "party")) == (14, False)
    assert lines.find(("nothing",)) == (1, False)
    assert lines.find(()) == (1, True)


def test_windows_line_ends_count_once():
    assert locate(DOCUMENT.replace("\n", "\r\n")).find(("rule", 1, "allow", 0, "role")) == (28, True)


def test_a_literal_text_over_lines_is_stepped_over():
    text = "a = '''\n[b]\nc = 'x'\n'''\n[b]\nc = 1\n"
    assert tomllib.loads(text)["b"] == {"c": 1}
    assert locate(text).find(("b", "c")) == (6, True)


def test_where_the_text_cannot_be_followed_the_last_known_table_answers():
    lines = locate("[a]\nb = 1\n???\nc = 2\n")
    assert lines.find(("a", "b")) == (2, True)
    assert lines.find(("a", "c")) == (1, False)


_texts = st.text(st.characters(codec="ascii", exclude_characters='"\\\x7f', min_codepoint=32), max_size=8)


@given(st.lists(st.lists(_texts, min_size=1, max_size=4), min_size=1, max_size=6))
def test_whatever_stands_in_texts_every_item_keeps_its_line(rules: list[list[str]]):
    written = []
    expected = {}
    for number, items in enumerate(rules):
        written.append("[[rule]]")
        written.append("list = [")
        for index, item in enumerate(items):
            written.append(f'  "{item}", # {item}')
            expected["rule", number, "list", index] = len(written)
        written.append("]")
    text = "\n".join(written)
    assert [rule["list"] for rule in tomllib.loads(text)["rule"]] == rules
    lines = locate(text)
    for path, line in expected.items():
        assert lines.find(path) == (line, True)
