"""Calls: no machine dials. The number is shown to the collector who makes the call, and showing it is the send."""

from __future__ import annotations

import datetime as dt

from .base import ChannelError, Envelope, Receipt, accept


class Phone:
    channel = "voice"
    name = "work_item"

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Reveal the number. Raises ChannelError `expired`, or `bad_address` where there is none."""
        accept(envelope, channel=self.channel, at=at)
        if not any(character.isdigit() for character in envelope.to):
            raise ChannelError(
                f"Contact {envelope.contact_id} has no number to call; correct the contact point.",
                permanent=True,
                code="bad_address",
                contact=envelope.contact_id,
            )
        return Receipt("revealed", at, revealed=envelope.to)
