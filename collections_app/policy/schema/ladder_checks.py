"""What can be known to be wrong with a ladder before a single case runs on it.

`check_ladder` needs the ladder only (and runs whenever one is parsed); the others need the texts, the other ladders
or the presets, and are called by whoever loads a ladder. All of them return every problem they find, with its line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from . import vocabulary as words
from .errors import Problem
from .ladder import (
    PREFERRED,
    PROOFS,
    STAGE_NAMES,
    Ladder,
    LadderExit,
    LadderStep,
    Requirement,
    answered_step,
)
from .preset import Match, Preset, Rule
from .segments import STANDARD, Segment


class TextCatalogue(Protocol):
    """What texts there are. Kinds are the folders of texts: a channel's name for a written one, or `script`."""

    def languages_of(self, kind: str, name: str) -> Collection[str]:
        """Languages in which the text `name` of that kind exists; empty if there is none."""

    def facts_of(self, name: str, language: str) -> Collection[str]:
        """Facts that the template `name` shows in that language, in every kind in which it exists."""


def _problem(ladder: Ladder, code: str, sentence: str, owner: str, *path: str | int) -> Problem:
    """A problem at the nearest known line: the key's own, or that of the table around it."""
    for length in range(len(path), 0, -1):
        line = ladder.source.line(*path[:length])
        if line is not None:
            return Problem(code, sentence, ladder.source.name, line, length == len(path), owner)
    return Problem(code, sentence, ladder.source.name, None, False, owner)


def _in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.line or 0)


# -- the ladder alone -------------------------------------------------------------------------------------------


def check_ladder(ladder: Ladder) -> list[Problem]:
    """All problems that the ladder shows by itself, in the order of the file."""
    return _in_file_order(
        [
            *_stage_days(ladder),
            *_stage_channels(ladder),
            *_same_day(ladder),
            *_after_exit(ladder),
            *_references(ladder),
        ]
    )


def _stage_path(ladder: Ladder, name: str) -> tuple[str, int]:
    """Stages are kept in day order; the file may list them in another."""
    index = 0
    while (line := ladder.source.line("stage", index)) is not None:
        if ladder.source.words.get(("stage", index)) == name:
            return ("stage", index)
        index += 1
        assert line
    return ("stage", 0)
