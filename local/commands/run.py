"""`run`: the whole pipeline once, on sample data, with real servers; ends in a summary a person can read."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from billing_aggregator.pipeline.run_params import SystemChoice, check_params
from billing_aggregator.scripts.selection import select_systems
from billing_aggregator.scripts.tree import find_scripts_root, read_script_tree
from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
from local.airflow.environment import (
    DAG_ID,
    caller_environment,
    names_own_s3,
    pipeline_environment,
    with_own_home,
)
from local.airflow.exports_folder import ExportsFolder
from local.airflow.preparation import add_scale_argument, logs_folder, prepare
from local.airflow.process import airflow_processes
from local.airflow.run_log import RunLog
from local.airflow.run_summary import summarize
from local.checkout import EXPORTS, REPO
from local.servers.join import joined_stack

HELP = "run the pipeline once; its files are in exports/ afterwards"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a run may be asked for."""
    add_scale_argument(parser)
    parser.add_argument("--systems", type=_names, metavar="A,B", help="run these systems only")
    parser.add_argument("--dry-run", action="store_true", help="build and measure, write nothing to S3")


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Run the pipeline; 0 if the run succeeded, 1 if it failed."""
    caller = with_own_home(caller_environment())
    with joined_stack(state_dir) as stack:
        print(stack.describe())
        conf = _run_conf(pipeline_environment(stack, caller), arguments.systems, dry_run=arguments.dry_run)
        environment = prepare(stack, caller, arguments.scale)
        log = logs_folder(state_dir) / "run.log"
        started = time.monotonic()
        run = _run_dag(environment, conf, log)
        files = None
        if run.has_written and not names_own_s3(caller):
            exports = ExportsFolder(stack.s3_client(), environment["BDA_S3_BUCKET"], EXPORTS)
            exports.update()
            files = exports.path
    print(summarize(run, time.monotonic() - started, log, files))
    return 0 if run.succeeded else 1


def _names(text: str) -> list[str]:
    """The names in a list with commas."""
    return [name.strip() for name in text.split(",")]


def _run_conf(environment: Mapping[str, str], systems: Sequence[str] | None, *, dry_run: bool) -> dict[str, Any]:
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


def _run_dag(environment: Mapping[str, str], conf: Mapping[str, Any], log: Path) -> RunLog:
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
