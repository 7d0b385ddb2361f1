"""A policy file becomes a PolicyVersion: whole, once, with its digest. Loading the same content again changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from collections_app.kernel import actors, clock, fsm, history
from collections_app.kernel.errors import DomainError
from collections_app.models import LadderStep, PolicyVersion, PresetRule

from .schema import Ladder, Preset, parse_ladder, parse_preset

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class LoadedVersion:
    id: str
    version: str
    digest: str
    status: str
    created: bool


def shipped_files() -> list[Path]:
    """The files of this release, presets first."""
    return [*sorted((DATA / "jurisdictions").glob("*.toml")), *(DATA / "ladders" / n for n in ("six_day.toml",))]


@transaction.atomic
def load(path: Path, *, by: Any = None) -> LoadedVersion:
    """Read, check and store one file. A version whose content differs from the stored one under the same version number
    is refused: what applied on a day applied for ever."""
    by = by or actors.machine(actors.POLICY)
    text = path.read_text(encoding="utf-8")
    kind, content = _parse(text, path)
    existing = PolicyVersion.objects.filter(kind=kind, ident=content.id, version=content.version).first()
    if existing:
        if existing.digest != content.digest:
            raise DomainError(
                "version_taken",
                f"{path.name}: {content.id} {content.version} is loaded already with other content; "
                "give the file a new version number.",
                id=content.id,
                version=content.version,
            )
        return LoadedVersion(content.id, content.version, content.digest, existing.state, False)
    title = getattr(content, "title", None) or ""
    row = history.create_by(
        PolicyVersion,
        by=by,
        because=f"loaded from {path.name}",
        kind=kind,
        ident=content.id,
        version=content.version,
        title=title if isinstance(title, str) else title.get("en", ""),
        jurisdiction=getattr(content, "jurisdiction", ""),
        digest=content.digest,
        effective_from=content.effective_from,
        effective_to=content.effective_to,
        source=text,
        loaded_at=clock.now(),
        requested_by=by,
    )
    _supersede_older(row, content.effective_from, by)
    if isinstance(content, Ladder):
        LadderStep.objects.bulk_create(
            LadderStep(
                policy=row,
                code=s.code,
                position=n,
                days=[d for d, _ in s.occurrences()],
                channel=s.channel,
                summary=_step_summary(s),
            )
            for n, s in enumerate(content.steps)
        )
    else:
        PresetRule.objects.bulk_create(
            PresetRule(
                policy=row,
                rule_id=r.id,
                type=r.type,
                level=r.level,
                verdict=r.verdict,
                cite=r.cite,
                confidence=r.confidence,
                summary=r.note,
            )
            for r in content.rules
        )
    return LoadedVersion(content.id, content.version, content.digest, row.state, True)


def _supersede_older(row: PolicyVersion, effective_from: dt.date, by: Any) -> None:
    """A version that begins on the same day or earlier than an older one takes its place; one that begins later only
    once its day comes, which the dates themselves decide."""
    for older in (
        PolicyVersion.objects.filter(kind=row.kind, ident=row.ident, effective_from__gte=effective_from)
        .exclude(pk=row.pk)
        .exclude(state=PolicyVersion.State.SUPERSEDED)
    ):
        fsm.apply(older, "supersede", by=by, because=f"{row.version} took its place")


def _parse(text: str, path: Path) -> tuple[str, Ladder | Preset]:
    if "[ladder]" in text:
        return PolicyVersion.Kind.LADDER, parse_ladder(text, path.name)
    return PolicyVersion.Kind.JURISDICTION, parse_preset(text, path.name)


def _step_summary(step: Any) -> str:
    parts = [f"by {step.channel}"]
    if step.fallback_channels:
        parts.append("else " + ", ".join(step.fallback_channels))
    if step.unless:
        parts.append("unless " + ", ".join(step.unless))
    if step.needs_approval:
        parts.append(f"with approval of a {step.needs_approval}")
    return "; ".join(parts)
