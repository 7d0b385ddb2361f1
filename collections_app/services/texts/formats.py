"""Amounts and dates as a reader of each language writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from collections_app.kernel.money import exponent, to_minor

_SIGN = {
    "AUD": "A$", "BRL": "R$", "CAD": "C$", "CHF": "CHF ", "CNY": "¥", "EUR": "€", "GBP": "£", "HKD": "HK$",
    "INR": "₹", "JPY": "JP¥", "KRW": "₩", "MOP": "MOP$", "MXN": "MX$", "NZD": "NZ$", "PHP": "₱", "SGD": "S$",
    "THB": "฿", "TWD": "NT$", "USD": "$", "VND": "₫",
}  # fmt: skip

# ISO 4217 gives the Taiwan dollar two decimals, but nothing is priced or paid in them: they are written only
# where there is something to write.
_WHOLE_UNLESS_BROKEN = frozenset({"TWD"})

_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_DAYS_ZH = "一二三四五六日"


def money_text(amount: Decimal, currency: str) -> str:
    """Sign, thousands, all decimals of the currency: `$1,286.40`, `NT$18,638`.

    Refuses an amount with more decimals than its currency has: rounding belongs to the ledger, not to a text.
    """
    to_minor(amount, currency)
    places = exponent(currency)
    if currency in _WHOLE_UNLESS_BROKEN and amount == amount.to_integral_value():
        places = 0
    sign = _SIGN.get(currency, f"{currency} ")
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.{places}f}"


def date_text(day: date, language: str, style: str = "short", running_year: int | None = None) -> str:
    """A date as its reader writes it.

    `short`: Tue 24 Nov 2026, without the year within the running year; `full`: 24 November 2026, for paper;
    `long`: Tuesday 24 November 2026. In Chinese 11 月 24 日（二）, 2026 年 11 月 24 日, and both together.
    """
    if language.startswith("zh"):
        with_year = style != "short" or day.year != running_year
        text = f"{day.month} 月 {day.day} 日"
        if with_year:
            text = f"{day.year} 年 {text}"
        return text if style == "full" else f"{text}（{_DAYS_ZH[day.weekday()]}）"
    month = _MONTHS_EN[day.month - 1]
    if style == "full":
        return f"{day.day} {month} {day.year}"
    if style == "long":
        return f"{_LONG_DAYS_EN[day.weekday()]} {day.day} {month} {day.year}"
    text = f"{_DAYS_EN[day.weekday()]} {day.day} {month[:3]}"
    return text if day.year == running_year else f"{text} {day.year}"
