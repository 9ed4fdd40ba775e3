"""`ui`: Airflow with scheduler and UI on the embedded servers and their sample data, until Ctrl-C."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from local.airflow.environment import DAG_ID, caller_environment, names_own_s3, with_own_home
from local.airflow.preparation import add_scale_argument, logs_folder, prepare
from local.airflow.running_ui import announced_ui, require_no_second_ui
from local.airflow.runs.exports_folder import ExportsFolder
from local.airflow.service import AirflowService, airflow_service
from local.checkout import EXPORTS
from local.servers.stack import Stack
from local.servers.start import running_stack
from local.servers.watch import require_running

HELP = "run Airflow with its UI on the sample data until Ctrl-C"
WATCH_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--scale`."""
    add_scale_argument(parser)


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Serve the UI until a signal ends the process.

    :raises EndedError: a server or a part of Airflow has ended by itself
    :raises StackError: it is running already
    """
    require_no_second_ui(state_dir)
    caller = with_own_home(caller_environment())
    # Announced before its address is known: a run that begins meanwhile would be executed twice, too.
    with running_stack(state_dir, joinable=True) as stack, announced_ui(state_dir):
        print(stack.describe())
        environment = prepare(stack, caller, arguments.scale)
        exports = None if names_own_s3(caller) else _exports_folder(stack, environment)
        logs = logs_folder(state_dir)
        print(f"Airflow: starting, logs in {logs}", flush=True)
        with airflow_service(environment, logs) as service, announced_ui(state_dir, service.url):
            service.wait_until_ready(print)
            _introduce(service, exports)
            try:
                _watch(stack, service, exports)
            except KeyboardInterrupt:
                print("\nStopping Airflow and the servers ...", flush=True)
                raise


def _exports_folder(stack: Stack, environment: Mapping[str, str]) -> ExportsFolder:
    return ExportsFolder(stack.s3_client(), environment["BDA_S3_BUCKET"], EXPORTS)


def _introduce(service: AirflowService, exports: ExportsFolder | None) -> None:
    print(f"\nAirflow is ready: {service.url}/dags/{DAG_ID} (no login)")
    if exports:
        exports.update()
        print(f"Exported files:   {exports.path.as_uri()} (as in the bucket, after each export)")
    print("Ctrl-C stops it.", flush=True)


def _watch(stack: Stack, service: AirflowService, exports: ExportsFolder | None) -> NoReturn:
    while True:
        require_running(stack)
        service.require_running()
        # A server that does not answer is either busy or found to have ended the next time.
        with suppress(BotoCoreError, ClientError):
            if exports and (changed := exports.update()):
                print(f"{time.strftime('%H:%M:%S')}  {len(changed)} new files in exports/", flush=True)
        time.sleep(WATCH_SECONDS)
