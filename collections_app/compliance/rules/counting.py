"""Which events a rule counts, and for which debt: shared by rate and cooldown."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from collections_app.compliance import local_time
from collections_app.compliance.facts import EventFact, LoanFact, PersonFact, Slot
from collections_app.policy.schema import Match, Rule

from .asked import Asked, event_matches, loan_fits, matches

_PARTY_EXCLUDED = {"to_attorney": "attorney", "to_bureau": "bureau", "to_creditor": "creditor"}
_CONSENT_DAYS = 6  # a consent to be called is good on its day, which is day 1, and the six after it


def contact_excluded(exclude: tuple[str, ...], asked: Asked) -> str | None:
    """The exclusion under which the asked contact itself is not refused, if any."""
    return _excluded(exclude, asked, asked.ask.party, asked.ask.person, asked.at)


def event_excluded(exclude: tuple[str, ...], event: EventFact, asked: Asked) -> bool:
    return any(why in event.flags for why in exclude) or bool(
        _excluded(exclude, asked, event.party, event.person, event.at)
    )


def _excluded(exclude: tuple[str, ...], asked: Asked, party: str, person: Any, at: dt.datetime) -> str | None:
    for why in exclude:
        if _PARTY_EXCLUDED.get(why) == party:
            return why
        if why == "prior_consent_7d" and _agreed_to_call(asked, person, at):
            return why
    return None


def _agreed_to_call(asked: Asked, person: Any, at: dt.datetime) -> bool:
    """A consent to be called, given at most six days before in every zone."""
    return any(
        all(
            (local_time.day_of(at, z) - local_time.day_of(c.given_at, z)).days <= _CONSENT_DAYS for z in asked.day_zones
        )
        for c in asked.known.agreed("call_prior", person, at)
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """A contact that counts: one that was made, or one in flight. `debts` empty: no debt was named."""

    at: dt.datetime
    debts: tuple[Any, ...]
    groups: frozenset[str]
    in_flight: bool = False

    def concerns(self, debt: LoanFact | None, group: str | None) -> bool:
        return (group is None or group in self.groups) and (debt is None or not self.debts or debt.id in self.debts)


def _made(e: EventFact) -> Counted:
    return Counted(e.at, e.debts, frozenset((e.creditor_group,)))


def _held(s: Slot) -> Counted:
    return Counted(
        s.at,
        tuple(loan.id for loan in s.ask.loans),
        frozenset(loan.creditor_group for loan in s.ask.loans),
        in_flight=True,
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """One count of a rule: all that its key lets together, for one debt and one creditor where the key names them."""

    counted: tuple[Counted, ...]
    debt: LoanFact | None
    group: str | None
    rival: Callable[[Any], bool]  # whether a debt, by its id, is one that an event without a debt may go to instead

    def number(self, inside: Callable[[Counted], bool]) -> int:
        """How many count. Those without a debt go to the debt that has most; where several do, to each of them."""
        found = [c for c in self.counted if (self.group is None or self.group in c.groups) and inside(c)]
        if self.debt is None:
            return len(found)
        named: Counter[Any] = Counter({self.debt.id: 0})
        unnamed = 0
        for c in found:
            if c.debts:
                named.update(d for d in c.debts if d in named or self.rival(d))
            else:
                unnamed += 1
        mine = named[self.debt.id]
        return mine + (unnamed if mine == max(named.values()) else 0)

    def concerned(self) -> Iterator[Counted]:
        """Those about the debt and creditor, or about none that was named."""
        return (c for c in self.counted if c.concerns(self.debt, self.group))


def tallies(
    rule: Rule,
    key: tuple[str, ...],
    asked: Asked,
    fits: Callable[[EventFact], bool],
    slot_fits: Callable[[Slot], bool] | None,
) -> list[Tally]:
    """The counts that a key asks for: one per debtor, debt and creditor that it names."""
    loans = asked.loans(rule.match)
    found = []
    for debtor in _debtors(key, asked):
        counted = tuple(_keyed(key, asked, debtor, fits, slot_fits))
        mine = tuple(x for x in loans if debtor is None or x.debtor == debtor.id)
        debts: tuple[LoanFact | None, ...] = mine if "debt" in key else (None,)
        for debt in debts:
            groups: tuple[str | None, ...] = (None,)
            if "creditor_group" in key:
                groups = (debt.creditor_group,) if debt else tuple(sorted({x.creditor_group for x in mine}))
            found += [Tally(counted, debt, group, _rivals(debt, rule.match, asked)) for group in groups]
    return found


def _debtors(key: tuple[str, ...], asked: Asked) -> tuple[PersonFact | None, ...]:
    """Whom the key counts apart: each debtor, or nobody where it names the person alone."""
    return (None,) if "person" in key and "debtor" not in key else asked.known.debtors


def _keyed(
    key: tuple[str, ...], asked: Asked, debtor: PersonFact | None, fits: Callable[[EventFact], bool],
    slot_fits: Callable[[Slot], bool] | None,
) -> Iterator[Counted]:  # fmt: skip
    ask, known = asked.ask, asked.known
    for e in known.events if debtor is None else known.events_about(debtor):
        if "person" in key and e.person != ask.person:
            continue
        if "address" in key and e.address != ask.address:
            continue
        if fits(e):
            yield _made(e)
    if slot_fits is None:
        return
    for s in known.slots if debtor is None else known.slots_about(debtor):
        if "person" in key and s.ask.person != ask.person:
            continue
        if "address" in key and s.ask.address != ask.address:
            continue
        if slot_fits(s):
            yield _held(s)


def _rivals(debt: LoanFact | None, match: Match, asked: Asked) -> Callable[[Any], bool]:
    """Another debt of the same debtor that the rule looks at."""

    def rival(loan_id: Any) -> bool:
        loan = next((x for x in asked.ask.loans if x.id == loan_id), None) or asked.known.facts.loans.get(loan_id)
        return debt is not None and loan is not None and loan.debtor == debt.debtor and loan_fits(match, loan)

    return rival


def event_counts(
    rule: Rule, exclude: tuple[str, ...], kinds: tuple[str, ...], asked: Asked
) -> Callable[[EventFact], bool]:
    """Whether an event is one that a rate counts."""
    return lambda e: e.kind in kinds and event_matches(rule.match, e, asked) and not event_excluded(exclude, e, asked)


def slot_counts(rule: Rule, exclude: tuple[str, ...], asked: Asked) -> Callable[[Slot], bool]:
    """Whether a contact in flight holds a slot: it fits the match, whatever the rule counts."""
    return lambda s: matches(rule.match, s.ask) and not _excluded(exclude, asked, s.ask.party, s.ask.person, s.at)
