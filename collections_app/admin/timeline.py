"""What happened to a case, in one list: contacts, money, promises, changes, files; newest first, by page.

Every source is read in one query as bare columns, up to a limit; notes are opened and sentences made for the rows of the
page alone.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_app.kernel.actors import DISPATCH, MACHINES, RUN
from collections_app.kernel.personal import unseal
from collections_app.models import (
    Case,
    Contact,
    ContactEvent,
    EventDebt,
    Hold,
    LoanDocument,
    LoanEvent,
    LoanParty,
    Payment,
    Promise,
)

from . import words

PAGE = 25
MONEY_DAYS = 62  # payments of the two months before the episode are told with it
SOURCE_LIMIT = 500  # rows of one source: far more than an episode has; older ones stand in their own lists

KINDS: dict[str, Any] = {
    "contacts": gettext_lazy("Contacts"),
    "money": gettext_lazy("Money"),
    "promises": gettext_lazy("Promises"),
    "changes": gettext_lazy("Changes"),
    "files": gettext_lazy("Files"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. `title` may hold markup that was made by `format_html`."""

    at: dt.datetime
    kind: str
    icon: str
    title: Any
    detail: str = ""
    by: str = ""
    link: str = ""
    link_words: Any = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Timeline:
    """A page of entries by office day, and how many there are of each kind."""

    days: list[tuple[str, list[Entry]]]
    counts: list[tuple[str, Any, int]]
    chosen: str
    page: int
    more: int
    total: int


@dataclass(frozen=True)
class _Row:
    at: dt.datetime
    kind: str
    order: int
    users: tuple[int | None, ...]
    build: Callable[[dict[int, str]], Entry]


def timeline_of(case: Case, *, kind: str = "", page: int = 1) -> Timeline:
    """The page of the timeline of a case; `kind` is one of KINDS or empty for all."""
    rows = [
        *_contacts(case),
        *_events(case),
        *_money(case),
        *_promises(case),
        *_holds(case),
        *_changes(case),
        *_files(case),
    ]
    rows.sort(key=lambda r: (r.at, r.order), reverse=True)
    counts = Counter(r.kind for r in rows)
    wanted = [r for r in rows if not kind or r.kind == kind]
    shown = wanted[(page - 1) * PAGE : page * PAGE]
    names = _names({u for r in shown for u in r.users if u is not None})
    days: list[tuple[str, list[Entry]]] = []
    for row in shown:
        entry = row.build(names)
        told = words.day(entry.at.astimezone(words.office()).date())
        if not days or days[-1][0] != told:
            days.append((told, []))
        days[-1][1].append(entry)
    return Timeline(
        days,
        [("", _("All"), len(rows)), *((k, KINDS[k], counts[k]) for k in KINDS)],
        kind,
        page,
        max(0, len(wanted) - page * PAGE),
        len(wanted),
    )


def _names(ids: set[int]) -> dict[int, str]:
    found = get_user_model().objects.filter(pk__in=ids)
    return {u.pk: _machine(u.get_username()) or words.who(u) for u in found}


def _machine(name: str) -> str:
    if name == RUN:
        return _("Daily run")
    if name == DISPATCH:
        return _("Dispatch")
    return name.replace("-", " ").capitalize() if name in MACHINES else ""


# -- contacts and events -------------------------------------------------------------------------------


def _contacts(case: Case) -> Iterable[_Row]:
    columns = (
        "id",
        "channel",
        "party",
        "step",
        "state",
        "outcome",
        "outcome_note",
        "sent_at",
        "settled_at",
        "claimed_at",
        "agent_id",
        "state_because",
        "withheld_by",
        "not_before",
        "failure",
        "external_ref",
        "person_id",
        "person__key__wrapped",
        "contact_point__kind",
    )
    found = list(
        Contact.objects.filter(
            Q(case=case) | Exists(Contact.covers.rel.related_model.objects.filter(contact=OuterRef("pk"), case=case))
        )
        .exclude(state=Contact.State.PLANNED)
        .order_by("-id")
        .values(*columns)[:SOURCE_LIMIT]
    )
    inside = [c["id"] for c in found if c["state"] in Contact.INSIDE]
    decided = (
        dict(
            Contact.history.filter(id__in=inside)
            .values("id")
            .annotate(last=Max("history_date"))
            .values_list("id", "last")
        )
        if inside
        else {}
    )
    for c in found:
        at = decided.get(c["id"]) or c["sent_at"] or c["settled_at"] or c["claimed_at"] or c["not_before"]
        yield _Row(
            at, "contacts", c["id"], (c["agent_id"],), lambda names, c=c, at=at: _contact_entry(c, at, names, case)
        )


def _contact_entry(c: dict[str, Any], at: dt.datetime, names: dict[int, str], case: Case) -> Entry:
    what = words.CHANNEL_WORDS.get(c["channel"], c["channel"])
    step = c["step"].replace("_", " ") if c["step"] and c["step"] != "by_hand" else ""
    state = Contact.State(c["state"])
    other = f" · {c['party'].replace('_', ' ')}" if c["party"] != "debtor" else ""
    detail = ""
    bad = False
    if state == Contact.State.COMPLETED:
        title = format_html(
            "{}, {}{}", what, Contact.Outcome(c["outcome"]).label.lower() if c["outcome"] else "", other
        )
        detail = _opened(c["outcome_note"], c)
    elif state == Contact.State.WITHHELD:
        title = format_html('<span class="not">{}</span> {}{}', _("%(what)s withheld") % {"what": what}, step, other)
        detail = _("%(rules)s; tried again %(when)s") % {
            "rules": c["withheld_by"],
            "when": words.moment(c["not_before"]),
        }
        bad = True
    elif state == Contact.State.FAILED:
        title = format_html(
            '<span class="not">{}</span> {}{}', _("%(what)s did not arrive") % {"what": what}, step, other
        )
        detail, bad = c["failure"], True
    elif state in (Contact.State.SENT, Contact.State.DELIVERED):
        title = format_html("{} {}{}", what, state.label.lower(), f" · {step}" if step else "") + other
        detail = c["external_ref"] if c["channel"] == "letter" else ""
    else:
        title = format_html("{}, {}{}{}", what, state.label.lower(), f" · {step}" if step else "", other)
        detail = c["state_because"] or c["failure"]
    return Entry(
        at,
        "contacts",
        words.CHANNEL_ICONS.get(c["channel"], "forum"),
        title,
        detail,
        names.get(c["agent_id"], ""),
        reverse("admin:collections_app_contact_why", args=[c["id"]]),
        _("why") if state in Contact.INSIDE else _("clearance"),
        bad,
    )


def _opened(sealed: Any, c: dict[str, Any]) -> str:
    if sealed is None:
        return ""
    return unseal(sealed.data, c["person_id"], c["person__key__wrapped"])


_EVENT_WORDS = {
    "call_placed": gettext_lazy("Call placed"),
    "call_unanswered": gettext_lazy("Call, no answer"),
    "conversation": gettext_lazy("Conversation"),
    "voicemail_left": gettext_lazy("Voicemail left"),
    "delivery_failed": gettext_lazy("Delivery failed"),
    "visit_made": gettext_lazy("Visit made"),
}


def _events(case: Case) -> Iterable[_Row]:
    """What happened without a contact of ours: calls that came in, diallers, imported events. Those with one are told by it."""
    about = EventDebt.objects.filter(event=OuterRef("pk"))
    people = list(LoanParty.objects.filter(loan=case.loan_id).values_list("person_id", flat=True)) or [case.debtor_id]
    found = (
        ContactEvent.objects.filter(person__in=people, contact=None)
        .filter(Exists(about.filter(loan=case.loan_id)) | ~Exists(about))
        .order_by("-at", "-id")
        .values("id", "kind", "at", "direction", "by", "party", "channel", "note", "person_id", "person__key__wrapped")[
            :SOURCE_LIMIT
        ]
    )
    breached = set(
        ContactEvent.objects.filter(person__in=people, contact=None, breaches__isnull=False).values_list(
            "id", flat=True
        )
    )
    for e in found:
        yield _Row(e["at"], "contacts", e["id"], (), lambda names, e=e: _event_entry(e, e["id"] in breached))


def _event_entry(e: dict[str, Any], breached: bool) -> Entry:
    what = _EVENT_WORDS.get(e["kind"], e["kind"].replace("_", " ").capitalize())
    way = _("came in") if e["direction"] == "in" else ""
    title = format_html(
        "{}{}{}",
        what,
        f", {way}" if way else "",
        f" · {e['party'].replace('_', ' ')}" if e["party"] != "debtor" else "",
    )
    detail = unseal(e["note"].data, e["person_id"], e["person__key__wrapped"]) if e["note"] is not None else ""
    if breached:
        detail = f"{detail} {_('A rule did not allow it: a breach is open.')}".strip()
    return Entry(
        e["at"],
        "contacts",
        "call_received" if e["direction"] == "in" else words.CHANNEL_ICONS.get(e["channel"], "forum"),
        title,
        detail,
        "" if e["by"] == "us" else e["by"],
        reverse("admin:collections_app_contactevent_change", args=[e["id"]]),
        _("event"),
        breached,
    )


# -- money, promises, holds ----------------------------------------------------------------------------


def _money(case: Case) -> Iterable[_Row]:
    """Money around this episode; what came before it stands in the loan's own list."""
    since = case.anchor_due_on - dt.timedelta(days=MONEY_DAYS)
    paid = (
        Payment.objects.filter(loan=case.loan_id, value_on__gte=since)
        .order_by("-value_on", "-id")
        .values("id", "amount", "currency", "value_on", "received_at", "method", "state", "reference")[:SOURCE_LIMIT]
    )
    for p in paid:
        yield _Row(p["received_at"], "money", p["id"], (), lambda names, p=p: _payment_entry(p))
    events = (
        LoanEvent.objects.filter(loan=case.loan_id, on__gte=since)
        .order_by("-on", "-id")
        .values("id", "kind", "on", "received_at", "amount", "currency")[:SOURCE_LIMIT]
    )
    for e in events:
        yield _Row(e["received_at"], "money", e["id"], (), lambda names, e=e: _loan_event_entry(e))


def _payment_entry(p: dict[str, Any]) -> Entry:
    title = format_html('{} <b class="num">{}</b>', _("Payment"), words.amount(p["amount"], p["currency"]))
    state = "" if p["state"] == "received" else f" · {Payment.State(p['state']).label.lower()}"
    detail = (
        _("value %(day)s") % {"day": words.day(p["value_on"])}
        + (f" · {p['method'].replace('_', ' ')}" if p["method"] else "")
        + state
    )
    return Entry(
        p["received_at"],
        "money",
        "payments",
        title,
        detail,
        p["reference"],
        reverse("admin:collections_app_payment_change", args=[p["id"]]),
        _("payment"),
        p["state"] != "received",
    )


def _loan_event_entry(e: dict[str, Any]) -> Entry:
    title = LoanEvent.Kind(e["kind"]).label
    told = words.amount(e["amount"], e["currency"]) if e["amount"] else ""
    return Entry(e["received_at"], "money", "event_note", title, f"{words.day(e['on'])} {told}".strip())


def _promises(case: Case) -> Iterable[_Row]:
    rows = (
        Promise.history.filter(case_id=case.pk)
        .order_by("-history_id")
        .values(
            "history_id",
            "history_date",
            "history_user_id",
            "history_change_reason",
            "history_run__date",
            "state",
            "amount",
            "currency",
            "due_on",
            "method",
        )[:SOURCE_LIMIT]
    )
    for h in rows:
        yield _Row(
            h["history_date"],
            "promises",
            h["history_id"],
            (h["history_user_id"],),
            lambda names, h=h: _promise_entry(h, names),
        )


_PROMISE_WORDS = {
    "open": gettext_lazy("Promise to pay"),
    "kept": gettext_lazy("Promise kept:"),
    "broken": gettext_lazy("Promise broken:"),
    "withdrawn": gettext_lazy("Promise withdrawn:"),
}


def _promise_entry(h: dict[str, Any], names: dict[int, str]) -> Entry:
    title = format_html(
        '{} <b class="num">{}</b> {}',
        _PROMISE_WORDS[h["state"]],
        words.amount(h["amount"], h["currency"]),
        _("by %(day)s") % {"day": words.day(h["due_on"])}
        + (f", {h['method'].replace('_', ' ')}" if h["method"] else ""),
    )
    return Entry(
        h["history_date"],
        "promises",
        "handshake",
        title,
        h["history_change_reason"],
        _by(h, names),
        is_bad=h["state"] == "broken",
    )


def _holds(case: Case) -> Iterable[_Row]:
    rows = (
        Hold.history.filter(case_id=case.pk)
        .order_by("-history_id")
        .values(
            "history_id",
            "history_date",
            "history_user_id",
            "history_change_reason",
            "history_run__date",
            "state",
            "reason",
            "from_on",
            "until_on",
        )[:SOURCE_LIMIT]
    )
    for h in rows:
        yield _Row(
            h["history_date"],
            "changes",
            h["history_id"],
            (h["history_user_id"],),
            lambda names, h=h: _hold_entry(h, names),
        )


def _hold_entry(h: dict[str, Any], names: dict[int, str]) -> Entry:
    until = words.day(h["until_on"]) if h["until_on"] else _("open end")
    title = _("Hold (%(why)s) %(state)s: %(start)s – %(end)s") % {
        "why": Hold.Reason(h["reason"]).label.lower(),
        "state": Hold.State(h["state"]).label.lower(),
        "start": words.day(h["from_on"]),
        "end": until,
    }
    return Entry(h["history_date"], "changes", "pause_circle", title, h["history_change_reason"], _by(h, names))


# -- changes and files ---------------------------------------------------------------------------------


def _changes(case: Case) -> Iterable[_Row]:
    rows = list(
        Case.history.filter(id=case.pk)
        .order_by("-history_id")
        .values(
            "history_id",
            "history_date",
            "history_user_id",
            "history_change_reason",
            "history_run__date",
            "history_type",
            "stage",
            "owner_id",
            "closed_reason",
        )[: SOURCE_LIMIT + 1]
    )
    for n, h in enumerate(rows[:SOURCE_LIMIT]):
        before = rows[n + 1] if n + 1 < len(rows) else None
        yield _Row(
            h["history_date"],
            "changes",
            h["history_id"],
            (h["history_user_id"], h["owner_id"]),
            lambda names, h=h, before=before: _change_entry(h, before, names),
        )


def _change_entry(h: dict[str, Any], before: dict[str, Any] | None, names: dict[int, str]) -> Entry:
    badge = '<span class="badge {}">{}</span>'
    icon = "edit_note"
    if before is None:
        title: Any = format_html("{} " + badge, _("Case opened"), h["stage"], words.STAGE_WORDS[h["stage"]])
        icon = "flag"
    elif before["stage"] != h["stage"]:
        title = format_html(
            badge + " → " + badge,
            before["stage"],
            words.STAGE_WORDS[before["stage"]],
            h["stage"],
            words.STAGE_WORDS[h["stage"]],
        )
        order = list(words.STAGE_WORDS)
        icon = "arrow_upward" if order.index(h["stage"]) > order.index(before["stage"]) else "arrow_downward"
    elif before["owner_id"] != h["owner_id"]:
        title = _("Given to %(who)s") % {"who": names.get(h["owner_id"]) or _("nobody")}
        icon = "person"
    else:
        title = _("Case changed")
    return Entry(h["history_date"], "changes", icon, title, h["history_change_reason"], _by(h, names))


def _by(h: dict[str, Any], names: dict[int, str]) -> str:
    name = names.get(h["history_user_id"], "")
    return f"{name} {words.day(h['history_run__date'])}" if h["history_run__date"] else name


def _files(case: Case) -> Iterable[_Row]:
    found = (
        LoanDocument.objects.filter(loan=case.loan_id)
        .order_by("-id")
        .values(
            "id",
            "kind",
            "dated_on",
            "document__title",
            "document__pages",
            "document__sha256",
            "document__stored_at",
            "document__generated",
        )[:SOURCE_LIMIT]
    )
    for f in found:
        yield _Row(f["document__stored_at"], "files", f["id"], (), lambda names, f=f: _file_entry(f))


def _file_entry(f: dict[str, Any]) -> Entry:
    sha = f["document__sha256"]
    count = f["document__pages"]
    pages = ngettext("%(n)s page", "%(n)s pages", count) % {"n": count} + ", " if count else ""
    made_up = f" · {_('generated')}" if f["document__generated"] else ""
    return Entry(
        f["document__stored_at"],
        "files",
        "description",
        f"{LoanDocument.Kind(f['kind']).label}: {f['document__title']}",
        f"{pages}sha256 {sha[:4]}…{sha[-4:]}{made_up}",
        link=reverse("admin:collections_app_loandocument_change", args=[f["id"]]),
        link_words=_("file"),
    )
