"""Our days past due against a real servicer's, on `us_subprime_tape`: `python bench/tape_check.py [FILE]`.

Builds the ledger of each loan from the rows of the tape by the rules of docs/subprime_tape.md, asks
`collections_app.services.replay` for every live month, and prints one JSON object. Exit 1 when a bar is missed: (a)
over a loan's whole life 82 %, (b) one month ahead 95 %; 2 when there is no tape to read.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

from bench import subprime_score as tape  # noqa: E402
from collections_app.services import replay  # noqa: E402

BAR_WHOLE_LIFE = Decimal("0.82")
BAR_MONTH_AHEAD = Decimal("0.95")
OPENING = 0  # the id of the payment that stands for what was paid before the opening
# So many instalments before the opening stand in the ledger as paid, for a payment that comes back to open again.
MONTHS_BEFORE = 12


def days_past_due(view: tape.View, on: dt.date) -> int:
    """The ledger's answer to one question of `subprime_score`."""
    return replay.as_of(ledger_of(_Hashed(view), on), on).days_past_due


class _Hashed:
    """A view as a key: one month is asked of the same view many times."""

    def __init__(self, view: tape.View) -> None:
        self.view = view
        self._key = (view.loan_id, view.opens, view.due_day, len(view.rows))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self._key == other._key and self.view == other.view


@cache
def ledger_of(hashed: _Hashed, on: dt.date) -> replay.LoanLedger:
    """The loan as a ledger opened at `view.opens`; no row after the month of `on` is read."""
    view = hashed.view
    opening = tape.opening(view)
    day = opening.due_day or tape.DEFAULT_DUE_DAY
    payments, charges, events = _movements(view, on)
    row = view.rows[view.opens]
    begun = _month_of(row["first_payment_month"]) if row["first_payment_month"] else 0
    opened = _month(opening.on)
    instalment = _cents(opening.instalment)
    # A month is the number of its instalment; one before the opening that is not open is paid.
    agreed = {_month(part.due_on): (part.due_on, _cents(part.unpaid)) for part in opening.open_instalments}
    paid_until = min(agreed, default=opened + 1)
    before = range(max(begun, paid_until - MONTHS_BEFORE), paid_until)
    coming = range(max(begun, opened + 1), (_month_of(row["maturity_month"]) if row["maturity_month"] else opened) + 1)
    agreed |= {month: (_on_day(month, day), instalment) for month in (*before, *coming)}
    if paid := instalment * len(before) + _cents(opening.paid_ahead):
        payments.insert(0, replay.LedgerPayment(OPENING, opening.on, paid))
    tolerance = max(tape.TOLERANCE_RATIO * opening.instalment, tape.TOLERANCE_MIN)
    ledger = replay.LoanLedger(
        currency="USD",
        # "Exceeds the tolerance" on whole cents: the part of a cent above cannot be exceeded by less than a cent.
        tolerance=int(tolerance * 100),
        allocation="charge,instalment",
        due_day=day,
        instalments=tuple(
            replay.LedgerInstalment(month, month, due_on, amount)
            for month, (due_on, amount) in sorted(agreed.items())
            if amount
        ),
        charges=tuple(charges),
        payments=tuple(payments),
        events=tuple(events),
    )
    return _with_last_instalment(ledger, view, on)


def _movements(
    view: tape.View, on: dt.date
) -> tuple[list[replay.LedgerPayment], list[replay.LedgerCharge], list[replay.LedgerEvent]]:
    payments: list[replay.LedgerPayment] = []
    charges: list[replay.LedgerCharge] = []
    events: list[replay.LedgerEvent] = []
    for index in range(view.opens + 1, len(view.rows)):
        row = view.rows[index]
        end = dt.date.fromisoformat(row["month_end"])
        if end > on:
            break
        received, fees = _cents(_money(row["paid"])), _cents(_money(row["other_paid"]))
        if received > 0:
            payments.append(replay.LedgerPayment(index, _value_on(row, end), received))
        if fees > 0:
            charges.append(replay.LedgerCharge(index, _value_on(row, end), fees))
        if returned := _cents(tape.returned_payment(row)):
            events.append(replay.LedgerEvent(index, "return", end, amount=returned))
        if months := tape.months_extended(view.rows, index):
            events.append(replay.LedgerEvent(index, "extension", end, months=months))
        if row["zero_balance_code"] == "1":
            events.append(replay.LedgerEvent(index, "pay_off", end))
        elif row["zero_balance_code"] == "4":
            events.append(
                replay.LedgerEvent(index, "write_off", end, amount=_cents(_money(row["charged_off_principal"])))
            )
    return payments, charges, events


def _with_last_instalment(ledger: replay.LoanLedger, view: tape.View, on: dt.date) -> replay.LoanLedger:
    """The last instalment is the principal left at the start of its month with a month's interest, less what earlier
    instalments still owe: known once its month has come.
    """
    if not ledger.instalments:
        return ledger
    now = replay.as_of(ledger, on)
    last = max(now.instalments, key=lambda i: i.number)
    rows = {_month_of(row["month_end"]): row for row in view.rows}
    row = rows.get(_month(last.due_on))
    if row is None or _month(last.due_on) > _month(on) or not (balance := _money(row["begin_balance"])):
        return ledger
    before = replay.as_of(ledger, last.due_on.replace(day=1) - dt.timedelta(days=1))
    owed = sum(i.unpaid for i in before.instalments if i.id != last.id)
    asked = (balance * (1 + Decimal(row["apr"] or 0) / 12)).quantize(tape.CENT, ROUND_HALF_UP)
    amount = _cents(asked) - owed
    kept = [i for i in ledger.instalments if i.id != last.id]
    agreed = next(i for i in ledger.instalments if i.id == last.id)
    if amount > 0:
        kept.append(replay.LedgerInstalment(agreed.id, agreed.sequence, agreed.contract_due_on, amount))
    return replay.LoanLedger(
        ledger.currency, ledger.tolerance, ledger.allocation, ledger.due_day, tuple(kept), ledger.charges,
        ledger.payments, ledger.events,
    )  # fmt: skip


def _value_on(row: tape.Row, end: dt.date) -> dt.date:
    """The day of the last payment when it lies in the row's month, else the month end."""
    through = row["interest_paid_through"]
    if through:
        day = dt.date.fromisoformat(through)
        if (day.year, day.month) == (end.year, end.month):
            return day
    return end


def _money(text: str) -> Decimal:
    return Decimal(text).quantize(tape.CENT, ROUND_HALF_UP) if text else tape.NOTHING


def _cents(amount: Decimal) -> int:
    return int(amount.quantize(tape.CENT, ROUND_HALF_UP) * 100)


def _month(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _month_of(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def _on_day(month: int, day: int) -> dt.date:
    return replay.moved(dt.date(month // 12, month % 12 + 1, 1), 0, day)


def check(path: Path) -> dict[str, Any]:
    """All figures of the tape, as the JSON object that is printed."""
    rows = tape.read_tape(path)
    whole = tape.score_whole_life(rows, days_past_due)
    ahead = tape.score_month_ahead(rows, days_past_due, remember_due_day=True)
    strict = tape.score_month_ahead(rows, days_past_due, remember_due_day=False)
    return {
        "bench": "tape",
        "size": len(rows),
        "figures": {
            "a": _share(whole.accuracy),
            "b": _share(ahead.accuracy),
            "b_within_a_day": _share(ahead.accuracy_of_days),
            "b_strict": _share(strict.accuracy),
        },
        "reach": {"a": str(BAR_WHOLE_LIFE), "b": str(BAR_MONTH_AHEAD)},
        "met": whole.accuracy >= BAR_WHOLE_LIFE and ahead.accuracy >= BAR_MONTH_AHEAD,
        "raw": {
            name: {
                "months": score.months,
                "agreed": score.agreed,
                "both_overdue": score.both_overdue,
                "within_a_day": score.within_a_day,
            }
            for name, score in (("a", whole), ("b", ahead), ("b_strict", strict))
        },
        "causes": {"a": whole.causes(), "b": ahead.causes(), "b_strict": strict.causes()},
        "disagreements": [
            {"question": name, "loan": x.loan_id, "month_end": x.month_end.isoformat(),
             "ours": x.ours, "theirs": x.theirs, "cause": x.cause}
            for name, score in (("a", whole), ("b", ahead), ("b_strict", strict))
            for x in score.disagreements()
        ],
    }  # fmt: skip


def _share(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def main(arguments: Sequence[str]) -> int:
    if len(arguments) > 1:
        print("usage: tape_check.py [FILE]", file=sys.stderr)
        return 2
    if arguments:
        path = Path(arguments[0])
    else:
        from django.conf import settings

        if settings.SHARED_DATA_DIR is None:
            print("No tape: looked in TAPES_DIR and in ../shared/data beside the checkout.", file=sys.stderr)
            return 2
        path = Path(settings.SHARED_DATA_DIR) / "us_subprime_tape" / "monthly.csv.gz"
    try:
        result = check(path)
    except OSError as error:
        print(f"{path}: {error.strerror or error}.", file=sys.stderr)
        return 2
    print(json.dumps(result, indent=1))
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
