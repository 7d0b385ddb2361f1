"""A changed pack shows, whether a byte fell over or a forger was at work; and it shows without settings or database."""

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pytest

from collections_app.documents.digest import sha256
from legal.bundle.assemble import build
from legal.bundle.seal import HOLE_KEY, TRAILER_KEY, ZEROS, printed_digest, seal_file, zip_comment
from legal.bundle.verify import verify

FLIPS = 200


def resealed(pdf: pikepdf.Pdf, path: Path) -> Path:
    """What a forger can do who has this program: save the changed file and make a new seal."""
    pdf.trailer[TRAILER_KEY] = pikepdf.String(ZEROS)
    pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    seal_file(path)
    return path


def repacked(source: Path, path: Path, changed: dict[str, bytes | None]) -> Path:
    """The archive with some files changed, added or taken out, its list brought into line, and a new seal."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name, data in changed.items():
        if data is None:
            del files[name]
        else:
            files[name] = data
    seal = json.loads(files.pop("seal.json"))
    seal["files"] = {name: {"sha256": sha256(data), "size": len(data)} for name, data in files.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (*files.items(), ("seal.json", json.dumps(seal).encode())):
            archive.writestr(name, data)
        archive.comment = zip_comment()
    seal_file(path)
    return path


def test_a_pack_as_it_was_built_is_whole(pack):
    for path in (pack.pdf, pack.zip):
        verdict = verify(path, pack.manifest_sha256)

        assert verdict
        assert verdict.problems == ()
        assert "origin: the digest given is that of the manifest" in verdict.checked
        assert verdict.manifest_sha256 == pack.manifest_sha256


def test_the_digest_may_be_typed_as_it_is_printed(pack):
    printed = " ".join(pack.manifest_sha256[n : n + 8] for n in range(0, 64, 8)).upper()

    assert verify(pack.pdf, printed).ok


def test_the_digest_of_the_pdf_itself_will_do_as_well(pack):
    assert "origin: the digest given is that of this PDF" in verify(pack.pdf, pack.sha256).checked
    assert "origin: the digest given is that of the PDF in this archive" in verify(pack.zip, pack.sha256).checked


def test_without_a_digest_the_answer_is_whole_but_origin_not_shown(pack):
    verdict = verify(pack.zip)

    assert verdict.ok
    assert verdict.checked[-1].startswith("whole, origin not shown")


def test_another_digest_is_not_taken(pack):
    verdict = verify(pack.pdf, "0" * 64)

    assert not verdict.ok
    assert "is not that of this pack" in verdict.problems[0]
    assert not any("origin" in each for each in verdict.checked)


@pytest.mark.parametrize("kind", ["pdf", "zip"])
def test_one_changed_bit_anywhere_shows(pack, tmp_path, kind):
    """No byte is inert: of 200 places spread over the file by chance, and of its first and last bytes, each shows."""
    data = bytearray(getattr(pack, kind).read_bytes())
    chance = random.Random(20261126)
    places = [chance.randrange(len(data)) for _ in range(FLIPS)] + [0, 1, 8, len(data) - 1, len(data) - 2]
    copy = tmp_path / f"copy.{kind}"

    unnoticed = []
    for place in places:
        bit = 1 << chance.randrange(8)
        data[place] ^= bit
        copy.write_bytes(data)
        if verify(copy).ok:
            unnoticed.append(place)
        data[place] ^= bit

    copy.write_bytes(data)
    assert verify(copy).ok
    assert unnoticed == []


@pytest.mark.parametrize("kind", ["pdf", "zip"])
def test_a_file_cut_off_or_grown_shows(pack, tmp_path, kind):
    data = getattr(pack, kind).read_bytes()
    copy = tmp_path / f"copy.{kind}"

    for changed in (data[:-1], data[: len(data) // 2], data + b"\n", data + b"%%EOF\n", b"", b"\n" + data):
        copy.write_bytes(changed)
        assert not verify(copy, pack.manifest_sha256).ok


def test_a_forged_figure_on_a_page_shows_even_with_a_new_seal(pack, tmp_path):
    with pikepdf.open(pack.pdf) as pdf:
        pdf.pages[10].contents_add(b"q 1 1 1 rg 400 400 100 20 re f Q")
        forged = resealed(pdf, tmp_path / "forged.pdf")

    verdict = verify(forged, pack.manifest_sha256)

    assert "Not as sealed: page 11." in verdict.problems


@pytest.mark.parametrize(
    "forge",
    [
        lambda pdf: pdf.pages.__delitem__(11),
        lambda pdf: pdf.pages.append(pdf.pages[3]),
        lambda pdf: pdf.pages.reverse(),
        lambda pdf: pdf.pages[6].obj.__setitem__("/Rotate", 180),
        lambda pdf: pdf.Root.Pages.__setitem__("/Rotate", 180),
        lambda pdf: (
            pdf.pages[1].obj.Annots[0].__setitem__("/Dest", pikepdf.Array([pdf.pages[0].obj, pikepdf.Name.Fit]))
        ),
        lambda pdf: pdf.pages[1].obj.__delitem__("/Annots"),
        lambda pdf: pdf.Root.__delitem__("/Outlines"),
        lambda pdf: pdf.Root.Outlines.First.__setitem__("/Title", "Another"),
        lambda pdf: pdf.Root.Outlines.First.__setitem__("/Dest", pikepdf.Array([pdf.pages[5].obj, pikepdf.Name.Fit])),
        lambda pdf: pdf.Root.__setitem__(
            "/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        ),
        lambda pdf: pdf.docinfo.__setitem__("/Title", "Another pack"),
        lambda pdf: pdf.attachments.__setitem__("other.txt", b"x"),
        lambda pdf: pdf.pages[0].obj.Resources.Font.__delitem__("/DwFont"),
    ],
)
def test_whatever_else_a_forger_changes_around_the_pages_shows(pack, tmp_path, forge):
    with pikepdf.open(pack.pdf) as pdf:
        forge(pdf)
        forged = resealed(pdf, tmp_path / "forged.pdf")

    assert not verify(forged, pack.manifest_sha256).ok


def test_a_page_may_not_hide_behind_the_mark_of_a_hole(pack, tmp_path):
    with pikepdf.open(pack.pdf) as pdf:
        pdf.pages[10].obj.Contents[1][HOLE_KEY] = pikepdf.Name("/short")
        forged = resealed(pdf, tmp_path / "forged.pdf")

    assert "Not as sealed: page 11." in verify(forged, pack.manifest_sha256).problems


def test_another_digest_in_print_shows(pack, tmp_path):
    with pikepdf.open(pack.pdf) as pdf:
        manifest = json.loads(pdf.attachments["manifest.json"].get_file().read_bytes())
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream) and each.get(HOLE_KEY) == "/long":
                each.write(printed_digest("/long", "0" * 64, manifest["made"]["digest_glyphs"]))
        forged = resealed(pdf, tmp_path / "forged.pdf")

    assert "The digest printed on the pages is not the digest of the manifest." in verify(forged).problems


def test_a_forged_manifest_shows_by_the_digest_from_elsewhere(pack, tmp_path):
    """A forger may make all within the file agree; then only the digest that the reader brought tells."""
    with pikepdf.open(pack.pdf) as pdf:
        manifest = pdf.attachments["manifest.json"].get_file().read_bytes().replace(b"6597.04", b"9597.04")
        glyphs = json.loads(manifest)["made"]["digest_glyphs"]
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream) and HOLE_KEY in each:
                name = str(each[HOLE_KEY])
                each.write(manifest if name == "/manifest" else printed_digest(name, sha256(manifest), glyphs))
        forged = resealed(pdf, tmp_path / "forged.pdf")

    assert verify(forged).ok
    assert not verify(forged, pack.manifest_sha256).ok
    assert not verify(forged, pack.sha256).ok


def test_saved_again_by_another_program_a_pack_is_no_longer_whole(pack, tmp_path):
    with pikepdf.open(pack.pdf) as pdf:
        pdf.save(tmp_path / "saved.pdf", qdf=True)

    assert not verify(tmp_path / "saved.pdf").ok


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"originals/02.pdf": b"another payment order"}, "tab 2"),
        ({"originals/02.pdf": None}, "tab 2"),
        ({"originals/10.json": b"[]"}, "tab 10"),
        ({"originals/99.pdf": b"%PDF-1.7"}, "originals/99.pdf"),
        ({"manifest.json": b'{"format":"dunwell-pack/1"}'}, "damaged"),
        ({"manifest.json": None}, "no manifest.json"),
        ({"LF-0112-v3.pdf": None}, "not one pack"),
    ],
)
def test_a_forged_archive_shows_even_with_a_new_seal(pack, tmp_path, changed, told):
    verdict = verify(repacked(pack.zip, tmp_path / "forged.zip", changed), pack.manifest_sha256)

    assert not verdict.ok
    assert any(told in problem for problem in verdict.problems)


def test_the_pdf_of_another_version_in_the_archive_shows(pack, case, court, tmp_path):
    other = build(case.with_(version=4).manifest, case.blobs, court=court, out=tmp_path)
    forged = repacked(pack.zip, tmp_path / "forged.zip", {"LF-0112-v3.pdf": other.pdf.read_bytes()})

    assert any("not the one attached to its PDF" in each for each in verify(forged).problems)


def test_an_archive_made_to_fill_a_disk_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("seal.json", b"{}")
        archive.writestr("manifest.json", b"0" * 50_000_000)
        archive.comment = zip_comment()
    seal_file(path)

    assert any("it was not unpacked" in each for each in verify(path).problems)


def test_what_is_no_pack_is_told_so(tmp_path):
    plain = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
    for name, data in (("a.pdf", plain.getvalue()), ("a.txt", b"hello"), ("a.zip", b"PK\x03\x04"), ("e", b"")):
        (tmp_path / name).write_bytes(data)
        assert not verify(tmp_path / name).ok
    assert "There is no file" in verify(tmp_path / "none.pdf").problems[0]
    assert "is not a digest" in verify(tmp_path / "a.pdf", "3f9c").problems[0]


def test_it_needs_no_settings_no_database_and_no_renderer(pack):
    script = (
        "import sys; from pathlib import Path; from legal.bundle.verify import verify; "
        "verdict = verify(Path(sys.argv[1]), sys.argv[2]); "
        "print(verdict.ok, 'weasyprint' in sys.modules, 'django.db' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(pack.zip), pack.manifest_sha256],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )

    assert (run.stdout.strip(), run.stderr) == ("True False False", "")
