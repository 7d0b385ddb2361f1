"""The ledger: appropriates money to what is due, and keeps the one date that the day looks at.

Booking is set-based: the running total of a loan's waiting money is laid beside the running total of what is open, and
every overlap is an allocation. `arrears` and `statement` compute from rows by value date and know nothing of booking.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from collections_app.kernel import bulk, history
from collections_app.models import Allocation, Charge, Instalment, Loan, Payment


def _names() -> dict[str, str]:
    q = bulk.quoted
    pg = connection.vendor == "postgresql"
    return {
        "payment": q(Payment._meta.db_table), "instalment": q(Instalment._meta.db_table), "charge": q(Charge._meta.db_table),
        "loan": q(Loan._meta.db_table), "allocation": q(Allocation._meta.db_table),
        "least": "LEAST" if pg else "MIN", "greatest": "GREATEST" if pg else "MAX",
        "null_id": "CAST(NULL AS bigint)" if pg else "NULL",
        "differs": "IS DISTINCT FROM" if pg else "IS NOT",
    }


def book(payment_ids: Sequence[int], *, on: dt.date) -> int:
    """Appropriate these waiting payments; gives how many were booked. The loans must be locked.

    Per loan, money in order of value date and id meets open items in the loan's own order (`charge,instalment` or the
    other way), the oldest due first; what is left over stays on the payment as `unallocated`. Charges count from their
    day on; instalments ahead of their day are paid ahead.
    """
    if not payment_ids:
        return 0
    n = _names()
    chosen, ids = bulk.ids_clause("p.id", payment_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {n['allocation']} (payment_id, loan_id, instalment_id, charge_id, currency, amount, "on")
            SELECT m.id, m.loan_id, o.instalment_id, o.charge_id, m.currency,
                   {n['least']}(m.upto, o.upto) - {n['greatest']}(m.upto - m.amount, o.upto - o.open), %s
            FROM (
                SELECT p.id, p.loan_id, p.currency, p.amount,
                       SUM(p.amount) OVER (PARTITION BY p.loan_id ORDER BY p.value_on, p.id) AS upto
                FROM {n['payment']} p WHERE {chosen}
            ) m
            JOIN (
                SELECT x.*, SUM(x.open) OVER (PARTITION BY x.loan_id ORDER BY x.rank, x.due_on, x.number) AS upto
                FROM (
                    SELECT i.loan_id, i.id AS instalment_id, {n['null_id']} AS charge_id, i.amount - i.paid AS open,
                           CASE WHEN l.allocation LIKE 'instalment%%' THEN 0 ELSE 1 END AS rank, i.due_on, i.sequence AS number
                    FROM {n['instalment']} i JOIN {n['loan']} l ON l.id = i.loan_id
                    WHERE i.paid < i.amount AND i.loan_id IN (SELECT p.loan_id FROM {n['payment']} p WHERE {chosen})
                    UNION ALL
                    SELECT c.loan_id, {n['null_id']}, c.id, c.amount - c.paid,
                           CASE WHEN l.allocation LIKE 'instalment%%' THEN 1 ELSE 0 END, c."on", c.id
                    FROM {n['charge']} c JOIN {n['loan']} l ON l.id = c.loan_id
                    WHERE c.paid < c.amount AND c."on" < %s
                      AND c.loan_id IN (SELECT p.loan_id FROM {n['payment']} p WHERE {chosen})
                ) x
            ) o ON o.loan_id = m.loan_id
            WHERE o.upto - o.open < m.upto AND m.upto - m.amount < o.upto
            ORDER BY m.loan_id, m.upto, o.upto
            """,
            [on, ids, ids, on, ids],
        )
        chosen_a, ids_a = bulk.ids_clause("a.payment_id", payment_ids)
        for table, column in ((n["instalment"], "instalment_id"), (n["charge"], "charge_id")):
            cursor.execute(
                f"""
                UPDATE {table} SET paid = paid + s.got
                FROM (SELECT a.{column} AS item, SUM(a.amount) AS got FROM {n['allocation']} a
                      WHERE {chosen_a} AND a.{column} IS NOT NULL GROUP BY a.{column}) s
                WHERE {table}.id = s.item
                """,
                [ids_a],
            )
        chosen_p, ids_p = bulk.ids_clause("id", payment_ids)
        cursor.execute(
            f"""
            UPDATE {n['payment']} SET booked_on = %s, unallocated = amount - COALESCE(
                (SELECT SUM(a.amount) FROM {n['allocation']} a WHERE a.payment_id = {n['payment']}.id), 0)
            WHERE {chosen_p}
            """,
            [on, ids_p],
        )
        return cursor.rowcount


def unbook(payment: Payment, *, on: dt.date) -> None:
    """Take a booked payment back: the negative of each of its allocations, and the items open again."""
    for a in Allocation.objects.filter(payment=payment).values("instalment_id", "charge_id").order_by("instalment_id", "charge_id"):
        held = Allocation.objects.filter(payment=payment, **a)
        total = sum(int(x) for x in held.values_list("amount", flat=True))
        if not total:
            continue
        Allocation.objects.bulk_create(
            [Allocation(payment=payment, loan_id=payment.loan_id, currency=payment.currency, amount=_minor(-total), on=on, **a)]
        )
        model, pk = (Instalment, a["instalment_id"]) if a["instalment_id"] else (Charge, a["charge_id"])
        item = model._base_manager.get(pk=pk)
        bulk.update_rows(model, [(pk, {"paid": _minor(int(item.__dict__["paid"]) - total)})])


def _minor(value: int) -> Any:
    from collections_app.kernel.money import Minor

    return Minor(value)


def refresh_oldest_open(loan_ids: Sequence[int], *, by: Any, because: str, run: Any = None) -> list[int]:
    """Compute `oldest_open_due_on` anew; gives the loans whose date really changed, each with a history row.

    It is the earliest due date at which what is open up to it, in all, exceeds the loan's tolerance: a few forgiven
    dollars of March do not make a missed instalment of August five months old.
    """
    if not loan_ids:
        return []
    n = _names()
    which, ids = bulk.ids_clause(f"{n['loan']}.id", loan_ids)
    which_i, ids_i = bulk.ids_clause("i.loan_id", loan_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS (
                SELECT i.loan_id, i.due_on,
                       SUM(i.amount - i.paid) OVER (PARTITION BY i.loan_id ORDER BY i.due_on, i.sequence) AS upto
                FROM {n['instalment']} i WHERE i.paid < i.amount AND {which_i}
            ), first AS (
                SELECT l.id, MIN(due.due_on) AS oldest
                FROM {n['loan']} l LEFT JOIN due ON due.loan_id = l.id AND due.upto > l.tolerance
                WHERE {which.replace(n['loan'] + '.id', 'l.id')} GROUP BY l.id
            )
            UPDATE {n['loan']} SET oldest_open_due_on = first.oldest FROM first
            WHERE {n['loan']}.id = first.id AND {n['loan']}.oldest_open_due_on {n['differs']} first.oldest
            RETURNING {n['loan']}.id
            """,
            [ids_i, ids],
        )
        changed = sorted(row[0] for row in cursor.fetchall())
    history.record(Loan, changed, kind="~", by=by, because=because, run=run)
    return changed
