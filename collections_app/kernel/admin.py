"""What every admin page of both apps keeps to.

Stages are read-only and moved by buttons through `fsm.apply`; nothing is deleted; a change says its reason; personal
values are masked; a bulk act shows first what it would do; a list never counts a whole large table and never offers a
drop-down of as many options as there are rows. django-fsm's own admin mixin is not used: it lets people past the
permissions of a transition.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import display_for_value, unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import connections, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_fsm import ConcurrentTransition
from unfold.admin import ModelAdmin
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from . import clock, fsm, history
from .errors import DomainError, Refused
from .money import MoneyField
from .numbers import KEY_DIGITS, number_in
from .personal import ERASED, PersonalField

COUNT_LIMIT = 10_000  # a list counts so many rows; counting an unfiltered million takes longer than showing it
BULK_LIMIT = 500  # rows of one bulk act: each is asked one by one, before and again when it is done

# --- Numbers that people type ---------------------------------------------------------------------------------


def _is_beyond_keys(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) > KEY_DIGITS


# --- Masking ------------------------------------------------------------------------------------------------


def mask(value: str | None, kind: str = "") -> str:
    """A personal value as it may stand on a page that was not asked to reveal it.

    Of a telephone number the last four digits, of an e-mail address its first letter and the top-level domain, of a postal
    address what stands after its last comma; of anything else nothing.
    """
    if not value:
        return ""
    if value == ERASED:
        return value
    if "phone" in kind or kind in ("mobile", "landline"):
        digits = "".join(c for c in value if c.isdigit())
        return f"(•••) •••-{digits[-4:]}" if len(digits) >= 7 else "•••"
    if "email" in kind:
        name, _at, host = value.partition("@")
        return f"{name[:1]}•••••@•••.{host.rpartition('.')[2]}"
    if "address" in kind:
        last = value.rpartition(",")[2].strip()
        return f"••• ••••••, {last}" if "," in value else "••• ••••••"
    return "••••••"


def made_up_mark(row: Any) -> str:
    """The mark that a person or an address is made up; nothing of a real one."""
    return format_html('<span class="desk-made">{}</span>', _("made-up")) if row.generated else ""


def name_of(person: Any) -> str:
    """A person's name for a list; of a made-up person with the mark that says so."""
    return format_html("{} {}", person.name, made_up_mark(person)) if person.generated else str(person.name)


# --- Buttons ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """What a person asks for: the reason, the instant and office day of the request, and what the form brought."""

    by: Any
    because: str
    at: dt.datetime
    on: dt.date
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Button:
    """A declared transition that people may ask for on a page.

    `arguments` gives the transition what it stamps (`on`, `at` …). `do` is the service that asks for the transition where
    more than the stage must change; without it `fsm.apply` is called. `fields` are asked of the person besides the reason.
    `right` is needed besides the transition's own; `when` says of which objects the page offers it at all.
    """

    transition: str
    label: Any
    arguments: Callable[[Act], Mapping[str, Any]] = lambda act: {}
    do: Callable[[Any, Act], Any] | None = None
    fields: Mapping[str, forms.Field] = field(default_factory=dict)
    bulk: bool = False
    right: str = ""
    when: Callable[[Any], bool] = lambda obj: True

    def may(self, user: Any, model: type[models.Model]) -> bool:
        """Whether this person has the rights of the button and of its transition."""
        permission = fsm.declared(model, self.transition).effects.permission
        return all(user.has_perm(p) for p in (permission, self.right) if p)

    def form(self, data: Mapping[str, Any] | None = None) -> forms.Form:
        made: forms.Form = type("ActForm", (ReasonedForm,), dict(self.fields))(data, auto_id=f"id_{self.transition}_%s")
        return made

    def asked(self, act: Act) -> dict[str, Any]:
        """Everything the guards may be asked with."""
        return {**self.arguments(act), **act.values}

    def perform(self, obj: Any, act: Act) -> Any:
        if self.right and not act.by.has_perm(self.right):
            raise DomainError("right_missing", f"You need the right “{self.right}” to do this.", right=self.right)
        if self.do is not None:
            return self.do(obj, act)
        return fsm.apply(obj, self.transition, by=act.by, because=act.because, **self.asked(act))


class ReasonedForm(forms.Form):
    """The reason that every act says."""

    because = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.TextInput(attrs={"class": "in", "required": True})
    )


class ReasonedModelForm(forms.ModelForm):
    """A model form that says why; the reason stands in the history row."""

    because = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Why this is added or changed. It stands in the history."),
    )


def act_of(request: HttpRequest, because: str, values: Mapping[str, Any] | None = None) -> Act:
    """The act of a request, at this instant."""
    return Act(by=request.user, because=because, at=clock.now(), on=clock.today(), values=values or {})


# --- Lists --------------------------------------------------------------------------------------------------


class BoundedPaginator(Paginator):
    """Counts up to COUNT_LIMIT rows; of an unfiltered larger table PostgreSQL's own estimate is told."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, models.QuerySet):
            return len(rows)
        counted = rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
        if counted <= COUNT_LIMIT or rows.query.where or connections[rows.db].vendor != "postgresql":
            return counted
        with connections[rows.db].cursor() as cursor:
            cursor.execute(
                "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", [f'"{rows.model._meta.db_table}"']
            )
            row = cursor.fetchone()
        return max(counted, int(row[0])) if row else counted


class HouseList(ChangeList):
    """A change list that knows one count, the bounded one. A filter by a number that no key can hold is refused as any
    other filter that makes no sense."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        asked = (v for name, values in self.filter_params.items() if name != SEARCH_VAR for v in values)
        if any(_is_beyond_keys(v) for v in asked):
            raise IncorrectLookupParameters
        return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


def count_words(count: int) -> str:
    """A count of a bounded list in words."""
    return _("more than %(count)s") % {"count": f"{COUNT_LIMIT:,}"} if count > COUNT_LIMIT else f"{count:,}"


@contextmanager
def office_time() -> Iterator[None]:
    """Times on the page are those of the office."""
    with timezone.override(ZoneInfo(settings.LENDER_TIME_ZONE)):
        yield


# --- The base -----------------------------------------------------------------------------------------------


class HouseRules:
    """What holds for every registered model, also of those that other apps brought: nothing is deleted, and a POST to the
    list needs the right to change."""

    def may_act(self, request: HttpRequest, obj: Any = None) -> bool:
        """The right to change this model, by a form or a button."""
        return super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and not self.may_act(request):
            raise PermissionDenied
        with office_time():
            return _rendered(super().changelist_view(request, extra_context))  # type: ignore[misc]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)  # type: ignore[misc]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        if not self.may_act(request):
            return {}
        actions = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        return actions


class BaseAdmin(HouseRules, ModelAdmin):
    """Base of every admin class of both apps. By default a model is looked at only.

    changeable, addable: fields of the two forms; empty: there is no such form. shown_personal: personal fields that are
    shown in clear. concealed: fields never shown. verbatim: texts whose lines are kept. buttons: the transitions that people ask for. empty_hint: what an empty
    list says to do.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    list_fullwidth = True
    list_disable_select_all = True
    form = ReasonedModelForm
    change_form_outer_before_template = "admin/includes/acts.html"
    change_form_outer_after_template = "admin/includes/beside.html"
    list_before_template = "admin/includes/list_before.html"
    object_history_template = "admin/object_history.html"

    changeable: tuple[str, ...] = ()
    addable: tuple[str, ...] = ()
    shown_personal: tuple[str, ...] = ()
    concealed: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()
    all_rows = ""  # the query of the list that shows every row, where the list shows only some without one
    buttons: tuple[Button, ...] = ()
    empty_hint: Any = gettext_lazy("Nothing here yet.")

    def __init__(self, model: type[models.Model], admin_site: Any) -> None:
        self._shown: dict[str, str] = {}
        for f in model._meta.concrete_fields:
            shown = _verbatim(f) if f.name in self.verbatim else _display_of(f, f.name in self.shown_personal)
            if shown is not None:
                name = f"{f.name}_shown"
                setattr(self, name, shown)
                self._shown[f.name] = name
        asked = {*self.changeable, *self.addable}
        # A drop-down of an N-row table is never an answer: without an autocomplete the key itself is asked for.
        self.raw_id_fields = tuple(
            f.name
            for f in model._meta.concrete_fields
            if f.is_relation and f.name in asked and f.name not in self.autocomplete_fields
        )
        super().__init__(model, admin_site)

    # -- who may what ------------------------------------------------------------------------------

    @property
    def is_tracked(self) -> bool:
        return hasattr(self.model, "history")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.addable) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.changeable) and self.may_act(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.may_act(request, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return HouseList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """What is never shown is not asked about either: a filter would tell it letter by letter."""
        name = lookup.partition("__")[0]
        secret = name in self.concealed or any(
            f.name == name and isinstance(f, models.BinaryField) for f in self.model._meta.concrete_fields
        )
        return not secret and super().lookup_allowed(lookup, value, request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        return None if _is_beyond_keys(object_id) else super().get_object(request, object_id, from_field)

    # -- forms -------------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        reason = ["because"] if self.is_tracked else []
        if obj is None:
            return [*self.addable, *reason]
        editable = set(self.changeable) if self.has_change_permission(request, obj) else set()
        fields = [
            f.name if f.name in editable else self._shown.get(f.name, f.name)
            for f in self.model._meta.concrete_fields
            if f.name not in self.concealed
        ]
        return [*fields, *(reason if editable else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        editable = set(self.changeable) if self.has_change_permission(request, obj) else set()
        names = [f.name for f in self.model._meta.concrete_fields if f.name not in editable]
        return [*names, *self._shown.values()]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if not self.is_tracked:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, PersonalField):
            # A binary column to Django, which dresses it as nothing: an input without a border, that nobody sees.
            kwargs.setdefault("widget", UnfoldAdminTextInputWidget())
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(made, forms.SplitDateTimeField):
            # The label of an instant belongs to neither of its two inputs; each says its own part.
            day, time = made.widget.widgets
            day.attrs["aria-label"] = _("%(what)s: day") % {"what": made.label}
            time.attrs["aria-label"] = _("%(what)s: time") % {"what": made.label}
        return made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if self.is_tracked:
            history.save_by(obj, by=request.user, because=form.cleaned_data["because"])
        else:
            obj.save()

    # -- views -------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"empty_hint": self.empty_hint, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if object_id is not None and request.method == "POST" and not self.changeable:
            raise PermissionDenied
        if object_id is not None and request.method == "GET":
            obj = self.get_object(request, unquote(object_id))
            context["acts"] = self.acts(request, obj) if obj is not None else []
            context["beside"] = self.beside(request, obj) if obj is not None else []
        try:
            with office_time():
                return _rendered(super().changeform_view(request, object_id, form_url, context))
        except (DomainError, ConcurrentTransition) as error:
            tell(request, error)
            return HttpResponseRedirect(request.get_full_path())

    def beside(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """The lists of what belongs to an object, (title, address), as far as this person may look at them."""
        told = []
        for model, other in self.admin_site._registry.items():
            if not isinstance(other, BaseAdmin) or not other.has_view_permission(request):
                continue
            keys = [
                f
                for f in model._meta.concrete_fields
                if f.is_relation and f.related_model is self.model and f.name not in other.concealed
            ]
            for f in keys:
                title = str(model._meta.verbose_name_plural).capitalize()
                if len(keys) > 1:
                    title = f"{title} ({f.verbose_name})"
                query = "&".join(q for q in (f"{f.name}__exact={obj.pk}", other.all_rows) if q)
                told.append((title, f"{other.url_of('changelist')}?{query}"))
        return sorted(told)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed it, when, why, and what was different after it; newest first."""
        if request.method != "GET":
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        page = _number(request.GET.get("page"))
        with office_time():
            rows, more = self.changes(obj, page) if self.is_tracked else ([], False)
            context = {
                **self.admin_site.each_context(request),
                "title": _("History: %s") % obj,
                "object": obj,
                "opts": self.opts,
                "changes": rows,
                "page": page,
                "more": more,
                "is_tracked": self.is_tracked,
                "preserved_filters": "",
                **(extra_context or {}),
            }
            return _rendered(TemplateResponse(request, self.object_history_template, context))

    def changes(self, obj: Any, page: int, size: int = 25) -> tuple[list[Change], bool]:
        """One page of the history of an object, with the difference that each row made."""
        rows = list(
            type(obj)
            .history.filter(**{obj._meta.pk.attname: obj.pk})
            .select_related("history_user", "history_run")
            .order_by("-history_id")[(page - 1) * size : page * size + 1]
        )
        shown = rows[:size]
        return [
            _change(row, rows[n + 1] if n + 1 < len(rows) else None, self.shown_personal, self.concealed)
            for n, row in enumerate(shown)
        ], len(rows) > size

    # -- buttons -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.transition_view)
        return [
            path("<path:object_id>/transition/<slug:name>/", view, name=self.url_name("transition")),
            *super().get_urls(),
        ]

    def url_name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"

    def url_of(self, what: str, *args: Any) -> str:
        return reverse(f"admin:{self.url_name(what)}", args=args)

    def acts(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """The buttons of an object's page: what is possible, and of the rest why it is not."""
        if not self.may_act(request, obj):
            return []
        told = []
        for button in self.buttons:
            d = fsm.declared(self.model, button.transition)
            if getattr(obj, d.field) not in d.sources or not button.when(obj):
                continue
            act = act_of(request, "", {name: None for name in button.fields})
            sentences = self.refusals(obj, button, act)
            if not button.may(request.user, self.model):
                # Whose decision it is, is said in words; the guards below it are still told.
                sentences = [
                    _("Your group cannot do this."),
                    *(s for s in sentences if not s.startswith("You need the right")),
                ]
            told.append(
                {
                    "label": button.label,
                    "sentence": _(d.effects.sentence),
                    "form": button.form(),
                    "name": button.transition,
                    "url": self.url_of("transition", str(obj.pk), button.transition),
                    "refusals": sentences,
                }
            )
        return told

    def refusals(self, obj: Any, button: Button, act: Act) -> list[str]:
        """Why the button would be refused now; empty: it would be done."""
        return fsm.refusals(obj, button.transition, by=act.by, **button.asked(act))

    def transition_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """POST only. 403 without the right to see, to change, or to make this transition; guards are told in words."""
        obj = self.get_object(request, unquote(object_id))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_view_permission(request, obj) and self.may_act(request, obj)):
            raise PermissionDenied
        button = next((b for b in self.buttons if b.transition == name), None)
        if obj is None or button is None:
            raise Http404
        if not button.may(request.user, self.model):
            raise PermissionDenied
        if not button.when(obj):
            raise Http404
        form = button.form(request.POST)
        if not form.is_valid():
            for label, errors in form.errors.items():
                messages.error(request, f"{form.fields[label].label}: {' '.join(errors)}")
            return HttpResponseRedirect(self.page_of(request, obj))
        values = {k: v for k, v in form.cleaned_data.items() if k != "because"}
        try:
            button.perform(obj, act_of(request, form.cleaned_data["because"], values))
        except (DomainError, ConcurrentTransition, ValidationError) as error:
            tell(request, error)
        else:
            messages.success(request, _("%(what)s: done.") % {"what": button.label})
        return HttpResponseRedirect(self.page_of(request, obj))

    def page_of(self, request: HttpRequest, obj: Any) -> str:
        """Where to go after an act."""
        return self.url_of("change", str(obj.pk))

    # -- bulk acts ---------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        for button in self.buttons:
            if button.bulk and self.may_act(request) and button.may(request.user, self.model):
                actions[f"do_{button.transition}"] = (_bulk(button), f"do_{button.transition}", f"{button.label}…")
        return actions

    def previewed(
        self,
        request: HttpRequest,
        rows: Sequence[Any],
        *,
        action: str,
        what: Any,
        refusals: Callable[[Any], list[str]],
        perform: Callable[[Any, Act], Any],
        form: forms.Form | None = None,
    ) -> HttpResponse | None:
        """A bulk act: first the page that says what would be done and what is refused why, then the doing."""
        if len(rows) > BULK_LIMIT:
            messages.error(request, _("Choose at most %(limit)s at a time.") % {"limit": BULK_LIMIT})
            return None
        bound = form if form is not None else ReasonedForm(request.POST if "confirmed" in request.POST else None)
        if "confirmed" in request.POST and bound.is_valid():
            values = {k: v for k, v in bound.cleaned_data.items() if k != "because"}
            self._do_all(request, rows, what, perform, act_of(request, bound.cleaned_data["because"], values))
            return None
        refused: dict[str, list[Any]] = {}
        going = []
        for row in rows:
            sentences = refusals(row)
            if sentences:
                refused.setdefault(" ".join(sentences), []).append(row)
            else:
                going.append(row)
        context = {
            **self.admin_site.each_context(request),
            "title": what,
            "opts": self.opts,
            "what": what,
            "action": action,
            "going": going,
            "refused": sorted(refused.items(), key=lambda r: -len(r[1])),
            "rows": rows,
            "form": bound,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/preview.html", context)

    def _do_all(
        self, request: HttpRequest, rows: Sequence[Any], what: Any, perform: Callable[[Any, Act], Any], act: Act
    ) -> None:
        done, refused = 0, Counter[str]()
        for row in rows:
            try:
                perform(row, act)
                done += 1
            except ConcurrentTransition:
                refused[_("It was changed meanwhile.")] += 1
            except DomainError as error:
                refused[error.sentence] += 1
        if done:
            messages.success(request, _("%(what)s: %(count)s done.") % {"what": what, "count": done})
        for sentence, count in refused.most_common():
            messages.warning(request, _("%(count)s refused: %(why)s") % {"count": count, "why": sentence})


def _bulk(button: Button) -> Callable[[BaseAdmin, HttpRequest, Any], HttpResponse | None]:
    def act(admin: BaseAdmin, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = list(queryset.order_by("pk")[: BULK_LIMIT + 1])
        asked = act_of(request, "", {name: None for name in button.fields})
        return admin.previewed(
            request,
            rows,
            action=f"do_{button.transition}",
            what=button.label,
            perform=button.perform,
            refusals=lambda row: admin.refusals(row, button, asked),
            form=button.form(request.POST if "confirmed" in request.POST else None),
        )

    return act


def tell(request: HttpRequest, error: Exception) -> None:
    """A refusal as messages, each failed sentence by itself."""
    if isinstance(error, Refused):
        for sentence in error.sentences:
            messages.error(request, sentence)
    elif isinstance(error, DomainError):
        messages.error(request, error.sentence)
    elif isinstance(error, ConcurrentTransition):
        messages.error(request, _("Somebody changed it at the same moment. Nothing was saved; look again and repeat."))
    else:
        messages.error(request, " ".join(getattr(error, "messages", [str(error)])))


def _rendered(response: Any) -> Any:
    """Rendered now, while the office's time zone is on."""
    return response.render() if hasattr(response, "render") and not response.is_rendered else response


def _number(text: str | None) -> int:
    number = number_in(text)
    return number if number and number < 10_000_000 else 1


# --- Fields as they are shown -------------------------------------------------------------------------------


def _display_of(f: models.Field, in_clear: bool) -> Callable[[Any], str] | None:
    """How a field is shown where Django's own way would show ciphertext, bare numbers or one line of JSON."""
    shown: Callable[[Any], str]
    if isinstance(f, PersonalField):
        if in_clear:
            shown = lambda obj: getattr(obj, f.attname) or "–"  # noqa: E731
        else:
            shown = lambda obj: mask(getattr(obj, f.attname), getattr(obj, "kind", "")) or "–"  # noqa: E731
    elif isinstance(f, MoneyField):
        shown = lambda obj: money_words(getattr(obj, f.attname), getattr(obj, f.currency_field))  # noqa: E731
    elif isinstance(f, models.JSONField):
        shown = lambda obj: format_html(  # noqa: E731
            '<pre class="desk-json">{}</pre>', json.dumps(getattr(obj, f.attname), indent=1, ensure_ascii=False)
        )
    elif isinstance(f, models.BinaryField):
        shown = lambda obj: _("%(size)s bytes") % {"size": len(getattr(obj, f.attname) or b"")}  # noqa: E731
    else:
        return None
    shown.short_description = f.verbose_name  # type: ignore[attr-defined]
    return shown


def _verbatim(f: models.Field) -> Callable[[Any], str]:
    """A text with its lines as they were written."""
    shown: Callable[[Any], str] = lambda obj: format_html('<pre class="desk-json">{}</pre>', getattr(obj, f.attname))  # noqa: E731
    shown.short_description = f.verbose_name  # type: ignore[attr-defined]
    return shown


def money_words(amount: Any, currency: str) -> str:
    """An amount with its currency's code."""
    return "–" if amount is None else f"{amount:,} {currency}"


@dataclass(frozen=True)
class Change:
    """A row of history and what it made different: (field, before, after)."""

    at: dt.datetime
    by: str
    because: str
    run: Any
    kind: str
    differences: list[tuple[str, str, str]]


def _change(row: Any, before: Any, in_clear: Sequence[str], concealed: Sequence[str]) -> Change:
    differences = []
    for f in row.tracked_fields:
        if f.name in concealed:
            continue
        new, old = row.__dict__.get(f.attname), before.__dict__.get(f.attname) if before is not None else None
        if before is None or new == old:
            continue
        if isinstance(f, PersonalField) and f.name not in in_clear:
            told = ("••••••" if old else "–", "••••••" if new else "–")
        else:
            told = (_said(before, f), _said(row, f))
        differences.append((str(f.verbose_name), *told))
    return Change(
        at=row.history_date,
        by=row.history_user.get_full_name() or row.history_user.get_username(),
        because=row.history_change_reason,
        run=row.history_run,
        kind=row.history_type,
        differences=differences,
    )


def _said(row: Any, f: models.Field) -> str:
    value = getattr(row, f.attname)
    if isinstance(f, MoneyField):
        return money_words(value, getattr(row, f.currency_field))
    if f.choices:
        return str(dict(f.flatchoices).get(value, value))
    return display_for_value(value, "–") if value not in (None, "") else "–"
