"""Files that came in, and the rows that were refused with their reason."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin
from collections_app.models import ImportBatch, ImportRow


@admin.register(ImportBatch)
class ImportBatchAdmin(BaseAdmin):
    """One file, once."""

    list_display = ("file_name", "kind", "mapping", "as_of", "started_at", "finished_at", "counts")
    list_filter = ("kind",)
    search_fields = ("file_name", "=sha256")
    ordering = ("-id",)
    empty_hint = gettext_lazy("Nothing was imported yet: import_loans FILE, then import_payments FILE.")

    @admin.display(description=gettext_lazy("Result"))
    def counts(self, batch: ImportBatch) -> str:
        wanted = ("rows", "created", "updated", "unchanged", "rejected", "later", "suspects")
        return ", ".join(
            f"{k} {batch.result[k]:,}" for k in wanted if isinstance(batch.result.get(k), int) and batch.result[k]
        )


@admin.register(ImportRow)
class ImportRowAdmin(BaseAdmin):
    """A row that was refused: correct it and send it again."""

    list_display = ("batch", "line", "column", "code", "reason")
    list_filter = ("code",)
    list_select_related = ("batch",)
    search_fields = ("=batch__file_name",)
    ordering = ("-id",)
