"""From a case to ordered exhibits: reads models and their history ids, fixes the order, hashes each source.

What happens, in order: 1. the agreement's papers; 2. the schedule; 3. the account; 4. notices with their proofs;
5. relief; 6. the log of contacts with the clearance of each, the withheld ones included; 7. messages as sent;
8. register checks; 9. the chronology over all of it. Nothing here writes, and nothing asks the clock.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from collections_app.documents.digest import sha256
from collections_app.models import Contact, ContactPoint, Loan, LoanDocument, LoanParty, Person, Role
from legal.bundle.courts import Court
from legal.bundle.manifest import Agreement, Amount, Party, Statement, canonical_json

from . import papers, words
from .account import account
from .chronology import chronology
from .contacts import contact_log
from .source import Collected, Happened, Log, Paper, Source, position

__all__ = ["Collected", "Happened", "Log", "Paper", "Source", "collect"]

# Roles that answer for the debt, and what a court calls them.
LIABLE = {Role.DEBTOR: "Defendant", Role.CO_DEBTOR: "Defendant", Role.GUARANTOR: "Defendant (guarantor)"}

_SENT = (Contact.State.SENT, Contact.State.DELIVERED)


def collect(file: Any, *, on: dt.date, court: Court) -> Collected:
    """All that a pack of this legal file can be made from, as of the end of `on`. Inside one transaction."""
    case = file.case
    loan = Loan.objects.select_related("lender", "debtor__key").get(pk=case.loan_id)
    parties = _liable(loan)
    people = [p.person for p in parties]
    statement, outstanding, account_versions = account(loan, on=on)
    log = contact_log(loan)
    kept = papers.kept_papers(loan)
    schedules = _kept(kept, LoanDocument.Kind.SCHEDULE, "schedule", "agreement", "Repayment schedule")
    found: list[Source | None] = [
        *_kept(
            kept, LoanDocument.Kind.CONTRACT, "contract", "agreement", "Credit agreement and the terms then in force"
        ),
        *_kept(kept, LoanDocument.Kind.PAYOUT_PROOF, "disbursement", "agreement", "Proof that the loan was paid out"),
        *schedules,
        None if schedules else papers.schedule(loan),
        _statement(loan, statement, account_versions, court.statement_max_age_days),
        *_notices(kept),
        papers.forbearance(loan),
        _log(loan, log),
        papers.messages(loan),
        papers.register_checks(loan, people, on=on, fresh_days=court.statement_max_age_days),
        *_others(kept),
    ]
    sources = tuple(_in_court(s, court) for s in found if s is not None)
    return Collected(
        on=on,
        agreement=Agreement(
            number=loan.number,
            kind=loan.product.replace("_", " "),
            signed_on=loan.contract_on,
            principal=Amount.of(loan.principal, loan.currency),
            generated=loan.generated,
        ),
        claimants=_claimants(loan),
        defendants=tuple(_defendant(p) for p in parties),
        statement=statement,
        outstanding=outstanding,
        log=log,
        sources=sources,
        chronology=chronology(loan, case, sources, statement, log),
        records=_records(loan, log),
        han="zh-hans" if loan.debtor.language == "zh-hans" else "zh-hant",
    )


def section_of(court: Court, item: str, wanted: str) -> str:
    """Where a court wants an exhibit: by what it answers, else the section of that name, else the last one."""
    keys = [s.key for s in court.sections]
    asked = next((r.section for r in court.required if item and r.key == item), wanted)
    return asked if asked in keys else keys[-1]


def _in_court(source: Source, court: Court) -> Source:
    return dataclasses.replace(source, section=section_of(court, source.item, source.section))


# --- parties ------------------------------------------------------------------------------------------------


def _liable(loan: Loan) -> list[LoanParty]:
    order = list(LIABLE)
    found = LoanParty.objects.filter(loan=loan, role__in=order, liability_in_force=True).select_related("person__key")
    parties = sorted(found, key=lambda p: (order.index(Role(p.role)), p.pk))
    if not any(p.person_id == loan.debtor_id for p in parties):
        parties.insert(0, LoanParty(loan=loan, person=loan.debtor, role=Role.DEBTOR))
    return parties


def _claimants(loan: Loan) -> tuple[Party, ...]:
    lenders = [s.lender for s in loan.shares.select_related("lender").order_by("-parts_per_million", "pk")] or [
        loan.lender
    ]
    return tuple(Party(each.name, "Claimant", address=" ".join(each.address.split())) for each in lenders)


def _defendant(party: LoanParty) -> Party:
    person: Person = party.person
    home = (
        ContactPoint.objects.filter(person=person, kind=ContactPoint.Kind.HOME_ADDRESS)
        .exclude(state=ContactPoint.State.INVALID).order_by("preference", "pk").first()
    )  # fmt: skip
    return Party(
        name=person.name,
        role=LIABLE[Role(party.role)],
        address=" ".join(home.value.split()) if home else "",
        generated=person.generated,
    )


# --- exhibits -----------------------------------------------------------------------------------------------


def _kept(kept: Sequence[LoanDocument], kind: str, item: str, section: str, title: str) -> list[Source]:
    return [
        _as_kept(each, item, section, title, position(item, each.dated_on, n))
        for n, each in enumerate(d for d in kept if d.kind == kind)
    ]


def _as_kept(each: LoanDocument, item: str, section: str, title: str, place: int) -> Source:
    return Source(
        source=f"document:{each.document_id}",
        item=item,
        section=section,
        position=place,
        title=title,
        sha256=each.document.sha256,
        document=each.document,
        dated_on=each.dated_on,
        generated=each.document.generated,
    )


def _statement(loan: Loan, statement: Statement, versions: tuple[int, ...], fresh_days: int) -> Source:
    said = canonical_json({"lines": statement.lines, "closing": statement.closing, "note": statement.note})
    return Source(
        source=f"loan:{loan.pk}/statement",
        item="statement",
        section="debt",
        position=position("statement"),
        title="Statement of account",
        kind="statement",
        sha256=sha256(said),
        dated_on=statement.as_of,
        history_ids=versions,
        made_here=True,
        fresh_days=fresh_days,
    )


def _notices(kept: Sequence[LoanDocument]) -> list[Source]:
    """Each letter that left, followed by its proof; for a delivered one without a paper the record of its delivery."""
    proofs: dict[int | None, list[LoanDocument]] = {}
    for each in kept:
        if each.kind == LoanDocument.Kind.PROOF_OF_DELIVERY:
            proofs.setdefault(each.contact_id, []).append(each)
    found: list[Source] = []
    letters = [d for d in kept if d.kind == LoanDocument.Kind.NOTICE and _left(d)]
    for n, letter in enumerate(letters):
        contact = letter.contact
        written = contact is not None and contact.step == "written_notice"
        name = "Written notice of arrears" if written else (words.step(contact.step) if contact else "Notice")
        place = position("notice", letter.dated_on, n * 10)
        found.append(_as_kept(letter, "arrears_notice" if written else "", "notices", name, place))
        mine = proofs.pop(letter.contact_id, []) if contact else []
        item = "arrears_notice_proof" if written else ""
        for k, proof in enumerate(mine, start=1):
            found.append(_as_kept(proof, item, "notices", f"{name}: proof of delivery", place + k))
        if not mine and contact is not None and contact.state == Contact.State.DELIVERED:
            found.append(papers.delivery(contact, place=place + 1))
    for of_contact in proofs.values():
        found += [
            _as_kept(d, "", "notices", "Proof of delivery", position("notice", d.dated_on, 90))
            for d in of_contact
        ]  # fmt: skip
    return found


def _left(letter: LoanDocument) -> bool:
    """A letter is filed when it is claimed; one that was released before it left, or that failed, is no notice."""
    contact = letter.contact
    if contact is None:
        return True
    return contact.document_id == letter.document_id and contact.state in _SENT


def _log(loan: Loan, log: Log) -> Source:
    days = sorted(entry.at.date() for entry in log.entries)
    return Source(
        source=f"loan:{loan.pk}/contact_log",
        item="contact_log",
        section="conduct",
        position=position("contact_log"),
        title="Log of all contacts, with the clearance of each",
        kind="contact_log",
        sha256=sha256(canonical_json(log.entries)),
        dated_on=days[0] if days else None,
        dated_until=days[-1] if days else None,
        history_ids=log.history_ids,
        made_here=True,
    )


def _others(kept: Sequence[LoanDocument]) -> list[Source]:
    return [
        _as_kept(d, "", "other", d.document.title, position("other", d.dated_on, n))
        for n, d in enumerate(d for d in kept if d.kind == LoanDocument.Kind.OTHER)
    ]


# --- what the reader is told about the records --------------------------------------------------------------


def _records(loan: Loan, log: Log) -> tuple[str, ...]:
    told = []
    for day in log.law_on:
        told.append(
            f"The records of agreement {loan.number} are older than the rules: which rules were in force was asked for "
            f"{day.day} {day:%B %Y}, an assumption; everything else was asked for its real day."
        )
    return tuple(told)
