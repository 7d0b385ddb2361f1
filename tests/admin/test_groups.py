"""The groups of the house: their rights are data, written by a command that can be run again."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from collections_app.admin.groups import ensure_groups, group_names
from tests.admin.house import a_member, logged_in


def rights(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_setup_groups_makes_them_and_changes_nothing_when_run_again(db: None) -> None:
    out = io.StringIO()
    call_command("setup_groups", "--json", stdout=out)
    first = json.loads(out.getvalue())["groups"]
    assert sorted(first) == sorted(group_names()) and min(first.values()) > 0
    before = {role: rights(role) for role in group_names()}
    assert ensure_groups() == first
    assert {role: rights(role) for role in group_names()} == before


def test_a_right_that_was_clicked_together_is_taken_away_again(db: None) -> None:
    ensure_groups()
    Group.objects.get(name="collector").permissions.add(Permission.objects.get(codename="stop_sending"))
    ensure_groups()
    assert "stop_sending" not in rights("collector")


def test_auditors_see_everything_and_may_do_nothing(db: None) -> None:
    ensure_groups()
    assert all(code.startswith("view_") for code in rights("auditor"))
    everything = Permission.objects.filter(
        codename__startswith="view_", content_type__app_label__in=["collections_app", "legal"]
    )
    assert set(everything.values_list("codename", flat=True)) <= rights("auditor")


def test_the_administrator_has_no_right_in_the_business(db: None) -> None:
    ensure_groups()
    ours = Permission.objects.filter(
        group__name="administrator", content_type__app_label__in=["collections_app", "legal"]
    )
    assert set(ours.values_list("content_type__model", flat=True)) <= {"staffprofile"}


@pytest.mark.parametrize(
    "role", ["collector", "field agent", "legal clerk", "outside lawyer", "auditor", "administrator"]
)
def test_who_is_no_supervisor_approves_nothing(db: None, role: str) -> None:
    ensure_groups()
    assert not rights(role) & {
        "approve_contact",
        "approve_hold",
        "refer_to_legal",
        "stop_sending",
        "release_policy",
        "settle_suspects",
    }


def test_the_outside_lawyer_sees_nothing_of_the_house(db: None) -> None:
    ensure_groups()
    seen = Permission.objects.filter(group__name="outside lawyer").values_list("content_type__app_label", flat=True)
    assert set(seen) == {"legal"}


def test_an_administrator_cannot_join_another_group_by_themselves(db: None) -> None:
    user: Any = a_member("administrator", name="root-of-evil")
    supervisors = Group.objects.get(name="supervisor")
    client = logged_in(user)
    client.post(
        reverse("admin:auth_user_change", args=[user.pk]),
        {
            "username": user.username,
            "groups": [supervisors.pk],
            "is_superuser": "on",
            "is_staff": "on",
            "is_active": "on",
        },
    )
    user.refresh_from_db()
    assert list(user.groups.values_list("name", flat=True)) == ["administrator"] and not user.is_superuser


def test_an_administrator_makes_an_account_without_super_powers(db: None) -> None:
    client = logged_in(a_member("administrator"))
    client.post(
        reverse("admin:auth_user_add"),
        {
            "username": "newcomer",
            "usable_password": "true",
            "password1": "a-long-pass-word-1",
            "password2": "a-long-pass-word-1",
        },
    )
    from django.contrib.auth import get_user_model

    newcomer = get_user_model().objects.get(username="newcomer")
    client.post(
        reverse("admin:auth_user_change", args=[newcomer.pk]),
        {
            "username": "newcomer",
            "first_name": "New",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "groups": [Group.objects.get(name="collector").pk],
        },
    )
    newcomer.refresh_from_db()
    assert (newcomer.is_staff, newcomer.is_superuser, newcomer.groups.get().name) == (True, False, "collector")
