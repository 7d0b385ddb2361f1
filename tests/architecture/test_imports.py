"""The floors of the house: contracts of import-linter in pyproject.toml, and the proof that each can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("collections_app", "legal", "config")

# A contract, a file, the line that must not be allowed there, and who is named as the offender.
VIOLATIONS = [
    (
        "floors",
        "collections_app/kernel/stray.py",
        "from collections_app.services import dispatch",
        "collections_app.kernel is not allowed to import collections_app.services",
    ),
    (
        "floors",
        "collections_app/models/stray.py",
        "import collections_app.policy",
        "collections_app.models is not allowed to import collections_app.policy",
    ),
    (
        "channels",
        "collections_app/services/stray.py",
        "from collections_app import channels",
        "collections_app.services.stray -> collections_app.channels",
    ),
    (
        "channels",
        "legal/stray.py",
        "from collections_app.channels import registry",
        "legal.stray -> collections_app.channels",
    ),
    (
        "legal-uses-doors",
        "legal/stray.py",
        "from collections_app.compliance import gate",
        "legal.stray -> collections_app.compliance.gate",
    ),
    (
        "never-hears-of-legal",
        "collections_app/services/stray.py",
        "import legal.apps",
        "collections_app.services.stray -> legal.apps",
    ),
    (
        "nobody-imports-config",
        "legal/stray.py",
        "from config.env import text",
        "legal.stray -> config.env",
    ),
]


def lint(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in `where`."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *arguments],
        cwd=where,
        env={"PYTHONPATH": str(where), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "400", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the sources that a test may spoil."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "data", "locale")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_keeps_to_its_floor() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize(("contract", "file", "line", "told"), VIOLATIONS)
def test_an_import_across_a_wall_is_refused_by_name(
    house: Path, contract: str, file: str, line: str, told: str
) -> None:
    (house / file).write_text(line + "\n")
    answer = lint(house, "--contract", contract)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "1 broken" in answer.stdout
    assert told in answer.stdout


def test_a_new_package_must_be_given_its_floor(house: Path) -> None:
    (house / "collections_app" / "stray").mkdir()
    (house / "collections_app" / "stray" / "__init__.py").write_text("")
    answer = lint(house, "--contract", "floors")
    assert answer.returncode == 1
    assert "stray" in answer.stdout
