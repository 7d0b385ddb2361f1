"""What is asked of a person on the file's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.kernel.admin import ReasonedForm
from legal.bundle.courts import Court
from legal.models import Cost, Deadline, ServiceAttempt


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "in", **attrs})


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"class": "in", "type": "date"})


def _choice() -> forms.Select:
    return forms.Select(attrs={"class": "in"})


class LawyerForm(ReasonedForm):
    """To whom the file is given."""

    lawyer = forms.CharField(label=gettext_lazy("Lawyer (account name)"), widget=_text(list="lawyers"))
    field_order = ["lawyer", "because"]

    def clean_lawyer(self) -> Any:
        user = get_user_model().objects.filter(username=self.cleaned_data["lawyer"].strip(), is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("There is no active account of that name."))
        return user


class PaperForm(ReasonedForm):
    """A paper to upload. `item` is what the court layout asks for and this answers."""

    paper = forms.FileField(
        label=gettext_lazy("File (PDF)"),
        widget=forms.FileInput(attrs={"class": "in", "accept": "application/pdf,image/*"}),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, widget=_text())
    item = forms.ChoiceField(label=gettext_lazy("Answers"), required=False, widget=_choice())
    dated_on = forms.DateField(label=gettext_lazy("Dated"), required=False, widget=_day())
    field_order = ["paper", "title", "item", "dated_on", "because"]

    def __init__(self, *args: Any, court: Court, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [
            ("", _("nothing that the court asks for")),
            *((r.key, r.name) for r in court.required),
        ]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """How a defect was mended."""

    answer = forms.CharField(
        label=gettext_lazy("What was done"), max_length=2000, widget=forms.Textarea(attrs={"class": "in t", "rows": 2})
    )


class CostForm(ReasonedForm):
    """A cost, with what allows it to be claimed."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Cost.Kind.choices, widget=_choice())
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=16, decimal_places=3, widget=_text(inputmode="decimal")
    )
    on = forms.DateField(label=gettext_lazy("Day"), widget=_day())
    authority = forms.CharField(label=gettext_lazy("Allowed by"), max_length=200, widget=_text())
    claimed = forms.BooleanField(label=gettext_lazy("Part of the sum claimed"), required=False, initial=True)
    field_order = ["kind", "amount", "on", "authority", "claimed", "because"]


class DeadlineForm(ReasonedForm):
    """A day that must not be missed, and what it is counted from."""

    what = forms.CharField(label=gettext_lazy("What"), max_length=120, widget=_text())
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Deadline.Kind.choices, widget=_choice())
    on = forms.DateField(label=gettext_lazy("Day"), widget=_day())
    counted_from = forms.DateField(label=gettext_lazy("Counted from"), widget=_day())
    counted_because = forms.CharField(label=gettext_lazy("What happened on that day"), max_length=120, widget=_text())
    rule = forms.CharField(
        label=gettext_lazy("Rule and citation, or house"), max_length=120, initial="house", widget=_text()
    )
    field_order = ["what", "kind", "on", "counted_from", "counted_because", "rule", "because"]


class ServiceForm(ReasonedForm):
    """An attempt to serve a document; one that succeeded brings its proof."""

    what = forms.CharField(label=gettext_lazy("Document"), max_length=60, widget=_text())
    method = forms.ChoiceField(label=gettext_lazy("Way"), choices=ServiceAttempt.Method.choices, widget=_choice())
    recipient = forms.CharField(label=gettext_lazy("Who took it"), max_length=200, widget=_text())
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=ServiceAttempt.Outcome.choices, widget=_choice())
    deemed_on = forms.DateField(label=gettext_lazy("Counts as served on"), required=False, widget=_day())
    proof = forms.FileField(
        label=gettext_lazy("Proof (PDF)"),
        required=False,
        widget=forms.FileInput(attrs={"class": "in", "accept": "application/pdf"}),
    )
    field_order = ["what", "method", "recipient", "outcome", "deemed_on", "proof", "because"]
