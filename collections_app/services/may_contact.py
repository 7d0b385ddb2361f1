"""May this person be contacted now, by which channel, and if not, why not and when? Asks the gate and keeps nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from collections_app.compliance import reading
from collections_app.compliance.evaluation import NO_LAW
from collections_app.compliance.facts import Ask, Facts, LoanFact
from collections_app.compliance.gate import Gate
from collections_app.compliance.verdict import PERMITTING, Answer
from collections_app.kernel.errors import DomainError
from collections_app.kernel.numbers import number_in
from collections_app.models import Case, Contact, ContactEvent, ContactPoint, Judgement, Loan, LoanParty, Person, Role
from collections_app.policy.in_force import Policies

CHANNELS = ("voice", "email", "sms", "letter", "visit", "push")
LOOK_AHEAD = 32  # half hours that a permitted contact is looked ahead for its closing: all of a working day


@dataclass(frozen=True)
class Line:
    """One person on one channel: what the gate would say now.

    `until`: the instant before an hour closes (None: not within the next sixteen hours). `rule` is the one that speaks: that
    which gave the verdict, or of a permitted contact the hours it stands in; with its citation and what it saw in words. `blocks`
    are what the presets demand to be said (of a call or visit only).
    """

    person: Person
    party: str
    channel: str
    point: ContactPoint | None
    verdict: str
    by: tuple[str, ...]
    next_allowed_at: dt.datetime | None
    until: dt.datetime | None
    zone: str
    rule: str
    cite: str
    why: str
    sheet: dict[str, Any]
    blocks: tuple[str, ...] = ()

    @property
    def permitted(self) -> bool:
        return self.verdict in PERMITTING


@dataclass(frozen=True)
class Lines:
    """All lines of a case, and the presets and ladder they were asked under."""

    lines: tuple[Line, ...]
    presets: tuple[str, ...]
    law_on_assumed: str | None

    def of(self, person: Person, channel: str) -> Line | None:
        return next((x for x in self.lines if x.person.pk == person.pk and x.channel == channel), None)


def may_contact(
    person: Person, *, channel: str, at: dt.datetime, purpose: str = "collect", party: str | None = None
) -> dict[str, Any]:
    """What the gate would say of a contact with this person at `at`, about all debts of theirs that are followed up.

    Keys: verdict (allow, warn, approve, deny), by (rule ids), next_allowed_at (an instant or None), why (a sentence).
    `party` None: the person's own role on the furthest of these debts.
    """
    if channel not in ContactPoint.FOR_CHANNEL:
        raise DomainError(
            "unknown_channel",
            f"“{channel}” is no channel; choose one of {', '.join(sorted(ContactPoint.FOR_CHANNEL))}.",
            channel=channel,
        )
    if party is not None and party not in Role.values:
        raise DomainError(
            "unknown_party", f"“{party}” is no party; choose one of {', '.join(Role.values)}.", party=party
        )
    loans, case = _debts(person)
    if not loans:
        raise DomainError(
            "no_debt",
            "No debt of this person is followed up: there is nothing to contact anybody about.",
            person=person.pk,
        )
    roles = {
        p.loan_id: p
        for p in LoanParty.objects.filter(person=person, loan__any_of=[loan.id for loan in loans]).order_by("-id")
    }
    own = roles.get(loans[0].id)
    point = _points([person.pk]).get((person.pk, channel))
    gate = Gate()
    ask = _ask(
        1,
        person,
        party or (own.role if own else "debtor"),
        channel,
        point,
        loans,
        case,
        at,
        purpose,
        liable=any(p.liability_in_force for p in roles.values()),
    )
    answer = gate.ask(ask)
    return {
        "verdict": answer.verdict,
        "by": list(answer.by),
        "next_allowed_at": answer.next_allowed_at,
        "why": why(answer.sheet, answer.verdict, answer.by, answer.next_allowed_at is not None),
    }


def for_case(case: Case, *, at: dt.datetime, by: Any = None, policies: Policies | None = None) -> Lines:
    """One line per person of the loan and channel that they can be reached by; the debtor on all channels.

    `by`: who would make a visit; without it a fit agent is assumed. `policies`: those that were read already. A fixed
    number of queries however many people.
    """
    parties = list(LoanParty.objects.filter(loan=case.loan_id).select_related("person__key").order_by("id"))
    people: dict[int, tuple[Person, str, bool]] = {}
    for p in parties:
        people.setdefault(p.person_id, (p.person, p.role, p.liability_in_force))
    people.setdefault(case.debtor_id, (case.debtor, "debtor", True))
    points = _points(people)
    loans = (reading.loan_facts([case.loan_id])[case.loan_id],)
    agent = reading.agent_facts(by) if by is not None else None
    gate = Gate(policies)
    asks: list[Ask] = []
    whose: list[tuple[Person, str, str, ContactPoint | None]] = []
    for person, role, liable in sorted(people.values(), key=lambda x: x[0].pk != case.debtor_id):
        for channel in CHANNELS:
            point = points.get((person.pk, channel))
            if point is None and (person.pk != case.debtor_id or channel == "push"):
                continue
            asks.append(
                _ask(
                    len(asks) + 1,
                    person,
                    role,
                    channel,
                    point,
                    loans,
                    case,
                    at,
                    "collect",
                    liable=liable,
                    agent=agent if channel == "visit" else None,
                )
            )
            whose.append((person, role, channel, point))
    # Read as for a text, so that the rules on the first words to a person find the earlier ones; judged without one.
    facts = reading.read([replace(a, content=frozenset()) for a in asks], gate.evaluator)
    lines = []
    presets: dict[str, None] = {}
    assumed = None
    for ask, (person, role, channel, point) in zip(asks, whose, strict=True):
        answer = gate.evaluator.judge(ask, facts)
        presets |= dict.fromkeys(f"{p['id']} {p['version']}" for p in answer.sheet.get("presets", ()))
        assumed = assumed or answer.sheet.get("law_on_assumed")
        lines.append(_line(gate, facts, ask, answer, person, role, channel, point, at))
    return Lines(tuple(lines), tuple(presets), assumed)


def _line(
    gate: Gate,
    facts: Facts,
    ask: Ask,
    answer: Answer,
    person: Person,
    role: str,
    channel: str,
    point: ContactPoint | None,
    at: dt.datetime,
) -> Line:
    zone = zone_of(person)
    opens = answer.next_allowed_at is not None
    spoken = speaking(answer.sheet, answer.verdict, answer.by, opens)
    until = None
    if answer and _hours(answer.sheet):
        whole = at.replace(second=0, microsecond=0)
        for n in range(LOOK_AHEAD):
            begin = whole + dt.timedelta(minutes=30 * n)
            end = gate.evaluator.open_until(ask, facts, begin, 1800)
            if end < begin + dt.timedelta(minutes=30):
                # The last open second, told as the minute that closes: 20:59:59 is 21:00.
                until = end + dt.timedelta(seconds=-end.second % 60)
                break
    if point is None:
        return Line(
            person,
            role,
            channel,
            None,
            "deny",
            ("no-address",),
            None,
            None,
            zone,
            "",
            "",
            _("No usable address for this channel is known."),
            answer.sheet,
        )
    said = channel in Contact.BY_HAND
    blocks = gate.evaluator.blocks_required(replace(ask, content=frozenset()), facts) if said else ()
    return Line(
        person,
        role,
        channel,
        point,
        answer.verdict,
        answer.by,
        answer.next_allowed_at,
        until,
        zone,
        spoken["id"] if spoken else " ".join(answer.by),
        spoken["cite"] if spoken else "",
        why(answer.sheet, answer.verdict, answer.by, opens),
        answer.sheet,
        blocks,
    )


def _debts(person: Person) -> tuple[tuple[LoanFact, ...], Case | None]:
    """The person's followed-up loans, the furthest first, and the case of the furthest."""
    mine = Loan.objects.filter(Q(debtor=person) | Q(parties__person=person)).followed_up().distinct()
    ids = list(mine.order_by("pk").values_list("pk", flat=True)[:200])
    cases = {c.loan_id: c for c in Case.objects.open().filter(loan__any_of=ids).select_related("ladder")}
    facts = reading.loan_facts(ids)
    late = sorted(cases.values(), key=lambda c: (c.counts_from_on, c.pk))
    wanted = [c.loan_id for c in late] or ids
    return tuple(facts[pk] for pk in wanted), late[0] if late else None


def _points(people: Iterable[int]) -> dict[tuple[int, str], ContactPoint]:
    """The address that would be used: of each person and channel the preferred one that is neither invalid nor refused."""
    found: dict[tuple[int, str], ContactPoint] = {}
    kinds: dict[str, list[str]] = defaultdict(list)
    for channel, wanted in ContactPoint.FOR_CHANNEL.items():
        for kind in wanted:
            kinds[kind].append(channel)
    rows = ContactPoint.objects.filter(person__any_of=sorted(people)).exclude(
        state__in=[ContactPoint.State.INVALID, ContactPoint.State.REFUSED]
    )
    for point in rows.select_related("person__key").order_by("preference", "id"):
        for channel in kinds.get(point.kind, ()):
            found.setdefault((point.person_id, channel), point)
    return found


def _ask(
    number: int,
    person: Person,
    party: str,
    channel: str,
    point: ContactPoint | None,
    loans: tuple[LoanFact, ...],
    case: Case | None,
    at: dt.datetime,
    purpose: str,
    *,
    liable: bool,
    agent: Any = None,
) -> Ask:
    """The ask that a contact made by hand now would be judged by."""
    day = case.day(at.date()) if case else None
    contact = Contact(
        pk=-number,
        person_id=person.pk,
        group=person.group,
        party=party,
        contact_point=point,
        channel=channel,
        purpose=purpose,
        language=person.language,
        stage=case.stage if case and case.stage in Case.OPEN else "",
        ladder_day=day,
    )
    return reading.ask_of(contact, loans, phase="send", at=at, on=at.date(), liable=liable, agent=agent)


def zone_of(person: Person) -> str:
    """The zone in which a time is told to those who deal with this person: the first of theirs, UTC where none is known."""
    zones = sorted(person.zones.items())
    return zones[0][1] if zones else "UTC"


# -- explaining ----------------------------------------------------------------------------------------


def explain_contact(contact: Contact) -> dict[str, Any]:
    """Every judgement of a contact, oldest first, by phase: at plan, at send, and at record of the events it became."""
    events = list(ContactEvent.objects.filter(contact=contact).values_list("pk", flat=True))
    rows = judgements_of(contact, events)
    out: dict[str, Any] = {
        "contact": contact.pk,
        "channel": contact.channel,
        "person": contact.person_id,
        "party": contact.party,
        "state": contact.state,
        "cleared": contact.clearance_id is not None,
    }
    for phase in Judgement.Phase.values:
        out[phase] = [_told(j) for j in rows if j.phase == phase]
    return out


def judgements_of(contact: Contact, events: Sequence[int] | None = None) -> list[Judgement]:
    """All judgements of a contact and of its events, in the order they were made."""
    if events is None:
        events = list(ContactEvent.objects.filter(contact=contact).values_list("pk", flat=True))
    return list(
        Judgement.objects.filter(Q(contact=contact) | Q(event__any_of=list(events)))
        .select_related("facts", "asked_by", "event")
        .order_by("id")
    )


def _told(j: Judgement) -> dict[str, Any]:
    sheet = j.facts.content
    return {
        "judgement": j.pk,
        "at": j.at,
        "verdict": j.verdict,
        "by": j.by.split(),
        "next_allowed_at": j.next_allowed_at,
        "rules": [
            {k: r.get(k) for k in ("id", "preset", "type", "level", "verdict", "cite", "confidence", "seen")}
            for r in sheet.get("rules", [])
        ],
        "presets": sheet.get("presets", []),
        "zones": sheet.get("zones", {}),
        "tzdata": sheet.get("tzdata"),
        "calendars": sheet.get("calendars"),
        "facts": j.facts.digest,
        "event": j.event_id,
        **({"law_on_assumed": sheet["law_on_assumed"]} if "law_on_assumed" in sheet else {}),
    }


def find_borrower(text: str) -> Person:
    """A person by the source's number or by the id of the person. Refuses what names nobody."""
    found = Person.objects.select_related("key").filter(source_ref=text).first()
    if found is None and (number := number_in(text)) is not None:
        found = Person.objects.select_related("key").filter(pk=number).first()
    if found is None:
        raise DomainError(
            "no_such_borrower",
            f"“{text}” is neither a source's number of a person nor the id of one; the case page shows both.",
            borrower=text,
        )
    return found


# -- words ---------------------------------------------------------------------------------------------


_OPENS = ("window", "rate", "cooldown")  # rules of these types open again by themselves


def speaking(sheet: dict[str, Any], verdict: str, by: Sequence[str], opens: bool = True) -> dict[str, Any] | None:
    """The rule that a reader should be told: one that gave the verdict, law before house; of a permitted contact its hours.

    `opens`: whether a next time is known. Where none is, a rule that has no end speaks before one that only waits.
    """
    rules = sheet.get("rules", [])
    if verdict != "allow":
        given = [r for r in rules if r["id"] in by and r["verdict"] == verdict]
        return min(
            given, key=lambda r: (not opens and r["type"] in _OPENS, r["level"] == "house", r["id"]), default=None
        )
    hours = _hours(sheet)
    return hours[0] if hours else next((r for r in rules if r["verdict"] == "allow"), None)


def _hours(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """Window rules with hours, law before house."""
    found = [
        r
        for r in sheet.get("rules", [])
        if r["type"] == "window" and r.get("seen", {}).get("hours") not in (None, [], ["00:00–24:00"])
    ]
    return sorted(found, key=lambda r: r["level"] == "house")


def why(sheet: dict[str, Any], verdict: str, by: Sequence[str], opens: bool = True) -> str:
    """The verdict in a sentence, from what the deciding rule saw."""
    if tuple(by) == (NO_LAW,):
        return _("No law is loaded for this person: a contact without a jurisdiction's preset in force never goes.")
    spoken = speaking(sheet, verdict, by, opens)
    if spoken is None:
        return _("No rule looks at this contact.")
    return rule_words(spoken)


_AFTER = {
    "conversation": "conversation",
    "call_placed": "call",
    "sms_sent": "SMS",
    "email_sent": "e-mail",
    "letter_sent": "letter",
    "visit_made": "visit",
}


def rule_words(rule: dict[str, Any]) -> str:
    """What a rule saw, in words."""
    seen: dict[str, Any] = rule.get("seen") or {}
    kind = rule.get("type")
    if "lifted_by" in seen:
        return _("lifted by consent: %(kind)s") % {"kind": _words(seen["lifted_by"])}
    if "excluded" in seen:
        return _("does not count this contact: %(why)s") % {"why": _words(seen["excluded"])}
    if kind == "window":
        return _window_words(seen)
    if kind == "rate":
        text = _("%(used)s of %(max)s in %(period)s") % {
            "used": seen.get("counted"),
            "max": seen.get("max"),
            "period": _period(seen.get("period", "")),
        }
        if "gap_minutes" in seen:
            text += "; " + _("last one less than %(n)s minutes ago") % {"n": seen["gap_minutes"]}
        return text
    if kind == "cooldown":
        what = _(_AFTER.get(seen.get("after", ""), _words(seen.get("after", ""))))
        if not seen.get("last"):
            return _("no %(what)s yet") % {"what": what}
        return _("last %(what)s on %(day)s; %(n)s days are closed after it") % {
            "what": what,
            "day": seen["last"],
            "n": seen.get("days"),
        }
    if kind == "bar":
        return _bar_words(seen)
    if kind == "party":
        text = _("%(party)s, purpose %(purpose)s") % {
            "party": _words(seen.get("party", "")),
            "purpose": _words(seen.get("purpose", "")),
        }
        return f"{text}: {_words(seen['why'])}" if "why" in seen else text
    if kind == "content":
        missing, forbidden = seen.get("missing"), seen.get("forbidden") or seen.get("beyond")
        if missing:
            return _("the text lacks: %(what)s") % {"what": ", ".join(map(_words, missing))}
        if forbidden:
            return _("the text must not say: %(what)s") % {"what": ", ".join(map(_words, forbidden))}
        return _("the text has what it must")
    if kind == "actor":
        lacks = seen.get("lacks")
        return (
            _("the agent lacks: %(what)s") % {"what": ", ".join(lacks)} if lacks else _("the agent has what is asked")
        )
    return ", ".join(f"{_words(k)}: {v}" for k, v in seen.items())


def _period(told: str) -> str:
    """“7 local_day rolling” in words: 7 days."""
    count, _blank, rest = told.partition(" ")
    unit = rest.partition(" ")[0].removeprefix("local_")
    if not count.isdigit() or not unit:
        return _words(told)
    return f"{count} {unit}" if count == "1" else f"{count} {unit}s"


def _window_words(seen: dict[str, Any]) -> str:
    if "why" in seen:
        return _words(seen["why"])
    hours, zones = ", ".join(seen.get("hours") or []), ", ".join(seen.get("zones") or [])
    if seen.get("closed_in"):
        return (
            _("closed in %(zones)s; open %(hours)s") % {"zones": ", ".join(seen["closed_in"]), "hours": hours}
            if hours
            else _("closed by date or by the person's word in %(zones)s") % {"zones": ", ".join(seen["closed_in"])}
        )
    return (
        _("open %(hours)s in %(zones)s") % {"hours": hours, "zones": zones}
        if hours
        else _("no closed hours in %(zones)s") % {"zones": zones}
    )


def _bar_words(seen: dict[str, Any]) -> str:
    if seen.get("match"):
        return _("never for this kind of contact")
    state = _words(seen.get("state") or "")
    if "since" in seen:
        return _("%(state)s since %(day)s") % {"state": state, "day": seen["since"][:10]}
    if "why" in seen:
        return _words(seen["why"])
    if "checked" in seen:
        return _("%(state)s: not in force; register checked %(day)s") % {"state": state, "day": seen["checked"]}
    if "once" in seen or "except" in seen:
        return _("%(state)s: does not stop this contact") % {"state": state}
    return _("%(state)s: not in force") % {"state": state}


def _words(code: Any) -> str:
    return str(code).replace("_", " ")
