"""The second walk: a case that was not paid becomes an evidence pack in a lawyer's hands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from collections_app.kernel import fsm
from collections_app.kernel.errors import Refused
from collections_app.kernel.steps import RunContext, Window
from collections_app.models import AccessRecord, Case
from legal.bundle.verify import verify
from legal.daily import open_files
from legal.models import Deadline, LegalFile, Pack, PackDownload
from legal.services.downloads import fetch, make_link
from legal.services.exhibits import add_paper, checklist, collect_exhibits
from legal.services.files import assign_lawyer
from legal.services.packs import build_pack, seal_pack, write_out
from legal.services.reviews import accept, mend_defect, return_file, send_to_lawyer
from tests.asserts import assert_history_is_whole
from tests.factories import legal, policy
from tests.factories.staff import a_machine, a_user

MONDAY = dt.date(2026, 3, 23)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + dt.timedelta(days=n) for n in (1, 2, 3))


def at(day: dt.date, hour: int = 15) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)


def words_of(pdf: Path, page: int) -> str:
    return " ".join(pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_bounded().split())


@pytest.mark.django_db
def test_a_case_becomes_an_evidence_pack(settings: Any, tmp_path: Path) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"
    supervisor = a_user("supervisor")
    clerk = legal.a_legal_user("legal_clerk", name="temperance", full_name="Temperance Oduya")
    counsel = legal.a_legal_user("lawyer", name="thackeray", full_name="C. Thackeray-Nwosu")
    stranger = legal.a_legal_user("lawyer", name="quill", full_name="A. Quill")
    auditor = legal.a_legal_user("auditor", name="auditor-of-legal")

    # Rowan Ashdown-Pryce did not pay. The written notice was delivered and brought no answer; on Monday a supervisor
    # refers the case. The loan came without a proof that it was paid out.
    case = legal.a_referred_case(on=TUESDAY, stage="late", disbursement=False)
    fsm.apply(case, "refer_to_legal", by=supervisor, because="no answer to the written notice", on=MONDAY, from_day=6)
    assert Case.objects.get(pk=case.pk).stage == "legal"

    # The run of Tuesday opens the file and collects what the records hold.
    context = RunContext(date=TUESDAY, run=policy.a_run(TUESDAY), by=a_machine("daily-run"))
    assert open_files(context, Window(0, 1, 1_000_000)).counts == {"opened": 1, "collected": 1}
    file = LegalFile.objects.get(case=case)
    assert (file.state, file.opened_on) == ("collecting", TUESDAY)

    # One thing is missing, and the checklist says where to get it. A pack can be looked at, and not be sealed.
    [missing] = checklist(file, on=TUESDAY).missing
    assert (missing.name, missing.where.split(",")[0]) == (
        "Proof that the loan was paid out", "Ask accounts for the payment order or the bank's confirmation",
    )  # fmt: skip
    assert build_pack(file, on=TUESDAY, at=at(TUESDAY), by=clerk).pack.state == "draft"
    with pytest.raises(Refused, match="Proof that the loan was paid out"):
        seal_pack(file, on=TUESDAY, at=at(TUESDAY), by=clerk)

    # Accounts send the payment order; the file is complete and version 1 is sealed.
    add_paper(
        file, legal.a_pdf("Payment order"), title="Payment order of 9 October 2025", media_type="application/pdf", on=TUESDAY,
        at=at(TUESDAY), by=clerk, because="accounts sent it", item="disbursement", dated_on=dt.date(2025, 10, 9),
    )  # fmt: skip
    file.refresh_from_db()
    assert file.state == "complete"
    first = seal_pack(file, on=TUESDAY, at=at(TUESDAY), by=clerk).pack
    assert (first.version, first.state, first.missing) == (1, "sealed", [])

    # It is what it says it is; with one byte changed it is not.
    pdf, archive = write_out(first, tmp_path / "out")
    for path in (pdf, archive):
        assert verify(path, first.manifest_sha256).ok
    spoiled = tmp_path / "spoiled.pdf"
    spoiled.write_bytes(pdf.read_bytes().replace(b"/Type", b"/Typf", 1))
    assert not verify(spoiled, first.manifest_sha256).ok
    cover, index = words_of(pdf, 0), words_of(pdf, 1)
    assert "Rowan Ashdown-Pryce" in cover
    assert "1, sealed 24 Mar 2026, 15:00 UTC, by Temperance Oduya" in cover
    assert "Payment order of 9 October 2025" in index
    assert "Asked for and complete." in index

    # Nothing changed overnight: the same version again, to the byte.
    again = seal_pack(file, on=WEDNESDAY, at=at(WEDNESDAY), by=clerk)
    assert (again.made, again.pack.pk, again.pack.sha256) == (False, first.pk, first.sha256)

    # The file goes to its lawyer, who takes the pack by a link of their own. Nobody else gets one.
    assign_lawyer(file, lawyer=counsel, by=clerk, because="our counsel for Illinois")
    send_to_lawyer(file, on=WEDNESDAY, at=at(WEDNESDAY), by=clerk)
    link = make_link(first, what="pdf", at=at(WEDNESDAY, 16), by=counsel, because="to review version 1")
    assert fetch(link.token, at=at(WEDNESDAY, 17), by=counsel).data == pdf.read_bytes()
    for other in (stranger, auditor, supervisor):
        with pytest.raises(Refused):
            make_link(first, what="pdf", at=at(WEDNESDAY, 16), by=other, because="curious")
        with pytest.raises(Refused):
            fetch(link.token, at=at(WEDNESDAY, 17), by=other)
        with pytest.raises(Refused):
            accept(file, on=WEDNESDAY, at=at(WEDNESDAY, 17), by=other)
    assert list(PackDownload.objects.values_list("user", "because")) == [(counsel.pk, "to review version 1")]
    assert AccessRecord.objects.filter(kind="download", user=counsel).count() == 1

    # The lawyer returns it: two things to mend.
    review = return_file(
        file, defects=["Who signed for the lender?", "The notice of 6 March is missing."], on=WEDNESDAY,
        at=at(WEDNESDAY, 18), by=counsel,
    )  # fmt: skip
    assert (file.state, file.missing_count) == ("returned", 2)
    assert Deadline.objects.waiting().get(file=file).on == WEDNESDAY + dt.timedelta(days=4)

    # The clerk answers the first and uploads what was missing for the second; version 2 is another pack, version 1 stays.
    who, what = review.defects.all()
    mend_defect(who, answer="The branch manager, under the power of attorney of 2020.", on=THURSDAY, by=clerk)
    add_paper(
        file, legal.a_pdf("Notice of 6 March"), title="Notice of 6 March 2026", media_type="application/pdf", on=THURSDAY,
        at=at(THURSDAY), by=clerk, because="found in the branch", section="notices", dated_on=dt.date(2026, 3, 6),
    )  # fmt: skip
    with pytest.raises(Refused, match="defect 2 is not mended"):
        send_to_lawyer(file, on=THURSDAY, at=at(THURSDAY), by=clerk)
    mend_defect(what, answer="It is exhibit 5 now.", on=THURSDAY, by=clerk)
    assert collect_exhibits(file, on=THURSDAY, at=at(THURSDAY), by=clerk).file.state == "complete"
    second = send_to_lawyer(file, on=THURSDAY, at=at(THURSDAY), by=clerk).pack
    assert (second.version, second.state) == (2, "sealed")
    assert second.sha256 != first.sha256
    new_pdf, _ = write_out(second, tmp_path / "out")
    assert verify(new_pdf, second.manifest_sha256).ok
    assert "Notice of 6 March 2026" in words_of(new_pdf, 1)
    assert "1 of 24 Mar 2026" in words_of(new_pdf, 0)
    whole = "".join(words_of(new_pdf, n) for n in range(second.pages))
    assert "Who signed" not in whole  # what the lawyer wrote is for the department alone
    assert verify(pdf, first.manifest_sha256).ok
    with pytest.raises(TypeError, match="never changed"):
        Pack.objects.get(pk=first.pk).save()

    # The lawyer accepts: suit can be brought.
    accept(file, on=THURSDAY, at=at(THURSDAY, 17), by=counsel)
    assert LegalFile.objects.get(pk=file.pk).state == "accepted"

    # The history is whole: each step with who and why, and nobody but these four wrote in it.
    assert_history_is_whole(file)
    for pack in Pack.objects.all():
        assert_history_is_whole(pack)
    states = list(
        LegalFile.history.filter(id=file.pk).order_by("history_id").values_list("state", "history_user__username")
    )
    moves = [s for n, s in enumerate(states) if n == 0 or states[n - 1][0] != s[0]]
    assert moves == [
        ("open", "daily-run"),
        ("collecting", "daily-run"),
        ("complete", "temperance"),
        ("in_review", "temperance"),
        ("returned", "thackeray"),
        ("collecting", "temperance"),
        ("complete", "temperance"),
        ("in_review", "temperance"),
        ("accepted", "thackeray"),
    ]
