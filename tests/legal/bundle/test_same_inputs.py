"""The same manifest and the same bytes give the same pack; and it is made of these alone."""

import json
import resource
import socket
import zipfile
from datetime import UTC, datetime

import pikepdf
import pytest
import time_machine

from collections_app.documents.digest import sha256, sha256_of_file
from collections_app.kernel.errors import DomainError
from legal.bundle.assemble import build
from legal.bundle.manifest import inputs_sha256


def test_the_same_manifest_gives_the_same_pdf_and_zip_to_the_byte_on_another_day(make_case, court, tmp_path):
    made = []
    for name, today in (("a", datetime(2026, 11, 26, tzinfo=UTC)), ("b", datetime(2033, 5, 6, tzinfo=UTC))):
        with time_machine.travel(today, tick=False):
            case = make_case(court)
            made.append(build(case.manifest, case.blobs, court=court, out=tmp_path / name))

    assert made[0].manifest_sha256 == made[1].manifest_sha256
    assert made[0].sha256 == made[1].sha256 == sha256_of_file(made[0].pdf) == sha256_of_file(made[1].pdf)
    assert sha256_of_file(made[0].zip) == sha256_of_file(made[1].zip)


def test_the_network_is_not_touched(case, court, tmp_path, monkeypatch):
    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("asked the network")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert build(case.manifest, case.blobs, court=court, out=tmp_path).pages == 21


def test_the_result_tells_what_was_built(pack, case):
    assert pack.sha256 == sha256_of_file(pack.pdf)
    assert pack.inputs_sha256 == inputs_sha256(case.manifest)
    with pikepdf.open(pack.pdf) as pdf:
        assert len(pdf.pages) == pack.pages
        manifest = pdf.Root.Names.EmbeddedFiles.Names[1].EF.F.read_bytes()
        assert pdf.attachments["manifest.json"].get_file().read_bytes() == manifest
    assert sha256(manifest) == pack.manifest_sha256
    assert not pack.too_large


def test_the_zip_holds_the_originals_to_the_byte_and_names_no_person(pack, case):
    with zipfile.ZipFile(pack.zip) as archive:
        names = archive.namelist()
        seal = json.loads(archive.read("seal.json"))
        for exhibit in json.loads(archive.read("manifest.json"))["made"]["exhibits"]:
            assert sha256(archive.read(exhibit["original"])) == exhibit["sha256"]
        assert archive.read("originals/01.pdf") == case.blobs(case.manifest.exhibits[0].sha256)
        assert archive.read("LF-0112-v3.pdf") == pack.pdf.read_bytes()
        assert json.loads(archive.read("originals/10.json"))[0]["clearance"] == "60901"
        readme = archive.read("README.txt").decode()

    assert pack.files == len(names) == 16
    assert "originals/09A.mp3" in names
    assert not any("溫" in name or "Wen" in name for name in names)
    assert seal["files"]["LF-0112-v3.pdf"]["sha256"] == pack.sha256
    assert seal["manifest_sha256"] == pack.manifest_sha256
    assert pack.manifest_sha256 in readme
    assert "could not be shown: The PDF is damaged" in readme


def test_nothing_is_stamped_with_a_date_but_that_of_the_sealing(pack):
    with zipfile.ZipFile(pack.zip) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with pikepdf.open(pack.pdf) as pdf:
        assert str(pdf.docinfo["/CreationDate"]) == "D:20261126140200Z"
        assert str(pdf.docinfo["/ModDate"]) == "D:20261126140200Z"


def test_every_font_is_inside_the_file(pack):
    with pikepdf.open(pack.pdf) as pdf:
        fonts = [
            each
            for each in pdf.objects
            if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == pikepdf.Name.FontDescriptor
        ]
        named = [
            each
            for each in pdf.objects
            if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == pikepdf.Name.Font
        ]
        assert fonts
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(each.keys()) for each in fonts)
        assert not any("Helvetica" in str(each.get("/BaseFont", "")) for each in named)


@pytest.mark.parametrize("room", [20_000, 320_000])
def test_a_disk_that_fills_up_leaves_nothing_half_done_and_the_old_pack_whole(pack, case, court, tmp_path, room):
    first = build(case.with_(version=2).manifest, case.blobs, court=court, out=tmp_path)
    old = {path.name: sha256_of_file(path) for path in tmp_path.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert room < pack.zip.stat().st_size

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(DomainError) as refused:
            build(case.manifest, case.blobs, court=court, out=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert refused.value.code == "disk_full"
    assert "make room and do it again" in refused.value.sentence
    assert {path.name: sha256_of_file(path) for path in tmp_path.iterdir()} == old
    assert first.pdf.exists()
    assert build(case.manifest, case.blobs, court=court, out=tmp_path).sha256 == pack.sha256
