"""Reads the ledgers of many loans for `replay`: five queries a chunk of loans, however many they are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from collections_app.kernel import bulk  # noqa: F401 - registers the lookup any_of
from collections_app.models import Charge, Instalment, Loan, LoanEvent, Payment

from .replay import LedgerCharge, LedgerEvent, LedgerInstalment, LedgerPayment, LoanLedger

# A chunk of 500 loans of 60 instalments and 60 payments is about 40 MB of Python.
CHUNK = 500

# A loan that was ended by hand has no event that says so; its state and the day of it stand for one.
_ENDED_BY_STATE = {
    Loan.State.WRITTEN_OFF: "write_off",
    Loan.State.SETTLED: "settlement",
    Loan.State.RESTRUCTURED: "restructuring",
    Loan.State.SOLD: "sale",
    Loan.State.PAID_OFF: "pay_off",
}
BY_STATE = 0  # the id of such an event


@dataclass(frozen=True, slots=True)
class Stored:
    """The ledger of a loan and what booking has stored of it so far. Amounts in minor units.

    `due_on`, `paid`: of each instalment; `charge_paid`: of each charge; `booked`: payment → what is unallocated of it;
    `waiting`: events that no run has booked.
    """

    id: int
    number: str
    state: str
    ended_on: dt.date | None
    ledger: LoanLedger
    due_on: dict[int, dt.date]
    paid: dict[int, int]
    charge_paid: dict[int, int]
    booked: dict[int, int]
    waiting: frozenset[int]


def load(loan_ids: Sequence[int], *, received_by: dt.datetime | None = None) -> list[Stored]:
    """The ledgers of these loans, in the order of their ids. Five queries: give it a chunk.

    `received_by`: payments and events that were taken in later are not read.
    """
    heads = (
        Loan.objects.filter(pk__any_of=list(loan_ids))
        .order_by("pk")
        .values_list("id", "number", "state", "currency", "tolerance", "allocation", "due_day", "ended_on")
    )
    rows = []
    for model, columns, has_received_at in _COLUMNS:
        found = model.objects.filter(loan__any_of=list(loan_ids)).order_by("loan_id", "id")
        if has_received_at and received_by is not None:
            found = found.filter(received_at__lte=received_by)
        of_loan: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for loan_id, *row in found.values_list("loan_id", *columns).iterator(chunk_size=5_000):
            of_loan[loan_id].append(tuple(row))
        rows.append(of_loan)
    return [_stored(head, *(of_loan.get(head[0], ()) for of_loan in rows)) for head in heads]


def in_chunks(loan_ids: Iterable[int], *, received_by: dt.datetime | None = None) -> Iterator[list[Stored]]:
    """The ledgers of any number of loans, chunk by chunk."""
    chunk: list[int] = []
    for loan_id in loan_ids:
        chunk.append(loan_id)
        if len(chunk) == CHUNK:
            yield load(chunk, received_by=received_by)
            chunk = []
    if chunk:
        yield load(chunk, received_by=received_by)


# Model, columns, whether rows know when they were taken in.
_COLUMNS: tuple[tuple[Any, tuple[str, ...], bool], ...] = (
    (Instalment, ("id", "sequence", "contract_due_on", "amount", "due_on", "paid"), False),
    (Charge, ("id", "on", "amount", "kind", "paid"), False),
    (Payment, ("id", "value_on", "amount", "state", "reversed_on", "reference", "booked_on", "unallocated"), True),
    (LoanEvent, ("id", "kind", "on", "months", "amount", "booked_on"), True),
)


def _stored(
    head: tuple[Any, ...],
    instalments: Sequence[tuple[Any, ...]],
    charges: Sequence[tuple[Any, ...]],
    payments: Sequence[tuple[Any, ...]],
    events: Sequence[tuple[Any, ...]],
) -> Stored:
    pk, number, state, currency, tolerance, allocation, due_day, ended_on = head
    told = [LedgerEvent(i, kind, on, months, int(amount)) for i, kind, on, months, amount, _ in events]
    if by_hand := _ended_by_hand(state, ended_on, told, payments, any(row[5] < row[3] for row in instalments)):
        told.append(by_hand)
    return Stored(
        id=pk,
        number=number,
        state=state,
        ended_on=ended_on,
        ledger=LoanLedger(
            currency=currency,
            tolerance=int(tolerance),
            allocation=allocation,
            due_day=due_day,
            instalments=tuple(LedgerInstalment(i, n, agreed, int(amount)) for i, n, agreed, amount, *_ in instalments),
            charges=tuple(LedgerCharge(i, on, int(amount), kind) for i, on, amount, kind, _ in charges),
            payments=tuple(
                LedgerPayment(i, value_on, int(amount), state_, reversed_on, reference)
                for i, value_on, amount, state_, reversed_on, reference, *_ in payments
            ),
            events=tuple(told),
        ),
        due_on={row[0]: row[4] for row in instalments},
        paid={row[0]: int(row[5]) for row in instalments},
        charge_paid={row[0]: int(row[4]) for row in charges},
        booked={row[0]: int(row[7]) for row in payments if row[6] is not None},
        waiting=frozenset(row[0] for row in events if row[5] is None),
    )


def _ended_by_hand(
    state: str,
    ended_on: dt.date | None,
    events: Sequence[LedgerEvent],
    payments: Sequence[tuple[Any, ...]],
    something_open: bool,
) -> LedgerEvent | None:
    kind = _ENDED_BY_STATE.get(Loan.State(state))
    if kind is None or ended_on is None or any(e.kind == kind for e in events):
        return None
    if kind == "pay_off":
        back = [row[4] for row in payments if row[4] is not None] + [e.on for e in events if e.kind == "return"]
        if not something_open or any(on >= ended_on for on in back):
            return None  # every instalment is paid, or money came back since: the rows say it all
    return LedgerEvent(BY_STATE, kind, ended_on)
