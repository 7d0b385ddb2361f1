"""Letters: rendered, stored, hashed and counted before anything calls them sent; printed as a batch with a cover list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from collections_app.documents import store
from collections_app.documents.print_batch import assemble_batch
from collections_app.documents.render import Metadata, lay_out
from collections_app.kernel import history, keys, locks
from collections_app.kernel.errors import DomainError
from collections_app.models import Contact, ContactCase, LoanDocument, PrintBatch, SendingStop
from collections_app.services.receipts import mark_delivered

from .texts import Rendered

LETTERS = Path(settings.BASE_DIR) / "templates" / "contacts" / "letter"


@dataclass(frozen=True)
class Letter:
    """A letter that exists: its bytes, its hash, where it is kept."""

    pdf: bytes
    sha256: str
    document_id: int
    pages: int


def file_letter(contact: Contact, text: Rendered, covers: Sequence[ContactCase], *, at: dt.datetime) -> Letter:
    """Render the letter, keep it under the person's key and file it with the loans it is about, as evidence."""
    laid = lay_out(
        text.html, base=LETTERS, metadata=Metadata(title=f"Letter {contact.pk}", made_at=at, language=text.language)
    )
    kept = store.put(
        contact.person.key,
        laid.pdf,
        title=f"{contact.step or 'letter'} {contact.pk}",
        media_type="application/pdf",
        at=at,
        pages=laid.pages,
        generated=contact.person.generated,
    )
    for loan_id in dict.fromkeys(c.loan_id for c in covers):
        LoanDocument.objects.get_or_create(
            loan_id=loan_id,
            document=kept,
            kind=LoanDocument.Kind.NOTICE,
            defaults={"dated_on": at.date(), "contact": contact},
        )
    return Letter(laid.pdf, kept.sha256, kept.pk, laid.pages)


@transaction.atomic
def print_letters(*, at: dt.datetime, by: Any, limit: int = 500) -> PrintBatch | None:
    """Gather the letters that were sent and are in no batch yet into one PDF with a cover list; None when there are none."""
    if SendingStop.objects.in_force("letter").exists():
        raise DomainError(
            "stopped", "Sending of letters is stopped: none is printed until a second person has lifted the stop."
        )
    waiting = Contact.objects.filter(
        channel="letter", state=Contact.State.SENT, print_batch=None, document__isnull=False
    )
    # Asked again under the lock: what another clerk printed meanwhile would go out twice.
    held = locks.lock_pks(waiting.filter(pk__any_of=list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])))
    letters = list(
        waiting.filter(pk__any_of=held)
        .select_related("document", "document__key", "person__key", "contact_point")
        .order_by("pk")
    )
    if not letters:
        return None
    batch = PrintBatch.objects.create(
        key=keys.new_key(keys.DataKey.Kind.PRINT), made_at=at, business_on=at.date(), letters_count=len(letters)
    )
    pdfs = [(f"{c.pk}", c.person.name, store.get(c.document)) for c in letters if c.document]
    cover = lay_out(_cover(batch, letters), metadata=Metadata(title=f"Print batch {batch.pk}", made_at=at)).pdf
    batch.document = store.put(
        batch.key, assemble_batch(pdfs, cover), title=f"print batch {batch.pk}", media_type="application/pdf", at=at
    )
    batch.save()
    Contact.objects.filter(pk__any_of=[c.pk for c in letters]).update(print_batch=batch)
    history.record(Contact, [c.pk for c in letters], kind="~", by=by, because=f"printed in batch {batch.pk}")
    return batch


def _cover(batch: PrintBatch, letters: Sequence[Contact]) -> str:
    rows = "".join(
        f"<tr><td>{n}</td><td>{c.pk}</td><td>{escape(c.person.name)}</td><td>{escape(c.step)}</td><td>{c.document.pages or '' if c.document else ''}</td></tr>"
        for n, c in enumerate(letters, 1)
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><style>@page{size:A4;margin:20mm}"
        "body{font:10pt 'Noto Sans CJK TC',sans-serif}table{border-collapse:collapse;width:100%}"
        "td,th{text-align:left;padding:2pt 6pt;border-bottom:.5pt solid #999}</style></head><body>"
        f"<h1>Print batch {batch.pk}</h1><p>{batch.business_on}: {len(letters)} letters. Count them before and after the post.</p>"
        f"<table><tr><th>No.</th><th>Letter</th><th>To</th><th>Step</th><th>Pages</th></tr>{rows}</table></body></html>"
    )


@transaction.atomic
def prove_delivery(
    contact: Contact,
    *,
    at: dt.datetime,
    by: Any,
    tracking: str,
    proof: bytes | None = None,
    media_type: str = "application/pdf",
) -> Contact:
    """Proof that a letter arrived: the tracking number, and the paper of the post where there is one."""
    if contact.channel != "letter":
        raise DomainError(
            "not_a_letter",
            f"Contact {contact.pk} is no letter; delivery is proved for letters only.",
            contact=contact.pk,
        )
    contact = locks.lock_one(Contact, contact.pk)
    if contact.state not in (Contact.State.SENT, Contact.State.UNCONFIRMED):
        raise DomainError(
            "not_sent",
            f"Letter {contact.pk} is “{contact.get_state_display().lower()}”: only a letter that was sent can be proved to "
            "have arrived.",
            contact=contact.pk,
        )
    if proof:
        kept = store.put(
            contact.person.key,
            proof,
            title=f"proof of delivery {contact.pk}",
            media_type=media_type,
            at=at,
            generated=contact.person.generated,
        )
        for loan_id in contact.covers.values_list("loan_id", flat=True).distinct():
            LoanDocument.objects.get_or_create(
                loan_id=loan_id,
                document=kept,
                kind=LoanDocument.Kind.PROOF_OF_DELIVERY,
                defaults={"dated_on": at.date(), "contact": contact},
            )
    Contact.objects.filter(pk=contact.pk).update(external_ref=tracking[:120])
    contact.refresh_from_db()
    return mark_delivered(contact, at=at, by=by, because=f"proof of delivery {tracking}")
