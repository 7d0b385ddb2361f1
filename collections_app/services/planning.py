"""Planning: which contacts a day wants, with whom, by which channel, about what; judged before they are written.

A step is planned once per case and occurrence. Contacts of one person on one channel are one contact, led by the furthest
case. A channel that cannot be used gives way to the ladder's fallback, as a next attempt.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q

from collections_app.compliance.facts import Ask, LoanFact, PersonFact, Slot
from collections_app.compliance.gate import Gate, Judged
from collections_app.kernel import bulk, fsm, history
from collections_app.models import Case, Contact, ContactCase, ContactEvent, ContactPoint, Hold, Loan, Promise
from collections_app.policy.schema import Ladder, LadderStep, answered_step
from collections_app.policy.schema.ladder import PREFERRED, PREFERRED_CHANNELS

FAR = dt.timedelta(days=400)  # a withheld contact without a next allowed time waits this long, unless a person acts
OWED_AGAIN_DAYS = 7  # a step that later steps wait for, and that never left, is tried again after so many days
OWED_ATTEMPTS = 5
LEFT = ("sent", "delivered", "unconfirmed", "revealed", "completed")
LIVE = ("planned", "awaiting_approval", "withheld", "sending", *LEFT)


@dataclass(slots=True)
class Due:
    """A step that is due for a case (or, before the due date, for an instalment)."""

    step: LadderStep
    ladder: Ladder
    loan: int
    person: int
    group: int
    day: int
    stage: str
    case: int | None = None
    instalment: int | None = None
    occurrence: int = 0
    attempt: int = 0
    channels: tuple[str, ...] = ()  # in the order in which they are tried; the step's own unless told

    def __post_init__(self) -> None:
        self.channels = self.channels or _channels(self.step)


@dataclass(slots=True)
class Draft:
    """A contact before it is written."""

    person: int
    group: int
    channel: str
    attempt: int
    dues: list[Due]
    point: tuple[int, str] | None = None  # id, place
    id: int = 0
    judged: Judged | None = None

    @property
    def lead(self) -> Due:
        if len(self.dues) == 1:
            return self.dues[0]
        return max(self.dues, key=lambda d: (d.day, -(d.case or 0)))


@dataclass
class Planned:
    """What a window planned."""

    planned: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


def plan_day(
    window: tuple[int, int],
    *,
    on: dt.date,
    by: Any,
    run: Any,
    gate: Gate,
    newest: bool = True,
    aside: frozenset[int] = frozenset(),
) -> Planned:
    """Plan the contacts of `on` for a window of groups.

    1. Cancel what its case has outlived, lapse calls whose day went by. 2. Collect the due steps of cases and the
    reminders of instalments. 3. Leave out what was planned before, what a promise, hold or answer makes needless, what
    waits for a step that never left. 4. Choose channel and address; merge per person. 5. Judge; take fallbacks.
    6. Write contacts, what they cover, and history. A day that is caught up records its steps as superseded.
    """
    out = Planned()
    tidy(window, on=on, by=by, run=run, counts=out.counts)
    dues = [d for d in _due_steps(window, on, gate) if d.loan not in aside]
    dues += [d for d in _reminders(window, on, gate) if d.loan not in aside]
    dues = _not_planned_before(dues)
    dues = _wanted(dues, on, out.counts)
    if not dues:
        return out
    book = _Book(dues, on)
    drafts = _drafts(dues, book, out.counts)
    if not newest:
        _write(
            drafts,
            on=on,
            by=by,
            run=run,
            book=book,
            state=Contact.State.CANCELLED,
            because="superseded: a later day was caught up",
        )
        out.counts["superseded"] += len(drafts)
        return out
    held: list[Slot] = []
    judged: list[Draft] = []
    while drafts:
        _judge(drafts, on, gate, run, by, book, held)
        held += [Slot(d.judged.ask, d.judged.answer.at) for d in drafts if d.judged and d.judged.answer]
        judged += drafts
        drafts = _drafts(_fallbacks(drafts), book, out.counts)
    _supersede(judged, by=by, run=run, counts=out.counts)
    _write(judged, on=on, by=by, run=run, book=book)
    for d in judged:
        out.planned[d.channel] += 1
        if d.judged is not None and not d.judged.answer:
            out.withheld.update(d.judged.answer.by)
    return out


# -- 1. what the day has outlived ------------------------------------------------------------------


def tidy(window: tuple[int, int], *, on: dt.date, by: Any, run: Any, counts: Counter[str]) -> None:
    """Cancel waiting contacts whose cases are all closed or whose instalment is paid; lapse yesterday's calls.

    All that wait are read once; only those that may have been outlived are asked about what they cover.
    """
    begin = dt.datetime.combine(on, dt.time(), tzinfo=dt.UTC)
    waiting = Contact.objects.filter(
        direction="out", state__in=Contact.WAITING, group__gte=window[0], group__lte=window[1]
    )
    case_of = dict(waiting.values_list("pk", "case_id"))
    closed = set(
        Case.objects.filter(
            pk__any_of=bulk.Ids(c for c in case_of.values() if c is not None), stage=Case.Stage.CLOSED
        ).values_list("pk", flat=True)
    )
    reminders = sorted(pk for pk, case in case_of.items() if case is None)
    ended = sorted(pk for pk, case in case_of.items() if case is None or case in closed)
    missed = list(
        waiting.filter(
            channel="voice", state=Contact.State.PLANNED, business_on__lt=on, not_before__lt=begin
        ).values_list("pk", flat=True)
    )
    covered = ContactCase.objects.filter(contact=OuterRef("pk"))
    if ended:
        counts["cancelled"] += fsm.advance_set(
            _still_waiting(ended).filter(
                Exists(covered.filter(case__isnull=False)), ~Exists(covered.filter(case__stage__in=Case.OPEN))
            ),
            "cancel",
            by=by,
            run=run,
            because="its case is closed",
            sentence="closed: nothing is overdue any more",
        )
    if reminders:
        counts["cancelled"] += fsm.advance_set(
            _still_waiting(reminders).filter(
                Exists(covered.filter(instalment__isnull=False)),
                ~Exists(covered.filter(instalment__isnull=False, instalment__paid__lt=F("instalment__amount"))),
            ),
            "cancel",
            by=by,
            run=run,
            because="the instalment is paid",
            sentence="paid",
        )
    if missed:
        counts["lapsed"] += fsm.advance_set(
            _still_waiting(missed).filter(state=Contact.State.PLANNED),
            "lapse",
            by=by,
            run=run,
            because="nobody called on its day",
            sentence="its day went by",
        )
    if reminders:
        # A reminder that did not go before the day is no reminder.
        counts["lapsed"] += fsm.advance_set(
            _still_waiting(reminders)
            .filter(occurrence__lt=0, business_on__lt=on)
            .filter(Exists(covered.filter(instalment__due_on__lt=on))),
            "lapse",
            by=by,
            run=run,
            because="the due date has passed",
            sentence="the due date has passed",
        )


def _still_waiting(pks: list[int]) -> Any:
    return Contact.objects.filter(pk__any_of=pks, state__in=Contact.WAITING)


def _supersede(drafts: list[Draft], *, by: Any, run: Any, counts: Counter[str]) -> None:
    """A newer step on the same channel takes the place of one that has not left."""
    cases = {c: d for d in drafts for c in [x.case for x in d.dues] if c is not None}
    if not cases:
        return
    older = Contact.objects.filter(
        direction="out",
        state__in=Contact.WAITING,
        case__any_of=bulk.Ids(cases),
        channel__in={d.channel for d in drafts},
    ).values_list("pk", "case_id", "channel")
    going = {(c, d.channel) for d in drafts for c in [x.case for x in d.dues]}
    pks = sorted(pk for pk, case, channel in older if (case, channel) in going)
    if pks:
        counts["superseded"] += fsm.advance_set(
            Contact.objects.filter(pk__any_of=pks),
            "cancel",
            by=by,
            run=run,
            because="a newer step takes its place",
            sentence="superseded by a newer step",
        )


# -- 2. what is due ----------------------------------------------------------------------------------


def _due_steps(window: tuple[int, int], on: dt.date, gate: Gate) -> list[Due]:
    out: list[Due] = []
    cases = (
        Case.objects.on_ladder()
        .clock_running(on)
        .filter(group__gte=window[0], group__lte=window[1], contacts_held_until__lt=on)
    )
    used = cases.order_by().values_list("ladder_id", flat=True).distinct()
    for policy_id in sorted(used):
        ladder = gate.policies.ladder(policy_id)
        by_day: dict[int, list[LadderStep]] = defaultdict(list)
        for step in ladder.steps:
            for day, _ in step.occurrences():
                if day >= 1:
                    by_day[day].append(step)
        rows = cases.filter(
            ladder_id=policy_id, counts_from_on__in=[on - dt.timedelta(days=d) for d in by_day]
        ).order_by("id")
        for pk, loan, person, group, counts_from, stage, anchors in rows.values_list(
            "id", "loan_id", "debtor_id", "group", "counts_from_on", "stage", "anchor_count"
        ):
            day = (on - counts_from).days
            for step in by_day[day]:
                out.append(
                    Due(
                        step,
                        ladder,
                        loan,
                        person,
                        group,
                        day,
                        stage,
                        case=pk,
                        occurrence=day + 1000 * anchors,
                    )
                )
        out += _owed(cases.filter(ladder_id=policy_id), ladder, on)
    return out


def _owed(cases: Any, ladder: Ladder, on: dt.date) -> list[Due]:
    """Steps that later ones wait for (`proof`) and that never left: due again, so that nothing escalates without them."""
    out: list[Due] = []
    awaited = {r.step for s in ladder.steps for r in s.requires} | {r.step for e in ladder.exits for r in e.requires}
    for step in ladder.steps:
        if step.code not in awaited or step.first_day < 1:
            continue
        covered = ContactCase.objects.filter(case=OuterRef("pk"), step=step.code)
        rows = (
            cases.filter(counts_from_on__lt=on - dt.timedelta(days=step.last_day))
            .filter(~Exists(covered.filter(contact__state__in=LIVE)))
            .order_by("id")
            .values_list("id", "loan_id", "debtor_id", "group", "counts_from_on", "stage", "anchor_count")
        )
        found = list(rows)
        tried = (
            {
                case: (last, newest)
                for case, last, newest in ContactCase.objects.filter(case__any_of=[r[0] for r in found], step=step.code)
                .values("case_id")
                .annotate(last=Max("attempt"), newest=Max("contact__business_on"))
                .values_list("case_id", "last", "newest")
            }
            if found
            else {}
        )
        for pk, loan, person, group, counts_from, stage, anchors in found:
            last, newest = tried.get(pk, (-1, None))
            if last + 1 >= OWED_ATTEMPTS or (newest and (on - newest).days < OWED_AGAIN_DAYS):
                continue
            out.append(
                Due(
                    step,
                    ladder,
                    loan,
                    person,
                    group,
                    (on - counts_from).days,
                    stage,
                    case=pk,
                    occurrence=step.last_day + 1000 * anchors,
                    attempt=last + 1,
                )
            )
    return out


def _reminders(window: tuple[int, int], on: dt.date, gate: Gate) -> list[Due]:
    out: list[Due] = []
    for loaded in gate.policies.ladders:
        ladder: Ladder = loaded.content
        by_due_day: dict[dt.date, list[tuple[int, LadderStep]]] = defaultdict(list)
        for step in ladder.steps:
            for day, _ in step.occurrences():
                if day < 1:
                    by_due_day[on - dt.timedelta(days=day)].append((day, step))
        if not by_due_day:
            continue
        rows = (
            Loan.objects.due_on(by_due_day)
            .filter(group__gte=window[0], group__lte=window[1])
            .filter(instalments__due_on=F("oldest_open_due_on"), instalments__paid__lt=F("instalments__amount"))
            .order_by("id")
            .values_list("id", "debtor_id", "group", "product", "law_on", "instalments__id", "oldest_open_due_on")
        )
        for loan, person, group, product, law_on, instalment, due_on in rows:
            mine = gate.policies.ladder_for(product, law_on or on)
            if mine is None or mine.id != loaded.id:
                continue
            for day, step in by_due_day[due_on]:
                out.append(
                    Due(
                        step,
                        ladder,
                        loan,
                        person,
                        group,
                        day,
                        "",
                        instalment=instalment,
                        occurrence=day,
                    )
                )
    return out


def _channels(step: LadderStep) -> tuple[str, ...]:
    return (step.channel, *(c for c in step.fallback if c != step.channel))


# -- 3. what is wanted -------------------------------------------------------------------------------


def _not_planned_before(dues: list[Due]) -> list[Due]:
    """Leave out what ContactCase already has: the unique constraints say the same, this says it before the work."""
    if not dues:
        return dues
    known = set(
        ContactCase.objects.filter(case__any_of=bulk.Ids(d.case for d in dues if d.case)).values_list(
            "case_id", "step", "occurrence", "attempt"
        )
    )
    seen = set(
        ContactCase.objects.filter(instalment__any_of=bulk.Ids(d.instalment for d in dues if d.instalment)).values_list(
            "instalment_id", "step", "occurrence", "attempt"
        )
    )
    return [
        d
        for d in dues
        if (
            (d.case, d.step.code, d.occurrence, d.attempt) not in known
            if d.case
            else (d.instalment, d.step.code, d.occurrence, d.attempt) not in seen
        )
    ]


def _wanted(dues: list[Due], on: dt.date, counts: Counter[str]) -> list[Due]:
    """Drop steps that a promise, a dispute or an answer makes needless, and hold those whose condition is not met yet."""
    cases = bulk.Ids(d.case for d in dues if d.case)
    if not cases:
        return dues
    promised = set(
        Promise.objects.filter(state=Promise.State.OPEN, case__any_of=cases).values_list("case_id", flat=True)
    )
    disputed = set(
        Hold.objects.in_force(on)
        .filter(case__any_of=cases, reason=Hold.Reason.DISPUTE)
        .values_list("case_id", flat=True)
    )
    conditions = {
        s
        for d in dues
        for s in (d.step.requires_attempt, *(r.step for r in d.step.requires), *map(answered_step, d.step.unless))
        if s
    }
    left: dict[tuple[int, str], set[str]] = defaultdict(set)
    first_sent: dict[tuple[int, str], dt.datetime] = {}
    if conditions:
        for case, step, state, sent in ContactCase.objects.filter(case__any_of=cases, step__in=conditions).values_list(
            "case_id", "step", "contact__state", "contact__sent_at"
        ):
            left[case, step].add(state)
            if sent is not None:
                first_sent[case, step] = min(sent, first_sent.get((case, step), sent))
    answers = _answers(dues, first_sent)
    out = []
    for d in dues:
        if d.case is None:
            out.append(d)
            continue
        if d.case in promised and (d.ladder.clock.promise_open != "runs" or "promise_open" in d.step.unless):
            counts["promise_open"] += 1
        elif d.case in disputed:
            counts["dispute_open"] += 1
        elif any(_answered(d, word, first_sent, answers) for word in d.step.unless):
            counts["answered"] += 1
        elif d.step.requires_attempt and not left[d.case, d.step.requires_attempt] & {*LEFT, "failed"}:
            counts[f"waits_for_{d.step.requires_attempt}"] += 1
        elif any(r.step and not left[d.case, r.step] & _proof(r.proof) for r in d.step.requires):
            counts["waits_for_proof"] += 1
        else:
            out.append(d)
    return out


def _proof(proof: str | None) -> set[str]:
    return {"delivered"} if proof in ("delivered", "served") else {"sent", "delivered"}


def _answers(dues: list[Due], first_sent: dict[tuple[int, str], dt.datetime]) -> dict[int, dt.datetime]:
    """Newest sign of life of each person whom a step asks for one: a talk, or anything inbound, since the first was sent."""
    people = bulk.Ids(d.person for d in dues if any(map(answered_step, d.step.unless)))
    if not first_sent or not people:
        return {}
    return dict(
        ContactEvent.objects.filter(person__any_of=people, at__gt=min(first_sent.values()))
        .filter(Q(kind="conversation") | Q(direction="in"))
        .values("person_id")
        .annotate(newest=Max("at"))
        .values_list("person_id", "newest")
    )


def _answered(
    d: Due, word: str, first_sent: dict[tuple[int, str], dt.datetime], answers: dict[int, dt.datetime]
) -> bool:
    step = answered_step(word)
    if step is None or d.case is None:
        return False
    sent, answer = first_sent.get((d.case, step)), answers.get(d.person)
    return sent is not None and answer is not None and answer > sent


# -- 4. channel, address, one contact a person -------------------------------------------------------


_CHANNELS_OF: dict[str, list[str]] = defaultdict(list)
for _channel, _kinds in ContactPoint.FOR_CHANNEL.items():
    for _kind in _kinds:
        _CHANNELS_OF[_kind.value].append(_channel)


class _Book:
    """Addresses, people and loans of a window's due steps, read once."""

    def __init__(self, dues: list[Due], on: dt.date) -> None:
        from collections_app.compliance import reading

        people = bulk.Ids(d.person for d in dues)
        # By channel and person. A window holds thousands of people: what many share is kept once.
        self._points: dict[str, dict[int, tuple[int, str]]] = {channel: {} for channel in ContactPoint.FOR_CHANNEL}
        for pk, person, kind, place in (
            ContactPoint.objects.filter(person__any_of=people)
            .exclude(state__in=[ContactPoint.State.INVALID, ContactPoint.State.REFUSED])
            .order_by("person_id", "preference", "id")
            .values_list("id", "person_id", "kind", "place")
        ):
            point = pk, intern(place)
            for channel in _CHANNELS_OF.get(kind, ()):
                self._points[channel].setdefault(person, point)
        self.people: dict[int, PersonFact] = {}
        self.language: dict[int, str] = {}
        self.preferred: dict[int, str] = {}
        from collections_app.models import Person

        for pk, country, region, zones, language, preferred in Person.objects.filter(pk__any_of=people).values_list(
            "key_id", "country", "region", reading.ZONES, "language", "preferred_channel"
        ):
            self.people[pk] = reading.person_fact(pk, country, region, zones)
            self.language[pk], self.preferred[pk] = intern(language), intern(preferred)
        self.loans: dict[int, LoanFact] = reading.loan_facts(d.loan for d in dues)

    def point(self, person: int, channel: str) -> tuple[int, str] | None:
        """The first usable address for a channel, its id and place: not invalid, not refused."""
        return self._points[channel].get(person)

    def resolve(self, person: int, channels: tuple[str, ...]) -> tuple[str, ...]:
        """`preferred` becomes the channel that the person chose, then the others of the choice."""
        if PREFERRED not in channels:
            return channels
        chosen = self.preferred[person]
        order = (chosen, *PREFERRED_CHANNELS) if chosen in PREFERRED_CHANNELS else PREFERRED_CHANNELS
        return tuple(dict.fromkeys([*order, *(c for c in channels if c != PREFERRED)]))


def _drafts(dues: list[Due], book: _Book, counts: Counter[str]) -> list[Draft]:
    merged: dict[tuple[int, str, int], Draft] = {}
    for d in dues:
        d.channels = book.resolve(d.person, d.channels)
        usable = [(c, p) for c in d.channels if (p := book.point(d.person, c)) is not None]
        if not usable:
            counts["no_usable_address"] += 1
            continue
        channel, point = usable[0]
        d.channels = tuple(c for c, _ in usable)
        key = (d.person, channel, d.attempt)
        draft = merged.get(key)
        if draft is None:
            draft = merged[key] = Draft(d.person, d.group, channel, d.attempt, [], point)
        draft.dues.append(d)
    drafts = list(merged.values())
    for draft, pk in zip(drafts, bulk.reserve_ids(Contact, len(drafts)), strict=True):
        draft.id = pk
    return drafts


# -- 5. judging --------------------------------------------------------------------------------------

_LIABLE = frozenset({"liability_in_force"})


def _judge(drafts: list[Draft], on: dt.date, gate: Gate, run: Any, by: Any, book: _Book, held: Iterable[Slot]) -> None:
    asks = []
    for d in drafts:
        lead = d.lead
        loans = sorted(d.dues, key=lambda x: (x is not lead, x.loan))
        asks.append(
            Ask(
                id=d.id,
                phase="plan",
                on=on,
                at=None,
                person=d.person,
                party="debtor",
                channel=d.channel,
                loans=tuple(dict.fromkeys(book.loans[x.loan] for x in loans)),
                group=d.group,
                address=d.point[0] if d.point else None,
                place=d.point[1] if d.point else "own_phone",
                collector_role=book.loans[lead.loan].collector_role,
                stage=lead.stage or None,
                ladder_day=lead.day,
                language=book.language[d.person],
                conditions=_LIABLE,
                depth=lead.day,
            )
        )
    judged = gate.judge(asks, run=run, asked_by=by, persons=book.people, held=held)
    for d in drafts:
        d.judged = judged[d.id]


def _fallbacks(drafts: list[Draft]) -> list[Due]:
    """The next attempt of what can never go by its channel: the ladder's next usable channel, if it names one."""
    out: list[Due] = []
    for d in drafts:
        answer = d.judged.answer if d.judged else None
        if answer is None or answer or answer.next_allowed_at is not None or answer.verdict != "deny":
            continue
        for due in d.dues:
            rest = due.channels[due.channels.index(d.channel) + 1 :]
            if rest:
                out.append(replace(due, attempt=due.attempt + 1, channels=rest))
    return out


# -- 6. writing --------------------------------------------------------------------------------------

_FIELDS = (
    "id",
    "person",
    "group",
    "party",
    "contact_point",
    "case",
    "channel",
    "direction",
    "purpose",
    "step",
    "occurrence",
    "attempt",
    "template",
    "language",
    "business_on",
    "ladder_day",
    "stage",
    "not_before",
    "needs_approval",
    "requested_by",
    "approved_because",
    "text_sha256",
    "external_ref",
    "failure",
    "outcome",
    "state_because",
    "withheld_by",
    "state",
)


def _write(
    drafts: list[Draft], *, on: dt.date, by: Any, run: Any, book: _Book, state: str | None = None, because: str = ""
) -> None:
    rows, covers = [], []
    for d in drafts:
        lead = d.lead
        its_state, sentence, rules, not_before = _placed(d, on) if state is None else (state, because, "", _day(on))
        text = lead.step.text_for(d.channel)
        rows.append(
            (
                d.id,
                d.person,
                d.group,
                "debtor",
                d.point[0] if d.point else None,
                lead.case,
                d.channel,
                "out",
                "collect",
                lead.step.code,
                lead.occurrence,
                d.attempt,
                text[1] if text else "",
                book.language[d.person],
                on,
                lead.day,
                lead.stage,
                not_before,
                lead.step.needs_approval or "",
                by.pk if its_state == "awaiting_approval" else None,
                "",
                "",
                "",
                "",
                "",
                sentence,
                rules,
                its_state,
            )
        )
        covers += [(d.id, x.case, x.instalment, x.loan, x.step.code, x.occurrence, x.attempt) for x in d.dues]
    bulk.insert_rows(Contact, _FIELDS, rows)
    bulk.insert_rows(ContactCase, ("contact", "case", "instalment", "loan", "step", "occurrence", "attempt"), covers)
    history.record(Contact, [d.id for d in drafts], kind="+", by=by, run=run, because="planned by the ladder")


def _placed(d: Draft, on: dt.date) -> tuple[str, str, str, dt.datetime]:
    """State, reason, rules and time of a contact after its plan judgement."""
    assert d.judged is not None
    answer = d.judged.answer
    rules = " ".join(answer.by)
    if answer:
        if d.lead.step.needs_approval:
            return "awaiting_approval", f"the ladder asks a {d.lead.step.needs_approval} first", "", answer.at
        return "planned", "", "", answer.at
    if answer.verdict == "approve":
        return "awaiting_approval", f"a second person decides: {rules}", rules, answer.at
    if answer.next_allowed_at is None and answer.verdict == "deny" and _has_fallback(d):
        return "cancelled", f"barred by {rules}: the ladder's fallback was taken", rules, answer.at
    return "withheld", f"withheld by {rules}", rules, answer.next_allowed_at or answer.at + FAR


def _has_fallback(d: Draft) -> bool:
    return all(x.channels.index(d.channel) + 1 < len(x.channels) for x in d.dues)


def _day(on: dt.date) -> dt.datetime:
    return dt.datetime.combine(on, dt.time(), tzinfo=dt.UTC)
