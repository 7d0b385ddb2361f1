"""Writes docs/walk.md from the walks that were really walked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .cast import ROUNDS, SEED, STAFF
from .claims import CONTACT_TYPES, Claim

WHAT_TYPES_DO = {
    "window": "hours, of the law or of the borrower", "rate": "so many contacts in a period", "cooldown": "a pause after a talk",
    "bar": "a state that forbids it", "party": "who may be told of the debt", "actor": "who makes the visit",
    "content": "what a text must or must not say", "gate": "the gate itself",
}  # fmt: skip

DESCRIPTION = f"""# The walk

`bench/walk/` walks the whole house on a real loan tape: the 4,447 loans of `us_auto_ledger` and what their borrowers really
paid, every day from 2019-10-01 to 2019-12-31 closed, every message sent to an outbox of files. This page is written by
`python -m bench.walk doc` from such walks; nothing in it is typed by hand.

## The commands

```
python -m bench.walk run --database sqlite --variant all --out walks
python -m bench.walk run --database postgres://postgres@127.0.0.1:5432 --variant all --out walks
python -m bench.walk run --database postgres://postgres@127.0.0.1:5432 --variant daily --out walks
python -m bench.walk compare walks/sqlite-all.json walks/postgresql-all.json walks/postgresql-daily.json
python -m bench.walk check walks
python -m bench.walk doc walks
```

`run` makes a database of its own (a SQLite file in a temporary folder, or `dunwell_walk_VARIANT` on the server) and takes it
away at the end (`--keep` leaves it). The tape is looked for in `TAPES_DIR` or in `../shared/data` beside the checkout; `--loans N`
takes only the first N loans by number, `--from` and `--to` other days. `compare` ends with 1 at the first day that differs and
names tables and rows; `check` ends with 1 when a claim below is missed. `tests/walks/test_the_walk_in_small.py` walks a few
loans in the same way, in both variants, each time the tests run.

Each day is: (variant `daily`) `import_payments --as-of DAY`, then `run_day --date DAY`, then `run_day --date DAY` again, then the play.
In variant `all` every payment of the tape, those of the years to come too, is imported before the first day.

## What is compared

After each run every row is read that was written since the run before: the history of every table that has one, judgements,
allocations, what contacts cover, contact events with their debts, papers, access records, register checks, money and events as
they are booked, and the result of the run. At the end the standing rows of all these tables and the clearances are read too, with the
columns that have no history. Rows are told by natural keys (a loan by its number, a case by its loan and episode, a contact by
its channel, day and what it covers, a judgement by its contact, phase and turn, a fact sheet by the digest of its content), so that
ids do not count. Left out are ids, the clock of the machine (`history_date`, `opened_at` of a run …), what only says in how many
pieces the money came in (the import batch; `stop_seq`, which counts interruptions, one per import; a payment before it is booked), and of
exhibits and packs the numbers of history rows and the digests made from them, and of the contact log its digest, because it
names contacts and judgements by number. Instants that come from the day itself (`at`, `sent_at`,
`claimed_at`, `next_allowed_at` …) count. Encrypted text counts by its plain text. The digest of a table is the sum of the SHA-256 of its rows modulo
2^256: the order of rows does not matter, and the sum of the days is the whole, which is read again from the beginning to show it.

## Who is played

A tape has no people. `bench/walk/player.py` plays them through the services, as staff users with the rights of their groups
({", ".join(dict.fromkeys(role for _, role in STAFF))}), and everything that it makes up is marked `generated`. What somebody does hangs on a die of its
own, thrown for (seed “{SEED}”, loan number, day, purpose) and never on an id or on the order of rows, so that the play is the same in every
variant. Played are:

- **Collectors** ask for the numbers of three in four of the day's calls, one in twelve of them at 07:20 or after 21:00 where the borrower is, and
  log what came of it: no answer, voicemail, a promise with amount and day, hardship, dispute, wrong number, a wish not to be called, a talk.
- **A dialler** that asks nobody calls now and then, and in one case of twelve seven to nine times within three days; one call in forty at 21:30.
- **Borrowers** answer STOP to an SMS, wish to be called in the evening, say that the day is inconvenient, write that they want no more
  contact, or have counsel; one lawyer in three answers nobody, which after a fortnight is known.
- **Third persons**: one debtor in thirty names a relative or an employer. A collector wants to collect there, then to find the debtor, and
  the day after to ask once more.
- **The post** proves letters after three to seven days; one in sixteen comes back.
- **The supervisor** approves or declines visits and holds, and refers cases to the legal department once their day has come and no guard refuses.
- **Field agents** make the approved visits; one visit in fifteen is tried by an agent without the yearly certificate.
- **Compliance** assesses and closes the breaches that the dialler leaves. **The legal clerk** completes the file of the first loan by number that
  was referred so far, seals its pack and sends it to **the lawyer**, who accepts it.
- **The dispatch** goes its rounds at {", ".join(f"{c:%H:%M}" for c in ROUNDS)} UTC; on one day in six only once, at 03:30 UTC, when it is past nine in the evening in most zones.
"""


def write(walks: Sequence[dict[str, Any]], claims: Sequence[Claim]) -> str:
    """The page."""
    first = walks[0]
    parts = [
        DESCRIPTION, _claims(claims), _walks(walks), _refused(first), _played(first), _hashes(first), _story(first["story"]),
    ]  # fmt: skip
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(_cell(c) for c in row) + " |" for row in rows)]) + "\n"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|").replace("\n", " ")


def _claims(claims: Sequence[Claim]) -> str:
    return "## What was shown\n\n" + _table(
        ["claim", "", "seen"], ([c.text, "holds" if c.holds else "**missed**", c.seen] for c in claims)
    )


def _walks(walks: Sequence[dict[str, Any]]) -> str:
    rows = []
    for w in walks:
        last = w["days"][-1]["tables"]
        rows.append(
            [w["database"], w["variant"], len(w["days"]), sum(n for n, _ in w["whole"].values()), last["judgement"][0],
             w["clearances"]["clearances"], f"{w['cpu_seconds'] // 60} min"]
        )  # fmt: skip
    return "## The walks\n\n" + _table(
        ["database", "variant", "days", "rows compared", "judgements", "clearances", "CPU time of the program"], rows
    )


def _refused(walk: dict[str, Any]) -> str:
    sums = walk["refused_by_type"]
    order = [*CONTACT_TYPES, *(t for t in sorted(sums) if t not in CONTACT_TYPES)]
    rows = sorted(walk["refused"], key=lambda r: (order.index(r["type"]), r["rule"], r["where"]))
    return (
        "## What was withheld or refused\n\nJudgements that did not permit a contact; one that two rules gave counts for both. "
        "The same in every walk.\n\n"
        + _table(
            ["rule type", "withheld or refused", "what it is about"],
            ([t, sums[t], WHAT_TYPES_DO.get(t, "")] for t in order),
        )
        + "\n"
        + _table(
            ["type", "rule", "verdict", "at", "count"],
            ([r["type"], r["rule"], r["verdict"], _WHERE[r["where"]], r["count"]] for r in rows),
        )
    )


_WHERE = {
    "plan": "the plan of the daily run",
    "dispatch": "the moment of sending",
    "reveal": "the asking for a number or address",
}


def _played(walk: dict[str, Any]) -> str:
    return "## What was played\n\n" + _table(["what", "how often"], walk["played"].items())


def _hashes(walk: dict[str, Any]) -> str:
    rows = []
    for day in walk["days"]:
        tables = day["tables"]
        total = sum(int(digest, 16) for _, digest in tables.values()) % 2**256
        rows.append(
            [
                day["date"],
                sum(n for n, _ in tables.values()),
                *(tables.get(t, [0])[0] for t in _SHOWN),
                f"`{total:064x}`"[:17] + "…`",
            ]
        )
    return (
        "## Day by day\n\nRows since the beginning after the run of each day, and the first digits of the sum of all digests; the same in every "
        "walk. The whole digests of each table stand in the JSON files.\n\n"
        + _table(["run of", "rows", *_HEADS, "digest"], rows)
    )


_SHOWN = ("history of case", "history of contact", "judgement", "allocation")
_HEADS = ("history of cases", "history of contacts", "judgements", "allocations")


def _story(story: dict[str, Any] | None) -> str:
    if story is None:
        return "## The story of one loan\n\nNo loan reached the legal department."
    pack = story["pack"]
    head = (
        f"## The story of loan {story['loan']}\n\nThe first loan by number that reached the legal department. {story['lender']}, loan of "
        f"{story['principal']}, regular instalment {story['instalment']}; the borrower ({story['borrower']}, {story['region']}, zone "
        f"{story['zone']}, language {story['language']}) is made up. Payments are the tape's own. The law is asked for as of {story['law_on']}, "
        "which is assumed, for the tape is older than the rules. Instants are UTC; what has only a date was done by the run or by a clerk.\n\n"
    )
    rows = ([line["at"], line["what"], line["told"], line["because"]] for line in story["lines"])
    out = head + _table(["when", "what", "told", "why, by whom, under which law"], rows)
    if pack is None:
        return out + "\nNo pack was built."
    return (
        out
        + f"\nThe pack {pack['file']} version {pack['version']} is {pack['state']}: {pack['pages']} pages, {pack['files']} files in the ZIP, "
        f"{len(pack['exhibits'])} exhibits.\n\n"
        + _table(
            ["tab", "section", "exhibit", "dated", ""],
            (
                [e["tab"], e["section"], e["title"], e["dated_on"], "generated" if e["generated"] else ""]
                for e in pack["exhibits"]
            ),
        )
    )
