"""What a mapping makes of rows: loans with their people, and what happened to them. Facts only, nothing
stored.

Amounts are Decimals with exactly the decimals of the record's currency. Every record keeps its line and its
raw row, so that a fault which only the database shows (an unknown loan) can still be told as a Reject.
`approximate` names fields that the source gives to the month only, or that the mapping had to assume.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

MONTH_END = "month_end"


@dataclass(frozen=True, slots=True)
class ContactPointRecord:
    """`kind` and `provenance` in the words of the rules page. `generated`: made up, reaches nobody."""

    kind: str
    value: str
    provenance: tuple[str, ...] = ()
    generated: bool = False


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """`reference` is the source's own number of the person: loans with the same one have the same borrower.
    `zones` are IANA zones by the source they come from (`physical_address`, `phone_area_code`,
    `consumer_stated`).
    """

    reference: str
    name: str
    language: str
    country: str = ""
    region: str = ""
    born_on: dt.date | None = None
    id_number: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)
    zone_note: str = ""
    contact_points: tuple[ContactPointRecord, ...] = ()
    preferred_channel: str = ""
    generated: bool = False


@dataclass(frozen=True, slots=True)
class InstalmentRecord:
    """What is due when. Sequences from 0 on are what was already overdue when the ledger opened."""

    sequence: int
    due_on: dt.date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Schedule:
    """Level instalments, one a month. `day` is the day of the month (in shorter months the last one) or
    `month_end`; `final_amount`, if given, is the last instalment.
    """

    first_due_on: dt.date
    amount: Decimal
    count: int
    day: int | str
    final_amount: Decimal | None = None

    def due_on(self, sequence: int) -> dt.date:
        """Due date of the instalment `sequence`, from 1."""
        return on_day(self.first_due_on, sequence - 1, self.day)

    def instalments(self) -> Iterator[InstalmentRecord]:
        for sequence in range(1, self.count + 1):
            last = sequence == self.count and self.final_amount is not None
            amount = self.final_amount if last and self.final_amount is not None else self.amount
            yield InstalmentRecord(sequence, self.due_on(sequence), amount)


def on_day(start: dt.date, months: int, day: int | str) -> dt.date:
    """`day` of the month that lies `months` after that of `start`; the last day where the month is shorter."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, last if day == MONTH_END else min(int(day), last))


@dataclass(frozen=True, slots=True)
class LoanRecord:
    """A loan as its source tells it, at the contract or at the opening of the ledger (`opening_on`).

    `opening_balance` is principal. `opening_arrears` were overdue at the opening, since
    `opening_days_past_due` days; `opening_credit` was paid ahead of the schedule. With
    `arrears_by_instalment` the arrears are one instalment a month since then, else one in all.
    `closed_at_opening`: nothing was owed any more.
    """

    line: int
    row: Mapping[str, str]
    number: str
    product: str
    currency: str
    principal: Decimal
    country: str
    region: str = ""
    paid_out: Decimal | None = None
    contract_on: dt.date | None = None
    paid_out_on: dt.date | None = None
    apr: Decimal | None = None
    instalment: Decimal | None = None
    term_months: int | None = None
    maturity_on: dt.date | None = None
    schedule: Schedule | None = None
    listed: tuple[InstalmentRecord, ...] = ()
    opening_on: dt.date | None = None
    opening_balance: Decimal | None = None
    opening_arrears: Decimal | None = None
    opening_days_past_due: int | None = None
    opening_credit: Decimal | None = None
    arrears_by_instalment: bool = False
    closed_at_opening: bool = False
    lender: str = ""
    creditor_group: str = ""
    lender_type: str = ""
    debt_kind: str = ""
    agreement_kind: str = ""
    contract_law: str = ""
    collector_role: str = ""
    allocation: tuple[str, ...] = ()
    law_on: dt.date | None = None
    debtor: PersonRecord | None = None
    co_debtors: tuple[PersonRecord, ...] = ()
    guarantors: tuple[PersonRecord, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    approximate: frozenset[str] = frozenset()
    generated: bool = False

    @property
    def arrears_due_on(self) -> dt.date | None:
        """The day on which the opening arrears were due; None if there are none."""
        if self.opening_on is None or not self.opening_arrears:
            return None
        return self.opening_on - dt.timedelta(days=self.opening_days_past_due or 0)

    def instalments(self) -> Iterator[InstalmentRecord]:
        """What is due, oldest first: the opening arrears (from number 0 on), then the schedule (from 1, or
        after them).
        """
        sequence = -1
        for sequence, (due_on, amount) in enumerate(self._arrears()):
            yield InstalmentRecord(sequence, due_on, amount)
        later = max(sequence, 0)
        for item in self.listed or (self.schedule.instalments() if self.schedule else ()):
            yield InstalmentRecord(item.sequence + later, item.due_on, item.amount) if later else item

    def _arrears(self) -> list[tuple[dt.date, Decimal]]:
        """One instalment since the oldest due date; or one a month since then, the newer ones whole."""
        oldest, owed = self.arrears_due_on, self.opening_arrears
        if oldest is None or owed is None or self.opening_on is None:
            return []
        if not self.arrears_by_instalment or not self.instalment:
            return [(oldest, owed)]
        newer: list[tuple[dt.date, Decimal]] = []
        while (due_on := on_day(oldest, len(newer) + 1, oldest.day)) <= self.opening_on:
            newer.append((due_on, self.instalment))
        rest = owed - len(newer) * self.instalment
        # A last statement is cut to what pays the loan off and may show less than is late: then the oldest
        # are whole.
        while rest <= 0 and newer:
            newer.pop()
            rest += self.instalment
        return [(oldest, rest), *newer]


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """What all records of a loan's life have. `reference` is the source's own, or for events one made of
    the date.
    """

    line: int
    row: Mapping[str, str]
    loan_number: str
    on: dt.date
    reference: str
    approximate: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PaymentRecord(LedgerRecord):
    """Money received; `on` is its value date. `row_digest` is the same for rows that say the same,
    whichever file brings them; with `identity = "row"` the reference is that digest and the number of the
    like row in its file. `reverses` is the reference of the payment that the bank took back: then no money
    came.
    """

    amount: Decimal = Decimal(0)
    currency: str = ""
    row_digest: str = ""
    by_row: bool = False
    received_at: dt.datetime | None = None
    method: str = ""
    reverses: str = ""
    principal_part: Decimal | None = None
    interest_part: Decimal | None = None
    other_part: Decimal | None = None
    balance_after: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReturnRecord(LedgerRecord):
    """Money of earlier payments that the bank took back, where the source does not say of which: of the
    last ones.
    """

    amount: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class RecoveryRecord(LedgerRecord):
    """Money that came in after a write-off."""

    amount: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionRecord(LedgerRecord):
    """So many instalments were moved to the end of the loan."""

    months: int = 0


@dataclass(frozen=True, slots=True)
class ChargeRecord(LedgerRecord):
    """A fee or cost charged; `waived`: the amount was taken back instead."""

    amount: Decimal = Decimal(0)
    currency: str = ""
    kind: str = "fee"
    waived: bool = False


@dataclass(frozen=True, slots=True)
class WriteOffRecord(LedgerRecord):
    """The lender gave up so much principal in its books."""

    amount: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PayOffRecord(LedgerRecord):
    """The source says that nothing is owed any more: what is left of the schedule falls away."""
