"""The statement of account in the manifest's words, from the one computation that `statement` and `arrears` print."""

from __future__ import annotations

import datetime as dt

from collections_app.kernel.money import from_minor
from collections_app.models import Charge, Instalment, Loan, LoanEvent, Payment
from collections_app.services import loan_ledgers, replay
from legal.bundle.manifest import Amount, Statement, StatementLine

from .versions import newest_versions

_EVENTS = {
    "return": "Part of a payment returned by the bank",
    "write_off": "Written off in the lender’s books; the debt stays",
    "pay_off": "Paid off",
    "settlement": "Settled for a smaller sum",
    "restructuring": "Replaced by a new agreement",
    "sale": "Sold",
    "recovery": "Recovered after the write-off",
}


def account(loan: Loan, *, on: dt.date) -> tuple[Statement, Amount, tuple[int, ...]]:
    """The account of what fell due and was paid as of the end of `on`, what is owed in all, and the versions of the
    rows that both were made from.
    """
    [stored] = loan_ledgers.load([loan.pk])
    position = replay.as_of(stored.ledger, on)
    names = _Names(stored)
    lines, balance = [], 0
    for number, line in enumerate(position.lines, start=1):
        balance += line.debit - line.credit
        lines.append(
            StatementLine(
                number=number,
                on=line.on,
                what=names.of(line),
                balance=_text(balance, loan.currency),
                charged=_text(line.debit, loan.currency) if line.debit else "",
                paid=_text(line.credit, loan.currency) if line.credit else "",
                reference=names.reference(line),
            )
        )
    owed = from_minor(position.outstanding, loan.currency)
    to_come = from_minor(position.to_come, loan.currency)
    note = (
        f"The balance is what has fallen due and is not paid. Instalments of {to_come:,} {loan.currency} fall due "
        f"later; what is owed under the agreement in all is {owed:,} {loan.currency}."
    )
    statement = Statement(on, loan.currency, tuple(lines), _text(balance, loan.currency), note)
    versions = (
        *newest_versions(Instalment, [i.id for i in stored.ledger.instalments]),
        *newest_versions(Charge, [c.id for c in stored.ledger.charges]),
        *newest_versions(Payment, [p.id for p in stored.ledger.payments if p.value_on <= on]),
        *newest_versions(
            LoanEvent, [e.id for e in stored.ledger.events if e.id != loan_ledgers.BY_STATE and e.on <= on]
        ),
    )
    return statement, Amount.of(owed, loan.currency), versions


class _Names:
    """What the lines of a statement are called, and the references of its payments."""

    def __init__(self, stored: loan_ledgers.Stored) -> None:
        self._instalments = {i.id: i.sequence for i in stored.ledger.instalments}
        self._charges = {c.id: c.kind for c in stored.ledger.charges}
        self._payments = {p.id: p.reference for p in stored.ledger.payments}

    def of(self, line: replay.Line) -> str:
        match line.kind:
            case "instalment":
                return f"Instalment {self._instalments[line.ref]} due"
            case "charge":
                return self._charges[line.ref].replace("_", " ").capitalize()
            case "payment":
                return "Payment received"
            case "reversal":
                return "Payment taken back by the bank"
            case "credit_used":
                return "Money received earlier, used now"
            case "extension":
                return f"Due dates moved by {line.months} month{'s' if line.months != 1 else ''}"
            case kind:
                return _EVENTS.get(kind, kind.replace("_", " ").capitalize())

    def reference(self, line: replay.Line) -> str:
        return self._payments.get(line.ref, "") if line.kind in ("payment", "reversal", "credit_used") else ""


def _text(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency):f}"
