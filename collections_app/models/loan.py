"""The contract, what is due when, what was charged, what was paid and how it was appropriated.

Balance changes are rows added. The loan keeps a *date*, `oldest_open_due_on`, never days past due: a counter would
rewrite a million rows each night to say nothing new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.money import CurrencyField, MoneyField

from .lender import Lender
from .person import Person


class LoanQuerySet(models.QuerySet["Loan"]):
    def followed_up(self) -> LoanQuerySet:
        """Loans that the ladder looks at: not ended in any way."""
        return self.filter(state__in=Loan.LIVE)

    def past_due(self, on: dt.date) -> LoanQuerySet:
        """Loans in arrears beyond their tolerance as of the end of the day before `on`."""
        return self.followed_up().filter(oldest_open_due_on__lt=on)

    def due_on(self, days: Iterable[dt.date]) -> LoanQuerySet:
        """Loans whose oldest open instalment is due on one of these days."""
        return self.followed_up().filter(oldest_open_due_on__in=list(days))


class Loan(RefreshableFSM, models.Model):
    """A contract of consumer credit."""

    class State(models.TextChoices):
        ACTIVE = "active"
        PAST_DUE = "past_due"
        PAID_OFF = "paid_off"
        RESTRUCTURED = "restructured"
        SETTLED = "settled"
        WRITTEN_OFF = "written_off"
        SOLD = "sold"

    LIVE = (State.ACTIVE, State.PAST_DUE)

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=40, unique=True)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="loans")
    debtor = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="loans")
    group = models.BigIntegerField(db_index=True)
    product = models.CharField(max_length=30, default="personal_loan")
    debt_kind = models.CharField(max_length=20, default="consumer")
    agreement_kind = models.CharField(max_length=20, blank=True)
    lender_type = models.CharField(max_length=20, default="bank")
    collector_role = models.CharField(max_length=20, default="first_party")
    contract_law = models.CharField(max_length=2, blank=True, help_text="ISO 3166; empty: not known.")
    law_on = models.DateField(
        null=True,
        blank=True,
        help_text="Presets, rules and ladder in force are asked for this day instead of the real one (old tapes). Assumed.",
    )
    currency = CurrencyField()
    principal = MoneyField()
    apr_ppm = models.PositiveIntegerField(
        null=True, blank=True, help_text="Rate a year in parts of a million: 57500 is 5.75 %."
    )
    contract_on = models.DateField(null=True, blank=True)
    paid_out_on = models.DateField(null=True, blank=True)
    opened_on = models.DateField(
        null=True, blank=True, help_text="The ledger begins here; before it, only the opening balance."
    )
    instalment = MoneyField(help_text="The regular instalment, from which the tolerance is taken.")
    tolerance = MoneyField(help_text="Arrears up to this are none: the ladder's currency_tolerance.")
    oldest_open_due_on = models.DateField(
        null=True,
        blank=True,
        help_text="Earliest due date at which what is open in all exceeds the tolerance; may lie ahead; empty: nothing open.",
    )
    due_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Day of the month that instalments fall on; an extension lands on it again."
    )
    allocation = models.CharField(
        max_length=60, default="charge,instalment", help_text="Order in which money is appropriated."
    )
    state = FSMField(default=State.ACTIVE, choices=State, protected=True)
    ended_on = models.DateField(null=True, blank=True)
    generated = models.BooleanField(default=False, help_text="The contract paper is a stand-in, made up.")
    row_digest = models.CharField(
        max_length=64, blank=True, help_text="Of the row that was imported last: the same row changes nothing."
    )

    objects = LoanQuerySet.as_manager()
    history = History()

    class Meta:
        indexes = [
            models.Index(
                fields=["oldest_open_due_on", "id"],
                name="loan_oldest_open",
                condition=Q(state__in=["active", "past_due"]),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["active", "past_due", "paid_off", "restructured", "settled", "written_off", "sold"]
                ),
                name="loan_state",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @transition(state, [State.ACTIVE], State.PAST_DUE, bulk=True)
    def fall_past_due(self) -> None:
        """An instalment was not paid."""

    @transition(state, [State.PAST_DUE], State.ACTIVE, bulk=True)
    def come_current(self) -> None:
        """Nothing is overdue any more."""

    @transition(state, [State.ACTIVE, State.PAST_DUE], State.PAID_OFF, bulk=True, stamps={"ended_on": Arg("on")})
    def pay_off(self) -> None:
        """Everything is paid."""

    @transition(state, [State.ACTIVE, State.PAST_DUE], State.WRITTEN_OFF, bulk=True, stamps={"ended_on": Arg("on")})
    def write_off(self) -> None:
        """The lender gives it up in its books; the debt stays."""

    @transition(state, [State.ACTIVE, State.PAST_DUE], State.SETTLED, bulk=True, stamps={"ended_on": Arg("on")})
    def settle(self) -> None:
        """A smaller sum was agreed and paid."""

    @transition(state, [State.ACTIVE, State.PAST_DUE], State.RESTRUCTURED, bulk=True, stamps={"ended_on": Arg("on")})
    def restructure(self) -> None:
        """A new contract took its place."""

    @transition(state, [State.ACTIVE, State.PAST_DUE], State.SOLD, bulk=True, stamps={"ended_on": Arg("on")})
    def sell(self) -> None:
        """Another creditor owns it now."""

    @transition(state, [State.PAID_OFF], State.ACTIVE, bulk=True, stamps={"ended_on": None})
    def reopen(self) -> None:
        """A reversed payment opened it again."""


class Instalment(models.Model):
    """What is due when. `paid` is kept by booking and is not history: the allocations are."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="instalments", db_index=False)
    sequence = models.PositiveIntegerField()
    due_on = models.DateField()
    contract_due_on = models.DateField(help_text="As agreed first; an extension moves due_on, never this.")
    currency = CurrencyField()
    amount = MoneyField()
    paid = MoneyField(default=0)

    history = History(excluded_fields=["paid"])

    class Meta:
        indexes = [
            models.Index(
                fields=["loan", "due_on", "sequence"],
                include=["amount", "paid"],
                name="instalment_open",
                condition=Q(paid__lt=F("amount")),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["loan", "sequence"], name="one_instalment_a_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_positive"),
            models.CheckConstraint(condition=Q(paid__gte=0, paid__lte=F("amount")), name="instalment_not_overpaid"),
        ]

    def __str__(self) -> str:
        return f"instalment {self.sequence} of loan {self.loan_id}"


class Charge(models.Model):
    """A fee or cost of a loan, with the clause or law that allows it."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=30)
    on = models.DateField()
    currency = CurrencyField()
    amount = MoneyField()
    paid = MoneyField(default=0)
    authority = models.CharField(max_length=200, blank=True)
    source_ref = models.CharField(max_length=80, blank=True)

    history = History(excluded_fields=["paid"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="charge_positive"),
            models.CheckConstraint(condition=Q(paid__gte=0, paid__lte=F("amount")), name="charge_not_overpaid"),
            models.UniqueConstraint(
                fields=["loan", "source_ref"], condition=~Q(source_ref=""), name="one_charge_a_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of loan {self.loan_id}"


class LoanEvent(models.Model):
    """Something that a servicer reports of a loan besides payments: an extension, a write-off, a payoff …

    Like a payment it waits for the run of its day (`booked_on` empty until then).
    """

    class Kind(models.TextChoices):
        EXTENSION = "extension"
        WRITE_OFF = "write_off"
        PAY_OFF = "pay_off"
        SETTLEMENT = "settlement"
        RESTRUCTURING = "restructuring"
        SALE = "sale"
        RECOVERY = "recovery"
        RETURN = "return"  # part of a payment came back: the newest-paid instalments open again

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    on = models.DateField()
    received_at = models.DateTimeField()
    months = models.PositiveSmallIntegerField(default=0, help_text="Extension: so many months later.")
    currency = CurrencyField()
    amount = MoneyField(default=0)
    source_ref = models.CharField(max_length=120)
    booked_on = models.DateField(null=True, blank=True)

    history = History(excluded_fields=["booked_on"])

    class Meta:
        indexes = [models.Index(fields=["loan", "on"], name="event_waiting", condition=Q(booked_on=None))]
        constraints = [models.UniqueConstraint(fields=["loan", "kind", "source_ref"], name="one_event_a_reference")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of loan {self.loan_id} on {self.on}"


class Payment(RefreshableFSM, models.Model):
    """Money received. It waits for the run of its day, except late news, which are booked at once."""

    class State(models.TextChoices):
        RECEIVED = "received"  # counts; booked once booked_on is set
        SUSPECT = "suspect"  # perhaps a double: counts only on a person's word
        REJECTED = "rejected"
        REVERSED = "reversed"

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="payments")
    currency = CurrencyField()
    amount = MoneyField()
    value_on = models.DateField()
    received_at = models.DateTimeField()
    method = models.CharField(max_length=30, blank=True)
    source = models.CharField(max_length=60)
    reference = models.CharField(max_length=120, help_text="The source's own reference: its identity.")
    batch = models.ForeignKey(
        "collections_app.ImportBatch",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,
    )
    booked_on = models.DateField(
        null=True, blank=True, help_text="Business date of the run (or late news) that booked it."
    )
    unallocated = MoneyField(default=0, help_text="More than was owed.")
    reversed_on = models.DateField(null=True, blank=True)
    state = FSMField(default=State.RECEIVED, choices=State, protected=True)

    history = History(excluded_fields=["booked_on", "unallocated"])

    class Meta:
        indexes = [
            models.Index(
                fields=["loan", "value_on", "id"], name="payment_waiting", condition=Q(booked_on=None, state="received")
            ),
            models.Index(fields=["loan"], name="payment_reversed", condition=Q(state="reversed")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], name="one_payment_a_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["received", "suspect", "rejected", "reversed"]), name="payment_state"
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.reference}"

    @transition(state, [State.SUSPECT], State.RECEIVED, permission="collections_app.settle_suspects", machines=False)
    def accept(self) -> None:
        """Not a double: book it."""

    @transition(state, [State.SUSPECT], State.REJECTED, permission="collections_app.settle_suspects", machines=False)
    def reject(self) -> None:
        """A double: leave it out."""

    @transition(state, [State.RECEIVED], State.REVERSED, stamps={"reversed_on": Arg("on")})
    def reverse(self) -> None:
        """The bank took it back."""


class Allocation(models.Model):
    """How a payment was appropriated: to one instalment or one charge. Append-only; a reversal adds the negative."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+")
    instalment = models.ForeignKey(
        Instalment, null=True, blank=True, on_delete=models.PROTECT, related_name="allocations", db_index=False
    )
    charge = models.ForeignKey(
        Charge, null=True, blank=True, on_delete=models.PROTECT, related_name="allocations", db_index=False
    )
    currency = CurrencyField()
    amount = MoneyField()
    on = models.DateField(help_text="Business date of the booking.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(instalment=None, charge__isnull=False) | Q(instalment__isnull=False, charge=None),
                name="allocation_to_one_thing",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="allocation_not_nothing"),
        ]

    def __str__(self) -> str:
        return f"allocation of payment {self.payment_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("allocations are append-only; add the negative")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("allocations are append-only; add the negative")
