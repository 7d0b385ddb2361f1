"""What a row is called without its id: a loan by its number, a case by its loan and episode, a contact by what it covers.

Two databases that gave other ids give the same names, so their rows can be laid beside each other.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models

from collections_app.models import (
    Case,
    Charge,
    Clearance,
    Contact,
    ContactCase,
    ContactEvent,
    ContactPoint,
    Course,
    DailyRun,
    FactSheet,
    Hold,
    Instalment,
    Judgement,
    Lender,
    Loan,
    LoanEvent,
    Payment,
    Person,
    PolicyVersion,
    PrintBatch,
    Promise,
    StaffProfile,
    StoredDocument,
)
from legal.models import Exhibit, LegalFile, Pack

Named = Iterable[tuple[int, str]]


class Names:
    """Names of rows, read in bulk when one is first asked for; rows that came since are read when they are."""

    def __init__(self) -> None:
        self._known: dict[type[models.Model], dict[int, str]] = {}
        self._last: dict[type[models.Model], int] = {}
        self._turns: Counter[tuple[Any, str]] = Counter()
        self._read: dict[type[models.Model], Callable[[int], Named]] = {
            Person: _simple(Person, "key_id", "source_ref"),
            Loan: _simple(Loan, "id", "number"),
            Lender: _simple(Lender, "id", "name"),
            Course: _simple(Course, "id", "code"),
            DailyRun: _simple(DailyRun, "id", "date"),
            get_user_model(): _simple(get_user_model(), "id", "username"),
            StaffProfile: _simple(StaffProfile, "key_id", "user__username"),
            PolicyVersion: _simple(PolicyVersion, "id", "kind", "ident", "version"),
            Case: _simple(Case, "id", "loan__number", "episode", between="#"),
            Instalment: _simple(Instalment, "id", "loan__number", "sequence", between="/"),
            Charge: _simple(Charge, "id", "loan__number", "kind", "source_ref"),
            Payment: _simple(Payment, "id", "source", "reference"),
            LoanEvent: _simple(LoanEvent, "id", "loan__number", "kind", "source_ref"),
            ContactPoint: _simple(ContactPoint, "id", "person__source_ref", "kind", "preference"),
            StoredDocument: _simple(StoredDocument, "id", "sha256"),
            Contact: _contacts,
            Clearance: _contacts,
            ContactEvent: self._in_turn(ContactEvent, "person__source_ref", "kind", "at"),
            Hold: self._in_turn(Hold, "case__loan__number", "case__episode", "reason", "from_on"),
            Promise: self._in_turn(Promise, "case__loan__number", "case__episode", "made_on", "due_on"),
            PrintBatch: self._in_turn(PrintBatch, "business_on"),
            Judgement: self._judgements,
            FactSheet: self._sheets,
            LegalFile: self._in_turn(LegalFile, "case__loan__number", "case__episode", "opened_on"),
            Exhibit: self._in_turn(Exhibit, "file__case__loan__number", "item", "section", "dated_on"),
            Pack: _simple(Pack, "id", "file__case__loan__number", "version"),
        }

    def has(self, model: type[models.Model]) -> bool:
        return model in self._read

    def of(self, model: type[models.Model], pk: int | None) -> str | None:
        """The name of a row; KeyError for one that is not there."""
        if pk is None:
            return None
        known = self._known.setdefault(model, {})
        if pk not in known:
            for key, name in self._read[model](self._last.get(model, 0)):
                known[key] = name
                self._last[model] = max(key, self._last.get(model, 0))
        return known[pk]

    def _in_turn(self, model: type[models.Model], *paths: str) -> Callable[[int], Named]:
        """What may happen twice with the same words is told apart by its turn, first come first."""

        def read(after: int) -> Iterator[tuple[int, str]]:
            for pk, name in _simple(model, "id", *paths)(after):
                yield pk, self.turn(model, name)

        return read

    def turn(self, kind: Any, name: str) -> str:
        self._turns[kind, name] += 1
        return f"{name} no. {self._turns[kind, name]}"

    def _judgements(self, after: int) -> Iterator[tuple[int, str]]:
        rows = (
            Judgement.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "contact_id", "event_id", "phase")
        )
        for pk, contact, event, phase in rows.iterator():
            whose = self.of(Contact, contact) if contact else f"event {self.of(ContactEvent, event)}"
            yield pk, self.turn(Judgement, f"{whose} at {phase}")

    def _sheets(self, after: int) -> Iterator[tuple[int, str]]:
        """A fact sheet is its digest; one that names a member of staff by id is the digest of the same with the name."""
        rows = FactSheet.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "digest", "content")
        for pk, digest, content in rows.iterator():
            agents = [rule["seen"] for rule in content["rules"] if isinstance(rule["seen"].get("agent"), int)]
            for seen in agents:
                seen["agent"] = self.of(get_user_model(), seen["agent"])
            yield pk, hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest() if agents else digest


def _simple(model: type[models.Model], key: str, *paths: str, between: str = " ") -> Callable[[int], Named]:
    def read(after: int) -> Iterator[tuple[int, str]]:
        rows = model._base_manager.filter(pk__gt=after).order_by("pk").values_list(key, *paths)
        for pk, *parts in rows.iterator():
            yield pk, between.join("" if p is None else f"{p}" for p in parts)

    return read


def _contacts(after: int) -> Iterator[tuple[int, str]]:
    """A contact is what it covers: a step of a case (or instalment), its occurrence and attempt, are planned once."""
    told: dict[int, list[str]] = {}
    rows = ContactCase.objects.filter(contact__gt=after).values_list(
        "contact_id", "contact__channel", "contact__business_on", "loan__number", "case__episode", "instalment__sequence", "step",
        "occurrence", "attempt",
    )  # fmt: skip
    for pk, channel, on, loan, episode, sequence, step, occurrence, attempt in rows.order_by(
        "contact_id", "id"
    ).iterator():
        what = f"#{episode}" if episode is not None else f"/{sequence}"
        told.setdefault(pk, [f"{channel} {on}"]).append(f"{loan}{what} {step} {occurrence}.{attempt}")
    for pk, (head, *covers) in told.items():
        yield pk, " ".join([head, *sorted(covers)])
