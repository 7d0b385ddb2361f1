"""What the gate withheld or refused in a walk, by rule and by rule type; and what every clearance names."""

from __future__ import annotations

from collections import Counter
from typing import Any

from collections_app.models import Clearance, Contact, FactSheet, Judgement

from .claims import CONTACT_TYPES


def refusals() -> list[dict[str, Any]]:
    """Judgements of contacts that did not permit, by rule, verdict and where it was asked.

    `plan`: the daily run; `dispatch`: the moment of sending; `reveal`: a person asked for a number or an address. A
    judgement that two rules gave counts for both.
    """
    types = _types()
    counted: Counter[tuple[str, str, str, str]] = Counter()
    rows = Judgement.objects.filter(contact__isnull=False, verdict__in=["deny", "approve"]).values_list(
        "by", "verdict", "phase", "contact__channel", "permit"
    )
    for by, verdict, phase, channel, permit in rows.iterator():
        if permit is not None:
            continue  # a second person approved
        where = "plan" if phase == "plan" else "reveal" if channel in Contact.BY_HAND else "dispatch"
        for rule in by.split():
            counted[types.get(rule, "gate"), rule, verdict, where] += 1
    return [
        {"type": kind, "rule": rule, "verdict": verdict, "where": where, "count": n}
        for (kind, rule, verdict, where), n in sorted(counted.items())
    ]


def by_type(found: list[dict[str, Any]]) -> dict[str, int]:
    """The sums of `refusals`, by rule type; the five contact types are always named."""
    sums = dict.fromkeys(CONTACT_TYPES, 0)
    for row in found:
        sums[row["type"]] = sums.get(row["type"], 0) + row["count"]
    return sums


def clearances() -> dict[str, int]:
    """How many clearances there are, and how many name no preset of a jurisdiction that was in force."""
    lawful = {
        pk for pk, content in FactSheet.objects.values_list("pk", "content").iterator()
        if any(p["jurisdiction"] != "HOUSE" for p in content["presets"])
    }  # fmt: skip
    sheets = Counter(Clearance.objects.values_list("judgement__facts_id", flat=True))
    return {
        "clearances": sheets.total(),
        "without_jurisdiction": sum(n for sheet, n in sheets.items() if sheet not in lawful),
    }


def _types() -> dict[str, str]:
    return {
        rule["id"]: rule["type"] for content in FactSheet.objects.values_list("content", flat=True).iterator() for rule in content["rules"]
    }  # fmt: skip
