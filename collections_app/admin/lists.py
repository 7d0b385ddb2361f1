"""Views of a list: a filter by `?show=…` that is drawn as tabs."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin


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
