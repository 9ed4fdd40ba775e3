"""Steps that several features share: scripts, settings, a run of the DAG, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when

from tests.dags.dag_runs import DagRunner
from tests.features.daily_run import BUILD, SESSIONS, DailyRun
from tests.support.bucket import Bucket
from tests.support.export_runner import wait_until
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse


@pytest.fixture
def daily(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, empty_warehouse: Warehouse, bucket: Bucket, tmp_path: Path
) -> DailyRun:
    """A run over an empty warehouse, an empty bucket and no scripts yet."""
    return DailyRun(DagRunner(monkeypatch, empty_warehouse, bucket, tmp_path))


@given(parsers.parse('das System "{system}" baut {rows:d} Zeilen'))
def system_builds_rows(daily: DailyRun, system: str, rows: int) -> None:
    write_file(daily.runner.scripts, f"init/{system}/500_build.sql", BUILD.format(system=system, rows=rows))


@given(parsers.parse('das Skript "{path}":'))
def script_holds(daily: DailyRun, path: str, docstring: str) -> None:
    write_file(daily.runner.scripts, path, f"{docstring}\n")


@given(parsers.parse('die Einstellung "{name}" ist "{value}"'))
def setting_is(daily: DailyRun, name: str, value: str) -> None:
    daily.settings[name] = value


@when("der Tageslauf läuft")
@when("der Tageslauf noch einmal läuft")
def run_daily(daily: DailyRun, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    daily.start()
    daily.log = caplog.text


@when("ein Probelauf läuft")
def run_dry(daily: DailyRun) -> None:
    daily.start(dry_run=True)


@then("sollte der Tageslauf gelingen")
def run_succeeds(daily: DailyRun) -> None:
    assert daily.finished.state == "success", daily.finished.report


@then("sollte der Tageslauf scheitern")
def run_fails(daily: DailyRun) -> None:
    assert daily.finished.state == "failed"


@then(parsers.parse('die Aufgabe "{task_id}" sollte {tries:d}-mal versucht worden sein'))
def task_is_tried(daily: DailyRun, task_id: str, tries: int) -> None:
    assert daily.finished.tries[task_id] == tries


@then(parsers.parse('die Aufgabe "{task_id}" sollte nicht gelaufen sein'))
def task_has_not_run(daily: DailyRun, task_id: str) -> None:
    assert daily.finished.states[task_id] in ("skipped", "upstream_failed")


@then(parsers.parse('der Fehler der Aufgabe "{task_id}" sollte "{text}" enthalten'))
def error_holds(daily: DailyRun, task_id: str, text: str) -> None:
    assert text in daily.finished.error_of(task_id)


@then(parsers.parse('der Fehler der Aufgabe "{task_id}" sollte "{text}" nicht enthalten'))
def error_lacks(daily: DailyRun, task_id: str, text: str) -> None:
    assert text not in daily.finished.error_of(task_id)


@then(parsers.parse('das Protokoll sollte "{text}" enthalten'))
def log_holds(daily: DailyRun, text: str) -> None:
    assert text in daily.log


@then("die Systeme sollten diesen Stand haben:")
def systems_are(daily: DailyRun, datatable: list[list[str]]) -> None:
    assert daily.finished.report["systems"] == dict(datatable[1:])


@then("der Bucket sollte diese Dateien enthalten:")
def bucket_holds(daily: DailyRun, datatable: list[list[str]]) -> None:
    assert daily.runner.bucket.keys() == sorted(key for (key,) in datatable[1:])


@then("der Bucket sollte leer sein")
def bucket_is_empty(daily: DailyRun) -> None:
    assert daily.runner.bucket.keys() == []
    assert daily.runner.bucket.open_uploads() == []


@then(parsers.parse('die Datei "{key}" sollte diesen Inhalt haben:'))
def file_holds(daily: DailyRun, key: str, docstring: str) -> None:
    assert daily.runner.bucket.read(key).decode() == f"{docstring}\n"


@then(parsers.parse('die Tabelle "{table}" sollte {rows:d} Zeilen haben'))
def table_has_rows(daily: DailyRun, table: str, rows: int) -> None:
    assert daily.runner.warehouse.rows(f"select count(*) from {table}") == [(rows,)]


@then("es sollte keine Verbindung zum Warehouse offen bleiben")
def no_session_is_left(daily: DailyRun) -> None:
    wait_until(lambda: daily.runner.warehouse.rows(SESSIONS) == [])
