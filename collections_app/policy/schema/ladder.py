"""The ladder: what happens on which day, as frozen values. Days count from the due date (day 0); -3 is
before it.

`ladder_reader` makes these values from a file and `ladder_checks` says what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .reader import Source

STAGE_NAMES = ("early", "mid", "late")  # in the order of the state graph
PREFERRED = "preferred"
PREFERRED_CHANNELS = ("sms", "email", "push", "voice")  # what a borrower may choose among
PROOFS = ("sent", "delivered", "served")  # each holds what stands before it
UNLESS = ("paid", "promise_open", "hold", "arrangement_active", "dispute_open")
ANSWERED_SINCE = "answered_since:"
EXITS = ("legal", "write_off_review")
DAILY_RUN = "daily_run"

# Channels that carry a written text and so need a template.
WRITTEN = ("sms", "email", "im", "social", "push", "letter", "fax")

# Furthest day of a ladder: about ten years; a larger number is a slip of the hand.
FURTHEST_DAY = 3650


@dataclass(frozen=True)
class StageBand:
    """The days of a stage, both included; `to_day` None is open end. `channels` are those that it allows.

    `index` is its place in the file (from 0), for messages only.
    """

    name: str
    from_day: int
    to_day: int | None
    manner: str
    channels: tuple[str, ...]
    index: int = field(default=0, compare=False, repr=False)

    def holds(self, day: int) -> bool:
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)


@dataclass(frozen=True)
class Requirement:
    """Either `proof` that `step` left (sent), arrived (delivered) or was served; or that `may_take_step` is
    lawful.
    """

    step: str | None = None
    proof: str | None = None
    may_take_step: str | None = None


@dataclass(frozen=True)
class FallbackAfter:
    """After `attempts` without an answer, the first usable channel of `to` is taken."""

    attempts: int
    to: tuple[str, ...]


@dataclass(frozen=True)
class LadderStep:
    """One step. `channel` is a channel or `preferred`; `unless` keeps the words of the file (see
    `answered_step`).
    """

    code: str
    days: tuple[int, ...]
    channel: str
    repeat_every: int | None = None
    times: int = 1
    fallback: tuple[str, ...] = ()
    fallback_after: FallbackAfter | None = None
    template: str | None = None
    script: str | None = None
    unless: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()
    requires_attempt: str | None = None
    needs_approval: str | None = None
    required_facts: tuple[str, ...] = ()
    proposal: str | None = None
    offers: tuple[str, ...] = ()
    evidence: bool = False
    proof: str | None = None

    @property
    def first_day(self) -> int:
        return self.days[0]

    @property
    def last_day(self) -> int:
        return self.occurrences()[-1][0]

    @property
    def is_reminder(self) -> bool:
        """Before day 1 a step belongs to the instalment: there is no case, hence no stage."""
        return self.first_day < 1

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels the step itself may use, without fallbacks."""
        return PREFERRED_CHANNELS if self.channel == PREFERRED else (self.channel,)

    @property
    def fallback_channels(self) -> tuple[str, ...]:
        after = self.fallback_after.to if self.fallback_after else ()
        return (*self.fallback, *(channel for channel in after if channel not in self.fallback))

    def occurrences(self, until_day: int | None = None) -> list[tuple[int, int]]:
        """`(day, number)` of each occurrence up to `until_day` (included; None: all), numbered from 1 by
        day.

        `times` is how often the whole of `days` happens, `repeat_every` days apart: days [6], every 7, 2
        times gives days 6 and 13.
        """
        apart = self.repeat_every or 0
        every = sorted(day + turn * apart for turn in range(self.times) for day in self.days)
        numbered = [(day, number) for number, day in enumerate(every, start=1)]
        return [pair for pair in numbered if until_day is None or pair[0] <= until_day]

    def occurrence_on(self, day: int) -> int | None:
        """Number of the occurrence of that day, None if there is none."""
        return next((number for on, number in self.occurrences(day) if on == day), None)

    def text_for(self, channel: str) -> tuple[str, str] | None:
        """`(kind, name)` of the text this step needs on `channel`, None if it needs none there.

        The kind is the folder of the text: the channel's name for a written one, `script` for what is said.
        A step that names only one of template and script uses that name for both, so that a call falls back
        to an e-mail of the same name.
        """
        if channel in WRITTEN:
            name = self.template or self.script
            return (channel, name) if name else None
        name = self.script or (self.template if channel != "visit" else None)
        return ("script", name) if name else None


@dataclass(frozen=True)
class LadderExit:
    """A way out of the ladder from `from_day` on. `write_off_review` is a work item only: the stage stays."""

    to: str
    from_day: int
    requires: tuple[Requirement, ...] = ()
    unless: tuple[str, ...] = ()
    decided_by: str | None = None

    @property
    def leaves(self) -> bool:
        return self.to != "write_off_review"

    @property
    def always_fires(self) -> bool:
        """Nothing and nobody can keep the case in the ladder on `from_day`."""
        return self.leaves and self.decided_by == DAILY_RUN and not self.requires and not self.unless


@dataclass(frozen=True)
class CurrencyTolerance:
    """Arrears up to the larger of `ratio` x instalment and `min` (in the loan's currency) are none."""

    ratio: Decimal
    min: Decimal


@dataclass(frozen=True)
class Clock:
    """What each event does to the days: stops, runs, runs_without_contacts; part payment: re_anchors."""

    grace: str
    dispute: str
    complaint: str
    promise_open: str
    arrangement_active: str
    part_payment: str


@dataclass(frozen=True)
class Tier:
    up_to_days: int
    approver: str


@dataclass(frozen=True)
class ExtensionRelief:
    max_days: int
    times_per_year: int
    tiers: tuple[Tier, ...]

    def approver_for(self, days: int) -> str | None:
        """Who may approve an extension by `days`; None if it is longer than the ladder allows."""
        return next((tier.approver for tier in self.tiers if days <= tier.up_to_days), None)


@dataclass(frozen=True)
class GraceRelief:
    max_days: int
    evidence: bool
    approver: str


@dataclass(frozen=True)
class PlanRelief:
    """`min_first_payment` is a ratio of what is owed."""

    max_instalments: int
    min_first_payment: Decimal
    tolerance_days: int
    broken: str


@dataclass(frozen=True)
class Relief:
    """None: this ladder does not offer that relief."""

    extension: ExtensionRelief | None = None
    grace: GraceRelief | None = None
    instalment_plan: PlanRelief | None = None


@dataclass(frozen=True)
class Ladder:
    """A version of a ladder, in force on `effective_from` to `effective_to` (None: open). Stages in day
    order.
    """

    id: str
    version: str
    title: Mapping[str, str]
    status: str
    effective_from: date
    effective_to: date | None
    counts: str
    currency_tolerance: CurrencyTolerance
    applies_when: Mapping[str, tuple[str, ...]]
    stages: tuple[StageBand, ...]
    steps: tuple[LadderStep, ...]
    exits: tuple[LadderExit, ...]
    clock: Clock
    relief: Relief
    digest: str
    # Where it was read, for complaints that come later (texts, presets, other ladders); no part of what it
    # says.
    source: Source = field(compare=False, repr=False)

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def stage_on(self, day: int) -> StageBand | None:
        """The stage of a ladder day; None before day 1."""
        return next((band for band in self.stages if band.holds(day)), None)

    def step(self, code: str) -> LadderStep:
        """The step of that code; KeyError if the ladder has none."""
        for step in self.steps:
            if step.code == code:
                return step
        raise KeyError(code)

    def steps_on(self, day: int) -> tuple[tuple[LadderStep, int], ...]:
        """The steps due on that day with the number of their occurrence, in the order of the file."""
        due = ((step, step.occurrence_on(day)) for step in self.steps)
        return tuple((step, number) for step, number in due if number is not None)


def answered_step(word: str) -> str | None:
    """The step that an `unless` word `answered_since:<step>` names; None for any other word."""
    return word.removeprefix(ANSWERED_SINCE) if word.startswith(ANSWERED_SINCE) else None
