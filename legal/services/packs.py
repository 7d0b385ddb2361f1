"""Packs: built from what was collected, sealed when nothing is missing, written out for those who may have them.

A build that finds what the newest version was made from gives that version again. What changed makes the next one: a
draft first, which each build replaces, and which carries the number that it will be sealed under. Sealed versions stay.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from collections_app.documents import store
from collections_app.documents.digest import sha256
from collections_app.documents.files import speaking_of_disk, writing_together
from collections_app.kernel import actors, fsm, history, keys, locks
from collections_app.kernel.errors import DomainError, Refused
from collections_app.kernel.money import from_minor, to_minor
from collections_app.models import StoredDocument
from legal.bundle.assemble import BuiltPack, build
from legal.bundle.collect import section_of
from legal.bundle.courts import Court, load_court
from legal.bundle.manifest import (
    Amount,
    ChronologyEntry,
    Claim,
    EarlierVersion,
    Manifest,
    RuleVersion,
    Sum,
    inputs_sha256,
)
from legal.bundle.manifest import Exhibit as Listed
from legal.models import Cost, Exhibit, LawyerReview, LegalFile, Pack

from .exhibits import Checklist, Collection, collect_exhibits
from .files import set_court
from .rights import demand

ZIP = "application/zip"
JSON = "application/json"


@dataclass(frozen=True)
class Built:
    """A version of the pack and what is missing of its file. `made` is False where an earlier build still stands."""

    pack: Pack
    checklist: Checklist
    made: bool


def build_pack(
    file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, because: str = "pack built", court: str | None = None
) -> Built:
    """Collect, and build a draft of the next version; an incomplete file gives a draft that names what is missing.

    Nothing changed since the newest version: that one is given again. Raises DomainError `disk_full` and whatever the
    assembly refuses; then all versions are as they were.
    """
    demand(by, "legal.build_pack", file)
    prepared = _prepare(file, on=on, at=at, by=by, because=because, court=court)
    return _build(prepared, at=at, by=by, because=because, seal=False)


def seal_pack(
    file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, because: str = "pack sealed", court: str | None = None
) -> Built:
    """Collect, build and seal the next version; refused, with all that is missing by name, for an incomplete file.

    The newest sealed version is given again where nothing changed since.
    """
    demand(by, "legal.build_pack", file)
    demand(by, "legal.seal_pack", file)
    prepared = _prepare(file, on=on, at=at, by=by, because=because, court=court)
    sheet = prepared.collection.checklist
    if sheet.count:
        number = prepared.collection.file.number
        raise Refused(
            "pack_incomplete",
            [
                f"File {number} is not complete, {sheet.count} thing{'s' if sheet.count != 1 else ''} missing.",
                sheet.sentence(),
            ],
            file=file.pk,
            missing=[each.item for each in sheet.missing],
        )
    return _build(prepared, at=at, by=by, because=because, seal=True)


def build_or_seal(
    file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, because: str = "pack built", court: str | None = None
) -> Built:
    """The sealed next version of a complete file, a draft of it for one that is not complete."""
    demand(by, "legal.build_pack", file)
    demand(by, "legal.seal_pack", file)
    prepared = _prepare(file, on=on, at=at, by=by, because=because, court=court)
    return _build(prepared, at=at, by=by, because=because, seal=not prepared.collection.checklist.count)


@dataclass(frozen=True)
class _Prepared:
    """What the next version would say, and under which layout."""

    collection: Collection
    manifest: Manifest
    court: Court


def _build(prepared: _Prepared, *, at: dt.datetime, by: Any, because: str, seal: bool) -> Built:
    standing = _standing(prepared)
    if standing is not None and (standing.is_sealed or not seal):
        return Built(standing, prepared.collection.checklist, False)
    return Built(_make(prepared, at=at, by=by, because=because, seal=seal), prepared.collection.checklist, True)


# --- the manifest -------------------------------------------------------------------------------------------


def _prepare(file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, because: str, court: str | None) -> _Prepared:
    """Collect and write down what there is, in one transaction."""
    with transaction.atomic():
        if court is not None and court != file.court:
            file = set_court(file, court=court, court_name=file.court_name, by=by, because=f"pack wanted for {court}")
        collection = collect_exhibits(file, on=on, at=at, by=by, because=because)
        layout = load_court(collection.file.court)
        return _Prepared(collection, _manifest(collection, layout, at=at, by=by), layout)


def _manifest(c: Collection, court: Court, *, at: dt.datetime, by: Any) -> Manifest:
    file, found = c.file, c.collected
    loan = file.case.loan
    tabs = {e.source: e.tab for e in c.exhibits}
    log = next((e.tab for e in c.exhibits if e.kind == Exhibit.Kind.CONTACT_LOG), "")
    statement = next((e for e in c.exhibits if e.kind == Exhibit.Kind.STATEMENT), None)
    # A statement that says the same and is fresh enough keeps the day it was drawn up for.
    as_of = statement.dated_on if statement is not None and statement.dated_on else found.on
    costs = [k for k in Cost.objects.filter(file=file, claimed=True, currency=loan.currency) if k.on <= found.on]
    sums = [Sum("outstanding under the agreement", found.outstanding)]
    total = _minor(found.outstanding)
    if costs:
        spent = sum(int(k.__dict__["amount"]) for k in costs)
        sums.append(Sum("costs", Amount.of(from_minor(spent, loan.currency), loan.currency)))
        total += spent
    sealed = list(Pack.objects.filter(file=file).sealed().order_by("version"))
    needed = c.checklist.missing
    # What a layout asks for only if there is one does not make a pack incomplete, nor is it counted as asked.
    asked = len(court.required) - len(c.checklist.optional)
    return Manifest(
        file_number=file.number,
        version=sealed[-1].version + 1 if sealed else 1,
        sealed_at=at,
        sealed_by=_name(by),
        layout=dataclasses.replace(court.reference(), asked=asked),
        claim=Claim(
            court=file.court_name or "Court: not named yet",
            subject=f"on a debt under agreement {loan.number}"
            + (f" of {loan.contract_on.day} {loan.contract_on:%B %Y}" if loan.contract_on else ""),
            as_of=as_of,
            sums=tuple(sums),
            total=Amount.of(from_minor(total, loan.currency), loan.currency),
            number=file.claim_number,
        ),
        claimants=found.claimants,
        defendants=found.defendants,
        agreement=found.agreement,
        exhibits=tuple(_listed(e, court) for e in c.exhibits),
        sections=court.headings(),
        chronology=tuple(
            ChronologyEntry(
                on=h.on,
                sentence=h.sentence,
                until=h.until,
                tab=log if h.contact is not None else tabs.get(h.source, ""),
                contact=h.contact if log else None,
                line=h.line,
                generated=h.generated,
            )
            for h in found.chronology
        ),
        statement=dataclasses.replace(found.statement, as_of=as_of),
        contacts=found.log.entries,
        missing=needed,
        rules=(*found.log.rules, RuleVersion("court layout", court.id, court.version, court.sha256)),
        earlier=tuple(EarlierVersion(p.version, _at(p), p.manifest_sha256) for p in sealed),
        records=found.records,
        reviewed_by=_accepted_by(file),
        han="zh-hans" if found.han == "zh-hans" else "zh-hant",
    )


def _listed(e: Exhibit, court: Court) -> Listed:
    made_from_lines = e.kind != Exhibit.Kind.FILE
    document = e.document
    return Listed(
        tab=e.tab,
        section=section_of(court, e.item, e.section),
        title=e.title,
        kind=e.kind,  # type: ignore[arg-type]
        item=e.item,
        dated_on=e.dated_on,
        dated_until=e.dated_until,
        sha256="" if made_from_lines or document is None else document.sha256,
        media_type=document.media_type if document is not None else "",
        size=document.size if document is not None else 0,
        source=e.source,
        history_ids=tuple(e.history_ids),
        received_as_is=not e.made_here,
        generated=e.generated,
        note=e.note or "",
    )


def _minor(amount: Amount) -> int:
    return to_minor(Decimal(amount.value), amount.currency)


def _at(pack: Pack) -> dt.datetime:
    return pack.sealed_at or pack.made_at


def _name(by: Any) -> str:
    if actors.is_machine(by):
        return f"the system of {settings.LENDER_NAME}"
    return by.get_full_name() or by.get_username()


def _accepted_by(file: LegalFile) -> str:
    """The lawyer on the cover: only who accepted. What a lawyer returned, and why, is not for the other side."""
    last = LawyerReview.objects.filter(file=file).select_related("lawyer", "pack").order_by("-pk").first()
    if last is None or last.decision != LawyerReview.Decision.ACCEPT:
        return ""
    return f"{_name(last.lawyer)} (version {last.pack.version})"


# --- building -----------------------------------------------------------------------------------------------


def _standing(prepared: _Prepared) -> Pack | None:
    """The newest sealed version, else the draft, if it was made from the same inputs."""
    packs = Pack.objects.filter(file=prepared.collection.file).select_related("pdf__key", "zip__key", "manifest__key")
    inputs = inputs_sha256(prepared.manifest)
    for pack in (packs.sealed().order_by("-version").first(), packs.drafts().first()):
        if pack is not None and pack.inputs_sha256 == inputs:
            return pack
    return None


def _make(prepared: _Prepared, *, at: dt.datetime, by: Any, because: str, seal: bool) -> Pack:
    """Assemble outside of any lock, then keep the files and write the row in one transaction."""
    c, manifest, court = prepared.collection, prepared.manifest, prepared.court
    told = manifest if seal else _as_draft(manifest)
    documents = {e.document.sha256: e.document for e in c.exhibits if e.document is not None}
    with speaking_of_disk(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="dunwell-pack-") as folder:
        made = build(told, lambda digest: store.get(documents[digest]), court=court, out=Path(folder))
        pdf, archive = made.pdf.read_bytes(), made.zip.read_bytes()
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        sealed_manifest = opened.read("manifest.json")
    with transaction.atomic():
        locks.lock_one(LegalFile, c.file.pk)
        draft = Pack.objects.filter(file=c.file).drafts().select_related("key").first()
        if Pack.objects.filter(file=c.file, version=manifest.version).sealed().exists():
            raise DomainError(
                "sealed_meanwhile",
                f"Version {manifest.version} of file {c.file.number} was sealed meanwhile. Build again to see "
                "whether it still stands.",
                file=c.file.pk,
            )
        key = draft.key if draft is not None else keys.new_key(keys.DataKey.Kind.PACK)
        kept = _kept(key, made, pdf, archive, sealed_manifest, at=at, generated=manifest.generated)
        values = _values(made, kept, manifest, court, archive, c.checklist)
        if draft is None:
            draft = history.create_by(
                Pack,
                by=by,
                because=because,
                file=c.file,
                version=manifest.version,
                key=key,
                made_at=at,
                made_by=by,
                **values,
            )
        elif not seal:
            for name, value in {**values, "made_at": at, "made_by": by}.items():
                setattr(draft, name, value)
            history.save_by(draft, by=by, because=because)
        if seal:
            draft = fsm.apply(draft, "seal", by=by, because=because, at=at, **values)
        return draft


def _as_draft(manifest: Manifest) -> Manifest:
    """A draft says in its manifest, in its name and on each page that it is one."""
    return dataclasses.replace(
        manifest,
        draft=True,
        sealed_by="",
        claim=dataclasses.replace(manifest.claim, title=f"{manifest.claim.title}: draft, not sealed"),
    )


def _kept(
    key: keys.DataKey, made: BuiltPack, pdf: bytes, archive: bytes, manifest: bytes, *, at: dt.datetime, generated: bool
) -> dict[str, StoredDocument]:
    """Keep the three files of a pack, all or none: where one cannot be written, those before it go again."""
    name = made.pdf.stem
    before = set(StoredDocument.objects.filter(key=key).values_list("sha256", flat=True))
    try:
        return {
            "pdf": store.put(
                key, pdf, title=f"{name}.pdf", media_type=store.PDF, at=at, pages=made.pages, generated=generated
            ),
            "zip": store.put(key, archive, title=f"{name}.zip", media_type=ZIP, at=at, generated=generated),
            "manifest": store.put(key, manifest, title=f"{name}.json", media_type=JSON, at=at, generated=generated),
        }
    except DomainError:
        store.take_back(key, {sha256(each) for each in (pdf, archive, manifest)} - before)
        raise


def _values(
    made: BuiltPack,
    kept: Mapping[str, StoredDocument],
    manifest: Manifest,
    court: Court,
    archive: bytes,
    sheet: Checklist,
) -> dict[str, Any]:
    return {
        **kept,
        "court": court.id,
        "court_version": court.version,
        "as_of": manifest.claim.as_of,
        # Of what the pack says once it is sealed: a draft and the version made of it have the same inputs.
        "inputs_sha256": inputs_sha256(manifest),
        "manifest_sha256": made.manifest_sha256,
        "sha256": made.sha256,
        "zip_sha256": sha256(archive),
        "file_name": made.pdf.stem,
        "pages": made.pages,
        "files": made.files,
        "missing": [each.item for each in sheet.missing] + [f"defect {d.number}" for d in sheet.defects],
        "unreadable": [tab for tab, _ in made.unreadable],
        "too_large": made.too_large,
    }


# --- out ----------------------------------------------------------------------------------------------------


def write_out(pack: Pack, folder: Path) -> tuple[Path, Path]:
    """Write the PDF and the ZIP of a version into a folder, both or neither; gives their paths. Logs nothing: whoever
    takes a pack away does it by `services.downloads`.
    """
    pdf, archive = folder / f"{pack.file_name}.pdf", folder / f"{pack.file_name}.zip"
    with writing_together(pdf, archive) as (pdf_part, zip_part):
        pdf_part.write_bytes(store.get(pack.pdf))
        zip_part.write_bytes(store.get(pack.zip))
    return pdf, archive
