"""What happened: events, the debts they were about, and the breaches that some of them opened."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import Button
from collections_app.models import Breach, ContactEvent, EventDebt

from .loan import OfLoanAdmin
from .person import OfPersonAdmin


@admin.register(ContactEvent)
class ContactEventAdmin(OfPersonAdmin):
    """Append-only; the only thing that the rules count."""

    list_display = ("id", "kind", "who", "party", "at", "channel", "direction", "by", "contact")
    list_filter = ("kind", "channel", "direction")
    list_select_related = ("person__key", "contact")
    shown_personal = ("note",)


@admin.register(EventDebt)
class EventDebtAdmin(OfLoanAdmin):
    """A debt that an event was about."""

    list_display = ("id", "event", "loan")
    list_select_related = ("event", "loan")


@admin.register(Breach)
class BreachAdmin(OfPersonAdmin):
    """A contact that happened although a rule did not allow it."""

    list_display = ("id", "rules", "strength", "who", "event", "opened_at", "state")
    list_filter = ("state", "strength")
    list_select_related = ("person__key", "event")
    shown_personal = ("assessment",)
    empty_hint = gettext_lazy("No breach is open: what happened was allowed.")
    buttons = (
        Button(
            "assess",
            gettext_lazy("Assess"),
            fields={
                "assessment": forms.CharField(
                    label=gettext_lazy("What happened and what follows"),
                    max_length=2000,
                    widget=forms.Textarea(attrs={"class": "in t", "rows": 3}),
                )
            },
        ),
        Button("close", gettext_lazy("Close"), bulk=True),
    )
