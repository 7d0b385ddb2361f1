"""Signed JSON over HTTP, both ways: who sent it, and that it is not an old one sent again.

Three headers go with a body:

    X-Dunwell-Timestamp   seconds since 1970
    X-Dunwell-Nonce       a random word, never used twice
    X-Dunwell-Signature   "v1=" and the hexadecimal HMAC-SHA256, under the shared key, of
                          DIRECTION "." TIMESTAMP "." NONCE "." BODY

DIRECTION is `send` for what we ask of the gateway and `receipt` for what it tells us, so that neither can be sent back
as the other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

from collections_app.kernel.errors import DomainError

WINDOW = dt.timedelta(minutes=5)

TIMESTAMP, NONCE, SIGNATURE = "X-Dunwell-Timestamp", "X-Dunwell-Nonce", "X-Dunwell-Signature"


def signed_headers(body: bytes, *, key: str, direction: str, at: dt.datetime) -> dict[str, str]:
    """The three headers for a body that leaves at `at`."""
    timestamp, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    return {TIMESTAMP: timestamp, NONCE: nonce, SIGNATURE: _signature(body, key, direction, timestamp, nonce)}


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    key: str,
    direction: str,
    at: dt.datetime,
    first_seen: Callable[[str], bool],
) -> None:
    """Raises DomainError unless the body was signed with the key, within five minutes of `at`, and comes first.

    `first_seen(nonce)` keeps a nonce and says whether it is new; it must remember for twice the window and in one step
    (`cache.add`, or a unique column). It is asked last, so that a forger cannot use up the nonce of a true message.

    Codes: `not_signed`, `bad_signature`, `stale_signature`, `replayed`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp, nonce, signature = (given.get(name.lower(), "") for name in (TIMESTAMP, NONCE, SIGNATURE))
    if not (key and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and 8 <= len(nonce) <= 128):
        raise DomainError("not_signed", f"The message must carry {TIMESTAMP}, {NONCE} and {SIGNATURE}.")
    expected = _signature(body, key, direction, timestamp, nonce)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise DomainError("bad_signature", "The signature is not that of this body under the shared key.")
    if abs(at.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise DomainError(
            "stale_signature",
            f"The message was signed more than {WINDOW.seconds // 60} minutes from now; see the clocks, sign it anew.",
        )
    if not first_seen(nonce):
        raise DomainError("replayed", "A message with this nonce came before; each is taken once.")


def _signature(body: bytes, key: str, direction: str, timestamp: str, nonce: str) -> str:
    signed = f"{direction}.{timestamp}.{nonce}.".encode() + body
    return "v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
