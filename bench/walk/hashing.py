"""The rows of a walk, told by names instead of ids, and a digest that does not care for their order.

What the day added (history of every tracked table, judgements, allocations, events …) is read once, after each run. The
digest of a table is the sum of the SHA-256 of its rows modulo 2**256: the sum of all days is the digest of the whole,
which is read anew at the end, so that the days together are shown to be everything. Left out: ids, the clock of the
machine (`history_date`, `opened_at` …), and what says how the money came in rather than what was done with it (the
import batch; `stop_seq`, which counts interruptions, one per import). Encrypted text counts as the digest of its plain text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from collections_app.kernel.history import history_of
from collections_app.kernel.personal import PersonalField, unseal
from collections_app.models import (
    AccessRecord,
    Allocation,
    Clearance,
    Contact,
    ContactCase,
    ContactEvent,
    DailyRun,
    DataKey,
    EventDebt,
    Judgement,
    LoanDocument,
    LoanEvent,
    Payment,
    Person,
    RegisterCheck,
    SetAside,
)
from legal.models import Exhibit, Pack

from .names import Names

MODULUS = 2**256

# Ids, the machine's clock, and how money came in.
LEFT_OUT = frozenset(
    "id key history_id history_date history_type history_change_reason history_user history_run batch claim_stop_seq stop_seq "
    "loaded_at closed_at text permit".split()
)
# Made from ids of history rows, or naming them: what was built is told by its exhibits, their digests and its pages.
LEFT_OUT_OF = {
    Exhibit: frozenset(["history_ids", "source"]),
    Pack: frozenset("inputs_sha256 manifest_sha256 sha256 zip_sha256 pdf zip manifest".split()),
}
# Waits for the run of its day; before that, how much of it is known depends on how it is imported.
WAITING = (Payment, LoanEvent)

# What is added and never changed, besides history: table, and how its rows are told.
APPENDED = (Judgement, Allocation, ContactCase, RegisterCheck, AccessRecord, SetAside, LoanDocument)

Row = tuple[str, str, str]  # table, name, what it says


def tracked() -> list[type[models.Model]]:
    """Every model with a history."""
    found = [
        m
        for label in ("collections_app", "legal")
        for m in apps.get_app_config(label).get_models()
        if hasattr(m, "history")
    ]
    return sorted(found, key=lambda m: m._meta.label)


@dataclass
class Digest:
    """Of a table: how many rows, and the sum of their hashes."""

    rows: int = 0
    total: int = 0

    def add(self, row: Row) -> None:
        self.rows += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256("\t".join(row[1:]).encode()).digest())) % MODULUS

    def told(self) -> list[Any]:
        return [self.rows, f"{self.total:064x}"]


class Reading:
    """Reads the rows of a database, each once. A fresh one reads everything from the beginning."""

    def __init__(self) -> None:
        self.names = Names()
        self._last: dict[Any, int] = {}
        self._booked_until = dt.date.min
        self._wrapped: dict[int, bytes] = {}

    def added(self) -> Iterator[Row]:
        """Every row of history and of the tables that only grow that was not read before."""
        for model in tracked():
            if model not in WAITING:
                yield from self._history(model)
        for appended in APPENDED:
            yield from self._appended(appended)
        yield from self._events()
        yield from self._booked()
        yield from self._runs()

    def standing(self) -> Iterator[Row]:
        """The live rows of every tracked table, with the columns that have no history, and all clearances."""
        for model in tracked():
            rows = model._base_manager.all()
            yield from self._rows(model, rows.exclude(booked_on=None) if model in WAITING else rows, "live")
        yield from self._rows(Clearance, Clearance.objects.all(), "live")

    # -- kinds of rows -----------------------------------------------------------------------------

    def _history(self, model: type[models.Model]) -> Iterator[Row]:
        past = history_of(model)
        table = f"history of {model._meta.verbose_name}"
        columns, tell = self._columns(past, of=model)
        rows = past.objects.filter(history_id__gt=self._last.get(table, 0)).order_by("history_id")
        own = [f.attname for f in model._meta.concrete_fields if f.primary_key][0]
        for history_id, pk, kind, because, user, run, *values in rows.values_list(
            "history_id", own, "history_type", "history_change_reason", "history_user", "history_run", *columns
        ).iterator():
            self._last[table] = history_id
            told = {
                "did": kind,
                "because": because,
                "by": self._name("user", user),
                "run": self._name("run", run),
                **tell(values),
            }
            yield table, self._whose(model, pk, told), _json(told)

    def _whose(self, model: type[models.Model], pk: int, told: dict[str, Any]) -> str:
        """Rows of an object are numbered in the order they were written, so that the order counts too."""
        name = (
            self.names.of(model, pk)
            if self.names.has(model)
            else _json({k: v for k, v in told.items() if v and k != "because"})
        )
        return self.names.turn(("history", model), str(name))

    def _appended(self, model: type[models.Model]) -> Iterator[Row]:
        yield from self._rows(model, model._base_manager.filter(pk__gt=self._last.get(model, 0)), "")

    def _rows(self, model: type[models.Model], rows: Any, prefix: str) -> Iterator[Row]:
        columns, tell = self._columns(model, of=model)
        table = f"{prefix} {model._meta.verbose_name}".strip()
        for pk, *values in rows.order_by("pk").values_list("pk", *columns).iterator():
            if not prefix:
                self._last[model] = pk
            told = tell(values)
            yield table, str(self.names.of(model, pk)) if self.names.has(model) else _short(told), _json(told)

    def _events(self) -> Iterator[Row]:
        after = self._last.get(ContactEvent, 0)
        debts: dict[int, list[str]] = {}
        for event, loan in EventDebt.objects.filter(event__gt=after).values_list("event_id", "loan__number"):
            debts.setdefault(event, []).append(loan)
        columns, tell = self._columns(ContactEvent, of=ContactEvent)
        rows = ContactEvent.objects.filter(pk__gt=after).order_by("pk").values_list("pk", *columns)
        for pk, *values in rows.iterator():
            self._last[ContactEvent] = pk
            told = {"debts": sorted(debts.get(pk, [])), **tell(values)}
            yield "contact event", str(self.names.of(ContactEvent, pk)), _json(told)

    def _booked(self) -> Iterator[Row]:
        """Money and events of loans, from the run on that booked them."""
        newest = self._booked_until
        for model in WAITING:
            columns, tell = self._columns(model, of=model)
            rows = model._base_manager.filter(booked_on__gt=self._booked_until).order_by("pk")
            for pk, booked_on, *values in rows.values_list("pk", "booked_on", *columns).iterator():
                newest = max(newest, booked_on)
                yield f"booked {model._meta.verbose_name}", str(self.names.of(model, pk)), _json(tell(values))
        self._booked_until = newest

    def _runs(self) -> Iterator[Row]:
        rows = DailyRun.objects.filter(pk__gt=self._last.get(DailyRun, 0), state=DailyRun.State.CLOSED).order_by("pk")
        for pk, date, newest, state, result in rows.values_list("pk", "date", "newest", "state", "result"):
            self._last[DailyRun] = pk
            yield "daily run", f"{date}", _json({"newest": newest, "state": state, "result": result})

    # -- columns -------------------------------------------------------------------------------------

    def _columns(self, model: type[models.Model], *, of: type[models.Model]) -> tuple[list[str], Any]:
        """The columns of a table that count, and what turns their values into words."""
        left_out = LEFT_OUT | LEFT_OUT_OF.get(of, frozenset())
        fields = [f for f in model._meta.concrete_fields if f.name not in left_out]
        columns: list[str] = []
        for f in fields:
            columns.append(f.attname)
            if isinstance(f, PersonalField):
                columns.append(f"{f.owner}_id")
        permit = of is Judgement
        if permit:
            columns.append("permit")

        def tell(values: list[Any]) -> dict[str, Any]:
            each = iter(values)
            told: dict[str, Any] = {}
            for f in fields:
                value = next(each)
                if isinstance(f, PersonalField):
                    value = self._opened(value, next(each))
                elif f.name == "group":
                    value = self.names.of(Person, value)
                elif f.is_relation:
                    related = f.related_model
                    value = self.names.of(related, value) if self.names.has(related) else bool(value)
                elif of is AccessRecord and f.name == "what":
                    value = self._what(value)
                told[f.name] = value
            if permit:
                told["permitted"] = next(each) is not None
            if of is Exhibit and told["item"] == "contact_log":
                # The log names contacts and judgements by their numbers; both are compared themselves.
                del told["sha256"]
            return told

        return columns, tell

    def _opened(self, value: Any, key: int) -> str | None:
        if value is None:
            return None
        if key not in self._wrapped:
            self._wrapped.update(
                (k, bytes(w))
                for k, w in DataKey.objects.filter(pk__gt=max(self._wrapped, default=0)).values_list("pk", "wrapped")
            )
        return hashlib.sha256(unseal(value.data, key, self._wrapped[key]).encode()).hexdigest()[:16]

    def _what(self, text: str) -> str:
        """What an access record is about, by its name: `contact:12` says an id."""
        kind, _, pk = text.partition(":")
        return f"{kind} {self.names.of(Contact, int(pk))}" if kind == "contact" else kind

    def _name(self, what: str, pk: int | None) -> str | None:
        return self.names.of(get_user_model() if what == "user" else DailyRun, pk)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, sort_keys=True, ensure_ascii=False)


def _short(told: dict[str, Any]) -> str:
    return _json({k: v for k, v in told.items() if v not in (None, "", False)})


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date | Decimal):
        return str(value)
    return str(value)
