"""Who may not: an auditor reads rows and changes nothing, a lawyer works no file, a collector has no business here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from collections_app.kernel.errors import Refused
from legal.models import LegalFile
from legal.services import court, deadlines, downloads, exhibits, files, packs, reviews
from legal.services.costs import add_cost
from tests.factories import legal

ON, AT = legal.DAY, legal.AT
WAIT = dt.timedelta(days=1)

# Every service that writes, called rightly but for the person.
ACTS: dict[str, Callable[[LegalFile, Any], Any]] = {
    "open_file": lambda f, by: files.open_file(f.case, on=ON, by=by, because="x"),
    "set_court": lambda f, by: files.set_court(f, court="plain", by=by, because="x"),
    "assign_clerk": lambda f, by: files.assign_clerk(f, clerk=by, by=by, because="x"),
    "assign_lawyer": lambda f, by: files.assign_lawyer(f, lawyer=f.lawyer, by=by, because="x"),
    "close_file": lambda f, by: files.close_file(f, reason="withdrawn", on=ON, by=by, because="x"),
    "collect": lambda f, by: exhibits.collect_exhibits(f, on=ON, at=AT, by=by),
    "add_paper": lambda f, by: exhibits.add_paper(
        f, b"%PDF", title="x", media_type="application/pdf", on=ON, at=AT, by=by, because="x"
    ),
    "include": lambda f, by: exhibits.include(f, f.exhibits.first(), included=False, on=ON, by=by, because="x"),
    "reorder": lambda f, by: exhibits.reorder(f, "debt", [], by=by, because="x"),
    "build_pack": lambda f, by: packs.build_pack(f, on=ON, at=AT, by=by),
    "seal_pack": lambda f, by: packs.seal_pack(f, on=ON, at=AT, by=by),
    "send_to_lawyer": lambda f, by: reviews.send_to_lawyer(f, on=ON, at=AT, by=by),
    "send_claim": lambda f, by: court.send_claim(f, on=ON, by=by, because="x", wait_days=1, rule="house"),
    "file_claim": lambda f, by: court.file_claim(f, claim_number="1", on=ON, by=by, because="x"),
    "record_service": lambda f, by: court.record_service(
        f, what="x", method="post", recipient="x", at=AT, outcome="refused", by=by, because="x"
    ),
    "mark_served": lambda f, by: court.mark_served(f, on=ON, by=by, because="x"),
    "record_judgment": lambda f, by: court.record_judgment(f, on=ON, by=by, because="x"),
    "enforce": lambda f, by: court.enforce(f, on=ON, by=by, because="x"),
    "note_limitation": lambda f, by: court.note_limitation(
        f, on=ON + WAIT, counted_from=ON, counted_because="x", rule="x", by=by, because="x"
    ),
    "add_cost": lambda f, by: add_cost(
        f, kind="other", amount=Decimal("1.00"), on=ON, authority="x", by=by, because="x"
    ),
    "set_deadline": lambda f, by: deadlines.set_deadline(
        f, what="x", on=ON, counted_from=ON, counted_because="x", rule="house", by=by, because="x"
    ),
    "accept": lambda f, by: reviews.accept(f, on=ON, at=AT, by=by),
    "return_file": lambda f, by: reviews.return_file(f, defects=["x"], on=ON, at=AT, by=by),
}


@pytest.fixture
def collected(file: LegalFile, clerk: Any) -> LegalFile:
    exhibits.collect_exhibits(file, on=ON, at=AT, by=clerk)
    return LegalFile.objects.get(pk=file.pk)


def test_an_auditor_and_a_collector_change_nothing(collected: LegalFile, legal_auditor: Any, collector: Any) -> None:
    rows = LegalFile.history.count()
    for somebody in (legal_auditor, collector):
        for name, act in ACTS.items():
            with pytest.raises(Refused):
                act(collected, somebody)
                pytest.fail(f"{somebody} could {name}")
    assert LegalFile.history.count() == rows
    assert not downloads.PackLink.objects.exists()


def test_a_lawyer_decides_and_does_nothing_else(collected: LegalFile, counsel: Any, other_counsel: Any) -> None:
    rows = LegalFile.history.count()
    for somebody, own in ((counsel, {"set_deadline"}), (other_counsel, set())):
        for name, act in ACTS.items():
            if name in own:  # the lawyer of the file may note a deadline of it
                continue
            with pytest.raises(Refused):
                act(collected, somebody)
                pytest.fail(f"{somebody} could {name}")
    assert LegalFile.history.count() == rows


def test_a_clerk_does_not_decide(collected: LegalFile, clerk: Any) -> None:
    for name in ("accept", "return_file"):
        with pytest.raises(Refused, match=r"legal\.review_file"):
            ACTS[name](collected, clerk)


def test_the_files_of_a_lawyer_are_those_given_to_them(collected: LegalFile, counsel: Any, other_counsel: Any) -> None:
    from legal.services.rights import may_read

    assert list(LegalFile.objects.of_lawyer(counsel)) == [collected]
    assert list(LegalFile.objects.of_lawyer(other_counsel)) == []
    assert may_read(counsel, collected)
    assert not may_read(other_counsel, collected)
