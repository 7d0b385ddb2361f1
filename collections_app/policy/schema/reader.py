"""Typed, strict reading of a parsed TOML document: whatever is not asked for, or not of its type, is
refused.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any, NoReturn

from .errors import PolicyError, Problem
from .toml_lines import Lines, Path, locate
from .vocabulary import LANGUAGES

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?")
_SYNTAX_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True)
class Source:
    """A document that was parsed: its name for messages, its lines, and the digest of what it says."""

    name: str
    lines: Lines
    digest: str

    def problem(self, code: str, sentence: str, path: Path = (), owner: str = "") -> Problem:
        line, exact = self.lines.find(path)
        return Problem(code, sentence, self.name, line, exact, owner)


def read_text(path: FilePath) -> str:
    """The text of a policy file; `PolicyError` if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError(
            [
                Problem(
                    "policy-not-utf8",
                    f"the file is not UTF-8 (byte {error.start}); save it as UTF-8 and load it again.",
                    path.name,
                )
            ]
        ) from error
    except OSError as error:
        raise PolicyError(
            [
                Problem(
                    "policy-unreadable",
                    f"the file cannot be read ({error.strerror or error}); check its path and its permissions.",
                    path.name,
                )
            ]
        ) from error


def parse(text: str, name: str) -> tuple[dict[str, Any], Source]:
    """`text` as TOML, with its source; `PolicyError` with the line if it is no TOML."""
    try:
        # tomllib takes CRLF for a line end; the locator counts the same ends.
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        raise PolicyError(
            [
                Problem(
                    "policy-no-toml",
                    f"this is not TOML 1.0 ({error}); correct that line.",
                    name,
                    int(found.group(1)) if found else None,
                )
            ]
        ) from error
    return data, Source(name, locate(text), digest(data))


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 of what a document says: comments, spacing and the order of keys do not count, everything else
    does.
    """

    def tagged(value: object) -> dict[str, str]:
        # A date and the string with the same letters are not the same thing.
        return {f"${type(value).__name__}": str(value)}

    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=tagged)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _nearest(word: object, among: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(word), among, n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


class Table:
    """One table of the document. Keys outside `known` are refused at once; each reader names the line it
    refuses.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        source: Source,
        path: Path,
        what: str,
        known: Sequence[str],
        owner: str = "",
    ) -> None:
        self.data, self.source, self.path, self.what, self.owner = data, source, path, what, owner
        for key in data:
            if key not in known:
                among = f"one of: {_listed(known)}" if known else "none"
                self.refuse(
                    "policy-unknown-key",
                    f'"{key}" is not a key of {what}. Take it out or use {among}.{_nearest(key, known)}',
                    key,
                )

    # -- refusing ----------------------------------------------------------------------------------

    def problem(self, code: str, sentence: str, *keys: str | int) -> Problem:
        return self.source.problem(code, sentence, (*self.path, *keys), self.owner)

    def refuse(self, code: str, sentence: str, *keys: str | int) -> NoReturn:
        raise PolicyError([self.problem(code, sentence, *keys)])

    def require(self, key: str) -> Any:
        if key not in self.data:
            self.refuse("policy-missing-key", f'"{key}" is missing in {self.what}; add it.', key)
        return self.data[key]

    def has(self, key: str) -> bool:
        return key in self.data

    def _not_a(self, kind: str, key: str, *rest: int) -> NoReturn:
        value = self.data[key]
        for index in rest:
            value = value[index]
        self.refuse("policy-wrong-type", f'"{key}" must be {kind}, not {value!r}.', key, *rest)

    # -- scalars -----------------------------------------------------------------------------------

    def text(self, key: str, *, pattern: str | None = None, meaning: str = "") -> str:
        value = self.require(key)
        if not isinstance(value, str) or not value.strip():
            self._not_a("a text that is not empty", key)
        if pattern is not None and not re.fullmatch(pattern, value):
            self.refuse("policy-bad-value", f'"{key}" is "{value}"; it must be {meaning}.', key)
        return value

    def maybe_text(self, key: str, *, pattern: str | None = None, meaning: str = "") -> str | None:
        return self.text(key, pattern=pattern, meaning=meaning) if self.has(key) else None

    def word(self, key: str, among: Sequence[str]) -> str:
        value = self.require(key)
        if not isinstance(value, str):
            self._not_a("a text", key)
        self._known(value, among, key)
        return value

    def maybe_word(self, key: str, among: Sequence[str]) -> str | None:
        return self.word(key, among) if self.has(key) else None

    def _known(self, value: str, among: Sequence[str], *keys: str | int) -> None:
        if value not in among:
            self.refuse(
                "policy-unknown-word",
                f'"{value}" is not known as {keys[0]}. Use one of: {_listed(among)}.{_nearest(value, among)}',
                *keys,
            )

    def words(self, key: str, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """The list under `key`, `()` if there is no such key. An empty list is refused: it would fit
        nothing.
        """
        if not self.has(key):
            return ()
        value = self.data[key]
        if not isinstance(value, list):
            self._not_a("a list of texts", key)
        if not value:
            self.refuse("policy-empty-list", f'"{key}" is an empty list; give it an entry or take the key out.', key)
        for index, word in enumerate(value):
            if not isinstance(word, str) or not word:
                self._not_a("a list of texts", key, index)
            if among is not None:
                self._known(word, among, key, index)
            if word in value[:index]:
                self.refuse("policy-twice", f'"{word}" stands twice in {key}; take one out.', key, index)
        return tuple(value)

    def one_or_more(self, key: str, among: Sequence[str]) -> tuple[str, ...]:
        """A word or a list of words."""
        if isinstance(self.require(key), str):
            return (self.word(key, among),)
        return self.words(key, among)

    def whole(self, key: str, *, at_least: int, at_most: int | None = None) -> int:
        value = self.require(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self._not_a("a whole number", key)
        if value < at_least or (at_most is not None and value > at_most):
            upper = "" if at_most is None else f" and at most {at_most}"
            self.refuse("policy-bad-value", f'"{key}" is {value}; it must be at least {at_least}{upper}.', key)
        return value

    def maybe_whole(self, key: str, *, at_least: int, at_most: int | None = None) -> int | None:
        return self.whole(key, at_least=at_least, at_most=at_most) if self.has(key) else None

    def wholes(self, key: str, *, at_least: int, at_most: int) -> tuple[int, ...]:
        """A list of different whole numbers, ascending."""
        value = self.require(key)
        if not isinstance(value, list) or not value:
            self._not_a("a list of whole numbers", key)
        for index, number in enumerate(value):
            if isinstance(number, bool) or not isinstance(number, int):
                self._not_a("a list of whole numbers", key, index)
            if not at_least <= number <= at_most:
                self.refuse(
                    "policy-bad-value",
                    f'"{key}" holds {number}; numbers from {at_least} to {at_most} are known.',
                    key,
                    index,
                )
            if index and number <= value[index - 1]:
                self.refuse(
                    "policy-bad-value",
                    f'"{key}" must rise from entry to entry; {number} does not.',
                    key,
                    index,
                )
        return tuple(value)

    def flag(self, key: str) -> bool:
        if not self.has(key):
            return False
        if not isinstance(self.data[key], bool):
            self._not_a("true or false", key)
        return bool(self.data[key])

    def day(self, key: str) -> date:
        value = self.require(key)
        if isinstance(value, datetime) or not isinstance(value, date):
            self._not_a("a date such as 2026-11-24, without quotes", key)
        return value

    def maybe_day(self, key: str) -> date | None:
        return self.day(key) if self.has(key) else None

    def dates(self, key: str) -> tuple[date, ...]:
        """A list of dates that is not empty."""
        value = self.require(key)
        if not isinstance(value, list) or not value:
            self._not_a("a list of dates", key)
        for index, day in enumerate(value):
            if isinstance(day, datetime) or not isinstance(day, date):
                self._not_a("a list of dates such as 2026-11-24, without quotes", key, index)
        return tuple(value)

    def period_in_force(self, *, must_begin: bool) -> tuple[date | None, date | None]:
        """`effective_from` and `effective_to` (the last day in force), in order."""
        begins = self.day("effective_from") if must_begin else self.maybe_day("effective_from")
        ends = self.maybe_day("effective_to")
        if begins is not None and ends is not None and ends < begins:
            self.refuse(
                "policy-bad-value",
                f"effective_to {ends} lies before effective_from {begins}; the last day in force cannot come first.",
                "effective_to",
            )
        return begins, ends

    def decimal(self, key: str, *, at_most: Decimal | None = None) -> Decimal:
        """A number as a text ("0.05"): a TOML float has already lost what was written."""
        value = self.require(key)
        if not isinstance(value, str):
            self._not_a('a number in quotes, such as "0.05"', key)
        try:
            number = Decimal(value)
        except InvalidOperation:
            self._not_a('a number in quotes, such as "0.05"', key)
        if not number.is_finite() or number < 0 or (at_most is not None and number > at_most):
            upper = "" if at_most is None else f" and at most {at_most}"
            self.refuse("policy-bad-value", f'"{key}" is {value}; it must be at least 0{upper}.', key)
        return number

    def clock(self, key: str) -> int:
        """A clock time "HH:MM" or "HH:MM:SS" as seconds since local midnight; "24:00" is 86,400, the day's
        end.
        """
        value = self.require(key)
        found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self._not_a('a clock time in quotes, such as "08:00" or "24:00"', key)
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        whole = hours * 3600 + minutes * 60 + seconds
        if whole > 86_400:
            self._not_a('a clock time up to "24:00"', key)
        return whole

    # -- tables ------------------------------------------------------------------------------------

    def table(self, key: str, what: str, known: Sequence[str], owner: str | None = None) -> Table:
        value = self.require(key)
        if not isinstance(value, dict):
            self._not_a("a table", key)
        return Table(value, self.source, (*self.path, key), what, known, self.owner if owner is None else owner)

    def maybe_table(self, key: str, what: str, known: Sequence[str]) -> Table | None:
        return self.table(key, what, known) if self.has(key) else None

    def tables(self, key: str, what: str, known: Sequence[str]) -> tuple[Table, ...]:
        """The list of tables under `key`; `()` if there is no such key."""
        return tuple(
            Table(value, self.source, (*self.path, key, index), what, known, self.owner)
            for index, value in enumerate(self.raw_tables(key))
        )

    def raw_tables(self, key: str) -> list[Mapping[str, Any]]:
        """The list of tables under `key` as parsed, for tables whose keys depend on one of them."""
        if not self.has(key):
            return []
        value = self.data[key]
        if not isinstance(value, list) or not value:
            self._not_a("a list of tables", key)
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self._not_a("a list of tables", key, index)
        return value

    def title(self, key: str) -> dict[str, str]:
        """A title by language, in each language that the house speaks."""
        table = self.table(key, f"the table {key}", LANGUAGES)
        return {language: table.text(language) for language in LANGUAGES}
