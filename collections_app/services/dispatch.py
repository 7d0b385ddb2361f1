"""Dispatch: the planned messages whose time has come leave, at most once, on fresh facts.

Claim, judge, render and mark `sending` in one transaction; commit; stamp each attempt in a short one that looks again at
the person's `stop_seq`; speak; settle. A message that was never attempted goes back to the plan, one that was attempted
without an answer is unconfirmed and never resent by itself.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from collections_app.channels import registry
from collections_app.channels.base import Adapter, ChannelError, Envelope
from collections_app.compliance import reading
from collections_app.compliance.facts import Ask
from collections_app.compliance.gate import Gate, Judged
from collections_app.kernel import actors, fsm, locks
from collections_app.kernel.errors import DomainError
from collections_app.models import Case, Contact, ContactCase, Person, PolicyVersion, Promise, SendingStop

from . import message_facts, replay
from .letters import Letter, file_letter
from .planning import FAR
from .receipts import record_sent
from .texts import Rendered, blocks_within_reach, render

Now = Callable[[], dt.datetime]
_Positions = dict[int, dict[int, replay.Position]]  # contact → loan → where it stands on the person's day

# How many messages a channel sends within 30 seconds, and so how many are claimed at a time.
CHUNK = {"sms": 200, "email": 100, "letter": 20, "push": 200}
STALE_SECONDS = 120  # a claim older than this has lost its worker: its envelopes expired after 60


@dataclass
class Dispatched:
    """Counts of one dispatch; `withheld` by rule."""

    sent: int = 0
    failed: int = 0
    unconfirmed: int = 0
    cancelled: int = 0
    released: int = 0
    awaiting: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    not_configured: dict[str, str] = field(default_factory=dict)  # channel → what must be set up first
    stopped: list[str] = field(default_factory=list)  # channels that the red button held when their turn came

    def as_json(self) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "failed": self.failed,
            "withheld": dict(sorted(self.withheld.items())),
            "unconfirmed": self.unconfirmed,
            "cancelled": self.cancelled,
            "released": self.released,
            "awaiting": self.awaiting,
            "not_configured": self.not_configured,
            "stopped": self.stopped,
        }


@dataclass(frozen=True)
class _Claimed:
    contact_id: int
    person_id: int
    stop_seq: int
    envelope: Envelope


def dispatch(
    *, at: dt.datetime, limit: int | None = None, channels: Sequence[str] = Contact.MESSAGES, now: Now | None = None
) -> Dispatched:
    """Send what is due at `at`, channel by channel. `limit` bounds the messages claimed in all.

    `now` gives the instant of each chunk and of each message, so that a slow channel meets an envelope that has expired;
    without it the whole dispatch happens at `at` (an outbox that is played for another day).
    """
    now = now or (lambda: at)
    refuse_when_live(Contact.objects.dispatchable(at).filter(channel__in=channels), at)
    out = Dispatched()
    sweep_stale(at, out)
    for channel in channels:
        try:
            adapter = registry.adapter_for(channel)
        except ChannelError as error:
            # Told where something waits for it: a channel that nobody uses need not be set up.
            if Contact.objects.dispatchable(at).filter(channel=channel).exists():
                out.not_configured[channel] = error.sentence
            continue
        if is_stopped(channel):
            out.stopped.append(channel)
        after = 0
        while (limit is None or limit > 0) and channel not in out.not_configured and not is_stopped(channel):
            size = CHUNK[channel] if limit is None else min(limit, CHUNK[channel])
            claimed, looked_at, after = _claim(channel, now(), size, out, after)
            if limit is not None:
                limit -= len(claimed)
            _speak(adapter, claimed, now, out)
            if looked_at < size:
                break
    return out


def hand_over(contact: Contact, *, at: dt.datetime, expires_at: dt.datetime) -> str:
    """The number or address of a cleared call or visit, through the channel like any message: OUTBOUND binds it too.

    Raises ChannelError where the channel may not be used for this address.
    """
    point = contact.contact_point
    receipt = registry.adapter_for(contact.channel).send(
        Envelope(
            contact_id=contact.pk,
            channel=contact.channel,
            to=point.value if point else "",
            language=contact.language,
            expires_at=expires_at,
        ),
        at=at,
    )
    return receipt.revealed


def is_stopped(channel: str) -> bool:
    """Whether the red button holds this channel (or all)."""
    return SendingStop.objects.in_force(channel).exists()


def refuse_when_live(contacts: QuerySet[Contact], at: dt.datetime) -> None:
    """OUTBOUND=live lets nothing leave while a policy in force is a draft, or while the law of a loan that one of these
    contacts is about is assumed."""
    if settings.OUTBOUND != "live":
        return
    policies = PolicyVersion.objects.in_force(at.date())
    drafts = [str(p) for p in policies.filter(state=PolicyVersion.State.DRAFT).order_by("ident")]
    if drafts:
        raise DomainError(
            "draft_in_force",
            f"OUTBOUND=live refuses to send: {', '.join(drafts)} {'is' if len(drafts) == 1 else 'are'} a draft. "
            "A named lawyer must release it in the admin first.",
            drafts=drafts,
        )
    about = contacts.filter(covers__loan__law_on__isnull=False).order_by("covers__loan__number")
    assumed = list(about.values_list("covers__loan__number", flat=True).distinct()[:5])
    if assumed:
        raise DomainError(
            "law_assumed",
            f"OUTBOUND=live refuses to send: the law of {', '.join(assumed)} is assumed (law_on in their mapping), not "
            "that of their own days. Such loans are for trying out; take them out of this database first.",
            loans=assumed,
        )


# -- claiming ----------------------------------------------------------------------------------------


@transaction.atomic
def _claim(channel: str, at: dt.datetime, size: int, out: Dispatched, after: int) -> tuple[list[_Claimed], int, int]:
    """1. Pick due contacts. 2. Lock their groups of people in pk order, then the contacts, and read them again.
    3. Cancel what money, a hold, a promise or a closed case has overtaken. 4. Judge. 5. Render, clear, mark sending.
    Gives the envelopes, how many contacts were looked at, and the last id."""
    picked = list(
        Contact.objects.dispatchable(at)
        .filter(channel=channel, pk__gt=after)
        .order_by("pk")
        .values_list("pk", "group")[:size]
    )
    if not picked:
        return [], 0, after
    locks.lock_pks(Person.objects.filter(group__in=sorted({g for _, g in picked})))
    locks.lock_pks(Contact.objects.filter(pk__any_of=[pk for pk, _ in picked]))
    contacts = list(
        Contact.objects.dispatchable(at)
        .filter(pk__any_of=[pk for pk, _ in picked])
        .select_related("contact_point", "person__key", "case", "requested_by")
        .order_by("pk")
    )
    by = actors.machine(actors.DISPATCH)
    on = message_facts.local_date(contacts, at)
    covers = _covers(contacts)
    positions = _positions(covers, on, at)
    contacts = _still_wanted(contacts, covers, positions, on, by, out)
    judged = _judge(contacts, covers, positions, at, by, out)
    claimed = _mark_sending(judged, covers, at, by)
    return claimed, len(picked), picked[-1][0]


def _covers(contacts: Sequence[Contact]) -> dict[int, list[ContactCase]]:
    found: dict[int, list[ContactCase]] = defaultdict(list)
    rows = ContactCase.objects.filter(contact__any_of=[c.pk for c in contacts]).select_related(
        "loan__lender", "case", "instalment"
    )
    for row in rows.order_by("contact_id", "id"):
        found[row.contact_id or 0].append(row)
    return found


def _positions(covers: Mapping[int, list[ContactCase]], on: Mapping[int, dt.date], at: dt.datetime) -> _Positions:
    """Of each contact the loans it covers, as of its person's own day."""
    found = message_facts.positions({(c.loan_id, on[pk]) for pk, rows in covers.items() for c in rows}, at=at)
    return {pk: {c.loan_id: found[c.loan_id, on[pk]] for c in rows} for pk, rows in covers.items()}


def _still_wanted(
    contacts: list[Contact],
    covers: dict[int, list[ContactCase]],
    positions: _Positions,
    on: dict[int, dt.date],
    by: Any,
    out: Dispatched,
) -> list[Contact]:
    """What money, a hold, a promise or a closing has overtaken since the plan is cancelled, with its reason."""
    promised = set(
        Promise.objects.filter(
            state=Promise.State.OPEN,
            case__any_of=sorted({c.case_id for found in covers.values() for c in found if c.case_id}),
        ).values_list("case_id", flat=True)
    )
    reasons: dict[str, list[int]] = defaultdict(list)
    kept = []
    for contact in contacts:
        why = [_overtaken(c, positions[contact.pk][c.loan_id], on[contact.pk], promised) for c in covers[contact.pk]]
        if why and all(why):
            reasons[next(w for w in why if w)].append(contact.pk)
        else:
            kept.append(contact)
    for sentence, pks in sorted(reasons.items()):
        out.cancelled += fsm.advance_set(
            Contact.objects.filter(pk__any_of=pks),
            "cancel",
            by=by,
            because="looked at again before sending",
            sentence=sentence,
        )
    return kept


def overtaken(contact: Contact, *, at: dt.datetime) -> str:
    """Why a call or visit is not wanted any more, as a message would not be: paid, closed, held. Empty: it is wanted.

    A promise does not stop who calls by hand: the borrower may have asked to be called about it.
    """
    covers, on = _covers([contact]), message_facts.local_date([contact], at)
    positions = _positions(covers, on, at)
    why = [_overtaken(c, positions[contact.pk][c.loan_id], on[contact.pk], set()) for c in covers[contact.pk]]
    return next(iter(why), "") if all(why) else ""


def _overtaken(cover: ContactCase, position: Any, on: dt.date, promised: set[int]) -> str:
    case = cover.case
    if case is None:
        return "paid" if message_facts.instalment_is_paid(position, cover.instalment_id) else ""
    if case.stage == Case.Stage.CLOSED:
        return "closed: nothing is overdue any more"
    if position.oldest_due_on is None or position.oldest_due_on >= on:
        return "paid"
    if case.contacts_held_until >= on:
        return f"a hold stops contacts until {case.contacts_held_until}"
    if case.pk in promised:
        return "a promise to pay is open"
    return ""


def _judge(
    contacts: list[Contact],
    covers: dict[int, list[ContactCase]],
    positions: _Positions,
    at: dt.datetime,
    by: Any,
    out: Dispatched,
) -> list[tuple[Contact, Judged, Rendered]]:
    """Judge the send with the text that would leave; withhold, or hand to a second person, what does not pass."""
    if not contacts:
        return []
    gate = Gate()
    # Blank content: a text will be judged, so what came before it must be read (first and later disclosures differ).
    asks = {a.id: _with(a, content=frozenset()) for a in reading.asks_of(contacts, phase="send", at=at)}
    facts = reading.read(list(asks.values()), gate.evaluator)
    final: list[Ask] = []
    drafted: dict[int, Rendered] = {}
    failures: dict[str, list[int]] = defaultdict(list)
    # Who planned it by hand has asked for it, not the machine that sends it: the second person is another one.
    askers = {c.pk: c.requested_by or by for c in contacts}
    for c in contacts:
        ask = asks[c.pk]
        reachable = blocks_within_reach(c.channel, c.template, c.language)
        wanted = [b for b in gate.evaluator.blocks_required(ask, facts) if b in reachable]
        try:
            ladder = gate.policies.ladder(c.case.ladder_id) if c.case is not None else None
            told = message_facts.facts_of(c, covers[c.pk], positions[c.pk], ladder=ladder)
            text = render(c.channel, c.template, c.language, told, wanted)
        except DomainError as error:
            failures[error.sentence[:200]].append(c.pk)
            continue
        drafted[c.pk] = text
        final.append(_with(ask, content=text.blocks, language=text.language))
    for sentence, pks in failures.items():
        out.awaiting += len(
            fsm.advance_rows(
                Contact,
                "ask_approval",
                {pk: {"sentence": sentence, "rules": "text", "requested_by": askers[pk]} for pk in pks},
                by=by,
                because="its text could not be made",
            )
        )
    approvals = {
        c.pk: (c.requested_by_id, c.approved_by_id)
        for c in contacts
        if c.approved_by_id is not None and c.requested_by_id is not None
    }
    judged = gate.judge(final, asked_by=by, approvals=approvals)
    going, withheld, asking = [], {}, {}
    for c in contacts:
        if c.pk not in judged:
            continue
        j = judged[c.pk]
        rules = " ".join(j.answer.by)
        if j.expires_at is not None:
            going.append((c, j, drafted[c.pk]))
        elif j.answer.verdict == "approve":
            asking[c.pk] = {
                "sentence": f"a second person decides: {rules}",
                "rules": rules,
                "requested_by": askers[c.pk],
            }
        else:
            out.withheld.update(j.answer.by)
            withheld[c.pk] = {
                "sentence": f"withheld by {rules}",
                "rules": rules,
                "until": j.answer.next_allowed_at or at + FAR,
            }
    fsm.advance_rows(Contact, "withhold", withheld, by=by, because="the gate withheld it at the moment of sending")
    out.awaiting += len(
        fsm.advance_rows(Contact, "ask_approval", asking, by=by, because="the gate asks for a second person")
    )
    gate.clear(j for _, j, _ in going)
    return going


def _with(ask: Ask, **changes: Any) -> Ask:
    import dataclasses

    return dataclasses.replace(ask, **changes)


def _mark_sending(
    going: list[tuple[Contact, Judged, Rendered]],
    covers: dict[int, list[ContactCase]],
    at: dt.datetime,
    by: Any,
) -> list[_Claimed]:
    rows: dict[int, dict[str, Any]] = {}
    out = []
    for c, j, text in going:
        letter: Letter | None = None
        if c.channel == "letter":
            letter = file_letter(c, text, covers[c.pk], at=at)
        assert j.expires_at is not None
        stop_seq = c.person.stop_seq
        rows[c.pk] = {
            "clearance_id": c.pk,
            "at": at,
            "stop_seq": stop_seq,
            "text_sha256": letter.sha256 if letter else text.sha256,
            "text": message_facts.sealed_text(c, text),
            "document_id": letter.document_id if letter else None,
            "language": text.language,
        }
        out.append(
            _Claimed(
                c.pk,
                c.person_id,
                stop_seq,
                Envelope(
                    contact_id=c.pk,
                    channel=c.channel,
                    to=c.contact_point.value if c.contact_point else "",
                    subject=text.subject,
                    text=text.text,
                    html="" if letter else text.html,
                    document=letter.pdf if letter else None,
                    language=text.language,
                    expires_at=j.expires_at,
                    text_sha256=rows[c.pk]["text_sha256"],
                ),
            )
        )
    fsm.advance_rows(Contact, "claim", rows, by=by, because="cleared by the gate")
    return out


# -- speaking ----------------------------------------------------------------------------------------


def _speak(adapter: Adapter, claimed: Sequence[_Claimed], now: Now, out: Dispatched) -> None:
    """Stamp, speak and settle each message; nothing is locked while the channel speaks."""
    if not claimed:
        return
    by = actors.machine(actors.DISPATCH)
    for c in claimed:
        at = now()
        channel = c.envelope.channel
        if at >= c.envelope.expires_at or channel in out.not_configured or is_stopped(channel) or not _stamp(c, at):
            out.released += _release(c.contact_id, by)
            continue
        try:
            receipt = adapter.send(c.envelope, at=at)
        except ChannelError as error:
            _settle_error(c, error, at, by, out)
            continue
        _settle_sent(c, receipt.reference, at, by)
        out.sent += 1


def _stamp(c: _Claimed, at: dt.datetime) -> bool:
    """One row updated means: speak. None: it was stamped before, or money, a hold or a STOP came since the claim."""
    unchanged = Person.objects.filter(pk=OuterRef("person_id"), stop_seq=c.stop_seq)
    return bool(
        Contact.objects.filter(pk=c.contact_id, state=Contact.State.SENDING, attempted_at=None)
        .filter(Exists(unchanged))
        .update(attempted_at=at)
    )


def _release(contact_id: int, by: Any) -> int:
    return fsm.advance_set(
        Contact.objects.filter(pk=contact_id, attempted_at=None),
        "release",
        by=by,
        because="not spoken: something came since the claim",
    )


@transaction.atomic
def _settle_sent(c: _Claimed, reference: str, at: dt.datetime, by: Any) -> None:
    fsm.advance_rows(
        Contact,
        "mark_sent",
        {c.contact_id: {"at": at, "reference": reference[:120]}},
        by=by,
        because="the channel accepted it",
    )
    record_sent([c.contact_id], at=at, by=by)


@transaction.atomic
def _settle_error(c: _Claimed, error: ChannelError, at: dt.datetime, by: Any, out: Dispatched) -> None:
    """No answer → unconfirmed; never again → failed; known not to have left → back to the plan, a little later.

    What is ours to repair (nothing configured, an address that OUTBOUND does not list) is no failed delivery: it says
    nothing of the person, and where nothing is configured the whole channel waits.
    """
    one = Contact.objects.filter(pk=c.contact_id)
    sentence = error.sentence[:300]
    if error.code == "not_configured":
        out.not_configured[c.envelope.channel] = error.sentence
    if error.unknown:
        out.unconfirmed += fsm.advance_set(one, "lose_answer", by=by, because="attempted, no answer", sentence=sentence)
    elif error.permanent and error.code != "not_configured":
        out.failed += fsm.advance_set(
            one, "fail", by=by, because="the channel refused it for good", sentence=sentence, at=at
        )
        if error.code != "not_listed":
            record_failed([c.contact_id], at=at, by=by)
    else:
        # Before the stage, so that the history row of the release says it too.
        one.filter(state=Contact.State.SENDING).update(not_before=at + (error.retry_after or dt.timedelta(minutes=5)))
        out.released += fsm.advance_set(one, "release", by=by, because="the channel said: later")


def record_failed(contact_ids: Sequence[int], *, at: dt.datetime, by: Any) -> None:
    """A delivery that failed is an event too: party rules count three in a row."""
    from .receipts import record_events

    record_events(contact_ids, kind="delivery_failed", at=at, by=by)


# -- after a crash -----------------------------------------------------------------------------------


def sweep_stale(at: dt.datetime, out: Dispatched) -> None:
    """Claims whose worker is gone: never attempted → the plan, attempted → unconfirmed."""
    by = actors.machine(actors.DISPATCH)
    stale = Contact.objects.filter(
        direction="out",
        channel__in=Contact.MESSAGES,
        state=Contact.State.SENDING,
        claimed_at__lt=at - dt.timedelta(seconds=STALE_SECONDS),
    )
    out.unconfirmed += fsm.advance_set(
        stale.filter(attempted_at__isnull=False),
        "lose_answer",
        by=by,
        because="its worker ended before the answer",
        sentence="attempted, and the worker ended before the answer was kept",
    )
    out.released += fsm.advance_set(
        stale.filter(attempted_at=None), "release", by=by, because="its worker ended before it was attempted"
    )
