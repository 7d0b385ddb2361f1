"""Packs taken away: by a link for one person that ends, each use of it logged."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from collections_app.documents import store
from collections_app.documents.digest import sha256
from collections_app.kernel.errors import DomainError, Refused
from collections_app.models import AccessRecord
from legal.models import Pack, PackDownload, PackLink

from .packs import write_out
from .rights import demand, demand_person, demand_reading

LINK_HOURS = 24


@dataclass(frozen=True)
class Link:
    """A link that was just made. The token is told once; only its digest is kept."""

    token: str
    expires_at: dt.datetime
    row: PackLink


@dataclass(frozen=True)
class Taken:
    """A file that was taken: its bytes, the name it is saved under, its media type."""

    data: bytes
    name: str
    media_type: str


@transaction.atomic
def make_link(pack: Pack, *, what: str, at: dt.datetime, by: Any, because: str) -> Link:
    """A link to the `pdf` or the `zip` of a version, for this person, for 24 hours."""
    _may(pack, by)
    if what not in PackLink.What.values:
        raise DomainError("unknown_word", f"“{what}” is no file of a pack; write pdf or zip.", pack=pack.pk)
    if not because.strip():
        raise DomainError("no_reason", "Say what the pack is taken for; it stands in the log.", pack=pack.pk)
    token = secrets.token_urlsafe(32)
    row = PackLink.objects.create(
        pack=pack, what=what, user=by, because=because.strip()[:200], token_sha256=sha256(token.encode()), made_at=at,
        expires_at=at + dt.timedelta(hours=LINK_HOURS),
    )  # fmt: skip
    return Link(token, row.expires_at, row)


def fetch(token: str, *, at: dt.datetime, by: Any) -> Taken:
    """The file behind a link. Logged before a byte is given; the rights are asked anew, for they may be gone.

    Raises `unknown_link`, `link_of_another`, `link_ended`, or Refused.
    """
    link = (
        PackLink.objects.select_related("pack__file", "pack__pdf__key", "pack__zip__key")
        .filter(token_sha256=sha256(token.encode())).first()
    )  # fmt: skip
    if link is None:
        raise DomainError("unknown_link", "There is no such link. Ask for a new one on the file’s page.")
    if link.user_id != by.pk:
        raise Refused("link_of_another", ["This link was made for somebody else. Ask for your own on the file’s page."])
    if at >= link.expires_at:
        raise DomainError("link_ended", f"This link ended on {link.expires_at:%d %b %Y, %H:%M} UTC. Ask for a new one.")
    pack = link.pack
    _may(pack, by)
    document = pack.pdf if link.what == PackLink.What.PDF else pack.zip
    data = store.get(document)
    with transaction.atomic():
        PackDownload.objects.create(link=link, pack=pack, user=by, at=at, because=link.because)
        AccessRecord.objects.create(
            user=by, kind=AccessRecord.Kind.DOWNLOAD, what=f"pack:{pack.pk}", at=at, because=link.because
        )
    return Taken(data, f"{pack.file_name}.{link.what}", document.media_type)


def take_out(pack: Pack, folder: Path, *, at: dt.datetime, by: Any, because: str) -> tuple[Path, Path]:
    """Write the PDF and the ZIP into a folder, for whoever runs the program's commands. Logged before a byte is written:
    from there on nobody knows who reads them.
    """
    AccessRecord.objects.create(
        user=by, kind=AccessRecord.Kind.DOWNLOAD, what=f"pack:{pack.pk}", at=at, because=because[:200]
    )
    return write_out(pack, folder)


def _may(pack: Pack, by: Any) -> None:
    demand_person(by, "take a pack away")
    demand(by, "legal.download_pack", pack.file)
    demand_reading(by, pack.file)
    if not pack.is_sealed and not by.has_perm("legal.work_file"):
        raise Refused("draft", ["A draft stays in the department; ask for the sealed version."], pack=pack.pk)
