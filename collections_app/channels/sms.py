"""SMS through a generic HTTP gateway.

    POST SMS_GATEWAY_URL   {"id": "12", "to": "+12175550100", "text": "…", "language": "en"}
    Idempotency-Key: 12    and the three headers of `signature.py`, direction `send`
    → 2xx                  {"reference": "…", "accepted_at": "…" (may be left out)}

    receipts, signed with direction `receipt`: {"events": [{"id", "type", "at", …}]} or one such event, where
    type is "delivered" or "failed" (with "message_id" or "reference", and a "code") or "inbound" ("from", "text").

`http.client` and not a library above it: those put a refused connection and a broken answer into one exception, follow
redirections and may try again by themselves. Here each step is ours, and so we know whether it may have left.
A connection serves one message: on a kept one, the peer's closing it looks like a lost answer.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import json
import re
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from collections_app.kernel.errors import DomainError

from .base import ChannelError, Envelope, Receipt, ReceiptEvent, accept
from .deadline import cut_off
from .opt_out import asks_to_stop
from .signature import signed_headers

E164 = re.compile(r"\+[1-9][0-9]{6,14}")

_MOST_BYTES = 64 * 1024  # of an answer; more is not one
_MOST_REFERENCE = 120  # as Contact.external_ref


class SmsGateway:
    """Speaks to the gateway. Times are in seconds: to connect, per read, and for the whole talk."""

    channel = "sms"
    name = "http"

    def __init__(
        self, url: str, key: str, *, connect_seconds: float = 5, read_seconds: float = 10, whole_seconds: float = 15
    ) -> None:
        self.key = key
        self.connect_seconds, self.read_seconds, self.whole_seconds = connect_seconds, read_seconds, whole_seconds
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not key:
            raise ChannelError(
                "SMS_GATEWAY_URL must be an address that begins with https:// and SMS_GATEWAY_KEY the key shared with "
                "it; until then no SMS can leave.",
                permanent=False,
                code="not_configured",
            )
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Post it once.

        1. Nothing left: no connection (again later), or a number that is none (never).
        2. The answer says: 2xx with a reference (accepted); 429, or 503 with Retry-After (again later); other 4xx
           (never; 401, 403, 404, 405 and redirections are ours to repair).
        3. The answer does not say, or there is none: unknown. So are other 5xx, for a gateway may fail after it took
           the message, and 409, for it knows this id from before.
        """
        accept(envelope, channel=self.channel, at=at)
        number = re.sub(r"[\s().-]", "", envelope.to)
        if not E164.fullmatch(number):
            raise self._error(envelope, "has no number in the international form (+ and digits)", code="bad_address")
        body = json.dumps(
            {"id": envelope.idempotency_key, "to": number, "text": envelope.text, "language": envelope.language},
            ensure_ascii=False,
        ).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "application/json",
            "Idempotency-Key": envelope.idempotency_key,
            "User-Agent": "Dunwell",
            "Connection": "close",
            **signed_headers(body, key=self.key, direction="send", at=at),
        }
        status, answer_headers, answer = self._post(envelope, body, headers)
        return self._understood(envelope, status, answer_headers, answer, at)

    def parse(self, payload: bytes) -> Sequence[ReceiptEvent]:
        """Events of a payload whose signature was verified; what is unreadable comes back as such, beside the rest.

        Raises DomainError `bad_receipt` where there is no list of events at all.
        """
        try:
            told = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise DomainError("bad_receipt", "The receipt is not JSON in UTF-8; nothing of it was taken.") from error
        events = told.get("events", [told]) if isinstance(told, dict) else told
        if not isinstance(events, list) or not events:
            raise DomainError("bad_receipt", "The receipt must be an event or {“events”: [event, …]}; it is neither.")
        return [_event(each) for each in events]

    # -- the talk ----------------------------------------------------------------------------------

    def _post(
        self, envelope: Envelope, body: bytes, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection: http.client.HTTPConnection
        if self._tls:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self.connect_seconds, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self.connect_seconds)
        # http.client lets go of its socket as soon as the headers of an answer are in, and reads on from it.
        seen: list[Any] = []
        try:
            with cut_off(lambda: seen[0] if seen else connection.sock, self.whole_seconds):
                try:
                    connection.connect()
                except OSError as error:
                    raise self._error(
                        envelope,
                        f"could not be handed over: the gateway does not answer ({_said(error)}); nothing left",
                        code="unreachable",
                        permanent=False,
                    ) from error
                seen.append(connection.sock)
                connection.sock.settimeout(self.read_seconds)
                try:
                    connection.request("POST", self._target, body, headers)
                    answer = connection.getresponse()
                    data = answer.read(_MOST_BYTES + 1)
                except (OSError, http.client.HTTPException) as error:
                    raise self._unknown(envelope, f"no answer that could be read ({_said(error)})") from error
                return answer.status, answer.headers, data
        finally:
            connection.close()

    def _understood(
        self, envelope: Envelope, status: int, headers: http.client.HTTPMessage, answer: bytes, at: dt.datetime
    ) -> Receipt:
        if 200 <= status < 300:
            return self._accepted(envelope, status, answer)
        retry_after = _retry_after(headers.get("Retry-After"), at)
        if status == 429 or (status == 503 and retry_after is not None):
            raise self._error(
                envelope,
                f"was not taken: the gateway is busy ({status})",
                code="busy",
                permanent=False,
                retry_after=retry_after,
            )
        if status in (401, 403):
            raise self._error(
                envelope,
                f"was refused: the gateway does not know us ({status}). See that SMS_GATEWAY_KEY is the key shared "
                "with it",
                code="not_configured",
            )
        if 300 <= status < 400 or status in (404, 405):
            raise self._error(
                envelope,
                f"was refused: SMS_GATEWAY_URL is not the gateway's address for sending ({status})",
                code="not_configured",
            )
        if status in (408, 425):  # it says itself that it did not take the request, and to ask again
            raise self._error(
                envelope, f"was not taken: the gateway asks for it again ({status})", code="busy", permanent=False
            )
        if 400 <= status < 500 and status != 409:
            raise self._error(envelope, f"was refused by the gateway ({status})", code="refused")
        raise self._unknown(envelope, f"answer {status}, which does not say whether it left")

    def _accepted(self, envelope: Envelope, status: int, answer: bytes) -> Receipt:
        try:
            told = json.loads(answer) if len(answer) <= _MOST_BYTES else None
        except (ValueError, RecursionError):
            told = None
        reference = told.get("reference") if isinstance(told, dict) else None
        if isinstance(reference, int) and not isinstance(reference, bool):
            reference = str(reference)
        if not isinstance(reference, str) or not 0 < len(reference) <= _MOST_REFERENCE:
            raise self._unknown(envelope, f"answer {status} without a reference")
        return Receipt(reference, _instant(told.get("accepted_at") if isinstance(told, dict) else None))

    def _error(
        self,
        envelope: Envelope,
        what: str,
        *,
        code: str,
        permanent: bool = True,
        retry_after: dt.timedelta | None = None,
    ) -> ChannelError:
        return ChannelError(
            f"The SMS of contact {envelope.contact_id} {what}.",
            permanent=permanent,
            code=code,
            retry_after=retry_after,
            contact=envelope.contact_id,
        )

    def _unknown(self, envelope: Envelope, what: str) -> ChannelError:
        return ChannelError(
            f"The SMS of contact {envelope.contact_id} was handed to the gateway, which gave {what}. It may have left: "
            "a receipt or a person settles it.",
            permanent=False,
            unknown=True,
            code="no_answer",
            contact=envelope.contact_id,
        )


def _said(error: BaseException) -> str:
    """The kind of error in a word or two; never what the other side wrote, which may hold the number."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not valid"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return "it closed the connection"
    return type(error).__name__


def _retry_after(value: str | None, at: dt.datetime) -> dt.timedelta | None:
    """Retry-After as RFC 9110 has it: seconds, or an instant."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) <= 9:
        return dt.timedelta(seconds=int(value))
    try:
        instant = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.UTC)
    return max(instant - at, dt.timedelta())


def _instant(value: object) -> dt.datetime | None:
    """An RFC 3339 instant with its zone, or None."""
    if not isinstance(value, str):
        return None
    try:
        instant = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _event(told: object) -> ReceiptEvent:
    if not isinstance(told, dict):
        return ReceiptEvent("unreadable", reason="The event is not an object.")
    identity = _word(told.get("id"))
    at = _instant(told.get("at"))
    if not identity or at is None:
        return ReceiptEvent("unreadable", id=identity, reason="The event lacks “id”, or “at” with its zone.")
    kind = told.get("type")
    if kind == "inbound":
        sender, text = told.get("from"), told.get("text")
        if not isinstance(sender, str) or not sender.strip() or not isinstance(text, str):
            return ReceiptEvent("unreadable", id=identity, at=at, reason="The inbound message lacks “from” or “text”.")
        return ReceiptEvent("inbound", identity, at, sender=sender.strip(), text=text, stop=asks_to_stop(text))
    if kind not in ("delivered", "failed"):
        return ReceiptEvent("unreadable", id=identity, at=at, reason="Its “type” is not delivered, failed or inbound.")
    message, reference = _word(told.get("message_id")), _word(told.get("reference"))
    contact = int(message) if message.isascii() and message.isdigit() and len(message) <= 18 else None
    if contact is None and not reference:
        return ReceiptEvent("unreadable", id=identity, at=at, reason="It names no message (“message_id”, “reference”).")
    code = _word(told.get("code"))
    return ReceiptEvent(
        kind,
        identity,
        at,
        contact_id=contact,
        reference=reference,
        # A code is a word without digits of a number in it; free text of the gateway may hold the number itself.
        reason=code if kind == "failed" and re.fullmatch(r"[A-Za-z0-9_.-]{1,6}|[A-Za-z_.-]{1,40}", code) else "",
    )


def _word(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) and len(value) <= _MOST_REFERENCE else ""
