"""The graph of a legal file: every state, every transition, every role. What the table does not list is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from collections_app.kernel import fsm, history
from collections_app.kernel.errors import Refused
from collections_app.kernel.keys import new_key
from collections_app.models import OPEN_END, Case
from legal.models import Deadline, Defect, LawyerReview, LegalFile, Pack, ServiceAttempt
from legal.services.files import assign_lawyer, close_file, open_file
from tests.factories import legal
from tests.factories.staff import a_machine

BEFORE = ("open", "collecting", "complete", "in_review", "returned", "accepted")
ALL = (*BEFORE, "claim_sent", "filed", "served", "judgment", "enforcement")

# Transition: the states it starts from, the state it leads to, who may. "machine" is the daily run.
TABLE: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "start_collecting": (("open", "returned"), "collecting", ("clerk", "machine")),
    "complete": (("collecting",), "complete", ("clerk", "machine")),
    "fall_incomplete": (("complete",), "collecting", ("clerk", "machine")),
    "send_to_lawyer": (("complete",), "in_review", ("clerk",)),
    "accept": (("in_review",), "accepted", ("lawyer",)),
    "send_back": (("in_review",), "returned", ("lawyer",)),
    "send_claim": (("accepted",), "claim_sent", ("clerk",)),
    "file_claim": (("claim_sent",), "filed", ("clerk",)),
    "mark_served": (("filed",), "served", ("clerk",)),
    "record_judgment": (("served",), "judgment", ("clerk",)),
    "enforce": (("judgment",), "enforcement", ("clerk",)),
    "close": (ALL, "closed", ("clerk", "machine")),
}
ROLES = ("clerk", "lawyer", "other_lawyer", "auditor", "collector", "machine")


@pytest.fixture
def people(clerk: Any, counsel: Any, other_counsel: Any, legal_auditor: Any) -> dict[str, Any]:
    return {
        "clerk": clerk, "lawyer": counsel, "other_lawyer": other_counsel, "auditor": legal_auditor,
        "collector": legal.a_legal_user("collector", name="cora"), "machine": a_machine("daily-run"),
    }  # fmt: skip


@pytest.fixture
def ready(file: LegalFile, clerk: Any, counsel: Any) -> LegalFile:
    """A file for which every guard holds, whatever its state is set to."""
    paper = legal.a_kept_paper(file.case.loan, "other", "paper", dated_on=legal.DAY)
    pack = history.create_by(
        Pack, by=clerk, because="for the table", file=file, version=1, key=new_key("pack"), court="plain", court_version="1",
        as_of=legal.DAY, inputs_sha256="a" * 64, manifest_sha256="b" * 64, sha256="c" * 64, zip_sha256="d" * 64,
        file_name="LF-1-v1", pages=1, files=1, pdf=paper, zip=paper, manifest=paper, made_at=legal.AT, made_by=clerk,
        state="sealed", sealed_at=legal.AT, sealed_by=clerk,
    )  # fmt: skip
    for decision in ("accept", "return"):
        review = history.create_by(
            LawyerReview, by=counsel, because="decided", file=file, person=file.person, pack=pack, lawyer=counsel,
            decision=decision, decided_at=legal.AT,
        )  # fmt: skip
        history.create_by(
            Defect, by=counsel, because="found", review=review, person=file.person, number=1, text="who signed?"
        )
    history.create_by(
        ServiceAttempt, by=clerk, because="served", file=file, person=file.person, what="claim form", method="personal",
        recipient="the defendant", at=legal.AT, outcome="served", proof=paper, recorded_by=clerk,
    )  # fmt: skip
    LegalFile.objects.filter(pk=file.pk).update(pack=pack, sent_at=legal.AT, missing_count=0)
    return LegalFile.objects.get(pk=file.pk)


def arguments(ready: LegalFile, name: str) -> dict[str, Any]:
    more = {
        "send_to_lawyer": {"pack": ready.pack, "at": legal.AT},
        "file_claim": {"claim_number": "1"},
        "close": {"reason": "paid"},
    }
    return {"on": legal.DAY, **more.get(name, {})}


def test_every_transition_of_the_model_is_in_the_table() -> None:
    declared = {d.name: (d.sources, d.target) for d in fsm.all_declared(LegalFile)}
    assert declared == {name: (tuple(sorted(sources)), target) for name, (sources, target, _) in TABLE.items()}


def test_only_what_the_table_lists_is_allowed(ready: LegalFile, people: dict[str, Any]) -> None:
    allowed: set[tuple[str, str, str]] = set()
    for state in (*ALL, "closed"):
        ends = {"closed_on": legal.DAY, "closed_reason": "paid"} if state == "closed" else {}
        LegalFile.objects.filter(pk=ready.pk).update(state=state, **ends)
        for name in TABLE:
            # Falling incomplete is the one that asks for the opposite of the others.
            LegalFile.objects.filter(pk=ready.pk).update(missing_count=1 if name == "fall_incomplete" else 0)
            row = LegalFile.objects.get(pk=ready.pk)
            allowed |= {
                (state, name, role)
                for role in ROLES
                if not fsm.refusals(row, name, by=people[role], **arguments(ready, name))
            }
    listed = {
        (state, name, role)
        for name, (sources, _, roles) in TABLE.items()
        for state in sources
        for role in roles
        if not (name == "close" and role == "machine" and state not in BEFORE)  # what left the house, a person closes
    }
    assert allowed == listed


def test_each_transition_leads_where_the_table_says_and_stands_in_the_history(
    ready: LegalFile, people: dict[str, Any]
) -> None:
    for name, (sources, target, roles) in TABLE.items():
        with transaction.atomic():
            LegalFile.objects.filter(pk=ready.pk).update(
                state=sources[0], missing_count=1 if name == "fall_incomplete" else 0
            )
            row = LegalFile.objects.get(pk=ready.pk)
            fsm.apply(row, name, by=people[roles[0]], because=f"trying {name}", **arguments(ready, name))
            told = LegalFile.history.filter(id=ready.pk).order_by("-history_id").first()
            assert (row.state, row.state_on) == (target, legal.DAY)
            assert (told.state, told.history_change_reason, told.history_user_id) == (
                target, f"trying {name}", people[roles[0]].pk,
            )  # fmt: skip
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("state", "name", "spoil", "told"),
    [
        ("complete", "send_to_lawyer", "lawyer", "Give the file to a lawyer first."),
        ("complete", "send_to_lawyer", "newer_pack", "The newest version of the pack must be sealed first."),
        ("complete", "send_to_lawyer", "missing", "the checklist names it"),
        ("complete", "send_to_lawyer", "hold", "Legal action is held"),
        ("complete", "send_to_lawyer", "case", "no longer with the legal department"),
        ("in_review", "accept", "decision", "must be written down first"),
        ("in_review", "send_back", "decision", "with at least one defect"),
        ("accepted", "send_claim", "hold", "Legal action is held"),
        ("claim_sent", "file_claim", "waiting", "A waiting period still runs"),
        ("claim_sent", "file_claim", "limitation", "The limitation period is over"),
        ("filed", "mark_served", "proof", "No service of the claim is proved yet."),
        ("judgment", "enforce", "case", "no longer with the legal department"),
        ("accepted", "close", "dismiss", "Only a court that has the claim can dismiss it."),
    ],
)
def test_each_guard_refuses_with_its_sentence(
    ready: LegalFile, people: dict[str, Any], state: str, name: str, spoil: str, told: str
) -> None:
    LegalFile.objects.filter(pk=ready.pk).update(state=state)
    more: dict[str, Any] = {}
    match spoil:
        case "lawyer":
            LegalFile.objects.filter(pk=ready.pk).update(lawyer=None)
        case "missing":
            LegalFile.objects.filter(pk=ready.pk).update(missing_count=2)
        case "newer_pack":
            newer = Pack.objects.get(pk=ready.pack_id)
            newer.pk, newer.version, newer._state.adding = None, 2, True
            history.save_by(newer, by=people["clerk"], because="sealed later")
        case "hold":
            Case.objects.filter(pk=ready.case_id).update(legal_held_until=OPEN_END)
        case "case":
            Case.objects.filter(pk=ready.case_id).update(stage="late")
        case "decision":
            LegalFile.objects.filter(pk=ready.pk).update(sent_at=legal.AT + dt.timedelta(seconds=1))
        case "waiting" | "limitation":
            kind, on = ("not_before", 1) if spoil == "waiting" else ("limitation", -1)
            history.create_by(
                Deadline, by=people["clerk"], because="counted", file=ready, kind=kind, what="a day",
                on=legal.DAY + dt.timedelta(days=on), counted_from=dt.date(2026, 3, 1), counted_because="x", rule="house",
            )  # fmt: skip
        case "proof":
            ServiceAttempt.objects.update(outcome="refused")
        case "dismiss":
            more = {"reason": "dismissed"}
    role = TABLE[name][2][0]
    row = LegalFile.objects.get(pk=ready.pk)
    with pytest.raises(Refused, match=told):
        fsm.apply(row, name, by=people[role], because="try", **{**arguments(ready, name), **more})
    assert LegalFile.objects.get(pk=ready.pk).state == state


def test_a_case_has_one_open_file_and_a_closed_one_makes_room_for_the_next(file: LegalFile, clerk: Any) -> None:
    assert open_file(file.case, on=legal.DAY, by=clerk, because="again") == file
    close_file(file, reason="withdrawn", on=legal.DAY, by=clerk, because="an agreement was reached")
    assert open_file(file.case, on=legal.DAY, by=clerk, because="the agreement failed") != file
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalFile.objects.filter(pk=file.pk).update(state="open", closed_on=None, closed_reason="")


def test_a_file_is_opened_only_for_a_case_with_the_legal_department(clerk: Any) -> None:
    with pytest.raises(Refused, match=r"legal\.work_file"):
        open_file(legal.a_referred_case(), on=legal.DAY, by=legal.a_legal_user("collector", name="cora"), because="x")
    late = legal.a_referred_case(stage="late", number="L-2")
    with pytest.raises(Exception, match="is in stage late"):
        open_file(late, on=legal.DAY, by=clerk, because="x")


def test_the_database_refuses_a_closed_file_without_a_reason_and_a_review_without_a_lawyer(file: LegalFile) -> None:
    for wrong in ({"state": "closed"}, {"state": "in_review", "lawyer": None}, {"state": "somewhere"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalFile.objects.filter(pk=file.pk).update(**wrong)


def test_a_file_is_given_only_to_somebody_who_may_review(file: LegalFile, clerk: Any) -> None:
    with pytest.raises(Refused, match="cannot review files"):
        assign_lawyer(file, lawyer=legal.a_legal_user("collector", name="cora"), by=clerk, because="she is free")
