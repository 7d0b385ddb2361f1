"""Visits: the address is shown to the collector who goes there, and showing it is the send."""

from __future__ import annotations

import datetime as dt

from .base import ChannelError, Envelope, Receipt, accept


class Visit:
    channel = "visit"
    name = "work_item"

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Reveal the address. Raises ChannelError `expired`, or `bad_address` where there is none."""
        accept(envelope, channel=self.channel, at=at)
        if not envelope.to.strip():
            raise ChannelError(
                f"Contact {envelope.contact_id} has no address to visit; correct the contact point.",
                permanent=True,
                code="bad_address",
                contact=envelope.contact_id,
            )
        return Receipt("revealed", at, revealed=envelope.to)
