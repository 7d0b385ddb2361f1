"""Versions of a pack: drafts, sealed ones, the same again and the next; and that a sealed one is never changed."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.db import IntegrityError, connection, transaction

from collections_app.documents import store
from collections_app.documents.digest import sha256
from collections_app.kernel import fsm, keys
from collections_app.kernel.errors import DomainError, Refused
from legal.bundle.verify import verify
from legal.models import LegalFile, Pack
from legal.services.costs import add_cost, claim_cost
from legal.services.files import open_file, set_court
from legal.services.packs import build_or_seal, build_pack, seal_pack, write_out
from tests.asserts import assert_history_is_whole
from tests.factories import legal, loans

LATER = legal.AT + dt.timedelta(days=1)
NEXT_DAY = legal.DAY + dt.timedelta(days=1)


def manifest_of(pack: Pack) -> dict[str, Any]:
    return json.loads(store.get(pack.manifest))["facts"]


def test_an_incomplete_file_gives_a_draft_that_says_so_on_its_cover(clerk: Any) -> None:
    file = open_file(legal.a_referred_case(disbursement=False), on=legal.DAY, by=clerk, because="referred")
    built = build_pack(file, on=legal.DAY, at=legal.AT, by=clerk)
    assert (built.pack.version, built.pack.state, built.pack.missing) == (1, "draft", ["disbursement"])
    facts = manifest_of(built.pack)
    assert facts["claim"]["title"] == "Evidence pack: draft, not sealed"
    assert [m["item"] for m in facts["missing"]] == ["disbursement"]
    assert (facts["draft"], facts["sealed_by"]) == (True, "")
    with pytest.raises(Refused, match="1 thing missing. Proof that the loan was paid out: Ask accounts"):
        seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk)
    with pytest.raises(Refused, match="the checklist names it"):  # nor past the service
        fsm.apply(built.pack, "seal", by=clerk, because="x", at=legal.AT)
    assert not Pack.objects.sealed().exists()


def test_a_draft_is_known_as_one_by_its_name_on_each_page_and_to_whoever_verifies_it(
    file: LegalFile, clerk: Any, tmp_path: Path
) -> None:
    draft = build_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack
    pdf, archive = write_out(draft, tmp_path)
    assert [pdf.name, archive.name] == [f"{file.number}-v1-draft.pdf", f"{file.number}-v1-draft.zip"]
    pages = words_of(pdf)
    assert "draft of version 1, made 25 Mar 2026, 15:30 UTC, not sealed" in pages[0]
    assert "This is a draft, made by Dunwell" in pages[3]
    assert all(f"{file.number} · draft of version 1 · " in page for page in pages)
    assert not any("sealed 25 Mar" in page or "by nobody: this" in page for page in pages)
    readme = zipfile.ZipFile(archive).read("README.txt").decode()
    assert "Draft of 25 Mar 2026, 15:30 UTC, not sealed" in readme
    for path in (pdf, archive):
        assert "draft: of version 1; it was not sealed as that version" in verify(path, draft.manifest_sha256).checked

    # The sealed version takes the number, says nothing of a draft and does not lie over it.
    sealed = seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack
    whole, _ = write_out(sealed, tmp_path)
    assert whole.name == f"{file.number}-v1.pdf"
    pages = words_of(whole)
    assert "1, sealed 25 Mar 2026, 15:30 UTC, by Temperance Oduya" in pages[0]
    assert not any("draft of version" in page for page in pages)
    assert not any(told.startswith("draft") for told in verify(whole, sealed.manifest_sha256).checked)
    assert verify(pdf, draft.manifest_sha256).ok


def words_of(pdf: Path) -> list[str]:
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(pdf)]


def test_a_draft_is_replaced_by_the_next_build_and_keeps_the_number_it_will_be_sealed_under(
    file: LegalFile, clerk: Any
) -> None:
    first = build_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack
    same = build_pack(file, on=legal.DAY, at=LATER, by=clerk)
    assert (same.made, same.pack.sha256) == (False, first.sha256)
    add_cost(
        file, kind="court_fee", amount=Decimal("80.00"), on=legal.DAY, authority="tariff 3", by=clerk, because="fee"
    )
    second = build_pack(file, on=legal.DAY, at=LATER, by=clerk)
    assert (second.made, second.pack.pk, second.pack.version) == (True, first.pk, 1)
    assert second.pack.sha256 != first.sha256
    sealed = seal_pack(file, on=legal.DAY, at=LATER, by=clerk).pack
    assert (sealed.pk, sealed.version, sealed.state) == (first.pk, 1, "sealed")
    assert sealed.inputs_sha256 == second.pack.inputs_sha256
    assert_history_is_whole(sealed)


def test_unchanged_sources_give_the_same_version_and_changed_ones_the_next(file: LegalFile, clerk: Any) -> None:
    first = seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk)
    again = seal_pack(file, on=NEXT_DAY, at=LATER, by=clerk)
    assert (first.made, again.made, again.pack.pk, again.pack.sha256) == (True, False, first.pack.pk, first.pack.sha256)
    before = store.get(first.pack.pdf)

    loans.a_payment(file.case.loan, "100.00", value_on=legal.DAY, by=clerk)
    second = seal_pack(file, on=NEXT_DAY, at=LATER, by=clerk)
    assert (second.made, second.pack.version) == (True, 2)
    assert [e["version"] for e in manifest_of(second.pack)["earlier"]] == [1]
    assert manifest_of(second.pack)["claim"]["total"] == {"currency": "USD", "value": "2380.00"}
    assert store.get(Pack.objects.get(pk=first.pack.pk).pdf) == before  # older versions stay


def test_the_claim_is_the_whole_debt_and_the_costs_that_are_claimed(file: LegalFile, clerk: Any) -> None:
    fee = add_cost(
        file,
        kind="court_fee",
        amount=Decimal("80.00"),
        on=legal.DAY,
        authority="tariff 3",
        by=clerk,
        because="court fee",
    )
    add_cost(
        file,
        kind="other",
        amount=Decimal("10.00"),
        on=legal.DAY,
        authority="none",
        claimed=False,
        by=clerk,
        because="copies",
    )
    claim = manifest_of(build_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack)["claim"]
    assert [(s["label"], s["amount"]["value"]) for s in claim["sums"]] == [
        ("outstanding under the agreement", "2480.00"),
        ("costs", "80.00"),
    ]
    assert claim["total"]["value"] == "2560.00"
    claim_cost(fee, claimed=False, by=clerk, because="the court waived it")
    assert manifest_of(build_pack(file, on=legal.DAY, at=LATER, by=clerk).pack)["claim"]["total"]["value"] == "2480.00"


@pytest.fixture
def sealed(file: LegalFile, clerk: Any) -> Pack:
    return seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack


def test_a_sealed_pack_is_whole_and_the_one_of_its_cover(sealed: Pack, tmp_path: Path) -> None:
    pdf, archive = write_out(sealed, tmp_path)
    assert pdf.name == "LF-0001-v1.pdf" or pdf.name == f"{sealed.file.number}-v1.pdf"
    for path in (pdf, archive):
        verdict = verify(path, sealed.manifest_sha256)
        assert verdict, verdict.problems
    assert sha256(pdf.read_bytes()) == sealed.sha256
    assert sha256(archive.read_bytes()) == sealed.zip_sha256
    assert sha256(store.get(sealed.manifest)) == sealed.manifest_sha256
    with pikepdf.open(io.BytesIO(pdf.read_bytes())) as opened:
        assert len(opened.pages) == sealed.pages
    with zipfile.ZipFile(archive) as opened_zip:
        assert len(opened_zip.namelist()) == sealed.files


def test_one_changed_byte_fails(sealed: Pack, tmp_path: Path) -> None:
    pdf, _ = write_out(sealed, tmp_path)
    data = bytearray(pdf.read_bytes())
    data[len(data) // 2] ^= 1
    pdf.write_bytes(bytes(data))
    assert not verify(pdf, sealed.manifest_sha256)


def test_a_sealed_pack_refuses_every_change(sealed: Pack, clerk: Any) -> None:
    sealed.pages = 1
    with pytest.raises(TypeError, match="never changed"):
        sealed.save()
    with pytest.raises(TypeError, match="never changed"):
        Pack.objects.filter(pk=sealed.pk).update(pages=1)
    for delete in (sealed.delete, Pack.objects.filter(pk=sealed.pk).delete):
        with pytest.raises(TypeError, match="never deleted"):
            delete()
    with pytest.raises(Refused):
        fsm.apply(Pack.objects.get(pk=sealed.pk), "seal", by=clerk, because="again", at=legal.AT)
    assert Pack.objects.get(pk=sealed.pk).pages > 1


def test_the_database_refuses_a_sealed_pack_that_is_not_whole(sealed: Pack) -> None:
    for wrong in (
        "sealed_at = NULL", "sealed_by_id = NULL", "state = 'draft'", "state = 'lost'", "pages = 0", "missing = '[\"x\"]'",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE legal_pack SET {wrong} WHERE id = %s", [sealed.pk])


def test_one_version_has_one_pack(sealed: Pack) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        columns = ", ".join(f.column for f in Pack._meta.concrete_fields if f.name != "id")
        cursor.execute(
            f"INSERT INTO legal_pack ({columns}) SELECT {columns} FROM legal_pack WHERE id = %s", [sealed.pk]
        )


def test_a_pack_lies_encrypted_under_a_key_of_its_own_and_goes_with_it(sealed: Pack, blobs: Path) -> None:
    assert sealed.key.kind == "pack"
    assert {d.key_id for d in (sealed.pdf, sealed.zip, sealed.manifest)} == {sealed.key_id}
    assert sealed.key_id != sealed.file.person_id
    kept = list((blobs / f"{sealed.key_id % 256:02x}" / str(sealed.key_id)).iterdir())
    assert len(kept) == 3
    assert not any(b"%PDF" in b.read_bytes() or b"Ashdown" in b.read_bytes() for b in kept)
    keys.destroy(sealed.key)
    with pytest.raises(DomainError, match="destroyed"):
        store.get(Pack.objects.select_related("pdf__key").get(pk=sealed.pk).pdf)


def test_the_pack_is_made_from_the_manifest_and_never_says_what_the_lawyer_found(
    file: LegalFile, clerk: Any, counsel: Any
) -> None:
    from legal.services.reviews import mend_defect, return_file, send_to_lawyer

    send_to_lawyer(file, on=legal.DAY, at=legal.AT, by=clerk)
    review = return_file(file, defects=["Who signed for the lender?"], on=legal.DAY, at=legal.AT, by=counsel)
    draft = build_pack(file, on=legal.DAY, at=LATER, by=clerk)
    assert [d.number for d in draft.checklist.defects] == [1]
    assert draft.pack.version == 1  # a defect is no content: the sealed version still stands
    assert b"Who signed" not in store.get(draft.pack.manifest)
    mend_defect(review.defects.get(), answer="The branch manager, power of attorney of 2020", on=legal.DAY, by=clerk)


def test_build_or_seal_seals_what_is_complete_and_drafts_what_is_not(file: LegalFile, clerk: Any) -> None:
    poor = open_file(
        legal.a_referred_case(contract=False, number="L-2"), on=legal.DAY, by=clerk, because="referred"
    )  # fmt: skip
    assert build_or_seal(poor, on=legal.DAY, at=legal.AT, by=clerk).pack.state == "draft"
    assert build_or_seal(file, on=legal.DAY, at=legal.AT, by=clerk).pack.state == "sealed"


def test_a_court_that_has_no_layout_is_refused_by_name(file: LegalFile, clerk: Any) -> None:
    with pytest.raises(DomainError, match="There is no court layout “moon”; there are: "):
        build_pack(file, on=legal.DAY, at=legal.AT, by=clerk, court="moon")
    file.refresh_from_db()
    assert (file.court, file.state) == ("plain", "open")


def test_the_name_of_the_court_stands_on_the_cover(file: LegalFile, clerk: Any) -> None:
    set_court(file, court="plain", court_name="In the Circuit Court of Cook County", by=clerk, because="venue")
    facts = manifest_of(build_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack)
    assert facts["claim"]["court"] == "In the Circuit Court of Cook County"


def test_a_chinese_debtor_comes_out_readable(clerk: Any, tmp_path: Path) -> None:
    import pypdfium2

    case = legal.a_referred_case(language="zh-hant", name="溫予棠")
    file = open_file(case, on=legal.DAY, by=clerk, because="referred")
    pack = seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack
    assert manifest_of(pack)["han"] == "zh-hant"
    pdf, _ = write_out(pack, tmp_path)
    assert "溫予棠" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    assert "溫" not in pdf.name
