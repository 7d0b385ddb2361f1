"""A planned or made contact with one person: its own outbox. Leaving it takes a Clearance, and the database says so."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, Guard, RefreshableFSM, transition
from collections_app.kernel.history import History
from collections_app.kernel.personal import PersonalField

from .case import Case
from .loan import Instalment, Loan
from .person import ContactPoint, Person, Role


class ContactQuerySet(models.QuerySet["Contact"]):
    def dispatchable(self, at: dt.datetime) -> ContactQuerySet:
        """Messages that may be claimed at `at`: planned, or withheld until now."""
        return self.filter(
            direction="out", channel__in=Contact.MESSAGES, state__in=["planned", "withheld"], not_before__lte=at
        )

    def in_flight(self) -> ContactQuerySet:
        """Cleared and not settled: each holds a slot in every rate rule that it fits."""
        return self.filter(state__in=["sending", "revealed"])


_APPROVED = Guard(
    "approval", "A second person must approve this contact first.", Q(needs_approval="") | Q(approved_by__isnull=False)
)


class Contact(RefreshableFSM, models.Model):
    """One contact with one person, about one or more cases (three overdue loans give one message).

    CHECK `contact_leaves_by_clearance`: outgoing and further than planned means that its own clearance is there.
    CHECK `contact_sent_means_text`: sent or delivered means that the exact text was hashed.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        AWAITING_APPROVAL = "awaiting_approval"
        WITHHELD = "withheld"
        CANCELLED = "cancelled"
        LAPSED = "lapsed"
        SENDING = "sending"
        SENT = "sent"
        DELIVERED = "delivered"
        FAILED = "failed"
        UNCONFIRMED = "unconfirmed"
        REVEALED = "revealed"
        COMPLETED = "completed"

    MESSAGES = ("sms", "email", "letter", "push")
    BY_HAND = ("voice", "visit")
    # The states in which nothing has left the house: all others demand a clearance.
    INSIDE = (State.PLANNED, State.AWAITING_APPROVAL, State.WITHHELD, State.CANCELLED, State.LAPSED)
    WAITING = (State.PLANNED, State.AWAITING_APPROVAL, State.WITHHELD)

    class Outcome(models.TextChoices):
        NO_ANSWER = "no_answer"
        VOICEMAIL = "voicemail"
        PROMISE = "promise"
        WANTS_PLAN = "wants_plan"
        HARDSHIP = "hardship"
        DISPUTE = "dispute"
        REFUSES = "refuses"
        CALL_BACK = "call_back"
        WRONG_NUMBER = "wrong_number"
        STOP_CALLING = "stop_calling"
        SPOKE = "spoke"
        NOT_MET = "not_met"
        MET = "met"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contacts")
    group = models.BigIntegerField()
    party = models.CharField(max_length=20, choices=Role, default=Role.DEBTOR)
    contact_point = models.ForeignKey(
        ContactPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts", db_index=False
    )
    case = models.ForeignKey(
        Case,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contacts",
        help_text="The case that leads: the furthest of those covered; empty for a reminder.",
    )
    channel = models.CharField(max_length=20)
    direction = models.CharField(max_length=3, default="out")
    purpose = models.CharField(max_length=30, default="collect")
    step = models.CharField(max_length=60, blank=True)
    occurrence = models.IntegerField(default=0, help_text="Ladder day + 1,000 for each time that the anchor moved.")
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="0 is the plan, each fallback after a failure the next."
    )
    template = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, default="en")
    business_on = models.DateField()
    ladder_day = models.SmallIntegerField(null=True, blank=True)
    stage = models.CharField(max_length=10, blank=True)
    not_before = models.DateTimeField(help_text="Planned for this instant; later when withheld.")
    needs_approval = models.CharField(
        max_length=30, blank=True, help_text="The group that must approve, by the ladder."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approved_because = models.TextField(blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    clearance = models.OneToOneField(
        "collections_app.Clearance", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claim_stop_seq = models.PositiveIntegerField(null=True, blank=True, help_text="What the claim saw of the person.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    text_sha256 = models.CharField(max_length=64, blank=True)
    text = PersonalField(owner="person", null=True, blank=True)
    document = models.ForeignKey(
        "collections_app.StoredDocument",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    print_batch = models.ForeignKey(
        "collections_app.PrintBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    external_ref = models.CharField(max_length=120, blank=True, help_text="Gateway's id, or the tracking number.")
    failure = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    outcome_note = PersonalField(owner="person", null=True, blank=True)
    state_because = models.CharField(max_length=200, blank=True, help_text="Why it was withheld or cancelled.")
    withheld_by = models.CharField(max_length=200, blank=True, help_text="Rule ids that withheld it, joined by blanks.")
    state = FSMField(default=State.PLANNED, choices=State, protected=True)

    objects = ContactQuerySet.as_manager()
    # attempted_at is stamped by the short transaction before speaking; it is evidence in the row, not a change of it.
    history = History(excluded_fields=["attempted_at"])

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="contact_waiting",
                condition=Q(direction="out", state__in=["planned", "withheld"]),
            ),
            models.Index(
                fields=["state", "id"],
                name="contact_open",
                condition=Q(state__in=["awaiting_approval", "sending", "unconfirmed", "revealed"]),
            ),
            # What waits, by group: as large as the work at hand, however long the past is.
            models.Index(
                fields=["group"],
                name="contact_waiting_of_group",
                condition=Q(direction="out", state__in=["planned", "awaiting_approval", "withheld"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="in")
                | Q(state__in=["planned", "awaiting_approval", "withheld", "cancelled", "lapsed"])
                | Q(clearance__isnull=False) & Q(clearance=F("id")),
                name="contact_leaves_by_clearance",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "delivered"]) | Q(direction="in") | ~Q(text_sha256=""),
                name="contact_sent_means_text",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "planned",
                        "awaiting_approval",
                        "withheld",
                        "cancelled",
                        "lapsed",
                        "sending",
                        "sent",
                        "delivered",
                        "failed",
                        "unconfirmed",
                        "revealed",
                        "completed",
                    ]
                ),
                name="contact_state",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(requested_by=None) | ~Q(approved_by=F("requested_by")),
                name="contact_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @transition(
        state,
        [State.PLANNED, State.WITHHELD],
        State.WITHHELD,
        bulk=True,
        stamps={"state_because": Arg("sentence"), "withheld_by": Arg("rules"), "not_before": Arg("until")},
    )
    def withhold(self) -> None:
        """The gate withholds it until the next allowed time."""

    @transition(
        state,
        [State.PLANNED, State.WITHHELD],
        State.AWAITING_APPROVAL,
        bulk=True,
        stamps={
            "state_because": Arg("sentence"),
            "withheld_by": Arg("rules"),
            "requested_by": Arg("requested_by"),
            "approved_by": None,
            "approved_because": "",
        },
    )
    def ask_approval(self) -> None:
        """A second person decides."""

    @transition(
        state,
        [State.AWAITING_APPROVAL],
        State.PLANNED,
        permission="collections_app.approve_contact",
        machines=False,
        four_eyes=True,
        stamps={"approved_by": Arg("by"), "approved_because": Arg("reason"), "not_before": Arg("at")},
    )
    def approve(self) -> None:
        """Approve this contact."""

    @transition(
        state,
        [State.AWAITING_APPROVAL],
        State.CANCELLED,
        permission="collections_app.approve_contact",
        machines=False,
        four_eyes=True,
        stamps={"state_because": Arg("reason")},
    )
    def decline(self) -> None:
        """Do not make this contact."""

    @transition(
        state,
        [State.PLANNED, State.WITHHELD, State.AWAITING_APPROVAL],
        State.CANCELLED,
        bulk=True,
        stamps={"state_because": Arg("sentence")},
    )
    def cancel(self) -> None:
        """Paid, superseded, closed or opted out: final."""

    @transition(
        state,
        [State.PLANNED, State.WITHHELD, State.AWAITING_APPROVAL],
        State.LAPSED,
        bulk=True,
        stamps={"state_because": Arg("sentence")},
    )
    def lapse(self) -> None:
        """Its day went by and nobody made it."""

    @transition(
        state,
        [State.PLANNED, State.WITHHELD],
        State.SENDING,
        bulk=True,
        guards=[_APPROVED],
        stamps={
            "clearance_id": Arg("clearance_id"),
            "claimed_at": Arg("at"),
            "claim_stop_seq": Arg("stop_seq"),
            "text_sha256": Arg("text_sha256"),
            "text": Arg("text"),
            "document_id": Arg("document_id"),
            "language": Arg("language"),
            "attempted_at": None,
            "failure": "",
            "state_because": "",
            "withheld_by": "",
        },
    )
    def claim(self) -> None:
        """Cleared, rendered and taken for sending."""

    @transition(
        state,
        [State.SENDING],
        State.PLANNED,
        bulk=True,
        stamps={"clearance_id": None, "claimed_at": None, "text_sha256": "", "text": None, "document_id": None},
    )
    def release(self) -> None:
        """Never attempted: back to the plan, to be judged afresh."""

    @transition(
        state,
        [State.SENDING, State.UNCONFIRMED],
        State.SENT,
        bulk=True,
        stamps={"sent_at": Arg("at"), "external_ref": Arg("reference")},
    )
    def mark_sent(self) -> None:
        """The channel accepted it."""

    @transition(state, [State.SENDING], State.UNCONFIRMED, bulk=True, stamps={"failure": Arg("sentence")})
    def lose_answer(self) -> None:
        """Attempted, and no answer came: it may have left."""

    @transition(
        state,
        [State.SENDING, State.SENT, State.UNCONFIRMED],
        State.FAILED,
        bulk=True,
        stamps={"failure": Arg("sentence"), "settled_at": Arg("at")},
    )
    def fail(self) -> None:
        """It did not arrive."""

    @transition(state, [State.SENT], State.DELIVERED, bulk=True, stamps={"settled_at": Arg("at")})
    def mark_delivered(self) -> None:
        """It arrived."""

    @transition(
        state,
        [State.PLANNED, State.WITHHELD],
        State.REVEALED,
        guards=[_APPROVED],
        permission="collections_app.reveal_contact",
        stamps={
            "clearance_id": Arg("clearance_id"),
            "claimed_at": Arg("at"),
            "agent": Arg("by"),
            "state_because": "",
            "withheld_by": "",
        },
    )
    def reveal(self) -> None:
        """Show the number or address: for a call or a visit this is the send."""

    @transition(
        state,
        [State.REVEALED],
        State.COMPLETED,
        permission="collections_app.work_case",
        stamps={"outcome": Arg("outcome"), "settled_at": Arg("at"), "outcome_note": Arg("note")},
    )
    def complete(self) -> None:
        """Log the outcome."""


class ContactCase(models.Model):
    """What a contact covers: a case, or for a reminder an instalment. Exactly one of them.

    These rows go in first, conflicts ignored, so that a step is planned once whoever plans it.
    """

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="covers")
    case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.PROTECT, related_name="covered_by", db_index=False
    )
    instalment = models.ForeignKey(
        Instalment, null=True, blank=True, on_delete=models.PROTECT, related_name="covered_by", db_index=False
    )
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.CharField(max_length=60)
    occurrence = models.IntegerField()
    attempt = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(case=None, instalment__isnull=False) | Q(case__isnull=False, instalment=None),
                name="covers_exactly_one",
            ),
            models.UniqueConstraint(
                fields=["case", "step", "occurrence", "attempt"], condition=Q(case__isnull=False), name="case_step_once"
            ),
            models.UniqueConstraint(
                fields=["instalment", "step", "occurrence", "attempt"],
                condition=Q(instalment__isnull=False),
                name="instalment_step_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {'case' if self.case_id else 'instalment'} {self.case_id or self.instalment_id}"
