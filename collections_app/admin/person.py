"""People, their roles, where they can be reached, what they agreed to, facts with a legal effect."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock, keys
from collections_app.kernel.admin import BaseAdmin, Button, mask, name_of
from collections_app.kernel.numbers import number_in
from collections_app.models import (
    BlindIndex,
    BorrowerState,
    Consent,
    ContactPoint,
    DatedFact,
    LoanParty,
    Person,
    RegisterCheck,
    StatedHours,
)
from collections_app.services.holds import bump_stop_seq

SEARCH_LIMIT = 2_000


def people_found(term: str) -> list[int]:
    """Ids of the people that a term names: whole words of the name, telephone number, e-mail, id."""
    term = term.strip()
    digits = keys.normal_phone(term)
    if "@" in term:
        rows = Person.objects.with_email(term)
    elif len(digits) >= 7 and len(digits) * 2 >= len(term):
        rows = Person.objects.with_phone(term)
    elif term.isdecimal():
        number = number_in(term)
        return [] if number is None else [number]
    else:
        by_source = list(Person.objects.filter(source_ref=term).values_list("pk", flat=True))
        if by_source:
            return by_source
        rows = Person.objects.named(term)
    return list(rows.values_list("pk", flat=True)[:SEARCH_LIMIT])


@admin.register(Person)
class PersonAdmin(BaseAdmin):
    """A human being. Numbers and dates stay masked: they are revealed through the gate, on the case page."""

    list_display = ("name_shown", "number", "source_ref", "language", "country", "region", "generated")
    list_filter = ("country", "language", "generated")
    list_select_related = ("key",)
    search_fields = ("source_ref",)
    search_help_text = gettext_lazy("Whole words of the name, telephone, e-mail, source’s number")
    ordering = ("-key",)
    shown_personal = ("name",)
    empty_hint = gettext_lazy("Nobody yet: people come with the loans.")

    @admin.display(description=gettext_lazy("Number"), ordering="key")
    def number(self, person: Person) -> int:
        return person.pk

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.filter(pk__in=people_found(search_term)) if search_term.strip() else queryset), False


class OfPersonAdmin(BaseAdmin):
    """Rows about a person: found by what the person is found by."""

    search_fields = ("=person__source_ref",)
    search_help_text = gettext_lazy("Whole words of the name, telephone, e-mail, person’s number")
    list_select_related = ("person__key",)
    ordering = ("-id",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.filter(person__in=people_found(search_term)) if search_term.strip() else queryset), False

    @admin.display(description=gettext_lazy("Person"))
    def who(self, row: Any) -> str:
        return format_html('{}<span class="desk-sub">{}</span>', name_of(row.person), row.person_id)


class _SaidAdmin(OfPersonAdmin):
    """What a person said or what became known: what was claimed for sending before is not spoken any more."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        bump_stop_seq([obj.person_id])
        super().save_model(request, obj, form, change)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        now = clock.now()
        return {**super().get_changeform_initial_data(request), "known_at": now, "given_at": now, "from_at": now}


@admin.register(LoanParty)
class LoanPartyAdmin(OfPersonAdmin):
    """The role of a person on a loan."""

    list_display = ("who", "role", "loan", "liability_in_force")
    list_filter = ("role",)
    list_select_related = ("person__key", "loan")


@admin.register(ContactPoint)
class ContactPointAdmin(OfPersonAdmin):
    """A telephone number, e-mail or postal address, and how we came by it."""

    list_display = ("id", "who", "kind", "value_masked", "state", "preference", "generated")
    list_filter = ("kind", "state")
    addable = ("person", "kind", "value", "provenance", "preference")
    changeable = ("preference", "employer_forbids")
    buttons = (
        Button("verify", gettext_lazy("Verified"), right="collections_app.work_case"),
        Button(
            "mark_invalid", gettext_lazy("Does not reach this person"), right="collections_app.work_case", bulk=True
        ),
        Button("refuse", gettext_lazy("Refused by the person"), right="collections_app.work_case"),
        Button("accept_again", gettext_lazy("Agreed again by the person"), right="collections_app.work_case"),
    )

    @admin.display(description=gettext_lazy("Value"))
    def value_masked(self, point: ContactPoint) -> str:
        return mask(point.value, point.kind)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            BlindIndex.objects.bulk_create(index_of(obj))


def index_of(point: ContactPoint) -> list[BlindIndex]:
    """What a new contact point is found by."""
    if "phone" in point.kind or point.kind in ("mobile", "landline"):
        return keys.index_entries(point.person_id, BlindIndex.Kind.PHONE, [keys.normal_phone(point.value)])
    if "email" in point.kind:
        return keys.index_entries(point.person_id, BlindIndex.Kind.EMAIL, [keys.normal_email(point.value)])
    return []


@admin.register(Consent)
class ConsentAdmin(_SaidAdmin):
    """What a person agreed to, and since when no more."""

    list_display = ("id", "who", "kind", "given_at", "withdrawn_at", "how")
    list_filter = ("kind",)
    addable = ("person", "kind", "given_at", "known_at", "how", "proof")
    changeable = ("withdrawn_at",)


@admin.register(StatedHours)
class StatedHoursAdmin(_SaidAdmin):
    """Hours that a person named."""

    list_display = ("id", "who", "kind", "from_clock", "to_clock", "days", "channels", "ended_at")
    list_filter = ("kind",)
    addable = (
        "person",
        "kind",
        "days",
        "from_clock",
        "to_clock",
        "to_inclusive",
        "holidays",
        "channels",
        "places",
        "known_at",
    )
    changeable = ("ended_at",)


@admin.register(DatedFact)
class DatedFactAdmin(_SaidAdmin):
    """Days of bereavement, calamity, wedding or festival."""

    list_display = ("id", "who", "kind", "from_on", "until_on", "known_at")
    list_filter = ("kind",)
    addable = ("person", "kind", "from_on", "until_on", "known_at")


@admin.register(BorrowerState)
class BorrowerStateAdmin(_SaidAdmin):
    """Facts with a legal effect: represented, bankrupt, medium refused, cease in writing …"""

    list_display = ("id", "who", "name", "loan", "channels", "from_at", "until_at", "source")
    list_filter = ("name",)
    list_select_related = ("person__key", "loan")
    addable = ("person", "name", "loan", "contact_point", "channels", "from_at", "known_at", "source", "proof")
    changeable = ("until_at",)


@admin.register(RegisterCheck)
class RegisterCheckAdmin(OfPersonAdmin):
    """When an outside register was last looked into."""

    list_display = ("id", "state", "person", "checked_at", "source", "stand_in")
    list_filter = ("state", "stand_in")
    list_select_related = ("person",)
