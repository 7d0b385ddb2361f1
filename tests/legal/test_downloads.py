"""Packs are taken by a link for one person that ends; each use of it is logged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from collections_app.kernel.errors import DomainError, Refused
from collections_app.models import AccessRecord
from legal.bundle.verify import verify
from legal.models import LegalFile, Pack, PackDownload, PackLink
from legal.services.downloads import fetch, make_link
from legal.services.files import assign_lawyer
from legal.services.packs import build_pack, seal_pack
from tests.factories import legal
from tests.factories.staff import a_machine

AT = legal.AT


@pytest.fixture
def pack(file: LegalFile, clerk: Any) -> Pack:
    return seal_pack(file, on=legal.DAY, at=AT, by=clerk).pack


def test_the_lawyer_of_the_file_takes_the_pack_and_each_time_is_logged(pack: Pack, counsel: Any, tmp_path: Any) -> None:
    link = make_link(pack, what="pdf", at=AT, by=counsel, because="to review version 1")
    for hours in (1, 2):
        taken = fetch(link.token, at=AT + dt.timedelta(hours=hours), by=counsel)
    assert (taken.name, taken.media_type) == (f"{pack.file.number}-v1.pdf", "application/pdf")
    path = tmp_path / taken.name
    path.write_bytes(taken.data)
    assert verify(path, pack.manifest_sha256)
    log = list(PackDownload.objects.order_by("pk").values_list("user", "at", "because", "pack"))
    assert log == [(counsel.pk, AT + dt.timedelta(hours=n), "to review version 1", pack.pk) for n in (1, 2)]
    assert AccessRecord.objects.filter(kind="download", what=f"pack:{pack.pk}", user=counsel).count() == 2


def test_a_link_ends_after_a_day(pack: Pack, counsel: Any) -> None:
    link = make_link(pack, what="zip", at=AT, by=counsel, because="to review")
    assert fetch(link.token, at=AT + dt.timedelta(hours=23, minutes=59), by=counsel).name.endswith(".zip")
    with pytest.raises(DomainError, match="This link ended on 26 Mar 2026, 15:30 UTC"):
        fetch(link.token, at=AT + dt.timedelta(hours=24), by=counsel)
    assert PackDownload.objects.count() == 1


def test_a_link_works_for_nobody_else_and_its_token_is_kept_nowhere(pack: Pack, counsel: Any, clerk: Any) -> None:
    link = make_link(pack, what="pdf", at=AT, by=counsel, because="to review")
    with pytest.raises(Refused, match="made for somebody else"):
        fetch(link.token, at=AT, by=clerk)
    with pytest.raises(DomainError, match="no such link"):
        fetch(link.token + "x", at=AT, by=counsel)
    assert link.token not in str(PackLink.objects.values().get())
    assert not PackDownload.objects.exists()


def test_a_stranger_to_the_file_gets_no_link(
    pack: Pack, other_counsel: Any, legal_auditor: Any, collector: Any
) -> None:
    for stranger in (other_counsel, legal_auditor, collector):
        with pytest.raises(Refused):
            make_link(pack, what="pdf", at=AT, by=stranger, because="curious")
    assert not PackLink.objects.exists()


def test_a_lawyer_from_whom_the_file_was_taken_cannot_use_an_old_link(
    pack: Pack, file: LegalFile, clerk: Any, counsel: Any, other_counsel: Any
) -> None:
    link = make_link(pack, what="pdf", at=AT, by=counsel, because="to review")
    assign_lawyer(file, lawyer=other_counsel, by=clerk, because="a conflict of interest")
    with pytest.raises(Refused, match="was not given to you"):
        fetch(link.token, at=AT, by=counsel)
    assert not PackDownload.objects.exists()


def test_a_draft_stays_in_the_department(file: LegalFile, clerk: Any, counsel: Any) -> None:
    draft = build_pack(file, on=legal.DAY, at=AT, by=clerk).pack
    with pytest.raises(Refused, match="A draft stays in the department"):
        make_link(draft, what="pdf", at=AT, by=counsel, because="early look")
    assert fetch(make_link(draft, what="pdf", at=AT, by=clerk, because="preview").token, at=AT, by=clerk).data


def test_a_link_says_what_for_and_machines_take_nothing_away(pack: Pack, clerk: Any) -> None:
    with pytest.raises(DomainError, match="Say what the pack is taken for"):
        make_link(pack, what="pdf", at=AT, by=clerk, because=" ")
    with pytest.raises(Refused, match="Only a person"):
        make_link(pack, what="pdf", at=AT, by=a_machine("daily-run"), because="backup")


def test_the_log_is_append_only(pack: Pack, clerk: Any) -> None:
    link = make_link(pack, what="pdf", at=AT, by=clerk, because="for the file")
    fetch(link.token, at=AT, by=clerk)
    for row in (PackDownload.objects.get(), PackLink.objects.get()):
        with pytest.raises(TypeError, match="append-only"):
            row.save()
        with pytest.raises(TypeError, match="append-only"):
            row.delete()
