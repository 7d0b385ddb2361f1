"""Lenders, whose name and address stand on every letter, and their shares."""

from __future__ import annotations

from django.contrib import admin

from collections_app.kernel.admin import BaseAdmin
from collections_app.models import Lender, LenderShare


@admin.register(Lender)
class LenderAdmin(BaseAdmin):
    """A lender."""

    list_display = ("name", "phone", "email", "creditor_group")
    search_fields = ("name",)
    ordering = ("name",)
    changeable = ("address", "phone", "email", "hours", "how_to_pay")


@admin.register(LenderShare)
class LenderShareAdmin(BaseAdmin):
    """A lender's share of a loan."""

    list_display = ("id", "loan", "lender", "parts_per_million")
    list_select_related = ("loan", "lender")
    search_fields = ("=loan__number",)
    ordering = ("-id",)
