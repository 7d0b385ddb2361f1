"""A contact together with the facts, the instant and the preset that a rule is asked under."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from collections_app.compliance import local_time
from collections_app.compliance.facts import Ask, EventFact, Facts, PersonFact, StateFact
from collections_app.policy import calendars
from collections_app.policy.schema import Match, Preset

FURTHEST = dt.timedelta(days=400)  # how far next_allowed_at looks ahead


@dataclass
class Asked:
    """Everything a rule may look at."""

    ask: Ask
    facts: Facts
    at: dt.datetime
    preset: Preset

    @property
    def knowledge(self) -> dt.datetime:
        return self.ask.known_at or self.at

    @cached_property
    def person(self) -> PersonFact:
        return self.facts.person(self.ask.person)

    @cached_property
    def debtor(self) -> PersonFact:
        return self.facts.person(self.ask.debtor)

    @cached_property
    def zones(self) -> tuple[str, ...]:
        return local_time.candidates(self.preset.tz, self.person.zones)

    @cached_property
    def day_zones(self) -> tuple[str, ...]:
        """Zones whose calendar counts days: UTC where none is known."""
        return self.zones or ("UTC",)

    def local_date(self) -> dt.date:
        """The first candidate's date, which dated facts and deadlines use."""
        return local_time.local(self.at, self.day_zones[0]).date()

    def seen_events(self, events: Iterable[EventFact]) -> list[EventFact]:
        """Events that had happened and were known."""
        known = self.knowledge
        return [e for e in events if e.at <= self.at and e.known_at <= known]

    def states(self, name: str) -> list[StateFact]:
        """States of that name of the asked person or the debtor that are known."""
        known = self.knowledge
        persons = [self.person] if self.person is self.debtor else [self.person, self.debtor]
        return [s for p in persons for s in p.states if s.name == name and s.known_at <= known]

    def state_in_force(self, name: str) -> bool:
        return any(s.from_at <= self.at and (s.until_at is None or self.at < s.until_at) for s in self.states(name))

    def consent_in_force(self, kind: str) -> bool:
        known = self.knowledge
        persons = [self.person] if self.person is self.debtor else [self.person, self.debtor]
        return any(
            c.kind == kind and c.given_at <= self.at and c.known_at <= known
            and (c.withdrawn_at is None or self.at < c.withdrawn_at)
            and (c.person is None or c.person == self.ask.person)
            for p in persons for c in p.consents
        )

    def is_holiday(self, calendar: str, day: dt.date) -> bool:
        if day in self.facts.open_days.get(calendar, ()):
            return False
        return day in self.facts.closed_days.get(calendar, ()) or calendars.is_closed(calendar, day)


def matches(match: Match, ask: Ask) -> bool:
    """All given keys fit; a key for which the contact has no value does not fit."""
    if match.channel and ask.channel not in match.channel:
        return False
    if match.direction and ask.direction not in match.direction:
        return False
    if match.purpose and ask.purpose not in match.purpose:
        return False
    if match.party and ask.party not in match.party:
        return False
    if match.place and ask.place not in match.place:
        return False
    if match.template and ask.template not in match.template:
        return False
    if match.basis and ask.basis not in match.basis:
        return False
    if match.collector_role and ask.collector_role not in match.collector_role:
        return False
    if match.stage and ask.stage not in match.stage:
        return False
    if match.step:  # steps are judged by sequence rules, not as contacts
        return False
    if match.ladder_day and not (
        ask.ladder_day is not None and match.ladder_day[0] <= ask.ladder_day <= match.ladder_day[1]
    ):
        return False
    for key in ("product", "lender_type", "agreement_kind"):
        wanted = getattr(match, key)
        if wanted and not any(getattr(loan, key) in wanted for loan in ask.loans):
            return False
    return True


def event_matches(match: Match, event: EventFact) -> bool:
    """The part of a match that an event has values for."""
    return (
        (not match.channel or event.channel in match.channel)
        and (not match.direction or event.direction in match.direction)
        and (not match.purpose or event.purpose in match.purpose)
        and (not match.party or event.party in match.party)
        and (not match.place or event.place in match.place)
    )
