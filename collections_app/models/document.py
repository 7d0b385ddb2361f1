"""Stored papers: kept by owner and SHA-256 of the plain bytes, encrypted with the owner's key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from collections_app.kernel import keys


class StoredDocument(models.Model):
    """A file of the blob store. The bytes lie outside the database; the hash of the plain bytes stands here."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(keys.DataKey, on_delete=models.PROTECT, related_name="documents")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=255)
    title = models.CharField(max_length=200)
    pages = models.PositiveIntegerField(null=True, blank=True)
    stored_at = models.DateTimeField()
    generated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "sha256"], name="one_blob_an_owner"),
            models.CheckConstraint(condition=Q(size__gt=0), name="document_not_empty"),
        ]

    def __str__(self) -> str:
        return self.title


class LoanDocument(models.Model):
    """A paper that belongs to a loan: the contract, the pay-out proof, a notice, a proof of delivery."""

    class Kind(models.TextChoices):
        CONTRACT = "contract"
        PAYOUT_PROOF = "payout_proof"
        SCHEDULE = "schedule"
        NOTICE = "notice"
        PROOF_OF_DELIVERY = "proof_of_delivery"
        OTHER = "other"

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey("collections_app.Loan", on_delete=models.PROTECT, related_name="documents")
    document = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, related_name="of_loans")
    kind = models.CharField(max_length=20, choices=Kind)
    dated_on = models.DateField()
    contact = models.ForeignKey(
        "collections_app.Contact", null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loan", "document", "kind"], name="one_paper_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of loan {self.loan_id}"


class PrintBatch(models.Model):
    """Letters printed together: one PDF with a cover list."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(keys.DataKey, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    business_on = models.DateField()
    letters_count = models.PositiveIntegerField(default=0)
    document = models.ForeignKey(StoredDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "print batches"

    def __str__(self) -> str:
        return f"print batch {self.pk} of {self.business_on}"


class AccessRecord(models.Model):
    """Who looked at what: a reveal, a download. Append-only."""

    class Kind(models.TextChoices):
        REVEAL = "reveal"
        DOWNLOAD = "download"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    what = models.CharField(max_length=80, help_text="model:id, never a value.")
    at = models.DateTimeField()
    because = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["what", "at"], name="access_of_object")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.what}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("access records are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("access records are append-only")
