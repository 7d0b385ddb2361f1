"""Envelopes for every channel, and a letter to send."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

from collections_app.channels.base import Envelope, Sender
from collections_app.documents.render import Metadata, render_pdf

AT = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)
SENDER = Sender("Dunwell Example Lending", "collections@lender.example", "+12175550100", "1 Example Street")
TO = {
    "sms": "+12175550123",
    "email": "alice@example.org",
    "letter": "12 Example Lane, Springfield, IL 62701",
    "push": "app-0001",
    "voice": "+12175550123",
    "visit": "12 Example Lane, Springfield, IL 62701",
}


@lru_cache
def a_letter(text: str = "Dear Alice, please pay.", pages: int = 1) -> bytes:
    """The PDF of a letter with some words on each page."""
    page = f"<p>{text}</p>"
    html = '<p style="page-break-before: always"></p>'.join([page] * pages)
    return render_pdf(f"<html><body>{html}</body></html>", metadata=Metadata("Letter", AT), variant=None)


def an_envelope(channel: str, contact_id: int = 12, **changes: Any) -> Envelope:
    """A cleared message of 15:00 UTC that expires after 60 seconds, hashed as the claim hashes it."""
    parts: dict[str, Any] = {"subject": "", "text": "Please call us. Reply STOP to opt out.", "document": None}
    if channel in ("email", "push"):
        parts["subject"] = "Your loan"
    if channel == "letter":
        parts |= {"text": "", "document": a_letter()}
    parts |= {"to": TO[channel], "language": "en", "expires_at": AT + dt.timedelta(seconds=60), "sender": SENDER}
    parts |= changes
    if channel == "letter":
        exact = parts["document"] or b""
    elif channel in ("email", "push"):
        exact = f"{parts['subject']}\n\n{parts['text']}".encode()
    else:
        exact = parts["text"].encode()
    parts.setdefault("text_sha256", hashlib.sha256(exact).hexdigest())
    return Envelope(contact_id=contact_id, channel=channel, **parts)


@pytest.fixture
def at() -> dt.datetime:
    """When the envelopes are sent: Monday, 16 March 2026, 15:00 UTC."""
    return AT


@pytest.fixture
def envelope() -> Callable[..., Envelope]:
    return an_envelope


@pytest.fixture
def letter_pdf() -> Callable[..., bytes]:
    return a_letter
