"""Holds: asked for, approved by a second person, in force by their dates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock
from collections_app.kernel.admin import Button
from collections_app.models import Hold
from collections_app.services import holds

from .lists import ShowFilter, TabbedAdmin
from .person import OfPersonAdmin


class ShowHolds(ShowFilter):
    views = (("requested", gettext_lazy("To approve")), ("force", gettext_lazy("In force")))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "requested":
            return queryset.filter(state=Hold.State.REQUESTED)
        return queryset.in_force(clock.today()) if self.value() == "force" else queryset


@admin.register(Hold)
class HoldAdmin(TabbedAdmin, OfPersonAdmin):
    """A pause with reason, evidence, dates, and what it stops."""

    show = ShowHolds
    first_tab = gettext_lazy("All")
    list_display = ("id", "who", "case", "reason", "from_on", "until_on", "stops", "requested_by", "state")
    list_filter = (ShowHolds, "reason", "state")
    list_select_related = ("person__key", "case", "requested_by")
    shown_personal = ("evidence",)
    empty_hint = gettext_lazy("No hold here. A hold is asked for on the case page.")
    buttons = (
        Button(
            "approve",
            gettext_lazy("Approve"),
            do=lambda hold, act: holds.approve_hold(hold, by=act.by, because=act.because),
            bulk=True,
        ),
        Button("refuse", gettext_lazy("Refuse"), bulk=True),
        Button(
            "end_early",
            gettext_lazy("End it today"),
            arguments=lambda act: {"until_on": act.on},
            do=lambda hold, act: holds.end_hold(hold, on=act.on, by=act.by, because=act.because),
        ),
    )

    @admin.display(description=gettext_lazy("Stops"))
    def stops(self, hold: Hold) -> str:
        return ", ".join(what for what in holds.STOPS if getattr(hold, f"stops_{what}"))
