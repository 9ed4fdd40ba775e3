"""A clock that is set back, or that is wrong, changes no export: time is measured by a clock that only goes on."""

from __future__ import annotations

import ast
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException

from tests.support.export_runner import ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.old_and_new import NEW, NEW_ROWS, OLD_ROWS, assert_healed, export_old, fail
from tests.support.repository import REPO
from tests.support.s3_proxy import Fault, S3Proxy
from tests.support.task_process import Ended, TaskProcesses

MODULES = sorted((REPO / "plugins" / "postgres_to_s3").rglob("*.py"))
CLOCKS = {
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
}


def export_with_clock_back(tasks: TaskProcesses, exports: ExportRunner, seconds: int) -> Ended:
    """Export the new rows in a process whose clock is set back meanwhile."""
    connections = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}
    arguments = exports.arguments(sql=NEW, max_rows_per_file=2)
    return tasks.start("ChunkedSqlToS3Operator", arguments, environment=connections, clock_back=seconds).wait()


def steps(proxy: S3Proxy) -> list[timedelta]:
    """How far the clock went on from each request to the next."""
    dates = [
        datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        for request in proxy.requests
    ]
    return [later - earlier for earlier, later in pairwise(dates)]


def test_a_clock_set_back_by_ten_minutes_in_the_middle_of_an_export_is_not_noticed(
    tasks: TaskProcesses, proxied: ExportRunner, proxy: S3Proxy
) -> None:
    export_old(proxied)
    proxy.reset()

    ended = export_with_clock_back(tasks, proxied, 600)

    assert min(steps(proxy)) < timedelta(minutes=-9)
    assert ended.error is None
    assert ended.summary
    assert 0 < ended.summary["seconds"] <= ended.seconds
    assert read_export(proxied.bucket).rows == NEW_ROWS
    assert proxied.bucket.open_uploads() == []


def test_a_clock_that_is_too_late_for_s3_is_worth_a_retry(
    tasks: TaskProcesses, proxied: ExportRunner, proxy: S3Proxy
) -> None:
    before = export_old(proxied)

    ended = export_with_clock_back(tasks, proxied, 3600)

    assert ended.error
    assert ended.error.startswith("AirflowException: ")
    assert "RequestTimeTooSkewed" in ended.error
    assert proxied.objects() == before
    assert_healed(proxied, proxy)


@pytest.mark.parametrize("operation", ["GetObject", "UploadPart", "PutObject"])
def test_a_refusal_for_the_time_of_a_request_leaves_the_old_export(
    proxied: ExportRunner, proxy: S3Proxy, operation: str
) -> None:
    export_old(proxied)
    proxy.faults.append(Fault(operation, 403, code="RequestTimeTooSkewed"))

    error = fail(proxied)

    assert type(error) is AirflowException
    assert "RequestTimeTooSkewed" in str(error)
    assert read_export(proxied.bucket).rows == OLD_ROWS
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)


def clocks_in(source: str) -> set[str]:
    """The clocks that can be set back which a module uses, under whatever name it imports them."""
    origins: dict[str, str] = {}
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            origins |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            origins |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, (ast.Attribute, ast.Name)):
            names.add(ast.unparse(node))
    parts = [name.partition(".") for name in names]
    return CLOCKS & {origins.get(first, first) + dot + rest for first, dot, rest in parts}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_nothing_measures_time_by_a_clock_that_can_be_set_back(module: Path) -> None:
    assert clocks_in(module.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    ("source", "clock"),
    [
        ("import time; time.time()", "time.time"),
        ("import time as clock; clock.time_ns()", "time.time_ns"),
        ("from time import time; time()", "time.time"),
        ("from time import time as now; later(now)", "time.time"),
        ("import datetime; datetime.datetime.now(datetime.UTC)", "datetime.datetime.now"),
        ("from datetime import datetime; datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime as moment; moment.utcnow()", "datetime.datetime.utcnow"),
        ("from datetime import date; date.today()", "datetime.date.today"),
    ],
)
def test_a_clock_that_can_be_set_back_is_known_by_every_name(source: str, clock: str) -> None:
    assert clocks_in(source) == {clock}
