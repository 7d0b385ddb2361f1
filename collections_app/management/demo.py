"""The demo: a generated portfolio, staff for every role, and a fortnight of days in which they work, through the same doors
as in earnest. Everything is made up and marked so; the same seed gives the same demo."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from collections_app.daily.runner import close_day
from collections_app.kernel import actors, fsm, history, keys
from collections_app.kernel.errors import DomainError, Refused
from collections_app.models import Case, Certification, Contact, ContactPoint, Course, Hold, Loan, StaffProfile
from collections_app.policy import loader
from collections_app.policy.in_force import Policies
from collections_app.services import calls, cases, holds, ingest, letters, portfolio, receipts
from collections_app.services.dispatch import dispatch

PASSWORD = "dunwell-demo"  # noqa: S105 - printed on the screen that starts the demo
DAYS = 14
LOANS = 260
STAFF = (
    ("jonas", "Jonas", "Achterberg", "collector"),
    ("mei", "Mei", "Farrow-Lindqvist", "collector"),
    ("ruben", "Ruben", "Oyelaran", "field agent"),
    ("priya", "Priya", "Vantongeren", "supervisor"),
    ("ines", "Ines", "Halloran-Sato", "compliance officer"),
    ("tem", "Temperance", "Oduya", "legal clerk"),
    ("clem", "Clement", "Thackeray-Nwosu", "outside lawyer"),
    ("aud", "Audrey", "Kestrel", "auditor"),
    ("root", "Robin", "Ashdown", "administrator"),
)
OUTCOMES = (
    ("no_answer", 46),
    ("voicemail", 10),
    ("promise", 18),
    ("spoke", 12),
    ("hardship", 4),
    ("dispute", 3),
    ("wrong_number", 3),
    ("stop_calling", 4),
)


def make_staff(on: dt.date) -> list[dict[str, str]]:
    """A user for every role, the collectors certified; gives name, role and password of each."""
    course = Course.objects.filter(code="collection_training").first()
    out = []
    for name, first, last, role in STAFF:
        user, made = get_user_model().objects.get_or_create(
            username=name,
            defaults={"first_name": first, "last_name": last, "is_staff": True, "email": f"{name}@lender.example"},
        )
        if made:
            user.set_password(PASSWORD)
            user.save()
        user.groups.set([Group.objects.get(name=role)])
        if course is None:
            course = history.create_by(
                Course,
                by=user,
                because="every demo needs one",
                code="collection_training",
                title="Fair collection, yearly",
            )
        if role in ("collector", "field agent", "supervisor") and not StaffProfile.objects.filter(user=user).exists():
            profile = history.create_by(
                StaffProfile,
                by=user,
                because="joined the demo",
                key=keys.new_key(keys.DataKey.Kind.STAFF),
                user=user,
                languages=["en"],
                agent_number=f"A-{1000 + user.pk}",
            )
            history.create_by(
                Certification,
                by=user,
                because="passed the yearly course",
                staff=profile,
                course=course,
                passed_on=on - dt.timedelta(days=60),
                valid_until=on + dt.timedelta(days=300),
            )
        out.append({"name": name, "role": role, "password": PASSWORD})
    return out


# A bank that sends no reference of its own: a row like one of another file may be the same money told twice.
_BANK = """
id = "demo-bank"
title = "A bank that gives its transfers no reference"

[payments]
identity = "row"

[payments.fields]
loan_number = "loan_number"
value_on = "value_on"
amount = "amount"
currency = "currency"
"""


class Demo:
    """Plays the fortnight before `today`."""

    def __init__(self, today: dt.date, progress: Callable[[str], None] = lambda _: None) -> None:
        self.today, self.progress = today, progress
        self.dice = random.Random("dunwell demo")
        self.users = {name: get_user_model().objects.get(username=name) for name, *_ in STAFF}

    def fill(self) -> None:
        """Policies, portfolio, and the money known on the first day."""
        for path in loader.shipped_files():
            loader.load(path)
        with tempfile.TemporaryDirectory() as folder:
            portfolio.write_portfolio(folder, LOANS, seed="demo", as_of=self.today)
            self.progress("importing a generated portfolio")
            ingest.import_loans(Path(folder) / "loans.csv")
            ingest.import_payments(Path(folder) / "payments.csv")

    def play(self) -> None:
        """Close the days and let everybody work."""
        for back in range(DAYS, -1, -1):
            day = self.today - dt.timedelta(days=back)
            self.progress(f"closing {day}")
            close_day(day)
            if back:
                self._work(day)
        self._left_to_decide()

    def _work(self, day: dt.date) -> None:
        noon = dt.datetime.combine(day, dt.time(16), tzinfo=dt.UTC)
        dispatch(at=noon)
        self._calls(day, noon + dt.timedelta(minutes=20))
        self._dialled(day, noon + dt.timedelta(hours=1))
        self._supervise(day, noon + dt.timedelta(hours=2))
        self._answers(noon + dt.timedelta(hours=3))
        dispatch(at=noon + dt.timedelta(hours=5))
        letters.print_letters(at=noon + dt.timedelta(hours=6), by=self.users["tem"])
        self._post(day, noon + dt.timedelta(hours=6))

    def _calls(self, day: dt.date, at: dt.datetime) -> None:
        planned = Contact.objects.filter(channel="voice", state=Contact.State.PLANNED, business_on=day).order_by("pk")
        for contact in planned:
            if self.dice.random() < 0.25:
                continue  # nobody came to it: it lapses
            by = self.users[self.dice.choice(("jonas", "mei"))]
            at += dt.timedelta(seconds=self.dice.randint(40, 200))
            shown = _revealed(contact, at=at, by=by, because="to call")
            if shown is not None:
                self._outcome(shown.contact, at + dt.timedelta(seconds=50), day, by)
        visits = Contact.objects.filter(channel="visit", state=Contact.State.PLANNED, not_before__lte=at).order_by(
            "pk"
        )[:6]
        for contact in visits:
            shown = _revealed(contact, at=at, by=self.users["ruben"], because="to visit", people=2)
            if shown is not None:
                calls.log_outcome(
                    shown.contact,
                    outcome=self.dice.choice(("met", "not_met")),
                    at=at + dt.timedelta(minutes=30),
                    by=self.users["ruben"],
                    on=day,
                )

    def _outcome(self, contact: Contact, at: dt.datetime, day: dt.date, by: Any) -> None:
        names, weights = zip(*OUTCOMES, strict=True)
        outcome = self.dice.choices(names, weights)[0]
        case = contact.case
        if outcome == "promise" and case is not None:
            calls.log_outcome(
                contact,
                outcome=outcome,
                at=at,
                by=by,
                on=day,
                amount=case.loan.instalment,
                method="card",
                due_on=day + dt.timedelta(days=self.dice.randint(1, 6)),
                note="will pay when the wages come",
            )
        else:
            calls.log_outcome(contact, outcome=outcome, at=at, by=by, on=day)

    def _dialled(self, day: dt.date, at: dt.datetime) -> None:
        """On the last two days the dialler of an agency, whose clock runs on another continent's time, calls one debtor at
        night: the calls are kept and judged, and each opens a breach."""
        case = Case.objects.on_ladder().filter(debtor__country="US").order_by("pk").first()
        if case is None or (self.today - day).days > 2:
            return
        receipts.keep_event(
            kind="call_placed", at=at.replace(hour=8), person=case.debtor, loans=[case.loan], by=actors.machine(actors.RECEIPTS),
            who="dialler", contact_point=case.debtor.contact_points.filter(kind=ContactPoint.Kind.MOBILE).order_by("pk").first(),
            channel="voice", note="reported by the agency's dialler",
        )  # fmt: skip

    def _left_to_decide(self) -> None:
        """What a supervisor finds in the morning: a hold that was asked for, and money that may have been told twice."""
        case = Case.objects.on_ladder().order_by("-pk").first()
        if case is not None:
            holds.request_hold(
                case, reason="hardship", from_on=self.today, until_on=self.today + dt.timedelta(days=13), by=self.users["mei"],
                because="lost her work this week, brings the letter on Monday",
            )  # fmt: skip
        rows = [
            f"{loan.number},{self.today - dt.timedelta(days=1)},{loan.instalment},{loan.currency}\n"
            for loan in Loan.objects.filter(state__in=Loan.LIVE).order_by("pk")[:2]
        ]
        with tempfile.TemporaryDirectory() as folder:
            mapping = Path(folder) / "bank.toml"
            mapping.write_text(_BANK)
            for name, told in (("bank-morning.csv", rows[:1]), ("bank-evening.csv", rows)):
                file = Path(folder) / name
                file.write_text("".join(["loan_number,value_on,amount,currency\n", *told]))
                ingest.import_payments(file, mapping=str(mapping))

    def _supervise(self, day: dt.date, at: dt.datetime) -> None:
        boss = self.users["priya"]
        for hold in Hold.objects.filter(state=Hold.State.REQUESTED).order_by("pk"):
            holds.approve_hold(hold, by=boss, because="the borrower's words are enough for a fortnight")
        for contact in Contact.objects.filter(channel="visit", state=Contact.State.AWAITING_APPROVAL).order_by("pk")[
            :4
        ]:
            fsm.apply(
                contact,
                "approve",
                by=boss,
                because="no answer to the written notice",
                reason="no answer to the written notice",
                at=at,
            )
        policies = Policies()
        ready = Case.objects.filter(
            stage=Case.Stage.LATE, covered_by__contact__channel="letter", covered_by__contact__state="delivered"
        )
        for case in ready.distinct().order_by("pk")[:2]:
            try:
                cases.refer_to_legal(
                    case,
                    on=day,
                    by=boss,
                    because="no payment and no answer since the written notice",
                    policies=policies,
                )
            except Refused:
                continue
        unowned = Case.objects.open().filter(owner=None).order_by("pk")
        for n, case in enumerate(unowned):
            case.owner = self.users[("jonas", "mei")[n % 2]] if n % 7 else None
            if case.owner is not None:
                history.save_by(case, by=boss, because="given to a collector")

    def _answers(self, at: dt.datetime) -> None:
        """Now and then somebody writes STOP."""
        for contact in Contact.objects.filter(
            channel="sms", state=Contact.State.SENT, sent_at__gte=at - dt.timedelta(hours=4)
        ).order_by("pk"):
            if contact.contact_point and self.dice.random() < 0.04:
                receipts.keep_event(
                    kind="refusal",
                    at=at,
                    person=contact.person,
                    by=self.users["jonas"],
                    who="borrower",
                    contact_point=contact.contact_point,
                    channel="sms",
                    direction="in",
                    note="STOP",
                )
                receipts.refuse_medium(
                    contact.person,
                    contact_point=contact.contact_point,
                    channels=["sms"],
                    at=at,
                    by=self.users["jonas"],
                    because="wrote STOP",
                )

    def _post(self, day: dt.date, at: dt.datetime) -> None:
        """The post brings proofs of delivery after four days or so."""
        posted = Contact.objects.filter(
            channel="letter", state=Contact.State.SENT, sent_at__lt=at - dt.timedelta(days=3)
        ).order_by("pk")
        for contact in posted:
            if self.dice.random() < 0.6:
                letters.prove_delivery(contact, at=at, by=self.users["tem"], tracking=f"RR{contact.pk:08d}US")


def _revealed(
    contact: Contact, *, at: dt.datetime, by: Any, because: str, people: int | None = None
) -> calls.Revealed | None:
    """The number or address, unless the gate, a hold or money that came in says no: then nobody goes."""
    try:
        shown = calls.reveal(contact, at=at, by=by, because=because, people=people)
    except DomainError:
        return None
    return shown if isinstance(shown, calls.Revealed) else None


def counts() -> dict[str, int]:
    """What the demo holds."""
    return {
        "loans": Loan.objects.count(),
        "cases": Case.objects.count(),
        "contacts": Contact.objects.count(),
        "days": DAYS,
    }
