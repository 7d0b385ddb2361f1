"""What a text may say: every figure, date and name that comes from outside the words themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from collections_app.kernel.errors import DomainError


@dataclass(frozen=True, kw_only=True)
class PlannedPayment:
    """One line of a repayment proposal."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class OtherLoan:
    """A further loan of the same person that the same message covers."""

    loan_number: str
    loan_amount: Decimal
    due_date: date
    current_balance: Decimal
    arrears: Decimal
    instalment_open: Decimal


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """Something the borrower said or both agreed, to be fixed in writing.

    `kind`: promise, extension or plan. `told` is the channel it was said on (call, visit, email, sms,
    letter, portal) and `method` the way of payment (bank_transfer, card, cash_desk, direct_debit, online,
    check): words of `words.<language>.toml`. `by_date` is the day promised, the new due date, or the first
    payment of the plan; `state`: open, kept or broken as of the message.
    """

    kind: str
    agreed_on: date
    told: str
    by_date: date
    amount: Decimal | None = None
    method: str | None = None
    payments: int | None = None
    state: str = "open"


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What the lender will do next; the sentence of `code` stands in `templates/contacts/sentences/`."""

    code: str
    on: date | None = None
    amount: Decimal | None = None
    rest: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a text may show, as of `as_of`. What is not known stays None or empty; what needs it refuses.

    Amounts are in `currency`, with no more decimals than it has. `current_balance` and `remaining_balance`
    are both the whole sum still owed on the loan, the overdue part and the fees included: the first as of a
    message, the second as of a letter. `arrears` is what is overdue: `instalment_amount − paid_towards +
    other_overdue + fees`, where the instalment is the oldest open one, due on `due_date`.

    The contact data are those of the firm that writes or calls; `agency_name` names it where it is not the
    lender. `next_steps` and `agreed` take ready sentences too, in the language of the message.
    """

    currency: str
    as_of: date

    # The debt, from the ledger.
    loan_number: str | None = None
    contract_on: date | None = None
    loan_amount: Decimal | None = None
    due_date: date | None = None
    current_balance: Decimal | None = None
    arrears: Decimal | None = None
    remaining_balance: Decimal | None = None
    instalment_amount: Decimal | None = None
    paid_towards: Decimal | None = None
    other_overdue: Decimal = Decimal(0)
    fees: Decimal | None = None
    days_past_due: int | None = None
    next_steps: tuple[NextStep | str, ...] = ()
    agreed: tuple[Agreed | str, ...] = ()
    proposal: tuple[PlannedPayment, ...] = ()
    other_loans: tuple[OtherLoan, ...] = ()

    # Who writes.
    lender_name: str = ""
    agency_name: str = ""
    lender_address: str = ""
    lender_phone: str = ""
    lender_email: str = ""
    lender_hours: str = ""
    lender_note: str = ""  # a line under the name in letters: registration, department
    return_address: str = ""
    neutral_name: str = ""  # a business name that does not show that the firm collects, for voicemail
    how_to_pay: str = ""
    collector_name: str = ""
    collector_number: str = ""
    signed_by: str = ""
    reference: str = ""
    credit_bureau: str = ""  # to whom the lender really reports; empty: the text stays general
    fee_clause: str = ""  # e.g. "clause 9", the authority of fees in the agreement
    debt_advice: str = ""  # free, independent advice: name and how to reach it
    call_recorded: bool = False

    # To whom.
    borrower_name: str = ""
    borrower_title: str = ""  # 先生, 女士; only where the person chose it
    address_lines: tuple[str, ...] = ()
    generated: bool = False  # the person is made up: shown on every text

    @property
    def sender_name(self) -> str:
        return self.agency_name or self.lender_name

    @property
    def instalment_open(self) -> Decimal | None:
        """What is still to come on the instalment of `due_date`; None while one of its parts is unknown."""
        if self.instalment_amount is None or self.paid_towards is None:
            return None
        return self.instalment_amount - self.paid_towards

    @property
    def proposal_total(self) -> Decimal | None:
        return sum((line.amount for line in self.proposal), Decimal(0)) if self.proposal else None

    @property
    def loan_named(self) -> str:
        return f"Loan {self.loan_number or '(no number)'}"

    def refuse_contradictions(self, shown: frozenset[str]) -> None:
        """A text that shows these figures together must add up in the reader's hands (M18)."""
        parts = {"arrears", "instalment_amount", "paid_towards", "fees"}
        if parts <= shown:
            total = self.instalment_amount - self.paid_towards + self.other_overdue + self.fees  # type: ignore[operator]
            if total != self.arrears:
                raise DomainError(
                    "facts_disagree",
                    f"{self.loan_named}: instalment {self.instalment_amount} − paid {self.paid_towards} + other "
                    f"overdue {self.other_overdue} + fees {self.fees} is {total}, not the arrears {self.arrears}. "
                    f"Nothing was written; check the ledger as of {self.as_of}.",
                    loan=self.loan_number,
                    facts=sorted(parts),
                )
        balance = next((n for n in ("remaining_balance", "current_balance") if n in shown), None)
        if balance and "arrears" in shown and getattr(self, balance) < self.arrears:  # type: ignore[operator]
            raise DomainError(
                "facts_disagree",
                f"{self.loan_named}: the arrears {self.arrears} are more than the whole balance "
                f"{getattr(self, balance)}. Nothing was written; check the ledger as of {self.as_of}.",
                loan=self.loan_number,
                facts=["arrears", balance],
            )


def usual_next_steps(facts: Facts, *, contact_again_on: date, visit_from: date | None = None) -> tuple[NextStep, ...]:
    """The steps that the six-day letter tells, in the order in which they would come.

    An open promise stops contacts until its day; what it leaves open is talked about afterwards.
    `contact_again_on` is the first day on which the ladder contacts again, `visit_from` the first day on
    which a visit may be ordered (None: none is foreseen).
    """
    steps: list[NextStep] = []
    promised = [a for a in facts.agreed if isinstance(a, Agreed) and a.kind == "promise" and a.state == "open"]
    if promised:
        last = max(promised, key=lambda a: a.by_date)
        steps.append(NextStep(code="no_contact_until", on=last.by_date))
        amount = sum((a.amount for a in promised if a.amount is not None), Decimal(0))
        if facts.arrears is not None and 0 < amount < facts.arrears:
            steps.append(NextStep(code="rest_to_agree", amount=amount, rest=facts.arrears - amount))
        contact_again_on = max(contact_again_on, last.by_date + timedelta(days=1))
    steps.append(NextStep(code="contact_again", on=contact_again_on))
    if visit_from is not None:
        steps.append(NextStep(code="visit_possible", on=max(visit_from, contact_again_on)))
    steps.append(NextStep(code="credit_record"))
    return tuple(steps)
