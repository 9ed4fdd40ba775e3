"""A small tree, its results in a warehouse, and runs that build, check and read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest

from billing_aggregator.results.stamps import Stamp
from billing_aggregator.results.system_results import SystemResults, read_by_system
from billing_aggregator.run.current_run import CurrentRun
from billing_aggregator.run.lock import Holder
from billing_aggregator.run.tables import ensure_tables
from billing_aggregator.scripts.tree import Script, read_script_tree
from postgres_to_s3.postgres.session import Session
from tests.support.script_files import write_file, write_scripts
from tests.support.warehouse import Warehouse

DAY = date(2026, 11, 30)
SYSTEMS = """
systems:
  beta: {after: [alpha, other], amounts: {}}
  other: {instead_of: [alpha]}
  delta: {after: [alpha]}
"""
TREE = (
    *("prechecks/alpha/010_sources.sql", "init/alpha/010_read.sql", "init/alpha/020_build.sql"),
    *("postchecks/alpha/010_rows.sql", "postchecks/alpha/020_sums.sql", "history/alpha/010_keep.sql"),
    *("init/beta/010_build.sql", "postchecks/beta/010_rows.sql", "init/other/010_build.sql", "archive/delta/all.sql"),
)


@dataclass
class Shop:
    """The tree as it is deployed now, and the session of a task.

    :param marked: tasks that Airflow counts as a success though they have left no result
    """

    root: Path
    session: Session
    marked: set[str] = field(default_factory=set)

    def results(self, system: str) -> SystemResults:
        """The results of a system, as a task of the tree that is deployed now finds them."""
        return read_by_system(read_script_tree(self.root, "enercity"))[system]

    def script(self, path: str) -> Script:
        """A script of the tree."""
        stage, system, name = path.split("/")
        return next(each for each in self.results(system).system.stage(stage) if f"{each.name}.sql" == name)

    def run(self, run_id: str, *systems: str) -> CurrentRun:
        """A run that selects these systems."""

        def get_task_states(dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict[str, dict[str, str]]:
            return {run: {task: "success" for task in task_ids if task in self.marked} for run in run_ids}

        task: Any = SimpleNamespace(
            dag_id="batch", run_id=run_id, get_task_states=get_task_states, xcom_pull=lambda task_ids: None
        )
        return CurrentRun(Holder("enercity", "batch", run_id, "airflow"), DAY, systems or ("alpha", "beta"), task)

    def do(self, run: CurrentRun, *paths: str) -> Stamp:
        """Run these scripts with success; the stamp that the last one leaves."""
        for path in paths:
            script = self.script(path)
            results = self.results(script.system)
            stamp = results.begin(self.session, run, script)
            results.finish(self.session, stamp, script)
        return replace(stamp)

    def build_and_check(self, run: CurrentRun) -> Stamp:
        """Run the scripts of alpha up to its last postcheck."""
        return self.do(run, *TREE[:5])

    def refuse(self, run: CurrentRun, path: str) -> None:
        """Run a check that refuses the results."""
        script = self.script(path)
        self.results(script.system).begin(self.session, run, script)
        self.results(script.system).refuse(self.session, run, script)

    def stamped(self) -> list[tuple[Any, ...]]:
        """System, run and state of each stamp."""
        with self.session.cursor() as cursor:
            cursor.execute("select system, run_id, state from report_oibl_work.result_stamps order by 1, 2")
            return [tuple(row) for row in cursor.fetchall()]


@pytest.fixture
def shop(empty_warehouse: Warehouse, tmp_path: Path) -> Iterator[Shop]:
    """The tree of alpha, beta, delta, and of the other system that may take alpha's place."""
    write_scripts(tmp_path, *TREE)
    write_file(tmp_path, "systems.yaml", SYSTEMS)
    with closing(Session(psycopg2.connect(empty_warehouse.dsn))) as session:
        session.prepare()
        session.execute("set default_transaction_read_only = off")
        ensure_tables(session)
        yield Shop(tmp_path, session)
