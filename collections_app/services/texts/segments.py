"""How many segments a text message takes on the air (3GPP TS 23.038), which is what it costs."""

from __future__ import annotations

from dataclasses import dataclass

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Characters of the extension table take two places each.
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class SmsLength:
    """`units` are septets in GSM-7 and 16-bit units in UCS-2."""

    encoding: str
    units: int
    segments: int


def sms_length(text: str) -> SmsLength:
    """One character outside the GSM alphabet makes the whole message UCS-2, with less than half the room."""
    if all(char in _GSM7 or char in _GSM7_EXTENSION for char in text):
        encoding, single, joined = "GSM-7", 160, 153
        sizes = [2 if char in _GSM7_EXTENSION else 1 for char in text]
    else:
        encoding, single, joined = "UCS-2", 70, 67
        sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    units = sum(sizes)
    if units <= single:
        return SmsLength(encoding, units, 1 if units else 0)
    segments, room = 1, joined
    for size in sizes:  # a character of two places is never cut in two
        if size > room:
            segments, room = segments + 1, joined
        room -= size
    return SmsLength(encoding, units, segments)
