"""Fixtures for comparisons: files as an export writes them, and an empty database to compare in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from local.comparison.compare import Comparison, Rules, compare
from local.comparison.sources import CsvSource, find_source
from local.servers.stack import Stack
from tests.support.warehouse import temporary_warehouse

_numbers = itertools.count(1)

Compare = Callable[..., Comparison]
MakeSource = Callable[..., CsvSource]


@pytest.fixture
def make_source(tmp_path: Path) -> MakeSource:
    """Writes a CSV file and gives its folder as a source; further texts are further files."""

    def make(*texts: str, types: dict[str, str] | None = None) -> CsvSource:
        folder = tmp_path / f"side-{next(_numbers)}"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"export_{number:04d}.csv").write_bytes(text.encode())
        source = find_source(str(folder))
        assert isinstance(source, CsvSource)
        return CsvSource(source.name, source.files, source.dialect, types or {})

    return make


@pytest.fixture
def compare_rows(stack: Stack) -> Compare:
    """Compares two sources by rules that are given as keywords."""

    def run(left: CsvSource, right: CsvSource, **rules: object) -> Comparison:
        with (
            temporary_warehouse(stack, f"comparison_{next(_numbers)}", "template0") as database,
            psycopg.connect(database.admin_dsn, autocommit=True) as connection,
        ):
            return compare(connection, left, right, Rules(**rules), lambda line: None)  # type: ignore[arg-type]

    return run
