"""The generated book of the daily benchmark: N loans in the state of the evening before `ON`, 100 days of past behind them.

Six monthly (30 days) instalments each, three paid. Where the fourth stands, by ladder day of the run of `ON`:

- 20 % of the loans D+1 to D+60, each day as often as the survival curve of prime instalments says that one is still
  unpaid then (`services.portfolio.PRIME`: of ten such loans about three stand at D+1 to D+3, one beyond D+30);
- 10 % D-3 to D-1, each day alike; 70 % are not due for the day: D-27 to D-4 and D-0, alike.

How late the three paid ones were paid follows the same curve, at most 26 days; each late one is a closed case with the
contacts of the ladder, and each had its reminders. Of the overdue loans each has its open case with what the ladder
did so far; a notice in writing was delivered on its day. One borrower in ten has two loans. 1 % of all loans have
money waiting that the run books: four in a hundred of the overdue ones (of five, four pay all that is overdue, one
half an instalment, beyond D+30 a whole one), and a quarter in a hundred of the others, which pay ahead. On the evening
before, 1 % of the borrowers said STOP to SMS, 1 % named their hours and 0.5 % were reported to have a lawyer.

Rows are made by COPY and INSERT … SELECT with the foreign keys' triggers off; all other constraints are in force.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection, transaction

from collections_app.kernel import actors, bulk, history, keys
from collections_app.kernel.personal import seal
from collections_app.models import (
    Allocation,
    BorrowerState,
    Case,
    Clearance,
    Contact,
    ContactCase,
    ContactEvent,
    ContactPoint,
    DailyRun,
    DataKey,
    EventDebt,
    FactSheet,
    Instalment,
    Judgement,
    Lender,
    LenderShare,
    Loan,
    LoanParty,
    Payment,
    Person,
    PolicyVersion,
    StatedHours,
)
from collections_app.policy import loader
from collections_app.policy.in_force import Policies
from collections_app.services.intake.persons import US_STATES
from collections_app.services.portfolio import PRIME, Lateness

ON = dt.date(2026, 9, 15)  # a Tuesday and no holiday: a typical day
HISTORY_DAYS = 100
FIRST = ON - dt.timedelta(days=HISTORY_DAYS)
SEED = "daily book 1"

APART = 30  # days between two instalments
LATEST = 26  # a past instalment was paid before the next one's first reminder
CHUNK = 5_000  # borrowers
_LATENESS = Lateness(PRIME)
_OVERDUE_DAYS = range(1, 61)
_SKEW = [_LATENESS.survival(day) for day in _OVERDUE_DAYS]
_PAST = [_LATENESS.survival(day) for day in range(1, LATEST + 1)]

TWO_LOANS = 0.10
PAYS_OVERDUE, PAYS_AHEAD = 0.04, 0.0025
STOPPED, HOURS, REPRESENTED = 0.01, 0.01, 0.005
OTHER_ZONE = 0.02  # the number's area code lies in another zone than the address
TALKS, NO_ANSWER = 0.25, 0.60  # of the calls; the rest is not made on its day
REPLIES = 0.10  # of the first notices
COOLDOWN = 7  # days that US-07 leaves after a talk


def day(n: int) -> dt.timedelta:
    return dt.timedelta(days=n)


def clock(on: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(on, dt.time(hour, minute), tzinfo=dt.UTC)


# -- lives -------------------------------------------------------------------------------------------


@dataclass
class _Ids:
    person: Iterator[int] = field(default_factory=lambda: count(1))
    point: Iterator[int] = field(default_factory=lambda: count(1))
    loan: Iterator[int] = field(default_factory=lambda: count(1))
    instalment: Iterator[int] = field(default_factory=lambda: count(1))
    payment: Iterator[int] = field(default_factory=lambda: count(1))
    case: Iterator[int] = field(default_factory=lambda: count(1))


@dataclass
class _Rows:
    """Rows of a chunk, in the order of the columns that `_write` names."""

    keys: list[Any] = field(default_factory=list)
    people: list[Any] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)
    points: list[Any] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)
    hours: list[Any] = field(default_factory=list)
    loans: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    instalments: list[Any] = field(default_factory=list)
    payments: list[Any] = field(default_factory=list)
    allocations: list[Any] = field(default_factory=list)
    cases: list[Any] = field(default_factory=list)
    contacts: list[list[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Borrower:
    id: int
    points: Mapping[str, int]  # by channel
    preferred: str


class _Writer:
    """Makes up borrowers and their loans; the same seed gives the same book, and a longer one begins like a shorter."""

    def __init__(self) -> None:
        self.ids, self.draws = _Ids(), random.Random(SEED)
        [self.ladder] = Policies().ladders
        self.steps: dict[int, list[Any]] = {}
        for step in self.ladder.content.steps:
            for on, _ in step.occurrences():
                self.steps.setdefault(on, []).append(step)
        self.lender = Lender.objects.get()
        # One wrapped key serves all, each in a row of its own: making a key costs, what is measured does not open it.
        self.wrapped = keys.wrap_new()
        self.rows = _Rows()

    def borrower(self, loans_left: int) -> int:
        """One borrower with one loan or two; gives how many loans were made."""
        draws, rows = self.draws, self.rows
        pk = next(self.ids.person)
        code = draws.choice(_STATES)
        zone = US_STATES[code].zone
        zones = {"physical_address": zone, "phone_area_code": zone}
        if draws.random() < OTHER_ZONE:
            zones["phone_area_code"] = US_STATES[draws.choice(_STATES)].zone
        preferred = "sms" if draws.random() < 0.7 else "email"
        rows.keys.append((pk, "person", self.wrapped, clock(FIRST, 0)))
        rows.people.append(
            (
                pk,
                f"P-{pk:07d}",
                self._sealed(f"Borrower {pk}", pk),
                "en",
                "US",
                f"US-{code}",
                json.dumps(zones),
                preferred,
                pk,
                0,
                True,
            )
        )
        text = f"Loan of borrower {pk}: an instalment is overdue. Please call +1 217 555 0100. Reply STOP to end texts."
        rows.texts.append((pk, self._sealed(text, pk), hashlib.sha256(text.encode()).hexdigest()))
        points = {}
        for channels, kind, place, value in (
            (("sms", "voice"), "mobile", "own_phone", f"+1217555{pk % 100 + 100:04d}"),
            (("email",), "email", "own_phone", f"borrower{pk}@example.org"),
            (("letter", "visit"), "home_address", "home", f"{pk} Example Street, Springfield, IL 62701"),
        ):
            point = next(self.ids.point)
            rows.points.append(
                (point, pk, kind, self._sealed(value, pk), place, '["direct_consent"]', False, 0, True, "verified")
            )
            points |= dict.fromkeys(channels, point)
        self._said_yesterday(pk, points["sms"])
        who = _Borrower(pk, points, preferred)
        made = min(2 if draws.random() < TWO_LOANS else 1, loans_left)
        for _ in range(made):
            self._loan(who)
        return made

    def _sealed(self, text: str, person: int) -> bytes:
        return seal(text, person, self.wrapped)

    def _said_yesterday(self, person: int, mobile: int) -> None:
        evening = clock(ON - day(1), 22)
        if self.draws.random() < STOPPED:
            self.rows.states.append((person, "medium_refused", mobile, "[]", evening, evening, "reply STOP"))
        if self.draws.random() < HOURS:
            self.rows.hours.append(
                (person, "consumer_stated_hours", "[]", "10:00", "17:00", False, False, "[]", "[]", evening)
            )
        if self.draws.random() < REPRESENTED:
            self.rows.states.append((person, "represented", None, "[]", evening, evening, "letter of counsel"))

    def _loan(self, who: _Borrower) -> None:
        draws, rows, ids = self.draws, self.rows, self.ids
        pk, ladder_day = next(ids.loan), self._ladder_day()
        number, amount = f"B-{pk:07d}", draws.randrange(8_000, 60_000)
        due = [ON - day(ladder_day + APART * (4 - n)) for n in range(1, 7)]
        open_case = ladder_day > 1
        rows.loans.append(
            (
                pk,
                number,
                self.lender.pk,
                who.id,
                who.id,
                "personal_loan",
                "consumer",
                "",
                "bank",
                "third_party",
                "US",
                "USD",
                amount * 6,
                99_900,
                due[0] - day(APART),
                due[0] - day(APART),
                amount,
                max(amount // 20, 100),
                due[3],
                due[3].day,
                "charge,instalment",
                "past_due" if open_case else "active",
                True,
                "",
            )
        )
        rows.changes.append((pk, due[0] - day(APART), "+", "active", due[0], "imported from book", None))
        items = [next(ids.instalment) for _ in due]
        rows.instalments += [
            (item, pk, n, on, on, "USD", amount, amount if n <= 3 else 0)
            for n, (item, on) in enumerate(zip(items, due, strict=True), 1)
        ]
        episode = 0
        for n in range(3):
            mark = draws.random()
            # Known to the run of yesterday, which knows the money valued before its date.
            late = min(sum(share >= mark for share in _PAST), (ON - day(2) - due[n]).days)
            on = due[n] + day(late) if late > 0 else min(due[n] - day(draws.choice((0, 0, 1, 2))), ON - day(2))
            self._paid(pk, number, n, items[n], amount, on)
            rows.contacts += self._reminders(who, pk, items[n], due[n])
            changes = [("~", "past_due", due[n], "an instalment was not paid", due[n] + day(1))] if late > 0 else []
            changes.append(
                ("~", "past_due" if late > 0 else "active", due[n + 1], "money or an event was booked", on + day(1))
            )
            if late > 0:
                changes.append(("~", "active", due[n + 1], "nothing is overdue any more", on + day(1)))
                episode += 1
                self._case(who, pk, episode, due[n], late, closed_on=on + day(1))
            rows.changes += [
                (pk, at, kind, state, oldest, why, _run_of(at)) for kind, state, oldest, why, at in changes
            ]
        rows.contacts += self._reminders(who, pk, items[3], due[3])
        if open_case:
            opened = due[3] + day(1)
            rows.changes.append((pk, opened, "~", "past_due", due[3], "an instalment was not paid", _run_of(opened)))
            self._case(who, pk, episode + 1, due[3], ladder_day - 1, closed_on=None)
        self._waiting_money(pk, number, amount, ladder_day)

    def _ladder_day(self) -> int:
        mark = self.draws.random()
        if mark < 0.2:
            return self.draws.choices(_OVERDUE_DAYS, _SKEW)[0]
        return -self.draws.randint(1, 3) if mark < 0.3 else -self.draws.choice((0, *range(4, 28)))

    def _paid(self, loan: int, number: str, n: int, item: int, amount: int, on: dt.date) -> None:
        pk = next(self.ids.payment)
        self.rows.payments.append(
            (
                pk,
                loan,
                "USD",
                amount,
                on,
                clock(on, 20),
                "direct_debit",
                "bank",
                f"{number}-{n + 1}",
                on + day(1),
                0,
                "received",
            )
        )
        self.rows.allocations.append((pk, loan, item, "USD", amount, on + day(1)))

    def _waiting_money(self, loan: int, number: str, amount: int, ladder_day: int) -> None:
        if self.draws.random() >= (PAYS_OVERDUE if ladder_day > 0 else PAYS_AHEAD):
            return
        overdue = 2 if ladder_day > APART else 1
        if ladder_day > 0:
            part = amount if overdue > 1 else amount // 2
            amount = amount * overdue if self.draws.random() < 0.8 else part
        on = ON - day(1)
        self.rows.payments.append(
            (
                next(self.ids.payment),
                loan,
                "USD",
                amount,
                on,
                clock(on, 20),
                "bank_transfer",
                "bank",
                f"{number}-4",
                None,
                0,
                "received",
            )
        )

    # -- what the ladder did ---------------------------------------------------------------------

    def _reminders(self, who: _Borrower, loan: int, instalment: int, due_on: dt.date) -> Iterator[list[Any]]:
        for ladder_day in sorted(d for d in self.steps if d < 1):
            for step in self.steps[ladder_day]:
                if FIRST <= due_on + day(ladder_day) < ON:
                    yield _Contact(who, loan, None, instalment, who.preferred, step, ladder_day, due_on, "", 13).left(
                        "delivered"
                    )

    def _case(
        self, who: _Borrower, loan: int, episode: int, due_on: dt.date, days: int, *, closed_on: dt.date | None
    ) -> None:
        if closed_on is not None and closed_on <= FIRST:
            return
        pk = next(self.ids.case)
        stage, moved_on, step = "early", due_on + day(1), ""
        for name, first in (("mid", 4), ("late", 6)):
            if days >= first:
                stage, moved_on, step = name, due_on + day(first), f"{self.ladder.ident}:{name}"
        if closed_on is not None:
            stage, moved_on, step = "closed", closed_on, "cure"
        self.rows.cases.append(
            (
                pk,
                loan,
                who.id,
                who.id,
                episode,
                due_on + day(1),
                due_on,
                due_on,
                0,
                0,
                NEVER,
                NEVER,
                NEVER,
                NEVER,
                self.ladder.id,
                "product personal_loan, segment standard",
                stage,
                moved_on,
                step,
                closed_on,
                "cured" if closed_on else "",
            )
        )
        self.rows.contacts += self._episode(who, loan, pk, due_on, days, closed_on)

    def _episode(
        self, who: _Borrower, loan: int, case: int, due_on: dt.date, days: int, closed_on: dt.date | None
    ) -> Iterator[list[Any]]:
        draws, talked, replied = self.draws, None, self.draws.random() < REPLIES
        found: list[_Contact] = []
        for ladder_day in range(1, days + 1):
            on = due_on + day(ladder_day)
            stage = "early" if ladder_day < 4 else "mid" if ladder_day < 6 else "late"
            for step in self.steps.get(ladder_day, ()):
                if step.code == "first_call" and replied:
                    continue
                for older in found:
                    if older.channel == step.channel and older.state in Contact.WAITING:
                        older.ended("superseded by a newer step")
                c = _Contact(
                    who, loan, case, None, step.channel, step, ladder_day, due_on, stage, draws.randint(15, 21)
                )
                found.append(c)
                if step.channel == "voice":
                    if talked is not None and (on - talked).days < COOLDOWN:
                        c.withheld("US-07", talked + day(COOLDOWN))
                        continue
                    mark = draws.random()
                    if mark < TALKS:
                        talked = on
                    if mark < TALKS + NO_ANSWER:
                        c.left("completed", "spoke" if mark < TALKS else "no_answer")
                    elif on < ON - day(1):
                        c.ended("its day went by", "lapsed")
                elif step.channel == "visit":
                    c.awaiting()
                    if closed_on is not None or on < ON - day(3):
                        if draws.random() < 0.5:
                            c.left("completed", draws.choice(("met", "not_met")))
                        else:
                            c.ended("not needed now")
                else:
                    c.left("delivered")
                    if step.code == "first_notice" and replied:
                        c.replied = True
        for c in found:
            if closed_on is not None and c.state in Contact.WAITING:
                c.ended("closed: nothing is overdue any more")
            if c.business_on >= FIRST:
                yield c.row()


NEVER = dt.date(1, 1, 1)
_STATES = [code for code, state in US_STATES.items() for _ in state.codes]


def _run_of(on: dt.date) -> int | None:
    return (on - FIRST).days + 1 if FIRST <= on < ON else None


class _Contact:
    """A contact of the past while its life is made up."""

    def __init__(
        self,
        who: _Borrower,
        loan: int,
        case: int | None,
        instalment: int | None,
        channel: str,
        step: Any,
        ladder_day: int,
        due_on: dt.date,
        stage: str,
        hour: int,
    ) -> None:
        self.business_on = due_on + day(ladder_day)
        self.at = clock(self.business_on, hour if channel == "voice" else 13 if hour == 13 else 15)
        text = step.text_for(channel)
        self.channel, self.state, self.planned_as = channel, "planned", "planned"
        self.outcome = self.because = self.rules = self.approval = ""
        self.replied = False
        self.fixed = [
            who.id,
            loan,
            case,
            instalment,
            who.points[channel],
            channel,
            step.code,
            ladder_day,
            text[1] if text else "",
            stage,
        ]

    def left(self, state: str, outcome: str = "") -> list[Any]:
        self.state, self.outcome, self.because = state, outcome, ""
        return self.row()

    def ended(self, because: str, state: str = "cancelled") -> None:
        self.state, self.because = state, because

    def withheld(self, rule: str, until: dt.date) -> None:
        self.state = self.planned_as = "withheld"
        self.rules, self.because, self.at = rule, f"withheld by {rule}", clock(until, 13)

    def awaiting(self) -> None:
        self.state = self.planned_as = "awaiting_approval"
        self.approval, self.because = "supervisor", "the ladder asks a supervisor first"

    def row(self) -> list[Any]:
        return [
            *self.fixed,
            self.business_on,
            self.at,
            self.planned_as,
            self.state,
            self.outcome,
            self.because,
            self.rules,
            self.approval,
            self.replied,
        ]


# -- writing -----------------------------------------------------------------------------------------

_STAGING = """
CREATE UNLOGGED TABLE bench_text (person bigint, text bytea, sha text);
CREATE UNLOGGED TABLE bench_change (loan bigint, on_day date, kind text, state text, oldest date, because text, run bigint);
CREATE UNLOGGED TABLE bench_contact (
    person bigint, loan bigint, case_id bigint, instalment bigint, point bigint, channel text, step text, ladder_day int, template text,
    stage text, business_on date, at timestamptz, planned_as text, state text, outcome text, because text, rules text,
    approval text, replied boolean)
"""


def _copy(table: str, rows: Iterable[Iterable[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _write(r: _Rows) -> None:
    """Live rows of a chunk, with the history of those that the import would have written."""
    for model, names, rows in (
        (DataKey, "id kind wrapped created_at", r.keys),
        (
            Person,
            "key source_ref name language country region zones preferred_channel group stop_seq generated",
            r.people,
        ),
        (ContactPoint, "id person kind value place provenance employer_forbids preference generated state", r.points),
        (BorrowerState, "person name contact_point channels from_at known_at source", r.states),
        (StatedHours, "person kind days from_clock to_clock to_inclusive holidays channels places known_at", r.hours),
        (
            Loan,
            "id number lender debtor group product debt_kind agreement_kind lender_type collector_role contract_law currency principal "
            "apr_ppm contract_on paid_out_on instalment tolerance oldest_open_due_on due_day allocation state generated row_digest",
            r.loans,
        ),
        (LoanParty, "loan person role liability_in_force", [(x[0], x[3], "debtor", True) for x in r.loans]),
        (LenderShare, "loan lender parts_per_million", [(x[0], x[2], 1_000_000) for x in r.loans]),
        (Instalment, "id loan sequence due_on contract_due_on currency amount paid", r.instalments),
        (
            Payment,
            "id loan currency amount value_on received_at method source reference booked_on unallocated state",
            r.payments,
        ),
        (Allocation, "payment loan instalment currency amount on", r.allocations),
        (
            Case,
            "id loan debtor group episode started_on anchor_due_on counts_from_on stopped_days anchor_count contacts_held_until "
            "clock_held_until fees_held_until legal_held_until ladder ladder_because stage stage_on stage_step closed_on closed_reason",
            r.cases,
        ),
    ):
        bulk.insert_rows(model, names.split(), rows)
    _copy("bench_text", r.texts)
    _copy("bench_change", r.changes)
    _copy("bench_contact", r.contacts)


def _insert(table: str, values: Mapping[str, str], source: str) -> None:
    names = ", ".join(bulk.quoted(c) for c in values)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {bulk.quoted(table)} ({names}) SELECT {', '.join(values.values())} {source}")


def _past(model: Any, source: str, kind: str, by: Any, because: str, at: str, run: str = "NULL", **was: str) -> None:
    """History rows of a kind: the live row `x` with the columns as they were then; all are SQL expressions."""
    meta = history.history_of(model)._meta
    values = {h: was.get(live, f"x.{bulk.quoted(live)}") for live, h in history.tracked_columns(model)}
    values |= {
        "history_date": at,
        "history_type": f"'{kind}'",
        "history_change_reason": because,
        "history_user_id": str(by.pk),
        "history_run_id": f"CAST({run} AS bigint)",
    }
    _insert(meta.db_table, values, f"FROM {bulk.quoted(model._meta.db_table)} x {source}")


def _run(on: str) -> str:
    return f"CASE WHEN {on} BETWEEN DATE '{FIRST}' AND DATE '{ON - day(1)}' THEN {on} - DATE '{FIRST}' + 1 END"


def _write_past_of_loans(importer: Any, machine: Any) -> None:
    began = f"TIMESTAMPTZ '{FIRST} 00:00Z'"
    for model in (Person, ContactPoint, LoanParty, LenderShare, Instalment, Payment):
        pk = bulk.quoted(model._meta.pk.column)
        _past(model, f"ORDER BY x.{pk}", "+", importer, "'imported from book'", began)
    for kind, by in (("+", importer), ("~", machine)):
        _past(
            Loan,
            f"JOIN bench_change s ON s.loan = x.id WHERE s.kind = '{kind}' ORDER BY s.on_day, x.id",
            kind,
            by,
            "s.because",
            "s.on_day + TIME '02:05' AT TIME ZONE 'UTC'",
            "s.run",
            state="s.state",
            oldest_open_due_on="s.oldest",
        )
    opened = {
        "stage": "'early'",
        "stage_on": "x.started_on",
        "stage_step": "''",
        "closed_on": "NULL::date",
        "closed_reason": "''",
    }
    _past(
        Case,
        "ORDER BY x.id",
        "+",
        machine,
        "'an instalment was not paid'",
        "x.started_on + TIME '02:05' AT TIME ZONE 'UTC'",
        _run("x.started_on"),
        **opened,
    )
    for stage, first in (("mid", 4), ("late", 6)):
        on = f"(x.counts_from_on + {first})"
        reached = f"WHERE COALESCE(x.closed_on, DATE '{ON}') > {on} ORDER BY {on}, x.id"
        _past(
            Case,
            reached,
            "~",
            machine,
            f"'day {first} or later of six-day'",
            f"{on} + TIME '02:05' AT TIME ZONE 'UTC'",
            _run(on),
            **{**opened, "stage": f"'{stage}'", "stage_on": on, "stage_step": f"'six-day:{stage}'"},
        )
    _past(
        Case,
        "WHERE x.stage = 'closed' ORDER BY x.closed_on, x.id",
        "~",
        machine,
        "'nothing is overdue any more'",
        "x.closed_on + TIME '02:05' AT TIME ZONE 'UTC'",
        _run("x.closed_on"),
    )


def _write_contacts(machine: Any, dispatch: Any, receipts: Any, people: tuple[Any, Any], sheet: FactSheet) -> None:
    """Contacts in the order of their days, what they cover, judgements, clearances, events and history."""
    collector, supervisor = people
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE bench_life AS SELECT row_number() OVER (ORDER BY business_on, loan, ladder_day, channel) AS id, * "
            "FROM bench_contact"
        )
        cursor.execute("CREATE INDEX ON bench_life (id)")
        cursor.execute("CREATE INDEX ON bench_text (person)")
        cursor.execute("ANALYZE bench_life")
        cursor.execute("ANALYZE bench_text")
    left = "s.state IN ('delivered', 'completed')"
    sent, by_hand = "s.state = 'delivered'", "s.state = 'completed'"
    text = f"CASE WHEN {sent} THEN"
    _insert(
        Contact._meta.db_table,
        {
            "id": "s.id",
            "person_id": "s.person",
            "group": "s.person",
            "party": "'debtor'",
            "contact_point_id": "s.point",
            "case_id": "s.case_id",
            "channel": "s.channel",
            "direction": "'out'",
            "purpose": "'collect'",
            "step": "s.step",
            "occurrence": "s.ladder_day",
            "attempt": "0",
            "template": "s.template",
            "language": "'en'",
            "business_on": "s.business_on",
            "ladder_day": "s.ladder_day",
            "stage": "s.stage",
            "not_before": "s.at",
            "needs_approval": "s.approval",
            "requested_by_id": f"CASE WHEN s.approval <> '' THEN {machine.pk} END",
            "approved_by_id": f"CASE WHEN s.approval <> '' AND {left} THEN {supervisor.pk} END",
            "approved_because": f"CASE WHEN s.approval <> '' AND {left} THEN 'seen' ELSE '' END",
            "agent_id": f"CASE WHEN {by_hand} THEN {collector.pk} END",
            "clearance_id": f"CASE WHEN {left} THEN s.id END",
            "claim_stop_seq": f"{text} 0 END",
            "claimed_at": f"CASE WHEN {left} THEN s.at END",
            "attempted_at": f"{text} s.at END",
            "sent_at": f"{text} s.at + INTERVAL '2 seconds' END",
            "settled_at": f"CASE WHEN {left} THEN s.at + INTERVAL '1 hour' END",
            "text_sha256": f"{text} t.sha ELSE '' END",
            "text": f"{text} t.text END",
            "external_ref": f"{text} 'G-' || s.id ELSE '' END",
            "failure": "''",
            "outcome": "s.outcome",
            "state_because": "s.because",
            "withheld_by": "s.rules",
            "state": "s.state",
        },
        "FROM bench_life s JOIN bench_text t ON t.person = s.person ORDER BY s.id",
    )
    _insert(
        ContactCase._meta.db_table,
        {
            "contact_id": "s.id",
            "case_id": "s.case_id",
            "instalment_id": "s.instalment",
            "loan_id": "s.loan",
            "step": "s.step",
            "occurrence": "s.ladder_day",
            "attempt": "0",
        },
        "FROM bench_life s ORDER BY s.id",
    )
    run = _run("s.business_on")
    common = {"contact_id": "s.id", "facts_id": str(sheet.pk), "run_id": "NULL::bigint", "asked_by_id": str(machine.pk)}
    _insert(
        Judgement._meta.db_table,
        {
            **common,
            "phase": "'plan'",
            "at": "s.business_on + TIME '12:00' AT TIME ZONE 'UTC'",
            "verdict": "CASE WHEN s.rules <> '' THEN 'deny' ELSE 'allow' END",
            "by": "s.rules",
            "next_allowed_at": "s.at",
            "run_id": f"CAST({run} AS bigint)",
        },
        "FROM bench_life s ORDER BY s.id",
    )
    serial = f"nextval(pg_get_serial_sequence('{bulk.quoted(Judgement._meta.db_table)}', 'id'))"
    _insert(
        Judgement._meta.db_table,
        {
            "id": "s.permit",
            "permit": "s.permit",
            **common,
            "asked_by_id": str(dispatch.pk),
            "phase": "'send'",
            "at": "s.at",
            "verdict": "'allow'",
            "by": "''",
            "next_allowed_at": "s.at",
        },
        f"FROM (SELECT s.*, {serial} AS permit FROM (SELECT * FROM bench_life s WHERE {left} ORDER BY s.id) s) s",
    )
    _insert(
        Clearance._meta.db_table,
        {"contact_id": "x.contact_id", "judgement_id": "x.permit", "expires_at": "x.at + INTERVAL '60 seconds'"},
        f"FROM {bulk.quoted(Judgement._meta.db_table)} x WHERE x.permit IS NOT NULL ORDER BY x.id",
    )
    _write_events(left)
    planned_at, waiting = (
        "s.business_on + TIME '02:06' AT TIME ZONE 'UTC'",
        ("planned", "withheld", "awaiting_approval"),
    )
    inside = {
        "clearance_id": "NULL::bigint",
        "claim_stop_seq": "NULL::int",
        "claimed_at": "NULL::timestamptz",
        "sent_at": "NULL::timestamptz",
        "settled_at": "NULL::timestamptz",
        "text": "NULL::bytea",
        "text_sha256": "''",
        "external_ref": "''",
        "outcome": "''",
        "agent_id": "NULL::int",
    }
    unapproved = {"approved_by_id": "NULL::int", "approved_because": "''"}
    unsettled = {"settled_at": "NULL::timestamptz", "outcome": "''"}
    unsent = {**unsettled, "sent_at": "NULL::timestamptz", "external_ref": "''"}
    join = "JOIN bench_life s ON s.id = x.id"
    for where, kind, by, because, at, was in (
        ("TRUE", "+", machine, "planned by the ladder", planned_at, {**inside, **unapproved, "state": "s.planned_as", "state_because": "CASE WHEN s.planned_as = s.state THEN s.because ELSE '' END"}),
        (f"s.approval <> '' AND {left}", "~", supervisor, "seen", "s.at - INTERVAL '1 hour'", {**inside, "state": "'planned'"}),
        (sent, "~", dispatch, "cleared", "s.at", {**unsent, "state": "'sending'"}),
        (sent, "~", dispatch, "accepted by the channel", "s.at + INTERVAL '2 seconds'", {**unsettled, "state": "'sent'"}),
        (sent, "~", receipts, "proof of delivery came in", "s.at + INTERVAL '1 hour'", {}),
        (by_hand, "~", collector, "revealed", "s.at", {**unsettled, "state": "'revealed'"}),
        (by_hand, "~", collector, "logged", "s.at + INTERVAL '1 hour'", {}),
        (f"s.state NOT IN {waiting} AND NOT {left}", "~", machine, "outlived", "s.business_on + 1 + TIME '02:06' AT TIME ZONE 'UTC'", {}),
    ):  # fmt: skip
        ran = run if kind == "+" else "NULL"
        _past(Contact, f"{join} WHERE {where} ORDER BY x.id", kind, by, f"'{because}'", at, ran, **was)


def _write_events(left: str) -> None:
    kinds = (
        "SELECT s.*, CASE s.channel WHEN 'voice' THEN 'call_placed' WHEN 'visit' THEN 'visit_made' ELSE s.channel || '_sent' END AS kind, "
        f"s.at AS when_at, 'house' AS told_by FROM bench_life s WHERE {left} "
        "UNION ALL SELECT s.*, CASE s.outcome WHEN 'spoke' THEN 'conversation' ELSE 'call_unanswered' END, s.at + INTERVAL '1 minute', 'house' "
        "FROM bench_life s WHERE s.state = 'completed' AND s.channel = 'voice' "
        "UNION ALL SELECT s.*, 'asked_back', s.at + INTERVAL '2 hours', 'gateway' FROM bench_life s WHERE s.replied"
    )
    reply = "s.told_by = 'gateway'"
    _insert(
        ContactEvent._meta.db_table,
        {
            "kind": "s.kind",
            "at": "s.when_at",
            "known_at": "s.when_at",
            "person_id": "s.person",
            "party": "'debtor'",
            "contact_point_id": "s.point",
            "channel": "s.channel",
            "direction": f"CASE WHEN {reply} THEN 'in' ELSE 'out' END",
            "purpose": "'collect'",
            "place": "CASE WHEN s.channel IN ('letter', 'visit') THEN 'home' ELSE 'own_phone' END",
            "creditor_group": "'house'",
            "by": "s.told_by",
            "flags": "'[]'::jsonb",
            "contact_id": "s.id",
            "external_ref": f"CASE WHEN {reply} THEN 'R-' || s.id ELSE '' END",
        },
        f"FROM ({kinds}) s ORDER BY s.when_at, s.id",
    )
    _insert(
        EventDebt._meta.db_table,
        {"event_id": "e.id", "loan_id": "s.loan"},
        f"FROM {bulk.quoted(ContactEvent._meta.db_table)} e JOIN bench_life s ON s.id = e.contact_id ORDER BY e.id",
    )
    with connection.cursor() as cursor:  # what came in is of no contact of ours
        cursor.execute(
            f"UPDATE {bulk.quoted(ContactEvent._meta.db_table)} SET contact_id = NULL WHERE direction = 'in'"
        )


def _write_runs() -> None:
    bulk.insert_rows(
        DailyRun,
        ("date", "opened_at", "closed_at", "started_by", "newest", "result", "state"),
        [
            (
                FIRST + day(n),
                clock(FIRST + day(n), 2, 5),
                clock(FIRST + day(n), 2, 9),
                "daily-run",
                True,
                "{}",
                "closed",
            )
            for n in range(HISTORY_DAYS)
        ],
    )


def _settle_sequences(cursor: Any) -> None:
    for model in (DataKey, ContactPoint, Loan, Instalment, Payment, Case, Contact):
        table = bulk.quoted(model._meta.db_table)
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")


def build(loans: int) -> dict[str, int]:
    """Fill the migrated and empty database of this process; gives the rows of the larger tables."""
    from django.contrib.auth import get_user_model

    assert not Loan.objects.exists(), "the book is built in an empty database"
    for path in loader.shipped_files():
        loader.load(path)
    policies = PolicyVersion.objects.values_list("ident", flat=True)
    assert {"us-fed-regf", "house-six-day", "six-day"} <= set(policies), sorted(policies)
    machine, importer, dispatch, receipts = (
        actors.machine(n) for n in (actors.RUN, actors.IMPORT, actors.DISPATCH, actors.RECEIPTS)
    )
    users = get_user_model().objects
    people = users.create(username="collector", password="!"), users.create(username="supervisor", password="!")
    history.create_by(Lender, by=importer, because="imported from book", name="Blue Heron Lending")
    sheet = FactSheet.objects.create(
        digest=hashlib.sha256(b"book").hexdigest(), content={"made": "by the book of the benchmark"}
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_STAGING)
        _write_runs()
        writer, made = _Writer(), 0
        while made < loans:
            for _ in islice(count(), CHUNK):
                if made >= loans:
                    break
                made += writer.borrower(loans - made)
            _write(writer.rows)
            writer.rows = _Rows()
        _write_past_of_loans(importer, machine)
        _write_contacts(machine, dispatch, receipts, people, sheet)
        cursor.execute("DROP TABLE bench_text, bench_change, bench_contact, bench_life")
        _settle_sequences(cursor)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    counted = (
        Person,
        Loan,
        Case,
        Contact,
        Judgement,
        ContactEvent,
        Payment,
        history.history_of(Contact),
        history.history_of(Loan),
    )
    return {m._meta.model_name: m._base_manager.count() for m in counted}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    print(json.dumps(build(int(sys.argv[1]))))
