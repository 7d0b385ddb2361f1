"""Exhibits: collected from the records, uploaded, put in order, taken out; and what is missing, by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from collections_app.documents import store
from collections_app.kernel import actors, fsm, history, locks
from collections_app.kernel.errors import DomainError
from collections_app.models import LoanDocument, Person, StoredDocument
from legal.bundle import completeness
from legal.bundle.collect import Collected, Source, collect, section_of
from legal.bundle.collect import papers as made_papers
from legal.bundle.collect.source import position
from legal.bundle.courts import Court, load_court
from legal.bundle.manifest import MissingItem
from legal.models import Defect, Exhibit, LegalFile

from .rights import demand

# What an uploaded paper is to its loan; other loans of the house find it there too.
_LOAN_KIND = {
    "contract": LoanDocument.Kind.CONTRACT,
    "disbursement": LoanDocument.Kind.PAYOUT_PROOF,
    "schedule": LoanDocument.Kind.SCHEDULE,
}


@dataclass(frozen=True)
class Checklist:
    """What is missing of a file: items that must be there, items that may be, and the lawyer's open defects."""

    missing: tuple[MissingItem, ...]
    optional: tuple[MissingItem, ...]
    defects: tuple[Defect, ...]

    @property
    def count(self) -> int:
        return len(self.missing) + len(self.defects)

    def sentence(self) -> str:
        """All of it, by name, with where to get it."""
        told = [f"{each.name}: {each.where}" for each in self.missing]
        told += [f"Lawyer’s defect {d.number} is not mended: {d.text}" for d in self.defects]
        return " ".join(told)


@dataclass(frozen=True)
class Collection:
    """What a collection found: the exhibits in the order of the pack, the lines for the manifest, what is missing."""

    file: LegalFile
    exhibits: tuple[Exhibit, ...]
    collected: Collected
    checklist: Checklist
    added: int
    changed: int
    gone: int


@transaction.atomic
def collect_exhibits(
    file: LegalFile, *, on: dt.date, at: dt.datetime, by: Any, because: str = "exhibits collected", run: Any = None
) -> Collection:
    """Bring the exhibits up to date as of the end of `on`. The same sources again change nothing.

    1. Lock the file, then the people. 2. Read the records in their fixed order. 3. Make and store the papers that are made here, where
    their content changed. 4. Add, change and set aside exhibits, each with its reason. 5. Number the tabs, name what is
    missing. 6. Move the file between open, collecting and complete; what the lawyer has is not moved.
    """
    demand(by, "legal.work_file", file)
    file = _locked(file)
    layout = load_court(file.court)
    if file.state == LegalFile.State.OPEN or (file.state == LegalFile.State.RETURNED and not actors.is_machine(by)):
        fsm.apply(file, "start_collecting", by=by, because=because, on=on, run=run)
    if run is None:
        # Money, holds and receipts come in under these locks: what is read here is of one moment. The daily run books
        # before this step, and its windows must not take people's locks out of their order.
        locks.lock_pks(Person.objects.filter(group=file.case.group))
    collected = collect(file, on=on, court=layout)
    known = {e.source: e for e in Exhibit.objects.filter(file=file).select_related("document__key", "person__key")}
    added = changed = 0
    for source in collected.sources:
        old = known.get(source.source)
        wanted = _as_exhibit(file, source, old, on=on, at=at, han=collected.han)
        if old is None:
            history.create_by(Exhibit, by=by, because=because, run=run, file=file, person_id=file.person_id, **wanted)
            added += 1
        elif _set(old, wanted):
            history.save_by(old, by=by, because=f"{because}: its source changed", run=run)
            changed += 1
    found = {s.source for s in collected.sources}
    gone = [e for e in known.values() if e.origin == Exhibit.Origin.COLLECTED and e.present and e.source not in found]
    for e in gone:
        e.present = False
        history.save_by(e, by=by, because="its source is no longer there", run=run)
    exhibits = _number(file, layout, by=by, run=run)
    sheet = _checklist(file, exhibits, layout, on)
    if (file.collected_on, file.missing_count) != (on, sheet.count):
        file.collected_on, file.missing_count = on, sheet.count
        history.save_by(file, by=by, because=because, run=run)
    _move(file, on=on, by=by, run=run)
    return Collection(file, exhibits, collected, sheet, added, changed, len(gone))


def _locked(file: LegalFile) -> LegalFile:
    locks.lock_one(LegalFile, file.pk)
    return LegalFile.objects.select_related("case__loan__lender", "person__key").get(pk=file.pk)


def _as_exhibit(
    file: LegalFile, source: Source, old: Exhibit | None, *, on: dt.date, at: dt.datetime, han: str
) -> dict[str, Any]:
    """The columns of an exhibit. Where the content is that of the last collection, its paper and versions stay."""
    same = old is not None and old.sha256 == source.sha256 and _fresh(source, old, on)
    document, dated_on, versions = source.document, source.dated_on, list(source.history_ids)
    if same and old is not None:
        document, dated_on, versions = old.document, old.dated_on, old.history_ids
    elif source.paper is not None:
        document = _made(file, source, at=at, on=on, han=han)
    uploaded = old is not None and old.origin == Exhibit.Origin.UPLOADED
    return {
        "item": source.item,
        "section": source.section,
        "kind": source.kind,
        # What a person wrote over a paper that they uploaded says more than its kind does.
        "title": old.title if uploaded and old is not None else source.title,
        "dated_on": dated_on,
        "dated_until": source.dated_until,
        "document": document,
        "source": source.source,
        "history_ids": versions,
        "sha256": source.sha256,
        "made_here": source.made_here,
        "generated": source.generated,
        "present": True,
        "origin": Exhibit.Origin.UPLOADED if uploaded else Exhibit.Origin.COLLECTED,
        # A person's order stays: the place is given once.
        "position": old.position if old is not None else source.position,
    }


def _fresh(source: Source, old: Exhibit, on: dt.date) -> bool:
    if source.fresh_days is None or old.dated_on is None:
        return True
    return 0 <= (on - old.dated_on).days <= source.fresh_days


def _made(file: LegalFile, source: Source, *, at: dt.datetime, on: dt.date, han: str) -> StoredDocument:
    """The paper of a source, laid out and kept under the debtor's key."""
    if source.paper is None:
        raise TypeError(f"{source.source} is no paper that is made here")
    laid = made_papers.render(source.paper, on=source.dated_on or on, han=han)
    return store.put(
        file.person.key, laid.pdf, title=source.source, media_type=store.PDF, at=at, pages=laid.pages,
        generated=source.generated,
    )  # fmt: skip


def _set(row: Exhibit, wanted: dict[str, Any]) -> bool:
    """Set what differs; gives whether anything did."""
    differing = {k: v for k, v in wanted.items() if getattr(row, k) != v}
    for k, v in differing.items():
        setattr(row, k, v)
    return bool(differing)


def _number(file: LegalFile, court: Court, *, by: Any, run: Any = None) -> tuple[Exhibit, ...]:
    """Give the tabs: 1, 2, 3 … over the sections in the court's order."""
    keys = [s.key for s in court.sections]
    exhibits = list(Exhibit.objects.filter(file=file).in_pack().select_related("document__key", "person__key"))
    exhibits.sort(key=lambda e: (keys.index(section_of(court, e.item, e.section)), e.position, e.pk))
    for n, e in enumerate(exhibits, start=1):
        if e.tab != str(n):
            e.tab = str(n)
            history.save_by(e, by=by, because="numbered in the order of the pack", run=run)
    return tuple(exhibits)


def _checklist(file: LegalFile, exhibits: Sequence[Exhibit], court: Court, on: dt.date) -> Checklist:
    items = completeness.missing(court, exhibits, on=on)
    needed = completeness.must_be_there(items)
    defects = Defect.objects.filter(review__file=file, mended_on=None).select_related("person__key").order_by("pk")
    return Checklist(needed, tuple(i for i in items if i not in needed), tuple(defects))


def _move(file: LegalFile, *, on: dt.date, by: Any, run: Any = None) -> None:
    if file.state == LegalFile.State.COLLECTING and file.missing_count == 0:
        fsm.apply(file, "complete", by=by, because="nothing is missing", on=on, run=run)
    elif file.state == LegalFile.State.COMPLETE and file.missing_count:
        fsm.apply(file, "fall_incomplete", by=by, because=f"{file.missing_count} missing", on=on, run=run)


def checklist(file: LegalFile, *, on: dt.date) -> Checklist:
    """What is missing as of the last collection. Reads only; `collect_exhibits` brings it up to date."""
    exhibits = Exhibit.objects.filter(file=file).in_pack()
    return _checklist(file, list(exhibits), load_court(file.court), on)


@transaction.atomic
def add_paper(
    file: LegalFile, data: bytes, *, title: str, media_type: str, on: dt.date, at: dt.datetime, by: Any, because: str,
    item: str = "", section: str = "other", dated_on: dt.date | None = None, note: str = "", generated: bool = False,
) -> Exhibit:  # fmt: skip
    """Upload a paper: kept under the debtor's key, an exhibit of this file; a contract, pay-out proof or schedule
    becomes a paper of the loan too. `item` is what the court layout asks for and this answers. The checklist is counted
    anew.
    """
    demand(by, "legal.work_file", file)
    file = _locked(file)
    court = load_court(file.court)
    if item and item not in {r.key for r in court.required}:
        raise DomainError(
            "unknown_item",
            f"The layout {court.id} asks for no “{item}”; it asks for {', '.join(r.key for r in court.required)}.",
            file=file.pk,
        )
    kept = store.put(file.person.key, data, title="uploaded paper", media_type=media_type, at=at, generated=generated)
    if item in _LOAN_KIND:
        LoanDocument.objects.get_or_create(
            loan_id=file.case.loan_id, document=kept, kind=_LOAN_KIND[item], defaults={"dated_on": dated_on or on}
        )
    wanted = {
        "origin": Exhibit.Origin.UPLOADED,
        "item": item,
        "section": section_of(court, item, section),
        "position": position(_place(item), dated_on),
        "title": title,
        "note": note or None,
        "dated_on": dated_on,
        "document": kept,
        "sha256": kept.sha256,
        "generated": generated,
        "included": True,
        "present": True,
    }
    source = f"document:{kept.pk}"
    exhibit = Exhibit.objects.filter(file=file, source=source).first()
    if exhibit is None:
        exhibit = history.create_by(
            Exhibit, by=by, because=because, file=file, person_id=file.person_id, source=source, **wanted
        )
    elif _set(exhibit, wanted):
        history.save_by(exhibit, by=by, because=because)
    _recount(file, court, on=on, by=by)
    exhibit.refresh_from_db()
    return exhibit


def _place(item: str) -> str:
    known = {"contract", "disbursement", "schedule", "letter_of_claim", "status_checks"}
    notices = {"arrears_notice": "notice", "arrears_notice_proof": "notice"}
    return notices.get(item) or (item if item in known else "other")


@transaction.atomic
def include(file: LegalFile, exhibit: Exhibit, *, included: bool, on: dt.date, by: Any, because: str) -> Exhibit:
    """Take an exhibit out of the pack, or put it back. It is kept either way, and the reason with it."""
    demand(by, "legal.work_file", file)
    file = _locked(file)
    exhibit = Exhibit.objects.get(pk=exhibit.pk, file=file)
    if exhibit.included != included:
        exhibit.included = included
        history.save_by(exhibit, by=by, because=because)
        _recount(file, load_court(file.court), on=on, by=by)
        exhibit.refresh_from_db()
    return exhibit


@transaction.atomic
def reorder(file: LegalFile, section: str, exhibit_ids: Sequence[int], *, by: Any, because: str) -> tuple[Exhibit, ...]:
    """Put the exhibits of one section in this order; all of them must be named."""
    demand(by, "legal.work_file", file)
    file = _locked(file)
    mine = {e.pk: e for e in Exhibit.objects.filter(file=file, section=section).in_pack()}
    if sorted(exhibit_ids) != sorted(mine):
        raise DomainError(
            "not_all_exhibits",
            f"Name each of the {len(mine)} exhibits of this section once. The page may be older than the file: load it "
            "again.",
            file=file.pk,
        )
    places = sorted(e.position for e in mine.values())
    for place, (n, pk) in zip(_distinct(places), enumerate(exhibit_ids), strict=True):
        if mine[pk].position != place:
            mine[pk].position = place
            history.save_by(mine[pk], by=by, because=f"{because} (place {n + 1})")
    return _number(file, load_court(file.court), by=by)


def _distinct(places: Sequence[int]) -> list[int]:
    made: list[int] = []
    for place in places:
        made.append(max(place, made[-1] + 1) if made else place)
    return made


def _recount(file: LegalFile, court: Court, *, on: dt.date, by: Any) -> None:
    """After an upload or a change by hand: tabs, what is missing, and the state that follows."""
    exhibits = _number(file, court, by=by)
    if file.collected_on is None:
        return  # nothing was collected yet, so nothing can be called complete
    count = _checklist(file, exhibits, court, file.collected_on).count
    if file.missing_count != count:
        file.missing_count = count
        history.save_by(file, by=by, because="the checklist was counted anew")
    _move(file, on=on, by=by)
