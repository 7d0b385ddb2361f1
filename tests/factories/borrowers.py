"""People, where they can be reached, what they said and what holds for them.

Nobody here can be reached: telephone numbers are of the range kept for fiction (555-01xx of any area code), e-mail
ends in example.org.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.kernel import keys
from collections_app.kernel.history import create_by
from collections_app.kernel.keys import BlindIndex
from collections_app.models import (
    BorrowerState,
    Consent,
    ContactPoint,
    DatedFact,
    LoanParty,
    Person,
    RegisterCheck,
    StatedHours,
)

from .staff import a_machine

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def a_reserved_phone(number: int) -> str:
    """The n-th telephone number that will never be given to anybody: +1, an area code, 555-0100 to 555-0199."""
    return f"+1{201 + number // 100 % 799}55501{number % 100:02d}"


def a_person(
    name: str = "Alice Example",
    *,
    by: Any = None,
    reachable: bool = True,
    because: str = "came with the loan",
    **columns: Any,
) -> Person:
    """A person with key and name index; with a mobile number, an e-mail address and a postal address if `reachable`."""
    by = by or a_machine()
    key = keys.new_key("person")
    person = create_by(
        Person, by=by, because=because, key=key, name=name,
        **{"country": "US", "region": "US-IL", "zones": {"physical_address": "America/Chicago"}, **columns},
    )  # fmt: skip
    BlindIndex.objects.bulk_create(keys.index_entries(key.pk, BlindIndex.Kind.NAME_WORD, keys.name_words(name)))
    if reachable:
        a_phone(person, by=by)
        an_email(person, by=by)
        an_address(person, by=by)
    return person


def a_contact_point(
    person: Person, kind: str, value: str, *, by: Any = None, provenance: tuple[str, ...] = ("contract",),
    state: str = "verified", **columns: Any,
) -> ContactPoint:  # fmt: skip
    """Somewhere a person can be reached, without its blind index."""
    return create_by(
        ContactPoint, by=by or a_machine(), because="stated in the contract", person=person, kind=kind, value=value,
        provenance=list(provenance), state=state, **columns,
    )  # fmt: skip


def a_phone(person: Person, number: str | None = None, *, kind: str = "mobile", **columns: Any) -> ContactPoint:
    """A telephone number, found by `Person.objects.with_phone`."""
    number = number or a_reserved_phone(person.pk)
    BlindIndex.objects.bulk_create(
        keys.index_entries(person.key_id, BlindIndex.Kind.PHONE, [keys.normal_phone(number)])
    )
    return a_contact_point(person, kind, number, **columns)


def an_email(person: Person, address: str | None = None, *, kind: str = "email", **columns: Any) -> ContactPoint:
    """An e-mail address, found by `Person.objects.with_email`."""
    address = address or f"person{person.pk}@example.org"
    BlindIndex.objects.bulk_create(
        keys.index_entries(person.key_id, BlindIndex.Kind.EMAIL, [keys.normal_email(address)])
    )
    return a_contact_point(person, kind, address, **columns)


def an_address(
    person: Person, text: str = "12 Example Lane, Springfield, IL 62701", *, kind: str = "home_address", **columns: Any
) -> ContactPoint:
    """A postal address."""
    return a_contact_point(person, kind, text, **columns)


def a_party(loan: Any, person: Person, role: str = "co_debtor", *, by: Any = None, **columns: Any) -> LoanParty:
    """A person's role on a loan. Debtors, co-debtors and guarantors are one group: lock them together."""
    if role in ("debtor", "co_debtor", "guarantor") and person.group != loan.group:
        Person.objects.filter(pk=person.pk).update(group=loan.group)
        person.group = loan.group
    return create_by(LoanParty, by=by or a_machine(), because="signed", loan=loan, person=person, role=role, **columns)


def a_borrower_state(
    person: Person, name: str = "represented", *, by: Any = None, from_at: dt.datetime = LONG_AGO,
    known_at: dt.datetime | None = None, source: str = "letter", **columns: Any,
) -> BorrowerState:  # fmt: skip
    """A fact with a legal effect, by default known since it holds."""
    return create_by(
        BorrowerState, by=by or a_machine(), because="told by letter", person=person, name=name, from_at=from_at,
        known_at=known_at or from_at, source=source, **columns,
    )  # fmt: skip


def a_consent(
    person: Person, kind: str = "night_contact", *, by: Any = None, given_at: dt.datetime = LONG_AGO, **columns: Any
) -> Consent:
    """Something a person agreed to."""
    return create_by(
        Consent, by=by or a_machine(), because="agreed on a recorded call", person=person, kind=kind, given_at=given_at,
        **{"known_at": given_at, "how": "told on a recorded call", **columns},
    )  # fmt: skip


def stated_hours(
    person: Person, from_clock: str, to_clock: str, *, kind: str = "inconvenient", by: Any = None,
    known_at: dt.datetime = LONG_AGO, **columns: Any,
) -> StatedHours:  # fmt: skip
    """Hours that a person named."""
    return create_by(
        StatedHours, by=by or a_machine(), because="said so on the phone", person=person, kind=kind,
        from_clock=from_clock, to_clock=to_clock, known_at=known_at, **columns,
    )  # fmt: skip


def a_dated_fact(
    person: Person, kind: str, from_on: dt.date, until_on: dt.date, *, by: Any = None, known_at: dt.datetime = LONG_AGO
) -> DatedFact:
    """Days of bereavement, calamity, wedding or festival."""
    return create_by(
        DatedFact, by=by or a_machine(), because="told by a relative", person=person, kind=kind, from_on=from_on,
        until_on=until_on, known_at=known_at,
    )  # fmt: skip


def a_register_check(
    state: str, *, at: dt.datetime, person: Person | None = None, source: str = "stand-in"
) -> RegisterCheck:
    """Somebody looked into an outside register and found nothing."""
    return RegisterCheck.objects.create(state=state, person=person, checked_at=at, source=source, stand_in=True)
