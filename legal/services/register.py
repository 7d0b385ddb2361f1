"""The register of packs: whether a file is one that this house built and sealed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from collections_app.documents.digest import sha256_of_file
from collections_app.kernel.errors import DomainError
from legal.models import Pack


@dataclass(frozen=True)
class Found:
    """Whether the file is in the register as sealed, and the sentence that says so or why not."""

    known: bool
    sentence: str


def look_up(path: Path, manifest_sha256: str) -> Found:
    """Compare a file with the register: by the digest of its manifest, then by its own."""
    pack = (
        Pack.objects.filter(manifest_sha256=manifest_sha256).select_related("file").first() if manifest_sha256 else None
    )
    if pack is None:
        return Found(False, "register: no pack of this house has that manifest.")
    name = f"version {pack.version} of file {pack.file.number}"
    try:
        own = sha256_of_file(path)
    except OSError as error:
        raise DomainError("cannot_read", f"“{path}” cannot be read: {error.strerror}.") from error
    if own not in (pack.sha256, pack.zip_sha256):
        return Found(False, f"register: the manifest is that of {name}, but the file is neither its PDF nor its ZIP.")
    if not pack.is_sealed or pack.sealed_at is None:
        return Found(False, f"register: this is a draft of {name}, which was never sealed.")
    return Found(True, f"register: {name}, sealed {pack.sealed_at:%Y-%m-%d %H:%M} UTC")
