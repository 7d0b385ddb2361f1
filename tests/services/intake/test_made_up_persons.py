"""Made-up people: the same from the same seed, marked, and out of anybody's reach."""

import re
import zoneinfo

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.services.intake.persons import COUNTRY_ZONES, US_STATES, generate, us_state, zone_of

FICTION_US = re.compile(r"\+1([0-9]{3})55501[0-9]{2}")
FICTION_GB = re.compile(r"\+447700900[0-9]{3}")


def many(count: int = 600):
    codes = list(US_STATES)
    for n in range(count):
        yield generate("seed", f"L-{n}", codes[n % len(codes)])
    for n, country in enumerate(("CN", "HK", "TW", "GB") * 25):
        yield generate("seed", f"L-{n}", "", country=country)


def test_the_same_seed_and_loan_give_the_same_person_on_every_machine():
    person = generate("us_auto_ledger", "A17-00002", "US-MO")
    assert person == generate("us_auto_ledger", "A17-00002", "MO")
    assert (person.name, person.born_on.isoformat()) == ("Robert Johnson", "1980-05-01")
    assert generate("us_auto_ledger", "A17-00003", "US-MO") != person
    assert generate("other", "A17-00002", "US-MO") != person


def test_nobody_can_be_reached_through_a_made_up_person():
    for person in many():
        points = {point.kind: point.value for point in person.contact_points}
        assert set(points) == {"mobile", "email", "home_address"}
        if person.country == "US":
            code = FICTION_US.fullmatch(points["mobile"])
            assert code and code[1] in us_state(person.region[3:]).codes
        else:
            assert FICTION_GB.fullmatch(points["mobile"])
        assert re.fullmatch(r"[a-z.]+\.[0-9a-f]{8}@example\.(com|org|net)", points["email"])
        assert "00000" in points["home_address"] or person.country != "US"


def test_everything_made_up_is_marked_and_has_the_provenance_that_the_rules_ask_for():
    for person in many():
        assert person.generated and person.reference.startswith("made-up:")
        assert all(point.generated for point in person.contact_points)
        assert {point.kind: point.provenance for point in person.contact_points} == {
            "mobile": ("direct_consent",), "email": ("consumer_used_it",), "home_address": ("contract",)
        }  # fmt: skip


def test_all_are_grown_up_at_the_oldest_contract_and_read_a_language_of_the_house():
    people = list(many())
    assert all(1950 <= person.born_on.year <= 1993 for person in people)
    assert {person.language for person in people} == {"en", "zh-hans", "zh-hant"}
    share = sum(person.language == "en" for person in people[:600]) / 600
    assert 0.9 < share < 0.99
    assert generate("seed", "L-1", "US-CA", language="zh-hant").language == "zh-hant"


def test_names_of_several_origins_occur():
    names = [person.name for person in many()]
    assert len(set(names)) > 400
    assert any(re.search(r"[一-鿿]", name) for name in names)
    assert any("é" in name or "í" in name or "ó" in name for name in names)


def test_the_zone_comes_from_the_state():
    assert generate("s", "L", "US-MO").zones == {
        "physical_address": "America/Chicago", "phone_area_code": "America/Chicago"
    }  # fmt: skip
    assert zone_of("US", "US-HI") == ("Pacific/Honolulu", "")
    zone, note = zone_of("US", "US-TN")
    assert zone == "America/Chicago", "Nashville's"
    assert "America/New_York" in note
    assert generate("s", "L", "US-TN").zone_note == note
    assert zone_of("CN", "") == ("Asia/Shanghai", "")
    assert zone_of("FR", "") == ("", "")


def test_every_state_has_a_real_zone_and_area_codes_of_its_own():
    assert {"DC", "PR", "WY"} <= set(US_STATES) and len(US_STATES) == 54
    zones = zoneinfo.available_timezones()
    assert all(state.zone in zones for state in US_STATES.values())
    assert set(COUNTRY_ZONES.values()) <= zones
    codes = [code for state in US_STATES.values() for code in state.codes]
    assert len(codes) == len(set(codes)) and all(re.fullmatch("[2-9][0-9]{2}", code) for code in codes)
    for state in US_STATES.values():
        assert not state.note or any(part in zones for part in state.note.replace(",", "").split())


def test_what_cannot_be_made_up_is_refused():
    with pytest.raises(DomainError) as caught:
        generate("s", "L", "US-XX")
    assert caught.value.code == "unknown_state"
    with pytest.raises(DomainError) as caught:
        generate("s", "L", "", country="FR")
    assert caught.value.code == "no_made_up_people"
