"""What the gate said, on which facts; the permissions that only it gives."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin
from collections_app.models import Clearance, FactSheet, Judgement

from .lists import ByNumber


@admin.register(Judgement)
class JudgementAdmin(ByNumber, BaseAdmin):
    """One answer of the gate, never overwritten."""

    list_display = ("id", "phase", "verdict_shown", "by", "at", "next_allowed_at", "contact", "event")
    list_filter = ("phase", "verdict")
    list_select_related = ("contact", "event")
    numbers = ("pk", "contact_id")
    prefix = "J-"
    search_help_text = gettext_lazy("Number of a judgement or a contact")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("Verdict"), ordering="verdict")
    def verdict_shown(self, j: Judgement) -> str:
        kind = {"allow": "ok", "warn": "ok", "approve": "ap", "deny": "no"}[j.verdict]
        return format_html('<span class="desk"><span class="badge {}">{}</span></span>', kind, j.get_verdict_display())


@admin.register(FactSheet)
class FactSheetAdmin(BaseAdmin):
    """The reasoning of judgements, once per distinct content."""

    list_display = ("id", "digest")
    search_fields = ("=digest",)
    ordering = ("-id",)


@admin.register(Clearance)
class ClearanceAdmin(ByNumber, BaseAdmin):
    """A permission to leave: of one contact, by one judgement, until an instant."""

    list_display = ("contact", "judgement", "expires_at")
    list_select_related = ("contact", "judgement")
    numbers = ("contact_id", "judgement_id")
    search_help_text = gettext_lazy("Number of a contact or a judgement")
    ordering = ("-contact",)
