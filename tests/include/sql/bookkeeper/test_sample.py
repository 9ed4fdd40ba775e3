"""All stages of bookkeeper, one after the other, on the sample warehouse."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table, run_stage
from tests.support.warehouse import Warehouse


@pytest.mark.parametrize("client_id", ["enercity", "q-cells"])
def test_sample_passes_every_stage(sample_warehouse: Warehouse, client_id: str) -> None:
    for stage in ("prechecks", "init", "postchecks", "cleanup"):
        runs = run_stage(sample_warehouse, "bookkeeper", stage, client_id)
        if stage.endswith("checks"):
            assert [run.row for run in runs if not run.passed] == []

    assert len(read_table(sample_warehouse, "bookkeeper_results")) > 0
    assert len(read_table(sample_warehouse, "bookkeeper_tax_lines")) > 0


def test_second_run_stores_the_same_rows_in_the_same_order(sample_warehouse: Warehouse) -> None:
    tables = ("bookkeeper_results", "bookkeeper_tax_lines", "bookkeeper_document_headers")
    build_bookkeeper(sample_warehouse)
    first = {table: read_table(sample_warehouse, table) for table in tables}

    build_bookkeeper(sample_warehouse)

    assert {table: read_table(sample_warehouse, table) for table in tables} == first
