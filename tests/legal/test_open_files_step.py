"""The day's step: a case that was referred gets its file, exhibits are collected, files end with their cases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from collections_app.documents import store
from collections_app.kernel import fsm
from collections_app.kernel.errors import DomainError
from collections_app.kernel.steps import Over, RunContext, StepResult, Window
from collections_app.models import Case, SetAside
from legal.daily import open_files
from legal.models import Exhibit, LegalFile
from legal.services.files import close_file
from tests.asserts import assert_history
from tests.factories import legal, policy
from tests.factories.staff import a_machine


def run_step(on: dt.date = legal.DAY, window: Window | None = None) -> StepResult:
    run = policy.a_run(on)
    context = RunContext(date=on, run=run, by=a_machine("daily-run"))
    return open_files(context, window or Window(0, 1, 1_000_000))


def test_the_step_has_the_name_and_the_windows_of_the_schedule() -> None:
    assert (open_files.name, open_files.over) == ("open_files", Over.LOANS)


def test_a_referred_case_gets_a_file_with_its_exhibits(db: None) -> None:
    case = legal.a_referred_case(disbursement=False)
    assert run_step().counts == {"opened": 1, "collected": 1}
    file = LegalFile.objects.get(case=case)
    assert (file.state, file.opened_on, file.collected_on, file.missing_count) == (
        "collecting",
        legal.DAY,
        legal.DAY,
        1,
    )
    assert Exhibit.objects.filter(file=file).count() == 9
    assert_history(
        file,
        [
            ("open", "the case was referred to the legal department"),
            ("collecting", "exhibits collected by the daily run"),
            ("collecting", "exhibits collected by the daily run"),
        ],
    )
    assert set(LegalFile.history.values_list("history_run__date", flat=True)) == {legal.DAY}


def test_the_same_day_again_writes_nothing(db: None) -> None:
    legal.a_referred_case()
    run_step()
    rows = (LegalFile.history.count(), Exhibit.history.count())
    assert run_step().counts == {}
    assert (LegalFile.history.count(), Exhibit.history.count()) == rows


def test_the_next_day_without_news_writes_only_the_day_of_the_collection(db: None) -> None:
    legal.a_referred_case(disbursement=False)
    run_step()
    rows = Exhibit.history.count()
    assert run_step(legal.DAY + dt.timedelta(days=1)).counts == {"collected": 1}
    assert Exhibit.history.count() == rows
    assert LegalFile.objects.get().collected_on == legal.DAY + dt.timedelta(days=1)


def test_a_window_does_only_its_own_loans(db: None) -> None:
    first, second = legal.a_referred_case(), legal.a_referred_case(number="L-2")
    run_step(window=Window(0, first.loan_id, first.loan_id))
    assert LegalFile.objects.filter(case=first).exists()
    assert not LegalFile.objects.filter(case=second).exists()


def test_a_case_on_the_ladder_gets_no_file(db: None) -> None:
    legal.a_referred_case(stage="late")
    assert run_step().counts == {}
    assert not LegalFile.objects.exists()


def test_a_file_that_a_person_closed_is_not_opened_again_by_the_next_day(clerk: Any) -> None:
    legal.a_referred_case()
    run_step()
    close_file(LegalFile.objects.get(), reason="settled", on=legal.DAY, by=clerk, because="they agreed")
    assert run_step(legal.DAY + dt.timedelta(days=1)).counts == {}
    assert LegalFile.objects.count() == 1


@pytest.mark.parametrize(
    ("how", "reason"), [("cure", "paid"), ("close_with_loan", "settled"), ("return_from_legal", "withdrawn")]
)
def test_a_file_ends_with_its_case(how: str, reason: str, supervisor: Any) -> None:
    case = legal.a_referred_case()
    run_step()
    more = {"reason": "settled"} if how == "close_with_loan" else {}
    fsm.apply(case, how, by=supervisor, because="the borrower came", on=legal.DAY, **more)
    assert run_step(legal.DAY + dt.timedelta(days=1)).counts == {"closed": 1}
    assert LegalFile.objects.values_list("state", "closed_reason").get() == ("closed", reason)


def test_a_case_referred_again_later_gets_a_new_file(supervisor: Any) -> None:
    case = legal.a_referred_case()
    run_step()
    fsm.apply(case, "return_from_legal", by=supervisor, because="he called", on=legal.DAY)
    run_step(legal.DAY + dt.timedelta(days=1))
    later = legal.DAY + dt.timedelta(days=20)
    Case.objects.filter(pk=case.pk).update(stage="legal", stage_on=later)
    assert run_step(later).counts["opened"] == 1
    assert list(LegalFile.objects.order_by("pk").values_list("state", flat=True))[0] == "closed"
    assert LegalFile.objects.open().count() == 1


def test_a_claim_that_is_with_the_court_is_not_closed_by_a_machine(supervisor: Any, clerk: Any, counsel: Any) -> None:
    from collections_app.kernel import history

    case = legal.a_referred_case()
    run_step()
    file = LegalFile.objects.get()
    paper = legal.a_kept_paper(case.loan, "other", "paper", dated_on=legal.DAY)
    pack = history.create_by(
        file.packs.model, by=clerk, because="sealed", file=file, version=1, key=paper.key, court="plain", court_version="1",
        as_of=legal.DAY, inputs_sha256="a" * 64, manifest_sha256="b" * 64, sha256="c" * 64, zip_sha256="d" * 64, file_name="x",
        pages=1, files=1, pdf=paper, zip=paper, manifest=paper, made_at=legal.AT, made_by=clerk,
    )  # fmt: skip
    LegalFile.objects.update(state="filed", lawyer=counsel, pack=pack, sent_at=legal.AT)
    fsm.apply(case, "cure", by=supervisor, because="paid", on=legal.DAY)
    assert run_step(legal.DAY + dt.timedelta(days=1)).counts == {}
    assert LegalFile.objects.get().state == "filed"


def test_a_file_whose_paper_cannot_be_kept_is_set_aside_and_tried_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = legal.a_referred_case()
    good = legal.a_referred_case(number="L-2")
    keep = store.put

    def full(key: Any, data: bytes, **told: Any) -> Any:
        if key.pk == case.debtor_id:
            raise DomainError("disk_full", "There is no room left to write.")
        return keep(key, data, **told)

    with monkeypatch.context() as broken:
        broken.setattr(store, "put", full)
        assert run_step().counts == {"opened": 2, "collected": 1, "set_aside": 1}
    aside = SetAside.objects.get()
    assert (aside.loan_id, aside.step, aside.reason) == (case.loan_id, "open_files", "There is no room left to write.")
    assert LegalFile.objects.get(case=case).state == "open"
    assert LegalFile.objects.get(case=good).state == "complete"
    assert not Exhibit.objects.filter(file__case=case).exists()
    assert run_step(legal.DAY + dt.timedelta(days=1)).counts == {"collected": 1}
    assert LegalFile.objects.get(case=case).state == "complete"
