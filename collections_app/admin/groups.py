"""The groups of the house and their rights, as data: `setup_groups` and the demo write them, nobody clicks them together.

A right is a codename of Django's permission table. `view` names models that the group may look at, `change` those whose
forms and buttons it may use (a button asks for the right of its transition besides), `add` those it may add rows of,
`may` the rights of single acts. `unknown_rights` tells names that were mistyped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission

# What somebody who works with borrowers must be able to look at.
WORK = (
    "lender lendershare loan loanparty instalment charge loanevent payment allocation person contactpoint consent statedhours "
    "datedfact borrowerstate registercheck case contact contactcase contactevent eventdebt judgement clearance factsheet hold "
    "promise loandocument storeddocument policyversion ladderstep presetrule printbatch"
)
RUNNING = "dailyrun runwindow setaside importbatch importrow sendingstop breach staffprofile course certification accessrecord"
LEGAL = "legalfile exhibit pack lawyerreview defect serviceattempt cost deadline packlink packdownload"


@dataclass(frozen=True)
class Role:
    """A group's rights; models by name, each in whichever of the two apps has it."""

    name: str
    view: str = ""
    change: str = ""
    add: str = ""
    may: str = ""
    sees_everything: bool = False


ROLES: tuple[Role, ...] = (
    Role(
        "collector",
        view=f"{WORK} staffprofile certification course sendingstop",
        change="case contact promise contactpoint",
        add="contactpoint consent statedhours datedfact",
        may="work_case reveal_contact",
    ),
    Role(
        "field agent",
        view=f"{WORK} staffprofile certification course sendingstop",
        change="case contact promise contactpoint",
        add="contactpoint statedhours datedfact",
        may="work_case reveal_contact",
    ),
    Role(
        "supervisor",
        view=f"{WORK} {RUNNING} {LEGAL} user group",
        change="case contact promise contactpoint hold payment sendingstop lender",
        add="contactpoint consent statedhours datedfact borrowerstate sendingstop",
        may=(
            "work_case reveal_contact refer_to_legal return_from_legal assign_case approve_contact approve_hold settle_suspects "
            "stop_sending run_day"
        ),
    ),
    Role(
        "compliance officer",
        view=f"{WORK} {RUNNING} {LEGAL} user group",
        change="policyversion breach sendingstop certification course staffprofile",
        add="sendingstop certification course borrowerstate",
        may="release_policy assess_breach stop_sending",
    ),
    Role(
        "legal clerk",
        view=f"{WORK} {LEGAL}",
        change="case legalfile exhibit pack defect serviceattempt cost deadline",
        may=(
            "return_from_legal work_file assign_lawyer send_to_lawyer pursue_claim close_file build_pack seal_pack download_pack"
        ),
    ),
    # Sees the files that were given to them and nothing of the house: the packs hold what they need.
    Role(
        "outside lawyer",
        view="legalfile exhibit pack lawyerreview defect serviceattempt cost deadline",
        change="legalfile",
        may="review_file download_pack",
    ),
    Role("auditor", sees_everything=True),
    # Looks after accounts and the clock; no right in the business, not even to look.
    Role(
        "administrator",
        view="user group staffprofile periodictask intervalschedule crontabschedule taskresult",
        change="user staffprofile periodictask intervalschedule crontabschedule",
        add="user staffprofile",
    ),
)


def group_names() -> tuple[str, ...]:
    return tuple(role.name for role in ROLES)


def ensure_groups() -> dict[str, int]:
    """Give each group exactly its rights; gives how many each has. Run again, it changes nothing."""
    known: dict[str, list[Permission]] = {}
    for permission in Permission.objects.select_related("content_type").order_by("pk"):
        known.setdefault(permission.codename, []).append(permission)
    out = {}
    for role in ROLES:
        group, _made = Group.objects.get_or_create(name=role.name)
        wanted = _rights(role, known)
        group.permissions.set(wanted)
        out[role.name] = len(wanted)
    return out


def _rights(role: Role, known: dict[str, list[Permission]]) -> list[Permission]:
    if role.sees_everything:
        return [p for codename, found in known.items() if codename.startswith("view_") for p in found]
    names = [
        *(f"view_{m}" for m in role.view.split()),
        *(f"change_{m}" for m in role.change.split()),
        *(f"view_{m}" for m in role.change.split()),
        *(f"add_{m}" for m in role.add.split()),
        *(f"view_{m}" for m in role.add.split()),
        *role.may.split(),
    ]
    return [p for name in dict.fromkeys(names) for p in known.get(name, [])]


def unknown_rights() -> list[str]:
    """Names in ROLES that no installed model has: slips of the pen."""
    models = {m.__name__.lower() for m in apps.get_models()}
    acts = {code for m in apps.get_models() for code, _name in m._meta.permissions}
    told = []
    for role in ROLES:
        told += [
            f"{role.name}: no model {n}" for n in f"{role.view} {role.change} {role.add}".split() if n not in models
        ]
        told += [f"{role.name}: no right {code}" for code in role.may.split() if code not in acts]
    return told


def role_of(user: Any) -> str:
    """The first group of a person, for the name under theirs in the sidebar."""
    mine = set(user.groups.values_list("name", flat=True))
    return next((name for name in group_names() if name in mine), "")
