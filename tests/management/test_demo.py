"""The demo: staff who can log in, and days in which they worked through the same doors as in earnest."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from collections_app.management import demo
from collections_app.models import (
    AccessRecord,
    Breach,
    Case,
    Contact,
    ContactEvent,
    DailyRun,
    Hold,
    Judgement,
    Loan,
    Payment,
    Person,
    PrintBatch,
    StaffProfile,
)
from legal.models import LegalFile, Pack
from tests.asserts import assert_history_is_whole

pytestmark = pytest.mark.django_db

ROLES = {
    "collector", "field agent", "supervisor", "compliance officer", "legal clerk", "outside lawyer", "auditor",
    "administrator",
}  # fmt: skip


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, frozen_day: dt.datetime) -> dict[str, Any]:
    """What `make_demo` says of a demo of six days with a hundred loans."""
    settings.BLOB_DIR = tmp_path / "blobs"
    monkeypatch.setattr(demo, "LOANS", 100)
    monkeypatch.setattr(demo, "DAYS", 6)
    out = io.StringIO()
    call_command("make_demo", "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def test_the_demo_gives_every_role_a_login_and_every_list_something_to_show(told: dict[str, Any]) -> None:
    assert {"users", "loans", "cases", "contacts", "legal_files", "days"} <= set(told)
    assert (told["loans"], told["cases"], told["contacts"], told["days"]) == (
        Loan.objects.count(), Case.objects.count(), Contact.objects.count(), 6,
    )  # fmt: skip
    assert told["loans"] == 100 and told["cases"] > 0

    assert {user["role"] for user in told["users"]} == ROLES
    for user in told["users"]:
        found = authenticate(username=user["name"], password=user["password"])
        assert found is not None and found.is_staff and not found.is_superuser
        assert list(found.groups.values_list("name", flat=True)) == [user["role"]]
    certified = StaffProfile.objects.filter(certifications__valid_until__gte=dt.date(2026, 3, 16))
    assert set(certified.values_list("user__username", flat=True)) == {"jonas", "mei", "ruben", "priya"}

    # Seven runs, today's among them; messages left, numbers were shown, and each by a judgement.
    days = DailyRun.objects.filter(state="closed").order_by("date").values_list("date", flat=True)
    assert list(days) == [dt.date(2026, 3, 10) + dt.timedelta(days=n) for n in range(7)]
    left = Contact.objects.exclude(state__in=Contact.INSIDE)
    assert left.filter(channel__in=Contact.MESSAGES).exists() and left.filter(channel="voice").exists()
    assert set(left.values_list("pk", flat=True)) <= set(
        Judgement.objects.filter(permit__isnull=False).values_list("contact", flat=True)
    )
    looks = AccessRecord.objects.filter(kind="reveal").values_list("what", flat=True)
    assert sorted(looks) == sorted(f"contact:{c.pk}" for c in left.filter(channel__in=Contact.BY_HAND))
    assert told["legal_files"] == list(Pack.objects.order_by("file").values_list("file", flat=True)) != []
    assert ContactEvent.objects.filter(kind="sms_sent").exists() and PrintBatch.objects.exists()
    for contact in Contact.objects.order_by("pk"):
        assert_history_is_whole(contact)

    # Somebody has something to decide: the supervisor, the compliance officer, the lawyer.
    assert Hold.objects.filter(state="requested").exists() and Payment.objects.filter(state="suspect").exists()
    assert Breach.objects.filter(state="open").exists()
    lawyers = LegalFile.objects.filter(lawyer__username="clem")
    assert lawyers.filter(state="in_review").exists() or lawyers.filter(state="accepted").exists()

    # Nobody in it is real, and nothing left the machine.
    assert not Person.objects.filter(generated=False).exists()
    assert not Loan.objects.filter(generated=False).exists()

    # A second one is not laid over the first.
    with pytest.raises(CommandError, match="holds loans already"):
        call_command("make_demo", stdout=io.StringIO(), stderr=io.StringIO())
    assert get_user_model().objects.filter(is_active=True).count() == len(told["users"])
