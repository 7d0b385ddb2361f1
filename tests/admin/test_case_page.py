"""The case page: who and how much, may I contact now, the call log, what happened."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse

from collections_app.kernel.fsm import apply
from collections_app.models import AccessRecord, Breach, Case, Contact, ContactEvent, Hold, Promise
from tests.admin.house import House, a_member, logged_in
from tests.factories import borrowers, cases, staff

NIGHT = dt.datetime(2026, 3, 17, 4, tzinfo=dt.UTC)  # 23:00 in Chicago
DAY = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)  # 10:00 in Chicago


def page_of(case: Case) -> str:
    return reverse("admin:collections_app_case_change", args=[case.pk])


def act(client: Any, case: Case, what: str, **data: Any) -> Any:
    return client.post(reverse(f"admin:collections_app_case_{what}", args=[case.pk]), data, follow=True)


def told(response: Any) -> str:
    return " ".join(
        [*(str(m) for m in get_messages(response.wsgi_request)), *(str(m) for m in response.context["messages"])]
    )


def a_collector(case: Case) -> Any:
    return logged_in(a_member("collector", name="jonas"))


def test_the_head_says_who_and_how_much(case: Case, frozen_day: dt.datetime) -> None:
    page = a_collector(case).get(page_of(case)).content.decode()
    assert "Marisol Quintero-Hale" in page and "L-77031" in page
    assert "$100.00" in page  # overdue: the third instalment
    assert "$400.00" in page  # balance: four of six are open
    assert "10:00 CDT" in page and "in Chicago" in page


def test_personal_data_are_masked_until_the_gate_reveals_them(case: Case, frozen_day: dt.datetime) -> None:
    number = borrowers.a_reserved_phone(case.debtor.pk)
    page = a_collector(case).get(page_of(case)).content.decode()
    assert number not in page and f"•••-{number[-4:]}" in page
    assert "12 Example Lane" not in page and "@example.org" not in page


def test_the_gate_card_names_rule_and_next_time_in_the_borrowers_zone(case: Case) -> None:
    client = a_collector(case)
    with time_machine.travel(NIGHT, tick=False):
        page = client.get(page_of(case)).content.decode()
    assert "Do not call now" in page
    assert "Tue 17 Mar, 08:00 CDT" in page
    assert "US-01" in page and "12 CFR 1006.6(b)(1)(i)" in page


def test_a_permitted_reveal_shows_the_number_to_its_collector_alone(case: Case, frozen_day: dt.datetime) -> None:
    number = borrowers.a_reserved_phone(case.debtor.pk)
    mine, other = a_collector(case), logged_in(a_member("collector", name="somebody-else"))
    page = act(mine, case, "reveal", channel="voice", person=case.debtor.pk).content.decode()
    assert number in page
    assert number not in other.get(page_of(case)).content.decode()
    record = AccessRecord.objects.get(kind="reveal")
    assert record.user.get_username() == "jonas" and record.what.startswith("contact:")


def test_a_denied_reveal_shows_the_rule_and_when_it_is_allowed(case: Case) -> None:
    client = a_collector(case)
    with time_machine.travel(NIGHT, tick=False):
        response = act(client, case, "reveal", channel="voice", person=case.debtor.pk)
    sentence = told(response)
    assert "US-01" in sentence and "12 CFR 1006.6(b)(1)(i)" in sentence and "Tue 17 Mar, 08:00 CDT" in sentence
    assert borrowers.a_reserved_phone(case.debtor.pk) not in response.content.decode()
    assert Contact.objects.get().state == "withheld"
    assert not AccessRecord.objects.exists()


def test_asking_twice_makes_one_contact(case: Case) -> None:
    client = a_collector(case)
    with time_machine.travel(NIGHT, tick=False):
        act(client, case, "reveal", channel="voice", person=case.debtor.pk)
        act(client, case, "reveal", channel="voice", person=case.debtor.pk)
    assert Contact.objects.count() == 1


def test_a_hold_keeps_the_number_hidden(case: Case, frozen_day: dt.datetime) -> None:
    cases.on_hold(case)
    client = a_collector(case)
    response = act(client, case, "reveal", channel="voice", person=case.debtor.pk)
    assert "hold" in told(response)
    assert not Contact.objects.filter(state="revealed").exists()


def test_who_has_no_part_in_the_loan_is_not_revealed(case: Case, frozen_day: dt.datetime) -> None:
    stranger = borrowers.a_person("Nobody Here")
    response = act(a_collector(case), case, "reveal", channel="voice", person=stranger.pk)
    assert "no role on the loan" in told(response)


def test_a_logged_call_ends_in_the_timeline(case: Case, frozen_day: dt.datetime) -> None:
    client = a_collector(case)
    act(client, case, "reveal", channel="voice", person=case.debtor.pk)
    response = act(
        client,
        case,
        "call",
        direction="out",
        person=case.debtor.pk,
        outcome="promise",
        amount="60.00",
        due_on="2026-03-20",
        method="card",
        note="paid when the shift money comes",
    )
    promise = Promise.objects.get()
    assert (str(promise.amount), promise.due_on, promise.method, promise.state) == (
        "60.00",
        dt.date(2026, 3, 20),
        "card",
        "open",
    )
    contact = Contact.objects.get()
    assert (contact.state, contact.outcome) == ("completed", "promise")
    assert set(ContactEvent.objects.filter(contact=contact).values_list("kind", flat=True)) == {
        "call_placed",
        "conversation",
    }
    page = response.content.decode()
    assert "paid when the shift money comes" in page and "Promise to pay" in page and "$60.00" in page


def test_a_promise_without_amount_or_day_is_asked_again_beside_the_field(case: Case, frozen_day: dt.datetime) -> None:
    client = a_collector(case)
    response = act(
        client, case, "call", direction="out", person=case.debtor.pk, outcome="promise", amount="", due_on=""
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert "A promise needs an amount." in page and "A promise needs a day." in page
    assert not ContactEvent.objects.exists() and not Promise.objects.exists()


def test_a_call_that_came_in_is_kept_as_an_event(case: Case) -> None:
    client = a_collector(case)
    with time_machine.travel(NIGHT, tick=False):
        act(client, case, "call", direction="in", person=case.debtor.pk, outcome="spoke", note="asks for the balance")
        page = client.get(page_of(case)).content.decode()
    event = ContactEvent.objects.get()
    assert (event.kind, event.direction, event.contact) == ("conversation", "in", None)
    assert not Breach.objects.exists()
    assert "asks for the balance" in page and "came in" in page


def test_a_call_that_no_gate_saw_is_kept_and_opens_a_breach(case: Case) -> None:
    client = a_collector(case)
    with time_machine.travel(NIGHT, tick=False):
        act(client, case, "call", direction="out", person=case.debtor.pk, outcome="refuses")
    kinds = list(ContactEvent.objects.order_by("pk").values_list("kind", "contact"))
    assert kinds == [("call_placed", None), ("conversation", None)]
    assert "US-01" in Breach.objects.order_by("pk").first().rules  # type: ignore[union-attr]


def test_stop_calling_me_bars_the_next_call(case: Case, frozen_day: dt.datetime) -> None:
    client = a_collector(case)
    act(client, case, "call", direction="in", person=case.debtor.pk, outcome="stop_calling")
    page = client.get(page_of(case)).content.decode()
    assert "US-10" in page and "Do not call now" in page


def test_a_hold_asked_for_on_the_page_waits_for_a_second_person(case: Case, frozen_day: dt.datetime) -> None:
    act(a_collector(case), case, "hold", reason="hardship", until_on="2026-04-15", because="lost the job")
    hold = Hold.objects.get()
    assert (hold.state, hold.reason, hold.until_on) == ("requested", "hardship", dt.date(2026, 4, 15))
    assert Case.objects.get(pk=case.pk).contacts_held_until == dt.date(1, 1, 1)


def test_a_case_is_given_to_a_colleague_with_a_reason(case: Case, frozen_day: dt.datetime) -> None:
    supervisor, colleague = a_member("supervisor", name="priya"), a_member("collector", name="jonas")
    client = logged_in(supervisor)
    act(client, case, "give", owner="jonas", because="speaks Spanish")
    row = Case.objects.get(pk=case.pk)
    assert row.owner == colleague
    assert row.history.order_by("-history_id").first().history_change_reason == "speaks Spanish"
    assert "no colleague" in told(act(client, case, "give", owner="nobody-of-that-name", because="x"))


def test_a_refused_address_is_not_used_any_more(case: Case, frozen_day: dt.datetime) -> None:
    client = a_collector(case)
    point = case.debtor.contact_points.get(kind="email")
    act(client, case, "refuse_medium", point=point.pk, because="wrote STOP")
    page = client.get(page_of(case)).content.decode()
    assert "medium refused" in page
    state = case.debtor.states.get(name="medium_refused")
    assert (state.contact_point, state.channels) == (point, ["email"])


def test_unmet_guards_stand_beside_the_button(case: Case, frozen_day: dt.datetime) -> None:
    page = logged_in(a_member("supervisor")).get(page_of(case)).content.decode()
    assert "Refer to legal needs" in page and "The written notice has not been delivered yet." in page


def test_the_script_is_filled_with_todays_facts(case: Case, frozen_day: dt.datetime) -> None:
    page = a_collector(case).get(page_of(case)).content.decode()
    assert "my name is Jonas Collector" in page and "$100.00 is open" in page
    assert "Do not say:" in page


def test_the_timeline_is_cut_into_pages_and_kinds(case: Case, frozen_day: dt.datetime) -> None:
    from tests.factories import contacts

    user = staff.a_user("collector")
    for n in range(30):
        contacts.completed(contacts.a_planned_contact(case, "voice", at=DAY, occurrence=n, attempt=9), by=user)
    apply(case, "to_mid", by=staff.a_machine("daily-run"), because="day 4", on=dt.date(2026, 3, 16), step="six-day:mid")
    client = a_collector(case)
    page = client.get(page_of(case)).content.decode()
    assert page.count('class="te"') == 25 and "Show" in page
    contacts_only = client.get(page_of(case), {"kind": "contacts", "page": 2}).content.decode()
    assert contacts_only.count('class="te"') == 5
    changes = client.get(page_of(case), {"kind": "changes"}).content.decode()
    assert "Mid" in changes and "day 4" in changes


def test_the_page_asks_as_often_for_many_contacts_as_for_few(case: Case, frozen_day: dt.datetime) -> None:
    from tests.asserts import queries_of
    from tests.factories import contacts

    client, user = a_collector(case), staff.a_user("collector")
    contacts.completed(contacts.a_planned_contact(case, "voice", at=DAY, occurrence=1, attempt=9), by=user)
    client.get(page_of(case))
    few = queries_of(lambda: client.get(page_of(case)))
    for n in range(2, 42):
        contacts.completed(contacts.a_planned_contact(case, "voice", at=DAY, occurrence=n, attempt=9), by=user)
    many = queries_of(lambda: client.get(page_of(case)))
    assert len(few) == len(many)


def test_posting_to_the_page_itself_is_refused(case: Case, frozen_day: dt.datetime) -> None:
    client = logged_in(a_member("supervisor"))
    assert client.post(page_of(case), {"stage": "closed"}).status_code == 403


def test_everything_of_a_house_shows_on_its_page(house: House) -> None:
    page = house.client_of["supervisor"].get(page_of(house.case)).content.decode()
    for text in (
        "Anselm Hale",
        "SMS sent",
        "E-mail withheld",
        "Payment",
        "stand-in",
        "night contact",
        "to be approved",
    ):
        assert text.lower() in page.lower(), text
