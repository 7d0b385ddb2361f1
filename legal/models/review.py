"""What the lawyer decided about a version of the pack, and what must be mended."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField
from collections_app.models import Person

from .file import LegalFile
from .pack import Pack


class LawyerReview(models.Model):
    """One decision about one sealed version; never rewritten. Privileged: it never goes into a pack."""

    class Decision(models.TextChoices):
        ACCEPT = "accept"
        RETURN = "return"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(LegalFile, on_delete=models.PROTECT, related_name="reviews")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="reviews")
    lawyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="legal_reviews")
    decision = models.CharField(max_length=6, choices=Decision)
    decided_at = models.DateTimeField()
    note = PersonalField(owner="person", null=True, blank=True)

    history = History()

    class Meta:
        ordering = ["-decided_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(decision__in=["accept", "return"]), name="review_decision"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} of pack {self.pack_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a lawyer's decision is never rewritten; decide on the next version")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a lawyer's decision is never deleted")


class Defect(models.Model):
    """Something that the lawyer wants mended, and the answer. It counts as missing until it is mended."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(LawyerReview, on_delete=models.PROTECT, related_name="defects")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    text = PersonalField(owner="person")
    answer = PersonalField(owner="person", null=True, blank=True)
    mended_on = models.DateField(null=True, blank=True)
    mended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = History()

    class Meta:
        ordering = ["review", "number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="one_defect_a_number"),
            models.CheckConstraint(
                condition=Q(mended_on=None, mended_by=None) | Q(mended_on__isnull=False, mended_by__isnull=False),
                name="defect_mended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"defect {self.number} of review {self.review_id}"
