"""A house under law for the tests of the gate: presets loaded, borrowers of a third-party collector in Illinois."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collections_app.compliance import reading
from collections_app.compliance.facts import Ask
from collections_app.compliance.gate import Gate, Judged
from collections_app.models import Case, Contact, Person
from collections_app.policy import loader
from tests.factories.borrowers import a_person, a_register_check
from tests.factories.cases import DAY, an_overdue_case
from tests.factories.contacts import a_planned_contact, an_event
from tests.factories.loans import a_loan

CHICAGO = ZoneInfo("America/Chicago")
NOON = dt.datetime(2026, 3, 16, 12, tzinfo=CHICAGO).astimezone(dt.UTC)  # of Monday, 16 March 2026


def chicago(clock: str, day: dt.date = DAY) -> dt.datetime:
    """An instant by the wall clock of Chicago."""
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), CHICAGO).astimezone(dt.UTC)


def load_law() -> None:
    """The shipped presets and ladder, and registers that were looked into on the day of the tests."""
    for path in loader.shipped_files():
        loader.load(path)
    a_register_check("bankruptcy_stay", at=dt.datetime.combine(DAY, dt.time(), tzinfo=dt.UTC) - dt.timedelta(hours=14))


def load_preset(
    folder: Path, rules: str, *, ident: str = "own", jurisdiction: str = "US", tz: str = 'fixed = "America/Chicago"',
    effective_from: str = "2020-01-01",
) -> None:  # fmt: skip
    """A preset of a test's own; every rule gets the keys that do not matter there."""
    common = '[[rule]]\nphase = ["plan", "send", "record"]\nlevel = "law"\ncite = "a test"\nconfidence = "B"\n'
    path = folder / f"{ident}.toml"
    path.write_text(
        f'[preset]\nid = "{ident}"\nversion = "2026.1.0"\nstatus = "draft"\nlaw_checked_on = 2026-01-01\n'
        f'effective_from = {effective_from}\njurisdiction = "{jurisdiction}"\n[preset.applies_when]\n[preset.tz]\n{tz}\n'
        + rules.replace("[[rule]]\n", common)
    )
    loader.load(path)


def a_case(days: int = 4, *, debtor: Person | None = None, **columns: Any) -> Case:
    """An overdue case that we collect for somebody else, so that the federal preset is in force."""
    on = columns.pop("on", DAY)
    loan = a_loan(
        debtor,
        open_since=on - dt.timedelta(days=days),
        state="past_due",
        **{"collector_role": "third_party", **columns},
    )
    return an_overdue_case(days, on=on, loan=loan)


def asks(*contacts: Contact, phase: str = "send", at: dt.datetime | None = NOON, **changes: Any) -> list[Ask]:
    """What the gate is asked of these contacts."""
    from dataclasses import replace

    rows = Contact.objects.filter(pk__in=[c.pk for c in contacts]).select_related("contact_point").order_by("pk")
    return [replace(a, **changes) for a in reading.asks_of(list(rows), phase=phase, at=at, on=DAY)]


def judge(*contacts: Contact, phase: str = "send", at: dt.datetime | None = NOON, **more: Any) -> dict[int, Judged]:
    changes = {k: more.pop(k) for k in list(more) if k in Ask.__dataclass_fields__}
    return Gate().judge(asks(*contacts, phase=phase, at=at, **changes), **more)


def verdict(contact: Contact, **more: Any) -> tuple[str, str]:
    """Verdict and rules of one contact."""
    answer = judge(contact, **more)[contact.pk].answer
    return answer.verdict, " ".join(answer.by)


def called(
    case: Case, times: int, *, day: dt.date = DAY - dt.timedelta(days=2), person: Person | None = None, **columns: Any
) -> None:
    """So many calls about the case's loan, an hour apart from nine in the morning."""
    for n in range(times):
        an_event(
            person or case.debtor, "call_placed", at=chicago(f"{9 + n:02d}:00", day), loans=(case.loan,), **columns
        )


def a_case_in_china(days: int = 4, **columns: Any) -> Case:
    """An overdue case under the law of China alone."""
    return a_case(days, debtor=in_china(), contract_law="CN", **columns)


def in_china(name: str = "陈 Example") -> Person:
    return a_person(name, country="CN", region="", zones={"physical_address": "Asia/Shanghai"})


__all__ = [
    "CHICAGO", "DAY", "NOON", "a_case", "a_case_in_china", "a_planned_contact", "an_event", "asks", "called", "chicago", "in_china", "judge",
    "load_law", "load_preset", "verdict",
]  # fmt: skip
