"""Stand-ins for the papers of a loan whose source has none: made up, and marked so wherever they show."""

from __future__ import annotations

import datetime as dt
from html import escape

from collections_app.documents import store
from collections_app.documents.render import Metadata, lay_out
from collections_app.models import Loan, LoanDocument

from .texts import date_text, money_text


def stand_in(loan: Loan, *, at: dt.datetime) -> tuple[LoanDocument, ...]:
    """The stand-in contract and pay-out proof of a generated loan, made once; none for a real loan, whose papers must
    come from the lender."""
    if not loan.generated:
        return ()
    return (
        _paper(loan, LoanDocument.Kind.CONTRACT, "Loan agreement", loan.contract_on or loan.opened_on, at),
        _paper(
            loan,
            LoanDocument.Kind.PAYOUT_PROOF,
            "Proof of payment to the borrower",
            loan.paid_out_on or loan.contract_on,
            at,
        ),
    )


def _paper(loan: Loan, kind: str, title: str, dated_on: dt.date | None, at: dt.datetime) -> LoanDocument:
    known = LoanDocument.objects.filter(loan=loan, kind=kind).first()
    if known is not None:
        return known
    laid = lay_out(_page(loan, title), metadata=Metadata(title=f"{title} {loan.number}", made_at=at))
    kept = store.put(
        loan.debtor.key,
        laid.pdf,
        title=f"{title} {loan.number} (generated)",
        media_type="application/pdf",
        at=at,
        pages=laid.pages,
        generated=True,
    )
    return LoanDocument.objects.create(
        loan=loan, document=kept, kind=kind, dated_on=dated_on or loan.opened_on or at.date()
    )


def _page(loan: Loan, title: str) -> str:
    first = loan.instalments.order_by("sequence").first()
    rows = [
        ("Lender", loan.lender.name),
        ("Borrower", loan.debtor.name),
        ("Loan number", loan.number),
        ("Sum of the contract", money_text(loan.principal, loan.currency)),
        ("Regular instalment", money_text(loan.instalment, loan.currency)),
        ("First instalment in this ledger", date_text(first.due_on, "en", "full") if first else "none"),
        ("Rate a year", f"{loan.apr_ppm / 10_000:g} %" if loan.apr_ppm is not None else "not stated"),
        ("Date of the contract", date_text(loan.contract_on, "en", "full") if loan.contract_on else "not stated"),
        ("Governing law", loan.contract_law or "not stated"),
    ]
    body = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in rows)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><style>@page{size:A4;margin:25mm}"
        "body{font-size:11pt}h1{font-size:17pt}td{padding:3pt 12pt 3pt 0;border-bottom:.4pt solid #999}table{border-collapse:collapse}"
        ".mark{border:1pt solid #a3161f;color:#a3161f;padding:6pt 9pt}</style></head><body>"
        "<p class='mark'>Generated for demonstration. The loan tape has no papers: this sheet repeats its figures and was signed by nobody.</p>"
        f"<h1>{escape(title)} {escape(loan.number)}</h1><table>{body}</table></body></html>"
    )
