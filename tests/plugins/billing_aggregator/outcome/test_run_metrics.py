"""The figures of a run are those of its report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from billing_aggregator.monitoring.figures import Figure
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.report import RunReport
from billing_aggregator.outcome.run_metrics import (
    is_check,
    is_export,
    measure_failed_run,
    measure_run,
    shrunk_exports,
)

NOW = datetime.now(UTC)
SUMMARY = {"rows": 60, "previous_rows": 100, "files": 2, "bytes": 600}


def report(**parts: Any) -> RunReport:
    """The report of a run of five minutes."""
    nothing: dict[str, Any] = {"systems": {}, "exports": {}, "failures": {}, "doubts": [], "remarks": {}}
    figures = {
        "business_date": "2026-11-25",
        "dry_run": False,
        "refused": False,
        "run_id": "manual__1",
        "started": None,
        "seconds": 300.5,
    }
    return RunReport(**(figures | nothing | parts))


REPORT = report(
    systems={"alpha": "failed", "beta": "success", "gamma": "skipped"},
    exports={"beta.export": SUMMARY, "beta.archive.accounts": SUMMARY | {"previous_rows": None}},
    failures={"alpha.postchecks.010_sums": {"error": "no"}},
)
GOOD = report(systems={"beta": "success"}, exports={"beta.export": SUMMARY})


class Measured(Monitor):
    """Keeps the figures in place of a backend."""

    figures: list[Figure]

    def measure(self, figures: Any) -> None:
        self.figures.extend(figures)


def measured(report: RunReport, *, run_type: str = "scheduled", due: datetime = NOW) -> dict[str, float]:
    """The figures by name, behind the system if there is one."""
    monitor = Measured(client_id="enercity", environment="prod", aws_conn_id="aws", deadline=timedelta(hours=2))
    object.__setattr__(monitor, "figures", [])
    tasks = [
        {"task_id": "alpha.init.010_build", "duration": 1.5},
        {"task_id": "alpha.postchecks.010_sums", "duration": 2},
        {"task_id": "beta.export", "duration": None},
        {"task_id": "preflight", "duration": 7},
    ]
    ti = SimpleNamespace(dag_id="dag", run_id="run", get_task_breadcrumbs=lambda _dag, _run: iter(tasks))
    run = SimpleNamespace(run_type=run_type, logical_date=due)
    context: Any = {"ti": ti, "dag_run": run, "params": {"systems": ["alpha", "beta"]}}
    measure_run(monitor, context, report)
    return {f"{each.system}.{each.metric.name}".removeprefix("None."): each.value for each in monitor.figures}


def test_a_failed_run_is_measured_with_what_it_delivered() -> None:
    assert measured(REPORT) == {
        "RunSucceeded": 0,
        "RunFailed": 1,
        "RunLate": 0,
        "RunDuration": 300.5,
        "FailedTasks": 1,
        "RefusedChecks": 1,
        "FailedExports": 0,
        "ShrunkExports": 1,
        "ExportedRows": 120,
        "ExportedFiles": 4,
        "ExportedBytes": 1200,
        "alpha.SystemSucceeded": 0,
        "alpha.SystemFailed": 1,
        "alpha.SystemDuration": 3.5,
        "alpha.SystemRows": 0,
        "alpha.SystemFiles": 0,
        "alpha.SystemBytes": 0,
        "beta.SystemSucceeded": 1,
        "beta.SystemFailed": 0,
        "beta.SystemDuration": 0,
        "beta.SystemRows": 120,
        "beta.SystemFiles": 4,
        "beta.SystemBytes": 1200,
    }


def test_a_run_that_succeeded_says_so() -> None:
    found = measured(GOOD)

    assert (found["RunSucceeded"], found["RunFailed"], found["FailedTasks"]) == (1, 0, 0)


def test_a_run_that_a_doubt_fails_has_failed() -> None:
    assert measured(report(doubts=["beta.export exported nothing"]))["RunFailed"] == 1


def test_a_run_that_cannot_be_measured_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    unreadable = report(systems={"beta": "success"}, exports={"beta.export": {}})

    assert measured(unreadable) == {}
    assert caplog.messages == ["Measuring the run failed; the run goes on without it: KeyError: 'rows'"]


def test_a_dry_run_is_not_measured() -> None:
    assert measured(report(dry_run=True)) == {}


@pytest.mark.parametrize(
    ("run_type", "due"),
    [("manual", NOW), ("backfill", NOW), ("scheduled", NOW - timedelta(hours=3))],
)
def test_only_a_scheduled_run_that_ended_in_time_is_said_to_be_in_time(run_type: str, due: datetime) -> None:
    assert "RunLate" not in measured(GOOD, run_type=run_type, due=due)


@pytest.mark.parametrize(
    ("rows", "before", "is_shrunk"),
    [(80, 100, False), (79, 100, True), (0, 1, True), (0, 0, False), (5, None, False), (200, 100, False)],
)
def test_an_export_shrinks_by_more_than_the_share(rows: int, before: int | None, is_shrunk: bool) -> None:
    found = report(exports={"alpha.export": {"rows": rows, "previous_rows": before}})

    assert shrunk_exports(found, 20) == (["alpha.export"] if is_shrunk else [])


@pytest.mark.parametrize(
    ("task_id", "answer"),
    [("alpha.prechecks.010_x", True), ("alpha.postchecks.010_x", True), ("alpha.init.010_x", False), ("report", False)],
)
def test_checks_are_told_by_their_stage(task_id: str, answer: bool) -> None:
    assert is_check(task_id) is answer


@pytest.mark.parametrize(
    ("task_id", "answer"),
    [("alpha.export", True), ("alpha.archive.oibl", True), ("alpha.init.export", False), ("dry_run", False)],
)
def test_exports_are_told_by_what_follows_the_system(task_id: str, answer: bool) -> None:
    assert is_export(task_id) is answer


def test_an_export_that_failed_is_counted() -> None:
    failed = report(systems={"alpha": "failed"}, failures={"alpha.export": {"error": "denied"}})

    assert measured(failed)["FailedExports"] == 1


FAILED = [("RunSucceeded", 0), ("RunFailed", 1)]


@pytest.mark.parametrize(
    ("states", "more", "expected"),
    [
        pytest.param({"report": "skipped", "a": "skipped"}, {"reason": "timed_out"}, FAILED, id="took-too-long"),
        pytest.param({"report": "failed", "a": "failed"}, {}, FAILED, id="report-killed"),
        pytest.param({"report": "failed", "a": "failed"}, {"reported": {"seconds": 1}}, [], id="reported"),
        pytest.param({"report": None, "a": None}, {"reported": {"seconds": 1}}, [], id="cleared-since"),
        pytest.param({"report": "failed"}, {"params": {"dry_run": True}}, [], id="dry-run"),
        pytest.param(None, {"reason": "timed_out"}, FAILED, id="no-task-has-begun"),
    ],
)
def test_a_run_that_airflow_ends_without_a_report_is_measured_as_failed(
    monkeypatch: pytest.MonkeyPatch,
    states: dict[str, Any] | None,
    more: dict[str, Any],
    expected: list[tuple[str, int]],
) -> None:
    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.SUPERVISOR_COMMS", object(), raising=False)
    monitor = Measured(client_id="enercity", environment="prod", aws_conn_id="aws")
    object.__setattr__(monitor, "figures", [])
    ti = SimpleNamespace(
        dag_id="dag",
        run_id="run",
        get_task_states=lambda _dag, run_ids: dict.fromkeys(run_ids, states),
        xcom_pull=lambda task_ids: more.get("reported"),
    )

    measure_failed_run(monitor, {"reason": "task_failure", **({"ti": ti} if states else {}), **more})  # type: ignore[typeddict-item]

    assert [(figure.metric.name, figure.value) for figure in monitor.figures] == expected
