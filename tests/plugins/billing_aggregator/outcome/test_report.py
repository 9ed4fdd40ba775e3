"""The report tells what is known of a run, in whatever state a person has left it."""

from __future__ import annotations

import logging
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.log import mask_secret

from billing_aggregator.outcome.report import DELIVERED_KEY, FAILURE_KEY, record_failure, report_run
from billing_aggregator.run.preflight import REFUSED_KEY

SUMMARY = {
    "dry_run": False,
    "bucket": "exports",
    "rows": 1234,
    "files": 1,
    "bytes": 5678,
    "seconds": 1.25,
    "sums": {"booking_execution_id": "-30231"},
    "amounts": {"debit": "1234567.50", "credit": "-0.50", "open amount": None},
    "manifest": "enercity/prod/alpha.manifest.json",
}


class FinishedTasks:
    """What the report asks Airflow about the tasks of its run."""

    dag_id = "billing_data_aggregator"
    run_id = "manual__1"
    task_id = "report"

    def __init__(self, states: dict[str, str | None], xcoms: dict[tuple[str, str], Any]) -> None:
        self.states = states
        self.xcoms = xcoms
        self.pushed: dict[str, Any] = {}

    def get_task_states(self, _dag_id: str, run_ids: list[str]) -> dict[str, Any]:
        return {run_id: self.states for run_id in run_ids}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.xcoms.get((task_ids, key))

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def context_of(tasks: FinishedTasks, *systems: str, dry_run: bool = False, business_date: str | None = None) -> Any:
    """What a run's report is given by Airflow."""
    start = datetime.now(UTC) - timedelta(seconds=90)
    run = SimpleNamespace(logical_date=datetime(2026, 11, 22, 2, tzinfo=UTC), run_after=None, start_date=start)
    run.run_type = "manual"
    params = {"systems": list(systems), "dry_run": dry_run, "business_date": business_date}
    return {"ti": tasks, "dag_run": run, "params": params}


def report(
    states: dict[str, str | None], *, systems: tuple[str, ...] = ("alpha",), may_fail: bool = False, **summaries: Any
) -> dict[str, Any]:
    """The report of a run whose tasks ended in these states."""
    xcoms = {(f"{system}.export", "return_value"): summary for system, summary in summaries.items()}
    tasks = FinishedTasks(states, xcoms)
    with suppress(AirflowFailException) if may_fail else nullcontext():
        report_run(context_of(tasks, *systems), ["alpha.export", "beta.export"])
    found: dict[str, Any] = tasks.pushed["return_value"]
    return found


def test_an_export_is_told_with_its_rows_files_bytes_and_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    report({"alpha.export": "success"}, alpha=SUMMARY)

    line = (
        "Export alpha.export: 1,234 rows in 1 file, 5,678 bytes in 1.2 s, debit 1,234,567.50, credit -0.50,"
        " open amount unknown; s3://exports/enercity/prod/alpha.manifest.json"
    )
    assert line in caplog.messages


def test_the_report_says_which_run_it_is_of_and_how_long_it_took(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    found = report({"alpha.export": "success"}, alpha=SUMMARY)

    assert (found["business_date"], found["dry_run"], found["run_id"]) == ("2026-11-22", False, "manual__1")
    assert found["seconds"] == pytest.approx(90, abs=5)
    assert datetime.fromisoformat(found["started"]) < datetime.now(UTC)
    assert "Run manual__1 for business date 2026-11-22 took 90 s" in caplog.messages


def test_a_business_date_that_the_run_was_given_is_the_one_that_is_told() -> None:
    tasks = FinishedTasks({"alpha.export": "success"}, {("alpha.export", "return_value"): SUMMARY})

    report_run(context_of(tasks, "alpha", business_date="2026-11-01"), ["alpha.export"])

    assert tasks.pushed["return_value"]["business_date"] == "2026-11-01"


def test_the_report_has_the_amounts_and_no_sums_of_technical_columns() -> None:
    found = report({"alpha.export": "success"}, alpha=SUMMARY)

    assert found["exports"]["alpha.export"] == {name: value for name, value in SUMMARY.items() if name != "sums"}


def test_a_dry_run_does_not_read_as_a_real_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    summaries = {"alpha.export": SUMMARY | {"dry_run": True, "files": 2}}
    tasks = FinishedTasks({"alpha.export": "skipped", "dry_run": "success"}, {("dry_run", "return_value"): summaries})
    context = context_of(tasks, "alpha", dry_run=True)

    report_run(context, ["alpha.export"])

    assert caplog.messages[1].endswith("; nothing was changed in the warehouse or in S3")
    assert "Dry run of system alpha: success" in caplog.messages
    (line,) = [line for line in caplog.messages if "alpha.export:" in line]
    assert line.startswith("Dry run of alpha.export: 1,234 rows in 2 files")
    assert "nothing was written to" in line
    assert tasks.pushed["return_value"]["systems"] == {"alpha": "success"}


def test_a_dry_run_without_a_result_is_not_green() -> None:
    tasks = FinishedTasks({"alpha.export": "skipped", "dry_run": "success"}, {})
    context = context_of(tasks, "alpha", dry_run=True)

    with pytest.raises(AirflowFailException, match="the dry run has no result"):
        report_run(context, ["alpha.export"])


def test_a_task_that_was_marked_as_failed_by_hand_is_told_as_such() -> None:
    found = report({"alpha.export": "failed"}, may_fail=True)

    assert "marked as failed by hand" in found["failures"]["alpha.export"]["error"]
    assert found["systems"] == {"alpha": "failed"}


@pytest.mark.parametrize("state", ["skipped", None, "removed"])
def test_a_selected_system_that_exported_nothing_fails_the_report(state: str | None) -> None:
    with pytest.raises(
        AirflowFailException, match=f"alpha.export was selected, but exported nothing.*{state or 'none'}"
    ):
        report({"alpha.export": state})


def test_an_export_that_was_marked_as_a_success_by_hand_fails_the_report() -> None:
    with pytest.raises(AirflowFailException, match="was marked as a success by hand"):
        report({"alpha.export": "success"})


def test_a_failed_task_fails_the_report_that_names_it() -> None:
    with pytest.raises(AirflowFailException, match=r"The run failed in alpha\.init"):
        report({"alpha.init": "failed", "alpha.export": "upstream_failed"})


@pytest.mark.parametrize(
    ("states", "summary", "dry_run", "is_delivery"),
    [
        ({"alpha.export": "success", "beta.export": "skipped"}, SUMMARY, False, True),
        ({"alpha.export": "success", "beta.export": "skipped"}, None, False, False),
        ({"alpha.export": "success", "alpha.cleanup.x": "failed"}, SUMMARY, False, False),
        ({"alpha.export": "skipped", "dry_run": "success"}, SUMMARY, True, False),
    ],
    ids=["not selected", "by hand", "failed", "dry run"],
)
def test_a_run_that_delivered_all_it_selected_leaves_a_mark(
    states: dict[str, str | None], summary: Any, dry_run: bool, is_delivery: bool
) -> None:
    tasks = FinishedTasks(states, {("alpha.export", "return_value"): summary, ("dry_run", "return_value"): {}})

    with suppress(AirflowFailException):
        report_run(context_of(tasks, "alpha", dry_run=dry_run), ["alpha.export", "beta.export"])

    assert (DELIVERED_KEY in tasks.pushed) == is_delivery


@pytest.mark.parametrize(("run_type", "is_refused"), [("manual", True), ("backfill", True), ("scheduled", False)])
def test_a_run_that_the_preflight_refused_is_told_as_such_unless_its_delivery_was_due(
    run_type: str, is_refused: bool
) -> None:
    states: dict[str, str | None] = {"preflight": "failed"}
    states |= {"alpha.export": "upstream_failed", "beta.export": "upstream_failed"}
    tasks = FinishedTasks(states, {("preflight", REFUSED_KEY): True})
    context = context_of(tasks, "alpha")
    context["dag_run"].run_type = run_type

    with pytest.raises(AirflowFailException, match="failed in preflight"):
        report_run(context, ["alpha.export", "beta.export"])

    assert tasks.pushed["return_value"]["refused"] == is_refused


def test_a_run_that_was_refused_does_not_replace_the_file_of_its_days_delivery() -> None:
    tasks = FinishedTasks({"preflight": "failed"}, {("preflight", REFUSED_KEY): True})
    written: list[Any] = []
    html_report: Any = SimpleNamespace(write=written.append)

    with pytest.raises(AirflowFailException):
        report_run(context_of(tasks, "alpha"), [], html_report=html_report)

    assert written == []


def test_a_system_that_was_not_selected_has_no_part_in_a_run_whose_preflight_failed() -> None:
    found = report(
        {"preflight": "failed", "alpha.export": "upstream_failed", "beta.export": "upstream_failed"}, may_fail=True
    )

    assert found["systems"] == {"alpha": "upstream_failed", "beta": "skipped"}


def test_a_failure_explains_what_was_not_exported_after_it() -> None:
    found = report({"alpha.init": "failed", "alpha.export": "upstream_failed"}, may_fail=True)

    assert found["doubts"] == []


def test_what_is_kept_of_a_failure_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    mask_secret("correct-horse-battery")
    task = FinishedTasks({}, {})
    task.task_id = "alpha.init.010_build"
    error = ValueError("user 'batch', password 'correct-horse-battery': refused")
    context: Any = {"ti": task, "task": SimpleNamespace(script="init/alpha/010_build.sql"), "exception": error}

    record_failure(context)

    kept = {"error": "user 'batch', password '***': refused", "script": "init/alpha/010_build.sql"}
    assert task.pushed == {FAILURE_KEY: kept}
    assert "correct-horse-battery" not in caplog.text
