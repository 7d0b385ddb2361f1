"""The log of all contacts about a loan: what left, with its clearance and the rules asked; what the rules withheld,
with the rule and the next allowed time; what came in; what others did (a dialler, an agency). Nothing is left out.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from collections_app.kernel import actors
from collections_app.models import Contact, ContactCase, ContactEvent, FactSheet, Judgement, Loan, Promise
from legal.bundle.manifest import ContactEntry, RuleAsked, RuleVersion

from . import words
from .source import Log
from .versions import newest_versions

# States in which nothing left the house: of these contacts only what the rules withheld is told.
_INSIDE = frozenset(Contact.INSIDE)


def contact_log(loan: Loan) -> Log:
    """All contacts about this loan, oldest first, numbered from 1."""
    about = ContactCase.objects.filter(loan=loan).values("contact")
    contacts = list(
        Contact.objects.filter(pk__in=about)
        .select_related("person__key", "agent", "document", "clearance__judgement")
        .order_by("pk")
    )
    judged = _judgements(contacts)
    events = list(
        ContactEvent.objects.filter(debts__loan=loan, contact=None).select_related("person__key").order_by("at", "pk")
    )
    sheets = FactSheet.objects.in_bulk(
        {j.facts_id for of_one in judged.values() for j in of_one}
        | {c.clearance.judgement.facts_id for c in contacts if c.clearance is not None}
    )
    promised = {p.contact_id: p for p in Promise.objects.filter(contact__any_of=[c.pk for c in contacts])}
    told: list[ContactEntry] = []
    seen: set[int] = set()
    used: dict[int, FactSheet] = {}
    for c in contacts:
        for j in _withheld(judged.get(c.pk, [])):
            used[j.facts_id] = sheets[j.facts_id]
            told.append(_withheld_entry(c, j, sheets[j.facts_id], loan))
            seen.add(c.pk)
        if c.state not in _INSIDE or c.direction == "in":
            sheet = sheets[c.clearance.judgement.facts_id] if c.clearance is not None else None
            if sheet is not None:
                used[sheet.pk] = sheet
            told.append(_made_entry(c, sheet, promised.get(c.pk), loan))
            seen.add(c.pk)
    told += [_event_entry(e, loan) for e in events]
    told.sort(key=lambda e: (e.at, e.contact_id or 0, e.withheld is False))
    return Log(
        entries=tuple(dataclasses.replace(e, number=n) for n, e in enumerate(told, start=1)),
        rules=_rule_versions(used.values()),
        history_ids=newest_versions(Contact, seen),
        law_on=_law_assumed(used.values()),
    )


def _judgements(contacts: Sequence[Contact]) -> dict[int, list[Judgement]]:
    found: dict[int, list[Judgement]] = defaultdict(list)
    asked = Judgement.objects.filter(contact__any_of=[c.pk for c in contacts], phase__in=["plan", "send"])
    for j in asked.order_by("pk"):
        if j.contact_id is not None:
            found[j.contact_id].append(j)
    return found


def _withheld(judgements: Iterable[Judgement]) -> Iterator[Judgement]:
    """Those that did not let the contact go; the same answer again, with nothing new in it, is told once."""
    last: tuple[Any, ...] | None = None
    for j in judgements:
        if j.verdict in (Judgement.Verdict.ALLOW, Judgement.Verdict.WARN) or j.permit is not None:
            last = None
            continue
        answer = (j.verdict, j.by, j.next_allowed_at)
        if answer != last:
            yield j
        last = answer


def _withheld_entry(c: Contact, j: Judgement, sheet: FactSheet, loan: Loan) -> ContactEntry:
    zone = words.zone_of(c.person)
    waits = j.verdict == Judgement.Verdict.APPROVE
    return ContactEntry(
        number=0,
        at=words.local(j.at, zone),
        zone=zone,
        channel=words.channel(c.channel),
        direction="out",
        what=f"{words.step(c.step)}, planned",
        outcome="a second person decides" if waits else "",
        person=_other(c, loan),
        withheld=True,
        rules=_asked(sheet, only_blocking=True),
        next_allowed_at=words.local(j.next_allowed_at, zone) if j.next_allowed_at else None,
        contact_id=c.pk,
        generated=_made_up(c, loan),
    )


def _made_entry(c: Contact, sheet: FactSheet | None, promise: Promise | None, loan: Loan) -> ContactEntry:
    zone = words.zone_of(c.person)
    by_hand = c.channel in Contact.BY_HAND
    return ContactEntry(
        number=0,
        at=words.local(left_at(c), zone),
        zone=zone,
        channel=words.channel(c.channel),
        direction="in" if c.direction == "in" else "out",
        what=f"{words.step(c.step)}{pages_of(c)}",
        outcome=outcome_of(c, zone, promise),
        by=words.staff_name(c.agent) if by_hand else "the system",
        person=_other(c, loan),
        clearance=f"J-{c.clearance.judgement.pk}" if c.clearance is not None else "",
        rules=_asked(sheet) if sheet else (),
        text_sha256=c.text_sha256,
        contact_id=c.pk,
        generated=_made_up(c, loan),
    )


def pages_of(c: Contact) -> str:
    """How many pages a letter has, to stand after its name."""
    if c.document is None or not c.document.pages:
        return ""
    return f", {c.document.pages} page{'s' if c.document.pages != 1 else ''}"


def left_at(c: Contact) -> dt.datetime:
    """The instant that the log tells of a contact: when it left, or was tried, or was claimed."""
    return c.sent_at or c.attempted_at or c.claimed_at or c.not_before


def outcome_of(c: Contact, zone: str, promise: Promise | None = None) -> str:
    """What came of a contact, in words."""
    state = Contact.State
    if c.state == state.COMPLETED:
        told = words.OUTCOMES.get(c.outcome, c.outcome)
        if promise is not None:
            told += f": {promise.amount} {promise.currency} by {promise.due_on.day} {promise.due_on:%b %Y}"
        return told
    if c.state == state.DELIVERED:
        when = words.local(c.settled_at, zone) if c.settled_at else None
        return f"Delivered {words.minute(when)}" if when else "Delivered"
    if c.state == state.FAILED:
        return f"Failed: {c.failure}" if c.failure else "Failed"
    return {
        state.SENT: "Posted" if c.channel == "letter" else "Sent",
        state.UNCONFIRMED: "Left, not confirmed",
        state.SENDING: "On its way",
        state.REVEALED: "Number shown, no outcome told",
    }.get(state(c.state), c.state)


def _event_entry(e: ContactEvent, loan: Loan) -> ContactEntry:
    zone = words.zone_of(e.person)
    incoming = e.direction == "in"
    return ContactEntry(
        number=0,
        at=words.local(e.at, zone),
        zone=zone,
        channel=words.channel(e.channel or "voice"),
        direction="in" if incoming else "out",
        what=words.event(e.kind),
        outcome=words.RECEIVED if incoming else words.MADE,
        by="" if incoming else ("the lender" if e.by == "us" else e.by),
        person=e.person.name if e.person_id != loan.debtor_id else "",
        generated="generated" in e.flags or (e.person_id != loan.debtor_id and e.person.generated),
    )


def _other(c: Contact, loan: Loan) -> str:
    return c.person.name if c.person_id != loan.debtor_id else ""


def _made_up(c: Contact, loan: Loan) -> bool:
    """Of a contact that a script of the demonstration made, or that names an invented person."""
    played = c.agent is not None and c.agent.get_username() == actors.PLAYER
    return played or (c.person_id != loan.debtor_id and c.person.generated)


def _asked(sheet: FactSheet, *, only_blocking: bool = False) -> tuple[RuleAsked, ...]:
    """The rules in the order in which they were asked; of a withheld contact those that did not let it go."""
    found = []
    for rule in sheet.content.get("rules", []):
        verdict = rule["verdict"]
        if only_blocking and verdict in ("allow", "warn"):
            continue
        detail = "" if verdict == "allow" else _seen(rule.get("seen", {}))
        found.append(RuleAsked(rule["id"], verdict, "" if verdict == "allow" else rule.get("cite", ""), detail))
    if not found and sheet.content.get("why"):
        found.append(RuleAsked("no-law-loaded", "deny", "", sheet.content["why"]))
    return tuple(found)


def _seen(seen: dict[str, Any]) -> str:
    if "why" in seen:
        return str(seen["why"])
    told = []
    for key, value in seen.items():
        if value in (None, [], {}, ""):
            continue
        said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        told.append(f"{key.replace('_', ' ')} {said}")
    return "; ".join(told)[:200]


def _rule_versions(sheets: Iterable[FactSheet]) -> tuple[RuleVersion, ...]:
    """Every preset and ladder that a judgement in the log rests on."""
    found: dict[tuple[str, str, str], RuleVersion] = {}
    for sheet in sheets:
        for preset in sheet.content.get("presets", []):
            if not isinstance(preset, dict):
                continue
            ladder = preset["id"].startswith("ladder-")
            name = preset["id"].removeprefix("ladder-")
            found[(preset["id"], preset["version"], preset["digest"])] = RuleVersion(
                "ladder" if ladder else "rules",
                name,
                preset["version"],
                preset["digest"],
                preset.get("status") == "draft",
            )
    return tuple(found[key] for key in sorted(found))


def _law_assumed(sheets: Iterable[FactSheet]) -> tuple[dt.date, ...]:
    days = {s.content["law_on_assumed"] for s in sheets if "law_on_assumed" in s.content}
    return tuple(sorted(dt.date.fromisoformat(day) for day in days))
