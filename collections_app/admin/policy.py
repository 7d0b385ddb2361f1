"""Ladders and presets as they were loaded, their steps and rules; released by a named lawyer."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin, Button
from collections_app.models import LadderStep, PolicyVersion, PresetRule


@admin.register(PolicyVersion)
class PolicyVersionAdmin(BaseAdmin):
    """One version of one file, whole."""

    list_display = (
        "ident",
        "version",
        "kind",
        "jurisdiction",
        "state_shown",
        "effective_from",
        "effective_to",
        "loaded_at",
    )
    list_filter = ("kind", "state", "jurisdiction")
    search_fields = ("ident", "title")
    ordering = ("kind", "ident", "-id")
    verbatim = ("source",)
    empty_hint = gettext_lazy(
        "No ladder and no preset is loaded: load_policy --shipped brings those that come with the program."
    )
    buttons = (Button("release", gettext_lazy("Release")),)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, row: PolicyVersion) -> str:
        kind = {"draft": "warn", "approved": "ok"}.get(row.state, "")
        return format_html('<span class="desk"><span class="badge {}">{}</span></span>', kind, row.get_state_display())


@admin.register(LadderStep)
class LadderStepAdmin(BaseAdmin):
    """A step of a loaded ladder, for people to read."""

    list_display = ("code", "policy", "days", "channel", "summary")
    list_filter = ("channel",)
    list_select_related = ("policy",)
    search_fields = ("code",)
    ordering = ("policy", "position")


@admin.register(PresetRule)
class PresetRuleAdmin(BaseAdmin):
    """A rule of a loaded preset, with its source and how far it can be trusted."""

    list_display = ("rule_id", "policy", "type", "level", "verdict", "confidence", "cite")
    list_filter = ("type", "level", "verdict")
    list_select_related = ("policy",)
    search_fields = ("rule_id",)
    ordering = ("policy", "id")
