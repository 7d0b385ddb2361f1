"""All models of the collections floor, one file per subject."""

from collections_app.kernel.keys import BlindIndex, DataKey

from .case import NEVER, OPEN_END, Case
from .contact import Contact, ContactCase
from .document import AccessRecord, LoanDocument, PrintBatch, StoredDocument
from .event import Breach, ContactEvent, EventDebt
from .hold import Hold
from .imports import ImportBatch, ImportRow
from .judgement import Clearance, FactSheet, Judgement
from .lender import Lender, LenderShare
from .loan import Allocation, Charge, Instalment, Loan, LoanEvent, Payment
from .person import (
    BorrowerState,
    Consent,
    ContactPoint,
    DatedFact,
    LoanParty,
    Person,
    RegisterCheck,
    Role,
    StatedHours,
)
from .policy import LadderStep, PolicyVersion, PresetRule
from .promise import Promise
from .run import DailyRun, RunWindow, SetAside
from .sending import SendingStop
from .staff import Certification, Course, StaffProfile

__all__ = [
    "NEVER",
    "OPEN_END",
    "AccessRecord",
    "Allocation",
    "BlindIndex",
    "BorrowerState",
    "Breach",
    "Case",
    "Certification",
    "Charge",
    "Clearance",
    "Consent",
    "Contact",
    "ContactCase",
    "ContactEvent",
    "ContactPoint",
    "Course",
    "DailyRun",
    "DataKey",
    "DatedFact",
    "EventDebt",
    "FactSheet",
    "Hold",
    "ImportBatch",
    "ImportRow",
    "Instalment",
    "Judgement",
    "LadderStep",
    "Lender",
    "LenderShare",
    "Loan",
    "LoanDocument",
    "LoanEvent",
    "LoanParty",
    "Payment",
    "Person",
    "PolicyVersion",
    "PresetRule",
    "PrintBatch",
    "Promise",
    "RegisterCheck",
    "Role",
    "RunWindow",
    "SendingStop",
    "SetAside",
    "StaffProfile",
    "StatedHours",
    "StoredDocument",
]
