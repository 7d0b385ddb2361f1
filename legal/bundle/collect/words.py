"""How the records are named on paper."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from collections_app.kernel import actors
from collections_app.models import Person

CHANNELS = {
    "sms": "SMS", "voice": "Call", "email": "E-mail", "letter": "Letter", "visit": "Visit", "push": "App message",
    "voicemail": "Voicemail", "im": "Messenger", "fax": "Fax",
}  # fmt: skip

OUTCOMES = {
    "no_answer": "No answer", "voicemail": "Voicemail left", "promise": "Spoke; promise to pay",
    "wants_plan": "Spoke; asks for a plan", "hardship": "Spoke; tells of hardship",
    "dispute": "Spoke; disputes the debt", "refuses": "Spoke; refuses to pay",
    "call_back": "Spoke; asks to be called back", "wrong_number": "Wrong number",
    "stop_calling": "Spoke; asks not to be called", "spoke": "Spoke", "not_met": "Nobody met", "met": "Met",
}  # fmt: skip

# Outcomes of a call or visit in which somebody was spoken to.
SPOKEN = frozenset(OUTCOMES) - {"no_answer", "voicemail", "wrong_number", "not_met"}

# The outcome of what came in, and of what others did.
RECEIVED, MADE = "Received", "Made"

_EVENTS = {
    "call_placed": "Call placed", "call_unanswered": "Call not answered", "conversation": "Conversation",
    "voicemail_left": "Voicemail left", "voicemail_limited_left": "Limited voicemail left", "visit_made": "Visit made",
}  # fmt: skip


def channel(name: str) -> str:
    return CHANNELS.get(name, name.replace("_", " ").capitalize())


def event(kind: str) -> str:
    return _EVENTS.get(kind, kind.replace("_", " ").capitalize())


def step(code: str) -> str:
    """`written_notice` as “Written notice”."""
    return code.replace("_", " ").capitalize() or "Contact"


def zone_of(person: Person) -> str:
    """The zone in which a person's times are told: the first that is known of them, else UTC."""
    zones = sorted(person.zones.items())
    return zones[0][1] if zones else "UTC"


def minute(at: dt.datetime) -> str:
    """14 Mar 2026, 09:02, by the clock that the instant carries."""
    return f"{at.day} {at:%b %Y, %H:%M}"


def local(at: dt.datetime, zone: str) -> dt.datetime:
    return at.astimezone(ZoneInfo(zone))


def staff_name(user: Any) -> str:
    """A member of staff by name; a machine as the system."""
    if user is None:
        return ""
    return "the system" if actors.is_machine(user) else user.get_full_name() or user.get_username()
