"""Which presets and which ladder are in force: asked of the loaded rows, by their dates and what they apply to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from collections_app.models import PolicyVersion

from .schema import Ladder, Preset, parse_ladder, parse_preset, stage_rules
from .schema.preset import HOUSE, TzPolicy


@dataclass(frozen=True)
class Loaded:
    """A loaded version and its parsed content."""

    id: int
    ident: str
    version: str
    digest: str
    state: str
    effective_from: dt.date
    effective_to: dt.date | None
    content: Any

    def in_force(self, on: dt.date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@lru_cache(maxsize=256)
def _preset(digest: str, source: str) -> Preset:
    return parse_preset(source, f"stored version {digest[:12]}")


@lru_cache(maxsize=64)
def _ladder(digest: str, source: str) -> Ladder:
    return parse_ladder(source, f"stored version {digest[:12]}")


_AS_PRESET: dict[str, Preset] = {}


def ladder_as_preset(ladder: Ladder) -> Preset:
    """The channels of a ladder's stages as a house preset, so that manual contacts meet them too."""
    if ladder.digest not in _AS_PRESET:
        _AS_PRESET[ladder.digest] = _as_preset(ladder)
    return _AS_PRESET[ladder.digest]


def _as_preset(ladder: Ladder) -> Preset:
    return Preset(
        id=f"ladder-{ladder.id}",
        version=ladder.version,
        status=ladder.status,
        title=None,
        law_checked_on=None,
        effective_from=ladder.effective_from,
        effective_to=ladder.effective_to,
        jurisdiction=HOUSE,
        extends=None,
        applies_when={},
        tz=TzPolicy(),
        rules=stage_rules(ladder),
        digest=ladder.digest,
    )


def _loaded(kind: str, parse: Any) -> list[Loaded]:
    rows = PolicyVersion.objects.filter(kind=kind).exclude(state=PolicyVersion.State.SUPERSEDED).order_by("ident", "id")
    return [
        Loaded(r.pk, r.ident, r.version, r.digest, r.state, r.effective_from, r.effective_to, parse(r.digest, r.source))
        for r in rows
    ]


class Policies:
    """The loaded presets and ladders, read once for a piece of work."""

    def __init__(self) -> None:
        self.presets = _loaded(PolicyVersion.Kind.JURISDICTION, _preset)
        self.ladders = _loaded(PolicyVersion.Kind.LADDER, _ladder)
        self._for: dict[tuple[Any, ...], tuple[Loaded, ...]] = {}

    def presets_for(
        self,
        *,
        country: str,
        region: str,
        contract_law: str,
        debt_kind: str,
        collector_role: str,
        product: str,
        lender_type: str,
        agreement_kind: str,
        on: dt.date,
    ) -> tuple[Loaded, ...]:
        """Presets whose dates hold `on` and whose `applies_when` fits: every given key must; what is not known fits."""
        key = (country, region, contract_law, debt_kind, collector_role, product, lender_type, agreement_kind, on)
        if key not in self._for:
            known = {
                "debt_kind": debt_kind,
                "collector_role": collector_role,
                "product": product,
                "lender_type": lender_type,
                "agreement_kind": agreement_kind,
            }
            self._for[key] = tuple(
                p for p in self.presets if p.in_force(on) and _fits(p.content, country, region, contract_law, known)
            )
        return self._for[key]

    def ladder_for(self, product: str, on: dt.date, segment: str = "standard") -> Loaded | None:
        """The ladder in force that takes this product and segment; the newest version where several do."""
        found = [x for x in self.ladders if x.in_force(on) and _takes(x.content, product, segment)]
        return max(found, key=lambda x: (x.effective_from, x.id), default=None)

    def ladder(self, policy_id: int) -> Ladder:
        """The ladder of a case, also one that has been superseded since."""
        for x in self.ladders:
            if x.id == policy_id:
                return x.content
        row = PolicyVersion.objects.get(pk=policy_id)
        return _ladder(row.digest, row.source)


def _takes(ladder: Ladder, product: str, segment: str) -> bool:
    wanted = ladder.applies_when
    return product in wanted.get("product", (product,)) and segment in wanted.get("segment", (segment,))


def _fits(preset: Preset, country: str, region: str, contract_law: str, known: dict[str, str]) -> bool:
    for key, values in preset.applies_when.items():
        if key == "debtor_country":
            stated = [c for c in (country, contract_law) if c]
            if stated and not any(c in values for c in stated):
                return False
        elif key == "debtor_region":
            if region and not any(region == v or region.startswith(f"{v}-") for v in values):
                return False
        elif known.get(key) and known[key] not in values:
            return False
    return True
