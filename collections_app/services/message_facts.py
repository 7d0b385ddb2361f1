"""What a message may say: facts from the ledger as of the moment of sending, formatted by nobody here.

Money that came in since the last booking counts too, if it is valued up to the person's day and was taken in by the
instant of sending; later money never does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from collections_app.compliance import local_time
from collections_app.kernel.money import from_minor
from collections_app.kernel.personal import Sealed, seal
from collections_app.models import Contact, ContactCase, Loan, Promise
from collections_app.policy.schema import Ladder

from . import loan_ledgers, replay
from .texts import Agreed, Facts, OtherLoan, Rendered, usual_next_steps


def local_date(contacts: Sequence[Contact], at: dt.datetime) -> dict[int, dt.date]:
    """The day of `at` where each contact's person is (UTC where no zone is known)."""
    found = {}
    for c in contacts:
        zones = sorted(c.person.zones.items())
        found[c.pk] = local_time.local(at, zones[0][1]).date() if zones else at.date()
    return found


Positions = dict[tuple[int, dt.date], replay.Position]  # by loan and the day it is told as of


def positions(wanted: Iterable[tuple[int, dt.date]], *, at: dt.datetime) -> Positions:
    """Each loan as of the end of each day that it is asked for, with money taken in by `at`.

    The day is the person's own: two people in one chunk may be on different dates.
    """
    days: dict[int, set[dt.date]] = {}
    for loan, day in wanted:
        days.setdefault(loan, set()).add(day)
    return {
        (stored.id, day): replay.as_of(stored.ledger, day)
        for chunk in loan_ledgers.in_chunks(sorted(days), received_by=at)
        for stored in chunk
        for day in sorted(days[stored.id])
    }


def instalment_is_paid(position: replay.Position, instalment_id: int | None) -> bool:
    return position.ended is not None or any(i.id == instalment_id and not i.unpaid for i in position.instalments)


def facts_of(
    contact: Contact,
    covers: Sequence[ContactCase],
    found: Mapping[int, replay.Position],
    *,
    ladder: Ladder | None = None,
) -> Facts:
    """The facts of a contact, led by its furthest case; further loans of the same message are told as such.

    `found`: each covered loan as of the person's day. `ladder`: that of the case, for the steps that a letter foretells.
    """
    lead = _lead(contact, covers)
    loan: Loan = lead.loan
    position = found[loan.pk]
    currency = loan.currency
    item = _instalment(position, lead)
    fees = position.fees_open
    arrears = position.overdue + fees
    if item is None:
        amount = paid = other = 0
    elif item.due_on < position.on:
        amount, paid = item.amount, item.paid
        other = position.overdue - item.unpaid
    else:
        amount, paid, other, arrears, fees = item.amount, item.paid, 0, position.overdue + fees, fees
    person, lender = contact.person, loan.lender
    facts = Facts(
        currency=currency,
        as_of=position.on,
        loan_number=loan.number,
        contract_on=loan.contract_on,
        loan_amount=loan.principal,
        due_date=item.due_on if item else position.oldest_due_on,
        current_balance=from_minor(position.outstanding, currency),
        remaining_balance=from_minor(position.outstanding, currency),
        arrears=from_minor(arrears, currency),
        instalment_amount=from_minor(amount, currency),
        paid_towards=from_minor(paid, currency),
        other_overdue=from_minor(other, currency),
        fees=from_minor(fees, currency),
        days_past_due=position.days_past_due,
        agreed=_agreed(lead),
        other_loans=_others(covers, lead, found),
        lender_name=lender.name,
        lender_address=lender.address,
        lender_phone=lender.phone,
        lender_email=lender.email,
        lender_hours=lender.hours,
        how_to_pay=lender.how_to_pay or f"{lender.name}, {lender.phone}",
        return_address=lender.address,
        collector_name=contact.agent.get_full_name() if contact.agent else "",
        signed_by=lender.name,
        reference=str(lead.case) if lead.case_id else loan.number,
        borrower_name=person.name,
        address_lines=_address(contact),
        generated=person.generated,
    )
    if contact.channel == "letter":
        tomorrow = position.on + dt.timedelta(days=1)
        steps = usual_next_steps(facts, contact_again_on=tomorrow, visit_from=_visit_from(lead, ladder, tomorrow))
        facts = replace(facts, next_steps=steps)
    return facts


def _visit_from(lead: ContactCase, ladder: Ladder | None, tomorrow: dt.date) -> dt.date | None:
    """The first day from tomorrow on for which the ladder foresees a visit, None if it foresees none."""
    if lead.case is None or ladder is None:
        return None
    days = (day for step in ladder.steps if step.channel == "visit" for day, _ in step.occurrences())
    on = (lead.case.counts_from_on + dt.timedelta(days=day) for day in days)
    return min((day for day in on if day >= tomorrow), default=None)


def _lead(contact: Contact, covers: Sequence[ContactCase]) -> ContactCase:
    return next((c for c in covers if c.case_id is not None and c.case_id == contact.case_id), covers[0])


def _instalment(position: replay.Position, cover: ContactCase) -> replay.OpenState | None:
    """The instalment that the message is about: the covered one of a reminder, else the oldest that counts as open."""
    if cover.instalment_id is not None:
        return next((i for i in position.instalments if i.id == cover.instalment_id), None)
    open_ = [i for i in position.instalments if i.unpaid]
    return next((i for i in open_ if i.due_on == position.oldest_due_on), open_[0] if open_ else None)


def _agreed(cover: ContactCase) -> tuple[Agreed, ...]:
    """What was agreed in this episode, kept and broken promises too; what the borrower took back is not held against them."""
    if cover.case_id is None:
        return ()
    return tuple(
        Agreed(
            kind="promise",
            agreed_on=p.made_on,
            told=_told(p),
            amount=p.amount,
            by_date=p.due_on,
            method=p.method or None,
            state=p.state,
        )
        for p in Promise.objects.filter(case=cover.case_id)
        .exclude(state=Promise.State.WITHDRAWN)
        .select_related("contact")
        .order_by("pk")
    )


def _open_of(position: replay.Position, cover: ContactCase) -> int:
    item = _instalment(position, cover)
    return item.unpaid if item else 0


def _told(promise: Promise) -> str:
    channel = promise.contact.channel if promise.contact else "voice"
    return "call" if channel == "voice" else channel


def _others(
    covers: Sequence[ContactCase], lead: ContactCase, found: Mapping[int, replay.Position]
) -> tuple[OtherLoan, ...]:
    out = []
    for c in covers:
        if c.loan_id != lead.loan_id:
            p = found[c.loan_id]
            out.append(
                OtherLoan(
                    loan_number=c.loan.number,
                    loan_amount=c.loan.principal,
                    due_date=p.oldest_due_on or p.on,
                    current_balance=from_minor(p.outstanding, c.loan.currency),
                    arrears=from_minor(p.overdue + p.fees_open, c.loan.currency),
                    instalment_open=from_minor(_open_of(p, c), c.loan.currency),
                )
            )
    return tuple(out)


def _address(contact: Contact) -> tuple[str, ...]:
    if contact.channel != "letter" or contact.contact_point is None:
        return ()
    address = contact.contact_point.value
    # An address that was given in lines keeps them; one given in a single line is broken at its commas.
    lines = address.splitlines() if "\n" in address.strip() else address.split(",")
    return tuple(line.strip() for line in lines if line.strip())


def sealed_text(contact: Contact, text: Rendered) -> Sealed | None:
    """The exact words under the person's key; a letter's words are its document."""
    if contact.channel == "letter":
        return None
    key = contact.person.key
    body = f"{text.subject}\n\n{text.text}" if text.subject else text.text
    return Sealed(seal(body, key.pk, bytes(key.wrapped)))
