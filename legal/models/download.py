"""Who took which pack, when and why: links that end, and each use of them. Append-only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .pack import Pack


class _AppendOnly(models.Model):
    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("the download log is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("the download log is append-only")


class PackLink(_AppendOnly):
    """A link for one person to one file of one pack, until an instant. Only the digest of its token is kept."""

    class What(models.TextChoices):
        PDF = "pdf"
        ZIP = "zip"

    id = models.BigAutoField(primary_key=True)
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="links")
    what = models.CharField(max_length=3, choices=What)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=200)
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(because=""), name="link_with_reason"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="link_ends_later"),
        ]

    def __str__(self) -> str:
        return f"link to the {self.what} of pack {self.pack_id}"


class PackDownload(_AppendOnly):
    """One download."""

    id = models.BigAutoField(primary_key=True)
    link = models.ForeignKey(PackLink, on_delete=models.PROTECT, related_name="downloads")
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    because = models.CharField(max_length=200)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"download of pack {self.pack_id}"
