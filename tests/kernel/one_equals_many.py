"""How generated objects are taken through a bulk transition one by one and as a set, and what must come out the same.

Each bulk transition has a builder here: how its rows are made (states, columns, guard conditions) and which arguments
its stamps take. A batch of cases is built once, with few statements; each way of writing is run on it from the same
savepoint, and the raw rows of the table and of its history are compared, all columns but history's own id and instant.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from hypothesis import strategies as st

from collections_app.kernel import actors, bulk, fsm, keys
from collections_app.kernel.errors import Refused
from collections_app.kernel.money import Minor
from collections_app.kernel.personal import Sealed
from collections_app.models import (
    Case,
    Clearance,
    Contact,
    DailyRun,
    FactSheet,
    Hold,
    Judgement,
    Loan,
    Person,
    Promise,
)
from tests.factories.loans import a_lender
from tests.factories.policy import a_ladder, a_run

APPS = ("collections_app", "legal")
BATCH, BATCHES = 24, 21  # 504 cases a transition
ROWS_EVERY = 4  # a set whose rows share their arguments goes through advance_rows in each fourth case

DAYS = [dt.date(2026, 3, 16) + dt.timedelta(days=n) for n in (-400, -6, -1, 0, 1, 40)] + [dt.date(9999, 12, 31)]
INSTANTS = [dt.datetime(2026, 3, 16, 8, 0, n, 123456, tzinfo=dt.UTC) for n in range(4)]
TEXTS = ["", "x", "it's 100 % “paid”", "逾期", "long " * 39]
REASONS = ["due", "100 % 'quoted' \\ %s", "第六天", "why " * 60]
Draw = Callable[[st.SearchStrategy[Any]], Any]


def one_of(draw: Draw, values: Sequence[Any]) -> Any:
    return draw(st.sampled_from(values))


@dataclass
class World:
    """What the generated rows point at, built once for a test."""

    loans: list[Loan]
    cases: list[Case]
    users: list[Any]
    machine: Any
    runs: list[DailyRun | None]
    ladder: Any
    lender: Any
    facts: FactSheet


def build_world(size: int) -> World:
    """`size` persons, each with a loan and a case on it (tables without history of their own building)."""
    machine = actors.machine(actors.RUN)
    users = get_user_model().objects.bulk_create(get_user_model()(username=f"person-{n}") for n in range(3))
    lender, ladder = a_lender(), a_ladder()
    people = Person.objects.bulk_create(
        Person(key=key, name=Sealed(b"sealed name"), group=key.pk) for key in keys.new_keys("person", size)
    )
    money = {"principal": Minor(60_000), "instalment": Minor(10_000), "tolerance": Minor(500)}
    loans = Loan.objects.bulk_create(
        Loan(number=f"W-{n}", lender=lender, debtor=p, group=p.group, currency="USD", **money)
        for n, p in enumerate(people)
    )
    cases = Case.objects.bulk_create(
        Case(
            loan=loan, debtor=loan.debtor, group=loan.group, started_on=DAYS[0], anchor_due_on=DAYS[0],
            counts_from_on=DAYS[0], stage_on=DAYS[0], ladder=ladder,
        )
        for loan in loans
    )  # fmt: skip
    facts = FactSheet.objects.create(digest="0" * 64, content={})
    return World(loans, cases, users, machine, [None, a_run(DAYS[3])], ladder, lender, facts)


@dataclass(frozen=True)
class Builder:
    """How rows of one transition are made, and the strategy of each argument that its stamps and guards take.

    `own`: arguments that each row has of its own (a clearance); such a set can only be written by `advance_rows`, and
    `advance_set` is asked for one row at a time.
    """

    rows: Callable[[Draw, World, Sequence[Any], int], list[models.Model]]
    arguments: dict[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    own: Callable[[models.Model], dict[str, Any]] | None = None


def state_for(draw: Draw, d: fsm.Declared, states: Sequence[str]) -> str:
    """A state: half of the time one that the transition starts from, else another."""
    return one_of(draw, d.sources if draw(st.booleans()) else sorted(set(states) - set(d.sources)))


def loan_rows(draw: Draw, world: World, d: Any, size: int) -> list[models.Model]:
    rows: list[models.Model] = []
    for n in range(size):
        rows.append(
            Loan(
                lender=world.lender, debtor=world.loans[n].debtor, group=world.loans[n].group,
                currency=one_of(draw, ["USD", "JPY", "KWD"]), principal=Minor(one_of(draw, [0, 1, 10**16])),
                instalment=Minor(10_000), tolerance=Minor(one_of(draw, [0, 500])),
                oldest_open_due_on=one_of(draw, [None, *DAYS]), state=state_for(draw, d, Loan.State.values),
                ended_on=one_of(draw, [None, DAYS[0]]), law_on=one_of(draw, [None, DAYS[2]]),
                product=one_of(draw, ["personal_loan", "100 % 逾期"]),
            )
        )  # fmt: skip
    return rows


def case_rows(draw: Draw, world: World, d: Any, size: int) -> list[models.Model]:
    rows: list[models.Model] = []
    for n in range(size):
        stage = state_for(draw, d, Case.Stage.values)
        closed = stage == "closed"
        rows.append(
            Case(
                loan=world.loans[n], debtor=world.loans[n].debtor, group=world.loans[n].group, episode=2,
                started_on=DAYS[1], anchor_due_on=DAYS[1], counts_from_on=one_of(draw, DAYS), ladder=world.ladder,
                stopped_days=one_of(draw, [0, 3]), contacts_held_until=one_of(draw, DAYS),
                legal_held_until=one_of(draw, DAYS), owner=one_of(draw, [None, *world.users]), stage=stage,
                stage_on=one_of(draw, DAYS), stage_step=one_of(draw, ["", "mid"]),
                write_off_review_on=one_of(draw, [None, DAYS[3]]), closed_on=DAYS[2] if closed else None,
                closed_reason=one_of(draw, Case.Closed.values) if closed else "",
            )
        )  # fmt: skip
    return rows


def hold_rows(draw: Draw, world: World, d: Any, size: int) -> list[models.Model]:
    rows: list[models.Model] = []
    for n in range(size):
        rows.append(
            Hold(
                case=world.cases[n], person=world.cases[n].debtor, reason=one_of(draw, Hold.Reason.values),
                evidence=one_of(draw, [None, Sealed(b"\x00ciphertext\xff")]), from_on=DAYS[1],
                until_on=one_of(draw, [None, DAYS[2], DAYS[3]]), stops_clock=draw(st.booleans()),
                stops_legal=draw(st.booleans()), clock_counted=draw(st.booleans()), requested_by=world.users[0],
                approved_by=one_of(draw, [None, world.users[1]]), state=state_for(draw, d, Hold.State.values),
            )
        )  # fmt: skip
    return rows


def promise_rows(draw: Draw, world: World, d: Any, size: int) -> list[models.Model]:
    rows: list[models.Model] = []
    for n in range(size):
        rows.append(
            Promise(
                case=world.cases[n], person=world.cases[n].debtor, made_on=DAYS[1], due_on=one_of(draw, DAYS),
                currency=one_of(draw, ["USD", "JPY", "KWD"]), amount=Minor(one_of(draw, [1, 12_345])),
                method=one_of(draw, ["", "bank"]), settled_on=one_of(draw, [None, DAYS[2]]),
                state=state_for(draw, d, Promise.State.values),
            )
        )  # fmt: skip
    return rows


def contact_rows(draw: Draw, world: World, d: Any, size: int) -> list[models.Model]:
    rows: list[models.Model] = []
    for n in range(size):
        rows.append(
            Contact(
                person=world.cases[n].debtor, group=world.cases[n].group, case=one_of(draw, [None, world.cases[n]]),
                channel=one_of(draw, ["sms", "letter", "voice"]), business_on=DAYS[3], not_before=one_of(draw, INSTANTS),
                needs_approval=one_of(draw, ["", "supervisor"]), approved_by=one_of(draw, [None, world.users[0]]),
                requested_by=one_of(draw, [None, world.users[1]]), agent=one_of(draw, [None, world.users[2]]),
                text_sha256="ab" * 32, text=one_of(draw, [None, Sealed(b"\x01text\xfe")]),
                claimed_at=one_of(draw, [None, INSTANTS[0]]), attempted_at=one_of(draw, [None, INSTANTS[1]]),
                failure=one_of(draw, TEXTS), withheld_by=one_of(draw, ["", "quiet_hours US-1"]),
                ladder_day=one_of(draw, [None, 6]), state=state_for(draw, d, Contact.State.values),
            )
        )  # fmt: skip
    return rows


def save_contacts(world: World, contacts: list[Contact]) -> None:
    """With a clearance for each: whoever is outside points at it, whoever is inside may be claimed with it."""
    for contact, pk in zip(contacts, bulk.reserve_ids(Contact, len(contacts)), strict=True):
        contact.pk = pk
    outside = [c for c in contacts if c.state not in Contact.INSIDE]
    for contact in outside:
        contact.clearance_id = contact.pk
    # Keys between the two tables are asked at the end of the transaction, so the contacts may go in first.
    Contact.objects.bulk_create(contacts)
    judged = bulk.reserve_ids(Judgement, len(contacts))
    Judgement.objects.bulk_create(
        Judgement(id=j, permit=j, contact=c, phase="send", verdict="allow", at=INSTANTS[0], facts=world.facts)
        for j, c in zip(judged, contacts, strict=True)
    )
    Clearance.objects.bulk_create(
        Clearance(contact=c, judgement_id=j, expires_at=INSTANTS[3]) for j, c in zip(judged, contacts, strict=True)
    )


def save_rows(world: World, rows: list[models.Model]) -> None:
    if isinstance(rows[0], Contact):
        save_contacts(world, rows)  # type: ignore[arg-type]
        return
    if isinstance(rows[0], Case):  # one open case a loan: those of the world make room
        Case.objects.filter(pk__any_of=[c.pk for c in world.cases])._raw_delete(connection.alias)
    for n, row in enumerate(rows):
        if isinstance(row, Loan):
            row.number = f"G-{n}"
    type(rows[0])._base_manager.bulk_create(rows)


on, at = st.sampled_from(DAYS), st.sampled_from(INSTANTS)
text = st.sampled_from(TEXTS)
_case = {"on": on, "step": st.sampled_from(["", "mid", "a" * 60])}
_why = {"sentence": text, "rules": st.sampled_from(["", "quiet_hours", "US-1 CN-2"])}

_asker = st.builds(lambda: actors.machine(actors.DISPATCH))  # asked of the database when a case is drawn

BUILDERS: dict[str, Builder] = {
    "loan.fall_past_due": Builder(loan_rows),
    "loan.come_current": Builder(loan_rows),
    "loan.pay_off": Builder(loan_rows, {"on": on}),
    "loan.write_off": Builder(loan_rows, {"on": on}),
    "loan.settle": Builder(loan_rows, {"on": on}),
    "loan.restructure": Builder(loan_rows, {"on": on}),
    "loan.sell": Builder(loan_rows, {"on": on}),
    "loan.reopen": Builder(loan_rows),
    "case.to_mid": Builder(case_rows, _case),
    "case.to_late": Builder(case_rows, _case),
    "case.step_back_to_early": Builder(case_rows, _case),
    "case.step_back_to_mid": Builder(case_rows, _case),
    "case.cure": Builder(case_rows, {"on": on}),
    "case.close_with_loan": Builder(case_rows, {"on": on, "reason": st.sampled_from(Case.Closed.values)}),
    "hold.end": Builder(hold_rows),
    "promise.keep": Builder(promise_rows, {"on": on}),
    "promise.break_": Builder(promise_rows, {"on": on}),
    "contact.withhold": Builder(contact_rows, {**_why, "until": at}),
    "contact.ask_approval": Builder(contact_rows, {**_why, "requested_by": _asker}),
    "contact.cancel": Builder(contact_rows, {"sentence": text}),
    "contact.lapse": Builder(contact_rows, {"sentence": text}),
    "contact.claim": Builder(
        contact_rows,
        {
            "at": at, "stop_seq": st.sampled_from([0, 7]), "text_sha256": st.just("cd" * 32), "document_id": st.none(),
            "text": st.sampled_from([None, Sealed(b"\x02another\xfd")]), "language": st.sampled_from(["en", "zh-hant"]),
        },
        own=lambda row: {"clearance_id": row.pk},
    ),
    "contact.release": Builder(contact_rows),
    "contact.mark_sent": Builder(contact_rows, {"at": at, "reference": st.sampled_from(["", "G-1"])}),
    "contact.lose_answer": Builder(contact_rows, {"sentence": text}),
    "contact.fail": Builder(contact_rows, {"at": at, "sentence": text}),
    "contact.mark_delivered": Builder(contact_rows, {"at": at}),
}  # fmt: skip


def bulk_transitions() -> dict[str, fsm.Declared]:
    """Every bulk transition of both apps, by name: `model.transition`."""
    return {
        f"{model._meta.model_name}.{d.name}": d
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        for d in fsm.all_declared(model)
        if d.effects.bulk
    }


@dataclass(frozen=True)
class OneCase:
    """A set of rows, the arguments of the call and of each row, and what history shall tell."""

    rows: list[models.Model]
    shared: dict[str, Any]
    run: DailyRun | None
    because: str


def draw_batch(draw: Draw, world: World, d: fsm.Declared, builder: Builder) -> list[OneCase]:
    sizes = draw(st.lists(st.sampled_from([1, 1, 1, 2, 2, 6]), min_size=BATCH, max_size=BATCH))
    rows = builder.rows(draw, world, d, sum(sizes))
    cases = []
    for size in sizes:
        shared = {name: draw(strategy) for name, strategy in builder.arguments.items()}
        cases.append(OneCase(rows[:size], shared, one_of(draw, world.runs), one_of(draw, REASONS)))
        rows = rows[size:]
    return cases


Rows = dict[str, list[tuple[Any, ...]]]


def snapshot(model: type[models.Model], pks: list[Any]) -> Rows:
    """The raw rows of the table and of its history, in an order of their own."""
    history = model.history.model  # type: ignore[attr-defined]
    own = ("history_id", "history_date")
    out: Rows = {}
    for name, table, order, ids in (
        ("rows", model, "{pk}", model._meta.pk.column),  # type: ignore[union-attr]
        ("history", history, "{pk}, history_id", model._meta.pk.column),  # type: ignore[union-attr]
    ):
        columns = [f.column for f in table._meta.concrete_fields if f.name not in own]
        quoted = ", ".join(bulk.quoted(c) for c in columns)
        where, parameter = bulk.ids_clause(bulk.quoted(ids), pks)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {quoted} FROM {bulk.quoted(table._meta.db_table)} WHERE {where} "
                f"ORDER BY {order.format(pk=bulk.quoted(ids))}",
                [parameter],
            )
            out[name] = [
                tuple((c, bytes(v) if isinstance(v, memoryview) else v) for c, v in zip(columns, row, strict=True))
                for row in cursor.fetchall()
            ]
    return out


def only(rows: Rows, model: type[models.Model], cases: list[OneCase]) -> Rows:
    """Of a snapshot, what belongs to these cases."""
    pk = model._meta.pk.column  # type: ignore[union-attr]
    wanted = {r.pk for case in cases for r in case.rows}
    return {name: [row for row in table if dict(row)[pk] in wanted] for name, table in rows.items()}


def assert_same(one: Rows, many: Rows) -> None:
    """Both ways wrote the same; else the first row that differs is told, column by column."""
    for name in one:
        for a, b in zip(one[name], many[name], strict=False):
            differs = {c: (v, dict(b)[c]) for c, v in a if dict(b)[c] != v}
            assert not differs, f"{name} of {a[0]}: one by one against as a set: {differs}"
        assert len(one[name]) == len(many[name]), f"{name}: {len(one[name])} one by one, {len(many[name])} as a set"


def arguments_of(builder: Builder, case: OneCase, row: models.Model) -> dict[str, Any]:
    return {**case.shared, **(builder.own(row) if builder.own else {})}


def one_by_one(name: str, builder: Builder, world: World, by: Any, case: OneCase) -> int:
    """`apply`, row after row; the refused ones are skipped."""
    done = 0
    for row in case.rows:
        try:
            fsm.apply(row, name, by=by, because=case.because, run=case.run, **arguments_of(builder, case, row))
            done += 1
        except Refused:
            pass
    return done


def as_a_set(name: str, builder: Builder, world: World, by: Any, case: OneCase) -> int:
    """`advance_set`: the whole set in one call, or a call per row where rows have arguments of their own."""
    model = type(case.rows[0])
    sets = [[row] for row in case.rows] if builder.own else [case.rows]
    return sum(
        fsm.advance_set(
            model._default_manager.filter(pk__any_of=[r.pk for r in rows]), name, by=by, because=case.because,
            run=case.run, **arguments_of(builder, case, rows[0]),
        )
        for rows in sets
    )  # fmt: skip


def as_rows(name: str, builder: Builder, world: World, by: Any, case: OneCase) -> int:
    """`advance_rows`: the whole set in one call, each row with its own arguments."""
    rows = {row.pk: arguments_of(builder, case, row) for row in case.rows}
    return len(fsm.advance_rows(type(case.rows[0]), name, rows, by=by, because=case.because, run=case.run))


@dataclass
class Tally:
    """What was really compared."""

    cases: int = 0
    objects: int = 0
    advanced: int = 0
    refused: int = 0
    by_rows: int = 0


def written(
    writer: Any, name: str, builder: Builder, world: World, by: Any, cases: list[OneCase]
) -> tuple[list[int], Rows]:
    """Run a writer over the cases and undo it; gives how many rows went in each case, and what stood there then."""
    point = transaction.savepoint()
    counts = [writer(name, builder, world, by, case) for case in cases]
    rows = snapshot(type(cases[0].rows[0]), [r.pk for case in cases for r in case.rows])
    transaction.savepoint_rollback(point)
    return counts, rows


def compare(d: fsm.Declared, builder: Builder, *, by: Any = None, prepare: Any = None) -> Tally:
    """Hold the writers of stages together over generated cases of one transition; gives what was compared."""
    world = build_world(6 * BATCH)
    by = by or world.machine
    tally = Tally()

    # A failing batch is not shrunk, which would take minutes: `assert_same` names the row and the columns.
    @hypothesis.settings(max_examples=BATCHES, phases=[hypothesis.Phase.generate], verbosity=hypothesis.Verbosity.quiet)
    @hypothesis.given(st.data())
    def holds(data: Any) -> None:
        cases = draw_batch(data.draw, world, d, builder)
        model = type(cases[0].rows[0])
        outer = transaction.savepoint()
        try:
            save_rows(world, [r for case in cases for r in case.rows])
            if prepare is not None:
                prepare(data.draw, world, [r for case in cases for r in case.rows])
            told, one = written(one_by_one, d.name, builder, world, by, cases)
            counted, many = written(as_a_set, d.name, builder, world, by, cases)
            assert_same(one, many)
            assert counted == told
            some = cases if builder.own else cases[::ROWS_EVERY]
            by_rows, rows = written(as_rows, d.name, builder, world, by, some)
            assert_same(only(one, model, some), rows)
            assert by_rows == (told if builder.own else told[::ROWS_EVERY])
            assert len(one["history"]) == sum(told)
            tally.cases += len(cases)
            tally.objects += len(one["rows"])
            tally.advanced += sum(told)
            tally.refused += len(one["rows"]) - sum(told)
            tally.by_rows += len(some)
        finally:
            transaction.savepoint_rollback(outer)

    holds()
    return tally
