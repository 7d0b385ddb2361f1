"""Values of a row: one text in, one value out, or `Bad` with a code and a sentence that says what to write.

Nothing is guessed. A form that is not the one named is refused, because 03/04/2026 is two different days.
"""

from __future__ import annotations

import calendar
import datetime as dt
import importlib.resources
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from collections_app.kernel.money import CURRENCY_EXPONENT, MINOR_LIMIT

from .reader import Exact
from .records import MONTH_END, InstalmentRecord
from .rejects import shown

PRODUCTS = ("personal_loan", "credit_card", "hcstc", "internet_assisted_loan", "auto_loan", "student_loan")
DEBT_KINDS = ("consumer", "business")
AGREEMENT_KINDS = ("cca_regulated", "unregulated")
LENDER_TYPES = ("bank", "consumer_finance", "microloan", "private")
COLLECTOR_ROLES = ("first_party", "third_party", "debt_buyer")
LANGUAGES = ("en", "zh-hans", "zh-hant")
CHANNELS = ("voice", "sms", "email", "letter", "visit", "push")
PROVENANCE = (
    "consumer_used_it", "consumer_texted_from_it", "direct_consent", "creditor_notice_opt_out",
    "prior_collector_used_it", "esign_consent", "contract", "register_search", "skip_trace", "given_by_third",
)  # fmt: skip
MAX_APR = Decimal(100)  # 10,000 % a year: dearer than any short-term loan; a rate written in per cent is above it
MAX_DAYS_PAST_DUE = 36_500

_YEARS = range(1900, 2201)
_DATE_FORMS: dict[str, tuple[str, str]] = {
    "YYYY-MM-DD": (r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})", "2026-03-31"),
    "YYYY/MM/DD": (r"(?P<y>[0-9]{4})/(?P<m>[0-9]{2})/(?P<d>[0-9]{2})", "2026/03/31"),
    "YYYYMMDD": (r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})", "20260331"),
    "DD/MM/YYYY": (r"(?P<d>[0-9]{2})/(?P<m>[0-9]{2})/(?P<y>[0-9]{4})", "31/03/2026"),
    "MM/DD/YYYY": (r"(?P<m>[0-9]{2})/(?P<d>[0-9]{2})/(?P<y>[0-9]{4})", "03/31/2026"),
    "DD.MM.YYYY": (r"(?P<d>[0-9]{2})\.(?P<m>[0-9]{2})\.(?P<y>[0-9]{4})", "31.03.2026"),
    "YYYY年MM月DD日": (r"(?P<y>[0-9]{4})年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})日", "2026年3月31日"),
}
_MONTH_FORMS: dict[str, tuple[str, str]] = {
    "YYYY-MM": (r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})", "2026-03"),
    "MM/YYYY": (r"(?P<m>[0-9]{2})/(?P<y>[0-9]{4})", "03/2026"),
    "YYYYMM": (r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})", "202603"),
    "MMM-YYYY": (r"(?P<n>[A-Za-z]{3})-(?P<y>[0-9]{4})", "Mar-2026"),
}
DATE_FORMATS = tuple(_DATE_FORMS)
MONTH_FORMATS = tuple(_MONTH_FORMS)
_MONTH_NAMES = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
)}  # fmt: skip
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_WHOLE = re.compile(r"[0-9]{1,9}(?:\.0+)?")
_RATIO = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,12})?")
_SPACES = {" ": " \u00a0\u202f", "": ""}

# By the decimals of a currency: the smallest amount, and the amount that no row reaches.
_QUANTA = {places: Decimal(1).scaleb(-places) for places in sorted(set(CURRENCY_EXPONENT.values()))}
_LIMITS = {places: MINOR_LIMIT * quantum for places, quantum in _QUANTA.items()}
_PLAIN_DIGITS = len(str(MINOR_LIMIT)) - 1 - max(_QUANTA)  # so many digits before the point are below every limit

Parser = Callable[[str], Any]


class Bad(Exception):
    """This value is not taken."""

    def __init__(self, code: str, sentence: str, column: str = "", value: str = "") -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.column, self.value = code, sentence, column, value


@dataclass(frozen=True, slots=True)
class MoneyForm:
    """How amounts are written. `negative`: allow one (only where the field says so). `rounded`: to the
    currency's decimals, halves up; else more decimals than the currency has are refused.
    """

    decimal: str = "."
    thousands: str = ""
    rounded: bool = False
    negative: bool = False

    def parser(self) -> Callable[[str, int | None], Decimal]:
        """Takes the text and the decimals of the currency (None: not known, checked when it is)."""
        point = re.escape(self.decimal)
        whole = "[0-9]{1,18}"
        if self.thousands:
            group = f"[{_SPACES.get(self.thousands, re.escape(self.thousands))}]"
            whole = f"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}}){{1,5}}|{whole})"
        shape = re.compile(f"(-|\\+)?({whole})(?:{point}([0-9]{{1,20}}))?")
        exact = re.compile(r"(-|\+)?([0-9]{1,18})(?:\.([0-9]{1,20}))?")
        sample = f"1{self.thousands}234{self.decimal}50"

        def parse(text: str, places: int | None) -> Decimal:
            found = (exact if isinstance(text, Exact) else shape).fullmatch(text)
            if found is None:
                raise Bad("bad_amount", f"“{shown(text)}” is no amount written like {sample}.")
            sign, digits, part = found.groups()
            if not digits.isdigit():
                digits = re.sub(r"[^0-9]", "", digits)
            amount = Decimal(f"{digits}.{part}" if part else digits)
            if sign == "-" and amount:
                if not self.negative:
                    raise Bad("negative_amount", f"{shown(text)} is negative; this amount may not be.")
                amount = -amount
            if places is None or (part is not None and len(part) == places and len(digits) <= _PLAIN_DIGITS):
                return amount
            return fitted(amount, places, self.rounded)

        return parse


def fitted(amount: Decimal, places: int, rounded: bool) -> Decimal:
    """The amount with exactly `places` decimals."""
    if abs(amount) >= _LIMITS[places]:
        raise Bad("amount_too_large", f"{amount} is larger than any amount kept here.")
    whole = amount.quantize(_QUANTA[places], rounding=ROUND_HALF_UP)
    if whole != amount and not rounded:
        raise Bad("too_many_decimals", f"{amount} has more than the {places} decimals of its currency.")
    return whole


def text(limit: int) -> Parser:
    def parse(value: str) -> str:
        if len(value) > limit:
            raise Bad("too_long", f"“{shown(value)}” is longer than {limit} characters.")
        if not value.isprintable() and any(c not in "\n\t" and not c.isprintable() for c in value):
            raise Bad("control_character", "The value holds a character that does not print.")
        return value

    return parse


def whole_number(limit: int = 10**9) -> Parser:
    def parse(value: str) -> int:
        if not _WHOLE.fullmatch(value) or int(value.split(".")[0]) > limit:
            raise Bad("bad_number", f"“{shown(value)}” is no whole number from 0 to {limit:,}.")
        return int(value.split(".")[0])

    return parse


def ratio(unit: str) -> Parser:
    """A rate as a fraction (0.0575), from a fraction or from per cent (5.75)."""

    def parse(value: str) -> Decimal:
        if value.startswith("-"):
            raise Bad("negative_ratio", f"{shown(value)} is negative; a rate is not.")
        if not _RATIO.fullmatch(value):
            sample = "5.75 (per cent)" if unit == "percent" else "0.0575 (5.75 per cent)"
            raise Bad("bad_ratio", f"“{shown(value)}” is no rate written like {sample}.")
        fraction = Decimal(value) / 100 if unit == "percent" else Decimal(value)
        if fraction > MAX_APR:
            raise Bad("bad_ratio", f"{shown(value)} is more than {MAX_APR * 100:,} per cent; write 0.0575 for 5.75.")
        return fraction

    return parse


def date(form: str) -> Parser:
    pattern, sample = _DATE_FORMS[form]
    iso, shape = re.compile(_DATE_FORMS["YYYY-MM-DD"][0]), re.compile(pattern)

    def parse(value: str) -> dt.date:
        found = (iso if isinstance(value, Exact) else shape).fullmatch(value)
        if found is None:
            raise Bad("bad_date", f"“{shown(value)}” is no date of the form {form}, such as {sample}.")
        return _day(value, int(found["y"]), int(found["m"]), int(found["d"]))

    return parse


def month(form: str, day: int | str) -> Parser:
    """A month as one of its days: a number, or its last."""
    pattern, sample = _MONTH_FORMS[form]
    shape = re.compile(pattern)

    def parse(value: str) -> dt.date:
        found = shape.fullmatch(value)
        number = None
        if found is not None:
            parts = found.groupdict()
            number = _MONTH_NAMES.get(parts["n"].lower()) if "n" in parts else int(parts["m"])
        if found is None or number is None or not 1 <= number <= 12 or int(found["y"]) not in _YEARS:
            raise Bad("bad_month", f"“{shown(value)}” is no month of the form {form}, such as {sample}.")
        year = int(found["y"])
        last = calendar.monthrange(year, number)[1]
        return dt.date(year, number, last if day == MONTH_END else min(int(day), last))

    return parse


def _day(value: str, year: int, number: int, day: int) -> dt.date:
    try:
        if year in _YEARS:
            return dt.date(year, number, day)
    except ValueError:
        pass
    raise Bad("bad_date", f"“{shown(value)}” is not a day of the calendar.")


def instant(value: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Bad("bad_instant", f"“{shown(value)}” is no instant such as 2026-03-31T14:05:00Z.")
    return at.astimezone(dt.UTC)


def currency(value: str) -> str:
    if value not in CURRENCY_EXPONENT:
        raise Bad(
            "unknown_currency",
            f"“{shown(value)}” is not a known ISO 4217 currency code; write for example USD.",
        )
    return value


def choice(options: tuple[str, ...]) -> Parser:
    def parse(value: str) -> str:
        if value not in options:
            raise Bad("unknown_word", f"“{shown(value)}” is not one of: {', '.join(options)}.")
        return value

    return parse


def yes_or_no(value: str) -> bool:
    found = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(value.lower())
    if found is None:
        raise Bad("unknown_word", f"“{shown(value)}” is neither yes nor no.")
    return found


@lru_cache
def countries() -> frozenset[str]:
    """ISO 3166 codes, from the table that comes with the time zones."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


@lru_cache
def zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def country(value: str) -> str:
    if value not in countries():
        raise Bad("unknown_country", f"“{shown(value)}” is no ISO 3166 country code; write US, CN, HK, TW or GB.")
    return value


def zone(value: str) -> str:
    if value not in zones():
        raise Bad("unknown_zone", f"“{shown(value)}” is no IANA time zone such as America/Chicago.")
    return value


def region(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}(?:-[A-Z0-9]{1,6})?", value) or value[:2] not in countries():
        raise Bad("unknown_region", f"“{shown(value)}” is no region such as US-MO or US-NY-NYC.")
    return value


def phone(value: str) -> str:
    number = re.sub(r"[ ()./-]", "", value)
    if not _PHONE.fullmatch(number):
        raise Bad("bad_phone", "The phone number must have + and the country code, such as +1 573 555 0142.")
    return number


def email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise Bad("bad_email", "The value is no e-mail address.")
    return value


def provenance(value: str) -> tuple[str, ...]:
    """How we came by an address: words of the rules page, with blanks between them."""
    words = tuple(value.split())
    for word in words:
        choice(PROVENANCE)(word)
    return words


def listed_schedule(
    money: Callable[[str, int | None], Decimal], places: int | None
) -> Callable[[str], tuple[InstalmentRecord, ...]]:
    """`2026-01-10 120.00 | 2026-02-10 95.50`: instalments one by one, in the order of their dates."""
    due = date("YYYY-MM-DD")

    def parse(value: str) -> tuple[InstalmentRecord, ...]:
        found: list[InstalmentRecord] = []
        for sequence, part in enumerate(value.split("|"), start=1):
            words = part.split()
            if len(words) != 2:
                raise Bad("bad_schedule", f"“{shown(part)}” is no instalment such as 2026-01-10 120.00.")
            item = InstalmentRecord(sequence, due(words[0]), money(words[1], places))
            if not item.amount:
                raise Bad("bad_schedule", f"The instalment of {item.due_on} is 0.")
            if found and item.due_on <= found[-1].due_on:
                raise Bad("bad_schedule", f"{item.due_on} does not lie after the instalment before it.")
            found.append(item)
        return tuple(found)

    return parse


def mapped(values: Mapping[str, str], parse: Parser) -> Parser:
    """The source's words put into ours first."""

    def translate(value: str) -> Any:
        if value not in values:
            raise Bad("unknown_word", f"“{shown(value)}” is not one of: {', '.join(values)}.")
        return parse(values[value])

    return translate
