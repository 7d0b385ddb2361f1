"""Many rows at once: named without a limit, numbered without repeats, inserted as the ORM would have."""

import datetime as dt
import json
import threading
from decimal import Decimal

import pytest
from django.db import connection, models, transaction

from collections_app.kernel import bulk, locks
from collections_app.kernel.money import Minor
from collections_app.kernel.personal import Sealed
from collections_app.models import (
    Case,
    Contact,
    ContactEvent,
    DailyRun,
    FactSheet,
    Instalment,
    Lender,
    Loan,
    Person,
    PolicyVersion,
    RegisterCheck,
    RunWindow,
)
from tests.asserts import queries_of
from tests.factories import borrowers, cases, contacts, loans, policy

MANY = 60_000


@pytest.mark.django_db
def test_a_set_of_sixty_thousand_keys_is_one_parameter():
    wanted = [borrowers.a_person(f"Person {n}", reachable=False) for n in range(3)]
    other = borrowers.a_person("Somebody Else", reachable=False)
    absent = range(10**6, 10**6 + MANY)
    keys_ = [*absent, *(p.pk for p in wanted)]
    found = Person.objects.filter(pk__any_of=keys_)
    assert set(found) == set(wanted)
    assert set(Person.objects.exclude(pk__any_of=keys_)) == {other}
    assert Person.objects.filter(pk__any_of=keys_).update(language="zh-hans") == 3
    assert set(locks.lock_all(Person, keys_)) == {p.pk for p in wanted}


@pytest.mark.django_db
def test_keys_of_related_rows_may_be_named_too(on):
    one, two = cases.an_overdue_case(on=on), cases.an_overdue_case(on=on)
    ids = [*range(10**6, 10**6 + MANY), one.loan_id]
    assert Case.objects.filter(loan__any_of=ids).get() == one
    assert Case.objects.filter(loan_id__any_of=ids).get() == one
    assert Case.objects.filter(loan__debtor__any_of=[two.debtor_id]).get() == two
    assert Loan.objects.filter(cases__any_of=[two.pk]).get() == two.loan
    assert Case.objects.filter(models.Q(pk__any_of=[two.pk]) | models.Q(group__any_of=[one.group])).count() == 2


@pytest.mark.django_db
def test_no_keys_name_no_rows(on):
    cases.an_overdue_case(on=on)
    assert not Case.objects.filter(pk__any_of=[]).exists()
    assert not Case.objects.filter(loan__any_of=[]).exists()
    assert Case.objects.exclude(pk__any_of=[]).count() == 1


@pytest.mark.django_db
def test_only_whole_numbers_are_keys(on):
    case = cases.an_overdue_case(on=on)
    assert Case.objects.filter(pk__any_of=[str(case.pk), 2**31]).get() == case
    with pytest.raises((ValueError, TypeError)):
        Case.objects.filter(pk__any_of=["1) OR (1=1"]).exists()


@pytest.mark.django_db
def test_reserved_keys_rise_and_are_given_out_once():
    first, second = bulk.reserve_ids(Lender, 5), bulk.reserve_ids(Lender, 3)
    assert len({*first, *second}) == 8
    assert [*first, *second] == sorted([*first, *second])
    Lender.objects.bulk_create(Lender(id=pk, name=f"Lender {pk}") for pk in (*first, *second))
    assert loans.a_lender("One more").pk > max(second)
    assert bulk.reserve_ids(Lender, 1)[0] > Lender.objects.latest("id").pk
    assert bulk.reserve_ids(Lender, 0) == []


@pytest.mark.django_db
def test_a_reserved_key_that_was_not_used_is_not_given_out_again():
    unused = bulk.reserve_ids(Lender, 4)
    assert loans.a_lender().pk not in unused


@pytest.mark.django_db
def test_a_row_whose_key_is_anothers_reserves_nothing():
    with pytest.raises(TypeError, match="takes its key from another row"):
        bulk.reserve_ids(Person, 1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_transactions_at_once_never_reserve_the_same_key():
    together, got = threading.Barrier(4), []

    def reserve():
        try:
            with transaction.atomic():
                together.wait(timeout=20)
                for _ in range(25):
                    got.append(bulk.reserve_ids(Lender, 40))
        finally:
            connection.close()

    threads = [threading.Thread(target=reserve) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    given = [pk for block in got for pk in block]
    assert len(given) == len(set(given)) == 4 * 25 * 40
    assert all(block == sorted(block) for block in got)


def raw(model, pk):
    """The row as the driver gives it, without its key."""
    columns = [f.column for f in model._meta.concrete_fields if not f.primary_key]
    with connection.cursor() as cursor:
        names = ", ".join(map(bulk.quoted, columns))
        pk_column = bulk.quoted(model._meta.pk.column)
        cursor.execute(f"SELECT {names} FROM {bulk.quoted(model._meta.db_table)} WHERE {pk_column} = %s", [pk])
        row = cursor.fetchone()
    return {c: bytes(v) if isinstance(v, memoryview) else v for c, v in zip(columns, row, strict=True)}


AT = dt.datetime(2026, 3, 16, 23, 59, 59, 123456, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
DAY = dt.date(2026, 3, 16)


def as_database(field, value):
    """What `insert_rows` takes: minor units, JSON as text, ciphertext, keys of related rows."""
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    if isinstance(value, Sealed):
        return value.data
    if isinstance(value, models.Model):
        return value.pk
    return value


def inserted_and_created(model, **values):
    """The same values by insert_rows and by the ORM, as raw rows."""
    whole = {
        f.name: values.get(f.name, values.get(f.attname, f.get_default()))
        for f in model._meta.concrete_fields if not f.primary_key
    }  # fmt: skip
    point = transaction.savepoint()
    made = model._base_manager.bulk_create([model(**whole)])[0]
    created = raw(model, made.pk)
    transaction.savepoint_rollback(point)
    names = list(whole)
    [pk] = bulk.reserve_ids(model, 1)
    row = [as_database(model._meta.get_field(n), whole[n]) for n in names]
    assert bulk.insert_rows(model, ["id", *names], iter([[pk, *row]])) == 1
    return raw(model, pk), created


@pytest.mark.django_db
def test_inserted_rows_equal_created_rows_for_every_type_of_column(on, machine):
    """Text (quotes, tabs, line ends, backslashes, NULL's mark, CJK), numbers, money, flags, dates, instants, JSON,
    ciphertext, floats, keys and nothing."""
    loan, case = loans.a_loan(), cases.an_overdue_case(on=on)
    strange = "it's\t\\N \\. 100 %s\n“逾期”\r\n"
    rows = [
        (Lender, {"name": strange, "address": ""}),
        (Loan, {
            "number": "B-1", "lender": loan.lender, "debtor": loan.debtor, "group": 2**62, "currency": "KWD",
            "principal": Minor(10**17 - 1), "instalment": Minor(-5), "tolerance": Minor(0), "law_on": DAY, "generated": True,
        }),
        (Instalment, {
            "loan": loan, "sequence": 99, "due_on": DAY, "contract_due_on": dt.date(9999, 12, 31), "currency": "JPY",
            "amount": Minor(3), "paid": Minor(1),
        }),
        (Contact, {
            "person": case.debtor, "group": 1, "channel": "sms", "business_on": DAY, "not_before": AT, "ladder_day": -3,
            "text": Sealed(b"\x00\\x01\t\n\xff"), "requested_by": machine, "failure": strange,
        }),
        (ContactEvent, {
            "kind": "call_placed", "at": AT, "known_at": AT, "person": case.debtor, "by": "us", "flags": [strange, 1, None],
        }),
        (FactSheet, {"digest": "d" * 64, "content": {"逾期": [1.5, True, None, strange]}}),
        (DailyRun, {"date": DAY, "opened_at": AT, "started_by": "x", "newest": False, "result": {}}),
        (RegisterCheck, {"state": "bankruptcy_stay", "checked_at": AT, "source": "x", "stand_in": True}),
        (PolicyVersion, {
            "kind": "ladder", "ident": "x", "version": "1", "digest": "0" * 64, "effective_from": DAY, "source": strange * 500,
            "loaded_at": AT,
        }),
    ]  # fmt: skip
    for model, values in rows:
        by_rows, by_orm = inserted_and_created(model, **values)
        assert by_rows == by_orm, model.__name__
    by_rows, by_orm = inserted_and_created(
        RunWindow, run=policy.a_run(on), step="x", position=1, number=1, first=-(2**62), last=2**62, seconds=0.1
    )
    assert by_rows == by_orm


@pytest.mark.django_db
def test_every_type_of_column_that_the_models_have_was_inserted_above():
    """A column of a new type must be added to the test before `insert_rows` meets it."""
    from django.apps import apps

    used = {
        type(f).__name__ for label in ("collections_app", "legal")
        for m in apps.get_app_config(label).get_models() if not hasattr(m, "history_object")
        for f in m._meta.concrete_fields
    }  # fmt: skip
    assert used <= {
        "BigAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField", "CurrencyField", "DateField",
        "DateTimeField", "EmailField", "FSMField", "FloatField", "ForeignKey", "IntegerField", "JSONField", "MoneyField",
        "OneToOneField", "PersonalField", "PositiveIntegerField", "PositiveSmallIntegerField", "SmallIntegerField",
        "TextField",
    }  # fmt: skip


@pytest.mark.django_db
def test_columns_that_are_not_named_take_null(on):
    person = borrowers.a_person("Alice Example", reachable=False)
    [pk] = bulk.reserve_ids(RegisterCheck, 1)
    bulk.insert_rows(
        RegisterCheck, ["id", "state", "checked_at", "source", "stand_in"], [(pk, "represented", AT, "x", False)]
    )
    assert RegisterCheck.objects.get(pk=pk).person is None
    assert not person.register_checks.exists()


@pytest.mark.django_db
def test_no_rows_insert_nothing():
    assert bulk.insert_rows(Lender, ["id", "name"], []) == 0
    assert bulk.insert_rows(Lender, ["id", "name"], iter(())) == 0


@pytest.mark.django_db
def test_many_rows_take_one_statement():
    ids = bulk.reserve_ids(Lender, 3000)
    rows = [(pk, f"Lender {pk}", "", "", "", "", "", "house") for pk in ids]
    fields = ["id", "name", "address", "phone", "email", "hours", "how_to_pay", "creditor_group"]
    asked = queries_of(lambda: bulk.insert_rows(Lender, fields, iter(rows)))
    assert len(asked) <= 1  # a COPY is not counted
    assert Lender.objects.filter(name__startswith="Lender ").count() == 3000


@pytest.mark.django_db
def test_each_row_is_given_its_own_values(on, machine):
    case = cases.an_overdue_case(on=on)
    one, two = (contacts.a_planned_contact(case, attempt=n) for n in range(2))
    point = case.debtor.contact_points.get(kind="email")
    bulk.update_rows(
        Contact,
        [
            (one.pk, {"failure": "it's 100 %", "not_before": AT, "agent": machine, "text": Sealed(b"\x00a"), "ladder_day": None}),
            (two.pk, {"failure": "", "not_before": AT, "agent": None, "text": None, "ladder_day": 6}),
        ],
    )  # fmt: skip
    one, two = Contact.objects.get(pk=one.pk), Contact.objects.get(pk=two.pk)
    assert (one.failure, one.not_before, one.agent, one.ladder_day) == ("it's 100 %", AT, machine, None)
    assert (two.failure, two.agent, two.ladder_day) == ("", None, 6)
    assert raw(Contact, one.pk)["text"] == b"\x00a"
    bulk.update_rows(Contact, [(one.pk, {"contact_point_id": point.pk})])
    assert Contact.objects.get(pk=one.pk).contact_point == point
    bulk.update_rows(Contact, [])
    with pytest.raises(ValueError, match="has no column colour"):
        bulk.update_rows(Contact, [(one.pk, {"colour": "red"})])


@pytest.mark.django_db
def test_money_given_to_rows_is_minor_units():
    loan = loans.a_loan()
    bulk.update_rows(Loan, [(loan.pk, {"tolerance": Minor(1234)})])
    assert Loan.objects.get(pk=loan.pk).tolerance == Decimal("12.34")
    with pytest.raises(TypeError, match="whole minor units"):
        bulk.update_rows(Loan, [(loan.pk, {"tolerance": Decimal("12.34")})])
