"""Service of documents: each attempt, in which way, on whom, with which proof (M11)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField
from collections_app.models import Person, StoredDocument

from .file import LegalFile


class ServiceAttempt(models.Model):
    """One attempt to serve a document. Served means: there is a proof."""

    class Method(models.TextChoices):
        PERSONAL = "personal"
        SUBSTITUTED = "substituted"
        POST = "post"
        REGISTERED_POST = "registered_post"
        ELECTRONIC = "electronic"
        BY_COURT = "by_court"
        PUBLICATION = "publication"

    class Outcome(models.TextChoices):
        SERVED = "served"
        NOT_FOUND = "not_found"
        REFUSED = "refused"
        CAME_BACK = "came_back"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(LegalFile, on_delete=models.PROTECT, related_name="service_attempts")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", help_text="Whom it is meant for.")
    what = models.CharField(max_length=60, help_text="The document: letter of claim, claim form, judgment …")
    method = models.CharField(max_length=20, choices=Method)
    recipient = PersonalField(owner="person", help_text="Who took it, or whose door or mailbox it was.")
    place = PersonalField(owner="person", null=True, blank=True)
    at = models.DateTimeField()
    deemed_on = models.DateField(null=True, blank=True, help_text="The day that the law takes it as served.")
    served_by = PersonalField(owner="person", null=True, blank=True, help_text="Process server, bailiff, post.")
    outcome = models.CharField(max_length=12, choices=Outcome)
    proof = models.ForeignKey(StoredDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = PersonalField(owner="person", null=True, blank=True)

    history = History()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(outcome="served") | Q(proof__isnull=False), name="served_means_proof"),
            models.CheckConstraint(
                condition=Q(outcome__in=["served", "not_found", "refused", "came_back"]), name="service_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} of {self.what} on {self.at:%Y-%m-%d}"
