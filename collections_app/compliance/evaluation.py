"""One contact under all presets in force: the verdict, the rules that gave it, and the next allowed instant.

Pure: no database, no clock. Answers of contacts that are alike in everything a rule may look at are given once
(`Evaluator` remembers them), which is what lets the gate judge twenty thousand with the rules of one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from collections_app.policy import calendars
from collections_app.policy.in_force import Loaded, Policies, ladder_as_preset
from collections_app.policy.schema import HOUSE, Ladder, Preset, Rule

from . import local_time
from .facts import Ask, Facts, LoanFact, Slot
from .rules import HOURLY, TYPES, content, looks_at_what_happened
from .rules.asked import FURTHEST, Asked, Known, matches
from .verdict import ORDER, PERMITTING, Answer, Outcome

NO_LAW = "no-law-loaded"
_BLOCKING = ("approve", "deny")


@dataclass(frozen=True)
class _Asking:
    """A rule that looks at a contact, with its preset.

    `always`: in force whatever the zone says of the date. `assumed`: in force on the day that a loan's law is asked for, so
    that no date ends it.
    """

    preset: Preset
    rule: Rule
    always: bool
    assumed: bool = False

    @cached_property
    def told(self) -> dict[str, Any]:
        """The rule as it stands in a fact sheet."""
        r = self.rule
        return {
            "id": r.id,
            "preset": self.preset.id,
            "type": r.type,
            "level": r.level,
            "cite": r.cite,
            "confidence": r.confidence,
        }


@dataclass(frozen=True, slots=True)
class _Law:
    """What is in force around a day, in some zone, for contacts of a kind; a preset with whether it is so in each zone."""

    presets: tuple[tuple[Loaded, bool], ...]
    ladder: Ladder | None
    rules: tuple[_Asking, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    """What a rule says at an instant, where its days are counted, and until when the state lasts that it lives in."""

    asking: _Asking
    outcome: Outcome
    at: dt.datetime
    zones: tuple[str, ...]
    state_until: dt.datetime | None = None
    shared: bool = False  # remembered: the very object answers for others too


@dataclass(frozen=True, slots=True)
class _Still:
    """What the rules of a law say of all contacts that are alike, by place in the law; `others` are asked each time."""

    answers: list[_Answered | None]
    others: list[int]


class Evaluator:
    """Judges asks under the loaded policies. Make one for a piece of work; it keeps what it has answered.

    `require_law`: a contact for which no preset of a jurisdiction is in force is denied; only a scenario, which states its
    presets, may go without.
    """

    def __init__(self, policies: Policies, *, require_law: bool = True) -> None:
        self.policies = policies
        self.require_law = require_law
        self._answers: dict[tuple[Any, ...], Answer] = {}
        self._laws: dict[tuple[Any, ...], _Law] = {}
        self._asking: dict[tuple[Any, ...], _Asking] = {}
        self._same_law: dict[tuple[Any, ...], _Law] = {}
        self._needs: dict[tuple[Any, ...], Needs] = {}
        self._closing: dict[tuple[Any, ...], frozenset[str]] = {}
        self._opening: dict[tuple[Any, ...], dt.datetime] = {}
        self._still: dict[tuple[Any, ...], _Still] = {}
        self._sheets: dict[tuple[Any, ...], dict[str, Any]] = {}
        rules = [r for p in policies.presets for r in p.content.rules]
        # How old a look into an outside register may be, in days, for the rule that is content with the oldest; None: no rule asks.
        self.fresh_days: int | None = max((d for r in rules if (d := _fresh_days(r)) is not None), default=None)
        self.looks_at_dates = any(r.type == "window" and r.params.deny_dates for r in rules)  # type: ignore[union-attr]
        self._versions = (local_time.tzdata_version(), calendars.holidays_version())

    # -- which law -----------------------------------------------------------------------------

    def law(self, ask: Ask, facts: Facts, day: dt.date) -> _Law:
        """Presets and rules that look at this contact around a day of UTC: of its phase, matching, in force in some zone.

        A preset applies if it fits one of the debts; of a loan whose law is asked for an assumed day, that day counts.
        """
        key = (*_contact_key(ask), *_whose(ask, facts), day)
        found = self._laws.get(key)
        if found is None:
            found = self._laws[key] = self._law(ask, facts, day)
        return found

    def _law(self, ask: Ask, facts: Facts, day: dt.date) -> _Law:
        around = (day - local_time.DAY, day, day + local_time.DAY)
        loans = ask.loans or (LoanFact(None, ask.person, collector_role=ask.collector_role),)
        presets: dict[int, Loaded] = {}
        dates: dict[int, set[dt.date]] = {}  # of presets that are in force on some of these days
        assumed: dict[int, set[dt.date]] = {}  # of presets that are in force on the day that a loan's law is asked for
        for loan in loans:
            debtor = facts.person(loan.debtor)
            for on in (loan.law_on,) if loan.law_on else around:
                for p in self.policies.presets_for(
                    country=debtor.country,
                    region=debtor.region,
                    contract_law=loan.contract_law,
                    debt_kind=loan.debt_kind,
                    collector_role=ask.collector_role,
                    product=loan.product,
                    lender_type=loan.lender_type,
                    agreement_kind=loan.agreement_kind,
                    on=on,
                ):
                    presets[p.id] = p
                    (assumed if loan.law_on else dates).setdefault(p.id, set()).add(on)
        ordered = sorted(presets.values(), key=lambda p: (p.ident, p.id))
        found = [
            self._one(p.content, r, *force)
            for p in ordered
            for r in p.content.rules
            if (force := _force(r, ask, dates.get(p.id, set()), assumed.get(p.id, set()), around)) is not None
        ]
        ladder = self.policies.ladder_for(loans[0].product, loans[0].law_on or day) if ask.loans else None
        if ladder is not None:
            stages = ladder_as_preset(ladder.content)
            found += [
                self._one(stages, r, True, True) for r in stages.rules if ask.phase in r.phase and matches(r.match, ask)
            ]
        law = _Law(
            tuple((p, p.id in assumed or len(dates[p.id]) == len(around)) for p in ordered),
            ladder.content if ladder else None, tuple(found),
        )  # fmt: skip
        # Contacts of different days and places often stand under the very same law: their reasoning is the same object.
        key = tuple((id(p), always) for p, always in law.presets), id(law.ladder), tuple(map(id, found))
        return self._same_law.setdefault(key, law)

    def _one(self, preset: Preset, rule: Rule, always: bool, assumed: bool) -> _Asking:
        key = id(preset), id(rule), always, assumed
        found = self._asking.get(key)
        if found is None:
            found = self._asking[key] = _Asking(preset, rule, always, assumed)
        return found

    def _presets(self, law: _Law, known: Known, at: dt.datetime) -> list[Loaded]:
        """The presets that are in force on the local date, where zones disagree about it in one of them."""
        return [p for p, always in law.presets if always or _in_force(p.content, p.content, known, at)]

    def needs(self, ask: Ask, facts: Facts) -> Needs:
        """What has to be read for the rules of this contact."""
        day = ask.at.astimezone(dt.UTC).date() if ask.at is not None else ask.on
        key = (*_contact_key(ask), *_whose(ask, facts), day, ask.content is None)
        found = self._needs.get(key)
        if found is None:
            found = self._needs[key] = Needs.of((a.rule for a in self.law(ask, facts, day).rules), ask)
        return found

    # -- judging -------------------------------------------------------------------------------

    def judge(self, ask: Ask, facts: Facts) -> Answer:
        """The answer for this contact. A plan is judged at the first instant of its day that the hours leave open."""
        still = self._still_key(ask, facts)
        key = self._memo_key(ask, facts, still)
        if key is not None:
            found = self._answers.get(key)
            if found is not None:
                return found
        at = ask.at if ask.at is not None else self._first_open_instant(ask, facts)
        answer = self._judge_at(Known(ask, facts, at), still)
        if key is not None:
            self._answers[key] = answer
        return answer

    def _memo_key(self, ask: Ask, facts: Facts, still: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """All that the answer depends on, where nothing dated is known of the people; None where something is: what
        stands still, and the slots that contacts in flight hold."""
        if still is None or not _is_plain(ask, facts):
            return None
        slots: tuple[Any, ...] = ()
        if facts.in_flight or facts.in_flight_about:
            around = facts.slots_around(ask)
            if any(s.ask.person not in (ask.person, ask.debtor) for s in around):
                return None  # a third person's consents decide whether that slot counts
            slots = _slots_key(ask, around)
        return (still, ask.stage, ask.ladder_day, ask.at, ask.on, slots)

    def _still_key(self, ask: Ask, facts: Facts) -> tuple[Any, ...] | None:
        """All that rules can look at besides events and slots, where nothing else that is dated is known of the people;
        None where something is. Whatever such a rule looks at must stand here, of the contact and of the people; what only
        a `match` looks at is in the law.
        """
        if ask.agent is not None or ask.phase == "record" or not _has_plain_hours(ask, facts):
            return None
        person, debtor = facts.person(ask.person), facts.person(ask.debtor)
        return (
            *_judged_key(ask),
            ask.known_at,
            ask.address is None,
            ask.content,
            ask.language,
            ask.block_languages,
            ask.conditions,
            person is debtor,
            person.zones,
            person.country,
            person.region,
            person.conditions,
            debtor.conditions,
            debtor.country,
            debtor.region,
            facts.shared_key(),
            facts.own_checks(debtor.id),
        )

    def _judge_at(self, known: Known, still: tuple[Any, ...] | None) -> Answer:
        at = known.at
        law = self.law(known.ask, known.facts, at.astimezone(dt.UTC).date())
        answers = self._outcomes(law, known, at, still=still)
        presets = self._presets(law, known, at)
        sheet = self._sheet(known, law, presets, answers)
        verdicts = {a.asking.rule.id: a.outcome.verdict for a in answers}
        for a in answers:  # two presets may share a rule's id: the stricter one answers for it
            verdicts[a.asking.rule.id] = max(verdicts[a.asking.rule.id], a.outcome.verdict, key=ORDER.__getitem__)
        if self.require_law and all(p.content.is_house for p in presets):
            verdicts[NO_LAW] = "deny"
        verdict = max(verdicts.values(), key=ORDER.__getitem__, default="allow")
        if verdict == "allow":
            return Answer("allow", (), at, sheet, at)
        by = tuple(sorted(i for i, v in verdicts.items() if v == verdict))
        opens = at if verdict in PERMITTING else self._next_allowed(known, answers, still)
        return Answer(verdict, by, opens, sheet, at)

    def _outcomes(
        self,
        law: _Law,
        known: Known,
        at: dt.datetime,
        only: frozenset[str] | None = None,
        still: tuple[Any, ...] | None = None,
    ) -> list[_Answered]:
        """What each rule says of the contact at an instant; a rule that does not concern it then says nothing.

        `still`: the key of what stands still; rules that look at nothing else answer once for all who share it.
        """
        views: dict[str, Asked] = {}
        if still is not None:
            known_already = self._still_answers(law, known, at, still, views)
            found = known_already.answers.copy()
            for number in known_already.others:
                found[number] = self._answer_of(law.rules[number], known, at, views)
            return [a for a in found if a is not None]
        asked = law.rules if only is None else [a for a in law.rules if a.rule.type in only]
        return [a for asking in asked if (a := self._answer_of(asking, known, at, views)) is not None]

    def _still_answers(
        self, law: _Law, known: Known, at: dt.datetime, still: tuple[Any, ...], views: dict[str, Asked]
    ) -> _Still:
        key = still, id(law), known.at, at
        found = self._still.get(key)
        if found is None:
            others = [n for n, a in enumerate(law.rules) if looks_at_what_happened(a.rule, known.ask)]
            found = self._still[key] = _Still(
                [
                    None if n in others else self._answer_of(a, known, at, views, shared=True)
                    for n, a in enumerate(law.rules)
                ],
                others,
            )
        return found

    @staticmethod
    def _answer_of(
        asking: _Asking, known: Known, at: dt.datetime, views: dict[str, Asked], *, shared: bool = False
    ) -> _Answered | None:
        """What one rule says, None for nothing. `views`: the contact under each preset that has been asked."""
        rule = asking.rule
        if not asking.always and not _in_force(asking.preset, rule, known, at):
            return None
        asked = views.get(asking.preset.id)
        if asked is None:
            asked = views[asking.preset.id] = Asked(known, at, asking.preset)
        if rule.in_state and not asked.in_force(rule.in_state):
            return None
        outcome: Outcome | None
        if rule.lifted_by and known.agreed(rule.lifted_by, known.ask.person, at):
            outcome = Outcome("allow", {"lifted_by": rule.lifted_by}, at)
        else:
            outcome = TYPES[rule.type](rule, asked)
        if outcome is None:
            return None
        until = _latest(s.until_at for s in known.holding(rule.in_state, at)) if rule.in_state else None
        return _Answered(asking, outcome, at, asked.day_zones, until, shared)

    # -- when ----------------------------------------------------------------------------------

    def _first_open_instant(self, ask: Ask, facts: Facts) -> dt.datetime:
        """First instant of `ask.on` in all the zones that rules hold in that every window leaves open; the day's first
        instant if there is none, so that the windows themselves say why."""
        stated = facts.person(ask.person).zones
        key = (*_contact_key(ask), ask.on, ask.known_at, stated, *_whose(ask, facts), facts.shared_key())
        if not _has_plain_hours(ask, facts):
            return self._search_open_instant(ask, facts, stated)
        found = self._opening.get(key)
        if found is None:
            found = self._opening[key] = self._search_open_instant(ask, facts, stated)
        return found

    def _search_open_instant(self, ask: Ask, facts: Facts, stated: tuple[tuple[str, str], ...]) -> dt.datetime:
        law = self.law(ask, facts, ask.on)
        zones = dict.fromkeys(z for p, _ in law.presets for z in local_time.candidates(p.content.tz, stated))
        if not zones:
            zones = dict.fromkeys(z for _, z in stated) or {"UTC": None}
        begin = max(local_time.day_start(ask.on, z) for z in zones)
        at = begin
        while True:
            known = Known(ask, facts, at)
            law = self.law(ask, facts, at.astimezone(dt.UTC).date())
            blocking = [a for a in self._outcomes(law, known, at, HOURLY) if a.outcome.verdict in _BLOCKING]
            if not blocking:
                return at
            later = _latest(self._opens(a) for a in blocking)
            if later is None or later <= at or any(local_time.day_of(later, z) != ask.on for z in zones):
                return begin
            at = later

    def _next_allowed(
        self, known: Known, answers: Sequence[_Answered], still: tuple[Any, ...] | None
    ) -> dt.datetime | None:
        """The earliest instant at which the very same contact, with nothing new, would get allow or warn.

        Each rule that blocks names an instant before which it cannot open; the latest of them is tried next.
        """
        ask, facts = known.ask, known.facts
        moment = known.at
        limit = moment + FURTHEST
        law = self.law(ask, facts, moment.astimezone(dt.UTC).date())
        while True:
            later = [self._opens(a) for a in answers if a.outcome.verdict in _BLOCKING]
            if self.require_law and all(p.content.is_house for p in self._presets(law, known, moment)):
                later.append(self._law_begins(known, moment, limit))
            if not later:
                return moment
            latest = _latest(later)
            if latest is None or not moment < latest <= limit:
                return None
            moment = latest
            law = self.law(ask, facts, moment.astimezone(dt.UTC).date())
            answers = self._outcomes(law, known, moment, still=still)

    @staticmethod
    def _opens(answered: _Answered) -> dt.datetime | None:
        """The instant before which a rule that blocks cannot open: by itself, by its end in the calendar, or with the state
        that it lives in."""
        found = [answered.outcome.opens_at]
        rule = answered.asking.rule
        if not answered.asking.assumed:
            for last in (rule.effective_to, answered.asking.preset.effective_to):
                if last is not None and last < dt.date.max:
                    found.append(max(local_time.day_start(last + local_time.DAY, z) for z in answered.zones))
        if rule.in_state:
            found.append(answered.state_until)
        return min((x for x in found if x is not None and x > answered.at), default=None)

    def _law_begins(self, known: Known, moment: dt.datetime, limit: dt.datetime) -> dt.datetime | None:
        """The first instant after `moment` at which a preset of a jurisdiction that fits comes into force."""
        zones = dict.fromkeys(
            z
            for p in self.policies.presets
            for z in local_time.candidates(p.content.tz, known.person.zones) or ("UTC",)
        )
        days = {p.effective_from for p in self.policies.presets if not p.content.is_house}
        last = limit.date() + 2 * local_time.DAY
        for at in sorted({local_time.day_start(d, z) for d in days if d <= last for z in zones}):
            if moment < at <= limit:
                law = self.law(known.ask, known.facts, at.astimezone(dt.UTC).date())
                if any(not p.content.is_house for p in self._presets(law, known, at)):
                    return at
        return None

    def open_until(self, ask: Ask, facts: Facts, at: dt.datetime, seconds: int) -> dt.datetime:
        """The last instant, at most so many seconds on, before an hour of the presets closes: when a clearance ends.

        Hours that are closed already (and that a second person approved) close nothing more.
        """
        now = self._closed_hours(ask, facts, at, at)
        if self._closed_hours(ask, facts, at, at + dt.timedelta(seconds=seconds)) <= now:
            return at + dt.timedelta(seconds=seconds)
        low, high = 0, seconds
        while low < high:
            middle = (low + high + 1) // 2
            if self._closed_hours(ask, facts, at, at + dt.timedelta(seconds=middle)) <= now:
                low = middle
            else:
                high = middle - 1
        return at + dt.timedelta(seconds=low)

    def _closed_hours(self, ask: Ask, facts: Facts, asked_at: dt.datetime, at: dt.datetime) -> frozenset[str]:
        """Rule and verdict of the windows that are closed at an instant."""
        plain = _has_plain_hours(ask, facts)
        key = (
            *_contact_key(ask),
            asked_at,
            at,
            facts.person(ask.person).zones,
            *_whose(ask, facts),
            facts.shared_key(),
        )
        found = self._closing.get(key) if plain else None
        if found is None:
            law = self.law(ask, facts, at.astimezone(dt.UTC).date())
            found = frozenset(
                f"{a.asking.rule.id} {a.outcome.verdict}"
                for a in self._outcomes(law, Known(ask, facts, asked_at), at, HOURLY)
                if a.outcome.verdict in _BLOCKING
            )
            if plain:
                self._closing[key] = found
        return found

    def blocks_required(self, ask: Ask, facts: Facts) -> tuple[str, ...]:
        """Blocks that the presets in force demand of a text to this person now; the renderer adds what is missing."""
        at = ask.at or self._first_open_instant(ask, facts)
        known = Known(ask, facts, at)
        wanted: dict[str, None] = {}
        for asking in self.law(ask, facts, at.astimezone(dt.UTC).date()).rules:
            rule = asking.rule
            if rule.type != "content" or not (asking.always or _in_force(asking.preset, rule, known, at)):
                continue
            asked = Asked(known, at, asking.preset)
            if (not rule.in_state or asked.in_force(rule.in_state)) and content.applies(rule, asked):
                wanted |= dict.fromkeys(rule.params.require)  # type: ignore[union-attr]
        return tuple(wanted)

    # -- what is kept of it --------------------------------------------------------------------

    def _sheet(
        self, known: Known, law: _Law, presets: Sequence[Loaded], answers: Sequence[_Answered]
    ) -> dict[str, Any]:
        """The reasoning: presets with version, digest and status, each rule asked with its citation and what it saw.

        The same reasoning is the same object.
        """
        assumed = next((loan.law_on for loan in known.ask.loans if loan.law_on), None)
        key = (
            id(law),
            assumed,
            known.person.zones,
            *map(id, presets),
            *(id(a) if a.shared else (id(a.asking), a.outcome.verdict, repr(a.outcome.seen)) for a in answers),
        )
        found = self._sheets.get(key)
        if found is None:
            found = self._sheets[key] = self._told(known, law, presets, answers, assumed)
        return found

    def _told(
        self,
        known: Known,
        law: _Law,
        presets: Sequence[Loaded],
        answers: Sequence[_Answered],
        assumed: dt.date | None,
    ) -> dict[str, Any]:
        tzdata, calendar_days = self._versions
        sheet: dict[str, Any] = {
            "presets": [
                {
                    "id": p.ident,
                    "version": p.version,
                    "digest": p.digest,
                    "status": p.state,
                    "jurisdiction": p.content.jurisdiction,
                }
                for p in presets
            ],
            "rules": [{**a.asking.told, "verdict": a.outcome.verdict, "seen": a.outcome.seen} for a in answers],
            "tzdata": tzdata,
            "calendars": calendar_days,
            "zones": dict(known.person.zones),
        }
        if law.ladder is not None:
            ladder = law.ladder
            sheet["presets"].append(
                {
                    "id": f"ladder-{ladder.id}",
                    "version": ladder.version,
                    "digest": ladder.digest,
                    "status": ladder.status,
                    "jurisdiction": HOUSE,
                }
            )
        if self.require_law and all(p.content.is_house for p in presets):
            sheet["why"] = "no preset of a jurisdiction is in force"
        if assumed is not None:
            sheet["law_on_assumed"] = assumed.isoformat()
        return sheet


def _force(
    rule: Rule, ask: Ask, dates: set[dt.date], assumed: set[dt.date], around: Sequence[dt.date]
) -> tuple[bool, bool] | None:
    """`always` and `assumed` of a rule whose preset is in force on these days; None if it does not look at the contact or
    is not in force itself."""
    if ask.phase not in rule.phase or not matches(rule.match, ask):
        return None
    if any(rule.in_force(d) for d in assumed):
        return True, True
    holds = sum(rule.in_force(d) for d in dates)
    return (holds == len(around), False) if holds else None


def _in_force(preset: Preset, dated: Preset | Rule, known: Known, at: dt.datetime) -> bool:
    """Whether preset and rule are in force on the local date; where zones disagree about the date, in one of them."""
    zones = local_time.candidates(preset.tz, known.person.zones) or ("UTC",)
    days = [local_time.day_of(at, z) for z in zones]
    return any(preset.in_force(d) for d in days) and any(dated.in_force(d) for d in days)


def _latest(instants: Iterable[dt.datetime | None]) -> dt.datetime | None:
    """The latest; None (never) if one of them is."""
    found = list(instants)
    return None if not found or None in found else max(found)  # type: ignore[type-var]


def _contact_key(ask: Ask) -> tuple[Any, ...]:
    """Everything of the contact that a `match` can look at, and that decides which law applies."""
    return (*_judged_key(ask), ask.stage, ask.ladder_day)


def _judged_key(ask: Ask) -> tuple[Any, ...]:
    """The same without what only a `match` looks at."""
    return (
        ask.phase,
        ask.channel,
        ask.direction,
        ask.purpose,
        ask.party,
        ask.place,
        ask.template,
        ask.basis,
        ask.collector_role,
        ask.discloses,
        tuple((x.product, x.lender_type, x.agreement_kind, x.debt_kind, x.contract_law, x.law_on) for x in ask.loans),
    )


def _whose(ask: Ask, facts: Facts) -> tuple[Any, ...]:
    """What decides which law applies of the people whose debts it is about."""
    debtors = ask.debtors
    if len(debtors) == 1:
        only = facts.person(debtors[0])
        return only.country, only.region
    where = ((p.country, p.region) for p in map(facts.person, debtors))
    return (*where, *(debtors.index(loan.debtor) for loan in ask.loans))


def _is_plain(ask: Ask, facts: Facts) -> bool:
    """Whether nothing dated is known of the person, of the debtor (only one), or of others about the debt or address."""
    return (
        facts.person(ask.person).plain
        and facts.person(ask.debtor).plain
        and not facts.events_about.get(ask.debtor)
        and _has_plain_hours(ask, facts)
    )


def _has_plain_hours(ask: Ask, facts: Facts) -> bool:
    """Whether nothing is known that a window could look at: the hours, dates and consents of people, and states that a rule
    lives in."""
    debtors = ask.debtors
    if len(debtors) > 1 or not facts.person(ask.person).plain_hours or not facts.person(debtors[0]).plain_hours:
        return False
    about = facts.states_about
    return not about or not (("address", ask.address) in about or any(("loan", x.id) in about for x in ask.loans))


def _slots_key(ask: Ask, slots: Sequence[Slot]) -> tuple[Any, ...]:
    """What a rule can tell apart of contacts in flight, without the ids of debts and addresses."""
    if not slots:
        return ()
    number: dict[Any, int] = {}
    for loan in ask.loans:
        number.setdefault(loan.id, len(number))
    return (
        tuple((loan.creditor_group, number[loan.id]) for loan in ask.loans),
        *(
            (
                *_contact_key(s.ask), s.at, s.ask.person == ask.person, s.ask.address == ask.address,
                tuple((number.setdefault(x.id, len(number)), x.creditor_group, x.debtor == ask.debtor) for x in s.ask.loans),
            )
            for s in slots
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules of a contact look at, so that nothing else is read.

    `own` and `about`: how many days of events with the asked person, and about the debtor whoever was reached; 0 none, None
    all of them. `debtor`: of those with the debtor.
    """

    own: int | None = 0
    about: int | None = 0
    debtor: int | None = 0
    number_invalid: bool = False

    @classmethod
    def of(cls, rules: Iterable[Rule], ask: Ask) -> Needs:
        own: int | None = 0
        about: int | None = 0
        debtor: int | None = 0
        number_invalid = False
        for rule in rules:
            params: Any = rule.params
            if rule.type in ("rate", "cooldown"):
                days = _days_looked_back(rule)
                if "person" in params.key and "debtor" not in params.key:
                    own = _longer(own, days)
                else:
                    about = _longer(about, days)
            elif rule.type == "party":
                entry = params.entry(ask.party)
                if entry is None:
                    continue
                if entry.stop_on or entry.max_lifetime is not None:
                    own = None
                if "failed_attempts_3_consecutive" in (*entry.needs, *entry.needs_any):
                    debtor = None
                number_invalid = number_invalid or "number_invalid" in (*entry.needs, *entry.needs_any)
            elif rule.type == "content" and params.on != "every" and ask.content is not None:
                own = None
        return cls(own, about, debtor, number_invalid)


def _longer(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else max(a, b)


def _days_looked_back(rule: Rule) -> int | None:
    params: Any = rule.params
    if rule.type == "cooldown":
        return params.period.n + 1
    if params.period.kind == "lifetime":
        return None
    gap = (params.min_gap.seconds or 0) // local_time.DAY_SECONDS + 1 if params.min_gap else 0
    return max(params.period.n, gap)


def _fresh_days(rule: Rule) -> int | None:
    params: Any = rule.params
    return params.fresh_within.n if rule.type == "bar" and params.fresh_within else None


def sheet_digest(sheet: dict[str, Any]) -> tuple[str, str]:
    """SHA-256 of the canonical JSON of a fact sheet, and that JSON."""
    text = json.dumps(sheet, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest(), text
