"""Borders: hours to the second on the borrower's clock, and each rule of a shipped preset one step before and beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collections_app.compliance.facts import AgentFact
from collections_app.compliance.gate import Gate
from collections_app.compliance.verdict import ORDER
from collections_app.models import Case
from collections_app.policy.schema import parse_ladder, stage_rules
from tests.compliance.generated import CN, HOUSE, US
from tests.compliance.ground import (
    DAY,
    NOON,
    a_case,
    a_case_in_china,
    a_planned_contact,
    an_event,
    asks,
    called,
    chicago,
    verdict,
)
from tests.factories.borrowers import a_borrower_state, a_consent, a_person, a_phone, a_register_check, stated_hours

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(clock: str, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), SHANGHAI).astimezone(dt.UTC)


# -- hours ---------------------------------------------------------------------------------------------

US_HOURS = [
    ("07:59", "deny"), ("07:59:59", "deny"), ("08:00", "allow"), ("08:00:01", "allow"), ("20:59", "allow"), ("20:59:59", "allow"),
    ("21:00", "allow"), ("21:00:01", "deny"), ("21:01", "deny"), ("00:00", "deny"), ("12:00", "allow"),
]  # fmt: skip
CN_HOURS = [
    ("07:59", "deny"), ("07:59:59", "deny"), ("08:00", "allow"), ("21:59", "allow"), ("21:59:59", "allow"), ("22:00", "deny"),
    ("22:00:01", "deny"), ("23:59:59", "deny"), ("00:00", "deny"),
]  # fmt: skip


@pytest.mark.parametrize("zone", ["America/Chicago", "America/New_York", "Pacific/Honolulu", "America/St_Johns"])
def test_the_hours_of_regulation_f_are_those_of_the_borrowers_clock(law: None, zone: str):
    contact = a_planned_contact(a_case(debtor=a_person(zones={"physical_address": zone})), "sms")
    for clock, says in US_HOURS:
        at = dt.datetime.combine(DAY, dt.time.fromisoformat(clock), ZoneInfo(zone))
        assert verdict(contact, at=at) == (says, "US-01" if says == "deny" else ""), clock


@pytest.mark.parametrize("zones", [{}, {"physical_address": "America/New_York"}, {"device": "Asia/Urumqi"}])
def test_the_hours_of_china_are_those_of_shanghai_wherever_the_borrower_is(law: None, zones: dict):
    case = a_case(debtor=a_person(country="CN", region="", zones=zones), contract_law="CN")
    contact = a_planned_contact(case, "sms")
    for clock, says in CN_HOURS:
        assert verdict(contact, at=shanghai(clock)) == (says, "CN-01" if says == "deny" else ""), clock


def test_two_zones_must_both_be_open(law: None):
    zones = {"physical_address": "America/New_York", "phone_area_code": "America/Los_Angeles"}
    contact = a_planned_contact(a_case(debtor=a_person(zones=zones)), "sms")
    east, west = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
    for zone, clock, says in (
        (west, "07:59:59", "deny"), (west, "08:00", "allow"), (east, "21:00", "allow"), (east, "21:00:01", "deny"),
        (east, "08:00", "deny"), (west, "21:00", "deny"),
    ):  # fmt: skip
        at = dt.datetime.combine(DAY, dt.time.fromisoformat(clock), zone)
        assert verdict(contact, at=at)[0] == says, (zone.key, clock)


def test_the_morning_after_a_change_of_the_clock_begins_by_the_new_time(law: None):
    """On 8 March 2026 the night of Chicago has 23 hours."""
    contact = a_planned_contact(a_case(), "sms")
    a_register_check("bankruptcy_stay", at=dt.datetime(2026, 3, 7, tzinfo=dt.UTC))
    [evening] = asks(contact, at=chicago("21:00:01", dt.date(2026, 3, 7)))
    answer = Gate().ask(evening)
    opens = dt.datetime(2026, 3, 8, 13, tzinfo=dt.UTC)
    assert (answer.next_allowed_at, opens - evening.at) == (opens, dt.timedelta(hours=10) - SECOND)


@pytest.mark.parametrize(
    ("zones", "on", "first"),
    [
        ({"physical_address": "America/Chicago"}, DAY, "2026-03-16T13:00:00"),
        (
            {"physical_address": "America/New_York", "phone_area_code": "America/Los_Angeles"},
            DAY,
            "2026-03-16T15:00:00",
        ),
        ({"physical_address": "Pacific/Honolulu"}, DAY, "2026-03-16T18:00:00"),
        ({"physical_address": "America/Chicago"}, dt.date(2026, 3, 8), "2026-03-08T13:00:00"),
    ],
)
def test_a_plan_is_judged_at_the_first_instant_of_its_day_that_the_hours_leave_open(law: None, zones, on, first):
    contact = a_planned_contact(a_case(debtor=a_person(zones=zones)), "sms")
    [ask] = asks(contact, phase="plan", at=None)
    assert Gate().ask(replace(ask, on=on)).at == dt.datetime.fromisoformat(first).replace(tzinfo=dt.UTC)


def test_a_day_that_the_hours_leave_no_instant_of_is_withheld_until_the_next_opening(law: None):
    contact = a_planned_contact(a_case(), "sms")
    stated_hours(contact.person, "00:00", "24:00", days=[1, 2])  # Monday and Tuesday
    [ask] = asks(contact, phase="plan", at=None)
    answer = Gate().ask(ask)
    assert (answer.verdict, "US-03" in answer.by) == ("deny", True)
    assert answer.next_allowed_at == chicago("08:00", DAY + dt.timedelta(days=2))


def test_a_week_of_calls_opens_at_the_midnight_and_hour_at_which_the_first_falls_out(law: None):
    """The registers are looked into daily, so the week ahead is not closed by a look that is old by then."""
    contact = a_planned_contact(a_case(), "voice")
    called(contact.case, 7)
    [ask] = asks(contact)
    assert Gate().ask(ask).next_allowed_at == chicago("08:00", DAY + dt.timedelta(days=5))


# -- each rule of a shipped preset -----------------------------------------------------------------------


@dataclass
class Scene:
    """What is put before the gate: facts as rows, and what the ask says besides. `blocks`: the rule is to block."""

    case: Case
    blocks: bool
    at: dt.datetime = NOON
    says: dict[str, Any] = field(default_factory=dict)

    @property
    def debtor(self) -> Any:
        return self.case.debtor

    def state(self, name: str, **columns: Any) -> None:
        a_borrower_state(self.debtor, name, **columns)

    def happened(self, kind: str, at: dt.datetime, **columns: Any) -> None:
        an_event(self.debtor, kind, at=at, loans=(self.case.loan,), **columns)

    def ended_by(self, state: str, event: str) -> None:
        """A state that bars, and beside it one that an event ended a second before."""
        self.state(state)
        if not self.blocks:
            self.happened(event, self.at - SECOND)

    def debt_or_another(self, state: str) -> None:
        """A state about this debt, and beside it about another."""
        self.state(state, loan=self.case.loan if self.blocks else a_case(debtor=self.debtor).loan)

    def text(self, *blocks: str, without: str = "", wrong: str = "") -> None:
        """A text that lacks a block (or has a wrong one), and beside it one as it must be."""
        found = set(blocks)
        if self.blocks:
            found = (found - {without}) | ({wrong} if wrong else set())
        self.says["content"] = frozenset(found)


ALL = ("voice", "sms", "email", "letter", "visit", "push")
VALIDATION = (
    "collector_name_address", "consumer_name_address", "creditor_names", "account_number_cut", "itemization_date",
    "amount_on_itemization_date", "changes_since", "current_amount", "validation_end_date", "three_statements",
    "dispute_tear_off",
)  # fmt: skip
CARD_LETTER = (
    "debtor_name_and_balance", "reason_and_legal_basis", "rights_and_duties", "ways_to_check_repay_object", "issuer_contact",
    "business_seal", "regulator_items",
)  # fmt: skip
LIMITED = ("business_name_neutral", "person_name", "phone", "request_reply")


def us_01(s: Scene) -> None:
    s.at = chicago("21:00:01" if s.blocks else "21:00")


def us_03(s: Scene) -> None:
    stated_hours(s.debtor, "12:00", "13:00")
    s.at = NOON if s.blocks else NOON - SECOND


def us_05(s: Scene) -> None:
    s.state("represented", known_at=NOON if s.blocks else NOON + SECOND)


def us_06(s: Scene) -> None:
    called(s.case, 7 if s.blocks else 6)


def us_07(s: Scene) -> None:
    s.happened("conversation", chicago("23:59:59", DAY - dt.timedelta(days=6 if s.blocks else 7)))


def us_09(s: Scene) -> None:
    called(s.case, 3 if s.blocks else 2, day=DAY)


def us_09_holiday(s: Scene) -> None:
    s.at = chicago("12:00", dt.date(2026, 5, 25 if s.blocks else 26))


def us_10(s: Scene) -> None:
    s.state("medium_refused", contact_point=s.says["point"] if s.blocks else a_phone(s.debtor, "+12015550199"))


def us_12(s: Scene) -> None:
    s.says |= {"party": "employer", "purpose": "collect" if s.blocks else "locate", "discloses": "none"}


def us_13_minor(s: Scene) -> None:
    s.state("minor")
    s.says["party"] = "debtor" if s.blocks else "parent_of_minor"


def us_18_later(s: Scene) -> None:
    s.happened("sms_sent", NOON - dt.timedelta(days=40))
    s.text("from_debt_collector", without="from_debt_collector")


def us_20(s: Scene) -> None:
    s.text(*LIMITED, wrong="amount")


def us_22(s: Scene) -> None:
    s.says["template"] = "validation_notice"
    s.text(*VALIDATION, without="three_statements")


def us_27(s: Scene) -> None:
    s.says["purpose"] = "sue"
    s.debt_or_another("time_barred")


def us_30(s: Scene) -> None:
    s.state("debtor_deceased")
    s.says["party"] = "debtor" if s.blocks else "executor"


def cn_01(s: Scene) -> None:
    s.at = shanghai("22:00" if s.blocks else "21:59:59")


def cn_02(s: Scene) -> None:
    for n in range(3):
        s.happened("conversation", shanghai("11:00") - dt.timedelta(minutes=n))
        if not s.blocks and n == 1:
            s.happened("conversation", shanghai("23:59:59", DAY - dt.timedelta(days=1)))
            return


def cn_03(s: Scene) -> None:
    for n in range(6 if s.blocks else 5):
        s.happened("call_unanswered", shanghai("09:00") + dt.timedelta(minutes=n), contact_point=s.says["point"])


def cn_04(s: Scene) -> None:
    s.at = shanghai("07:59:59")
    if not s.blocks:
        a_consent(s.debtor, "night_contact")


def cn_05(s: Scene) -> None:
    s.says["party"] = "employer" if s.blocks else "debtor"


def cn_09(s: Scene) -> None:
    s.says["party"] = "co_debtor" if s.blocks else "guarantor"


def cn_17_visit(s: Scene) -> None:
    s.says["agent"] = AgentFact(1, None, people=1 if s.blocks else 2)


def cn_19(s: Scene) -> None:
    s.says["agent"] = AgentFact(1, None, training_on=dt.date(2025, 3, 15 if s.blocks else 16))


def cn_20(s: Scene) -> None:
    s.says["basis"] = "consent"
    s.ended_by("consent_withdrawn", "consent_renewed")


def cn_29(s: Scene) -> None:
    s.state("bankruptcy_accepted")
    s.says["purpose"] = "collect" if s.blocks else "proof_of_claim"


def hs_day(last: int, **says: Any) -> Callable[[Scene], None]:
    """Barred up to a day of the ladder, and no longer the day after."""

    def arrange(s: Scene) -> None:
        s.says |= {"ladder_day": last if s.blocks else last + 1, **says}

    return arrange


def hs_agent(s: Scene) -> None:
    s.says["agent"] = AgentFact(1, {"collection_training": DAY - dt.timedelta(days=1 if s.blocks else 0)})


CARD = {"product": "credit_card"}
# Rule → how to arrange it, in which channels, and columns of the loan where it looks at them.
ROWS: dict[str, tuple[Callable[[Scene], None], tuple[str, ...], dict[str, Any]]] = {
    "US-01": (us_01, ALL, {}),
    "US-03": (us_03, ALL, {}),
    "US-05": (us_05, ALL, {}),
    "US-06": (us_06, ("voice", "voice_bot", "ringless_voicemail"), {}),
    "US-07": (us_07, ("voice", "voice_bot", "ringless_voicemail"), {}),
    "US-09": (us_09, ("voice", "voice_bot"), {}),
    "US-09-holiday": (us_09_holiday, ("voice", "voice_bot"), {}),
    "US-10": (us_10, ALL, {}),
    "US-11": (lambda s: s.debt_or_another("cease_in_writing"), ALL, {}),
    "US-12": (us_12, ALL, {}),
    "US-13-minor": (us_13_minor, ALL, {}),
    "US-16": (lambda s: s.text("opt_out_line", without="opt_out_line"), ("sms", "email"), {}),
    "US-18-first": (
        lambda s: s.text("attempt_to_collect", "information_will_be_used", without="information_will_be_used"),
        ("voice", "voice_bot", "voicemail", "sms", "email", "letter"), {},
    ),
    "US-18-later": (us_18_later, ("voice", "voice_bot", "voicemail", "sms", "email", "letter"), {}),
    "US-19": (lambda s: s.text("caller_name", without="caller_name"), ("voice", "voice_bot"), {}),
    "US-20": (us_20, ("voicemail_limited",), {}),
    "US-22": (us_22, ALL, {}),
    "US-24-oral": (lambda s: s.ended_by("disputed_orally", "dispute_outcome_told"), ALL, {}),
    "US-25": (lambda s: s.text("amount", wrong="pay_by_date_inside_validation_period"), ALL, {}),
    "US-27": (us_27, ALL, {}),
    "US-30": (us_30, ALL, {}),
    "US-31": (lambda s: s.ended_by("bankruptcy_stay", "stay_lifted"), ALL, {}),
    "US-31-discharge": (lambda s: s.debt_or_another("discharged"), ALL, {}),
    "US-34": (lambda s: s.ended_by("autodial_consent_revoked", "consent_renewed"), ("voice_bot", "ringless_voicemail", "sms"), {}),
    "CN-01": (cn_01, ALL, {}),
    "CN-02": (cn_02, ("voice", "voice_bot"), {}),
    "CN-03": (cn_03, ("voice", "voice_bot"), {}),
    "CN-04": (cn_04, ALL, {}),
    "CN-05": (cn_05, ALL, {}),
    "CN-09": (cn_09, ALL, CARD),
    "CN-11": (lambda s: s.text(*CARD_LETTER, without="business_seal"), ("letter",), CARD),
    "CN-13": (lambda s: s.ended_by("plan_in_force", "plan_broken"), ALL, CARD),
    "CN-17-visit": (cn_17_visit, ("visit",), {}),
    "CN-18-words": (lambda s: s.text("amount", wrong="court_claim"), ALL, {}),
    "CN-19": (cn_19, ALL, {}),
    "CN-20": (cn_20, ALL, {}),
    "CN-24": (lambda s: s.ended_by("minor_under_14", "guardian_consent_given"), ALL, {}),
    "CN-27": (lambda s: s.text("amount", wrong="advertising"), ALL, {}),
    "CN-29": (cn_29, ALL, {}),
    "HS-visit": (hs_day(5), ("visit",), {}),
    "HS-threat": (hs_day(3, content=frozenset({"consequences"})), ALL, {}),
    "HS-suit": (hs_day(5, template="letter_of_claim"), ALL, {}),
    "HS-agent": (hs_agent, ("visit",), {}),
}  # fmt: skip
SHIPPED = {rule.id: rule for preset in (US, CN, HOUSE) for rule in preset.rules}


def test_every_rule_of_a_shipped_preset_has_a_row():
    assert set(ROWS) == set(SHIPPED)


def test_every_row_is_asked_in_all_the_channels_that_its_rule_is_for():
    for rule_id, (_, channels, _) in ROWS.items():
        assert set(channels) == set(SHIPPED[rule_id].match.channel or ALL), rule_id


def what_it_says(rule_id: str, *, blocks: bool) -> dict[str, tuple[str | None, str]]:
    """By channel the rule's own answer (None: it says nothing) and the verdict over all rules."""
    arrange, channels, columns = ROWS[rule_id]
    case = a_case_in_china(**columns) if rule_id.startswith("CN") else a_case(**columns)
    contact = a_planned_contact(case, "voice")
    at = shanghai("12:00") if rule_id.startswith("CN") else NOON
    scene = Scene(case, blocks, at, {"point": contact.contact_point})
    arrange(scene)
    scene.says.pop("point")
    [ask] = asks(contact, at=scene.at, **scene.says)
    answers = {c: Gate().ask(replace(ask, channel=c)) for c in channels}
    return {
        c: (next((r["verdict"] for r in a.sheet["rules"] if r["id"] == rule_id), None), a.verdict)
        for c, a in answers.items()
    }


@pytest.mark.parametrize("rule_id", ROWS)
def test_a_rule_blocks_in_its_channels_and_allows_one_step_beside(law: None, rule_id: str):
    rule = SHIPPED[rule_id]
    for channel, (own, over_all) in what_it_says(rule_id, blocks=True).items():
        assert own == rule.verdict, channel
        assert ORDER[over_all] >= ORDER[rule.verdict], channel
    for channel, (own, _) in what_it_says(rule_id, blocks=False).items():
        assert own in (None, "allow"), channel


@pytest.mark.parametrize(("seconds", "says"), [(0, "warn"), (299, "warn"), (300, "allow")])
def test_two_calls_within_five_minutes_are_told_as_piled_up(law: None, seconds: int, says: str):
    contact = a_planned_contact(a_case(), "voice")
    an_event(contact.person, "call_placed", at=NOON - dt.timedelta(seconds=seconds), loans=(contact.case.loan,))
    assert verdict(contact) == (says, "US-09" if says == "warn" else "")


@pytest.mark.parametrize(("days", "says"), [(0, "allow"), (1, "allow"), (2, "approve")])
def test_a_register_that_was_looked_into_yesterday_is_fresh_and_no_longer(law: None, days: int, says: str):
    contact = a_planned_contact(a_case(), "letter")
    # `law` looked at ten in the morning of Sunday, the fifteenth, in UTC.
    assert verdict(contact, at=chicago("12:00", dt.date(2026, 3, 15 + days))) == (
        says,
        "US-31" if says == "approve" else "",
    )


# -- the stages of the ladder ----------------------------------------------------------------------------


def test_a_stage_bars_the_channels_that_the_ladder_does_not_list_for_it(law: None):
    from collections_app.models import PolicyVersion

    ladder = parse_ladder(PolicyVersion.objects.get(kind="ladder").source, "six_day.toml")
    rules = stage_rules(ladder)
    assert rules
    for rule in rules:
        [stage] = rule.match.stage
        contact = a_planned_contact(a_case(), "voice")
        for channel in rule.match.channel:
            [ask] = asks(contact, channel=channel, stage=stage)
            assert rule.id in Gate().ask(ask).by, (rule.id, channel)
            assert rule.id not in Gate().ask(replace(ask, purpose="inform")).by
            assert rule.id not in Gate().ask(replace(ask, stage=None)).by
