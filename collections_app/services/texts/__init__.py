"""What is said and written to borrowers: the catalogue of texts, their facts, and the renderer.

The words stand in `templates/contacts/`, one file per kind, step and language; this package reads them,
refuses a file that does not say truly what it contains, and fills in the facts. Nothing here asks the
database or the clock: every figure comes in through `Facts`.
"""

from .catalogue import KIND_OF_CHANNEL, Catalogue, Text, catalogue, served_language
from .facts import Agreed, Facts, NextStep, OtherLoan, PlannedPayment, usual_next_steps
from .formats import date_text, money_text
from .render import Rendered, ScriptPart, add_required, blocks_within_reach, letter_html, render, sent_digest
from .segments import SmsLength, sms_length

__all__ = [
    "KIND_OF_CHANNEL",
    "Agreed",
    "Catalogue",
    "Facts",
    "NextStep",
    "OtherLoan",
    "PlannedPayment",
    "Rendered",
    "ScriptPart",
    "SmsLength",
    "Text",
    "add_required",
    "blocks_within_reach",
    "catalogue",
    "date_text",
    "letter_html",
    "money_text",
    "render",
    "sent_digest",
    "served_language",
    "sms_length",
    "usual_next_steps",
]
