"""The text files under `templates/contacts/`: read once, checked, and asked what they contain.

A file is front-matter (TOML between two `+++` lines) and the words. The front-matter states what the gate
and the ladder rely on, so it is checked against the words where a machine can: the declared facts are
exactly those that the words use. Whether a declared block is really there is shown by the tests of this
package.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.template import Engine, Library, Template, TemplateSyntaxError
from django.template.base import Lexer, TokenType
from django.template.defaultfilters import length
from django.template.defaulttags import do_for, do_if

from collections_app.kernel.errors import DomainError
from collections_app.policy.schema.vocabulary import BLOCKS, LANGUAGES

ROOT = Path(__file__).resolve().parents[3] / "templates" / "contacts"

FALLBACK = "en"
EXTENSION = {"sms": "txt", "email": "txt", "push": "txt", "script": "txt", "letter": "html"}
KINDS = tuple(EXTENSION)
WRITTEN = ("sms", "email", "push", "letter")

# Channels of the rules, and the kind of text that each takes.
KIND_OF_CHANNEL = {
    "sms": "sms",
    "email": "email",
    "push": "push",
    "letter": "letter",
    "call": "script",
    "voice": "script",
    "voicemail_limited": "script",
    "visit": "script",
    "script": "script",
}

# Parts of texts, in folders of their own.
_SENTENCES, _BLOCKS = "sentences", "blocks"

# Facts of the debt: what `facts` in a front-matter lists, all of them that the text shows and nothing else.
LEDGER_FACTS = frozenset(
    "loan_number contract_on loan_amount due_date current_balance arrears remaining_balance "
    "instalment_amount instalment_open paid_towards other_overdue fees days_past_due as_of next_steps agreed "
    "proposal proposal_total other_loans".split()
)
# What a text may use besides: the two sides, ways to pay and to answer, and what the renderer itself gives.
OTHER_NAMES = frozenset(
    "lender_name agency_name sender_name lender_address lender_phone lender_email lender_hours lender_note "
    "return_address neutral_name how_to_pay collector_name collector_number signed_by reference "
    "credit_bureau fee_clause debt_advice call_recorded borrower_name borrower_title address_lines".split()
)
GIVEN_BY_RENDERER = frozenset(
    "disclosures generated generated_mark version address_size agreed_on told by_date amount method payments "
    "state on rest".split()
)

_FRONT_KEYS = {"kind", "version", "subject", "blocks", "blocks_if", "facts", "optional"}
_FRONT = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n(.*)\Z", re.DOTALL)
# A line of nothing but tags leaves no empty line behind.
_TAG_LINE = re.compile(r"^[ \t]*((?:\{%[^%]*%\}[ \t]*)+)\n", re.MULTILINE)


# All that a text may do: ask if something is there, go through a list, count, write a date in another form.
_library = Library()
_library.tag("if", do_if)
_library.tag("for", do_for)
_library.filter("length", length)


@_library.filter
def plural(value: object) -> str:
    """The s of an English plural: 1 day, 5 days."""
    return "" if getattr(value, "number", value) == 1 else "s"


@_library.filter
def full(value: object) -> str:
    """The form for paper: 24 November 2026."""
    return getattr(value, "full", str(value))


@_library.filter
def long(value: object) -> str:
    """With the day of the week in full: Tuesday 24 November 2026."""
    return getattr(value, "long", str(value))


class _TextEngine(Engine):
    """Django's template language without its loaders, tags and filters: a text includes, loads and calls
    nothing.

    No name can come out empty in silence: unknown ones are refused when the file is read, missing ones when
    it is filled in.
    """

    default_builtins = []

    def __init__(self) -> None:
        super().__init__(dirs=[], loaders=[])
        self.template_builtins = [_library]


_ENGINE = _TextEngine()  # what is escaped is said when a text is filled in: letters are HTML, the rest is not


@dataclass(frozen=True)
class Text:
    """One file: what it declares, and its words ready to be filled in.

    `blocks_if` gives the blocks that are there only when a fact is given; `optional` are the facts without
    which the text is still whole. `digest` is the SHA-256 of the file.
    """

    kind: str
    name: str
    language: str
    version: str
    blocks: frozenset[str]
    blocks_if: Mapping[str, frozenset[str]]
    facts: frozenset[str]
    optional: frozenset[str]
    used: frozenset[str]
    digest: str
    source: str = field(repr=False)
    subject: Template | None = field(repr=False, compare=False)
    body: Template = field(repr=False, compare=False)

    @property
    def path(self) -> str:
        return f"{self.kind}/{self.name}.{self.language}"


class Catalogue:
    """The texts of one folder. Offers what the ladder check asks: `languages_of` and `facts_of`."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self._texts: dict[tuple[str, str, str], Text] = {}
        css = _read(root / "letter" / "letter.css") if (root / "letter" / "letter.css").exists() else ""
        for kind in (*KINDS, _SENTENCES, _BLOCKS):
            extension = EXTENSION.get(kind, "txt")
            for path in sorted((root / kind).glob(f"*.{extension}")):
                text = _text_of(path, kind, css)
                self._texts[kind, text.name, text.language] = text
        self._words = {
            path.stem.removeprefix("words."): tomllib.loads(_read(path))
            for path in sorted((root / _SENTENCES).glob("words.*.toml"))
        }

    def texts(self) -> Iterator[Text]:
        """Every message, letter and script, in a fixed order; sentences and blocks are parts, not texts."""
        yield from (text for (kind, _, _), text in sorted(self._texts.items()) if kind in KINDS)

    def names_of(self, kind: str) -> frozenset[str]:
        return frozenset(name for k, name, _ in self._texts if k == kind)

    def languages_of(self, kind: str, name: str) -> frozenset[str]:
        """Languages in which a text of this kind and name exists; a channel (call, visit) does for a kind."""
        kind = KIND_OF_CHANNEL.get(kind, kind)
        return frozenset(language for k, n, language in self._texts if (k, n) == (kind, name))

    def facts_of(self, name: str, language: str) -> frozenset[str]:
        """Facts of the debt that every written text of this name shows, whichever channel it leaves by; of a
        name that is only spoken, the facts of its script.
        """
        shown = [t.facts for (k, n, lang), t in self._texts.items() if k in WRITTEN and (n, lang) == (name, language)]
        if not shown and (script := self._texts.get(("script", name, language))):
            return script.facts
        return frozenset.intersection(*shown) if shown else frozenset()

    def get(self, kind: str, name: str, language: str) -> Text:
        """The text in this very language; refuses one that does not exist."""
        try:
            return self._texts[kind, name, language]
        except KeyError:
            raise DomainError(
                "no_such_text",
                f"There is no {kind} text “{name}” in {language}: add templates/contacts/{kind}/{name}."
                f"{language}.{EXTENSION.get(kind, 'txt')} or take another step.",
                kind=kind,
                name=name,
                language=language,
            ) from None

    def find(self, channel: str, name: str, language: str) -> Text:
        """The text for a channel in the person's language, or else in English."""
        kind = KIND_OF_CHANNEL.get(channel)
        if kind is None:
            raise DomainError(
                "no_such_text", f"No text is written for the channel “{channel}”.", channel=channel, name=name
            )
        served = served_language(language)
        if (kind, name, served) not in self._texts:
            served = FALLBACK
        return self.get(kind, name, served)

    def word(self, language: str, group: str, key: str) -> str:
        """A fixed word: a way of payment, a way something was told, a heading of a script."""
        try:
            return str(self._words[language][group][key])
        except KeyError:
            raise DomainError(
                "no_such_word",
                f"templates/contacts/sentences/words.{language}.toml has no “{key}” under [{group}]; add it.",
                language=language,
                group=group,
                key=key,
            ) from None


@cache
def catalogue() -> Catalogue:
    """The texts that are shipped, read once per process."""
    return Catalogue()


def served_language(asked: str) -> str:
    """Which of our languages serves a person who speaks `asked` (BCP 47, any case): zh-TW and zh-HK read
    traditional characters, other Chinese simplified ones, and who speaks none of ours gets English.
    """
    tag = asked.strip().lower().replace("_", "-")
    if tag in LANGUAGES:
        return tag
    parts = tag.split("-")
    if parts[0] in ("zh", "yue", "cmn"):
        traditional = parts[0] == "yue" or {"hant", "tw", "hk", "mo"} & set(parts)
        return "zh-hant" if traditional and "hans" not in parts else "zh-hans"
    return FALLBACK


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _bad(path, f"is not UTF-8 (byte {error.start})") from None


def _bad(path: Path, what: str) -> DomainError:
    return DomainError("bad_text_file", f"{path.parent.name}/{path.name} {what}. Correct the file.", path=str(path))


def _text_of(path: Path, kind: str, css: str) -> Text:
    name, _, language = path.stem.partition(".")
    if language not in LANGUAGES:
        raise _bad(path, f"has no known language in its name; write {name}.en{path.suffix}, or one of {LANGUAGES}")
    raw = _read(path)
    found = _FRONT.match(raw)
    if not found:
        raise _bad(path, "does not begin with front-matter between two lines of +++")
    try:
        front = tomllib.loads(found[1])
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, f"has front-matter that is not TOML ({error})") from None
    body = _TAG_LINE.sub(lambda m: m[1].strip(), found[2]).strip("\n")
    if kind == "letter":
        body = body.replace("/* letter.css */", css)

    if unknown := set(front) - _FRONT_KEYS:
        raise _bad(path, f"has unknown keys {sorted(unknown)} in its front-matter")
    if front.get("kind") != kind:
        raise _bad(path, f"stands in {kind}/ and says kind = {front.get('kind')!r}")
    if not isinstance(front.get("version"), str):
        raise _bad(path, 'has no version = "YYYY.M.N"')
    subject = front.get("subject")
    if (subject is not None) != (kind in ("email", "push")):
        raise _bad(
            path,
            "must have a subject" if subject is None else "has a subject, which only e-mail and push have",
        )

    blocks = _names(path, front, "blocks", frozenset(BLOCKS))
    blocks_if = {fact: frozenset(names) for fact, names in front.get("blocks_if", {}).items()}
    for fact, names in blocks_if.items():
        if strange := (names - set(BLOCKS)) | ({fact} - LEDGER_FACTS - OTHER_NAMES):
            raise _bad(path, f"has unknown names {sorted(strange)} in blocks_if")
    facts = _names(path, front, "facts", LEDGER_FACTS)
    used = _names_used(path, f"{subject or ''}\n{body}")
    optional = _names(path, front, "optional", used)
    if strange := used - LEDGER_FACTS - OTHER_NAMES - GIVEN_BY_RENDERER:
        raise _bad(path, f"uses {sorted(strange)}, which are no facts")
    if facts != (shown := used & LEDGER_FACTS):
        raise _bad(path, f"declares the facts {sorted(facts)} and shows {sorted(shown)}")
    try:
        subject_template = None if subject is None else _ENGINE.from_string(subject)
        body_template = _ENGINE.from_string(body)
    except TemplateSyntaxError as error:
        raise _bad(path, f"cannot be read as a template ({error})") from None
    return Text(
        kind=kind,
        name=name,
        language=language,
        version=front["version"],
        blocks=blocks,
        blocks_if=MappingProxyType(blocks_if),
        facts=facts,
        optional=optional,
        used=used,
        digest=hashlib.sha256(raw.encode()).hexdigest(),
        source=body,
        subject=subject_template,
        body=body_template,
    )


def _names(path: Path, front: dict[str, Any], key: str, known: frozenset[str]) -> frozenset[str]:
    value = front.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise _bad(path, f"must give {key} as a list of names")
    if unknown := set(value) - known:
        raise _bad(path, f"has unknown names {sorted(unknown)} in {key}")
    return frozenset(value)


def _names_used(path: Path, source: str) -> frozenset[str]:
    """Names of the context that the words ask for; loop variables are not among them."""
    used: set[str] = set()
    loops: set[str] = {"forloop"}
    for token in Lexer(source).tokenize():
        words = token.contents.split()
        if token.token_type == TokenType.VAR:
            used.add(re.split(r"[.|]", token.contents, maxsplit=1)[0].strip())
        elif token.token_type == TokenType.BLOCK and words[0] == "for":
            loops.add(words[1])
            used.add(words[3])
        elif token.token_type == TokenType.BLOCK and words[0] in ("if", "elif"):
            for word in words[1:]:
                if word[0].isalpha() and word not in ("and", "or", "not", "in", "is"):
                    used.add(re.split(r"[.|]", word, maxsplit=1)[0])
        elif token.token_type == TokenType.BLOCK and words[0] not in ("else", "endif", "endfor", "empty"):
            raise _bad(path, f"uses the tag “{words[0]}”; texts have only if and for")
    return frozenset(used - loops)
