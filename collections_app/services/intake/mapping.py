"""A mapping says, in one TOML file, which column of a source gives which field, and in which form it is
written.

`docs/import_format.md` describes the format. `Mapping.loans(rows)` gives LoanRecord or Reject;
`Mapping.ledger(rows)` gives, in one reading, everything else that the rows tell: payments, extensions,
charges, write-offs, pay-offs, recoveries, or a Reject for the whole row.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import abc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from collections_app.kernel.errors import DomainError

from .disk_memory import DiskMemory
from .fields import Bad
from .ledger_reading import Known, LedgerReading
from .ledger_reading import KnownLoan as KnownLoan
from .mapping_schema import (
    CONTACT_KINDS,
    LEDGER_FIELDS,
    LEDGER_RULES,
    LEDGER_SECTIONS,
    LOAN_FIELDS,
    PERSON_FIELDS,
    SCHEDULE_FIELDS,
    Field,
    Kind,
    Section,
    Source,
    collect,
    flag,
    only,
    places_of,
    read_field,
    read_fields,
    read_filters,
    word,
)
from .persons import LANGUAGE_OF_COUNTRY, generate, zone_of
from .reader import DELIMITERS, ENCODINGS, Row, Rows
from .records import (
    MONTH_END,
    ContactPointRecord,
    InstalmentRecord,
    LedgerRecord,
    LoanRecord,
    PaymentRecord,
    PersonRecord,
    Schedule,
    on_day,
)
from .rejects import Fault, Reject, reject, shown

SHIPPED = Path(__file__).parent / "mappings"
ROLES = ("debtor", "co_debtor", "guarantor")


class Mapping:
    """A mapping that was read and found whole. Make one with `load_mapping`."""

    def __init__(self, source: Source, text: str) -> None:
        data = only(
            source, (), source.data,
            ("id", "title", "currency", "collector_role", "law_on", "allocation", "tolerance", "file", "persons", "loans", "balance",
             *LEDGER_SECTIONS),
        )  # fmt: skip
        self.name = source.name
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        ident = data.get("id")
        if not isinstance(ident, str) or not ident:
            raise source.refuse(("id",), "a mapping needs an id.")
        self.id: str = ident
        self.title = str(data.get("title", self.id))
        self.law_on: dt.date | None = data.get("law_on")
        if self.law_on is not None and type(self.law_on) is not dt.date:
            raise source.refuse(("law_on",), "write a date such as 2026-11-24, without quotes.")
        self.allocation = tuple(data.get("allocation", ()))
        if any(part not in ("charge", "instalment") for part in self.allocation):
            raise source.refuse(("allocation",), "name “charge” and “instalment” in the order in which money is taken.")
        self.tolerance = self._read_tolerance(source, data)
        self._read_file(source, data.get("file", {}))
        given: dict[str, Any] = {k: {"constant": data[k]} for k in ("currency", "collector_role") if k in data}
        self._read_persons(source, data.get("persons", {}))
        self._read_loans(source, data.get("loans"), given)
        self._read_ledger(source, data, given)

    @staticmethod
    def _read_tolerance(source: Source, data: dict[str, Any]) -> tuple[Decimal, Decimal] | None:
        """Ratio of the instalment and least amount up to which the source itself calls a loan current; None: the ladder's."""
        if "tolerance" not in data:
            return None
        table = only(source, ("tolerance",), data["tolerance"], ("ratio", "min"))
        try:
            ratio, least = Decimal(str(table["ratio"])), Decimal(str(table["min"]))
        except (KeyError, ArithmeticError):
            raise source.refuse(("tolerance",), 'write { ratio = "0.05", min = "1.00" }.') from None
        if not (0 <= ratio < 1 and least >= 0):
            raise source.refuse(("tolerance",), "the ratio lies from 0 to below 1, and the amount is not negative.")
        return ratio, least

    def _read_file(self, source: Source, table: Any) -> None:
        table = only(source, ("file",), table, ("encoding", "delimiter", "sheet"))
        self.encoding = word(source, ("file",), table, "encoding", ENCODINGS, "utf-8")
        self.delimiter = word(source, ("file",), table, "delimiter", DELIMITERS, ",") if "delimiter" in table else None
        self.sheet: str | None = table.get("sheet")

    def _read_persons(self, source: Source, table: Any) -> None:
        table = only(source, ("persons",), table, ("generate", "seed", *ROLES))
        self.generates_persons = "generate" in table
        self.seed = str(table.get("seed", self.id))
        if (
            self.generates_persons
            and word(source, ("persons",), table, "generate", ("seed",), "")
            and "debtor" in table
        ):
            raise source.refuse(("persons", "debtor"), "people are either made up or read, not both.")
        self._persons = {
            role: read_fields(source, ("persons", role), table[role], PERSON_FIELDS, {})
            for role in ROLES
            if role in table
        }
        for role, found in self._persons.items():
            if "name" not in found or "reference" not in found:
                raise source.refuse(("persons", role), "a person needs a name and a reference (the source's number).")

    def _read_loans(self, source: Source, table: Any, given: abc.Mapping[str, Any]) -> None:
        self._loans: Section | None = None
        if table is None:
            return
        table = only(source, ("loans",), table, ("one_row", "keep", "where", "fields", "schedule"))
        one_row = word(source, ("loans",), table, "one_row", ("loan", "loan_month"), "loan")
        self._first_rows_only = one_row == "loan_month"
        self._keep = tuple(table.get("keep", ()))
        found = read_fields(source, ("loans", "fields"), table.get("fields", {}), LOAN_FIELDS, given)
        self._loans = Section("loans", found, read_filters(source, ("loans",), table), False, "")
        path = ("loans", "schedule")
        schedule = only(source, path, table.get("schedule", {}), ("starts", "day", "arrears", *SCHEDULE_FIELDS))
        self._starts = word(source, path, schedule, "starts", ("", "month_after_opening"), "")
        if self._starts and ("first_due_on" in schedule or "opening_on" not in found):
            raise source.refuse((*path, "starts"), "needs opening_on, and no first_due_on beside it.")
        self._arrears_by_instalment = word(source, path, schedule, "arrears", ("one", "by_instalment"), "one") != "one"
        self._schedule = {
            name: read_field(source, (*path, name), SCHEDULE_FIELDS[name], schedule[name])
            for name in SCHEDULE_FIELDS
            if name in schedule
        }
        self._day: Any = schedule.get("day", "of_first")
        if isinstance(self._day, dict):
            self._day = read_field(source, (*path, "day"), Kind("day"), self._day)
            fallback = self._day.otherwise
            if fallback != MONTH_END and not (isinstance(fallback, int) and 1 <= fallback <= 31):
                raise source.refuse((*path, "day"), 'a derived day needs otherwise = "month_end" or 1 to 31.')
        elif self._day not in ("of_first", MONTH_END) and self._day not in range(1, 32):
            raise source.refuse((*path, "day"), 'write "of_first", "month_end" or a day from 1 to 31.')

    def _read_ledger(self, source: Source, data: dict[str, Any], given: abc.Mapping[str, Any]) -> None:
        self._ledger: dict[str, Section] = {}
        for name in LEDGER_SECTIONS:
            if name not in data:
                continue
            keys = ["where", "after_first_row", "fields"]
            keys += ["identity"] if name == "payments" else []
            keys += ["rule"] if name in LEDGER_RULES else []
            table = only(source, (name,), data[name], keys)
            rule = word(source, (name,), table, "rule", ("", LEDGER_RULES.get(name, "")), "")
            found = read_fields(source, (name, "fields"), table.get("fields", {}), LEDGER_FIELDS[name], given)
            identity = word(source, (name,), table, "identity", ("reference", "row"), "") if name == "payments" else ""
            if identity == "reference" and "reference" not in found:
                raise source.refuse((name, "identity"), "names the reference, but no column gives it.")
            needed: dict[str, tuple[str, ...]] = {
                "charges": ("stock", "paid") if rule else ("amount",),
                "returns": ("amount",),
                "write_offs": () if rule else ("amount",),
                "extensions": ("maturity_on",) if rule else (),
            }
            for field in needed.get(name, ()):
                if field not in found:
                    raise source.refuse((name, "fields"), f"the field “{field}” is missing.")
            after = flag(source, (name,), table, "after_first_row")
            where = read_filters(source, (name,), table)
            self._ledger[name] = Section(name, found, where, after, rule, identity)
        self._balance: tuple[Field, Field, Decimal] | None = None
        if "balance" in data:
            path = ("balance",)
            table = only(source, path, data["balance"], ("column", "principal_paid", "tolerance"))
            pair = [
                read_field(source, (*path, key), Kind("money"), {"column": table.get(key, ""), "negative": True})
                for key in ("column", "principal_paid")
            ]
            self._balance = (pair[0], pair[1], Decimal(str(table.get("tolerance", "0"))))
        if any(s.rule == "balance_vanishes" for s in self._ledger.values()) and self._balance is None:
            raise source.refuse(("balance",), "the rule “balance_vanishes” needs a table [balance].")
        self._in_order = any(s.rule or s.after_first_row for s in self._ledger.values())

    # --- Columns --------------------------------------------------------------------------------------------

    def columns(self, what: str) -> tuple[str, ...]:
        """Every column that `loans` or `ledger` reads, in the order of the mapping."""
        return tuple(dict.fromkeys(column for column, _ in self._columns(what)))

    def check_columns(self, what: str, rows: Rows) -> None:
        """Refuses a file that lacks a column, naming what is missing and what was found. `what`: loans or
        ledger.
        """
        found = set(rows.columns)
        needed = dict.fromkeys(column for column, optional in self._columns(what) if not optional)
        missing = [column for column in needed if column not in found]
        if missing:
            raise DomainError(
                "columns_missing",
                f"{rows.name} lacks {'the column' if len(missing) == 1 else 'the columns'} {', '.join(missing)}, "
                f"which the mapping {self.id} reads; it has: {', '.join(shown(c) for c in rows.columns)}.",
                file=rows.name,
                mapping=self.id,
                missing=missing,
                found=list(rows.columns),
            )

    def unread_columns(self, what: str, rows: Rows) -> tuple[str, ...]:
        """Columns of the file that nothing reads: perhaps a mistyped optional one."""
        known = set(self.columns(what))
        return tuple(column for column in rows.columns if column not in known)

    def _columns(self, what: str) -> Iterator[tuple[str, bool]]:
        sections: list[Section] = list(self._ledger.values())
        groups: list[abc.Mapping[str, Field]] = []
        if what == "loans":
            sections = [self._loans] if self._loans else []
            groups = [self._schedule, *self._persons.values()] if self._loans else []
            if self._loans and isinstance(self._day, Field):
                groups.append({"day": self._day})
        elif self._balance:
            groups = [{"balance": self._balance[0], "principal_paid": self._balance[1]}]
        for section in sections:
            groups.append(section.fields)
            for condition in section.where:
                yield condition.column, False
        for group in groups:
            for field in group.values():
                for column in field.columns:
                    yield column, field.optional
        if what == "loans" and self._loans:
            for column in self._keep:
                yield column, False

    # --- Loans ----------------------------------------------------------------------------------------------

    def loans(self, rows: Rows) -> Iterator[LoanRecord | Reject]:
        """A loan a row, or the loan of the first row of its number; rejects of the reader are passed on.
        Raises DomainError for a missing column before the first row is read.
        """
        if self._loans is None:
            raise DomainError("mapping_without_loans", f"The mapping {self.id} does not say how loans are read.")
        self.check_columns("loans", rows)
        return self._loan_records(rows, self._loans)

    def _loan_records(self, rows: Rows, section: Section) -> Iterator[LoanRecord | Reject]:
        seen = DiskMemory()
        number_of = section.fields["number"]
        try:
            for row in rows:
                if isinstance(row, Reject):
                    yield row
                    continue
                if not all(condition.lets_through(row.values) for condition in section.where):
                    continue
                try:
                    number = number_of.read(row.values, None)
                except Bad:
                    number = ""  # told with the other faults of the row
                first = seen.get(number) if number else None
                if first is not None:
                    if not self._first_rows_only:
                        yield reject(
                            row.line, number_of.columns[0] if number_of.columns else "", number, "loan_twice",
                            f"The loan {shown(number)} stands in line {first} already; a file has a loan once.",
                            row.values,
                        )  # fmt: skip
                    continue
                found = self._loan(row, section)
                if isinstance(found, LoanRecord) or self._first_rows_only:
                    seen.put(number, row.line)
                yield found
        finally:
            seen.close()

    def _loan(self, row: Row, section: Section) -> LoanRecord | Reject:
        faults: list[Fault] = []
        places = places_of(section, row, faults)
        got = collect(section.fields, row, places, faults)
        debtor, co_debtors, guarantors = self._people(row, got, faults)
        schedule, assumed = self._schedule_of(row, got, places, faults)
        listed: tuple[InstalmentRecord, ...] = got.pop("listed", None) or ()
        closed = bool(got.get("closed_at_opening"))
        if not faults and schedule is None and not listed and not closed:
            faults.append(
                Fault("", "", "schedule_missing",
                      "Nothing says what is due when: give the first due date, the instalment and their number, or "
                      "the schedule itself.")
            )  # fmt: skip
        if got.get("opening_arrears") and got.get("opening_on") is None and not faults:
            faults.append(
                Fault(
                    "",
                    "",
                    "opening_missing",
                    "There are opening arrears, but no opening date says since when.",
                )
            )
        if faults:
            return Reject(row.line, tuple(faults), row.values)
        if closed:
            schedule, listed = None, ()
        got["closed_at_opening"] = closed
        got["generated"] = bool(got.get("generated")) or self.generates_persons
        for name in ("region", "lender", "creditor_group", "lender_type", "debt_kind", "agreement_kind", "contract_law",
                     "collector_role"):  # fmt: skip
            got[name] = got.get(name) or ""
        return LoanRecord(
            line=row.line,
            row=row.values,
            schedule=schedule,
            listed=listed,
            debtor=debtor,
            co_debtors=co_debtors,
            guarantors=guarantors,
            allocation=self.allocation,
            law_on=self.law_on,
            arrears_by_instalment=self._arrears_by_instalment,
            attributes={column: row.values.get(column, "") for column in self._keep},
            approximate=assumed | {field.name for field in section.fields.values() if field.assumed},
            **got,
        )

    def _schedule_of(
        self, row: Row, got: dict[str, Any], places: int | None, faults: list[Fault]
    ) -> tuple[Schedule | None, frozenset[str]]:
        before = len(faults)
        made = collect(self._schedule, row, places, faults)
        day: Any = self._day
        assumed: set[str] = set()
        if isinstance(day, Field):
            try:
                day = day.read(row.values, None)
            except Bad as bad:
                faults.append(Fault(bad.column, shown(bad.value), bad.code, bad.sentence))
            if day is None:
                day = self._day.otherwise
                assumed.add("due_day")
        elif self._starts:
            assumed.add("due_day")
        if len(faults) > before or got.get("closed_at_opening"):
            return None, frozenset()
        first = made.get("first_due_on")
        if self._starts and got.get("opening_on") is not None:
            first = on_day(got["opening_on"], 1, day)
            if made.get("not_before") is not None:
                first = max(first, on_day(made["not_before"], 0, day))
        amount, count = made.get("amount"), made.get("count")
        if first is not None and count is None and made.get("until") is not None:
            until = made["until"]
            count = max(0, (until.year - first.year) * 12 + until.month - first.month + 1)
        if first is None or amount is None or count is None:
            return None, frozenset()
        if day == "of_first":
            day = first.day
        return Schedule(first, amount, count, day, made.get("final_amount")), frozenset(assumed)

    def _people(
        self, row: Row, got: dict[str, Any], faults: list[Fault]
    ) -> tuple[PersonRecord | None, tuple[PersonRecord, ...], tuple[PersonRecord, ...]]:
        if self.generates_persons:
            if faults or not got.get("number"):
                return None, (), ()
            try:
                made = generate(self.seed, got["number"], got.get("region") or "", country=got["country"])
            except DomainError as error:
                faults.append(Fault("", got.get("region") or got["country"], error.code, error.sentence))
                return None, (), ()
            return made, (), ()
        found = {role: self._person(role, row, got, faults) for role in self._persons}
        if "debtor" in self._persons and found["debtor"] is None and not faults:
            column = self._persons["debtor"]["name"].columns[0]
            faults.append(Fault(column, "", "value_missing", "A loan needs a debtor: the name is missing."))
        debtor, second, third = (found.get(role) for role in ROLES)
        return debtor, (second,) if second else (), (third,) if third else ()

    def _person(self, role: str, row: Row, loan: dict[str, Any], faults: list[Fault]) -> PersonRecord | None:
        before = len(faults)
        fields = self._persons[role]
        got = collect(fields, row, None, faults)
        if len(faults) > before:
            return None
        name, reference = got.get("name"), got.get("reference")
        if not name and not reference:
            return None
        for given, other in (("name", "reference"), ("reference", "name")):
            if got.get(given) and not got.get(other):
                column = fields[other].columns[0]
                faults.append(Fault(column, "", "value_missing", f"The {role.replace('_', '-')} has no {other}."))
                return None
        own = role == "debtor"
        country = got.get("country") or (loan.get("country") or "" if own else "")
        region = got.get("region") or (loan.get("region") or "" if own else "")
        zones, note = {}, ""
        try:
            physical, note = zone_of(country, region)
        except DomainError as error:
            faults.append(Fault("", region, error.code, error.sentence))
            return None
        if physical:
            zones["physical_address"] = physical
        if got.get("zone"):
            zones["consumer_stated"] = got["zone"]
        generated = bool(loan.get("generated"))
        points = tuple(
            ContactPointRecord(kind, got[kind], got.get(f"{kind}_provenance") or (), generated)
            for kind in CONTACT_KINDS
            if got.get(kind)
        )
        return PersonRecord(
            reference=reference or "",
            name=name or "",
            language=got.get("language") or LANGUAGE_OF_COUNTRY.get(country, "en"),
            country=country,
            region=region,
            born_on=got.get("born_on"),
            id_number=got.get("id_number") or "",
            zones=zones,
            zone_note=note,
            contact_points=points,
            preferred_channel=got.get("preferred_channel") or "",
            generated=generated,
        )

    # --- What happened to the loans --------------------------------------------------------------------------

    def ledger(self, rows: Rows, known: Known | None = None) -> Iterator[LedgerRecord | Reject]:
        """Everything that the rows tell of loans, in one reading. A row with a fault gives nothing but its
        Reject.

        Some mappings read a row in the light of the one before it (the first row of a loan, a change of
        stock, a balance that vanishes). There, after a reject, later rows of the same loan are rejected
        too, so that the corrected rows can be read in their order; and `known` tells what stood before the
        file.
        """
        if not self._ledger:
            raise DomainError("mapping_without_ledger", f"The mapping {self.id} does not say how payments are read.")
        self.check_columns("ledger", rows)
        return LedgerReading(self._ledger, self._balance, self._in_order, known).read(rows)

    def payments(self, rows: Rows, known: Known | None = None) -> Iterator[PaymentRecord | Reject]:
        """Of the ledger, only the payments."""
        for found in self.ledger(rows, known):
            if isinstance(found, PaymentRecord | Reject):
                yield found


def shipped_mappings() -> tuple[str, ...]:
    """Names of the mappings that come with the program."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load_mapping(name_or_path: str | Path) -> Mapping:
    """A shipped mapping by its name, or one from a file (a name that ends in .toml). Raises DomainError:
    `mapping_missing`, `mapping_not_toml`, `bad_mapping` with file, line and key.
    """
    given = str(name_or_path)
    path = Path(given) if given.endswith(".toml") else SHIPPED / f"{given}.toml"
    if (not given.endswith(".toml") and given not in shipped_mappings()) or not path.is_file():
        raise DomainError(
            "mapping_missing",
            f"There is no mapping {given}; shipped are {', '.join(shipped_mappings())}, or give the path of a .toml "
            "file.",
            mapping=given,
        )
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DomainError(
            "mapping_not_toml", f"{path.name} is not UTF-8 (byte {error.start + 1}).", file=path.name
        ) from None
    return Mapping(Source(path.name, text), text)
