"""The lawyer's lane: a complete file goes to its lawyer, who accepts it or returns it with what must be mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from collections_app.kernel import fsm, history, locks
from collections_app.kernel.errors import DomainError
from legal.models import Deadline, Defect, LawyerReview, LegalFile

from .deadlines import HOUSE, set_deadline
from .packs import Built, seal_pack
from .rights import demand, demand_person

# How long a file may lie with the lawyer, and a returned one with the department; house figures, not law.
REVIEW_DAYS = 5
ANSWER_DAYS = 4
REVIEW, ANSWER = "Answer of the lawyer", "Answer to the lawyer"


def send_to_lawyer(
    file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, because: str = "complete and sealed"
) -> Built:
    """Send the file to its lawyer, with the newest version of the pack.

    1. Seal what changed since the last version (nothing changed: that version). 2. Move the file to in review, with
    that version. 3. Note until when the lawyer should answer.
    """
    demand(by, "legal.send_to_lawyer", file)
    demand_person(by, "send a file to the lawyer")
    built = seal_pack(file, on=on, at=at, by=by, because=because)
    with transaction.atomic():
        fsm.apply(
            LegalFile.objects.get(pk=file.pk), "send_to_lawyer", by=by, because=because, on=on, at=at, pack=built.pack
        )
        set_deadline(
            file, what=REVIEW, on=on + dt.timedelta(days=REVIEW_DAYS), counted_from=on,
            counted_because=f"version {built.pack.version} sent to the lawyer", rule=HOUSE, by=by,
            because=f"{REVIEW_DAYS} days for the review",
        )  # fmt: skip
    file.refresh_from_db()
    return built


@transaction.atomic
def accept(file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, note: str = "") -> LawyerReview:
    """The lawyer to whom the file was given accepts the version in review: suit can be brought."""
    return _decide(file, LawyerReview.Decision.ACCEPT, "accept", defects=(), on=on, at=at, by=by, note=note)


@transaction.atomic
def return_file(
    file: LegalFile, *, defects: Sequence[str], on: dt.date, at: dt.datetime, by: Any, note: str = ""
) -> LawyerReview:
    """The lawyer returns the version in review with what must be mended; each defect counts as missing until it is."""
    told = [text.strip() for text in defects if text.strip()]
    if not told:
        raise DomainError(
            "no_defect", "Say what must be mended: a file is returned with at least one defect.", file=file.pk
        )
    review = _decide(file, LawyerReview.Decision.RETURN, "send_back", defects=told, on=on, at=at, by=by, note=note)
    set_deadline(
        file, what=ANSWER, on=on + dt.timedelta(days=ANSWER_DAYS), counted_from=on,
        counted_because=f"returned with {len(told)} defect{'s' if len(told) != 1 else ''}", rule=HOUSE, by=by,
        because=f"{ANSWER_DAYS} days to mend what the lawyer found",
    )  # fmt: skip
    return review


def _decide(
    file: LegalFile,
    decision: str,
    transition: str,
    *,
    defects: Sequence[str],
    on: dt.date,
    at: dt.datetime,
    by: Any,
    note: str,
) -> LawyerReview:
    """1. Write the decision. 2. Move the file, or refuse and keep nothing. 3. The lawyer's deadline is met."""
    demand_person(by, "decide on a file")
    demand(by, "legal.review_file", file)
    row = locks.lock_one(LegalFile, file.pk)
    because = "suit can be brought" if decision == LawyerReview.Decision.ACCEPT else f"{len(defects)} to mend"
    review = LawyerReview()
    if row.state == LegalFile.State.IN_REVIEW:
        review = history.create_by(
            LawyerReview, by=by, because=because, file=row, person_id=row.person_id, pack_id=row.pack_id, lawyer=by,
            decision=decision, decided_at=at, note=note or None,
        )  # fmt: skip
        for number, text in enumerate(defects, start=1):
            history.create_by(
                Defect,
                by=by,
                because="found by the lawyer",
                review=review,
                person_id=row.person_id,
                number=number,
                text=text,
            )
    # It refuses in every other state, and whom the file was not given to; then nothing of the above stays.
    fsm.apply(row, transition, by=by, because=because, on=on)
    if defects:
        row.missing_count = (row.missing_count or 0) + len(defects)
        history.save_by(row, by=by, because="the lawyer’s defects count as missing")
    for deadline in Deadline.objects.waiting().filter(file=row, what=REVIEW):
        deadline.done_on, deadline.done_by = on, by
        history.save_by(deadline, by=by, because=f"the lawyer decided: {decision}")
    file.refresh_from_db()
    return review


@transaction.atomic
def mend_defect(defect: Defect, *, answer: str, on: dt.date, by: Any, because: str = "mended") -> Defect:
    """Say how a defect was mended. The first answer takes a returned file up again; collect when all are answered."""
    file = locks.lock_one(LegalFile, defect.review.file_id)
    demand(by, "legal.work_file", file)
    demand_person(by, "answer the lawyer")
    if not answer.strip():
        raise DomainError("no_answer", "Write what was done about it; the lawyer will look for that.", defect=defect.pk)
    defect = locks.lock_one(Defect, defect.pk)
    if defect.mended_on is not None:
        raise DomainError(
            "mended_already", f"Defect {defect.number} was mended on {defect.mended_on}.", defect=defect.pk
        )
    defect.answer, defect.mended_on, defect.mended_by = answer.strip(), on, by
    history.save_by(defect, by=by, because=because)
    if file.state == LegalFile.State.RETURNED:
        fsm.apply(file, "start_collecting", by=by, because="the lawyer’s defects are being mended", on=on)
    file.missing_count = max(0, (file.missing_count or 0) - 1)
    history.save_by(file, by=by, because=f"defect {defect.number} was mended")
    if not Defect.objects.filter(review__file=file, mended_on=None).exists():
        for deadline in Deadline.objects.waiting().filter(file=file, what=ANSWER):
            deadline.done_on, deadline.done_by = on, by
            history.save_by(deadline, by=by, because="all defects are mended")
    return defect
