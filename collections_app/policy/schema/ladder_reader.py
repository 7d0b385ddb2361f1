"""Reading a ladder from TOML. A ladder is accepted whole, with all checks that need only the file, or
refused whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path as FilePath
from types import MappingProxyType

from . import vocabulary as words
from .ladder import (
    ANSWERED_SINCE,
    DAILY_RUN,
    EXITS,
    FURTHEST_DAY,
    PREFERRED,
    PROOFS,
    STAGE_NAMES,
    UNLESS,
    WRITTEN,
    Clock,
    CurrencyTolerance,
    ExtensionRelief,
    FallbackAfter,
    GraceRelief,
    Ladder,
    LadderExit,
    LadderStep,
    PlanRelief,
    Relief,
    Requirement,
    StageBand,
    Tier,
    answered_step,
)
from .ladder_checks import check_ladder
from .preset import ID_MEANING, ID_PATTERN, VERSION_MEANING, VERSION_PATTERN
from .reader import Table, parse, read_text

_CODE_PATTERN = r"[a-z][a-z0-9_]*"
_CODE_MEANING = "small letters, digits and underscores, such as first_notice"
_HEAD_KEYS = (
    "id",
    "version",
    "title",
    "status",
    "effective_from",
    "effective_to",
    "counts",
    "currency_tolerance",
)
_STEP_KEYS = (
    "code",
    "days",
    "repeat_every",
    "times",
    "channel",
    "fallback",
    "fallback_after",
    "template",
    "script",
    "unless",
    "requires",
    "requires_attempt",
    "needs_approval",
    "required_facts",
    "proposal",
    "offers",
    "evidence",
    "proof",
)
_CLOCK_STOPPERS = ("grace", "dispute", "complaint", "promise_open", "arrangement_active")
_LADDER_CHANNELS = (*words.CHANNELS, "call")


def parse_ladder(text: str, source: str) -> Ladder:
    """The ladder that `text` holds, with all checks that need only the file. `PolicyError` names file and
    lines.
    """
    data, origin = parse(text, source)
    document = Table(
        data,
        origin,
        (),
        "a ladder file",
        ("ladder", "applies_when", "stage", "step", "exit", "clock", "relief"),
    )
    head = document.table("ladder", "[ladder]", _HEAD_KEYS)
    begins, ends = head.period_in_force(must_begin=True)
    assert begins is not None
    for key in ("stage", "step"):
        if not document.has(key):
            document.refuse("policy-missing-key", f"a ladder without a single [[{key}]] does nothing; add one.", key)
    ladder = Ladder(
        id=head.text("id", pattern=ID_PATTERN, meaning=ID_MEANING),
        version=head.text("version", pattern=VERSION_PATTERN, meaning=VERSION_MEANING),
        title=MappingProxyType(head.title("title")),
        status=head.word("status", words.STATUSES),
        effective_from=begins,
        effective_to=ends,
        counts=head.word("counts", ("calendar", "business")),
        currency_tolerance=_tolerance(head),
        applies_when=_applies_when(document),
        stages=_stages(document),
        steps=_steps(document),
        exits=_exits(document),
        clock=_clock(document),
        relief=_relief(document),
        digest=origin.digest,
        source=origin,
    )
    check_ladder(ladder)
    return ladder


def read_ladder(path: FilePath) -> Ladder:
    """The ladder of a file; see `parse_ladder`."""
    return parse_ladder(read_text(path), path.name)


def _tolerance(head: Table) -> CurrencyTolerance:
    table = head.table("currency_tolerance", "currency_tolerance", ("ratio", "min"))
    return CurrencyTolerance(ratio=table.decimal("ratio", at_most=Decimal(1)), min=table.decimal("min"))


def _applies_when(document: Table) -> Mapping[str, tuple[str, ...]]:
    table = document.table("applies_when", "[applies_when]", ("product", "segment"))
    facts = {"product": table.words("product", words.PRODUCTS), "segment": table.words("segment")}
    return MappingProxyType({key: value for key, value in facts.items() if value})


def _channels(table: Table, key: str) -> tuple[str, ...]:
    """Ladders say `call` for the channel `voice`."""
    named = tuple("voice" if name == "call" else name for name in table.words(key, _LADDER_CHANNELS))
    if len(set(named)) < len(named):
        table.refuse("policy-twice", f'"call" and "voice" are the same channel; {key} names both.', key)
    return named


def _stages(document: Table) -> tuple[StageBand, ...]:
    """Stages in day order; one without `to_day` ends where the next begins, the last one never."""
    read: list[StageBand] = []
    for index, table in enumerate(
        document.tables("stage", "a stage", ("name", "from_day", "to_day", "manner", "channels"))
    ):
        name = table.word("name", STAGE_NAMES)
        table.owner = f"stage {name}"
        if any(name == other.name for other in read):
            table.refuse("policy-twice", f'the stage "{name}" stands twice; join the two.', "name")
        from_day = table.whole("from_day", at_least=1, at_most=FURTHEST_DAY)
        table.require("channels")
        read.append(
            StageBand(
                name=name,
                from_day=from_day,
                to_day=table.maybe_whole("to_day", at_least=from_day, at_most=FURTHEST_DAY),
                manner=table.word("manner", ("gentle", "firm", "formal")),
                channels=_channels(table, "channels"),
                index=index,
            )
        )
    read.sort(key=lambda band: band.from_day)
    bands = []
    for band, following in zip(read, [*read[1:], None], strict=True):
        if band.to_day is None and following is not None:
            # Equal beginnings leave no day: the check for two stages on one day tells it.
            band = replace(band, to_day=max(band.from_day, following.from_day - 1))
        bands.append(band)
    return tuple(bands)


def _steps(document: Table) -> tuple[LadderStep, ...]:
    steps: list[LadderStep] = []
    for table in document.tables("step", "a step", _STEP_KEYS):
        code = table.text("code", pattern=_CODE_PATTERN, meaning=_CODE_MEANING)
        table.owner = f"step {code}"
        if any(code == other.code for other in steps):
            table.refuse("policy-twice", "another step above has this code; each code is unique.", "code")
        steps.append(_step(table, code))
    return tuple(steps)


def _step(table: Table, code: str) -> LadderStep:
    days = table.wholes("days", at_least=-FURTHEST_DAY, at_most=FURTHEST_DAY)
    if days[0] < 1 <= days[-1]:
        table.refuse(
            "ladder-mixed-days",
            "days before day 1 belong to the instalment and later ones to the case; make two steps of it.",
            "days",
        )
    repeat_every = table.maybe_whole("repeat_every", at_least=1, at_most=FURTHEST_DAY)
    times = table.maybe_whole("times", at_least=2, at_most=1000)
    if (repeat_every is None) != (times is None):
        here, missing = ("times", "repeat_every") if repeat_every is None else ("repeat_every", "times")
        table.refuse("policy-missing-key", f'"{here}" says nothing without "{missing}"; add it.', here)
    if repeat_every is not None and days[0] < 1:
        table.refuse(
            "ladder-mixed-days",
            "a reminder before the due date is not repeated; list its days.",
            "repeat_every",
        )
    channel = table.word("channel", (*_LADDER_CHANNELS, PREFERRED))
    step = LadderStep(
        code=code,
        days=days,
        channel="voice" if channel == "call" else channel,
        repeat_every=repeat_every,
        times=times or 1,
        fallback=_channels(table, "fallback"),
        fallback_after=_fallback_after(table),
        template=table.maybe_text("template", pattern=_CODE_PATTERN, meaning=_CODE_MEANING),
        script=table.maybe_text("script", pattern=_CODE_PATTERN, meaning=_CODE_MEANING),
        unless=_unless(table),
        requires=_requires(table),
        requires_attempt=table.maybe_text("requires_attempt", pattern=_CODE_PATTERN, meaning=_CODE_MEANING),
        needs_approval=table.maybe_word("needs_approval", words.APPROVERS),
        required_facts=table.words("required_facts"),
        proposal=table.maybe_word("proposal", ("instalment_plan",)),
        offers=table.words("offers", ("part_payment", "short_extension", "grace", "instalment_plan")),
        evidence=table.flag("evidence"),
        proof=table.maybe_word("proof", PROOFS),
    )
    days_of = [day for day, _ in step.occurrences()]
    if len(set(days_of)) < len(days_of):
        table.refuse(
            "policy-twice",
            "repeated, this step falls twice on one day; change days or repeat_every.",
            "repeat_every",
        )
    _check_texts_named(table, step)
    return step


def _check_texts_named(table: Table, step: LadderStep) -> None:
    if step.channel in step.fallback_channels:
        table.refuse("policy-twice", f'"{step.channel}" cannot fall back to itself; name another channel.', "fallback")
    if step.channel == "voice" and step.script is None:
        table.refuse("policy-missing-key", '"script" is missing: a call needs what is to be said; add it.', "script")
    written = step.channel in WRITTEN or step.channel == PREFERRED
    if written and step.template is None:
        table.refuse("policy-missing-key", '"template" is missing: a message needs its text; add it.', "template")
    for channel in step.fallback_channels:
        if channel in (*WRITTEN, "voice") and step.text_for(channel) is None:
            table.refuse(
                "policy-missing-key",
                f'the fallback "{channel}" has no text; give the step a template or a script.',
                "fallback" if channel in step.fallback else "fallback_after",
            )
    if step.required_facts and step.template is None:
        table.refuse(
            "policy-dead-key",
            '"required_facts" are facts that the template must show, and there is no template; add it.',
            "required_facts",
        )


def _fallback_after(step: Table) -> FallbackAfter | None:
    table = step.maybe_table("fallback_after", "fallback_after", ("attempts", "to"))
    if table is None:
        return None
    table.require("to")
    return FallbackAfter(attempts=table.whole("attempts", at_least=1, at_most=100), to=_channels(table, "to"))


def _unless(table: Table) -> tuple[str, ...]:
    named = table.words("unless")
    for index, word in enumerate(named):
        if word not in UNLESS and answered_step(word) is None:
            table.refuse(
                "policy-unknown-word",
                f'"{word}" is not known as unless. Use one of: {", ".join(UNLESS)}, {ANSWERED_SINCE}<step>.',
                "unless",
                index,
            )
    return named


def _requires(owner: Table) -> tuple[Requirement, ...]:
    found = []
    for table in owner.tables("requires", "an entry of requires", ("step", "proof", "may_take_step")):
        if table.has("may_take_step") == table.has("step"):
            table.refuse(
                "policy-bad-value",
                "a requirement names either step and proof, or may_take_step; write one of the two.",
            )
        if table.has("may_take_step"):
            if table.has("proof"):
                table.refuse("policy-dead-key", '"proof" goes with "step", not with "may_take_step".', "proof")
            found.append(Requirement(may_take_step=table.word("may_take_step", words.STEPS)))
        else:
            found.append(Requirement(step=table.text("step"), proof=table.word("proof", PROOFS)))
    return tuple(found)


def _exits(document: Table) -> tuple[LadderExit, ...]:
    exits: list[LadderExit] = []
    for table in document.tables("exit", "an exit", ("to", "from_day", "requires", "unless", "decided_by")):
        to = table.word("to", EXITS)
        table.owner = f"exit {to}"
        if any(to == other.to for other in exits):
            table.refuse("policy-twice", "another exit above leads to the same place; join the two.", "to")
        if to == "legal":
            # Who lets a case go to court is not left to a default.
            table.require("decided_by")
        exits.append(
            LadderExit(
                to=to,
                from_day=table.whole("from_day", at_least=1, at_most=FURTHEST_DAY),
                requires=_requires(table),
                unless=_unless(table),
                decided_by=table.maybe_word("decided_by", (*words.APPROVERS, DAILY_RUN)),
            )
        )
    return tuple(exits)


def _clock(document: Table) -> Clock:
    table = document.table("clock", "[clock]", (*_CLOCK_STOPPERS, "part_payment"))
    effects = {key: table.word(key, ("stops", "runs", "runs_without_contacts")) for key in _CLOCK_STOPPERS}
    return Clock(**effects, part_payment=table.word("part_payment", ("re_anchors",)))


def _relief(document: Table) -> Relief:
    relief = document.maybe_table("relief", "[relief]", ("extension", "grace", "instalment_plan"))
    if relief is None:
        return Relief()
    extension = grace = plan = None
    table = relief.maybe_table("extension", "[relief.extension]", ("max_days", "times_per_year", "tiers"))
    if table is not None:
        extension = ExtensionRelief(
            max_days=table.whole("max_days", at_least=1, at_most=FURTHEST_DAY),
            times_per_year=table.whole("times_per_year", at_least=1, at_most=365),
            tiers=_tiers(table),
        )
    table = relief.maybe_table("grace", "[relief.grace]", ("max_days", "evidence", "approver"))
    if table is not None:
        grace = GraceRelief(
            max_days=table.whole("max_days", at_least=1, at_most=FURTHEST_DAY),
            evidence=table.flag("evidence"),
            approver=table.word("approver", words.APPROVERS),
        )
    table = relief.maybe_table(
        "instalment_plan",
        "[relief.instalment_plan]",
        ("max_instalments", "min_first_payment", "tolerance_days", "broken"),
    )
    if table is not None:
        first = table.table("min_first_payment", "min_first_payment", ("ratio",))
        plan = PlanRelief(
            max_instalments=table.whole("max_instalments", at_least=1, at_most=1000),
            min_first_payment=first.decimal("ratio", at_most=Decimal(1)),
            tolerance_days=table.whole("tolerance_days", at_least=0, at_most=365),
            broken=table.word("broken", ("resume_where_it_stood",)),
        )
    return Relief(extension, grace, plan)


def _tiers(extension: Table) -> tuple[Tier, ...]:
    extension.require("tiers")
    tiers: list[Tier] = []
    for table in extension.tables("tiers", "an entry of tiers", ("up_to_days", "approver")):
        days = table.whole("up_to_days", at_least=1, at_most=FURTHEST_DAY)
        if tiers and days <= tiers[-1].up_to_days:
            table.refuse("ladder-tiers", "tiers must rise in days; put this one before the larger one.", "up_to_days")
        tiers.append(Tier(days, table.word("approver", words.APPROVERS)))
    longest = extension.whole("max_days", at_least=1)
    if tiers[-1].up_to_days != longest:
        extension.refuse(
            "ladder-tiers",
            f"the last tier goes up to {tiers[-1].up_to_days} days and max_days is {longest}; make them "
            "equal, or some extensions have nobody to approve them.",
            "tiers",
        )
    return tuple(tiers)
