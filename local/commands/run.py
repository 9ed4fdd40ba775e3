"""`run`: the whole pipeline once, on sample data, with real servers; ends in a summary a person can read."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from local.airflow.environment import caller_environment, names_own_s3, pipeline_environment, with_own_home
from local.airflow.preparation import add_scale_argument, logs_folder, prepare
from local.airflow.running_ui import require_no_other_scheduler
from local.airflow.runs.exports_folder import ExportsFolder
from local.checkout import EXPORTS
from local.servers.join import joined_stack

HELP = "run the pipeline once; its files are in exports/ afterwards"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a run may be asked for."""
    add_scale_argument(parser)
    parser.add_argument("--systems", type=_names, metavar="A,B", help="run these systems only")
    parser.add_argument("--dry-run", action="store_true", help="build and measure, and roll it back")


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Run the pipeline; 0 if the run succeeded, 1 if it failed."""
    require_no_other_scheduler(state_dir)
    # It imports Airflow, for which no other command has to wait.
    from local.airflow.runs.dag_run import run_conf, run_dag
    from local.airflow.runs.run_summary import summarize

    caller = with_own_home(caller_environment())
    with joined_stack(state_dir) as stack:
        print(stack.describe())
        conf = run_conf(pipeline_environment(stack, caller), arguments.systems, dry_run=arguments.dry_run)
        environment = prepare(stack, caller, arguments.scale, dry_run=arguments.dry_run)
        log = logs_folder(state_dir) / "run.log"
        started = time.monotonic()
        run = run_dag(environment, conf, log)
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
