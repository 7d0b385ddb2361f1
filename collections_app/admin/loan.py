"""Loans and what is due on them. The ledger is written by intake and the daily run, never by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock
from collections_app.kernel.admin import BaseAdmin, name_of
from collections_app.models import Charge, Instalment, Loan, LoanEvent

from . import words


def by_loan_number(queryset: Any, term: str) -> Any:
    """Rows of a loan, by its number: exact, so that the index answers."""
    term = term.strip()
    return queryset.filter(Q(loan__number=term) | Q(loan__number=term.upper())) if term else queryset


class OfLoanAdmin(BaseAdmin):
    """Rows of a loan: found by its number."""

    search_fields = ("=loan__number",)
    search_help_text = gettext_lazy("Loan number")
    list_select_related = ("loan",)
    ordering = ("-id",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return by_loan_number(queryset, search_term), False


@admin.register(Loan)
class LoanAdmin(BaseAdmin):
    """A contract: the worst first."""

    list_display = (
        "number",
        "borrower",
        "product",
        "principal_words",
        "instalment_words",
        "days_past_due",
        "state",
        "lender",
    )
    list_filter = ("state", "product", "currency", "collector_role")
    list_select_related = ("debtor__key", "lender")
    search_fields = ("=number",)
    search_help_text = gettext_lazy("Loan number")
    ordering = ("-id",)
    empty_hint = gettext_lazy("No loan yet: import_loans brings them in.")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(Q(number=term) | Q(number=term.upper())) if term else queryset), False

    @admin.display(description=gettext_lazy("Borrower"))
    def borrower(self, loan: Loan) -> str:
        return name_of(loan.debtor)

    @admin.display(description=gettext_lazy("Loan amount"))
    def principal_words(self, loan: Loan) -> str:
        return format_html('<span class="desk-num">{}</span>', words.money_text(loan.principal, loan.currency))

    @admin.display(description=gettext_lazy("Instalment"))
    def instalment_words(self, loan: Loan) -> str:
        return format_html('<span class="desk-num">{}</span>', words.money_text(loan.instalment, loan.currency))

    @admin.display(description=gettext_lazy("Days past due"), ordering="oldest_open_due_on")
    def days_past_due(self, loan: Loan) -> str:
        late = (
            (clock.today() - loan.oldest_open_due_on).days
            if loan.oldest_open_due_on and loan.state in Loan.LIVE
            else None
        )
        return words.days_badge(late)


class _Item(OfLoanAdmin):
    @admin.display(description=gettext_lazy("Amount"))
    def amount_words(self, row: Any) -> str:
        return format_html('<span class="desk-num">{}</span>', words.money_text(row.amount, row.currency))

    @admin.display(description=gettext_lazy("Paid"))
    def paid_words(self, row: Any) -> str:
        return format_html('<span class="desk-num">{}</span>', words.money_text(row.paid, row.currency))


@admin.register(Instalment)
class InstalmentAdmin(_Item):
    """What is due when."""

    list_display = ("loan", "sequence", "due_on", "contract_due_on", "amount_words", "paid_words")


@admin.register(Charge)
class ChargeAdmin(_Item):
    """Fees and costs, with the clause or law that allows them."""

    list_display = ("loan", "kind", "on", "amount_words", "paid_words", "authority")
    list_filter = ("kind",)


@admin.register(LoanEvent)
class LoanEventAdmin(_Item):
    """What a servicer reports besides payments."""

    list_display = ("loan", "kind", "on", "months", "amount_words", "booked_on", "source_ref")
    list_filter = ("kind",)
