"""The lawyer's lane: who may decide, what a return asks for, how it is mended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from collections_app.kernel.errors import DomainError, Refused
from legal.models import Deadline, Defect, LawyerReview, LegalFile
from legal.services.exhibits import collect_exhibits
from legal.services.files import assign_lawyer
from legal.services.reviews import accept, mend_defect, return_file, send_to_lawyer
from tests.asserts import assert_history_is_whole
from tests.factories import legal
from tests.factories.staff import a_machine

ON, AT = legal.DAY, legal.AT


@pytest.fixture
def in_review(file: LegalFile, clerk: Any) -> LegalFile:
    send_to_lawyer(file, on=ON, at=AT, by=clerk)
    return file


def test_a_file_goes_to_its_lawyer_with_the_newest_sealed_version_and_a_deadline(in_review: LegalFile) -> None:
    assert in_review.state == "in_review"
    assert in_review.pack is not None
    assert in_review.pack.is_sealed
    [deadline] = Deadline.objects.filter(file=in_review)
    assert (deadline.what, deadline.on, deadline.rule) == ("Answer of the lawyer", dt.date(2026, 3, 30), "house")


def test_its_lawyer_accepts_and_the_deadline_is_met(in_review: LegalFile, counsel: Any) -> None:
    review = accept(in_review, on=ON, at=AT, by=counsel, note="Suit can be brought in Cook County.")
    assert (in_review.state, review.decision, review.pack_id) == ("accepted", "accept", in_review.pack_id)
    assert Deadline.objects.get(file=in_review).done_by == counsel
    assert_history_is_whole(in_review)


def test_nobody_else_decides_and_no_trace_of_a_decision_stays(
    in_review: LegalFile, clerk: Any, other_counsel: Any, legal_auditor: Any
) -> None:
    for somebody in (clerk, other_counsel, legal_auditor, a_machine("daily-run")):
        with pytest.raises(Refused):
            accept(in_review, on=ON, at=AT, by=somebody)
        with pytest.raises(Refused):
            return_file(in_review, defects=["x"], on=ON, at=AT, by=somebody)
    with pytest.raises(Refused, match="Only the lawyer to whom this file was given may decide on it."):
        accept(in_review, on=ON, at=AT, by=other_counsel)
    assert not LawyerReview.objects.exists()
    assert not Defect.objects.exists()
    assert LegalFile.objects.get(pk=in_review.pk).state == "in_review"


def test_who_sealed_the_pack_does_not_review_it(file: LegalFile, clerk: Any) -> None:
    from django.contrib.auth.models import Permission

    clerk.user_permissions.add(Permission.objects.get(codename="review_file"))
    both = type(clerk).objects.get(pk=clerk.pk)
    assign_lawyer(file, lawyer=both, by=both, because="I am a lawyer too")
    send_to_lawyer(file, on=ON, at=AT, by=both)
    with pytest.raises(Refused, match="Whoever sealed the pack does not review it"):
        accept(file, on=ON, at=AT, by=both)


def test_a_return_names_at_least_one_defect(in_review: LegalFile, counsel: Any) -> None:
    with pytest.raises(DomainError, match="at least one defect"):
        return_file(in_review, defects=["  "], on=ON, at=AT, by=counsel)
    assert LegalFile.objects.get(pk=in_review.pk).state == "in_review"


def test_a_returned_file_counts_its_defects_as_missing_until_they_are_mended(
    in_review: LegalFile, clerk: Any, counsel: Any
) -> None:
    review = return_file(
        in_review, defects=["Who signed for the lender?", "Interest is not shown apart."], on=ON, at=AT, by=counsel
    )
    assert (in_review.state, in_review.missing_count) == ("returned", 2)
    answer = Deadline.objects.get(file=in_review, what="Answer to the lawyer")
    assert answer.on == ON + dt.timedelta(days=4)
    first, second = review.defects.all()
    mend_defect(first, answer="The branch manager.", on=ON, by=clerk)
    found = collect_exhibits(in_review, on=ON, at=AT, by=clerk)
    assert (found.file.state, found.file.missing_count) == ("collecting", 1)
    assert "Lawyer’s defect 2 is not mended: Interest is not shown apart." in found.checklist.sentence()
    with pytest.raises(Refused, match="Interest is not shown apart"):
        send_to_lawyer(in_review, on=ON, at=AT, by=clerk)
    mend_defect(second, answer="No interest is claimed.", on=ON, by=clerk)
    assert collect_exhibits(in_review, on=ON, at=AT, by=clerk).file.state == "complete"
    answer.refresh_from_db()
    assert answer.done_by == clerk


def test_a_defect_that_needed_only_an_answer_goes_back_with_the_same_version(
    in_review: LegalFile, clerk: Any, counsel: Any
) -> None:
    version = in_review.pack_id
    review = return_file(in_review, defects=["Who signed?"], on=ON, at=AT, by=counsel)
    mend_defect(review.defects.get(), answer="The branch manager.", on=ON, by=clerk)
    again = AT + dt.timedelta(hours=2)
    send_to_lawyer(in_review, on=ON, at=again, by=clerk)
    assert in_review.pack_id == version
    accept(in_review, on=ON, at=again + dt.timedelta(hours=1), by=counsel)
    assert LawyerReview.objects.filter(pack_id=version).count() == 2


def test_a_mended_defect_is_not_mended_twice_and_an_answer_says_something(
    in_review: LegalFile, clerk: Any, counsel: Any
) -> None:
    defect = return_file(in_review, defects=["Who signed?"], on=ON, at=AT, by=counsel).defects.get()
    with pytest.raises(DomainError, match="Write what was done"):
        mend_defect(defect, answer=" ", on=ON, by=clerk)
    mend_defect(defect, answer="The branch manager.", on=ON, by=clerk)
    with pytest.raises(DomainError, match="was mended on"):
        mend_defect(defect, answer="The other one.", on=ON, by=clerk)


def test_a_decision_is_never_rewritten(in_review: LegalFile, counsel: Any) -> None:
    review = accept(in_review, on=ON, at=AT, by=counsel)
    review.decision = "return"
    with pytest.raises(TypeError, match="never rewritten"):
        review.save()
    with pytest.raises(TypeError, match="never deleted"):
        review.delete()


def test_what_the_lawyer_wrote_is_ciphertext_in_the_tables(in_review: LegalFile, counsel: Any) -> None:
    return_file(in_review, defects=["Who signed?"], on=ON, at=AT, by=counsel, note="Weak case.")
    with connection.cursor() as cursor:
        for table, column, plain in (("legal_defect", "text", b"signed"), ("legal_lawyerreview", "note", b"Weak")):
            for each in (table, table.replace("legal_", "legal_historical")):
                cursor.execute(f"SELECT {column} FROM {each}")
                rows = [bytes(row[0]) for row in cursor.fetchall()]
                assert rows
                assert not any(plain in row for row in rows)


def test_nothing_goes_to_a_lawyer_while_legal_action_is_held(file: LegalFile, clerk: Any) -> None:
    from collections_app.models import Case

    Case.objects.filter(pk=file.case_id).update(legal_held_until=ON)
    with pytest.raises(Refused, match="Legal action is held"):
        send_to_lawyer(file, on=ON, at=AT, by=clerk)
    assert LegalFile.objects.get(pk=file.pk).state == "complete"
