"""Contacts: what waits, what was withheld, what left; approvals; the page that says why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock
from collections_app.kernel.admin import BaseAdmin, Button, name_of, office_time
from collections_app.kernel.numbers import number_in
from collections_app.models import Contact, ContactCase
from collections_app.services import letters

from . import words
from .lists import ByNumber, ShowFilter, TabbedAdmin
from .why import why_csv, why_page


class ShowContacts(ShowFilter):
    views = (
        ("by_hand", gettext_lazy("Calls and visits")),
        ("approval", gettext_lazy("To approve")),
        ("withheld", gettext_lazy("Withheld")),
        ("letters", gettext_lazy("Letters")),
        ("unconfirmed", gettext_lazy("Unconfirmed")),
        ("all", gettext_lazy("All")),
    )

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        view = self.value()
        if view == "by_hand":
            return queryset.filter(
                channel__in=Contact.BY_HAND,
                direction="out",
                state__in=["planned", "withheld"],
                not_before__lte=clock.now(),
            )
        if view == "approval":
            return queryset.filter(state=Contact.State.AWAITING_APPROVAL)
        if view == "withheld":
            return queryset.filter(direction="out", state=Contact.State.WITHHELD)
        if view == "letters":
            return queryset.filter(channel="letter")
        if view == "unconfirmed":
            return queryset.filter(state=Contact.State.UNCONFIRMED)
        if view == "all":
            return queryset
        return queryset.filter(direction="out", state__in=Contact.WAITING)


@admin.register(Contact)
class ContactAdmin(TabbedAdmin):
    """Planned and made contacts."""

    show = ShowContacts
    first_tab = gettext_lazy("Waiting")
    list_display = ("what", "borrower", "case", "step_shown", "state_shown", "why_shown", "when", "day_shown")
    list_filter = (ShowContacts, "channel", "state", "business_on")
    list_select_related = ("person__key", "case")
    search_fields = ("=id",)
    search_help_text = gettext_lazy("Number of a contact or a case")
    ordering = ("-id",)
    shown_personal = ("text", "outcome_note")
    all_rows = "show=all"
    change_form_outer_before_template = "admin/collections_app/contact/before.html"
    empty_hint = gettext_lazy(
        "Nothing waits here. The daily run plans contacts; a call is planned by hand on the case page."
    )
    buttons = (
        Button(
            "approve",
            gettext_lazy("Approve"),
            arguments=lambda act: {"reason": act.because, "at": act.at},
            bulk=True,
        ),
        Button("decline", gettext_lazy("Decline"), arguments=lambda act: {"reason": act.because[:200]}, bulk=True),
        Button(
            "mark_delivered",
            gettext_lazy("Proof of delivery came in"),
            arguments=lambda act: {"at": act.at},
            do=lambda obj, act: letters.prove_delivery(obj, at=act.at, by=act.by, tracking=act.values["tracking"]),
            fields={
                "tracking": forms.CharField(
                    label=gettext_lazy("Tracking number"), max_length=120, widget=forms.TextInput(attrs={"class": "in"})
                )
            },
            right="collections_app.approve_contact",
            when=lambda contact: contact.channel == "letter",
        ),
    )

    @admin.display(description=gettext_lazy("Contact"))
    def what(self, contact: Contact) -> str:
        return format_html(
            '{} <span class="desk-sub">{}</span>', words.CHANNEL_WORDS.get(contact.channel, contact.channel), contact.pk
        )

    @admin.display(description=gettext_lazy("Person"))
    def borrower(self, contact: Contact) -> str:
        return format_html('{}<span class="desk-sub">{}</span>', name_of(contact.person), contact.get_party_display())

    @admin.display(description=gettext_lazy("Step"), ordering="step")
    def step_shown(self, contact: Contact) -> str:
        return contact.step.replace("_", " ") or "–"

    @admin.display(description=gettext_lazy("Not before"), ordering="not_before")
    def when(self, contact: Contact) -> str:
        if contact.state == Contact.State.WITHHELD and words.is_far(contact.not_before, clock.now()):
            return _("no time known")
        return words.moment(contact.not_before)

    @admin.display(description=gettext_lazy("Planned for"), ordering="business_on")
    def day_shown(self, contact: Contact) -> str:
        return words.day(contact.business_on)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, contact: Contact) -> str:
        kind = "no" if contact.state in ("withheld", "failed") else "ap" if contact.state == "awaiting_approval" else ""
        return format_html(
            '<span class="desk"><span class="badge {}">{}</span></span>', kind, contact.get_state_display()
        )

    @admin.display(description=gettext_lazy("Why"))
    def why_shown(self, contact: Contact) -> str:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:collections_app_contact_why", args=[contact.pk]),
            contact.withheld_by or contact.state_because or contact.outcome or _("why"),
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().upper()
        if not term:
            return queryset, False
        number = number_in(term.removeprefix("C-"))
        if number is None:
            return queryset.none(), False
        return queryset.filter(**{"case_id" if term.startswith("C-") else "pk": number}), False

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<path:object_id>/why/", self.admin_site.admin_view(self.why_view), name=self.url_name("why")),
            path("<path:object_id>/why.csv", self.admin_site.admin_view(self.csv_view), name=self.url_name("why_csv")),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        why = reverse("admin:collections_app_contact_why", args=[object_id]) if object_id else ""
        return super().changeform_view(request, object_id, form_url, {"why_url": why, **(extra_context or {})})

    def _contact(self, request: HttpRequest, object_id: str) -> Contact:
        if request.method != "GET":
            raise PermissionDenied
        contact = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, contact):
            raise PermissionDenied
        if contact is None:
            raise Http404
        return contact

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related("person__key", "case__loan__lender", "case__debtor__key", "contact_point", "agent")
        )

    def why_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Verdict, next time, rules with what they saw, every judgement, what can be done instead."""
        contact = self._contact(request, object_id)
        with office_time():
            context = {
                **self.admin_site.each_context(request),
                **why_page(contact, at=clock.now(), on=clock.today()),
                "opts": self.opts,
                "original": contact,
                "title": _("Contact %(id)s") % {"id": contact.pk},
                "is_fullwidth": "1",
                "csv_url": self.url_of("why_csv", str(contact.pk)),
            }
            return TemplateResponse(request, "admin/collections_app/contact/why.html", context).render()

    def csv_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return why_csv(self._contact(request, object_id))


@admin.register(ContactCase)
class ContactCaseAdmin(ByNumber, BaseAdmin):
    """What a contact covers."""

    numbers = ("contact_id", "case_id")
    prefix = "C-"
    search_help_text = gettext_lazy("Number of a contact or a case")

    list_display = ("id", "contact", "case", "loan", "step", "occurrence", "attempt")
    list_select_related = ("contact", "case", "loan")
    ordering = ("-id",)
