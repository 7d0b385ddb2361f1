"""`arrears` of many loans and the `statement` of one, as of the end of a day, from rows by value date.

Both read a fixed number of queries a chunk of loans and know nothing of booking. What they give is ready for JSON:
money is a string with the decimals of its currency, dates are YYYY-MM-DD.

A statement is the account of what is due: an instalment is a debit on its day, money a credit on its value date. A
positive balance is due and unpaid, a negative one is paid ahead. What is to come stands in the totals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import from_minor
from collections_app.models import Loan

from . import loan_ledgers, replay

_PLAIN_WORDS = {
    "payment": "Payment",
    "reversal": "Payment taken back by the bank",
    "credit_used": "Money paid ahead, now appropriated",
    "return": "Part of a payment returned",
    "recovery": "Recovered after the write-off",
    "write_off": "Written off in the lender's books; the debt stays",
    "pay_off": "Paid off",
    "settlement": "Settled",
    "restructuring": "Restructured",
    "sale": "Sold to another creditor",
}


def arrears(on: Sequence[dt.date], loans: QuerySet[Loan]) -> Iterator[dict[str, Any]]:
    """Days past due and amounts of each loan as of the end of each date, by id of the loan, then in the order asked.

    Keys: `loan` (its number), `on`, `days_past_due`, `overdue_amount` (instalments fallen due before `on` and unpaid,
    to the last cent), `outstanding` (all that is still to be paid), `currency`, `oldest_due_on` (the day that the days
    are counted from; null when nothing is overdue), `fees_open`, `ended` (how, or null).
    """
    ids = loans.order_by("pk").values_list("pk", flat=True)
    for chunk in loan_ledgers.in_chunks(ids.iterator()):
        for stored in chunk:
            currency = stored.ledger.currency
            for position in replay.positions(stored.ledger, on):
                yield {
                    "loan": stored.number,
                    "on": position.on.isoformat(),
                    "days_past_due": position.days_past_due,
                    "overdue_amount": _money(position.overdue, currency),
                    "outstanding": _money(position.outstanding, currency),
                    "currency": currency,
                    "oldest_due_on": position.oldest_due_on.isoformat()
                    if position.days_past_due and position.oldest_due_on
                    else None,
                    "fees_open": _money(position.fees_open, currency),
                    "ended": position.ended,
                }


def statement(loan: Loan, on: dt.date) -> dict[str, Any]:
    """The account of a loan as of the end of a day, with every line up to it.

    `lines`: `number`, `on`, `kind`, `what`, `reference`, `debit`, `credit`, `balance`, `allocations` (what the money of
    the line was put to, or taken off again). `totals`: `loan_amount`, `instalments_due`, `charges`, `paid` (received
    less taken back), `recovered`, `fallen_away`, `balance` (due and unpaid; below zero: paid ahead), `overdue`,
    `fees_open`, `unallocated`, `instalments_to_come`, `remaining_balance`. Raises as `checked` does.
    """
    stored = loan_ledgers.load([loan.pk])[0]
    position = checked(stored, on)
    lines = _Lines(stored.ledger, position)
    currency = stored.ledger.currency
    return {
        "loan": stored.number,
        "on": on.isoformat(),
        "currency": currency,
        "header": {
            "lender": loan.lender.name,
            "product": loan.product,
            "contract_on": _date(loan.contract_on),
            "paid_out_on": _date(loan.paid_out_on),
            "opened_on": _date(loan.opened_on),
            "loan_amount": format(loan.principal, "f"),
            "instalment": format(loan.instalment, "f"),
            "due_day": loan.due_day,
            "allocation": loan.allocation.split(","),
            "tolerance": _money(stored.ledger.tolerance, currency),
            "ended": position.ended,
            "ended_on": _date(position.ended_on),
            "generated": loan.generated,
        },
        "days_past_due": position.days_past_due,
        "oldest_due_on": _date(position.oldest_due_on) if position.days_past_due else None,
        "next_due_on": _date(position.oldest_due_on) if not position.days_past_due else None,
        "lines": lines.as_json(),
        "totals": {
            "loan_amount": format(loan.principal, "f"),
            **{name: _money(amount, currency) for name, amount in lines.totals(position).items()},
        },
    }


def checked(stored: loan_ledgers.Stored, on: dt.date) -> replay.Position:
    """The loan as of the end of a day, with lines that add up; who prints its lines takes them from here.

    The balance is computed three ways: line by line, from the totals, and from what the replayed ledger says is unpaid.
    Raises `statement_does_not_add_up` when they differ: no paper is made of such a thing.
    """
    position = replay.as_of(stored.ledger, on)
    lines = _Lines(stored.ledger, position)
    t = lines.totals(position)
    of_totals = t["instalments_due"] + t["charges"] - t["paid"] - t["recovered"] - t["fallen_away"]
    of_ledger = position.remaining - position.to_come
    days = [line.on for line in position.lines]
    if not lines.balance == of_totals == of_ledger or t["paid"] != position.paid_total or days != sorted(days):
        raise DomainError(
            "statement_does_not_add_up",
            f"The statement of loan {stored.number} as of {on} does not add up (lines {lines.balance}, totals "
            f"{of_totals}, ledger {of_ledger}, in the smallest unit): it is not printed. Tell the people who keep this "
            "system; the loan's rows are as they were.",
            loan=stored.number,
            on=on,
        )
    return position


class _Lines:
    """The lines of a statement with their running balance, in minor units."""

    def __init__(self, ledger: replay.LoanLedger, position: replay.Position) -> None:
        self._currency = ledger.currency
        self._instalments = {i.id: i.sequence for i in ledger.instalments}
        self._agreed = {i.id: i.contract_due_on for i in ledger.instalments}
        self._charges = {c.id: c.kind for c in ledger.charges}
        self._references = {p.id: p.reference for p in ledger.payments}
        self.of_account: list[tuple[replay.Line, str, int, int, int]] = []
        self.balance = 0
        for line in position.lines:
            # What ends a loan may both call in what was paid ahead and let fall away what was not paid: two lines.
            if line.debit and line.credit:
                self._take(line, self._what(line, line.debit, 0), line.debit, 0)
                self._take(line, self._what(line, 0, line.credit), 0, line.credit)
            else:
                self._take(line, self._what(line, line.debit, line.credit), line.debit, line.credit)

    def _take(self, line: replay.Line, what: str, debit: int, credit: int) -> None:
        self.balance += debit - credit
        self.of_account.append((line, what, debit, credit, self.balance))

    def _what(self, line: replay.Line, debit: int, credit: int) -> str:
        if line.kind == "instalment":
            moved = self._agreed[line.ref] != line.on
            again = f", agreed for {self._agreed[line.ref]}" if moved else ""
            return f"Instalment {self._instalments[line.ref]} due{again}"
        if line.kind == "charge":
            return self._charges[line.ref].replace("_", " ").capitalize()
        if line.kind == "extension":
            return f"Extension: what is not paid falls due {line.months} month{'s' if line.months != 1 else ''} later"
        words = _PLAIN_WORDS[line.kind]
        if line.kind in replay.LAPSE and debit:
            return f"{words}: what was paid ahead is due"
        if line.kind in replay.LAPSE and credit:
            return f"{words}: what is open falls away"
        return words

    def totals(self, position: replay.Position) -> dict[str, int]:
        """Sums over the lines, beside what the replayed ledger says is open."""
        debits: dict[str, int] = {}
        credits: dict[str, int] = {}
        for line, _, debit, credit, _ in self.of_account:
            debits[line.kind] = debits.get(line.kind, 0) + debit
            credits[line.kind] = credits.get(line.kind, 0) + credit
        ended = [kind for kind in debits if kind in replay.LAPSE]
        called_in = sum(debits[kind] for kind in ended)
        return {
            "instalments_due": debits.get("instalment", 0) - credits.get("extension", 0) + called_in,
            "charges": debits.get("charge", 0),
            "paid": credits.get("payment", 0) - debits.get("reversal", 0) - debits.get("return", 0),
            "recovered": credits.get("recovery", 0),
            "fallen_away": sum(credits[kind] for kind in ended),
            "balance": self.balance,
            "overdue": position.overdue,
            "fees_open": position.fees_open,
            "unallocated": position.unallocated,
            "instalments_to_come": position.to_come,
            "remaining_balance": position.remaining,
        }

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "number": number,
                "on": line.on.isoformat(),
                "kind": line.kind,
                "what": what,
                "reference": self._references.get(line.ref, "")
                if line.kind in ("payment", "reversal", "credit_used")
                else "",
                "debit": _money(debit, self._currency) if debit else "",
                "credit": _money(credit, self._currency) if credit else "",
                "balance": _money(balance, self._currency),
                "allocations": [self._allocation(a) for a in line.appropriated],
            }
            for number, (line, what, debit, credit, balance) in enumerate(self.of_account, start=1)
        ]

    def _allocation(self, part: replay.Appropriated) -> dict[str, Any]:
        if part.what == "instalment":
            to = f"instalment {self._instalments[part.item]}"
        else:
            to = self._charges[part.item].replace("_", " ")
        return {"to": to, "amount": _money(part.amount, self._currency)}


def _money(minor: int, currency: str) -> str:
    return format(from_minor(minor, currency), "f")


def _date(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
