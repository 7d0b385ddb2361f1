"""What a borrower said they would pay, and whether they did."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.money import CurrencyField, MoneyField

from .case import Case
from .person import Person


class Promise(RefreshableFSM, models.Model):
    """Date, amount, method; settled by the daily run from the payments."""

    class State(models.TextChoices):
        OPEN = "open"
        KEPT = "kept"
        BROKEN = "broken"
        WITHDRAWN = "withdrawn"

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="promises")
    contact = models.ForeignKey(
        "collections_app.Contact", null=True, blank=True, on_delete=models.PROTECT, related_name="promises"
    )
    made_on = models.DateField()
    due_on = models.DateField()
    currency = CurrencyField()
    amount = MoneyField()
    method = models.CharField(max_length=30, blank=True)
    settled_on = models.DateField(null=True, blank=True)
    state = FSMField(default=State.OPEN, choices=State, protected=True)

    history = History()

    class Meta:
        indexes = [models.Index(fields=["due_on"], name="promise_open", condition=Q(state="open"))]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="open"), name="one_open_promise_a_case"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "kept", "broken", "withdrawn"]), name="promise_state"
            ),
        ]

    def __str__(self) -> str:
        return f"promise of {self.case_id} by {self.due_on}"

    @transition(state, [State.OPEN], State.KEPT, bulk=True, stamps={"settled_on": Arg("on")})
    def keep(self) -> None:
        """The money came by its day."""

    @transition(state, [State.OPEN], State.BROKEN, bulk=True, stamps={"settled_on": Arg("on")})
    def break_(self) -> None:
        """Its day went by without the money."""

    @transition(
        state, [State.OPEN], State.WITHDRAWN, permission="collections_app.work_case", stamps={"settled_on": Arg("on")}
    )
    def withdraw(self) -> None:
        """The borrower took it back."""
