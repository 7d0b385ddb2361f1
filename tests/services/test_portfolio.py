"""The made-up portfolio: how late its instalments are paid, and that the files can be imported."""

import csv
import datetime as dt
import itertools
import json
import random
import subprocess
import sys
import tracemalloc
from collections import defaultdict
from decimal import Decimal
from statistics import fmean, pvariance

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.services.intake.mapping import load_mapping
from collections_app.services.intake.reader import open_rows
from collections_app.services.intake.records import LoanRecord, PaymentRecord
from collections_app.services.portfolio import (
    LAST_DAY,
    PRIME,
    PROFILES,
    SUBPRIME,
    Lateness,
    level_instalment,
    made_up_loans,
    write_portfolio,
)

AS_OF = dt.date(2026, 11, 24)
REAL = {
    1: 0.29, 3: 0.204, 7: 0.135, 10: 0.10, 14: 0.058, 21: 0.019, 30: 0.0115, 45: 0.009, 60: 0.006, 90: 0.004, 120: 0.003
}  # fmt: skip


def instalments_of(borrowers: int, each: int, profile=PRIME) -> list[list[int]]:
    """Lateness in the ledger of `each` monthly instalments of so many borrowers."""
    lateness, draws = Lateness(profile), random.Random(20261124)
    found = []
    for _ in range(borrowers):
        propensity = lateness.propensity(draws)
        late, row = 0, []
        for sequence in range(each):
            delay = lateness.delay(draws, propensity, 30 if sequence else None)
            late = max(delay, late - 30) if sequence else delay
            row.append(late)
        found.append(row)
    return found


def share_unpaid(lateness: list[int], day: int) -> float:
    return sum(late >= day for late in lateness) / len(lateness)


def test_the_curve_is_the_real_one_at_each_day_that_was_measured():
    assert dict(PRIME.survival) == REAL
    assert PRIME.precision == 1.65
    lateness = Lateness(PRIME)
    assert {day: round(lateness.survival(day), 12) for day in REAL} == REAL
    shares = [lateness.survival(day) for day in range(LAST_DAY)]
    assert all(a > b for a, b in itertools.pairwise(shares))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
@pytest.mark.parametrize("propensity", [0.001, 0.29, 0.7, 0.999])
def test_own_delays_are_a_distribution_and_give_the_curve_in_the_ledger_exactly(profile, propensity):
    """P(lateness of k ≥ x) by recursion over the drawn delays, with months of 28 to 31 days, is the
    borrower's curve.
    """
    lateness = Lateness(profile)
    gaps = [None, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30]
    reach = LAST_DAY - 31 * len(gaps)
    ledger: list[float] = []
    for gap in gaps:
        own = [lateness.own_delay_survival(x, propensity, gap) for x in range(LAST_DAY + 1)]
        assert own[0] == 1.0 and all(0 <= b <= a for a, b in itertools.pairwise(own)), f"gap {gap}"
        before, ledger = ledger, []
        for x in range(LAST_DAY + 1):
            held = before[x + gap] if gap is not None and x + gap <= LAST_DAY else 0.0
            ledger.append(1 - (1 - own[x]) * (1 - held))
        expected = [1.0] + [propensity * lateness.given_late(x) for x in range(1, reach)]
        assert ledger[:reach] == pytest.approx(expected, abs=1e-6)


def test_twenty_thousand_instalments_follow_the_real_curve():
    """One instalment each of 20,000 borrowers, so that they are independent: within 3.5 standard errors."""
    late = [row[0] for row in instalments_of(20_000, 1)]
    for day, share in REAL.items():
        error = (share * (1 - share) / len(late)) ** 0.5
        assert abs(share_unpaid(late, day) - share) < 3.5 * error, day


def test_later_instalments_follow_the_real_curve_too():
    """2,500 borrowers with 8 instalments each, 20,000 in all: within 0.02 above 5 %, within a third below."""
    rows = instalments_of(2_500, 8)
    late = [late for row in rows for late in row]
    for day, share in REAL.items():
        assert abs(share_unpaid(late, day) - share) < (0.02 if share > 0.05 else share / 3), day


def test_borrowers_differ_as_real_ones_do():
    """Mean and precision of the borrowers' own shares of late instalments, by moments, from 40 instalments
    of each.
    """
    each = 40
    shares = [fmean(late >= 1 for late in row) for row in instalments_of(4_000, each)]
    mean, variance = fmean(shares), pvariance(shares)
    # Var(share) = m(1-m)/(1+φ) + the noise of counting `each` instalments, E[p(1-p)]/each = m(1-m)
    # φ/(1+φ)/each.
    ratio = variance / (mean * (1 - mean))
    precision = (1 - ratio) / (ratio - 1 / each)
    assert abs(mean - 0.29) < 0.02
    assert abs(precision - 1.65) < 0.2


def test_the_subprime_profile_says_that_it_is_invented_and_is_later_everywhere():
    assert "INVENTED" in SUBPRIME.source
    prime, subprime = Lateness(PRIME), Lateness(SUBPRIME)
    assert all(subprime.survival(day) > 1.2 * prime.survival(day) for day in (*REAL, 200, 400))


# --- The files -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("portfolio")
    return write_portfolio(folder, 3_000, seed="7", as_of=AS_OF)


@pytest.fixture(scope="module")
def records(written) -> tuple[list[LoanRecord], list[PaymentRecord]]:
    mapping = load_mapping("plain")
    loans = list(mapping.loans(open_rows(written.loans_file)))
    payments = list(mapping.ledger(open_rows(written.payments_file)))
    return loans, payments


def test_every_row_of_the_files_is_taken(written, records):
    loans, payments = records
    assert (len(loans), len(payments)) == (written.loans, written.payments) == (3_000, written.payments)
    assert all(isinstance(loan, LoanRecord) for loan in loans)
    assert all(isinstance(payment, PaymentRecord) for payment in payments)
    numbers = {loan.number for loan in loans}
    assert all(payment.loan_number in numbers for payment in payments)
    assert all(payment.on < AS_OF for payment in payments), "what is valued later, nobody knows yet"
    assert all(load_mapping("plain").unread_columns(kind, open_rows(file)) == ()
               for kind, file in (("loans", written.loans_file), ("ledger", written.payments_file)))  # fmt: skip


def test_everybody_in_it_is_marked_as_made_up(records):
    loans, _ = records
    for loan in loans:
        assert loan.generated and loan.debtor.generated
        assert all(point.generated for point in loan.debtor.contact_points)


def test_the_portfolio_is_mixed(written, records):
    loans, _ = records
    assert {loan.product for loan in loans} == {"personal_loan", "auto_loan"}
    assert {loan.country for loan in loans} == {"US", "CN", "HK", "TW", "GB"}
    assert sum(loan.country == "US" for loan in loans) > 0.85 * len(loans)
    assert {loan.debtor.language for loan in loans} == {"en", "zh-hans", "zh-hant"}
    assert all(loan.contract_on <= AS_OF for loan in loans)
    assert written.borrowers < 0.9 * written.loans, "some borrowers have more than one loan"


def test_the_oldest_instalment_first_gives_the_lateness_that_was_counted(written, records):
    """Read back as an import would: payments of a loan in order of value date, each to the oldest open
    instalment.
    """
    loans, payments = records
    paid = defaultdict(list)
    for payment in payments:
        paid[payment.loan_number].append(payment)
    counted = dict.fromkeys(REAL, 0)
    due = 0
    for loan in loans:
        left = sorted(paid[loan.number], key=lambda payment: payment.on)
        for instalment in loan.instalments():
            if instalment.due_on >= AS_OF:
                break
            due += 1
            payment = left.pop(0) if left else None
            assert payment is None or payment.amount == instalment.amount
            late = ((payment.on if payment else AS_OF) - instalment.due_on).days
            for day in REAL:
                counted[day] += late >= day
        assert not left
    assert due == written.instalments
    # What is unpaid on AS_OF counts as late so far, so the young instalments can only be fewer.
    for day in (1, 3, 7, 10, 14, 21, 30):
        share = counted[day] / due
        assert share <= written.late_on[day] + 1e-5  # late_on is rounded
        assert share > written.late_on[day] * 0.85


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path):
    one = write_portfolio(tmp_path / "a", 200, seed="7", as_of=AS_OF)
    two = write_portfolio(tmp_path / "b", 200, seed="7", as_of=AS_OF)
    other = write_portfolio(tmp_path / "c", 200, seed="8", as_of=AS_OF)
    assert one.loans_file.read_bytes() == two.loans_file.read_bytes() != other.loans_file.read_bytes()
    assert one.payments_file.read_bytes() == two.payments_file.read_bytes() != other.payments_file.read_bytes()
    longer = list(itertools.islice(made_up_loans(10_000, PRIME, "7", AS_OF), 150))
    assert longer == list(itertools.islice(made_up_loans(200, PRIME, "7", AS_OF), 150))


def test_memory_does_not_grow_with_the_number_of_loans():
    def peak_of(loans: int) -> int:
        tracemalloc.start()
        try:
            for _ in made_up_loans(loans, PRIME, "7", AS_OF):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak_of(1_500) < 1.5 * peak_of(150)


def test_a_write_that_fails_leaves_the_old_files_and_nothing_half_written(tmp_path):
    write_portfolio(tmp_path, 5, as_of=AS_OF)
    before = (tmp_path / "loans.csv").read_bytes()

    def full() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_portfolio(tmp_path, 5, seed="2", as_of=AS_OF, step=full)
    assert (tmp_path / "loans.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loans.csv", "payments.csv"]


def test_nonsense_is_refused(tmp_path):
    for wrong in ({"loans": 0}, {"loans": 1, "profile": "golden"}):
        with pytest.raises(DomainError):
            write_portfolio(tmp_path, **wrong, as_of=AS_OF)


def test_a_level_instalment_pays_the_loan_off():
    amount = level_instalment(Decimal(12000), Decimal("0.12"), 12, "USD")
    assert amount == Decimal("1066.19")
    owed = Decimal(12000)
    for _ in range(12):
        owed = owed * Decimal("1.01") - amount
    assert abs(owed) < Decimal("0.10")
    assert level_instalment(Decimal(1200), Decimal(0), 12, "JPY") == Decimal(100)


def test_the_command_prints_one_json_object(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "make_portfolio", "--loans", "40", "--as-of", "2026-11-24", "--out",
         str(tmp_path / "out"), "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["loans"], told["profile"], told["seed"], told["as_of"]) == (40, "prime", "1", "2026-11-24")
    with open(told["loans_file"], encoding="utf-8", newline="") as stream:
        assert sum(1 for _ in csv.DictReader(stream)) == 40
