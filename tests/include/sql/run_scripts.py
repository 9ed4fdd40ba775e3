"""Runs stages of the project's script tree in a test's warehouse, the way the pipeline runs them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2.extras
from psycopg2.extensions import connection as Connection  # noqa: N812

from billing_aggregator.scripts.session import SESSION_OPTIONS
from billing_aggregator.scripts.tree import Script, System, read_script_tree
from billing_aggregator.templates.rendering import Plain, render_script
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse

ROOT = REPO / "include" / "sql"
BUSINESS_DATE = "2024-07-01"


@dataclass(frozen=True)
class ScriptRun:
    """What a script left behind: the first row of its result, if it has one, and the server's notices."""

    script: str
    row: dict[str, Any]
    notices: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether a check holds: there is a row, and all of it is true."""
        return bool(self.row) and all(self.row.values())


def read_system(system: str, client_id: str = "enercity") -> System:
    """The system as the pipeline sees it for the client."""
    return next(found for found in read_script_tree(ROOT, client_id).systems if found.name == system)


def run_stage(
    warehouse: Warehouse,
    system: str,
    stage: str,
    client_id: str = "enercity",
    business_date: str = BUSINESS_DATE,
    before: str | None = None,
) -> list[ScriptRun]:
    """Run the scripts of a stage as the pipeline's role, each in its own transaction.

    :param before: stop in front of the first script whose name begins with this
    """
    runs: list[ScriptRun] = []
    for script in read_system(system, client_id).stage(stage):
        if before and script.name.startswith(before):
            break
        with closing(script_session(warehouse)) as connection:
            runs.append(run_script(connection, script, client_id, business_date))
    return runs


def run_check(
    warehouse: Warehouse,
    path: str,
    business_date: str = BUSINESS_DATE,
    *,
    environment: str = "prod",
    after: str = "",
) -> ScriptRun:
    """Run one check, as the pipeline's role; its warehouse stays as it is.

    :param path: of the script below the root of the tree
    :param after: statements that the superuser executes before, in the transaction that is rolled back
    """
    stage, system, name = path.removesuffix(".sql").split("/")
    (script,) = [script for script in read_system(system).stage(stage) if script.name == name]
    with closing(psycopg2.connect(warehouse.admin_dsn, options=SESSION_OPTIONS)) as connection:
        connection.cursor().execute(f"{after}; set local role billing_aggregator")
        return run_script(connection, script, business_date=business_date, environment=environment)


def script_session(warehouse: Warehouse) -> Connection:
    """A new session of the pipeline's role with the settings that the pipeline gives its scripts."""
    connection = psycopg2.connect(warehouse.dsn, options=SESSION_OPTIONS)
    connection.autocommit = True
    return connection


def run_script(
    connection: Connection,
    script: Script,
    client_id: str = "enercity",
    business_date: str = BUSINESS_DATE,
    environment: str = "prod",
) -> ScriptRun:
    """Send a script in one piece, which the server takes for one transaction if none is open."""
    values: dict[str, Plain] = {"client_id": client_id, "environment": environment, "business_date": business_date}
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute(render_script(script.text, values))
        row = dict(cursor.fetchone() or {}) if cursor.description else {}
    return ScriptRun(script.name, row, tuple(connection.notices))


def build_bookkeeper(warehouse: Warehouse, client_id: str = "enercity") -> None:
    """Build and publish the results of bookkeeper from what the warehouse holds."""
    run_stage(warehouse, "bookkeeper", "init", client_id)


def read_table(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    """The rows of a table of report_oibl in the order they are stored, columns by name."""
    with (
        closing(warehouse.connect(admin=True)) as connection,
        connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
    ):
        cursor.execute(f"select * from report_oibl.{table}")
        return [dict(row) for row in cursor.fetchall()]
