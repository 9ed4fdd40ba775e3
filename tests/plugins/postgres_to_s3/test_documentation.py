"""docs/export.md: its example is a DAG that runs, and its table knows every argument of the operator."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.servers.stack import Stack
from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from tests.support.airflow_home import run_dag
from tests.support.bucket import Bucket, temporary_bucket
from tests.support.export_runner import export_runner
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse

DOCUMENT = (REPO / "docs" / "export.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[0]
ORDERS = """
create schema shop;
create table shop.orders (id int, day date);
insert into shop.orders values (1, '2026-11-22'), (2, '2026-11-22'), (3, '2026-11-23');
grant usage on schema shop to billing_aggregator;
grant select on shop.orders to billing_aggregator
"""


@pytest.fixture
def lake(stack: Stack) -> Iterator[Bucket]:
    """The bucket that the example names."""
    with temporary_bucket(stack, "lake") as bucket:
        yield bucket


def test_the_example_runs_in_somebody_elses_project(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, empty_warehouse: Warehouse, lake: Bucket
) -> None:
    empty_warehouse.execute(ORDERS)
    export_runner(monkeypatch, lake, empty_warehouse.environment | lake.environment)
    for name, given in (("SHOP", "BDA_WAREHOUSE"), ("LAKE", "BDA_S3")):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", os.environ[f"AIRFLOW_CONN_{given}"])
    found: dict[str, Any] = {}
    exec(EXAMPLE, found)  # noqa: S102 - it is the project's own document

    run = run_dag(found["dag"], logical_date=datetime(2026, 11, 22, tzinfo=UTC))

    assert run.state == "success"
    assert lake.keys() == ["orders/2026-11-22/orders.manifest.json", "orders/2026-11-22/orders_0000.csv"]
    assert lake.read("orders/2026-11-22/orders_0000.csv") == b"id,day\n1,2026-11-22\n2,2026-11-22\n"


def test_the_example_is_about_ten_lines() -> None:
    statements = [line for line in EXAMPLE.splitlines() if line and not line.startswith(("from", "import"))]

    assert len(statements) <= 10


def test_every_argument_is_documented() -> None:
    table = DOCUMENT.partition("## Arguments")[2].partition("\n## ")[0]
    arguments = set(inspect.signature(ChunkedSqlToS3Operator.__init__).parameters) - {"self", "kwargs"}

    assert [name for name in sorted(arguments) if f"`{name}`" not in table] == []
