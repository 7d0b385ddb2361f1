"""Days that must not be missed, each with what it was counted from and by which rule."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from collections_app.kernel.history import History

from .file import LegalFile


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def waiting(self) -> DeadlineQuerySet:
        return self.filter(done_on=None)

    def due_within(self, days: int, on: dt.date) -> DeadlineQuerySet:
        """What must be done by then, the missed ones included."""
        return self.waiting().filter(kind__in=["do_by", "limitation"], on__lte=on + dt.timedelta(days=days))


class Deadline(models.Model):
    """A day: to be done by it, not to be done before it, or the end of the limitation period."""

    class Kind(models.TextChoices):
        DO_BY = "do_by"
        NOT_BEFORE = "not_before"
        LIMITATION = "limitation"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(LegalFile, on_delete=models.PROTECT, related_name="deadlines")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DO_BY)
    what = models.CharField(max_length=120)
    on = models.DateField()
    counted_from = models.DateField()
    counted_because = models.CharField(max_length=120, help_text="What happened on that day: letter dated, returned …")
    rule = models.CharField(max_length=120, help_text="Rule id and citation, or house.")
    done_on = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DeadlineQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["on", "id"]
        indexes = [models.Index(fields=["on"], name="deadline_waiting", condition=Q(done_on=None))]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["do_by", "not_before", "limitation"]), name="deadline_kind"),
            models.CheckConstraint(condition=~Q(rule=""), name="deadline_with_rule"),
            models.CheckConstraint(
                condition=Q(done_on=None, done_by=None) | Q(done_on__isnull=False, done_by__isnull=False),
                name="deadline_done_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.on}"
