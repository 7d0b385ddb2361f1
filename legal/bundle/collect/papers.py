"""Papers that are made here from the records: schedule, relief, messages as sent, record of delivery, registers.

Each is plain data first (`Paper`); its digest is that of the data, and the same data give the same PDF.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.template import Context, Engine
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from collections_app.documents.digest import sha256
from collections_app.documents.render import Laid, Metadata, lay_out
from collections_app.models import (
    BorrowerState,
    Contact,
    ContactCase,
    Hold,
    Instalment,
    Loan,
    LoanDocument,
    LoanEvent,
    Person,
    Promise,
    RegisterCheck,
)
from legal.bundle.manifest import canonical_json

from . import words
from .contacts import left_at, outcome_of, pages_of
from .source import Column, Paper, Source, position
from .versions import newest_versions

_HAN = re.compile("([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+)")
TEMPLATES = Path(__file__).resolve().parents[3] / "templates"

# The states that a register can tell of, and what the register is called on paper.
REGISTERS = {
    "bankruptcy_stay": "Bankruptcy", "bankruptcy_accepted": "Bankruptcy", "breathing_space": "Breathing space",
    "deceased": "Death", "active_duty": "Military service",
}  # fmt: skip


def digest(paper: Paper) -> str:
    """What a paper says, as a number."""
    return sha256(canonical_json(paper))


def render(paper: Paper, *, on: dt.date, han: str) -> Laid:
    """The paper as PDF. The same paper and day give the same bytes."""
    rows = [
        [(_marked(cell, han), column.sums) for cell, column in zip(row, paper.columns, strict=True)]
        for row in paper.rows
    ]
    html = _engine().get_template("legal/exhibit/paper.html").render(Context({"paper": paper, "rows": rows}))
    made_at = dt.datetime.combine(on, dt.time(0), tzinfo=dt.UTC)
    return lay_out(html, metadata=Metadata(title=paper.title, made_at=made_at), base=TEMPLATES)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return Engine(dirs=[str(TEMPLATES)], autoescape=True)


def _marked(text: str, han: str) -> SafeString:
    """Escaped, with each run of Han told its script, so that its glyphs are not those of the machine's locale."""
    parts = ((format_html('<span lang="{}">{}</span>', han, p) if _HAN.fullmatch(p) else p,) for p in _HAN.split(text))
    return format_html_join("", "{}", parts)


def schedule(loan: Loan) -> Source | None:
    """The repayment schedule: what falls due when, as agreed and as it stands now."""
    rows = list(Instalment.objects.filter(loan=loan).order_by("sequence"))
    if not rows:
        return None
    moved = any(i.due_on != i.contract_due_on for i in rows)
    columns = [Column("No.", 12), Column("Due as agreed", 34)]
    if moved:
        columns.append(Column("Due after extension", 38))
    paper = Paper(
        title=f"Repayment schedule of agreement {loan.number}",
        intro=f"{len(rows)} instalments, all amounts in {loan.currency}, as kept in the lender’s ledger.",
        columns=(*columns, Column("Amount", sums=True)),
        rows=tuple(
            (
                str(i.sequence), _day(i.contract_due_on),
                *([_day(i.due_on) if i.due_on != i.contract_due_on else ""] if moved else []), f"{i.amount}",
            )
            for i in rows
        ),
    )  # fmt: skip
    return Source(
        source=f"loan:{loan.pk}/schedule",
        item="schedule",
        section="agreement",
        position=position("schedule"),
        title="Repayment schedule",
        sha256=digest(paper),
        paper=paper,
        dated_on=loan.contract_on or rows[0].contract_due_on,
        history_ids=newest_versions(Instalment, (i.pk for i in rows)),
        made_here=True,
    )


def forbearance(loan: Loan) -> Source | None:
    """Promises, pauses and extensions, and what came of each."""
    told: list[tuple[dt.date, int, tuple[str, ...]]] = []
    promises = list(Promise.objects.filter(case__loan=loan).order_by("pk"))
    for p in promises:
        settled = f", {_day(p.settled_on)}" if p.settled_on else ""
        told.append(
            (p.made_on, p.pk, (_day(p.made_on), f"Promise of {p.amount} {p.currency} by {_day(p.due_on)}",
                               f"{p.get_state_display().capitalize()}{settled}"))
        )  # fmt: skip
    holds = list(Hold.objects.filter(case__loan=loan).exclude(state=Hold.State.REQUESTED).order_by("pk"))
    for h in holds:
        until = _day(h.until_on) if h.until_on else "without an end"
        stops = ", ".join(what for what in ("contacts", "clock", "fees", "legal") if getattr(h, f"stops_{what}"))
        told.append(
            (h.from_on, h.pk, (_day(h.from_on), f"Pause for {h.get_reason_display().lower()} until {until}",
                               "Refused" if h.state == Hold.State.REFUSED else f"Granted; stops {stops}"))
        )  # fmt: skip
    extensions = list(LoanEvent.objects.filter(loan=loan, kind=LoanEvent.Kind.EXTENSION).order_by("pk"))
    for e in extensions:
        told.append(
            (e.on, e.pk, (_day(e.on), f"Extension by {e.months} month{'s' if e.months != 1 else ''}", "Granted"))
        )
    if not told:
        return None
    told.sort(key=lambda row: (row[0], row[2], row[1]))
    paper = Paper(
        title="Relief before the claim, and what came of it",
        intro=f"Agreement {loan.number}: promises, pauses and extensions, none left out.",
        columns=(Column("Date", 28), Column("What was agreed or asked"), Column("What came of it", 62)),
        rows=tuple(row for _, _, row in told),
    )
    return Source(
        source=f"loan:{loan.pk}/forbearance",
        section="forbearance",
        position=position("forbearance"),
        title="Promises, pauses and extensions, and what came of them",
        sha256=digest(paper),
        paper=paper,
        dated_on=told[0][0],
        dated_until=told[-1][0],
        history_ids=(
            *newest_versions(Promise, (p.pk for p in promises)),
            *newest_versions(Hold, (h.pk for h in holds)),
            *newest_versions(LoanEvent, (e.pk for e in extensions)),
        ),
        made_here=True,
    )


def messages(loan: Loan) -> Source | None:
    """The exact texts of the SMS, e-mails and app messages that were sent, with what came of each (one that failed
    reached nobody) and the hash stored when it left.
    """
    about = ContactCase.objects.filter(loan=loan).values("contact")
    sent = list(
        Contact.objects.filter(
            pk__in=about, channel__in=["sms", "email", "push"], direction="out", text__isnull=False,
            state__in=[Contact.State.SENT, Contact.State.DELIVERED, Contact.State.UNCONFIRMED, Contact.State.FAILED],
        )
        .select_related("person__key").order_by("pk")
    )  # fmt: skip
    if not sent:
        return None
    sent.sort(key=lambda c: (left_at(c), c.pk))
    paper = Paper(
        title="Messages as sent",
        intro=(
            f"Agreement {loan.number}: {len(sent)} message{'s' if len(sent) != 1 else ''}, each with its exact text. "
            "Times are local to the person written to."
        ),
        columns=(Column("Date, time", 33), Column("Channel, outcome", 34), Column("Text, and its SHA-256 as stored")),
        rows=tuple(
            (
                words.minute(words.local(left_at(c), words.zone_of(c.person))),
                f"{words.channel(c.channel)}\n{outcome_of(c, words.zone_of(c.person))}",
                f"{c.text}\n\n{c.text_sha256}",
            )
            for c in sent
        ),
    )  # fmt: skip
    return Source(
        source=f"loan:{loan.pk}/messages",
        section="conduct",
        position=position("messages"),
        title="Messages as sent",
        sha256=digest(paper),
        paper=paper,
        dated_on=words.local(left_at(sent[0]), words.zone_of(sent[0].person)).date(),
        dated_until=words.local(left_at(sent[-1]), words.zone_of(sent[-1].person)).date(),
        history_ids=newest_versions(Contact, (c.pk for c in sent)),
        made_here=True,
    )


def delivery(contact: Contact, *, place: int) -> Source:
    """The record of a delivered letter for which the post gave a number but no paper."""
    zone = words.zone_of(contact.person)
    posted = words.local(left_at(contact), zone)
    arrived = words.local(contact.settled_at, zone) if contact.settled_at else None
    paper = Paper(
        title=f"Record of posting and delivery of letter {contact.pk}",
        intro="From the records of the print batch and of the post, as they were entered.",
        columns=(Column("What", 50), Column("As recorded")),
        rows=(
            ("Letter", f"{words.step(contact.step)}{pages_of(contact)}"),
            ("SHA-256 of the letter", contact.document.sha256 if contact.document else ""),
            ("Print batch", str(contact.print_batch_id or "printed singly")),
            ("Posted", f"{words.minute(posted)} ({zone})"),
            ("Tracking number", contact.external_ref),
            ("Delivered", f"{words.minute(arrived)} ({zone})" if arrived else ""),
        ),
    )
    return Source(
        source=f"contact:{contact.pk}/delivery",
        item="arrears_notice_proof" if contact.step == "written_notice" else "",
        section="notices",
        position=place,
        title=f"Record of posting and delivery, {words.step(contact.step).lower()}",
        sha256=digest(paper),
        paper=paper,
        dated_on=(arrived or posted).date(),
        history_ids=newest_versions(Contact, [contact.pk]),
        made_here=True,
    )


def register_checks(loan: Loan, people: Sequence[Person], *, on: dt.date, fresh_days: int) -> Source | None:
    """When the registers were last looked into for the parties, and what was found."""
    end = dt.datetime.combine(on + dt.timedelta(days=1), dt.time(0), tzinfo=dt.UTC)
    newest: dict[tuple[str, int | None], RegisterCheck] = {}
    ids = [p.pk for p in people]
    checks = RegisterCheck.objects.filter(checked_at__lt=end).order_by("checked_at", "pk")
    for check in [*checks.filter(person=None), *checks.filter(person__any_of=ids)]:
        newest[(check.state, check.person_id)] = check
    if not newest:
        return None
    found = list(
        BorrowerState.objects.filter(person__any_of=ids, name__in={state for state, _ in newest}, known_at__lt=end)
        .order_by("from_at", "pk")
    )  # fmt: skip
    rows, said = [], []
    for (state, person_id), check in sorted(newest.items(), key=lambda kv: (kv[0][0], kv[0][1] or 0)):
        mine = [s for s in found if s.name == state and person_id in (None, s.person_id)]
        result = "; ".join(_state(s) for s in mine) or "Nothing found"
        whom = "all parties" if person_id is None else next(p.name for p in people if p.pk == person_id)
        by = "stand-in, not a register" if check.stand_in else check.source
        rows.append((REGISTERS.get(state, words.step(state)), whom, _day(check.checked_at.date()), by, result))
        said.append((state, whom, by, result))
    paper = Paper(
        title="Register checks",
        intro=f"Agreement {loan.number}: the newest look into each register for the parties to this claim.",
        columns=(
            Column("Register", 34), Column("For", 34), Column("Looked into", 26), Column("Source", 34),
            Column("Result"),
        ),
        rows=tuple(rows),
    )  # fmt: skip
    return Source(
        source=f"loan:{loan.pk}/registers",
        item="status_checks",
        section="conduct",
        position=position("status_checks"),
        title="Register checks",
        # Without the day of the look: that nothing was found again is no news while the paper is fresh.
        sha256=sha256(canonical_json(said)),
        paper=paper,
        dated_on=max(check.checked_at for check in newest.values()).date(),
        history_ids=newest_versions(BorrowerState, (s.pk for s in found)),
        made_here=True,
        generated=any(check.stand_in for check in newest.values()),
        fresh_days=fresh_days,
    )


def _state(s: BorrowerState) -> str:
    until = f" until {_day(s.until_at.date())}" if s.until_at else ""
    return f"Found: since {_day(s.from_at.date())}{until} ({s.source})"


def kept_papers(loan: Loan) -> list[LoanDocument]:
    """The papers that the loan keeps: contract, pay-out proof, notices, proofs."""
    kept = LoanDocument.objects.filter(loan=loan).order_by("dated_on", "pk")
    return list(kept.select_related("document__key", "contact__document", "contact__person__key"))


def _day(on: dt.date | None) -> str:
    return f"{on.day} {on:%b %Y}" if on else ""
