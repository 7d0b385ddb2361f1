"""Lists: what the work needs first, found by what people know, at the same price for many rows as for few."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.urls import reverse

from collections_app.kernel.admin import COUNT_LIMIT, BaseAdmin, BoundedPaginator, mask
from collections_app.models import Case, Contact, Promise
from tests.admin.house import House, a_member, logged_in
from tests.asserts import queries_of
from tests.factories import borrowers, cases, contacts, loans

LIST = "admin:collections_app_case_changelist"
AT = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)


def text_of(client: Any, **query: Any) -> str:
    return client.get(reverse(LIST), query).content.decode()


@pytest.fixture
def collector(case: Case) -> Any:
    return logged_in(a_member("collector", name="jonas"))


def more_cases(case: Case, count: int) -> list[Case]:
    made = []
    for n in range(count):
        loan = loans.a_loan(
            borrowers.a_person(f"Person Number{n}"),
            open_since=dt.date(2026, 3, 1) + dt.timedelta(days=n % 10),
            state="past_due",
        )
        fresh = cases.an_overdue_case(
            (dt.date(2026, 3, 16) - loan.oldest_open_due_on).days, loan=loan, ladder=case.ladder
        )
        contacts.a_planned_contact(fresh, "voice", at=AT)
        cases.a_promise(fresh)
        made.append(fresh)
    return made


def test_the_worst_case_stands_first(case: Case, collector: Any, frozen_day: dt.datetime) -> None:
    worse = cases.an_overdue_case(
        9,
        loan=loans.a_loan(borrowers.a_person("Devereaux Nakashima"), open_since=dt.date(2026, 3, 7), state="past_due"),
        ladder=case.ladder,
    )
    page = text_of(collector)
    assert page.index("Devereaux Nakashima") < page.index("Marisol Quintero-Hale")
    assert str(worse) in page


def test_a_row_says_overdue_balance_days_stage_next_and_owner(
    case: Case, collector: Any, frozen_day: dt.datetime
) -> None:
    contacts.a_planned_contact(case, "voice", at=AT)
    page = text_of(collector)
    for text in ("$100.00", "$400.00", "Early", "Call now", "nobody", f"C-{case.pk}", "L-77031"):
        assert text in page, text


@pytest.mark.parametrize(
    "term", ["L-77031", "l-77031", "C-{pk}", "{pk}", "quintero", "Marisol Quintero-Hale", "{phone}", "{email}"]
)
def test_a_case_is_found_by_what_people_know(case: Case, collector: Any, frozen_day: dt.datetime, term: str) -> None:
    other = cases.an_overdue_case(
        3,
        loan=loans.a_loan(borrowers.a_person("Somebody Else"), open_since=dt.date(2026, 3, 13), state="past_due"),
        ladder=case.ladder,
    )
    word = term.format(
        pk=case.pk, phone=borrowers.a_reserved_phone(case.debtor.pk), email=f"person{case.debtor.pk}@example.org"
    )
    page = text_of(collector, q=word)
    assert "Marisol Quintero-Hale" in page and str(other.debtor.name) not in page


def test_what_nobody_is_called_finds_nobody_and_says_what_to_search_by(
    case: Case, collector: Any, frozen_day: dt.datetime
) -> None:
    page = text_of(collector, q="Zebedee")
    assert "Marisol" not in page and "Nothing found for “Zebedee”" in page


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("mine", False),
        ("nobody", True),
        ("late", False),
        ("legal", False),
        ("hold", False),
        ("closed", False),
        ("ladder", True),
        ("due", True),
        ("all", True),
    ],
)
def test_the_tabs_show_what_they_say(
    case: Case, collector: Any, frozen_day: dt.datetime, show: str, found: bool
) -> None:
    cases.a_promise(case, due_on=dt.date(2026, 3, 16))
    assert ("Marisol" in text_of(collector, show=show)) is found


def test_an_empty_list_says_what_to_do(db: None, frozen_day: dt.datetime) -> None:
    page = text_of(logged_in(a_member("collector")))
    assert "Cases are opened by the daily run" in page


def test_the_case_list_asks_as_often_for_fifty_rows_as_for_one(
    case: Case, collector: Any, frozen_day: dt.datetime
) -> None:
    text_of(collector)
    one = queries_of(lambda: text_of(collector))
    more_cases(case, 49)
    fifty = queries_of(lambda: text_of(collector))
    assert len(one) == len(fifty)
    # What belongs to the list itself, and not to the login, the sidebar or the choices of filters.
    own = [q for q in fifty if 'FROM "collections_app_case"' in q]
    assert len(own) <= 4


def test_every_list_asks_as_often_for_many_rows_as_for_few(house: House) -> None:
    """All lists of the app, with the rows of a house and with those of twenty cases more."""
    client = house.client_of["auditor"]
    lists = [
        reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist")
        for m, a in admin.site._registry.items()
        if isinstance(a, BaseAdmin)
    ]
    before = {}
    for address in lists:
        client.get(f"{address}?show=all")
        before[address] = len(queries_of(lambda address=address: client.get(f"{address}?show=all")))
    for fresh in more_cases(house.case, 20):
        contacts.a_breach(contacts.an_event(fresh.debtor, at=AT, loans=(fresh.loan,)))
        contacts.completed(Contact.objects.get(case=fresh), by=house.user_of["collector"])
        loans.a_charge(fresh.loan, on=dt.date(2026, 3, 15))
        cases.a_hold(fresh, requested_by=house.user_of["collector"])
    grown = {}
    for address in lists:
        cache.clear()
        client.get(f"{address}?show=all")
        after = len(queries_of(lambda address=address: client.get(f"{address}?show=all")))
        if after != before[address]:
            grown[address] = (before[address], after)
    assert grown == {}


def test_no_form_offers_a_drop_down_of_a_whole_table(house: House) -> None:
    client = house.client_of["supervisor"]
    page = client.get(reverse("admin:collections_app_borrowerstate_add")).content.decode()
    assert '<select name="person"' not in page and 'name="person"' in page


def test_a_list_never_counts_past_its_limit(case: Case) -> None:
    """A slice is counted, so that an unfiltered million costs no more than ten thousand rows."""
    sql = queries_of(lambda: BoundedPaginator(Case.objects.all(), 50).count)
    assert "LIMIT" in sql[0] and str(COUNT_LIMIT + 1) in sql[0]


@pytest.mark.parametrize(
    ("value", "kind", "masked"),
    [
        ("+13125550148", "mobile", "(•••) •••-0148"),
        ("123", "work_phone", "•••"),
        ("maria@mail.example", "email", "m•••••@•••.example"),
        ("12 Example Lane, Springfield, IL 62701", "home_address", "••• ••••••, IL 62701"),
        ("No comma here", "home_address", "••• ••••••"),
        ("A123456(7)", "", "••••••"),
        ("", "mobile", ""),
        (None, "", ""),
    ],
)
def test_masks_show_no_more_than_they_must(value: str | None, kind: str, masked: str) -> None:
    assert mask(value, kind) == masked


def test_lists_show_no_number_in_clear(house: House) -> None:
    number = borrowers.a_reserved_phone(house.case.debtor.pk)
    client = house.client_of["supervisor"]
    for name in ("contactpoint", "person", "contact", "contactevent"):
        for address in (reverse(f"admin:collections_app_{name}_changelist"),):
            assert number not in client.get(address, {"show": "all"}).content.decode(), address
    point = house.case.debtor.contact_points.get(kind="mobile")
    assert (
        number not in client.get(reverse("admin:collections_app_contactpoint_change", args=[point.pk])).content.decode()
    )
    assert (
        number
        not in client.get(reverse("admin:collections_app_contactpoint_history", args=[point.pk])).content.decode()
    )


def test_promises_due_stand_in_their_view(house: House) -> None:
    due = Promise.objects.get()
    client = house.client_of["collector"]
    page = client.get(reverse("admin:collections_app_promise_changelist"), {"show": "due"}).content.decode()
    assert f"/{due.pk}/change/" in page
