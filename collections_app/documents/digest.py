"""SHA-256 of bytes, files and streams, always as 64 lower-case hexadecimal digits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """Digest of bytes in memory."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_chunks(chunks: Iterable[bytes]) -> str:
    """Digest of bytes that come in pieces; how they are cut makes no difference."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """Digest of a file, read in pieces of 1 MiB whatever its size."""
    with path.open("rb") as file:
        return sha256_of_chunks(iter(lambda: file.read(_CHUNK), b""))


def is_sha256(text: str) -> bool:
    """Whether `text` is a digest in the one spelling used here."""
    return _SHA256.fullmatch(text) is not None
