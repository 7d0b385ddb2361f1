"""A version of the evidence pack: a draft that each build may replace, or sealed for ever."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, Guard, RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.keys import DataKey
from collections_app.models import StoredDocument

from .file import LegalFile

_SEALED = "a sealed pack is never changed; build the next version"


class PackQuerySet(models.QuerySet["Pack"]):
    def sealed(self) -> PackQuerySet:
        return self.filter(state=Pack.State.SEALED)

    def drafts(self) -> PackQuerySet:
        return self.filter(state=Pack.State.DRAFT)

    def update(self, **values: Any) -> int:
        if self.sealed().exists():
            raise TypeError(_SEALED)
        return super().update(**values)

    def delete(self) -> Any:
        raise TypeError("packs are never deleted")


class Pack(RefreshableFSM, models.Model):
    """One PDF, one ZIP and the manifest they were made from, kept under a key of their own.

    `inputs_sha256` answers whether anything changed since; `manifest_sha256` is the digest printed on the cover;
    `sha256` is that of the PDF. The next version begins where this one was sealed: a draft carries the number that it
    will be sealed under.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        SEALED = "sealed"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(LegalFile, on_delete=models.PROTECT, related_name="packs")
    version = models.PositiveIntegerField()
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="packs")
    court = models.CharField(max_length=60)
    court_version = models.CharField(max_length=30)
    as_of = models.DateField(help_text="The day that the statement of account is as of.")
    inputs_sha256 = models.CharField(max_length=64)
    manifest_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    zip_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=120, help_text="Without its ending; it says nothing of a person.")
    pages = models.PositiveIntegerField()
    files = models.PositiveIntegerField(help_text="Files in the ZIP.")
    missing = models.JSONField(default=list, blank=True, help_text="Items that must be there and are not.")
    unreadable = models.JSONField(default=list, blank=True, help_text="Tabs whose file could not be shown.")
    too_large = models.BooleanField(default=False, help_text="Larger than the court's mailbox takes.")
    pdf = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, related_name="+")
    zip = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, related_name="+")
    manifest = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField(null=True, blank=True)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = FSMField(default=State.DRAFT, choices=State, protected=True)

    objects = PackQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["file", "-version"]
        indexes = [
            models.Index(fields=["manifest_sha256"], name="pack_by_manifest"),
            models.Index(fields=["sha256"], name="pack_by_pdf"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["file", "version"], name="one_pack_a_version"),
            models.UniqueConstraint(fields=["file"], condition=Q(state="draft"), name="one_draft_a_file"),
            models.CheckConstraint(condition=Q(state__in=["draft", "sealed"]), name="pack_state"),
            models.CheckConstraint(
                condition=Q(state="draft", sealed_at=None, sealed_by=None)
                | Q(state="sealed", sealed_at__isnull=False, sealed_by__isnull=False, missing=[]),
                name="pack_sealed_whole",
            ),
            models.CheckConstraint(condition=Q(version__gte=1, pages__gte=1, files__gte=1), name="pack_not_empty"),
        ]
        permissions = [
            ("build_pack", "Can build a draft of a pack"),
            ("seal_pack", "Can seal a pack"),
            ("download_pack", "Can download packs"),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of {self.file_id}"

    @property
    def is_sealed(self) -> bool:
        return self.state == self.State.SEALED

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and Pack._base_manager.filter(pk=self.pk, state=Pack.State.SEALED).exists():
            raise TypeError(_SEALED)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("packs are never deleted")

    @transition(
        state, [State.DRAFT], State.SEALED, permission="legal.seal_pack",
        guards=[
            Guard(
                "missing",
                "Something that the court asks for is missing; the checklist names it.",
                Q(Exists(LegalFile.objects.filter(pk=OuterRef("file_id"), missing_count=0))),
            ),
        ],
        stamps={
            "sealed_at": Arg("at"), "made_at": Arg("at"), "sealed_by": Arg("by"), "made_by": Arg("by"),
            "court": Arg("court"), "court_version": Arg("court_version"), "as_of": Arg("as_of"),
            "inputs_sha256": Arg("inputs_sha256"), "manifest_sha256": Arg("manifest_sha256"), "sha256": Arg("sha256"),
            "zip_sha256": Arg("zip_sha256"), "file_name": Arg("file_name"), "pages": Arg("pages"),
            "files": Arg("files"),
            "missing": Arg("missing"), "unreadable": Arg("unreadable"), "too_large": Arg("too_large"),
            "pdf": Arg("pdf"), "zip": Arg("zip"), "manifest": Arg("manifest"),
        },
    )  # fmt: skip
    def seal(self) -> None:
        """Seal it: never changed from here on."""
