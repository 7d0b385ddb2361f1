"""The story of one loan of a walk: the first by number that reached `legal`, from its first reminder to its pack."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.models import (
    Case,
    Charge,
    Contact,
    ContactEvent,
    Hold,
    Judgement,
    Loan,
    LoanDocument,
    LoanEvent,
    Payment,
    Promise,
)
from legal.models import Exhibit, LegalFile, Pack


def chosen() -> Loan | None:
    """The first loan by number with a case that ever reached `legal`."""
    reached = Case.history.filter(stage=Case.Stage.LEGAL).values_list("loan_id", flat=True)
    return Loan.objects.filter(pk__in=list(reached)).order_by("number").first()


def tell() -> dict[str, Any] | None:
    """The story as plain data: the loan, and its lines in order of time (`at`, `what`, `told`, `because`)."""
    loan = chosen()
    if loan is None:
        return None
    lines = [
        *_ledger(loan), *_case(loan), *_contacts(loan), *_events(loan), *_promises(loan), *_holds(loan), *_papers(loan), *_legal(loan),
    ]  # fmt: skip
    first = min((c.business_on for c in Contact.objects.filter(covers__loan=loan)), default=None)
    began = f"{first}" if first else ""
    pack = Pack.objects.filter(file__case__loan=loan).order_by("-version").first()
    return {
        "loan": loan.number, "lender": loan.lender.name, "principal": f"{loan.principal} {loan.currency}",
        "instalment": f"{loan.instalment} {loan.currency}", "state": loan.state, "borrower": loan.debtor.name,
        "region": loan.debtor.region, "zone": next((z for _, z in sorted(loan.debtor.zones.items())), ""),
        "language": loan.debtor.language, "law_on": f"{loan.law_on}",
        "lines": sorted((line for line in lines if line["at"] >= began), key=_turn),
        "pack": None if pack is None else {
            "file": pack.file.number, "version": pack.version, "state": pack.state, "pages": pack.pages, "files": pack.files,
            "exhibits": [
                {"tab": e.tab, "section": e.section, "dated_on": f"{e.dated_on or ''}", "title": e.title, "generated": e.generated}
                for e in Exhibit.objects.in_pack().filter(file=pack.file)
            ],
        },
    }  # fmt: skip


def _line(at: dt.datetime | dt.date, order: int, what: str, told: str, why: str = "") -> dict[str, Any]:
    """`order`: money comes before the run of its day, the run before the day, what people decide without an hour after it."""
    stamp = at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S") if isinstance(at, dt.datetime) else f"{at}"
    return {"at": stamp, "order": order, "what": what, "told": told, "because": why}


def _turn(line: dict[str, Any]) -> tuple[str, int, str, int]:
    """Within a day: what the run did, then what has an hour, then what has none."""
    at = line["at"]
    return at[:10], 1 if len(at) > 10 else 2 if line["order"] >= 8 else 0, at, line["order"]


def _ledger(loan: Loan) -> list[dict[str, Any]]:
    out = [
        _line(p.value_on, 0, "payment", f"{p.amount} {p.currency}, booked by the run of {p.booked_on}")
        for p in Payment.objects.filter(loan=loan).exclude(booked_on=None)
    ]
    out += [
        _line(e.on, 0, e.get_kind_display().lower(), f"{e.amount} {e.currency}")
        for e in LoanEvent.objects.filter(loan=loan).exclude(booked_on=None)
    ]
    out += [
        _line(c.on, 0, "charge", f"{c.kind} {c.amount} {c.currency}", c.authority)
        for c in Charge.objects.filter(loan=loan)
    ]
    return out


def _case(loan: Loan) -> list[dict[str, Any]]:
    out = []
    for case in Case.objects.filter(loan=loan).order_by("episode"):
        stage = None
        for row in case.history.order_by("history_id"):
            on = row.history_run.date if row.history_run else row.stage_on
            told = f"episode {case.episode}: {row.stage}"
            if row.stage == stage:
                told = f"episode {case.episode}: days counted from {row.counts_from_on}"
            out.append(
                _line(
                    on,
                    1 if row.history_run else 8,
                    "case",
                    told,
                    f"{row.history_change_reason} ({row.history_user.get_username()})",
                )
            )
            stage = row.stage
    return out


def _contacts(loan: Loan) -> list[dict[str, Any]]:
    out = []
    for contact in Contact.objects.filter(covers__loan=loan).distinct().order_by("pk"):
        name = (
            f"{contact.channel} {contact.step} (day {contact.ladder_day}) to the {contact.get_party_display().lower()}"
        )
        for judgement in contact.judgements.select_related("facts", "approved_by", "asked_by").order_by("pk"):
            out.append(_judged(contact, name, judgement))
        for row in contact.history.order_by("history_id"):
            if row.state in ("delivered", "failed") and row.settled_at:
                out.append(_line(row.settled_at, 5, row.state, name, row.failure or row.history_change_reason))
            elif row.state == "completed" and row.settled_at:
                out.append(
                    _line(
                        row.settled_at,
                        5,
                        "outcome",
                        f"{name}: {row.outcome}",
                        f"logged by {row.history_user.get_username()}",
                    )
                )
            elif row.state in ("cancelled", "lapsed"):
                run = row.history_run
                out.append(_line(run.date if run else contact.not_before, 2, row.state, name, row.state_because))
    return out


def _judged(contact: Contact, name: str, j: Judgement) -> dict[str, Any]:
    sheet = j.facts.content
    law = ", ".join(f"{p['id']} {p['version']}" for p in sheet["presets"] if p["jurisdiction"] != "HOUSE")
    cites = "; ".join(f"{r['id']}: {r['cite']}" for r in sheet["rules"] if r["id"] in j.by.split())
    if j.phase == "plan":
        planned = "planned for" if j.verdict in ("allow", "warn") else f"{j.verdict} at"
        return _line(
            j.run.date if j.run else j.at,
            2,
            "plan",
            f"{name}: {planned} {j.at:%Y-%m-%d %H:%M} UTC",
            cites or "allowed by every rule asked",
        )
    if j.permit is None:
        until = f"; next allowed {j.next_allowed_at:%Y-%m-%d %H:%M} UTC" if j.next_allowed_at else ""
        return _line(j.at, 4, "withheld", f"{name}: {j.verdict}{until}", cites)
    verb = "revealed" if contact.channel in Contact.BY_HAND else "sent"
    second = f", approved by {j.approved_by.get_username()}" if j.approved_by else ""
    return _line(j.at, 4, verb, name, f"cleared ({j.verdict}) under {law}, {len(sheet['rules'])} rules asked{second}")


def _events(loan: Loan) -> list[dict[str, Any]]:
    """What happened without a planned contact: the dialler, what came in."""
    out = []
    for event in ContactEvent.objects.filter(debts__loan=loan, contact=None).order_by("at", "pk"):
        breach = event.breaches.first()
        told = f"{event.kind.replace('_', ' ')} ({'from' if event.direction == 'in' else 'by'} {event.by})"
        out.append(_line(event.at, 4, "event", told, f"breach of {breach.rules}" if breach else ""))
    return out


def _promises(loan: Loan) -> list[dict[str, Any]]:
    out = []
    for p in Promise.objects.filter(case__loan=loan):
        out.append(_line(p.made_on, 8, "promise", f"{p.amount} {p.currency} by {p.due_on}"))
        if p.settled_on:
            out.append(_line(p.settled_on, 1, "promise", f"{p.state}: {p.amount} {p.currency} by {p.due_on}"))
    return out


def _holds(loan: Loan) -> list[dict[str, Any]]:
    return [
        _line(
            h.from_on,
            8,
            "hold",
            f"{h.reason}, {h.state}, until {h.until_on or 'further notice'}",
            f"asked for by {h.requested_by.get_username()}",
        )
        for h in Hold.objects.filter(case__loan=loan)
    ]


def _papers(loan: Loan) -> list[dict[str, Any]]:
    return [
        _line(
            d.document.stored_at,
            6,
            "paper",
            f"{d.get_kind_display().lower()}, {d.document.pages} page(s){', generated' if d.document.generated else ''}",
        )
        for d in LoanDocument.objects.filter(loan=loan).select_related("document")
    ]


def _legal(loan: Loan) -> list[dict[str, Any]]:
    out = []
    for file in LegalFile.objects.filter(case__loan=loan):
        state = ""
        for row in file.history.order_by("history_id"):
            if row.state != state:
                out.append(
                    _line(
                        row.state_on,
                        9,
                        "legal file",
                        f"{file.number}: {row.state}",
                        f"{row.history_change_reason} ({row.history_user.get_username()})",
                    )
                )
            state = row.state
        for pack in Pack.objects.filter(file=file).order_by("version"):
            told = f"version {pack.version}, {pack.state}, {pack.pages} pages, {pack.files} files in the ZIP"
            out.append(
                _line(
                    pack.sealed_at or pack.made_at,
                    9,
                    "pack",
                    told,
                    f"sealed by {pack.sealed_by.get_username()}" if pack.sealed_by else "",
                )
            )
    return out
