"""Files that a channel writes: once for a contact, whatever the day, and whole or not at all.

    FOLDER/<channel>/<date>/<contact id>.json, .pdf     what is written (the date is that of UTC)
    FOLDER/.sent/<thousands>/<contact id>               made first, with O_EXCL: one contact, one message

So that nothing was sent twice can be seen from the folder alone.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from collections_app.documents.files import speaking_of_disk, writing_together
from collections_app.kernel.errors import DomainError

from .base import ChannelError, Envelope


def write_once(
    folder: Path, envelope: Envelope, files: Mapping[str, bytes], *, at: dt.datetime, durable: bool = False
) -> str:
    """Write the files of a contact, all or none, unless it was written before. Gives their path without suffix.

    `durable` waits for the disk. Where the files are only looked at, it is left out: the row in the database holds the
    truth, and three waits a message make a day of 20,000 messages slow.
    """
    name = f"{envelope.channel}/{at.astimezone(dt.UTC):%Y-%m-%d}/{envelope.contact_id}"
    paths = {folder / f"{name}{suffix}": data for suffix, data in files.items()}
    try:
        with _only_once(folder, envelope, name):
            if durable:
                with writing_together(*paths) as parts:
                    for part, data in zip(parts, paths.values(), strict=True):
                        part.write_bytes(data)
            else:
                with speaking_of_disk(folder):
                    _write_lightly(paths)
    except ChannelError:
        raise
    except DomainError as error:  # disk_full, cannot_write
        raise ChannelError(error.sentence, permanent=False, code=error.code, contact=envelope.contact_id) from error
    return name


@contextmanager
def _only_once(folder: Path, envelope: Envelope, name: str) -> Iterator[None]:
    """Hold the contact's mark. It goes again when writing failed, and stays when nobody can say (a killed worker)."""
    mark = folder / ".sent" / str(envelope.contact_id // 1000) / str(envelope.contact_id)
    with speaking_of_disk(folder):
        mark.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
        except FileExistsError as error:
            raise ChannelError(
                f"Contact {envelope.contact_id} was written before: “{mark}” says where. It is not written again. (If "
                "the database was made anew, empty the folder of the outbox.)",
                permanent=False,
                unknown=True,
                code="already_sent",
                contact=envelope.contact_id,
            ) from error
    try:
        with speaking_of_disk(folder), os.fdopen(handle, "w") as file:
            file.write(name + "\n")
        yield
    except Exception:
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
