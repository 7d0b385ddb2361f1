"""Promises: those due first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock
from collections_app.kernel.admin import Button
from collections_app.models import Promise

from . import words
from .lists import ShowFilter, TabbedAdmin
from .person import OfPersonAdmin


class ShowPromises(ShowFilter):
    views = (
        ("due", gettext_lazy("Due today or before")),
        ("broken", gettext_lazy("Broken")),
        ("all", gettext_lazy("All")),
    )

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        view = self.value()
        if view == "all":
            return queryset
        if view == "broken":
            return queryset.filter(state=Promise.State.BROKEN)
        rows = queryset.filter(state=Promise.State.OPEN)
        return rows.filter(due_on__lte=clock.today()) if view == "due" else rows


@admin.register(Promise)
class PromiseAdmin(TabbedAdmin, OfPersonAdmin):
    """What a borrower said they would pay, and whether they did."""

    show = ShowPromises
    list_display = ("id", "who", "case", "amount_words", "due_on", "method", "made_on", "state")
    list_filter = (ShowPromises, "state")
    list_select_related = ("person__key", "case")
    ordering = ("due_on", "id")
    all_rows = "show=all"
    empty_hint = gettext_lazy("No promise here. Promises are written down with a call, on the case page.")
    buttons = (Button("withdraw", gettext_lazy("Taken back by the borrower"), arguments=lambda act: {"on": act.on}),)

    @admin.display(description=gettext_lazy("Amount"), ordering="amount")
    def amount_words(self, promise: Promise) -> str:
        return format_html('<b class="desk-num">{}</b>', words.money_text(promise.amount, promise.currency))
