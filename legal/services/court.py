"""From the accepted file to judgment and enforcement, one verb for each step (M10); service with its proof (M11)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from collections_app.documents import store
from collections_app.kernel import fsm, history, locks
from collections_app.kernel.errors import DomainError
from collections_app.models import Person
from legal.bundle.collect import LIABLE
from legal.models import Deadline, LegalFile, ServiceAttempt

from .deadlines import set_deadline
from .rights import demand, demand_person


@transaction.atomic
def send_claim(
    file: LegalFile, *, on: dt.date, by: Any, because: str, wait_days: int, rule: str, counted_because: str = ""
) -> LegalFile:
    """The letter of claim went out. `wait_days` is how long the debtor has to answer, `rule` says by which rule; before
    that day nothing can be filed.
    """
    if wait_days < 0:
        raise DomainError("bad_waiting_period", "A waiting period has no negative days.", file=file.pk)
    sent = fsm.apply(file, "send_claim", by=by, because=because, on=on)
    set_deadline(
        sent, kind=Deadline.Kind.NOT_BEFORE, what="Earliest day of claim", on=on + dt.timedelta(days=wait_days),
        counted_from=on, counted_because=counted_because or f"letter of claim dated {on}", rule=rule, by=by,
        because="the debtor has time to answer",
    )  # fmt: skip
    return sent


@transaction.atomic
def file_claim(file: LegalFile, *, claim_number: str, on: dt.date, by: Any, because: str) -> LegalFile:
    """The claim was filed; refused while a waiting period runs, a hold is in force or the limitation period is over."""
    if not claim_number.strip():
        raise DomainError("no_claim_number", "Write the number that the court gave the claim.", file=file.pk)
    filed = fsm.apply(file, "file_claim", by=by, because=because, on=on, claim_number=claim_number.strip())
    for deadline in Deadline.objects.waiting().filter(file=filed, kind=Deadline.Kind.NOT_BEFORE, on__lte=on):
        deadline.done_on, deadline.done_by = on, by
        history.save_by(deadline, by=by, because="the claim was filed after it")
    return filed


@transaction.atomic
def record_service(
    file: LegalFile, *, what: str, method: str, recipient: str, at: dt.datetime, outcome: str, by: Any, because: str,
    person: Person | None = None, proof: bytes | None = None, media_type: str = store.PDF, place: str = "",
    served_by: str = "", deemed_on: dt.date | None = None, note: str = "", generated: bool = False,
) -> ServiceAttempt:  # fmt: skip
    """Record an attempt to serve a document; one that succeeded needs its proof."""
    demand(by, "legal.pursue_claim", file)
    demand_person(by, "record service")
    person = person or file.person
    if not file.case.loan.parties.filter(person=person, role__in=list(LIABLE)).exists() and person.pk != file.person_id:
        raise DomainError(
            "not_a_party", "Documents are served on the parties to the claim only.", file=file.pk, person=person.pk
        )
    if outcome == ServiceAttempt.Outcome.SERVED and not proof:
        raise DomainError(
            "service_without_proof",
            "Service counts only with its proof: add the certificate or the receipt.",
            file=file.pk,
        )
    for value, known, name in ((method, ServiceAttempt.Method, "way"), (outcome, ServiceAttempt.Outcome, "outcome")):
        if value not in known.values:
            raise DomainError("unknown_word", f"“{value}” is no {name} of service; write {', '.join(known.values)}.")
    kept = (
        store.put(
            person.key,
            proof,
            title=f"proof of service {file.number}",
            media_type=media_type,
            at=at,
            generated=generated,
        )
        if proof
        else None
    )
    return history.create_by(
        ServiceAttempt, by=by, because=because, file=file, person=person, what=what, method=method, recipient=recipient,
        place=place or None, at=at, deemed_on=deemed_on, served_by=served_by or None, outcome=outcome, proof=kept,
        recorded_by=by, note=note or None,
    )  # fmt: skip


def mark_served(file: LegalFile, *, on: dt.date, by: Any, because: str) -> LegalFile:
    """The claim counts as served; refused without a proved attempt."""
    return fsm.apply(file, "mark_served", by=by, because=because, on=on)


def record_judgment(file: LegalFile, *, on: dt.date, by: Any, because: str) -> LegalFile:
    """The court gave judgment."""
    return fsm.apply(file, "record_judgment", by=by, because=because, on=on)


def enforce(file: LegalFile, *, on: dt.date, by: Any, because: str) -> LegalFile:
    """The judgment is enforced."""
    return fsm.apply(file, "enforce", by=by, because=because, on=on)


@transaction.atomic
def note_limitation(
    file: LegalFile, *, on: dt.date, counted_from: dt.date, counted_because: str, rule: str, by: Any, because: str
) -> Deadline:
    """Until when suit can be brought. A later word (an acknowledgement, a payment) replaces the earlier one."""
    demand(by, "legal.work_file", file)
    locks.lock_one(LegalFile, file.pk)
    for old in Deadline.objects.waiting().filter(file=file, kind=Deadline.Kind.LIMITATION):
        old.done_on, old.done_by = max(counted_from, old.counted_from), by
        history.save_by(old, by=by, because=f"counted anew: {because}")
    return set_deadline(
        file, kind=Deadline.Kind.LIMITATION, what="Limitation ends", on=on, counted_from=counted_from,
        counted_because=counted_because, rule=rule, by=by, because=because,
    )  # fmt: skip
