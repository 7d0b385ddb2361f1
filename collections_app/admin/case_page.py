"""What the case page shows, read in a fixed number of queries: who and how much, may I contact now, what to say, what can be
done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import ReasonedForm, mask
from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import from_minor
from collections_app.models import (
    BorrowerState,
    Case,
    Consent,
    Contact,
    ContactCase,
    ContactPoint,
    Hold,
    LoanParty,
    Person,
    Promise,
    RegisterCheck,
    SendingStop,
    StatedHours,
)
from collections_app.policy.in_force import Policies
from collections_app.policy.schema import Ladder
from collections_app.services import loan_ledgers, replay
from collections_app.services.may_contact import Line, Lines, for_case, zone_of
from collections_app.services.texts import ScriptPart, blocks_within_reach, render

from . import words

REVEALED_MINUTES = 30  # a number that was revealed is shown so long, or until its outcome is logged

# The digits of the call log, in the order of the keyboard.
OUTCOMES = (
    ("1", Contact.Outcome.NO_ANSWER, gettext_lazy("No answer")),
    ("2", Contact.Outcome.VOICEMAIL, gettext_lazy("Voicemail")),
    ("3", Contact.Outcome.PROMISE, gettext_lazy("Promise to pay")),
    ("4", Contact.Outcome.WANTS_PLAN, gettext_lazy("Wants a plan")),
    ("5", Contact.Outcome.HARDSHIP, gettext_lazy("Hardship")),
    ("6", Contact.Outcome.DISPUTE, gettext_lazy("Disputes it")),
    ("7", Contact.Outcome.REFUSES, gettext_lazy("Refuses")),
    ("8", Contact.Outcome.CALL_BACK, gettext_lazy("Call back later")),
    ("9", Contact.Outcome.WRONG_NUMBER, gettext_lazy("Wrong number")),
    ("0", Contact.Outcome.STOP_CALLING, gettext_lazy("Stop calling me")),
    ("", Contact.Outcome.SPOKE, gettext_lazy("Something else")),
)
METHODS = (
    ("card", gettext_lazy("Card")),
    ("bank_transfer", gettext_lazy("Transfer")),
    ("cash_desk", gettext_lazy("Cash desk")),
    ("direct_debit", gettext_lazy("Debit")),
)
VISIT_OUTCOMES = (
    ("", Contact.Outcome.NOT_MET, gettext_lazy("Nobody met")),
    ("", Contact.Outcome.MET, gettext_lazy("Met")),
)


class CallForm(forms.Form):
    """What a collector tells of a call: one form, ten seconds."""

    direction = forms.ChoiceField(choices=[("out", gettext_lazy("Out")), ("in", gettext_lazy("In"))], initial="out")
    person = forms.TypedChoiceField(coerce=int)
    outcome = forms.ChoiceField(
        choices=[(value, label) for _digit, value, label in (*OUTCOMES, *VISIT_OUTCOMES)],
        error_messages={"required": gettext_lazy("Choose what came of the call (a digit picks it).")},
    )
    amount = forms.DecimalField(required=False, min_value=Decimal("0"), max_digits=16, decimal_places=3)
    due_on = forms.DateField(required=False)
    method = forms.ChoiceField(required=False, choices=[("", ""), *METHODS])
    note = forms.CharField(required=False, max_length=2000)

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("outcome") == Contact.Outcome.PROMISE:
            if told.get("amount") in (None, Decimal("0")):
                self.add_error("amount", _("A promise needs an amount."))
            if told.get("due_on") is None and "due_on" not in self.errors:
                self.add_error("due_on", _("A promise needs a day."))
        return told


class HoldForm(ReasonedForm):
    """A hold to ask for."""

    reason = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Hold.Reason.choices)
    until_on = forms.DateField(
        label=gettext_lazy("Until (last day)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "in"}),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"), required=False, max_length=1000, widget=forms.TextInput(attrs={"class": "in"})
    )


class OwnerForm(ReasonedForm):
    """To whom a case is given; empty gives it to nobody."""

    owner = forms.CharField(
        label=gettext_lazy("To (account name; empty: nobody)"),
        required=False,
        widget=forms.TextInput(attrs={"class": "in", "list": "colleagues"}),
    )

    def clean_owner(self) -> Any:
        name = self.cleaned_data["owner"].strip()
        if not name:
            return None
        user = get_user_model().objects.filter(username=name, is_active=True, is_staff=True).first()
        if user is None:
            raise forms.ValidationError(_("There is no colleague with the account “%(name)s”.") % {"name": name})
        return user


@dataclass(frozen=True)
class GateRow:
    """A line of the gate card as it is drawn."""

    line: Line
    icon: str
    what: Any
    where: str
    verdict: tuple[str, Any, str]
    headline: str
    why: str
    can_reveal: bool
    waiting: Contact | None

    @property
    def cite(self) -> str:
        """The citation without its remarks, which stand on the page that says why."""
        return self.line.cite.partition(";")[0]


@dataclass(frozen=True)
class Script:
    """The words of the step for this person now, or the sentence that says why there are none."""

    step: str
    version: str
    language: str
    parts: tuple[ScriptPart, ...]
    problem: str = ""


def case_page(case: Case, request: HttpRequest, *, at: dt.datetime, on: dt.date, policies: Policies) -> dict[str, Any]:
    """The context of the page. The case comes with loan, lender, debtor, key, owner and ladder."""
    user = request.user
    lines = for_case(case, at=at, by=user, policies=policies)
    position = position_of(case, at=at, on=on)
    parties = list(LoanParty.objects.filter(loan=case.loan_id).select_related("person__key").order_by("id"))
    waiting = list(
        Contact.objects.filter(case=case, state__in=Contact.WAITING, direction="out").order_by("not_before", "pk")[:50]
    )
    revealed = revealed_to(case, user, at)
    stops = [s.channel for s in SendingStop.objects.filter(lifted_at=None)]
    promises = list(Promise.objects.filter(case=case).order_by("-pk")[:50])
    may_reveal = user.has_perm("collections_app.reveal_contact") and case.stage != Case.Stage.CLOSED
    rows = [_row(x, case, waiting, may_reveal, stops, on) for x in lines.lines]
    zone = zone_of(case.debtor)
    currency = case.loan.currency
    return {
        "case": case,
        "loan": case.loan,
        "borrower": case.debtor,
        "zone_place": words.place_of(zone),
        "there": words.clock_of(at, zone),
        "there_day": f"{at.astimezone(words.ZoneInfo(zone)):%a}",
        "stage_word": words.STAGE_WORDS[case.stage],
        "day": case.day(on),
        "stages": _path(case.stage),
        "dpd": position.days_past_due,
        "due_words": words.day(position.oldest_due_on),
        "overdue": words.amount(position.overdue + position.fees_open, currency),
        "overdue_parts": (words.amount(position.overdue, currency), words.amount(position.fees_open, currency))
        if position.fees_open
        else None,
        "balance": words.amount(position.outstanding, currency),
        "owner": words.who(case.owner),
        "language": _language(case.debtor.language),
        "masked": _masked(lines, case),
        "gate_rows": [r for r in rows if r.line.person.pk == case.debtor_id],
        "gate_others": [r for r in rows if r.line.person.pk != case.debtor_id],
        "answer": _answer(rows, case, at, on, stops),
        "judged_at": words.clock_of(at),
        "presets": ", ".join(lines.presets),
        "law_on_assumed": lines.law_on_assumed,
        "revealed": revealed,
        "revealed_value": revealed.contact_point.value if revealed and revealed.contact_point else "",
        "script": script_of(case, lines, user, position, at=at, on=on, ladder=policies.ladder(case.ladder_id)),
        "promises": promises,
        "promise_counts": _promise_counts(promises),
        "open_promise": next((p for p in promises if p.state == Promise.State.OPEN), None),
        "open_words": _promise_words(promises),
        "last_promise": next(iter(promises), None),
        "holds": _holds(case, on),
        "people": _people(case, parties, lines, at),
        "next_contact": next(iter(waiting), None),
        "next_words": _next_words(waiting),
        "suggested_amount": from_minor(position.overdue + position.fees_open, currency),
        "may_log": user.has_perm("collections_app.work_case") and case.stage != Case.Stage.CLOSED,
        "may_assign": user.has_perm("collections_app.assign_case"),
    }


def position_of(case: Case, *, at: dt.datetime, on: dt.date) -> replay.Position:
    """The loan as of the end of the office's day, with all money taken in so far."""
    [stored] = loan_ledgers.load([case.loan_id], received_by=at)
    return replay.as_of(stored.ledger, on)


def people_of(case: Case) -> list[tuple[int, str]]:
    """Who may be named in the call log: the parties of the loan."""
    parties = LoanParty.objects.filter(loan=case.loan_id).select_related("person__key").order_by("id")
    found = {case.debtor_id: case.debtor.name}
    for p in parties:
        found.setdefault(p.person_id, f"{p.person.name} ({p.get_role_display()})")
    return list(found.items())


def revealed_to(case: Case, user: Any, at: dt.datetime) -> Contact | None:
    """The call or visit of this case whose number this person was shown and has not logged yet."""
    return (
        Contact.objects.filter(
            case=case,
            agent=user,
            state=Contact.State.REVEALED,
            claimed_at__gte=at - dt.timedelta(minutes=REVEALED_MINUTES),
        )
        .select_related("contact_point__person__key", "person__key")
        .order_by("-claimed_at")
        .first()
    )


def held_sentence(case: Case, on: dt.date) -> str:
    """The hold that stops contacts today, in words."""
    if case.contacts_held_until < on:
        return ""
    if case.contacts_held_until.year == 9999:
        return _("A hold without an end stops contacts.")
    return _("A hold stops contacts until %(day)s.") % {"day": words.day(case.contacts_held_until)}


# -- the gate card -------------------------------------------------------------------------------------


def _row(line: Line, case: Case, waiting: list[Contact], may_reveal: bool, stops: list[str], on: dt.date) -> GateRow:
    mine = next(
        (
            c
            for c in waiting
            if c.person_id == line.person.pk
            and c.channel == line.channel
            and c.state == Contact.State.AWAITING_APPROVAL
        ),
        None,
    )
    stopped = "" in stops or line.channel in stops
    told = words.verdict(line.verdict, line.next_allowed_at is not None)
    if stopped:
        told, headline = words.NEVER_YET, _("All sending by this channel is stopped.")
    elif mine is not None:
        told, headline = words.VERDICTS["approve"], _("Waits for a second person's decision.")
    elif line.permitted:
        headline = _("until %(time)s.") % {"time": words.clock_of(line.until, line.zone)} if line.until else ""
    elif line.verdict == "approve":
        headline = _("A second person decides.")
    elif line.next_allowed_at:
        headline = _("Next: %(when)s.") % {"when": words.moment(line.next_allowed_at, line.zone)}
    else:
        headline = _("Not as things stand.")
    by_hand = line.channel in Contact.BY_HAND
    return GateRow(
        line,
        words.CHANNEL_ICONS[line.channel],
        words.CHANNEL_WORDS[line.channel],
        mask(line.point.value, line.point.kind) if line.point else _("no address"),
        told,
        headline,
        line.why,
        by_hand
        and may_reveal
        and line.point is not None
        and not stopped
        and mine is None
        and not held_sentence(case, on),
        mine,
    )


def _answer(rows: list[GateRow], case: Case, at: dt.datetime, on: dt.date, stops: list[str]) -> dict[str, Any]:
    """The sentence at the top of the gate card: may the debtor be called now?"""
    call = next((r for r in rows if r.line.channel == "voice" and r.line.person.pk == case.debtor_id), None)
    held = held_sentence(case, on)
    if case.stage == Case.Stage.CLOSED:
        return {
            "ok": False,
            "text": _("This case is closed."),
            "detail": words.full_day(case.closed_on) if case.closed_on else "",
        }
    if held:
        return {
            "ok": False,
            "text": held,
            "detail": _("The gate's verdicts stand below; nothing is revealed while the hold is in force."),
        }
    if call is None or call.line.point is None:
        return {
            "ok": False,
            "text": _("No telephone number is known."),
            "detail": _("Add a contact point, or write a letter."),
        }
    line = call.line
    if call.can_reveal and line.permitted:
        text = (
            _("You may call now, until %(time)s there") % {"time": words.clock_of(line.until, line.zone)}
            if line.until
            else _("You may call now")
        )
        left = _left(line.until - at) if line.until else ""
        return {"ok": True, "text": text, "detail": " · ".join(x for x in (left, _slots(line)) if x)}
    if line.permitted:
        return {
            "ok": not stops,
            "text": call.headline if stops else _("This person may be called now"),
            "detail": line.why,
        }
    text = call.headline
    return {
        "ok": False,
        "text": _("Do not call now. %(next)s") % {"next": text},
        "detail": " · ".join(x for x in (line.rule, call.cite, line.why) if x),
    }


def _left(left: dt.timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    return _("%(hours)s h %(minutes)s min left") % {"hours": minutes // 60, "minutes": minutes % 60}


def _slots(line: Line) -> str:
    for rule in line.sheet.get("rules", ()):
        seen = rule.get("seen") or {}
        if rule["type"] == "rate" and "counted" in seen:
            return _("%(used)s of %(max)s calls used (%(rule)s)") % {
                "used": seen["counted"],
                "max": seen["max"],
                "rule": rule["id"],
            }
    return ""


def _masked(lines: Lines, case: Case) -> list[dict[str, Any]]:
    """Telephone, e-mail and address of the debtor, masked."""
    told = []
    for channel, icon in (("voice", "call"), ("email", "mail"), ("visit", "location_on")):
        line = lines.of(case.debtor, channel)
        if line is not None and line.point is not None:
            told.append(
                {
                    "icon": icon,
                    "value": mask(line.point.value, line.point.kind),
                    "channel": channel,
                    "generated": line.point.generated,
                }
            )
    return told


# -- the script ----------------------------------------------------------------------------------------


def script_of(
    case: Case, lines: Lines, user: Any, position: replay.Position, *, at: dt.datetime, on: dt.date, ladder: Ladder
) -> Script | None:
    """The script of the step that the ladder has for calls on this day, filled with the facts of now."""
    from collections_app.services import message_facts

    if case.stage not in Case.LADDER:
        return None
    day = case.day(on)
    talks = [
        s
        for s in ladder.steps
        if not s.is_reminder and "voice" in s.channels and s.text_for("voice") and s.first_day <= max(day, 1)
    ]
    talks = talks or [s for s in ladder.steps if not s.is_reminder and "voice" in s.channels and s.text_for("voice")]
    if not talks:
        return None
    step = next((s for s in talks if s.occurrence_on(day) is not None), talks[-1])
    told = step.text_for("voice")
    assert told is not None
    contact = Contact(
        case=case, person=case.debtor, channel="voice", agent=user, step=step.code, language=case.debtor.language
    )
    cover = ContactCase(case=case, loan=case.loan, step=step.code)
    line = lines.of(case.debtor, "voice")
    reachable = blocks_within_reach("voice", told[1], case.debtor.language)
    try:
        facts = message_facts.facts_of(contact, [cover], {case.loan_id: position})
        if not facts.collector_name:
            facts = replace(facts, collector_name=user.get_username())
        text = render(
            "voice", told[1], case.debtor.language, facts, [b for b in (line.blocks if line else ()) if b in reachable]
        )
    except DomainError as error:
        return Script(step.code, "", case.debtor.language, (), error.sentence)
    return Script(step.code, text.version, text.language, text.parts)


# -- beside the page -----------------------------------------------------------------------------------


def _path(stage: str) -> list[tuple[Any, str]]:
    order = list(words.STAGE_WORDS)
    here = order.index(stage)
    return [(words.STAGE_WORDS[s], "now" if n == here else "done" if n < here else "") for n, s in enumerate(order)]


def _holds(case: Case, on: dt.date) -> list[dict[str, Any]]:
    rows = (
        Hold.objects.filter(case=case)
        .filter(Q(state=Hold.State.REQUESTED) | Q(state=Hold.State.ACTIVE) & (Q(until_on=None) | Q(until_on__gte=on)))
        .order_by("from_on", "pk")
    )
    return [
        {
            "hold": h,
            "words": h.get_reason_display(),
            "until": words.day(h.until_on) if h.until_on else _("open end"),
            "requested": h.state == Hold.State.REQUESTED,
            "stops": ", ".join(str(w) for name, w in _STOPS if getattr(h, f"stops_{name}")),
        }
        for h in rows
    ]


_STOPS = (
    ("contacts", gettext_lazy("contacts")),
    ("clock", gettext_lazy("the days")),
    ("fees", gettext_lazy("fees")),
    ("legal", gettext_lazy("legal steps")),
)


def _promise_counts(promises: list[Promise]) -> dict[str, int]:
    return {state: sum(p.state == state for p in promises) for state in Promise.State.values}


def _promise_words(promises: list[Promise]) -> dict[str, str]:
    promise = next((p for p in promises if p.state == Promise.State.OPEN), None)
    if promise is None:
        return {}
    return {"amount": words.money_text(promise.amount, promise.currency), "due": words.day(promise.due_on)}


def _next_words(waiting: list[Contact]) -> str:
    """SMS, first notice."""
    if not waiting:
        return ""
    what, step = words.CHANNEL_WORDS[waiting[0].channel], waiting[0].step.replace("_", " ")
    return f"{what}, {step}" if step else str(what)


def _people(case: Case, parties: list[LoanParty], lines: Lines, at: dt.datetime) -> dict[str, Any]:
    ids = sorted({p.person_id for p in parties} | {case.debtor_id})
    points = list(
        ContactPoint.objects.filter(person__any_of=ids)
        .select_related("person__key")
        .order_by("person", "preference", "id")
    )
    states = (
        BorrowerState.objects.filter(person__any_of=ids, from_at__lte=at)
        .filter(Q(until_at=None) | Q(until_at__gt=at))
        .order_by("id")
    )
    return {
        "others": [
            {
                "person": p.person,
                "role": p.get_role_display(),
                "numbers": [mask(x.value, x.kind) for x in points if x.person_id == p.person_id][:3],
            }
            for p in parties
            if p.person_id != case.debtor_id
        ],
        "points": [
            {
                "point": x,
                "masked": mask(x.value, x.kind),
                "class": {"verified": "okt", "invalid": "not", "refused": "not"}.get(x.state, "mut"),
            }
            for x in points
            if x.person_id == case.debtor_id
        ],
        "consents": list(Consent.objects.filter(person=case.debtor, withdrawn_at=None).order_by("-given_at")[:10]),
        "hours": list(StatedHours.objects.filter(person=case.debtor, ended_at=None).order_by("id")[:10]),
        "states": [
            {"name": s.name.replace("_", " "), "since": words.day(s.from_at.date()), "channels": ", ".join(s.channels)}
            for s in states
        ],
        "checks": [
            {
                "name": c.state.replace("_", " "),
                "on": words.day(c.checked_at.astimezone(words.office()).date()),
                "stand_in": c.stand_in,
            }
            for c in RegisterCheck.objects.filter(Q(person=None) | Q(person=case.debtor)).order_by("-checked_at")[:2]
        ],
    }


def _language(code: str) -> str:
    return {"en": "English", "zh-hans": "简体中文", "zh-hant": "繁體中文"}.get(code.lower(), code)


def person_of(case: Case, person_id: int) -> Person:
    """A party of the case by its number; refuses anybody else."""
    if person_id == case.debtor_id:
        return case.debtor
    party = LoanParty.objects.filter(loan=case.loan_id, person_id=person_id).select_related("person__key").first()
    if party is None:
        raise DomainError(
            "not_a_party", "This person has no role on the loan of this case.", person=person_id, case=case.pk
        )
    return party.person
