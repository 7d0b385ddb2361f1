"""Keys of the personal data: one per person, batch or pack, themselves encrypted; and the blind indexes.

Neither table has history. To purge an owner is to destroy its key and its blind indexes; every row, amount and
seal stays where it was, unreadable. Keys are wrapped with AES-256-GCM by the first of settings.FIELD_KEYS; the
others only open what they once wrapped (rotation).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models, transaction

from . import clock
from .errors import DomainError


class DataKey(models.Model):
    """The key of one owner. `wrapped` is empty once it was destroyed."""

    class Kind(models.TextChoices):
        PERSON = "person"
        STAFF = "staff"
        BATCH = "batch"
        PACK = "pack"
        PRINT = "print"
        HOUSE = "house"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "collections_app"

    def __str__(self) -> str:
        return f"key {self.pk} ({self.kind}{', destroyed' if self.destroyed_at else ''})"


class BlindIndex(models.Model):
    """Finds an owner by a value without keeping the value: HMAC-SHA-256 (first 16 bytes) under BLIND_INDEX_KEY."""

    class Kind(models.IntegerChoices):
        NAME_WORD = 1
        PHONE = 2
        EMAIL = 3
        ID_NUMBER = 4

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(DataKey, on_delete=models.CASCADE, related_name="blind_indexes")
    kind = models.SmallIntegerField(choices=Kind)
    digest = models.BinaryField(max_length=16)

    class Meta:
        app_label = "collections_app"
        indexes = [models.Index(fields=["kind", "digest"], name="blind_kind_digest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of key {self.key_id}"


@lru_cache(maxsize=4)
def _wrappers(keys: tuple[str, ...]) -> list[AESGCM]:
    return [AESGCM(base64.b64decode(k)) for k in keys]


@lru_cache(maxsize=65536)
def _opened(wrapped: bytes, keys: tuple[str, ...]) -> AESGCM:
    for wrapper in _wrappers(keys):
        try:
            return AESGCM(wrapper.decrypt(wrapped[:12], wrapped[12:], b"data-key"))
        except Exception:  # noqa: S112 - cryptography raises InvalidTag; the next key may open it
            continue
    raise DomainError("key_does_not_open", "None of FIELD_KEYS opens this data key; put the key back that wrapped it.")


def cipher(wrapped: bytes) -> AESGCM | None:
    """The opened key, or None when it was destroyed."""
    return _opened(bytes(wrapped), tuple(settings.FIELD_KEYS)) if wrapped else None


def wrap_new() -> bytes:
    """A fresh 256-bit key, wrapped."""
    nonce = os.urandom(12)
    return nonce + _wrappers(tuple(settings.FIELD_KEYS))[0].encrypt(nonce, AESGCM.generate_key(256), b"data-key")


def new_key(kind: str) -> DataKey:
    return DataKey.objects.create(kind=kind, wrapped=wrap_new(), created_at=clock.now())


def new_keys(kind: str, count: int) -> list[DataKey]:
    """Many keys in one statement, with their ids."""
    now = clock.now()
    return DataKey.objects.bulk_create([DataKey(kind=kind, wrapped=wrap_new(), created_at=now) for _ in range(count)])


def digest(value: str) -> bytes:
    """The blind index of a normalised value."""
    return hmac.new(settings.BLIND_INDEX_KEY.encode(), value.encode(), hashlib.sha256).digest()[:16]


def normal_phone(value: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", value) if c.isdigit())


def normal_email(value: str) -> str:
    return value.strip().casefold()


def name_words(name: str) -> set[str]:
    """What a name is found by: its words, and of Chinese, Japanese or Korean writing each pair of characters."""
    words: set[str] = set()
    for word in unicodedata.normalize("NFKC", name).casefold().replace("-", " ").split():
        cjk = [c for c in word if "\u2e80" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af"]
        if cjk:
            words.update(a + b for a, b in zip(word, word[1:], strict=False))
            if len(word) == 1:
                words.add(word)
        else:
            words.add("".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)))
    return words


def index_entries(key_id: int, kind: int, values: Iterable[str]) -> list[BlindIndex]:
    return [BlindIndex(key_id=key_id, kind=kind, digest=digest(v)) for v in sorted(set(values)) if v]


def owners_matching(kind: int, values: Sequence[str]) -> models.QuerySet[DataKey]:
    """Keys whose owner has *all* of these values of a kind; nobody, where there is nothing to look for."""
    found = DataKey.objects.all() if values else DataKey.objects.none()
    for value in values:
        found = found.filter(
            models.Exists(BlindIndex.objects.filter(key=models.OuterRef("pk"), kind=kind, digest=digest(value)))
        )
    return found


def destroy(key: DataKey) -> None:
    """Make everything under this key unreadable, for good; the row stays as proof that it was done."""
    with transaction.atomic():
        BlindIndex.objects.filter(key=key).delete()
        key.wrapped = b""
        key.destroyed_at = clock.now()
        key.save()
    _opened.cache_clear()
