"""Cases: the list, worst first, and the page on which a case is worked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.compliance.verdict import Answer
from collections_app.kernel import clock, fsm, history, keys
from collections_app.kernel.admin import (
    Act,
    BaseAdmin,
    Button,
    HouseList,
    ReasonedForm,
    made_up_mark,
    office_time,
    tell,
)
from collections_app.kernel.errors import DomainError
from collections_app.kernel.numbers import number_in
from collections_app.models import (
    Case,
    Charge,
    Contact,
    ContactCase,
    ContactPoint,
    Instalment,
    Loan,
    Person,
    PolicyVersion,
    Promise,
)
from collections_app.policy.in_force import Policies
from collections_app.services import calls, cases, holds, receipts
from collections_app.services.call_log import CallTold, log_call
from collections_app.services.may_contact import speaking, why, zone_of

from . import words
from .case_page import (
    METHODS,
    OUTCOMES,
    VISIT_OUTCOMES,
    CallForm,
    HoldForm,
    OwnerForm,
    case_page,
    held_sentence,
    people_of,
    person_of,
    revealed_to,
)
from .timeline import KINDS, timeline_of

SEARCH_LIMIT = 2_000  # people of one name; more than that is no search


class ShowFilter(SimpleListFilter):
    """Which cases the list shows; without a choice those that are open."""

    title = gettext_lazy("show")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("mine", gettext_lazy("Mine")),
            ("ladder", gettext_lazy("On the ladder")),
            ("due", gettext_lazy("Promise due today")),
            ("late", gettext_lazy("Late")),
            ("legal", gettext_lazy("Legal")),
            ("hold", gettext_lazy("On hold")),
            ("nobody", gettext_lazy("Nobody’s")),
            ("review", gettext_lazy("Write-off review")),
            ("closed", gettext_lazy("Closed")),
            ("all", gettext_lazy("All")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return shown(queryset, self.value(), request.user, clock.today())


def shown(rows: Any, view: str | None, user: Any, on: dt.date) -> Any:
    """The cases of a view of the list."""
    if view == "all":
        return rows
    if view == "closed":
        return rows.filter(stage=Case.Stage.CLOSED)
    if view == "ladder":
        return rows.on_ladder()
    if view in (Case.Stage.LATE, Case.Stage.LEGAL):
        return rows.filter(stage=view)
    rows = rows.open()
    if view == "mine":
        return rows.filter(owner=user)
    if view == "nobody":
        return rows.filter(owner=None)
    if view == "hold":
        return rows.filter(contacts_held_until__gte=on)
    if view == "review":
        return rows.exclude(write_off_review_on=None)
    if view == "due":
        return rows.filter(
            Exists(Promise.objects.filter(case=OuterRef("pk"), state=Promise.State.OPEN, due_on__lte=on))
        )
    return rows


class OwnerFilter(SimpleListFilter):
    """By owner: those who may work cases, never one option per row of the table."""

    title = gettext_lazy("owner")
    parameter_name = "owner"
    LIMIT = 40

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = (
            get_user_model().objects.filter(groups__name="collector", is_active=True).order_by("last_name", "username")
        )
        return [(str(u.pk), words.who(u)) for u in people[: self.LIMIT]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        number = number_in(self.value())
        return queryset if number is None else queryset.filter(owner_id=number)


class LadderFilter(SimpleListFilter):
    """By ladder."""

    title = gettext_lazy("ladder")
    parameter_name = "ladder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(p.pk), str(p))
            for p in PolicyVersion.objects.filter(kind=PolicyVersion.Kind.LADDER).only(
                "id", "ident", "version", "state"
            )[:20]
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        number = number_in(self.value())
        return queryset if number is None else queryset.filter(ladder_id=number)


class CaseList(HouseList):
    """The rows of the page come with their sums and neighbours, in the one query that reads them."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        return with_figures(super().get_queryset(request, exclude_parameters), clock.today())


def _sum_open(model: Any, **due: Any) -> Any:
    rows = model.objects.filter(loan=OuterRef("loan"), paid__lt=F("amount"), **due).order_by().values("loan")
    total = rows.annotate(total=Sum(F("amount") - F("paid"), output_field=models.BigIntegerField())).values("total")
    return Coalesce(Subquery(total), 0, output_field=models.BigIntegerField())


def with_figures(rows: Any, on: dt.date) -> Any:
    """Overdue and balance in minor units from what is booked, the next and the last contact, the open promise."""
    waiting = Contact.objects.filter(case=OuterRef("pk"), direction="out", state__in=Contact.WAITING).order_by(
        "not_before", "pk"
    )
    # Two queries further out: the plain OuterRef would be the contact that is looked for.
    covering = ContactCase.objects.filter(case=OuterRef(OuterRef("pk"))).values("contact")
    left = Contact.objects.filter(pk__in=covering).exclude(state__in=Contact.INSIDE).order_by("-claimed_at", "-pk")
    promise = Promise.objects.filter(case=OuterRef("pk"), state=Promise.State.OPEN)
    return rows.annotate(
        overdue_minor=_sum_open(Instalment, due_on__lt=on) + _sum_open(Charge, on__lte=on),
        balance_minor=_sum_open(Instalment) + _sum_open(Charge),
        next_contact=Subquery(
            waiting.values(
                j=JSONObject(channel="channel", state="state", step="step", rules="withheld_by", at="not_before")
            )[:1]
        ),
        last_contact=Subquery(
            left.values(j=JSONObject(channel="channel", state="state", outcome="outcome", at="claimed_at"))[:1]
        ),
        open_promise=Subquery(promise.values(j=JSONObject(due="due_on", amount="amount"))[:1]),
    )


def find_cases(rows: Any, term: str) -> Any:
    """By case number, loan number, whole words of the name, telephone number or e-mail address.

    Numbers and blind indexes are resolved first, each by its index, so that no search walks the table.
    """
    term = term.strip()
    if not term:
        return rows
    case = number_in(term[2:] if term[:2].upper() == "C-" else term)
    wanted = Q(pk__in=[]) if case is None else Q(pk=case)
    loans = list(Loan.objects.filter(Q(number=term) | Q(number=term.upper())).values_list("pk", flat=True)[:10])
    if loans:
        wanted |= Q(loan__in=loans)
    people: Any = None
    digits = keys.normal_phone(term)
    if "@" in term:
        people = Person.objects.with_email(term)
    elif len(digits) >= 7 and len(digits) * 2 >= len(term):
        people = Person.objects.with_phone(term)
    elif keys.name_words(term) and not digits:
        people = Person.objects.named(term)
    if people is not None:
        wanted |= Q(debtor__in=list(people.values_list("pk", flat=True)[:SEARCH_LIMIT]))
    return rows.filter(wanted)


def _refer(case: Case, act: Act) -> Any:
    return cases.refer_to_legal(case, on=act.on, by=act.by, because=act.because, policies=Policies())


@admin.register(Case)
class CaseAdmin(BaseAdmin):
    """Every open case, the worst first."""

    list_display = (
        "borrower",
        "overdue",
        "balance",
        "days_past_due",
        "stage_shown",
        "next_action",
        "last_seen",
        "owner_shown",
    )
    list_filter = (ShowFilter, OwnerFilter, LadderFilter)
    list_select_related = ("loan", "debtor__key", "owner")
    ordering = ("counts_from_on", "id")
    search_fields = ("loan__number",)
    search_help_text = gettext_lazy("Name, case, loan, telephone, e-mail")
    list_per_page = 50
    all_rows = "show=all"
    change_form_template = "admin/collections_app/case/page.html"
    empty_hint = gettext_lazy(
        "No case is here. Cases are opened by the daily run when a loan falls behind: import loans and payments, then close a day."
    )
    buttons = (
        Button("refer_to_legal", gettext_lazy("Refer to legal"), arguments=lambda act: {"on": act.on}, do=_refer),
        Button("return_from_legal", gettext_lazy("Take back from legal"), arguments=lambda act: {"on": act.on}),
    )

    # -- the list ----------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return CaseList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return find_cases(queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        here = request.GET.get("show")
        base = self.url_of("changelist")
        tabs = [{"title": gettext_lazy("Open"), "link": base, "on": here is None}]
        for code, title in ShowFilter.lookups(ShowFilter, request, self):  # type: ignore[arg-type]
            if code == "mine" and not request.user.has_perm("collections_app.work_case"):
                continue
            tabs.append({"title": title, "link": f"{base}?show={code}", "on": here == code})
        note = gettext_lazy("Most days past due first. Balances as booked; stages as of the last run.")
        return super().changelist_view(
            request, {"title": _("Cases"), "list_tabs": tabs, "list_note": note, **(extra_context or {})}
        )

    @admin.display(description=gettext_lazy("Borrower"))
    def borrower(self, case: Case) -> str:
        return format_html(
            '{}<span class="desk-sub">{} · {} {}</span>',
            case.debtor.name,
            case,
            case.loan.number,
            made_up_mark(case.debtor),
        )

    @admin.display(description=gettext_lazy("Overdue"))
    def overdue(self, case: Case) -> str:
        return format_html('<b class="desk-num">{}</b>', words.amount(case.overdue_minor, case.loan.currency))

    @admin.display(description=gettext_lazy("Balance"))
    def balance(self, case: Case) -> str:
        return format_html('<span class="desk-num">{}</span>', words.amount(case.balance_minor, case.loan.currency))

    @admin.display(description=gettext_lazy("Days past due"), ordering="counts_from_on")
    def days_past_due(self, case: Case) -> str:
        oldest = case.loan.oldest_open_due_on
        late = (clock.today() - oldest).days if oldest and case.stage != Case.Stage.CLOSED else None
        return words.days_badge(late)

    @admin.display(description=gettext_lazy("Stage"), ordering="stage")
    def stage_shown(self, case: Case) -> str:
        return words.stage_badge(case.stage)

    @admin.display(description=gettext_lazy("Next action"))
    def next_action(self, case: Case) -> str:
        what, detail, strong = next_action(case, clock.today(), clock.now())
        return format_html(
            '{}<span class="desk-sub">{}</span>', format_html("<b>{}</b>", what) if strong else what, detail
        )

    @admin.display(description=gettext_lazy("Last contact"))
    def last_seen(self, case: Case) -> str:
        last = case.last_contact
        if not last:
            return "–"
        state = Contact.Outcome(last["outcome"]).label if last["outcome"] else Contact.State(last["state"]).label
        return f"{words.CHANNEL_WORDS.get(last['channel'], last['channel'])}, {state.lower()}, {words.day(_instant(last['at']).date())}"

    @admin.display(description=gettext_lazy("Owner"))
    def owner_shown(self, case: Case) -> str:
        return words.who(case.owner) if case.owner_id else format_html('<span class="desk-warn">{}</span>', _("nobody"))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if self.may_act(request) and request.user.has_perm("collections_app.assign_case"):
            actions["give"] = (_give, "give", _("Give to a colleague…"))
        return actions

    # -- the page ----------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("loan__lender", "debtor__key", "owner", "ladder")

    def get_urls(self) -> list[URLPattern]:
        made = [
            ("reveal", self.reveal_view),
            ("call", self.call_view),
            ("hold", self.hold_view),
            ("give", self.give_view),
            ("withdraw", self.withdraw_view),
            ("refuse-medium", self.refuse_medium_view),
        ]
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(view),
                    name=self.url_name(name.replace("-", "_")),
                )
                for name, view in made
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        case = self.get_object(request, unquote(object_id))
        if case is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        return self.page(request, case)

    def page(self, request: HttpRequest, case: Case, form: CallForm | None = None, status: int = 200) -> HttpResponse:
        """The case page; `form` is a call log that has to be corrected."""
        at, on = clock.now(), clock.today()
        kind = request.GET.get("kind", "")
        page = min(number_in(request.GET.get("page")) or 1, 1000)
        with office_time():
            policies = Policies()
            case.ladder_read = policies.ladder(case.ladder_id)  # type: ignore[attr-defined]
            told = case_page(case, request, at=at, on=on, policies=policies)
            people = people_of(case)
            initial = {
                "direction": "out",
                "person": told["revealed"].person_id if told["revealed"] else case.debtor_id,
                "amount": told["suggested_amount"],
            }
            context = {
                **self.admin_site.each_context(request),
                **told,
                "opts": self.opts,
                "original": case,
                "title": str(case),
                "is_fullwidth": "1",
                "timeline": timeline_of(case, kind=kind if kind in KINDS else "", page=page),
                "call_form": form or CallForm(people=people, initial=initial),
                "people_choices": people,
                "outcomes": VISIT_OUTCOMES if told["revealed"] and told["revealed"].channel == "visit" else OUTCOMES,
                "methods": METHODS,
                "acts": self.acts(request, case),
                "hold_form": HoldForm(auto_id="hold_%s"),
                "owner_form": OwnerForm(auto_id="give_%s"),
                "colleagues": self._colleagues(told["may_assign"]),
                "reason_form": ReasonedForm(auto_id=False),
                "today": on.isoformat(),
                "urls": {
                    n: self.url_of(n, str(case.pk))
                    for n in ("reveal", "call", "hold", "give", "withdraw", "refuse_medium", "history")
                },
            }
            response = TemplateResponse(request, self.change_form_template, context, status=status)
            return response.render()

    @staticmethod
    def _colleagues(wanted: bool) -> list[tuple[str, str]]:
        if not wanted:
            return []
        found = (
            get_user_model()
            .objects.filter(groups__name="collector", is_active=True)
            .order_by("last_name", "username")[:100]
        )
        return [(u.get_username(), words.who(u)) for u in found]

    def refusals(self, obj: Any, button: Button, act: Act) -> list[str]:
        extra: Mapping[str, Any] = {}
        if button.transition == "refer_to_legal":
            # The page has read the ladder already.
            ladder = getattr(obj, "ladder_read", None) or Policies().ladder(obj.ladder_id)
            exits = [e for e in ladder.exits if e.to == "legal"]
            if not exits:
                return [_("The ladder of this case has no exit to the legal department.")]
            extra = {"from_day": exits[0].from_day}
        return fsm.refusals(obj, button.transition, by=act.by, **button.asked(act), **extra)

    # -- acts of the page --------------------------------------------------------------------------

    def _asked(self, request: HttpRequest, object_id: str, right: str) -> Case:
        """The case that a POST is about; 403 without the right, 404 where there is none."""
        case = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, case) or not request.user.has_perm(f"collections_app.{right}"):
            raise PermissionDenied
        if case is None:
            raise Http404
        return case

    def _do(self, request: HttpRequest, case: Case, work: Callable[[], str | None]) -> HttpResponse:
        try:
            done = work()
        except DomainError as error:
            tell(request, error)
        else:
            if done:
                messages.success(request, done)
        return HttpResponseRedirect(self.page_of(request, case))

    def reveal_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the gate for a number or an address. Permitted: it stands on the page until the outcome is logged."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._asked(request, object_id, "reveal_contact")
        return self._do(request, case, lambda: self._reveal(request, case))

    def _reveal(self, request: HttpRequest, case: Case) -> str | None:
        at, on = clock.now(), clock.today()
        channel, number, people = (
            request.POST.get("channel", "voice"),
            request.POST.get("person", ""),
            request.POST.get("people", ""),
        )
        if channel not in Contact.BY_HAND:
            raise DomainError(
                "not_by_hand", _("Only telephone numbers and addresses are revealed; messages are sent by the system.")
            )
        held = held_sentence(case, on)
        if held:
            raise DomainError("held", held, case=case.pk)
        if case.stage == Case.Stage.CLOSED:
            raise DomainError("closed", _("This case is closed: there is nothing to call about."), case=case.pk)
        asked_for = number_in(number)
        person = person_of(case, case.debtor_id if asked_for is None else asked_for)
        because = request.POST.get("because", "").strip() or "to call"
        # A call or visit that is planned already is the one that is made; otherwise one is planned by hand.
        contact = (
            Contact.objects.filter(
                case=case,
                person=person,
                channel=channel,
                direction="out",
                state__in=[Contact.State.PLANNED, Contact.State.WITHHELD],
            )
            .order_by("-business_on", "pk")
            .first()
        ) or calls.plan_by_hand(case, channel=channel, person=person, on=on, at=at, by=request.user, because=because)
        answer = calls.reveal(
            contact,
            at=at,
            by=request.user,
            because=because,
            people=number_in(people[:2]),
        )
        if isinstance(answer, Answer):
            messages.error(request, denied_words(answer, person))
            return None
        return _("Revealed. It is shown on this page until you log what came of it; the look is recorded.")

    def call_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Log a call or visit."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._asked(request, object_id, "work_case")
        at, on = clock.now(), clock.today()
        form = CallForm(request.POST, people=people_of(case))
        if not form.is_valid():
            return self.page(request, case, form, status=422)
        told = form.cleaned_data
        revealed = revealed_to(case, request.user, at)
        if revealed is not None and revealed.person_id != told["person"]:
            revealed = None
        try:
            log_call(
                case,
                CallTold(
                    outcome=told["outcome"],
                    direction=told["direction"],
                    note=told["note"],
                    amount=told["amount"],
                    due_on=told["due_on"],
                    method=told["method"],
                ),
                person=person_of(case, told["person"]),
                at=at,
                on=on,
                by=request.user,
                revealed=revealed,
            )
        except DomainError as error:
            form.add_error(None, error.sentence)
            return self.page(request, case, form, status=422)
        messages.success(request, _("Logged: %(what)s.") % {"what": Contact.Outcome(told["outcome"]).label.lower()})
        return HttpResponseRedirect(self.page_of(request, case))

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a hold; a second person approves it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._asked(request, object_id, "work_case")
        return self._formed(
            request,
            case,
            HoldForm(request.POST),
            lambda told: holds.request_hold(
                case,
                reason=told["reason"],
                from_on=clock.today(),
                until_on=told["until_on"],
                by=request.user,
                because=told["because"],
                evidence=told["evidence"] or None,
            ),
            _("Asked for. It stops nothing until a second person approves it."),
        )

    def give_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the case to a colleague."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._asked(request, object_id, "assign_case")
        return self._formed(
            request,
            case,
            OwnerForm(request.POST),
            lambda told: assign(case, told["owner"], by=request.user, because=told["because"]),
            _("Given."),
        )

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The borrower took the open promise back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._asked(request, object_id, "work_case")

        def work(told: Mapping[str, Any]) -> None:
            promise = Promise.objects.filter(case=case, state=Promise.State.OPEN).first()
            if promise is None:
                raise DomainError("no_open_promise", _("No promise is open."), case=case.pk)
            fsm.apply(promise, "withdraw", by=request.user, because=told["because"], on=clock.today())

        return self._formed(request, case, ReasonedForm(request.POST), work, _("Withdrawn."))

    def refuse_medium_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The person refuses a medium at an address: from this instant nothing goes there."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._asked(request, object_id, "work_case")

        def work(told: Mapping[str, Any]) -> None:
            point = ContactPoint.objects.filter(person=case.debtor, pk=number_in(request.POST.get("point"))).first()
            if point is None:
                raise DomainError("no_such_address", _("Choose one of the person’s own addresses."), case=case.pk)
            channels = [c for c, kinds in ContactPoint.FOR_CHANNEL.items() if point.kind in kinds]
            wanted = [c for c in request.POST.getlist("channels") if c in channels] or channels
            receipts.refuse_medium(
                case.debtor,
                contact_point=point,
                channels=wanted,
                at=clock.now(),
                by=request.user,
                because=told["because"],
            )

        return self._formed(request, case, ReasonedForm(request.POST), work, _("Refused from this moment."))

    def _formed(
        self, request: HttpRequest, case: Case, form: forms.Form, work: Callable[[Mapping[str, Any]], Any], done: str
    ) -> HttpResponse:
        if not form.is_valid():
            for name, errors in form.errors.items():
                messages.error(
                    request, f"{form.fields[name].label if name in form.fields else ''} {' '.join(errors)}".strip()
                )
            return HttpResponseRedirect(self.page_of(request, case))
        return self._do(request, case, lambda: work(form.cleaned_data) and None or done)


def assign(case: Case, owner: Any, *, by: Any, because: str) -> Case:
    """Give a case to a colleague, or to nobody."""
    row = Case.objects.get(pk=case.pk)
    row.owner = owner
    return history.save_by(row, by=by, because=because)


def _give(admin_: CaseAdmin, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    rows = list(queryset.order_by("pk")[:501])
    return admin_.previewed(
        request,
        rows,
        action="give",
        what=_("Give to a colleague"),
        refusals=lambda case: [_("The case is closed.")] if case.stage == Case.Stage.CLOSED else [],
        perform=lambda case, act: assign(case, act.values["owner"], by=act.by, because=act.because),
        form=OwnerForm(request.POST if "confirmed" in request.POST else None),
    )


def denied_words(answer: Answer, person: Any) -> str:
    """A refusal of the gate for the page: rule, citation, what it saw, next allowed time in the person's zone."""
    opens = answer.next_allowed_at is not None
    spoken = speaking(answer.sheet, answer.verdict, answer.by, opens)
    reason = why(answer.sheet, answer.verdict, answer.by, opens)
    rule = " ".join(answer.by) + (f" · {spoken['cite']}" if spoken else "")
    if answer.verdict == "approve":
        return _("Not revealed: a second person must approve it first (%(rule)s: %(why)s).") % {
            "rule": rule,
            "why": reason,
        }
    when = (
        _("Next allowed: %(when)s.") % {"when": words.moment(answer.next_allowed_at, zone_of(person))}
        if answer.next_allowed_at
        else _("No next time is known.")
    )
    return _("Not revealed: %(rule)s, %(why)s. %(when)s") % {"rule": rule, "why": reason, "when": when}


def next_action(case: Case, on: dt.date, at: dt.datetime) -> tuple[Any, str, bool]:
    """What comes next for a case of the list: what, its detail, whether it is for now."""
    if case.stage == Case.Stage.CLOSED:
        return _("Closed"), Case.Closed(case.closed_reason).label if case.closed_reason else "", False
    if case.contacts_held_until >= on:
        return (
            _("On hold"),
            ""
            if case.contacts_held_until.year == 9999
            else _("until %(day)s") % {"day": words.day(case.contacts_held_until)},
            False,
        )
    promise, waiting = case.open_promise, case.next_contact
    if promise:
        due = dt.date.fromisoformat(str(promise["due"])[:10])
        what = _("Promise due today") if due == on else _("Promise for %(day)s") % {"day": words.day(due)}
        return what, words.amount(promise["amount"], case.loan.currency), due <= on
    if not waiting:
        return (_("In the legal department") if case.stage == Case.Stage.LEGAL else _("Nothing planned")), "", False
    what = words.CHANNEL_WORDS.get(waiting["channel"], waiting["channel"])
    step = waiting["step"].replace("_", " ")
    when = _instant(waiting["at"])
    if waiting["state"] == Contact.State.AWAITING_APPROVAL:
        return _("%(what)s waits for approval") % {"what": what}, step, False
    if waiting["state"] == Contact.State.WITHHELD and when > at:
        if words.is_far(when, at):
            return _("%(what)s withheld, no time known") % {"what": what}, waiting["rules"], False
        return _("%(what)s: wait until %(when)s") % {"what": what, "when": words.moment(when)}, waiting["rules"], False
    if waiting["channel"] in Contact.BY_HAND:
        return _("%(what)s now") % {"what": what}, step, True
    return _("%(what)s planned") % {"what": what}, f"{step}, {words.moment(when)}", False


def _instant(text: str) -> dt.datetime:
    """An instant out of a JSON object: SQLite writes it without its zone, which is UTC."""
    at = dt.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
