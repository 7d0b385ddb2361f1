"""Score a ledger against the servicer of the `us_subprime_tape` data set.

The tape tells for each loan and month what was paid and how many days the servicer calls the loan late. A
ledger that is given the contract, the payments, the extensions and one starting point has to find the
lateness itself. Two questions:

(a) whole life: the servicer's answer is known for the loan's first row only, everything after is rolled on;
(b) one month ahead: the servicer's answer is known for the month before, and only the next month is asked.

The two answer columns (`ANSWERS`) are blanked in every other row before a ledger sees anything (`whole_life`,
`month_ahead`), so a ledger cannot peek. Everything here is pure: no database, no clock, no settings.

A *live month* is a row after the loan's first one in which the servicer states days past due and the loan is
not closed (no zero balance code in this row or an earlier one). Rows of repossessed cars without a statement,
the first row, and rows after closing (recoveries, sale proceeds) are not asked.
"""

import calendar
import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from pathlib import Path

ANSWERS = ("days_past_due", "due_next_month_incl_arrears")

# 90 % of an instalment counts as the instalment. On the visible loans the largest residue that the servicer
# lets pass is 8.0 % of an instalment, the smallest that it calls overdue is 11.1 %.
TOLERANCE_RATIO = Decimal("0.10")
TOLERANCE_MIN = Decimal("1.00")

# The due day of a loan that has not shown one: the middle of the month, wrong by 16 days at most.
DEFAULT_DUE_DAY = 15

CENT = Decimal("0.01")
NOTHING = Decimal(0)

Row = Mapping[str, str]


@dataclass(frozen=True)
class View:
    """What a ledger may know of one loan to answer one question.

    `rows` are the loan's rows in order with the answers blanked except in `rows[opens]`, the month in which
    the ledger takes the loan over. `due_day` is the day of the month on which instalments fall due as far as
    months before the asked one have shown it, or None.
    """

    loan_id: str
    rows: tuple[Row, ...]
    opens: int
    due_day: int | None


@dataclass(frozen=True)
class OpenInstalment:
    """An instalment, or what is left of it, that fell due by the opening and is not paid. US dollars."""

    due_on: date
    unpaid: Decimal


@dataclass(frozen=True)
class Opening:
    """A loan's state at the end of the month in which the ledger takes it over.

    At most one of `open_instalments` and `paid_ahead` is filled. `due_day` is None if nothing has shown it.
    """

    on: date
    instalment: Decimal
    open_instalments: tuple[OpenInstalment, ...]
    paid_ahead: Decimal
    due_day: int | None


@dataclass(frozen=True)
class Answer:
    """One asked month: days past due as the ledger and as the servicer see it, at the month end."""

    loan_id: str
    month_end: date
    ours: int
    theirs: int
    due_day_known: bool
    cause: str = ""

    @property
    def agrees(self) -> bool:
        """Both call the loan overdue, or both do not."""
        return (self.ours > 0) == (self.theirs > 0)

    @property
    def both_overdue(self) -> bool:
        return self.ours > 0 and self.theirs > 0

    @property
    def within_a_day(self) -> bool:
        return self.both_overdue and abs(self.ours - self.theirs) <= 1


@dataclass(frozen=True)
class Score:
    """All asked months of a tape, in its order."""

    answers: tuple[Answer, ...]

    @property
    def months(self) -> int:
        return len(self.answers)

    @property
    def agreed(self) -> int:
        return sum(answer.agrees for answer in self.answers)

    @property
    def both_overdue(self) -> int:
        return sum(answer.both_overdue for answer in self.answers)

    @property
    def within_a_day(self) -> int:
        return sum(answer.within_a_day for answer in self.answers)

    @property
    def accuracy(self) -> Decimal:
        """Share of months in which both say overdue or both say not overdue, 0 to 1; 0 for an empty tape."""
        return _share(self.agreed, self.months)

    @property
    def accuracy_of_days(self) -> Decimal:
        """Share of the months that both call overdue in which the days differ by at most one."""
        return _share(self.within_a_day, self.both_overdue)

    def disagreements(self) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.answers if not answer.agrees)

    def causes(self) -> dict[str, int]:
        """Number of disagreements by cause, most frequent first."""
        return dict(Counter(answer.cause for answer in self.disagreements()).most_common())

    def without(self, loan_id: str) -> "Score":
        return Score(tuple(answer for answer in self.answers if answer.loan_id != loan_id))

    def leave_one_out(self) -> tuple[Decimal, Decimal]:
        """Lowest and highest accuracy when one loan at a time is left out."""
        loans = {answer.loan_id for answer in self.answers}
        shares = [self.without(loan_id).accuracy for loan_id in loans] or [NOTHING]
        return min(shares), max(shares)


Arrears = Callable[[View, date], int]
"""A ledger's answer: days past due of the loan as of the end of a day, 0 when it is not overdue."""


def read_tape(path: Path) -> dict[str, list[Row]]:
    """Rows of `monthly.csv.gz` by loan number, in the file's order. Raises OSError for an unreadable file."""
    tape: dict[str, list[Row]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            tape.setdefault(row["loan_id"], []).append(row)
    return tape


def live_months(rows: Sequence[Row]) -> list[int]:
    """Indexes of the rows to ask (see the module's docstring)."""
    months = []
    for index, row in enumerate(rows):
        if row["zero_balance_code"]:
            break
        if index > 0 and row["days_past_due"] != "":
            months.append(index)
    return months


def blanked(rows: Sequence[Row], keep: int) -> tuple[Row, ...]:
    """The rows with both answers emptied everywhere but in row `keep`."""
    empty = dict.fromkeys(ANSWERS, "")
    return tuple(row if index == keep else {**row, **empty} for index, row in enumerate(rows))


def whole_life(rows: Sequence[Row]) -> View:
    """Question (a): the loan from its first row on."""
    return View(rows[0]["loan_id"], blanked(rows, 0), 0, None)


def month_ahead(rows: Sequence[Row], index: int, *, remember_due_day: bool) -> View:
    """Question (b) for row `index`: the rows up to it, with the servicer's statement of the month before.

    With `remember_due_day` the view also carries the due day that earlier overdue months have shown (a fact
    of the contract that the tape does not publish); without it nothing but the two cells of the month before
    is known.
    """
    day = due_day_before(rows, index) if remember_due_day else None
    return View(rows[0]["loan_id"], blanked(rows[: index + 1], index - 1), index - 1, day)


def due_day_before(rows: Sequence[Row], index: int) -> int | None:
    """Day of the month on which instalments fall due, as shown by the overdue months before row `index`.

    The latest month wins, but the last day of a short month does not replace a later day: due on the 30th is
    due on 28 February.
    """
    day: int | None = None
    for row in rows[:index]:
        due_on = _oldest_due(row)
        if due_on is None:
            continue
        if day is not None and due_on.day == _last_day(due_on) and day > due_on.day:
            continue
        day = due_on.day
    return day


def opening(view: View) -> Opening:
    """The loan's state at the end of the opening row: the servicer's statement in it, and payments up to it.

    1. Owed = due next month less the instalment of next month. Overdue by d days: the oldest open instalment
       fell due d days before the month end; newer ones are whole, the oldest takes the rest.
    2. Owed but 0 days overdue: it fell due on the month end itself.
    3. Nothing owed: the servicer's column cannot show money paid ahead (it shows one instalment either way),
       nor a residue that it tolerates, so both come from the payments (`_position`). If that says that this
       month's instalment is open while the due day is the month end, it is open and due that day.
    """
    rows, index = view.rows, view.opens
    row = rows[index]
    on = date.fromisoformat(row["month_end"])
    instalment = instalment_of(rows)
    tolerance = max(TOLERANCE_RATIO * instalment, TOLERANCE_MIN)
    oldest, day = _oldest_due(row), view.due_day
    if day is None and oldest is not None:
        day = oldest.day
    stated = _money(row["due_next_month_incl_arrears"])
    owed = NOTHING if stated is None else stated - _due_in_month(rows, index, _month(on) + 1)
    position = _position(view)
    open_instalments: tuple[OpenInstalment, ...] = ()
    paid_ahead = NOTHING
    if oldest is not None:
        count = _month(on) - _month(oldest) + 1
        # A final statement may show less than what is late (it is cut to the pay-off amount): late is late.
        open_instalments = _spread(owed if owed > tolerance else count * instalment, instalment, oldest, count, day)
    elif owed > tolerance and row["days_past_due"] != "":
        day = day or on.day
        open_instalments = (OpenInstalment(on, owed),)
    elif owed > tolerance:
        count = int((owed / instalment).to_integral_value(ROUND_CEILING))
        first = _on_day(_month(on) - count + 1, day or DEFAULT_DUE_DAY)
        open_instalments = _spread(owed, instalment, first, count, day)
    elif owed < -tolerance:
        paid_ahead = max(-owed, -position)
    elif position <= NOTHING:
        paid_ahead = -position
    elif position <= tolerance:
        open_instalments = (OpenInstalment(_on_day(_month(on), day or DEFAULT_DUE_DAY), position),)
    elif day is not None and _on_day(_month(on), day) == on:
        open_instalments = (OpenInstalment(on, min(position, instalment)),)
    return Opening(on, instalment, open_instalments, paid_ahead, day)


def instalment_of(rows: Sequence[Row]) -> Decimal:
    """The monthly instalment of a loan: the first amount above zero (new loans start without one, old ones
    end so); a loan that never states one has what its opening row calls due next month."""
    for column in ("instalment", "due_next_month_incl_arrears"):
        for row in rows:
            if amount := _money(row[column]):
                return amount
    return NOTHING


def paid_to_instalments(row: Row) -> Decimal:
    """What was received in the month for instalments: all but `other_paid`, which is fees."""
    return (_money(row["paid"]) or NOTHING) - (_money(row["other_paid"]) or NOTHING)


def returned_payment(row: Row) -> Decimal:
    """A payment of an earlier month taken back: principal that rose without a modification, else 0."""
    before, after = _money(row["begin_balance"]), _money(row["end_balance"])
    if before is None or after is None or row["modification_code"]:
        return NOTHING
    return max(NOTHING, after - (before - (_money(row["principal_paid"]) or NOTHING)))


def months_extended(rows: Sequence[Row], index: int) -> int:
    """Months by which open instalments move at the end of the row's month: the instalments reported as
    extended or, if it is more, the move of the maturity (deferrals that the servicer reports as a
    modification only)."""
    reported = int(rows[index]["payments_extended"] or 0)
    if index == 0:
        return reported
    before, after = rows[index - 1]["maturity_month"], rows[index]["maturity_month"]
    return max(reported, _month_of(after) - _month_of(before)) if before and after else reported


def score_whole_life(tape: Mapping[str, Sequence[Row]], arrears: Arrears) -> Score:
    """Ask question (a) of a ledger for every live month of every loan."""
    answers = []
    for rows in tape.values():
        view = whole_life(rows)
        answers.extend(_ask(rows, index, view, arrears) for index in live_months(rows))
    return Score(tuple(answers))


def score_month_ahead(tape: Mapping[str, Sequence[Row]], arrears: Arrears, *, remember_due_day: bool) -> Score:
    """Ask question (b) of a ledger for every live month of every loan."""
    answers = []
    for rows in tape.values():
        for index in live_months(rows):
            view = month_ahead(rows, index, remember_due_day=remember_due_day)
            answers.append(_ask(rows, index, view, arrears))
    return Score(tuple(answers))


def due_day_of(rows: Iterable[Row]) -> int | None:
    """The due day that the whole loan shows. Reads later answers: to explain, never to answer."""
    every = list(rows)
    return due_day_before(every, len(every))


def _ask(rows: Sequence[Row], index: int, view: View, arrears: Arrears) -> Answer:
    on = date.fromisoformat(rows[index]["month_end"])
    ours, theirs = arrears(view, on), int(Decimal(rows[index]["days_past_due"]))
    known = opening(view).due_day is not None
    cause = "" if (ours > 0) == (theirs > 0) else _cause(rows, index, view, arrears, ours, theirs)
    return Answer(view.loan_id, on, ours, theirs, known, cause)


def _cause(rows: Sequence[Row], index: int, view: View, arrears: Arrears, ours: int, theirs: int) -> str:
    """Why ledger and servicer differ, by the first rule that fits."""
    on = date.fromisoformat(rows[index]["month_end"])
    day = due_day_of(rows)
    if day is not None and view.due_day is None:
        told = View(view.loan_id, view.rows, view.opens, day)
        if (arrears(told, on) > 0) == (theirs > 0):
            return "due day at the month end, not known yet"
    if returned_payment(rows[index]) > NOTHING:
        return "payment returned in the month"
    if any(months_extended(rows, recent) for recent in range(max(1, index - 3), index + 1)):
        return "terms of an extension of this month or the three before"
    if ours == 0:
        return "more owed than the rows show (money not taken for instalments, older arrears)"
    return "less owed than the rows show (older money ahead, leniency)"


def _position(view: View) -> Decimal:
    """Owed (above 0) or paid ahead (below 0) at the end of the opening row, from payments alone."""
    rows, last = view.rows, view.opens
    new = bool(rows[0]["first_payment_month"]) and _month_of(rows[0]["month_end"]) <= _month_of(
        rows[0]["first_payment_month"]
    )
    if last == 0 and not new:
        return NOTHING
    instalment = instalment_of(rows)
    # A loan whose first instalment is not before its first row has no earlier history; an older one starts
    # from what the principal tells.
    position = NOTHING if new else _behind_by_principal(rows[0], instalment)
    for index in range(0 if new else 1, last + 1):
        position += _due_in_month(rows, index, _month_of(rows[index]["month_end"]))
        position += returned_payment(rows[index]) - paid_to_instalments(rows[index])
        position -= months_extended(rows, index) * instalment
    return position


def _behind_by_principal(row: Row, instalment: Decimal) -> Decimal:
    """By how many whole instalments the principal exceeds the present value of those to come, in dollars;
    never below 0."""
    balance = _money(row["end_balance"])
    if not balance or not row["maturity_month"] or not instalment:
        return NOTHING
    months = _month_of(row["maturity_month"]) - _month_of(row["month_end"])
    rate = Decimal(row["apr"] or 0) / 12
    if months <= 0:
        return NOTHING
    factor = (1 - (1 + rate) ** -months) / rate if rate else Decimal(months)
    behind = (balance / instalment - factor).to_integral_value(ROUND_HALF_UP)
    return max(NOTHING, behind) * instalment


def _due_in_month(rows: Sequence[Row], index: int, month: int) -> Decimal:
    """The contract's instalment of a month, seen from row `index` (that month or the one before it): none
    before the first or after the last; the last one is the principal left with a month's interest."""
    row = rows[index]
    instalment = instalment_of(rows)
    seen_in_its_month = month == _month_of(row["month_end"])
    if row["first_payment_month"] and month < _month_of(row["first_payment_month"]):
        # "Due next month" names the first instalment even when that falls due later.
        return NOTHING if seen_in_its_month else instalment
    maturity = row["maturity_month"] and _month_of(row["maturity_month"])
    if not maturity or month < maturity:
        return instalment
    if month > maturity:
        return NOTHING
    balance = _money(row["begin_balance"] if seen_in_its_month else row["end_balance"])
    if not balance:
        return instalment
    return (balance * (1 + Decimal(row["apr"] or 0) / 12)).quantize(CENT, ROUND_HALF_UP)


def _spread(
    owed: Decimal, instalment: Decimal, oldest: date, count: int, day: int | None
) -> tuple[OpenInstalment, ...]:
    """`owed` over `count` monthly instalments from `oldest` on: newest whole, the oldest takes the rest."""
    parts = []
    left = owed
    for back in range(count):
        part = left if back == count - 1 else min(instalment, left)
        left -= part
        number = count - 1 - back
        due_on = oldest if number == 0 else _on_day(_month(oldest) + number, day or oldest.day)
        if part > NOTHING:
            parts.append(OpenInstalment(due_on, part))
    return tuple(reversed(parts))


def _oldest_due(row: Row) -> date | None:
    days = row["days_past_due"]
    if not days or Decimal(days) <= 0:
        return None
    return date.fromisoformat(row["month_end"]) - timedelta(days=int(Decimal(days)))


def _money(text: str) -> Decimal | None:
    return Decimal(text).quantize(CENT, ROUND_HALF_UP) if text else None


def _month_of(text: str) -> int:
    """Months since year 0 of a text that begins with YYYY-MM."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _on_day(month: int, day: int) -> date:
    year, index = divmod(month, 12)
    first = date(year, index + 1, 1)
    return first.replace(day=min(day, _last_day(first)))


def _share(part: int, whole: int) -> Decimal:
    return Decimal(part) / Decimal(whole) if whole else NOTHING
