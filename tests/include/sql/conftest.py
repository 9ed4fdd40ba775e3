"""What the version of PostgreSQL decides: all tests of the scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder: they run once more on another version of PostgreSQL."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("postgres_version")
