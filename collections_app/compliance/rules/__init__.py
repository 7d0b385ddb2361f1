"""One file per rule type. Each has `judge(rule, asked)`: what this rule says of this contact at this instant.

A rule type is added by a file here and an entry in `TYPES`; the engine knows nothing else of it.
"""

from __future__ import annotations

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
