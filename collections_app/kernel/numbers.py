"""Numbers that people type, and addresses carry."""

from __future__ import annotations

KEY_DIGITS = 18  # so many digits fit every key of the database


def number_in(text: str | None) -> int | None:
    """The number of a row that a person or an address gave, or None: “²” is a digit to Python and no number, and a number
    that no key can hold is not asked of the database, which would refuse the whole page."""
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= KEY_DIGITS else None
