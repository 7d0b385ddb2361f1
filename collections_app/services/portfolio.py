"""A made-up portfolio whose borrowers pay as real ones do, written in the plain format.

How late instalments are paid is a survival curve: the share of instalments that is still unpaid on day d
after the due date. A borrower has an own probability of being late at all (a Beta distribution); how late
an instalment is, given that it is late, is the same curve for all.

One delay is drawn per instalment, and the oldest is paid first: an instalment is never paid before the one
before it. So the lateness of instalment k is max(own delay, lateness of k-1 less the days between the two
due dates). If own delays were drawn from the curve itself, the ledger would show a later one. They are
drawn from the curve D that makes the lateness in the *ledger* follow the borrower's curve S exactly, for
each instalment:

1 - S(x) = (1 - D(x)) (1 - S(x + gap)),  thus  D(x) = (S(x) - S(x + gap)) / (1 - S(x + gap))
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import math
import os
import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import exponent

from .intake.persons import US_STATES, generate
from .intake.records import PersonRecord, on_day

LAST_DAY = 1_500  # beyond it the curve is below one in a million: nobody is drawn to pay later than this
LONGEST_GAP = 31


@dataclass(frozen=True, slots=True)
class Profile:
    """`survival` gives (day, share still unpaid at the beginning of that day: paid on the due date or
    before is day 0). Between the days the curve falls at a constant rate, after the last one at `late_rate`
    a day. `precision` is alpha + beta of the borrowers' Beta distribution, whose mean is the share of day
    1.
    """

    name: str
    source: str
    survival: tuple[tuple[int, float], ...]
    precision: float
    late_rate: float


PRIME = Profile(
    name="prime",
    source="instalments of prime borrowers as measured: the figures of the issue; after day 120 made up",
    survival=(
        (1, 0.29), (3, 0.204), (7, 0.135), (10, 0.10), (14, 0.058), (21, 0.019), (30, 0.0115), (45, 0.009), (60, 0.006),
        (90, 0.004), (120, 0.003),
    ),
    precision=1.65,
    late_rate=0.007,
)  # fmt: skip


def _shifted(profile: Profile, odds: float) -> tuple[tuple[int, float], ...]:
    return tuple((day, odds * s / (1 + (odds - 1) * s)) for day, s in profile.survival)


SUBPRIME = Profile(
    name="subprime",
    source="INVENTED: the odds of being unpaid on each day are 2.2 times those of prime; no data stand behind it",
    survival=_shifted(PRIME, 2.2),
    precision=1.65,
    late_rate=0.007,
)
PROFILES = {profile.name: profile for profile in (PRIME, SUBPRIME)}


class Lateness:
    """Draws how late the instalments of a borrower are paid."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.mean = profile.survival[0][1]
        shares = [1.0, *(self._share(day) for day in range(1, LAST_DAY + LONGEST_GAP + 2))]
        self._shares = shares
        # Given late: the same curve for all borrowers, 1 on day 1.
        self._given_late = [1.0, *(share / self.mean for share in shares[1:])]

    def survival(self, day: int) -> float:
        """Share of all instalments still unpaid on `day` after the due date."""
        return self._shares[day]

    def given_late(self, day: int) -> float:
        """Share of the late instalments still unpaid on `day`, from 1 on."""
        return self._given_late[day]

    def propensity(self, draws: random.Random) -> float:
        """A borrower's own probability of being late at all."""
        precision = self.profile.precision
        return draws.betavariate(self.mean * precision, (1 - self.mean) * precision)

    def own_delay_survival(self, day: int, propensity: float, gap: int | None) -> float:
        """P(own delay ≥ day). `gap`: days since the due date before; None for the first instalment."""
        if day <= 0:
            return 1.0
        here = propensity * self._given_late[day]
        if gap is None:
            return here
        later = propensity * self._given_late[day + gap]
        return (here - later) / (1 - later) if later < 1 else 0.0

    def delay(self, draws: random.Random, propensity: float, gap: int | None) -> int:
        """An own delay in days; 0 is on time or before."""
        drawn = draws.random()
        if self.own_delay_survival(1, propensity, gap) < drawn:
            return 0
        low, high = 1, LAST_DAY
        while low < high:
            middle = (low + high + 1) // 2
            if self.own_delay_survival(middle, propensity, gap) >= drawn:
                low = middle
            else:
                high = middle - 1
        return low

    def _share(self, day: int) -> float:
        points = self.profile.survival
        if day >= points[-1][0]:
            return points[-1][1] * math.exp(-self.profile.late_rate * (day - points[-1][0]))
        place = bisect_left(points, (day, 2.0)) - 1
        (first, at_first), (last, at_last) = points[place], points[place + 1]
        return at_first * (at_last / at_first) ** ((day - first) / (last - first))


@dataclass(frozen=True, slots=True)
class MadeUpInstalment:
    """`lateness` in days as the ledger will show it, 0 for on time; `paid_on` may lie after the portfolio's
    day.
    """

    sequence: int
    due_on: dt.date
    amount: Decimal
    lateness: int
    paid_on: dt.date


@dataclass(frozen=True, slots=True)
class MadeUpLoan:
    """A loan, its borrower, and when each instalment due before the portfolio's day is (or will be) paid."""

    number: str
    product: str
    currency: str
    principal: Decimal
    apr: Decimal
    count: int
    instalment: Decimal
    paid_out_on: dt.date
    first_due_on: dt.date
    borrower: PersonRecord
    propensity: float
    instalments: tuple[MadeUpInstalment, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Amounts in whole units of the currency."""

    name: str
    currency: str
    smallest: int
    largest: int
    step: int
    terms: tuple[int, ...]
    rates: tuple[str, ...]


# Products of a country, each as often as it stands here.
PRODUCTS: dict[str, tuple[Product, ...]] = {
    "US": (
        Product("personal_loan", "USD", 1_000, 12_000, 100, (6, 9, 12, 18, 24), ("0.0899", "0.1249", "0.1999")),
        Product("personal_loan", "USD", 500, 4_000, 50, (6, 9, 12), ("0.1499", "0.1999", "0.2399")),
        Product("auto_loan", "USD", 6_000, 32_000, 250, (24, 36, 48), ("0.0549", "0.0749", "0.0999", "0.1299")),
    ),
    "CN": (
        Product("personal_loan", "CNY", 5_000, 60_000, 500, (6, 12, 18), ("0.0980", "0.1180", "0.1380")),
        Product("auto_loan", "CNY", 40_000, 160_000, 1_000, (24, 36), ("0.0480", "0.0680")),
    ),
    "HK": (Product("personal_loan", "HKD", 10_000, 120_000, 1_000, (12, 18, 24), ("0.0790", "0.1190")),),
    "TW": (Product("personal_loan", "TWD", 30_000, 400_000, 5_000, (12, 24), ("0.0780", "0.1180")),),
    "GB": (Product("personal_loan", "GBP", 800, 9_000, 50, (12, 18, 24), ("0.0890", "0.1490")),),
}  # fmt: skip
# Of a hundred borrowers; the rest live in the United States.
_ABROAD = ("CN",) * 6 + ("HK", "HK", "TW", "GB")
_CN_REGIONS = ("CN-BJ", "CN-SH", "CN-GD", "CN-ZJ", "CN-JS", "CN-SC", "CN-HB", "CN-FJ")
_STATES = tuple(
    code for code, state in US_STATES.items() for _ in range(len(state.codes)) if code not in ("GU", "VI", "PR")
)
_LENDERS = {
    "US": "Blue Heron Lending", "CN": "示例消费金融有限公司", "HK": "示例財務有限公司", "TW": "示例資融股份有限公司",
    "GB": "Wren Credit Ltd",
}  # fmt: skip
_EARLY_DAYS = (0, 0, 0, 0, 0, 1, 1, 2, 3, 5)
_METHODS = ("direct_debit", "direct_debit", "direct_debit", "bank_transfer", "card", "cash")


def made_up_loans(loans: int, profile: Profile, seed: str, as_of: dt.date) -> Iterator[MadeUpLoan]:
    """So many loans, one at a time: the same arguments give the same loans, and a longer portfolio begins
    like a shorter one. Each runs on `as_of`. Of a hundred borrowers 85 have one loan, 12 two, 3 three.
    """
    lateness = Lateness(profile)
    made = borrower = 0
    while made < loans:
        borrower += 1
        draws = _draws(f"{seed}|{profile.name}|{borrower}")
        mark = draws.randrange(100)
        own = min(1 if mark < 85 else 2 if mark < 97 else 3, loans - made)
        place = draws.randrange(100)
        country = _ABROAD[place] if place < len(_ABROAD) else "US"
        region = {"US": f"US-{draws.choice(_STATES)}", "CN": draws.choice(_CN_REGIONS)}.get(country, "")
        person = generate(f"portfolio|{seed}", f"B-{borrower:07d}", region, country=country)
        propensity = lateness.propensity(draws)
        for _ in range(own):
            made += 1
            yield _loan(f"L-{made:07d}", person, propensity, lateness, draws, as_of)


def _draws(text: str) -> random.Random:
    return random.Random(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))


def _loan(
    number: str, person: PersonRecord, propensity: float, lateness: Lateness, draws: random.Random, as_of: dt.date
) -> MadeUpLoan:
    product = draws.choice(PRODUCTS[person.country])
    count = draws.choice(product.terms)
    apr = Decimal(draws.choice(product.rates))
    steps = (product.largest - product.smallest) // product.step
    # Small loans are more common than large ones: the smaller of two draws.
    principal = Decimal(product.smallest + product.step * min(draws.randrange(steps + 1), draws.randrange(steps + 1)))
    instalment = level_instalment(principal, apr, count, product.currency)
    due_day = draws.randint(1, 28)
    # So many instalments have fallen due; at least the last one lies ahead.
    behind = draws.randrange(count)
    last_due = on_day(as_of, 0, due_day)
    if last_due >= as_of:
        last_due = on_day(as_of, -1, due_day)
    first_due_on = on_day(last_due, -(behind - 1), due_day)
    paid_out_on = on_day(first_due_on, -1, due_day) - dt.timedelta(days=draws.randrange(10))
    instalments: list[MadeUpInstalment] = []
    late, due_before, paid_before = 0, None, paid_out_on
    for sequence in range(1, behind + 1):
        due_on = on_day(first_due_on, sequence - 1, due_day)
        gap = None if due_before is None else (due_on - due_before).days
        delay = lateness.delay(draws, propensity, gap)
        late = max(delay, late - gap) if gap is not None else delay
        paid_on = due_on + dt.timedelta(days=late)
        if not late:
            paid_on = max(paid_before, due_on - dt.timedelta(days=draws.choice(_EARLY_DAYS)))
        instalments.append(MadeUpInstalment(sequence, due_on, instalment, late, paid_on))
        due_before, paid_before = due_on, paid_on
    return MadeUpLoan(
        number=number,
        product=product.name,
        currency=product.currency,
        principal=principal,
        apr=apr,
        count=count,
        instalment=instalment,
        paid_out_on=paid_out_on,
        first_due_on=first_due_on,
        borrower=person,
        propensity=propensity,
        instalments=tuple(instalments),
    )


def level_instalment(principal: Decimal, apr: Decimal, count: int, currency: str) -> Decimal:
    """The equal monthly payment of an annuity loan, rounded half up to the currency."""
    rate = apr / 12
    exact = principal * rate / (1 - (1 + rate) ** -count) if rate else principal / count
    return exact.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


# --- Writing it in the plain format --------------------------------------------------------------------------

LOAN_COLUMNS = (
    "number", "product", "currency", "principal", "contract_on", "paid_out_on", "apr", "instalment", "instalments",
    "first_due_on", "country", "region", "contract_law", "lender", "lender_type", "debt_kind", "collector_role",
    "generated",
    "debtor_number", "debtor_name", "debtor_language", "debtor_born_on", "debtor_mobile", "debtor_mobile_provenance",
    "debtor_email", "debtor_email_provenance", "debtor_address", "debtor_address_provenance",
)  # fmt: skip
PAYMENT_COLUMNS = ("reference", "loan_number", "value_on", "amount", "currency", "method")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. `unpaid` counts instalments due before `as_of` whose payment lies on or after it."""

    loans_file: Path
    payments_file: Path
    loans: int
    borrowers: int
    instalments: int
    payments: int
    unpaid: int
    late_on: dict[int, float]


def write_portfolio(
    folder: str | os.PathLike[str],
    loans: int,
    *,
    profile: str = "prime",
    seed: str = "1",
    as_of: dt.date,
    step: Callable[[], object] | None = None,
) -> Written:
    """Writes loans.csv and payments.csv into `folder` (made if need be; files of these names are replaced
    as a whole, at the end). Payments valued before `as_of` are in the file, later ones nobody knows yet.
    `step` is called once a loan.
    """
    if loans < 1:
        raise DomainError("no_loans", "A portfolio has at least one loan.", loans=loans)
    if profile not in PROFILES:
        raise DomainError("unknown_profile", f"“{profile}” is not one of: {', '.join(PROFILES)}.", profile=profile)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / "loans.csv", folder / "payments.csv"]
    parts = [name.with_name(name.name + ".part") for name in names]
    counted = {"loans": 0, "instalments": 0, "payments": 0, "unpaid": 0}
    days = [day for day, _ in PROFILES[profile].survival]
    late = dict.fromkeys(days, 0)
    borrowers, borrower = 0, ""
    try:
        with (
            parts[0].open("w", encoding="utf-8", newline="") as first,
            parts[1].open("w", encoding="utf-8", newline="") as second,
        ):
            loan_rows = csv.writer(first, lineterminator="\n")
            payment_rows = csv.writer(second, lineterminator="\n")
            loan_rows.writerow(LOAN_COLUMNS)
            payment_rows.writerow(PAYMENT_COLUMNS)
            for loan in made_up_loans(loans, PROFILES[profile], seed, as_of):
                loan_rows.writerow(_loan_row(loan))
                counted["loans"] += 1
                if loan.borrower.reference != borrower:
                    borrowers, borrower = borrowers + 1, loan.borrower.reference
                for item in loan.instalments:
                    counted["instalments"] += 1
                    for day in days:
                        if item.lateness < day:
                            break
                        late[day] += 1
                    if item.paid_on >= as_of:
                        counted["unpaid"] += 1
                        continue
                    counted["payments"] += 1
                    payment_rows.writerow(
                        (f"{loan.number}-{item.sequence:03d}", loan.number, item.paid_on.isoformat(), item.amount,
                         loan.currency, _method(loan.number, item.sequence))
                    )  # fmt: skip
                if step is not None:
                    step()
        for part, name in zip(parts, names, strict=True):
            os.replace(part, name)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    total = max(counted["instalments"], 1)
    return Written(
        loans_file=names[0],
        payments_file=names[1],
        borrowers=borrowers,
        late_on={day: round(count / total, 5) for day, count in late.items()},
        **counted,
    )


def _loan_row(loan: MadeUpLoan) -> tuple[object, ...]:
    person = loan.borrower
    points = {point.kind: point for point in person.contact_points}
    contacts: list[str] = []
    for kind in ("mobile", "email", "home_address"):
        contacts += [points[kind].value, " ".join(points[kind].provenance)]
    lender_type = "consumer_finance" if person.country in ("US", "CN") else "bank"
    return (
        loan.number, loan.product, loan.currency, loan.principal, loan.paid_out_on, loan.paid_out_on,
        loan.apr, loan.instalment, loan.count, loan.first_due_on, person.country, person.region, person.country,
        _LENDERS[person.country], lender_type, "consumer", "third_party", "yes", person.reference, person.name,
        person.language, person.born_on or "", *contacts,
    )  # fmt: skip


def _method(number: str, sequence: int) -> str:
    return _METHODS[hashlib.blake2b(f"{number}|{sequence}".encode(), digest_size=1).digest()[0] % len(_METHODS)]
