"""The red button: stops sending at once; only a second person lifts it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.kernel import history
from collections_app.kernel.errors import DomainError
from collections_app.models import Contact, SendingStop

CHANNELS = (*Contact.MESSAGES, *Contact.BY_HAND)


def stop_all(*, channel: str = "", because: str, by: Any, at: dt.datetime) -> SendingStop:
    """Stop one channel, or all of them. Adapters read it before each message."""
    if channel and channel not in CHANNELS:
        raise DomainError(
            "unknown_channel", f"“{channel}” is no channel; choose one of {', '.join(CHANNELS)} or none for all."
        )
    if not because.strip():
        raise DomainError("no_reason", "Say why sending stops (--because).")
    stop = SendingStop(channel=channel, because=because, stopped_by=by, stopped_at=at)
    return history.save_by(stop, by=by, because=because)


def lift(stop: SendingStop, *, because: str, by: Any, at: dt.datetime) -> SendingStop:
    """Lift a stop. Not by who made it."""
    if stop.stopped_by_id == by.pk:
        raise DomainError("second_person", "You stopped it yourself: a second person must lift it.", stop=stop.pk)
    if stop.lifted_at is not None:
        return stop
    stop.lifted_by, stop.lifted_at, stop.lifted_because = by, at, because
    return history.save_by(stop, by=by, because=because)
