"""Holds: asked for, approved by a second person, in force by their dates, ended by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from collections_app.kernel import bulk, fsm, history
from collections_app.kernel.errors import DomainError
from collections_app.models import NEVER, OPEN_END, Case, Hold, Person

STOPS = ("contacts", "clock", "fees", "legal")


def request_hold(
    case: Case,
    *,
    reason: str,
    from_on: dt.date,
    until_on: dt.date | None,
    by: Any,
    because: str,
    evidence: str | None = None,
    stops: Sequence[str] = ("contacts", "clock", "legal"),
) -> Hold:
    """Ask for a hold; it stops nothing until a second person approves it."""
    if until_on is not None and until_on < from_on:
        raise DomainError(
            "hold_ends_before_it_begins",
            f"A hold from {from_on} cannot end on {until_on}; choose a later last day, or none.",
            case=case.pk,
        )
    if not set(stops) & set(STOPS):
        raise DomainError("hold_stops_nothing", f"Say what the hold stops: {', '.join(STOPS)}.", case=case.pk)
    return history.create_by(
        Hold,
        by=by,
        because=because,
        case=case,
        person_id=case.debtor_id,
        reason=reason,
        from_on=from_on,
        until_on=until_on,
        evidence=evidence,
        requested_by=by,
        **{f"stops_{what}": what in stops for what in STOPS},
    )


@transaction.atomic
def approve_hold(hold: Hold, *, by: Any, because: str) -> Hold:
    """Approve it: in force by its dates at once, and nothing that was claimed before is spoken any more."""
    bump_stop_seq([hold.person_id])
    approved = fsm.apply(hold, "approve", by=by, because=because)
    refresh_held_until([hold.case_id], by=by, because=f"hold approved: {because}")
    return approved


@transaction.atomic
def end_hold(hold: Hold, *, on: dt.date, by: Any, because: str) -> Hold:
    """End it before its date: `on` is its last day."""
    ended = fsm.apply(hold, "end_early", by=by, because=because, until_on=max(on, hold.from_on))
    refresh_held_until([hold.case_id], by=by, because=f"hold ended: {because}")
    return ended


def bump_stop_seq(person_ids: Iterable[int]) -> None:
    """Raise the people's `stop_seq` under their locks, so that a message claimed before is not spoken."""
    ids = sorted(set(person_ids))
    from django.db.models import F

    Person.objects.filter(pk__any_of=ids).update(stop_seq=F("stop_seq") + 1)


def refresh_held_until(case_ids: Sequence[int], *, by: Any, because: str, run: Any = None) -> int:
    """Compute the four `…_held_until` of these cases: the latest end of the holds that stop each thing.

    The one service that writes them. An open end is 9999-12-31, nothing held is 0001-01-01. Gives how many changed.
    """
    latest: dict[int, dict[str, dt.date]] = {pk: dict.fromkeys(STOPS, NEVER) for pk in case_ids}
    for h in Hold.objects.filter(case__any_of=list(case_ids), state__in=[Hold.State.ACTIVE, Hold.State.ENDED]):
        end = h.until_on or OPEN_END
        for what in STOPS:
            if getattr(h, f"stops_{what}"):
                latest[h.case_id][what] = max(latest[h.case_id][what], end)
    changed = []
    for case in Case.objects.filter(pk__any_of=list(case_ids)).order_by("pk"):
        new = {f"{what}_held_until": latest[case.pk][what] for what in STOPS}
        if any(getattr(case, k) != v for k, v in new.items()):
            changed.append((case.pk, new))
    bulk.update_rows(Case, changed)
    history.record(Case, [pk for pk, _ in changed], kind="~", by=by, because=because, run=run)
    return len(changed)


def end_over(window: tuple[int, int], *, on: dt.date, by: Any, run: Any) -> tuple[int, int]:
    """The day's part: end the holds that are over, and count the days they stopped. Gives (ended, cases moved).

    A hold that stops the clock moves `counts_from_on` by the days it was in force since the case began, each calendar
    day once however many holds covered it.
    """
    over = Hold.objects.filter(
        state=Hold.State.ACTIVE, until_on__lt=on, case__loan_id__gte=window[0], case__loan_id__lte=window[1]
    )
    case_ids = sorted(set(over.values_list("case_id", flat=True)))
    ended = fsm.advance_set(over, "end", by=by, because="its last day is over", run=run)
    early = Hold.objects.filter(
        state=Hold.State.ENDED,
        stops_clock=True,
        clock_counted=False,
        case__loan_id__gte=window[0],
        case__loan_id__lte=window[1],
        until_on__lt=on,
    )
    case_ids = sorted(set(case_ids) | set(early.values_list("case_id", flat=True)))
    moved = _count_stopped_days(case_ids, on=on, by=by, run=run)
    return ended, moved


def _count_stopped_days(case_ids: Sequence[int], *, on: dt.date, by: Any, run: Any) -> int:
    changed, counted = [], []
    for case in Case.objects.filter(pk__any_of=list(case_ids)).exclude(stage=Case.Stage.CLOSED).order_by("pk"):
        stopped: set[dt.date] = set()
        for h in case.holds.filter(state=Hold.State.ENDED, stops_clock=True):
            day = max(h.from_on, case.started_on)
            while h.until_on is not None and day <= h.until_on:
                stopped.add(day)
                day += dt.timedelta(days=1)
            counted.append(h.pk)
        if len(stopped) != case.stopped_days:
            changed.append(
                (
                    case.pk,
                    {
                        "stopped_days": len(stopped),
                        "counts_from_on": case.anchor_due_on + dt.timedelta(days=len(stopped)),
                    },
                )
            )
    bulk.update_rows(Case, changed)
    history.record(
        Case,
        [pk for pk, _ in changed],
        kind="~",
        by=by,
        run=run,
        because="days on which the clock was stopped are not counted",
    )
    fresh = list(
        Hold.objects.filter(pk__any_of=counted, clock_counted=False).order_by("pk").values_list("pk", flat=True)
    )
    Hold.objects.filter(pk__any_of=fresh).update(clock_counted=True)
    history.record(Hold, fresh, kind="~", by=by, run=run, because="its stopped days were added to the case")
    return len(changed)
