"""What a message may say: facts from the ledger as of the moment of sending, formatted by nobody here.

Money that came in since the last booking counts too, if it is valued up to the person's day and was taken in by the
instant of sending; later money never does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from collections_app.compliance import local_time
from collections_app.kernel.money import from_minor
from collections_app.kernel.personal import Sealed, seal
from collections_app.models import Contact, ContactCase, Loan, Promise

from . import loan_ledgers, replay
from .texts import Agreed, Facts, OtherLoan, Rendered, usual_next_steps


def local_date(contacts: Sequence[Contact], at: dt.datetime) -> dict[int, dt.date]:
    """The day of `at` where each contact's person is (UTC where no zone is known)."""
    found = {}
    for c in contacts:
        zones = sorted(c.person.zones.items())
        found[c.pk] = local_time.local(at, zones[0][1]).date() if zones else at.date()
    return found


def positions(
    loan_ids: Iterable[int], *, on: dict[int, dt.date] | dt.date, at: dt.datetime
) -> dict[int, replay.Position]:
    """Each loan as of its latest asked day, with money taken in by `at`."""
    ids = sorted(set(loan_ids))
    day = on if isinstance(on, dt.date) else max(on.values(), default=at.date())
    return {
        stored.id: replay.as_of(stored.ledger, day)
        for chunk in loan_ledgers.in_chunks(ids, received_by=at)
        for stored in chunk
    }


def instalment_is_paid(position: replay.Position, instalment_id: int | None) -> bool:
    return position.ended is not None or any(i.id == instalment_id and not i.unpaid for i in position.instalments)


def facts_of(
    contact: Contact, covers: Sequence[ContactCase], found: dict[int, replay.Position], at: dt.datetime
) -> Facts:
    """The facts of a contact, led by its furthest case; further loans of the same message are told as such."""
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
        import dataclasses

        facts = dataclasses.replace(
            facts, next_steps=usual_next_steps(facts, contact_again_on=position.on + dt.timedelta(days=1))
        )
    return facts


def _lead(contact: Contact, covers: Sequence[ContactCase]) -> ContactCase:
    return next((c for c in covers if c.case_id is not None and c.case_id == contact.case_id), covers[0])


def _instalment(position: replay.Position, cover: ContactCase) -> replay.OpenState | None:
    """The instalment that the message is about: the covered one of a reminder, else the oldest that counts as open."""
    if cover.instalment_id is not None:
        return next((i for i in position.instalments if i.id == cover.instalment_id), None)
    open_ = [i for i in position.instalments if i.unpaid]
    return next((i for i in open_ if i.due_on == position.oldest_due_on), open_[0] if open_ else None)


def _agreed(cover: ContactCase) -> tuple[Agreed, ...]:
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
        )
        for p in Promise.objects.filter(case=cover.case_id, state=Promise.State.OPEN)
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
    covers: Sequence[ContactCase], lead: ContactCase, found: dict[int, replay.Position]
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
    return tuple(line.strip() for line in contact.contact_point.value.replace("\n", ",").split(",") if line.strip())


def sealed_text(contact: Contact, text: Rendered) -> Sealed | None:
    """The exact words under the person's key; a letter's words are its document."""
    if contact.channel == "letter":
        return None
    key = contact.person.key
    body = f"{text.subject}\n\n{text.text}" if text.subject else text.text
    return Sealed(seal(body, key.pk, bytes(key.wrapped)))
