"""`make run`: the whole pipeline once, on sample data, with real servers; ends in a summary a person can read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from billing_aggregator.errors import BillingAggregatorError
from billing_aggregator.pipeline.run_params import SystemChoice, check_params
from billing_aggregator.scripts.tree import find_scripts_root, read_script_tree, select_systems
from billing_aggregator.settings.settings import Settings
from local.airflow_child import airflow_child
from local.airflow_environment import (
    REPO,
    caller_environment,
    log_file,
    names_own_s3,
    pipeline_environment,
    prepare,
    with_own_home,
)
from local.errors import StackError
from local.mirror import mirror_bucket
from local.run_log import RunLog
from local.run_summary import summarize
from local.stack import Stack, default_state_dir, joined_stack

DAG_ID = "billing_data_aggregator"


def main() -> int:
    """Run the pipeline; 0 if the run succeeded, 1 if it failed, 2 if it could not start, 130 after Ctrl-C."""
    caller = with_own_home(caller_environment())
    try:
        with joined_stack(default_state_dir(REPO)) as stack:
            return _run(stack, caller)
    except (BillingAggregatorError, StackError) as error:
        print(f"\nNot run: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _run(stack: Stack, caller: Mapping[str, str]) -> int:
    print(stack.describe())
    conf = _run_conf(pipeline_environment(stack, caller), caller)
    environment = prepare(stack, caller)
    log = log_file(stack, "run")
    started = time.monotonic()
    run = _run_dag(environment, conf, log)
    mirror = None
    if run.has_written and not names_own_s3(caller):
        mirror = mirror_bucket(stack.s3_client(), environment["BDA_S3_BUCKET"], REPO / "exports")
    print(summarize(run, time.monotonic() - started, log, mirror))
    return 0 if run.succeeded else 1


def _run_conf(environment: Mapping[str, str], caller: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that the caller's SYSTEMS and DRY_RUN stand for, checked before anything starts.

    :raises BillingAggregatorError: settings, script tree or parameters are wrong
    """
    settings = Settings.from_environment(environment)
    tree = read_script_tree(find_scripts_root(settings.scripts_dir, REPO / "dags"), settings.client_id)
    conf: dict[str, Any] = {}
    if caller.get("SYSTEMS"):
        conf["systems"] = [name.strip() for name in caller["SYSTEMS"].split(",")]
    defaults = {
        "systems": select_systems(tree, settings.systems, settings.ignore_systems),
        "max_rows_per_file": settings.max_row_size_file,
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
        airflow_child(arguments, environment, subprocess.PIPE) as process,
    ):
        for line in process.stdout or ():
            output.write(line)
            run.read(line)
        process.wait()
    run.exit_code = process.returncode
    return run


if __name__ == "__main__":
    sys.exit(main())
