"""A case before the court: from the day it was referred to the day it is closed."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import FSMField

from collections_app.kernel.actors import is_machine
from collections_app.kernel.fsm import Arg, Guard, RefreshableFSM, Stamps, transition
from collections_app.kernel.history import History
from collections_app.models import Case, Person

_ALWAYS = Q(pk__isnull=False)


class LegalFileQuerySet(models.QuerySet["LegalFile"]):
    def open(self) -> LegalFileQuerySet:
        return self.exclude(state=LegalFile.State.CLOSED)

    def of_lawyer(self, user: models.Model) -> LegalFileQuerySet:
        """Files that this lawyer was given."""
        return self.filter(lawyer_id=user.pk)

    def gathering(self) -> LegalFileQuerySet:
        """Files whose exhibits the daily run brings up to date by itself."""
        return self.filter(state__in=[LegalFile.State.OPEN, LegalFile.State.COLLECTING])


def _case_in_legal(arguments: Stamps) -> Q:
    return Q(Exists(Case.objects.filter(pk=OuterRef("case_id"), stage=Case.Stage.LEGAL)))


def _legal_not_held(arguments: Stamps) -> Q:
    return Q(Exists(Case.objects.filter(pk=OuterRef("case_id"), legal_held_until__lt=arguments["on"])))


def _assigned_to(arguments: Stamps) -> Q:
    return Q(lawyer_id=arguments["by"].pk)


def _did_not_seal_it(arguments: Stamps) -> Q:
    from .pack import Pack

    return ~Q(Exists(Pack.objects.filter(pk=OuterRef("pack_id"), sealed_by=arguments["by"].pk)))


def _is_newest_sealed_pack(arguments: Stamps) -> Q:
    from .pack import Pack

    newer = Pack.objects.filter(file=OuterRef("file_id"), state=Pack.State.SEALED, version__gt=OuterRef("version"))
    mine = Pack.objects.filter(file=OuterRef("pk"), pk=arguments["pack"].pk, state=Pack.State.SEALED)
    return Q(Exists(mine.filter(~Exists(newer))))


def _decided(decision: str) -> Guard:
    def of_this_pack(arguments: Stamps) -> Q:
        from .review import LawyerReview

        found = LawyerReview.objects.filter(
            file=OuterRef("pk"), pack_id=OuterRef("pack_id"), lawyer=arguments["by"].pk, decision=decision,
            decided_at__gte=OuterRef("sent_at"),
        )  # fmt: skip
        if decision == "return":
            found = found.filter(defects__isnull=False)
        return Q(Exists(found))

    return Guard(
        "decision",
        "The lawyer’s decision about the pack in review must be written down first"
        + (", with at least one defect." if decision == "return" else "."),
        of_this_pack,
    )


def _no_waiting_period_runs(arguments: Stamps) -> Q:
    from .deadline import Deadline

    runs = Deadline.objects.filter(
        file=OuterRef("pk"), kind=Deadline.Kind.NOT_BEFORE, on__gt=arguments["on"], done_on=None
    )
    return ~Q(Exists(runs))


def _not_barred_by_time(arguments: Stamps) -> Q:
    from .deadline import Deadline

    over = Deadline.objects.filter(
        file=OuterRef("pk"), kind=Deadline.Kind.LIMITATION, on__lt=arguments["on"], done_on=None
    )
    return ~Q(Exists(over))


def _service_proved(arguments: Stamps) -> Q:
    from .service import ServiceAttempt

    return Q(
        Exists(
            ServiceAttempt.objects.filter(
                file=OuterRef("pk"), outcome=ServiceAttempt.Outcome.SERVED, proof__isnull=False
            )
        )
    )


def _closed_by_whom(arguments: Stamps) -> Q:
    return Q(state__in=LegalFile.BEFORE_COURT) if is_machine(arguments["by"]) else _ALWAYS


def _dismissed_by_a_court(arguments: Stamps) -> Q:
    return Q(state__in=LegalFile.IN_COURT) if arguments["reason"] == LegalFile.Closed.DISMISSED else _ALWAYS


_NOTHING_MISSING = Guard(
    "missing", "Something that the court asks for is missing; the checklist names it.", Q(missing_count=0)
)
_IN_LEGAL = Guard("case", "The case is no longer with the legal department.", _case_in_legal)
_NOT_HELD = Guard("held", "Legal action is held; the hold must end first.", _legal_not_held)
_OWN_FILE = Guard("lawyer", "Only the lawyer to whom this file was given may decide on it.", _assigned_to)
_NOT_OWN_PACK = Guard("four_eyes", "Whoever sealed the pack does not review it.", _did_not_seal_it)


class LegalFile(RefreshableFSM, models.Model):
    """The legal department's file of one case: what is collected, who reviews it, how far the claim has come."""

    class State(models.TextChoices):
        OPEN = "open"
        COLLECTING = "collecting"
        COMPLETE = "complete"
        IN_REVIEW = "in_review"
        RETURNED = "returned"
        ACCEPTED = "accepted"
        CLAIM_SENT = "claim_sent"
        FILED = "filed"
        SERVED = "served"
        JUDGMENT = "judgment"
        ENFORCEMENT = "enforcement"
        CLOSED = "closed"

    class Closed(models.TextChoices):
        PAID = "paid"
        SETTLED = "settled"
        DISMISSED = "dismissed"
        WITHDRAWN = "withdrawn"

    # Nothing has left the house yet: what the daily run may close by itself when the money came.
    BEFORE_COURT = (State.OPEN, State.COLLECTING, State.COMPLETE, State.IN_REVIEW, State.RETURNED, State.ACCEPTED)
    IN_COURT = (State.FILED, State.SERVED, State.JUDGMENT, State.ENFORCEMENT)
    LIVE = (*BEFORE_COURT, State.CLAIM_SENT, *IN_COURT)

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="legal_files")
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="legal_files", help_text="The debtor, who owns the data."
    )
    court = models.CharField(max_length=60, default="plain", help_text="Id of the court layout.")
    court_name = models.CharField(max_length=200, blank=True, help_text="As the cover says it: In the County Court …")
    claim_number = models.CharField(max_length=40, blank=True)
    clerk = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="legal_files_as_clerk"
    )
    lawyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="legal_files_as_lawyer"
    )
    pack = models.ForeignKey(
        "legal.Pack",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The sealed version that the lawyer was given.",
    )
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the lawyer was given it, the last time.")
    opened_on = models.DateField()
    collected_on = models.DateField(null=True, blank=True, help_text="The business day that the exhibits are as of.")
    missing_count = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Items missing and defects not mended; empty: never collected."
    )
    state = FSMField(default=State.OPEN, choices=State, protected=True)
    state_on = models.DateField(help_text="The day of the last change of state.")
    closed_on = models.DateField(null=True, blank=True)
    closed_reason = models.CharField(max_length=20, choices=Closed, blank=True)

    objects = LegalFileQuerySet.as_manager()
    history = History()

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"], name="legal_file_state"),
            models.Index(fields=["lawyer", "state"], name="legal_file_lawyer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=~Q(state="closed"), name="one_open_file_a_case"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "open",
                        "collecting",
                        "complete",
                        "in_review",
                        "returned",
                        "accepted",
                        "claim_sent",
                        "filed",
                        "served",
                        "judgment",
                        "enforcement",
                        "closed",
                    ]
                ),
                name="legal_file_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_on__isnull=False) & ~Q(closed_reason="")
                | ~Q(state="closed") & Q(closed_on=None, closed_reason=""),
                name="legal_file_closed_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "collecting", "complete", "closed"])
                | Q(lawyer__isnull=False, pack__isnull=False, sent_at__isnull=False),
                name="legal_file_reviewed_by_somebody",
            ),
        ]
        permissions = [
            ("work_file", "Can work legal files: collect, upload, order, note costs and deadlines"),
            ("assign_lawyer", "Can give a legal file to a lawyer"),
            ("send_to_lawyer", "Can send a complete file to its lawyer"),
            ("review_file", "Can accept or return the files given to them as a lawyer"),
            ("pursue_claim", "Can take an accepted file to court: claim, filing, service, judgment, enforcement"),
            ("close_file", "Can close a legal file"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """LF-0112: what stands on every page of a pack."""
        return f"LF-{self.pk:04d}"

    # -- gathering -------------------------------------------------------------------------------------------

    @transition(
        state,
        [State.OPEN, State.RETURNED],
        State.COLLECTING,
        permission="legal.work_file",
        stamps={"state_on": Arg("on")},
    )
    def start_collecting(self) -> None:
        """Collect the exhibits."""

    @transition(
        state,
        [State.COLLECTING],
        State.COMPLETE,
        permission="legal.work_file",
        guards=[_NOTHING_MISSING],
        stamps={"state_on": Arg("on")},
    )
    def complete(self) -> None:
        """Everything that the court asks for is here."""

    @transition(
        state,
        [State.COMPLETE],
        State.COLLECTING,
        permission="legal.work_file",
        guards=[Guard("missing", "Nothing is missing.", Q(missing_count__gt=0))],
        stamps={"state_on": Arg("on")},
    )
    def fall_incomplete(self) -> None:
        """Something is missing again."""

    # -- the lawyer ------------------------------------------------------------------------------------------

    @transition(
        state,
        [State.COMPLETE],
        State.IN_REVIEW,
        permission="legal.send_to_lawyer",
        machines=False,
        guards=[
            _NOTHING_MISSING,
            Guard("lawyer", "Give the file to a lawyer first.", Q(lawyer__isnull=False)),
            Guard("pack", "The newest version of the pack must be sealed first.", _is_newest_sealed_pack),
            _IN_LEGAL,
            _NOT_HELD,
        ],
        stamps={"state_on": Arg("on"), "pack": Arg("pack"), "sent_at": Arg("at")},
    )
    def send_to_lawyer(self) -> None:
        """Send it to the lawyer."""

    @transition(
        state,
        [State.IN_REVIEW],
        State.ACCEPTED,
        permission="legal.review_file",
        machines=False,
        guards=[_OWN_FILE, _NOT_OWN_PACK, _decided("accept")],
        stamps={"state_on": Arg("on")},
    )
    def accept(self) -> None:
        """Accept: suit can be brought."""

    @transition(
        state,
        [State.IN_REVIEW],
        State.RETURNED,
        permission="legal.review_file",
        machines=False,
        guards=[_OWN_FILE, _NOT_OWN_PACK, _decided("return")],
        stamps={"state_on": Arg("on")},
    )
    def send_back(self) -> None:
        """Return it with what is missing."""

    # -- the court -------------------------------------------------------------------------------------------

    @transition(
        state,
        [State.ACCEPTED],
        State.CLAIM_SENT,
        permission="legal.pursue_claim",
        machines=False,
        guards=[_IN_LEGAL, _NOT_HELD],
        stamps={"state_on": Arg("on")},
    )
    def send_claim(self) -> None:
        """The letter of claim was sent."""

    @transition(
        state,
        [State.CLAIM_SENT],
        State.FILED,
        permission="legal.pursue_claim",
        machines=False,
        guards=[
            _IN_LEGAL,
            _NOT_HELD,
            Guard("waiting", "A waiting period still runs; see the file’s deadlines.", _no_waiting_period_runs),
            Guard("limitation", "The limitation period is over; the lawyer must decide.", _not_barred_by_time),
        ],
        stamps={"state_on": Arg("on"), "claim_number": Arg("claim_number")},
    )
    def file_claim(self) -> None:
        """The claim was filed with the court."""

    @transition(
        state,
        [State.FILED],
        State.SERVED,
        permission="legal.pursue_claim",
        machines=False,
        guards=[Guard("proof", "No service of the claim is proved yet.", _service_proved)],
        stamps={"state_on": Arg("on")},
    )
    def mark_served(self) -> None:
        """The claim was served."""

    @transition(
        state,
        [State.SERVED],
        State.JUDGMENT,
        permission="legal.pursue_claim",
        machines=False,
        stamps={"state_on": Arg("on")},
    )
    def record_judgment(self) -> None:
        """The court gave judgment."""

    @transition(
        state,
        [State.JUDGMENT],
        State.ENFORCEMENT,
        permission="legal.pursue_claim",
        machines=False,
        guards=[_IN_LEGAL, _NOT_HELD],
        stamps={"state_on": Arg("on")},
    )
    def enforce(self) -> None:
        """Enforce the judgment."""

    @transition(
        state,
        LIVE,
        State.CLOSED,
        permission="legal.close_file",
        guards=[
            Guard("by_person", "A claim that left the house is closed by a person.", _closed_by_whom),
            Guard("dismissed", "Only a court that has the claim can dismiss it.", _dismissed_by_a_court),
        ],
        stamps={"state_on": Arg("on"), "closed_on": Arg("on"), "closed_reason": Arg("reason")},
    )
    def close(self) -> None:
        """Close the file: paid, settled, dismissed or withdrawn."""

    # -- questions -------------------------------------------------------------------------------------------

    def days_open_on(self, day: dt.date) -> int:
        return (day - self.opened_on).days
