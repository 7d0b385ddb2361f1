"""One arrears episode of one loan: where it stands on the ladder, who owns it, until when it is held."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import FSMField

from collections_app.kernel.fsm import Arg, Guard, RefreshableFSM, Stamps, transition
from collections_app.kernel.history import History

from .loan import Loan
from .person import Person

OPEN_END = dt.date(9999, 12, 31)  # a hold without an end
NEVER = dt.date(1, 1, 1)  # nothing is held


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        return self.exclude(stage=Case.Stage.CLOSED)

    def on_ladder(self) -> CaseQuerySet:
        """Cases that the ladder moves: open and not in the hands of the law."""
        return self.filter(stage__in=Case.LADDER)

    def clock_running(self, on: dt.date) -> CaseQuerySet:
        """Cases whose days are counted on `on`."""
        return self.filter(clock_held_until__lt=on)

    def due_for(self, from_day: int, on: dt.date, to_day: int | None = None) -> CaseQuerySet:
        """Cases whose ladder day on `on` is at least `from_day` (and at most `to_day`): a range of the index."""
        cases = self.filter(counts_from_on__lte=on - dt.timedelta(days=from_day))
        if to_day is not None:
            cases = cases.filter(counts_from_on__gte=on - dt.timedelta(days=to_day))
        return cases


def _legal_not_held(arguments: Stamps) -> Q:
    return Q(legal_held_until__lt=arguments["on"])


def _no_promise_open(arguments: Stamps) -> Q:
    from .promise import Promise

    return Q(~Exists(Promise.objects.filter(case=OuterRef("pk"), state=Promise.State.OPEN)))


def _written_notice_delivered(arguments: Stamps) -> Q:
    from .contact import Contact

    return Q(
        Exists(
            Contact.objects.filter(
                covers__case=OuterRef("pk"), channel="letter", step="written_notice", state=Contact.State.DELIVERED
            )
        )
    )


class Case(RefreshableFSM, models.Model):
    """An arrears episode. Ladder day on D = D − `counts_from_on`: nothing is rewritten because a night went by."""

    class Stage(models.TextChoices):
        EARLY = "early"
        MID = "mid"
        LATE = "late"
        LEGAL = "legal"
        CLOSED = "closed"

    class Closed(models.TextChoices):
        CURED = "cured"
        PAID_OFF = "paid_off"
        SETTLED = "settled"
        RESTRUCTURED = "restructured"
        WRITTEN_OFF = "written_off"
        SOLD = "sold"

    LADDER = (Stage.EARLY, Stage.MID, Stage.LATE)
    OPEN = (*LADDER, Stage.LEGAL)

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="cases")
    debtor = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="cases")
    group = models.BigIntegerField()
    episode = models.PositiveIntegerField(default=1, help_text="First, second … time this loan fell behind.")
    started_on = models.DateField(help_text="The run that opened it.")
    anchor_due_on = models.DateField(help_text="The due date that the days are counted from before stopped days.")
    counts_from_on = models.DateField(
        help_text="Ladder day = run date − this; moved by stopped days and by part payment."
    )
    stopped_days = models.PositiveIntegerField(default=0)
    anchor_count = models.PositiveSmallIntegerField(
        default=0, help_text="How often the anchor moved: the steps of a new anchor are new occurrences."
    )
    contacts_held_until = models.DateField(default=NEVER)
    clock_held_until = models.DateField(default=NEVER)
    fees_held_until = models.DateField(default=NEVER)
    legal_held_until = models.DateField(default=NEVER)
    ladder = models.ForeignKey("collections_app.PolicyVersion", on_delete=models.PROTECT, related_name="cases")
    ladder_because = models.CharField(max_length=200, blank=True, help_text="Why it is on this ladder.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    stage = FSMField(default=Stage.EARLY, choices=Stage, protected=True)
    stage_on = models.DateField(help_text="The day of the last stage change.")
    stage_step = models.CharField(max_length=60, blank=True, help_text="The ladder's stage or exit that moved it.")
    write_off_review_on = models.DateField(
        null=True, blank=True, help_text="Since when a supervisor should look at it."
    )
    closed_on = models.DateField(null=True, blank=True)
    closed_reason = models.CharField(max_length=20, choices=Closed, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who asked for the legal exit.",
    )

    objects = CaseQuerySet.as_manager()
    history = History()

    class Meta:
        indexes = [
            models.Index(fields=["stage", "id"], name="case_stage"),
            models.Index(
                fields=["counts_from_on", "id"],
                name="case_counts_from",
                condition=Q(stage__in=["early", "mid", "late"]),
            ),
            models.Index(fields=["group"], name="case_group", condition=~Q(stage="closed")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["loan"], condition=~Q(stage="closed"), name="one_open_case_a_loan"),
            models.CheckConstraint(
                condition=Q(stage__in=["early", "mid", "late", "legal", "closed"]), name="case_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(stage="closed", closed_on__isnull=False) & ~Q(closed_reason="")
                | ~Q(stage="closed") & Q(closed_on=None, closed_reason=""),
                name="case_closed_with_reason",
            ),
        ]
        permissions = [
            ("work_case", "Can work cases: log calls, promises, requests"),
            ("refer_to_legal", "Can refer a case to the legal department"),
            ("return_from_legal", "Can take a case back from the legal department"),
            ("assign_case", "Can give cases to colleagues"),
            ("approve_contact", "Can approve contacts that need a second person"),
            ("approve_hold", "Can approve holds"),
            ("settle_suspects", "Can decide on payments that look like doubles"),
            ("stop_sending", "Can stop all sending"),
            ("reveal_contact", "Can reveal numbers and addresses through the gate"),
            ("release_policy", "Can release ladders and presets"),
            ("run_day", "Can start a daily run and retry what was set aside"),
        ]

    def __str__(self) -> str:
        return f"C-{self.pk}"

    def day(self, on: dt.date) -> int:
        """Ladder day on a run date."""
        return (on - self.counts_from_on).days

    @transition(stage, [Stage.EARLY], Stage.MID, bulk=True, stamps={"stage_on": Arg("on"), "stage_step": Arg("step")})
    def to_mid(self) -> None:
        """No satisfactory answer in the first days: follow up more actively."""

    @transition(
        stage,
        [Stage.EARLY, Stage.MID],
        Stage.LATE,
        bulk=True,
        stamps={"stage_on": Arg("on"), "stage_step": Arg("step")},
    )
    def to_late(self) -> None:
        """The written notice brought no answer: visits and the law come into sight."""

    @transition(
        stage,
        [Stage.MID, Stage.LATE],
        Stage.EARLY,
        bulk=True,
        stamps={"stage_on": Arg("on"), "stage_step": Arg("step")},
    )
    def step_back_to_early(self) -> None:
        """Money or a correction moved the anchor: gentle again."""

    @transition(stage, [Stage.LATE], Stage.MID, bulk=True, stamps={"stage_on": Arg("on"), "stage_step": Arg("step")})
    def step_back_to_mid(self) -> None:
        """Money or a correction moved the anchor: a stage back."""

    @transition(
        stage,
        [Stage.EARLY, Stage.MID, Stage.LATE],
        Stage.LEGAL,
        permission="collections_app.refer_to_legal",
        guards=[
            Guard("held", "Legal action is held; the hold must end first.", _legal_not_held),
            Guard("promise", "A promise to pay is open; wait until it is kept or broken.", _no_promise_open),
            Guard("notice", "The written notice has not been delivered yet.", _written_notice_delivered),
            Guard(
                "day",
                "The ladder allows it from day 6 on.",
                lambda a: Q(counts_from_on__lte=a["on"] - dt.timedelta(days=a.get("from_day", 6))),
            ),
        ],
        machines=False,
        stamps={"stage_on": Arg("on"), "stage_step": "exit:legal"},
    )
    def refer_to_legal(self, from_day: int = 6) -> None:
        """Refer to the legal department."""

    @transition(
        stage,
        [Stage.LEGAL],
        Stage.LATE,
        permission="collections_app.return_from_legal",
        machines=False,
        stamps={"stage_on": Arg("on"), "stage_step": "returned"},
    )
    def return_from_legal(self) -> None:
        """Take back from the legal department."""

    @transition(
        stage,
        [Stage.EARLY, Stage.MID, Stage.LATE, Stage.LEGAL],
        Stage.CLOSED,
        bulk=True,
        stamps={"stage_on": Arg("on"), "stage_step": "cure", "closed_on": Arg("on"), "closed_reason": "cured"},
    )
    def cure(self) -> None:
        """Nothing is overdue any more."""

    @transition(
        stage,
        [Stage.EARLY, Stage.MID, Stage.LATE, Stage.LEGAL],
        Stage.CLOSED,
        bulk=True,
        stamps={"stage_on": Arg("on"), "stage_step": "loan", "closed_on": Arg("on"), "closed_reason": Arg("reason")},
    )
    def close_with_loan(self) -> None:
        """The loan left the ladder: paid off, settled, restructured, written off or sold."""
