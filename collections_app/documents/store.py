"""Blobs: papers kept by owner and SHA-256 of the plain bytes, encrypted with the owner's key.

A blob lies in `BLOB_DIR/<two hex digits>/<key id>/<sha256>`: a mark, a nonce and AES-256-GCM ciphertext that is bound
to this key and this digest, so that a file moved to another name does not open. The row (StoredDocument) follows the
file: a row whose file was never written cannot be, and a file whose row was rolled back is written anew.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, transaction

from collections_app.documents.digest import sha256
from collections_app.documents.files import write_atomically
from collections_app.kernel import keys
from collections_app.kernel.errors import DomainError
from collections_app.models import StoredDocument

PDF = "application/pdf"

_MARK = b"DWB1"
_NONCE = 12


def put(
    key: keys.DataKey,
    data: bytes,
    *,
    title: str,
    media_type: str,
    at: dt.datetime,
    pages: int | None = None,
    generated: bool = False,
) -> StoredDocument:
    """Keep `data` under its owner's key; the same bytes of the same owner are kept once, with their first title.

    1. What is empty is refused, and so is a PDF that is none, has no page, or not the pages that the caller counted.
    2. The encrypted file is written whole and flushed.
    3. The row goes in.

    Raises DomainError `empty_document`, `not_a_pdf`, `pages_differ`, `media_type_too_long`, `key_destroyed`,
    `disk_full` or `cannot_write`; then no file and no row are left behind.
    """
    if not data or pages == 0:
        raise DomainError("empty_document", f"“{title}” is empty, and an empty paper is never kept. Make it anew.")
    if len(media_type) > _limit("media_type"):
        raise DomainError(
            "media_type_too_long", f"The media type of “{title}” is longer than {_limit('media_type')} characters."
        )
    if media_type == PDF:
        pages = _checked_pages(data, pages, title)
    cipher = _cipher(key)
    digest = sha256(data)
    path = _path(key.pk, digest)
    kept = StoredDocument.objects.filter(key=key, sha256=digest).first()
    if kept is None or not path.exists():
        # Also where a file without a row stands already: it may be of a transaction that was rolled back.
        nonce = os.urandom(_NONCE)
        write_atomically(path, _MARK + nonce + cipher.encrypt(nonce, data, _bound_to(key.pk, digest)))
    if kept is not None:
        return kept
    row = StoredDocument(
        key=key,
        sha256=digest,
        size=len(data),
        media_type=media_type,
        title=_shortened(title, _limit("title")),
        pages=pages,
        stored_at=at,
        generated=generated,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Somebody else kept the same bytes in between; any other reason makes this get() fail.
        return StoredDocument.objects.get(key=key, sha256=digest)
    return row


def get(document: StoredDocument) -> bytes:
    """The plain bytes, proven to be those that were kept.

    Raises DomainError `key_destroyed` (its owner was purged), `blob_missing` or `blob_damaged`.
    """
    cipher = _cipher(document.key)
    path = _path(document.key_id, document.sha256)
    try:
        blob = path.read_bytes()
    except OSError as error:
        raise DomainError(
            "blob_missing",
            f"The file of document {document.pk} cannot be read in BLOB_DIR ({error.strerror}). Bring it back from the "
            "backup.",
            document=document.pk,
        ) from error
    nonce = blob[len(_MARK) : len(_MARK) + _NONCE]
    try:
        if not blob.startswith(_MARK):
            raise InvalidTag
        data = cipher.decrypt(nonce, blob[len(_MARK) + _NONCE :], _bound_to(document.key_id, document.sha256))
    except (InvalidTag, ValueError):
        data = None
    if data is None or sha256(data) != document.sha256:
        raise DomainError(
            "blob_damaged",
            f"The file of document {document.pk} is not what was kept: it was damaged or replaced. Bring it back from "
            "the backup.",
            document=document.pk,
        )
    return data


def take_back(key: keys.DataKey, digests: Iterable[str]) -> None:
    """Remove the files of papers that `put` kept in a transaction which is about to be rolled back: on a full disk they
    would hold the very room that is missing.
    """
    for digest in digests:
        path = _path(key.pk, digest)
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()  # the system refuses while other papers of this owner lie there


def pages_of_pdf(data: bytes, title: str) -> int | None:
    """How many pages a PDF has; None where only its password would tell.

    Raises DomainError `not_a_pdf` (not readable as one) or `empty_document` (no page).
    """
    import pikepdf  # 0.1 s; not every process makes papers

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pages = len(pdf.pages)
    except pikepdf.PasswordError:
        return None
    except pikepdf.PdfError as error:
        raise DomainError("not_a_pdf", f"“{title}” cannot be read as a PDF. Export it anew.") from error
    if pages == 0:
        raise DomainError("empty_document", f"“{title}” is a PDF without a page, and an empty paper is never kept.")
    return pages


def _checked_pages(data: bytes, said: int | None, title: str) -> int | None:
    found = pages_of_pdf(data, title)
    if said is not None and found is not None and said != found:
        raise DomainError("pages_differ", f"“{title}” has {found} pages and not {said}, as was said of it.")
    return found if found is not None else said


def _cipher(key: keys.DataKey) -> AESGCM:
    cipher = keys.cipher(bytes(key.wrapped))
    if cipher is None:
        raise DomainError(
            "key_destroyed",
            f"Key {key.pk} was destroyed when its owner was purged: its papers are unreadable for good.",
            key=key.pk,
        )
    return cipher


def _path(key_id: int, digest: str) -> Path:
    return Path(settings.BLOB_DIR) / f"{key_id % 256:02x}" / str(key_id) / digest


def _bound_to(key_id: int, digest: str) -> bytes:
    return f"blob:{key_id}:{digest}".encode()


def _limit(field: str) -> int:
    return int(getattr(StoredDocument._meta.get_field(field), "max_length", 0))


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
