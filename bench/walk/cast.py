"""Who is played in a walk, and the dice that say what they do. Knows nothing of Django."""

from __future__ import annotations

import datetime as dt
import hashlib
import random

SEED = "dunwell walk 1"

# Half of the letters are proved after four days or less; one in sixteen comes back.
POST_DAYS = (3, 3, 4, 4, 5, 6, 7)
# The lender's messages go at these hours of UTC: in October eight in the morning in California, two in the afternoon and
# half past seven in the evening in New York; an hour earlier from November on.
ROUNDS = (dt.time(15), dt.time(18), dt.time(23, 30))
# Now and then the sender stands still all day and its messages go when it is half past eleven in the evening in New York.
LATE_ROUND = dt.time(3, 30)

OUTCOMES = (
    ("no_answer", 42), ("voicemail", 10), ("promise", 14), ("spoke", 11), ("hardship", 4), ("dispute", 3), ("wrong_number", 4),
    ("stop_calling", 3), ("call_back", 4), ("wants_plan", 3), ("refuses", 2),
)  # fmt: skip

COLLECTORS = ("ada.walk", "ben.walk", "cleo.walk", "dov.walk")
SUPERVISOR, FIELD_AGENT, NEW_AGENT, COMPLIANCE = "sol.walk", "fay.walk", "nat.walk", "ira.walk"
CLERK, LAWYER = "lea.walk", "lou.walk"
STAFF = (
    *((name, "collector") for name in COLLECTORS),
    (SUPERVISOR, "supervisor"),
    (FIELD_AGENT, "field agent"),
    (NEW_AGENT, "field agent"),  # has passed no course: the gate does not let them visit
    (COMPLIANCE, "compliance officer"),
    (CLERK, "legal clerk"),
    (LAWYER, "outside lawyer"),
)


def dice(*what: object) -> random.Random:
    """A die for one purpose."""
    text = "|".join(map(str, (SEED, *what)))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()))
