"""Kinds of arguments that the commands take."""

from __future__ import annotations

import argparse
import datetime as dt


def iso_date(text: str) -> dt.date:
    """For `add_argument(type=iso_date)`: YYYY-MM-DD; anything else is wrong usage."""
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-03-31")
