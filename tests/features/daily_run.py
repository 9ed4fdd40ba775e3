"""One run of the DAG in a scenario: what is set before it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow.sdk import DAG

from tests.dags.dag_runs import DagRunner, FinishedRun

SESSIONS = "select pid from pg_stat_activity where usename = 'billing_aggregator' and datname = current_database()"
BUILD = """
create table if not exists report_oibl.{system}_results (id int, amount numeric(10, 2));
truncate report_oibl.{system}_results;
insert into report_oibl.{system}_results select i, i * 1.10 from generate_series(1, {rows}) as i;
"""


@dataclass
class DailyRun:
    """The run of a scenario.

    :param settings: `BDA_*` variables on top of those of the scenario's warehouse and bucket
    :param prepare: gets the DAG before it runs
    :param log: everything that the last run has logged
    """

    runner: DagRunner
    settings: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[DAG], None] | None = None
    log: str = ""
    _dag: DAG | None = None
    _finished: FinishedRun | None = None

    def start(self, **conf: Any) -> None:
        """Run the DAG with these parameters and wait for its end."""
        self._finished = self.runner.run(settings=self.settings, prepare=self._keep_dag, **conf)

    @property
    def dag(self) -> DAG:
        """The DAG of the last run."""
        assert self._dag is not None, "the scenario has started no run"
        return self._dag

    @property
    def finished(self) -> FinishedRun:
        """The last run."""
        assert self._finished is not None, "the scenario has started no run"
        return self._finished

    def _keep_dag(self, dag: DAG) -> None:
        self._dag = dag
        if self.prepare:
            self.prepare(dag)
