"""Daily runs: is the day closed, what did it do, what was set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import BaseAdmin, office_time
from collections_app.kernel.steps import StepResult
from collections_app.models import DailyRun, RunWindow, SetAside

from . import words
from .lists import ByDay, ShowFilter, TabbedAdmin
from .loan import OfLoanAdmin

ASIDE_SHOWN = 10


@dataclass(frozen=True)
class StepLine:
    """A step of the day: its windows, what it counted, how long its windows took."""

    name: str
    windows: int
    done: int
    counts: list[tuple[str, int]]
    aside: int
    seconds: float

    @property
    def is_done(self) -> bool:
        return self.windows == self.done


def run_page(run: DailyRun) -> dict[str, Any]:
    """The context of the page of a run; sums agree because all come from the windows."""
    steps: dict[str, list[RunWindow]] = {}
    total = StepResult()
    for w in RunWindow.objects.filter(run=run).order_by("position", "number"):
        steps.setdefault(w.step, []).append(w)
        total.add(StepResult.from_json(w.result))
    aside = list(SetAside.objects.filter(run=run).select_related("loan").order_by("pk")[: ASIDE_SHOWN + 1])
    by_step = Counter(SetAside.objects.filter(run=run).values_list("step", flat=True))
    lines = []
    for name, windows in steps.items():
        counted: Counter[str] = Counter()
        for w in windows:
            counted.update(StepResult.from_json(w.result).counts)
        counted.pop("set_aside", None)
        lines.append(
            StepLine(
                name,
                len(windows),
                sum(w.done for w in windows),
                [(k.replace("_", " "), n) for k, n in sorted(counted.items()) if n],
                by_step[name],
                sum(w.seconds for w in windows),
            )
        )
    top = max(total.withheld.values(), default=0)
    before = DailyRun.objects.filter(date__lt=run.date).order_by("-date").first()
    after = DailyRun.objects.filter(date__gt=run.date).order_by("date").first()
    return {
        "run": run,
        "day_words": words.full_day(run.date),
        "lines": lines,
        "closed_steps": sum(x.is_done for x in lines),
        "set_aside": aside[:ASIDE_SHOWN],
        "aside_count": sum(by_step.values()),
        "aside_more": len(aside) > ASIDE_SHOWN,
        "moved": [(*k.partition("→")[::2], n) for k, n in sorted(total.moved.items(), key=lambda m: -m[1])],
        "planned": [
            (words.CHANNEL_WORDS.get(k, k), words.CHANNEL_ICONS.get(k, "forum"), n)
            for k, n in sorted(total.planned.items())
        ],
        "planned_total": sum(total.planned.values()),
        "moved_total": sum(total.moved.values()),
        "withheld": [(k, n, round(100 * n / top)) for k, n in total.withheld.most_common()],
        "withheld_total": sum(total.withheld.values()),
        "opened": words.moment(run.opened_at),
        "closed": words.moment(run.closed_at) if run.closed_at else "",
        "took": (run.closed_at - run.opened_at).total_seconds() if run.closed_at else None,
        "before": before,
        "after": after,
        "before_words": words.day(before.date) if before else "",
        "after_words": words.day(after.date) if after else "",
    }


@admin.register(DailyRun)
class DailyRunAdmin(ByDay, BaseAdmin):
    """The closing of a business date, newest first."""

    list_display = ("day_shown", "state_shown", "started_by", "opened_at", "closed_at", "did")
    list_filter = ("state",)
    ordering = ("-date",)
    change_form_template = "admin/collections_app/dailyrun/page.html"
    empty_hint = gettext_lazy("No day was closed yet: run_day closes one; the scheduler does it every night.")

    @admin.display(description=gettext_lazy("Day"), ordering="date")
    def day_shown(self, run: DailyRun) -> str:
        return words.full_day(run.date)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, run: DailyRun) -> str:
        kind = "ok" if run.state == DailyRun.State.CLOSED else "warn"
        return format_html('<span class="desk"><span class="badge {}">{}</span></span>', kind, run.get_state_display())

    @admin.display(description=gettext_lazy("What it did"))
    def did(self, run: DailyRun) -> str:
        r = run.result or {}
        return _("%(moved)s moved, %(planned)s planned, %(withheld)s withheld") % {
            "moved": f"{sum((r.get('moved') or {}).values()):,}",
            "planned": f"{sum((r.get('planned') or {}).values()):,}",
            "withheld": f"{sum((r.get('withheld') or {}).values()):,}",
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        run = self.get_object(request, unquote(object_id))
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        with office_time():
            context = {
                **self.admin_site.each_context(request),
                **run_page(run),
                "opts": self.opts,
                "original": run,
                "title": str(run),
                "is_fullwidth": "1",
            }
            return TemplateResponse(request, self.change_form_template, context).render()


@admin.register(RunWindow)
class RunWindowAdmin(ByDay, BaseAdmin):
    """A window of a step."""

    day = "run__date"

    list_display = ("run", "step", "number", "first", "last", "done", "seconds")
    list_filter = ("step", "done")
    list_select_related = ("run",)
    ordering = ("-id",)


class ShowAside(ShowFilter):
    views = (("open", gettext_lazy("Not resolved")),)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(resolved_at=None) if self.value() == "open" else queryset


@admin.register(SetAside)
class SetAsideAdmin(TabbedAdmin, OfLoanAdmin):
    """A loan that a step could not do, with the reason."""

    show = ShowAside
    first_tab = gettext_lazy("All")
    list_display = ("loan", "step", "run", "reason", "resolved_at")
    list_filter = (ShowAside, "step")
    list_select_related = ("loan", "run")
    ordering = ("-id",)
    empty_hint = gettext_lazy("Nothing was set aside.")
