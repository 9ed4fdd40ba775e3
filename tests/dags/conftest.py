"""Fixtures of the DAG's tests: a tree of three small systems and a runner for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dags.dag_runs import DagRunner
from tests.support.bucket import Bucket
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse

BUILD = """
create table if not exists report_oibl.{system}_results (id int, amount numeric(10, 2));
truncate report_oibl.{system}_results;
insert into report_oibl.{system}_results select i, i * 1.10 from generate_series(1, {rows}) as i;
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """alpha; beta, which comes after alpha; gamma, which depends on nobody; delta, which only archives."""
    root = tmp_path / "sql"
    for system, rows in (("alpha", 5), ("beta", 3), ("gamma", 2)):
        write_file(root, f"init/{system}/010_build.sql", BUILD.format(system=system, rows=rows))
    write_file(root, "postchecks/alpha/010_rows.sql", "select count(*) > 0 as has_rows from report_oibl.alpha_results")
    write_file(root, "archive/delta/numbers.sql", "select i as number from generate_series(1, 3) as i;\n")
    write_file(root, "systems.yaml", "systems: {beta: {after: [alpha]}}\n")
    return root


@pytest.fixture
def runner(
    monkeypatch: pytest.MonkeyPatch,
    airflow_home: Path,
    empty_warehouse: Warehouse,
    bucket: Bucket,
    scripts: Path,
) -> DagRunner:
    """Runs the three systems unless the run's parameters say otherwise."""
    monkeypatch.setenv("BDA_SYSTEMS", "alpha,beta,gamma")
    return DagRunner(monkeypatch, empty_warehouse, bucket, scripts)
