"""A collector's minute in a real browser: log in, open a case, reveal, log a call by keyboard, see it in the timeline."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from collections_app.kernel import clock
from collections_app.models import Case, Contact, Promise
from collections_app.policy import loader
from tests.admin.house import a_member, shipped_ladder
from tests.factories import borrowers, cases, loans

CHROMIUM = os.environ.get("COLLECTIONS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

# Playwright keeps an event loop in this thread; the ORM is asked between its calls, not in them. It must still hold when
# the database is emptied after the last test, so it is no fixture.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or COLLECTIONS_CHROMIUM=/path"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture
def today_case(transactional_db: None, settings: Any, tmp_path: Path) -> Case:
    """A case of today whose debtor lives where it is about noon now, so that the hours of no rule close the test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    for path in loader.shipped_files():
        loader.load(path)
    now = clock.now()
    hours = 12 - now.hour
    zone = f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"  # the sign of these names is the other way round
    debtor = borrowers.a_person("Marisol Quintero-Hale", zones={"physical_address": zone})
    due_on = clock.today() - dt.timedelta(days=2)
    loan = loans.a_loan(debtor, number="L-77031", open_since=due_on, state="past_due", collector_role="third_party")
    borrowers.a_register_check("bankruptcy_stay", at=now - dt.timedelta(minutes=5))
    return cases.an_overdue_case(2, on=clock.today(), loan=loan, ladder=shipped_ladder())


def test_a_collector_logs_in_reveals_and_logs_a_call_by_keyboard(today_case: Case, live_server: Any, page: Any) -> None:
    a_member("collector", name="jonas")
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if m.type == "error" and "favicon" not in m.text else None)
    page.goto(live_server.url + "/admin/")
    page.fill("[name=username]", "jonas")
    page.fill("[name=password]", "password-of-a-test")
    page.keyboard.press("Enter")
    page.get_by_text("Good day, Jonas").wait_for()

    page.keyboard.press("/")
    page.keyboard.type("L-77031")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Marisol Quintero-Hale").click()
    page.get_by_text("You may call now").wait_for()
    number = borrowers.a_reserved_phone(today_case.debtor_id)
    assert number not in page.content()

    page.keyboard.press("c")
    page.locator("#revealed-value").wait_for()
    assert page.locator("#revealed-value").inner_text() == number

    due_on = clock.today() + dt.timedelta(days=3)
    page.keyboard.press("l")
    page.keyboard.press("3")
    page.locator("#call-amount").fill("60.00")
    page.locator("#call-due_on").fill(due_on.isoformat())
    page.locator("#call-note").fill("pay came late")
    page.keyboard.press("Control+Enter")

    timeline = page.locator("#what-happened")
    timeline.get_by_text("pay came late").wait_for()
    assert "$60.00" in timeline.inner_text() and "Call, promise" in timeline.inner_text()
    assert number not in page.content()  # masked again once it was logged
    promise = Promise.objects.get()
    assert (str(promise.amount), promise.due_on, promise.state) == ("60.00", due_on, "open")
    assert Contact.objects.get().state == "completed"
    assert [text for text in refused if "Content Security Policy" in text or "Refused" in text] == []


def test_a_digit_typed_into_the_note_picks_nothing(today_case: Case, live_server: Any, page: Any) -> None:
    a_member("collector", name="jonas")
    page.goto(f"{live_server.url}/admin/collections_app/case/{today_case.pk}/change/")
    page.fill("[name=username]", "jonas")
    page.fill("[name=password]", "password-of-a-test")
    page.keyboard.press("Enter")
    page.locator("#call-note").fill("")
    page.locator("#call-note").type("c l 3")
    assert page.locator("#call-note").input_value() == "c l 3"
    assert page.locator("input[name=outcome]:checked").count() == 0
    page.locator("#keys-switch").click()
    page.locator("h1").first.click()
    page.keyboard.press("c")
    page.wait_for_timeout(300)
    assert not Contact.objects.exists()  # single keys are off
