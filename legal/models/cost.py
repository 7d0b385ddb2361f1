"""What the claim costs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from collections_app.kernel.history import History
from collections_app.kernel.money import CurrencyField, MoneyField
from collections_app.models import StoredDocument

from .file import LegalFile


class Cost(models.Model):
    """A cost of a file, with what allows it to be claimed. Costs are added; a wrong one is set to be not claimed."""

    class Kind(models.TextChoices):
        COURT_FEE = "court_fee"
        LAWYER_FEE = "lawyer_fee"
        SERVICE_FEE = "service_fee"
        ENFORCEMENT_FEE = "enforcement_fee"
        OTHER = "other"

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(LegalFile, on_delete=models.PROTECT, related_name="costs")
    kind = models.CharField(max_length=20, choices=Kind)
    on = models.DateField()
    currency = CurrencyField()
    amount = MoneyField()
    claimed = models.BooleanField(default=True, help_text="Part of the sum claimed.")
    authority = models.CharField(max_length=200, help_text="The tariff, rule or agreement that allows it.")
    document = models.ForeignKey(StoredDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    history = History()

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="cost_positive"),
            models.CheckConstraint(condition=~Q(authority=""), name="cost_with_authority"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.on}"
