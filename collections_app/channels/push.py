"""Push messages to the lender's app: only to the outbox so far, for no provider is known."""

from __future__ import annotations

from .base import ChannelError


def no_provider() -> ChannelError:
    """Why no push message can really leave."""
    return ChannelError(
        "No push provider is configured: with this setting of OUTBOUND no push message can leave. Take push out of the "
        "ladder, or set OUTBOUND=outbox.",
        permanent=True,
        code="not_configured",
        channel="push",
    )
