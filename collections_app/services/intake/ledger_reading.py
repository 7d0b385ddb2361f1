"""One pass over the rows of a file that tells what happened to loans: payments, extensions, charges, ends.

Some mappings read a row in the light of the one before it of the same loan; what that said is kept on disk,
so that memory does not grow with the file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .disk_memory import DiskMemory
from .fields import Bad
from .mapping_schema import Field, Section, collect, places_of
from .reader import Row, Rows
from .records import (
    ChargeRecord,
    ExtensionRecord,
    LedgerRecord,
    PaymentRecord,
    PayOffRecord,
    RecoveryRecord,
    ReturnRecord,
    WriteOffRecord,
)
from .rejects import Fault, Reject, reject, shown


@dataclass(frozen=True, slots=True)
class KnownLoan:
    """What is known of a loan before a file: when its ledger opened, until when it has been told, and what
    stood then: open principal, open fees, the maturity. A row that stands alone (a corrected one) is read
    as the one after that.
    """

    opened_on: dt.date
    told_until: dt.date
    balance: Decimal | None = None
    fees: Decimal | None = None
    maturity_on: dt.date | None = None


Known = Callable[[str], KnownLoan | None]


class LedgerReading:
    """One pass over the rows of a file."""

    def __init__(
        self,
        sections: dict[str, Section],
        balance: tuple[Field, Field, Decimal] | None,
        in_order: bool,
        known: Known | None,
    ) -> None:
        self._sections = sections
        self._balance = balance
        self._in_order = in_order
        self._known = known or (lambda number: None)
        first = next(iter(sections.values())).fields
        self._number = first["loan_number"]
        self._on = first["value_on"] if "value_on" in first else first["on"]

    def read(self, rows: Rows) -> Iterator[LedgerRecord | Reject]:
        loans, identities = DiskMemory(), DiskMemory()
        try:
            for row in rows:
                if isinstance(row, Reject):
                    self._set_aside(row, loans)
                    yield row
                else:
                    yield from self._row(row, loans, identities)
        finally:
            loans.close()
            identities.close()

    def _set_aside(self, refused: Reject, loans: DiskMemory) -> None:
        """A line that the reader could not use may still show its loan; later rows of it wait for the line."""
        if self._in_order:
            number = refused.values.get(self._number.columns[0], "").strip()
            if number:
                loans.put(number, {**(loans.get(number) or {}), "set_aside": refused.line})

    def _row(self, row: Row, loans: DiskMemory, identities: DiskMemory) -> Iterable[LedgerRecord | Reject]:
        faults: list[Fault] = []
        state: dict[str, Any] = {}
        number = ""
        if self._in_order:
            try:
                number = self._number.read(row.values, None)
                state = self._state(number, row, loans)
            except Bad as bad:
                faults.append(Fault(bad.column, shown(bad.value), bad.code, bad.sentence))
            if "set_aside" in state:
                return [
                    reject(row.line, "", "", "held_back",
                           f"Line {state['set_aside']} of the same loan was set aside, and this row is read after "
                           "it; send both again.", row.values)
                ]  # fmt: skip
        found: list[LedgerRecord] = []
        after = dict(state)
        if not faults:
            ending = self._ending(row, state, after, faults)
            for section in self._sections.values():
                if section.after_first_row and state.get("first"):
                    _remember(section, row, after)
                    continue
                if all(condition.lets_through(row.values) for condition in section.where):
                    record = self._record(section, row, state, after, ending, faults)
                    if record is not None:
                        found.append(record)
        if not faults:
            found = [self._identified(record, identities, faults) for record in found]
        if faults:
            if number:
                loans.put(number, {**state, "set_aside": row.line})
            # One sentence for one fault, although several sections read the same column.
            return [Reject(row.line, tuple(dict.fromkeys(faults)), row.values)]
        if self._in_order:
            loans.put(number, {k: v for k, v in after.items() if k not in ("first", "told")})
        return found

    def _state(self, number: str, row: Row, loans: DiskMemory) -> dict[str, Any]:
        state = loans.get(number)
        on = self._on.read(row.values, None)
        said = on.isoformat()
        if state is None:
            known = self._known(number)
            if known is None or on <= known.opened_on:
                return {"first": True, "on": said}
            if on <= known.told_until:
                return {"told": True, "on": said}
            balance, fees = (None if x is None else str(x) for x in (known.balance, known.fees))
            maturity = known.maturity_on.isoformat() if known.maturity_on else None
            return {"on": said, "balance": balance, "stock": fees, "maturity": maturity}
        if "set_aside" not in state and said < state["on"]:
            raise Bad(
                "out_of_order",
                f"The row stands after one of {state['on']} of the same loan; sort the file by loan and date.",
                self._on.columns[0] if self._on.columns else "",
                said,
            )
        return {**state, "on": said}

    def _ending(
        self, row: Row, state: dict[str, Any], after: dict[str, Any], faults: list[Fault]
    ) -> tuple[str, Decimal]:
        """How the loan ended in this row, by its balance: (“pay_off”, 0), (“write_off”, amount) or (“”, 0)."""
        if self._balance is None:
            return "", Decimal(0)
        balance_field, paid_field, tolerance = self._balance
        got = collect({"balance": balance_field, "paid": paid_field}, row, None, faults)
        balance, paid = got.get("balance"), got.get("paid") or Decimal(0)
        if balance is None:
            return "", Decimal(0)
        before = state.get("balance")
        after["balance"] = str(balance)
        if state.get("told") or balance > 0 or (before is not None and Decimal(before) <= 0):
            return "", Decimal(0)
        if before is None:
            if paid > 0:
                return "pay_off", Decimal(0)
            faults.append(
                Fault(balance_field.columns[0], row.values.get(balance_field.columns[0], ""), "balance_unknown",
                      "The balance is gone without a payment, and nothing says what it was; send the row before it "
                      "too.")
            )  # fmt: skip
            return "", Decimal(0)
        gap = Decimal(before) - paid
        return ("write_off", gap) if gap > tolerance else ("pay_off", Decimal(0))

    def _record(
        self,
        section: Section,
        row: Row,
        state: dict[str, Any],
        after: dict[str, Any],
        ending: tuple[str, Decimal],
        faults: list[Fault],
    ) -> LedgerRecord | None:
        if section.rule == "balance_vanishes" and ending[0] + "s" != section.name:
            return None
        before = len(faults)
        places = places_of(section, row, faults)
        got = collect(section.fields, row, places, faults)
        if section.rule == "change_of_stock" and len(faults) == before:
            stock, paid = got.pop("stock", None) or Decimal(0), got.pop("paid", None) or Decimal(0)
            previous = state.get("stock")
            after["stock"] = str(stock)
            if state.get("told"):
                return None
            # What stands open in the first row was charged before; what was paid then is not part of it.
            change = stock if previous is None else stock - Decimal(previous) + paid
            if not change:
                return None
            got["amount"], got["waived"] = abs(change), change < 0
        if section.rule == "maturity_moves" and len(faults) == before:
            previous, moved = state.get("maturity"), 0
            maturity = got.pop("maturity_on", None)
            if maturity is not None:
                after["maturity"] = maturity.isoformat()
                if previous is not None:
                    was = dt.date.fromisoformat(previous)
                    moved = (maturity.year - was.year) * 12 + maturity.month - was.month
            got["months"] = max(got["months"], moved)
            if not got["months"] or state.get("told"):
                return None
        if section.rule == "balance_vanishes" and section.name == "write_offs":
            got["amount"] = ending[1]
        if len(faults) > before:
            return None
        approximate = frozenset(field.name for field in section.fields.values() if field.assumed)
        on = got.pop("value_on", None) or got.pop("on", None)
        number = got.pop("loan_number")
        reference = got.pop("reference", None) or ""
        if section.name == "returns" and not got.get("amount"):
            return None
        if section.name in ("extensions", "pay_offs"):
            got.pop("currency", None)
        if section.name == "charges":
            got["kind"] = got.get("kind") or "fee"
            got.pop("stock", None), got.pop("paid", None)
        if section.name == "payments":
            for name in ("method", "reverses"):
                got[name] = got.get(name) or ""
            if section.identity == "reference" and not reference:
                column = section.fields["reference"].columns[0]
                faults.append(Fault(column, "", "value_missing", "A payment needs the reference of its source."))
                return None
            said = f"{number}|{on}|{got['amount']}|{got['currency']}"
            got["row_digest"] = hashlib.sha256(said.encode()).hexdigest()
            got["by_row"] = section.identity == "row"
        elif not reference:
            reference = f"{on}"
        return _RECORDS[section.name](
            line=row.line,
            row=row.values,
            loan_number=number,
            on=on,
            reference=reference,
            approximate=approximate,
            **got,
        )

    def _identified(self, record: LedgerRecord, identities: DiskMemory, faults: list[Fault]) -> LedgerRecord:
        """A payment by row gets its number among the like rows of the file; a reference may stand there
        once.
        """
        if not isinstance(record, PaymentRecord):
            return record
        if record.by_row:
            # Kept by loan, not by digest: rows of a loan usually stand together, and then nothing goes to
            # the disk.
            like = identities.get(record.loan_number) or {}
            count = like[record.row_digest] = like.get(record.row_digest, 0) + 1
            identities.put(record.loan_number, like)
            return _with_reference(record, f"row:{record.row_digest}:{count}")
        first = identities.get(record.reference)
        if first is not None:
            field = self._sections["payments"].fields["reference"]
            faults.append(
                Fault(field.columns[0] if field.columns else "", shown(record.reference), "reference_twice",
                      f"The payment {shown(record.reference)} stands in line {first} already.")
            )  # fmt: skip
        else:
            identities.put(record.reference, record.line)
        return record


_RECORDS: dict[str, type[Any]] = {
    "payments": PaymentRecord,
    "returns": ReturnRecord,
    "extensions": ExtensionRecord,
    "charges": ChargeRecord,
    "write_offs": WriteOffRecord,
    "pay_offs": PayOffRecord,
    "recoveries": RecoveryRecord,
}


def _remember(section: Section, row: Row, after: dict[str, Any]) -> None:
    """Of a first row that tells nothing, what the next one is compared with."""
    if section.rule == "maturity_moves":
        maturity = collect({"maturity_on": section.fields["maturity_on"]}, row, None, []).get("maturity_on")
        after["maturity"] = maturity.isoformat() if maturity else None


def _with_reference(record: PaymentRecord, reference: str) -> PaymentRecord:
    # The record was made in this module a moment ago and nobody has it yet; a copy would cost more than all
    # its parsing.
    object.__setattr__(record, "reference", reference)
    return record
