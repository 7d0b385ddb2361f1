"""The admin: one file per subject; every model is readable, searchable and fast, and nothing is deleted."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from . import (
    accounts,
    case,
    contact,
    contact_event,
    document,
    hold,
    imports,
    judgement,
    keys,
    lender,
    loan,
    navigation,
    payment,
    person,
    policy,
    promise,
    runs,
    schedule,
    staff,
    stop,
)

# unfold's site asks `extra_context` for what every page knows besides its own; the sidebar comes in here.
admin.site.extra_context = navigation.extra_context
admin.site.index_title = gettext_lazy("Home")

__all__ = [
    "accounts",
    "case",
    "contact",
    "contact_event",
    "document",
    "hold",
    "imports",
    "judgement",
    "keys",
    "lender",
    "loan",
    "navigation",
    "payment",
    "person",
    "policy",
    "promise",
    "runs",
    "schedule",
    "staff",
    "stop",
]
