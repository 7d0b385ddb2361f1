"""Give the groups of the house their rights, as collections_app/admin/groups.py says."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from collections_app.management.base import JsonCommand

# By its path, like a daily step: the edges stand side by side and do not import each other.
ENSURE_GROUPS = "collections_app.admin.groups.ensure_groups"


class Command(JsonCommand):
    help = "Make the groups (collector, supervisor, auditor …) and give each exactly its rights. Run again, it changes nothing."

    def handle_json(self, **options: Any) -> dict[str, Any]:
        return {"groups": import_string(ENSURE_GROUPS)()}
