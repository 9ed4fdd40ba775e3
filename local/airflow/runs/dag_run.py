"""One run of the DAG by `airflow dags test`: its parameters, checked before it starts, and its course."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from billing_aggregator.run.params import SystemChoice, check_params
from billing_aggregator.scripts.selection import select_systems
from billing_aggregator.scripts.tree import find_scripts_root, read_script_tree
from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
from local.airflow.environment import DAG_ID
from local.airflow.process import airflow_processes
from local.airflow.runs.run_log import RunLog
from local.checkout import REPO


def run_conf(environment: Mapping[str, str], systems: Sequence[str] | None, *, dry_run: bool) -> dict[str, Any]:
    """The parameters of the run, checked before anything starts.

    :raises BillingAggregatorError: settings or script tree are wrong
    :raises ExportError: the parameters are wrong
    """
    settings = Settings.from_environment(environment)
    tree = read_script_tree(find_scripts_root(settings.scripts_dir, REPO / "dags"), settings.client_id)
    conf: dict[str, Any] = {}
    if systems:
        conf["systems"] = list(systems)
    if dry_run:
        conf["dry_run"] = True
    defaults = {
        "systems": select_systems(tree, settings.systems, settings.ignore_systems, DEFAULT_SYSTEMS),
        "max_rows_per_file": settings.export.max_rows_per_file,
        "business_date": None,
    }
    check_params(defaults | conf, SystemChoice(tree.names, tree.alternatives))
    return conf


def run_dag(environment: Mapping[str, str], conf: Mapping[str, Any], log: Path) -> RunLog:
    """Run the DAG once, in this checkout's Airflow; its output goes to ``log``, its progress to the terminal."""
    run = RunLog()
    arguments = ["dags", "test", DAG_ID, "--conf", json.dumps(conf)]
    with (
        log.open("w", encoding="utf-8") as output,
        airflow_processes(environment) as processes,
    ):
        process = processes.start(arguments, subprocess.PIPE)
        for line in process.stdout or ():
            output.write(line)
            run.read(line)
        process.wait()
    run.exit_code = process.returncode
    return run
