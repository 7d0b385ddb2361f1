"""Who acts when no person does: machine accounts, so that every history row has an actor."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

RUN = "daily-run"
DISPATCH = "dispatch"
IMPORT = "import"
RECEIPTS = "receipts"
POLICY = "policy-loader"
PLAYER = "walk-player"
MACHINES = frozenset({RUN, DISPATCH, IMPORT, RECEIPTS, POLICY, PLAYER})


def machine(name: str) -> Any:
    """The account of a machine: cannot log in, has no rights, stands in history as the actor."""
    assert name in MACHINES, f"{name} is not a machine account"
    users = get_user_model().objects
    user = users.filter(username=name).first()
    if user is None:
        user, _ = users.get_or_create(username=name, defaults={"is_active": False, "password": "!"})
    return user


def is_machine(user: Any) -> bool:
    return user.get_username() in MACHINES and not user.is_active
