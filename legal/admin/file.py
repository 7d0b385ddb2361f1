"""Legal files: the list, what waits first, and the page on which a file is made complete, reviewed and taken to court."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel import clock, fsm
from collections_app.kernel.admin import Act, Button, ReasonedForm, act_of, name_of, office_time, tell
from collections_app.kernel.errors import DomainError
from collections_app.kernel.numbers import number_in
from legal import tasks
from legal.bundle.courts import load_court
from legal.models import Deadline, Defect, Exhibit, LegalFile, Pack
from legal.services import costs, court, deadlines, exhibits, files, reviews
from legal.services.business_day import business_day

from .file_page import STATE_WORDS, day, file_page, who
from .forms import AnswerForm, CostForm, DeadlineForm, LawyerForm, PaperForm, ServiceForm
from .scope import OfFileAdmin

DECISION = "decision"  # the guard that the service meets by writing the decision down first


class ShowFiles(SimpleListFilter):
    """Which files the list shows; without a choice those that are open."""

    title = gettext_lazy("show")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("missing", gettext_lazy("Something missing")),
            ("returned", gettext_lazy("Returned")),
            ("review", gettext_lazy("With the lawyer")),
            ("accepted", gettext_lazy("Accepted")),
            ("court", gettext_lazy("In court")),
            ("closed", gettext_lazy("Closed")),
            ("all", gettext_lazy("All")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        view = self.value()
        states = {
            "returned": [LegalFile.State.RETURNED],
            "review": [LegalFile.State.IN_REVIEW],
            "accepted": [LegalFile.State.ACCEPTED],
            "court": [LegalFile.State.CLAIM_SENT, *LegalFile.IN_COURT],
            "closed": [LegalFile.State.CLOSED],
        }
        if view in states:
            return queryset.filter(state__in=states[view])
        if view == "all":
            return queryset
        return queryset.open().filter(missing_count__gt=0) if view == "missing" else queryset.open()


def _in(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "in t", "rows": rows})


def _words(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.TextInput(attrs={"class": "in"}), **{"max_length": 120, **kwargs})


def _send_back(file: LegalFile, act: Act) -> Any:
    return reviews.return_file(
        file, defects=act.values["defects"].splitlines(), on=act.on, at=act.at, by=act.by, note=act.because
    )


BUTTONS = (
    Button(
        "send_to_lawyer",
        gettext_lazy("Send to the lawyer"),
        do=lambda file, act: reviews.send_to_lawyer(file, on=business_day(), at=act.at, by=act.by, because=act.because),
    ),
    Button(
        "accept",
        gettext_lazy("Accept"),
        arguments=lambda act: {"on": act.on},
        do=lambda file, act: reviews.accept(file, on=act.on, at=act.at, by=act.by, note=act.because),
    ),
    Button(
        "send_back",
        gettext_lazy("Return with defects"),
        arguments=lambda act: {"on": act.on},
        do=_send_back,
        fields={
            "defects": forms.CharField(
                label=gettext_lazy("What must be mended, one a line"), max_length=5000, widget=_in(3)
            )
        },
    ),
    Button(
        "send_claim",
        gettext_lazy("Letter of claim was sent"),
        arguments=lambda act: {"on": act.on},
        do=lambda file, act: court.send_claim(
            file, on=act.on, by=act.by, because=act.because, wait_days=act.values["wait_days"], rule=act.values["rule"]
        ),
        fields={
            "wait_days": forms.IntegerField(
                label=gettext_lazy("Days that the debtor has to answer"),
                min_value=0,
                max_value=365,
                widget=forms.NumberInput(attrs={"class": "in"}),
            ),
            "rule": _words(gettext_lazy("By which rule")),
        },
    ),
    Button(
        "file_claim",
        gettext_lazy("Claim was filed"),
        arguments=lambda act: {"on": act.on},
        do=lambda file, act: court.file_claim(
            file, claim_number=act.values["claim_number"], on=act.on, by=act.by, because=act.because
        ),
        fields={"claim_number": _words(gettext_lazy("Number of the claim"), max_length=40)},
    ),
    Button("mark_served", gettext_lazy("Claim was served"), arguments=lambda act: {"on": act.on}),
    Button("record_judgment", gettext_lazy("Judgment was given"), arguments=lambda act: {"on": act.on}),
    Button("enforce", gettext_lazy("Enforce"), arguments=lambda act: {"on": act.on}),
    Button(
        "close",
        gettext_lazy("Close the file"),
        arguments=lambda act: {"on": act.on},
        do=lambda file, act: files.close_file(
            file, reason=act.values["reason"], on=act.on, by=act.by, because=act.because
        ),
        fields={
            "reason": forms.ChoiceField(
                label=gettext_lazy("Why"), choices=LegalFile.Closed.choices, widget=forms.Select(attrs={"class": "in"})
            )
        },
    ),
)


@admin.register(LegalFile)
class LegalFileAdmin(OfFileAdmin):
    """A file of the legal department."""

    nav_icon = "balance"
    file_path = ""
    list_display = (
        "number_shown",
        "borrower",
        "state_shown",
        "missing",
        "next_day",
        "lawyer_shown",
        "clerk_shown",
        "opened",
    )
    list_filter = (ShowFiles, "state", "court")
    list_select_related = ("case__loan", "person__key", "lawyer", "clerk")
    ordering = ("-id",)
    all_rows = "show=all"
    change_form_template = "admin/legal/legalfile/page.html"
    empty_hint = gettext_lazy("No file here. A file opens by itself when a case is referred to the legal department.")
    buttons = BUTTONS

    # -- the list ----------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        here, base = request.GET.get("show"), self.url_of("changelist")
        tabs = [{"title": _("Open"), "link": base, "on": here is None}]
        tabs += [
            {"title": t, "link": f"{base}?show={c}", "on": here == c}
            for c, t in ShowFiles.lookups(ShowFiles, request, self)
        ]  # type: ignore[arg-type]
        return super().changelist_view(request, {"list_tabs": tabs, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> Any:
        waiting = (
            Deadline.objects.waiting()
            .filter(file=OuterRef("pk"))
            .exclude(kind=Deadline.Kind.NOT_BEFORE)
            .order_by("on", "id")
        )
        return (
            super()
            .get_queryset(request)
            .select_related("case__loan__lender", "case__debtor", "person__key", "lawyer", "clerk", "pack")
            .annotate(next_on=Subquery(waiting.values("on")[:1]), next_what=Subquery(waiting.values("what")[:1]))
        )

    @admin.display(description=gettext_lazy("File"), ordering="id")
    def number_shown(self, file: LegalFile) -> str:
        return format_html(
            '{}<span class="desk-sub">C-{} · {}</span>', file.number, file.case_id, file.case.loan.number
        )

    @admin.display(description=gettext_lazy("Borrower"))
    def borrower(self, file: LegalFile) -> str:
        return name_of(file.person)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, file: LegalFile) -> str:
        kind = {"returned": "no", "in_review": "ap", "accepted": "ok", "complete": "ok", "closed": ""}.get(
            file.state, "legal"
        )
        return format_html('<span class="desk"><span class="badge {}">{}</span></span>', kind, STATE_WORDS[file.state])

    @admin.display(description=gettext_lazy("Missing"), ordering="missing_count")
    def missing(self, file: LegalFile) -> str:
        if file.missing_count is None:
            return _("not collected")
        return str(file.missing_count) if file.missing_count else "–"

    @admin.display(description=gettext_lazy("Next deadline"))
    def next_day(self, file: Any) -> str:
        return (
            format_html('{}<span class="desk-sub">{}</span>', day(file.next_on), file.next_what)
            if file.next_on
            else "–"
        )

    @admin.display(description=gettext_lazy("Lawyer"))
    def lawyer_shown(self, file: LegalFile) -> str:
        return who(file.lawyer)

    @admin.display(description=gettext_lazy("Clerk"))
    def clerk_shown(self, file: LegalFile) -> str:
        return who(file.clerk)

    @admin.display(description=gettext_lazy("Opened"), ordering="opened_on")
    def opened(self, file: LegalFile) -> str:
        return day(file.opened_on)

    # -- the page ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        made = [
            ("collect", self.collect_view),
            ("build", self.build_view),
            ("seal", self.seal_view),
            ("paper", self.paper_view),
            ("exhibit", self.exhibit_view),
            ("mend", self.mend_view),
            ("lawyer", self.lawyer_view),
            ("cost", self.cost_view),
            ("deadline", self.deadline_view),
            ("met", self.met_view),
            ("service", self.service_view),
        ]
        return [
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=self.url_name(name))
                for name, view in made
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        file = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, file):
            raise PermissionDenied
        if file is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        today = clock.today()
        names = (
            "collect",
            "build",
            "seal",
            "paper",
            "exhibit",
            "mend",
            "lawyer",
            "cost",
            "deadline",
            "met",
            "service",
            "history",
        )
        with office_time():
            context = {
                **self.admin_site.each_context(request),
                **file_page(file, request, at=clock.now(), on=today),
                "opts": self.opts,
                "original": file,
                "title": file.number,
                "is_fullwidth": "1",
                "acts": self.acts(request, file),
                "urls": {n: self.url_of(n, str(file.pk)) for n in names},
                "lawyer_form": LawyerForm(auto_id="lawyer_%s"),
                "paper_form": PaperForm(court=load_court(file.court), auto_id="paper_%s"),
                "answer_form": AnswerForm(auto_id=False),
                "cost_form": CostForm(auto_id="cost_%s", initial={"on": today.isoformat()}),
                "deadline_form": DeadlineForm(auto_id="deadline_%s", initial={"counted_from": today.isoformat()}),
                "service_form": ServiceForm(auto_id="service_%s"),
                "reason_form": ReasonedForm(auto_id=False),
            }
            return TemplateResponse(request, self.change_form_template, context).render()

    def refusals(self, obj: LegalFile, button: Button, act: Act) -> list[str]:
        told = button.asked(act)
        d = fsm.declared(LegalFile, button.transition)
        if button.transition == "send_to_lawyer":
            newest = Pack.objects.filter(file=obj).sealed().order_by("-version").first()
            if newest is None:
                return [_("Seal a pack first: no version is sealed yet.")]
            told = {"on": act.on, "at": act.at, "pack": newest}
        found = fsm.refusals(obj, button.transition, by=act.by, **told)
        # The decision is written by the very act that asks for it.
        met = {g.sentence for g in d.effects.guards if g.code == DECISION}
        return [s for s in found if s not in met]

    # -- acts of the page --------------------------------------------------------------------------

    def _asked(self, request: HttpRequest, object_id: str, right: str) -> LegalFile:
        file = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, file) or not request.user.has_perm(f"legal.{right}"):
            raise PermissionDenied
        if file is None:
            raise Http404
        return file

    def _do(self, request: HttpRequest, file: LegalFile, work: Callable[[], Any], done: str) -> HttpResponse:
        try:
            work()
        except (DomainError, OSError) as error:
            tell(request, error)
        else:
            messages.success(request, done)
        return HttpResponseRedirect(self.page_of(request, file))

    def _formed(
        self,
        request: HttpRequest,
        file: LegalFile,
        form: forms.Form,
        work: Callable[[dict[str, Any], Act], Any],
        done: str,
    ) -> HttpResponse:
        if not form.is_valid():
            for name, errors in form.errors.items():
                messages.error(request, f"{form.fields[name].label if name in form.fields else ''}: {' '.join(errors)}")
            return HttpResponseRedirect(self.page_of(request, file))
        told = form.cleaned_data
        return self._do(request, file, lambda: work(told, act_of(request, told.get("because") or "mended")), done)

    def collect_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring the exhibits up to date, in the background."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")
        return self._do(
            request,
            file,
            lambda: tasks.collect.delay(file.pk, request.user.pk),
            _("The exhibits are being collected. Load the page again in a moment."),
        )

    def build_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Build a draft of the next version, in the background."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "build_pack")
        return self._do(
            request,
            file,
            lambda: tasks.build_pack.delay(file.pk, request.user.pk),
            _("A draft is being built. Load the page again in a moment."),
        )

    def seal_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Seal the next version, in the background; refused at once while something is missing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "seal_pack")

        def work() -> None:
            sheet = exhibits.checklist(file, on=file.collected_on or clock.today())
            if file.collected_on is None or sheet.count:
                raise DomainError(
                    "pack_incomplete",
                    _("Not sealed. %(what)s") % {"what": sheet.sentence() or _("Collect the exhibits first.")},
                    file=file.pk,
                )
            tasks.seal_pack.delay(file.pk, request.user.pk)

        return self._do(request, file, work, _("The pack is being sealed. Load the page again in a moment."))

    def paper_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Upload a paper."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")

        def work(told: dict[str, Any], act: Act) -> None:
            paper = told["paper"]
            exhibits.add_paper(
                file,
                paper.read(),
                title=told["title"],
                media_type=paper.content_type or "application/pdf",
                on=business_day(),
                at=act.at,
                by=act.by,
                because=act.because,
                item=told["item"],
                dated_on=told["dated_on"],
            )

        form = PaperForm(request.POST, request.FILES, court=load_court(file.court))
        return self._formed(request, file, form, work, _("Filed."))

    def exhibit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Move an exhibit up or down within its section, take it out of the pack, or put it back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")
        number, what = number_in(request.POST.get("exhibit")), request.POST.get("what", "")
        exhibit = Exhibit.objects.filter(file=file, pk=number).first()
        if exhibit is None:
            raise Http404
        because = request.POST.get("because", "").strip() or _("put in order")
        if what in ("up", "down"):
            return self._do(
                request,
                file,
                lambda: _shift(file, exhibit, -1 if what == "up" else 1, by=request.user, because=because),
                _("Moved."),
            )
        return self._do(
            request,
            file,
            lambda: exhibits.include(
                file, exhibit, included=what == "in", on=business_day(), by=request.user, because=because
            ),
            _("Back in the pack.") if what == "in" else _("Taken out of the pack; it is kept here."),
        )

    def mend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer a defect."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")
        number = number_in(request.POST.get("defect"))
        defect = Defect.objects.filter(review__file=file, pk=number).select_related("review").first()
        if defect is None:
            raise Http404
        return self._formed(
            request,
            file,
            AnswerForm(request.POST),
            lambda told, act: reviews.mend_defect(defect, answer=told["answer"], on=act.on, by=act.by),
            _("Answered."),
        )

    def lawyer_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the file to a lawyer."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "assign_lawyer")
        return self._formed(
            request,
            file,
            LawyerForm(request.POST),
            lambda told, act: files.assign_lawyer(file, lawyer=told["lawyer"], by=act.by, because=act.because),
            _("Given."),
        )

    def cost_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note a cost."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")
        return self._formed(
            request,
            file,
            CostForm(request.POST),
            lambda told, act: costs.add_cost(
                file,
                kind=told["kind"],
                amount=told["amount"],
                on=told["on"],
                authority=told["authority"],
                by=act.by,
                because=act.because,
                claimed=told["claimed"],
            ),
            _("Noted."),
        )

    def deadline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note a deadline."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")
        return self._formed(
            request,
            file,
            DeadlineForm(request.POST),
            lambda told, act: deadlines.set_deadline(
                file,
                what=told["what"],
                on=told["on"],
                counted_from=told["counted_from"],
                counted_because=told["counted_because"],
                rule=told["rule"],
                by=act.by,
                because=act.because,
                kind=told["kind"],
            ),
            _("Noted."),
        )

    def met_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a deadline asked for was done."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "work_file")
        number = number_in(request.POST.get("deadline"))
        row = Deadline.objects.filter(file=file, pk=number).select_related("file").first()
        if row is None:
            raise Http404
        return self._formed(
            request,
            file,
            ReasonedForm(request.POST),
            lambda told, act: deadlines.meet_deadline(row, on=act.on, by=act.by, because=act.because),
            _("Done."),
        )

    def service_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record an attempt at service."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = self._asked(request, object_id, "pursue_claim")

        def work(told: dict[str, Any], act: Act) -> None:
            proof = told["proof"]
            court.record_service(
                file,
                what=told["what"],
                method=told["method"],
                recipient=told["recipient"],
                at=act.at,
                outcome=told["outcome"],
                by=act.by,
                because=act.because,
                proof=proof.read() if proof else None,
                media_type=(proof.content_type if proof else "") or "application/pdf",
                deemed_on=told["deemed_on"],
            )

        return self._formed(request, file, ServiceForm(request.POST, request.FILES), work, _("Recorded."))


def _shift(file: LegalFile, exhibit: Exhibit, by_places: int, *, by: Any, because: str) -> None:
    """Move an exhibit by one place within its section."""
    ids = list(
        Exhibit.objects.filter(file=file, section=exhibit.section)
        .in_pack()
        .order_by("position", "id")
        .values_list("pk", flat=True)
    )
    here = ids.index(exhibit.pk)
    there = here + by_places
    if not 0 <= there < len(ids):
        raise DomainError("at_the_end", _("It stands at the end of its section already."), exhibit=exhibit.pk)
    ids[here], ids[there] = ids[there], ids[here]
    exhibits.reorder(file, exhibit.section, ids, by=by, because=because)
