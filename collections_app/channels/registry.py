"""Which adapter serves a channel, by settings.OUTBOUND: the outbox, the real one for listed addresses, the real one."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from .base import CHANNELS, Adapter, ChannelError, Envelope, Receipt, accept
from .console import Outbox
from .email import SmtpServer
from .letter import PrintFolder
from .phone import Phone
from .push import no_provider
from .sms import SmsGateway
from .visit import Visit


class OnlyListed:
    """Lets an adapter speak to the numbers and addresses of OUTBOUND_ALLOWLIST, and to nobody else."""

    def __init__(self, adapter: Adapter, listed: Iterable[str]) -> None:
        self.adapter = adapter
        self.channel = adapter.channel
        self.name = adapter.name
        self._listed = {_plain(each) for each in listed} - {""}

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """As the adapter's; raises ChannelError `not_listed` (never) for all others."""
        accept(envelope, channel=self.channel, at=at)
        if _plain(envelope.to) not in self._listed:
            raise ChannelError(
                f"Contact {envelope.contact_id} was not sent: OUTBOUND is allowlist, and where it would go is not in "
                "OUTBOUND_ALLOWLIST.",
                permanent=True,
                code="not_listed",
                contact=envelope.contact_id,
            )
        return self.adapter.send(envelope, at=at)


def adapter_for(channel: str) -> Adapter:
    """The adapter that serves a channel now.

    Raises ChannelError `not_configured` where nothing is set up that could speak; ask before anything is claimed.
    """
    if channel not in CHANNELS:
        raise ChannelError(
            f"There is no channel “{channel}”; there are {', '.join(CHANNELS)}.", permanent=True, code="not_configured"
        )
    if settings.OUTBOUND == "outbox":
        return Outbox(channel, Path(settings.OUTBOX_DIR))
    if settings.OUTBOUND == "allowlist":
        return OnlyListed(_real(channel), settings.OUTBOUND_ALLOWLIST)
    if settings.OUTBOUND == "live":
        return _real(channel)
    raise ChannelError(
        f"OUTBOUND “{settings.OUTBOUND}” is unknown; nothing is sent.", permanent=False, code="not_configured"
    )


def sms_gateway() -> SmsGateway:
    """The gateway, also to read its receipts: they come in whatever OUTBOUND says."""
    return SmsGateway(settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY)


def _real(channel: str) -> Adapter:
    if channel == "sms":
        return sms_gateway()
    if channel == "email":
        return SmtpServer(
            settings.EMAIL_HOST,
            settings.EMAIL_PORT,
            user=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD,
            use_tls=settings.EMAIL_USE_TLS,
            use_ssl=settings.EMAIL_USE_SSL,
            step_seconds=settings.EMAIL_TIMEOUT,
        )
    if channel == "letter":
        return PrintFolder(Path(settings.OUTBOX_DIR))
    if channel == "voice":
        return Phone()
    if channel == "visit":
        return Visit()
    raise no_provider()


def _plain(address: str) -> str:
    """One spelling of a number, an e-mail or a postal address: commas and blanks cannot stand in a list of words."""
    folded = unicodedata.normalize("NFKC", address).casefold()
    if "@" in folded:
        return folded.strip()
    return "".join(character for character in folded if character.isalnum())
