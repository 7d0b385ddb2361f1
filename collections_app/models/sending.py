"""The red button."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collections_app.kernel.history import History


class SendingStopQuerySet(models.QuerySet["SendingStop"]):
    def in_force(self, channel: str) -> SendingStopQuerySet:
        return self.filter(lifted_at=None).filter(Q(channel="") | Q(channel=channel))


class SendingStop(models.Model):
    """While one is in force nothing leaves by this channel (all channels where it is empty). A second person lifts it."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=20, blank=True)
    because = models.TextField()
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_because = models.TextField(blank=True)

    objects = SendingStopQuerySet.as_manager()
    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_by=None) | ~Q(lifted_by=F("stopped_by")), name="stop_lifted_by_another"
            ),
            models.CheckConstraint(
                condition=Q(lifted_by=None, lifted_at=None) | Q(lifted_by__isnull=False, lifted_at__isnull=False),
                name="stop_lifted_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"stop of {self.channel or 'all channels'}"
