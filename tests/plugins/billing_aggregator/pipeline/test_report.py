"""The report tells what is known of a run, in whatever state a person has left it."""

from __future__ import annotations

import logging
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from billing_aggregator.pipeline.report import report_run

SUMMARY = {
    "dry_run": False,
    "bucket": "exports",
    "rows": 1234,
    "files": 1,
    "bytes": 5678,
    "seconds": 1.25,
    "manifest": "enercity/prod/alpha.manifest.json",
}


class FinishedTasks:
    """What the report asks Airflow about the tasks of its run."""

    dag_id = "billing_data_aggregator"
    run_id = "manual__1"

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


def report(
    states: dict[str, str | None], *, systems: tuple[str, ...] = ("alpha",), may_fail: bool = False, **summaries: Any
) -> dict[str, Any]:
    """The report of a run whose tasks ended in these states."""
    xcoms = {(f"{system}.export", "return_value"): summary for system, summary in summaries.items()}
    tasks = FinishedTasks(states, xcoms)
    context: Any = SimpleNamespace(ti=tasks, params={"systems": list(systems), "dry_run": False})
    with suppress(AirflowFailException) if may_fail else nullcontext():
        report_run(vars(context), ["alpha.export", "beta.export"])  # type: ignore[arg-type]
    found: dict[str, Any] = tasks.pushed["return_value"]
    return found


def test_an_export_is_told_with_its_rows_files_bytes_and_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    report({"alpha.export": "success"}, alpha=SUMMARY)

    line = "Export alpha.export: 1,234 rows in 1 file, 5,678 bytes in 1.2 s; s3://exports/enercity/prod/alpha.manifest.json"
    assert line in caplog.messages


def test_a_dry_run_does_not_read_as_a_real_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    summaries = {"alpha.export": SUMMARY | {"dry_run": True, "files": 2}}
    tasks = FinishedTasks({"alpha.export": "skipped", "dry_run": "success"}, {("dry_run", "return_value"): summaries})
    context: Any = {"ti": tasks, "params": {"systems": ["alpha"], "dry_run": True}}

    report_run(context, ["alpha.export"])

    (line,) = [line for line in caplog.messages if "alpha.export:" in line]
    assert line.startswith("Dry run of alpha.export: 1,234 rows in 2 files")
    assert "nothing was written to" in line
    assert tasks.pushed["return_value"]["systems"] == {"alpha": "success"}


def test_a_dry_run_without_a_result_is_not_green() -> None:
    tasks = FinishedTasks({"alpha.export": "skipped", "dry_run": "success"}, {})
    context: Any = {"ti": tasks, "params": {"systems": ["alpha"], "dry_run": True}}

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


def test_a_system_that_was_not_selected_need_not_export() -> None:
    found = report({"alpha.export": "success", "beta.export": "skipped"}, alpha=SUMMARY)

    assert found["systems"] == {"alpha": "success", "beta": "skipped"}
    assert found["doubts"] == []


def test_a_failure_explains_what_was_not_exported_after_it() -> None:
    found = report({"alpha.init": "failed", "alpha.export": "upstream_failed"}, may_fail=True)

    assert found["doubts"] == []
