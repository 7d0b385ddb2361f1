"""The red button: what would be stopped is shown first; only a second person lifts it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock
from collections_app.kernel.admin import ReasonedForm, count_words, tell
from collections_app.kernel.errors import DomainError
from collections_app.models import Contact, SendingStop
from collections_app.services import stops

from . import words
from .lists import ShowFilter, TabbedAdmin

COUNTED = 10_001


class StopForm(ReasonedForm):
    """Which channel, and why."""

    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        required=False,
        choices=[("", gettext_lazy("All channels")), *words.CHANNEL_WORDS.items()],
        widget=forms.Select(attrs={"class": "in"}),
    )
    field_order = ["channel", "because"]


class ShowStops(ShowFilter):
    views = (("all", gettext_lazy("All")),)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.value() == "all" else queryset.filter(lifted_at=None)


@admin.register(SendingStop)
class SendingStopAdmin(TabbedAdmin):
    """While one is in force nothing leaves by its channel."""

    show = ShowStops
    first_tab = gettext_lazy("In force")
    list_display = ("channel_shown", "because", "stopped_by", "stopped_at", "lifted_by", "lifted_at")
    list_filter = (ShowStops,)
    list_select_related = ("stopped_by", "lifted_by")
    search_fields = ("because", "stopped_by__username")
    search_help_text = gettext_lazy("Words of the reason, account")
    ordering = ("-id",)
    all_rows = "show=all"
    list_before_template = "admin/collections_app/sendingstop/before_list.html"
    change_form_outer_before_template = "admin/collections_app/sendingstop/before.html"
    empty_hint = gettext_lazy("Nothing is stopped: messages leave when the gate lets them.")

    @admin.display(description=gettext_lazy("Channel"))
    def channel_shown(self, stop: SendingStop) -> Any:
        return words.CHANNEL_WORDS.get(stop.channel, stop.channel) if stop.channel else _("All channels")

    @staticmethod
    def may_stop(request: HttpRequest) -> bool:
        return request.user.has_perm("collections_app.stop_sending")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("stop/", self.admin_site.admin_view(self.stop_view), name=self.url_name("stop")),
            path("<path:object_id>/lift/", self.admin_site.admin_view(self.lift_view), name=self.url_name("lift")),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {"may_stop": self.may_stop(request), "stop_url": self.url_of("stop"), **(extra_context or {})}
        )

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        stop = self.get_object(request, unquote(object_id)) if object_id else None
        context = {
            "stop": stop,
            "may_lift": stop is not None and stop.lifted_at is None and self.may_stop(request),
            "is_own": stop is not None and stop.stopped_by_id == request.user.pk,
            "lift_form": ReasonedForm(auto_id="lift_%s"),
            "lift_url": self.url_of("lift", str(stop.pk)) if stop is not None else "",
        }
        return super().changeform_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def stop_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows what waits to be sent, POST stops it."""
        if not (self.has_view_permission(request) and self.may_stop(request)):
            raise PermissionDenied
        form = StopForm(request.POST if request.method == "POST" else None, auto_id="stop_%s")
        if request.method == "POST" and form.is_valid():
            try:
                stop = stops.stop_all(
                    channel=form.cleaned_data["channel"],
                    because=form.cleaned_data["because"],
                    by=request.user,
                    at=clock.now(),
                )
            except DomainError as error:
                tell(request, error)
            else:
                messages.success(request, _("Stopped. Nothing leaves until a second person lifts it."))
                return HttpResponseRedirect(self.url_of("change", str(stop.pk)))
        now = clock.now()
        waiting = [
            (
                words.CHANNEL_WORDS[c],
                count_words(
                    Contact.objects.dispatchable(now).filter(channel=c).order_by().values("pk")[:COUNTED].count()
                ),
            )
            for c in Contact.MESSAGES
        ]
        by_hand = (
            Contact.objects.filter(
                channel__in=Contact.BY_HAND, direction="out", state__in=["planned", "withheld"], not_before__lte=now
            )
            .order_by()
            .values("pk")[:COUNTED]
            .count()
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Stop sending"),
            "form": form,
            "waiting": waiting,
            "by_hand": count_words(by_hand),
            "in_force": list(SendingStop.objects.filter(lifted_at=None).select_related("stopped_by")),
            "back": self.url_of("changelist"),
        }
        return TemplateResponse(request, "admin/collections_app/sendingstop/stop.html", context)

    def lift_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lift a stop: not by who made it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_stop(request):
            raise PermissionDenied
        stop = self.get_object(request, unquote(object_id))
        if stop is None:
            raise Http404
        form = ReasonedForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say why it is lifted."))
        else:
            try:
                stops.lift(stop, because=form.cleaned_data["because"], by=request.user, at=clock.now())
            except DomainError as error:
                tell(request, error)
            else:
                messages.success(request, _("Lifted."))
        return HttpResponseRedirect(self.url_of("change", str(stop.pk)))
