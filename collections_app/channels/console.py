"""The outbox: every message becomes a file and nothing leaves. The default, and what a laptop and the tests use.

    OUTBOX_DIR/<channel>/<date>/<contact id>.json    the message as it would have left
    OUTBOX_DIR/<channel>/<date>/<contact id>.pdf     beside it, the letter
    OUTBOX_DIR/.sent/<thousands>/<contact id>        made first, with O_EXCL: one contact, one message, whatever the day

So that nothing was sent twice can be seen from the folder alone.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from collections_app.documents.digest import sha256
from collections_app.documents.files import speaking_of_disk, writing_together
from collections_app.kernel.errors import DomainError

from . import letter
from .base import BY_HAND, ChannelError, Envelope, Receipt, accept


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
            files[".pdf"] = envelope.document
        path = write_once(self.folder, envelope, files, at=at)
        if self.channel in BY_HAND:
            return Receipt("revealed", at, revealed=envelope.to)
        return Receipt(f"outbox:{path}", at)


def write_once(
    folder: Path, envelope: Envelope, files: Mapping[str, bytes], *, at: dt.datetime, durable: bool = False
) -> str:
    """Write the files of a contact, all or none, unless it was written before. Gives their path without suffix.

    `durable` waits for the disk. Where the files are only looked at, it is left out: the row in the database holds the
    truth, and three waits a message make a day of 20,000 messages slow.
    """
    name = f"{envelope.channel}/{at.astimezone(dt.UTC):%Y-%m-%d}/{envelope.contact_id}"
    with _only_once(folder, envelope, name):
        paths = {folder / f"{name}{suffix}": data for suffix, data in files.items()}
        try:
            if durable:
                with writing_together(*paths) as parts:
                    for part, data in zip(parts, paths.values(), strict=True):
                        part.write_bytes(data)
            else:
                with speaking_of_disk(folder):
                    _write_lightly(paths)
        except DomainError as error:  # disk_full, cannot_write
            raise ChannelError(error.sentence, permanent=False, code=error.code, contact=envelope.contact_id) from error
    return name


@contextmanager
def _only_once(folder: Path, envelope: Envelope, name: str) -> Iterator[None]:
    """Hold the contact's mark; it stays when the block ends well, and goes when nothing was written."""
    mark = folder / ".sent" / str(envelope.contact_id // 1000) / str(envelope.contact_id)
    try:
        with speaking_of_disk(folder):
            mark.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
    except DomainError as error:
        if isinstance(error.__cause__, FileExistsError):
            raise ChannelError(
                f"Contact {envelope.contact_id} was written before: “{mark}” says where. It is not written again. (If "
                "the database was made anew, empty the folder of the outbox.)",
                permanent=False,
                unknown=True,
                code="already_sent",
                contact=envelope.contact_id,
            ) from error
        raise ChannelError(error.sentence, permanent=False, code=error.code, contact=envelope.contact_id) from error
    try:
        with os.fdopen(handle, "w") as file:
            file.write(name + "\n")
        yield
    except BaseException:
        with suppress(OSError):
            mark.unlink()
        raise


def _write_lightly(paths: Mapping[Path, bytes]) -> None:
    """Each file whole or not at all, without waiting for the disk."""
    written: list[Path] = []
    try:
        for path, data in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.part")
            written.append(part)
            part.write_bytes(data)
            part.chmod(0o640)
            written.append(path)
            part.replace(path)
    except BaseException:
        for each in written:
            with suppress(OSError):
                each.unlink(missing_ok=True)
        raise


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
