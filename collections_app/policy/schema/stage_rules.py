"""The channels of a ladder's stages as house rules, so that the gate keeps them for manual contacts too."""

from __future__ import annotations

from .ladder import Ladder
from .preset import BarParams, Match, Rule
from .vocabulary import CHANNELS


def stage_rules(ladder: Ladder) -> tuple[Rule, ...]:
    """One rule `LD-<ladder>-<stage>` of type bar for each stage, denying the channels that the stage does
    not list.

    Only outgoing contacts with the purpose `collect` are barred. The stages order how the house presses for
    payment; what the law makes us send (a validation notice, an answer to the debtor, proof of an opt-out)
    has its own purpose and must get out on any day, and nobody is barred from writing or calling us. A
    reminder has no stage and so fits none of these rules.

    A stage that lists every channel gives no rule: a match without channels would bar all of them.
    """
    rules = []
    for band in ladder.stages:
        forbidden = tuple(channel for channel in CHANNELS if channel not in band.channels)
        if not forbidden:
            continue
        rules.append(
            Rule(
                id=f"LD-{ladder.id}-{band.name}",
                type="bar",
                phase=frozenset(("plan", "send")),
                level="house",
                verdict="deny",
                match=Match(channel=forbidden, direction=("out",), purpose=("collect",), stage=(band.name,)),
                params=BarParams(),
                cite=f"house practice: ladder {ladder.id} {ladder.version}, channels of stage {band.name}",
                confidence="H",
                effective_from=ladder.effective_from,
                effective_to=ladder.effective_to,
            )
        )
    return tuple(rules)
