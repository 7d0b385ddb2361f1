"""Every row can be found and reached: each list is searched, odd terms break nothing, rows link to what belongs to them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from collections_app.admin.groups import group_names
from collections_app.kernel.admin import BaseAdmin, number_in
from collections_app.models import Case, Clearance, Contact, Judgement, Person, PolicyVersion
from tests.admin.house import House, a_member, logged_in
from tests.asserts import queries_of
from tests.factories import borrowers, cases, contacts, loans

AT = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)
LISTS = {m._meta.label: (m, a) for m, a in admin.site._registry.items() if isinstance(a, BaseAdmin)}
ODD = ("²", "C-²", "LF-²", "J-²", "9" * 25, "-" + "9" * 25, "C-" + "9" * 19, "٣", "\x00", "%", "'\"<")


def of(model_admin: BaseAdmin, what: str, *args: Any) -> str:
    return reverse(f"admin:{model_admin.url_name(what)}", args=args)


def rows_of(client: Any, model: Any, **query: str) -> list[Any]:
    response = client.get(of(admin.site._registry[model], "changelist"), query)
    return [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("0", 0), ("²", None), ("٣", None), ("-1", None), ("1.0", None), ("", None), (None, None)]
    + [("9" * 18, int("9" * 18)), ("9" * 19, None)],
)
def test_a_number_is_what_a_key_can_be(text: str | None, number: int | None) -> None:
    assert number_in(text) == number


def test_every_list_can_be_searched() -> None:
    assert [label for label, (_model, a) in LISTS.items() if not a.search_fields] == []


def test_no_term_filter_page_or_address_breaks_a_page(house: House) -> None:
    client = house.client_of["auditor"]
    broken = []
    for label, (model, a) in LISTS.items():
        row = model._default_manager.order_by("pk").first()
        asked = [(of(a, "changelist"), {"q": term}) for term in ODD]
        names = ["show", "owner", "ladder", "p", "kind", *(f"{f.name}__exact" for f in model._meta.concrete_fields)]
        asked += [(of(a, "changelist"), {name: value}) for name in names for value in ("²", "9" * 25)]
        asked += [(of(a, what, key), {}) for what in ("change", "history") for key in ("²", "9" * 25, "-" + "9" * 25)]
        if row is not None:
            asked += [(of(a, what, row.pk), {"page": "²", "kind": "x"}) for what in ("change", "history")]
        client.raise_request_exception = False
        broken += [(label, a, q) for a, q in asked if client.get(a, q).status_code >= 500]
    assert broken == []


@pytest.mark.parametrize(
    ("model", "field"), [("datakey", "wrapped"), ("blindindex", "digest"), ("person", "name"), ("person", "born_on")]
)
def test_what_is_never_shown_is_not_found_out_by_filters(house: House, model: str, field: str) -> None:
    address = reverse(f"admin:collections_app_{model}_changelist")
    for lookup in ("exact", "startswith", "isnull", "gt"):
        assert house.client_of["auditor"].get(address, {f"{field}__{lookup}": "1"}).status_code == 400, lookup


def test_a_post_with_an_odd_number_is_refused_and_breaks_nothing(house: House) -> None:
    client, case = house.client_of["collector"], house.case.pk
    client.raise_request_exception = False
    for what, data in (
        ("reveal", {"channel": "voice", "person": "²"}),
        ("reveal", {"channel": "visit", "person": "9" * 25, "people": "²"}),
        ("refuse_medium", {"point": "²", "because": "said so"}),
    ):
        response = client.post(reverse(f"admin:collections_app_case_{what}", args=[case]), data)
        assert response.status_code == 302, (what, data)


def test_what_is_searched_by_its_number_is_found_alone(house: House) -> None:
    client = house.client_of["auditor"]
    clearance = Clearance.objects.order_by("pk").last()
    assert clearance is not None
    assert rows_of(client, Clearance, q=str(clearance.contact_id)) == [clearance.pk]
    judged = clearance.judgement_id
    assert judged in rows_of(client, Judgement, q=f"J-{judged}")
    from collections_app.models import Certification, DailyRun, EventDebt, RunWindow, SetAside

    for model, term in (
        (DailyRun, "2026-03-16"),
        (RunWindow, "2026-03-16"),
        (SetAside, "L-77031"),
        (EventDebt, "L-77031"),
        (Certification, "Agent"),
    ):
        assert rows_of(client, model, q=term), model
        assert rows_of(client, model, q="2020-01-01") == [], model


def test_the_last_contact_of_a_row_is_that_of_its_own_case(
    case: Case, frozen_day: dt.datetime, django_assert_num_queries: Any
) -> None:
    other = cases.an_overdue_case(
        3,
        loan=loans.a_loan(borrowers.a_person("Anselm Hale"), open_since=dt.date(2026, 3, 13), state="past_due"),
        ladder=case.ladder,
    )
    contacts.sent(contacts.a_planned_contact(case, "sms", at=AT, step="first_notice"))
    client = logged_in(a_member("collector"))
    rows = client.get(reverse("admin:collections_app_case_changelist")).context["cl"].result_list
    last = {row.pk: row.last_contact for row in rows}
    assert last[other.pk] is None
    assert (last[case.pk]["channel"], last[case.pk]["state"]) == ("sms", "sent")


def test_made_up_people_are_marked_wherever_a_list_names_them(house: House) -> None:
    client = house.client_of["auditor"]
    names = ("case", "contact", "loan", "promise", "hold", "contactevent", "breach", "contactpoint", "loanparty")

    def marks() -> dict[str, int]:
        return {
            n: client.get(reverse(f"admin:collections_app_{n}_changelist"), {"show": "all"} if n in SHOW else {})
            .content.decode()
            .count("made-up")
            for n in names
        }

    assert set(marks().values()) == {0}
    Person.objects.update(generated=True)
    assert [n for n, count in marks().items() if not count] == []


SHOW = ("case", "contact", "promise")


def test_a_row_links_to_the_lists_of_what_belongs_to_it(house: House) -> None:
    client, person = house.client_of["auditor"], house.case.debtor
    page = client.get(reverse("admin:collections_app_person_change", args=[person.pk]))
    beside = dict(page.context["beside"])
    for title in ("Contact points", "Consents", "Stated hours", "Cases", "Contacts", "Loan parties"):
        response = client.get(beside[title])
        assert response.status_code == 200, title
        rows = response.context["cl"].result_list
        assert rows and all(person.pk in (getattr(r, "person_id", None), getattr(r, "debtor_id", None)) for r in rows)
    assert "What belongs to it" in page.content.decode()


@pytest.mark.parametrize("role", ["auditor", "collector"])
def test_no_link_beside_a_row_leads_to_a_shut_door(house: House, role: str) -> None:
    client = house.client_of[role]
    shut = []
    for model, a in LISTS.values():
        row = model._default_manager.order_by("pk").first()
        if row is None or not house.user_of[role].has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
            continue
        for _title, link in (client.get(of(a, "change", row.pk)).context or {}).get("beside", ()):
            if client.get(link).status_code != 200:
                shut.append(link)
    assert shut == []


@pytest.mark.parametrize("role", group_names())
def test_home_leads_to_every_list_that_a_group_may_open(house: House, role: str) -> None:
    page = house.client_of[role].get(reverse("admin:index")).content.decode()
    user = house.user_of[role]
    missing = [
        label
        for label, (model, a) in LISTS.items()
        if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
        and f'href="{of(a, "changelist")}' not in page
    ]
    assert missing == []


def test_an_outside_lawyer_has_no_empty_card(house: House) -> None:
    page = house.client_of["outside lawyer"].get(reverse("admin:index")).content.decode()
    assert "<h2>Work</h2>" not in page and "Legal" in page


def test_the_source_of_a_policy_keeps_its_lines(house: House) -> None:
    preset = PolicyVersion.objects.get(ident="us-fed-regf")
    page = house.client_of["auditor"].get(reverse("admin:collections_app_policyversion_change", args=[preset.pk]))
    assert '<pre class="desk-json"># ' in page.content.decode()
    assert "Preset rules" in dict(page.context["beside"])


def test_the_sidebar_asks_for_a_persons_groups_once(house: House) -> None:
    client = house.client_of["administrator"]
    client.get(reverse("admin:index"))
    asked = queries_of(lambda: client.get(reverse("admin:index")))
    assert len([q for q in asked if 'FROM "auth_group" INNER' in q]) == 1


def test_why_a_contact_without_any_law_is_withheld_is_said(house: House) -> None:
    contact = contacts.a_planned_contact(house.case, "voice", at=AT, step="first_call", attempt=7)
    judgement = contacts.a_judgement(contact, "deny", phase="plan", by="no-law-loaded", permits=False)
    assert judgement.facts.content.get("rules") is None
    response = house.client_of["collector"].get(reverse("admin:collections_app_contact_why", args=[contact.pk]))
    page = response.content.decode()
    assert "No law is loaded for this person" in page and "no-law-loaded" in page
    assert "No time is known at which it would be allowed." in page


def test_a_contact_that_waits_for_no_known_time_says_so(house: House) -> None:
    contacts.a_withheld_contact(
        house.case, "sms", at=AT, step="reminder", attempt=9, until=AT + dt.timedelta(days=400), rule="no-law-loaded"
    )
    client = house.client_of["collector"]
    page = client.get(reverse("admin:collections_app_contact_changelist"), {"show": "withheld"}).content.decode()
    assert "no time known" in page and "Apr 2027" not in page and "20 Apr" not in page
    assert Contact.objects.filter(withheld_by="no-law-loaded").exists()
