"""Cases: opened when a loan falls behind, moved along the ladder, anchored anew when money comes, closed when it is enough."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q

from collections_app.kernel import bulk, fsm, history
from collections_app.kernel.errors import DomainError
from collections_app.models import NEVER, Case, Loan
from collections_app.policy.in_force import Policies
from collections_app.policy.schema import Ladder

from . import contract_paper


def _in(window: tuple[int, int], field: str = "loan_id") -> dict[str, int]:
    return {f"{field}__gte": window[0], f"{field}__lte": window[1]}


def open_cases(
    window: tuple[int, int], *, on: dt.date, by: Any, run: Any, policies: Policies
) -> tuple[int, dict[int, str]]:
    """Open a case for every loan of a window of loan ids that is past due and has none.

    Gives how many were opened, and the loans that no ladder takes, with the reason (they are set aside).
    """
    due = (
        Loan.objects.past_due(on)
        .filter(**_in(window, "id"))
        .filter(~Exists(Case.objects.filter(loan=OuterRef("pk")).exclude(stage=Case.Stage.CLOSED)))
    )
    rows = list(due.order_by("id").values_list("id", "debtor_id", "group", "product", "law_on", "oldest_open_due_on"))
    if not rows:
        return 0, {}
    earlier = dict(
        Case.objects.filter(loan__any_of=[r[0] for r in rows])
        .values("loan_id")
        .annotate(n=Max("episode"))
        .values_list("loan_id", "n")
    )
    aside: dict[int, str] = {}
    fresh = []
    for loan_id, debtor_id, group, product, law_on, oldest in rows:
        ladder = policies.ladder_for(product, law_on or on)
        if ladder is None:
            aside[loan_id] = (
                f"No ladder in force on {law_on or on} takes the product “{product}”: load one or widen its applies_when."
            )
            continue
        fresh.append(
            (
                loan_id,
                debtor_id,
                group,
                earlier.get(loan_id, 0) + 1,
                on,
                oldest,
                oldest,
                0,
                0,
                NEVER,
                NEVER,
                NEVER,
                NEVER,
                ladder.id,
                f"product {product}, segment standard",
                Case.Stage.EARLY.value,
                on,
                "",
                "",
            )
        )
    ids = bulk.reserve_ids(Case, len(fresh))
    bulk.insert_rows(
        Case,
        (
            "id",
            "loan",
            "debtor",
            "group",
            "episode",
            "started_on",
            "anchor_due_on",
            "counts_from_on",
            "stopped_days",
            "anchor_count",
            "contacts_held_until",
            "clock_held_until",
            "fees_held_until",
            "legal_held_until",
            "ladder",
            "ladder_because",
            "stage",
            "stage_on",
            "stage_step",
            "closed_reason",
        ),
        ((pk, *row) for pk, row in zip(ids, fresh, strict=True)),
    )
    history.record(Case, ids, kind="+", by=by, because="an instalment was not paid", run=run)
    fsm.advance_set(
        Loan.objects.filter(pk__any_of=[r[0] for r in fresh]),
        "fall_past_due",
        by=by,
        because="an instalment was not paid",
        run=run,
    )
    return len(ids), aside


_CLOSES = {
    Loan.State.PAID_OFF: Case.Closed.PAID_OFF,
    Loan.State.SETTLED: Case.Closed.SETTLED,
    Loan.State.RESTRUCTURED: Case.Closed.RESTRUCTURED,
    Loan.State.WRITTEN_OFF: Case.Closed.WRITTEN_OFF,
    Loan.State.SOLD: Case.Closed.SOLD,
}


def close_cured(window: tuple[int, int], *, on: dt.date, by: Any, run: Any) -> Counter[str]:
    """Close what money or an ended loan has settled. Gives counts by stage left and reason: "early→closed" …"""
    moved: Counter[str] = Counter()
    first, last = window
    settled = Q(state__in=Loan.LIVE) & (Q(oldest_open_due_on=None) | Q(oldest_open_due_on__gte=on))
    ended: dict[str, list[tuple[int, int]]] = defaultdict(list)
    # The range is said of both tables, so that neither is looked through whole.
    for case, loan, stage, state in (
        Loan.objects.filter(
            settled | Q(state__in=_CLOSES), pk__gte=first, pk__lte=last,
            cases__stage__in=Case.OPEN, cases__loan__gte=first, cases__loan__lte=last,
        )
        .order_by("cases__pk")
        .values_list("cases__pk", "pk", "cases__stage", "state")
    ):  # fmt: skip
        ended[state if state in _CLOSES else ""].append((case, loan))
        moved[f"{stage}→closed"] += 1
    for state, reason in _CLOSES.items():
        if ended[state]:
            fsm.advance_set(
                Case.objects.filter(pk__any_of=[case for case, _ in ended[state]]),
                "close_with_loan",
                by=by,
                run=run,
                because=f"the loan is {Loan.State(state).label.lower()}",
                on=on,
                reason=reason.value,
            )
    if cured := ended[""]:
        because = "nothing is overdue any more"
        fsm.advance_set(
            Case.objects.filter(pk__any_of=[case for case, _ in cured]), "cure", by=by, run=run, because=because, on=on
        )
        fsm.advance_set(
            Loan.objects.filter(pk__any_of=[loan for _, loan in cured]), "come_current", by=by, run=run, because=because
        )
    return moved


def re_anchor(window: tuple[int, int], *, on: dt.date, by: Any, run: Any) -> int:
    """Count the days of open cases from the instalment that is now the oldest open one (ladder: part_payment = re_anchors).

    A later anchor moves the case back, an earlier one (a reversed payment) forward; the stage follows in the ladder step.
    """
    q = bulk.quoted
    case, loan = q(Case._meta.db_table), q(Loan._meta.db_table)
    if connection.vendor == "postgresql":
        counts = "l.oldest_open_due_on + c.stopped_days"
    else:
        counts = "date(l.oldest_open_due_on, '+' || c.stopped_days || ' days')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {case} SET anchor_due_on = s.oldest, counts_from_on = s.counts,
                anchor_count = anchor_count + 1
            FROM (SELECT c.id, l.oldest_open_due_on AS oldest, {counts} AS counts
                  FROM {case} c JOIN {loan} l ON l.id = c.loan_id
                  WHERE c.stage <> 'closed' AND c.loan_id BETWEEN %s AND %s AND l.state IN ('active', 'past_due')
                    AND l.oldest_open_due_on < %s AND l.oldest_open_due_on <> c.anchor_due_on) s
            WHERE {case}.id = s.id RETURNING {case}.id
            """,
            [*window, on],
        )
        changed = sorted(row[0] for row in cursor.fetchall())
    history.record(
        Case,
        changed,
        kind="~",
        by=by,
        because="the oldest open instalment is another one: days are counted from it",
        run=run,
    )
    return len(changed)


def climb(window: tuple[int, int], *, on: dt.date, by: Any, run: Any, policies: Policies) -> Counter[str]:
    """Move the cases of a window to the stage of their ladder day, the most severe first; back where the anchor moved.

    Boundaries are the ladder's data, the graph is the model's. Cases whose clock is stopped stay where they are.
    """
    moved: Counter[str] = Counter()
    base = Case.objects.on_ladder().clock_running(on).filter(**_in(window))
    for policy_id in _ladders_used(window):
        ladder = policies.ladder(policy_id)
        mine = base.filter(ladder_id=policy_id)
        going: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for pk, stage, day in _out_of_place(mine, _first_days(ladder), on):
            going[_STAGE_MOVES[stage, day]].append((pk, stage))
        for (name, target), those in going.items():
            back = name.startswith("step_back")
            fsm.advance_set(
                Case.objects.filter(pk__any_of=[pk for pk, _ in those]),
                name,
                by=by,
                run=run,
                on=on,
                step=f"{ladder.id}:{target}",
                because="the days are counted from a later instalment now"
                if back
                else f"day {_first_days(ladder).get(target, 1)} or later of {ladder.id}",
            )
            moved.update(f"{stage}→{target}" for _, stage in those)
        for exit_ in ladder.exits:
            if exit_.to == "write_off_review":
                _mark_for_write_off_review(mine.due_for(exit_.from_day, on), on, by, run, exit_.from_day)
    return moved


def _mark_for_write_off_review(cases: Any, on: dt.date, by: Any, run: Any, from_day: int) -> None:
    pks = list(cases.filter(write_off_review_on=None).order_by("pk").values_list("pk", flat=True))
    if pks:
        Case.objects.filter(pk__any_of=pks).update(write_off_review_on=on)
        history.record(
            Case, pks, kind="~", by=by, run=run, because=f"day {from_day}: a supervisor reviews whether to write off"
        )


# What takes a case from the stage it is in to the one of its day, in the order in which a day takes them.
_STAGE_MOVES = {
    ("early", "late"): ("to_late", "late"),
    ("mid", "late"): ("to_late", "late"),
    ("early", "mid"): ("to_mid", "mid"),
    ("late", "mid"): ("step_back_to_mid", "mid"),
    ("mid", "early"): ("step_back_to_early", "early"),
    ("late", "early"): ("step_back_to_early", "early"),
}


def _out_of_place(cases: Any, first: dict[str, int], on: dt.date) -> list[tuple[int, str, str]]:
    """Cases whose stage is not that of their day: (id, stage, stage of the day), the most severe first."""
    since = {stage: on - dt.timedelta(days=day) for stage, day in first.items()}
    wrong = (
        Q(stage__in=["early", "mid"], counts_from_on__lte=since["late"])
        | Q(stage__in=["early", "late"], counts_from_on__lte=since["mid"], counts_from_on__gt=since["late"])
        | Q(stage__in=["mid", "late"], counts_from_on__gt=since["mid"])
    )
    found = [
        (pk, stage, next((s for s in ("late", "mid") if counted <= since[s]), "early"))
        for pk, stage, counted in cases.filter(wrong).order_by("pk").values_list("pk", "stage", "counts_from_on")
    ]
    order = list(dict.fromkeys(_STAGE_MOVES.values()))
    return sorted(found, key=lambda x: order.index(_STAGE_MOVES[x[1], x[2]]))


def _ladders_used(window: tuple[int, int]) -> list[int]:
    return sorted(
        Case.objects.on_ladder().filter(**_in(window)).order_by().values_list("ladder_id", flat=True).distinct()
    )


def _first_days(ladder: Ladder) -> dict[str, int]:
    """First day of each stage; a stage that a ladder leaves out begins where the next one does."""
    days = {band.name: band.from_day for band in ladder.stages}
    never = 100_000
    days.setdefault("late", never)
    days.setdefault("mid", days["late"])
    return days


def refer_to_legal(case: Case, *, on: dt.date, by: Any, because: str, policies: Policies) -> Case:
    """A supervisor refers a case; the ladder's exit says from which day, the guards say what is missing."""
    ladder = policies.ladder(case.ladder_id)
    exits = [e for e in ladder.exits if e.to == "legal"]
    if not exits:
        raise DomainError("no_legal_exit", f"The ladder {ladder.id} has no exit to the legal department.", case=case.pk)
    referred = fsm.apply(case, "refer_to_legal", by=by, because=because, on=on, from_day=exits[0].from_day)
    contract_paper.stand_in(case.loan, at=dt.datetime.combine(on, dt.time(12), tzinfo=dt.UTC))
    return referred
