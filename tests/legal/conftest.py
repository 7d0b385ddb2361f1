"""The people of the legal department, and a file whose case has all its papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from legal.services.files import assign_lawyer, open_file
from tests.factories import legal


@pytest.fixture(autouse=True)
def blobs(settings: Any, tmp_path: Path) -> Path:
    """A blob store of the test's own."""
    settings.BLOB_DIR = tmp_path / "blobs"
    return settings.BLOB_DIR


@pytest.fixture
def clerk(db: None) -> Any:
    return legal.a_legal_user("legal_clerk", name="temperance", full_name="Temperance Oduya")


@pytest.fixture
def counsel(db: None) -> Any:
    return legal.a_legal_user("lawyer", name="thackeray", full_name="C. Thackeray-Nwosu")


@pytest.fixture
def other_counsel(db: None) -> Any:
    return legal.a_legal_user("lawyer", name="quill", full_name="A. Quill")


@pytest.fixture
def legal_auditor(db: None) -> Any:
    return legal.a_legal_user("auditor", name="auditor-of-legal")


@pytest.fixture
def file(clerk: Any, counsel: Any) -> Any:
    """The file of a case that has everything a court asks for, given to its lawyer, nothing collected yet."""
    opened = open_file(legal.a_referred_case(), on=legal.DAY, by=clerk, because="referred by the supervisor")
    return assign_lawyer(opened, lawyer=counsel, by=clerk, because="our counsel for Illinois")
