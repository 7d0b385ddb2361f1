"""The chronology: what a judge wants to know, in the order in which it happened, each line with its proof."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from collections_app.models import Case, Hold, Instalment, Loan, LoanEvent, Promise
from legal.bundle.manifest import ContactEntry, Statement

from . import words
from .source import Happened, Log, Source


def chronology(
    loan: Loan, case: Case, sources: Sequence[Source], statement: Statement, log: Log
) -> tuple[Happened, ...]:
    """All lines, oldest first."""
    told = [
        *_agreement(loan, sources),
        *_instalments(loan, statement),
        *_papers(sources),
        *_contacts(log),
        *_relief(loan, sources),
        *_referral(case),
        *_registers(sources),
    ]
    order = {id(h): n for n, h in enumerate(told)}
    return tuple(sorted(told, key=lambda h: (h.on, order[id(h)])))


def _of(sources: Sequence[Source], item: str) -> Source | None:
    return next((s for s in sources if s.item == item), None)


def _agreement(loan: Loan, sources: Sequence[Source]) -> list[Happened]:
    contract, paid_out = _of(sources, "contract"), _of(sources, "disbursement")
    told = []
    if loan.contract_on:
        told.append(
            Happened(
                loan.contract_on,
                f"Agreement {loan.number} over {loan.principal:,} {loan.currency}",
                source=contract.source if contract else "",
                generated=bool(contract and contract.generated),
            )
        )
    if loan.paid_out_on:
        told.append(
            Happened(
                loan.paid_out_on,
                f"{loan.principal:,} {loan.currency} paid out",
                source=paid_out.source if paid_out else "",
                generated=bool(paid_out and paid_out.generated),
            )
        )
    return told


def _instalments(loan: Loan, statement: Statement) -> list[Happened]:
    """What was paid, in one line; each instalment that is open in whole or in part, in a line of its own."""
    due = [
        i for i in Instalment.objects.filter(loan=loan).order_by("due_on", "sequence") if i.due_on <= statement.as_of
    ]
    paid = [i for i in due if i.paid >= i.amount]
    told = []
    if paid:
        told.append(
            Happened(
                paid[0].due_on,
                f"{len(paid)} instalment{'s' if len(paid) != 1 else ''} paid in full, on time or later",
                until=paid[-1].due_on if len(paid) > 1 else None,
                source=_STATEMENT.format(loan.pk),
                line=_line_of(statement, paid[0].due_on),
            )
        )
    for i in due:
        if i.paid < i.amount:
            how = "not paid" if not i.paid else f"not paid in full: {i.paid:,} received"
            told.append(
                Happened(
                    i.due_on,
                    f"Instalment {i.sequence} of {i.amount:,} {loan.currency} {how}",
                    source=_STATEMENT.format(loan.pk),
                    line=_line_of(statement, i.due_on),
                )
            )
    return told


_STATEMENT = "loan:{}/statement"


def _line_of(statement: Statement, on: dt.date) -> int | None:
    """The line in which something fell due on that day."""
    return next((line.number for line in statement.lines if line.on == on and line.charged), None)


def _papers(sources: Sequence[Source]) -> list[Happened]:
    return [
        Happened(s.dated_on, s.title, source=s.source, generated=s.generated)
        for s in sources
        if s.section == "notices" and s.dated_on is not None
    ]


def _contacts(log: Log) -> list[Happened]:
    """Of each step the first try by each channel, every talk and visit, all that came in; letters stand with their
    papers. A reminder by SMS is no first notice: each step is told.
    """
    told: list[Happened] = []
    first: set[tuple[str, str]] = set()
    spoken = tuple(words.OUTCOMES[outcome] for outcome in words.SPOKEN)
    for entry in log.entries:
        if entry.withheld or (entry.channel == words.CHANNELS["letter"] and entry.direction == "out"):
            continue
        talked = (
            entry.outcome.startswith(spoken)
            or entry.channel == words.CHANNELS["visit"]
            or entry.what == words.event("conversation")
        )
        if entry.direction == "out" and not talked and (entry.channel, entry.what) in first:
            continue
        first.add((entry.channel, entry.what))
        told.append(_contact(entry))
    return told


def _contact(entry: ContactEntry) -> Happened:
    whom = f" with {entry.person}" if entry.person else ""
    outside = entry.direction == "out" and not entry.clearance
    way = ", received" if entry.direction == "in" else f", by {entry.by}" if outside and entry.by else ""
    outcome = f". {entry.outcome}" if entry.outcome not in ("", words.RECEIVED, words.MADE) else ""
    return Happened(
        entry.at.date(),
        f"{entry.channel}{way}{whom}: {entry.what}{outcome}",
        source="contact_log",
        contact=entry.number,
        generated=entry.generated,
    )


def _relief(loan: Loan, sources: Sequence[Source]) -> list[Happened]:
    paper = next((s for s in sources if s.source.endswith("/forbearance")), None)
    place = paper.source if paper else ""
    told = []
    for p in Promise.objects.filter(case__loan=loan).order_by("pk"):
        due_on = f"{p.due_on.day} {p.due_on:%b %Y}"
        told.append(Happened(p.made_on, f"The debtor promises {p.amount:,} {p.currency} by {due_on}", source=place))
        if p.state in (Promise.State.KEPT, Promise.State.BROKEN) and p.settled_on:
            end = "kept" if p.state == Promise.State.KEPT else "not kept"
            told.append(Happened(p.settled_on, f"Promise of {p.made_on.day} {p.made_on:%b %Y} {end}", source=place))
    for h in Hold.objects.filter(case__loan=loan, state__in=[Hold.State.ACTIVE, Hold.State.ENDED]).order_by("pk"):
        told.append(
            Happened(h.from_on, f"Pause granted: {h.get_reason_display().lower()}", until=h.until_on, source=place)
        )
    for e in LoanEvent.objects.filter(loan=loan, kind=LoanEvent.Kind.EXTENSION).order_by("pk"):
        told.append(
            Happened(e.on, f"Extension by {e.months} month{'s' if e.months != 1 else ''} granted", source=place)
        )
    return told


def _referral(case: Case) -> list[Happened]:
    entered = (
        Case.history.filter(id=case.pk, stage=Case.Stage.LEGAL)
        .order_by("history_id")
        .values_list("stage_on", flat=True)
    )
    first = entered.first()
    return [Happened(first, "Referred to the legal department")] if first else []


def _registers(sources: Sequence[Source]) -> list[Happened]:
    checks = _of(sources, "status_checks")
    if checks is None or checks.dated_on is None or checks.paper is None:
        return []
    clean = all(row[-1] == "Nothing found" for row in checks.paper.rows)
    sentence = "Registers looked into: nothing found" if clean else "Registers looked into: see there what was found"
    return [Happened(checks.dated_on, sentence, source=checks.source, generated=checks.generated)]
