"""What a run says while it works: follows the log of `airflow dags test` for tasks and the run's report."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from billing_aggregator.outcome.report import FAILURE_LINE, REPORT_LINE

TASK_LINE = re.compile(r"\[DAG TEST\] (starting|end task) task_id=(\S+)")
ERROR_LINE = re.compile(r"\b(\w+(?:\.\w+)*(?:Error|Exception)): (.+)")


class RunLog:
    """The course of a run: prints each task as it ends, keeps the report and the last error."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self.report: dict[str, Any] = {}
        self.last_error = ""
        self.has_begun = False
        self._started = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether Airflow called the run a success."""
        return self.exit_code == 0

    @property
    def has_written(self) -> bool:
        """Whether the run wrote anything to S3."""
        return any(not export["dry_run"] for export in self.report.get("exports", {}).values())

    def read(self, line: str) -> None:
        """Take the next line of the log."""
        if REPORT_LINE in line:
            self.report = _json_after(REPORT_LINE, line)
        elif FAILURE_LINE in line:
            failure = _json_after(FAILURE_LINE, line)
            print(f"  {failure['task_id']} FAILED: {failure['error']}\n  Airflow is closing the run ...", flush=True)
        elif found := TASK_LINE.search(line):
            self._follow(*found.groups())
        elif found := ERROR_LINE.search(line):
            self.last_error = found.group(0).strip()

    def _follow(self, event: str, task_id: str) -> None:
        self.has_begun = True
        if event == "starting":
            self._started = time.monotonic()
        else:
            print(f"  {task_id:<60} {time.monotonic() - self._started:5.1f} s", flush=True)


def _json_after(marker: str, line: str) -> dict[str, Any]:
    """The JSON object that follows the marker; what the log adds behind it does not count."""
    found: dict[str, Any] = json.JSONDecoder().raw_decode(line[line.index(marker) + len(marker) :])[0]
    return found
