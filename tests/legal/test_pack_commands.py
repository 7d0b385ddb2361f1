"""build_pack and verify_pack as a program sees them: one JSON object, exit codes, sentences."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collections_app.models import AccessRecord, LoanDocument
from legal.models import LegalFile, Pack
from tests.factories import legal

DATE = legal.DAY.isoformat()


def run(name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON object of a command."""
    out = StringIO()
    code = 0
    try:
        call_command(name, *arguments, "--json", stdout=out, stderr=StringIO())
    except CommandError as error:
        code = error.returncode
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    return code, json.loads(lines[0])


def test_a_complete_file_is_built_sealed_and_verified(file: LegalFile, tmp_path: Path) -> None:
    code, built = run("build_pack", file.number, "--out", str(tmp_path), "--on", DATE, "--unsigned")
    assert code == 0
    assert {"pack", "version", "pages", "files", "sha256", "manifest_sha256", "missing", "seconds"} <= set(built)
    assert (built["pack"], built["version"], built["missing"]) == (f"{file.number}-v1", 1, [])
    assert (built["sealed"], built["signed"]) == (True, False)
    pdf, archive = tmp_path / f"{built['pack']}.pdf", tmp_path / f"{built['pack']}.zip"
    assert pdf.exists()
    assert archive.exists()
    [taken] = AccessRecord.objects.filter(kind="download", what=f"pack:{built['id']}")
    assert taken.because == f"written into {tmp_path} by build_pack"[:200]
    assert taken.user.get_username() == "daily-run"

    for path in (pdf, archive):
        code, told = run("verify_pack", str(path), "--digest", built["manifest_sha256"], "--against-database")
        assert (code, told["ok"], told["problems"]) == (0, True, [])
        assert any(f"register: version 1 of file {file.number}, sealed " in line for line in told["checked"])
    code, told = run("verify_pack", str(pdf), "--digest", built["sha256"])
    assert code == 0
    code, told = run("verify_pack", str(pdf))
    assert any("whole, origin not shown" in line for line in told["checked"])


def test_the_same_again_is_the_same_version_and_a_change_the_next(file: LegalFile, tmp_path: Path) -> None:
    arguments = (str(file.pk), "--out", str(tmp_path), "--on", DATE)
    _, first = run("build_pack", *arguments)
    _, again = run("build_pack", *arguments)
    assert [again[k] for k in ("version", "sha256", "manifest_sha256", "unchanged")] == [
        1, first["sha256"], first["manifest_sha256"], True,
    ]  # fmt: skip
    later = dt.datetime.combine(legal.DAY, dt.time(17), tzinfo=dt.UTC)
    legal.a_delivered_letter(file.case, at=later - dt.timedelta(days=4), step="legal_notice")
    _, second = run("build_pack", *arguments)
    assert (second["version"], second["unchanged"]) == (2, False)
    assert sorted(p.name for p in tmp_path.glob(f"{file.number}-v*.pdf")) == [f"{file.number}-v{n}.pdf" for n in (1, 2)]


def test_an_incomplete_file_gives_a_draft_and_names_what_is_missing(file: LegalFile, tmp_path: Path) -> None:
    LoanDocument.objects.filter(kind="payout_proof").delete()
    code, built = run("build_pack", file.number, "--out", str(tmp_path), "--on", DATE)
    assert code == 0
    assert (built["sealed"], [m["item"] for m in built["missing"]]) == (False, ["disbursement"])
    assert built["missing"][0]["name"] == "Proof that the loan was paid out"
    code, told = run("verify_pack", built["pdf"], "--against-database")
    assert code == 1
    assert told["problems"] == [
        f"register: this is a draft of version 1 of file {file.number}, which was never sealed."
    ]


def test_an_unknown_file_court_or_user_is_refused_with_a_sentence(file: LegalFile, tmp_path: Path) -> None:
    for arguments, told in (
        (("LF-9999",), "There is no legal file “LF-9999”. Write its number, such as LF-0112."),
        (("²",), "There is no legal file “²”. Write its number, such as LF-0112."),
        ((file.number, "--by", "nobody"), "There is no active user “nobody”."),
        ((file.number, "--court", "moon"), "There is no court layout “moon”"),
    ):
        code, answer = run("build_pack", *arguments, "--out", str(tmp_path), "--on", DATE)
        assert code == 1
        assert answer["error"]["sentence"].startswith(told)
    assert not Pack.objects.exists()
    assert not list(tmp_path.glob("*.pdf"))


def test_a_person_without_the_right_builds_nothing(file: LegalFile, tmp_path: Path, counsel: Any) -> None:
    code, answer = run("build_pack", file.number, "--out", str(tmp_path), "--by", counsel.username)
    assert code == 1
    assert "legal.build_pack" in answer["error"]["sentence"]
    assert not Pack.objects.exists()


def test_a_day_that_is_none_is_wrong_usage(file: LegalFile) -> None:
    with pytest.raises(CommandError, match="is not a date such as"):
        call_command("build_pack", file.number, "--on", "25.3.2026")


def test_a_file_that_is_no_pack_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(legal.a_pdf("a letter"))
    code, told = run("verify_pack", str(path))
    assert (code, told["ok"]) == (1, False)
    assert told["problems"]
    code, told = run("verify_pack", str(tmp_path / "nothing.pdf"))
    assert (code, told["ok"]) == (1, False)


def test_verifying_asks_no_database(tmp_path: Path) -> None:
    # No `db` fixture: any query would end this test.
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"%PDF-1.7 cut off")
    assert run("verify_pack", str(path))[0] == 1
