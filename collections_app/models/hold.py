"""The lender's own decision to wait, and what it stops."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField

from .case import Case
from .person import Person


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self, on: dt.date) -> HoldQuerySet:
        """Asked by its dates, whatever the run has already noticed."""
        return self.filter(state=Hold.State.ACTIVE, from_on__lte=on).filter(Q(until_on=None) | Q(until_on__gte=on))


class Hold(RefreshableFSM, models.Model):
    """A pause with reason, evidence, dates, approver and an explicit list of what it stops. Ends by itself."""

    class Reason(models.TextChoices):
        HARDSHIP = "hardship"
        COMPLAINT = "complaint"
        DISPUTE = "dispute"
        INVESTIGATION = "investigation"
        VULNERABLE = "vulnerable"
        OTHER = "other"

    class State(models.TextChoices):
        REQUESTED = "requested"
        ACTIVE = "active"
        ENDED = "ended"
        REFUSED = "refused"

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="holds")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=20, choices=Reason)
    evidence = PersonalField(owner="person", null=True, blank=True)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True, help_text="Last day; empty: open end.")
    stops_contacts = models.BooleanField(default=True)
    stops_clock = models.BooleanField(default=True)
    stops_fees = models.BooleanField(default=False)
    stops_legal = models.BooleanField(default=True)
    clock_counted = models.BooleanField(default=False, help_text="Its stopped days were added to the case.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = FSMField(default=State.REQUESTED, choices=State, protected=True)

    objects = HoldQuerySet.as_manager()
    history = History()

    class Meta:
        indexes = [models.Index(fields=["state", "until_on"], name="hold_ending")]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")), name="hold_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="hold_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "active", "ended", "refused"]), name="hold_state"
            ),
            models.CheckConstraint(
                condition=Q(stops_contacts=True) | Q(stops_clock=True) | Q(stops_fees=True) | Q(stops_legal=True),
                name="hold_stops_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} hold of {self.case_id} from {self.from_on}"

    @transition(
        state,
        [State.REQUESTED],
        State.ACTIVE,
        permission="collections_app.approve_hold",
        four_eyes=True,
        machines=False,
        stamps={"approved_by": Arg("by")},
    )
    def approve(self) -> None:
        """Approve the hold."""

    @transition(
        state,
        [State.REQUESTED],
        State.REFUSED,
        permission="collections_app.approve_hold",
        four_eyes=True,
        machines=False,
    )
    def refuse(self) -> None:
        """Refuse the hold."""

    @transition(state, [State.ACTIVE], State.ENDED, bulk=True)
    def end(self) -> None:
        """It ended by its date."""

    @transition(
        state,
        [State.ACTIVE],
        State.ENDED,
        permission="collections_app.approve_hold",
        machines=False,
        stamps={"until_on": Arg("until_on")},
    )
    def end_early(self) -> None:
        """End the hold before its date."""
