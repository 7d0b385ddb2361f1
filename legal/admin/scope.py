"""How the rows of files are found, and whose files somebody sees: the department, supervision and auditors all of them, an outside lawyer those given to them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin, number_in
from collections_app.models import Loan, Person


def is_outside_lawyer(user: Any) -> bool:
    """Who reviews files and does not work them."""
    return user.has_perm("legal.review_file") and not user.has_perm("legal.work_file")


SEARCH_LIMIT = 2_000  # people of one name; more than that is no search


def files_found(term: str, file_path: str) -> Q:
    """The rows of the files that a term names: number of the file, loan number, whole words of the name."""

    def of(what: str) -> str:
        return f"{file_path}__{what}" if file_path else what

    number = number_in(term.upper().removeprefix("LF-"))
    if number is not None:
        return Q(**{of("pk"): number})
    loans = list(Loan.objects.filter(number__in=[term, term.upper()]).values_list("pk", flat=True))
    if loans:
        return Q(**{of("case__loan__in"): loans})
    return Q(**{of("person__in"): list(Person.objects.named(term).values_list("pk", flat=True)[:SEARCH_LIMIT])})


class OfFileAdmin(BaseAdmin):
    """Rows of a legal file. `file_path` leads from the row to the file."""

    file_path = "file"
    search_fields: Any = ("=pk",)  # says that the list can be searched; `files_found` says by what
    search_help_text: Any = gettext_lazy("Number of the file, loan number, name")
    list_select_related: Any = ("file",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        if not is_outside_lawyer(request.user):
            return rows
        path = f"{self.file_path}__lawyer" if self.file_path else "lawyer"
        return rows.filter(**{path: request.user})

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(files_found(term, self.file_path)) if term else queryset), False
