"""`content`: blocks that a text must, must not or may alone contain. Judged once the text is fixed."""

from __future__ import annotations

from typing import Any

from collections_app.compliance.facts import COMMUNICATIONS
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import ContentParams, Rule

from .asked import Asked


def applies(rule: Rule, asked: Asked) -> bool:
    """Whether the rule looks at this text: every one, the first to the person, or a later one."""
    params: ContentParams = rule.params  # type: ignore[assignment]
    if params.on == "every":
        return True
    earlier = any(
        e.kind in COMMUNICATIONS and e.direction == "out" and e.person == asked.ask.person
        for e in asked.seen_events(asked.person.events)
    )
    return earlier if params.on == "later" else not earlier


def judge(rule: Rule, asked: Asked) -> Outcome | None:
    params: ContentParams = rule.params  # type: ignore[assignment]
    content = asked.ask.content
    if content is None or not applies(rule, asked):
        return None
    missing = sorted(set(params.require) - content)
    forbidden = sorted(set(params.forbid) & content)
    beyond = sorted(content - set(params.only)) if params.only else []
    seen: dict[str, Any] = {"blocks": sorted(content), "on": params.on}
    if missing or forbidden or beyond:
        seen |= {k: v for k, v in (("missing", missing), ("forbidden", forbidden), ("beyond", beyond)) if v}
        return Outcome(rule.verdict, seen, None)
    return Outcome("allow", seen, asked.at)
