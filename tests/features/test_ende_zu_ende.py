"""The steps of `ende_zu_ende.feature`: the project's own scripts run on sample data, and what a run leaves behind."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from local.servers.stack import Stack
from tests.dags.dag_runs import DagRunner
from tests.features.daily_run import SESSIONS, DailyRun
from tests.support.bucket import Bucket, temporary_bucket
from tests.support.export_runner import wait_until
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse, temporary_warehouse

scenarios("ende_zu_ende.feature")

# A second run may come after midnight.
DAY = {"business_date": datetime.now(UTC).date().isoformat(), "allow_past_date": True}
FIGURES = ("rows", "files", "bytes", "seconds")
WORK_TABLES = "select tablename from pg_tables where schemaname = 'report_oibl_work' and tablename like '{}%'"
HISTORY = ("report_oibl.tripica_open_items_history", "report_oibl.tripica_history_runs", "report_oibl.bookkeeper_runs")
REPORT_LOG = logging.getLogger("billing_aggregator.outcome.report")


@dataclass
class SampleRun:
    """The run on sample data, and what was there right after it.

    :param log: the lines of the run's report
    :param place: the folder for temporary files
    """

    daily: DailyRun
    log: list[str]
    place: Path
    csv_files: dict[str, bytes]
    history: list[list[tuple[Any, ...]]]

    @property
    def warehouse(self) -> Warehouse:
        """The sample warehouse."""
        return self.daily.runner.warehouse

    @property
    def bucket(self) -> Bucket:
        """The bucket of the run."""
        return self.daily.runner.bucket


@pytest.fixture(scope="module")
def sample_run(
    stack: Stack, airflow_home: Path, sample_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleRun]:
    """One run for all scenarios: each only looks at what it has left, and a repeated run must leave the same."""
    place = tmp_path_factory.mktemp("temporary")
    with (
        temporary_warehouse(stack, "ende_zu_ende", sample_template) as warehouse,
        temporary_bucket(stack, "ende-zu-ende", has_versions=True) as bucket,
        pytest.MonkeyPatch.context() as monkeypatch,
        lines_of(REPORT_LOG) as lines,
    ):
        monkeypatch.setenv("TMPDIR", str(place))
        daily = DailyRun(DagRunner(monkeypatch, warehouse, bucket, REPO / "include" / "sql"))
        daily.start(**DAY)
        yield SampleRun(daily, list(lines), place, csv_files_of(bucket), history_of(warehouse))


@contextmanager
def lines_of(logger: logging.Logger) -> Iterator[list[str]]:
    """What is logged during the block."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


def csv_files_of(bucket: Bucket) -> dict[str, bytes]:
    """The CSV files by key."""
    return {key: bucket.read(key) for key in bucket.keys() if key.endswith(".csv")}


def history_of(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    """The rows of all tables that remember runs."""
    return [warehouse.rows(f"select * from {table} as history order by history::text") for table in HISTORY]


@given("der Tageslauf ist auf den Beispieldaten gelaufen")
def sample_has_run(sample_run: SampleRun) -> None:
    assert sample_run.daily.finished.state == "success", sample_run.daily.finished.report


@when("derselbe Tageslauf noch einmal läuft")
def sample_runs_again(sample_run: SampleRun, monkeypatch: pytest.MonkeyPatch) -> None:
    sample_run.daily.start(**DAY)


@then(parsers.parse('sollten alle Aufgaben der Systeme "{systems}" gelungen sein'))
def tasks_have_succeeded(sample_run: SampleRun, systems: str) -> None:
    states = sample_run.daily.finished.states
    tasks = {task: states[task] for task in states if task.partition(".")[0] in systems.split(", ")}

    assert len(tasks) > 10
    assert [task for task, state in tasks.items() if state != "success"] == []


@then("die Dateien sollten die Zeilen dieser Ergebnisse enthalten:")
def files_hold_results(sample_run: SampleRun, datatable: list[list[str]]) -> None:
    for key, table in datatable[1:]:
        content = io.StringIO(sample_run.csv_files[key].decode(), newline="")
        header, *rows = csv.reader(content)
        columns = ", ".join(f"coalesce({name}::text, '')" for name in header)

        assert rows
        assert sorted(rows) == sorted(map(list, sample_run.warehouse.rows(f"select {columns} from {table}")))


@then("die Summen der Manifeste sollten die der Ergebnisse sein")
def sums_are_those_of_the_results(sample_run: SampleRun) -> None:
    manifest = json.loads(sample_run.bucket.read("enercity/local/tripica_tripica_results.manifest.json"))

    assert manifest["sums"]
    for column, total in manifest["sums"].items():
        ((expected,),) = sample_run.warehouse.rows(f"select sum({column}) from report_oibl.tripica_results")
        assert (total is None and expected is None) or Decimal(total) == expected


@then("sollte der Bericht für diese Exporte Zeilen, Dateien, Bytes und Sekunden nennen:")
def report_tells_figures(sample_run: SampleRun, datatable: list[list[str]]) -> None:
    exports = sample_run.daily.finished.report["exports"]

    assert sorted(exports) == sorted(name for (name,) in datatable[1:])
    assert [name for name, summary in exports.items() if not all(summary[figure] > 0 for figure in FIGURES)] == []


@then("das Protokoll des Laufs sollte dieselben Zahlen nennen")
def log_tells_figures(sample_run: SampleRun) -> None:
    log = "\n".join(sample_run.log)

    for name, summary in sample_run.daily.finished.report["exports"].items():
        assert f"Export {name}: {summary['rows']:,} rows in 1 file, {summary['bytes']:,} bytes" in log


@then(parsers.parse('sollte die Datei "{key}" eine Zahlung von {amount} enthalten'))
def file_holds_payment(sample_run: SampleRun, key: str, amount: str) -> None:
    rows = csv.DictReader(io.StringIO(sample_run.csv_files[key].decode(), newline=""))

    assert amount in {row["booking_debit_amount"] for row in rows if row["glid"].startswith("PAS_")}


@then("diese Beträge sollten die der Ergebnisse sein:")
def amounts_are_those_of_the_results(sample_run: SampleRun, datatable: list[list[str]]) -> None:
    log = "\n".join(sample_run.log)

    for export, name, expression in datatable[1:]:
        system = export.partition(".")[0]
        ((expected,),) = sample_run.warehouse.rows(f"select {expression} from report_oibl.{system}_results")
        told = sample_run.daily.finished.report["exports"][export]["amounts"][name]
        manifest = json.loads(sample_run.bucket.read(f"enercity/local/{system}_{system}_results.manifest.json"))

        assert Decimal(told) == expected != 0
        assert len(told.partition(".")[2]) == 2
        assert manifest["amounts"][name] == told
        assert f"{name} {expected:,.2f}" in log


@then(parsers.parse('sollten von "{systems}" keine Zwischentabellen übrig sein'))
def no_work_table_is_left(sample_run: SampleRun, systems: str) -> None:
    left = [table for system in systems.split(", ") for table in sample_run.warehouse.rows(WORK_TABLES.format(system))]

    assert left == []


@then("es sollte kein Hochladen offen und keine Verbindung übrig sein")
def nothing_is_open(sample_run: SampleRun) -> None:
    assert sample_run.bucket.open_uploads() == []
    wait_until(lambda: sample_run.warehouse.rows(SESSIONS) == [])


@then("es sollten keine CSV-Dateien auf der Platte liegen")
def no_file_is_left(sample_run: SampleRun, airflow_home: Path) -> None:
    assert [file for place in (sample_run.place, airflow_home) for file in place.rglob("*.csv*")] == []


@then("sollten alle CSV-Dateien dieselben Bytes haben")
def files_are_the_same(sample_run: SampleRun) -> None:
    assert sample_run.daily.finished.state == "success"
    assert csv_files_of(sample_run.bucket) == sample_run.csv_files


@then("die Historie sollte unverändert sein")
def history_is_the_same(sample_run: SampleRun) -> None:
    assert all(sample_run.history)
    assert history_of(sample_run.warehouse) == sample_run.history


@then(parsers.parse('der Bericht sollte für "{export}" {rows:d} Zeilen nennen'))
def report_tells_rows(daily: DailyRun, export: str, rows: int) -> None:
    assert daily.finished.report["exports"][export]["rows"] == rows


@then(parsers.parse('die Tabelle "{table}" sollte es nicht geben'))
def table_is_missing(daily: DailyRun, table: str) -> None:
    assert daily.runner.warehouse.rows(f"select to_regclass('{table}')") == [(None,)]
