"""What a message says of a loan: as of the person's own day, with what was agreed and what comes next."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collections_app.kernel import actors
from collections_app.models import Case, Contact, ContactCase, Loan
from collections_app.policy.in_force import Policies
from collections_app.services import message_facts, promises
from collections_app.services.texts import Agreed
from tests.daily.ground import close_through, d, lend
from tests.factories.contacts import a_planned_contact

pytestmark = pytest.mark.django_db

# Past midnight in New York, still the evening before in Honolulu.
MIDNIGHT_EAST = dt.datetime(2026, 3, 12, 5, 0, tzinfo=dt.UTC)


def told(contact: Contact, **more: Any) -> Any:
    covers = list(ContactCase.objects.filter(contact=contact).select_related("loan__lender", "case"))
    on = message_facts.local_date([contact], MIDNIGHT_EAST)[contact.pk]
    found = message_facts.positions([(c.loan_id, on) for c in covers], at=MIDNIGHT_EAST)
    return message_facts.facts_of(contact, covers, {c.loan_id: found[c.loan_id, on] for c in covers}, **more)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A loan whose March instalment, due on the 10th, was not paid; the 11th is closed."""
    lend(tmp_path, "L-1")
    close_through(d(3, 1), d(3, 11))
    return Case.objects.select_related("loan", "debtor").get()


def test_a_loan_is_told_as_of_each_day_that_somebody_is_on(case: Case) -> None:
    loan: Loan = case.loan
    found = message_facts.positions([(loan.pk, d(3, 11)), (loan.pk, d(3, 12))], at=MIDNIGHT_EAST)
    assert [found[loan.pk, day].days_past_due for day in (d(3, 11), d(3, 12))] == [1, 2]


def test_people_of_one_chunk_read_their_own_date(case: Case, tmp_path: Path) -> None:
    lend(tmp_path, "L-2")
    close_through(d(3, 12), d(3, 12))
    days = {}
    for number, zone in (("L-1", "America/New_York"), ("L-2", "Pacific/Honolulu")):
        its_case = Case.objects.get(loan__number=number)
        its_case.debtor.zones = {"physical_address": zone}
        contact = a_planned_contact(its_case, "sms")
        contact.person = its_case.debtor
        facts = told(contact)
        days[number] = (facts.as_of, facts.days_past_due)
    assert days == {"L-1": (d(3, 12), 2), "L-2": (d(3, 11), 1)}


def test_promises_that_were_kept_or_broken_are_told_with_what_became_of_them(case: Case) -> None:
    by = actors.machine(actors.RUN)
    promises.make_promise(case, amount=Decimal("20.00"), due_on=d(3, 11), made_on=d(3, 11), by=by, because="said so")
    promises.make_promise(case, amount=Decimal("50.00"), due_on=d(3, 12), made_on=d(3, 11), by=by, because="said anew")
    close_through(d(3, 12), d(3, 13))
    agreed = told(a_planned_contact(case, "letter")).agreed
    # The first was taken back for the second: it is not held against anybody.
    assert [(a.amount, a.state) for a in agreed if isinstance(a, Agreed)] == [(Decimal("50.00"), "broken")]


def test_a_letter_foretells_the_visit_that_the_ladder_has(case: Case) -> None:
    contact = a_planned_contact(case, "letter")
    steps = told(contact, ladder=Policies().ladder(case.ladder_id)).next_steps
    visits = [s.on for s in steps if s.code == "visit_possible"]
    assert visits == [d(3, 16)]  # day 6 of an instalment that was due on the 10th
    assert all(s.code != "visit_possible" for s in told(contact).next_steps)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("1 Main Street\nJefferson City, MO 65101\nUnited States", ("1 Main Street", "Jefferson City, MO 65101", "United States")),
        ("1 Main Street, Jefferson City, MO 65101", ("1 Main Street", "Jefferson City", "MO 65101")),
    ],
)  # fmt: skip
def test_an_address_keeps_the_lines_it_was_given_in(case: Case, address: str, lines: tuple[str, ...]) -> None:
    contact = a_planned_contact(case, "letter")
    assert contact.contact_point is not None
    contact.contact_point.value = address
    assert told(contact).address_lines == lines
