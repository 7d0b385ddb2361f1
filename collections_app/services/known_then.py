"""An object as the system knew it at an instant: its newest history row of then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import models

from collections_app.kernel.errors import DomainError
from collections_app.kernel.history import history_of
from collections_app.kernel.numbers import number_in
from collections_app.kernel.personal import PersonalField
from collections_app.models import Instalment, Loan

_OWN = ("collections_app", "legal")


def tracked() -> dict[str, type[models.Model]]:
    """Every model that keeps a history, by the word that `as_of` calls it."""
    found = (m for label in _OWN if apps.is_installed(label) for m in apps.get_app_config(label).get_models())
    return {str(m._meta.model_name): m for m in found if hasattr(m, "history")}


def known_then(what: str, at: dt.datetime) -> dict[str, Any]:
    """`what` is `case:12`, `loan:L-0004`, … Gives `object, at, fields` and who made it so, when and why (`changed`).

    `fields` holds the columns as they stood, relations by their key; `personal` names those that hold personal data, which is
    not shown. Of a loan, `instalments` are given as they stood too (what was paid on them, `statement` tells). Refused: a word
    that is no tracked model, an object that was never there, an instant before it was or after it was deleted.
    """
    name, _, key = what.partition(":")
    model = tracked().get(name)
    if model is None or not key:
        raise DomainError(
            "unknown_object",
            f"“{what}” names no object; write a word and a key, such as case:12 or loan:L-0004. The words are: "
            f"{', '.join(sorted(tracked()))}.",
            object=what,
        )
    pk = _key(model, key, what)
    rows: Any = history_of(model).objects.filter(**{model._meta.pk.name: pk})  # type: ignore[union-attr]
    row = rows.filter(history_date__lte=at).order_by("-history_date", "-history_id").first()
    if row is None:
        first = rows.order_by("history_date", "history_id").values_list("history_date", flat=True).first()
        since = f"it is known since {first:%Y-%m-%d %H:%M:%S} UTC" if first else "there is no such object"
        raise DomainError("not_known_then", f"{what} was not known at {at:%Y-%m-%d %H:%M:%S %Z}: {since}.", object=what)
    if row.history_type == "-":
        raise DomainError(
            "not_known_then", f"{what} was deleted at {row.history_date:%Y-%m-%d %H:%M:%S} UTC.", object=what
        )
    told = {
        "object": what,
        "at": at,
        **_told(model, row),
        "changed": {
            "at": row.history_date,
            "by": row.history_user.get_username(),
            "because": row.history_change_reason,
            "run": row.history_run.date if row.history_run_id else None,
        },
    }
    if model is Loan:
        told["instalments"] = [_told(Instalment, r)["fields"] for r in _instalments(pk, at)]
    return told


def _key(model: type[models.Model], key: str, what: str) -> Any:
    if model is Loan:
        pk = Loan._default_manager.filter(number=key).values_list("pk", flat=True).first()
        if pk is not None:
            return pk
    number = number_in(key)
    if number is None:
        raise DomainError("unknown_object", f"There is no {what.replace(':', ' ', 1)}.", object=what)
    return number


def _instalments(loan: int, at: dt.datetime) -> Sequence[Any]:
    """The newest history row of then of each instalment, in the order in which they fall due."""
    newest: dict[int, Any] = {}
    for row in (
        history_of(Instalment).objects.filter(loan_id=loan, history_date__lte=at).order_by("history_date", "history_id")
    ):
        newest[row.id] = row
    return sorted((r for r in newest.values() if r.history_type != "-"), key=lambda r: (r.due_on, r.sequence))


def _told(model: type[models.Model], row: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    personal: list[str] = []
    for field in history_of(model).tracked_fields:
        if isinstance(field, PersonalField):
            personal.append(field.name)
        elif isinstance(field, models.BinaryField):
            continue  # blind indexes and wrapped keys say nothing to a reader
        else:
            fields[field.attname] = getattr(row, field.attname)
    return {"fields": fields, "personal": personal} if personal else {"fields": fields}
