"""Who may do what with a legal file, asked by the services whose act is no transition."""

from __future__ import annotations

from typing import Any

from collections_app.kernel.actors import is_machine
from collections_app.kernel.errors import Refused
from legal.models import LegalFile


def demand(by: Any, permission: str, file: LegalFile | None = None) -> None:
    """Raise Refused unless this actor has the right. Machines have it: they act for the program, not for themselves."""
    if is_machine(by) or by.has_perm(permission):
        return
    raise Refused(
        "refused",
        [f"You need the right “{permission}” to do this."],
        permission=permission,
        file=getattr(file, "pk", None),
    )


def demand_person(by: Any, what: str) -> None:
    """Raise Refused for a machine: this is decided by a human being."""
    if is_machine(by):
        raise Refused("refused", [f"Only a person may {what}."])


def may_read(by: Any, file: LegalFile) -> bool:
    """The department reads all files, a lawyer those given to them; an auditor sees rows, and takes no pack away."""
    return is_machine(by) or by.has_perm("legal.work_file") or file.lawyer_id == by.pk


def demand_reading(by: Any, file: LegalFile) -> None:
    """Raise Refused unless this actor may read the papers of this file."""
    if not may_read(by, file):
        raise Refused("refused", [f"File {file.number} was not given to you; ask the legal department."], file=file.pk)
