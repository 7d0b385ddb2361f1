"""What happened: append-only, never refused. The only thing that rate, cooldown and party rules count."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField

from .contact import Contact
from .loan import Loan
from .person import ContactPoint, Person


class ContactEvent(models.Model):
    """A contact made, an answer or an act, of the kinds of the rules page; about no debt, one or several (`EventDebt`)."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contact_events", db_index=False)
    party = models.CharField(max_length=20, default="debtor")
    contact_point = models.ForeignKey(
        ContactPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=20, blank=True)
    direction = models.CharField(max_length=3, default="out")
    purpose = models.CharField(max_length=30, default="collect")
    place = models.CharField(max_length=10, blank=True)
    creditor_group = models.CharField(max_length=60, default="house")
    by = models.CharField(max_length=80, help_text="We, an agency, a dialler.")
    flags = models.JSONField(default=list, blank=True)
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contact_events",
        help_text="Empty: inbound, dialler, imported.",
    )
    external_ref = models.CharField(max_length=120, blank=True)
    note = PersonalField(owner="person", null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "at"], name="event_of_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["by", "external_ref"], condition=~Q(external_ref=""), name="one_event_a_ref"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}Z"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("events are append-only: what happened is not rewritten")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("events are append-only: what happened is not rewritten")


class EventDebt(models.Model):
    """A debt that an event was about."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(ContactEvent, on_delete=models.PROTECT, related_name="debts")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "loan"], name="one_debt_once")]

    def __str__(self) -> str:
        return f"event {self.event_id} about loan {self.loan_id}"


class Breach(RefreshableFSM, models.Model):
    """A contact that happened although a rule did not allow it. Has its own life."""

    class State(models.TextChoices):
        OPEN = "open"
        ASSESSED = "assessed"
        CLOSED = "closed"

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(ContactEvent, on_delete=models.PROTECT, related_name="breaches")
    judgement = models.OneToOneField("collections_app.Judgement", on_delete=models.PROTECT, related_name="breach")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="breaches")
    strength = models.CharField(max_length=7)
    rules = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    assessment = PersonalField(owner="person", null=True, blank=True)
    state = FSMField(default=State.OPEN, choices=State, protected=True)

    history = History()

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["open", "assessed", "closed"]), name="breach_state")
        ]
        permissions = [("assess_breach", "Can assess and close breaches")]

    def __str__(self) -> str:
        return f"breach of {self.rules}"

    @transition(
        state,
        [State.OPEN],
        State.ASSESSED,
        permission="collections_app.assess_breach",
        machines=False,
        stamps={"assessment": Arg("assessment")},
    )
    def assess(self) -> None:
        """Say what happened and what follows from it."""

    @transition(state, [State.ASSESSED], State.CLOSED, permission="collections_app.assess_breach", machines=False)
    def close(self) -> None:
        """What followed is done."""
