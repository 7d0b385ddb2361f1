"""E-mail by SMTP, with smtplib itself: we must know at which command it failed.

A message is delivered when the server answers 250 to the dot that ends it (RFC 5321, 4.1.1.4). Until the dot leaves,
whatever goes wrong is known to have stayed here; after it, only an answer tells.
A connection serves one message: a server that closes a kept one is not told from a lost answer.
"""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.core.mail.utils import DNS_NAME

from .base import ChannelError, Envelope, Receipt, accept
from .deadline import cut_off

# One @, a dot in the domain, and nothing that SMTP or a header would read as a sign.
_PLAIN = r"[^\s@<>(),;:\"\\\[\]\x00-\x1f\x7f]+"
_ADDRESS = re.compile(rf"{_PLAIN}@{_PLAIN}\.{_PLAIN}")
_ENHANCED = re.compile(rb"\b[245]\.\d{1,3}\.\d{1,3}\b")


class SmtpServer:
    """Hands messages to one SMTP server. Times are in seconds: per command, and for the whole talk."""

    channel = "email"
    name = "smtp"

    def __init__(
        self,
        host: str,
        port: int,
        *,
        user: str = "",
        password: str = "",
        use_tls: bool = False,
        use_ssl: bool = False,
        step_seconds: float = 20,
        whole_seconds: float = 30,
    ) -> None:
        self.host, self.port = host, port
        self.user, self._password = user, password
        self.use_tls, self.use_ssl = use_tls, use_ssl
        self.step_seconds, self.whole_seconds = step_seconds, whole_seconds

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Hand it over once; the reference is its Message-ID.

        1. An address that is none: never.
        2. No server, a certificate that is not valid, silence or a broken connection before the final dot: again later.
        3. A refusal, before or after the dot: 4xx again later, 5xx never. Where it refuses us and not the message
           (greeting, TLS, login), the code is `not_configured`.
        4. Silence, a broken connection or no SMTP after the dot: unknown.
        """
        accept(envelope, channel=self.channel, at=at)
        recipient, message_id = self._recipient(envelope), message_id_of(envelope)
        body = _wire_form(compose(envelope, recipient, at=at))
        talk = _Talk(envelope)
        server = self._connected(talk)
        try:
            with cut_off(lambda: server.sock, self.whole_seconds):
                self._introduce(talk, server)
                talk.expect(server.mail(envelope.sender.email), "its sender")
                talk.expect(server.rcpt(recipient), "its recipient")
                talk.expect(server.docmd("DATA"), "the message", wanted=354)
                server.send(body)
                talk.dot_left = True
                server.send(b".\r\n")
                talk.expect(server.getreply(), "the message")
        except (OSError, smtplib.SMTPException) as error:  # SMTPException is an OSError; said for the reader
            raise talk.broken(error) from error
        finally:
            _leave(server)
        return Receipt(message_id)

    def _recipient(self, envelope: Envelope) -> str:
        if not (_ADDRESS.fullmatch(envelope.sender.email) and envelope.sender.email.isascii()):
            raise ChannelError(
                f"The e-mail of contact {envelope.contact_id} was not sent: its sender has no e-mail address. See "
                "LENDER_EMAIL.",
                permanent=True,
                code="not_configured",
                contact=envelope.contact_id,
            )
        given = envelope.to.strip()
        if _ADDRESS.fullmatch(given):
            local, _, domain = given.rpartition("@")
            with suppress(UnicodeError):
                local.encode("ascii")  # a local part beyond ASCII needs SMTPUTF8, which few servers have
                return f"{local}@{domain.encode('idna').decode()}"
        raise ChannelError(
            f"The e-mail of contact {envelope.contact_id} has an address that no mail can be sent to; correct the "
            "contact point.",
            permanent=True,
            code="bad_address",
            contact=envelope.contact_id,
        )

    def _connected(self, talk: _Talk) -> smtplib.SMTP:
        # The host goes into the constructor: smtplib checks the certificate's name against that one only.
        name = str(DNS_NAME)
        try:
            if self.use_ssl:
                return smtplib.SMTP_SSL(
                    self.host, self.port, name, timeout=self.step_seconds, context=ssl.create_default_context()
                )
            return smtplib.SMTP(self.host, self.port, name, timeout=self.step_seconds)
        except smtplib.SMTPConnectError as error:
            raise talk.refused(int(error.smtp_code), b"", "the connection", ours=True) from error
        except OSError as error:
            raise talk.broken(error) from error

    def _introduce(self, talk: _Talk, server: smtplib.SMTP) -> None:
        try:
            server.ehlo_or_helo_if_needed()
            if self.use_tls:
                server.starttls(context=ssl.create_default_context())
                server.ehlo_or_helo_if_needed()
            if self.user:
                server.login(self.user, self._password)
        except smtplib.SMTPResponseException as error:  # login, greeting, starttls
            raise talk.refused(int(error.smtp_code), b"", "our greeting, TLS or login", ours=True) from error
        except smtplib.SMTPNotSupportedError as error:
            raise talk.refused(500, b"", "TLS or login, which it does not offer", ours=True) from error


class _Talk:
    """How far the talk about a message came, and what its end means."""

    def __init__(self, envelope: Envelope) -> None:
        self.contact_id = envelope.contact_id
        self.dot_left = False

    def expect(self, answer: tuple[int, bytes], what: str, *, wanted: int = 250) -> None:
        code, said = answer
        if code == wanted or (wanted == 250 and code in (251, 252)):
            return
        raise self.refused(code, said, what)

    def refused(self, code: int, said: bytes, what: str, *, ours: bool = False) -> ChannelError:
        if not 400 <= code < 600:
            # Not an answer of SMTP (smtplib says -1), or one that has no place here.
            return self.unknown("an answer that is none") if self.dot_left else self._stayed("did not answer in SMTP")
        enhanced = _ENHANCED.search(said)
        shown = f"{code} {enhanced.group().decode()}" if enhanced else str(code)
        permanent = code >= 500
        return ChannelError(
            f"The e-mail of contact {self.contact_id} was not sent: the server refused {what} ({shown})."
            + (" See the EMAIL_ settings." if ours and permanent else ""),
            permanent=permanent,
            code=("not_configured" if ours else "refused") if permanent else "busy",
            contact=self.contact_id,
        )

    def broken(self, error: OSError) -> ChannelError:
        if self.dot_left:
            return self.unknown("no answer")
        if isinstance(error, TimeoutError):
            return self._stayed("took too long to answer")
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._stayed("has no valid certificate")
        return self._stayed(f"could not be reached or went away ({type(error).__name__})")

    def unknown(self, what: str) -> ChannelError:
        return ChannelError(
            f"The e-mail of contact {self.contact_id} was handed to the server, which gave {what}. It may have left: a "
            "receipt or a person settles it.",
            permanent=False,
            unknown=True,
            code="no_answer",
            contact=self.contact_id,
        )

    def _stayed(self, what: str) -> ChannelError:
        return ChannelError(
            f"The e-mail of contact {self.contact_id} was not sent: the server {what}.",
            permanent=False,
            code="unreachable",
            contact=self.contact_id,
        )


def message_id_of(envelope: Envelope) -> str:
    """The Message-ID, made of the contact's id: the idempotency key of e-mail."""
    return f"<contact-{envelope.idempotency_key}@{envelope.sender.email.rpartition('@')[2]}>"


def compose(envelope: Envelope, recipient: str, *, at: dt.datetime) -> EmailMessage:
    """The message: text, beside it HTML where there is some, attachments, and the way to say stop."""
    sender = envelope.sender
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_one_line(sender.name), addr_spec=sender.email)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = _one_line(envelope.subject)
    message["Date"] = format_datetime(at.astimezone(dt.UTC))
    message["Message-ID"] = message_id_of(envelope)
    message["List-Unsubscribe"] = f"<mailto:{sender.email}?subject=unsubscribe-{envelope.contact_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(envelope.text)
    if envelope.html:
        message.add_alternative(envelope.html, subtype="html")
    for each in envelope.attachments:
        kind, _, subtype = each.media_type.partition("/")
        message.add_attachment(each.data, maintype=kind, subtype=subtype, filename=each.name)
    # Last: a message that gets a second part hands its Content- headers down to the first.
    message["Content-Language"] = envelope.language
    return message


def _one_line(text: str) -> str:
    """Without line breaks, which would begin another header."""
    return " ".join(text.split())


def _wire_form(message: EmailMessage) -> bytes:
    """Seven bits, CRLF, dots doubled at the beginning of a line, and a line end before the final dot."""
    data = message.as_bytes(policy=SMTP.clone(cte_type="7bit"))
    data = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", data)


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye without waiting for it long: what became of the message is known by now."""
    with suppress(OSError):
        if server.sock is not None:
            server.sock.settimeout(1)
            server.docmd("QUIT")
    server.close()
