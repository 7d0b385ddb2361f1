"""Rule presets: the law of a place, and house rules, as frozen values. The rule types that are built are
read whole.

Semantics are those of the rule vocabulary; nothing here judges. A preset is accepted whole or refused whole.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from . import vocabulary as words
from .errors import PolicyError
from .reader import Source, Table, parse, read_text

HOUSE = "HOUSE"

# Rule types that the page of the vocabulary knows and this engine cannot judge yet. A preset that holds one
# is refused: a rule of the law that is read and then ignored would look as if it were kept.
TYPES_NOT_BUILT = ("address", "sequence", "evidence", "retain", "amount", "limitation")


@dataclass(frozen=True)
class Period:
    """`n` of `unit`; `kind` is how a rate counts it (rolling, calendar, lifetime), empty elsewhere."""

    n: int
    unit: str
    kind: str = ""

    @property
    def days(self) -> int | None:
        """Length in local calendar days (`day` and `local_day` mean the same); None if it is not one of
        days.
        """
        return self.n if self.unit in ("day", "local_day") else None

    @property
    def seconds(self) -> int | None:
        """Length in seconds; None if it is not one of minutes."""
        return self.n * 60 if self.unit == "minute" else None


@dataclass(frozen=True)
class Match:
    """What a rule looks at; an empty tuple means that the key is not given and everything fits it.

    `ladder_day` is (from, to), both included.
    """

    channel: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    purpose: tuple[str, ...] = ()
    party: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    collector_role: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    lender_type: tuple[str, ...] = ()
    agreement_kind: tuple[str, ...] = ()
    ladder_day: tuple[int, int] | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the keys that are given."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) not in ((), None))


@dataclass(frozen=True)
class Span:
    """Hours of some weekdays (ISO, 1 Monday): seconds since local midnight, `closes` up to 86,400.

    `closes` is exclusive unless `to_inclusive`, which admits that very instant.
    """

    days: tuple[int, ...]
    opens: int
    closes: int
    to_inclusive: bool = False


@dataclass(frozen=True)
class WindowParams:
    """`allow` empty: the rule only denies (`deny_dates`, `deny_stated`, `holidays`)."""

    allow: tuple[Span, ...] = ()
    holidays: tuple[str, ...] = ()
    deny_dates: tuple[str, ...] = ()
    deny_stated: bool = False
    replaced_by: str | None = None


@dataclass(frozen=True)
class RateParams:
    """`max` is the number that is allowed in the period; `min_gap` is the least time between two."""

    max: int
    period: Period
    key: tuple[str, ...]
    count: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    min_gap: Period | None = None


@dataclass(frozen=True)
class CooldownParams:
    """After an event of the kind `after`, the period is closed; `day_one` says which day counts as its
    first.
    """

    after: str
    period: Period
    day_one: str
    key: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class BarEnds:
    """A bar ends with one of `event`, or after `or_after`, counted from its beginning or from
    `or_after_event`.
    """

    event: tuple[str, ...] = ()
    or_after: Period | None = None
    day_one: str | None = None
    or_after_event: str | None = None


@dataclass(frozen=True)
class BarParams:
    """Without `state` the bar holds whenever the rule's match fits; `scope` and `starts` are then None."""

    state: str | None = None
    scope: str | None = None
    starts: str | None = None
    ends: BarEnds | None = None
    except_purpose: tuple[str, ...] = ()
    except_party: tuple[str, ...] = ()
    except_once: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    bars_steps: tuple[str, ...] = ()
    fresh_within: Period | None = None


@dataclass(frozen=True)
class PartyEntry:
    """A role that may be contacted; empty `purposes` means any. `disclose` is already the entry's or the
    rule's.
    """

    role: str
    disclose: str
    purposes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    stop_on: str | None = None
    max_lifetime: int | None = None
    again_if: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartyParams:
    """A role without an entry is denied."""

    allow: tuple[PartyEntry, ...]
    disclose: str

    def entry(self, role: str) -> PartyEntry | None:
        """The entry of `role`, None if that role is denied."""
        return next((entry for entry in self.allow if entry.role == role), None)


@dataclass(frozen=True)
class ContentParams:
    """Blocks a text must have, must not have, may have (`only`, a closed list, if not empty).

    `on`: `every` text, the `first` one to the person, or each `later` one.
    """

    on: str
    require: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    language_of: str | None = None


@dataclass(frozen=True)
class ActorParams:
    """What the person who makes the contact must be or show; None and empty mean that nothing is asked."""

    certs: tuple[str, ...] = ()
    training_within: Period | None = None
    agency_review_within: Period | None = None
    min_people: int | None = None
    id_shown: bool = False
    licence: bool = False
    actions_denied: tuple[str, ...] = ()


Params = WindowParams | RateParams | CooldownParams | BarParams | PartyParams | ContentParams | ActorParams


@dataclass(frozen=True)
class Rule:
    """One rule of a preset. `verdict` is resolved: the override, or the default of the level."""

    id: str
    type: str
    phase: frozenset[str]
    level: str
    verdict: str
    match: Match
    params: Params
    cite: str
    confidence: str
    lifted_by: str | None = None
    in_state: str | None = None
    on_unknown: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    note: str = ""

    def in_force(self, on: date) -> bool:
        """Whether the rule itself is in force on the local date `on`; its preset must be in force too."""
        return _within(on, self.effective_from, self.effective_to)


@dataclass(frozen=True)
class TzPolicy:
    """Where a person's wall time comes from. `fixed` wins over all; else `sources`, then `fallback`, then
    `on_unknown`.

    `on_unknown` is `deny` where the preset says nothing: the absence of a fact never defaults to allow.
    """

    fixed: str | None = None
    sources: tuple[str, ...] = ()
    on_conflict: str = "all_must_pass"
    on_unknown: str = "deny"
    fallback: str | None = None


@dataclass(frozen=True)
class Preset:
    """A version of a rule preset, in force on the local dates `effective_from` to `effective_to` (None:
    open).

    `applies_when`: every given key must fit one of its values; empty means that it applies to every contact.
    """

    id: str
    version: str
    status: str
    title: str | None
    law_checked_on: date | None
    effective_from: date
    effective_to: date | None
    jurisdiction: str
    extends: str | None
    applies_when: Mapping[str, tuple[str, ...]]
    tz: TzPolicy
    rules: tuple[Rule, ...]
    digest: str

    @property
    def is_house(self) -> bool:
        """A house preset is no law: alone it does not make a contact lawful."""
        return self.jurisdiction == HOUSE

    def in_force(self, on: date) -> bool:
        return _within(on, self.effective_from, self.effective_to)

    def rule(self, rule_id: str) -> Rule:
        """The rule with that id; KeyError if the preset has none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


def _within(on: date, begins: date | None, ends: date | None) -> bool:
    return (begins is None or begins <= on) and (ends is None or on <= ends)


# -- reading ---------------------------------------------------------------------------------------

_COMMON_KEYS = (
    "id",
    "type",
    "phase",
    "level",
    "verdict",
    "match",
    "lifted_by",
    "in_state",
    "on_unknown",
    "cite",
    "confidence",
    "effective_from",
    "effective_to",
    "note",
)
_PRESET_KEYS = (
    "id",
    "version",
    "status",
    "title",
    "law_checked_on",
    "effective_from",
    "effective_to",
    "jurisdiction",
    "extends",
    "applies_when",
    "tz",
)
_APPLIES_KEYS = (
    "debtor_country",
    "debtor_region",
    "debt_kind",
    "collector_role",
    "product",
    "lender_type",
    "agreement_kind",
)
_MATCH_WORDS: dict[str, tuple[str, ...]] = {
    "channel": words.CHANNELS,
    "direction": words.DIRECTIONS,
    "purpose": words.PURPOSES,
    "party": words.ROLES,
    "place": words.PLACES,
    "template": words.TEMPLATES,
    "basis": words.BASES,
    "collector_role": words.COLLECTOR_ROLES,
    "step": words.STEPS,
    "stage": words.STAGES,
    "product": words.PRODUCTS,
    "lender_type": words.LENDER_TYPES,
    "agreement_kind": words.AGREEMENT_KINDS,
}
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
ID_MEANING = "letters, digits, hyphens and underscores, such as us-fed-regf"
VERSION_PATTERN = r"[0-9]{4}\.[0-9]{1,2}\.[0-9]+"
VERSION_MEANING = "year.month.number, such as 2026.11.0"
_PLACE_PATTERN = r"[A-Z]{2}(-[A-Z0-9]+)*"


def parse_preset(text: str, source: str) -> Preset:
    """The preset that `text` holds; `source` is its name in messages. `PolicyError` names file, line and
    rule.
    """
    data, origin = parse(text, source)
    if "service" in data or "table" in data:
        key = "service" if "service" in data else "table"
        raise PolicyError(
            [
                origin.problem(
                    "policy-not-built",
                    f"tables [[{key}]] belong to rule types that are not built yet; leave them out for now.",
                    (key, 0),
                )
            ]
        )
    document = Table(data, origin, (), "a preset file", ("preset", "rule"))
    head = document.table("preset", "[preset]", _PRESET_KEYS)
    preset_id = head.text("id", pattern=ID_PATTERN, meaning=ID_MEANING)
    jurisdiction = head.text(
        "jurisdiction",
        pattern=rf"{HOUSE}|{_PLACE_PATTERN}",
        meaning="HOUSE or a place such as US or US-NY-NYC",
    )
    law_checked_on = head.maybe_day("law_checked_on")
    if law_checked_on is None and jurisdiction != HOUSE:
        head.refuse(
            "policy-missing-key",
            '"law_checked_on" is missing in [preset]; say on which day the law was last compared with its source.',
            "law_checked_on",
        )
    begins, ends = head.period_in_force(must_begin=True)
    assert begins is not None
    rules = _rules(document, origin)
    return Preset(
        id=preset_id,
        version=head.text("version", pattern=VERSION_PATTERN, meaning=VERSION_MEANING),
        status=head.word("status", words.STATUSES),
        title=head.maybe_text("title"),
        law_checked_on=law_checked_on,
        effective_from=begins,
        effective_to=ends,
        jurisdiction=jurisdiction,
        extends=head.maybe_text("extends", pattern=ID_PATTERN, meaning=ID_MEANING),
        applies_when=_applies_when(head),
        tz=_tz(head),
        rules=rules,
        digest=origin.digest,
    )


def read_preset(path: FilePath) -> Preset:
    """The preset of a file; see `parse_preset`."""
    return parse_preset(read_text(path), path.name)


def _applies_when(head: Table) -> Mapping[str, tuple[str, ...]]:
    # Required even when empty: a forgotten table would put the preset in force for everybody.
    table = head.table("applies_when", "[preset.applies_when]", _APPLIES_KEYS)
    facts: dict[str, tuple[str, ...]] = {}
    for key in _APPLIES_KEYS:
        if key == "debt_kind":
            found = table.words(key, words.DEBT_KINDS)
        elif key in _MATCH_WORDS:
            found = table.words(key, _MATCH_WORDS[key])
        else:
            found = _places(table, key)
        if found:
            facts[key] = found
    return MappingProxyType(facts)


def _places(table: Table, key: str) -> tuple[str, ...]:
    places = table.words(key)
    pattern = r"[A-Z]{2}" if key == "debtor_country" else _PLACE_PATTERN
    for index, place in enumerate(places):
        if not re.fullmatch(pattern, place):
            table.refuse(
                "policy-bad-value",
                f'"{place}" is no {key}; write it in capitals, such as US or US-NY-NYC.',
                key,
                index,
            )
    return places


def _tz(head: Table) -> TzPolicy:
    table = head.maybe_table("tz", "[preset.tz]", ("fixed", "sources", "on_conflict", "on_unknown", "fallback"))
    if table is None:
        return TzPolicy()
    fixed, fallback = _zone(table, "fixed"), _zone(table, "fallback")
    sources = table.words("sources", words.ZONE_SOURCES)
    if fixed and (sources or fallback):
        dead = "sources" if sources else "fallback"
        table.refuse(
            "policy-dead-key",
            f'"fixed" wins over every other zone, so "{dead}" would never be asked; take one of the two out.',
            dead,
        )
    return TzPolicy(
        fixed=fixed,
        sources=sources,
        on_conflict=table.maybe_word("on_conflict", ("all_must_pass",)) or "all_must_pass",
        on_unknown=table.maybe_word("on_unknown", words.ON_UNKNOWN) or "deny",
        fallback=fallback,
    )


def _zone(table: Table, key: str) -> str | None:
    name = table.maybe_text(key)
    if name is None:
        return None
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        table.refuse("policy-bad-value", f'"{name}" is no IANA time zone; write it like America/New_York.', key)
    return name


def _rules(document: Table, origin: Source) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for index, data in enumerate(document.raw_tables("rule")):
        rule = _rule(data, origin, index)
        if any(other.id == rule.id for other in found):
            raise PolicyError(
                [
                    origin.problem(
                        "policy-twice",
                        "another rule above has this id; each id is unique in its preset.",
                        ("rule", index, "id"),
                        f"rule {rule.id}",
                    )
                ]
            )
        found.append(rule)
    if not found:
        document.refuse("policy-missing-key", "a preset without a single [[rule]] says nothing; add one.", "rule")
    return tuple(found)


def _rule(data: Mapping[str, Any], origin: Source, index: int) -> Rule:
    path = ("rule", index)
    owner = f"rule {data['id']}" if isinstance(data.get("id"), str) else f"rule number {index + 1}"
    # The type decides which keys are known, so these two are read before the others are looked at.
    bare = Table(data, origin, path, "a rule", tuple(data), owner)
    rule_id = bare.text("id", pattern=ID_PATTERN, meaning="letters, digits and hyphens, such as US-01")
    kind = bare.text("type")
    if kind in TYPES_NOT_BUILT:
        bare.refuse(
            "policy-not-built",
            f"rule type {kind} is not built yet; leave this rule out and say so in a comment of the file.",
            "type",
        )
    bare.word("type", tuple(_TYPES))
    keys, read_params = _TYPES[kind]
    table = Table(data, origin, path, f"a rule of type {kind}", (*_COMMON_KEYS, *keys), owner)
    table.require("phase")
    phase = table.words("phase", words.PHASES)
    level = table.word("level", words.LEVELS)
    confidence = table.text("confidence")
    if confidence.split(" ", 1)[0] not in words.CONFIDENCES:
        table.refuse(
            "policy-unknown-word",
            f'confidence "{confidence}" does not begin with one of: {", ".join(words.CONFIDENCES)}.',
            "confidence",
        )
    begins, ends = table.period_in_force(must_begin=False)
    match = _match(table)
    return Rule(
        id=rule_id,
        type=kind,
        phase=frozenset(phase),
        level=level,
        verdict=table.maybe_word("verdict", words.OVERRIDES) or words.VERDICT_OF_LEVEL[level],
        match=match,
        params=read_params(table, match),
        cite=table.text("cite"),
        confidence=confidence,
        lifted_by=table.maybe_word("lifted_by", words.CONSENTS),
        in_state=table.maybe_word("in_state", words.STATES),
        on_unknown=table.maybe_word("on_unknown", words.ON_UNKNOWN),
        effective_from=begins,
        effective_to=ends,
        note=table.maybe_text("note") or "",
    )


def _match(rule: Table) -> Match:
    table = rule.maybe_table("match", "match", (*_MATCH_WORDS, "ladder_day"))
    if table is None:
        return Match()
    if not table.data:
        rule.refuse("policy-empty-list", '"match" is empty; take it out if the rule is for everything.', "match")
    given = {key: table.words(key, among) for key, among in _MATCH_WORDS.items()}
    ladder_day = None
    if table.has("ladder_day"):
        span = table.table("ladder_day", "ladder_day", ("from", "to"))
        first = span.whole("from", at_least=-3650)
        ladder_day = (first, span.whole("to", at_least=first))
    return Match(**given, ladder_day=ladder_day)


def _period(
    table: Table, key: str, units: Sequence[str], kinds: Sequence[str] = (), extra: Sequence[str] = ()
) -> Period:
    known = ("n", "unit", *(("kind",) if kinds else ()), *extra)
    period = table.table(key, key, known)
    return Period(
        n=period.whole("n", at_least=1),
        unit=period.word("unit", units),
        kind=period.word("kind", kinds) if kinds else "",
    )


def _maybe_period(table: Table, key: str, units: Sequence[str]) -> Period | None:
    return _period(table, key, units) if table.has(key) else None


_DAYS = ("day", "local_day")


def _window(table: Table, match: Match) -> WindowParams:
    spans = []
    for item in table.tables("allow", "an entry of allow", ("days", "from", "to", "to_inclusive")):
        opens, closes = item.clock("from"), item.clock("to")
        if closes <= opens:
            item.refuse(
                "policy-bad-value",
                '"to" must lie after "from"; hours over midnight are two entries, up to "24:00" and from "00:00".',
                "to",
            )
        spans.append(Span(item.wholes("days", at_least=1, at_most=7), opens, closes, item.flag("to_inclusive")))
    params = WindowParams(
        allow=tuple(spans),
        holidays=table.words("holidays", words.CALENDARS),
        deny_dates=table.words("deny_dates", words.DATED_FACTS),
        deny_stated=table.flag("deny_stated"),
        replaced_by=table.maybe_word("replaced_by", words.STATED_HOURS),
    )
    if params.replaced_by and not params.allow:
        table.refuse(
            "policy-dead-key",
            '"replaced_by" takes the place of "allow", and there is none; add hours.',
            "replaced_by",
        )
    if not (params.allow or params.holidays or params.deny_dates or params.deny_stated):
        table.refuse(
            "policy-empty-rule",
            "a window says when not to contact; give it allow, holidays, deny_dates or deny_stated.",
        )
    return params


def _rate(table: Table, match: Match) -> RateParams:
    period = _period(table, "period", (*_DAYS, "agreement"), ("rolling", "calendar", "lifetime"))
    if (period.kind == "lifetime") != (period.unit == "agreement"):
        table.refuse(
            "policy-bad-value",
            'kind "lifetime" goes with unit "agreement" and with no other; correct one of the two.',
            "period",
        )
    if period.kind != "rolling" and period.n != 1:
        table.refuse(
            "policy-bad-value",
            f'kind "{period.kind}" is defined for n = 1 only (today, or the whole agreement); n is {period.n}.',
            "period",
        )
    table.require("count")
    table.require("key")
    return RateParams(
        max=table.whole("max", at_least=1),
        period=period,
        key=table.words("key", words.COUNTING_KEYS),
        count=table.words("count", words.CONTACT_EVENTS),
        exclude=table.words("exclude", words.EXCLUSIONS),
        min_gap=_maybe_period(table, "min_gap", ("minute",)),
    )


def _cooldown(table: Table, match: Match) -> CooldownParams:
    table.require("key")
    return CooldownParams(
        after=table.word("after", words.EVENTS),
        period=_period(table, "period", _DAYS),
        day_one=table.word("day_one", ("event_day", "next_day")),
        key=table.words("key", words.COUNTING_KEYS),
        exclude=table.words("exclude", words.EXCLUSIONS),
    )


_BAR_NEEDS_STATE = ("derived_from", "scope", "starts", "ends", "except_once", "fresh_within")


def _bar(table: Table, match: Match) -> BarParams:
    state = table.maybe_word("state", words.STATES)
    if table.has("derived_from") or state in words.DERIVED_STATES:
        table.refuse(
            "policy-not-built",
            "a state that is derived needs a rule of type sequence, which is not built yet; leave this rule out.",
            "derived_from" if table.has("derived_from") else "state",
        )
    if state is None:
        for key in _BAR_NEEDS_STATE:
            if table.has(key):
                table.refuse("policy-dead-key", f'"{key}" speaks of a state, and the rule names none; add it.', key)
        if not match.given:
            table.refuse(
                "policy-empty-rule",
                "a bar without state and without match would bar everything; give it one of them.",
            )
    else:
        for key in ("scope", "starts"):
            table.require(key)
    if table.has("fresh_within"):
        table.require("on_unknown")
    return BarParams(
        state=state,
        scope=table.maybe_word("scope", ("debt", "debtor", "address", "person")),
        starts=table.maybe_word("starts", ("on_event", "on_notice")),
        ends=_ends(table) if table.has("ends") else None,
        except_purpose=table.words("except_purpose", words.PURPOSES),
        except_party=table.words("except_party", words.ROLES),
        except_once=table.words("except_once", words.PURPOSES),
        freeze=table.words("freeze", words.FREEZABLE_CHARGES),
        bars_steps=table.words("bars_steps", words.STEPS),
        fresh_within=_maybe_period(table, "fresh_within", _DAYS),
    )


def _ends(rule: Table) -> BarEnds:
    table = rule.table("ends", "ends", ("event", "or_after", "or_after_event"))
    if not table.data:
        rule.refuse("policy-empty-list", '"ends" is empty; say what ends the bar or take it out.', "ends")
    or_after = day_one = None
    if table.has("or_after"):
        or_after = _period(table, "or_after", _DAYS, extra=("day_one",))
        day_one = table.table("or_after", "or_after", ("n", "unit", "day_one")).word(
            "day_one", ("event_day", "next_day")
        )
    elif table.has("or_after_event"):
        table.refuse(
            "policy-dead-key",
            '"or_after_event" says what "or_after" counts from, and there is none; add it.',
            "or_after_event",
        )
    return BarEnds(
        event=table.one_or_more("event", words.EVENTS) if table.has("event") else (),
        or_after=or_after,
        day_one=day_one,
        or_after_event=table.maybe_word("or_after_event", words.EVENTS),
    )


_ENTRY_KEYS = ("role", "purposes", "needs", "needs_any", "stop_on", "max_lifetime", "again_if", "disclose")


def _party(table: Table, match: Match) -> PartyParams:
    disclosures = ("none", "debt")
    disclose = table.word("disclose", disclosures)
    table.require("allow")
    conditions = (*words.CONDITIONS, *(state for state in words.STATES if state not in words.CONDITIONS))
    entries: list[PartyEntry] = []
    for item in table.tables("allow", "an entry of allow", _ENTRY_KEYS):
        role = item.word("role", words.ROLES)
        if any(entry.role == role for entry in entries):
            item.refuse("policy-twice", f'the role "{role}" has an entry already; join the two.', "role")
        if item.has("again_if") and not item.has("max_lifetime"):
            item.refuse(
                "policy-dead-key",
                '"again_if" opens one more above "max_lifetime", which is missing.',
                "again_if",
            )
        entries.append(
            PartyEntry(
                role=role,
                disclose=item.maybe_word("disclose", disclosures) or disclose,
                purposes=item.words("purposes", words.PURPOSES),
                needs=item.words("needs", conditions),
                needs_any=item.words("needs_any", conditions),
                stop_on=item.maybe_word("stop_on", words.EVENTS),
                max_lifetime=item.maybe_whole("max_lifetime", at_least=1),
                again_if=item.words("again_if", words.EVENTS),
            )
        )
    return PartyParams(allow=tuple(entries), disclose=disclose)


def _content(table: Table, match: Match) -> ContentParams:
    params = ContentParams(
        on=table.word("on", ("first", "every", "later")),
        require=table.words("require", words.BLOCKS),
        forbid=table.words("forbid", words.BLOCKS),
        only=table.words("only", words.BLOCKS),
        language_of=table.maybe_word("language_of", ("message",)),
    )
    if not (params.require or params.forbid or params.only):
        table.refuse("policy-empty-rule", "a content rule needs require, forbid or only; add one.")
    for block in params.require:
        if block in params.forbid or (params.only and block not in params.only):
            table.refuse(
                "policy-contradiction",
                f'"{block}" is required and not allowed by the same rule; no text could ever pass.',
                "require",
            )
    return params


def _actor(table: Table, match: Match) -> ActorParams:
    terms = (*_DAYS, "month", "year")
    params = ActorParams(
        certs=table.words("certs", words.CERTIFICATES),
        training_within=_maybe_period(table, "training_within", terms),
        agency_review_within=_maybe_period(table, "agency_review_within", terms),
        min_people=table.maybe_whole("min_people", at_least=1),
        id_shown=table.flag("id_shown"),
        licence=table.flag("licence"),
        actions_denied=table.words("actions_denied", words.AGENT_ACTIONS),
    )
    if params == ActorParams():
        table.refuse("policy-empty-rule", "this rule asks nothing of the agent; give it certs, id_shown or another.")
    return params


_Reader = Callable[[Table, Match], Params]
_TYPES: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "window": (("allow", "holidays", "deny_dates", "deny_stated", "replaced_by"), _window),
    "rate": (("max", "period", "key", "count", "exclude", "min_gap"), _rate),
    "cooldown": (("after", "period", "day_one", "key", "exclude"), _cooldown),
    "bar": (
        (
            "state",
            "derived_from",
            "scope",
            "starts",
            "ends",
            "except_purpose",
            "except_party",
            "except_once",
            "freeze",
            "bars_steps",
            "fresh_within",
        ),
        _bar,
    ),
    "party": (("allow", "disclose"), _party),
    "content": (("require", "forbid", "only", "language_of", "on"), _content),
    "actor": (
        (
            "certs",
            "training_within",
            "agency_review_within",
            "min_people",
            "id_shown",
            "licence",
            "actions_denied",
        ),
        _actor,
    ),
}
TYPES_BUILT = tuple(_TYPES)
