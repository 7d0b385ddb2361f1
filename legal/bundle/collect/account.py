"""The statement of account in the manifest's words, from the one computation that all statements come from."""

from __future__ import annotations

import datetime as dt
from typing import Any

from collections_app.models import Charge, Instalment, Loan, LoanEvent, Payment
from collections_app.services import statement as statements
from legal.bundle.manifest import Amount, Statement, StatementLine

from .versions import newest_versions


def account(loan: Loan, *, on: dt.date) -> tuple[Statement, Amount, tuple[int, ...]]:
    """The account as of the end of `on`, what is owed in all, and the versions of the rows that it was made from."""
    raise NotImplementedError
