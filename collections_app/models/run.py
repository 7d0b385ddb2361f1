"""What a day did."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, RefreshableFSM, transition


class DailyRun(RefreshableFSM, models.Model):
    """The closing of one business date: opened by its unique row, closed when all its windows are done."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    id = models.BigAutoField(primary_key=True)
    date = models.DateField(unique=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    started_by = models.CharField(max_length=150)
    newest = models.BooleanField(
        default=True, help_text="False: caught up later, only the newest day's contacts are made."
    )
    result = models.JSONField(default=dict)
    state = FSMField(default=State.OPEN, choices=State, protected=True)

    class Meta:
        ordering = ["-date"]
        constraints = [models.CheckConstraint(condition=Q(state__in=["open", "closed"]), name="run_state")]

    def __str__(self) -> str:
        return f"run of {self.date}"

    @transition(state, [State.OPEN], State.CLOSED, stamps={"closed_at": Arg("at"), "result": Arg("result")})
    def close(self) -> None:
        """All windows are done."""


class RunWindow(models.Model):
    """One window of one step: claimed by its row lock, checkpointed by the transaction that did the work."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(DailyRun, on_delete=models.PROTECT, related_name="windows")
    step = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(help_text="Of the step in the day's list.")
    number = models.PositiveIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    done = models.BooleanField(default=False)
    result = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["run", "position", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "step", "number"], name="one_window_a_number")]

    def __str__(self) -> str:
        return f"{self.step} {self.number}"


class SetAside(models.Model):
    """A loan that a step could not do: it keeps yesterday's stage, gets no contact, and never stops the others."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(DailyRun, on_delete=models.PROTECT, related_name="set_aside")
    step = models.CharField(max_length=60)
    loan = models.ForeignKey("collections_app.Loan", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "set aside"

    def __str__(self) -> str:
        return f"loan {self.loan_id}: {self.reason}"
