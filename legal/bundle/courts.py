"""Court layouts: how a court wants its pack, and what must be in it. One TOML file each, in `courts/`.

A layout holds only what this program does: an unknown key is refused rather than passed over, because a rule that
is written down and not followed is worse than none. `CONTRIBUTING.md` tells how to add one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from collections_app.documents.digest import sha256
from collections_app.kernel.errors import DomainError
from legal.bundle.manifest import CourtLayout, Manifest

COURTS = Path(__file__).parent / "courts"

# Width and height in points (1/72 inch).
PAGE_SIZES = {"A4": (595.276, 841.89), "Letter": (612.0, 792.0)}
NUMBERING = ("continuous",)
FILE_NAME_PARTS = ("file", "version", "sealed_on", "claim")

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Section:
    """A part of the pack, with the letter and the title that stand in the index."""

    key: str
    letter: str
    title: str

    @property
    def heading(self) -> str:
        return f"{self.letter}. {self.title}"


@dataclass(frozen=True)
class RequiredItem:
    """Something the court wants to see. `where` tells the clerk how to get it; `source` says who asks for it."""

    key: str
    section: str
    name: str
    where: str
    mandatory: bool = True
    source: str = ""


@dataclass(frozen=True)
class Court:
    """One layout. `sha256` is that of the file, so that a pack says under which text it was made."""

    id: str
    version: str
    title: str
    source: str
    checked_on: date
    sha256: str
    page_size: str
    numbering: str
    links: bool
    bookmarks: bool
    bookmark_pages: bool
    file_name: str
    forbidden_characters: str
    max_megabytes: int
    statement_max_age_days: int
    sections: tuple[Section, ...]
    required: tuple[RequiredItem, ...]

    @property
    def page_points(self) -> tuple[float, float]:
        """Width and height of a page in points."""
        return PAGE_SIZES[self.page_size]

    def reference(self) -> CourtLayout:
        """How a manifest names this layout."""
        return CourtLayout(self.id, self.version, self.sha256, len(self.required))

    def headings(self) -> tuple[tuple[str, str], ...]:
        """`Manifest.sections` of a pack under this layout."""
        return tuple((each.key, each.heading) for each in self.sections)

    def statement_is_fresh(self, as_of: date, on: date) -> bool:
        """Whether a statement of account as of `as_of` may still be handed in on `on`."""
        return on - as_of <= timedelta(days=self.statement_max_age_days)

    def name_of(self, manifest: Manifest) -> str:
        """The pack's file name without its ending. It holds no personal data: court systems show it in notices."""
        name = self.file_name.format(
            file=manifest.file_number,
            version=manifest.version,
            sealed_on=manifest.sealed_at.date().isoformat(),
            claim=manifest.claim.number or "unissued",
        )
        if manifest.draft:
            name += "-draft"  # never over the sealed version, which has the same number
        for character in self.forbidden_characters + "/\\:\0":
            name = name.replace(character, "-")
        return name


def courts() -> tuple[str, ...]:
    """The ids of the shipped layouts."""
    return tuple(sorted(path.stem for path in COURTS.glob("*.toml")))


@lru_cache(maxsize=32)
def load_court(court_id: str) -> Court:
    """The shipped layout of that id. Raises DomainError `unknown_court` or `bad_court_layout`."""
    if court_id not in courts():
        raise DomainError(
            "unknown_court",
            f"There is no court layout “{court_id}”; there are: {', '.join(courts())}.",
            court=court_id,
        )
    path = COURTS / f"{court_id}.toml"
    return parse_court(path.read_bytes(), path.name)


def parse_court(text: bytes, file: str) -> Court:
    """Read a layout; all that is wrong in it is told at once, each with its place."""
    try:
        raw = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DomainError("bad_court_layout", f"{file} is not TOML in UTF-8: {error}.", file=file) from error
    wrong: list[str] = []
    top = _Table(raw, "", wrong)
    page, links, name, statement = (top.table(key) for key in ("page", "links", "file", "statement"))
    sections, required = top.tables("sections"), top.tables("required")
    court = Court(
        id=top.text("id"),
        version=top.text("version"),
        title=top.text("title"),
        source=top.text("source"),
        checked_on=top.take("checked_on", date, date.min),
        sha256=sha256(text),
        page_size=page.choice("size", tuple(PAGE_SIZES)),
        numbering=page.choice("numbering", NUMBERING),
        links=links.take("pages", bool, True),
        bookmarks=links.take("bookmarks", bool, True),
        bookmark_pages=links.take("bookmark_pages", bool, True),
        file_name=name.text("name"),
        forbidden_characters=name.take("forbidden_characters", str, ""),
        max_megabytes=name.take("max_megabytes", int, 1),
        statement_max_age_days=statement.take("max_age_days", int, 1),
        sections=tuple(Section(each.key("key"), each.text("letter"), each.text("title")) for each in sections),
        required=tuple(
            RequiredItem(
                key=each.key("key"),
                section=each.text("section"),
                name=each.text("name"),
                where=each.text("where"),
                mandatory=each.take("mandatory", bool, True, needed=False),
                source=each.take("source", str, "", needed=False),
            )
            for each in required
        ),
    )
    for table in (top, page, links, name, statement, *sections, *required):
        table.refuse_the_rest()
    wrong += _contradictions(court)
    if wrong:
        raise DomainError("bad_court_layout", "\n".join(f"{file}: {each}" for each in wrong), file=file)
    return court


def _contradictions(court: Court) -> list[str]:
    wrong = [
        f"[file] name: “{{{place}}}” is not known; there are {', '.join(FILE_NAME_PARTS)}. Names of people do not "
        "belong into file names."
        for place in _PLACE.findall(court.file_name)
        if place not in FILE_NAME_PARTS
    ]
    if court.file_name and "{version}" not in court.file_name:
        wrong.append("[file] name must hold {version}, or a later pack would replace an earlier one.")
    for what, keys in (
        ("sections", [each.key for each in court.sections]),
        ("required", [each.key for each in court.required]),
    ):
        wrong += [f"[[{what}]]: “{key}” stands there twice." for key in sorted(set(keys)) if keys.count(key) > 1]
    known = {each.key for each in court.sections}
    wrong += [
        f"[[required]] “{item.key}”: there is no section “{item.section}”."
        for item in court.required
        if item.section not in known
    ]
    wrong += [
        f"{place} must be 1 or more."
        for place, number in (
            ("[statement] max_age_days", court.statement_max_age_days),
            ("[file] max_megabytes", court.max_megabytes),
        )
        if number < 1
    ]
    return wrong


class _Table:
    """One table of the file: gives its values by kind, and knows which of its keys nobody asked for."""

    def __init__(self, values: Mapping[str, Any], place: str, wrong: list[str]) -> None:
        self._values = values
        self._place = place
        self._wrong = wrong
        self._asked: set[str] = set()

    def take(self, key: str, kind: type, fallback: Any, *, needed: bool = True) -> Any:
        self._asked.add(key)
        if key not in self._values:
            if needed:
                self._wrong.append(f"{self._place}{key} is missing.")
            return fallback
        value = self._values[key]
        if type(value) is not kind:  # a bool is an int to isinstance
            self._wrong.append(f"{self._place}{key} must be {_KINDS[kind]}, not {value!r}.")
            return fallback
        return value

    def text(self, key: str) -> str:
        value: str = self.take(key, str, "?")
        if not value.strip():
            self._wrong.append(f"{self._place}{key} is empty.")
        return value

    def key(self, key: str) -> str:
        value = self.text(key)
        if value != "?" and not _KEY.fullmatch(value):
            self._wrong.append(f"{self._place}{key}: “{value}” may hold only small letters, figures and _.")
        return value

    def choice(self, key: str, of: tuple[str, ...]) -> str:
        value: str = self.take(key, str, of[0])
        if value not in of:
            self._wrong.append(f"{self._place}{key}: “{value}” is not one of {', '.join(of)}.")
            return of[0]
        return value

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, dict, {}), f"[{key}] ", self._wrong)

    def tables(self, key: str) -> list[_Table]:
        found = self.take(key, list, [])
        if not found:
            self._wrong.append(f"[[{key}]]: at least one is needed.")
        return [
            _Table(each if isinstance(each, dict) else {}, f"[[{key}]] no. {number}: ", self._wrong)
            for number, each in enumerate(found, start=1)
        ]

    def refuse_the_rest(self) -> None:
        self._wrong += [
            f"{self._place}{key} is not a key of a court layout; correct it or take it out."
            for key in sorted(set(self._values) - self._asked)
        ]


_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    date: "a date (2026-11-01)",
    dict: "a table",
    list: "a list of tables",
}
