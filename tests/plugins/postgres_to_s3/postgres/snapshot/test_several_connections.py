"""ChunkedSqlToS3Operator copies a table over several connections: same files as one stream, all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from tests.support.export_runner import PART, ExportRunner, task_context, use_driver, wait_until
from tests.support.s3_proxy import S3Proxy
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

TABLE = """
create table report_oibl.orders (id int, name text, note text, amount numeric(20,2));
alter table report_oibl.orders owner to billing_aggregator;
insert into report_oibl.orders
select row, (array['Müller', E'zwei\\nZeilen', 'sagt "ja"', '', null])[row % 5 + 1], repeat('x', row % 90), row / 7.0
from generate_series(1, {}) as row
"""
DELETED_PAGES = "delete from report_oibl.orders where id between 150 and 620; vacuum report_oibl.orders"
DELETED_ROWS = "delete from report_oibl.orders where id % 3 = 0"
MOVED_ROWS = "update report_oibl.orders set note = repeat('y', 200) where id % 4 = 0"
REUSED_PAGES = f"{DELETED_PAGES}; insert into report_oibl.orders select 5000 + row from generate_series(1, 300) as row"
EMPTIED_END = "delete from report_oibl.orders where id > 640"
SESSIONS = "select pid from pg_stat_activity where application_name like 'export attempt%' order by backend_start"
DRIVERS = pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])


@pytest.fixture
def patient(proxied_with: Callable[..., ExportRunner]) -> ExportRunner:
    """Exports through the proxy whose client tries a request again."""
    return proxied_with()


@DRIVERS
@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        pytest.param(1000, "", id="exact-multiple-of-the-chunk"),
        pytest.param(1001, "", id="one-row-more"),
        pytest.param(999, "", id="one-row-less"),
        pytest.param(1000, DELETED_ROWS, id="deleted-rows"),
        pytest.param(1000, DELETED_PAGES, id="empty-pages"),
        pytest.param(1000, MOVED_ROWS, id="updated-rows"),
        pytest.param(1000, REUSED_PAGES, id="reused-pages"),
        pytest.param(1000, EMPTIED_END, id="empty-end"),
    ],
)
@pytest.mark.usefixtures("small_tables_are_cut")
def test_several_connections_write_the_files_of_one_stream(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    driver: str,
    rows: int,
    changes: str,
) -> None:
    use_driver(monkeypatch, driver)
    export_warehouse.execute(TABLE.format(rows))
    for statement in filter(None, changes.split(";")):
        export_warehouse.execute(statement)
    exports.run(max_rows_per_file=100)
    one_stream = exports.objects()
    wait_until(lambda: not export_warehouse.rows(SESSIONS))

    exports.run(max_rows_per_file=100, connections=3)

    assert "over 3 connections" in caplog.text
    assert exports.objects() == one_stream


def test_a_large_table_is_copied_over_several_connections(
    exports: ExportRunner, export_warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    export_warehouse.execute(TABLE.format(600_000))
    exports.run(max_rows_per_file=150_000)
    one_stream = exports.manifest()

    summary = exports.run(max_rows_per_file=150_000, connections=2)

    assert "over 2 connections" in caplog.text
    assert (summary["rows"], summary["files"]) == (600_000, 4)
    assert exports.manifest() == one_stream


@DRIVERS
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"compression": "gzip"}, id="gzip"),
        pytest.param({"dialect": "excel-de"}, id="excel-de"),
        pytest.param({"header": False}, id="no-header"),
        pytest.param({"encoding": "latin1"}, id="latin1"),
        pytest.param({"null": "NULL"}, id="null"),
        pytest.param({"columns": ["amount", "name"]}, id="columns"),
        pytest.param({"dialect": "excel-de", "columns": ["amount", "name"], "compression": "gzip"}, id="several"),
    ],
)
@pytest.mark.usefixtures("small_tables_are_cut", "kept_client")
def test_options_apply_to_every_chunk(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    driver: str,
    options: dict[str, Any],
) -> None:
    use_driver(monkeypatch, driver)
    export_warehouse.execute(TABLE.format(250))
    exports.run(max_rows_per_file=100, **options)
    one_stream = exports.objects()
    wait_until(lambda: not export_warehouse.rows(SESSIONS))

    exports.run(max_rows_per_file=100, **options, connections=3)

    assert "over 3 connections" in caplog.text
    assert len(one_stream) == 4
    assert exports.objects() == one_stream


INDEXED = """
create table report_oibl.orders (id int primary key, name text);
insert into report_oibl.orders select 1000 - row, 'x' || row from generate_series(1, 1000) as row;
create index on report_oibl.orders (name, id);
alter table report_oibl.orders owner to billing_aggregator
"""


@DRIVERS
@pytest.mark.parametrize("columns", [["id"], ["name", "id"]], ids=["primary-key", "index"])
@pytest.mark.usefixtures("small_tables_are_cut", "kept_client")
def test_columns_that_an_index_holds_come_in_the_order_of_the_table(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    driver: str,
    columns: list[str],
) -> None:
    use_driver(monkeypatch, driver)
    export_warehouse.execute(INDEXED)
    # A scan of the index alone is much cheaper than one of the table, which is wide and known to be visible to all.
    export_warehouse.execute("alter table report_oibl.orders add column wide text default repeat('x', 500)")
    export_warehouse.execute("update report_oibl.orders set wide = repeat('y', 500)")
    export_warehouse.execute("vacuum (full, freeze, analyze) report_oibl.orders")
    export_warehouse.execute("vacuum (freeze, analyze) report_oibl.orders")
    plan = export_warehouse.rows(f"explain select {', '.join(columns)} from report_oibl.orders")
    assert "Index Only Scan" in plan[0][0]
    exports.run(max_rows_per_file=100, columns=columns)
    one_stream = exports.objects()
    wait_until(lambda: not export_warehouse.rows(SESSIONS))

    exports.run(max_rows_per_file=100, columns=columns, connections=3)

    assert "over 3 connections" in caplog.text
    assert exports.objects() == one_stream
    assert exports.texts()[0].splitlines()[1].endswith("999")


@pytest.mark.parametrize("connections", ["0", "many", True])
def test_the_number_of_connections_is_checked(exports: ExportRunner, connections: object) -> None:
    with pytest.raises(AirflowException, match="'connections' must be a whole number of at least 1"):
        exports.run(connections=connections)


def without_versions(exports: ExportRunner) -> tuple[dict[str, Any], list[str]]:
    """Manifest and files, whatever versions of the objects they are."""
    manifest = exports.manifest()
    return manifest | {"files": [file | {"version_id": None} for file in manifest["files"]]}, exports.texts()


@pytest.mark.usefixtures("small_tables_are_cut")
def test_writers_do_not_change_what_is_exported(
    patient: ExportRunner, proxy: S3Proxy, export_warehouse: Warehouse
) -> None:
    export_warehouse.execute(TABLE.format(1000))
    patient.run(max_rows_per_file=100)
    before = without_versions(patient)
    has_written = threading.Event()

    def write(operation: str) -> None:
        if operation == "CreateMultipartUpload" and not has_written.is_set():
            has_written.set()
            export_warehouse.execute("delete from report_oibl.orders where id % 2 = 0")
            export_warehouse.execute("vacuum report_oibl.orders")
            export_warehouse.execute("insert into report_oibl.orders select row from generate_series(1, 500) as row")

    proxy.before = write
    patient.run(max_rows_per_file=100, connections=2)

    assert has_written.is_set()
    assert without_versions(patient) == before


@DRIVERS
@pytest.mark.usefixtures("small_tables_are_cut")
def test_a_terminated_connection_ends_all_and_publishes_nothing(
    patient: ExportRunner,
    proxy: S3Proxy,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    driver: str,
) -> None:
    use_driver(monkeypatch, driver)
    export_warehouse.execute(TABLE.format(1000))
    is_ended = threading.Event()

    def end_the_youngest(operation: str) -> None:
        if operation == "UploadPart" and not is_ended.is_set():
            is_ended.set()
            youngest = export_warehouse.rows(SESSIONS)[-1][0]
            assert export_warehouse.rows(f"select pg_terminate_backend({youngest}, 10000)") == [(True,)]

    proxy.before = end_the_youngest
    with pytest.raises(AirflowException, match=r"administrator command|closed the connection|lost the connection"):
        patient.run(max_rows_per_file=100, connections=3)

    assert patient.bucket.keys() == []
    assert patient.bucket.open_uploads() == []
    wait_until(lambda: not export_warehouse.rows(SESSIONS))
    assert patient.run(max_rows_per_file=100, connections=3)["rows"] == 1000


@DRIVERS
@pytest.mark.usefixtures("small_tables_are_cut")
def test_a_killed_task_ends_all_its_connections(
    patient: ExportRunner,
    proxy: S3Proxy,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    driver: str,
) -> None:
    use_driver(monkeypatch, driver)
    export_warehouse.execute(TABLE.format(40_000))
    operator = patient.operator(max_rows_per_file=10_000, connections=3, part_bytes=PART)
    is_uploading, may_go_on = threading.Event(), threading.Event()

    def hold(operation: str) -> None:
        if operation == "UploadPart":
            is_uploading.set()
            may_go_on.wait(30)

    proxy.before = hold
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(operator.execute, task_context())
        assert is_uploading.wait(30)
        operator.on_kill()
        may_go_on.set()
        with pytest.raises(AirflowException, match="cancelled from outside"):
            running.result(timeout=30)

    assert patient.bucket.keys() == []
    assert patient.bucket.open_uploads() == []
    wait_until(lambda: not export_warehouse.rows(SESSIONS))
