"""Files that are there whole or not at all, also when the disk fills up half-way."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from collections_app.kernel.errors import DomainError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part of it.

    Raises DomainError `disk_full` or `cannot_write`; then nothing new is left behind.
    """
    with writing_together(path) as (part,):
        part.write_bytes(data)


@contextmanager
def writing_together(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Lend a temporary file for each of `paths`; when the block ends well, all of them take their names.

    1. The temporary files stand in the folders of their targets, so that the renaming stays on one disk.
    2. At the end each is flushed to the disk (fsync) before the first takes its name: a full disk shows here,
       while the old files still stand.
    3. If anything fails, the temporary files go, and so does a target that was new and already renamed.

    Raises DomainError `disk_full` or `cannot_write` for what the operating system refused; other exceptions of
    the block pass through as they are.
    """
    parts: list[Path] = []
    renamed: list[Path] = []
    try:
        with speaking_of_disk(paths[0].parent):
            for path in paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=path.parent)
                os.close(handle)
                parts.append(Path(name))
            yield tuple(parts)
            for part in parts:
                _flush(part)
            for part, path in zip(parts, paths, strict=True):
                was_there = path.exists()
                part.chmod(0o640)
                part.replace(path)
                if not was_there:
                    renamed.append(path)
            for folder in {path.parent for path in paths}:
                _flush(folder)
    except BaseException:
        for leftover in (*parts, *renamed):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
        raise


@contextmanager
def speaking_of_disk(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses inside the block into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DomainError(
                "disk_full",
                f"There is no room left to write in “{folder}” ({os.strerror(error.errno)}). Nothing was kept; "
                "make room and do it again.",
                folder=str(folder),
            ) from error
        raise DomainError(
            "cannot_write",
            f"“{error.filename or folder}” cannot be read or written: {error.strerror or error}. Nothing was "
            "kept; see that the folder exists and may be written to, then do it again.",
            folder=str(folder),
        ) from error


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
