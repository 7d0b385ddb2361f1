"""Ladders and presets as they were loaded: what applied on a day, for ever."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, RefreshableFSM, transition
from collections_app.kernel.history import History


class PolicyQuerySet(models.QuerySet["PolicyVersion"]):
    def in_force(self, on: dt.date) -> PolicyQuerySet:
        """Asked by the dates, drafts included: a draft is applied too, shown as draft, and refused with OUTBOUND=live."""
        return (
            self.exclude(state=PolicyVersion.State.SUPERSEDED)
            .filter(effective_from__lte=on)
            .filter(Q(effective_to=None) | Q(effective_to__gte=on))
        )


class PolicyVersion(RefreshableFSM, models.Model):
    """One version of one policy file, whole, with the digest of its content."""

    class Kind(models.TextChoices):
        LADDER = "ladder"
        JURISDICTION = "jurisdiction"

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        SUPERSEDED = "superseded"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    ident = models.CharField(max_length=60)
    version = models.CharField(max_length=30)
    title = models.CharField(max_length=200, blank=True)
    jurisdiction = models.CharField(max_length=10, blank=True)
    digest = models.CharField(max_length=64)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    source = models.TextField(help_text="The file as it was loaded.")
    loaded_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = FSMField(default=State.DRAFT, choices=State, protected=True)

    objects = PolicyQuerySet.as_manager()
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "ident", "version"], name="one_policy_a_version"),
            models.CheckConstraint(condition=Q(state__in=["draft", "approved", "superseded"]), name="policy_state"),
            models.CheckConstraint(
                condition=Q(released_by=None) | Q(requested_by=None) | ~Q(released_by=F("requested_by")),
                name="policy_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ident} {self.version}"

    @transition(
        state,
        [State.DRAFT],
        State.APPROVED,
        permission="collections_app.release_policy",
        four_eyes=True,
        machines=False,
        stamps={"released_by": Arg("by")},
    )
    def release(self) -> None:
        """Release it: a named lawyer answers for it."""

    @transition(state, [State.DRAFT, State.APPROVED], State.SUPERSEDED)
    def supersede(self) -> None:
        """A newer version took its place."""


class LadderStep(models.Model):
    """A step of a loaded ladder, for people to read and for contacts to be traced to."""

    id = models.BigAutoField(primary_key=True)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="ladder_steps")
    code = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    days = models.JSONField()
    channel = models.CharField(max_length=20)
    summary = models.TextField()

    class Meta:
        ordering = ["policy", "position"]

    def __str__(self) -> str:
        return self.code


class PresetRule(models.Model):
    """A rule of a loaded preset, with its source and how far it can be trusted."""

    id = models.BigAutoField(primary_key=True)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="preset_rules")
    rule_id = models.CharField(max_length=60, db_index=True)
    type = models.CharField(max_length=20)
    level = models.CharField(max_length=12)
    verdict = models.CharField(max_length=7)
    cite = models.TextField(blank=True)
    confidence = models.CharField(max_length=60, blank=True)
    summary = models.TextField(blank=True)

    class Meta:
        ordering = ["policy", "id"]

    def __str__(self) -> str:
        return self.rule_id
