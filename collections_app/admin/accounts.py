"""Accounts and groups. The rights of groups come from `groups.py`, not from clicks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from collections_app.kernel.admin import BaseAdmin, BoundedPaginator, HouseRules

User = get_user_model()

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(HouseRules, DjangoUserAdmin, ModelAdmin):
    """An account. Nobody changes their own groups; only a superuser makes one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    paginator = BoundedPaginator
    show_full_result_count = False
    list_display = ("username", "first_name", "last_name", "groups_shown", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    filter_horizontal = ()
    list_fullwidth = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=gettext_lazy("Groups"))
    def groups_shown(self, user: Any) -> str:
        return ", ".join(g.name for g in user.groups.all())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return (
            (None, {"fields": ("username", "password")}),
            (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
            (gettext_lazy("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
            (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["last_login", "date_joined"]
        if not request.user.is_superuser:
            fixed.append("is_superuser")
            if obj is not None and obj.pk == request.user.pk:
                # Whoever looks after accounts does not give rights to their own.
                fixed += ["groups", "is_staff", "is_active"]
        return fixed


@admin.register(Group)
class GroupAdmin(BaseAdmin):
    """A group and its rights, as `setup_groups` wrote them."""

    list_display = ("name",)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Name of the group")
    ordering = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name", "rights"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name", "rights"]

    @admin.display(description=gettext_lazy("Rights"))
    def rights(self, group: Group) -> str:
        return ", ".join(group.permissions.order_by("codename").values_list("codename", flat=True))
