"""What tests say again and again, as one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_fsm import FSMField

from collections_app.kernel.history import tracked_columns
from collections_app.models import Contact


def live_values(obj: Any) -> dict[str, Any]:
    """The row as it stands in the database, by history column: raw values, ciphertext included."""
    model = type(obj)
    names = {h: live for live, h in tracked_columns(model)}
    return _raw(model._meta.db_table, names, model._meta.pk.column, obj.pk)[0]


def history_values(obj: Any) -> list[dict[str, Any]]:
    """All history rows of an object, oldest first, by history column: raw values."""
    model = type(obj)
    history = model.history.model
    pk_column = dict(tracked_columns(model))[model._meta.pk.column]
    return _raw(history._meta.db_table, {h: h for _, h in tracked_columns(model)}, pk_column, obj.pk, "history_id")


def _raw(table: str, names: dict[str, str], pk_column: str, pk: Any, order: str = "1") -> list[dict[str, Any]]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        columns = ", ".join(f"{quote(live)} AS {quote(name)}" for name, live in names.items())
        cursor.execute(f"SELECT {columns} FROM {quote(table)} WHERE {quote(pk_column)} = %s ORDER BY {order}", [pk])
        return [
            {n: bytes(v) if isinstance(v, memoryview) else v for n, v in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]


def assert_history(obj: Any, told: Sequence[tuple[str, str]]) -> None:
    """The history of an object is exactly this: (stage or state after it, reason) per row, oldest first. The newest row
    is the live row, and each has an actor and a reason."""
    field = next((f.attname for f in type(obj)._meta.concrete_fields if isinstance(f, FSMField)), None)
    rows = list(type(obj).history.filter(**{type(obj)._meta.pk.attname: obj.pk}).order_by("history_id"))
    assert [(getattr(r, field) if field else r.history_type, r.history_change_reason) for r in rows] == list(told)
    assert_history_is_whole(obj)


def assert_history_is_whole(obj: Any) -> None:
    """Every row has actor and reason, the first is its creation, the newest equals the live row."""
    model = type(obj)
    rows = list(model.history.filter(**{model._meta.pk.attname: obj.pk}).order_by("history_id"))
    assert rows, f"{obj} has no history"
    assert rows[0].history_type == "+"
    assert all(r.history_user_id and r.history_change_reason.strip() for r in rows)
    assert history_values(obj)[-1] == live_values(obj)


def assert_nothing_sent(person: Any) -> None:
    """No contact with this person left the house."""
    left = Contact.objects.filter(person=person, direction="out").exclude(state__in=Contact.INSIDE)
    assert not left.exists(), f"left the house: {[(c.pk, c.channel, c.state) for c in left]}"


def assert_withheld(contact: Contact, *, by: str) -> None:
    """The gate withholds this contact, and this rule is among those that did."""
    contact = Contact.objects.get(pk=contact.pk)
    assert contact.state == Contact.State.WITHHELD, f"{contact} is {contact.state}"
    assert by in contact.withheld_by.split(), f"{contact} was withheld by {contact.withheld_by!r}"


def queries_of(work: Callable[[], Any]) -> list[str]:
    """The SQL that some work sends."""
    with CaptureQueriesContext(connection) as caught:
        work()
    return [q["sql"] for q in caught.captured_queries]


def assert_flat_queries(work: Callable[[int], Any], few: int, many: int) -> None:
    """`work(n)` asks the database as often for many rows as for few."""
    work(few)  # fills the caches that Django fills once (content types, permissions)
    of_few, of_many = queries_of(lambda: work(few)), queries_of(lambda: work(many))
    assert len(of_few) == len(of_many), f"{len(of_few)} queries for {few}, {len(of_many)} for {many}"
