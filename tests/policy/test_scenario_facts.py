"""Scenario files: defaults of the format, moments, and what is refused with its line."""

from datetime import UTC, date, datetime

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.policy.evaluate import Agent, CalendarChange, Debtor, Loan, World, complete
from collections_app.policy.scenario_facts import Scenario, answers, parse_scenarios
from collections_app.policy.schema import PolicyError

ASK = 'ask = [{ kind = "contact", channel = "voice", at = 2026-06-10T12:00:00Z, expect = { verdict = "allow" } }]'


def scenario(facts: str = "", ask: str = ASK) -> Scenario:
    (found,) = parse_scenarios(f'format = 1\n[[scenario]]\nid = "X"\ntitle = "x"\n{facts}\n{ask}\n', "x.toml")
    return found


def refused(facts: str = "", ask: str = ASK) -> str:
    with pytest.raises(PolicyError) as error:
        scenario(facts, ask)
    return str(error.value)


def test_facts_that_are_not_stated_have_the_defaults_of_the_format():
    found = scenario()
    assert found.presets is None
    assert found.world == World(debtor=Debtor(id="debtor"), loans=(Loan("L"),), collector_role="first_party")
    (row,) = found.asks
    assert (row.number, row.id, row.kind) == (1, "ask-1", "contact")
    asked = complete(found.world, row.ask)
    assert (asked.phase, asked.direction, asked.purpose, asked.party) == ("send", "out", "collect", "debtor")
    assert (asked.person, asked.place, asked.discloses, asked.basis) == ("debtor", "own_phone", "debt", "contract")
    assert (asked.debts, asked.known_at, asked.collector_role) == (("L",), asked.at, "first_party")
    assert (asked.caller_id, asked.account_owner, asked.content, asked.agent) == ("notified", "company", None, None)


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        ('channel = "letter"', "home"),
        ('channel = "visit"', "home"),
        ('channel = "email"', "own_phone"),
        ('channel = "voice", address = "w"', "work"),
        ('channel = "voice", address = "l"', "home"),
        ('channel = "email", address = "e"', "own_phone"),
        ('channel = "letter", address = "e"', "home"),
        ('channel = "voice", address = "o"', "other"),
        ('channel = "voice", address = "w", place = "other"', "other"),
    ],
)
def test_the_place_comes_from_the_ask_then_the_address_then_the_channel(ask, place):
    facts = """address = [
      { id = "w", kind = "work_phone" }, { id = "l", kind = "landline" }, { id = "e", kind = "email" },
      { id = "o", kind = "mobile", place = "other" },
    ]"""
    found = scenario(facts, f'ask = [{{ kind = "contact", {ask}, at = 2026-06-10T12:00:00Z, expect = {{}} }}]')
    assert complete(found.world, found.asks[0].ask).place == place


def test_the_person_is_the_first_listed_with_that_role_or_the_name_of_the_role():
    facts = 'person = [{ id = "aunt", role = "relative" }, { id = "uncle", role = "relative" }]'
    who = ('party = "relative"', 'party = "relative", person = "uncle"', 'party = "employer", purpose = "locate"')
    asks = ", ".join(
        f'{{ kind = "contact", channel = "sms", {one}, at = 2026-06-10T12:00:00Z, expect = {{}} }}' for one in who
    )
    found = scenario(facts, f"ask = [{asks}]")
    completed = [complete(found.world, row.ask) for row in found.asks]
    assert [ask.person for ask in completed] == ["aunt", "uncle", "employer"]
    assert [ask.discloses for ask in completed] == ["debt", "debt", "none"]


def test_an_instant_is_an_offset_time_or_a_local_time_with_its_zone():
    facts = """event = [
      { kind = "call_placed", at = 2026-03-02T10:30:00-05:00 },
      { kind = "call_placed", at = "2026-03-02T10:30:00 America/New_York" },
      { kind = "call_placed", at = "2026-11-01T01:30:00 America/New_York" },
    ]"""
    assert [event.at for event in scenario(facts).world.events] == [
        datetime(2026, 3, 2, 15, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),  # of the two the first
    ]


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-02",
        "2026-03-02T10:30:00",
        '"2026-03-02T10:30:00"',
        '"2026-03-02 America/New_York"',
        '"2026-03-02T10:30:00 America/Nowhere"',
        '"2026-03-02T10:30:00Z America/New_York"',
        '"2026-03-08T02:30:00 America/New_York"',  # does not occur
        "5",
    ],
)
def test_what_is_no_instant_is_refused(at):
    assert "must be an instant" in refused(f'event = [{{ kind = "call_placed", at = {at} }}]')


def test_a_moment_may_be_a_date_and_stays_one():
    found = scenario('state = [{ name = "minor", from = 2026-01-05, until = 2026-01-06T00:00:00Z }]')
    (state,) = found.world.states
    assert (state.begins, state.until, state.known_at) == (
        date(2026, 1, 5),
        datetime(2026, 1, 6, tzinfo=UTC),
        None,
    )


def test_all_kinds_of_facts_are_read():
    world = scenario(
        """
        debtor = { id = "d", country = "US", region = "US-MA", zones = { device = "Asia/Tokyo" } }
        collector = { role = "debt_buyer" }
        loan = [{ id = "A", principal = "1250.00", due_on = 2026-06-01, agreed_order = ["principal", "interest"] }]
        check = [{ state = "bankruptcy_stay" }]
        step = [{ name = "visit_notice", on = 2026-06-05 }]
        consent = [{ kind = "night_contact", given_at = 2026-06-15, person = "d" }]
        agreed_window = [{ kind = "agreed_contact_window", days = [7, 1], from = "18:00", to = "24:00" }]
        inconvenient = [{ from = "09:00", to = "12:00:30" }]
        date = [{ kind = "wedding", from = 2026-06-20, until = 2026-06-21 }]
        calendar = { CN_STATUTORY = { workdays = [2026-10-10] } }
        state = []
        event = [{ kind = "delivery_failed", at = 2026-06-01T09:00:00Z, debts = [] }]
        """
    ).world
    assert (world.debtor.id, world.debtor.region, world.collector_role) == ("d", "US-MA", "debt_buyer")
    assert (str(world.loans[0].principal), world.loans[0].agreed_order) == ("1250.00", ("principal", "interest"))
    assert world.checks[0].checked_at is None
    assert (world.steps[0].sent_on, world.steps[0].delivered_on) == (date(2026, 6, 5), None)
    assert (world.windows[0].days, world.windows[0].start, world.windows[0].end) == ((7, 1), 64_800, 86_400)
    assert (world.inconvenient[0].days, world.inconvenient[0].end) == ((1, 2, 3, 4, 5, 6, 7), 43_230)
    assert world.calendars == {"CN_STATUTORY": CalendarChange(workdays=frozenset({date(2026, 10, 10)}))}
    assert world.events[0].debts == frozenset()


def test_the_keys_of_an_agent_that_are_not_given_are_as_they_should_be():
    agent = "agent = { certs = [], people = 1 }"
    ask = f'ask = [{{ kind = "contact", channel = "visit", at = 2026-06-10T12:00:00Z, {agent}, expect = {{}} }}]'
    assert scenario("", ask).asks[0].ask.agent == Agent(certs=frozenset(), people=1)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ('colour = "red"', '"colour" is not a key of a scenario'),
        (
            'event = [{ kind = "call_placed", at = 2026-06-01T09:00:00Z, colour = 1 }]',
            '"colour" is not a key of an event',
        ),
        ('event = [{ kind = "call_made", at = 2026-06-01T09:00:00Z }]', '"call_made" is not known as kind'),
        ('state = [{ name = "disputed_in_writing_in_period", from = 2026-06-01 }]', "is not known as name"),
        (
            'person = [{ id = "a", role = "relative", facts = ["failed_attempts_3_consecutive"] }]',
            "is not known as facts",
        ),
        ('debtor = { zones = { physical_address = "Mars/Olympus" } }', "no IANA time zone"),
        ('debtor = { zones = { gps = "Asia/Tokyo" } }', '"gps" is not a key of zones'),
        ('state = [{ name = "minor", from = 2026-06-01, debts = ["B"] }]', 'no loan of this scenario has the id "B"'),
        ('event = [{ kind = "sms_sent", at = 2026-06-01T09:00:00Z, address = "m" }]', "no address of this scenario"),
        ('loan = [{ id = "A" }, { id = "A" }]', 'another loan of this scenario has the id "A"'),
        ('inconvenient = [{ from = "09:00", to = "09:00" }]', "these hours are empty"),
        ('inconvenient = [{ from = "09:00", to = "25:00" }]', "must be a clock time"),
        ('inconvenient = [{ days = [0], from = "09:00", to = "10:00" }]', "must be a list of week days"),
        ("calendar = { FR = { holidays = [] } }", '"FR" is not a key of calendar'),
        ('date = [{ kind = "wedding", from = 2026-06-21, until = 2026-06-20 }]', "lies before from"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused(facts, says):
    assert says in refused(facts)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (
            'kind = "contact", channel = "pigeon", at = 2026-06-10T12:00:00Z, expect = {}',
            '"pigeon" is not known as channel',
        ),
        ('kind = "contact", channel = "sms", at = 2026-06-10T12:00:00Z', '"expect" is missing'),
        ('kind = "call", channel = "sms", at = 2026-06-10T12:00:00Z, expect = {}', '"call" is not known as kind'),
        (
            'kind = "contact", channel = "sms", at = 2026-06-10T12:00:00Z, expect = { due = 1 }',
            '"due" is not a key of expect',
        ),
        (
            'kind = "contact", channel = "sms", step = "enforce", at = 2026-06-10T12:00:00Z, expect = {}',
            '"step" is not a key',
        ),
        (
            'kind = "contact", channel = "sms", at = 2026-06-10T12:00:00Z, expect = { verdict = "no" }',
            '"no" is not known as verdict',
        ),
    ],
)
def test_an_ask_with_something_unknown_is_refused(ask, says):
    assert says in refused("", f"ask = [{{ {ask} }}]")


def test_a_refusal_names_the_file_the_line_and_the_scenario():
    assert refused('\nevent = [\n  { kind = "call_made", at = 2026-06-01T09:00:00Z },\n]').startswith(
        "x.toml line 7, scenario X: "
    )


def test_two_scenarios_of_one_file_have_different_ids():
    text = f'format = 1\n[[scenario]]\nid = "X"\ntitle = "x"\n{ASK}\n[[scenario]]\nid = "X"\ntitle = "y"\n{ASK}\n'
    with pytest.raises(PolicyError, match='another scenario above has the id "X"'):
        parse_scenarios(text, "x.toml")


def test_a_preset_that_is_not_loaded_is_named():
    with pytest.raises(DomainError, match="us-fed-regf"):
        answers(scenario('presets = ["us-fed-regf"]'), {})


def test_an_ask_of_a_kind_that_is_not_built_has_no_answer_and_keeps_its_expectation():
    found = scenario(
        "",
        'ask = [{ kind = "retain", what = "audio", at = 2026-06-10T12:00:00Z, expect = { earliest_purge = "none" } }]',
    )
    ((row, answer),) = answers(found, {})
    assert (row.kind, row.ask, answer, row.expect) == ("retain", None, None, {"earliest_purge": "none"})


def test_no_instant_at_all_is_expected_as_none():
    expect = '{ by = [], next_allowed_at = "none" }'
    ask = f'ask = [{{ kind = "contact", channel = "sms", at = 2026-06-10T12:00:00Z, expect = {expect} }}]'
    assert scenario("", ask).asks[0].expect == {"by": frozenset(), "next_allowed_at": None}
