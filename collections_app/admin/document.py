"""Stored papers, print batches, and who looked at what. Every download is recorded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.documents import store
from collections_app.kernel import clock, keys
from collections_app.kernel.admin import BaseAdmin, tell
from collections_app.kernel.errors import DomainError
from collections_app.models import AccessRecord, Contact, LoanDocument, PrintBatch, StoredDocument
from collections_app.services import letters

from .lists import ByDay
from .loan import OfLoanAdmin


def download_link(document_id: int | None) -> str:
    """A link to the bytes, or a dash."""
    if document_id is None:
        return "–"
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:collections_app_storeddocument_download", args=[document_id]), _("Get")
    )


# Whoever works with borrowers reads their papers; an auditor sees that they exist, and their hashes.
READERS = ("collections_app.work_case", "collections_app.assess_breach", "collections_app.return_from_legal")


def may_download(user: Any, document: StoredDocument | None) -> bool:
    """Papers of people for those who work with them; print batches for who prints them; packs only by their own links."""
    kind = document.key.kind if document is not None else keys.DataKey.Kind.PERSON
    if kind == keys.DataKey.Kind.PRINT:
        return user.has_perm("collections_app.approve_contact")
    if kind == keys.DataKey.Kind.PERSON:
        return any(user.has_perm(right) for right in READERS)
    return False


@admin.register(StoredDocument)
class StoredDocumentAdmin(BaseAdmin):
    """A file of the blob store."""

    list_display = ("title", "media_type", "pages", "size", "stored_at", "generated", "get_it")
    list_filter = ("media_type", "generated")
    search_fields = ("=sha256",)
    search_help_text = gettext_lazy("SHA-256 of the file")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("File"))
    def get_it(self, document: StoredDocument) -> str:
        return download_link(document.pk)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_fields(request, obj), "get_it"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "get_it"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("key")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<path:object_id>/download/", view, name=self.url_name("download")), *super().get_urls()]

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The bytes, decrypted; the look is recorded first."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        document = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, document) or not may_download(request.user, document):
            raise PermissionDenied
        if document is None:
            raise Http404
        try:
            data = store.get(document)
        except (DomainError, OSError) as error:
            tell(request, error)
            return HttpResponseRedirect(self.url_of("change", str(document.pk)))
        AccessRecord.objects.create(
            user=request.user,
            kind=AccessRecord.Kind.DOWNLOAD,
            what=f"storeddocument:{document.pk}",
            at=clock.now(),
            because="download",
        )
        response = HttpResponse(data, content_type=document.media_type)
        suffix = {"application/pdf": ".pdf", "application/zip": ".zip", "text/html": ".html"}.get(
            document.media_type, ""
        )
        response["Content-Disposition"] = f'attachment; filename="document-{document.pk}{suffix}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


@admin.register(LoanDocument)
class LoanDocumentAdmin(OfLoanAdmin):
    """A paper that belongs to a loan."""

    list_display = ("loan", "kind", "dated_on", "document", "contact", "get_it")
    list_filter = ("kind",)
    list_select_related = ("loan", "document", "contact")

    @admin.display(description=gettext_lazy("File"))
    def get_it(self, row: LoanDocument) -> str:
        return download_link(row.document_id)


@admin.register(PrintBatch)
class PrintBatchAdmin(ByDay, BaseAdmin):
    """Letters printed together. The button gathers those that were sent and are in no batch yet."""

    list_display = ("id", "business_on", "made_at", "letters_count", "get_it")
    day = "business_on"
    ordering = ("-id",)
    list_before_template = "admin/collections_app/printbatch_before.html"
    empty_hint = gettext_lazy(
        "No batch yet. When letters have been sent, gather them here and print the batch with its cover list."
    )

    @admin.display(description=gettext_lazy("File"))
    def get_it(self, batch: PrintBatch) -> str:
        return download_link(batch.document_id)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("print/", self.admin_site.admin_view(self.print_view), name=self.url_name("print")),
            *super().get_urls(),
        ]

    @staticmethod
    def may_print(request: HttpRequest) -> bool:
        return request.user.has_perm("collections_app.approve_contact")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = self.may_print(request)
        waiting = _to_print()[:501].count() if may else 0
        return super().changelist_view(
            request, {"may_print": may, "to_print": waiting, "print_url": self.url_of("print"), **(extra_context or {})}
        )

    def print_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows what would be printed, POST prints it."""
        if not (self.has_view_permission(request) and self.may_print(request)):
            raise PermissionDenied
        if request.method == "POST":
            try:
                batch = letters.print_letters(at=clock.now(), by=request.user)
            except (DomainError, OSError) as error:
                tell(request, error)
                return HttpResponseRedirect(self.url_of("changelist"))
            if batch is None:
                messages.warning(request, _("No letter waits to be printed."))
                return HttpResponseRedirect(self.url_of("changelist"))
            messages.success(
                request, _("%(count)s letters are in batch %(id)s.") % {"count": batch.letters_count, "id": batch.pk}
            )
            return HttpResponseRedirect(self.url_of("change", str(batch.pk)))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Print letters"),
            "to_print": _to_print()[:501].count(),
            "back": self.url_of("changelist"),
        }
        return TemplateResponse(request, "admin/collections_app/print_letters.html", context)


def _to_print() -> Any:
    return Contact.objects.filter(
        channel="letter", state=Contact.State.SENT, print_batch=None, document__isnull=False
    ).values("pk")


@admin.register(AccessRecord)
class AccessRecordAdmin(BaseAdmin):
    """Who looked at what: reveals and downloads."""

    list_display = ("at", "user", "kind", "what", "because")
    list_filter = ("kind", "at")
    list_select_related = ("user",)
    search_fields = ("=what",)
    search_help_text = gettext_lazy("For example contact:12")
    ordering = ("-id",)
