"""A history row is the live row of its moment, with who, why and in which run; the table itself demands it."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from simple_history.models import HistoricalRecords

from collections_app.kernel import fsm, history
from collections_app.kernel.errors import DomainError
from collections_app.kernel.history import create_by, record, save_by
from collections_app.models import Case, Contact, Lender, Loan, Person
from tests.asserts import assert_history_is_whole, history_values, live_values
from tests.factories import borrowers, cases, contacts, loans

pytestmark = pytest.mark.django_db

HISTORIES = sorted(
    (m for label in ("collections_app", "legal") for m in apps.get_app_config(label).get_models()
     if hasattr(m, "history_object")),
    key=lambda m: m.__name__,
)  # fmt: skip


def test_a_save_without_actor_or_reason_is_refused_and_nothing_is_written(machine):
    lender = loans.a_lender()
    for by, because in [(None, "moved"), (machine, ""), (machine, "  \n"), (machine, None)]:
        lender.address = "2 Example Street"
        with pytest.raises(DomainError) as refused, transaction.atomic():
            save_by(lender, by=by, because=because)
        assert refused.value.code == "history_needs_actor_and_reason"
    with pytest.raises(DomainError), transaction.atomic():
        Lender.objects.create(name="Nobody's")
    assert Lender.objects.get().address == "1 Example Street, Springfield, IL 62701"
    assert Lender.history.count() == 1


def test_the_reason_of_one_save_does_not_sign_the_next(machine):
    lender = loans.a_lender()
    save_by(lender, by=machine, because="moved")
    lender.address = "3 Example Street"
    with pytest.raises(DomainError, match="say who changes it and why"), transaction.atomic():
        lender.save()


def test_a_failed_save_leaves_no_actor_behind(machine):
    loans.a_lender("One")
    lender = loans.a_lender("Two")
    lender.name = "One"
    with pytest.raises(IntegrityError), transaction.atomic():
        save_by(lender, by=machine, because="renamed")
    assert not {"_history_user", "_change_reason", "_history_run"} & set(vars(lender))


def test_record_refuses_an_empty_reason(machine):
    lender = loans.a_lender()
    with pytest.raises(DomainError, match="Say why"):
        record(Lender, [lender.pk], kind="~", by=machine, because=" ")


def columns_of(table: str, **values: object) -> None:
    """INSERT INTO a history table, a copy of its newest row with some columns changed, past all Python."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY history_id DESC LIMIT 1")
        row = dict(zip([c[0] for c in cursor.description], cursor.fetchone(), strict=True))
        del row["history_id"]
        row.update(values)
        names = ", ".join(connection.ops.quote_name(c) for c in row)
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(row))})", list(row.values()))


def test_the_table_itself_refuses_a_row_without_actor_or_reason():
    loans.a_lender()
    table = Lender.history.model._meta.db_table
    columns_of(table, history_change_reason="a copy that may stand")
    for wrong in ({"history_user_id": None}, {"history_change_reason": None}, {"history_change_reason": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            columns_of(table, **wrong)
    assert Lender.history.count() == 2


@pytest.mark.parametrize("model", HISTORIES, ids=lambda m: m.__name__)
def test_every_history_table_demands_actor_and_reason(model):
    user, reason = model._meta.get_field("history_user"), model._meta.get_field("history_change_reason")
    assert not user.null
    assert not reason.null
    assert isinstance(reason, models.TextField)
    checks = [c for c in model._meta.constraints if isinstance(c, models.CheckConstraint)]
    assert [c.condition for c in checks] == [~models.Q(history_change_reason="")]
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    assert any(c["check"] for name, c in there.items() if name == checks[0].name)


def test_there_are_histories_to_look_at_and_all_are_ours():
    assert len(HISTORIES) >= 20
    assert all(issubclass(m, history.HistoryRow) for m in HISTORIES)
    tracked = {m.tracked_fields[0].model for m in HISTORIES}
    with_states = {m for m in apps.get_app_config("collections_app").get_models() if fsm.all_declared(m)}
    # A run is not tracked: its own rows and windows are the record of what it did.
    assert {m.__name__ for m in with_states - tracked} == {"DailyRun"}


@pytest.mark.parametrize("model", HISTORIES, ids=lambda m: m.__name__)
def test_a_history_table_has_two_btrees_and_a_brin(model):
    table, pk = model._meta.db_table, model.tracked_fields[0].model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT am.amname, string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_index i "
                "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam "
                "JOIN pg_attribute a ON a.attrelid = i.indexrelid WHERE i.indrelid = %s::regclass GROUP BY c.oid, am.amname",
                [f'"{table}"'],
            )
            assert sorted(cursor.fetchall()) == sorted(
                [("brin", "history_date"), ("btree", "history_id"), ("btree", pk)]
            )
        else:  # SQLite has no BRIN and makes an ordinary index of it; the integer key is the table itself
            there = connection.introspection.get_constraints(cursor, table).values()
            assert sorted(c["columns"] for c in there if c["index"]) == sorted([["history_date"], [pk]])


def test_the_history_row_equals_the_live_row_ciphertext_included(machine):
    person = borrowers.a_person("Alice Example", born_on="1980-02-29")
    person.language = "zh-hant"
    save_by(person, by=machine, because="asked for Chinese")
    assert_history_is_whole(person)
    first, second = history_values(person)
    assert second["name"] == live_values(person)["name"] == first["name"]
    assert (first["language"], second["language"]) == ("en", "zh-hant")
    assert b"Alice" not in second["name"]
    told = Person.history.filter(key_id=person.pk).order_by("history_id").last()
    assert (told.name, told.born_on) == ("Alice Example", "1980-02-29")


def test_history_keeps_the_whole_row_even_when_one_column_is_saved(machine, collector):
    case = cases.an_overdue_case()
    case.owner, case.stopped_days = collector, 9
    save_by(case, by=machine, because="given to a collector", update_fields=["owner"])
    assert_history_is_whole(Case.objects.get(pk=case.pk))
    assert Case.history.filter(id=case.pk).latest().stopped_days == 0


def test_columns_that_are_no_history_are_left_out(on, machine):
    contact = contacts.sending(contacts.a_planned_contact(cases.an_overdue_case(on=on)))
    before = Contact.history.filter(id=contact.pk).count()
    Contact.objects.filter(pk=contact.pk).update(attempted_at=contact.not_before)
    contact.refresh_from_db()
    contacts.apply(contact, "mark_sent", by=machine, because="accepted", at=contact.not_before, reference="G")
    assert Contact.history.filter(id=contact.pk).count() == before + 1
    assert "attempted_at" not in history_values(contact)[-1]


def test_the_run_stands_on_what_a_run_wrote_and_on_nothing_else(on, run, machine):
    case, other = cases.an_overdue_case(days=2, on=on), cases.an_overdue_case(days=3, on=on)
    fsm.apply(case, "to_mid", by=machine, because="day 4", run=run, on=on, step="mid")
    fsm.advance_set(Case.objects.filter(pk=other.pk), "to_mid", by=machine, because="day 4", run=run, on=on, step="mid")
    for row in (case, other):
        assert list(Case.history.filter(id=row.pk).order_by("history_id").values_list("history_run", flat=True)) == [
            None, run.pk,
        ]  # fmt: skip
    row = create_by(Lender, by=machine, because="founded", run=run, name="Second Example Lending")
    assert row.history.get().history_run == run


def test_many_rows_are_recorded_in_one_statement_each_with_its_own_values(machine, django_assert_num_queries):
    made = [loans.a_lender(f"Lender {n}") for n in range(5)]
    Lender.objects.filter(pk__in=[m.pk for m in made]).update(hours="9–17")
    at = dt.datetime(2026, 3, 16, 2, 5, tzinfo=dt.UTC)
    with django_assert_num_queries(1):
        written = record(Lender, [m.pk for m in made[:4]], kind="~", by=machine, because="new hours", at=at)
    assert written == 4
    newest = Lender.history.filter(history_type="~").order_by("history_id")
    assert [(h.id, h.name, h.hours) for h in newest] == [(m.pk, m.name, "9–17") for m in made[:4]]
    assert {(h.history_user, h.history_change_reason, h.history_date, h.history_run) for h in newest} == {
        (machine, "new hours", at, None)
    }
    assert record(Lender, [], kind="~", by=machine, because="nothing to do") == 0
    assert record(Lender, [0], kind="~", by=machine, because="nobody there") == 0


def test_a_deleted_row_is_recorded_before_it_goes(machine):
    lender = loans.a_lender()
    with pytest.raises(DomainError), transaction.atomic():
        Lender.objects.all().delete()
    lender._history_user, lender._change_reason = machine, "founded twice by mistake"
    pk = lender.pk
    lender.delete()
    rows = list(Lender.history.filter(id=pk).order_by("history_id"))
    assert [(r.history_type, r.name, r.history_change_reason) for r in rows] == [
        ("+", "Dunwell Example Lending", "founded"), ("-", "Dunwell Example Lending", "founded twice by mistake"),
    ]  # fmt: skip


@pytest.mark.parametrize("because", ["x" * 101, "逾期" * 400, "100 % “paid”; it's %s \\ and 'more'"])
def test_long_and_strange_reasons_are_kept_whole(because, machine):
    lender = loans.a_lender()
    save_by(lender, by=machine, because=because)
    record(Lender, [lender.pk], kind="~", by=machine, because=because)
    assert list(Lender.history.order_by("history_id").values_list("history_change_reason", flat=True)) == [
        "founded", because, because,
    ]  # fmt: skip


def test_the_instant_is_told_in_utc_to_the_microsecond(machine):
    lender = loans.a_lender()
    at = dt.datetime(2026, 3, 16, 23, 59, 59, 999_999, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    record(Lender, [lender.pk], kind="~", by=machine, because="moved", at=at)
    assert Lender.history.latest("history_id").history_date == at


def test_a_signed_in_person_is_the_actor_of_a_page_but_must_still_say_why(collector):
    lender = loans.a_lender()
    HistoricalRecords.context.request = SimpleNamespace(user=collector)
    try:
        with pytest.raises(DomainError), transaction.atomic():
            lender.save()
        lender._change_reason = "moved"
        lender.save()
    finally:
        del HistoricalRecords.context.request
    assert Lender.history.latest("history_id").history_user == collector


def test_no_row_of_the_ground_stands_without_history(on):
    case = cases.on_hold(cases.an_overdue_case(on=on))
    for model in (Case, Loan, Person):
        assert model.history.model.objects.values("history_user").exclude(history_user=None).exists()
    for row in (case, case.loan, case.debtor, *case.holds.all(), *case.loan.instalments.all()):
        assert_history_is_whole(row)
