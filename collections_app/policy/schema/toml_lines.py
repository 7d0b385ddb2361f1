"""On which line each key and list item of a TOML document stands; `tomllib` does not tell."""

from __future__ import annotations

import bisect
import contextlib
import re
import tomllib
from collections.abc import Sequence

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:"{0,2})', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class Lines:
    """Answers where a path of the parsed document stands; lines count from 1."""

    def __init__(self, marks: dict[Path, int]) -> None:
        self._marks = marks

    def find(self, path: Sequence[str | int]) -> tuple[int, bool]:
        """`(line, exact)`: `exact` is False if the path itself is not in the file and an enclosing table
        answers.
        """
        whole = tuple(path)
        for length in range(len(whole), 0, -1):
            line = self._marks.get(whole[:length])
            if line is not None:
                return line, length == len(whole)
        return 1, not whole


def locate(text: str) -> Lines:
    """Line numbers of `text`, which must already have passed `tomllib.loads`: syntax is not checked again.

    Where the scan cannot follow the text it stops; what comes after has no line of its own then, and the
    nearest table around it that was seen answers.
    """
    scanner = _Scanner(text)
    with contextlib.suppress(_Lost):
        scanner.run()
    return Lines(scanner.marks)


class _Lost(Exception):
    """The scan met something it does not know."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.marks: dict[Path, int] = {}
        self._newlines = [i for i, c in enumerate(text) if c == "\n"]
        self._items: dict[Path, int] = {}  # arrays of tables: index of the item that is open

    def run(self) -> None:
        table: Path = ()
        while self._skip_blank():
            if self._peek() == "[":
                table = self._header()
            else:
                self._assignment(table)

    def _line(self) -> int:
        return bisect.bisect_left(self._newlines, self.at) + 1

    def _peek(self, ahead: int = 1) -> str:
        return self.text[self.at : self.at + ahead]

    def _skip_blank(self) -> bool:
        found = _BLANK.match(self.text, self.at)
        if found:
            self.at = found.end()
        return self.at < len(self.text)

    def _skip_spaces(self) -> None:
        while self._peek() in {" ", "\t"}:
            self.at += 1

    def _eat(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()
        return found.group()

    def _header(self) -> Path:
        line = self._line()
        double = self._peek(2) == "[["
        self.at += 2 if double else 1
        keys = self._key()
        self.at += 2 if double else 1
        if not double:
            path = self._resolve(keys)
            self.marks.setdefault(path, line)
            return path
        array = (*self._resolve(keys[:-1]), keys[-1])
        self._items[array] = self._items.get(array, -1) + 1
        path = (*array, self._items[array])
        self.marks.setdefault(array, line)
        self.marks[path] = line
        return path

    def _resolve(self, keys: Sequence[str]) -> Path:
        """A header names an array of tables to mean the last item of it."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._items:
                path = (*path, self._items[path])
        return path

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip_spaces()
            if self._peek() in {'"', "'"}:
                quoted = self._eat(_BASIC if self._peek() == '"' else _LITERAL)
                parts.append(tomllib.loads(f"k = {quoted}")["k"])
            else:
                parts.append(self._eat(_BARE_KEY))
            self._skip_spaces()
            if self._peek() != ".":
                return parts
            self.at += 1

    def _assignment(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._key():
            path = (*path, key)
            self.marks.setdefault(path, line)
        self._skip_spaces()
        self.at += 1  # the equals sign
        self._skip_spaces()
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self._peek()
        if self._peek(3) == '"""':
            self._eat(_LONG_BASIC)
        elif self._peek(3) == "'''":
            self._eat(_LONG_LITERAL)
        elif first == '"':
            self._eat(_BASIC)
        elif first == "'":
            self._eat(_LITERAL)
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self._eat(_SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._skip_blank() and self._peek() != "]":
            self.marks[(*path, index)] = self._line()
            self._value((*path, index))
            index += 1
            self._skip_blank()
            if self._peek() == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._skip_blank() and self._peek() != "}":
            self._assignment(path)
            self._skip_blank()
            if self._peek() == ",":
                self.at += 1
        self.at += 1
