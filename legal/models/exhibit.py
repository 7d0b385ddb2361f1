"""One paper of a legal file: where it came from, what it proves, where it stands in the pack."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField
from collections_app.models import Person, StoredDocument

from .file import LegalFile


class ExhibitQuerySet(models.QuerySet["Exhibit"]):
    def in_pack(self) -> ExhibitQuerySet:
        """What the pack holds: there, and not taken out."""
        return self.filter(included=True, present=True)


class Exhibit(models.Model):
    """An exhibit, collected from the records or uploaded.

    `source` names the row it was taken from (`document:71`, `loan:5/schedule`) and is its identity within the file;
    `sha256` is the digest of that source, by which a later collection sees whether anything changed. The statement and
    the contact log have no document: their pages are made from the manifest's lines.
    """

    class Kind(models.TextChoices):
        FILE = "file"
        STATEMENT = "statement"
        CONTACT_LOG = "contact_log"

    class Origin(models.TextChoices):
        COLLECTED = "collected"
        UPLOADED = "uploaded"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(LegalFile, on_delete=models.PROTECT, related_name="exhibits")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.COLLECTED)
    item = models.CharField(max_length=60, blank=True, help_text="What the court layout asks for and this answers.")
    section = models.CharField(max_length=60)
    position = models.BigIntegerField(help_text="Its order within the section.")
    tab = models.CharField(max_length=6, blank=True, help_text="Its number in the pack, as of the last collection.")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FILE)
    title = PersonalField(owner="person")
    note = PersonalField(owner="person", null=True, blank=True)
    dated_on = models.DateField(null=True, blank=True)
    dated_until = models.DateField(null=True, blank=True)
    document = models.ForeignKey(
        StoredDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="exhibits"
    )
    source = models.CharField(max_length=80)
    history_ids = models.JSONField(default=list, blank=True, help_text="Versions of the rows that it was made from.")
    sha256 = models.CharField(max_length=64, help_text="Of the source: a file's bytes, or the canonical lines.")
    made_here = models.BooleanField(default=False, help_text="Pages made by this system from its records.")
    generated = models.BooleanField(default=False, help_text="Made up for a demonstration.")
    included = models.BooleanField(default=True, help_text="Off: a person took it out of the pack; it is kept here.")
    present = models.BooleanField(default=True, help_text="Off: the last collection did not find its source any more.")

    objects = ExhibitQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["file", "source"], name="one_exhibit_a_source"),
            models.CheckConstraint(
                condition=Q(kind="file", document__isnull=False) | ~Q(kind="file") & Q(document=None),
                name="exhibit_file_has_document",
            ),
            models.CheckConstraint(condition=~Q(sha256=""), name="exhibit_hashed"),
        ]

    def __str__(self) -> str:
        return f"exhibit {self.tab or self.pk} of {self.file_id}"
