"""The pages about the project name what is there: paths, names in the code, commands, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/operations.md",
    "docs/import_format.md",
    "docs/performance.md",
    "docs/subprime_tape.md",
)
BASES = (ROOT, ROOT / "collections_app", ROOT / "docs")
SUFFIXES = (".py", ".md", ".toml", ".txt", ".lock", ".yaml")
CODE = re.compile(r"`([^`\n]+)`")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def paths_in(page: str) -> set[str]:
    """Paths in backticks; `<type>`, `X.py` and names of files that people choose stand for others."""
    told = {word for word in CODE.findall(text_of(page)) if re.fullmatch(r"[\w./-]+", word)}
    return {w for w in told if w.rstrip("/").count("/") and w.endswith((*SUFFIXES, "/")) and not w.endswith("/X.py")}


@pytest.mark.parametrize("told", PAGES)
def test_every_path_that_a_page_names_is_there(told: str) -> None:
    missing = [p for p in sorted(paths_in(told)) if not any((base / p).exists() for base in BASES)]
    assert missing == []


@pytest.mark.parametrize("told", PAGES)
def test_every_link_of_a_page_leads_somewhere(told: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", text_of(told))
    assert [link for link in links if not ((ROOT / told).parent / link).exists()] == []


def test_every_name_that_the_checklists_ask_to_extend_is_in_the_code() -> None:
    names = {w for w in CODE.findall(text_of("CONTRIBUTING.md")) if re.fullmatch(r"_?[A-Z][A-Z_]+|_[a-z_]+", w)}
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "collections_app").rglob("*.py"))
    code += (ROOT / "config/settings/base.py").read_text(encoding="utf-8")
    assert {"_memo_key", "TYPES_NOT_BUILT", "CHUNK"} <= names
    assert [n for n in sorted(names - {"_at", "_on"}) if not re.search(rf"^ *(?:def )?{n}\b", code, re.MULTILINE)] == []


@pytest.mark.parametrize("told", PAGES)
def test_every_command_that_a_page_types_exists(told: str) -> None:
    typed = set(re.findall(r"(?:\./dev manage|manage\.py) ([a-z_]+)", text_of(told)))
    assert sorted(typed - set(get_commands())) == []


def test_the_pages_that_are_read_type_commands() -> None:
    """Should the pattern above ever find nothing, it would prove nothing."""
    assert {"load_policy", "import_loans", "run_day", "dispatch"} <= set(
        re.findall(r"\./dev manage ([a-z_]+)", text_of("README.md"))
    )
    assert "compliance/evaluation.py" in paths_in("CONTRIBUTING.md")
