"""Fixtures for comparisons: files as an export writes them, and a comparison of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from local.comparison.compare import Comparison, Rules, compare
from local.comparison.sources import Source, find_source

_numbers = itertools.count(1)

Compare = Callable[..., Comparison]
MakeSource = Callable[..., Source]


@pytest.fixture
def make_source(tmp_path: Path) -> MakeSource:
    """Writes a CSV file and gives its folder as a source; further texts are further files."""

    def make(*texts: str, types: dict[str, str] | None = None) -> Source:
        folder = tmp_path / f"side-{next(_numbers)}"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"export_{number:04d}.csv").write_bytes(text.encode())
        source = find_source(str(folder))
        return Source(source.name, source.files, source.dialect, types or {})

    return make


@pytest.fixture
def compare_rows() -> Compare:
    """Compares two sources by rules that are given as keywords."""

    def run(left: Source, right: Source, **rules: object) -> Comparison:
        return compare(left, right, Rules(**rules), progress=lambda line: None)  # type: ignore[arg-type]

    return run
