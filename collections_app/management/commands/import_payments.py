"""Import a file of payments and other events of loans."""

from __future__ import annotations

from .import_loans import Command as ImportLoans


class Command(ImportLoans):
    help = "Import payments, extensions, charges, write-offs. --as-of takes only what is valued until that day."
    payments = True
