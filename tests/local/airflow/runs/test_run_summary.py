"""The summary of a run says no more than what the run has left in its log."""

from __future__ import annotations

from pathlib import Path

from local.airflow.runs.run_log import RunLog
from local.airflow.runs.run_summary import summarize

AS_THEY_WERE = "the exports that are not listed are as they were"


def summary_of(*lines: str) -> str:
    run = RunLog()
    run.exit_code = 1
    for line in lines:
        run.read(line)
    return summarize(run, 1.0, Path("run.log"), None)


def test_a_run_that_fails_before_its_first_task_has_changed_nothing() -> None:
    text = summary_of("RuntimeError: no way")

    assert "FAILED before the first task: RuntimeError: no way" in text
    assert AS_THEY_WERE in text


def test_a_run_that_breaks_off_between_its_tasks_does_not_say_that_nothing_was_exported() -> None:
    text = summary_of(
        "[DAG TEST] starting task_id=bookkeeper.export map_index=-1",
        "[DAG TEST] end task task_id=bookkeeper.export map_index=-1",
        "ServerResponseError: Server returned error",
    )

    assert "FAILED between two tasks: ServerResponseError: Server returned error" in text
    assert "left no report: exports that it had finished by then are replaced" in text
    assert AS_THEY_WERE not in text
