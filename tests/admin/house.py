"""What the tests of the admin share: members of the groups, their clients, and the name of a house with a row of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from collections_app.admin.groups import ensure_groups
from collections_app.models import Case, PolicyVersion


def a_member(role: str, *, name: str = "") -> Any:
    """A member of staff with exactly the rights of a group."""
    ensure_groups()
    user = get_user_model().objects.create_user(
        name or f"member-{role.replace(' ', '-')}-{get_user_model().objects.count()}",
        is_staff=True,
        first_name="Jonas",
        last_name=role.title(),
        password="password-of-a-test",
    )
    user.groups.add(Group.objects.get(name=role))
    return user


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@dataclass
class House:
    """Rows that tests look at."""

    case: Case
    client_of: dict[str, Client]
    user_of: dict[str, Any]


def shipped_ladder() -> Any:
    return PolicyVersion.objects.get(kind="ladder", ident="six-day")
