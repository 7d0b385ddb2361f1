"""PersonalField: text about a person, encrypted with that person's key from the first day.

The database, its history tables and its backups hold nonce + AES-256-GCM ciphertext, bound to the owner's id.
History copies the ciphertext, so destroying the key makes past and present unreadable together.
"""

from __future__ import annotations

import os
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db import models

from . import keys
from .errors import DomainError

ERASED = "⟨erased⟩"  # what a value reads as once its owner's key was destroyed


class Sealed:
    """Ciphertext as it stands in the row; opened only when somebody looks."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = bytes(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)


def seal(text: str, key_id: int, wrapped: bytes) -> bytes:
    """Ciphertext of `text` under a wrapped key; refuses a destroyed one."""
    opened = keys.cipher(wrapped)
    if opened is None:
        raise DomainError("key_destroyed", "This person's data were erased; nothing personal can be added.", key=key_id)
    nonce = os.urandom(12)
    return nonce + opened.encrypt(nonce, text.encode(), str(key_id).encode())


def unseal(data: bytes, key_id: int, wrapped: bytes) -> str:
    """The text, or `ERASED` where the key was destroyed. What was changed, cut or moved to another owner does not open."""
    opened = keys.cipher(wrapped)
    if opened is None:
        return ERASED
    try:
        return opened.decrypt(data[:12], data[12:], str(key_id).encode()).decode()
    except (InvalidTag, ValueError):
        raise DomainError(
            "personal_does_not_open",
            "A personal value was changed outside the program or belongs to another person; restore it from a backup.",
            key=key_id,
        ) from None


class _PersonalAttribute:
    def __init__(self, field: PersonalField) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            rows = type(instance)._base_manager.filter(pk=instance.pk).values_list(self.field.attname, flat=True)
            instance.__dict__[self.field.attname] = rows.get()
        value = instance.__dict__[self.field.attname]
        return self.field.opened(instance, value) if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        if not (value is None or isinstance(value, str | Sealed)):
            raise TypeError(f"{self.field.name}: personal data are text, got {type(value).__name__}")
        before = instance.__dict__.get(self.field.attname)
        if isinstance(before, Sealed):
            instance.__dict__.setdefault("_sealed_before", {})[self.field.attname] = before
        instance.__dict__[self.field.attname] = value


class PersonalField(models.BinaryField):
    """Encrypted text. `owner` names the foreign key (to a row whose pk is a DataKey, or to a DataKey) that holds the key.

    Lookups are refused: find people by blind index (`kernel.keys`).
    """

    # What the type checker may take for the attribute; the descriptor is invisible to it.
    _pyi_private_set_type: Any
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, owner: str = "key", **kwargs: Any) -> None:
        self.owner = owner
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["owner"] = self.owner
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, self.attname, _PersonalAttribute(self))

    def key_of(self, instance: Any) -> keys.DataKey:
        """The owner's key; kept on the instance, so that a row with four fields asks once."""
        key_id = getattr(instance, f"{self.owner}_id")
        if key_id is None:
            raise DomainError("no_owner", f"{instance._meta.verbose_name}: personal data need an owner first.")
        cache = instance.__dict__.setdefault("_data_keys", {})
        if key_id not in cache:
            related = instance.__dict__.get("_state").fields_cache.get(self.owner)
            if isinstance(related, keys.DataKey):
                cache[key_id] = related
            elif related is not None and isinstance(
                getattr(related._state, "fields_cache", {}).get("key"), keys.DataKey
            ):
                cache[key_id] = related._state.fields_cache["key"]
            else:
                cache[key_id] = keys.DataKey.objects.get(pk=key_id)
        return cache[key_id]

    def opened(self, instance: Any, value: Sealed) -> str:
        key = self.key_of(instance)
        return unseal(value.data, key.pk, bytes(key.wrapped))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, str):
            # The same text that was there (a form gives back all it showed, a refresh too) keeps its ciphertext: history
            # would show a change that was none, and an erased person's row could not be saved at all.
            before = model_instance.__dict__.get("_sealed_before", {}).get(self.attname)
            if before is not None and not add and self._is_still(model_instance, before, value):
                value = before
            else:
                key = self.key_of(model_instance)
                value = Sealed(seal(value, key.pk, bytes(key.wrapped)))
            model_instance.__dict__[self.attname] = value
        return value

    def _is_still(self, instance: Any, before: Sealed, text: str) -> bool:
        try:
            return self.opened(instance, before) == text
        except DomainError:  # it stood under another owner
            return False

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, Sealed):
            value = value.data
        elif isinstance(value, str):
            raise TypeError(f"{self.name}: plain text never reaches the database")
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise DomainError("personal_lookup", f"{self.name} is encrypted; search by blind index instead.")

    def to_python(self, value: Any) -> Any:
        return value

    def value_from_object(self, obj: Any) -> Any:
        return getattr(obj, self.attname)

    def value_to_string(self, obj: Any) -> str:
        return ""

    def get_default(self) -> Any:
        return "" if not self.null and not self.has_default() else super().get_default()

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return models.Field.formfield(self, **{"form_class": forms.CharField, **kwargs})
