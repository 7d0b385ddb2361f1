"""The legal department of the walk: completes the file of the first loan by number that was referred so far, and hands
its pack to the lawyer. One file is enough for the story; the others stay with the department.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.models import Case
from legal.models import LegalFile
from legal.services.exhibits import add_paper, collect_exhibits
from legal.services.files import assign_clerk, assign_lawyer, open_file
from legal.services.packs import seal_pack
from legal.services.reviews import accept, send_to_lawyer

from .papers import a_slip


def first_referred(on: dt.date) -> Case | None:
    """The case referred on that day whose loan comes first by number of all that were ever referred."""
    referred = Case.history.filter(stage=Case.Stage.LEGAL, stage_on__lte=on)
    first = referred.order_by("loan__number").values_list("id", flat=True).first()
    return Case.objects.filter(pk=first, stage=Case.Stage.LEGAL, stage_on=on).select_related("loan").first()


def complete(case: Case, *, on: dt.date, at: dt.datetime, clerk: Any, lawyer: Any) -> LegalFile:
    """The day after the referral: collect, upload stand-ins for what is missing, seal, send to the lawyer."""
    file = LegalFile.objects.open().filter(case=case).first() or open_file(
        case, on=on, by=clerk, because="the case was referred to the legal department"
    )
    assign_clerk(file, clerk=clerk, by=clerk, because="takes it up")
    assign_lawyer(file, lawyer=lawyer, by=clerk, because="next in turn")
    found = collect_exhibits(file, on=on, at=at, by=clerk, because="taken up")
    for missing in found.checklist.missing:
        slip = a_slip(f"{missing.name} (generated for the walk)", f"Agreement {case.loan.number}")
        add_paper(
            file, slip, title=f"{missing.name} (generated)", media_type="application/pdf", on=on, at=at, by=clerk,
            because="asked for; generated for the walk", item=missing.item, dated_on=case.loan.contract_on, generated=True,
        )  # fmt: skip
    file.refresh_from_db()
    seal_pack(file, on=on, at=at, by=clerk, because="complete")
    file.refresh_from_db()
    send_to_lawyer(file, on=on, at=at + dt.timedelta(minutes=20), by=clerk)
    return file


def accept_by_lawyer(on: dt.date, at: dt.datetime, lawyer: Any) -> int:
    """The lawyer accepts what they were given before this day."""
    done = 0
    for file in LegalFile.objects.filter(state=LegalFile.State.IN_REVIEW, lawyer=lawyer, sent_at__date__lt=on):
        accept(file, on=on, at=at, by=lawyer, note="Suit can be brought.")
        done += 1
    return done
