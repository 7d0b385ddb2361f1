"""Whose files somebody sees: the department, supervision and auditors all of them, an outside lawyer those given to them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from collections_app.kernel.admin import BaseAdmin


def is_outside_lawyer(user: Any) -> bool:
    """Who reviews files and does not work them."""
    return user.has_perm("legal.review_file") and not user.has_perm("legal.work_file")


class OfFileAdmin(BaseAdmin):
    """Rows of a legal file. `file_path` leads from the row to the file."""

    file_path = "file"
    list_select_related: Any = ("file",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        if not is_outside_lawyer(request.user):
            return rows
        path = f"{self.file_path}__lawyer" if self.file_path else "lawyer"
        return rows.filter(**{path: request.user})
