"""The closed lists of words that rule presets and ladders may use.

They are the words of the rule vocabulary and of the scenario format. A word outside its list refuses the
file, because a rule with a misspelt channel or state would match nothing and protect nobody, silently.
"""

from __future__ import annotations

LANGUAGES = ("en", "zh-hans", "zh-hant")

STATUSES = ("draft", "approved", "superseded")
PHASES = ("plan", "send", "record")
LEVELS = ("law", "presumption", "guidance", "selfreg", "draft", "house")
VERDICT_OF_LEVEL = {
    "law": "deny",
    "presumption": "deny",
    "guidance": "approve",
    "selfreg": "approve",
    "draft": "warn",
    "house": "warn",
}
# `allow` is no override: every rule can delay or block, none can permit.
OVERRIDES = ("warn", "approve", "deny")
ON_UNKNOWN = ("deny", "ask", "pass")
CONFIDENCES = ("O1", "O2", "B", "G", "H")

CHANNELS = (
    "voice",
    "voice_bot",
    "ringless_voicemail",
    "voicemail",
    "voicemail_limited",
    "sms",
    "email",
    "im",
    "social",
    "push",
    "letter",
    "fax",
    "visit",
    "payment_pull",
)
DIRECTIONS = ("out", "in")
PURPOSES = (
    "collect",
    "inform",
    "negotiate",
    "locate",
    "relay",
    "verification",
    "statutory_notice",
    "close_notice",
    "remedy_notice",
    "legal_process",
    "proof_of_claim",
    "dispute_answer",
    "answer_debtor",
    "answer_adviser",
    "court_permitted",
    "confirm_opt_out",
    "answer_in_medium_person_used",
    "refer_to_attorney",
    "threaten_suit",
    "sue",
)
ROLES = (
    "debtor",
    "co_debtor",
    "guarantor",
    "spouse",
    "parent_of_minor",
    "guardian",
    "executor",
    "confirmed_successor",
    "attorney",
    "adviser",
    "bureau",
    "creditor",
    "contact_person",
    "relative",
    "employer",
    "unrelated_third",
)
PLACES = ("own_phone", "home", "work", "other")
TEMPLATES = (
    "validation_notice",
    "dispute_reply",
    "letter_of_claim",
    "outsourcing_notice",
    "assignment_notice",
)
BASES = ("contract", "consent", "law")
COLLECTOR_ROLES = ("first_party", "third_party", "debt_buyer")
PRODUCTS = ("personal_loan", "credit_card", "hcstc", "internet_assisted_loan", "auto_loan", "student_loan")
DEBT_KINDS = ("consumer", "business")
AGREEMENT_KINDS = ("cca_regulated", "unregulated")
LENDER_TYPES = ("bank", "consumer_finance", "microloan", "private")
# Stages that a case can have while it is contacted; `closed` is not contacted.
STAGES = ("early", "mid", "late", "legal")
STEPS = (
    "issue_claim",
    "terminate_or_accelerate",
    "default_judgment",
    "enforce",
    "furnish_to_bureau",
    "sign_instalment_plan",
    "sign_instalment_plan_oral",
    "demand_by_assignee",
    "export_to_agency",
    "transfer_to_assignee",
    "export_to_foreign_authority",
    "disclose_debt_detail",
    "change_terms",
    "file_evidence",
    "file_electronic_record",
)

CONSENTS = (
    "night_contact",
    "agreed_frequency",
    "attorney_consent",
    "call_prior",
    "out_of_hours_contact",
    "work_contact",
)
# Conditions of a person that a party rule may ask for, besides the states below.
CONDITIONS = (
    "liability_in_force",
    "number_invalid",
    "debtor_deceased",
    "debtor_incapable",
    "separate_written_consent",
    "failed_attempts_3_consecutive",
)
# A state that is never stated but found by a deadline rule.
DERIVED_STATES = ("disputed_in_writing_in_period",)
STATES = (
    "plan_in_force",
    "consent_withdrawn",
    "minor_under_14",
    "minor",
    "bankruptcy_accepted",
    "bankruptcy_stay",
    "bankruptcy_order",
    "discharged",
    "represented",
    "medium_refused",
    "autodial_consent_revoked",
    "cease_in_writing",
    "disputed_orally",
    "disputed_valid_grounds",
    "time_barred",
    "time_barred_and_refused",
    "debtor_deceased",
    "debtor_incapable",
    "active_duty",
    "active_duty_pre_service_debt",
    "breathing_space",
    "mental_health_moratorium",
    "debt_advice",
    "capacity_doubt",
    "particularly_vulnerable",
    "price_cap_breached",
    "force_majeure",
    "no_legal_representative",
    "heir_unknown",
    *DERIVED_STATES,
)

# Events by which we (or an agency) reached out, whatever came of it.
CONTACT_EVENTS = (
    "call_placed",
    "call_unanswered",
    "conversation",
    "voicemail_left",
    "voicemail_limited_left",
    "sms_sent",
    "email_sent",
    "letter_sent",
    "im_sent",
    "social_sent",
    "push_sent",
    "fax_sent",
    "visit_made",
    "delivery_failed",
    "payment_pull_refused",
)
ANSWER_EVENTS = (
    "refusal",
    "asked_back",
    "answer_wrong",
    "first_communication",
    "validation_notice_sent",
    "written_dispute_received",
    "verification_sent",
    "dispute_outcome_told",
    "given_in_first_communication",
    "paid",
    "consent_renewed",
    "representation_ended",
    "attorney_unresponsive",
    "stay_lifted",
    "majority_reached",
    "guardian_consent_given",
    "plan_broken",
    "bankruptcy_annulled",
    "moratorium_notified",
    "moratorium_ended",
    "treatment_ended",
    "debt_advice_ended",
    "capacity_resolved",
    "excess_refunded",
    "two_payments_short",
    "default_sum_due",
    "letter_of_claim_dated",
    "reply_form_received",
    "documents_requested",
    "documents_supplied",
    "talks_failed",
    "complaint_received",
)
LIMITATION_EVENTS = (
    "demand_arrived",
    "part_payment",
    "instalment_promise",
    "extension_request",
    "security_given",
    "suit_filed",
    "payment_order_filed",
    "bankruptcy_claim_filed",
    "signed_written_acknowledgment",
    "payment_recorded_in_signed_writing",
)
EVENTS = (*CONTACT_EVENTS, *ANSWER_EVENTS, *LIMITATION_EVENTS)
EXCLUSIONS = ("not_connected_to_number", "prior_consent_7d", "to_attorney", "to_bureau", "to_creditor")
COUNTING_KEYS = ("creditor_group", "debtor", "person", "debt", "address")

BLOCKS = (
    "amount",
    "opt_out_line",
    "caller_name",
    "caller_identity",
    "purpose_of_inquiry",
    "attempt_to_collect",
    "information_will_be_used",
    "from_debt_collector",
    "pay_by_date_inside_validation_period",
    "greeting",
    "business_name_neutral",
    "person_name",
    "phone",
    "request_reply",
    "date_time",
    "reply_times",
    "any_representative",
    "collector_name_address",
    "consumer_name_address",
    "creditor_names",
    "account_number_cut",
    "itemization_date",
    "amount_on_itemization_date",
    "changes_since",
    "current_amount",
    "validation_end_date",
    "three_statements",
    "dispute_tear_off",
    "debtor_name_and_balance",
    "reason_and_legal_basis",
    "rights_and_duties",
    "ways_to_check_repay_object",
    "issuer_contact",
    "business_seal",
    "regulator_items",
    "interest_and_charges",
    "agreement",
    "assignment_if_any",
    "why_offer_refused_if_any",
    "how_to_pay",
    "reply_address",
    "enc_statement",
    "enc_information_sheet",
    "enc_reply_form",
    "enc_financial_statement",
    "agency_name",
    "recording_retention",
    "complaint_phone",
    "banned_acts",
    "transfer_and_date",
    "purchaser",
    "servicer_and_licence",
    "service_provider",
    "contact_point",
    "debt_advice_contact",
    # Blocks that some rule forbids.
    "advertising",
    "authority_claim",
    "court_claim",
    "invented_blacklist",
    "inflated_sum",
    "extra_fee",
    "push_to_borrow",
    "public_posting",
    "premium_rate_number",
    "part_sum",
    "shaming",
    "threat",
    "false_statement",
    "threat_of_suit",
    "consequences",
)

STATED_HOURS = ("agreed_contact_window", "consumer_stated_hours")
DATED_FACTS = ("bereavement", "calamity", "wedding", "festival")
CERTIFICATES = ("collection_training", "iibf_dra")
AGENT_ACTIONS = ("collect_cash",)
FREEZABLE_CHARGES = (
    "interest",
    "default_interest",
    "compound_interest",
    "fee",
    "default_fee",
    "penalty",
    "guarantee_fee",
    "service_fee",
    "enforcement_cost",
)
CALENDARS = ("GB-EAW", "IE", "US-FEDERAL", "CN_STATUTORY")
ZONE_SOURCES = ("consumer_stated", "physical_address", "phone_area_code", "device")

# Who may approve or decide in a ladder. Auditors only read, administrators have no business rights, and an
# outside lawyer decides on legal files, not on relief.
APPROVERS = ("collector", "field_agent", "supervisor", "compliance_officer", "legal_clerk")
