"""The rows of a legal file, each kind with its list: exhibits, packs, reviews, service, costs, deadlines, downloads."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock
from collections_app.kernel.admin import ReasonedForm, money_words, tell
from collections_app.kernel.errors import DomainError
from legal.models import Cost, Deadline, Defect, Exhibit, LawyerReview, Pack, PackDownload, PackLink, ServiceAttempt
from legal.services import downloads

from .scope import OfFileAdmin


@admin.register(Exhibit)
class ExhibitAdmin(OfFileAdmin):
    """A paper of a file."""

    nav_icon = "attach_file"
    list_display = ("id", "file", "tab", "title_shown", "item", "dated_on", "included", "present")
    list_filter = ("origin", "kind", "included", "present")
    list_select_related = ("file", "person__key")
    shown_personal = ("title", "note")


@admin.register(Pack)
class PackAdmin(OfFileAdmin):
    """A version of the evidence pack. It is taken away by a link for one person, and each use of it is logged."""

    nav_icon = "inventory_2"
    list_display = ("id", "file", "version", "state", "pages", "sha256_short", "sealed_at", "sealed_by")
    list_filter = ("state", "court")
    list_select_related = ("file", "sealed_by")
    search_help_text = gettext_lazy("Number of the file, loan number, name, SHA-256 of the PDF or of the manifest")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        digest = search_term.strip().lower()
        if len(digest) == 64:
            return queryset.filter(Q(sha256=digest) | Q(manifest_sha256=digest)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("SHA-256"))
    def sha256_short(self, pack: Pack) -> str:
        return format_html("<code>{}…{}</code>", pack.sha256[:4], pack.sha256[-4:])

    def get_urls(self) -> list[URLPattern]:
        return [
            path("taken/<str:token>/", self.admin_site.admin_view(self.taken_view), name=self.url_name("taken")),
            path("<path:object_id>/link/", self.admin_site.admin_view(self.link_view), name=self.url_name("link")),
            *super().get_urls(),
        ]

    def link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a link for this person, and follow it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        pack = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, pack) or not request.user.has_perm("legal.download_pack"):
            raise PermissionDenied
        if pack is None:
            raise Http404
        back = reverse("admin:legal_legalfile_change", args=[pack.file_id])
        form = ReasonedForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say what the pack is taken for; it stands in the log."))
            return HttpResponseRedirect(back)
        try:
            link = downloads.make_link(
                pack,
                what=request.POST.get("what", ""),
                at=clock.now(),
                by=request.user,
                because=form.cleaned_data["because"],
            )
        except DomainError as error:
            tell(request, error)
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(self.url_of("taken", link.token))

    def taken_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """The file behind a link; logged before a byte is given."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not request.user.has_perm("legal.download_pack"):
            raise PermissionDenied
        try:
            taken = downloads.fetch(token, at=clock.now(), by=request.user)
        except (DomainError, OSError) as error:
            tell(request, error)
            return HttpResponseRedirect(reverse("admin:legal_legalfile_changelist"))
        response = HttpResponse(taken.data, content_type=taken.media_type)
        response["Content-Disposition"] = f'attachment; filename="{taken.name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


@admin.register(LawyerReview)
class LawyerReviewAdmin(OfFileAdmin):
    """A decision about a version; privileged, never part of a pack."""

    nav_icon = "rate_review"
    list_display = ("id", "file", "pack", "lawyer", "decision", "decided_at")
    list_filter = ("decision",)
    list_select_related = ("file", "pack", "lawyer")
    shown_personal = ("note",)


@admin.register(Defect)
class DefectAdmin(OfFileAdmin):
    """What a lawyer wants mended."""

    nav_icon = "report"
    file_path = "review__file"
    list_display = ("id", "review", "number", "text_shown", "mended_on", "mended_by")
    list_select_related = ("review", "person__key", "mended_by")
    shown_personal = ("text", "answer")


@admin.register(ServiceAttempt)
class ServiceAttemptAdmin(OfFileAdmin):
    """An attempt to serve a document."""

    nav_icon = "local_shipping"
    list_display = ("id", "file", "what", "method", "at", "outcome", "deemed_on")
    list_filter = ("method", "outcome")
    shown_personal = ("note",)


@admin.register(Cost)
class CostAdmin(OfFileAdmin):
    """A cost of a file."""

    nav_icon = "payments"
    list_display = ("id", "file", "kind", "on", "amount_words", "claimed", "authority")
    list_filter = ("kind", "claimed")

    @admin.display(description=gettext_lazy("Amount"))
    def amount_words(self, cost: Cost) -> str:
        return money_words(cost.amount, cost.currency)


@admin.register(Deadline)
class DeadlineAdmin(OfFileAdmin):
    """Days that must not be missed, the next first."""

    nav_icon = "event"
    list_display = ("on", "what", "file", "kind", "counted_from", "counted_because", "rule", "done_on")
    list_filter = ("kind", "on")
    ordering = ("on", "id")


@admin.register(PackLink)
class PackLinkAdmin(OfFileAdmin):
    """A link that was made."""

    nav_icon = "link"
    file_path = "pack__file"
    list_display = ("id", "pack", "what", "user", "because", "made_at", "expires_at")
    list_select_related = ("pack", "user")
    concealed = ("token_sha256",)


@admin.register(PackDownload)
class PackDownloadAdmin(OfFileAdmin):
    """A pack that was taken away."""

    nav_icon = "download"
    file_path = "pack__file"
    list_display = ("id", "pack", "user", "at", "because")
    list_select_related = ("pack", "user")
