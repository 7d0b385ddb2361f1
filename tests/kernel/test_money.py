"""Money is whole minor units in the table and Decimal in Python; sums of parts are the whole, to the unit."""

import random
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, F, Sum

from collections_app.kernel.errors import DomainError
from collections_app.kernel.history import create_by, save_by
from collections_app.kernel.money import MINOR_LIMIT, Minor, exponent, from_minor, round_half_up, to_minor
from collections_app.models import Instalment, Loan, Payment
from tests.factories import loans

# currency, an amount, its minor units
KNOWN = [
    ("JPY", "1250", 1250), ("USD", "1250.00", 125_000), ("USD", "0.01", 1), ("KWD", "1250.005", 1_250_005),
    ("CNY", "-3.10", -310), ("KWD", "0.000", 0),
]  # fmt: skip


def in_table(column, pk):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM collections_app_loan WHERE id = %s", [pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("currency, amount, minor", KNOWN)
def test_an_amount_comes_back_as_it_went_in(currency, amount, minor, machine):
    loan = loans.a_loan(currency=currency, instalment="100")
    loan.principal = Decimal(amount)
    save_by(loan, by=machine, because="corrected")
    assert in_table("principal", loan.pk) == minor
    again = Loan.objects.get(pk=loan.pk)
    assert (again.principal, str(again.principal)) == (Decimal(amount), amount)
    assert isinstance(again.principal, Decimal)
    assert Loan.history.filter(id=loan.pk).latest("history_id").principal == Decimal(amount)
    save_by(again, by=machine, because="nothing changed")
    assert in_table("principal", loan.pk) == minor


@pytest.mark.parametrize("currency, amount, minor", KNOWN)
def test_minor_units_and_amounts_are_two_ways_to_say_one_thing(currency, amount, minor):
    assert to_minor(Decimal(amount), currency) == minor
    assert str(from_minor(minor, currency)) == amount
    assert Minor(minor).decimal(currency) == Decimal(amount)


def test_the_exponent_is_that_of_the_currency():
    assert [exponent(c) for c in ("JPY", "USD", "CNY", "KWD")] == [0, 2, 2, 3]


@pytest.mark.parametrize("currency", ["XYZ", "usd", "", "US$", "BTC"])
def test_an_unknown_currency_is_told_in_a_sentence(currency):
    with pytest.raises(DomainError) as error:
        to_minor(Decimal("1"), currency)
    assert error.value.code == "unknown_currency"
    assert str(error.value) == f"“{currency}” is not a known ISO 4217 currency code; write for example USD."


@pytest.mark.parametrize(
    "currency, amount",
    [("JPY", "0.5"), ("USD", "0.001"), ("USD", "10.005"), ("KWD", "0.0001"), ("USD", "1." + "0" * 30 + "1"),
     ("USD", "0." + "0" * 70 + "1")],
)  # fmt: skip
def test_more_decimals_than_the_currency_has_are_refused_and_never_rounded(currency, amount):
    with pytest.raises(DomainError, match="has more decimals than") as error:
        to_minor(Decimal(amount), currency)
    assert error.value.code == "too_many_decimals"


def test_trailing_zeros_are_no_decimals():
    assert to_minor(Decimal("1.50000"), "USD") == 150
    assert to_minor(Decimal("1E+3"), "JPY") == 1000


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_not_an_amount(amount):
    with pytest.raises(DomainError) as error:
        to_minor(Decimal(amount), "USD")
    assert error.value.code == "bad_amount"


@pytest.mark.parametrize("amount", [Decimal(MINOR_LIMIT) / 100, Decimal(-MINOR_LIMIT), Decimal("1E+300")])
def test_an_amount_beyond_the_column_is_refused(amount):
    with pytest.raises(DomainError) as error:
        to_minor(amount, "USD")
    assert error.value.code == "amount_too_large"


def test_the_largest_amount_is_kept_whole():
    assert to_minor(Decimal(MINOR_LIMIT - 1).scaleb(-2), "USD") == MINOR_LIMIT - 1


@pytest.mark.parametrize("wrong", [125, 0, True, 12.5])
def test_a_plain_int_or_float_is_refused_because_it_does_not_say_what_it_is(wrong):
    with pytest.raises(TypeError, match="plain int|not money"):
        Loan(currency="USD", principal=wrong)
    with pytest.raises(TypeError):
        Loan().principal = wrong


@pytest.mark.django_db
def test_queries_take_minor_units_and_no_decimals(machine):
    loan = loans.a_loan(instalment="100.00")
    assert Loan.objects.filter(instalment=Minor(10_000), principal__gt=Minor(59_999)).get() == loan
    for wrong in (Decimal("100.00"), 100.0, True, "100"):
        with pytest.raises(TypeError, match="whole minor units"):
            Loan.objects.filter(instalment=wrong).exists()
    with pytest.raises(TypeError, match="whole minor units"):
        Loan.objects.update(instalment=Decimal("100.00"))


@pytest.mark.django_db
def test_a_row_with_too_many_decimals_is_not_saved(machine):
    loan = loans.a_loan()
    with pytest.raises(DomainError, match="round it first"):
        create_by(
            Payment, by=machine, because="x", loan=loan, currency="USD", amount=Decimal("1.005"), source="bank",
            reference="R", value_on=loan.contract_on, received_at=loans.noon(loan.contract_on),
        )  # fmt: skip


def test_a_form_tells_the_sentence():
    field = Payment._meta.get_field("amount")
    assert field.clean("12.50", Payment(currency="USD")) == Decimal("12.50")
    for wrong, code in [
        ("12.505", "too_many_decimals"),
        ("12,50 USD", "invalid"),
        (None, "null"),
        ("NaN", "bad_amount"),
    ]:
        with pytest.raises(ValidationError) as error:
            field.clean(wrong, Payment(currency="USD"))
        assert error.value.code == code


@pytest.mark.parametrize(
    "amount, currency, rounded",
    [("2.345", "USD", "2.35"), ("-2.345", "USD", "-2.35"), ("2.5", "JPY", "3"), ("0.0005", "KWD", "0.001"),
     ("2.344999", "USD", "2.34")],
)  # fmt: skip
def test_halves_are_rounded_away_from_zero(amount, currency, rounded):
    assert str(round_half_up(Decimal(amount), currency)) == rounded


def random_split(rng, whole, parts):
    cuts = sorted(rng.randrange(whole + 1) for _ in range(parts - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True)]


@pytest.mark.django_db
def test_ten_thousand_random_splits_add_up_to_the_whole_in_sql():
    """Each split: an amount of a currency with 0, 2 or 3 decimals, cut at random into 1 to 12 instalments, given to the
    table as Decimal and summed by the database."""
    rng = random.Random(20261124)
    loan = loans.a_loan()
    whole_of, rows = {}, []
    loan_ids = Loan.objects.bulk_create(
        Loan(
            number=f"S-{n}", lender=loan.lender, debtor=loan.debtor, group=loan.group,
            currency=("JPY", "USD", "KWD")[n % 3], principal=Minor(0), instalment=Minor(0), tolerance=Minor(0),
        )
        for n in range(10_000)
    )  # fmt: skip
    for split in loan_ids:
        whole = rng.choice([rng.randrange(100, 100_000), rng.randrange(10**14, 10**15)])
        parts = [p for p in random_split(rng, whole, rng.randrange(1, 13)) if p]
        whole_of[split.pk] = whole
        paid = [rng.randrange(part + 1) for part in parts]
        rows += [
            Instalment(
                loan=split, sequence=n, due_on=loan.contract_on, contract_due_on=loan.contract_on, currency=split.currency,
                amount=from_minor(part, split.currency), paid=from_minor(p, split.currency),
            )
            for n, (part, p) in enumerate(zip(parts, paid, strict=True))
        ]  # fmt: skip
    Instalment.objects.bulk_create(rows, batch_size=5000)
    sums = Instalment.objects.filter(loan__number__startswith="S-").values("loan").annotate(
        whole=Sum("amount"), received=Sum("paid"), open=Sum(F("amount") - F("paid")), parts=Count("id")
    )  # fmt: skip
    compared = 0
    for row in sums:
        assert row["whole"] == whole_of[row["loan"]]
        assert row["received"] + row["open"] == row["whole"]
        compared += 1
    assert compared == 10_000
    # And all in one: more than 15 digits, where a float has lost the cents long ago.
    total = Instalment.objects.filter(loan__number__startswith="S-").aggregate(total=Sum("amount"))["total"]
    assert total == sum(whole_of.values()) > 10**18
    assert isinstance(total, Minor)
    assert int(float(total)) != total
