"""The gate: the only maker of Judgements and Clearances.

It judges one contact or twenty thousand with the same rules, in rounds: a round takes, of each group of people joined by
loans, the first contact not yet judged (furthest case first), all groups together; what it lets through holds its slots
in the next round. Every rule can delay or block; none can permit.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collections_app.kernel import bulk
from collections_app.models import Clearance, ContactEvent, FactSheet, Judgement
from collections_app.policy.in_force import Policies

from . import reading
from .evaluation import Evaluator, sheet_digest
from .facts import Ask, Facts, PersonFact, Slot
from .verdict import Answer

BY_WIDTH = Judgement._meta.get_field("by").max_length or 200
CLEARANCE_SECONDS = 60  # or until a window closes, whichever is first


@dataclass(frozen=True)
class Judged:
    """A contact's answer and the row that keeps it."""

    ask: Ask
    answer: Answer
    judgement_id: int
    expires_at: dt.datetime | None = None  # of a permitted send: when its clearance ends


class Gate:
    """A gate for one piece of work: a window of the run, a dispatch chunk, a page. Reads the policies once."""

    def __init__(self, policies: Policies | None = None) -> None:
        self.policies = policies or Policies()
        self.evaluator = Evaluator(self.policies)
        self._sheets: dict[str, int] = {}

    # -- asking without keeping ------------------------------------------------------------------

    def ask(self, ask: Ask) -> Answer:
        """What the gate would say of a contact that is not planned (`may_contact`, the case page). Keeps nothing."""
        return self.evaluator.judge(ask, reading.read([ask], self.evaluator))

    # -- judging and keeping ---------------------------------------------------------------------

    def judge(
        self,
        asks: Sequence[Ask],
        *,
        run: Any = None,
        asked_by: Any = None,
        approvals: dict[int, tuple[int, int]] | None = None,
        persons: Mapping[int, PersonFact] | None = None,
        held: Iterable[Slot] = (),
    ) -> dict[Any, Judged]:
        """Judge asks in rounds and keep a Judgement each; keyed by contact (or event) id.

        `persons`, `held`: see `reading.read`. `approvals`: contact id → (requester, approver), for verdict approve at send. Must run inside the transaction that
        holds the people's locks.
        """
        facts = reading.read(asks, self.evaluator, persons=persons, held=held)
        answers: dict[Any, Answer] = {}
        for batch in _rounds(asks):
            for ask in batch:
                answer = self.evaluator.judge(ask, facts)
                answers[ask.id] = answer
                if ask.phase != "record" and (answer or self._approved(answer, ask, approvals)):
                    facts.hold(Slot(ask, answer.at))
        return self._keep(asks, answers, facts, run, asked_by, approvals or {})

    @staticmethod
    def _approved(answer: Answer, ask: Ask, approvals: dict[int, tuple[int, int]] | None) -> bool:
        who = (approvals or {}).get(ask.id)
        return answer.verdict == "approve" and who is not None and who[0] != who[1]

    def _keep(
        self,
        asks: Sequence[Ask],
        answers: dict[Any, Answer],
        facts: Facts,
        run: Any,
        asked_by: Any,
        approvals: dict[int, tuple[int, int]],
    ) -> dict[Any, Judged]:
        sheets = self._store_sheets(a.sheet for a in answers.values())
        ids = bulk.reserve_ids(Judgement, len(asks))
        rows, out = [], {}
        run_id, by_id = getattr(run, "pk", None), getattr(asked_by, "pk", None)
        for judgement_id, ask in zip(ids, asks, strict=True):
            answer = answers[ask.id]
            requester, approver = approvals.get(ask.id, (None, None))
            permitted = ask.phase == "send" and (bool(answer) or self._approved(answer, ask, approvals))
            event = ask.phase == "record"
            rows.append(
                (
                    judgement_id,
                    None if event else ask.id,
                    ask.id if event else None,
                    ask.phase,
                    answer.at,
                    answer.verdict,
                    _joined(answer.by),
                    answer.next_allowed_at,
                    sheets[id(answer.sheet)],
                    run_id,
                    by_id,
                    requester,
                    approver,
                    judgement_id if permitted else None,
                )
            )
            expires = self.evaluator.open_until(ask, facts, answer.at, CLEARANCE_SECONDS) if permitted else None
            out[ask.id] = Judged(ask, answer, judgement_id, expires)
        bulk.insert_rows(
            Judgement,
            (
                "id",
                "contact",
                "event",
                "phase",
                "at",
                "verdict",
                "by",
                "next_allowed_at",
                "facts",
                "run",
                "asked_by",
                "requested_by",
                "approved_by",
                "permit",
            ),
            rows,
        )
        return out

    def _store_sheets(self, sheets: Iterable[dict[str, Any]]) -> dict[int, int]:
        """Fact sheets, once per distinct content; keyed by the identity of the dict."""
        digests: dict[int, str] = {}
        fresh: dict[str, str] = {}
        for sheet in sheets:
            if id(sheet) in digests:
                continue
            digest, text = sheet_digest(sheet)
            digests[id(sheet)] = digest
            if digest not in self._sheets:
                fresh[digest] = text
        if fresh:
            bulk.insert_missing(FactSheet, ("digest", "content"), sorted(fresh.items()))
            self._sheets.update(FactSheet.objects.filter(digest__in=list(fresh)).values_list("digest", "id"))
        return {key: self._sheets[digest] for key, digest in digests.items()}

    # -- clearing --------------------------------------------------------------------------------

    def clear(self, judged: Iterable[Judged]) -> dict[int, dt.datetime]:
        """Clearances for the send judgements that permit; gives contact id → expiry. The contact's state is the caller's."""
        permitted = [j for j in judged if j.expires_at is not None]
        made = {j.ask.id: j.expires_at for j in permitted if j.expires_at is not None}
        rows = [
            Clearance(contact_id=j.ask.id, judgement_id=j.judgement_id, expires_at=made[j.ask.id]) for j in permitted
        ]
        if rows:
            # A contact that was released and is judged afresh has its old clearance replaced: one contact, one clearance.
            Clearance.objects.filter(contact__any_of=[r.contact_id for r in rows]).delete()
            Clearance.objects.bulk_create(rows)
        return made

    def record(self, events: Sequence[ContactEvent], *, by: Any) -> dict[int, Judged]:
        """Judge events that happened. Nothing is refused; the caller opens breaches from the answers."""
        return self.judge(reading.asks_of_events(events), asked_by=by)


def _rounds(asks: Sequence[Ask]) -> list[list[Ask]]:
    """The k-th contact of every group, furthest case first, makes round k.

    A group is all that share a person or a debtor, whatever group each names: a contact person of a debtor is counted
    with the debtor.
    """
    joined: dict[Any, Any] = {}

    def top(node: Any) -> Any:
        while node in joined:
            node = joined[node]
        return node

    of_person: dict[Any, Any] = {}
    for ask in asks:
        for person in {ask.person, *ask.debtors}:
            other = of_person.setdefault(person, ask.group)
            if other != ask.group and (a := top(other)) != (b := top(ask.group)):
                joined[a] = b
    rounds: list[list[Ask]] = []
    turn: dict[Any, int] = defaultdict(int)
    for ask in sorted(asks, key=lambda a: (-a.depth, a.id)):
        group = top(ask.group)
        n = turn[group]
        turn[group] += 1
        if n == len(rounds):
            rounds.append([])
        rounds[n].append(ask)
    return rounds


def _joined(by: Iterable[str]) -> str:
    """The ids in the width of their column, whole ones; the fact sheet has them all."""
    text = " ".join(by)
    return text if len(text) <= BY_WIDTH else text[: BY_WIDTH - 1].rpartition(" ")[0] + " …"
