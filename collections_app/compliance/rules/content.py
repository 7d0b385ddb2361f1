"""`content`: blocks that a text must, must not or may alone contain. Judged once the text is fixed."""

from __future__ import annotations

from typing import Any

from collections_app.compliance.facts import COMMUNICATIONS, Ask
from collections_app.compliance.verdict import Outcome
from collections_app.policy.schema import ContentParams, Rule

from .asked import Asked


def applies(rule: Rule, asked: Asked) -> bool:
    """Whether the rule looks at this text: every one, the first to the person, or a later one."""
    params: ContentParams = rule.params  # type: ignore[assignment]
    if params.on == "every":
        return True
    earlier = any(e.kind in COMMUNICATIONS and e.direction == "out" for e in asked.known.events)
    return earlier if params.on == "later" else not earlier


def looks_at_what_happened(rule: Rule, ask: Ask) -> bool:
    return ask.content is not None and rule.params.on != "every"  # type: ignore[union-attr]


def judge(rule: Rule, asked: Asked) -> Outcome | None:
    params: ContentParams = rule.params  # type: ignore[assignment]
    content = asked.ask.content
    if content is None or not applies(rule, asked):
        return None
    wrong = {
        "missing": sorted(set(params.require) - content),
        "forbidden": sorted(set(params.forbid) & content),
        "beyond": sorted(content - set(params.only)) if params.only else [],
        "other_language": _in_another_language(params, asked),
    }
    seen: dict[str, Any] = {"blocks": sorted(content), "on": params.on} | {k: v for k, v in wrong.items() if v}
    return Outcome(rule.verdict, seen, None) if any(wrong.values()) else Outcome("allow", seen, asked.at)


def _in_another_language(params: ContentParams, asked: Asked) -> list[str]:
    """Required blocks that are not in the language of the message, where the rule asks for that."""
    if params.language_of != "message":
        return []
    languages = dict(asked.ask.block_languages)
    return sorted(b for b in params.require if languages.get(b, asked.ask.language) != asked.ask.language)
