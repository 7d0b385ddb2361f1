"""Money: whole minor units in the database, Decimal in Python, with its currency.

SQLite keeps a DecimalField as a float, and sums of floats call exactly paid loans unpaid; whole numbers add up
on every database. A money column stands in a row that also has a `currency` column (ISO 4217), because the
number alone does not say how many decimals it has.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from .errors import DomainError

# ISO 4217 exponents. A currency that is not here is refused on import with a sentence, never guessed.
CURRENCY_EXPONENT: dict[str, int] = {
    **dict.fromkeys(
        "AED ARS AUD BDT BGN BRL CAD CHF CNY COP CZK DKK DOP EGP EUR GBP GEL GHS GTQ HKD HUF IDR ILS INR KES "
        "KHR KZT LKR MAD MMK MNT MOP MXN MYR NAD NGN NOK NZD PEN PHP PKR PLN QAR RON RSD SAR SEK SGD THB TRY "
        "TWD TZS UAH USD UYU UZS ZAR ZMW".split(),
        2,
    ),
    **dict.fromkeys("CLP ISK JPY KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

_EXACT = Context(prec=60, traps=[Inexact])

MINOR_LIMIT = 10**17  # far above any loan, far below the eight bytes of a BigInteger: sums of many rows still fit


def exponent(currency: str) -> int:
    """Decimals of a currency (0, 2 or 3). Refuses one that is not in the table."""
    try:
        return CURRENCY_EXPONENT[currency]
    except KeyError:
        raise DomainError(
            "unknown_currency",
            f"“{currency}” is not a known ISO 4217 currency code; write for example USD.",
            currency=currency,
        ) from None


class Minor(int):
    """A whole number of minor units (cents, yen, fils), as it stands in the database."""

    __slots__ = ()

    def decimal(self, currency: str) -> Decimal:
        return from_minor(self, currency)


def to_minor(amount: Decimal, currency: str) -> Minor:
    """Whole minor units of an amount that has no more decimals than its currency; rounding is asked for by name."""
    places = exponent(currency)
    if not amount.is_finite():
        raise DomainError("bad_amount", f"“{amount}” is not an amount.", amount=str(amount))
    if abs(amount) >= MINOR_LIMIT:
        raise DomainError(
            "amount_too_large", f"{amount} {currency} is larger than any amount kept here.", amount=str(amount)
        )
    try:
        # A context of its own: the usual 28 digits would silently round away what has too many decimals.
        scaled = amount.scaleb(places, context=_EXACT)
        whole = scaled.to_integral_value()
        fits = whole == scaled
    except Inexact:
        fits = False
    if not fits:
        raise DomainError(
            "too_many_decimals",
            f"{amount} has more decimals than {currency} has ({places}); round it first with round_half_up().",
            amount=str(amount),
            currency=currency,
        )
    if abs(whole) >= MINOR_LIMIT:
        raise DomainError(
            "amount_too_large", f"{amount} {currency} is larger than any amount kept here.", amount=str(amount)
        )
    return Minor(int(whole))


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount of `minor` units, with exactly the decimals of the currency."""
    return Decimal(int(minor)).scaleb(-exponent(currency))


def round_half_up(amount: Decimal, currency: str) -> Decimal:
    """To the currency's decimals, halves away from zero: the rounding of every statement and charge here."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


class _MoneyAttribute:
    """Gives Decimal, takes Decimal; keeps the database's Minor until somebody looks."""

    def __init__(self, field: MoneyField) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        value = instance.__dict__[self.field.attname]
        if isinstance(value, Minor):
            return value.decimal(getattr(instance, self.field.currency_field))
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        if isinstance(value, int) and not isinstance(value, Minor):
            raise TypeError(f"{self.field.name}: give Decimal('…') or Minor(…), a plain int does not say which it is")
        if isinstance(value, float):
            raise TypeError(f"{self.field.name}: a float is not money; give Decimal('…')")
        instance.__dict__[self.field.attname] = Decimal(value) if isinstance(value, str) else value


class MoneyField(models.BigIntegerField):
    """An amount in whole minor units; `currency_field` names the column of the row that says of which currency.

    In querysets the column is what it is, a whole number: lookups take `Minor`, sums give `Minor`.
    """

    # What the type checker may take for the attribute; the descriptor below is invisible to it.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def __init__(self, *args: Any, currency_field: str = "currency", **kwargs: Any) -> None:
        self.currency_field = currency_field
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.currency_field != "currency":
            kwargs["currency_field"] = self.currency_field
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, self.attname, _MoneyAttribute(self))

    def get_default(self) -> Any:
        value = super().get_default()
        return Minor(value) if isinstance(value, int) else value

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Minor | None:
        return None if value is None else Minor(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, Decimal):
            return to_minor(value, getattr(model_instance, self.currency_field))
        return value

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if isinstance(value, Minor):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise TypeError(f"{self.name}: queries take whole minor units; use to_minor(amount, currency)")

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Decimal | Minor):
            return value
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ValidationError("Write an amount such as 1250.00.", code="invalid") from None

    def clean(self, value: Any, model_instance: Any) -> Any:
        value = self.to_python(value)
        if isinstance(value, Decimal) and model_instance is not None:
            try:
                to_minor(value, getattr(model_instance, self.currency_field))
            except DomainError as error:
                raise ValidationError(error.sentence, code=error.code) from error
        if value is None and not self.null:
            raise ValidationError(self.error_messages["null"], code="null")
        return value

    def value_from_object(self, obj: Any) -> Any:
        return getattr(obj, self.attname)

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super(models.BigIntegerField, self).formfield(
            **{"form_class": forms.DecimalField, "max_digits": 20, "decimal_places": 3, **kwargs}
        )


class CurrencyField(models.CharField):
    """ISO 4217 code of the row's amounts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
