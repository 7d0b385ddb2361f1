"""Plays the people whom a loan tape lacks, through the services, as the staff users that they would be. All of it is made up.

What somebody does hangs on a die of its own, thrown for (loan number, day, purpose): never on an id, on the order of rows, or
on what others did. So the play is the same in every variant of the walk and on every database. Each day is an agenda of
instants; what follows from an act (an outcome, a second try, an answer) is put on it while the day goes on.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from collections_app.admin.groups import ensure_groups
from collections_app.compliance.verdict import Answer
from collections_app.kernel import actors, fsm, history, keys
from collections_app.kernel.errors import DomainError, Refused
from collections_app.models import (
    BorrowerState,
    Breach,
    Case,
    Certification,
    Contact,
    ContactCase,
    ContactPoint,
    Course,
    Hold,
    LoanParty,
    Person,
    StaffProfile,
)
from collections_app.policy.in_force import Policies
from collections_app.services import calls, cases, holds, letters, receipts
from collections_app.services.dispatch import dispatch

from . import clerk
from .cast import (
    CLERK,
    COLLECTORS,
    COMPLIANCE,
    FIELD_AGENT,
    LATE_ROUND,
    LAWYER,
    NEW_AGENT,
    OUTCOMES,
    POST_DAYS,
    ROUNDS,
    STAFF,
    SUPERVISOR,
    dice,
)
from .papers import a_slip

MACHINE = actors.PLAYER


def make_staff(on: dt.date) -> None:
    """The staff of the walk; all but one field agent hold the yearly certificate."""
    ensure_groups()
    for name in sorted(actors.MACHINES):
        actors.machine(name)
    by = actors.machine(MACHINE)
    course = history.create_by(
        Course, by=by, because="generated for the walk", code="collection_training", title="Fair collection, yearly"
    )
    for name, role in STAFF:
        first, last = name.split(".")
        user = get_user_model().objects.create_user(
            name, email=f"{name}@lender.example", first_name=first.title(), last_name=last.title(), is_staff=True
        )
        user.groups.set([Group.objects.get(name=role)])
        profile = history.create_by(
            StaffProfile, by=by, because="generated for the walk", key=keys.new_key(keys.DataKey.Kind.STAFF), user=user,
            languages=["en"], agent_number=f"W-{len(name)}{ord(name[0])}",
        )  # fmt: skip
        if name != NEW_AGENT:
            history.create_by(
                Certification, by=by, because="generated for the walk", staff=profile, course=course,
                passed_on=on - dt.timedelta(days=60), valid_until=on + dt.timedelta(days=300),
            )  # fmt: skip


@dataclass(order=True)
class Act:
    """Something on the agenda: when, a name that puts acts of one instant in order, and what is done."""

    at: dt.datetime
    name: str
    do: Callable[[dt.datetime], None] = field(compare=False)


class Player:
    """Plays one day after the other. `told` counts what was done, by kind."""

    def __init__(self, *, packs: bool = True) -> None:
        self.packs = packs
        users = {u.username: u for u in get_user_model().objects.filter(username__in=[name for name, _ in STAFF])}
        self.users = users
        self.machine = actors.machine(MACHINE)
        self.told: Counter[str] = Counter()
        self.agenda: list[Act] = []
        self.day = dt.date.min
        self.policies = Policies()

    def play(self, day: dt.date) -> None:
        """The day after its run: everybody's acts, and the rounds of the dispatch, in order of time."""
        self.day = day
        self._post()
        self._decisions()
        self._calls()
        self._visits()
        self._people()
        self._third_persons()
        self._referrals()
        self._breaches()
        self._legal()
        self._rounds()
        while self.agenda:
            act = heapq.heappop(self.agenda)
            act.do(act.at)

    # -- the agenda ----------------------------------------------------------------------------------

    def plan(self, at: dt.datetime, name: str, do: Callable[[dt.datetime], None]) -> None:
        heapq.heappush(self.agenda, Act(at, name, do))

    def utc(self, clock: dt.time) -> dt.datetime:
        return dt.datetime.combine(self.day, clock, tzinfo=dt.UTC)

    def local(self, person: Person, minutes: int) -> dt.datetime:
        """So many minutes after the midnight that begins the day where the person is."""
        zone = next((z for _, z in sorted(person.zones.items())), "UTC")
        begin = dt.datetime.combine(self.day, dt.time(), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
        return begin + dt.timedelta(minutes=minutes)

    def collector(self, loan: str) -> Any:
        return self.users[dice(loan, "collector").choice(COLLECTORS)]

    # -- messages ------------------------------------------------------------------------------------

    def _rounds(self) -> None:
        if dice(self.day, "late").random() < 1 / 6:
            self.plan(self.utc(LATE_ROUND) + dt.timedelta(days=1), "~dispatch", self._dispatch)
            self.told["days with a late round only"] += 1
            return
        for clock in ROUNDS:
            self.plan(self.utc(clock), "~dispatch", self._dispatch)

    def _dispatch(self, at: dt.datetime) -> None:
        done = dispatch(at=at)
        self.told["rounds of the dispatch"] += 1
        self.told["messages sent"] += done.sent
        loans: dict[int, str] = {}
        covers = ContactCase.objects.filter(
            contact__channel="sms", contact__state=Contact.State.SENT, contact__sent_at=at
        )
        for pk, number in covers.values_list("contact_id", "loan__number"):
            loans[pk] = min(number, loans.get(pk, number))
        left = Contact.objects.filter(channel="sms", state=Contact.State.SENT, sent_at=at)
        for pk, step, case in left.values_list("pk", "step", "case_id"):
            die = dice(loans[pk], self.day, "sms", step)
            stops = die.random() < (0.02 if case else 0.002)
            minutes = die.randint(3, 170)
            if case and die.random() < 0.9:
                self.plan(at + dt.timedelta(seconds=40), f"receipt {loans[pk]}", lambda t, k=pk: self._receipt(k, t))
            if stops:
                self.plan(at + dt.timedelta(minutes=minutes), f"stop {loans[pk]}", lambda t, k=pk: self._stop(k, t))
        if done.sent:
            self.plan(at + dt.timedelta(minutes=30), "print", self._print)

    def _receipt(self, pk: int, at: dt.datetime) -> None:
        contact = Contact.objects.get(pk=pk)
        receipts.mark_delivered(contact, at=at, by=actors.machine(actors.RECEIPTS))
        self.told["delivery receipts of SMS"] += 1

    def _stop(self, pk: int, at: dt.datetime) -> None:
        """The answer STOP: the event, and the refusal of SMS to this number."""
        contact = Contact.objects.select_related("person", "contact_point").get(pk=pk)
        assert contact.contact_point is not None
        by = actors.machine(actors.RECEIPTS)
        receipts.keep_event(
            kind="refusal", at=at, person=contact.person, loans=[c.loan for c in contact.covers.select_related("loan__lender").order_by("pk")], by=by, who="borrower",
            contact_point=contact.contact_point, channel="sms", direction="in", note="STOP",
        )  # fmt: skip
        receipts.refuse_medium(
            contact.person, contact_point=contact.contact_point, channels=["sms"], at=at, by=by, because="wrote STOP"
        )
        self.told["STOP by SMS"] += 1

    def _print(self, at: dt.datetime) -> None:
        batch = letters.print_letters(at=at, by=self.users[CLERK])
        self.told["letters printed"] += batch.letters_count if batch else 0

    # -- the post ------------------------------------------------------------------------------------

    def _post(self) -> None:
        """Letters arrive, with a slip that proves it, or come back."""
        posted = Contact.objects.filter(channel="letter", state=Contact.State.SENT).select_related(
            "person__key", "case__loan"
        )
        for contact in posted:
            if contact.case is None or contact.sent_at is None:
                continue
            loan, sent_on = contact.case.loan.number, contact.sent_at.date()
            die = dice(loan, sent_on, "post")
            days, comes_back = die.choice(POST_DAYS), die.random() < 1 / 16
            if (self.day - sent_on).days < days:
                continue
            at = self.utc(dt.time(13, 20)) + dt.timedelta(seconds=die.randint(0, 1200))
            act = self._return_letter if comes_back else self._prove_letter
            self.plan(at, f"post {loan} {sent_on}", lambda t, c=contact, a=act: a(c, t))

    def _prove_letter(self, contact: Contact, at: dt.datetime) -> None:
        assert contact.case is not None and contact.sent_at is not None
        tracking = f"WALK-{contact.case.loan.number}-{contact.sent_at:%y%m%d}"
        slip = a_slip(
            "Proof of delivery (generated for the walk)",
            f"Tracking number {tracking}",
            f"Delivered {at:%Y-%m-%d %H:%M} UTC",
        )
        letters.prove_delivery(contact, at=at, by=self.users[CLERK], tracking=tracking, proof=slip)
        self.told["proofs of delivery"] += 1

    def _return_letter(self, contact: Contact, at: dt.datetime) -> None:
        receipts.mark_failed(contact, at=at, by=self.users[CLERK], sentence="came back: not known at this address")
        self.told["letters that came back"] += 1

    # -- the supervisor --------------------------------------------------------------------------------

    def _decisions(self) -> None:
        self.plan(self.utc(dt.time(13, 50)), "decisions", self._decide)

    def _decide(self, at: dt.datetime) -> None:
        boss = self.users[SUPERVISOR]
        waiting = Contact.objects.filter(state=Contact.State.AWAITING_APPROVAL).select_related("case__loan")
        for contact in sorted(waiting, key=_by_loan):
            throw = dice(_number(contact), self.day, "approve", contact.step).random()
            if throw < 0.75:
                fsm.apply(
                    contact, "approve", by=boss, because="approved", reason="no answer to the written notice", at=at
                )
                self.told["visits approved"] += 1
            elif throw < 0.9:
                fsm.apply(contact, "decline", by=boss, because="declined", reason="a call will do")
                self.told["visits declined"] += 1
        for hold in sorted(
            Hold.objects.filter(state=Hold.State.REQUESTED).select_related("case__loan"),
            key=lambda h: (h.case.loan.number, h.from_on),
        ):
            throw = dice(hold.case.loan.number, self.day, "hold").random()
            if throw < 0.6:
                holds.approve_hold(hold, by=boss, because="what the borrower told suffices for a fortnight")
                self.told["holds approved"] += 1
            elif throw < 0.85:
                fsm.apply(hold, "refuse", by=boss, because="nothing that a pause would help with")
                self.told["holds refused"] += 1

    def _referrals(self) -> None:
        self.plan(self.utc(dt.time(19)), "referrals", self._refer)

    def _refer(self, at: dt.datetime) -> None:
        """Three in five cases are to go to the lawyer on a day of their own, as soon as nothing stands against it. Not on
        the last day of a month, whose money is awaited."""
        if (self.day + dt.timedelta(days=1)).day == 1:
            return
        late = Case.objects.filter(stage=Case.Stage.LATE).select_related("loan")
        for case in sorted(late, key=lambda c: c.loan.number):
            die = dice(case.loan.number, case.started_on, "refer")
            if die.random() > 0.6 or (self.day - case.started_on).days < die.randint(9, 24):
                continue
            try:
                cases.refer_to_legal(
                    case, on=self.day, by=self.users[SUPERVISOR], because="no payment and no answer since the written notice",
                    policies=self.policies,
                )  # fmt: skip
                self.told["cases referred to legal"] += 1
            except Refused:
                self.told["referrals that a guard refused"] += 1

    def _legal(self) -> None:
        if self.packs:
            self.plan(self.utc(dt.time(21)), "legal", self._to_the_lawyer)

    def _to_the_lawyer(self, at: dt.datetime) -> None:
        lawyer = self.users[LAWYER]
        self.told["packs accepted by the lawyer"] += clerk.accept_by_lawyer(self.day, at, lawyer)
        case = clerk.first_referred(self.day - dt.timedelta(days=1))
        if case is not None:
            clerk.complete(case, on=self.day, at=at, clerk=self.users[CLERK], lawyer=lawyer)
            self.told["packs sealed and sent to the lawyer"] += 1

    def _breaches(self) -> None:
        self.plan(self.utc(dt.time(20)), "breaches", self._assess)

    def _assess(self, at: dt.datetime) -> None:
        officer = self.users[COMPLIANCE]
        found = (
            Breach.objects.filter(state=Breach.State.OPEN)
            .select_related("event__person")
            .order_by("event__at", "event__person__source_ref")
        )
        for breach in found:
            fsm.apply(
                breach,
                "assess",
                by=officer,
                because="looked into",
                assessment="The dialler ran past nine; its hours were set right.",
            )
            fsm.apply(breach, "close", by=officer, because="the dialler's hours were set right")
            self.told["breaches assessed"] += 1

    # -- calls -----------------------------------------------------------------------------------------

    def _calls(self) -> None:
        """Three in four of the calls whose time has come are made; one in twelve at an hour that is not lawful."""
        end = self.utc(dt.time()) + dt.timedelta(days=1, hours=4)
        waiting = Contact.objects.filter(
            channel="voice", direction="out", state__in=[Contact.State.PLANNED, Contact.State.WITHHELD], not_before__lt=end,
        ).select_related("person", "case__loan")  # fmt: skip
        for contact in waiting:
            self._plan_call(contact)

    def _plan_call(self, contact: Contact, earliest: dt.datetime | None = None) -> None:
        loan = _number(contact)
        die = dice(loan, self.day, "call", contact.step, contact.occurrence, contact.attempt)
        if die.random() < 0.25:
            return
        minutes = die.randint(8 * 60 + 5, 19 * 60 + 30)
        if die.random() < 1 / 12:
            minutes = die.choice((7 * 60 + 20, 21 * 60 + 15, 21 * 60 + 40))
        at = self.local(contact.person, minutes)
        if earliest is not None:
            at = max(at, earliest)
        self.plan(at, f"call {loan} {contact.step} {contact.attempt}", lambda t, c=contact: self._call(c, t))

    def _call(self, contact: Contact, at: dt.datetime) -> None:
        contact.refresh_from_db()
        if contact.state not in (Contact.State.PLANNED, Contact.State.WITHHELD):
            return
        loan = _number(contact)
        by = self.collector(loan)
        shown = self._reveal(contact, at, by, "to call")
        if shown is None:
            return
        die = dice(loan, self.day, "outcome", contact.step, contact.occurrence, contact.attempt)
        outcome = die.choices([o for o, _ in OUTCOMES], [w for _, w in OUTCOMES])[0]
        self.plan(
            at + dt.timedelta(seconds=die.randint(25, 400)), f"outcome {loan}",
            lambda t, c=shown.contact, o=outcome, d=die: self._outcome(c, o, t, d),
        )  # fmt: skip

    def _reveal(self, contact: Contact, at: dt.datetime, by: Any, why: str) -> calls.Revealed | None:
        """Ask for the number or address; None where the gate refuses or a hold stands against it."""
        try:
            shown = calls.reveal(contact, at=at, by=by, because=why, people=1)
        except DomainError as error:
            if error.code != "held":
                raise
            self.told[f"asked {why}: held"] += 1
            return None
        refused = isinstance(shown, Answer)
        self.told[f"asked {why}: {'refused' if refused else 'shown'}"] += 1
        return None if refused else shown

    def _outcome(self, contact: Contact, outcome: str, at: dt.datetime, die: random.Random) -> None:
        case, by = contact.case, contact.agent
        promise: dict[str, Any] = {}
        if outcome == "promise" and case is None:
            outcome = "spoke"  # nothing of a reminder is overdue
        if outcome == "promise" and case is not None:
            # Wages come at the month's end: one promise in three is for that day.
            end = (self.day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
            due_on = end if die.random() < 1 / 3 else self.day + dt.timedelta(days=die.randint(2, 9))
            promise = {"amount": case.loan.instalment, "due_on": due_on, "method": "card"}
        calls.log_outcome(contact, outcome=outcome, at=at, by=by, on=self.day, note="generated for the walk", **promise)
        self.told[f"calls: {outcome}"] += 1
        follows = Contact.objects.filter(
            case=case, step=contact.step, occurrence=contact.occurrence, attempt__gt=contact.attempt, channel="voice",
            state=Contact.State.PLANNED,
        )  # fmt: skip
        for follow in follows.select_related("person", "case__loan") if case is not None else ():
            self._plan_call(follow, at + dt.timedelta(hours=2))

    # -- visits ----------------------------------------------------------------------------------------

    def _visits(self) -> None:
        self.plan(self.utc(dt.time(14)), "visits", self._send_out)

    def _send_out(self, at: dt.datetime) -> None:
        """Approved visits, no more than a dozen a day, by the field agent; one in fifteen by somebody who may not."""
        approved = Contact.objects.filter(
            channel="visit", state=Contact.State.PLANNED, approved_by__isnull=False, not_before__lte=at
        )
        for contact in sorted(approved.select_related("person", "case__loan"), key=_by_loan)[:12]:
            die = dice(_number(contact), self.day, "visit")
            by = self.users[NEW_AGENT if die.random() < 1 / 15 else FIELD_AGENT]
            self.plan(
                self.local(contact.person, die.randint(9 * 60 + 30, 18 * 60)), f"visit {_number(contact)}",
                lambda t, c=contact, b=by, d=die: self._visit(c, b, t, d),
            )  # fmt: skip

    def _visit(self, contact: Contact, by: Any, at: dt.datetime, die: random.Random) -> None:
        contact.refresh_from_db()
        if contact.state != Contact.State.PLANNED:
            return
        shown = self._reveal(contact, at, by, "to visit")
        if shown is None:
            return
        calls.log_outcome(
            shown.contact,
            outcome=die.choice(("met", "not_met", "not_met")),
            at=at + dt.timedelta(minutes=40),
            by=by,
            on=self.day,
        )
        self.told["visits made"] += 1

    # -- what borrowers, their counsel and a dialler do --------------------------------------------------

    def _people(self) -> None:
        """What happens once in the life of a case, on a day that its die names."""
        begun = (
            Case.objects.on_ladder()
            .filter(started_on__gt=self.day - dt.timedelta(days=28))
            .select_related("loan", "debtor")
        )
        for case in begun:
            loan, age = case.loan.number, (self.day - case.started_on).days
            self._dial(case, loan, age)
            die = dice(loan, case.started_on, "people")
            throw, day = die.random(), die.randint(0, 8)
            minutes = die.randint(9 * 60, 17 * 60)
            for share, act in (
                (0.02, self._prefers), (0.02, self._minds), (0.025, self._has_counsel), (0.008, self._wants_no_more),
            ):  # fmt: skip
                if throw < share:
                    if age == day:
                        self.plan(self.local(case.debtor, minutes), f"people {loan}", lambda t, c=case, a=act: a(c, t))
                    break
                throw -= share
        self._counsel_is_silent()

    def _dial(self, case: Case, loan: str, age: int) -> None:
        """A dialler that asks nobody: a call now and then, and of one case in twelve seven to nine within three days."""
        die = dice(loan, case.started_on, "dialler")
        if die.random() < 1 / 12:
            each = die.choice(((3, 2, 2), (3, 3, 2), (3, 3, 3)))
            count = each[age] if age < 3 else 0
        else:
            count = 1 if age == die.randint(0, 20) else 0
        die = dice(loan, self.day, "dialled")
        for n in range(count):
            minutes = 21 * 60 + 30 if die.random() < 1 / 40 else die.randint(9 * 60, 19 * 60)
            self.plan(self.local(case.debtor, minutes), f"dialler {loan} {n}", lambda t, c=case: self._dialled(c, t))

    def _dialled(self, case: Case, at: dt.datetime) -> None:
        mobile = case.debtor.contact_points.filter(kind=ContactPoint.Kind.MOBILE).first()
        for kind in ("call_placed", "call_unanswered"):
            receipts.keep_event(
                kind=kind, at=at, person=case.debtor, loans=[case.loan], by=self.machine, who="dialler", contact_point=mobile,
                channel="voice",
            )  # fmt: skip
        self.told["calls of the dialler"] += 1

    def _prefers(self, case: Case, at: dt.datetime) -> None:
        self._calls_in(case, at)
        receipts.state_hours(
            case.debtor, kind="consumer_stated_hours", from_clock="17:00", to_clock="20:30", at=at, by=self.collector(case.loan.number),
            because="wishes to be contacted in the evening",
        )  # fmt: skip
        self.told["hours wished for"] += 1

    def _minds(self, case: Case, at: dt.datetime) -> None:
        self._calls_in(case, at)
        receipts.state_hours(
            case.debtor, kind="inconvenient", from_clock="08:00", to_clock="15:00", at=at, by=self.collector(case.loan.number),
            because="sleeps by day",
        )  # fmt: skip
        self.told["hours called inconvenient"] += 1

    def _calls_in(self, case: Case, at: dt.datetime) -> None:
        mobile = case.debtor.contact_points.filter(kind=ContactPoint.Kind.MOBILE).first()
        receipts.keep_event(
            kind="conversation", at=at, person=case.debtor, loans=[case.loan], by=self.collector(case.loan.number), who="borrower",
            contact_point=mobile, channel="voice", direction="in", note="generated for the walk",
        )  # fmt: skip

    def _has_counsel(self, case: Case, at: dt.datetime) -> None:
        receipts.learn_state(
            case.debtor, name="represented", at=at, by=self.users[CLERK], because="a lawyer wrote", source="letter of counsel",
        )  # fmt: skip
        self.told["borrowers with counsel"] += 1

    def _wants_no_more(self, case: Case, at: dt.datetime) -> None:
        receipts.learn_state(
            case.debtor, name="cease_in_writing", at=at, by=self.users[CLERK], because="wrote to be left alone", source="letter",
            loan=case.loan,
        )  # fmt: skip
        self.told["cease in writing"] += 1

    def _counsel_is_silent(self) -> None:
        """One in three lawyers answers nobody; after a fortnight that is an event, and the borrower may be written to again."""
        begin = self.utc(dt.time()) - dt.timedelta(days=14)
        found = BorrowerState.objects.filter(
            name="represented", from_at__gte=begin, from_at__lt=begin + dt.timedelta(days=1)
        )
        for state in found.select_related("person"):
            case = Case.objects.filter(debtor=state.person).select_related("loan").order_by("-episode").first()
            if case is not None and dice(case.loan.number, "silent counsel").random() < 1 / 3:
                self.plan(
                    self.utc(dt.time(16)),
                    f"counsel {case.loan.number}",
                    lambda t, c=case, p=state.person: self._silence(c, p, t),
                )

    def _silence(self, case: Case, person: Person, at: dt.datetime) -> None:
        receipts.keep_event(
            kind="attorney_unresponsive", at=at, person=person, loans=[case.loan], by=self.users[CLERK], who="counsel", party="attorney",
            channel="letter", direction="in",
        )  # fmt: skip
        self.told["counsel who does not answer"] += 1

    # -- third persons -----------------------------------------------------------------------------------

    def _third_persons(self) -> None:
        """One debtor in thirty names a relative or an employer. A collector wants to collect there, then asks where the
        debtor is, and the next day asks again."""
        for case in (
            Case.objects.on_ladder()
            .filter(started_on__gte=self.day - dt.timedelta(days=7))
            .select_related("loan", "debtor")
        ):
            loan, age = case.loan.number, (self.day - case.started_on).days
            die = dice(loan, case.started_on, "third person")
            if die.random() > 1 / 30:
                continue
            role, day, minutes = die.choice(("relative", "employer")), die.randint(2, 6), die.randint(10 * 60, 17 * 60)
            if age == day:
                for n, purpose in enumerate(("collect", "locate")):
                    self.plan(
                        self.local(case.debtor, minutes + 20 * n), f"third {loan} {n}",
                        lambda t, c=case, r=role, p=purpose: self._third(c, r, p, t),
                    )  # fmt: skip
            elif age == day + 1:
                self.plan(
                    self.local(case.debtor, minutes),
                    f"third {loan}",
                    lambda t, c=case, r=role: self._third(c, r, "locate", t),
                )

    def _third(self, case: Case, role: str, purpose: str, at: dt.datetime) -> None:
        case.refresh_from_db()
        if case.stage == Case.Stage.CLOSED:
            return
        by = self.collector(case.loan.number)
        person = self._acquaintance(case, role, by)
        contact = calls.plan_by_hand(
            case, channel="voice", person=person, contact_point=person.contact_points.get(), purpose=purpose, on=self.day, at=at, by=by,
            because=f"the {role} may know more",
        )  # fmt: skip
        shown = self._reveal(contact, at, by, f"to {purpose}")
        if shown is None:
            return
        self.plan(
            at + dt.timedelta(minutes=3), f"third outcome {case.loan.number}",
            lambda t: calls.log_outcome(shown.contact, outcome="spoke", at=t, by=by, on=self.day, note="generated for the walk"),
        )  # fmt: skip

    def _acquaintance(self, case: Case, role: str, by: Any) -> Person:
        """A made-up relative or employer, at a number kept for fiction."""
        reference = f"walk:{case.loan.number}:{role}"
        known = Person.objects.filter(source_ref=reference).first()
        if known is not None:
            return known
        because = "named by the debtor; generated for the walk"
        person = history.create_by(
            Person, by=by, because=because, key=keys.new_key(keys.DataKey.Kind.PERSON), source_ref=reference,
            name=f"{role.title()} of {case.loan.number}", country=case.debtor.country, region=case.debtor.region, zones=case.debtor.zones,
            generated=True,
        )  # fmt: skip
        history.create_by(
            LoanParty, by=by, because=because, loan=case.loan, person=person, role=role, liability_in_force=False,
        )  # fmt: skip
        number = f"+1{dice(reference).choice((212, 312, 415, 617))}55501{dice(reference, 'number').randint(0, 99):02d}"
        history.create_by(
            ContactPoint, by=by, because=because, person=person, kind="mobile" if role == "relative" else "work_phone", value=number,
            provenance=["given_by_third"], generated=True,
        )  # fmt: skip
        return person


def _number(contact: Contact) -> str:
    """The number of the loan that leads, or of a reminder the first it is about."""
    return (
        contact.case.loan.number
        if contact.case is not None
        else min(contact.covers.values_list("loan__number", flat=True))
    )


def _by_loan(contact: Contact) -> tuple[Any, ...]:
    return _number(contact), contact.step, contact.occurrence, contact.attempt
