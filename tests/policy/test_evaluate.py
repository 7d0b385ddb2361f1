"""The oracle of one contact: borders to the second, clocks that change, zones, debts, slots in flight."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collections_app.policy.evaluate import (
    Address,
    Agent,
    AgreedWindow,
    Ask,
    CalendarChange,
    Check,
    Consent,
    DatedFact,
    Debtor,
    Event,
    InconvenientTime,
    Loan,
    Person,
    State,
    World,
    applicable,
    complete,
    judge,
    presets_in_force,
    verdict_of,
)
from collections_app.policy.schema import Preset, parse_preset, read_preset

SHIPPED = Path(__file__).resolve().parents[2] / "collections_app" / "policy" / "data" / "jurisdictions"
US = read_preset(SHIPPED / "us-fed-regf.toml")
CN = read_preset(SHIPPED / "cn-consumer-credit.toml")
HOUSE = read_preset(SHIPPED / "house-six-day.toml")

MICRO = timedelta(microseconds=1)


def at(wall: str, zone: str = "America/New_York", fold: int = 0) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def living_in(*zones: str) -> Debtor:
    sources = ("physical_address", "phone_area_code", "consumer_stated")
    return Debtor(country="US", zones=dict(zip(sources, zones, strict=False)))


def in_ny(**facts) -> World:
    return World(debtor=living_in("America/New_York"), collector_role="third_party", **facts)


def call(when: datetime, **more) -> Ask:
    return Ask(channel="voice", at=when, **more)


def placed(when: datetime, *debts: str, **more) -> Event:
    return Event("call_placed", when, debts=frozenset(debts) or None, **more)


def preset(rules: str, tz: str = 'fixed = "America/New_York"', jurisdiction: str = "US") -> Preset:
    """A preset of a test's own; every rule gets the keys that do not matter here."""
    common = 'phase = ["plan", "send", "record"]\ncite = "test"\nconfidence = "B"\n'
    return parse_preset(
        f"""
        [preset]
        id = "test"
        version = "2026.1.0"
        status = "draft"
        law_checked_on = 2026-01-01
        effective_from = 2020-01-01
        jurisdiction = "{jurisdiction}"
        [preset.applies_when]
        [preset.tz]
        {tz}
        """
        + rules.replace("[[rule]]", f"[[rule]]\n{common}"),
        "test.toml",
    )


# -- hours


@pytest.mark.parametrize(
    ("wall", "verdict"),
    [
        ("2026-07-20T07:59:59.999999", "deny"),
        ("2026-07-20T08:00:00", "allow"),
        ("2026-07-20T20:59:59.999999", "allow"),
        ("2026-07-20T21:00:00", "allow"),
        ("2026-07-20T21:00:00.000001", "deny"),
    ],
)
def test_an_inclusive_end_admits_that_very_instant_and_nothing_after_it(wall, verdict):
    answer = judge(in_ny(), call(at(wall)), [US])
    assert answer.verdict == verdict
    assert answer.by == (() if verdict == "allow" else ("US-01",))


def test_an_exclusive_end_does_not_admit_its_instant():
    world = World()
    last = judge(world, call(at("2026-06-10T22:00:00", "Asia/Shanghai") - MICRO), [CN])
    after = judge(world, call(at("2026-06-10T22:00:00", "Asia/Shanghai")), [CN])
    assert (last.verdict, after.verdict, after.by) == ("allow", "deny", ("CN-01",))


def test_a_contact_that_is_allowed_is_next_allowed_at_its_own_instant():
    when = at("2026-07-20T12:34:56.789")
    assert judge(in_ny(), call(when), [US]).next_allowed_at == when


def test_thirteen_hours_apart_two_zones_leave_a_single_common_instant_in_the_morning():
    # 08:00 in New York is 21:00 in Shanghai in winter: the end of one day's hours is the start of the other's.
    world = World(debtor=living_in("America/New_York", "Asia/Shanghai"))
    before = judge(world, call(at("2026-01-14T07:00:00")), [US])
    assert (before.verdict, before.next_allowed_at) == ("deny", at("2026-01-14T08:00:00"))
    assert judge(world, call(at("2026-01-14T08:00:00")), [US]).verdict == "allow"
    just_after = judge(world, call(at("2026-01-14T08:00:00") + MICRO), [US])
    assert (just_after.verdict, just_after.next_allowed_at) == ("deny", at("2026-01-14T19:00:00"))


def test_zones_that_never_agree_leave_no_instant_at_all():
    apart = preset(
        """
        [[rule]]
        id = "W"
        type = "window"
        level = "law"
        allow = [{ days = [1, 2, 3, 4, 5, 6, 7], from = "09:00", to = "17:00" }]
        """,
        'sources = ["physical_address", "phone_area_code"]',
    )
    world = World(debtor=living_in("America/New_York", "Asia/Shanghai"))
    answer = judge(world, call(at("2026-01-14T12:00:00")), [apart])
    assert (answer.verdict, answer.next_allowed_at) == ("deny", None)


def test_a_fixed_zone_wins_over_every_address():
    world = World(debtor=Debtor(zones={"physical_address": "America/New_York", "device": "Asia/Urumqi"}))
    assert judge(world, call(at("2026-06-10T08:00:00", "Asia/Shanghai")), [CN]).verdict == "allow"


def test_a_zone_from_a_source_that_the_preset_does_not_read_is_no_zone():
    world = World(debtor=Debtor(zones={"device": "America/New_York"}))
    answer = judge(world, Ask("email", at("2026-07-20T12:00:00")), [US])
    assert (answer.verdict, answer.by, answer.next_allowed_at) == ("deny", ("US-01",), None)


def test_the_clock_is_that_of_the_person_who_is_reached():
    surety = Person("surety", "co_debtor", zones={"physical_address": "America/Los_Angeles"})
    world = in_ny(persons=(surety, Person("other", "spouse")))
    morning = at("2026-07-20T10:00:00")
    assert judge(world, call(morning, party="co_debtor"), [US]).next_allowed_at == at("2026-07-20T11:00:00")
    assert judge(world, call(morning, party="spouse"), [US]).verdict == "allow"


@pytest.mark.parametrize(("says", "verdict"), [("deny", "deny"), ("ask", "approve"), ("pass", "allow")])
def test_without_any_zone_hours_give_what_the_preset_says_of_the_unknown(says, verdict):
    hours = preset(
        """
        [[rule]]
        id = "W"
        type = "window"
        level = "law"
        allow = [{ days = [1], from = "08:00", to = "21:00" }]
        """,
        f'sources = ["physical_address"]\non_unknown = "{says}"',
    )
    assert judge(World(), call(at("2026-07-22T03:00:00")), [hours]).verdict == verdict


def test_a_fallback_zone_is_taken_only_when_no_source_names_one():
    hours = preset(
        """
        [[rule]]
        id = "W"
        type = "window"
        level = "law"
        allow = [{ days = [1, 2, 3, 4, 5, 6, 7], from = "08:00", to = "21:00" }]
        """,
        'sources = ["physical_address"]\nfallback = "Europe/London"',
    )
    noon_in_tokyo = at("2026-07-22T12:00:00", "Asia/Tokyo")
    assert judge(World(), call(noon_in_tokyo), [hours]).verdict == "deny"
    assert judge(World(debtor=living_in("Asia/Tokyo")), call(noon_in_tokyo), [hours]).verdict == "allow"


def test_hours_that_begin_in_the_hour_that_spring_leaves_out_begin_with_the_new_time():
    hours = (AgreedWindow("consumer_stated_hours", start=2 * 3600 + 1800, end=4 * 3600),)
    answer = judge(in_ny(windows=hours), call(at("2026-03-08T01:00:00")), [US])
    # 02:00 to 03:00 does not occur on this night: 01:59:59 EST is followed by 03:00:00 EDT.
    assert (answer.verdict, answer.next_allowed_at) == ("deny", at("2026-03-08T03:00:00"))
    assert answer.next_allowed_at == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_hours_in_the_hour_that_autumn_repeats_open_twice():
    hours = (AgreedWindow("consumer_stated_hours", start=3600 + 1800, end=2 * 3600),)
    world = in_ny(windows=hours)
    first, second = at("2026-11-01T01:30:00"), at("2026-11-01T01:30:00", fold=1)
    assert second - first == timedelta(hours=1)
    assert judge(world, call(first), [US]).verdict == "allow"
    between = judge(world, call(first + timedelta(minutes=30)), [US])
    assert (between.verdict, between.next_allowed_at) == ("deny", second)
    assert judge(world, call(second), [US]).verdict == "allow"


def test_a_margin_moves_both_bounds_inwards_and_leaves_midnight_alone():
    world = replace(in_ny(), margin_seconds=90)
    early = judge(world, call(at("2026-07-20T08:01:29")), [US])
    assert (early.verdict, early.next_allowed_at) == ("deny", at("2026-07-20T08:01:30"))
    assert judge(world, call(at("2026-07-20T20:58:30")), [US]).verdict == "allow"
    assert judge(world, call(at("2026-07-20T20:58:30") + MICRO), [US]).verdict == "deny"
    # US-09-holiday allows whole days, which have no bound to move.
    for wall in ("2026-07-20T00:00:01", "2026-07-20T23:59:59"):
        assert judge(world, call(at(wall)), [US]).facts["US-09-holiday"]["verdict"] == "allow"


def test_agreed_hours_over_midnight_belong_to_the_day_on_which_they_start():
    hours = (AgreedWindow("consumer_stated_hours", start=22 * 3600, end=2 * 3600, days=(5,)),)
    world = in_ny(windows=hours)
    friday_night, saturday_night = at("2026-07-24T23:00:00"), at("2026-07-25T23:00:00")
    assert judge(world, call(friday_night), [US]).verdict == "allow"
    assert judge(world, call(at("2026-07-25T01:59:59")), [US]).verdict == "allow"
    assert judge(world, call(at("2026-07-25T02:00:00")), [US]).verdict == "deny"
    assert judge(world, call(saturday_night), [US]).next_allowed_at == at("2026-07-31T22:00:00")


def test_agreed_hours_of_another_kind_replace_nothing():
    hours = (AgreedWindow("agreed_contact_window", start=0, end=86_400),)
    assert judge(in_ny(windows=hours), call(at("2026-07-20T23:00:00")), [US]).by == ("US-01",)


HOLIDAY_HOURS = """
    [[rule]]
    id = "W"
    type = "window"
    level = "law"
    allow = [{ days = [1, 2, 3, 4, 5, 6, 7], from = "08:00", to = "21:00" }]
    holidays = ["US-FEDERAL"]
    replaced_by = "consumer_stated_hours"
"""


def test_a_holiday_closes_agreed_hours_too_unless_they_were_agreed_for_holidays():
    thanksgiving = at("2026-11-26T12:00:00")
    ordinary = AgreedWindow("consumer_stated_hours", start=10 * 3600, end=14 * 3600)
    for hours, verdict in (
        ((), "deny"),
        ((ordinary,), "deny"),
        ((ordinary, replace(ordinary, start=15 * 3600, end=16 * 3600, holidays=True)), "deny"),
        ((ordinary, replace(ordinary, holidays=True)), "allow"),
    ):
        assert judge(in_ny(windows=hours), call(thanksgiving), [preset(HOLIDAY_HOURS)]).verdict == verdict
    closed = judge(in_ny(), call(thanksgiving), [preset(HOLIDAY_HOURS)])
    assert closed.next_allowed_at == at("2026-11-27T08:00:00")


def test_a_calendar_may_be_corrected_and_a_work_day_wins():
    day = frozenset({date(2026, 11, 26)})
    thanksgiving = call(at("2026-11-26T12:00:00"))
    opened = in_ny(calendars={"US-FEDERAL": CalendarChange(workdays=day)})
    both = in_ny(calendars={"US-FEDERAL": CalendarChange(holidays=day, workdays=day)})
    added = in_ny(calendars={"US-FEDERAL": CalendarChange(holidays=frozenset({date(2026, 11, 27)}))})
    assert judge(opened, thanksgiving, [preset(HOLIDAY_HOURS)]).verdict == "allow"
    assert judge(both, thanksgiving, [preset(HOLIDAY_HOURS)]).verdict == "allow"
    assert judge(added, thanksgiving, [preset(HOLIDAY_HOURS)]).next_allowed_at == at("2026-11-28T08:00:00")


def test_an_inconvenient_time_holds_for_its_channels_and_places_only():
    unwanted = (InconvenientTime(9 * 3600, 12 * 3600, channels=frozenset({"voice"}), places=frozenset({"work"})),)
    world = in_ny(inconvenient=unwanted)
    morning = at("2026-06-08T11:59:59")
    refused = judge(world, call(morning, place="work"), [US])
    assert (refused.verdict, refused.by) == ("deny", ("US-03",))
    assert refused.next_allowed_at == at("2026-06-08T12:00:00")
    assert judge(world, call(morning, place="home"), [US]).verdict == "allow"
    assert judge(world, Ask("sms", morning, place="work"), [US]).verdict == "allow"


def test_a_dated_fact_closes_its_first_and_last_day_in_the_first_zone():
    rule = """
        [[rule]]
        id = "D"
        type = "window"
        level = "draft"
        verdict = "deny"
        deny_dates = ["wedding"]
    """
    zones = 'sources = ["physical_address", "phone_area_code"]'
    world = World(
        debtor=living_in("America/New_York", "America/Los_Angeles"),
        dates=(
            DatedFact("wedding", date(2026, 6, 20), date(2026, 6, 21)),
            DatedFact("festival", date(2026, 6, 25), date(2026, 6, 25)),
        ),
    )
    law = preset(rule, zones)
    assert judge(world, call(at("2026-06-20T00:00:00") - MICRO), [law]).verdict == "allow"
    first = judge(world, call(at("2026-06-20T00:00:00")), [law])
    assert (first.verdict, first.next_allowed_at) == ("deny", at("2026-06-22T00:00:00"))
    assert judge(world, call(at("2026-06-25T12:00:00")), [law]).verdict == "allow"


# -- caps


def a_call_a_day(first: str, days: int, *debts: str, zone: str = "America/New_York", **more) -> tuple[Event, ...]:
    start = datetime.fromisoformat(first)
    return tuple(placed(at((start + timedelta(days=i)).isoformat(), zone), *debts, **more) for i in range(days))


def test_a_rolling_week_counts_local_days_over_the_change_of_the_clock():
    world = in_ny(events=a_call_a_day("2026-03-02T23:30:00", 1) + a_call_a_day("2026-03-03T12:00:00", 6))
    # Today and the six days before: the call of 2 March counts until the end of 8 March, an hour early in UTC.
    last = judge(world, Ask("voice_bot", at("2026-03-08T20:59:00")), [US])
    assert (last.verdict, last.by) == ("deny", ("US-06",))
    assert last.next_allowed_at == at("2026-03-09T08:00:00") == datetime(2026, 3, 9, 12, 0, tzinfo=UTC)


def test_where_zones_disagree_about_the_day_the_stricter_count_holds():
    # 00:30 in New York is still the day before in Los Angeles.
    half_past = tuple(placed(at(f"2026-05-09T00:{30 + i}:00"), "L") for i in range(7))
    world = World(debtor=living_in("America/Los_Angeles", "America/New_York"), events=half_past)
    refused = judge(world, call(at("2026-05-15T12:00:00")), [US])
    assert refused.by == ("US-06",)
    # In Los Angeles it is free on 15 May, in New York on 16 May; then Los Angeles opens at eight.
    assert refused.next_allowed_at == at("2026-05-16T08:00:00", "America/Los_Angeles")
    only_west = replace(world, debtor=living_in("America/Los_Angeles"))
    assert judge(only_west, call(at("2026-05-15T12:00:00")), [US]).verdict == "allow"


def test_a_contact_about_two_debts_is_refused_if_either_is_full():
    loans = (Loan("A"), Loan("B"))
    world = in_ny(loans=loans, events=a_call_a_day("2026-05-09T10:00:00", 7, "A"))
    when = at("2026-05-15T16:00:00")
    assert judge(world, call(when), [US]).by == ("US-06",)
    assert judge(world, call(when, debts=("A",)), [US]).verdict == "deny"
    assert judge(world, call(when, debts=("B",)), [US]).verdict == "allow"


def test_a_call_about_two_debts_counts_for_both():
    world = in_ny(loans=(Loan("A"), Loan("B")), events=a_call_a_day("2026-05-09T10:00:00", 7, "A", "B"))
    for debt in ("A", "B"):
        assert judge(world, call(at("2026-05-15T16:00:00"), debts=(debt,)), [US]).verdict == "deny"


def test_calls_that_name_no_debt_go_to_the_most_used_one():
    events = a_call_a_day("2026-05-09T10:00:00", 4, "A") + a_call_a_day("2026-05-09T14:00:00", 3)
    world = in_ny(loans=(Loan("A"), Loan("B")), events=events)
    when = at("2026-05-15T16:00:00")
    assert judge(world, call(when, debts=("A",)), [US]).verdict == "deny"
    answer = judge(world, call(when, debts=("B",)), [US])
    assert (answer.verdict, answer.facts["US-06"]["counted"]) == ("allow", 0)


def test_calls_that_name_no_debt_count_for_each_debt_that_ties():
    world = in_ny(loans=(Loan("A"), Loan("B")), events=a_call_a_day("2026-05-09T10:00:00", 7))
    for debt in ("A", "B"):
        assert judge(world, call(at("2026-05-15T16:00:00"), debts=(debt,)), [US]).verdict == "deny"


def test_calls_to_another_person_do_not_count_for_this_one():
    brother = Person("brother", "co_debtor")
    events = a_call_a_day("2026-05-09T10:00:00", 7, "L", person="brother", party="co_debtor")
    world = in_ny(persons=(brother,), events=events)
    when = at("2026-05-15T16:00:00")
    assert judge(world, call(when), [US]).verdict == "allow"
    assert judge(world, call(when, party="co_debtor"), [US]).by == ("US-06",)


def test_a_call_that_did_not_connect_to_the_number_does_not_count():
    events = a_call_a_day("2026-05-09T10:00:00", 6, "L")
    seventh = placed(at("2026-05-15T10:00:00"), "L")
    when = at("2026-05-15T16:00:00")
    assert judge(in_ny(events=(*events, seventh)), call(when), [US]).verdict == "deny"
    unconnected = replace(seventh, flags=frozenset({"not_connected_to_number"}))
    assert judge(in_ny(events=(*events, unconnected)), call(when), [US]).verdict == "allow"


@pytest.mark.parametrize(("wall", "verdict"), [("2026-05-15T23:59:59", "allow"), ("2026-05-16T00:00:00", "deny")])
def test_consent_to_this_call_lasts_seven_days_its_own_day_the_first(wall, verdict):
    rule = """
        [[rule]]
        id = "MONTH"
        type = "rate"
        level = "law"
        count = ["call_placed"]
        exclude = ["prior_consent_7d"]
        max = 1
        period = { n = 30, unit = "local_day", kind = "rolling" }
        key = ["person"]
    """
    before_consent = (placed(at("2026-05-09T08:00:00")),)
    world = in_ny(events=before_consent, consents=(Consent("call_prior", at("2026-05-09T09:00:00")),))
    assert judge(world, call(at(wall)), [preset(rule)]).verdict == verdict
    # A call under the consent is not counted either.
    under_consent = (placed(at("2026-05-09T10:00:00")),)
    assert judge(replace(world, events=under_consent), call(at(wall)), [preset(rule)]).verdict == "allow"


def test_consent_of_another_person_and_withdrawn_consent_lift_nothing():
    events = a_call_a_day("2026-05-09T10:00:00", 7, "L")
    when = at("2026-05-15T16:00:00")
    given = Consent("call_prior", at("2026-05-15T11:00:00"))
    assert judge(in_ny(events=events, consents=(given,)), call(when), [US]).verdict == "allow"
    for consent in (replace(given, person="brother"), replace(given, withdrawn_at=when)):
        assert judge(in_ny(events=events, consents=(consent,)), call(when), [US]).verdict == "deny"
    later = replace(given, withdrawn_at=when + MICRO)
    assert judge(in_ny(events=events, consents=(later,)), call(when), [US]).verdict == "allow"


def test_a_gap_is_over_to_the_second_and_crosses_midnight():
    rule = """
        [[rule]]
        id = "GAP"
        type = "rate"
        level = "law"
        count = ["call_placed"]
        max = 9
        period = { n = 1, unit = "local_day", kind = "calendar" }
        min_gap = { n = 5, unit = "minute" }
        key = ["person"]
    """
    world = in_ny(events=(placed(at("2026-05-09T23:58:00.5")),))
    answer = judge(world, call(at("2026-05-10T00:01:00")), [preset(rule)])
    assert (answer.verdict, answer.next_allowed_at) == ("deny", at("2026-05-10T00:03:00.5"))


def test_a_lifetime_cap_never_frees_a_slot():
    rule = """
        [[rule]]
        id = "TWO"
        type = "rate"
        level = "law"
        match = { channel = ["payment_pull"] }
        count = ["payment_pull_refused"]
        max = 2
        period = { n = 1, unit = "agreement", kind = "lifetime" }
        key = ["debt"]
    """
    refused = tuple(
        Event("payment_pull_refused", at(f"202{year}-03-31T06:00:00"), debts=frozenset({"L"})) for year in (1, 2)
    )
    answer = judge(in_ny(events=refused), Ask("payment_pull", at("2026-03-31T06:00:00")), [preset(rule)])
    assert (answer.verdict, answer.next_allowed_at) == ("deny", None)


def test_a_cap_per_address_says_nothing_without_an_address():
    events = tuple(
        Event("call_unanswered", at(f"2026-06-10T1{i}:00:00", "Asia/Shanghai"), address="n1") for i in range(6)
    )
    world = World(addresses=(Address("n1", "mobile"), Address("n2", "mobile")), events=events)
    when = at("2026-06-10T20:00:00", "Asia/Shanghai")
    assert judge(world, call(when, address="n1"), [CN]).by == ("CN-03",)
    assert judge(world, call(when, address="n2"), [CN]).verdict == "allow"
    assert "CN-03" not in judge(world, call(when), [CN]).facts


def test_a_cap_per_creditor_counts_each_creditor_apart():
    loans = (Loan("A", creditor_group="one"), Loan("B", creditor_group="two"))
    talks = tuple(
        Event("conversation", at(f"2026-06-10T1{i}:00:00", "Asia/Shanghai"), creditor_group="two") for i in range(3)
    )
    world = World(loans=loans, events=talks)
    when = at("2026-06-10T20:00:00", "Asia/Shanghai")
    assert judge(world, call(when, debts=("A",)), [CN]).verdict == "allow"
    assert judge(world, call(when, debts=("B",)), [CN]).by == ("CN-02",)
    assert judge(world, call(when), [CN]).by == ("CN-02",)


def test_a_match_on_the_loan_leaves_other_debts_out_of_the_count():
    loans = (Loan("A", lender_type="microloan"), Loan("B"))
    events = tuple(
        Event(
            "call_unanswered",
            at(f"2026-06-10T1{i}:00:00", "Asia/Shanghai"),
            address="n1",
            debts=frozenset({"A"}),
        )
        for i in range(6)
    )
    world = World(loans=loans, addresses=(Address("n1", "mobile"),), events=events)
    # CN-03 speaks of banks only, and no bank was dialled for.
    assert judge(world, call(at("2026-06-10T20:00:00", "Asia/Shanghai"), address="n1"), [CN]).verdict == "allow"


# -- contacts in flight


def test_a_contact_in_flight_holds_a_slot_until_an_event_settles_it():
    events = a_call_a_day("2026-06-07T09:00:00", 5, "L")
    in_flight = complete(in_ny(), call(at("2026-06-12T10:00:00"), id="c1"))
    world = in_ny(events=events, in_flight=(in_flight, replace(in_flight, id="c0", at=at("2026-06-12T09:00:00"))))
    when = at("2026-06-12T12:00:00")
    assert judge(world, call(when), [US]).by == ("US-06",)
    settled = placed(at("2026-06-12T10:02:00"), "L", contact="c1", flags=frozenset({"not_connected_to_number"}))
    assert judge(replace(world, events=(*events, settled)), call(when), [US]).verdict == "allow"
    # An event that was not known yet settles nothing.
    unknown = replace(settled, known_at=when + MICRO)
    assert judge(replace(world, events=(*events, unknown)), call(when), [US]).verdict == "deny"


def test_a_contact_in_flight_that_does_not_fit_the_rule_holds_none_of_its_slots():
    events = a_call_a_day("2026-06-07T09:00:00", 6, "L")
    text = Ask("sms", at("2026-06-12T11:00:00"), id="c1")
    counsel = call(at("2026-06-12T11:00:00"), id="c2", party="attorney")
    world = in_ny(events=events, in_flight=(text, counsel))
    assert judge(world, call(at("2026-06-12T12:00:00")), [US]).verdict == "allow"


def test_a_single_location_inquiry_in_flight_is_the_single_one():
    brother = (Person("brother", "relative"),)
    letter = Ask("letter", at("2026-06-12T12:00:00"), id="c2", party="relative", purpose="locate")
    first = replace(letter, id="c1", at=at("2026-06-12T10:00:00"))
    assert judge(in_ny(persons=brother), letter, [US]).verdict == "allow"
    assert judge(in_ny(persons=brother, in_flight=(first,)), letter, [US]).by == ("US-12",)


# -- the wait after a talk


def test_a_talk_that_the_person_started_closes_the_week_too():
    talk = Event("conversation", at("2026-04-08T23:59:59"), direction="in", debts=frozenset({"L"}))
    answer = judge(in_ny(events=(talk,)), call(at("2026-04-14T21:00:00")), [US])
    assert (answer.by, answer.next_allowed_at) == (("US-07",), at("2026-04-15T08:00:00"))


def test_a_talk_about_another_debt_closes_nothing_and_one_that_names_none_closes_all():
    loans = (Loan("A"), Loan("B"))
    talk = Event("conversation", at("2026-04-08T11:00:00"), debts=frozenset({"A"}))
    when = at("2026-04-09T11:00:00")
    assert judge(in_ny(loans=loans, events=(talk,)), call(when, debts=("B",)), [US]).verdict == "allow"
    assert judge(in_ny(loans=loans, events=(talk,)), call(when), [US]).by == ("US-07",)
    unnamed = replace(talk, debts=None)
    assert judge(in_ny(loans=loans, events=(unnamed,)), call(when, debts=("B",)), [US]).by == ("US-07",)


@pytest.mark.parametrize(("day_one", "opens"), [("event_day", 10), ("next_day", 11)])
def test_the_first_day_of_a_wait_is_that_of_the_event_or_the_next(day_one, opens):
    rule = f"""
        [[rule]]
        id = "COOL"
        type = "cooldown"
        level = "law"
        after = "visit_made"
        period = {{ n = 2, unit = "local_day" }}
        day_one = "{day_one}"
        key = ["debtor"]
    """
    world = in_ny(events=(Event("visit_made", at("2026-06-08T09:00:00")),))
    answer = judge(world, call(at("2026-06-08T09:00:01")), [preset(rule)])
    assert (answer.verdict, answer.next_allowed_at) == ("deny", at(f"2026-06-{opens}T00:00:00"))


# -- bars


def state_bar(keys: str, level: str = "law") -> Preset:
    return preset(f'[[rule]]\nid = "BAR"\ntype = "bar"\nlevel = "{level}"\n{keys}')


def test_a_state_ends_at_its_instant_or_with_the_whole_of_its_last_day():
    bar = state_bar('state = "debt_advice"\nscope = "debtor"\nstarts = "on_event"')
    ask = call(at("2026-06-10T12:00:00"))
    instant = in_ny(states=(State("debt_advice", date(2026, 6, 1), until=at("2026-06-12T15:30:00")),))
    day = in_ny(states=(State("debt_advice", date(2026, 6, 1), until=date(2026, 6, 12)),))
    assert judge(instant, ask, [bar]).next_allowed_at == at("2026-06-12T15:30:00")
    assert judge(day, ask, [bar]).next_allowed_at == at("2026-06-13T00:00:00")
    assert judge(day, call(at("2026-06-13T00:00:00") - MICRO), [bar]).verdict == "deny"
    assert judge(day, call(at("2026-06-01T00:00:00") - MICRO), [bar]).verdict == "allow"
    assert judge(day, call(at("2026-06-01T00:00:00")), [bar]).verdict == "deny"


@pytest.mark.parametrize(("starts", "verdict"), [("on_event", "deny"), ("on_notice", "allow")])
def test_looking_back_a_bar_began_with_the_event_or_only_with_the_notice(starts, verdict):
    bar = state_bar(f'state = "minor"\nscope = "debtor"\nstarts = "{starts}"')
    world = in_ny(states=(State("minor", date(2026, 6, 1), known_at=at("2026-06-04T09:00:00")),))
    looked_back = call(at("2026-06-02T12:00:00"), phase="record", known_at=at("2026-06-05T12:00:00"))
    assert judge(world, looked_back, [bar]).verdict == verdict
    at_the_time = call(at("2026-06-02T12:00:00"))
    assert judge(world, at_the_time, [bar]).verdict == "allow"


def test_a_state_of_one_debt_bars_a_contact_that_is_about_that_debt_too():
    bar = state_bar('state = "discharged"\nscope = "debt"\nstarts = "on_event"')
    world = in_ny(loans=(Loan("A"), Loan("B")), states=(State("discharged", date(2026, 6, 1), debts=frozenset({"A"})),))
    when = at("2026-06-10T12:00:00")
    assert judge(world, call(when), [bar]).verdict == "deny"
    assert judge(world, call(when, debts=("B",)), [bar]).verdict == "allow"


def test_a_state_that_names_debts_is_about_those_only_whatever_the_scope_of_the_bar():
    world = in_ny(
        loans=(Loan("A"), Loan("B")), states=(State("represented", date(2026, 6, 1), debts=frozenset({"A"})),)
    )
    when = at("2026-06-10T12:00:00")
    found = [judge(world, call(when, debts=debts), [US]).by for debts in (None, ("A",), ("B",))]
    assert found == [("US-05",), ("US-05",), ()]


def test_a_call_in_flight_is_near_for_the_next_one():
    first = complete(in_ny(), call(at("2026-06-10T12:00:00"), id="c1"))
    world = in_ny(in_flight=(first,))
    assert judge(world, call(at("2026-06-10T12:04:59")), [US]).by == ("US-09",)
    assert judge(world, call(at("2026-06-10T12:05:00")), [US]).verdict == "allow"


def test_an_event_ends_a_state_for_the_debt_that_it_names():
    bar = state_bar('state = "plan_in_force"\nscope = "debt"\nstarts = "on_event"\nends = { event = "plan_broken" }')
    loans = (Loan("A"), Loan("B"))
    plan = State("plan_in_force", date(2026, 6, 1))
    broken = Event("plan_broken", at("2026-07-01T10:00:00"), debts=frozenset({"A"}))
    world = in_ny(loans=loans, states=(plan,), events=(broken,))
    when = at("2026-07-01T10:00:00")
    assert judge(world, call(when, debts=("A",)), [bar]).verdict == "allow"
    assert judge(world, call(when, debts=("B",)), [bar]).verdict == "deny"
    assert judge(world, call(when), [bar]).verdict == "deny"
    assert judge(world, call(when - MICRO, debts=("A",)), [bar]).verdict == "deny"
    every = replace(world, events=(replace(broken, debts=None),))
    assert judge(every, call(when), [bar]).verdict == "allow"
    too_early = replace(world, events=(replace(broken, debts=None, at=at("2026-05-31T10:00:00")),))
    assert judge(too_early, call(when), [bar]).verdict == "deny"


def test_an_event_that_names_another_person_or_address_ends_nothing():
    keys = 'starts = "on_event"\nends = { event = "consent_renewed" }'
    of_person = state_bar(f'state = "consent_withdrawn"\nscope = "person"\n{keys}')
    withdrawn = in_ny(
        persons=(Person("friend", "contact_person"),),
        states=(State("consent_withdrawn", date(2026, 6, 1), person="friend"),),
    )
    renewed = Event("consent_renewed", at("2026-06-05T10:00:00"))
    ask = call(at("2026-06-10T12:00:00"), party="contact_person")
    for who, verdict in (("friend", "allow"), (None, "allow"), ("debtor", "deny")):
        world = replace(withdrawn, events=(replace(renewed, person=who),))
        assert judge(world, ask, [of_person]).verdict == verdict
    assert judge(withdrawn, call(at("2026-06-10T12:00:00")), [of_person]).verdict == "allow"

    of_address = state_bar(f'state = "medium_refused"\nscope = "address"\n{keys}')
    numbers = (Address("m1", "mobile"), Address("m2", "mobile"))
    refused = in_ny(addresses=numbers, states=(State("medium_refused", date(2026, 6, 1), address="m1"),))
    text = Ask("sms", at("2026-06-10T12:00:00"), address="m1")
    for which, verdict in (("m1", "allow"), ("m2", "deny"), (None, "allow")):
        world = replace(refused, events=(replace(renewed, address=which),))
        assert judge(world, text, [of_address]).verdict == verdict
    assert judge(refused, replace(text, address="m2"), [of_address]).verdict == "allow"
    assert judge(refused, replace(text, address=None), [of_address]).verdict == "allow"


def test_a_period_of_a_bar_counts_local_days_from_the_notice_or_from_the_event_it_waits_for():
    keys = 'state = "breathing_space"\nscope = "debt"\nstarts = "on_notice"\n'
    period = 'or_after = { n = 3, unit = "local_day", day_one = "event_day" }'
    plain = state_bar(f"{keys}ends = {{ {period} }}")
    space = State("breathing_space", date(2026, 3, 1), known_at=at("2026-03-06T09:00:00"))
    answer = judge(in_ny(states=(space,)), call(at("2026-03-06T09:00:00")), [plain])
    # Days 6, 7 and 8 March are the three; on the 8th the clock changes.
    assert (answer.verdict, answer.next_allowed_at) == ("deny", at("2026-03-09T00:00:00"))
    waits = state_bar(f'{keys}ends = {{ or_after_event = "treatment_ended", {period} }}')
    assert judge(in_ny(states=(space,)), call(at("2026-08-01T09:00:00")), [waits]).next_allowed_at is None
    ended = in_ny(states=(space,), events=(Event("treatment_ended", at("2026-08-03T23:59:00")),))
    assert judge(ended, call(at("2026-08-04T09:00:00")), [waits]).next_allowed_at == at("2026-08-06T00:00:00")


def test_once_means_once_to_the_same_address_since_the_state_began():
    numbers = (Address("m1", "mobile"), Address("m2", "mobile"))
    refused = State("medium_refused", at("2026-07-14T14:00:00"))
    earlier = Event("sms_sent", at("2026-07-14T13:00:00"), purpose="confirm_opt_out", address="m1")
    world = in_ny(addresses=numbers, states=(refused,), events=(earlier,))
    confirm = Ask("sms", at("2026-07-14T15:00:00"), purpose="confirm_opt_out", address="m1")
    assert judge(world, confirm, [US]).verdict == "allow"
    sent = replace(earlier, at=at("2026-07-14T14:30:00"))
    for address, verdict in (("m1", "deny"), ("m2", "allow")):
        again = replace(world, events=(replace(sent, address=address),))
        assert judge(again, confirm, [US]).verdict == verdict
    # Each purpose has its own once.
    other = replace(confirm, purpose="answer_in_medium_person_used")
    assert judge(replace(world, events=(sent,)), other, [US]).verdict == "allow"


@pytest.mark.parametrize(
    ("checked_at", "wall", "verdict"),
    [
        (at("2026-06-08T00:00:00"), "2026-06-09T20:59:59", "allow"),
        (at("2026-06-08T23:59:59"), "2026-06-10T08:00:00", "approve"),
        (date(2026, 6, 8), "2026-06-09T20:59:59", "allow"),
        (date(2026, 6, 8), "2026-06-10T08:00:00", "approve"),
        (at("2026-06-10T12:00:00"), "2026-06-10T08:00:00", "approve"),
        (None, "2026-06-10T08:00:00", "approve"),
    ],
)
def test_a_register_is_fresh_for_the_day_of_the_check_and_the_next(checked_at, wall, verdict):
    world = in_ny(checks=(Check("bankruptcy_stay", checked_at),))
    answer = judge(world, Ask("letter", at(wall)), [US])
    assert answer.verdict == verdict
    assert answer.by == (() if verdict == "allow" else ("US-31",))


def test_a_check_of_another_register_says_nothing_and_a_stay_outranks_a_stale_check():
    letter = Ask("letter", at("2026-06-10T12:00:00"))
    other = in_ny(checks=(Check("active_duty", None),))
    assert judge(other, letter, [US]).verdict == "allow"
    stay = in_ny(checks=(Check("bankruptcy_stay", None),), states=(State("bankruptcy_stay", date(2026, 6, 1)),))
    answer = judge(stay, letter, [US])
    assert (answer.verdict, answer.by) == ("deny", ("US-31",))
    assert judge(stay, replace(letter, purpose="proof_of_claim"), [US]).verdict == "allow"


def test_consent_lifts_a_bar_from_the_moment_it_was_given_to_that_of_its_withdrawal():
    represented = State("represented", date(2026, 3, 1))
    consent = Consent("attorney_consent", at("2026-03-12T09:00:00"), withdrawn_at=at("2026-03-13T09:00:00"))
    world = in_ny(states=(represented,), consents=(consent,))
    for wall, verdict in (
        ("2026-03-12T08:59:59.999999", "deny"),
        ("2026-03-12T09:00:00", "allow"),
        ("2026-03-13T08:59:59.999999", "allow"),
        ("2026-03-13T09:00:00", "deny"),
    ):
        assert judge(world, call(at(wall)), [US]).verdict == verdict


def test_a_rule_in_a_state_lives_only_while_the_state_holds():
    rule = """
        [[rule]]
        id = "IN"
        type = "bar"
        level = "law"
        in_state = "active_duty"
        match = { channel = ["visit"] }
    """
    duty = State("active_duty", at("2026-06-01T00:00:00"), until=date(2026, 6, 30))
    world = in_ny(states=(duty,))
    visit = Ask("visit", at("2026-06-10T12:00:00"))
    answer = judge(world, visit, [preset(rule)])
    assert (answer.verdict, answer.next_allowed_at) == ("deny", at("2026-07-01T00:00:00"))
    assert judge(in_ny(), visit, [preset(rule)]).verdict == "allow"


# -- third persons


def attempts(*kinds: str) -> tuple[Event, ...]:
    return tuple(
        Event(kind, at(f"2026-06-0{i + 1}T12:00:00", "Asia/Shanghai"), party="debtor") for i, kind in enumerate(kinds)
    )


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        (("call_unanswered", "call_unanswered"), "deny"),
        (("call_unanswered", "delivery_failed", "call_unanswered"), "allow"),
        (("call_unanswered", "call_unanswered", "conversation", "call_unanswered"), "deny"),
        (("call_unanswered", "call_unanswered", "call_unanswered", "sms_sent"), "deny"),
        (("call_placed", "call_unanswered", "call_placed", "call_unanswered"), "deny"),
    ],
)
def test_the_debtor_is_unreachable_after_three_failed_attempts_in_a_row(kinds, verdict):
    world = World(persons=(Person("aunt", "contact_person"),), events=attempts(*kinds))
    ask = call(at("2026-06-10T12:00:00", "Asia/Shanghai"), party="contact_person", purpose="locate")
    assert judge(world, ask, [CN]).verdict == verdict


def test_a_condition_holds_by_a_fact_of_the_person_or_of_the_debtor_or_by_a_state():
    when = at("2026-06-10T12:00:00", "Asia/Shanghai")
    aunt = call(when, party="contact_person", purpose="locate")
    plain = World(persons=(Person("aunt", "contact_person"), Person("other", "guarantor")))
    by_debtor = replace(plain, debtor=Debtor(facts=frozenset({"number_invalid"})))
    by_person = replace(plain, persons=(Person("aunt", "contact_person", frozenset({"number_invalid"})),))
    by_other = replace(plain, persons=(plain.persons[0], Person("other", "guarantor", frozenset({"number_invalid"}))))
    by_state = replace(plain, states=(State("debtor_incapable", date(2026, 6, 10)),))
    found = [judge(world, aunt, [CN]).verdict for world in (plain, by_debtor, by_person, by_other, by_state)]
    assert found == ["deny", "allow", "allow", "deny", "allow"]


def test_one_refusal_is_for_good():
    aunt = Person("aunt", "contact_person", frozenset({"number_invalid"}))
    refusal = Event("refusal", at("2024-06-12T09:00:00", "Asia/Shanghai"), person="aunt")
    ask = call(at("2026-06-10T12:00:00", "Asia/Shanghai"), party="contact_person", purpose="relay")
    answer = judge(World(persons=(aunt,), events=(refusal,)), ask, [CN])
    assert (answer.verdict, answer.by, answer.next_allowed_at) == ("deny", ("CN-05",), None)
    assert answer.facts["CN-05"]["why"] == "refusal"


def test_asking_back_opens_one_more_inquiry_and_only_one():
    brother = (Person("brother", "relative"),)
    first = Event("letter_sent", at("2026-06-03T12:00:00"), person="brother", party="relative", purpose="locate")
    asked_back = Event("asked_back", at("2026-06-20T12:00:00"), person="brother")
    second = replace(first, at=at("2026-06-21T12:00:00"))
    letter = Ask("letter", at("2026-06-22T12:00:00"), party="relative", purpose="locate")
    for events, verdict in (
        ((), "allow"),
        ((first,), "deny"),
        ((first, asked_back), "allow"),
        ((first, asked_back, second), "deny"),
        ((first, second, asked_back), "deny"),
        ((replace(first, kind="voicemail_limited_left"),), "allow"),
    ):
        assert judge(in_ny(persons=brother, events=events), letter, [US]).verdict == verdict


# -- texts and agents


def test_the_first_text_to_a_person_is_first_until_something_was_said_to_that_person():
    body = frozenset({"opt_out_line", "from_debt_collector"})
    email = Ask("email", at("2026-06-10T12:00:00"), content=body)
    incoming = Event("conversation", at("2026-06-02T09:00:00"), direction="in")
    dial = Event("call_placed", at("2026-06-02T09:00:00"))
    to_spouse = Event("letter_sent", at("2026-06-02T09:00:00"), person="wife", party="spouse")
    said = Event("letter_sent", at("2026-06-02T09:00:00"))
    for event, by in (
        (incoming, ("US-18-first",)),
        (dial, ("US-18-first",)),
        (to_spouse, ("US-18-first",)),
        (said, ()),
    ):
        assert judge(in_ny(events=(event,)), email, [US]).by == by


def test_a_text_that_is_not_fixed_is_not_judged():
    assert judge(in_ny(), Ask("email", at("2026-06-10T12:00:00")), [US]).verdict == "allow"
    empty = judge(in_ny(), Ask("email", at("2026-06-10T12:00:00"), content=frozenset()), [US])
    assert set(empty.by) == {"US-16", "US-18-first"}


def test_a_closed_list_refuses_what_it_does_not_name():
    fine = frozenset({"business_name_neutral", "person_name", "phone", "request_reply", "date_time"})
    left = Ask("voicemail_limited", at("2026-06-10T12:00:00"), content=fine)
    assert judge(in_ny(), left, [US]).verdict == "allow"
    answer = judge(in_ny(), replace(left, content=fine | {"amount"}), [US])
    assert (answer.by, answer.facts["US-20"]["not_in_list"]) == (("US-20",), ["amount"])


@pytest.mark.parametrize(
    ("training_on", "wall", "verdict"),
    [
        (date(2025, 6, 10), "2026-06-10T12:00:00", "allow"),
        (date(2025, 6, 10), "2026-06-11T12:00:00", "approve"),
        (date(2024, 2, 29), "2025-02-28T12:00:00", "allow"),
        (date(2024, 2, 29), "2025-03-01T12:00:00", "approve"),
    ],
)
def test_training_is_good_up_to_the_same_day_of_the_month_or_the_last_of_a_shorter_one(training_on, wall, verdict):
    law = parse_preset(
        (SHIPPED / "cn-consumer-credit.toml").read_text(encoding="utf-8").replace("2025-02-28", "2024-02-28"), "cn"
    )
    ask = call(at(wall, "Asia/Shanghai"), agent=Agent(training_on=training_on))
    answer = judge(World(), ask, [law])
    assert answer.verdict == verdict
    assert answer.by == (() if verdict == "allow" else ("CN-19",))


def test_an_agent_is_fit_unless_something_is_said_against_it():
    visit = Ask("visit", at("2026-06-10T12:00:00", "Asia/Shanghai"))
    trained = frozenset({"collection_training"})
    for agent, by in (
        (None, set()),
        (Agent(certs=trained), set()),
        (Agent(certs=frozenset()), {"HS-agent"}),
        (Agent(id_shown=False), {"HS-agent"}),
        (Agent(people=2, certs=trained, id_shown=True), set()),
    ):
        assert set(judge(World(), replace(visit, agent=agent), [HOUSE]).by) == by
    assert judge(World(), replace(visit, agent=Agent(people=1)), [CN]).by == ("CN-17-visit",)


def test_licence_people_and_denied_acts():
    rule = """
        [[rule]]
        id = "ACT"
        type = "actor"
        level = "law"
        licence = true
        actions_denied = ["collect_cash"]
    """
    visit = Ask("visit", at("2026-06-10T12:00:00"))
    for agent, verdict in (
        (None, "allow"),
        (Agent(licensed=False), "deny"),
        (Agent(action="collect_cash"), "deny"),
    ):
        assert judge(in_ny(), replace(visit, agent=agent), [preset(rule)]).verdict == verdict


# -- house rules, verdicts, dates of presets


@pytest.mark.parametrize(("day", "verdict"), [(-30, "deny"), (5, "deny"), (6, "allow"), (None, "allow")])
def test_no_visit_before_the_sixth_day(day, verdict):
    answer = judge(in_ny(), Ask("visit", at("2026-06-10T12:00:00"), ladder_day=day), [HOUSE])
    assert answer.verdict == verdict
    assert answer.by == (("HS-visit",) if verdict == "deny" else ())
    # The day of the ladder is a fact of the ask, which does not move by waiting.
    assert (answer.next_allowed_at is None) == (verdict == "deny")


@pytest.mark.parametrize(("day", "verdict"), [(3, "deny"), (4, "allow")])
def test_the_first_three_days_are_gentle_in_words(day, verdict):
    text = Ask("sms", at("2026-06-10T12:00:00"), ladder_day=day, content=frozenset({"consequences"}))
    assert judge(in_ny(), text, [HOUSE]).verdict == verdict


def test_the_strictest_verdict_wins_and_names_all_rules_that_gave_it():
    world = in_ny(states=(State("disputed_orally", date(2026, 6, 1)), State("cease_in_writing", date(2026, 6, 1))))
    night = judge(world, call(at("2026-06-10T22:00:00")), [US])
    assert (night.verdict, set(night.by)) == ("deny", {"US-01", "US-11"})
    assert night.facts["US-24-oral"]["verdict"] == "warn"
    assert night.next_allowed_at is None


def test_a_warning_permits_now():
    world = in_ny(states=(State("disputed_orally", date(2026, 6, 1)),))
    when = at("2026-06-10T12:00:00")
    answer = judge(world, call(when), [US])
    assert (answer.verdict, answer.by, answer.next_allowed_at, bool(answer)) == (
        "warn",
        ("US-24-oral",),
        when,
        True,
    )


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        ("law", "deny"),
        ("presumption", "deny"),
        ("guidance", "approve"),
        ("selfreg", "approve"),
        ("draft", "warn"),
        ("house", "warn"),
    ],
)
def test_the_level_gives_the_verdict(level, verdict):
    bar = state_bar('match = { channel = ["visit"] }', level)
    assert judge(in_ny(), Ask("visit", at("2026-06-10T12:00:00")), [bar]).verdict == verdict


def test_only_rules_of_the_phase_judge():
    night = at("2026-06-10T23:00:00", "Asia/Shanghai")
    visit = Ask("visit", night, agent=Agent(people=1))
    assert set(judge(World(), replace(visit, phase="send"), [CN]).facts) > {"CN-01", "CN-05", "CN-17-visit"}
    record = judge(World(), replace(visit, phase="record"), [CN])
    assert (set(record.facts), record.by) == ({"CN-01", "CN-04"}, ("CN-01",))


def test_a_rule_is_in_force_from_its_first_local_day():
    events = tuple(
        Event("call_unanswered", at(f"2026-01-{29 + i}T10:{m}0:00", "Asia/Shanghai"), address="n1")
        for i in range(2)
        for m in range(6)
    )
    world = World(addresses=(Address("n1", "mobile"),), events=events)
    before = call(at("2026-01-29T21:59:59", "Asia/Shanghai"), address="n1")
    after = call(at("2026-01-30T21:59:59", "Asia/Shanghai"), address="n1")
    assert judge(world, before, [CN]).verdict == "allow"
    assert judge(world, after, [CN]).by == ("CN-03",)


def test_a_preset_is_in_force_where_the_first_of_its_zones_has_reached_its_first_day():
    west, east = living_in("America/Los_Angeles"), living_in("America/Los_Angeles", "America/New_York")
    midnight = at("2021-11-30T00:00:00")
    assert judge(World(debtor=east), call(midnight - MICRO), [US]).verdict == "allow"
    assert judge(World(debtor=east), call(midnight), [US]).verdict == "deny"
    assert judge(World(debtor=west), call(midnight), [US]).verdict == "allow"


def test_without_law_in_force_a_contact_is_denied_until_there_is_some():
    when = at("2021-11-29T12:00:00")
    world = in_ny()
    for presets in ([], [HOUSE]):
        answer = judge(world, call(when), presets, require_law=True)
        assert (answer.verdict, answer.by, answer.next_allowed_at) == ("deny", ("no-law-loaded",), None)
    waits = judge(world, call(when), [HOUSE, US], require_law=True)
    assert (waits.by, waits.next_allowed_at) == (("no-law-loaded",), at("2021-11-30T08:00:00"))
    assert judge(world, call(when), []).verdict == "allow"


def test_a_plan_for_tomorrow_knows_what_is_known_today():
    known = at("2026-06-09T03:00:00")
    plan = call(at("2026-06-10T08:00:00"), phase="plan", known_at=known)
    cease = State("cease_in_writing", at("2026-06-08T09:00:00"), known_at=at("2026-06-09T09:00:00"))
    assert judge(in_ny(states=(cease,)), plan, [US]).verdict == "allow"
    told_before = replace(cease, known_at=known)
    assert judge(in_ny(states=(told_before,)), plan, [US]).by == ("US-11",)


def test_facts_stand_still_while_the_next_instant_is_looked_for():
    represented = State("represented", date(2026, 3, 1))
    ended = Event("representation_ended", at("2026-03-20T10:00:00"))
    answer = judge(in_ny(states=(represented,), events=(ended,)), call(at("2026-03-19T10:00:00")), [US])
    assert (answer.verdict, answer.next_allowed_at) == ("deny", None)


# -- which presets apply


def test_presets_apply_by_country_law_region_role_and_kind_and_unknown_facts_fit():
    nyc = replace(US, id="us-nyc", applies_when={"debtor_region": ("US-NY",), "debt_kind": ("consumer",)})
    everything = (US, CN, HOUSE, nyc)

    def ids(world: World, **more) -> set[str]:
        return {p.id for p in applicable(world, everything, **more)}

    us = Debtor(country="US", region="US-NY-NYC")
    assert ids(World(debtor=us, collector_role="third_party")) == {"us-fed-regf", "us-nyc"}
    assert ids(World(debtor=us)) == {"us-nyc"}  # a first-party creditor is outside Regulation F
    assert ids(World(debtor=us), collector_role="debt_buyer") == {"us-fed-regf", "us-nyc"}
    assert ids(World(debtor=replace(us, region="US-NYX"))) == set()
    assert ids(World(debtor=Debtor(country="US"))) == {"us-nyc"}
    assert ids(World(debtor=Debtor(country="DE"), loans=(Loan(contract_law="CN"),))) == {
        "cn-consumer-credit",
        "us-nyc",
    }
    mixed = World(debtor=us, loans=(Loan("A"), Loan("B", debt_kind="business")), collector_role="third_party")
    assert ids(mixed) == {"us-fed-regf", "us-nyc"}
    assert ids(mixed, debts=("B",)) == set()
    assert ids(mixed, debts=("B",), house=True) == {"house-six-day"}


def test_presets_are_in_force_from_their_first_to_their_last_day():
    ended = replace(US, effective_to=date(2026, 6, 30))
    world = in_ny()
    for day, found in (
        (date(2021, 11, 29), 0),
        (date(2021, 11, 30), 1),
        (date(2026, 6, 30), 1),
        (date(2026, 7, 1), 0),
    ):
        assert len(presets_in_force(world, [ended], day)) == found


# -- the first instant that permits, against trying every instant


def some_world(rng: random.Random) -> tuple[World, Ask]:
    """A borrower with hours, calls, talks and states, all before an ask; no two seeds are alike."""
    zones = rng.sample(
        [
            "America/New_York",
            "America/Los_Angeles",
            "Pacific/Honolulu",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
        ],
        k=rng.choice([1, 1, 2]),
    )
    # Around the change of the clock, so that days of 23 and 25 hours are met.
    start = rng.choice([at("2026-03-06T00:00:00"), at("2026-10-30T00:00:00")])
    when = start + timedelta(seconds=rng.randrange(86_400))
    loans = (Loan("A"), Loan("B"))
    events = tuple(
        Event(
            rng.choice(["call_placed", "call_placed", "call_placed", "conversation"]),
            when - timedelta(seconds=rng.randrange(1, 8 * 86_400)),
            debts=rng.choice([None, frozenset({"A"}), frozenset({"A", "B"})]),
        )
        for _ in range(rng.choice([0, 4, 10]))
    )
    hours = tuple(
        AgreedWindow(
            "consumer_stated_hours",
            start=rng.randrange(0, 86_400, 900),
            end=rng.randrange(0, 86_400, 900) + 1,
            days=tuple(sorted(rng.sample(range(1, 8), k=4))),
            to_inclusive=rng.random() < 0.5,
        )
        for _ in range(rng.choice([0, 0, 2]))
    )
    unwanted = (InconvenientTime(rng.randrange(0, 43_200, 900), rng.randrange(43_200, 86_400, 900)),)
    until = when + timedelta(seconds=rng.randrange(3 * 86_400))
    states = (State("cease_in_writing", when - timedelta(days=1), until=until),)
    world = World(
        debtor=living_in(*zones),
        loans=loans,
        events=events,
        windows=hours,
        inconvenient=unwanted if rng.random() < 0.5 else (),
        states=states if rng.random() < 0.4 else (),
        collector_role="third_party",
    )
    return world, call(when, debts=rng.choice([None, ("A",), ("B",)]))


@pytest.mark.parametrize("seed", range(40))
def test_no_instant_before_the_next_allowed_one_permits(seed):
    world, ask = some_world(random.Random(seed))
    permitted = judge(world, ask, [US]).next_allowed_at
    last = permitted or ask.at + timedelta(days=10)
    tried = [ask.at + timedelta(minutes=13) * step for step in range(int((last - ask.at) / timedelta(minutes=13)))]
    if last > ask.at:
        tried.append(last - MICRO)
    for instant in tried:
        assert verdict_of(world, replace(ask, at=instant), [US])[0] in ("approve", "deny"), instant
    if permitted:
        assert verdict_of(world, replace(ask, at=permitted), [US])[0] in ("allow", "warn")
