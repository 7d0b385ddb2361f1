"""One file per rule type. Each has `judge(rule, asked)`: what this rule says of this contact at this instant.

A rule type is added by a file here and an entry in `TYPES`; the engine knows nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable

from collections_app.compliance.facts import Ask
from collections_app.policy.schema import Rule

from . import actor, bar, content, cooldown, party, rate, window

TYPES = {
    "window": window.judge,
    "rate": rate.judge,
    "cooldown": cooldown.judge,
    "bar": bar.judge,
    "party": party.judge,
    "content": content.judge,
    "actor": actor.judge,
}

# The types whose answer depends on the hour of the day alone; the plan looks for an instant that they leave open.
HOURLY = frozenset({"window"})

_LOOKS: dict[str, Callable[[Rule, Ask], bool]] = {
    "party": party.looks_at_what_happened,
    "content": content.looks_at_what_happened,
    "window": lambda rule, ask: False,
    "bar": lambda rule, ask: False,
    "actor": lambda rule, ask: False,
}


def looks_at_what_happened(rule: Rule, ask: Ask) -> bool:
    """Whether the answer depends on events or contacts in flight, with people of whom no state, consent or hour is known."""
    looks = _LOOKS.get(rule.type)
    return looks is None or looks(rule, ask)
