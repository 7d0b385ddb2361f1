"""Intake: rows of a file become persons, loans, instalments, payments and events, each once, with history.

The same file twice changes nothing. Good rows go in, bad rows come back with line, column and reason. Rows are written in
chunks of one transaction each, so that a file that breaks in the middle can simply be given again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max

from collections_app.kernel import actors, bulk, clock, fsm, history, keys, locks, money
from collections_app.kernel.errors import DomainError
from collections_app.kernel.personal import seal
from collections_app.models import (
    BlindIndex,
    Charge,
    ContactPoint,
    DailyRun,
    DataKey,
    ImportBatch,
    ImportRow,
    Instalment,
    Lender,
    LenderShare,
    Loan,
    LoanEvent,
    LoanParty,
    Payment,
    Person,
)

from .events import book_events, book_loan_money, loans_waiting
from .holds import bump_stop_seq
from .intake import records
from .intake.ledger_reading import KnownLoan
from .intake.mapping import Mapping, load_mapping
from .intake.reader import open_rows
from .intake.rejects import Reject, RejectsWriter, reject
from .ledger import refresh_oldest_open

CHUNK = 2_000  # loans a transaction: about 60 MB of records and rows at their widest
LEDGER_CHUNK = 5_000

_INDEXED = {
    "mobile": BlindIndex.Kind.PHONE,
    "landline": BlindIndex.Kind.PHONE,
    "work_phone": BlindIndex.Kind.PHONE,
    "email": BlindIndex.Kind.EMAIL,
    "work_email": BlindIndex.Kind.EMAIL,
}
_EVENTS = {
    "ExtensionRecord": LoanEvent.Kind.EXTENSION,
    "WriteOffRecord": LoanEvent.Kind.WRITE_OFF,
    "PayOffRecord": LoanEvent.Kind.PAY_OFF,
    "RecoveryRecord": LoanEvent.Kind.RECOVERY,
    "ReturnRecord": LoanEvent.Kind.RETURN,
}


@dataclass
class Imported:
    """What an import did; the keys of the commands."""

    batch: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    later: int = 0
    suspects: int = 0
    charges: int = 0  # fees, and what else is no payment, that the same rows brought
    events: int = 0
    rejects_file: str | None = None
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def as_json(self, payments: bool) -> dict[str, Any]:
        of_ledgers = ("later", "suspects", "charges", "events")
        out = {k: v for k, v in asdict(self).items() if payments or k not in of_ledgers}
        out["seconds"] = round(self.seconds, 3)
        return out


def import_loans(
    path: Path,
    mapping: str | None = None,
    *,
    as_of: dt.date | None = None,
    dry_run: bool = False,
    by: Any = None,
    rejects_dir: Path | None = None,
) -> Imported:
    """Import a file of loans."""
    return _import(path, mapping, "loans", _loans, as_of, dry_run, by, rejects_dir)


def import_payments(
    path: Path,
    mapping: str | None = None,
    *,
    as_of: dt.date | None = None,
    dry_run: bool = False,
    by: Any = None,
    rejects_dir: Path | None = None,
) -> Imported:
    """Import a file of payments and other events of loans; `as_of` takes only what is valued until that day."""
    return _import(path, mapping, "payments", _ledger, as_of, dry_run, by, rejects_dir)


@dataclass
class _Job:
    """One import under way."""

    mapping: Mapping
    batch: ImportBatch
    by: Any
    out: Imported
    rejects: RejectsWriter
    as_of: dt.date | None
    now: dt.datetime
    file_sha: str

    def refuse(self, found: Reject) -> None:
        self.rejects.add(found)
        self.out.rejected += 1
        key = self.batch.key
        ImportRow.objects.create(
            batch=self.batch,
            key=key,
            line=found.line,
            column=found.column[:120],
            code=found.code,
            reason=found.sentence,
            raw=json.dumps(dict(found.values), ensure_ascii=False) if found.values else None,
        )


def _import(
    path: Path,
    mapping_name: str | None,
    kind: str,
    take: Callable[[Any, _Job], None],
    as_of: dt.date | None,
    dry_run: bool,
    by: Any,
    rejects_dir: Path | None,
) -> Imported:
    began = clock.process_seconds()
    mapping = load_mapping(mapping_name or "plain")
    rows = open_rows(path, encoding=mapping.encoding, delimiter=mapping.delimiter, sheet=mapping.sheet)
    sha = _file_sha(path)
    by = by or actors.machine(actors.IMPORT)
    done = ImportBatch.objects.filter(
        sha256=sha, kind=kind, mapping_sha256=mapping.sha256, as_of=as_of, finished_at__isnull=False
    ).first()
    if done is not None and not dry_run:
        earlier: dict[str, Any] = done.result
        return Imported(
            batch=done.pk,
            rows=earlier["rows"],
            unchanged=earlier["rows"] - earlier["rejected"] - earlier.get("later", 0),
            rejected=earlier["rejected"],
            rejects_file=earlier["rejects_file"],
            later=earlier.get("later", 0),
            seconds=clock.process_seconds() - began,
            notes=["this very file was imported before: nothing was changed"],
        )
    out = Imported()
    folder = rejects_dir or Path(settings.VAR_DIR) / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    with transaction.atomic() if dry_run else _no_transaction():
        batch = ImportBatch.objects.create(
            key=keys.new_key(DataKey.Kind.BATCH),
            kind=kind,
            file_name=path.name[:255],
            sha256=sha,
            mapping=mapping.id[:120],
            mapping_sha256=mapping.sha256,
            as_of=as_of,
            started_at=clock.now(),
        )
        target = folder / f"{path.name.split('.')[0]}.{batch.pk}.rejects.csv"
        with RejectsWriter(target, rows.columns, mapping.delimiter or ",") as writer:
            take(rows, _Job(mapping, batch, by, out, writer, as_of, clock.now(), sha))
            written = writer.close()
        out.batch, out.rejects_file = batch.pk, str(written) if written else None
        out.seconds = clock.process_seconds() - began
        batch.finished_at, batch.result = clock.now(), out.as_json(kind == "payments")
        batch.save()
        if dry_run:
            transaction.set_rollback(True)
            out.notes.append("dry run: nothing was kept")
    return out


class _no_transaction:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _file_sha(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _chunks(found: Iterable[Any], size: int) -> Iterator[list[Any]]:
    source = iter(found)
    while chunk := list(islice(source, size)):
        yield chunk


# -- loans -------------------------------------------------------------------------------------------


def _loans(rows: Any, job: _Job) -> None:
    for chunk in _chunks(job.mapping.loans(rows), CHUNK):
        good = []
        for found in chunk:
            job.out.rows += 1
            if isinstance(found, Reject):
                job.refuse(found)
            else:
                good.append(found)
        with transaction.atomic():
            _take_loans(good, job)


def _take_loans(found: Sequence[records.LoanRecord], job: _Job) -> None:
    known = {
        loan.number: loan
        for loan in Loan.objects.filter(number__in=[r.number for r in found])
        .select_related("debtor")
        .only("number", "row_digest", "currency", "generated", "debtor__source_ref")
        .annotate(stored_instalments=Count("instalments"))
    }
    fresh = [r for r in found if r.number not in known]
    _create_loans(fresh, job)
    job.out.created += len(fresh)
    for r in found:
        loan = known.get(r.number)
        if loan is None:
            continue
        if loan.row_digest == _digest(r):
            job.out.unchanged += 1
        elif refused := _not_the_same_loan(loan, r):
            job.refuse(refused)
        else:
            _update_loan(Loan.objects.get(pk=loan.pk), r, job)
            job.out.updated += 1


def _not_the_same_loan(loan: Loan, r: records.LoanRecord) -> Reject | None:
    """A row under a known number that tells of another borrower, or of another currency, is not news of that loan: written
    over it, one person would get the name and the numbers of another. Nor is one that leaves instalments out: they would
    stay due, and the borrower be followed up for them."""
    if r.currency != loan.currency:
        return reject(
            r.line,
            "currency",
            r.currency,
            "other_currency",
            f"Loan {r.number} is in {loan.currency}, this row in {r.currency}; ask the lender which is right.",
            r.row,
        )
    if r.debtor is not None and not r.debtor.generated and r.debtor.reference != loan.debtor.source_ref:
        return reject(
            r.line,
            "debtor_number",
            r.debtor.reference,
            "other_debtor",
            f"Loan {r.number} is that of borrower {loan.debtor.source_ref}, this row names {r.debtor.reference}; a loan does "
            "not change its borrower by a file. Ask the lender which is right.",
            r.row,
        )
    listed = sum(1 for _ in r.instalments())
    if 0 < listed < loan.stored_instalments:  # type: ignore[attr-defined]
        return reject(
            r.line,
            "instalments",
            str(listed),
            "fewer_instalments",
            f"Loan {r.number} has {loan.stored_instalments} instalments, this row {listed}. What falls away is an event "  # type: ignore[attr-defined]
            "(a settlement, a restructuring), not a correction: report it as one.",
            r.row,
        )
    return None


def _digest(record: Any) -> str:
    """Of what the record says, not of where it stood."""
    body = {k: v for k, v in asdict(record).items() if k not in ("line", "row")}
    return hashlib.sha256(json.dumps(body, default=_said, sort_keys=True).encode()).hexdigest()  # type: ignore[arg-type]


def _said(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    return str(value)


def _create_loans(found: Sequence[records.LoanRecord], job: _Job) -> None:
    if not found:
        return
    people = _people(found, job)
    lenders = {
        name: _lender(name, group, job)
        for name, group in sorted({(r.lender or settings.LENDER_NAME, r.creditor_group or "house") for r in found})
    }
    groups = _groups(found, people, job)
    ids = bulk.reserve_ids(Loan, len(found))
    loans, parties, instalments, credits, shares = [], [], [], [], []
    for pk, r in zip(ids, found, strict=True):
        if r.debtor is None:
            raise DomainError(
                "loan_without_debtor",
                f"Line {r.line}: loan {r.number} names no borrower; the mapping must give one.",
                loan=r.number,
            )
        debtor = people[r.debtor.reference]
        listed = list(r.instalments())
        regular = r.instalment or (listed[-1].amount if listed else Decimal(0))
        lender = lenders[r.lender or settings.LENDER_NAME]
        tolerance = _tolerance(regular, r.currency, job)
        oldest = _first_beyond(listed, tolerance)
        credit = r.opening_credit or Decimal(0)
        loans.append(
            (
                pk,
                r.number,
                lender.pk,
                debtor,
                groups[r.number],
                r.product,
                r.debt_kind or "consumer",
                r.agreement_kind,
                r.lender_type or "bank",
                r.collector_role or "first_party",
                r.contract_law,
                r.law_on,
                r.currency,
                int(money.to_minor(r.principal, r.currency)),
                int(r.apr * 1_000_000) if r.apr is not None else None,
                r.contract_on,
                r.paid_out_on,
                r.opening_on,
                int(money.to_minor(regular, r.currency)),
                int(money.to_minor(tolerance, r.currency)),
                oldest,
                _due_day(r),
                _allocation(r, job),
                Loan.State.PAID_OFF.value if r.closed_at_opening else Loan.State.ACTIVE.value,
                r.opening_on if r.closed_at_opening else None,
                r.debtor.generated,
                _digest(r),
            )
        )
        parties.append((pk, debtor, "debtor", True))
        parties += [(pk, people[p.reference], "co_debtor", True) for p in r.co_debtors]
        parties += [(pk, people[p.reference], "guarantor", True) for p in r.guarantors]
        shares.append((pk, lender.pk, 1_000_000))
        instalments += [
            (pk, x.sequence, x.due_on, x.due_on, r.currency, int(money.to_minor(x.amount, r.currency)), 0)
            for x in ([] if r.closed_at_opening else listed)
        ]
        if credit > 0 and not r.closed_at_opening:
            credits.append((pk, r, credit))
    bulk.insert_rows(
        Loan,
        (
            "id",
            "number",
            "lender",
            "debtor",
            "group",
            "product",
            "debt_kind",
            "agreement_kind",
            "lender_type",
            "collector_role",
            "contract_law",
            "law_on",
            "currency",
            "principal",
            "apr_ppm",
            "contract_on",
            "paid_out_on",
            "opened_on",
            "instalment",
            "tolerance",
            "oldest_open_due_on",
            "due_day",
            "allocation",
            "state",
            "ended_on",
            "generated",
            "row_digest",
        ),
        loans,
    )
    because = f"imported from {job.batch.file_name}"
    history.record(Loan, ids, kind="+", by=job.by, because=because)
    for model, names, rows in (
        (LoanParty, ("loan", "person", "role", "liability_in_force"), parties),
        (LenderShare, ("loan", "lender", "parts_per_million"), shares),
        (Instalment, ("loan", "sequence", "due_on", "contract_due_on", "currency", "amount", "paid"), instalments),
    ):
        fresh_ids = bulk.reserve_ids(model, len(rows))
        bulk.insert_rows(model, ("id", *names), ((pk, *row) for pk, row in zip(fresh_ids, rows, strict=True)))
        history.record(model, fresh_ids, kind="+", by=job.by, because=because)
    _book_credits(credits, job)


def _book_credits(credits: Sequence[tuple[int, records.LoanRecord, Decimal]], job: _Job) -> None:
    """What was paid ahead before the ledger opened: a payment of the opening day."""
    for pk, r, amount in credits:
        on = r.opening_on or r.contract_on or job.now.date()
        history.create_by(
            Payment,
            by=job.by,
            because="paid ahead when the ledger opened",
            loan_id=pk,
            currency=r.currency,
            amount=amount,
            value_on=on,
            received_at=_received(None, on, job.now),
            source="opening",
            reference=f"opening {r.number}",
            batch=job.batch,
        )


def _tolerance(regular: Decimal, currency: str, job: _Job) -> Decimal:
    """Larger of ratio × instalment and the minimum: the mapping's, else those of the six-day ladder."""
    ratio, least = job.mapping.tolerance or (Decimal("0.05"), Decimal("1.00"))
    return money.round_half_up(max(regular * ratio, least), currency)


def _first_beyond(listed: Sequence[records.InstalmentRecord], tolerance: Decimal) -> dt.date | None:
    upto = Decimal(0)
    for x in sorted(listed, key=lambda i: (i.due_on, i.sequence)):
        upto += x.amount
        if upto > tolerance:
            return x.due_on
    return None


def _due_day(r: records.LoanRecord) -> int | None:
    if r.schedule is not None:
        return 31 if r.schedule.day == records.MONTH_END else int(r.schedule.day)
    days = [x.due_on.day for x in r.listed]
    return max(days) if days else None


def _allocation(r: records.LoanRecord, job: _Job) -> str:
    order = r.allocation or job.mapping.allocation
    return ",".join(order or settings.ALLOCATION_ORDER.get(r.country.lower(), settings.ALLOCATION_ORDER["default"]))


def _lender(name: str, group: str, job: _Job) -> Lender:
    lender = Lender.objects.filter(name=name).first()
    if lender is None:
        lender = history.create_by(
            Lender,
            by=job.by,
            because=f"named in {job.batch.file_name}",
            name=name,
            creditor_group=group,
            address=settings.LENDER_ADDRESS,
            phone=settings.LENDER_PHONE,
            email=settings.LENDER_EMAIL,
        )
    return lender


# -- people ------------------------------------------------------------------------------------------


def _people(found: Sequence[records.LoanRecord], job: _Job) -> dict[str, int]:
    """Primary keys of the people of these loans by their reference; makes those who are not known."""
    wanted: dict[str, records.PersonRecord] = {}
    for r in found:
        for p in (*([r.debtor] if r.debtor else []), *r.co_debtors, *r.guarantors):
            wanted.setdefault(p.reference, p)
    known: dict[str, int] = {
        str(ref): pk
        for ref, pk in Person.objects.filter(source_ref__in=list(wanted)).values_list("source_ref", "key_id")
    }
    fresh = [p for ref, p in wanted.items() if ref not in known]
    made = keys.new_keys(DataKey.Kind.PERSON, len(fresh))
    rows, points, index = [], [], []
    for key, p in zip(made, fresh, strict=True):
        known[p.reference] = key.pk
        wrapped = bytes(key.wrapped)
        rows.append(
            (
                key.pk,
                p.reference,
                seal(p.name, key.pk, wrapped),
                seal(p.born_on.isoformat(), key.pk, wrapped) if p.born_on else None,
                seal(p.id_number, key.pk, wrapped) if p.id_number else None,
                p.language,
                p.country,
                p.region,
                json.dumps(dict(p.zones)),
                p.preferred_channel,
                key.pk,
                0,
                p.generated,
            )
        )
        index += keys.index_entries(key.pk, BlindIndex.Kind.NAME_WORD, keys.name_words(p.name))
        for n, c in enumerate(p.contact_points):
            points.append(
                (
                    key.pk,
                    c.kind,
                    seal(c.value, key.pk, wrapped),
                    ContactPoint.PLACES[ContactPoint.Kind(c.kind)],
                    json.dumps(list(c.provenance)),
                    False,
                    n,
                    c.generated,
                    ContactPoint.State.UNVERIFIED.value,
                )
            )
            index += _point_index(key.pk, c.kind, c.value)
        if p.id_number:
            index += keys.index_entries(key.pk, BlindIndex.Kind.ID_NUMBER, [p.id_number.strip().casefold()])
    bulk.insert_rows(
        Person,
        (
            "key",
            "source_ref",
            "name",
            "born_on",
            "id_number",
            "language",
            "country",
            "region",
            "zones",
            "preferred_channel",
            "group",
            "stop_seq",
            "generated",
        ),
        rows,
    )
    because = f"imported from {job.batch.file_name}"
    history.record(Person, [k.pk for k in made], kind="+", by=job.by, because=because)
    ids = bulk.reserve_ids(ContactPoint, len(points))
    bulk.insert_rows(
        ContactPoint,
        (
            "id",
            "person",
            "kind",
            "value",
            "place",
            "provenance",
            "employer_forbids",
            "preference",
            "generated",
            "state",
        ),
        ((pk, *row) for pk, row in zip(ids, points, strict=True)),
    )
    history.record(ContactPoint, ids, kind="+", by=job.by, because=because)
    BlindIndex.objects.bulk_create(index, batch_size=5_000)
    return known


def _point_index(key_id: int, kind: str, value: str) -> list[BlindIndex]:
    if kind not in _INDEXED:
        return []
    normal = keys.normal_phone(value) if _INDEXED[kind] == BlindIndex.Kind.PHONE else keys.normal_email(value)
    return keys.index_entries(key_id, _INDEXED[kind], [normal])


def _groups(found: Sequence[records.LoanRecord], people: dict[str, int], job: _Job) -> dict[str, int]:
    """The group of each loan: people who share a loan belong together, with all whom they already belong to."""
    ids = sorted({people[p.reference] for r in found for p in (r.debtor, *r.co_debtors, *r.guarantors) if p})
    group = dict(Person.objects.filter(pk__any_of=ids).values_list("key_id", "group"))
    moved: dict[int, int] = {}

    def root(g: int) -> int:
        while g in moved:
            g = moved[g]
        return g

    for r in found:
        roots = sorted({root(group[people[p.reference]]) for p in (r.debtor, *r.co_debtors, *r.guarantors) if p})
        for other in roots[1:]:
            moved[other] = roots[0]
    for old in moved:
        _move_group(old, root(old), job)
    return {r.number: root(group[people[r.debtor.reference]]) for r in found if r.debtor}


def _move_group(old: int, new: int, job: _Job) -> None:
    from collections_app.models import Case, Contact

    people = list(Person.objects.filter(group=old).order_by("pk").values_list("pk", flat=True))
    Person.objects.filter(pk__any_of=people).update(group=new)
    history.record(Person, people, kind="~", by=job.by, because="shares a loan with others")
    # Bookkeeping of locks, not a change of the row.
    Loan.objects.filter(group=old).update(group=new)
    Case.objects.filter(group=old).update(group=new)
    Contact.objects.filter(person__any_of=people).update(group=new)


def _update_loan(loan: Loan, r: records.LoanRecord, job: _Job) -> None:
    """A row that says something else than last time: scalars of the loan, and instalments that nothing was paid on yet."""
    because = f"another row of {job.batch.file_name}"
    listed = list(r.instalments())
    regular = r.instalment or (listed[-1].amount if listed else loan.instalment)
    loan.product, loan.principal, loan.instalment = r.product, r.principal, regular
    loan.apr_ppm = int(r.apr * 1_000_000) if r.apr is not None else None
    loan.contract_on, loan.row_digest = r.contract_on, _digest(r)
    loan.tolerance = _tolerance(regular, r.currency, job)
    history.save_by(loan, by=job.by, because=because)
    known = {i.sequence: i for i in Instalment.objects.filter(loan=loan)}
    for x in listed:
        i = known.get(x.sequence)
        if i is None:
            history.create_by(
                Instalment,
                by=job.by,
                because=because,
                loan=loan,
                sequence=x.sequence,
                due_on=x.due_on,
                contract_due_on=x.due_on,
                currency=r.currency,
                amount=x.amount,
            )
        elif i.paid == 0 and (i.amount != x.amount or i.contract_due_on != x.due_on):
            i.amount, i.due_on, i.contract_due_on = x.amount, x.due_on, x.due_on
            history.save_by(i, by=job.by, because=because)
    if r.debtor is not None and not r.debtor.generated:
        _update_person(loan.debtor, r.debtor, because, job)
    last = _last_closed()
    if last is not None and LoanEvent.objects.filter(loan=loan, booked_on__isnull=False).exists():
        book_events(
            [loan.pk], before=last, on=last, by=job.by, run=None
        )  # an extension moves the corrected dates again
    refresh_oldest_open([loan.pk], by=job.by, because=because)


def _last_closed() -> dt.date | None:
    """The date of the last closed run."""
    return DailyRun.objects.filter(state=DailyRun.State.CLOSED).aggregate(last=Max("date"))["last"]


def _update_person(person: Person, p: records.PersonRecord, because: str, job: _Job) -> None:
    changed = {
        k: v
        for k, v in (
            ("name", p.name),
            ("language", p.language),
            ("country", p.country),
            ("region", p.region),
            ("zones", dict(p.zones)),
        )
        if getattr(person, k) != v
    }
    if changed:
        for k, v in changed.items():
            setattr(person, k, v)
        history.save_by(person, by=job.by, because=because)
        if "name" in changed:
            BlindIndex.objects.filter(key_id=person.pk, kind=BlindIndex.Kind.NAME_WORD).delete()
            BlindIndex.objects.bulk_create(
                keys.index_entries(person.pk, BlindIndex.Kind.NAME_WORD, keys.name_words(p.name))
            )
    values = {(c.kind, c.value) for c in person.contact_points.all()}
    for n, c in enumerate(p.contact_points):
        if (c.kind, c.value) not in values:
            history.create_by(
                ContactPoint,
                by=job.by,
                because=because,
                person=person,
                kind=c.kind,
                value=c.value,
                provenance=list(c.provenance),
                preference=n,
            )
            BlindIndex.objects.bulk_create(_point_index(person.pk, c.kind, c.value))


# -- payments and events -----------------------------------------------------------------------------


def _known(job: _Job) -> Callable[[str], KnownLoan | None]:
    """What was told of each loan before, for mappings that read a row in the light of the one before it."""
    told = {
        number: KnownLoan(opened, until)
        for number, opened, until in Payment.objects.filter(source=job.mapping.id[:60], loan__opened_on__isnull=False)
        .values("loan__number", "loan__opened_on")
        .annotate(until=Max("value_on"))
        .values_list("loan__number", "loan__opened_on", "until")
    }
    return told.get


def _ledger(rows: Any, job: _Job) -> None:
    for chunk in _chunks(job.mapping.ledger(rows, _known(job)), LEDGER_CHUNK):
        with transaction.atomic():
            _take_ledger(chunk, job)


def _take_ledger(chunk: Sequence[Any], job: _Job) -> None:
    numbers = {f.loan_number for f in chunk if not isinstance(f, Reject)}
    loans = {
        n: (pk, c, d)
        for n, pk, c, d in Loan.objects.filter(number__in=numbers).values_list("number", "pk", "currency", "debtor_id")
    }
    payments: list[records.PaymentRecord] = []
    others: list[Any] = []
    refused_rows: set[int] = set()
    for f in chunk:
        if isinstance(f, Reject):
            job.out.rows += 1
            job.refuse(f)
            continue
        if isinstance(f, records.PaymentRecord):
            job.out.rows += 1
        if f.loan_number not in loans:
            if f.line not in refused_rows:
                refused_rows.add(f.line)
                job.refuse(
                    reject(
                        f.line,
                        "loan",
                        f.loan_number,
                        "unknown_loan",
                        f"There is no loan {f.loan_number}; import the loan first, then this row again.",
                        f.row,
                    )
                )
            continue
        currency = getattr(f, "currency", "") or loans[f.loan_number][1]
        if currency != loans[f.loan_number][1]:
            job.refuse(
                reject(
                    f.line,
                    "currency",
                    currency,
                    "other_currency",
                    f"Loan {f.loan_number} is in {loans[f.loan_number][1]}, this row in {currency}; ask the lender which is right.",
                    f.row,
                )
            )
            continue
        if job.as_of is not None and f.on > job.as_of:
            job.out.later += 1 if isinstance(f, records.PaymentRecord) else 0
            continue
        (payments if isinstance(f, records.PaymentRecord) else others).append(f)
    touched = _take_payments(payments, loans, job) | _take_others(others, loans, job)
    if touched:
        bump_stop_seq(d for pk, _, d in loans.values() if pk in touched)
        _book_late_news(sorted(touched), job)


def _take_payments(
    found: Sequence[records.PaymentRecord], loans: dict[str, tuple[int, str, int]], job: _Job
) -> set[int]:
    source = job.mapping.id[:60]
    refs = [r.reference for r in found]
    known = {
        ref: (sha, amount, currency)
        for ref, sha, amount, currency in Payment.objects.filter(
            source=source, reference__in=[*refs, *(f"{r}@{job.file_sha[:12]}" for r in refs)]
        ).values_list("reference", "batch__sha256", "amount", "currency")
    }
    fresh = []
    touched: set[int] = set()
    for r in found:
        if r.reverses:
            continue
        pk, currency, _ = loans[r.loan_number]
        reference, state = r.reference, Payment.State.RECEIVED.value
        if reference in known:
            sha = known[reference][0]
            if not r.by_row or sha == job.file_sha or f"{reference}@{job.file_sha[:12]}" in known:
                job.out.unchanged += 1
                continue
            reference, state = f"{reference}@{job.file_sha[:12]}", Payment.State.SUSPECT.value
            job.out.suspects += 1
        fresh.append(
            (
                pk,
                currency,
                int(money.to_minor(r.amount, currency)),
                r.on,
                _received(r.received_at, r.on, job.now),
                r.method[:30],
                source,
                reference[:120],
                job.batch.pk,
                0,
                state,
            )
        )
        known[reference] = (job.file_sha, None, currency)
        touched.add(pk)
    ids = bulk.reserve_ids(Payment, len(fresh))
    bulk.insert_rows(
        Payment,
        (
            "id",
            "loan",
            "currency",
            "amount",
            "value_on",
            "received_at",
            "method",
            "source",
            "reference",
            "batch",
            "unallocated",
            "state",
        ),
        ((pk, *row) for pk, row in zip(ids, fresh, strict=True)),
    )
    history.record(Payment, ids, kind="+", by=job.by, because=f"imported from {job.batch.file_name}")
    job.out.created += len(fresh)
    # After all money of the chunk: a file may bring a payment and take it back.
    for r in found:
        if r.reverses and _reverse(r, source, loans[r.loan_number][0], job):
            touched.add(loans[r.loan_number][0])
    return touched


def _reverse(r: records.PaymentRecord, source: str, loan_id: int, job: _Job) -> bool:
    """Take a payment of this loan back; a row that takes back what is not there, or not booked, comes back itself."""
    payment = Payment.objects.filter(source=source, reference=r.reverses, loan=loan_id).first()
    if payment is not None and payment.state == Payment.State.REVERSED:
        job.out.unchanged += 1
        return False
    if payment is None:
        why = "unknown_payment", f"Loan {r.loan_number} has no payment {r.reverses} to take back; import it first."
    elif payment.state != Payment.State.RECEIVED:
        why = (
            "payment_not_received",
            f"Payment {r.reverses} is “{payment.get_state_display().lower()}”: decide in the admin whether it is a double, "
            "then import this row again.",
        )
    else:
        fsm.apply(payment, "reverse", by=job.by, because=f"taken back, says {job.batch.file_name}", on=r.on)
        job.out.updated += 1
        return True
    job.refuse(reject(r.line, "reverses", r.reverses, *why, r.row))
    return False


def _take_others(found: Sequence[Any], loans: dict[str, tuple[int, str, int]], job: _Job) -> set[int]:
    touched: set[int] = set()
    ids = [loans[r.loan_number][0] for r in found]
    known_charges = set(Charge.objects.filter(loan__any_of=ids).values_list("loan_id", "source_ref"))
    known_events = set(LoanEvent.objects.filter(loan__any_of=ids).values_list("loan_id", "kind", "source_ref"))
    charges, events = [], []
    for r in found:
        pk, currency, _ = loans[r.loan_number]
        if isinstance(r, records.ChargeRecord):
            if not r.waived and r.amount > 0 and (pk, r.reference[:80]) not in known_charges:
                known_charges.add((pk, r.reference[:80]))
                charges.append(
                    (
                        pk,
                        r.kind[:30],
                        r.on,
                        currency,
                        int(money.to_minor(r.amount, currency)),
                        0,
                        "as filed by the servicer",
                        r.reference[:80],
                    )
                )
                touched.add(pk)
            continue
        kind = _EVENTS[type(r).__name__].value
        if (pk, kind, r.reference[:120]) in known_events:
            continue
        known_events.add((pk, kind, r.reference[:120]))
        events.append(
            (
                pk,
                kind,
                r.on,
                _received(None, r.on, job.now),
                getattr(r, "months", 0),
                currency,
                int(money.to_minor(getattr(r, "amount", Decimal(0)), currency)),
                r.reference[:120],
            )
        )
        touched.add(pk)
    because = f"imported from {job.batch.file_name}"
    for model, names, rows in (
        (Charge, ("loan", "kind", "on", "currency", "amount", "paid", "authority", "source_ref"), charges),
        (LoanEvent, ("loan", "kind", "on", "received_at", "months", "currency", "amount", "source_ref"), events),
    ):
        fresh = bulk.reserve_ids(model, len(rows))
        bulk.insert_rows(model, ("id", *names), ((pk, *row) for pk, row in zip(fresh, rows, strict=True)))
        history.record(model, fresh, kind="+", by=job.by, because=because)
    job.out.charges += len(charges)
    job.out.events += len(events)
    return touched


def _received(stated: dt.datetime | None, on: dt.date, now: dt.datetime) -> dt.datetime:
    """When the money was taken in: as the source says, else at noon of its value day, but never later than now."""
    return stated or min(now, dt.datetime.combine(on, dt.time(12), tzinfo=dt.UTC))


def _book_late_news(loan_ids: Sequence[int], job: _Job) -> None:
    """Book at once only what is valued before the last run's date; all else waits for the run of its day."""
    last = _last_closed()
    if last is None:
        return
    late = set(loan_ids) & set(loans_waiting(min(loan_ids), max(loan_ids), before=last))
    # A charge of a day that is booked already has no mark of its own: where charges are paid first it moves money.
    late |= set(Charge.objects.filter(loan__any_of=loan_ids, on__lt=last, paid=0).values_list("loan_id", flat=True))
    if late:
        locks.lock_all(Loan, late)
        book_loan_money(sorted(late), before=last, on=last, by=job.by, run=None)
