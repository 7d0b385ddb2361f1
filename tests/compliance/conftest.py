"""The law that the tests of the gate stand on."""

from __future__ import annotations

import pytest

from tests.compliance.ground import load_law


@pytest.fixture
def law(db: None) -> None:
    """The shipped presets and ladder are loaded; registers were looked into."""
    load_law()
