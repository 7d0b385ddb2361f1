"""The outbox: every message becomes a file and nothing leaves. The default, and what a laptop and the tests use.

A message is a JSON file (see `folder.py` for where); a letter has its PDF beside it.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from collections_app.documents.digest import sha256

from . import letter
from .base import BY_HAND, Envelope, Receipt, accept
from .folder import write_once


class Outbox:
    """Stands in for the adapter of any channel."""

    name = "outbox"

    def __init__(self, channel: str, folder: Path) -> None:
        self.channel = channel
        self.folder = folder

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Write the message once. Raises ChannelError `expired`, `already_sent`, `empty_document`, `disk_full`…"""
        accept(envelope, channel=self.channel, at=at)
        files = {".json": _as_json(envelope, at)}
        if self.channel == "letter":
            letter.must_show_something(envelope)
            files[".pdf"] = envelope.document or b""
        path = write_once(self.folder, envelope, files, at=at)
        if self.channel in BY_HAND:
            return Receipt("revealed", at, revealed=envelope.to)
        return Receipt(f"outbox:{path}", at)


def _as_json(envelope: Envelope, at: dt.datetime) -> bytes:
    message = {
        "contact_id": envelope.contact_id,
        "channel": envelope.channel,
        "to": envelope.to,
        "language": envelope.language,
        "subject": envelope.subject,
        "text": envelope.text,
        "html": envelope.html,
        "text_sha256": envelope.text_sha256,
        "document_sha256": sha256(envelope.document) if envelope.document else "",
        "attachments": [
            {"name": each.name, "media_type": each.media_type, "sha256": sha256(each.data)}
            for each in envelope.attachments
        ],
        "sender": {
            "name": envelope.sender.name,
            "email": envelope.sender.email,
            "phone": envelope.sender.phone,
            "address": envelope.sender.address,
        },
        "written_at": at.isoformat(),
        "expires_at": envelope.expires_at.isoformat(),
    }
    return json.dumps(message, ensure_ascii=False, indent=1).encode() + b"\n"
