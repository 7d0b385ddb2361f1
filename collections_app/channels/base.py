"""What passes between the house and a channel: the envelope out, the receipt back, and what went wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from django.conf import settings

from collections_app.documents.digest import sha256
from collections_app.kernel.errors import DomainError

# Read by a machine and sent by it, or done by a person who is shown the number or address.
MESSAGES = ("sms", "email", "letter", "push")
BY_HAND = ("voice", "visit")
CHANNELS = MESSAGES + BY_HAND


class ChannelError(DomainError):
    """A message that was not sent, or nobody knows. Says which of three it is:

    - `permanent`: never again. It did not leave, and trying again will not help.
    - neither: again later, after `retry_after` if the other side named a time. It is known not to have left.
    - `unknown`: it was attempted and no answer came that says whether it left. It becomes unconfirmed and is never
      sent again by itself.

    `code`: `expired`, `not_listed`, `not_configured` (ours to repair: every other message of the channel would fare
    the same), `bad_address`, `refused`, `busy`, `unreachable`, `disk_full`, `cannot_write`, `empty_document`,
    `already_sent`, `no_answer`. The sentence holds nothing of the person and nothing that the other side wrote, for
    it is stored as plain text.
    """

    def __init__(
        self,
        sentence: str,
        permanent: bool,
        unknown: bool = False,
        *,
        code: str = "not_sent",
        retry_after: dt.timedelta | None = None,
        **ids: object,
    ) -> None:
        if permanent and unknown:
            raise ValueError("what may have left cannot be called final")
        super().__init__(code, sentence, **ids)
        self.permanent = permanent
        self.unknown = unknown
        self.retry_after = retry_after


@dataclass(frozen=True)
class Sender:
    """Who writes: shown to the person, and where answers go."""

    name: str
    email: str = ""
    phone: str = ""
    address: str = ""

    @classmethod
    def house(cls) -> Sender:
        """The lender of the settings."""
        return cls(settings.LENDER_NAME, settings.LENDER_EMAIL, settings.LENDER_PHONE, settings.LENDER_ADDRESS)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with an e-mail."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Envelope:
    """One message to one person, cleared by the gate, good until `expires_at` and not a moment longer.

    The only place where the plain number or address stands (`to`); nothing of the person shows in its repr, and so in
    no log. `text_sha256` is the digest that the claim stored: of the subject, an empty line and the text for e-mail
    and push; of the HTML or the document of a letter; else of the text. An envelope that holds other words than those
    cannot be made (DomainError `not_the_hashed_text`). A call or a visit may come without text.
    """

    contact_id: int
    channel: str
    to: str = field(repr=False)
    language: str
    expires_at: dt.datetime
    text_sha256: str = ""
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    document: bytes | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = ()
    sender: Sender = field(default_factory=Sender.house)

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise ValueError(f"{self.channel!r} is not a channel")
        if self.expires_at.tzinfo is None:
            raise ValueError("expires_at needs its time zone")
        if self.text_sha256 or self.channel in MESSAGES:
            self._be_what_was_hashed()

    def _be_what_was_hashed(self) -> None:
        exact: list[bytes]
        if self.channel == "letter":
            exact = [each for each in (self.html.encode(), self.document or b"") if each]
        elif self.channel in ("email", "push"):
            exact = [f"{self.subject}\n\n{self.text}".encode()]
        else:
            exact = [self.text.encode()]
        empty = self.channel in MESSAGES and not (self.text.strip() or self.html.strip() or self.document)
        if empty or self.text_sha256 not in {sha256(each) for each in exact}:
            raise DomainError(
                "not_the_hashed_text",
                f"The {self.channel} of contact {self.contact_id} is not the text that was hashed at its claim. "
                "Nothing is sent; the contact must be claimed again.",
                contact=self.contact_id,
            )

    @property
    def idempotency_key(self) -> str:
        """The contact's id: what the other side knows this message by, however often it hears of it."""
        return str(self.contact_id)


@dataclass(frozen=True)
class Receipt:
    """The other side took it. `revealed` is the number or address that a call or a visit shows to the collector."""

    reference: str
    accepted_at: dt.datetime | None = None
    revealed: str = field(default="", repr=False)


ReceiptKind = Literal["delivered", "failed", "inbound", "unreadable"]


@dataclass(frozen=True)
class ReceiptEvent:
    """Something that the other side tells: of a message of ours, or a message that came in.

    `id` is the other side's own (told twice, it is one event). `contact_id` and `reference` say of which message, where
    it is of one. `sender` and `text` are those of an inbound message; `stop` that it asks not to be written to.
    `unreadable` is an entry that could not be read, with the reason: the rest of the payload counts all the same.
    """

    kind: ReceiptKind
    id: str = ""
    at: dt.datetime | None = None
    contact_id: int | None = None
    reference: str = ""
    sender: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    stop: bool = False
    reason: str = ""


class Adapter(Protocol):
    """Speaks through one channel. Adapters know nothing of cases and read no clock."""

    channel: str
    name: str

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Attempt it once. Raises ChannelError; an adapter never tries again by itself."""
        ...


class Listener(Protocol):
    """An adapter whose other side tells what became of a message, or brings messages in."""

    channel: str

    def parse(self, payload: bytes) -> Sequence[ReceiptEvent]:
        """Read a payload whose signature was verified."""
        ...


def accept(envelope: Envelope, *, channel: str, at: dt.datetime) -> None:
    """What each adapter asks first: is this for me, and may it still go? Nothing left when this raises."""
    if envelope.channel != channel:
        raise ValueError(f"an envelope for {envelope.channel} came to the {channel} adapter")
    if at >= envelope.expires_at:
        raise ChannelError(
            f"The clearance of contact {envelope.contact_id} ended at {envelope.expires_at:%Y-%m-%d %H:%M:%S%z}; it "
            "must be judged afresh.",
            permanent=False,
            code="expired",
            contact=envelope.contact_id,
        )
