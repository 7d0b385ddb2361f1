"""Keys and blind indexes: that they exist, and since when they do not; never what they are."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin
from collections_app.models import BlindIndex, DataKey

from .lists import ByNumber


@admin.register(DataKey)
class DataKeyAdmin(ByNumber, BaseAdmin):
    """One key per owner of personal data."""

    list_display = ("id", "kind", "created_at", "destroyed_at")
    list_filter = ("kind",)
    search_help_text = gettext_lazy("Number of a key")
    ordering = ("-id",)
    concealed = ("wrapped",)


@admin.register(BlindIndex)
class BlindIndexAdmin(ByNumber, BaseAdmin):
    """What an owner is found by, without the value."""

    list_display = ("id", "key", "kind")
    list_select_related = ("key",)
    numbers = ("key_id",)
    search_help_text = gettext_lazy("Number of a key")
    list_filter = ("kind",)
    ordering = ("-id",)
    concealed = ("digest",)
