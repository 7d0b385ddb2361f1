"""What the oracle is told, said to the gate: a world and an ask of `policy.evaluate` as facts of `compliance`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from collections_app.compliance import facts
from collections_app.compliance.facts import Slot
from collections_app.policy import evaluate as oracle
from collections_app.policy.in_force import Loaded, Policies
from collections_app.policy.schema import BarParams, Ladder, Preset

# The ways of an event whose name says its channel; all others are calls.
CHANNELS = {
    "voicemail_left": "voicemail", "voicemail_limited_left": "voicemail_limited", "sms_sent": "sms", "email_sent": "email",
    "letter_sent": "letter", "im_sent": "im", "social_sent": "social", "push_sent": "push", "fax_sent": "fax",
    "visit_made": "visit", "payment_pull_refused": "payment_pull",
}  # fmt: skip
PLACES = {
    "mobile": "own_phone", "landline": "home", "home_address": "home", "work_phone": "work", "work_email": "work",
    "work_address": "work",
}  # fmt: skip
NEVER = date(9999, 12, 31)


class StatedPolicies(Policies):
    """Presets (and ladders) that a test holds in its hand. `named`: in force by their dates alone, whom they fit or not."""

    def __init__(self, presets: Iterable[Preset], *, named: bool = False, ladders: Iterable[Ladder] = ()) -> None:
        self.presets = [_loaded(n, p) for n, p in enumerate(presets)]
        self.ladders = [_loaded(1000 + n, x) for n, x in enumerate(ladders)]
        self._for = {}
        self.named = named

    def presets_for(self, *, on: date, **of: Any) -> tuple[Loaded, ...]:
        return tuple(p for p in self.presets if p.in_force(on)) if self.named else super().presets_for(on=on, **of)


def _loaded(number: int, content: Any) -> Loaded:
    return Loaded(
        number,
        content.id,
        content.version,
        content.digest,
        content.status,
        content.effective_from,
        content.effective_to,
        content,
    )


def as_facts(
    world: oracle.World, asked: oracle.Ask, presets: Sequence[Preset], *, law_on: date | None = None
) -> tuple[facts.Ask, facts.Facts]:
    """The ask and all facts of its world. Dates that begin something are read in the first zone of the first preset."""
    ask = oracle.complete(world, asked)
    assert ask.debts is not None
    zone = _first_zone(world, presets)
    debtor = world.debtor.id
    loans = {
        x.id: facts.LoanFact(
            x.id, debtor, x.product, x.debt_kind, x.agreement_kind or "", x.lender_type, world.collector_role,
            x.contract_law or "", x.creditor_group, law_on,
        )
        for x in world.loans
    }  # fmt: skip
    people = _people(world, ask)
    told = facts.Facts(
        persons=people, loans=loans, checks_assumed=True, margin_seconds=world.margin_seconds,
        closed_days={c: x.holidays for c, x in world.calendars.items()},
        open_days={c: x.workdays for c, x in world.calendars.items()},
    )  # fmt: skip
    _tell_events(world, presets, told)
    _tell_states(world, ask, zone, told)
    for c in world.consents:
        given = instant(c.given_at, zone)
        told.person(debtor if c.person is None else c.person).consents.append(
            facts.ConsentFact(
                c.kind,
                given,
                c.known_at or given,
                None if c.withdrawn_at is None else instant(c.withdrawn_at, zone),
                c.person,
            )
        )
    for check in world.checks:
        at = () if check.checked_at is None else (instant(check.checked_at, zone),)
        key = (check.state, None)
        told.checks[key] = tuple(sorted((*told.checks.get(key, ()), *at)))
    settled = {
        e.contact
        for e in world.events
        if e.contact and e.at <= ask.at and (e.known_at or e.at) <= (ask.known_at or ask.at)
    }
    for slot in world.in_flight:
        if slot.id not in settled:
            told.hold(Slot(_ask(world, oracle.complete(world, slot), loans), slot.at))
    return _ask(world, replace(ask, id=ask.id or "asked"), loans), told


def _ask(world: oracle.World, ask: oracle.Ask, loans: dict[str, facts.LoanFact]) -> facts.Ask:
    assert ask.debts is not None
    return facts.Ask(
        id=ask.id, phase=ask.phase, on=ask.at.date(), at=ask.at, known_at=ask.known_at, person=ask.person, party=ask.party,
        channel=ask.channel, loans=tuple(x for i, x in loans.items() if i in ask.debts), direction=ask.direction,
        purpose=ask.purpose, address=ask.address, place=ask.place or "", discloses=ask.discloses or "", basis=ask.basis,
        collector_role=ask.collector_role or "", template=ask.template, stage=ask.stage, ladder_day=ask.ladder_day,
        language=ask.language or "", content=ask.content, block_languages=tuple(sorted(ask.block_languages.items())),
        agent=_agent(ask.agent),
    )  # fmt: skip


def _people(world: oracle.World, ask: oracle.Ask) -> dict[Any, facts.PersonFact]:
    """Everybody; what hours and dates were named counts for whoever is asked."""
    debtor = world.debtor
    zones = tuple(sorted(debtor.zones.items()))
    people = {debtor.id: facts.PersonFact(debtor.id, debtor.country or "", debtor.region or "", zones, debtor.facts)}
    for p in world.persons:
        mine = zones if p.zones is None else tuple(sorted(p.zones.items()))
        known = people.get(p.id)
        people[p.id] = facts.PersonFact(
            p.id, zones=mine, conditions=p.facts | (known.conditions if known else frozenset())
        )
    asked = people.setdefault(ask.person, facts.PersonFact(ask.person, zones=zones))
    asked.hours = [
        facts.HoursFact(w.kind, w.start, w.end, w.days, w.to_inclusive, w.holidays) for w in world.windows
    ] + [
        facts.HoursFact(
            "inconvenient", w.start, w.end, w.days, channels=tuple(w.channels or ()), places=tuple(w.places or ())
        )
        for w in world.inconvenient
    ]
    asked.dates = [facts.DateFact(d.kind, d.first, d.last) for d in world.dates]
    return people


def _tell_events(world: oracle.World, presets: Sequence[Preset], told: facts.Facts) -> None:
    debtor = world.debtor.id
    ending = _ending_kinds(presets)
    for n, e in enumerate(world.events):
        channel = e.channel or CHANNELS.get(e.kind, "voice")
        # Who is not named is the debtor; where it ends a state, anybody.
        person = None if e.person is None and e.kind in ending else e.person or debtor
        said = facts.EventFact(
            e.kind, e.at, e.known_at or e.at, person, e.party, tuple(sorted(e.debts or ())), e.address, channel, e.direction,
            e.purpose, e.place or _place(world, e.address, channel), e.creditor_group or world.loans[0].creditor_group, e.flags,
            e.contact, f"event {n}",
        )  # fmt: skip
        told.person(debtor if person is None else person).events.append(said)
        told.events_about.setdefault(debtor, []).append(said)


def _tell_states(world: oracle.World, ask: oracle.Ask, zone: ZoneInfo, told: facts.Facts) -> None:
    debtor = world.debtor.id
    for s in world.states:
        begins = instant(s.begins, zone)
        person = s.person or debtor
        state = facts.StateFact(
            s.name,
            person,
            begins,
            s.known_at or begins,
            None if s.until is None else end(s.until, zone),
            s.debts,
            s.address,
            s.channels,
        )
        if person in (debtor, ask.person):
            told.person(person).states.append(state)
            continue
        for loan in s.debts if s.debts is not None else [x.id for x in world.loans]:
            told.states_about.setdefault(("loan", loan), []).append(state)
        if s.address is not None:
            told.states_about.setdefault(("address", s.address), []).append(state)


def _ending_kinds(presets: Iterable[Preset]) -> frozenset[str]:
    found: set[str] = set()
    for preset in presets:
        for rule in preset.rules:
            if isinstance(rule.params, BarParams) and rule.params.ends:
                found |= {
                    *rule.params.ends.event,
                    *((rule.params.ends.or_after_event,) if rule.params.ends.or_after_event else ()),
                }
    return frozenset(found)


def _agent(agent: oracle.Agent | None) -> facts.AgentFact | None:
    if agent is None:
        return None
    certs = None if agent.certs is None else dict.fromkeys(agent.certs, NEVER)
    return facts.AgentFact(
        "agent",
        certs,
        agent.training_on,
        agent.agency_review_on,
        agent.people,
        agent.id_shown,
        agent.licensed,
        agent.action,
    )


def _place(world: oracle.World, address: str | None, channel: str) -> str:
    bare = "home" if channel in ("visit", "letter") else "own_phone"
    found = next((a for a in world.addresses if a.id == address), None)
    return bare if found is None else found.place or PLACES.get(found.kind, bare)


def _first_zone(world: oracle.World, presets: Sequence[Preset]) -> ZoneInfo:
    for preset in presets:
        named = [preset.tz.fixed] if preset.tz.fixed else [world.debtor.zones.get(s) for s in preset.tz.sources]
        for name in (*named, preset.tz.fallback):
            if name:
                return ZoneInfo(name)
    return ZoneInfo("UTC")


def instant(moment: datetime | date, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), zone).astimezone(UTC)


def end(until: datetime | date, zone: ZoneInfo) -> datetime:
    return (
        until.astimezone(UTC) if isinstance(until, datetime) else instant(date.fromordinal(until.toordinal() + 1), zone)
    )
