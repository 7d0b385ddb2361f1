"""Whose money it is."""

from __future__ import annotations

from django.db import models

from collections_app.kernel.history import History


class Lender(models.Model):
    """A lender; its name and address stand on every letter and claim."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    hours = models.CharField(max_length=120, blank=True)
    how_to_pay = models.TextField(blank=True)
    creditor_group = models.CharField(max_length=60, default="house", help_text="The creditor with all its agencies.")

    history = History()

    def __str__(self) -> str:
        return self.name


class LenderShare(models.Model):
    """A lender's share of a loan, in parts of a million."""

    id = models.BigAutoField(primary_key=True)
    loan = models.ForeignKey("collections_app.Loan", on_delete=models.PROTECT, related_name="shares")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="shares")
    parts_per_million = models.PositiveIntegerField(default=1_000_000)

    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loan", "lender"], name="one_share_per_lender"),
            models.CheckConstraint(
                condition=models.Q(parts_per_million__gte=1, parts_per_million__lte=1_000_000),
                name="share_within_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parts_per_million / 10_000:g} % of loan {self.loan_id}"
