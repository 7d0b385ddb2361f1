"""Letters: a letter is sent when its PDF stands in the print folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from collections_app.documents.print_batch import letter_pages
from collections_app.kernel.errors import DomainError

from .base import ChannelError, Envelope, Receipt, accept
from .folder import write_once


class PrintFolder:
    """Puts a letter's PDF where the printer, or the printing house, takes it from."""

    channel = "letter"
    name = "print"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, envelope: Envelope, *, at: dt.datetime) -> Receipt:
        """Write the PDF once, flushed to the disk. The reference is its path in the print folder.

        Raises ChannelError `expired`, `empty_document`, `already_sent`, `disk_full`, `cannot_write`.
        """
        accept(envelope, channel=self.channel, at=at)
        must_show_something(envelope)
        path = write_once(self.folder, envelope, {".pdf": envelope.document or b""}, at=at, durable=True)
        return Receipt(f"{path}.pdf", at)


def must_show_something(envelope: Envelope) -> None:
    """Raises ChannelError `empty_document` unless the letter is a PDF with something on its pages."""
    try:
        letter_pages(envelope.document or b"", f"letter of contact {envelope.contact_id}")
    except DomainError as error:
        raise ChannelError(error.sentence, permanent=True, code=error.code, contact=envelope.contact_id) from error
