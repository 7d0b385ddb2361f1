"""What a channel may know: the envelope and the outside, nothing of the house."""

import ast
from pathlib import Path

import pytest

import collections_app.channels

FOLDER = Path(collections_app.channels.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
ABOVE_AND_BESIDE = ("models", "policy", "compliance", "scoring", "services", "daily", "admin", "api", "tasks")


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_modules_are_found():
    names = {path.stem for path in MODULES}
    assert names >= {"base", "registry", "console", "sms", "email", "letter", "phone", "visit", "push"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_channel_imports_neither_models_nor_services(path):
    for name in imported(ast.parse(path.read_text())):
        assert not name.startswith(tuple(f"collections_app.{floor}" for floor in ABOVE_AND_BESIDE)), name
        assert not name.startswith(("legal", "config", "django.db", "django.core.mail.backends")), name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_channel_reads_no_clock(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "today", "utcnow", "time", "time_ns", "monotonic"}, node.attr
    assert "collections_app.kernel.clock" not in set(imported(ast.parse(path.read_text())))
