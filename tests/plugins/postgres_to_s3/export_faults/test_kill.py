"""A task that is killed ends its query at once and publishes all or nothing; the next run heals what it left.

``KILL_SEEDS=200 make test PYTEST_ARGS="-k random_moment"`` kills at many more moments than the suite does.
"""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import closing
from typing import Any

import pytest

from postgres_to_s3.export_lock import ExportLock
from postgres_to_s3.postgres.session import Session
from tests.support.bucket import Bucket
from tests.support.export_runner import KEY, MANIFEST, PART, ExportRunner, export_runner, wait_until
from tests.support.manifest_reader import read_export
from tests.support.s3_proxy import S3Proxy
from tests.support.task_process import RunningTask, TaskProcesses
from tests.support.warehouse import Warehouse

SEEDS = range(int(os.environ.get("KILL_SEEDS", "12")))
SIGNALS = (signal.SIGTERM, signal.SIGKILL)
# Airflow kills a task for good when it has not ended so many seconds after SIGTERM.
GRACE_SECONDS = 5.0
ROWS = 4_000
# Each version of the table is 2.4 MB in two files.
TABLE = """
create table report_oibl.orders (version int, row int, text text);
alter table report_oibl.orders owner to billing_aggregator
"""
VERSION = """
truncate report_oibl.orders;
insert into report_oibl.orders select {}, row, repeat('x', 600) from generate_series(1, 4000) as row
"""
ENDLESS = "select pg_sleep(600)"
ONLY_PSYCOPG2 = [["airflow.providers.postgres.hooks.postgres", "USE_PSYCOPG3", False]]
ONLY_PSYCOPG = [["airflow.providers.postgres.hooks.postgres", "USE_PSYCOPG3", True]]
SMALL_TABLES_TOO = [["postgres_to_s3.postgres.table", "MIN_ROWS", 1]]
DRIVERS = pytest.mark.parametrize("patches", [ONLY_PSYCOPG2, ONLY_PSYCOPG], ids=["psycopg2", "psycopg"])
SLEEPING = f"""
select 1 from pg_stat_activity where state = 'active' and query like '%{ENDLESS}%' and pid <> pg_backend_pid()
"""
WAITING = "select 1 from pg_locks where locktype = 'advisory' and not granted"
SESSIONS = "select 1 from pg_stat_activity where datname = current_database() and usename = 'billing_aggregator'"


def connections() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}


def start_export(tasks: TaskProcesses, exports: ExportRunner, source: dict[str, Any], **order: Any) -> RunningTask:
    arguments = {
        "task_id": "export",
        "s3_bucket": exports.bucket.name,
        "s3_key": KEY,
        "sql_conn_id": exports.sql_conn_id,
        "aws_conn_id": exports.aws_conn_id,
        "max_rows_per_file": 2_500,
        "part_bytes": PART,
    }
    return tasks.start("ChunkedSqlToS3Operator", arguments | source, environment=connections(), **order)


def start_version(
    tasks: TaskProcesses, exports: ExportRunner, warehouse: Warehouse, version: int, connections: int = 1
) -> RunningTask:
    """Fill the table with a version and start its export; an attempt before it has to have left the table."""
    wait_until(lambda: not warehouse.rows(SESSIONS))
    warehouse.execute(VERSION.format(version))
    source = {"table": "report_oibl.orders", "connections": connections}
    return start_export(tasks, exports, source, patches=SMALL_TABLES_TOO)


def published_version(exports: ExportRunner) -> int:
    """The version that a reader finds; fails when a row is missing, doubled or of another version."""
    rows = read_export(exports.bucket).rows
    version = rows[0][0]
    assert [(row[0], row[1]) for row in rows] == [(version, str(number)) for number in range(1, ROWS + 1)]
    return int(version)


def assert_healed(tasks: TaskProcesses, exports: ExportRunner, warehouse: Warehouse, version: int) -> None:
    assert start_version(tasks, exports, warehouse, version).wait().error is None
    assert published_version(exports) == version
    assert exports.bucket.open_uploads() == []
    assert len(exports.texts()) == 2


def test_a_task_killed_at_a_random_moment_publishes_all_or_nothing(
    monkeypatch: pytest.MonkeyPatch, tasks: TaskProcesses, export_warehouse: Warehouse, versioned_bucket: Bucket
) -> None:
    export_warehouse.execute(TABLE)
    exports = export_runner(monkeypatch, versioned_bucket, export_warehouse.environment | versioned_bucket.environment)
    duration = start_version(tasks, exports, export_warehouse, 1).wait().seconds
    for seed in SEEDS:
        old, new = 2 * seed + 1, 2 * seed + 2
        number = SIGNALS[seed % 2]
        moment = (seed // 2 % 6 + random.Random(seed).random()) / 6 * duration  # noqa: S311
        task = start_version(tasks, exports, export_warehouse, new, connections=1 + seed // 2 % 2)
        time.sleep(moment)
        task.kill(number)
        ended = task.wait()

        assert ended.seconds < duration + GRACE_SECONDS
        assert ended.exit_code in (0, -number)
        assert published_version(exports) in ([new] if ended.summary else [old, new]), (seed, ended)
        assert_healed(tasks, exports, export_warehouse, new + 1)


@pytest.mark.parametrize(
    ("operation", "count", "number", "found"),
    [
        pytest.param("CreateMultipartUpload", 2, signal.SIGKILL, 1, id="opening-the-second-file"),
        pytest.param("UploadPart", 2, signal.SIGKILL, 1, id="sending-a-part"),
        pytest.param("CompleteMultipartUpload", 1, signal.SIGKILL, 1, id="before-the-first-file"),
        pytest.param("CompleteMultipartUpload", 2, signal.SIGKILL, 1, id="between-the-files-and-the-manifest"),
        pytest.param("PutObject", 1, signal.SIGKILL, 2, id="writing-the-manifest"),
        pytest.param("ListObjectsV2", 1, signal.SIGKILL, 2, id="before-stale-chunks-are-deleted"),
        pytest.param("UploadPart", 2, signal.SIGTERM, 1, id="asked-to-end-while-sending-a-part"),
        # What has begun to become visible comes to its end.
        pytest.param("CompleteMultipartUpload", 1, signal.SIGTERM, 2, id="asked-to-end-while-publishing"),
    ],
)
def test_a_task_killed_while_it_does_something(
    tasks: TaskProcesses,
    proxied: ExportRunner,
    proxy: S3Proxy,
    export_warehouse: Warehouse,
    operation: str,
    count: int,
    number: int,
    found: int,
) -> None:
    export_warehouse.execute(TABLE)
    start_version(tasks, proxied, export_warehouse, 1).wait()
    running: list[RunningTask] = []
    seen = iter(range(1, 1000))

    def kill(requested: str) -> None:
        if requested == operation and next(seen) == count:
            wait_until(lambda: running)
            running[0].kill(number)
            if number == signal.SIGTERM:
                # Time to notice it before the request has its answer.
                time.sleep(0.5)

    proxy.before = kill
    running.append(start_version(tasks, proxied, export_warehouse, 2))
    ended = running[0].wait()
    proxy.reset()

    assert bool(ended.summary) == (number == signal.SIGTERM and found == 2)
    assert published_version(proxied) == found
    assert_healed(tasks, proxied, export_warehouse, 3)


@DRIVERS
def test_a_killed_export_cancels_its_query_at_once(
    tasks: TaskProcesses, exports: ExportRunner, export_warehouse: Warehouse, patches: list[Any]
) -> None:
    task = start_export(tasks, exports, {"sql": ENDLESS}, patches=patches)
    wait_until(lambda: export_warehouse.rows(SLEEPING))

    task.kill(signal.SIGTERM)
    ended = task.wait()

    assert ended.error
    assert ended.error.startswith("AirflowException: task 'export' failed\ncancelled from outside")
    assert "canceling statement due to user request" in ended.error
    assert export_warehouse.rows(SLEEPING) == []
    assert exports.bucket.keys() == []


def test_a_killed_export_does_not_wait_for_another_attempt(
    tasks: TaskProcesses, exports: ExportRunner, export_warehouse: Warehouse
) -> None:
    with closing(Session(export_warehouse.connect())) as other:
        other.prepare()
        ExportLock(other, f"s3://{exports.bucket.name}/{MANIFEST}").claim("another attempt")
        task = start_export(tasks, exports, {"sql": "select 1 as a"})
        wait_until(lambda: export_warehouse.rows(WAITING))

        task.kill(signal.SIGTERM)
        ended = task.wait()

    assert ended.error
    assert "canceling statement due to user request" in ended.error
    assert ended.seconds < GRACE_SECONDS


@DRIVERS
def test_an_export_whose_time_is_up_cancels_its_query_at_once(
    tasks: TaskProcesses, exports: ExportRunner, export_warehouse: Warehouse, patches: list[Any]
) -> None:
    ended = start_export(tasks, exports, {"sql": ENDLESS}, patches=patches, timeout=1.0).wait()

    assert ended.error
    assert ended.error.startswith("AirflowTaskTimeout: ")
    assert ended.seconds < 1.0 + GRACE_SECONDS
    assert export_warehouse.rows(SLEEPING) == []
    assert exports.bucket.keys() == []


@DRIVERS
@pytest.mark.parametrize("operator", ["ScriptOperator", "ScriptCheckOperator"])
def test_a_killed_script_cancels_its_statement_at_once(
    tasks: TaskProcesses, exports: ExportRunner, export_warehouse: Warehouse, operator: str, patches: list[Any]
) -> None:
    arguments = {"task_id": "script", "sql": ENDLESS, "conn_id": exports.sql_conn_id}
    task = tasks.start(operator, arguments, environment=connections(), patches=patches)
    wait_until(lambda: export_warehouse.rows(SLEEPING))

    task.kill(signal.SIGTERM)
    ended = task.wait()

    assert ended.error
    assert ended.error.startswith("AirflowException: ")
    assert "canceling statement due to user request" in ended.error
    assert export_warehouse.rows(SLEEPING) == []
