"""The schema of a mapping: fields and what they hold, derivations, filters; reading them from TOML.

Everything is from closed lists, there are no expressions. What is not known is refused with file, line and
key.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections import abc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import exponent
from collections_app.policy.schema.toml_lines import locate

from . import fields as form
from .fields import Bad, MoneyForm
from .persons import US_STATES
from .reader import Exact, Row
from .records import MONTH_END
from .rejects import Fault, shown

LEDGER_SECTIONS = ("charges", "payments", "returns", "extensions", "write_offs", "pay_offs", "recoveries")
CONTACT_KINDS = ("mobile", "landline", "email", "home_address")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds. `limit` is the length of a text or the greatest number; `positive`: more than
    nothing.
    """

    base: str
    required: bool = False
    options: tuple[str, ...] = ()
    limit: int = 0
    positive: bool = False


_NUMBER = Kind("text", required=True, limit=40)
_MONEY = Kind("money")
_DATE = Kind("date")
_DAY = Kind("date", required=True)
_PAID = Kind("money", required=True, positive=True)

LOAN_FIELDS: dict[str, Kind] = {
    "number": _NUMBER,
    "product": Kind("choice", required=True, options=form.PRODUCTS),
    "currency": Kind("currency", required=True),
    "principal": _PAID,
    "country": Kind("country", required=True),
    "region": Kind("region"),
    "paid_out": _MONEY,
    "contract_on": _DATE,
    "paid_out_on": _DATE,
    "apr": Kind("ratio"),
    "instalment": _MONEY,
    "term_months": Kind("int", limit=600),
    "maturity_on": _DATE,
    "opening_on": _DATE,
    "opening_balance": _MONEY,
    "opening_arrears": _MONEY,
    "opening_days_past_due": Kind("int", limit=form.MAX_DAYS_PAST_DUE),
    "opening_credit": _MONEY,
    "closed_at_opening": Kind("yes_no"),
    "lender": Kind("text", required=True, limit=200),
    "creditor_group": Kind("text", limit=60),
    "lender_type": Kind("choice", options=form.LENDER_TYPES),
    "debt_kind": Kind("choice", options=form.DEBT_KINDS),
    "agreement_kind": Kind("choice", options=form.AGREEMENT_KINDS),
    "contract_law": Kind("country"),
    "collector_role": Kind("choice", options=form.COLLECTOR_ROLES),
    "listed": Kind("schedule"),
    "generated": Kind("yes_no"),
}
PERSON_FIELDS: dict[str, Kind] = {
    "reference": Kind("text", limit=80),
    "name": Kind("text", limit=200),
    "language": Kind("choice", options=form.LANGUAGES),
    "country": Kind("country"),
    "region": Kind("region"),
    "born_on": _DATE,
    "id_number": Kind("text", limit=60),
    "zone": Kind("zone"),
    "preferred_channel": Kind("choice", options=form.CHANNELS),
    "mobile": Kind("phone"),
    "landline": Kind("phone"),
    "email": Kind("email"),
    "home_address": Kind("text", limit=400),
    **{f"{kind}_provenance": Kind("provenance") for kind in CONTACT_KINDS},
}
SCHEDULE_FIELDS: dict[str, Kind] = {
    "first_due_on": _DATE,
    "amount": Kind("money", positive=True),
    "count": Kind("int", limit=600),
    "until": _DATE,
    "not_before": _DATE,
    "final_amount": Kind("money", positive=True),
}
_EVENT: dict[str, Kind] = {
    "loan_number": _NUMBER,
    "on": _DAY,
    "currency": Kind("currency", required=True),
    "reference": Kind("text", limit=80),
}
LEDGER_FIELDS: dict[str, dict[str, Kind]] = {
    "payments": {
        "loan_number": _NUMBER,
        "value_on": _DAY,
        "currency": Kind("currency", required=True),
        "reference": Kind("text", limit=100),
        "amount": _PAID,
        "received_at": Kind("instant"),
        "method": Kind("text", limit=30),
        "reverses": Kind("text", limit=100),
        "principal_part": _MONEY,
        "interest_part": _MONEY,
        "other_part": _MONEY,
        "balance_after": _MONEY,
    },
    "returns": {**_EVENT, "amount": _MONEY},
    "extensions": {**_EVENT, "months": Kind("int", required=True, limit=600), "maturity_on": _DATE},
    "charges": {**_EVENT, "amount": _MONEY, "stock": _MONEY, "paid": _MONEY, "kind": Kind("text", limit=30)},
    "write_offs": {**_EVENT, "amount": _MONEY},
    "pay_offs": _EVENT,
    "recoveries": {**_EVENT, "amount": _PAID},
}
LEDGER_RULES = {
    "charges": "change_of_stock",
    "extensions": "maturity_moves",
    "write_offs": "balance_vanishes",
    "pay_offs": "balance_vanishes",
}
TYPES = {
    "text": ("text", "phone", "email", "schedule", "provenance", "choice", "currency", "country", "region", "zone"),
    "int": ("int",), "ratio": ("ratio",), "money": ("money",), "date": ("date",), "month": ("date",),
}  # fmt: skip
SPEC_KEYS = (
    "column",
    "constant",
    "derive",
    "of",
    "otherwise",
    "type",
    "format",
    "day",
    "decimal",
    "thousands",
    "round",
    "negative",
    "unit",
    "values",
    "required",
    "optional",
    "to_the_month",
)


# --- Derivations: the closed list ----------------------------------------------------------------------------


def _is_zero(amount: Decimal | None) -> bool:
    return amount is not None and amount == 0


def _part(sign: int) -> Callable[[Decimal | None], Decimal | None]:
    return lambda amount: None if amount is None else max(Decimal(0), sign * amount)


def _difference(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return None if first is None or second is None else first - second


def _difference_above_zero(first: Decimal | None, second: Decimal | None) -> Decimal:
    return Decimal(0) if first is None or second is None else max(Decimal(0), first - second)


def _balance_risen(after: Decimal | None, before: Decimal | None, paid: Decimal | None) -> Decimal | None:
    return None if after is None or before is None else max(Decimal(0), after - (before - (paid or Decimal(0))))


def _within_month(day: dt.date | None, month_end: dt.date | None) -> dt.date | None:
    if day is None or month_end is None:
        return month_end
    return day if (day.year, day.month) == (month_end.year, month_end.month) else month_end


def _due_day(on: dt.date | None, days: int | None) -> int | None:
    return None if on is None or not days else (on - dt.timedelta(days=days)).day


def _us_region(state: str | None) -> str | None:
    if state is None:
        return None
    if state not in US_STATES:
        raise Bad("unknown_state", f"“{shown(state)}” is no state of the United States such as MO.")
    return f"US-{state}"


@dataclass(frozen=True, slots=True)
class Derivation:
    """`arguments` are kinds of the columns in `of`; empty: any number of the field's own kind."""

    arguments: tuple[Kind, ...]
    gives: tuple[str, ...]
    make: Callable[..., Any]
    signed: bool = False


DERIVATIONS: dict[str, Derivation] = {
    # the amount if it is above zero, else 0; the amount without its sign if it is below zero, else 0
    "positive_part": Derivation((_MONEY,), ("money",), _part(1), signed=True),
    "negative_part": Derivation((_MONEY,), ("money",), _part(-1), signed=True),
    "is_zero": Derivation((_MONEY,), ("yes_no",), _is_zero),
    "difference": Derivation((_MONEY, _MONEY), ("money",), _difference, signed=True),
    "difference_above_zero": Derivation((_MONEY, _MONEY), ("money",), _difference_above_zero),
    # of a balance after, before, and what was paid of it: by how much it rose all the same
    "balance_risen": Derivation((_MONEY, _MONEY, _MONEY), ("money",), _balance_risen),
    "first_filled": Derivation((), ("money", "date", "text"), lambda *v: next((x for x in v if x is not None), None)),
    # the date, if it lies in the month of the second one, else the second one
    "date_within_month": Derivation((_DATE, _DATE), ("date",), _within_month),
    # day of the month of (date less so many days); nothing for 0 days
    "due_day": Derivation((_DATE, Kind("int", limit=form.MAX_DAYS_PAST_DUE)), ("day",), _due_day),
    "us_region": Derivation((Kind("text", limit=2),), ("region",), _us_region),
    # the texts with a hyphen between them
    "joined": Derivation((), ("text",), lambda *v: None if None in v else "-".join(v)),
}


# --- Reading the TOML ----------------------------------------------------------------------------------------


class Source:
    """The TOML of a mapping, and on which line of it a key stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DomainError("mapping_not_toml", f"{name} is not TOML: {error}.", file=name) from None
        self._lines = locate(text)

    def refuse(self, path: tuple[str, ...], sentence: str) -> DomainError:
        line, _ = self._lines.find(path)
        key = ".".join(path)
        return DomainError(
            "bad_mapping", f"{self.name}, line {line}, {key}: {sentence}", file=self.name, line=line, key=key
        )


def only(source: Source, path: tuple[str, ...], table: Any, allowed: Iterable[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise source.refuse(path, "this must be a table.")
    allowed = tuple(allowed)
    for key in table:
        if key not in allowed:
            raise source.refuse((*path, key), f"unknown key “{key}”; known here: {', '.join(allowed)}.")
    return table


def word(
    source: Source,
    path: tuple[str, ...],
    table: dict[str, Any],
    key: str,
    options: Iterable[str],
    default: str,
) -> str:
    value = table.get(key, default)
    if value not in tuple(options):
        raise source.refuse((*path, key), f"“{value}” is not one of: {', '.join(repr(o) for o in options)}.")
    return str(value)


def flag(source: Source, path: tuple[str, ...], table: dict[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise source.refuse((*path, key), "write true or false.")
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: from which columns, and how it is read. `columns` that are not `optional` must
    stand in the header. `read` takes the values of the row and the decimals of its currency.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    optional: bool
    assumed: bool
    read: Callable[[abc.Mapping[str, str], int | None], Any]
    otherwise: Any = None


def _spec(source: Source, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"column": value}
    spec = only(source, path, value, SPEC_KEYS)
    if sum(key in spec for key in ("column", "constant", "derive")) != 1:
        raise source.refuse(path, "a field has exactly one of: column, constant, derive.")
    return spec


def read_field(source: Source, path: tuple[str, ...], kind: Kind, value: Any) -> Field:
    spec = _spec(source, path, value)
    name = path[-1]
    required = flag(source, path, spec, "required") or kind.required
    optional = flag(source, path, spec, "optional")
    if optional and required:
        raise source.refuse(path, f"the field “{name}” is needed; it cannot be optional.")
    assumed = flag(source, path, spec, "to_the_month")
    if "constant" in spec:
        parse = _parser(source, path, kind, {**spec, "type": "date" if kind.base == "date" else spec.get("type")})
        given = spec["constant"]
        text = (
            given.isoformat() if isinstance(given, dt.date) else str(given).lower() if given in (True, False) else given
        )
        try:
            constant = parse(str(text), None)
        except Bad as bad:
            raise source.refuse(path, bad.sentence) from None
        return Field(name, kind, (), False, assumed, lambda values, places: constant)
    if "derive" in spec:
        return _derived(source, path, kind, spec, required, optional, assumed)
    column = spec["column"]
    if not isinstance(column, str) or not column:
        raise source.refuse((*path, "column"), "write the name of a column.")
    assumed = assumed or spec.get("type") == "month"
    read = _column_reader(column, _parser(source, path, kind, spec), required)
    return Field(name, kind, (column,), optional, assumed, read)


def _derived(
    source: Source,
    path: tuple[str, ...],
    kind: Kind,
    spec: dict[str, Any],
    required: bool,
    optional: bool,
    assumed: bool,
) -> Field:
    name = word(source, path, spec, "derive", DERIVATIONS, "")
    derivation = DERIVATIONS[name]
    of = spec.get("of")
    if not isinstance(of, list) or not of or not all(isinstance(column, str) for column in of):
        raise source.refuse((*path, "of"), f"name the columns that “{name}” is made of.")
    kinds = derivation.arguments or (Kind(kind.base, options=kind.options, limit=kind.limit),) * len(of)
    if len(kinds) != len(of):
        raise source.refuse((*path, "of"), f"“{name}” is made of {len(kinds)} columns.")
    if kind.base not in derivation.gives:
        raise source.refuse(path, f"“{name}” gives {' or '.join(derivation.gives)}, the field holds {kind.base}.")
    inner = dict.fromkeys(("column",), "") | {
        k: spec[k] for k in ("format", "decimal", "thousands", "round") if k in spec
    }
    if derivation.signed:
        inner["negative"] = True
    readers = [
        _column_reader(column, _parser(source, path, each, inner if each.base in ("money", "date") else {}), False)
        for column, each in zip(of, kinds, strict=True)
    ]
    columns = tuple(of)

    def read(values: abc.Mapping[str, str], places: int | None) -> Any:
        try:
            made = derivation.make(*(each(values, places) for each in readers))
        except Bad as bad:
            bad.column = bad.column or columns[0]
            bad.value = bad.value or values.get(bad.column, "")
            raise
        if made is None and required:
            raise Bad("value_missing", "The value is missing.", columns[0])
        if isinstance(made, Decimal) and places is not None:
            return form.fitted(made, places, False)
        return made

    return Field(path[-1], kind, columns, optional, assumed, read, spec.get("otherwise"))


def _column_reader(
    column: str, parse: Callable[[str, int | None], Any], required: bool
) -> Callable[[abc.Mapping[str, str], int | None], Any]:
    def read(values: abc.Mapping[str, str], places: int | None) -> Any:
        text = values.get(column, "")
        if not isinstance(text, Exact):
            text = text.strip()
        if not text:
            if required:
                raise Bad("value_missing", "The value is missing.", column)
            return None
        try:
            return parse(text, places)
        except Bad as bad:
            bad.column, bad.value = column, text
            raise

    return read


def _parser(
    source: Source, path: tuple[str, ...], kind: Kind, spec: dict[str, Any]
) -> Callable[[str, int | None], Any]:
    written = spec.get("type") or {"date": "date", "money": "money", "int": "int", "ratio": "ratio"}.get(
        kind.base, "text"
    )
    if written not in TYPES or kind.base not in TYPES[written] and kind.base not in ("yes_no", "instant", "day"):
        raise source.refuse((*path, "type"), f"the field holds {kind.base}; “{written}” does not give that.")
    for key, needs in {
        "day": "month", "decimal": "money", "thousands": "money", "round": "money", "negative": "money", "unit": "ratio"
    }.items():  # fmt: skip
        if key in spec and written != needs:
            raise source.refuse((*path, key), f"“{key}” belongs to {needs}, this is {written}.")
    if written == "money":
        money = _money_form(source, path, spec).parser()
        if not kind.positive:
            return money

        def positive(text: str, places: int | None) -> Decimal:
            amount = money(text, places)
            if amount <= 0:
                raise Bad("amount_not_positive", "The amount must be more than 0.")
            return amount

        return positive
    parse = _plain_parser(source, path, kind, written, spec)
    if "values" in spec:
        table = spec["values"]
        if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
            raise source.refuse((*path, "values"), "write a table of the source's words and ours.")
        for word in table.values():
            try:
                parse(word)
            except Bad as bad:
                raise source.refuse((*path, "values"), bad.sentence) from None
        parse = form.mapped(table, parse)
    if kind.base == "schedule":
        amount = _money_form(source, path, spec).parser()
        return lambda text, places: form.listed_schedule(amount, places)(text)
    return lambda text, places: parse(text)


def _money_form(source: Source, path: tuple[str, ...], spec: dict[str, Any]) -> MoneyForm:
    decimal = word(source, path, spec, "decimal", (".", ","), ".")
    thousands = word(source, path, spec, "thousands", ("", ",", ".", " ", "'"), "")
    if decimal == thousands:
        raise source.refuse((*path, "thousands"), "decimal and thousands marks must differ.")
    rounded = word(source, path, spec, "round", ("", "half_up"), "") == "half_up"
    return MoneyForm(decimal, thousands, rounded, flag(source, path, spec, "negative"))


def _plain_parser(source: Source, path: tuple[str, ...], kind: Kind, written: str, spec: dict[str, Any]) -> form.Parser:
    if written == "month":
        day = spec.get("day")
        if day != MONTH_END and not (isinstance(day, int) and 1 <= day <= 31):
            raise source.refuse((*path, "day"), 'a month needs a day: "month_end" or 1 to 31.')
        return form.month(word(source, path, spec, "format", form.MONTH_FORMATS, "YYYY-MM"), day)
    if written == "date":
        return form.date(word(source, path, spec, "format", form.DATE_FORMATS, "YYYY-MM-DD"))
    if "format" in spec:
        raise source.refuse((*path, "format"), f"“format” belongs to date and month, this is {written}.")
    if written == "int":
        return form.whole_number(kind.limit or 10**9)
    if written == "ratio":
        return form.ratio(word(source, path, spec, "unit", ("fraction", "percent"), "fraction"))
    if kind.base == "choice":
        return form.choice(kind.options)
    named: dict[str, form.Parser] = {
        "currency": form.currency,
        "country": form.country,
        "region": form.region,
        "zone": form.zone,
        "phone": form.phone,
        "email": form.email,
        "provenance": form.provenance,
        "yes_no": form.yes_or_no,
        "instant": form.instant,
    }
    return named.get(kind.base) or form.text(kind.limit or 200)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that a row must meet to be read at all in a section; a row that does not is no reject."""

    column: str
    test: str
    wanted: tuple[str, ...] = ()

    def lets_through(self, values: abc.Mapping[str, str]) -> bool:
        text = values.get(self.column, "").strip()
        if self.test == "not_empty":
            return bool(text)
        if self.test == "not_zero":
            # A value that is no number goes on, and is refused where it is read.
            return bool(text) and re.fullmatch(r"[-+]?0*(?:[.,]0*)?", text) is None
        return text in self.wanted


def read_filters(source: Source, path: tuple[str, ...], table: dict[str, Any]) -> tuple[Filter, ...]:
    found = []
    for each in table.get("where", []):
        here = (*path, "where")
        each = only(source, here, each, ("column", "is", "value", "values"))
        test = word(source, here, each, "is", ("not_empty", "not_zero", "equals", "in"), "")
        wanted = {"equals": (each.get("value"),), "in": tuple(each.get("values", ()))}.get(test, ())
        if (
            not isinstance(each.get("column"), str)
            or not all(isinstance(w, str) for w in wanted)
            or (test in ("equals", "in") and not wanted)
        ):
            raise source.refuse(here, "a filter has a column, and “equals” a value, “in” values, both as text.")
        found.append(Filter(each["column"], test, wanted))
    return tuple(found)


def read_fields(
    source: Source, path: tuple[str, ...], table: Any, kinds: dict[str, Kind], given: abc.Mapping[str, Any]
) -> dict[str, Field]:
    """The fields of a section; `given` are the mapping's own words for fields that the section does not
    name.
    """
    table = {
        **{k: v for k, v in given.items() if k in kinds and k not in table},
        **only(source, path, table, kinds),
    }
    found = {name: read_field(source, (*path, name), kinds[name], value) for name, value in table.items()}
    for name, kind in kinds.items():
        if kind.required and name not in found:
            raise source.refuse(path, f"the field “{name}” is missing.")
    return found


# --- Sections, and reading a row by them ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    fields: dict[str, Field]
    where: tuple[Filter, ...]
    after_first_row: bool
    rule: str
    identity: str = ""


def places_of(section: Section, row: Row, faults: list[Fault]) -> int | None:
    """Decimals of the row's currency. A currency that cannot be read is told by `_collect`, with the other
    faults.
    """
    try:
        return exponent(section.fields["currency"].read(row.values, None))
    except Bad:
        return None


def collect(fields: abc.Mapping[str, Field], row: Row, places: int | None, faults: list[Fault]) -> dict[str, Any]:
    """The values that are there; what cannot be read goes to `faults`."""
    got: dict[str, Any] = {}
    for name, field in fields.items():
        try:
            value = field.read(row.values, places)
        except Bad as bad:
            faults.append(Fault(bad.column, shown(bad.value), bad.code, bad.sentence))
            continue
        if value is not None:
            got[name] = value
    return got
