"""Personal data stand encrypted under their person's key, in the row and in its history; without the key they are gone,
and everything else is still there."""

import base64
import datetime as dt

import pytest
from django.apps import apps
from django.db import connection, transaction

from collections_app.kernel import keys
from collections_app.kernel.errors import DomainError
from collections_app.kernel.history import save_by
from collections_app.kernel.keys import BlindIndex, DataKey
from collections_app.kernel.personal import ERASED, PersonalField, Sealed, seal, unseal
from collections_app.models import ContactPoint, Hold, Person
from tests.asserts import assert_history_is_whole, history_values, live_values, queries_of
from tests.factories import borrowers, cases, contacts, loans

pytestmark = pytest.mark.django_db


def every_byte_of(*needles):
    """The tables and columns of the whole database in which one of these bytes stands."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [c[0] for c in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, memoryview):
                        value = bytes(value)
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    if any(needle in raw for needle in needles):
                        found.add((table, name))
    return found


def test_no_plain_text_stands_anywhere_in_the_database(on, machine):
    phone = borrowers.a_reserved_phone(4711)
    person = borrowers.a_person("Zebulon Quixote", id_number="ID-77-4711", born_on="1980-02-29", reachable=False)
    borrowers.a_phone(person, phone)
    borrowers.an_email(person, "zebulon@example.org")
    borrowers.an_address(person, "77 Quixote Lane, Springfield")
    person.name = "Zebulon B. Quixote"
    save_by(person, by=machine, because="the name was incomplete")
    case = cases.an_overdue_case(on=on, loan=loans.a_loan(person))
    cases.a_hold(case, evidence="Zebulon lost his job")
    contacts.delivered(contacts.a_planned_contact(case), text="Dear Zebulon, please call us.")
    contacts.completed(contacts.a_planned_contact(case, "voice"), note="Zebulon will pay")
    contacts.an_event(person, at=loans.noon(on), note="Zebulon called")
    needles = [b"Zebulon", b"Quixote", b"zebulon", b"ID-77", b"1980-02-29", phone[1:].encode(), phone[2:].encode()]
    assert every_byte_of(*needles) == set()
    # The search can find: a name that was not encrypted would have been seen.
    assert every_byte_of(b"US-IL") >= {
        ("collections_app_person", "region"),
        ("collections_app_historicalperson", "region"),
    }


def test_personal_fields_are_the_only_binary_columns_besides_keys():
    """A person's free text in a column of another type would stand there for everybody to read."""
    personal = {
        f"{m.__name__}.{f.name}"
        for m in apps.get_app_config("collections_app").get_models() for f in m._meta.concrete_fields
        if isinstance(f, PersonalField)
    }  # fmt: skip
    assert personal >= {
        "Person.name", "Person.born_on", "Person.id_number", "ContactPoint.value", "Contact.text", "Contact.outcome_note",
        "Hold.evidence", "ContactEvent.note", "Breach.assessment", "Consent.proof", "BorrowerState.proof", "ImportRow.raw",
        "HistoricalPerson.name", "HistoricalContact.text", "HistoricalHold.evidence",
    }  # fmt: skip


def test_who_has_the_key_reads_it():
    person = borrowers.a_person("王小明", id_number="310101199001011234")
    again = Person.objects.get(pk=person.pk)
    assert (again.name, again.id_number, again.born_on) == ("王小明", "310101199001011234", None)
    assert again.contact_points.get(kind="mobile").value == borrowers.a_reserved_phone(person.pk)


def test_a_row_with_four_personal_fields_asks_for_the_key_once():
    person = borrowers.a_person("Alice Example", id_number="1", born_on="1980-02-29")
    again = Person.objects.get(pk=person.pk)
    assert len(queries_of(lambda: (again.name, again.id_number, again.born_on))) == 1
    with_key = Person.objects.select_related("key").get(pk=person.pk)
    assert queries_of(lambda: (with_key.name, with_key.id_number)) == []
    point = ContactPoint.objects.select_related("person__key").first()
    assert queries_of(lambda: point.value) == []


def test_a_deferred_field_is_read_when_somebody_looks():
    person = borrowers.a_person("Alice Example")
    assert Person.objects.defer("name").get(pk=person.pk).name == "Alice Example"
    assert Person.objects.only("language").get(pk=person.pk).name == "Alice Example"


def test_a_destroyed_key_takes_past_and_present_and_leaves_the_rows(on, machine):
    person = borrowers.a_person("Alice Example", id_number="A-1")
    other = borrowers.a_person("Bob Example")
    person.name = "Alice B. Example"
    save_by(person, by=machine, because="the name was incomplete")
    case = cases.an_overdue_case(on=on, loan=loans.a_loan(person))
    hold = cases.a_hold(case, evidence="a letter")
    before, ciphertext = case.loan.principal, history_values(person)
    keys.destroy(person.key)

    again = Person.objects.get(pk=person.pk)
    assert (again.name, again.id_number, again.born_on) == (ERASED, ERASED, None)
    assert {p.value for p in again.contact_points.all()} == {ERASED}
    assert Hold.objects.get(pk=hold.pk).evidence == ERASED
    assert {h.name for h in Person.history.filter(key_id=person.pk)} == {ERASED}
    assert DataKey.objects.get(pk=person.pk).destroyed_at is not None
    assert live_values(person)["name"] == ciphertext[-1]["name"]
    assert_history_is_whole(again)

    assert (again.language, again.country) == ("en", "US")
    assert case.loan.__class__.objects.get(pk=case.loan.pk).principal == before
    assert hold.__class__.objects.get(pk=hold.pk).requested_by == hold.requested_by
    assert Person.objects.get(pk=other.pk).name == "Bob Example"
    assert Person.objects.with_phone(borrowers.a_reserved_phone(other.pk)).get() == other


def test_nobody_is_found_by_an_erased_value():
    person = borrowers.a_person("Alice Example")
    phone = borrowers.a_reserved_phone(person.pk)
    assert Person.objects.with_phone(phone).get() == person
    keys.destroy(person.key)
    assert not Person.objects.named("Alice").exists()
    assert not Person.objects.with_phone(phone).exists()
    assert not BlindIndex.objects.filter(key=person.pk).exists()


def test_nothing_personal_is_added_to_an_erased_person_but_the_row_can_be_saved(machine):
    person = borrowers.a_person("Alice Example")
    keys.destroy(person.key)
    again = Person.objects.get(pk=person.pk)
    again.name = again.name  # as a form does that gives back what it showed
    again.preferred_channel = "letter"
    save_by(again, by=machine, because="prefers letters")
    assert_history_is_whole(again)
    again.name = "Alice Example"
    with pytest.raises(DomainError) as error, transaction.atomic():
        save_by(again, by=machine, because="restored")
    assert error.value.code == "key_destroyed"
    with pytest.raises(DomainError, match="erased"):
        borrowers.a_contact_point(again, "email", "alice@example.org")


def test_the_same_text_keeps_its_ciphertext_and_history_shows_no_change(machine):
    person = borrowers.a_person("Alice Example")
    again = Person.objects.get(pk=person.pk)
    again.refresh_from_db()
    again.name, again.language = "Alice Example", "zh-hans"
    save_by(again, by=machine, because="asked for Chinese")
    first, second = history_values(person)
    assert first["name"] == second["name"]
    again.name = "Alice B. Example"
    save_by(again, by=machine, because="the name was incomplete")
    assert history_values(person)[-1]["name"] != second["name"]
    assert Person.objects.get(pk=person.pk).name == "Alice B. Example"


def test_the_same_words_of_two_people_or_twice_have_nothing_in_common():
    one, two = borrowers.a_person("Alice Example", id_number="Alice Example"), borrowers.a_person("Alice Example")
    assert len({live_values(one)["name"], live_values(one)["id_number"], live_values(two)["name"]}) == 3


@pytest.fixture
def new_and_old_key(settings):
    old, new = settings.FIELD_KEYS[0], base64.b64encode(b"n" * 32).decode()

    def use(*which):
        settings.FIELD_KEYS = [{"old": old, "new": new}[w] for w in which]

    return use


def test_a_second_field_key_opens_what_the_first_wrapped(new_and_old_key):
    before = borrowers.a_person("Alice Example")
    new_and_old_key("new", "old")
    after = borrowers.a_person("Bob Example")
    assert {Person.objects.get(pk=p.pk).name for p in (before, after)} == {"Alice Example", "Bob Example"}
    new_and_old_key("new")
    assert Person.objects.get(pk=after.pk).name == "Bob Example"
    with pytest.raises(DomainError) as error:
        Person.objects.get(pk=before.pk).name  # noqa: B018
    assert error.value.code == "key_does_not_open"
    assert "FIELD_KEYS" in str(error.value)


def test_the_key_itself_is_never_stored_in_the_open(monkeypatch):
    made = []
    real = keys.AESGCM.generate_key
    monkeypatch.setattr(keys.AESGCM, "generate_key", lambda bits: made.append(real(bits)) or made[-1])
    key = keys.new_key("person")
    assert len(made[0]) == 32
    assert made[0] not in bytes(DataKey.objects.get(pk=key.pk).wrapped)


def overwrite(model, pk, column, value):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET {column} = %s WHERE {model._meta.pk.column} = %s", [value, pk]
        )


@pytest.mark.parametrize("byte", [0, 11, 12, -1], ids=["nonce", "nonce's end", "text", "tag"])
def test_a_changed_byte_does_not_open(byte):
    person = borrowers.a_person("Alice Example")
    data = bytearray(live_values(person)["name"])
    data[byte] ^= 1
    overwrite(Person, person.pk, "name", bytes(data))
    with pytest.raises(DomainError) as error:
        Person.objects.get(pk=person.pk).name  # noqa: B018
    assert error.value.code == "personal_does_not_open"


def test_ciphertext_cut_short_does_not_open():
    person = borrowers.a_person("Alice Example")
    for length in (0, 5, 12, 20):
        overwrite(Person, person.pk, "name", live_values(person)["name"][:length])
        with pytest.raises(DomainError):
            Person.objects.get(pk=person.pk).name  # noqa: B018


def test_ciphertext_moved_to_another_person_does_not_open():
    one, two = borrowers.a_person("Alice Example"), borrowers.a_person("Bob Example")
    overwrite(Person, two.pk, "name", live_values(one)["name"])
    with pytest.raises(DomainError):
        Person.objects.get(pk=two.pk).name  # noqa: B018
    # Nor with the key moved along: the text is bound to the id of its key.
    overwrite(DataKey, two.pk, "wrapped", bytes(DataKey.objects.get(pk=one.pk).wrapped))
    with pytest.raises(DomainError):
        Person.objects.get(pk=two.pk).name  # noqa: B018


def test_a_text_under_a_key_opens_only_with_its_id():
    wrapped = keys.wrap_new()
    sealed = seal("Alice", 7, wrapped)
    assert unseal(sealed, 7, wrapped) == "Alice"
    with pytest.raises(DomainError):
        unseal(sealed, 8, wrapped)


def test_personal_data_take_text_only_and_an_owner_first():
    with pytest.raises(TypeError, match="personal data are text"):
        Person().born_on = dt.date(1980, 2, 29)
    with pytest.raises(DomainError, match="need an owner first"):
        Hold(evidence="a letter")._meta.get_field("evidence").pre_save(Hold(evidence="a letter"), True)


def test_plain_text_does_not_reach_the_table_by_a_query():
    borrowers.a_person("Alice Example")
    with pytest.raises(TypeError, match="plain text never reaches the database"):
        Person.objects.update(name="Bob Example")


@pytest.mark.parametrize("lookup", ["name", "name__contains", "name__in", "name__startswith", "name__gt"])
def test_a_search_in_ciphertext_is_refused_with_the_way_to_search(lookup):
    with pytest.raises(DomainError, match="search by blind index"):
        Person.objects.filter(**{lookup: "Alice"}).exists()


def test_empty_or_not_may_be_asked():
    person = borrowers.a_person("Alice Example", id_number="A-1")
    borrowers.a_person("Bob Example")
    assert Person.objects.filter(id_number__isnull=False).get() == person


@pytest.mark.parametrize(
    "written, asked",
    [
        ("+1 (217) 555-0142", "+12175550142"),
        ("+12175550142", "1 217 555 0142"),
        ("+12175550142", "＋１２１７５５５０１４２"),
    ],
)
def test_a_phone_is_found_however_it_is_written(written, asked):
    person = borrowers.a_person("Alice Example", reachable=False)
    borrowers.a_phone(person, written)
    assert Person.objects.with_phone(asked).get() == person
    assert not Person.objects.with_phone("+12175550143").exists()


def test_an_email_is_found_however_it_is_written():
    person = borrowers.a_person("Alice Example", reachable=False)
    borrowers.an_email(person, "Alice.Example@Example.ORG")
    assert Person.objects.with_email(" alice.example@example.org").get() == person
    assert not Person.objects.with_email("alice@example.org").exists()


@pytest.mark.parametrize(
    "name, asked",
    [
        ("José María Núñez", "jose nunez"), ("José María Núñez", "NÚÑEZ"), ("Anne-Marie Example", "marie anne"),
        ("Łukasz Example", "Łukasz"), ("王小明", "王小明"), ("王小明", "小明"), ("王小明", "王小"), ("欧阳　娜娜", "娜娜 欧阳"),
        ("김민준", "민준"), ("王", "王"), ("ＡＬＩＣＥ Example", "alice"),
    ],
)  # fmt: skip
def test_a_person_is_found_by_the_words_of_the_name(name, asked):
    person = borrowers.a_person(name)
    borrowers.a_person("Somebody Else")
    assert list(Person.objects.named(asked)) == [person]


@pytest.mark.parametrize(
    "name, asked",
    [
        ("José Núñez", "jose smith"),
        ("王小明", "王明"),
        ("王小明", "明小"),
        ("Alice Example", "Ali"),
        ("Alice", ""),
        ("Alice", " - "),
    ],
)
def test_nobody_is_found_by_words_that_are_not_all_there(name, asked):
    borrowers.a_person(name)
    assert not Person.objects.named(asked).exists()


def test_a_phone_without_digits_finds_nobody():
    borrowers.a_person("Alice Example")
    assert not Person.objects.with_phone("").exists()
    assert not Person.objects.with_phone("unknown").exists()


def test_blind_indexes_tell_nothing_without_their_key(settings):
    person = borrowers.a_person("Alice Example")
    digests = {bytes(d) for d in BlindIndex.objects.filter(key=person.pk).values_list("digest", flat=True)}
    assert all(len(d) == 16 for d in digests)
    assert keys.digest("alice") in digests
    settings.BLIND_INDEX_KEY = base64.b64encode(b"z" * 32).decode()
    assert keys.digest("alice") not in digests
    assert not Person.objects.named("Alice").exists()


def test_two_sealed_values_are_the_same_when_their_bytes_are():
    assert Sealed(b"a") == Sealed(b"a") != Sealed(b"b")
    assert hash(Sealed(b"a")) == hash(Sealed(b"a"))
    assert Sealed(b"a") != b"a"
