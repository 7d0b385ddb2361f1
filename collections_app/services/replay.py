"""What a loan's ledger says as of the end of a day, computed from its rows by value date and from nothing else.

Pure: rows in, figures out; no database, no clock. All amounts are whole minor units (`kernel.money`). Booking writes
what this module says (`services.events`), `statement` and `arrears` print it.

Rules, in the order in which they meet on one day:

1. Instalments and charges fall due. Due on a day means 0 days late at the end of that day.
2. Payments, by id. Money meets what is due in the loan's order (`charge,instalment` or `instalment,charge`), the oldest
   first, then coming instalments in advance, and what is still left stays with the payment as unallocated. Money that
   an earlier payment left goes first.
3. Returns: a part of a payment came back. It takes unallocated money, the newest first, then opens what was paid last.
4. Extensions by n months: every instalment that is not fully paid falls due n months later, on the loan's due day; in a
   month that is too short on its last day, from which it comes back to the due day later on. Paid ones stay.
5. Recoveries are counted, not appropriated.
6. Ends. From a write-off on nothing is overdue, but all stays owed. Paid off, settled, restructured, sold: what is open
   falls away, and later money has nothing to meet.

A reversed payment counts until the day before its reversal; from then on the ledger reads as if it had never come, so
that the payments after it pay the oldest instalments, and the newest stay open. It voids an earlier pay-off, as a
return does: what was paid off with money that is gone is owed again. Suspect and rejected payments never count.

The loan is overdue since the oldest due date at which all that is unpaid so far exceeds its tolerance.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LAPSE = frozenset({"pay_off", "settlement", "restructuring", "sale"})
ENDS = LAPSE | {"write_off"}
COUNTING_STATES = frozenset({"received", "reversed"})

_REVERSAL, _PAYMENT, _RETURN, _EXTENSION, _RECOVERY, _END = range(6)
_RANK = {"return": _RETURN, "extension": _EXTENSION, "recovery": _RECOVERY, **dict.fromkeys(ENDS, _END)}


@dataclass(frozen=True, slots=True)
class LedgerInstalment:
    """An instalment as agreed; extensions are events and move it here, not in the row."""

    id: int
    sequence: int
    contract_due_on: dt.date
    amount: int


@dataclass(frozen=True, slots=True)
class LedgerCharge:
    """A fee or cost, due on the day it is made."""

    id: int
    on: dt.date
    amount: int
    kind: str = "fee"


@dataclass(frozen=True, slots=True)
class LedgerPayment:
    """Money received. `state` as in Payment.State."""

    id: int
    value_on: dt.date
    amount: int
    state: str = "received"
    reversed_on: dt.date | None = None
    reference: str = ""

    def counts(self, on: dt.date) -> bool:
        """As of the end of `on`."""
        if self.state not in COUNTING_STATES or self.value_on > on:
            return False
        return self.state == "received" or self.reversed_on is None or self.reversed_on > on


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """Something besides payments. `kind` as in LoanEvent.Kind; `months` of an extension, `amount` of the others."""

    id: int
    kind: str
    on: dt.date
    months: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class LoanLedger:
    """All rows of one loan. `due_day` is the day of the month that extensions land on, 31 is the month's last; without
    one an instalment keeps the day of its contract.
    """

    currency: str
    tolerance: int
    allocation: str = "charge,instalment"
    due_day: int | None = None
    instalments: tuple[LedgerInstalment, ...] = ()
    charges: tuple[LedgerCharge, ...] = ()
    payments: tuple[LedgerPayment, ...] = ()
    events: tuple[LedgerEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Appropriated:
    """So much of a payment on one instalment or one charge; below zero it was taken off again."""

    payment: int
    what: str  # "instalment" or "charge"
    item: int
    amount: int


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of the account of what is due: a debit raises the balance, a credit lowers it.

    `kind`: instalment, charge, payment, reversal, credit_used, or the kind of an event; `ref` is the row's id.
    """

    on: dt.date
    kind: str
    ref: int
    debit: int = 0
    credit: int = 0
    appropriated: tuple[Appropriated, ...] = ()
    months: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class OpenState:
    """An instalment or charge as of a day: when it is due now and how much of it is paid."""

    id: int
    number: int
    due_on: dt.date
    amount: int
    paid: int

    @property
    def unpaid(self) -> int:
        return self.amount - self.paid


@dataclass(frozen=True, slots=True)
class Position:
    """A loan as of the end of `on`, in minor units of its currency.

    `oldest_due_on` may lie ahead: the earliest due date at which what is unpaid in all exceeds the tolerance, None if
    nothing does or the loan has ended. `overdue` is what instalments fell due before `on` and are unpaid, to the last
    cent, tolerated residues included; nothing once the loan has ended. `fees_open` are unpaid charges.

    `remaining` is all that is still to be paid: instalments, due or not, and charges, less money that waits unallocated
    or was recovered, plus what was returned beyond all payments (`returned_beyond`). After a write-off all stays owed,
    after a lapse only the last three. Below zero the lender owes it; `outstanding` is the same, at least 0.

    `paid_total` is money received less money returned, without recoveries. `to_come` are instalments that the lines
    have not asked yet (only with lines). `ended` is the kind of the event that ended the loan.
    """

    on: dt.date
    days_past_due: int
    oldest_due_on: dt.date | None
    overdue: int
    remaining: int
    to_come: int
    fees_open: int
    paid_total: int
    unallocated: int
    recovered: int
    returned_beyond: int
    ended: str | None
    ended_on: dt.date | None
    instalments: tuple[OpenState, ...]
    charges: tuple[OpenState, ...]
    appropriated: dict[tuple[int, str, int], int]
    left_over: dict[int, int]
    lines: tuple[Line, ...] = ()

    @property
    def outstanding(self) -> int:
        return max(0, self.remaining)


def as_of(ledger: LoanLedger, on: dt.date) -> Position:
    """The loan as of the end of `on`, with the lines of its account."""
    account = _Account(ledger, _key(ledger, on), traced=True)
    account.advance(on)
    return account.position(on)


def positions(ledger: LoanLedger, dates: Sequence[dt.date]) -> list[Position]:
    """The loan as of the end of each date, in the order asked, without lines; one pass over its rows unless a
    reversal lies between.
    """
    found: dict[dt.date, Position] = {}
    account, known = None, None
    for on in sorted(set(dates)):
        key = _key(ledger, on)
        if account is None or key != known:
            account, known = _Account(ledger, key, traced=False), key
        account.advance(on)
        found[on] = account.position(on)
    return [found[on] for on in dates]


def moved(due_on: dt.date, months: int, day: int) -> dt.date:
    """`day` of the month that lies so many months after that of `due_on`, the last day of a shorter month."""
    year, month = divmod(due_on.year * 12 + due_on.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class _Key:
    """What a later day may read differently of an earlier one: payments taken back, and pay-offs that they void."""

    reversed: frozenset[int]
    void: frozenset[int]


def _key(ledger: LoanLedger, on: dt.date) -> _Key:
    gone = [p for p in ledger.payments if p.state == "reversed" and p.reversed_on is not None and p.reversed_on <= on]
    back = [(p.value_on, p.reversed_on) for p in gone if p.reversed_on is not None]
    back += [(dt.date.min, e.on) for e in ledger.events if e.kind == "return" and e.on <= on]
    void = {e.id for e in ledger.events if e.kind == "pay_off" and any(came <= e.on < went for came, went in back)}
    return _Key(frozenset(p.id for p in gone), frozenset(void))


@dataclass(slots=True)
class _Item:
    """An instalment or charge on its way. `billed`: how much of it the account's lines have asked."""

    id: int
    number: int
    due_on: dt.date
    amount: int
    day: int = 0
    paid: int = 0
    billed: int = 0

    @property
    def key(self) -> tuple[dt.date, int]:
        return self.due_on, self.number

    def state(self) -> OpenState:
        return OpenState(self.id, self.number, self.due_on, self.amount, self.paid)


@dataclass(slots=True)
class _Paid:
    payment: int
    what: str
    item: _Item
    amount: int


@dataclass(slots=True)
class _LeftOver:
    payment: int
    amount: int


class _Account:
    """One pass over the rows of a loan, forward in time."""

    def __init__(self, ledger: LoanLedger, key: _Key, *, traced: bool) -> None:
        self._tolerance = ledger.tolerance
        self._instalments_first = ledger.allocation.startswith("instalment")
        self._instalments = [
            _Item(i.id, i.sequence, i.contract_due_on, i.amount, ledger.due_day or i.contract_due_on.day)
            for i in ledger.instalments
        ]
        self._instalments.sort(key=lambda i: i.key)
        self._charges = sorted((_Item(c.id, c.id, c.on, c.amount) for c in ledger.charges), key=lambda c: c.key)
        moves: list[tuple[dt.date, int, int, LedgerPayment | LedgerEvent | Line]] = [
            (p.value_on, _PAYMENT, p.id, p)
            for p in ledger.payments
            if p.state in COUNTING_STATES and p.id not in key.reversed
        ]
        moves += [(e.on, _RANK[e.kind], e.id, e) for e in ledger.events if e.id not in key.void]
        if traced:
            # They count for nothing any more, but a statement that hides them would not be believed.
            for p in ledger.payments:
                if p.id in key.reversed and p.reversed_on is not None and p.reversed_on > p.value_on:
                    moves.append((p.value_on, _PAYMENT, p.id, Line(p.value_on, "payment", p.id, credit=p.amount)))
                    moves.append(
                        (p.reversed_on, _REVERSAL, p.id, Line(p.reversed_on, "reversal", p.id, debit=p.amount))
                    )
        self._moves = sorted(moves, key=lambda m: m[:3])
        self._next = 0
        self._first_open = 0
        self._history: list[_Paid] = []
        self._left_over: list[_LeftOver] = []
        self._paid_total = self._recovered = self._recovered_open = self._returned_beyond = 0
        self._ended: str | None = None
        self._ended_on: dt.date | None = None
        self._traced = traced
        self._lines: list[Line] = []

    @property
    def _lapsed(self) -> bool:
        return self._ended in LAPSE

    def advance(self, until: dt.date) -> None:
        """Replay everything up to the end of `until`."""
        while self._next < len(self._moves) and self._moves[self._next][0] <= until:
            on, rank, _, row = self._moves[self._next]
            self._next += 1
            if self._traced:
                self._bill(on)
            if isinstance(row, Line):
                self._write(row)
            elif isinstance(row, LedgerPayment):
                self._receive(row)
            elif rank == _RETURN:
                self._give_back(row)
            elif rank == _EXTENSION:
                self._extend(row)
            elif rank == _RECOVERY:
                self._recovered += row.amount
                self._recovered_open += row.amount
                self._write(Line(on, row.kind, row.id, credit=row.amount, amount=row.amount))
            else:
                self._end(row)
        if self._traced:
            self._bill(until)

    def _write(self, line: Line) -> None:
        if self._traced:
            self._lines.append(line)

    # --- What the rows do ---------------------------------------------------------------------------------

    def _open(self, on: dt.date) -> Iterator[tuple[str, _Item]]:
        """What money of `on` meets, in the loan's order."""
        if self._lapsed:
            return
        charges = (("charge", c) for c in self._charges if c.paid < c.amount and c.due_on <= on)
        if not self._instalments_first:
            yield from charges
        while self._first_open < len(self._instalments):
            item = self._instalments[self._first_open]
            if item.paid == item.amount:
                self._first_open += 1
                continue
            if self._instalments_first and item.due_on > on:
                break
            yield "instalment", item
        if self._instalments_first:
            yield from charges
            for item in self._instalments[self._first_open :]:
                if item.paid < item.amount:
                    yield "instalment", item

    def _appropriate(self, payment: int, money: int, on: dt.date) -> tuple[int, list[Appropriated]]:
        done: list[Appropriated] = []
        if money:
            for what, item in self._open(on):
                part = min(money, item.amount - item.paid)
                item.paid += part
                money -= part
                self._history.append(_Paid(payment, what, item, part))
                done.append(Appropriated(payment, what, item.id, part))
                if not money:
                    break
        return money, done

    def _receive(self, payment: LedgerPayment) -> None:
        on = payment.value_on
        for left in self._left_over:
            left.amount, used = self._appropriate(left.payment, left.amount, on)
            if used:
                self._write(Line(on, "credit_used", left.payment, appropriated=tuple(used)))
        rest, done = self._appropriate(payment.id, payment.amount, on)
        self._left_over = [left for left in self._left_over if left.amount]
        if rest:
            self._left_over.append(_LeftOver(payment.id, rest))
        self._paid_total += payment.amount
        self._write(
            Line(on, "payment", payment.id, credit=payment.amount, appropriated=tuple(done), amount=payment.amount)
        )

    def _give_back(self, event: LedgerEvent) -> None:
        money, undone = event.amount, []
        while money and self._left_over:
            left = self._left_over[-1]
            part = min(money, left.amount)
            left.amount -= part
            money -= part
            if not left.amount:
                self._left_over.pop()
        for what in () if self._lapsed else ("instalment", "charge"):
            place = len(self._history) - 1
            while money and place >= 0:
                paid = self._history[place]
                if paid.what == what:
                    part = min(money, paid.amount)
                    paid.amount -= part
                    paid.item.paid -= part
                    money -= part
                    undone.append(Appropriated(paid.payment, paid.what, paid.item.id, -part))
                    if not paid.amount:
                        del self._history[place]
                place -= 1
        self._first_open = 0
        self._paid_total -= event.amount
        self._returned_beyond += money
        self._write(
            Line(event.on, event.kind, event.id, debit=event.amount, appropriated=tuple(undone), amount=event.amount)
        )

    def _extend(self, event: LedgerEvent) -> None:
        if self._ended:
            self._write(Line(event.on, event.kind, event.id, months=event.months))
            return
        no_longer_due = 0
        for item in self._instalments:
            if item.paid == item.amount:
                continue
            item.due_on = moved(item.due_on, event.months, item.day)
            if item.due_on > event.on and item.billed > item.paid:
                no_longer_due += item.billed - item.paid
                item.billed = item.paid
        self._instalments.sort(key=lambda i: i.key)
        self._first_open = 0
        self._write(Line(event.on, event.kind, event.id, credit=no_longer_due, months=event.months))

    def _end(self, event: LedgerEvent) -> None:
        if self._lapsed or self._ended == event.kind:
            self._write(Line(event.on, event.kind, event.id, amount=event.amount))
            return
        self._ended, self._ended_on = event.kind, event.on
        debit = credit = 0
        if self._lapsed:
            # What was paid in advance or recovered counts as due, so that the money stands against something; the
            # rest falls away.
            for item in (*self._instalments, *self._charges):
                debit += max(0, item.paid - item.billed)
                credit += max(0, item.billed - item.paid)
                item.billed = item.paid
            credit += self._returned_beyond
            debit += self._recovered_open
            self._returned_beyond = self._recovered_open = 0
        self._write(Line(event.on, event.kind, event.id, debit=debit, credit=credit, amount=event.amount))

    def _bill(self, until: dt.date) -> None:
        """Write what fell due since the last line."""
        due: list[tuple[dt.date, int, int, Line]] = []
        if not self._lapsed:
            for rank, kind, items in ((1, "instalment", self._instalments), (2, "charge", self._charges)):
                for item in items:
                    if item.due_on <= until and item.billed < item.amount:
                        asked = item.amount - item.billed
                        item.billed = item.amount
                        due.append((item.due_on, rank, item.number, Line(item.due_on, kind, item.id, debit=asked)))
        for _, _, _, line in sorted(due, key=lambda entry: entry[:3]):
            self._write(line)

    # --- What they come to --------------------------------------------------------------------------------

    def position(self, on: dt.date) -> Position:
        overdue = unpaid = to_come = 0
        oldest: dt.date | None = None
        for item in self._instalments:
            to_come += item.amount - item.billed
            open_ = item.amount - item.paid
            if not open_:
                continue
            unpaid += open_
            overdue += open_ if item.due_on < on else 0
            if oldest is None and unpaid > self._tolerance:
                oldest = item.due_on
        fees = sum(c.amount - c.paid for c in self._charges if c.due_on <= on)
        if self._ended:
            overdue, oldest = 0, None
        if self._lapsed:
            unpaid = fees = to_come = 0
        left_over = {left.payment: left.amount for left in self._left_over}
        unallocated = sum(left_over.values())
        appropriated: dict[tuple[int, str, int], int] = {}
        for paid in self._history:
            place = (paid.payment, paid.what, paid.item.id)
            appropriated[place] = appropriated.get(place, 0) + paid.amount
        return Position(
            on=on,
            days_past_due=(on - oldest).days if oldest is not None and oldest < on else 0,
            oldest_due_on=oldest,
            overdue=overdue,
            remaining=unpaid + fees + self._returned_beyond - unallocated - self._recovered_open,
            to_come=to_come if self._traced else 0,
            fees_open=fees,
            paid_total=self._paid_total,
            unallocated=unallocated,
            recovered=self._recovered,
            returned_beyond=self._returned_beyond,
            ended=self._ended,
            ended_on=self._ended_on,
            instalments=tuple(i.state() for i in self._instalments),
            charges=tuple(c.state() for c in self._charges),
            appropriated=appropriated,
            left_over=left_over,
            lines=tuple(self._lines),
        )
