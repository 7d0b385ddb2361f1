"""Why a policy file was refused: each problem with its file, line and rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collections_app.kernel.errors import DomainError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a policy file.

    `line` counts from 1; `exact` is False where the thing has no line of its own (a key that is missing, an
    answer over several files) and the line is that of the table around it. `owner` names the rule, step or
    stage, or is empty.
    """

    code: str
    sentence: str
    source: str
    line: int | None = None
    exact: bool = True
    owner: str = ""

    def __str__(self) -> str:
        at = "" if self.line is None else f" {'line' if self.exact else 'near line'} {self.line}"
        owner = f", {self.owner}" if self.owner else ""
        return f"{self.source}{at}{owner}: {self.sentence}"


class PolicyError(DomainError):
    """A policy file is refused whole; `problems` tells all that was found, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(
            first.code,
            "\n".join(str(problem) for problem in problems),
            file=first.source,
            line=first.line,
            owner=first.owner,
        )
        self.problems = tuple(problems)
