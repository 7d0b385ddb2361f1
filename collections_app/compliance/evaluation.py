"""One contact under all presets in force: the verdict, the rules that gave it, and the next allowed instant.

Pure: no database, no clock. Answers of contacts that are alike in everything a rule may look at are given once
(`Evaluator` remembers them), which is what lets the gate judge twenty thousand with the rules of one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from collections_app.policy import calendars
from collections_app.policy.in_force import Loaded, Policies, ladder_as_preset
from collections_app.policy.schema import HOUSE, Ladder, Preset, Rule

from . import local_time
from .facts import Ask, Facts, LoanFact
from .rules import HOURLY, TYPES, content
from .rules.asked import FURTHEST, Asked, matches
from .verdict import ORDER, PERMITTING, Answer, Outcome

NO_LAW = "no-law-loaded"
_BLOCKING = ("approve", "deny")


class Evaluator:
    """Judges asks under the loaded policies. Make one for a piece of work; it keeps what it has answered."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self._answers: dict[tuple[Any, ...], Answer] = {}
        self._applying: dict[tuple[Any, ...], tuple[tuple[Preset, Rule], ...]] = {}
        self._needs: dict[tuple[Any, ...], int | None] = {}
        self._closing: dict[tuple[Any, ...], bool] = {}

    # -- which law -----------------------------------------------------------------------------

    def in_force(self, ask: Ask, facts: Facts, on: dt.date) -> tuple[Loaded, ...]:
        """Presets for the furthest loan's debtor on the day that the law is asked for."""
        loan = ask.loans[0] if ask.loans else LoanFact(None, ask.person)
        debtor = facts.person(loan.debtor)
        return self.policies.presets_for(
            country=debtor.country, region=debtor.region, contract_law=loan.contract_law, debt_kind=loan.debt_kind,
            collector_role=ask.collector_role, product=loan.product, lender_type=loan.lender_type,
            agreement_kind=loan.agreement_kind, on=loan.law_on or on,
        )

    def _ladder(self, ask: Ask, on: dt.date) -> Ladder | None:
        loan = ask.loans[0] if ask.loans else None
        found = self.policies.ladder_for(loan.product, loan.law_on or on) if loan else None
        return found.content if found else None

    def applying(self, ask: Ask, facts: Facts, on: dt.date) -> tuple[tuple[Preset, Rule], ...]:
        """The rules that look at this contact: of its phase, in force, matching. Remembered by what they match on."""
        loan = ask.loans[0] if ask.loans else None
        debtor = facts.person(ask.debtor)
        key = (*_contact_key(ask), debtor.country, debtor.region, (loan.law_on if loan else None) or on)
        if key not in self._applying:
            day = (loan.law_on if loan else None) or on
            presets = [p.content for p in self.in_force(ask, facts, on)]
            ladder = self._ladder(ask, on)
            if ladder is not None:
                presets.append(ladder_as_preset(ladder))
            self._applying[key] = tuple(
                (p, r) for p in presets for r in p.rules
                if ask.phase in r.phase and r.in_force(day) and matches(r.match, ask)
            )
        return self._applying[key]

    def look_back_days(self, ask: Ask, facts: Facts) -> int | None:
        """How many days of events the rules of this contact can look at: 0 none, None all of them."""
        loan = ask.loans[0] if ask.loans else None
        debtor = facts.person(ask.debtor)
        key = (*_contact_key(ask), debtor.country, debtor.region, loan.law_on if loan else ask.on, ask.content is None)
        if key not in self._needs:
            days: int | None = 0
            for _, rule in self.applying(ask, facts, ask.on):
                need = _look_back(rule, ask)
                days = None if need is None or days is None else max(days, need)
            self._needs[key] = days
        return self._needs[key]

    # -- judging -------------------------------------------------------------------------------

    def judge(self, ask: Ask, facts: Facts) -> Answer:
        """The answer for this contact. A plan is judged at the first instant of its day that the hours leave open."""
        key = self._memo_key(ask, facts)
        if key is not None and key in self._answers:
            return self._answers[key]
        at = ask.at if ask.at is not None else self._first_open_instant(ask, facts)
        answer = self._judge_at(ask, facts, at)
        if key is not None:
            self._answers[key] = answer
        return answer

    def _memo_key(self, ask: Ask, facts: Facts) -> tuple[Any, ...] | None:
        """What the answer depends on, when nothing dated is known of the people; None when something is."""
        person, debtor = facts.person(ask.person), facts.person(ask.debtor)
        if ask.agent is not None or not person.plain or not debtor.plain:
            return None
        if facts.in_flight.get(ask.person) or facts.group_events.get(ask.debtor):
            return None
        checked = tuple(facts.checked_at(s, debtor.id) for s in sorted({state for state, _ in facts.checks}))
        return (
            *_contact_key(ask), ask.at, ask.on, ask.known_at, ask.address is None, ask.content, ask.language, ask.conditions,
            ask.number_invalid, ask.discloses, person.zones, person.country, person.region, person.conditions, debtor.conditions,
            debtor.country, debtor.region, tuple(loan.law_on for loan in ask.loans), checked,
        )

    def _judge_at(self, ask: Ask, facts: Facts, at: dt.datetime) -> Answer:
        asked = self._asked_on(ask, facts, at)
        answers = self._outcomes(ask, facts, at)
        law = [p for p in self.in_force(ask, facts, asked) if not p.content.is_house]
        sheet = self._sheet(ask, facts, asked, answers)
        if not law:
            return Answer("deny", (NO_LAW,), None, {**sheet, "why": "no preset of a jurisdiction is in force"}, at)
        verdict = max((o.verdict for _, _, o in answers), key=ORDER.__getitem__, default="allow")
        if verdict == "allow":
            return Answer("allow", (), at, sheet, at)
        by = tuple(sorted({r.id for _, r, o in answers if o.verdict == verdict}))
        return Answer(verdict, by, at if verdict in PERMITTING else self._next_allowed(ask, facts, at, answers), sheet, at)

    def _asked_on(self, ask: Ask, facts: Facts, at: dt.datetime) -> dt.date:
        """The local date that the law is asked for, in the person's first zone (UTC where none is known)."""
        zones = facts.person(ask.person).zones
        return local_time.local(at, zones[0][1]).date() if zones else at.date()

    def _outcomes(
        self, ask: Ask, facts: Facts, at: dt.datetime, only: frozenset[str] | None = None
    ) -> list[tuple[Preset, Rule, Outcome]]:
        found = []
        views: dict[str, Asked] = {}
        for preset, rule in self.applying(ask, facts, self._asked_on(ask, facts, at)):
            if only is not None and rule.type not in only:
                continue
            asked = views.get(preset.id)
            if asked is None:
                asked = views[preset.id] = Asked(ask, facts, at, preset)
            if rule.in_state and not asked.state_in_force(rule.in_state):
                continue
            if rule.lifted_by and asked.consent_in_force(rule.lifted_by):
                found.append((preset, rule, Outcome("allow", {"lifted_by": rule.lifted_by}, at)))
                continue
            outcome = TYPES[rule.type](rule, asked)
            if outcome is not None:
                found.append((preset, rule, outcome))
        return found

    def _first_open_instant(self, ask: Ask, facts: Facts) -> dt.datetime:
        """First instant of `ask.on` in all the person's zones that every window leaves open; the day's first instant if
        there is none, so that the windows themselves say why."""
        zones = tuple(z for _, z in facts.person(ask.person).zones) or ("UTC",)
        begin = max(local_time.day_start(ask.on, z) for z in zones)
        at = begin
        for _ in range(50):
            blocking = [o for _, _, o in self._outcomes(ask, facts, at, HOURLY) if o.verdict in _BLOCKING]
            if not blocking:
                return at
            opens = [o.opens_at for o in blocking]
            if None in opens:
                return begin
            at = max(opens)  # type: ignore[type-var]
            if any(local_time.local(at, z).date() != ask.on for z in zones):
                return begin
        return begin

    def _next_allowed(
        self, ask: Ask, facts: Facts, at: dt.datetime, answers: Sequence[tuple[Preset, Rule, Outcome]]
    ) -> dt.datetime | None:
        """The earliest instant at which the very same contact, with nothing new, would get allow or warn."""
        limit = at + FURTHEST
        moment = at
        current = list(answers)
        for _ in range(2000):
            blocking = [o.opens_at for _, _, o in current if o.verdict in _BLOCKING]
            if not blocking:
                return moment
            if None in blocking:
                return None
            later = max(blocking)  # type: ignore[type-var]
            if later is None or later <= moment or later > limit:
                return None
            moment = later
            current = self._outcomes(_known_by(ask, at), facts, moment)
        return None

    def _sheet(
        self, ask: Ask, facts: Facts, on: dt.date, answers: Sequence[tuple[Preset, Rule, Outcome]]
    ) -> dict[str, Any]:
        loan = ask.loans[0] if ask.loans else None
        presets = [
            {"id": p.ident, "version": p.version, "digest": p.digest, "status": p.state, "jurisdiction": p.content.jurisdiction}
            for p in self.in_force(ask, facts, on)
        ]
        ladder = self._ladder(ask, on)
        if ladder is not None:
            presets.append({"id": f"ladder-{ladder.id}", "version": ladder.version, "digest": ladder.digest, "status": ladder.status, "jurisdiction": HOUSE})
        sheet: dict[str, Any] = {
            "presets": presets,
            "rules": [
                {
                    "id": r.id, "preset": p.id, "type": r.type, "level": r.level, "verdict": o.verdict, "cite": r.cite,
                    "confidence": r.confidence, "seen": o.seen,
                }
                for p, r, o in answers
            ],
            "tzdata": local_time.tzdata_version(),
            "calendars": calendars.holidays_version(),
            "zones": dict(facts.person(ask.person).zones),
        }
        if loan is not None and loan.law_on is not None:
            sheet["law_on_assumed"] = loan.law_on.isoformat()
        return sheet

    def open_until(self, ask: Ask, facts: Facts, at: dt.datetime, seconds: int) -> dt.datetime:
        """The last instant, at most so many seconds on, before an hour of the presets closes: when a clearance ends."""
        if not self._hours_close(ask, facts, at + dt.timedelta(seconds=seconds)):
            return at + dt.timedelta(seconds=seconds)
        low, high = 0, seconds
        while low < high:
            middle = (low + high + 1) // 2
            if self._hours_close(ask, facts, at + dt.timedelta(seconds=middle)):
                high = middle - 1
            else:
                low = middle
        return at + dt.timedelta(seconds=low)

    def _hours_close(self, ask: Ask, facts: Facts, at: dt.datetime) -> bool:
        key = (*_contact_key(ask), at, facts.person(ask.person).zones, facts.person(ask.person).plain)
        if not facts.person(ask.person).plain or key not in self._closing:
            self._closing[key] = any(o.verdict in _BLOCKING for _, _, o in self._outcomes(ask, facts, at, HOURLY))
        return self._closing[key]

    def blocks_required(self, ask: Ask, facts: Facts) -> tuple[str, ...]:
        """Blocks that the presets in force demand of a text to this person now; the renderer adds what is missing."""
        at = ask.at or self._first_open_instant(ask, facts)
        wanted: list[str] = []
        for preset, rule in self.applying(ask, facts, self._asked_on(ask, facts, at)):
            if rule.type == "content" and content.applies(rule, Asked(ask, facts, at, preset)):
                wanted += [b for b in rule.params.require if b not in wanted]  # type: ignore[union-attr]
        return tuple(wanted)


def _known_by(ask: Ask, at: dt.datetime) -> Ask:
    if ask.known_at is not None:
        return ask
    import dataclasses

    return dataclasses.replace(ask, known_at=at)


def _contact_key(ask: Ask) -> tuple[Any, ...]:
    """Everything of the contact that a `match` can look at."""
    return (
        ask.phase, ask.channel, ask.direction, ask.purpose, ask.party, ask.place, ask.template, ask.basis, ask.collector_role,
        ask.stage, ask.ladder_day, ask.discloses,
        tuple((x.product, x.lender_type, x.agreement_kind, x.debt_kind, x.contract_law) for x in ask.loans),
    )


def _look_back(rule: Rule, ask: Ask) -> int | None:
    params: Any = rule.params
    if rule.type == "rate":
        return None if params.period.kind == "lifetime" else (params.period.days or 31 * params.period.n) + 1
    if rule.type == "cooldown":
        return (params.period.days or params.period.n) + 2
    if rule.type == "party":
        entry = params.entry(ask.party)
        special = entry and (entry.stop_on or entry.max_lifetime is not None or "failed_attempts_3_consecutive" in entry.needs_any)
        return None if special else 0
    if rule.type == "content":
        return None if params.on != "every" and ask.content is not None else 0
    return 0  # a bar looks at events only while a state is known; reading.py fetches those


def sheet_digest(sheet: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a fact sheet."""
    return hashlib.sha256(json.dumps(sheet, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
