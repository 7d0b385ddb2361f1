"""Who works here, and the machines."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from collections_app.kernel import actors, keys
from collections_app.kernel.history import create_by
from collections_app.models import Certification, Course, StaffProfile

_numbers = itertools.count(1)

# The rights of a role, as far as a test of the domain needs them. The auditor has none: looking is not changing.
RIGHTS: dict[str, tuple[str, ...]] = {
    "collector": ("work_case", "reveal_contact"),
    "field_agent": ("work_case", "reveal_contact"),
    "supervisor": (
        "work_case",
        "reveal_contact",
        "refer_to_legal",
        "return_from_legal",
        "assign_case",
        "approve_contact",
        "approve_hold",
        "settle_suspects",
        "stop_sending",
        "run_day",
    ),  # fmt: skip
    "compliance_officer": ("release_policy", "assess_breach", "stop_sending"),
    "legal_clerk": ("return_from_legal",),
    "lawyer": (),
    "auditor": (),
    "administrator": (),
}


def a_user(role: str = "collector", *, name: str | None = None, rights: tuple[str, ...] | None = None) -> Any:
    """A new member of staff with the rights of a role (or with exactly `rights`)."""
    user = get_user_model().objects.create_user(name or f"{role}-{next(_numbers)}", is_staff=True)
    wanted = RIGHTS[role] if rights is None else rights
    found = list(Permission.objects.filter(codename__in=wanted, content_type__app_label="collections_app"))
    missing = set(wanted) - {p.codename for p in found}
    assert not missing, f"no such rights: {sorted(missing)}"
    user.user_permissions.set(found)
    return user


def a_machine(name: str = actors.IMPORT) -> Any:
    """A machine account: the daily run, the dispatch, the import …"""
    return actors.machine(name)


def a_profile(user: Any, *, by: Any = None, id_number: str | None = None, **columns: Any) -> StaffProfile:
    """The staff profile of a user."""
    return create_by(
        StaffProfile, by=by or a_machine(), because="joined the house", key=keys.new_key("staff"), user=user,
        id_number=id_number, **{"languages": ["en"], **columns},
    )  # fmt: skip


def a_certificate(
    profile: StaffProfile, code: str = "collection_training", *, until: dt.date, by: Any = None
) -> Certification:
    """A course that a member of staff passed a year before `until`."""
    by = by or a_machine()
    course = Course.objects.filter(code=code).first() or create_by(
        Course, by=by, because="offered", code=code, title=code.replace("_", " ").capitalize()
    )
    return create_by(
        Certification, by=by, because="passed", staff=profile, course=course,
        passed_on=until - dt.timedelta(days=365), valid_until=until,
    )  # fmt: skip
