"""Views of a list, a filter by `?show=…` that is drawn as tabs; lists that are searched by a number or a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin
from collections_app.kernel.numbers import number_in


class ShowFilter(SimpleListFilter):
    """One of a few named views of a list. Subclasses give `views` and say in `queryset` what each holds."""

    title = gettext_lazy("show")
    parameter_name = "show"
    views: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return self.views


class TabbedAdmin(BaseAdmin):
    """A list with its views as tabs above it. `show` is the filter, `first_tab` the title of the list without a view."""

    show: type[ShowFilter]
    first_tab: Any = gettext_lazy("Open")
    list_note: Any = ""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        here, base = request.GET.get("show"), self.url_of("changelist")
        tabs = [{"title": self.first_tab, "link": base, "on": here is None}]
        tabs += [
            {"title": title, "link": f"{base}?show={code}", "on": here == code} for code, title in self.tabs(request)
        ]
        return super().changelist_view(
            request, {"list_tabs": tabs, "list_note": self.list_note, **(extra_context or {})}
        )

    def tabs(self, request: HttpRequest) -> Any:
        return self.show.views


class ByNumber:
    """Rows that are found by numbers of themselves and of what they belong to, each by its index."""

    search_fields: tuple[str, ...] = ("=pk",)  # says that the list can be searched; `numbers` says by what
    numbers: tuple[str, ...] = ("pk",)
    prefix = ""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().upper()
        if not term:
            return queryset, False
        number = number_in(term.removeprefix(self.prefix))
        if number is None:
            return queryset.none(), False
        wanted = Q()
        for name in self.numbers:
            wanted |= Q(**{name: number})
        return queryset.filter(wanted), False


class ByDay:
    """Rows that are found by their day, written 2026-03-16."""

    search_fields: tuple[str, ...] = ("=pk",)
    search_help_text: Any = gettext_lazy("Day, as 2026-03-16")
    day = "date"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(**{self.day: dt.date.fromisoformat(term)}), False
        except ValueError:
            return queryset.none(), False
