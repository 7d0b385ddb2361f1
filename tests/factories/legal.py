"""Cases before the court: a referred case with its papers, letters and talks, and the people of the department."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from collections_app.documents import store
from collections_app.documents.render import Metadata, render_pdf
from collections_app.kernel.fsm import apply
from collections_app.models import Case, Contact, FactSheet, Judgement, LoanDocument, RegisterCheck, StoredDocument

from . import borrowers, cases, contacts, loans
from .staff import a_machine

DAY = dt.date(2026, 3, 25)  # a Wednesday: the business day on which the legal tests work
AT = dt.datetime(2026, 3, 25, 15, 30, tzinfo=dt.UTC)

RIGHTS: dict[str, tuple[str, ...]] = {
    "legal_clerk": (
        "work_file", "assign_lawyer", "send_to_lawyer", "pursue_claim", "close_file", "build_pack", "seal_pack",
        "download_pack",
    ),
    "lawyer": ("review_file", "download_pack"),
    "auditor": ("view_legalfile", "view_pack", "view_exhibit", "view_lawyerreview", "view_packdownload"),
    "collector": (),
}  # fmt: skip


def a_legal_user(role: str = "legal_clerk", *, name: str, full_name: str = "") -> Any:
    """A member of the legal department, an outside lawyer, or somebody who has no business there."""
    first, _, last = full_name.partition(" ")
    user = get_user_model().objects.create_user(name, is_staff=True, first_name=first, last_name=last)
    found = Permission.objects.filter(codename__in=RIGHTS[role], content_type__app_label="legal")
    assert found.count() == len(RIGHTS[role]), f"a right of {role} does not exist"
    user.user_permissions.set(found)
    return get_user_model().objects.get(pk=user.pk)  # without the cache of rights


@lru_cache(maxsize=256)
def a_pdf(title: str, *, body: str = "One page.") -> bytes:
    """A one-page PDF, always with the same bytes."""
    made_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return render_pdf(f"<h1>{title}</h1><p>{body}</p>", metadata=Metadata(title=title, made_at=made_at), variant=None)


def a_kept_paper(
    loan: Any, kind: str, title: str, *, dated_on: dt.date, contact: Contact | None = None
) -> StoredDocument:
    """A paper of the loan, in the blob store under the debtor's key."""
    data = a_pdf(f"{title} {loan.number}{f' of contact {contact.pk}' if contact else ''}")
    kept = store.put(loan.debtor.key, data, title=title, media_type="application/pdf", at=loans.noon(dated_on))
    LoanDocument.objects.create(loan=loan, document=kept, kind=kind, dated_on=dated_on, contact=contact)
    return kept


def a_referred_case(
    *, on: dt.date = DAY, stage: str = "legal", contract: bool = True, disbursement: bool = True, language: str = "en",
    name: str = "Rowan Ashdown-Pryce", number: str = "L-10377",
) -> Case:  # fmt: skip
    """A case in stage legal since the day before `on`, fifteen days past due: the first SMS delivered, a call that the
    rules withheld, a talk with a promise that was broken, the written notice delivered with its proof.
    """
    due_on = on - dt.timedelta(days=15)
    debtor = borrowers.a_person(name, language=language)
    loan = loans.a_loan(
        debtor, number=number, instalment="310.00", instalments=12, paid=4, open_since=due_on, state="past_due"
    )
    case = cases.an_overdue_case(15, on=on, loan=loan, stage=stage, stage_on=on - dt.timedelta(days=1))
    if contract:
        a_kept_paper(loan, "contract", "contract", dated_on=loan.contract_on)
    if disbursement:
        a_kept_paper(loan, "payout_proof", "pay-out proof", dated_on=loan.paid_out_on)
    day = [loans.noon(due_on) + dt.timedelta(days=n, hours=5) for n in range(10)]
    contacts.delivered(contacts.a_planned_contact(case, "sms", at=day[1]), "You owe $310.00.")
    rule = "house-hours"
    withheld = contacts.a_withheld_contact(case, "voice", at=day[2], until=day[3], step="first_call", rule=rule)
    a_withholding(withheld, rule=rule, cite="house rule 1.2", at=day[2], until=day[3])
    talk = contacts.completed(contacts.a_planned_contact(case, "voice", at=day[3], step="first_call"), "promise")
    cases.a_promise(
        case, "150.00", made_on=day[3].date(), due_on=day[8].date(), contact=talk, state="broken",
        settled_on=day[9].date(),
    )  # fmt: skip
    a_delivered_letter(case, at=day[5])
    checked_at = loans.noon(on - dt.timedelta(days=1))
    if not RegisterCheck.objects.filter(checked_at=checked_at).exists():
        borrowers.a_register_check("bankruptcy_stay", at=checked_at)
    return Case.objects.get(pk=case.pk)


def a_withholding(contact: Contact, *, rule: str, cite: str, at: dt.datetime, until: dt.datetime) -> Judgement:
    """The plan judgement by which the gate withheld a contact."""
    house = {"id": "house-six-day", "version": "2026.11.0", "digest": "ab" * 32, "status": "draft", "jurisdiction": "*"}
    asked = {"preset": "house-six-day", "type": "window", "level": "policy", "confidence": "O1"}
    content = {
        "presets": [house],
        "rules": [
            {"id": rule, "verdict": "deny", "cite": cite, "seen": {"hours": "08:00–20:00"}, **asked},
            {"id": "US-REGF-01", "verdict": "allow", "cite": "12 CFR 1006.6", "seen": {}, **asked},
        ],
    }
    digest = hashlib.sha256(f"{contact.pk} {rule} {at}".encode()).hexdigest()
    sheet = FactSheet.objects.create(digest=digest, content=content)
    return Judgement.objects.create(
        contact=contact, phase="plan", at=at, verdict="deny", by=rule, next_allowed_at=until, facts=sheet
    )


def a_delivered_letter(
    case: Case, *, at: dt.datetime, step: str = "written_notice", proof: bool = True, delivered: bool = True
) -> Contact:
    """A letter that was filed and posted; delivered, with the paper of the post, unless told otherwise."""
    contact = contacts.a_planned_contact(case, "letter", at=at, step=step)
    kept = a_kept_paper(case.loan, "notice", step, dated_on=at.date(), contact=contact)
    clearance = contacts.a_clearance(contact)
    contact = apply(
        contact, "claim", by=a_machine("dispatch"), because="cleared", clearance_id=clearance.pk, at=at,
        stop_seq=contact.person.stop_seq, text=step, text_sha256=hashlib.sha256(step.encode()).hexdigest(),
        document_id=kept.pk, language="en",
    )  # fmt: skip
    contact = apply(contact, "mark_sent", by=a_machine("dispatch"), because="printed", at=at, reference="RR 1234 US")
    if not delivered:
        return contact
    arrived = at + dt.timedelta(days=2)
    if proof:
        a_kept_paper(case.loan, "proof_of_delivery", "proof", dated_on=arrived.date(), contact=contact)
    return apply(contact, "mark_delivered", by=a_machine("receipts"), because="proof of delivery", at=arrived)
