"""What an Airflow command needs before it starts: the sample data and a metadata database of the right version."""

from __future__ import annotations

import argparse
import importlib.metadata
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2 import sql

from local.airflow.environment import names_own_metadata, names_own_warehouse, pipeline_environment
from local.airflow.process import AIRFLOW
from local.errors import StackError
from local.sample.loader import load_sample_warehouse
from local.servers.postgres.role_and_database import METADATA_DATABASE
from local.servers.stack import Stack


def add_scale_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--scale`."""
    parser.add_argument(
        "--scale",
        type=float,
        metavar="N",
        help="size of the sample data: 1 is about 50,000 charges (default: as loaded, at first 1)",
    )


def prepare(
    stack: Stack,
    caller: Mapping[str, str],
    scale: float | None,
    progress: Callable[[str], None] = print,
    *,
    dry_run: bool = False,
) -> dict[str, str]:
    """Load the sample data and Airflow's metadata database where the embedded ones are used.

    Servers that another command has started keep the sample they have, and so does a dry run.

    :return: the environment of the Airflow command to come
    :raises StackError: one of the two could not be loaded, or another sample is loaded that must stay
    """
    environment = pipeline_environment(stack, caller)
    if not names_own_warehouse(caller):
        _load_sample(stack, scale, progress, dry_run=dry_run)
        if not stack.is_joined:
            _release_warehouse(stack.admin_dsn(), progress)
    if not names_own_metadata(caller):
        log = logs_folder(stack.state_dir) / "migrate.log"
        # Not in the database itself, where Airflow takes locks of its own.
        _migrate_metadata(stack.admin_dsn("postgres"), environment, log, progress)
    return environment


def _load_sample(stack: Stack, scale: float | None, progress: Callable[[str], None], *, dry_run: bool) -> None:
    if dry_run and not stack.is_joined:
        remedy = "load the other one by a run without DRY_RUN: a dry run changes nothing that is loaded"
        load_sample_warehouse(stack.admin_dsn(), scale, progress=progress, may_replace=False, remedy=remedy)
    else:
        # Whoever has started the servers may be at work on what is loaded.
        load_sample_warehouse(stack.admin_dsn(), scale, progress=progress, may_replace=not stack.is_joined)


def logs_folder(state_dir: Path) -> Path:
    """Where the output of a command goes that is too long for the terminal."""
    folder = state_dir / "logs"
    folder.mkdir(exist_ok=True)
    return folder


def _release_warehouse(dsn: str, progress: Callable[[str], None]) -> None:
    """Remove the lock of a run that ended with the servers it ran on: nobody else can have reached these.

    Airflow still takes such a run for a running one, and the next run would wait for it.
    """
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('report_oibl_work.run_lock') is not null")
        if cursor.fetchone() == (True,):
            cursor.execute("delete from report_oibl_work.run_lock returning run_id")
            for (run_id,) in cursor.fetchall():
                progress(f"Warehouse: removed the lock of the run {run_id}, which ended with the servers")


def _migrate_metadata(dsn: str, environment: Mapping[str, str], log: Path, progress: Callable[[str], None]) -> None:
    """Create or upgrade Airflow's metadata database, once for each version of Airflow; the database remembers which."""
    version = importlib.metadata.version("apache-airflow")
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        # Another command of this checkout may be at it.
        cursor.execute("select pg_advisory_lock(1)")
        known = "select shobj_description(oid, 'pg_database') from pg_database where datname = %s"
        cursor.execute(known, (METADATA_DATABASE,))
        if cursor.fetchone() == (version,):
            return
        progress("Airflow: creating its metadata database")
        command = [AIRFLOW, "db", "migrate"]
        with log.open("w", encoding="utf-8") as output:
            migrated = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
        if migrated.returncode:
            raise StackError(f"Airflow's metadata database could not be created: see {log}")
        remembered = sql.SQL("comment on database {} is {}")
        cursor.execute(remembered.format(sql.Identifier(METADATA_DATABASE), sql.Literal(version)))
