"""What a day does with one loan, worked out by hand: the oracle of the day, plain and pure.

The run of a date knows the money valued before it. In the order of the day: money is booked; a case whose loan owes
nothing overdue is cured; one whose oldest open instalment is another is counted from that; a loan that fell behind
gets a case; the stage follows the ladder day; the steps of that day are due; a contact is planned for each that
nothing speaks against. Whether the law lets it go is the question of `contact.judge`.

Read where the pages are silent:

- Money that waits is taken by value date, then by its number. An order such as `("charge", "instalment")` serves all
  open charges before any instalment, each kind by its date, then its number. A charge is open from the day after its
  own on; instalments ahead of their day are paid ahead; what is left over stays unallocated.
- The tolerance is compared with instalments only: a charge alone puts nobody in arrears, and a sum of exactly the
  tolerance is none. The date may lie ahead: then it is the next one that will matter.
- Days are counted from the anchor (the oldest open due date when the case was opened or last anchored) plus the days
  on which the clock was stopped, those up to yesterday. While it is stopped there is no ladder day: the stage stays
  and no step is due. An anchor that moves keeps the stopped days.
- A case opens on the first run after the due date, as `early`, and climbs the same day if its day says so.
- A case before the court is cured like any other and anchored anew, but its stage moves by a person only.
- A reminder goes for an open instalment of the loan's oldest open due date, and only while nothing is overdue.
- A step that waits for another (an attempt, a proof) is not planned on its day and not by itself later.
- On a day that is caught up, stages move and the steps are superseded instead of planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from collections_app.policy.schema import PREFERRED, PREFERRED_CHANNELS, Ladder, LadderStep, answered_step

NOTHING = Decimal(0)
LEGAL = "legal"
# How far a step got; each holds what stands before it. An attempt that failed is an attempt.
PROOFS = ("attempted", "sent", "delivered", "served")


@dataclass(frozen=True)
class Item:
    """Something owed: an instalment of its due date, or a charge of its day. Amounts in the loan's currency."""

    number: int
    on: date
    amount: Decimal
    paid: Decimal = NOTHING

    @property
    def open(self) -> Decimal:
        return self.amount - self.paid


@dataclass(frozen=True)
class Money:
    """A payment that waits for the run of its day. `number` is the order in which payments came."""

    number: int
    value_on: date
    amount: Decimal


@dataclass(frozen=True)
class CaseAsOf:
    """An open case. The dates of holds are their last days, None if nothing is held."""

    stage: str
    anchor_due_on: date
    stopped_days: int = 0
    clock_held_until: date | None = None
    contacts_held_until: date | None = None

    @property
    def counts_from_on(self) -> date:
        return self.anchor_due_on + timedelta(days=self.stopped_days)


@dataclass(frozen=True)
class LoanAsOf:
    """One loan as it stands before the run of a day.

    `left`: how far each earlier step of the case got (`PROOFS`). `answered`: steps after which the person gave a sign
    of life. `planned`: step and ladder day of what was planned under the present anchor; of reminders the instalment's
    number and the day. `may_take`: steps that sequence rules permit.
    """

    instalments: tuple[Item, ...]
    charges: tuple[Item, ...] = ()
    waiting: tuple[Money, ...] = ()
    tolerance: Decimal = NOTHING
    order: tuple[str, ...] = ("charge", "instalment")
    live: bool = True
    case: CaseAsOf | None = None
    promise_open: bool = False
    arrangement_active: bool = False
    dispute_open: bool = False
    left: Mapping[str, str] = field(default_factory=dict)
    answered: frozenset[str] = frozenset()
    planned: frozenset[tuple[str, int]] = frozenset()
    reminded: frozenset[tuple[str, int, int]] = frozenset()
    may_take: frozenset[str] = frozenset()
    preferred: str | None = None


@dataclass(frozen=True)
class Booked:
    """The ledger after booking; `unallocated` by the number of the payment, where something was left over."""

    instalments: tuple[Item, ...]
    charges: tuple[Item, ...]
    waiting: tuple[Money, ...]
    unallocated: Mapping[int, Decimal]


@dataclass(frozen=True)
class StepDue:
    """A step on its day. `occurrence` counts from 1 over the ladder; `instalment` is set for a reminder only."""

    code: str
    day: int
    occurrence: int
    channels: tuple[str, ...]
    instalment: int | None = None
    needs_approval: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What the run of a day leaves behind.

    `happened`: cured, ended (with its loan), re_anchored or opened. `moved`: the stages before and after. `case` is
    None if none is open. `day` is None without a case and while the clock is stopped. `left_out` says, by step, why
    a step that was due is not planned. `write_off_review`: a supervisor should look at it.
    """

    booked: Booked
    oldest_open_due_on: date | None
    days_past_due: int
    happened: tuple[str, ...]
    case: CaseAsOf | None
    moved: tuple[str, str] | None
    day: int | None
    due: tuple[StepDue, ...]
    planned: tuple[StepDue, ...]
    left_out: Mapping[str, str]
    superseded: tuple[StepDue, ...]
    write_off_review: bool


def ladder_day(counts_from_on: date, on: date) -> int:
    """Due on the 10th and unpaid: the run of the 11th is day 1; the 7th is day -3. Calendar days."""
    return (on - counts_from_on).days


def due_steps(ladder: Ladder, day: int) -> tuple[tuple[LadderStep, int], ...]:
    """Every step that has an occurrence on the ladder day, with the number of that occurrence."""
    found = []
    for step in ladder.steps:
        turns = [offset + turn * (step.repeat_every or 0) for turn in range(step.times) for offset in step.days]
        if day in turns:
            found.append((step, sorted(turns).index(day) + 1))
    return tuple(found)


def book(loan: LoanAsOf, on: date) -> Booked:
    """Appropriate the money valued before `on`; later money goes on waiting."""
    items = {"instalment": list(loan.instalments), "charge": list(loan.charges)}
    unallocated: dict[int, Decimal] = {}
    for money in sorted(loan.waiting, key=lambda m: (m.value_on, m.number)):
        if money.value_on >= on:
            continue
        rest = money.amount
        for kind in loan.order:
            rest = _pay(items[kind], rest, before=on if kind == "charge" else None)
        if rest:
            unallocated[money.number] = rest
    return Booked(
        tuple(items["instalment"]),
        tuple(items["charge"]),
        tuple(money for money in loan.waiting if money.value_on >= on),
        unallocated,
    )


def _pay(items: list[Item], money: Decimal, before: date | None) -> Decimal:
    """Put money on open items, the oldest first; gives what is left over. Items from `before` on do not count yet."""
    for index in sorted(range(len(items)), key=lambda i: (items[i].on, items[i].number)):
        item = items[index]
        if before is None or item.on < before:
            part = min(item.open, money)
            items[index] = replace(item, paid=item.paid + part)
            money -= part
    return money


def oldest_open(instalments: Iterable[Item], tolerance: Decimal) -> date | None:
    """Earliest due date up to which more than the tolerance is unpaid in all; may lie ahead; None: never."""
    unpaid = NOTHING
    for item in sorted(instalments, key=lambda i: (i.on, i.number)):
        unpaid += item.open
        if unpaid > tolerance:
            return item.on
    return None


def what_would_happen(loan: LoanAsOf, ladder: Ladder, on: date, *, newest: bool = True) -> Outcome:
    """The run of `on` for one loan. `newest` is False for a day that is caught up after missed ones.

    ValueError for a ladder that counts business days: nobody can say yet which calendar is the borrower's.
    """
    if ladder.counts != "calendar":
        raise ValueError(f"ladder {ladder.id} counts {ladder.counts} days; only calendar days are built")
    booked = book(loan, on)
    oldest = oldest_open(booked.instalments, loan.tolerance)
    overdue = loan.live and oldest is not None and oldest < on
    happened: list[str] = []
    case = loan.case
    if case and not overdue:
        happened.append("cured" if loan.live else "ended")
        case = None
    elif case and oldest != case.anchor_due_on:
        assert oldest is not None
        happened.append("re_anchored")
        # The steps of a new anchor are new ones.
        case, loan = replace(case, anchor_due_on=oldest), replace(loan, planned=frozenset())
    elif case is None and overdue:
        assert oldest is not None
        happened.append("opened")
        case = CaseAsOf("early", oldest)
    day = None if case is None or _held(case.clock_held_until, on) else ladder_day(case.counts_from_on, on)
    moved = None
    if case and day is not None and case.stage != LEGAL:
        band = ladder.stage_on(day)
        if band and band.name != case.stage:
            moved = (case.stage, band.name)
            case = replace(case, stage=band.name)
    due = _reminders(loan, booked, oldest, ladder, on) if not overdue else _steps_of_case(loan, case, ladder, day)
    left_out = {step.code: why for step in due if (why := _against(loan, case, ladder, step, on))}
    wanted = tuple(step for step in due if step.code not in left_out)
    return Outcome(
        booked=booked,
        oldest_open_due_on=oldest,
        days_past_due=ladder_day(oldest, on) if overdue and oldest else 0,
        happened=tuple(happened),
        case=case,
        moved=moved,
        day=day,
        due=due,
        planned=wanted if newest else (),
        left_out=left_out,
        superseded=() if newest else wanted,
        write_off_review=_to_review(case, ladder, day),
    )


def _held(until: date | None, on: date) -> bool:
    return until is not None and on <= until


def _steps_of_case(loan: LoanAsOf, case: CaseAsOf | None, ladder: Ladder, day: int | None) -> tuple[StepDue, ...]:
    if case is None or day is None or day < 1 or case.stage == LEGAL:
        return ()
    return tuple(
        StepDue(step.code, day, number, _channels(step, loan.preferred), needs_approval=step.needs_approval)
        for step, number in due_steps(ladder, day)
    )


def _reminders(loan: LoanAsOf, booked: Booked, oldest: date | None, ladder: Ladder, on: date) -> tuple[StepDue, ...]:
    if oldest is None or not loan.live:
        return ()
    day = ladder_day(oldest, on)
    return tuple(
        StepDue(step.code, day, number, _channels(step, loan.preferred), instalment=item.number)
        for step, number in due_steps(ladder, day)
        for item in booked.instalments
        if item.on == oldest and item.open
    )


def _channels(step: LadderStep, preferred: str | None) -> tuple[str, ...]:
    """The step's channel, then its fallbacks; `preferred` is the person's choice, then the others of the choice."""
    own: Sequence[str] = (step.channel,)
    if step.channel == PREFERRED:
        own = (preferred, *PREFERRED_CHANNELS) if preferred in PREFERRED_CHANNELS else PREFERRED_CHANNELS
    return tuple(dict.fromkeys((*own, *step.fallback)))


def _against(loan: LoanAsOf, case: CaseAsOf | None, ladder: Ladder, due: StepDue, on: date) -> str | None:
    """What speaks against planning a due step, in the order in which it is asked."""
    if due.instalment is not None:
        return "planned_before" if (due.code, due.instalment, due.day) in loan.reminded else None
    assert case is not None
    step = next(step for step in ladder.steps if step.code == due.code)
    if (due.code, due.day) in loan.planned:
        return "planned_before"
    if _held(case.contacts_held_until, on):
        return "held"
    if loan.promise_open and ladder.clock.promise_open != "runs":
        return "promise_open"
    facts = {
        "hold": _held(case.clock_held_until, on),
        "promise_open": loan.promise_open,
        "arrangement_active": loan.arrangement_active,
        "dispute_open": loan.dispute_open,
        "paid": False,  # a case whose loan owes nothing overdue is closed by now
    }
    for word in step.unless:
        after = answered_step(word)
        if after in loan.answered if after else facts[word]:
            return word
    if step.requires_attempt and step.requires_attempt not in loan.left:
        return f"waits_for:{step.requires_attempt}"
    for need in step.requires:
        if need.step and not _proven(loan.left.get(need.step), need.proof):
            return f"waits_for:{need.step}"
        if need.may_take_step and need.may_take_step not in loan.may_take:
            return f"waits_for:{need.may_take_step}"
    return None


def _proven(got: str | None, proof: str | None) -> bool:
    return got is not None and PROOFS.index(got) >= PROOFS.index(proof or "sent")


def _to_review(case: CaseAsOf | None, ladder: Ladder, day: int | None) -> bool:
    if case is None or day is None or case.stage == LEGAL:
        return False
    return any(exit_.to == "write_off_review" and day >= exit_.from_day for exit_ in ladder.exits)
