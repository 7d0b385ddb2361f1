"""The day's part of the legal department: files of the cases that were referred, exhibits brought up to date."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from collections_app.kernel.errors import DomainError
from collections_app.kernel.steps import Over, RunContext, StepResult, Window, step
from collections_app.models import Case, SetAside
from legal.models import LegalFile
from legal.services.exhibits import collect_exhibits
from legal.services.files import close_with_case, open_file


@step("open_files", Over.LOANS)
def open_files(context: RunContext, window: Window) -> StepResult:
    """1. Close, before court, the files whose case left the legal department. 2. Open a file for each case in stage
    legal that has had none since it was referred. 3. Collect the exhibits of the files that are still being gathered; a
    file whose papers cannot be had is set aside with its reason, and tried again the next day.
    """
    result = StepResult()
    mine = {"case__loan_id__gte": window.first, "case__loan_id__lte": window.last}
    left = LegalFile.objects.filter(**mine, state__in=LegalFile.BEFORE_COURT).exclude(case__stage=Case.Stage.LEGAL)
    for file in left.select_related("case").order_by("pk"):
        close_with_case(file, on=context.date, by=context.by, run=context.run)
        result.counts["closed"] += 1
    since = LegalFile.objects.filter(case=OuterRef("pk")).filter(
        ~Q(state=LegalFile.State.CLOSED) | Q(opened_on__gte=OuterRef("stage_on"))
    )
    referred = Case.objects.filter(
        stage=Case.Stage.LEGAL, loan_id__gte=window.first, loan_id__lte=window.last, stage_on__lte=context.date
    ).filter(~Exists(since))
    for case in referred.order_by("pk"):
        open_file(
            case,
            on=context.date,
            by=context.by,
            because="the case was referred to the legal department",
            run=context.run,
        )
        result.counts["opened"] += 1
    # What was collected for this day already is not looked at again.
    waiting = LegalFile.objects.gathering().filter(**mine).filter(Q(collected_on=None) | ~Q(collected_on=context.date))
    for file in waiting.select_related("case").order_by("pk"):
        _collect(context, file, result)
    return result


def _collect(context: RunContext, file: LegalFile, result: StepResult) -> None:
    # The run never asks the clock: what it stores is dated with the first instant of its day.
    at = dt.datetime.combine(context.date, dt.time(0), tzinfo=dt.UTC)
    try:
        with transaction.atomic():
            collect_exhibits(
                file,
                on=context.date,
                at=at,
                by=context.by,
                because="exhibits collected by the daily run",
                run=context.run,
            )
    except DomainError as error:
        SetAside.objects.create(run=context.run, step="open_files", loan_id=file.case.loan_id, reason=error.sentence)
        result.counts["set_aside"] += 1
        return
    result.counts["collected"] += 1
