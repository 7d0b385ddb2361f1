"""Generated worlds, asks and presets: everything that a rule of a built type can look at, close to where it matters.

Times cluster around few days (weeks in which clocks change, holidays, month ends) and around the bounds of hours, so
that borders are met and not only passed by. Worlds are kept small, so that an event, a state or a slot often concerns
the very contact that is asked about.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from collections_app.policy import evaluate as oracle
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
    Span,
    TzPolicy,
    WindowParams,
    read_preset,
)
from collections_app.policy.schema import vocabulary as words

SHIPPED = Path(__file__).resolve().parents[2] / "collections_app" / "policy" / "data" / "jurisdictions"
US, CN, HOUSE = (read_preset(SHIPPED / f"{n}.toml") for n in ("us-fed-regf", "cn-consumer-credit", "house-six-day"))

# Draws a whole number from 0 to the given last one.
Draw = Callable[[int], int]

# Days in the middle of what is generated: clocks change in New York, London, Sydney and Lord Howe, in Havana at midnight;
# a holiday of the US and of China; the end of a short month; a quiet week.
DAYS = [
    date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4),
    date(2026, 7, 3), date(2026, 10, 1), date(2026, 2, 28), date(2026, 6, 10),
]  # fmt: skip
ZONES = [
    "America/New_York", "America/Los_Angeles", "Europe/London", "Asia/Shanghai", "Australia/Sydney", "Australia/Lord_Howe",
    "America/Havana", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago",
]  # fmt: skip
CLOCKS = [
    "00:00", "00:00:01", "01:30", "02:00", "02:30", "03:00", "07:59:59", "08:00", "08:00:01", "09:30", "12:00", "12:00:01",
    "12:04:59", "20:59:59", "21:00", "21:00:01", "21:59:59", "22:00", "22:30", "23:59:59",
]  # fmt: skip
# The night in which a clock changes, hour by half hour.
NIGHT_CLOCKS = ["00:00", "00:30", "01:00", "01:15", "01:30", "01:45", "02:00", "02:30", "03:00"]
NIGHT_BOUNDS = [0, 1800, 3600, 5400, 7200, 9000, 10800]
CHANGES = [
    (date(2026, 3, 8), "America/New_York"), (date(2026, 11, 1), "America/New_York"), (date(2026, 3, 29), "Europe/London"),
    (date(2026, 10, 25), "Europe/London"), (date(2026, 4, 5), "Australia/Lord_Howe"), (date(2026, 10, 4), "Australia/Sydney"),
    (date(2026, 3, 8), "America/Havana"), (date(2026, 11, 1), "America/Havana"),
]  # fmt: skip
BOUNDS = [0, 1800, 5400, 7200, 9000, 28800, 32400, 43200, 43260, 75600, 79200, 81000, 86400]
LOANS = ["A", "B", "C"]
PEOPLE = ["debtor", "G", "K", "X"]
ROLE = {"debtor": "debtor", "G": "guarantor", "K": "contact_person", "X": "attorney"}
ADDRESSES = [
    oracle.Address("m1", "mobile"), oracle.Address("m2", "mobile"), oracle.Address("w", "work_phone"),
    oracle.Address("e", "email"), oracle.Address("h", "home_address"),
]  # fmt: skip
STATES = ["represented", "bankruptcy_stay", "medium_refused", "cease_in_writing", "plan_in_force", "debtor_deceased"]
# Events that end states are of kinds that count for nothing else, for an event that names nobody ends those of anybody.
ENDING = ["consent_renewed", "representation_ended", "stay_lifted", "plan_broken", "paid", "dispute_outcome_told"]
ANSWERS = ["refusal", "asked_back", "answer_wrong"]
BLOCKS = ["opt_out_line", "from_debt_collector", "attempt_to_collect", "caller_name", "threat", "amount"]
CONSENTS = ["night_contact", "call_prior", "attorney_consent", "agreed_frequency"]


def one_of(draw: Draw, *found: Any) -> Any:
    return found[draw(len(found) - 1)] if len(found) > 1 else found[0]


def some(draw: Draw, among: list[Any], *, least: int = 0, most: int = 3) -> list[Any]:
    """So many of them, each once."""
    left = list(among)
    return [left.pop(draw(len(left) - 1)) for _ in range(between(draw, least, min(most, len(among))))]


def maybe(draw: Draw, among: list[Any]) -> Any:
    """One of them, or None as often as not."""
    return one_of(draw, *among) if draw(1) else None


def between(draw: Draw, first: int, last: int) -> int:
    return first + draw(last - first)


@dataclass(frozen=True)
class Ground:
    """The middle day of a case, and the zones that its times are told in."""

    day: date
    zones: tuple[str, ...]
    country: str = "US"
    focus: str = ""  # the one rule type of a case that looks at little else

    @property
    def states(self) -> list[str]:
        """Few of them where a case is about one rule, so that its state is one of those in force."""
        return STATES[:2] if self.focus else STATES

    @property
    def ending(self) -> list[str]:
        return ENDING[:2] if self.focus else ENDING

    @property
    def kinds(self) -> list[str]:
        """The kinds of what happened."""
        if self.focus in ("rate", "cooldown"):
            return ["call_placed", "call_placed", "conversation"]
        if self.focus == "bar":
            return [*self.ending * 3, "call_placed", "sms_sent"]
        if self.focus == "party":
            return [
                "call_unanswered",
                "call_unanswered",
                "conversation",
                "sms_sent",
                "voicemail_limited_left",
                *ANSWERS,
            ]
        return [
            *["call_placed"] * 3,
            *["conversation"] * 2,
            *["call_unanswered"] * 3,
            *["sms_sent"] * 2,
            "voicemail_limited_left",
            "delivery_failed",
            "email_sent",
            *ANSWERS,
            *ENDING,
        ]

    def instant(self, draw: Draw, first: int, last: int) -> datetime:
        """An instant so many days from the middle day, by the wall clock of one of the zones, now and then off by a hair."""
        day = self.day + timedelta(days=between(draw, first, last))
        clocks = NIGHT_CLOCKS if self.focus == "window" and draw(1) else CLOCKS
        wall = datetime.combine(day, time.fromisoformat(one_of(draw, *clocks)), ZoneInfo(one_of(draw, *self.zones)))
        fold = one_of(draw, 0, 0, 1)
        return wall.replace(fold=fold).astimezone(UTC) + timedelta(microseconds=one_of(draw, 0, 0, 0, 1, -1))


# -- presets -------------------------------------------------------------------------------------------


def presets(draw: Draw) -> tuple[Ground, tuple[Preset, ...]]:
    """The ground of a case, and what is loaded: shipped presets, one or two of the test's own, or both.

    Every other case is about one rule type: many rules at once hide each other's mistakes.
    """
    if draw(1):
        focus = one_of(draw, "window", "window", "rate", "rate", "cooldown", "bar", "party")
        day, zone = one_of(draw, *CHANGES)
        zones = (zone, *some(draw, ZONES[:6], most=1)) if focus == "window" else some(draw, ZONES, least=1, most=2)
        ground = Ground(day if focus == "window" else one_of(draw, *DAYS), tuple(dict.fromkeys(zones)), focus=focus)
        return ground, (_preset(draw, ground, 0),)
    shipped = one_of(draw, (US,), (US, HOUSE), (CN,), (CN, HOUSE), (), (), (), ())
    country = "CN" if CN in shipped else "US"
    ground = Ground(one_of(draw, *DAYS), tuple(some(draw, ZONES, least=1, most=2)), country)
    own = between(draw, 0 if shipped else 1, 2)
    return ground, (*shipped, *(_preset(draw, ground, n) for n in range(own)))


def _preset(draw: Draw, ground: Ground, number: int) -> Preset:
    begins, ends = _in_force(draw, ground, date(2020, 1, 1)) if not ground.focus else (date(2020, 1, 1), None)
    tz = one_of(
        draw, TzPolicy(fixed=ground.zones[0]), TzPolicy(sources=("physical_address", "phone_area_code")),
        TzPolicy(sources=("physical_address", "phone_area_code")), TzPolicy(fixed=ground.zones[-1]),
        TzPolicy(sources=("consumer_stated",), fallback=ground.zones[-1]),
        TzPolicy(sources=("consumer_stated",), on_unknown=one_of(draw, *words.ON_UNKNOWN)),
    )  # fmt: skip
    applies = (
        one_of(draw, {})
        if ground.focus
        else one_of(
            draw,
            {},
            {},
            {},
            {},
            {},
            {"debtor_country": ("US",)},
            {"product": ("personal_loan",)},
            {"collector_role": ("third_party",)},
        )
    )
    return Preset(
        id=f"own-{number}", version="2026.1.0", status="draft", title=None, law_checked_on=ground.day, effective_from=begins,
        effective_to=ends, jurisdiction="US" if ground.focus else one_of(draw, *["US"] * 8, "HOUSE"), extends=None, tz=tz,
        applies_when=MappingProxyType(applies), rules=tuple(_rule(draw, ground, n) for n in range(between(draw, 1, 2 if ground.focus else 3))),
        digest="0" * 64,
    )  # fmt: skip


def _in_force(draw: Draw, ground: Ground, else_from: date | None) -> tuple[date | None, date | None]:
    """Mostly for ever; sometimes beginning or ending close to the middle day."""
    near = ground.day + timedelta(days=between(draw, -1, 2))
    return one_of(draw, *[(else_from, None)] * 10, (near, None), (else_from, near))


def _rule(draw: Draw, ground: Ground, number: int) -> Rule:
    kind = ground.focus or one_of(
        draw, *["window", "rate", "cooldown", "bar"] * 3, "rate", "bar", "party", "content", "actor"
    )
    match = Match() if ground.focus and draw(2) else _match(draw)
    params = _PARAMS[kind](draw, ground)
    if isinstance(params, BarParams) and params.state is None and not match.given:
        match = Match(channel=(one_of(draw, "voice", "sms"),))
    begins, ends = _in_force(draw, ground, None)
    return Rule(
        id=f"R{number}-{kind}", type=kind, phase=frozenset(("plan", "send", "record")), level="law",
        verdict=one_of(draw, "deny", "approve", "deny", "warn"), match=match, params=params, cite="a test", confidence="B",
        lifted_by=one_of(draw, None, None, None, *CONSENTS), in_state=None if ground.focus else one_of(draw, *[None] * 6, *STATES),
        on_unknown=maybe(draw, list(words.ON_UNKNOWN)), effective_from=begins, effective_to=ends,
    )  # fmt: skip


def _match(draw: Draw) -> Match:
    found = one_of(draw, {}, {}, None)
    if found is None:
        key = one_of(
            draw, "channel", "direction", "purpose", "party", "place", "product", "lender_type", "collector_role", "stage",
            "template", "basis", "ladder_day",
        )  # fmt: skip
        found = {
            "channel": {"channel": tuple(some(draw, ["voice", "sms", "email", "visit"], least=1))},
            "direction": {"direction": ("out",)},
            "purpose": {"purpose": tuple(some(draw, ["collect", "inform", "locate"], least=1))},
            "party": {"party": tuple(some(draw, list(ROLE.values()), least=1))},
            "place": {"place": tuple(some(draw, ["own_phone", "work", "home"], least=1))},
            "product": {"product": ("personal_loan",)},
            "lender_type": {"lender_type": ("bank",)},
            "collector_role": {"collector_role": ("third_party",)},
            "stage": {"stage": ("early", "mid")},
            "template": {"template": ("letter_of_claim",)},
            "basis": {"basis": ("contract",)},
            "ladder_day": {"ladder_day": (1, 4)},
        }[key]
    return Match(**found)


def _window(draw: Draw, ground: Ground) -> WindowParams:
    spans = []
    for _ in range(between(draw, 0, 2)):
        opens, closes = sorted(some(draw, one_of(draw, BOUNDS, NIGHT_BOUNDS), least=2, most=2))
        days = tuple(one_of(draw, (1, 2, 3, 4, 5, 6, 7), (1, 2, 3, 4, 5), (6, 7), (3,)))
        spans.append(Span(days, opens, closes, bool(draw(1))))
    allow = tuple(spans)
    rest: dict[str, Any] = {
        "holidays": tuple(some(draw, ["US-FEDERAL", "CN_STATUTORY", "GB-EAW"], most=1)),
        "deny_dates": tuple(some(draw, list(words.DATED_FACTS), most=2)),
        "deny_stated": bool(draw(1)),
        "replaced_by": maybe(draw, list(words.STATED_HOURS)) if allow else None,
    }
    if not allow and not any(rest.values()):
        rest["deny_stated"] = True
    return WindowParams(allow=allow, **rest)


def _key(draw: Draw) -> tuple[str, ...]:
    return one_of(
        draw,
        ("person",),
        ("person", "debt"),
        ("debtor",),
        ("creditor_group", "debtor"),
        ("debtor", "address"),
        ("debtor", "debt"),
        ("person", "creditor_group", "debt"),
        ("person", "address"),
        ("debt",),
        ("address",),
        ("person", "debtor"),
    )


def _rate(draw: Draw, ground: Ground) -> RateParams:
    period = one_of(
        draw, Period(1, "local_day", "calendar"), Period(1, "agreement", "lifetime"), Period(2, "day", "rolling"),
        Period(7, "local_day", "rolling"), Period(3, "day", "rolling"),
    )  # fmt: skip
    return RateParams(
        max=between(draw, 1, 3), period=period, key=_key(draw), exclude=tuple(some(draw, list(words.EXCLUSIONS), most=2)),
        count=tuple(some(draw, ["call_placed", "conversation", "sms_sent", "call_unanswered"], least=1)),
        min_gap=one_of(draw, None, None, Period(5, "minute"), Period(60, "minute"), Period(1500, "minute")),
    )  # fmt: skip


def _cooldown(draw: Draw, ground: Ground) -> CooldownParams:
    return CooldownParams(
        after=one_of(draw, "conversation", "call_placed", "asked_back"),
        period=Period(between(draw, 1, 7), "local_day"),
        day_one=one_of(draw, "event_day", "next_day"),
        key=_key(draw),
        exclude=tuple(some(draw, list(words.EXCLUSIONS), most=2)),
    )


def _bar(draw: Draw, ground: Ground) -> BarParams:
    purposes = {"except_purpose": tuple(some(draw, ["inform", "proof_of_claim"], most=1))}
    parties = {"except_party": tuple(some(draw, ["attorney", "contact_person"], most=1))}
    state = one_of(draw, *ground.states) if ground.focus else one_of(draw, None, *STATES, *STATES)
    if state is None:
        return BarParams(**purposes, **parties)
    ends = None
    if draw(1):
        after = one_of(draw, None, Period(1, "day"), Period(3, "local_day"))
        ends = BarEnds(
            event=tuple(some(draw, ground.ending, least=0 if after else 1, most=2)), or_after=after,
            day_one=one_of(draw, "event_day", "next_day") if after else None,
            or_after_event=maybe(draw, ground.ending) if after else None,
        )  # fmt: skip
    return BarParams(
        state=state, scope=one_of(draw, "debt", "debtor", "address", "person"), starts=one_of(draw, "on_event", "on_notice"),
        ends=ends, except_once=tuple(some(draw, ["confirm_opt_out", "collect"], most=1)),
        fresh_within=one_of(draw, None, None, Period(1, "day"), Period(3, "day")), **purposes, **parties,
    )  # fmt: skip


def _party(draw: Draw, ground: Ground) -> PartyParams:
    entries = []
    for role in some(draw, list(ROLE.values()), least=1, most=4):
        most = one_of(draw, None, None, 1, 2)
        entries.append(
            PartyEntry(
                role=role, disclose=one_of(draw, "debt", "debt", "none"), purposes=one_of(draw, (), (), ("collect", "locate")),
                needs=tuple(some(draw, ["liability_in_force", "number_invalid", "represented"], most=1)),
                needs_any=one_of(draw, (), (), ("failed_attempts_3_consecutive", "debtor_deceased"), ("number_invalid",)),
                stop_on=one_of(draw, None, None, "refusal"), max_lifetime=most,
                again_if=tuple(some(draw, ["asked_back", "answer_wrong"], most=2)) if most else (),
            )
        )  # fmt: skip
    return PartyParams(allow=tuple(entries), disclose="none")


def _content(draw: Draw, ground: Ground) -> ContentParams:
    require = some(draw, BLOCKS[:4], most=2)
    only = one_of(draw, (), (), tuple({*require, "amount"}))
    forbid = () if only or (require and draw(1)) else ("threat",)
    return ContentParams(
        on=one_of(draw, "every", "first", "later"),
        require=tuple(require),
        forbid=forbid,
        only=only,
        language_of=maybe(draw, ["message"]),
    )


def _actor(draw: Draw, ground: Ground) -> ActorParams:
    found = ActorParams(
        certs=tuple(some(draw, list(words.CERTIFICATES), most=2)),
        training_within=one_of(draw, None, Period(12, "month"), Period(1, "year"), Period(30, "day")),
        agency_review_within=one_of(draw, None, Period(12, "month")), min_people=one_of(draw, None, 2),
        id_shown=bool(draw(1)), licence=bool(draw(1)), actions_denied=tuple(some(draw, ["collect_cash"])),
    )  # fmt: skip
    return found if found != ActorParams() else ActorParams(id_shown=True)


_PARAMS: dict[str, Callable[[Draw, Ground], Any]] = {
    "window": _window, "rate": _rate, "cooldown": _cooldown, "bar": _bar, "party": _party, "content": _content, "actor": _actor,
}  # fmt: skip


# -- worlds --------------------------------------------------------------------------------------------


def world_around(draw: Draw, ground: Ground) -> oracle.World:
    """One debtor with everything around: what happened lies mostly in the ten days up to the middle one."""
    sources = some(
        draw, ["physical_address", "phone_area_code", "consumer_stated"], least=1 if between(draw, 0, 5) else 0, most=2
    )
    zones = dict(zip(sources, ground.zones, strict=False))
    debtor = oracle.Debtor(
        country=one_of(draw, *[ground.country] * 6, "US", "CN", None), region=one_of(draw, None, "US-NY"), zones=zones,
        facts=frozenset(some(draw, ["number_invalid", "liability_in_force"], most=1)),
    )  # fmt: skip
    loans = tuple(
        oracle.Loan(
            i, product=one_of(draw, "personal_loan", "personal_loan", "credit_card"), lender_type=one_of(draw, "bank", "bank", "private"),
            creditor_group=one_of(draw, "group", "group", "other"), contract_law=None if debtor.country is None else one_of(draw, None, "US"),
        )
        for i in LOANS[: between(draw, 2 if ground.focus else 1, 3)]
    )  # fmt: skip
    named = [x.id for x in loans]
    persons = tuple(
        oracle.Person(
            p, ROLE[p], frozenset(some(draw, ["liability_in_force"], most=1)),
            one_of(draw, None, None, {"physical_address": ground.zones[-1]}),
        )
        for p in PEOPLE[1:]
    )  # fmt: skip
    return oracle.World(
        debtor=debtor, loans=loans, persons=persons, addresses=tuple(ADDRESSES),
        states=tuple(_state(draw, ground, named) for _ in range(_few(draw, 2) if ground.focus != "bar" else between(draw, 1, 3))),
        checks=tuple(
            oracle.Check(one_of(draw, *STATES[:2]), _looked(draw, ground))
            for _ in range(_few(draw, 2))
        ),
        events=tuple(_event(draw, ground, named) for _ in range(between(draw, 3 if ground.focus else 0, 8))),
        consents=tuple(_consent(draw, ground) for _ in range(_few(draw, 2))),
        windows=tuple(_agreed(draw) for _ in range(_few(draw, 2))),
        inconvenient=tuple(_unwanted(draw) for _ in range(_few(draw, 2))),
        dates=tuple(_dated(draw, ground) for _ in range(_few(draw, 2))),
        calendars=_calendars(draw, ground), collector_role=one_of(draw, *["third_party"] * 5, "first_party"),
        in_flight=tuple(ask(draw, ground, named, f"slot-{n}") for n in range(_few(draw, 2))),
        margin_seconds=one_of(draw, 0, 0, 0, 60, 600),
    )  # fmt: skip


def _few(draw: Draw, most: int) -> int:
    """Nothing as often as not."""
    return one_of(draw, 0, 0, *range(1, most + 1))


def _looked(draw: Draw, ground: Ground) -> datetime | None:
    """Mostly lately, now and then never."""
    return ground.instant(draw, -4, 0) if between(draw, 0, 3) else None


def _known(draw: Draw, at: datetime) -> datetime | None:
    """Mostly known at once."""
    return one_of(draw, None, None, None, at + timedelta(hours=12), at + timedelta(days=2))


def _debts(draw: Draw, named: list[str]) -> frozenset[str] | None:
    return frozenset(some(draw, named, least=1)) if draw(1) else None


def _state(draw: Draw, ground: Ground, named: list[str]) -> oracle.State:
    begins = ground.instant(draw, -8, 0)
    address = one_of(draw, None, None, *[a.id for a in ADDRESSES[:3]])
    return oracle.State(
        name=one_of(draw, *ground.states), begins=begins, until=one_of(draw, None, None, ground.instant(draw, -1, 4)),
        known_at=_known(draw, begins), debts=_debts(draw, named), person=one_of(draw, None, None, *PEOPLE), address=address,
        channels=frozenset(some(draw, ["voice", "sms"], least=1)) if address and draw(1) else None,
    )  # fmt: skip


def _event(draw: Draw, ground: Ground, named: list[str]) -> oracle.Event:
    kind = one_of(draw, *ground.kinds)
    at = ground.instant(draw, -8, 1)
    person = one_of(draw, None, None, None, *PEOPLE)
    return oracle.Event(
        kind=kind, at=at, known_at=_known(draw, at), channel=one_of(draw, *[None] * 6, "voice", "sms"),
        direction=one_of(draw, "out", "out", "out", "in"), purpose=one_of(draw, "collect", "collect", "inform", "confirm_opt_out"),
        party=ROLE[person or "debtor"], person=person, debts=_debts(draw, named), address=maybe(draw, ["m1", "m2", "w"]),
        place=one_of(draw, None, None, None, "work"), creditor_group=one_of(draw, None, None, "group", "other"),
        flags=frozenset(some(draw, ["not_connected_to_number"], most=1)) if between(draw, 0, 3) == 0 else frozenset(),
        contact=one_of(draw, *[None] * 6, "slot-0"),
    )  # fmt: skip


def _consent(draw: Draw, ground: Ground) -> oracle.Consent:
    given = ground.instant(draw, -8, 0)
    return oracle.Consent(
        one_of(draw, *CONSENTS, "call_prior"),
        given,
        one_of(draw, None, None, ground.instant(draw, -2, 3)),
        _known(draw, given),
        one_of(draw, None, *PEOPLE[:3]),
    )


def _hours(draw: Draw) -> tuple[int, int]:
    """Two bounds; a third of the time the second lies before the first: over midnight."""
    first, last = some(draw, one_of(draw, BOUNDS, NIGHT_BOUNDS), least=2, most=2)
    if between(draw, 0, 2) and first > last:
        first, last = last, first
    return (0, last) if first == 86400 else (first, 86400 if last == 0 else last)


def _agreed(draw: Draw) -> oracle.AgreedWindow:
    start, end = _hours(draw)
    return oracle.AgreedWindow(
        one_of(draw, *words.STATED_HOURS),
        start,
        end,
        one_of(draw, (1, 2, 3, 4, 5, 6, 7), (1, 3, 5), (7,)),
        bool(draw(1)),
        bool(draw(1)),
    )


def _unwanted(draw: Draw) -> oracle.InconvenientTime:
    start, end = _hours(draw)
    return oracle.InconvenientTime(
        start,
        end,
        one_of(draw, (1, 2, 3, 4, 5, 6, 7), (1, 2, 3), (6, 7)),
        frozenset(some(draw, ["voice", "sms"], least=1)) if draw(1) else None,
        frozenset(some(draw, ["own_phone", "work"], least=1)) if between(draw, 0, 3) == 0 else None,
    )


def _dated(draw: Draw, ground: Ground) -> oracle.DatedFact:
    first = ground.day + timedelta(days=between(draw, -2, 2))
    return oracle.DatedFact(one_of(draw, *words.DATED_FACTS), first, first + timedelta(days=between(draw, 0, 3)))


def _calendars(draw: Draw, ground: Ground) -> dict[str, oracle.CalendarChange]:
    if between(draw, 0, 2):
        return {}
    near = [ground.day + timedelta(days=n) for n in range(3)]
    return {
        one_of(draw, "US-FEDERAL", "CN_STATUTORY"): oracle.CalendarChange(
            frozenset(some(draw, near)), frozenset(some(draw, near, most=1))
        )
    }


def ask(draw: Draw, ground: Ground, named: list[str], ask_id: str = "") -> oracle.Ask:
    """One contact, on the middle day or next to it."""
    person = one_of(draw, *[None] * 8, *PEOPLE)
    at = ground.instant(draw, -1, 1)
    channel = one_of(draw, "voice", "voice", "voice", "sms", "sms", "email", "visit", "letter", "voicemail_limited")
    return oracle.Ask(
        channel=channel, at=at, id=ask_id, debts=tuple(some(draw, named, least=1)) if draw(1) else None,
        known_at=one_of(draw, None, None, None, at + timedelta(days=1), at - timedelta(hours=6)),
        phase=one_of(draw, *words.PHASES), direction=one_of(draw, "out", "out", "out", "out", "in"),
        purpose=one_of(draw, *["collect"] * 6, "inform", "inform", "locate", "confirm_opt_out"),
        party=ROLE[person or "debtor"], person=person, address=maybe(draw, [a.id for a in ADDRESSES]),
        place=one_of(draw, None, None, None, "work"), discloses=one_of(draw, None, None, "none"), basis=one_of(draw, "contract", "consent"),
        collector_role=one_of(draw, *[None] * 7, "first_party"), template=one_of(draw, *[None] * 7, "letter_of_claim"),
        ladder_day=one_of(draw, None, -2, 3, 5, 6), stage=one_of(draw, None, "early", "late"),
        content=frozenset(some(draw, BLOCKS, most=6)) if not draw(2) else None, language="en",
        block_languages={one_of(draw, *BLOCKS): "zh-hans"} if between(draw, 0, 4) == 0 else {}, agent=_agent(draw, ground),
    )  # fmt: skip


def _agent(draw: Draw, ground: Ground) -> oracle.Agent | None:
    if draw(1):
        return None
    years = [timedelta(days=n) for n in (365, 366, 364, 30, 31, 500)]
    return oracle.Agent(
        certs=one_of(draw, None, frozenset(some(draw, list(words.CERTIFICATES), most=2))),
        training_on=one_of(draw, None, ground.day - one_of(draw, *years)),
        agency_review_on=one_of(draw, None, ground.day - one_of(draw, *years)), people=one_of(draw, None, 1, 2),
        id_shown=one_of(draw, None, True, False), licensed=bool(draw(1)), action=one_of(draw, None, None, "collect_cash"),
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is put to both: a world, its presets and some asks."""

    presets: tuple[Preset, ...]
    world: oracle.World
    asks: tuple[oracle.Ask, ...]
    law_on: date | None


ASKS_A_CASE = 5


def a_case(draw: Draw) -> Case:
    ground, loaded = presets(draw)
    world = world_around(draw, ground)
    named = [x.id for x in world.loans]
    asks = tuple(ask(draw, ground, named) for _ in range(ASKS_A_CASE))
    return Case(loaded, world, asks, one_of(draw, *[None] * 6, ground.day, date(2026, 11, 24)))


def seeded(seed: int) -> Case:
    """The case of a seed: evenly spread and quickly made. `cases` makes those that hypothesis can shrink."""
    rng = random.Random(seed)
    return a_case(lambda last: rng.randrange(last + 1))


@st.composite
def cases(draw: Callable[[st.SearchStrategy[int]], int]) -> Case:
    return a_case(lambda last: draw(st.integers(0, last)))


def assumed(preset: Preset, on: date) -> Preset | None:
    """The preset as it stands on an assumed day, with no date that begins or ends it."""
    if not preset.in_force(on):
        return None
    rules = tuple(replace(r, effective_from=None, effective_to=None) for r in preset.rules if r.in_force(on))
    return replace(preset, rules=rules, effective_from=date.min, effective_to=None)
