"""Books the money and the events of loans: set-based where only payments wait, by replay where more happened.

A loan is *plain* when nothing but payments waits and each comes after all that is booked: `ledger.book` takes any
number of those in one statement. All others are replayed (`replay`), day of event by day of event, and what the replay
says is compared with what is stored; the differences are written as rows: allocations added (negative ones first), due
dates moved with a history row, stages by the writers. So late news, returns and reversals leave the ledger as if they
had come in time, and booking day by day and all at once come to the same.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, Sum

from collections_app.kernel import bulk, fsm, history, locks
from collections_app.kernel.money import Minor
from collections_app.models import Allocation, Charge, Instalment, Loan, LoanEvent, Payment

from . import ledger, loan_ledgers, replay

ONE_DAY = dt.timedelta(days=1)

# The transition of an event that ends a loan, and why it is done.
_ENDS = {
    "write_off": ("write_off", "reported as written off"),
    "pay_off": ("pay_off", "reported as paid off"),
    "settlement": ("settle", "reported as settled"),
    "restructuring": ("restructure", "reported as restructured"),
    "sale": ("sell", "reported as sold"),
}

Place = tuple[int, str, int]  # payment, "instalment" or "charge", its id


def loans_waiting(first: int, last: int, *, before: dt.date) -> list[int]:
    """The loans with ids from `first` to `last` that have something to book valued before the date: payments, events,
    or payments that the bank took back. Give their ids to `book_loan_money`.
    """
    between = {"loan_id__gte": first, "loan_id__lte": last}
    payments = Payment.objects.filter(**between)
    found = set(
        payments.filter(booked_on=None, state=Payment.State.RECEIVED, value_on__lt=before).values_list(
            "loan_id", flat=True
        )
    )
    found |= set(LoanEvent.objects.filter(**between, booked_on=None, on__lt=before).values_list("loan_id", flat=True))
    found |= {loan for _, loan, _ in _reversals(payments, before)}
    return sorted(found)


def book_loan_money(loan_ids: Sequence[int], *, before: dt.date, on: dt.date, by: Any, run: Any) -> Counter[str]:
    """Book all that these loans have waiting and that is valued before `before`, in the name of the business day `on`.

    Must run inside a transaction that holds the locks of the loans. Loans with nothing to book are left alone, so a
    second call writes nothing. Give it also the loans that got a charge of a day that is booked already: an order that
    pays charges first then pays it with money that had gone to instalments. A loan of which later money is booked already
    is replayed up to that.

    1. Plain loans: payments in one statement. 2. All others by replay (`book_events`). 3. Loans of which everything is
    paid become paid off. 4. The oldest open due date is computed anew.

    Counts: `payments`, `events`, `reversals` booked; `replayed` loans; `moved_instalments`; `loan_<state>` for loans
    that ended or were opened again; `oldest_open_changed`.
    """
    locks.require_transaction()
    counts: Counter[str] = Counter()
    plain, others = _sorted_out(list(loan_ids), before)
    if not plain and not others:
        return counts
    payment_ids = [pk for waiting in plain.values() for pk in waiting]
    counts["payments"] += ledger.book(payment_ids, on=on)
    if others:
        counts.update(book_events(others, before=before, on=on, by=by, run=run))
    touched = sorted({*plain, *others})
    counts["loan_paid_off"] += _pay_off(touched, before=before, by=by, run=run)
    changed = ledger.refresh_oldest_open(touched, by=by, because="money or an event was booked", run=run)
    counts["oldest_open_changed"] += len(changed)
    return +counts


def book_events(loan_ids: Sequence[int], *, before: dt.date, on: dt.date, by: Any, run: Any) -> Counter[str]:
    """Bring what is stored of these loans to what a replay of all their rows valued before `before` says.

    Payments and events interleave by date: the allocations of each day on which an event waits are written as they
    stood at its end, then those of the last day. The caller holds the locks and refreshes the oldest open due date.
    """
    locks.require_transaction()
    counts: Counter[str] = Counter()
    for start in range(0, len(loan_ids), loan_ledgers.CHUNK):
        ids = sorted(loan_ids[start : start + loan_ledgers.CHUNK])
        held = _allocated(ids)
        changes = [_changes(stored, held.get(stored.id, {}), before) for stored in loan_ledgers.load(ids)]
        counts.update(_write(changes, on=on, by=by, run=run))
    return counts


# --- Who is plain ---------------------------------------------------------------------------------------------


def _sorted_out(loan_ids: list[int], before: dt.date) -> tuple[dict[int, list[int]], list[int]]:
    """Plain loans with their waiting payments, and the ids of the other loans that have something to book."""
    payments = Payment.objects.filter(loan__any_of=loan_ids)
    waiting: dict[int, list[tuple[dt.date, int]]] = defaultdict(list)
    for loan, pk, value_on in (
        payments.filter(booked_on=None, state=Payment.State.RECEIVED, value_on__lt=before)
        .order_by("loan_id", "value_on", "id")
        .values_list("loan_id", "id", "value_on")
    ):
        waiting[loan].append((value_on, pk))
    charges = dict(
        Charge.objects.filter(loan__any_of=loan_ids, on__lt=before, paid__lt=F("amount"))
        .values("loan_id")
        .annotate(oldest=Min("on"))
        .values_list("loan_id", "oldest")
    )
    others = set(
        LoanEvent.objects.filter(loan__any_of=loan_ids, booked_on=None, on__lt=before).values_list("loan_id", flat=True)
    )
    others |= {loan for _, loan, _ in _reversals(payments, before)}
    others |= _not_plain(sorted({*waiting, *charges} - others), waiting, charges)
    plain = {loan: [pk for _, pk in rows] for loan, rows in waiting.items() if loan not in others}
    return plain, sorted(others)


def _not_plain(
    loans: list[int], waiting: Mapping[int, list[tuple[dt.date, int]]], charges: Mapping[int, dt.date]
) -> set[int]:
    """Those of which the waiting payments do not simply come after all that is booked, or of which a charge is older
    than booked money: it may have become known too late to be paid by it.
    """
    if not loans:
        return set()
    found = set(
        Loan.objects.filter(pk__any_of=[pk for pk in loans if pk in waiting])
        .exclude(state__in=Loan.LIVE)
        .values_list("pk", flat=True)
    )
    events = dict(
        LoanEvent.objects.filter(loan__any_of=loans)
        .exclude(booked_on=None)
        .values("loan_id")
        .annotate(newest=Max("on"))
        .values_list("loan_id", "newest")
    )
    for loan, newest, highest, credit in (
        Payment.objects.filter(loan__any_of=loans)
        .exclude(booked_on=None)
        .values("loan_id")
        .annotate(newest=Max("value_on"), highest=Max("id"), credit=Sum("unallocated"))
        .values_list("loan_id", "newest", "highest", "credit")
    ):
        if loan in charges and charges[loan] <= newest:
            found.add(loan)
        if loan in waiting:
            value_on, pk = waiting[loan][0]
            # Money that an earlier payment left goes first; and an id need not tell which of a day came first.
            if int(credit) or value_on < newest or (value_on == newest and pk < highest):
                found.add(loan)
    for loan in waiting.keys() & set(loans):
        first, last = waiting[loan][0][0], waiting[loan][-1][0]
        if (loan in events and events[loan] >= first) or (loan in charges and first != last):
            found.add(loan)
    return found


def _reversals(payments: Any, before: dt.date) -> list[tuple[int, int, bool]]:
    """Payments taken back by the bank of which the ledger does not know yet: (payment, loan, to be taken off).

    Not taken off are those that still count, because their reversal lies ahead of the day that is booked.
    """
    found = []
    for pk, loan, booked_on, value_on, reversed_on, unallocated, held in (
        payments.filter(state=Payment.State.REVERSED)
        .order_by("id")
        .annotate(held=Sum("allocations__amount"))
        .values_list("id", "loan_id", "booked_on", "value_on", "reversed_on", "unallocated", "held")
    ):
        counts = value_on < before and reversed_on is not None and reversed_on >= before
        if (counts and booked_on is None) or (not counts and (int(held or 0) or int(unallocated))):
            found.append((pk, loan, not counts))
    return found


# --- What must change -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Changes:
    """What to write for one loan. Rounds are kept in the order of the days they stand for."""

    loan: int
    currency: str
    allocations: list[tuple[Place, int]] = field(default_factory=list)
    due_dates: list[tuple[str, list[tuple[int, dt.date]]]] = field(default_factory=list)
    transitions: list[tuple[str, str, dt.date]] = field(default_factory=list)
    paid: dict[int, int] = field(default_factory=dict)
    charge_paid: dict[int, int] = field(default_factory=dict)
    unallocated: dict[int, int] = field(default_factory=dict)
    booked: list[int] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    reversals: int = 0


def _changes(stored: loan_ledgers.Stored, held: Mapping[Place, int], before: dt.date) -> _Changes:
    rows = stored.ledger
    known = [p.value_on for p in rows.payments if p.id in stored.booked]
    known += [e.on for e in rows.events if e.id not in stored.waiting and e.id != loan_ledgers.BY_STATE]
    newest = max(known, default=dt.date.min)
    # Never as of a day before what is booked already: that would take later money off again.
    before = max(before, newest + ONE_DAY)
    waiting = [e for e in rows.events if e.id in stored.waiting and e.on < before]
    # An event that comes late is not walked to: all that is booked since would be taken off and put on again.
    days = sorted({e.on for e in waiting if e.on >= newest} | {before - ONE_DAY})
    out = _Changes(stored.id, rows.currency, events=[e.id for e in waiting])
    allocated, due_on = dict(held), dict(stored.due_on)
    state, ended_on = stored.state, stored.ended_on
    counted: set[int] = set()
    extensions = sorted((e for e in waiting if e.kind == "extension"), key=lambda e: (e.on, e.id))
    steps = replay.positions(rows, days)
    for day, position in zip(days, steps, strict=True):
        out.allocations += _difference(allocated, position.appropriated)
        allocated = position.appropriated
        moved = [(i.id, i.due_on) for i in position.instalments if i.due_on != due_on[i.id]]
        if moved:
            out.due_dates.append((_why_moved([e for e in extensions if e.on <= day]), moved))
            due_on |= dict(moved)
        extensions = [e for e in extensions if e.on > day]
        counted |= {p.id for p in rows.payments if p.counts(day)}
        live = state in Loan.LIVE
        instalments_open = any(i.unpaid for i in position.instalments)
        # A loan of which all is paid already does not end once more (`_pay_off` does it).
        open_ = instalments_open or any(c.unpaid and c.due_on <= day for c in position.charges)
        if position.ended is not None and position.ended_on is not None and live and open_:
            name, because = _ENDS[position.ended]
            out.transitions.append((name, because, position.ended_on))
            state, ended_on = fsm.declared(Loan, name).target, position.ended_on
        elif (
            state == Loan.State.PAID_OFF
            and position.ended is None
            and (ended_on is None or ended_on <= day)
            and instalments_open
        ):
            out.transitions.append(("reopen", "money came back: not everything is paid any more", day))
            state, ended_on = Loan.State.ACTIVE.value, None
    last = steps[-1]
    out.paid = {i.id: i.paid for i in last.instalments if i.paid != stored.paid[i.id]}
    out.charge_paid = {c.id: c.paid for c in last.charges if c.paid != stored.charge_paid[c.id]}
    out.booked = sorted(counted - set(stored.booked))
    for pk in sorted(counted | set(stored.booked)):
        left = last.left_over.get(pk, 0)
        if left != stored.booked.get(pk, 0):
            out.unallocated[pk] = left
    gone = {p.id for p in rows.payments if not p.counts(last.on)} & set(stored.booked)
    out.reversals = sum(1 for pk in gone if stored.booked[pk] or any(v for p, v in held.items() if p[0] == pk))
    return out


def _difference(now: Mapping[Place, int], then: Mapping[Place, int]) -> list[tuple[Place, int]]:
    """What to add to get from `now` to `then`: what is taken off first, the newest first, then what is put on."""
    off = [(place, then.get(place, 0) - amount) for place, amount in now.items() if then.get(place, 0) < amount]
    on = [(place, amount - now.get(place, 0)) for place, amount in then.items() if now.get(place, 0) < amount]
    return off[::-1] + on


def _why_moved(extensions: Sequence[replay.LedgerEvent]) -> str:
    if not extensions:
        return "late news of what was paid before an extension: due dates computed anew"
    told = ", ".join(f"{e.months} month{'s' if e.months != 1 else ''} on {e.on}" for e in extensions)
    return f"extended by {told}"


def _allocated(loan_ids: Sequence[int]) -> dict[int, dict[Place, int]]:
    """What is allocated now, in the order in which it was: loan → place → amount, without what sums to nothing."""
    found: dict[int, dict[Place, int]] = defaultdict(dict)
    rows = (
        Allocation.objects.filter(loan__any_of=list(loan_ids))
        .values("loan_id", "payment_id", "instalment_id", "charge_id")
        .annotate(total=Sum("amount"), last=Max("id"))
        .order_by("loan_id", "last")
        .values_list("loan_id", "payment_id", "instalment_id", "charge_id", "total")
    )
    for loan, payment, instalment, charge, total in rows:
        if int(total):
            place = (payment, "instalment", instalment) if instalment is not None else (payment, "charge", charge)
            found[loan][place] = int(total)
    return found


# --- Writing it -----------------------------------------------------------------------------------------------


def _write(changes: Sequence[_Changes], *, on: dt.date, by: Any, run: Any) -> Counter[str]:
    counts: Counter[str] = Counter(replayed=len(changes))
    bulk.insert_rows(
        Allocation,
        ("payment", "loan", "instalment", "charge", "currency", "amount", "on"),
        (
            (
                payment,
                c.loan,
                item if what == "instalment" else None,
                item if what == "charge" else None,
                c.currency,
                part,
                on,
            )
            for c in changes
            for (payment, what, item), part in c.allocations
        ),
    )
    for moved in _rounds(c.due_dates for c in changes):
        bulk.update_rows(Instalment, [(pk, {"due_on": due_on}) for _, rows in moved for pk, due_on in rows])
        by_reason: dict[str, list[int]] = defaultdict(list)
        for because, rows in moved:
            by_reason[because] += [pk for pk, _ in rows]
        for because, pks in by_reason.items():
            history.record(Instalment, sorted(pks), kind="~", by=by, because=because, run=run)
            counts["moved_instalments"] += len(pks)
    for model, column, values in (
        (Instalment, "paid", [c.paid for c in changes]),
        (Charge, "paid", [c.charge_paid for c in changes]),
        (Payment, "unallocated", [c.unallocated for c in changes]),
    ):
        bulk.update_rows(model, [(pk, {column: Minor(value)}) for rows in values for pk, value in rows.items()])
    booked = [pk for c in changes for pk in c.booked]
    counts["payments"] += Payment.objects.filter(pk__any_of=booked, booked_on=None).update(booked_on=on)
    events = [pk for c in changes for pk in c.events]
    counts["events"] += LoanEvent.objects.filter(pk__any_of=events, booked_on=None).update(booked_on=on)
    counts["reversals"] += sum(c.reversals for c in changes)
    for step in _rounds([(c.loan, *t) for t in c.transitions] for c in changes):
        together: dict[tuple[str, str], dict[int, dict[str, dt.date]]] = defaultdict(dict)
        for loan, name, because, day in step:
            together[name, because][loan] = {"on": day}
        for (name, because), rows in together.items():
            went = fsm.advance_rows(Loan, name, rows, by=by, because=because, run=run)
            counts[f"loan_{fsm.declared(Loan, name).target}"] += len(went)
    return counts


def _rounds(of_each: Iterable[Sequence[Any]]) -> Iterable[list[Any]]:
    """The first of each, then the second of each …"""
    lists = [rows for rows in of_each if rows]
    for n in range(max(map(len, lists), default=0)):
        yield [rows[n] for rows in lists if n < len(rows)]


def _pay_off(loan_ids: Sequence[int], *, before: dt.date, by: Any, run: Any) -> int:
    """Loans of which every instalment and charge is paid are paid off, as of the value date that did it."""
    instalments = Instalment.objects.filter(loan=OuterRef("pk"))
    open_charges = Charge.objects.filter(loan=OuterRef("pk"), on__lt=before, paid__lt=F("amount"))
    done = list(
        Loan.objects.filter(pk__any_of=list(loan_ids), state__in=Loan.LIVE)
        .filter(Exists(instalments), ~Exists(instalments.filter(paid__lt=F("amount"))), ~Exists(open_charges))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if not done:
        return 0
    counting = Q(payment__state=Payment.State.RECEIVED) | Q(payment__reversed_on__gte=before)
    last = dict(
        Allocation.objects.filter(counting, loan__any_of=done)
        .values("loan_id")
        .annotate(last=Max("payment__value_on"))
        .values_list("loan_id", "last")
    )
    rows = {pk: {"on": last.get(pk, before - ONE_DAY)} for pk in done}
    return len(fsm.advance_rows(Loan, "pay_off", rows, by=by, because="everything is paid", run=run))
