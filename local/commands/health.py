"""`health`: is the deployment well that the caller's variables describe, or else the embedded one?"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.airflow.environment import airflow_home, caller_environment, pipeline_environment
from local.airflow.preparation import add_scale_argument
from local.checkout import REPO
from local.sample.loader import load_sample_warehouse
from local.servers.binaries import BINDIR_VARIABLE
from local.servers.host.state_directory import claim_state_dir
from local.servers.join import joined_stack
from local.servers.postgres.profiles import PROFILE_VARIABLE

HELP = "check your deployment, or the embedded one"
OWN_DEPLOYMENT = ("BDA_", "AIRFLOW_CONN_")
# They say with which PostgreSQL the embedded stack runs.
STACK_VARIABLES = (BINDIR_VARIABLE, PROFILE_VARIABLE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `python -m billing_aggregator.health` takes."""
    add_scale_argument(parser)
    parser.add_argument("--validate-config", action="store_true", help="check settings and scripts only, no servers")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Run the check; its exit code is ours.

    Variables of the caller are checked as they are, and nothing is filled in: a forgotten one must not pass.
    """
    caller = caller_environment()
    words = [f"--{name.replace('_', '-')}" for name in ("validate_config", "json") if getattr(arguments, name)]
    if arguments.validate_config or names_deployment(caller):
        return _check(_own_environment(caller, state_dir), words)
    with joined_stack(state_dir) as stack:
        print("No BDA_* variable is set: this is the embedded deployment.", file=sys.stderr)
        load_sample_warehouse(stack.admin_dsn(), arguments.scale, progress=_to_stderr, may_replace=not stack.is_joined)
        return _check(pipeline_environment(stack, caller), words)


def names_deployment(caller: Mapping[str, str]) -> bool:
    """Whether the caller's variables describe a deployment, in whichever part."""
    return any(name.startswith(OWN_DEPLOYMENT) and name not in STACK_VARIABLES for name in caller)


def _own_environment(caller: Mapping[str, str], state_dir: Path) -> dict[str, str]:
    """The caller's environment; Airflow keeps its files in our folder unless the caller has one."""
    home = airflow_home(claim_state_dir(state_dir))
    home.mkdir(mode=0o700, exist_ok=True)
    return {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", **caller}


def _check(environment: Mapping[str, str], words: list[str]) -> int:
    path = os.pathsep.join(filter(None, [str(REPO / "plugins"), environment.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "billing_aggregator.health", *words]
    return subprocess.run(command, env={**environment, "PYTHONPATH": path}, check=False).returncode


def _to_stderr(line: str) -> None:
    """Standard output belongs to the table."""
    print(line, file=sys.stderr)
