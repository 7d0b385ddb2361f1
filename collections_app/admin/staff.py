"""Members of staff, what they passed and until when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock, keys
from collections_app.kernel.admin import BaseAdmin
from collections_app.models import Certification, Course, StaffProfile

from . import words


@admin.register(StaffProfile)
class StaffProfileAdmin(BaseAdmin):
    """A member of staff: languages, identification, suspended or not."""

    list_display = ("user", "languages", "agent_number", "suspended")
    list_filter = ("suspended",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__last_name", "agent_number")
    ordering = ("user__username",)
    addable = ("user", "languages", "agent_number", "id_number")
    changeable = ("languages", "agent_number", "suspended")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.key = keys.new_key(keys.DataKey.Kind.STAFF)
        super().save_model(request, obj, form, change)


@admin.register(Course)
class CourseAdmin(BaseAdmin):
    """A training that a rule may ask for."""

    list_display = ("code", "title", "valid_months")
    search_fields = ("code", "title")
    ordering = ("code",)
    addable = ("code", "title", "valid_months")
    changeable = ("title", "valid_months")


@admin.register(Certification)
class CertificationAdmin(BaseAdmin):
    """A course passed; those that run out first."""

    list_display = ("staff", "course", "passed_on", "until", "left")
    list_filter = ("course", "valid_until")
    list_select_related = ("staff__user", "course")
    search_fields = ("staff__user__username", "staff__user__last_name", "course__code")
    search_help_text = gettext_lazy("Account, family name, course")
    ordering = ("valid_until", "id")
    addable = ("staff", "course", "passed_on", "valid_until")
    changeable = ("valid_until",)
    empty_hint = gettext_lazy("No certificate yet. Without one the gate lets nobody visit where a rule asks for it.")

    @admin.display(description=gettext_lazy("Valid until"), ordering="valid_until")
    def until(self, row: Certification) -> str:
        return words.full_day(row.valid_until)

    @admin.display(description=gettext_lazy("Days left"))
    def left(self, row: Certification) -> str:
        days = (row.valid_until - clock.today()).days
        kind = "no" if days < 0 else "warn" if days <= 30 else "ok"
        return format_html('<span class="desk"><span class="badge {}">{}</span></span>', kind, days)
