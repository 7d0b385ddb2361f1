"""Why a contact was withheld, allowed, or waits: from its judgements and the facts that they saw."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.compliance.verdict import PERMITTING
from collections_app.kernel.admin import name_of
from collections_app.models import Case, Contact, Judgement
from collections_app.services.may_contact import for_case, judgements_of, rule_words, speaking, why, zone_of

from . import words

STRIP = 8  # days drawn at most


@dataclass(frozen=True)
class Asked:
    """A rule that was asked, for the table."""

    id: str
    preset: str
    type: str
    level: str
    cite: str
    confidence: str
    verdict: str
    told: tuple[str, Any, str]
    seen: str
    would_allow: str
    decides: bool


@dataclass(frozen=True)
class Day:
    """A day of the strip."""

    name: str
    text: str
    is_open: bool
    is_today: bool


def why_page(contact: Contact, *, at: dt.datetime, on: dt.date) -> dict[str, Any]:
    """The context of the page; the contact comes with person, key, case, loan and contact point."""
    rows = judgements_of(contact)
    decisive = next((j for j in reversed(rows) if j.phase != Judgement.Phase.RECORD), rows[-1] if rows else None)
    zone = zone_of(contact.person)
    context: dict[str, Any] = {
        "contact": contact,
        "person_shown": name_of(contact.person),
        "channel_word": words.CHANNEL_WORDS.get(contact.channel, contact.channel),
        "judgements": [_judged(j, zone) for j in rows],
        "judgement": decisive,
        "zone": zone,
        "rules": [],
        "strip": [],
        "question": _question(contact, decisive),
        "can_do": [],
        "state_since": words.moment(contact.claimed_at) if contact.claimed_at else "",
        "planned_for": words.full_day(contact.business_on),
        "cleared": contact.clearance_id is not None,
    }
    if decisive is None:
        return context
    sheet = decisive.facts.content
    by = tuple(decisive.by.split())
    spoken = speaking(sheet, decisive.verdict, by, decisive.next_allowed_at is not None)
    return {
        **context,
        "rules": _rules(sheet, decisive, by, zone),
        # What is withheld because no law is loaded has an id to name and no rule that spoke.
        "by": " ".join(by) or (spoken["id"] if spoken else ""),
        "cite": spoken.get("cite") or "" if spoken else "",
        "sentence": _sentence(contact, decisive, sheet, by),
        "is_ok": decisive.verdict in PERMITTING,
        "next_there": words.moment(decisive.next_allowed_at, zone)
        if decisive.next_allowed_at and decisive.verdict not in PERMITTING
        else "",
        "next_here": words.moment(decisive.next_allowed_at) if decisive.next_allowed_at else "",
        "strip": _strip(sheet, decisive, zone, on),
        "denying": sum(r["verdict"] not in PERMITTING for r in sheet.get("rules", ())),
        "asked": len(sheet.get("rules", ())),
        "facts_at": words.moment(decisive.at, zone),
        "presets": sheet.get("presets", []),
        "tzdata": sheet.get("tzdata", ""),
        "calendars": sheet.get("calendars", ""),
        "zones": ", ".join(sorted(set(sheet.get("zones", {}).values()))),
        "law_on_assumed": sheet.get("law_on_assumed"),
        "can_do": _can_do(contact, decisive, at, zone),
        "digest": decisive.facts.digest,
    }


def _question(contact: Contact, decisive: Judgement | None) -> str:
    what = str(words.CHANNEL_WORDS.get(contact.channel, contact.channel)).lower()
    if decisive is None:
        return _("This %(what)s was not judged yet") % {"what": what}
    if contact.state == Contact.State.AWAITING_APPROVAL or decisive.verdict == "approve":
        return _("Why does this %(what)s need a second person?") % {"what": what}
    if contact.state in Contact.INSIDE and decisive.verdict == "deny":
        return _("Why was this %(what)s withheld?") % {"what": what}
    return _("Why was this %(what)s allowed?") % {"what": what}


def _sentence(contact: Contact, j: Judgement, sheet: dict[str, Any], by: tuple[str, ...]) -> str:
    told = why(sheet, j.verdict, by, j.next_allowed_at is not None)
    if j.verdict == "deny":
        return _("Withheld: %(why)s") % {"why": told}
    if j.verdict == "approve":
        return _("A second person decides: %(why)s") % {"why": told}
    return _("Allowed: %(why)s") % {"why": told}


def _rules(sheet: dict[str, Any], j: Judgement, by: tuple[str, ...], zone: str) -> list[Asked]:
    told = []
    for r in sheet.get("rules", ()):
        decides = r["id"] in by and r["verdict"] == j.verdict
        if r["verdict"] in PERMITTING:
            would = _("now")
        elif j.next_allowed_at is not None:
            would = _("by %(when)s") % {"when": words.moment(j.next_allowed_at, zone)}
        else:
            would = _("a second person") if r["verdict"] == "approve" else _("no time known")
        told.append(
            Asked(
                r["id"],
                r["preset"],
                r["type"],
                r["level"],
                r.get("cite") or "",
                r.get("confidence") or "",
                r["verdict"],
                words.verdict(r["verdict"]),
                rule_words(r),
                would,
                decides,
            )
        )
    order = {"deny": 0, "approve": 1, "warn": 2, "allow": 3}
    return sorted(told, key=lambda a: (not a.decides, order[a.verdict], a.id))


def _strip(sheet: dict[str, Any], j: Judgement, zone: str, on: dt.date) -> list[Day]:
    """The days between what happened and the next allowed time, where there are any, in the person's calendar."""
    if j.next_allowed_at is None or j.verdict in PERMITTING:
        return []
    there = ZoneInfo(zone)
    first, last = j.at.astimezone(there).date(), j.next_allowed_at.astimezone(there).date()
    counted = None
    for r in sheet.get("rules", ()):
        seen = r.get("seen") or {}
        if r["type"] == "cooldown" and r["verdict"] != "allow" and seen.get("last"):
            counted = dt.date.fromisoformat(seen["last"])
            first = min(first, counted)
    days = (last - first).days
    if days < 1:
        return []
    shown = [first + dt.timedelta(days=n) for n in range(days + 1)]
    if len(shown) > STRIP:
        shown = [*shown[: STRIP - 1], last]
    told = []
    for day in shown:
        is_open = day == last
        text = _("from %(time)s") % {"time": f"{j.next_allowed_at.astimezone(there):%H:%M}"} if is_open else ""
        if counted is not None and not is_open:
            text = _("day %(n)s") % {"n": (day - counted).days + 1}
        told.append(Day(words.day(day), text, is_open, day == on))
    return told


def _judged(j: Judgement, zone: str) -> dict[str, Any]:
    return {
        "judgement": j,
        "phase": j.get_phase_display(),
        "at": words.moment(j.at, zone),
        "told": words.verdict(j.verdict, j.next_allowed_at is not None),
        "by": j.by,
        "asked_by": words.who(j.asked_by) if j.asked_by_id else "",
        "event": j.event,
        "link": reverse("admin:collections_app_judgement_change", args=[j.pk]),
        "permits": j.permit is not None,
    }


def _can_do(contact: Contact, j: Judgement, at: dt.datetime, zone: str) -> list[tuple[str, str, str]]:
    """What is possible instead: (what, how, link)."""
    if contact.state not in Contact.WAITING or contact.case_id is None or contact.case is None:
        return []
    case: Case = contact.case
    page = reverse("admin:collections_app_case_change", args=[case.pk])
    found: list[tuple[str, str, str]] = []
    if contact.state == Contact.State.AWAITING_APPROVAL:
        found.append(
            (
                _("Let a second person decide."),
                _("Approve and decline stand on the contact’s own page."),
                reverse("admin:collections_app_contact_change", args=[contact.pk]),
            )
        )
    elif j.next_allowed_at and j.verdict == "deny":
        found.append(
            (
                _("Wait."),
                _("It is tried again %(when)s by itself.") % {"when": words.moment(j.next_allowed_at, zone)},
                "",
            )
        )
    for line in for_case(case, at=at).lines:
        if not line.permitted or (line.person.pk == contact.person_id and line.channel == contact.channel):
            continue
        what = words.CHANNEL_WORDS[line.channel]
        if line.person.pk == contact.person_id:
            found.append((_("%(what)s: allowed now.") % {"what": what}, _("The same person, by another way."), page))
        elif line.channel in Contact.BY_HAND:
            found.append(
                (
                    _("%(what)s to %(name)s: allowed now.") % {"what": what, "name": line.person.name},
                    line.party.replace("_", " "),
                    page,
                )
            )
    found.append((_("If the person calls us, speak."), _("Calls that come in are not barred. Log them."), page))
    return found


def why_csv(contact: Contact) -> HttpResponse:
    """All rules of all judgements of a contact as CSV."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="why-{contact.pk}.csv"'
    out = csv.writer(response)
    out.writerow(
        [
            "judgement",
            "phase",
            "at",
            "verdict",
            "rule",
            "preset",
            "type",
            "level",
            "rule_verdict",
            "cite",
            "confidence",
            "seen",
        ]
    )
    for j in judgements_of(contact):
        for r in j.facts.content.get("rules", ()):
            out.writerow(
                [
                    j.pk,
                    j.phase,
                    j.at.astimezone(dt.UTC).isoformat(),
                    j.verdict,
                    r["id"],
                    r["preset"],
                    r["type"],
                    r["level"],
                    r["verdict"],
                    r.get("cite") or "",
                    r.get("confidence") or "",
                    rule_words(r),
                ]
            )
    return response
