"""What the gate said, on which facts, and the permission that only it can give."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .contact import Contact


class FactSheet(models.Model):
    """The reasoning of judgements, stored once per distinct content: presets with version and digest, each rule asked with
    its verdict, citation and the facts seen, zone data and calendar versions."""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    content = models.JSONField()

    def __str__(self) -> str:
        return f"facts {self.digest[:12]}"


class Judgement(models.Model):
    """One answer of the gate: a new row each time, never overwritten.

    `permit` is empty, or the row's own id where a send was permitted: a Clearance can only point at a permit (a CHECK sees
    one table, so the condition stands here).
    """

    class Phase(models.TextChoices):
        PLAN = "plan"
        SEND = "send"
        RECORD = "record"

    class Verdict(models.TextChoices):
        ALLOW = "allow"
        WARN = "warn"
        APPROVE = "approve"
        DENY = "deny"

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="judgements")
    event = models.ForeignKey(
        "collections_app.ContactEvent", null=True, blank=True, on_delete=models.PROTECT, related_name="judgements"
    )
    phase = models.CharField(max_length=6, choices=Phase)
    at = models.DateTimeField(help_text="The instant that was judged.")
    verdict = models.CharField(max_length=7, choices=Verdict)
    by = models.CharField(
        max_length=200, blank=True, help_text="Ids of all rules that gave the verdict, joined by blanks."
    )
    next_allowed_at = models.DateTimeField(null=True, blank=True)
    facts = models.ForeignKey(FactSheet, on_delete=models.PROTECT, related_name="judgements", db_index=False)
    run = models.ForeignKey(
        "collections_app.DailyRun", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    permit = models.BigIntegerField(null=True, blank=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(permit=None)
                | (
                    Q(permit=F("id"), phase="send", contact__isnull=False)
                    & (
                        Q(verdict__in=["allow", "warn"])
                        | Q(verdict="approve", approved_by__isnull=False, requested_by__isnull=False)
                        & ~Q(approved_by=F("requested_by"))
                    )
                ),
                name="judgement_permit_is_permitted",
            ),
            models.CheckConstraint(
                condition=Q(contact__isnull=False, event=None) | Q(contact=None, event__isnull=False),
                name="judgement_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["allow", "warn", "approve", "deny"]), name="judgement_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"J-{self.pk} {self.phase}: {self.verdict}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("a judgement is never overwritten; judge again")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a judgement is never overwritten; judge again")


class Clearance(models.Model):
    """The permission to leave, made by the gate alone. Its primary key is the contact's id; it expires."""

    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.PROTECT, related_name="cleared")
    judgement = models.ForeignKey(Judgement, to_field="permit", on_delete=models.PROTECT, related_name="clearances")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"clearance of contact {self.contact_id}"
