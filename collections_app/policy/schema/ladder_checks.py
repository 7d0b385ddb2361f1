"""What can be known to be wrong with a ladder before a single case runs on it.

`check_ladder` needs the ladder only and runs whenever one is read; the others need the texts, the other
ladders or the presets, and are called by whoever loads a ladder. Each raises one `PolicyError` with every
problem it found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise
from typing import Protocol

from . import vocabulary as words
from .errors import PolicyError, Problem
from .ladder import PROOFS, STAGE_NAMES, Ladder, LadderExit, LadderStep, Requirement, StageBand, answered_step
from .preset import BarParams, Preset, Rule
from .segments import Segment


class TextCatalogue(Protocol):
    """What texts there are. Kinds are their folders: a channel's name for a written one, or `script`."""

    def languages_of(self, kind: str, name: str) -> Collection[str]:
        """Languages in which the text `name` of that kind exists; empty if there is none."""

    def facts_of(self, name: str, language: str) -> Collection[str]:
        """Facts that the template `name` shows in that language, in every written kind in which it exists."""


def check_ladder(ladder: Ladder) -> None:
    """Refuses what the ladder shows by itself: gaps, overlaps, forbidden channels, requirements out of
    order.
    """
    _refuse(
        [
            *_stage_days(ladder),
            *_stage_order(ladder),
            *_stage_channels(ladder),
            *_same_channel_same_day(ladder),
            *_after_exit(ladder),
            *_references(ladder),
        ]
    )


def check_texts(ladder: Ladder, texts: TextCatalogue) -> None:
    """Refuses a text that is missing in a language and a required fact that a template does not show."""
    problems: list[Problem] = []
    for index, step in enumerate(ladder.steps):
        owner = f"step {step.code}"
        key = "template" if step.template else "script"
        for channel in dict.fromkeys((*step.channels, *step.fallback_channels)):
            needed = step.text_for(channel)
            if needed is None:
                continue
            kind, name = needed
            missing = [language for language in words.LANGUAGES if language not in texts.languages_of(kind, name)]
            if missing:
                sentence = f'the {kind} text "{name}" is missing in {", ".join(missing)}; write it.'
                at = ("step", index, "script" if kind == "script" and step.script else key)
                problems.append(ladder.source.problem("ladder-text-missing", sentence, at, owner))
        if step.template is None or not step.required_facts:
            continue
        for language in words.LANGUAGES:
            shown = texts.facts_of(step.template, language)
            hidden = [fact for fact in step.required_facts if fact not in shown]
            if hidden:
                sentence = (
                    f'the template "{step.template}" does not show {", ".join(hidden)} in {language}; add '
                    "it to the text or take the fact out of required_facts."
                )
                at = ("step", index, "required_facts")
                problems.append(ladder.source.problem("ladder-fact-missing", sentence, at, owner))
    _refuse(problems)


def check_segments(ladders: Sequence[Ladder], segments: Sequence[Segment], *, on: date | None = None) -> None:
    """Refuses ladders that would take the same loan on the same day, and segments that none takes.

    Two ladders overlap if a product, a segment and a date in force are common to both (no list means all of
    them). `on` asks for coverage on that day; without it a ladder of any date covers.
    """
    problems: list[Problem] = []
    declared = [segment.id for segment in segments]
    for ladder in ladders:
        for index, segment in enumerate(ladder.applies_when.get("segment", ())):
            if segment not in declared:
                sentence = f'the segment "{segment}" is not declared; declare it in segments.toml or correct it.'
                at = ("applies_when", "segment", index)
                problems.append(ladder.source.problem("ladder-segment-unknown", sentence, at))
    for one, other in combinations(ladders, 2):
        common = _common(one, other, declared)
        if common:
            sentence = (
                f"{_named(other)} and {_named(one)} both take {common}; end one of them by effective_to, "
                "or make their products or segments disjoint."
            )
            problems.append(other.source.problem("ladder-overlap", sentence, ("applies_when",)))
    asked = [ladder for ladder in ladders if on is None or ladder.in_force(on)]
    for segment in declared:
        if not any(segment in ladder.applies_when.get("segment", declared) for ladder in asked):
            when = "" if on is None else f" on {on}"
            problems.append(
                Problem(
                    "ladder-segment-uncovered",
                    f'no ladder in force{when} takes the segment "{segment}"; add it to a ladder or take it out.',
                    "segments.toml",
                )
            )
    _refuse(problems)


def check_against_presets(ladder: Ladder, presets: Sequence[Preset], *, on: date | None = None) -> None:
    """Refuses a step on a channel that is barred on that ladder day wherever the ladder could run.

    Asked are the presets in force `on` (default: the ladder's first day). Barred everywhere means: by each
    of the jurisdiction presets, or by one house preset that applies to every contact. Only bars that no
    state, consent or fact of a single loan can switch off are counted, so a step that passes here may still
    be withheld.
    """
    day_asked = ladder.effective_from if on is None else on
    in_force = [preset for preset in presets if preset.in_force(day_asked)]
    problems: list[Problem] = []
    for index, step in enumerate(ladder.steps):
        for ladder_day, _ in step.occurrences():
            barred = [_barred_everywhere(in_force, ladder, step, c, ladder_day, day_asked) for c in step.channels]
            if not all(barred):
                continue  # one channel is open: the step can be made
            ids = ", ".join(dict.fromkeys(rule.id for rules in barred for rule in rules))
            sentence = (
                f'the channel "{step.channel}" is barred on ladder day {ladder_day} in every place '
                f"({ids}); take another channel or another day."
            )
            at = ("step", index, "days")
            problems.append(ladder.source.problem("ladder-barred", sentence, at, f"step {step.code}"))
            break
    _refuse(problems)


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise PolicyError(sorted(problems, key=lambda problem: (problem.source, problem.line or 0)))


# -- the ladder alone ------------------------------------------------------------------------------


def _stage_problem(ladder: Ladder, band: StageBand, code: str, sentence: str, key: str = "from_day") -> Problem:
    return ladder.source.problem(code, sentence, ("stage", band.index, key), f"stage {band.name}")


def _stage_days(ladder: Ladder) -> Iterator[Problem]:
    first, last = ladder.stages[0], ladder.stages[-1]
    if first.from_day > 1:
        yield _stage_problem(
            ladder,
            first,
            "ladder-gap",
            f"{_days(1, first.from_day - 1)} no stage; let the first stage begin on day 1.",
        )
    for band, following in pairwise(ladder.stages):
        assert band.to_day is not None
        if following.from_day <= band.to_day:
            yield _stage_problem(
                ladder,
                following,
                "ladder-overlap",
                f'day {following.from_day} is of this stage and of "{band.name}" too; a day has one stage: move one.',
            )
        elif following.from_day > band.to_day + 1:
            yield _stage_problem(
                ladder,
                following,
                "ladder-gap",
                f"{_days(band.to_day + 1, following.from_day - 1)} no stage; begin this one earlier or let "
                f'"{band.name}" end later.',
            )
    if last.to_day is not None:
        yield _stage_problem(
            ladder,
            last,
            "ladder-gap",
            f"the days after {last.to_day} have no stage; take to_day out of the last stage.",
            "to_day",
        )


def _days(first: int, last: int) -> str:
    return f"day {first} has" if first == last else f"the days {first} to {last} have"


def _stage_order(ladder: Ladder) -> Iterator[Problem]:
    """The state graph is code: a case goes early, mid, late, and no stage can be jumped."""
    for band, expected in zip(ladder.stages, STAGE_NAMES, strict=False):
        if band.name != expected:
            yield _stage_problem(
                ladder,
                band,
                "ladder-stage-order",
                f'the stage that begins on day {band.from_day} must be "{expected}": cases go '
                f"{', '.join(STAGE_NAMES)} in this order, without a jump.",
                "name",
            )
            return


def _stage_channels(ladder: Ladder) -> Iterator[Problem]:
    for index, step in enumerate(ladder.steps):
        for day, _ in step.occurrences():
            band = ladder.stage_on(day)
            if band is None:
                continue  # before day 1, or a gap, which is told by itself
            problem = _forbidden(ladder, index, step, day, band)
            if problem:
                yield problem
                break


def _forbidden(ladder: Ladder, index: int, step: LadderStep, day: int, band: StageBand) -> Problem | None:
    owner = f"step {step.code}"
    for channel in step.channels:
        if channel not in band.channels:
            named = f'"{channel}"' if channel == step.channel else f'"{channel}", which a borrower may prefer,'
            return ladder.source.problem(
                "ladder-channel-forbidden",
                f'{named} is not among the channels of the stage "{band.name}" on day {day}; take another '
                "channel or allow it in the stage.",
                ("step", index, "channel"),
                owner,
            )
    for channel in step.fallback_channels:
        if channel not in band.channels:
            return ladder.source.problem(
                "ladder-channel-forbidden",
                f'the fallback "{channel}" is not among the channels of the stage "{band.name}" on day '
                f"{day}; take another channel or allow it in the stage.",
                ("step", index, "fallback" if channel in step.fallback else "fallback_after"),
                owner,
            )
    return None


def _same_channel_same_day(ladder: Ladder) -> Iterator[Problem]:
    taken: dict[tuple[int, str], LadderStep] = {}
    for index, step in enumerate(ladder.steps):
        told = False
        for day, _ in step.occurrences():
            for channel in step.channels:
                other = taken.setdefault((day, channel), step)
                if other is not step and not told:
                    told = True  # once for a step is enough to correct it
                    yield ladder.source.problem(
                        "ladder-same-day",
                        f'on day {day} the step "{other.code}" uses "{channel}" too; at most one step a '
                        "day on a channel: move one or take another channel.",
                        ("step", index, "days"),
                        f"step {step.code}",
                    )


def _after_exit(ladder: Ladder) -> Iterator[Problem]:
    """On the day of the exit too: the run moves cases before it plans contacts."""
    ends = [way for way in ladder.exits if way.always_fires]
    if not ends:
        return
    first = min(ends, key=lambda way: way.from_day)
    for index, step in enumerate(ladder.steps):
        late = [day for day, _ in step.occurrences() if day >= first.from_day]
        if late:
            yield ladder.source.problem(
                "ladder-after-exit",
                f'day {late[0]} never comes: the exit to "{first.to}" takes every case out on day '
                f"{first.from_day}; move the step or give the exit a condition.",
                ("step", index, "days"),
                f"step {step.code}",
            )


def _references(ladder: Ladder) -> Iterator[Problem]:
    for index, step in enumerate(ladder.steps):
        yield from _references_of(ladder, ("step", index), step, step.first_day, index)
    for index, way in enumerate(ladder.exits):
        yield from _references_of(ladder, ("exit", index), way, way.from_day, len(ladder.steps))


def _references_of(
    ladder: Ladder, path: tuple[str, int], owner: LadderStep | LadderExit, day: int, position: int
) -> Iterator[Problem]:
    """Each step named must exist and come earlier: on an earlier day, or above it on the same day."""
    name = f"step {owner.code}" if isinstance(owner, LadderStep) else f"exit {owner.to}"
    named: list[tuple[str, tuple[str | int, ...], Requirement | None]] = []
    for at, requirement in enumerate(owner.requires):
        if requirement.step is not None:
            named.append((requirement.step, ("requires", at, "step"), requirement))
    if isinstance(owner, LadderStep) and owner.requires_attempt is not None:
        named.append((owner.requires_attempt, ("requires_attempt",), None))
    for at, word in enumerate(owner.unless):
        answered = answered_step(word)
        if answered is not None:
            named.append((answered, ("unless", at), None))
    places = {step.code: (step.first_day, index) for index, step in enumerate(ladder.steps)}
    for code, at_key, asked in named:
        if code not in places:
            sentence = f'there is no step "{code}"; name one of: {", ".join(places)}.'
            yield ladder.source.problem("ladder-no-such-step", sentence, (*path, *at_key), name)
        elif places[code] >= (day, position):
            sentence = (
                f'"{code}" comes on day {places[code][0]} and cannot be waited for on day {day}; name a '
                "step that comes earlier."
            )
            yield ladder.source.problem("ladder-later-step", sentence, (*path, *at_key), name)
        elif asked is not None and asked.proof is not None:
            offered = ladder.step(code).proof or PROOFS[0]
            if PROOFS.index(asked.proof) > PROOFS.index(offered):
                sentence = (
                    f'"{code}" proves that it was {offered}, not {asked.proof}; write '
                    f'proof = "{asked.proof}" at that step or ask for less.'
                )
                yield ladder.source.problem("ladder-no-such-proof", sentence, (*path, *at_key), name)


# -- other ladders, presets ------------------------------------------------------------------------


def _named(ladder: Ladder) -> str:
    return f"ladder {ladder.id} {ladder.version}"


def _common(one: Ladder, other: Ladder, segments: Sequence[str]) -> str:
    """A product, segment and day that both ladders take, in words; empty if there is none."""
    begins = max(one.effective_from, other.effective_from)
    ends = [ladder.effective_to for ladder in (one, other) if ladder.effective_to is not None]
    if ends and begins > min(ends):
        return ""
    shared = []
    for key, every in (("product", words.PRODUCTS), ("segment", tuple(segments))):
        both = [value for value in one.applies_when.get(key, every) if value in other.applies_when.get(key, every)]
        if not both:
            return ""
        shared.append(both[0])
    return f"{shared[0]} loans of the segment {shared[1]} from {begins} on"


def _barred_everywhere(
    presets: Sequence[Preset], ladder: Ladder, step: LadderStep, channel: str, ladder_day: int, on: date
) -> list[Rule]:
    """The rules that together bar this channel on that ladder day for every loan; empty if it is open."""
    laws: list[Rule | None] = []
    for preset in presets:
        rule = next((r for r in preset.rules if _bars(r, ladder, step, channel, ladder_day, on)), None)
        if not preset.is_house:
            laws.append(rule)
        elif rule is not None and not preset.applies_when:
            return [rule]
    barring = [rule for rule in laws if rule is not None]
    return barring if len(barring) == len(laws) else []


def _bars(rule: Rule, ladder: Ladder, step: LadderStep, channel: str, ladder_day: int, on: date) -> bool:
    params = rule.params
    if (
        not isinstance(params, BarParams)
        or rule.verdict != "deny"
        or not rule.in_force(on)
        or rule.phase.isdisjoint(("plan", "send"))
    ):
        return False
    if params.state is not None or rule.in_state is not None or rule.lifted_by is not None:
        return False
    if "collect" in params.except_purpose or "debtor" in params.except_party:
        return False
    match = rule.match
    band = ladder.stage_on(ladder_day)
    text = step.text_for(channel)
    # What a contact of the ladder has for sure; the facts of a loan count only if every loan has one that
    # fits.
    sure = {
        "channel": channel,
        "direction": "out",
        "purpose": "collect",
        "party": "debtor",
        "basis": "contract",
        "stage": band.name if band else None,
        "template": text[1] if text and text[0] != "script" else None,
    }
    every = {
        "product": ladder.applies_when.get("product", words.PRODUCTS),
        "lender_type": words.LENDER_TYPES,
        "agreement_kind": words.AGREEMENT_KINDS,
        "collector_role": words.COLLECTOR_ROLES,
        "place": words.PLACES,
    }
    for key in match.given:
        if key == "ladder_day":
            assert match.ladder_day is not None
            if not match.ladder_day[0] <= ladder_day <= match.ladder_day[1]:
                return False
        elif key in every:
            if not set(every[key]) <= set(getattr(match, key)):
                return False
        elif sure.get(key) not in getattr(match, key):
            return False
    return True
