"""The sidebar: what each person may look at, the work first, with counts that are cheap to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_lazy

from collections_app.kernel import clock
from collections_app.models import Breach, Case, Contact, Hold, ImportBatch, Payment, PolicyVersion, Promise, SetAside

from .groups import role_of

COUNT_LIMIT = 999  # a count in the sidebar says that there is work, not how much there is in all
COUNT_SECONDS = 30


@dataclass(frozen=True)
class Item:
    """One line of the sidebar. `rights`: any of them shows it."""

    title: Any
    icon: str
    url: str
    query: str = ""
    rights: tuple[str, ...] = ()
    rows: Callable[[Any, dt.date], Any] | None = None
    mine: bool = False
    link: str = ""
    count: str = ""
    is_here: bool = False


def _of(model: str, query: str = "") -> dict[str, Any]:
    return {
        "url": f"admin:collections_app_{model}_changelist",
        "query": query,
        "rights": (f"collections_app.view_{model}", f"collections_app.change_{model}"),
    }


SECTIONS: tuple[tuple[Any, tuple[Item, ...]], ...] = (
    (
        "",
        (
            Item(gettext_lazy("Home"), "home", "admin:index"),
            Item(
                gettext_lazy("My cases"),
                "list",
                **(_of("case", "show=mine") | {"rights": ("collections_app.work_case",)}),
                rows=lambda user, on: Case.objects.open().filter(owner=user),
                mine=True,
            ),
            Item(gettext_lazy("Cases"), "group", **_of("case"), rows=lambda user, on: Case.objects.open()),
            Item(
                gettext_lazy("Calls and visits"),
                "call",
                **_of("contact", "show=by_hand"),
                rows=lambda user, on: Contact.objects.filter(
                    channel__in=Contact.BY_HAND,
                    direction="out",
                    state__in=["planned", "withheld"],
                    not_before__lte=clock.now(),
                ),
            ),
            Item(
                gettext_lazy("Promises due"),
                "handshake",
                **_of("promise", "show=due"),
                rows=lambda user, on: Promise.objects.filter(state=Promise.State.OPEN, due_on__lte=on),
            ),
        ),
    ),
    (
        gettext_lazy("To decide"),
        (
            Item(
                gettext_lazy("Contacts to approve"),
                "approval",
                **(_of("contact", "show=approval") | {"rights": ("collections_app.approve_contact",)}),
                rows=lambda user, on: Contact.objects.filter(state=Contact.State.AWAITING_APPROVAL),
            ),
            Item(
                gettext_lazy("Holds to approve"),
                "pause_circle",
                **(_of("hold", "show=requested") | {"rights": ("collections_app.approve_hold",)}),
                rows=lambda user, on: Hold.objects.filter(state=Hold.State.REQUESTED),
            ),
            Item(
                gettext_lazy("Payments to decide"),
                "payments",
                **(_of("payment", "state__exact=suspect") | {"rights": ("collections_app.settle_suspects",)}),
                rows=lambda user, on: Payment.objects.filter(state=Payment.State.SUSPECT),
            ),
            Item(
                gettext_lazy("Breaches"),
                "gavel",
                **_of("breach", "state__exact=open"),
                rows=lambda user, on: Breach.objects.filter(state=Breach.State.OPEN),
            ),
            Item(
                gettext_lazy("Policies to release"),
                "rule",
                **(_of("policyversion", "state__exact=draft") | {"rights": ("collections_app.release_policy",)}),
                rows=lambda user, on: PolicyVersion.objects.filter(state=PolicyVersion.State.DRAFT),
            ),
        ),
    ),
    (
        gettext_lazy("Running"),
        (
            Item(gettext_lazy("Daily runs"), "play_arrow", **_of("dailyrun")),
            Item(
                gettext_lazy("Set aside"),
                "warning",
                **_of("setaside", "show=open"),
                rows=lambda user, on: SetAside.objects.filter(resolved_at=None),
            ),
            Item(
                gettext_lazy("Withheld contacts"),
                "lock",
                **_of("contact", "show=withheld"),
                rows=lambda user, on: Contact.objects.filter(direction="out", state=Contact.State.WITHHELD),
            ),
            Item(gettext_lazy("Letters"), "mail", **_of("contact", "show=letters")),
            Item(gettext_lazy("Stop sending"), "stop_circle", **_of("sendingstop")),
            Item(
                gettext_lazy("Imports"),
                "upload_file",
                **_of("importbatch"),
                rows=lambda user, on: ImportBatch.objects.filter(finished_at=None),
            ),
        ),
    ),
    (
        gettext_lazy("Look up"),
        (
            Item(gettext_lazy("People"), "person", **_of("person")),
            Item(gettext_lazy("Loans"), "request_quote", **_of("loan")),
            Item(gettext_lazy("Payments"), "payments", **_of("payment")),
            Item(gettext_lazy("Promises"), "handshake", **_of("promise")),
            Item(gettext_lazy("Holds"), "pause_circle", **_of("hold")),
            Item(gettext_lazy("All contacts"), "forum", **_of("contact", "show=all")),
            Item(gettext_lazy("What happened"), "history", **_of("contactevent")),
            Item(gettext_lazy("Judgements"), "balance", **_of("judgement")),
            Item(gettext_lazy("Ladders and rules"), "flag", **_of("policyversion")),
        ),
    ),
    (
        gettext_lazy("House"),
        (
            Item(gettext_lazy("Staff"), "badge", **_of("staffprofile")),
            Item(gettext_lazy("Certificates"), "verified", **_of("certification")),
            Item(gettext_lazy("Looked at"), "visibility", **_of("accessrecord")),
            Item(gettext_lazy("Accounts"), "manage_accounts", "admin:auth_user_changelist", rights=("auth.view_user",)),
            Item(gettext_lazy("Groups"), "groups", "admin:auth_group_changelist", rights=("auth.view_group",)),
            Item(
                gettext_lazy("Schedule"),
                "schedule",
                "admin:django_celery_beat_periodictask_changelist",
                rights=("django_celery_beat.view_periodictask",),
            ),
        ),
    ),
)


def sections(request: HttpRequest, counted: bool = True) -> list[tuple[Any, list[Item]]]:
    """The sidebar of this person: sections with the lines they may open."""
    user, on = request.user, clock.today()
    here = request.get_full_path()
    found: list[tuple[Any, list[Item]]] = []
    for title, items in SECTIONS:
        lines = [
            _laid(i, request, here, user, on, counted)
            for i in items
            if not i.rights or any(user.has_perm(r) for r in i.rights)
        ]
        if lines:
            found.append((title, lines))
    found[1:1] = _of_other_apps(request, here)
    return found


def _laid(item: Item, request: HttpRequest, here: str, user: Any, on: dt.date, counted: bool) -> Item:
    path = reverse(item.url)
    link = f"{path}?{item.query}" if item.query else path
    return replace(
        item,
        link=link,
        is_here=here == link or (not item.query and request.path == path and not request.GET.get("show")),
        count=_count(item, user, on) if counted and item.rows is not None else "",
    )


def _count(item: Item, user: Any, on: dt.date) -> str:
    key = f"desk-nav:{item.url}:{item.query}:{user.pk if item.mine else ''}"
    count = cache.get(key)
    if count is None:
        assert item.rows is not None
        count = item.rows(user, on).order_by().values("pk")[: COUNT_LIMIT + 1].count()
        cache.set(key, count, COUNT_SECONDS)
    if not count:
        return ""
    return f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else str(count)


def _of_other_apps(request: HttpRequest, here: str) -> Iterable[tuple[Any, list[Item]]]:
    """Registered models of apps that this floor does not know by name, in the order of their registration."""
    known = {"collections_app", "auth", "django_celery_beat", "django_celery_results", "admin"}
    by_app: dict[str, list[Item]] = {}
    for model, model_admin in admin.site._registry.items():
        opts = model._meta
        if opts.app_label in known or not model_admin.has_view_permission(request):
            continue
        try:
            link = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        except NoReverseMatch:
            continue
        by_app.setdefault(opts.app_label, []).append(
            Item(
                opts.verbose_name_plural.capitalize(),
                getattr(model_admin, "nav_icon", "description"),
                "",
                link=link,
                is_here=request.path.startswith(link),
            )
        )
    return [(apps.get_app_config(label).verbose_name, items) for label, items in by_app.items()]


def other_lists(request: HttpRequest, shown: list[tuple[Any, list[Item]]]) -> list[tuple[Any, str]]:
    """The lists that this person may open and that have no line of their own: (title, address), by title."""
    here = {item.link.partition("?")[0] for _title, items in shown for item in items}
    found = []
    for model, model_admin in admin.site._registry.items():
        opts = model._meta
        link = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        if link not in here and model_admin.has_view_permission(request):
            found.append((str(opts.verbose_name_plural).capitalize(), link))
    return sorted(found)


def extra_context(context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """What every admin page knows besides unfold's own: the sidebar, the office clock, the person's group."""
    zone = ZoneInfo(settings.LENDER_TIME_ZONE)
    is_staff = request.user.is_authenticated and request.user.is_staff
    return {
        **context,
        "desk_sections": (lambda: sections(request)) if is_staff else list,
        "desk_others": (lambda: other_lists(request, sections(request, counted=False))) if is_staff else list,
        "desk_now": clock.now().astimezone(zone),
        "desk_zone": zone,
        "desk_role": (lambda: gettext(role_of(request.user))) if request.user.is_authenticated else str,
        "may_search_cases": request.user.is_authenticated and request.user.has_perm("collections_app.view_case"),
    }
