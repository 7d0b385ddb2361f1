"""Two workers on the same rows, each with a connection of its own. What happens between choosing and locking counts."""

import dataclasses
import threading
import time

import pytest
from django.db import connection, transaction

from collections_app.kernel import fsm, locks
from collections_app.kernel.errors import Refused
from collections_app.kernel.fsm import Guard
from collections_app.models import Case, Promise
from collections_app.models.case import _no_promise_open
from tests.asserts import assert_history, assert_history_is_whole
from tests.factories import cases, staff

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


class Worker(threading.Thread):
    """Work on a connection of its own; what it returned or raised is told by `result`."""

    def __init__(self, work):
        super().__init__()
        self.work, self.answer, self.error = work, None, None
        self.start()

    def run(self):
        try:
            self.answer = self.work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def result(self):
        self.join(timeout=30)
        assert not self.is_alive(), "the worker is still waiting"
        if self.error is not None:
            raise self.error
        return self.answer


def wait_until_somebody_waits_for_a_lock(many=1):
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the first answer for ever
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= many:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waited for a lock")


def to_mid(by, on):
    return lambda: fsm.advance_set(Case.objects.all(), "to_mid", by=by, because="day 4", on=on, step="mid")


def test_a_row_that_changed_between_choosing_and_locking_falls_out(on):
    by = staff.a_machine("daily-run")
    moved, other = cases.an_overdue_case(days=2, on=on), cases.an_overdue_case(days=2, on=on)
    with transaction.atomic():
        fsm.apply(moved, "cure", by=by, because="paid", on=on)
        worker = Worker(to_mid(by, on))
        wait_until_somebody_waits_for_a_lock()
    assert worker.result() == 1
    assert_history(moved, [("early", "an instalment was not paid"), ("closed", "paid")])
    assert_history(other, [("early", "an instalment was not paid"), ("mid", "day 4")])


def test_a_row_that_left_the_queryset_while_it_was_locked_falls_out(on):
    by = staff.a_machine("daily-run")
    case = cases.an_overdue_case(days=4, stage="early", on=on)
    with transaction.atomic():
        locks.lock_one(Case, case.pk)
        worker = Worker(
            lambda: fsm.advance_set(Case.objects.due_for(4, on), "to_mid", by=by, because="day 4", on=on, step="mid")
        )
        wait_until_somebody_waits_for_a_lock()
        case.counts_from_on = on
        fsm.history.save_by(case, by=by, because="money moved the anchor")
    assert worker.result() == 0
    assert Case.objects.get(pk=case.pk).stage == "early"


def test_what_another_table_learned_while_the_row_was_locked_counts(on, monkeypatch):
    """A promise is made under the case's lock; the row of the case itself does not change."""
    by = staff.a_machine("daily-run")
    case = cases.an_overdue_case(days=2, on=on)
    d = fsm.declared(Case, "to_mid")
    guarded = dataclasses.replace(
        d, effects=dataclasses.replace(d.effects, guards=(Guard("promise", "Promised.", _no_promise_open),))
    )
    real = fsm.declared
    monkeypatch.setattr(fsm, "declared", lambda m, n: guarded if n == "to_mid" else real(m, n))
    with transaction.atomic():
        locks.lock_one(Case, case.pk)
        worker = Worker(to_mid(by, on))
        one = Worker(lambda: fsm.advance_rows(Case, "to_mid", {case.pk: {"on": on, "step": "mid"}}, by=by, because="d"))
        wait_until_somebody_waits_for_a_lock(many=2)
        cases.a_promise(case)
    assert worker.result() == 0
    assert one.result() == []
    assert Promise.objects.count() == 1
    assert Case.objects.get(pk=case.pk).stage == "early"


def test_apply_waits_for_the_lock_and_then_asks_afresh(on):
    by = staff.a_machine("daily-run")
    case = cases.an_overdue_case(days=2, on=on)
    stale = Case.objects.get(pk=case.pk)
    with transaction.atomic():
        fsm.apply(case, "cure", by=by, because="paid", on=on)
        worker = Worker(lambda: fsm.apply(stale, "to_mid", by=by, because="day 4", on=on, step="mid"))
        wait_until_somebody_waits_for_a_lock()
    with pytest.raises(Refused, match="It is “closed”"):
        worker.result()
    assert Case.objects.get(pk=case.pk).stage == "closed"


def test_two_sets_at_once_move_each_row_once(on):
    by = staff.a_machine("daily-run")
    all_cases = [cases.an_overdue_case(days=2, on=on) for _ in range(12)]
    start = threading.Barrier(2)

    def take():
        start.wait(timeout=20)
        return fsm.advance_set(Case.objects.all(), "to_mid", by=by, because="d", on=on, step="mid", window=5)

    workers = [Worker(take), Worker(take)]
    assert sum(w.result() for w in workers) == 12
    for case in all_cases:
        assert_history(case, [("early", "an instalment was not paid"), ("mid", "d")])


def test_rows_locked_by_another_may_be_skipped(on):
    held, free = cases.an_overdue_case(on=on), cases.an_overdue_case(on=on)
    with transaction.atomic():
        locks.lock_one(Case, held.pk)

        def skip():
            with transaction.atomic():
                return locks.lock_pks(Case.objects.all(), skip_locked=True)

        assert Worker(skip).result() == [free.pk]
    assert_history_is_whole(held)


def test_locks_are_taken_in_pk_order(on):
    """Two workers that lock the same rows in opposite order by hand would wait for each other for ever."""
    pks = [cases.an_overdue_case(on=on).pk for _ in range(8)]
    start = threading.Barrier(2)

    def lock(order):
        def work():
            start.wait(timeout=20)
            for _ in range(20):
                with transaction.atomic():
                    assert locks.lock_all(Case, order) == sorted(order)
            return True

        return work

    assert all(w.result() for w in [Worker(lock(pks)), Worker(lock(pks[::-1]))])
