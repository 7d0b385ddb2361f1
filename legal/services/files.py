"""Opening a legal file, saying who works on it and before which court, and closing it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from collections_app.kernel import fsm, history, locks
from collections_app.kernel.errors import DomainError, Refused
from collections_app.kernel.numbers import number_in
from collections_app.models import Case
from legal.bundle.courts import load_court
from legal.models import LegalFile

from .rights import demand


@transaction.atomic
def open_file(case: Case, *, on: dt.date, by: Any, because: str, run: Any = None, court: str = "plain") -> LegalFile:
    """Open the legal file of a case in stage legal; gives the open one if there is one already."""
    demand(by, "legal.work_file")
    case = locks.lock_one(Case, case.pk)
    found = LegalFile.objects.open().filter(case=case).first()
    if found is not None:
        return found
    if case.stage != Case.Stage.LEGAL:
        raise DomainError(
            "case_not_in_legal",
            f"Case {case} is in stage {case.stage}; a file is opened for cases in stage legal.",
            case=case.pk,
        )
    load_court(court)
    return history.create_by(
        LegalFile,
        by=by,
        because=because,
        run=run,
        case=case,
        person_id=case.debtor_id,
        court=court,
        opened_on=on,
        state_on=on,
    )


def find_file(named: str) -> LegalFile:
    """The file of a number (`LF-0112`) or an id (`112`). Raises DomainError `unknown_file`."""
    number = number_in(named.strip().upper().removeprefix("LF-"))
    if number is not None:
        found = LegalFile.objects.select_related("case__loan", "person__key").filter(pk=number).first()
        if found is not None:
            return found
    raise DomainError(
        "unknown_file", f"There is no legal file “{named}”. Write its number, such as LF-0112.", file=named
    )


@transaction.atomic
def set_court(file: LegalFile, *, court: str, court_name: str = "", by: Any, because: str) -> LegalFile:
    """Say under which layout the packs are made, and what the cover calls the court."""
    demand(by, "legal.work_file", file)
    load_court(court)
    file = locks.lock_one(LegalFile, file.pk)
    file.court, file.court_name = court, court_name
    return history.save_by(file, by=by, because=because)


@transaction.atomic
def assign_clerk(file: LegalFile, *, clerk: Any, by: Any, because: str) -> LegalFile:
    """Give the file to a clerk of the department."""
    demand(by, "legal.work_file", file)
    file = locks.lock_one(LegalFile, file.pk)
    file.clerk = clerk
    return history.save_by(file, by=by, because=because)


@transaction.atomic
def assign_lawyer(file: LegalFile, *, lawyer: Any, by: Any, because: str) -> LegalFile:
    """Give the file to a lawyer: from now on this one, and no other, may read its packs and decide on it."""
    demand(by, "legal.assign_lawyer", file)
    lawyer = get_user_model().objects.get(pk=lawyer.pk)
    if not (lawyer.is_active and lawyer.has_perm("legal.review_file")):
        raise Refused("not_a_lawyer", [f"{lawyer} cannot review files: the right “legal.review_file” is missing."])
    file = locks.lock_one(LegalFile, file.pk)
    file.lawyer = lawyer
    return history.save_by(file, by=by, because=because)


def close_file(file: LegalFile, *, reason: str, on: dt.date, by: Any, because: str, run: Any = None) -> LegalFile:
    """Close it: `paid`, `settled`, `dismissed` or `withdrawn`."""
    if reason not in LegalFile.Closed.values:
        raise DomainError("unknown_reason", f"“{reason}” closes no file; write {', '.join(LegalFile.Closed.values)}.")
    return fsm.apply(file, "close", by=by, because=because, on=on, reason=reason, run=run)


# Why a file ends when its case does.
_CLOSED_BY_CASE = {
    Case.Closed.CURED: LegalFile.Closed.PAID,
    Case.Closed.PAID_OFF: LegalFile.Closed.PAID,
    Case.Closed.SETTLED: LegalFile.Closed.SETTLED,
}


def close_with_case(file: LegalFile, *, on: dt.date, by: Any, run: Any = None) -> LegalFile:
    """Its case left the legal department: the money came, or the case was taken back. Before court only."""
    case = file.case
    if case.stage == Case.Stage.LEGAL:
        raise DomainError("case_in_legal", f"Case {case} is still with the legal department.", case=case.pk)
    if case.stage == Case.Stage.CLOSED:
        reason = _CLOSED_BY_CASE.get(Case.Closed(case.closed_reason), LegalFile.Closed.WITHDRAWN)
        because = f"the case was closed: {case.get_closed_reason_display().lower()}"
    else:
        reason, because = LegalFile.Closed.WITHDRAWN, "the case was taken back from the legal department"
    return close_file(file, reason=reason.value, on=on, by=by, because=because, run=run)
