"""What the gate said, on which facts; the permissions that only it gives."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin
from collections_app.models import Clearance, FactSheet, Judgement


@admin.register(Judgement)
class JudgementAdmin(BaseAdmin):
    """One answer of the gate, never overwritten."""

    list_display = ("id", "phase", "verdict_shown", "by", "at", "next_allowed_at", "contact", "event")
    list_filter = ("phase", "verdict")
    list_select_related = ("contact", "event")
    search_fields = ("=id",)
    search_help_text = gettext_lazy("Number of a judgement or a contact")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("Verdict"), ordering="verdict")
    def verdict_shown(self, j: Judgement) -> str:
        kind = {"allow": "ok", "warn": "ok", "approve": "ap", "deny": "no"}[j.verdict]
        return format_html('<span class="desk"><span class="badge {}">{}</span></span>', kind, j.get_verdict_display())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().upper().removeprefix("J-")
        if not term:
            return queryset, False
        if not term.isdigit() or len(term) > 18:
            return queryset.none(), False
        return queryset.filter(pk=int(term)) | queryset.filter(contact_id=int(term)), False


@admin.register(FactSheet)
class FactSheetAdmin(BaseAdmin):
    """The reasoning of judgements, once per distinct content."""

    list_display = ("id", "digest")
    search_fields = ("=digest",)
    ordering = ("-id",)


@admin.register(Clearance)
class ClearanceAdmin(BaseAdmin):
    """A permission to leave: of one contact, by one judgement, until an instant."""

    list_display = ("contact", "judgement", "expires_at")
    list_select_related = ("contact", "judgement")
    ordering = ("-contact",)
