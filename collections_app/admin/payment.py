"""Payments and how they were appropriated. A payment that looks like a double waits for a person's word."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import Button
from collections_app.models import Allocation, Payment

from . import words
from .loan import OfLoanAdmin


@admin.register(Payment)
class PaymentAdmin(OfLoanAdmin):
    """Money received."""

    list_display = ("reference", "loan", "amount_words", "value_on", "received_at", "method", "state", "booked_on")
    list_filter = ("state", "source", "value_on")
    search_fields = ("=loan__number", "=reference")
    search_help_text = gettext_lazy("Loan number or the source’s reference")
    empty_hint = gettext_lazy("No payment here: import_payments brings them in.")
    buttons = (
        Button("accept", gettext_lazy("Not a double: book it"), bulk=True),
        Button("reject", gettext_lazy("A double: leave it out"), bulk=True),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (
            queryset.filter(Q(reference=term) | Q(loan__number=term) | Q(loan__number=term.upper()))
            if term
            else queryset
        ), False

    @admin.display(description=gettext_lazy("Amount"))
    def amount_words(self, row: Payment) -> str:
        return format_html('<span class="desk-num">{}</span>', words.money_text(row.amount, row.currency))


@admin.register(Allocation)
class AllocationAdmin(OfLoanAdmin):
    """What a payment paid."""

    list_display = ("payment", "loan", "instalment", "charge", "amount_words", "on")
    list_select_related = ("payment", "loan", "instalment", "charge")

    @admin.display(description=gettext_lazy("Amount"))
    def amount_words(self, row: Allocation) -> str:
        return format_html('<span class="desk-num">{}</span>', words.money_text(row.amount, row.currency))
