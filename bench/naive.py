"""The day as most Django developers would write it: a loop over a queryset, queries per object, a transition and save().

The yardstick of E2. It shares no code with the product's set path: no `advance_set`, nothing of `kernel.history`, of
`services.planning` or of `compliance`; history rows are made as django-simple-history makes them, one object each, and
each contact is judged by `policy.evaluate.judge`. The book has no hold, promise, charge or event of a loan, so their
queries are left out here (which makes the naive day cheaper, not dearer). Its rows must equal the product's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import django

if __name__ == "__main__":
    django.setup()

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.utils import timezone

from bench.book import ON
from bench.measure import Meter
from collections_app.models import (
    Allocation,
    BorrowerState,
    Case,
    Contact,
    ContactCase,
    ContactEvent,
    ContactPoint,
    DailyRun,
    FactSheet,
    Judgement,
    Loan,
    Person,
    RegisterCheck,
    StatedHours,
)
from collections_app.policy import evaluate
from collections_app.policy.in_force import Policies, ladder_as_preset
from collections_app.policy.schema import PREFERRED, PREFERRED_CHANNELS, answered_step

LEFT = ("sent", "delivered", "unconfirmed", "revealed", "completed")
STILL_GOOD = ("planned", "awaiting_approval", "withheld", "sending", *LEFT)
LEADS_TO_PROOF = {"delivered": ("delivered",), "sent": ("sent", "delivered")}


def keep(obj: models.Model, kind: str, because: str, by: Any, run: DailyRun) -> None:
    """Save an object and its history row, as django-simple-history does."""
    obj.skip_history_when_saving = True  # type: ignore[attr-defined]
    obj.save()
    row = type(obj).history.model  # type: ignore[attr-defined]
    row(
        history_date=timezone.now(), history_type=kind, history_change_reason=because, history_user=by, history_run=run,
        **{f.attname: getattr(obj, f.attname) for f in row.tracked_fields},
    ).save()  # fmt: skip


def save_untracked(obj: models.Model) -> None:
    """Save what history does not follow: `paid` of an instalment, `booked_on` of a payment."""
    obj.skip_history_when_saving = True  # type: ignore[attr-defined]
    obj.save()


# -- money and cases ---------------------------------------------------------------------------------


def book_payments(loan: Loan, by: Any, run: DailyRun) -> None:
    waiting = list(
        loan.payments.filter(booked_on=None, state="received", value_on__lt=run.date).order_by("value_on", "id")
    )
    for payment in waiting:
        left = payment.amount
        for item in loan.instalments.filter(paid__lt=models.F("amount")).order_by("due_on", "sequence"):
            part = min(left, item.amount - item.paid)
            if not part:
                break
            Allocation.objects.create(
                payment=payment, loan=loan, instalment=item, currency=loan.currency, amount=part, on=run.date
            )
            item.paid += part
            save_untracked(item)
            left -= part
        payment.booked_on, payment.unallocated = run.date, left
        save_untracked(payment)
    if not waiting:
        return
    unpaid, oldest = 0, None
    for item in loan.instalments.order_by("due_on", "sequence"):
        unpaid += item.amount - item.paid
        if unpaid > loan.tolerance:
            oldest = item.due_on
            break
    if oldest != loan.oldest_open_due_on:
        loan.oldest_open_due_on = oldest
        keep(loan, "~", "money or an event was booked", by, run)


def follow_case(loan: Loan, ladder: Any, by: Any, run: DailyRun) -> None:
    """Cure, count anew, open and move the case of a loan."""
    on = run.date
    overdue = loan.oldest_open_due_on is not None and loan.oldest_open_due_on < on
    case = loan.cases.exclude(stage="closed").first()
    if case is not None and not overdue:
        case.cure()
        case.stage_on = case.closed_on = on
        case.stage_step, case.closed_reason = "cure", "cured"
        keep(case, "~", "nothing is overdue any more", by, run)
        loan.come_current()
        keep(loan, "~", "nothing is overdue any more", by, run)
        return
    if not overdue:
        return
    if case is None:
        case = Case(
            loan=loan, debtor_id=loan.debtor_id, group=loan.group, episode=loan.cases.count() + 1, started_on=on,
            anchor_due_on=loan.oldest_open_due_on, counts_from_on=loan.oldest_open_due_on, ladder_id=ladder.id,
            ladder_because=f"product {loan.product}, segment standard", stage_on=on,
        )  # fmt: skip
        keep(case, "+", "an instalment was not paid", by, run)
        loan.fall_past_due()
        keep(loan, "~", "an instalment was not paid", by, run)
    elif case.anchor_due_on != loan.oldest_open_due_on:
        case.anchor_due_on = loan.oldest_open_due_on
        case.counts_from_on = loan.oldest_open_due_on + dt.timedelta(days=case.stopped_days)
        case.anchor_count += 1
        keep(case, "~", "the oldest open instalment is another one: days are counted from it", by, run)
    climb(case, ladder.content, by, run)


def climb(case: Case, ladder: Any, by: Any, run: DailyRun) -> None:
    first = {band.name: band.from_day for band in ladder.stages}
    day = case.day(run.date)
    stage = "late" if day >= first["late"] else "mid" if day >= first["mid"] else "early"
    if stage == case.stage:
        return
    steps = {
        ("early", "mid"): case.to_mid, ("early", "late"): case.to_late, ("mid", "late"): case.to_late,
        ("late", "mid"): case.step_back_to_mid, ("late", "early"): case.step_back_to_early,
        ("mid", "early"): case.step_back_to_early,
    }  # fmt: skip
    back = (case.stage, stage) in (("late", "mid"), ("late", "early"), ("mid", "early"))
    steps[case.stage, stage]()
    case.stage_on, case.stage_step = run.date, f"{ladder.id}:{stage}"
    because = f"day {first[stage]} or later of {ladder.id}"
    keep(case, "~", "the days are counted from a later instalment now" if back else because, by, run)


# -- contacts ----------------------------------------------------------------------------------------


@dataclass
class Due:
    step: Any
    loan: Loan
    day: int
    occurrence: int
    channels: tuple[str, ...]
    case: Case | None = None
    instalment: Any = None
    attempt: int = 0


@dataclass
class Draft:
    channel: str
    point: ContactPoint
    dues: list[Due]
    answer: Any = None
    at: dt.datetime | None = None

    @property
    def lead(self) -> Due:
        return max(self.dues, key=lambda d: (d.day, -(d.case.pk if d.case else 0)))


def outlived(person: Person, by: Any, run: DailyRun) -> None:
    """Cancel or lapse what the day has outlived."""
    midnight = dt.datetime.combine(run.date, dt.time(), tzinfo=dt.UTC)
    for contact in Contact.objects.filter(person=person, direction="out", state__in=Contact.WAITING):
        covered = list(contact.covers.select_related("case", "instalment"))
        cases = [c.case for c in covered if c.case]
        items = [c.instalment for c in covered if c.instalment]
        if cases and all(c.stage == "closed" for c in cases):
            cancel(contact, "its case is closed", "closed: nothing is overdue any more", by, run)
        elif items and all(i.paid >= i.amount for i in items):
            cancel(contact, "the instalment is paid", "paid", by, run)
        elif (
            contact.channel == "voice"
            and contact.state == "planned"
            and contact.business_on < run.date
            and contact.not_before < midnight
        ):
            contact.lapse()
            contact.state_because = "its day went by"
            keep(contact, "~", "nobody called on its day", by, run)
        elif (
            not contact.case_id
            and contact.occurrence < 0
            and contact.business_on < run.date
            and any(i.due_on < run.date for i in items)
        ):
            contact.lapse()
            contact.state_because = "the due date has passed"
            keep(contact, "~", "the due date has passed", by, run)


def cancel(contact: Contact, because: str, sentence: str, by: Any, run: DailyRun) -> None:
    contact.cancel()
    contact.state_because = sentence
    keep(contact, "~", because, by, run)


def due_steps(person: Person, ladder: Any, run: DailyRun) -> list[Due]:
    """What the ladder wants of a person's cases today, and the reminders of instalments that are due soon."""
    on, found = run.date, []
    cases = person.cases.filter(stage__in=Case.LADDER, clock_held_until__lt=on, contacts_held_until__lt=on)
    for case in cases.select_related("loan").order_by("id"):
        day = case.day(on)
        for step in ladder.steps:
            if step.occurrence_on(day) and day >= 1:
                due = Due(
                    step, case.loan, day, day + 1000 * case.anchor_count, (step.channel, *step.fallback), case=case
                )
                if not planned_before(due) and is_wanted(due, person):
                    found.append(due)
        found += still_owed(case, day, ladder, run)
    for loan in person.loans.filter(state__in=Loan.LIVE, oldest_open_due_on__gte=on).order_by("id"):
        day = (on - loan.oldest_open_due_on).days
        for step in ladder.steps:
            if step.occurrence_on(day) and day < 1:
                for item in loan.instalments.filter(due_on=loan.oldest_open_due_on, paid__lt=models.F("amount")):
                    due = Due(step, loan, day, day, (step.channel, *step.fallback), instalment=item)
                    if not planned_before(due):
                        found.append(due)
    return found


def planned_before(due: Due) -> bool:
    return ContactCase.objects.filter(
        case=due.case, instalment=due.instalment, step=due.step.code, occurrence=due.occurrence, attempt=due.attempt
    ).exists()


def is_wanted(due: Due, person: Person) -> bool:
    step, covered = due.step, due.case.covered_by
    for word in step.unless:
        asked = answered_step(word)
        sent = asked and covered.filter(step=asked).aggregate(first=models.Min("contact__sent_at"))["first"]
        if (
            sent
            and person.contact_events.filter(at__gt=sent)
            .filter(models.Q(kind="conversation") | models.Q(direction="in"))
            .exists()
        ):
            return False
    if (
        step.requires_attempt
        and not covered.filter(step=step.requires_attempt, contact__state__in=(*LEFT, "failed")).exists()
    ):
        return False
    return all(
        covered.filter(step=need.step, contact__state__in=LEADS_TO_PROOF[need.proof]).exists()
        for need in step.requires
        if need.step
    )


def still_owed(case: Case, day: int, ladder: Any, run: DailyRun) -> list[Due]:
    """A step that others wait for and that never left is tried again, a week after the last attempt, five times."""
    found = []
    awaited = {need.step for step in (*ladder.steps, *ladder.exits) for need in step.requires}
    for step in ladder.steps:
        if step.code not in awaited or day <= step.last_day:
            continue
        tried = case.covered_by.filter(step=step.code)
        if tried.filter(contact__state__in=STILL_GOOD).exists():
            continue
        last = tried.aggregate(attempt=models.Max("attempt"), newest=models.Max("contact__business_on"))
        attempt = 0 if last["attempt"] is None else last["attempt"] + 1
        if attempt < 5 and not (last["newest"] and (run.date - last["newest"]).days < 7):
            due = Due(
                step,
                case.loan,
                day,
                step.last_day + 1000 * case.anchor_count,
                (step.channel, *step.fallback),
                case=case,
                attempt=attempt,
            )
            if is_wanted(due, due.case.debtor):
                found.append(due)
    return found


def contact_person(person: Person, policies: Policies, ladder: Any, by: Any, run: DailyRun) -> None:
    """Plan the contacts of a person: one per channel, judged, with the ladder's fallback where it is barred."""
    outlived(person, by, run)
    dues = due_steps(person, ladder.content, run)
    while dues:
        drafts = merge(person, dues)
        slots: list[Any] = []
        for draft in sorted(drafts, key=lambda d: -d.lead.day):
            judge(draft, person, policies, ladder, run, slots)
        for draft in drafts:
            for due in draft.dues:
                if due.case:
                    for older in due.case.contacts.filter(
                        direction="out", state__in=Contact.WAITING, channel=draft.channel
                    ):
                        cancel(older, "a newer step takes its place", "superseded by a newer step", by, run)
        dues = []
        for draft in drafts:
            dues += write(draft, person, by, run)


def merge(person: Person, dues: list[Due]) -> list[Draft]:
    drafts: dict[tuple[str, int], Draft] = {}
    for due in dues:
        if PREFERRED in due.channels:
            chosen = (person.preferred_channel,) if person.preferred_channel in PREFERRED_CHANNELS else ()
            others = [c for c in due.channels if c != PREFERRED]
            due.channels = tuple(dict.fromkeys([*chosen, *PREFERRED_CHANNELS, *others]))
        usable = []
        for channel in due.channels:
            point = (
                person.contact_points.filter(kind__in=ContactPoint.FOR_CHANNEL.get(channel, ()))
                .exclude(state__in=["invalid", "refused"]).order_by("preference", "id").first()
            )  # fmt: skip
            if point:
                usable.append((channel, point))
        if not usable:
            continue
        due.channels = tuple(channel for channel, _ in usable)
        channel, point = usable[0]
        drafts.setdefault((channel, due.attempt), Draft(channel, point, [])).dues.append(due)
    return list(drafts.values())


def judge(draft: Draft, person: Person, policies: Policies, ladder: Any, run: DailyRun, slots: list[Any]) -> None:
    """Ask the rules one by one, at the first instant of the day that the hours leave open."""
    lead = draft.lead
    world = replace(what_is_known(person), in_flight=tuple(slots), collector_role=lead.loan.collector_role)
    loans = {due.loan.pk: due.loan for due in sorted(draft.dues, key=lambda d: (d is not lead, d.loan.pk))}
    ask = evaluate.Ask(
        channel=draft.channel, at=timezone.now(), id=f"{draft.channel}-{lead.attempt}", debts=tuple(str(pk) for pk in loans), phase="plan",
        person=str(person.pk), address=str(draft.point.pk), place=draft.point.place, ladder_day=lead.day,
        stage=lead.case.stage if lead.case else None, language=person.language, reserve=True,
    )  # fmt: skip
    fitting = evaluate.applicable(world, [p.content for p in policies.presets], debts=ask.debts[:1], house=True)
    presets = [*fitting, ladder_as_preset(ladder.content)]
    draft.at = first_open(world, ask, presets, run.date, person)
    its_ask = replace(ask, at=draft.at)
    draft.answer = evaluate.judge(world, its_ask, presets, require_law=True)
    if not draft.answer:
        # When it will be allowed: the register is asked again each day until then, and counts as fresh if it is today.
        later = evaluate.judge(replace(world, checks=()), its_ask, presets, require_law=True)
        draft.answer = later if later.by == draft.answer.by else draft.answer
    if draft.answer:
        slots.append(replace(ask, at=draft.at))


def first_open(world: Any, ask: Any, presets: Sequence[Any], on: dt.date, person: Person) -> dt.datetime:
    zones = [ZoneInfo(name) for name in dict.fromkeys(person.zones.values())] or [ZoneInfo("UTC")]
    begin = max(dt.datetime.combine(on, dt.time(), zone).astimezone(dt.UTC) for zone in zones)
    hours = [replace(p, rules=tuple(r for r in p.rules if r.type == "window")) for p in presets]
    opens = evaluate.judge(world, replace(ask, at=begin), hours).next_allowed_at
    if opens is None or any(opens.astimezone(zone).date() != on for zone in zones):
        return begin
    return opens


def what_is_known(person: Person) -> Any:
    """Everything that rules may look at, in the words of `policy.evaluate`."""
    clock = lambda text: int(text[:2]) * 3600 + int(text[3:5]) * 60  # noqa: E731
    hours = list(StatedHours.objects.filter(person=person, ended_at=None))
    liable = person.parties.filter(liability_in_force=True).exists()
    check = RegisterCheck.objects.filter(person=None, state="bankruptcy_stay").order_by("-checked_at").first()
    return evaluate.World(
        debtor=evaluate.Debtor(
            id=str(person.pk), country=person.country, region=person.region, zones=person.zones,
            facts=frozenset({"liability_in_force"}) if liable else frozenset(),
        ),
        loans=tuple(
            evaluate.Loan(
                id=str(x.pk), product=x.product, debt_kind=x.debt_kind, agreement_kind=x.agreement_kind or None, lender_type=x.lender_type,
                creditor_group=x.lender.creditor_group, contract_law=x.contract_law or None,
            )
            for x in person.loans.select_related("lender").order_by("id")
        ),
        addresses=tuple(
            evaluate.Address(id=str(x.pk), kind=x.kind, place=x.place, provenance=frozenset(x.provenance))
            for x in person.contact_points.all()
        ),
        states=tuple(
            evaluate.State(
                s.name, s.from_at, s.until_at, s.known_at, frozenset([str(s.loan_id)]) if s.loan_id else None, str(person.pk),
                str(s.contact_point_id) if s.contact_point_id else None, frozenset(s.channels) or None,
            )
            for s in BorrowerState.objects.filter(person=person)
        ),
        checks=(evaluate.Check("bankruptcy_stay", check.checked_at if check else None),),
        events=tuple(
            evaluate.Event(
                e.kind, e.at, e.known_at, e.channel or None, e.direction, e.purpose, e.party, str(e.person_id),
                frozenset(str(d.loan_id) for d in e.debts.all()) or None, str(e.contact_point_id) if e.contact_point_id else None,
                e.place or None, e.creditor_group, e.by, frozenset(e.flags),
            )
            for e in ContactEvent.objects.filter(person=person).prefetch_related("debts")
        ),
        windows=tuple(
            evaluate.AgreedWindow(h.kind, clock(h.from_clock), clock(h.to_clock), tuple(h.days) or evaluate.facts.EVERY_DAY, h.to_inclusive, h.holidays)
            for h in hours if h.kind != "inconvenient"
        ),
    )  # fmt: skip


def write(draft: Draft, person: Person, by: Any, run: DailyRun) -> list[Due]:
    """Keep a contact, its judgement and what it covers; gives what must be tried by the next channel."""
    lead, answer, at = draft.lead, draft.answer, draft.at
    rules = " ".join(sorted(answer.by))
    approval = lead.step.needs_approval or ""
    barred = not answer and answer.verdict == "deny" and answer.next_allowed_at is None
    state, sentence, withheld_by, not_before = "planned", "", "", at
    if answer and approval:
        state, sentence = "awaiting_approval", f"the ladder asks a {approval} first"
    elif not answer and answer.verdict == "approve":
        state, sentence, withheld_by = "awaiting_approval", f"a second person decides: {rules}", rules
    elif barred and all(due.channels.index(draft.channel) + 1 < len(due.channels) for due in draft.dues):
        state, sentence, withheld_by = "cancelled", f"barred by {rules}: the ladder's fallback was taken", rules
    elif not answer:
        state, sentence, withheld_by = "withheld", f"withheld by {rules}", rules
        not_before = answer.next_allowed_at or at + dt.timedelta(days=400)
    text = lead.step.text_for(draft.channel)
    contact = Contact(
        person=person, group=person.group, party="debtor", contact_point=draft.point, case=lead.case, channel=draft.channel,
        step=lead.step.code, occurrence=lead.occurrence, attempt=lead.attempt, template=text[1] if text else "",
        language=person.language, business_on=run.date, ladder_day=lead.day, stage=lead.case.stage if lead.case else "",
        not_before=not_before, needs_approval=approval, requested_by=by if state == "awaiting_approval" else None,
        state_because=sentence, withheld_by=withheld_by, state=state,
    )  # fmt: skip
    keep(contact, "+", "planned by the ladder", by, run)
    content = {"facts": {rule: dict(seen) for rule, seen in answer.facts.items()}}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    sheet, _ = FactSheet.objects.get_or_create(
        digest=digest, defaults={"content": json.loads(json.dumps(content, default=str))}
    )
    Judgement.objects.create(
        contact=contact, phase="plan", at=at, verdict=answer.verdict, by=rules, next_allowed_at=answer.next_allowed_at, facts=sheet, run=run,
        asked_by=by,
    )  # fmt: skip
    again = []
    for due in draft.dues:
        ContactCase.objects.create(
            contact=contact, case=due.case, instalment=due.instalment, loan=due.loan, step=due.step.code, occurrence=due.occurrence,
            attempt=due.attempt,
        )  # fmt: skip
        rest = due.channels[due.channels.index(draft.channel) + 1 :]
        if barred and rest:
            again.append(replace(due, channels=rest, attempt=due.attempt + 1))
    return again


# -- the day -----------------------------------------------------------------------------------------


def close_day(last_person: int) -> int:
    """The day of all borrowers up to this one; gives how many loans they have."""
    by = get_user_model().objects.get(username="daily-run")
    run = DailyRun.objects.create(date=ON, opened_at=timezone.now(), started_by=by.username)
    policies = Policies()
    ladder = policies.ladder_for("personal_loan", ON)
    loans = 0
    for loan in Loan.objects.filter(debtor__lte=last_person).order_by("id"):
        loans += 1
        with transaction.atomic():
            book_payments(loan, by, run)
            follow_case(loan, ladder, by, run)
    RegisterCheck.objects.get_or_create(
        state="bankruptcy_stay", person=None, checked_at=dt.datetime.combine(ON, dt.time(), tzinfo=dt.UTC) - dt.timedelta(hours=14),
        defaults={"source": "stand-in", "stand_in": True},
    )  # fmt: skip
    for person in Person.objects.filter(pk__lte=last_person).order_by("pk"):
        with transaction.atomic():
            contact_person(person, policies, ladder, by, run)
    return loans


def main() -> None:
    Policies()
    with Meter(connection) as meter:
        loans = close_day(int(sys.argv[1]))
    print(json.dumps({"loans": loans, "cost": meter.cost.as_json()}))


if __name__ == "__main__":
    main()
