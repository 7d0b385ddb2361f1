"""Where rows came from and why some were refused."""

from __future__ import annotations

from django.db import models

from collections_app.kernel import keys
from collections_app.kernel.personal import PersonalField


class ImportBatch(models.Model):
    """One file, once: the same bytes with the same mapping and `as_of` are a no-op."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(keys.DataKey, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    mapping = models.CharField(max_length=120)
    mapping_sha256 = models.CharField(max_length=64)
    as_of = models.DateField(null=True, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "import batches"
        indexes = [models.Index(fields=["sha256", "kind"], name="batch_of_file")]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.started_at:%Y-%m-%d}"


class ImportRow(models.Model):
    """A row that was refused, with its reason; the row itself is encrypted under its batch's key."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="refused")
    key = models.ForeignKey(keys.DataKey, on_delete=models.PROTECT, related_name="+")
    line = models.BigIntegerField()
    column = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=60)
    reason = models.TextField()
    raw = PersonalField(null=True, blank=True)

    class Meta:
        ordering = ["batch", "line"]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
