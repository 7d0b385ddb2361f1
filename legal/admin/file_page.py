"""What the page of a legal file shows: what is missing first, then exhibits in order, packs, the lawyer's lane, deadlines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from collections_app.kernel import clock
from collections_app.kernel.money import from_minor
from collections_app.services import loan_ledgers, replay
from collections_app.services.texts import date_text, money_text
from legal.bundle.courts import Court, load_court
from legal.models import Cost, Deadline, Defect, Exhibit, LawyerReview, LegalFile, Pack, PackDownload, ServiceAttempt
from legal.services.exhibits import checklist

STATE_WORDS: dict[str, Any] = {
    "open": gettext_lazy("Open"),
    "collecting": gettext_lazy("Collecting"),
    "complete": gettext_lazy("Complete"),
    "in_review": gettext_lazy("In review"),
    "returned": gettext_lazy("Returned"),
    "accepted": gettext_lazy("Accepted"),
    "claim_sent": gettext_lazy("Claim sent"),
    "filed": gettext_lazy("Filed"),
    "served": gettext_lazy("Served"),
    "judgment": gettext_lazy("Judgment"),
    "enforcement": gettext_lazy("Enforcement"),
    "closed": gettext_lazy("Closed"),
}
PACKS_SHOWN = 20


def day(on: dt.date | None) -> str:
    return "" if on is None else date_text(on, (get_language() or "en").lower(), "short", clock.today().year)


def moment(at: dt.datetime | None) -> str:
    from zoneinfo import ZoneInfo

    if at is None:
        return ""
    there = at.astimezone(ZoneInfo(settings.LENDER_TIME_ZONE))
    return f"{day(there.date())}, {there:%H:%M}"


def who(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user is not None else _("nobody")


def file_page(file: LegalFile, request: HttpRequest, *, at: dt.datetime, on: dt.date) -> dict[str, Any]:
    """The context of the page. The file comes with case, loan, lender, person, key, clerk, lawyer and pack."""
    user = request.user
    court = load_court(file.court)
    sheet = checklist(file, on=file.collected_on or on)
    position = position_of(file, at=at, on=on)
    currency = file.case.loan.currency
    costs = int(Cost.objects.filter(file=file, claimed=True).aggregate(total=Sum("amount"))["total"] or 0)
    claim = position.outstanding + costs
    packs = list(
        Pack.objects.filter(file=file).select_related("sealed_by", "made_by").order_by("-version", "-id")[:PACKS_SHOWN]
    )
    deadlines = list(Deadline.objects.filter(file=file).waiting().order_by("on", "id"))
    reviews = list(LawyerReview.objects.filter(file=file).select_related("lawyer", "pack", "person__key")[:5])
    defects = list(
        Defect.objects.filter(review__file=file)
        .select_related("person__key", "mended_by")
        .order_by("-review", "number")[:50]
    )
    return {
        "file": file,
        "case": file.case,
        "loan": file.case.loan,
        "borrower": file.person,
        "court": court,
        "state_word": STATE_WORDS[file.state],
        "path": _path(file.state),
        "dpd": position.days_past_due,
        "due_words": day(position.oldest_due_on),
        "claim": words_of(claim, currency),
        "claim_parts": (words_of(position.outstanding, currency), words_of(costs, currency)) if costs else None,
        "costs_words": words_of(costs, currency),
        "opened_words": day(file.opened_on),
        "collected_words": day(file.collected_on),
        "contract_words": day(file.case.loan.contract_on),
        "clerk_words": who(file.clerk),
        "lawyer_words": who(file.lawyer),
        "was_collected": file.collected_on is not None,
        "missing": sheet.missing,
        "optional": sheet.optional,
        "open_defects": sheet.defects,
        "missing_count": sheet.count,
        "required_count": len(court.required),
        "exhibits": _exhibits(file, court),
        "packs": [_pack(p) for p in packs],
        "reviews": reviews,
        "defects": defects,
        "deadlines": [_deadline(d, on) for d in deadlines],
        "next_deadline": _next(deadlines, on),
        "service": list(ServiceAttempt.objects.filter(file=file).order_by("-at", "-id")[:10]),
        "downloads": PackDownload.objects.filter(pack__file=file).count(),
        "may_work": user.has_perm("legal.work_file"),
        "may_build": user.has_perm("legal.build_pack"),
        "may_seal": user.has_perm("legal.seal_pack"),
        "may_take": user.has_perm("legal.download_pack"),
        "may_assign": user.has_perm("legal.assign_lawyer"),
        "may_pursue": user.has_perm("legal.pursue_claim"),
        "lawyers": _lawyers(user),
    }


def position_of(file: LegalFile, *, at: dt.datetime, on: dt.date) -> replay.Position:
    [stored] = loan_ledgers.load([file.case.loan_id], received_by=at)
    return replay.as_of(stored.ledger, on)


def words_of(minor: int, currency: str) -> str:
    return money_text(from_minor(minor, currency), currency)


def _path(state: str) -> list[tuple[Any, str]]:
    order = [s for s in STATE_WORDS if s != "returned" or state == "returned"]
    here = order.index(state)
    return [(STATE_WORDS[s], "now" if n == here else "done" if n < here else "") for n, s in enumerate(order)]


def _exhibits(file: LegalFile, court: Court) -> list[dict[str, Any]]:
    """In the order of the pack; those taken out or gone stand below."""
    order = [s.key for s in court.sections]
    headings = {s.key: s.heading for s in court.sections}
    rows = list(Exhibit.objects.filter(file=file).select_related("person__key", "document"))
    there = [e for e in rows if e.included and e.present]
    there.sort(key=lambda e: (order.index(e.section) if e.section in order else len(order), e.position, e.pk))
    told = []
    for n, e in enumerate(there):
        told.append(
            {
                "row": e,
                "dated": day(e.dated_on),
                "heading": headings.get(e.section, e.section),
                "first": n == 0 or there[n - 1].section != e.section,
                "may_rise": n > 0 and there[n - 1].section == e.section,
                "may_fall": n + 1 < len(there) and there[n + 1].section == e.section,
                "pages": e.document.pages if e.document else None,
                "sha": f"{e.sha256[:4]}…{e.sha256[-2:]}",
                "out": False,
            }
        )
    told += [
        {"row": e, "dated": day(e.dated_on), "heading": "", "first": False, "sha": "", "out": True}
        for e in rows
        if not (e.included and e.present)
    ]
    return told


def _pack(pack: Pack) -> dict[str, Any]:
    return {
        "row": pack,
        "at": moment(pack.sealed_at or pack.made_at),
        "by": who(pack.sealed_by or pack.made_by),
        "sha": f"{pack.sha256[:4]}…{pack.sha256[-4:]}",
        "missing": len(pack.missing),
    }


def _deadline(d: Deadline, on: dt.date) -> dict[str, Any]:
    left = (d.on - on).days
    if d.kind == Deadline.Kind.NOT_BEFORE:
        told, kind = (_("not before"), "mut") if left > 0 else (_("passed"), "okt")
    else:
        told = _("%(n)s days") % {"n": left} if left >= 0 else _("missed by %(n)s days") % {"n": -left}
        kind = "hot" if left <= 5 else "mut"
    return {"row": d, "on": day(d.on), "left": told, "kind": kind, "from": day(d.counted_from)}


def _next(deadlines: list[Deadline], on: dt.date) -> dict[str, Any] | None:
    found = next((d for d in deadlines if d.kind != Deadline.Kind.NOT_BEFORE), None)
    return _deadline(found, on) if found else None


def _lawyers(user: Any) -> list[tuple[str, str]]:
    if not user.has_perm("legal.assign_lawyer"):
        return []
    found = (
        get_user_model()
        .objects.filter(groups__permissions__codename="review_file", is_active=True)
        .distinct()
        .order_by("last_name")[:50]
    )
    return [(u.get_username(), who(u)) for u in found]
