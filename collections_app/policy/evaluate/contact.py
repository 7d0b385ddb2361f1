"""What the gate must say of one contact, worked out one rule and one instant at a time.

This is the oracle of the tests: plain, slow, pure, without database, and without a line in common with the
gate. The facts are frozen at the ask: seen is what had happened by `at` and was known by `known_at`. The same
facts are then put before the rules at later instants to find the first one that permits.

Read where the pages leave a choice (each is the stricter one unless said otherwise):

- `next_allowed_at` holds the facts still, so a state, consent or event that begins after the ask is no fact
  of it; a date inside a fact that is seen (the end of a state, a dated fact, hours, a calendar) does count.
- A register without any `check` counts as looked into at each instant tried; with checks it grows stale.
- A state that names debts is about those only, whatever the scope of the bar; an event that names a debt ends a state
  for that debt only.
- Events without a debt go, in a rate, to the debt of the debtor that has most in the same period, to each
  that ties; a cooldown and a `min_gap` take them for every debt.
- Keys of the loan in `match` choose the debts of the contact that a rule looks at; a debt that does not fit
  is not counted and not barred by it.
- A contact in flight counts for `min_gap`, `except_once` and `max_lifetime` too: both mean once, settled or not.
- Whole days as bounds of hours (00:00, 24:00) are not moved by `margin_seconds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from collections_app.policy import calendars
from collections_app.policy.evaluate.facts import (
    CHANNEL_OF_EVENT,
    PLACE_OF_ADDRESS,
    Agent,
    AgreedWindow,
    Answer,
    Ask,
    Consent,
    Event,
    Loan,
    Moment,
    State,
    World,
    place_without_address,
)
from collections_app.policy.evaluate.moments import (
    DAY_SECONDS,
    add,
    beginning,
    day_in,
    end_of,
    first_day,
    shows,
    turning_points,
)
from collections_app.policy.schema import (
    ActorParams,
    BarEnds,
    BarParams,
    ContentParams,
    CooldownParams,
    Match,
    PartyEntry,
    PartyParams,
    Period,
    Preset,
    RateParams,
    Rule,
    WindowParams,
)
from collections_app.policy.schema.vocabulary import CONTACT_EVENTS

VERDICTS = ("allow", "warn", "approve", "deny")
HORIZON = timedelta(days=400)
NO_LAW = "no-law-loaded"

_PERMITTING = ("allow", "warn")
_VERDICT_OF_UNKNOWN = {"deny": "deny", "ask": "approve", "pass": "allow"}
_FAILED_ATTEMPTS = ("call_unanswered", "delivery_failed")
_PRIOR_CONSENT_DAYS = 6

Seen = dict[str, object]


@dataclass(frozen=True)
class Finding:
    """What one rule says of the contact at one instant, and what it looked at."""

    verdict: str
    seen: Mapping[str, object]


def judge(world: World, ask: Ask, presets: Iterable[Preset], *, require_law: bool = False) -> Answer:
    """What the gate must answer. `presets` are those that apply; their dates and their rules' are tested.

    With `require_law` a contact for which no preset of a jurisdiction is in force is denied: `no-law-loaded`.
    """
    asked = complete(world, ask)
    views = [View(world, asked, preset) for preset in presets]
    verdict, by, findings = _weigh(views, asked, require_law)
    at = asked.at.astimezone(UTC)
    first = at if verdict in _PERMITTING else _first_permitted(views, asked, require_law)
    facts = {i: {"verdict": finding.verdict, **finding.seen} for i, finding in findings.items()}
    return Answer(verdict, by, first, facts)


def verdict_of(
    world: World, ask: Ask, presets: Iterable[Preset], *, require_law: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Verdict and rules of `judge`, without the search for the next instant, which is most of its work."""
    asked = complete(world, ask)
    return _weigh([View(world, asked, preset) for preset in presets], asked, require_law)[:2]


def _weigh(views: Sequence[View], asked: Ask, require_law: bool) -> tuple[str, tuple[str, ...], dict[str, Finding]]:
    """The strictest verdict at the instant of the ask, the rules that gave it, and what every rule found."""
    at = asked.at.astimezone(UTC)
    findings: dict[str, Finding] = {}
    for view, rule in _rules_of_phase(views, asked.phase):
        finding = view.judge(rule, at)
        # Two presets may share a rule id; the stricter one answers for it.
        if finding and (rule.id not in findings or _rank(finding.verdict) > _rank(findings[rule.id].verdict)):
            findings[rule.id] = finding
    if require_law and not _law_in_force(views, at):
        findings[NO_LAW] = Finding("deny", {})
    verdict = max((finding.verdict for finding in findings.values()), key=_rank, default="allow")
    if verdict == "allow":
        return verdict, (), findings
    return verdict, tuple(i for i, found in findings.items() if found.verdict == verdict), findings


def complete(world: World, ask: Ask) -> Ask:
    """The ask with its defaults: debts, who is reached, where, what is disclosed, in which role."""
    person = ask.person
    if person is None:
        listed = (p.id for p in world.persons if p.role == ask.party)
        person = world.debtor.id if ask.party == "debtor" else next(listed, ask.party)
    return replace(
        ask,
        debts=tuple(loan.id for loan in world.loans) if ask.debts is None else ask.debts,
        known_at=ask.known_at or ask.at,
        person=person,
        place=ask.place or _place(world, ask.address, ask.channel),
        discloses=ask.discloses or ("none" if ask.purpose in ("locate", "relay") else "debt"),
        collector_role=ask.collector_role or world.collector_role,
    )


def presets_in_force(
    world: World,
    presets: Iterable[Preset],
    on: date,
    *,
    debts: Sequence[str] | None = None,
    collector_role: str | None = None,
    house: bool = False,
) -> tuple[Preset, ...]:
    """Those whose `applies_when` fits the debtor and one of the debts, and that are in force on the date.

    A fact that is not known fits. House presets only where `house` is set: a scenario has to name them.
    """
    fitting = applicable(world, presets, debts=debts, collector_role=collector_role, house=house)
    return tuple(preset for preset in fitting if preset.in_force(on))


def applicable(
    world: World,
    presets: Iterable[Preset],
    *,
    debts: Sequence[str] | None = None,
    collector_role: str | None = None,
    house: bool = False,
) -> tuple[Preset, ...]:
    """Those whose `applies_when` fits, whatever the date: what `judge` is given where no preset is named.

    `collector_role` is that of the ask, if it differs from the one in which we usually collect.
    """
    role = collector_role or world.collector_role
    loans = [loan for loan in world.loans if debts is None or loan.id in debts]
    return tuple(
        preset
        for preset in presets
        if (house or not preset.is_house) and any(_applies(preset, world, loan, role) for loan in loans)
    )


def _applies(preset: Preset, world: World, loan: Loan, role: str) -> bool:
    known: dict[str, str | None] = {
        "debt_kind": loan.debt_kind,
        "collector_role": role,
        "product": loan.product,
        "lender_type": loan.lender_type,
        "agreement_kind": loan.agreement_kind,
    }
    for key, wanted in preset.applies_when.items():
        if key == "debtor_country":
            country = world.debtor.country
            fits = country is None or country in wanted or loan.contract_law in wanted
        elif key == "debtor_region":
            region = world.debtor.region
            fits = region is None or any(region == w or region.startswith(f"{w}-") for w in wanted)
        else:
            fits = known[key] is None or known[key] in wanted
        if not fits:
            return False
    return True


def _rank(verdict: str) -> int:
    return VERDICTS.index(verdict)


def _place(world: World, address: str | None, channel: str) -> str:
    found = next((a for a in world.addresses if a.id == address), None)
    if found is None:
        return place_without_address(channel)
    return found.place or PLACE_OF_ADDRESS.get(found.kind) or place_without_address(channel)


def _rules_of_phase(views: Iterable[View], phase: str) -> list[tuple[View, Rule]]:
    return [(view, rule) for view in views for rule in view.preset.rules if phase in rule.phase]


def _law_in_force(views: Iterable[View], instant: datetime) -> bool:
    return any(not view.preset.is_house and view.in_force(view.preset, instant) for view in views)


# -- the first instant that permits --------------------------------------------------------------------------


def _first_permitted(views: Sequence[View], asked: Ask, require_law: bool) -> datetime | None:
    """Tries every instant at which any rule could open, in order; a rule can open at no other."""
    pairs = _rules_of_phase(views, asked.phase)
    for instant in _openings(views, asked.at.astimezone(UTC)):
        if require_law and not _law_in_force(views, instant):
            continue
        for index, (view, rule) in enumerate(pairs):
            finding = view.judge(rule, instant)
            if finding and finding.verdict not in _PERMITTING:
                # The rule that closes now most likely closes at the next instant too: ask it first.
                pairs.insert(0, pairs.pop(index))
                break
        else:
            return instant
    return None


def _openings(views: Sequence[View], at: datetime) -> Iterator[datetime]:
    """The ask's instant, then in order each later one, up to the horizon, at which something may open."""
    zones: dict[str, tzinfo] = {str(zone): zone for view in views for zone in view.zones}
    bounds = frozenset(bound for view in views for bound in view.bounds_of_hours())
    exact = {instant for view in views for instant in view.exact_openings()}
    yield at
    last = at
    step = timedelta(days=7)
    begin = at
    while begin <= at + HORIZON:
        end = begin + step
        found = {instant for instant in exact if begin <= instant < end}
        for zone in zones.values():
            day = day_in(zone, begin)
            while day <= day_in(zone, end):
                found.update(i for i in turning_points(zone, day, bounds) if begin <= i < end)
                day += timedelta(days=1)
        for instant in sorted(found):
            if last < instant <= at + HORIZON:
                yield instant
                last = instant
        begin = end


# -- what one preset sees ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A contact that counts: one that was made, or one that is in flight."""

    at: datetime
    person: str
    debts: frozenset[str] | None
    address: str | None
    groups: frozenset[str]
    purpose: str
    kind: str


class View:
    """The frozen facts of an ask in the time zones of one preset."""

    def __init__(self, world: World, asked: Ask, preset: Preset) -> None:
        assert asked.debts is not None and asked.known_at is not None and asked.person is not None
        self.world, self.asked, self.preset = world, asked, preset
        self.person: str = asked.person
        named = _zones(preset, world, self.person)
        self.zone_known = bool(named)
        self.zones: tuple[tzinfo, ...] = named or (UTC,)
        self.here = self.zones[0]
        self.loans = _loans_of(asked, world)
        self._counted: dict[str, list[Made]] = {}
        # What happened by `at` and was known by `known_at`; nothing else is a fact of this ask.
        self.events = sorted((e for e in world.events if self.seen(e.at, e.known_at)), key=lambda event: event.at)
        self.states = [s for s in world.states if self.seen(s.begins, s.known_at)]
        self.consents = [c for c in world.consents if self.seen(c.given_at, c.known_at)]
        settled = {event.contact for event in self.events if event.contact}
        self.in_flight = [complete(world, slot) for slot in world.in_flight if slot.id not in settled]

    def seen(self, begins: Moment, known_at: datetime | None) -> bool:
        assert self.asked.known_at is not None
        begun = beginning(begins, self.here)
        return begun <= self.asked.at and (known_at or begun) <= self.asked.known_at

    def in_force(self, dated: Preset | Rule, instant: datetime) -> bool:
        """In force on the local date; where zones disagree about the date, in one of them."""
        return any(dated.in_force(day_in(zone, instant)) for zone in self.zones)

    def judge(self, rule: Rule, instant: datetime) -> Finding | None:
        """What the rule says at the instant; None if it does not concern this contact then."""
        if not (self.in_force(self.preset, instant) and self.in_force(rule, instant)):
            return None
        loans = _loans_that_fit(rule.match, self.asked, self.world)
        if loans is None:
            return None
        if rule.in_state and not self.state_holds(rule.in_state, instant):
            return None
        if rule.lifted_by and self.consented(rule.lifted_by, self.person, instant):
            return None
        return _JUDGES[rule.type](self, rule, loans, instant)

    # -- match

    def _event_fits(self, match: Match, event: Event) -> bool:
        """An event has no template, basis, stage or ladder day, so a match that asks for one does not fit."""
        channel = event.channel or CHANNEL_OF_EVENT.get(event.kind, "voice")
        values = {
            "channel": channel,
            "direction": event.direction,
            "purpose": event.purpose,
            "party": event.party,
            "place": event.place or _place(self.world, event.address, channel),
            "template": None,
            "basis": None,
            "collector_role": self.world.collector_role,
            "step": None,
            "stage": None,
        }
        if not _words_fit(match, values) or match.ladder_day is not None:
            return False
        debts = event.debts or frozenset(loan.id for loan in self.world.loans)
        return not _asks_for_loan(match) or any(
            _loan_fits(match, loan) for loan in self.world.loans if loan.id in debts
        )

    # -- states and consents

    def state_holds(self, name: str, instant: datetime) -> bool:
        """Whether a state of that name is in force for a debt, about the debtor or the asked person."""
        return any(
            state.name == name
            and self._within(state, instant)
            and (state.debts is None or any(loan.id in state.debts for loan in self.loans))
            and (state.person or self.world.debtor.id) in (self.world.debtor.id, self.person)
            and (state.address is None or state.address == self.asked.address)
            for state in self.states
        )

    def _within(self, state: State, instant: datetime) -> bool:
        begun = beginning(state.begins, self.here) <= instant
        return begun and (state.until is None or instant < end_of(state.until, self.here))

    def consented(self, kind: str, person: str, instant: datetime) -> bool:
        return any(c.kind == kind and self._in_force(c, person, instant) for c in self.consents)

    def _in_force(self, consent: Consent, person: str, instant: datetime) -> bool:
        if consent.person not in (None, person) or beginning(consent.given_at, self.here) > instant:
            return False
        if consent.withdrawn_at is None or not self.seen(consent.withdrawn_at, None):
            return True
        return instant < beginning(consent.withdrawn_at, self.here)

    def condition_holds(self, name: str, instant: datetime) -> bool:
        """A condition of a party rule: a fact of person or debtor, a state in force, or found from events."""
        if name == "failed_attempts_3_consecutive":
            return self._failed_attempts() >= 3
        facts = set(self.world.debtor.facts)
        for person in self.world.persons:
            if person.id == self.person:
                facts |= person.facts
        return name in facts or self.state_holds(name, instant)

    def _failed_attempts(self) -> int:
        """Attempts to reach the debtor that failed in a row up to now; any talk or message ends the row."""
        failed = 0
        for event in self.events:
            if self.person_of(event) != self.world.debtor.id:
                continue
            if is_communication(event.kind):
                failed = 0
            elif event.kind in _FAILED_ATTEMPTS:
                failed += 1
        return failed

    # -- contacts that count

    def person_of(self, event: Event) -> str:
        return event.person or self.world.debtor.id

    def made(self, event: Event) -> Made:
        return Made(
            at=event.at,
            person=self.person_of(event),
            debts=event.debts or None,
            address=event.address,
            groups=frozenset({event.creditor_group or self.world.loans[0].creditor_group}),
            purpose=event.purpose,
            kind=event.kind,
        )

    def held(self, slot: Ask) -> Made:
        assert slot.debts is not None and slot.person is not None
        return Made(
            at=slot.at,
            person=slot.person,
            debts=frozenset(slot.debts) or None,
            address=slot.address,
            groups=frozenset(loan.creditor_group for loan in _loans_of(slot, self.world)),
            purpose=slot.purpose,
            kind="in_flight",
        )

    def counted(self, rule: Rule, params: RateParams) -> list[Made]:
        """Events of the kinds that count and contacts in flight, if they fit and are not excluded."""
        if rule.id not in self._counted:
            events = [
                self.made(event)
                for event in self.events
                if event.kind in params.count
                and self._event_fits(rule.match, event)
                and not self.excluded(params.exclude, event.party, self.person_of(event), event.at, event.flags)
            ]
            slots = [
                self.held(slot)
                for slot in self.in_flight
                if _loans_that_fit(rule.match, slot, self.world) is not None
                and not self.excluded(params.exclude, slot.party, str(slot.person), slot.at)
            ]
            self._counted[rule.id] = events + slots
        return self._counted[rule.id]

    def ask_excluded(self, exclude: Sequence[str], instant: datetime) -> bool:
        return self.excluded(exclude, self.asked.party, self.person, instant)

    def excluded(
        self,
        exclude: Sequence[str],
        party: str,
        person: str,
        instant: datetime,
        flags: frozenset[str] = frozenset(),
    ) -> bool:
        """Whether a contact at that instant is one that the rule neither refuses nor counts."""
        return (
            ("to_attorney" in exclude and party == "attorney")
            or ("to_bureau" in exclude and party == "bureau")
            or ("to_creditor" in exclude and party == "creditor")
            or ("not_connected_to_number" in exclude and "not_connected_to_number" in flags)
            or ("prior_consent_7d" in exclude and self._agreed_to_call(person, instant))
        )

    def _agreed_to_call(self, person: str, instant: datetime) -> bool:
        """A consent to this call given at most six days before, in every candidate zone."""
        return any(
            consent.kind == "call_prior"
            and self._in_force(consent, person, instant)
            and all(
                day_in(zone, instant) - day_in(zone, consent.given_at) <= timedelta(days=_PRIOR_CONSENT_DAYS)
                for zone in self.zones
            )
            for consent in self.consents
        )

    # -- hours

    def hours(self, params: WindowParams) -> tuple[tuple[AgreedWindow, ...], bool]:
        """The hours in which a window rule permits, margins taken off, and whether they are agreed ones."""
        agreed = tuple(w for w in self.world.windows if w.kind == params.replaced_by)
        own = tuple(AgreedWindow("", s.opens, s.closes, s.days, s.to_inclusive) for s in params.allow)
        return tuple(self._narrowed(agreed or own)), bool(agreed)

    def _narrowed(self, windows: Iterable[AgreedWindow]) -> Iterator[AgreedWindow]:
        margin = self.world.margin_seconds
        for window in windows:
            start = window.start + (margin if window.start > 0 else 0)
            end = window.end - (margin if window.end < DAY_SECONDS else 0)
            runs_over_midnight = window.end <= window.start
            if runs_over_midnight or start < end or (start == end and window.to_inclusive):
                yield replace(window, start=start, end=end)

    def bounds_of_hours(self) -> Iterator[int]:
        for rule in self.preset.rules:
            if isinstance(rule.params, WindowParams):
                for window in self.hours(rule.params)[0]:
                    yield from (window.start, window.end)
        for unwanted in self.world.inconvenient:
            yield from (unwanted.start, unwanted.end)

    def exact_openings(self) -> Iterator[datetime]:
        """Instants that are neither bound nor midnight: ends of states and of gaps between contacts."""
        for state in self.states:
            yield beginning(state.begins, self.here)
            if state.until is not None:
                yield end_of(state.until, self.here)
        for rule in self.preset.rules:
            if isinstance(rule.params, RateParams) and rule.params.min_gap:
                for made in self.counted(rule, rule.params):
                    yield made.at.astimezone(UTC) + _gap(rule.params.min_gap)

    def closed(self, calendar_ids: Iterable[str], day: date) -> str | None:
        """The first of the calendars that closes the day."""
        for calendar_id in calendar_ids:
            change = self.world.calendars.get(calendar_id)
            if change and day in change.workdays:
                continue
            if (change and day in change.holidays) or calendars.is_closed(calendar_id, day):
                return calendar_id
        return None


def is_communication(kind: str) -> bool:
    """Whether an event of this kind told the person something: a limited voicemail and a mere dial do not."""
    return kind in ("conversation", "voicemail_left", "visit_made") or kind.endswith("_sent")


def _zones(preset: Preset, world: World, person: str) -> tuple[tzinfo, ...]:
    """Candidate zones, each once, in the order of the preset's sources; none if no zone can be told."""
    tz = preset.tz
    if tz.fixed:
        return (ZoneInfo(tz.fixed),)
    known = next((p.zones for p in world.persons if p.id == person and p.zones is not None), world.debtor.zones)
    names = [known[source] for source in tz.sources if source in known]
    if not names and tz.fallback:
        names = [tz.fallback]
    return tuple(ZoneInfo(name) for name in dict.fromkeys(names))


def _loans_of(asked: Ask, world: World) -> tuple[Loan, ...]:
    assert asked.debts is not None
    return tuple(loan for loan in world.loans if loan.id in asked.debts)


def _loans_that_fit(match: Match, asked: Ask, world: World) -> tuple[Loan, ...] | None:
    """The debts of a completed ask that a rule looks at; None if the contact does not fit its match."""
    values = {
        "channel": asked.channel,
        "direction": asked.direction,
        "purpose": asked.purpose,
        "party": asked.party,
        "place": asked.place,
        "template": asked.template,
        "basis": asked.basis,
        "collector_role": asked.collector_role,
        "step": None,
        "stage": asked.stage,
    }
    if not _words_fit(match, values) or not _day_fits(match, asked.ladder_day):
        return None
    loans = tuple(loan for loan in _loans_of(asked, world) if _loan_fits(match, loan))
    return loans if loans or not _asks_for_loan(match) else None


def _words_fit(match: Match, values: Mapping[str, str | None]) -> bool:
    """Every key that is given must have one of its words; a contact without a value for it does not fit."""
    return all(not getattr(match, key) or value in getattr(match, key) for key, value in values.items())


def _day_fits(match: Match, ladder_day: int | None) -> bool:
    if match.ladder_day is None:
        return True
    first, last = match.ladder_day
    return ladder_day is not None and first <= ladder_day <= last


def _asks_for_loan(match: Match) -> bool:
    return bool(match.product or match.lender_type or match.agreement_kind)


def _loan_fits(match: Match, loan: Loan) -> bool:
    return (
        (not match.product or loan.product in match.product)
        and (not match.lender_type or loan.lender_type in match.lender_type)
        and (not match.agreement_kind or loan.agreement_kind in match.agreement_kind)
    )


def _gap(period: Period) -> timedelta:
    seconds = period.seconds
    if seconds is None:
        raise ValueError(f"a gap of {period.n} {period.unit} is not one of minutes")
    return timedelta(seconds=seconds)


def _found(rule: Rule, refused: bool, seen: Seen) -> Finding:
    return Finding(rule.verdict if refused else "allow", seen)


# -- the rule types ------------------------------------------------------------------------------------------


def _judge_window(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    """Refused if any candidate zone refuses; only dated facts look at the first zone alone."""
    params = rule.params
    assert isinstance(params, WindowParams)
    if params.allow and not view.zone_known:
        return Finding(_VERDICT_OF_UNKNOWN[view.preset.tz.on_unknown], {"zone": "unknown"})
    hours, agreed = view.hours(params)
    seen: Seen = {}
    for zone in view.zones:
        seen = {"zone": str(zone), "local": instant.astimezone(zone).replace(tzinfo=None).isoformat()}
        holiday = view.closed(params.holidays, day_in(zone, instant))
        if params.allow:
            open_now = [w for w in hours if shows(zone, instant, w.start, w.end, w.days, w.to_inclusive)]
            if not open_now:
                return _found(rule, True, {**seen, "why": "agreed_hours" if agreed else "hours"})
            if agreed and any(window.holidays for window in open_now):
                holiday = None
        if holiday:
            return _found(rule, True, {**seen, "why": "holiday", "calendar": holiday})
        if params.deny_stated and _inconvenient(view, zone, instant):
            return _found(rule, True, {**seen, "why": "stated_inconvenient"})
    today = day_in(view.here, instant)
    for dated in view.world.dates:
        if dated.kind in params.deny_dates and dated.first <= today <= dated.last:
            return _found(rule, True, {**seen, "why": dated.kind})
    return _found(rule, False, seen)


def _inconvenient(view: View, zone: tzinfo, instant: datetime) -> bool:
    return any(
        (unwanted.channels is None or view.asked.channel in unwanted.channels)
        and (unwanted.places is None or view.asked.place in unwanted.places)
        and shows(zone, instant, unwanted.start, unwanted.end, unwanted.days, to_inclusive=False)
        for unwanted in view.world.inconvenient
    )


def _judge_rate(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    """Refused if what is counted has reached `max` under one key, or one is nearer than `min_gap`."""
    params = rule.params
    assert isinstance(params, RateParams)
    if "address" in params.key and view.asked.address is None:
        return None
    if view.ask_excluded(params.exclude, instant):
        return Finding("allow", {"excluded": True})
    keyed = [made for made in view.counted(rule, params) if _same_key(view, params.key, made)]
    debts: list[Loan | None] = list(loans) if "debt" in params.key else [None]
    most, full = 0, False
    for zone in view.zones:
        today = day_in(zone, instant)
        first = first_day(params.period.kind, params.period.n, today)
        inside = [made for made in keyed if (first is None or first <= day_in(zone, made.at))]
        inside = [made for made in inside if first is None or day_in(zone, made.at) <= today]
        for debt in debts:
            for group in _groups(params.key, debt, loans):
                most = max(most, _count(view, rule, inside, debt, group))
    full = most >= params.max
    seen: Seen = {"counted": most, "max": params.max}
    if params.min_gap:
        gap = _gap(params.min_gap)
        near = [
            made
            for made in keyed
            if timedelta(0) <= instant - made.at < gap
            and any(_concerns(made, debt, group) for debt in debts for group in _groups(params.key, debt, loans))
        ]
        seen["too_near"] = bool(near)
        full = full or bool(near)
    return _found(rule, full, seen)


def _same_key(view: View, key: Sequence[str], made: Made) -> bool:
    """Whether it is about the same person and address; a world has one debtor, so that key fits always."""
    return ("person" not in key or made.person == view.person) and (
        "address" not in key or made.address == view.asked.address
    )


def _groups(key: Sequence[str], debt: Loan | None, loans: tuple[Loan, ...]) -> list[str | None]:
    if "creditor_group" not in key:
        return [None]
    if debt is not None:
        return [debt.creditor_group]
    return sorted({loan.creditor_group for loan in loans})  # type: ignore[return-value]


def _concerns(made: Made, debt: Loan | None, group: str | None) -> bool:
    """Whether a counted contact is about the debt (or names none) and the creditor."""
    return (group is None or group in made.groups) and (debt is None or made.debts is None or debt.id in made.debts)


def _count(view: View, rule: Rule, inside: list[Made], debt: Loan | None, group: str | None) -> int:
    """How many count for one debt: those that name it, and those that name none if no other debt has more."""
    of_group = [made for made in inside if group is None or group in made.groups]
    if debt is None:
        return len(of_group)
    named = {
        loan.id: sum(1 for made in of_group if made.debts and loan.id in made.debts)
        for loan in view.world.loans
        if _loan_fits(rule.match, loan)
    }
    unnamed = sum(1 for made in of_group if made.debts is None)
    most_used = named[debt.id] == max(named.values())
    return named[debt.id] + (unnamed if most_used else 0)


def _judge_cooldown(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    """Refused on the closed days after an event of the kind `after`, whoever started it."""
    params = rule.params
    assert isinstance(params, CooldownParams)
    if "address" in params.key and view.asked.address is None:
        return None
    if view.ask_excluded(params.exclude, instant):
        return Finding("allow", {"excluded": True})
    debts: list[Loan | None] = list(loans) if "debt" in params.key else [None]
    length = params.period.n - (1 if params.day_one == "event_day" else 0)
    for event in view.events:
        made = view.made(event)
        if (
            event.kind == params.after
            and _same_key(view, params.key, made)
            and any(_concerns(made, debt, group) for debt in debts for group in _groups(params.key, debt, loans))
            and not view.excluded(params.exclude, event.party, made.person, event.at, event.flags)
            and any(day_in(z, instant) <= add(day_in(z, event.at), length, "day") for z in view.zones)
        ):
            return _found(rule, True, {"after": params.after, "at": event.at.isoformat()})
    return _found(rule, False, {"after": params.after, "at": None})


def _judge_bar(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    params = rule.params
    assert isinstance(params, BarParams)
    asked = view.asked
    if asked.party in params.except_party or asked.purpose in params.except_purpose:
        return None
    if params.state is None:
        return _found(rule, True, {"match": list(rule.match.given)})
    for state in view.states:
        if state.name == params.state and _bars(view, rule, state, loans, instant):
            return _found(rule, True, {"state": state.name, "from": state.begins.isoformat()})
    if params.fresh_within and not _fresh(view, params.state, params.fresh_within, instant):
        unknown = _VERDICT_OF_UNKNOWN[rule.on_unknown or "deny"]
        return Finding(unknown, {"state": params.state, "register": "not fresh"})
    return _found(rule, False, {"state": None})


def _bars(view: View, rule: Rule, state: State, loans: tuple[Loan, ...], instant: datetime) -> bool:
    """Whether this state bars this contact at the instant."""
    params = rule.params
    assert isinstance(params, BarParams)
    if not _in_scope(view, params.scope, state, loans):
        return False
    began = beginning(state.begins, view.here)
    starts = began
    if params.starts == "on_notice" and state.known_at is not None:
        starts = max(began, state.known_at.astimezone(UTC))
    if instant < starts or (state.until is not None and instant >= end_of(state.until, view.here)):
        return False
    # Where no debt is meant, None stands for the contact as a whole.
    debts: list[str | None] = [loan.id for loan in loans] or [None]
    if state.debts is not None:
        debts = [debt for debt in debts if debt in state.debts]
    if all(_ended(view, params.ends, state, debt, starts, instant) for debt in debts):
        return False
    return view.asked.purpose not in params.except_once or _let_through_before(view, began, instant)


def _in_scope(view: View, scope: str | None, state: State, loans: tuple[Loan, ...]) -> bool:
    """Whether the state is about a debt of the contact, and about whom or what the scope names."""
    if state.debts is not None and not any(loan.id in state.debts for loan in loans):
        return False
    person = state.person or view.world.debtor.id
    if scope == "debt":
        return bool(loans)
    if scope == "debtor":
        return person == view.world.debtor.id
    if scope == "person":
        return person == view.person
    # A refusal without an address closes the medium as a whole for that person.
    same = person == view.person if state.address is None else state.address == view.asked.address
    return same and (state.channels is None or view.asked.channel in state.channels)


def _ended(
    view: View, ends: BarEnds | None, state: State, debt: str | None, starts: datetime, instant: datetime
) -> bool:
    """Whether an event ended the state for this debt, or its period is over."""
    if ends is None:
        return False
    if any(_ends_state(view, event, ends.event, state, debt) for event in view.events if event.at <= instant):
        return True
    if ends.or_after is None:
        return False
    counts_from: datetime | None = starts
    if ends.or_after_event:
        counts_from = next(
            (e.at for e in view.events if _ends_state(view, e, (ends.or_after_event,), state, debt)), None
        )
    if counts_from is None:
        return False
    length = ends.or_after.n - (1 if ends.day_one == "event_day" else 0)
    return day_in(view.here, instant) > add(day_in(view.here, counts_from), length, "day")


def _ends_state(view: View, event: Event, kinds: Sequence[str], state: State, debt: str | None) -> bool:
    if event.kind not in kinds or event.at < beginning(state.begins, view.here):
        return False
    other_debt = event.debts and (
        (debt is not None and debt not in event.debts) or (state.debts is not None and not event.debts & state.debts)
    )
    other_person = event.person is not None and event.person != (state.person or view.world.debtor.id)
    other_address = None not in (event.address, state.address) and event.address != state.address
    return not (other_debt or other_person or other_address)


def _let_through_before(view: View, began: datetime, instant: datetime) -> bool:
    """Whether one of this purpose to this address was made or is in flight since then."""
    outgoing = [view.made(e) for e in view.events if e.kind in CONTACT_EVENTS and e.direction == "out"]
    outgoing += [view.held(slot) for slot in view.in_flight if slot.direction == "out"]
    return any(
        made.purpose == view.asked.purpose and made.address == view.asked.address and began <= made.at <= instant
        for made in outgoing
    )


def _fresh(view: View, state: str, within: Period, instant: datetime) -> bool:
    """Whether the register was looked into lately, in every zone; one never listed counts as fresh."""
    checks = [check for check in view.world.checks if check.state == state]
    if not checks:
        return True
    looked = [c.checked_at for c in checks if c.checked_at is not None and view.seen(c.checked_at, None)]
    return bool(looked) and all(
        max(add(day_in(zone, at), within.n, within.unit) for at in looked) >= day_in(zone, instant)
        for zone in view.zones
    )


def _judge_party(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    params = rule.params
    assert isinstance(params, PartyParams)
    asked = view.asked
    seen: Seen = {"party": asked.party, "purpose": asked.purpose, "discloses": asked.discloses}
    entry = params.entry(asked.party)
    why = "role" if entry is None else _party_refuses(view, entry, instant)
    return _found(rule, why is not None, seen if why is None else {**seen, "why": why})


def _party_refuses(view: View, entry: PartyEntry, instant: datetime) -> str | None:
    """Why the entry does not let this contact through, None if it does."""
    asked = view.asked
    if entry.purposes and asked.purpose not in entry.purposes:
        return "purpose"
    if asked.discloses == "debt" and entry.disclose == "none":
        return "disclosure"
    if not all(view.condition_holds(name, instant) for name in entry.needs):
        return "needs"
    if entry.needs_any and not any(view.condition_holds(name, instant) for name in entry.needs_any):
        return "needs_any"
    of_person = [event for event in view.events if view.person_of(event) == view.person]
    if entry.stop_on and any(event.kind == entry.stop_on for event in of_person):
        return entry.stop_on
    if entry.max_lifetime is not None:
        reached = [e.at for e in of_person if is_communication(e.kind) and e.direction == "out"]
        reached += [s.at for s in view.in_flight if s.person == view.person and s.direction == "out"]
        opened = any(e.kind in entry.again_if and e.at > max(reached, default=e.at) for e in of_person)
        if len(reached) >= entry.max_lifetime and not opened:
            return "max_lifetime"
    return None


def _judge_content(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    params = rule.params
    assert isinstance(params, ContentParams)
    blocks = view.asked.content
    if blocks is None:
        return None
    spoken_before = any(
        is_communication(event.kind) and event.direction == "out" and view.person_of(event) == view.person
        for event in view.events
    )
    if (params.on == "first" and spoken_before) or (params.on == "later" and not spoken_before):
        return None
    seen: Seen = {
        "missing": sorted(set(params.require) - blocks),
        "forbidden": sorted(set(params.forbid) & blocks),
        "not_in_list": sorted(blocks - set(params.only)) if params.only else [],
        "other_language": [],
    }
    if params.language_of == "message":
        languages = view.asked.block_languages
        seen["other_language"] = sorted(
            block for block in params.require if languages.get(block, view.asked.language) != view.asked.language
        )
    return _found(rule, any(seen.values()), seen)


def _judge_actor(view: View, rule: Rule, loans: tuple[Loan, ...], instant: datetime) -> Finding | None:
    """What is not said of the agent is as it should be; a period of fitness includes its last day."""
    params = rule.params
    assert isinstance(params, ActorParams)
    agent = view.asked.agent or Agent()

    def outdated(since: date | None, period: Period | None) -> bool:
        if since is None or period is None:
            return False
        return any(day_in(zone, instant) > add(since, period.n, period.unit) for zone in view.zones)

    unfit = {
        "certs": agent.certs is not None and not set(params.certs) <= agent.certs,
        "training": outdated(agent.training_on, params.training_within),
        "agency_review": outdated(agent.agency_review_on, params.agency_review_within),
        "people": None not in (params.min_people, agent.people) and agent.people < params.min_people,  # type: ignore[operator]
        "id_shown": params.id_shown and agent.id_shown is False,
        "licence": params.licence and not agent.licensed,
        "action": agent.action in params.actions_denied,
    }
    return _found(rule, any(unfit.values()), {"unfit": [name for name, bad in unfit.items() if bad]})


_JUDGES: dict[str, Callable[[View, Rule, tuple[Loan, ...], datetime], Finding | None]] = {
    "window": _judge_window,
    "rate": _judge_rate,
    "cooldown": _judge_cooldown,
    "bar": _judge_bar,
    "party": _judge_party,
    "content": _judge_content,
    "actor": _judge_actor,
}
