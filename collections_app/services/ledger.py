"""The ledger: appropriates money to what is due, and keeps the one date that the day looks at.

Booking is set-based: the running total of a loan's waiting money is laid beside the running total of what is open, and
every overlap is an allocation. Loans in which something else happened go through `events`, which decides who goes
where. `arrears` and `statement` compute from rows by value date and know nothing of booking.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from collections_app.kernel import bulk, history
from collections_app.models import Allocation, Charge, Instalment, Loan, Payment

# SQLite takes a list of ids for 25 rows, so it lays money beside open items without an index: 8,132 payments took 54 s.
# In slices of this size, in the same order, 95,000 take a few seconds.
SQLITE_SLICE = 50


def _names() -> dict[str, str]:
    q = bulk.quoted
    pg = connection.vendor == "postgresql"
    return {
        "payment": q(Payment._meta.db_table),
        "instalment": q(Instalment._meta.db_table),
        "charge": q(Charge._meta.db_table),
        "loan": q(Loan._meta.db_table),
        "allocation": q(Allocation._meta.db_table),
        "least": "LEAST" if pg else "MIN",
        "greatest": "GREATEST" if pg else "MAX",
        "null_id": "CAST(NULL AS bigint)" if pg else "NULL",
        "differs": "IS DISTINCT FROM" if pg else "IS NOT",
    }


def book(payment_ids: Sequence[int], *, on: dt.date) -> int:
    """Appropriate these waiting payments; gives how many were booked. The loans must be locked.

    Per loan, money in order of value date and id meets open items in the loan's own order, the oldest due first:
    `charge,instalment`, or `instalment,charge`, in which charges come after the instalments that are due and before
    those to come. Charges count from their day on; what is left over stays on the payment as `unallocated`.

    One statement for many loans, so it takes for granted what `events.book_loan_money` sees to: nothing that is booked
    already comes after these payments, no event lies between them, and the payments of a loan that has open charges
    are of one value date.
    """
    size = len(payment_ids) if connection.vendor == "postgresql" else SQLITE_SLICE
    return sum(_book(payment_ids[at : at + size], on) for at in range(0, len(payment_ids), max(size, 1)))


def _book(payment_ids: Sequence[int], on: dt.date) -> int:
    n = _names()
    chosen, ids = bulk.ids_clause("p.id", payment_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH waiting AS (
                SELECT p.id, p.loan_id, p.currency, p.amount, p.value_on,
                       SUM(p.amount) OVER (PARTITION BY p.loan_id ORDER BY p.value_on, p.id) AS upto
                FROM {n["payment"]} p WHERE {chosen}
            ), lent AS (
                SELECT w.loan_id, MAX(w.value_on) AS value_on,
                       MAX(CASE WHEN l.allocation LIKE 'instalment%%' THEN 1 ELSE 0 END) AS instalments_first
                FROM waiting w JOIN {n["loan"]} l ON l.id = w.loan_id GROUP BY w.loan_id
            ), items AS (
                SELECT i.loan_id, i.id AS instalment_id, {n["null_id"]} AS charge_id, i.amount - i.paid AS open,
                       CASE WHEN lent.instalments_first = 1 AND i.due_on <= lent.value_on THEN 0 ELSE 2 END AS rank,
                       i.due_on, i.sequence AS number
                FROM lent JOIN {n["instalment"]} i ON i.loan_id = lent.loan_id WHERE i.paid < i.amount
                UNION ALL
                SELECT c.loan_id, {n["null_id"]}, c.id, c.amount - c.paid, 1, c."on", c.id
                FROM lent JOIN {n["charge"]} c ON c.loan_id = lent.loan_id
                WHERE c.paid < c.amount AND c."on" <= lent.value_on
            ), due AS (
                SELECT items.*, SUM(open) OVER (PARTITION BY loan_id ORDER BY rank, due_on, number) AS upto FROM items
            )
            INSERT INTO {n["allocation"]} (payment_id, loan_id, instalment_id, charge_id, currency, amount, "on")
            SELECT w.id, w.loan_id, due.instalment_id, due.charge_id, w.currency,
                   {n["least"]}(w.upto, due.upto) - {n["greatest"]}(w.upto - w.amount, due.upto - due.open), %s
            FROM waiting w JOIN due ON due.loan_id = w.loan_id
            WHERE due.upto - due.open < w.upto AND w.upto - w.amount < due.upto
            ORDER BY w.loan_id, w.upto, due.upto
            """,
            [ids, on],
        )
        chosen_a, ids_a = bulk.ids_clause("a.payment_id", payment_ids)
        for table, column in ((n["instalment"], "instalment_id"), (n["charge"], "charge_id")):
            cursor.execute(
                f"""
                UPDATE {table} SET paid = paid + s.got
                FROM (SELECT a.{column} AS item, SUM(a.amount) AS got FROM {n["allocation"]} a
                      WHERE {chosen_a} AND a.{column} IS NOT NULL GROUP BY a.{column}) s
                WHERE {table}.id = s.item
                """,
                [ids_a],
            )
        chosen_p, ids_p = bulk.ids_clause("id", payment_ids)
        cursor.execute(
            f"""
            UPDATE {n["payment"]} SET booked_on = %s, unallocated = amount - COALESCE(
                (SELECT SUM(a.amount) FROM {n["allocation"]} a WHERE a.payment_id = {n["payment"]}.id), 0)
            WHERE {chosen_p}
            """,
            [on, ids_p],
        )
        return cursor.rowcount


def refresh_oldest_open(loan_ids: Sequence[int], *, by: Any, because: str, run: Any = None) -> list[int]:
    """Compute `oldest_open_due_on` anew; gives the loans whose date really changed, each with a history row.

    It is the earliest due date at which what is open up to it, in all, exceeds the loan's tolerance: a few forgiven
    dollars of March do not make a missed instalment of August five months old. A loan that has ended has none.
    """
    if not loan_ids:
        return []
    n = _names()
    live = ", ".join(f"'{state.value}'" for state in Loan.LIVE)
    which, ids = bulk.ids_clause("l.id", loan_ids)
    which_i, ids_i = bulk.ids_clause("i.loan_id", loan_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS (
                SELECT i.loan_id, i.due_on,
                       SUM(i.amount - i.paid) OVER (PARTITION BY i.loan_id ORDER BY i.due_on, i.sequence) AS upto
                FROM {n["instalment"]} i WHERE i.paid < i.amount AND {which_i}
            ), first AS (
                SELECT l.id, MIN(due.due_on) AS oldest
                FROM {n["loan"]} l
                LEFT JOIN due ON due.loan_id = l.id AND due.upto > l.tolerance AND l.state IN ({live})
                WHERE {which} GROUP BY l.id
            )
            UPDATE {n["loan"]} SET oldest_open_due_on = first.oldest FROM first
            WHERE {n["loan"]}.id = first.id AND {n["loan"]}.oldest_open_due_on {n["differs"]} first.oldest
            RETURNING {n["loan"]}.id
            """,
            [ids_i, ids],
        )
        changed = sorted(row[0] for row in cursor.fetchall())
    history.record(Loan, changed, kind="~", by=by, because=because, run=run)
    return changed
