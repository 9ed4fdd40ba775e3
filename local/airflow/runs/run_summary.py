"""The summary at the end of `make run`: what was exported and where it is, or what failed and where to look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from local.airflow.runs.run_log import RunLog


def summarize(run: RunLog, seconds: float, log: Path, files: Path | None) -> str:
    """The summary as text for a terminal."""
    lines = ["", *_systems(run), *_exports(run), *_failures(run), ""]
    if run.succeeded:
        lines.append(f"The run succeeded in {seconds:.0f} s.")
    else:
        lines.append(f"The run FAILED after {seconds:.0f} s; {_what_is_left(run)}.")
    if files:
        lines.append(f"Files:       {files}")
    lines.append(f"Airflow log: {log}")
    return "\n".join(lines)


def _what_is_left(run: RunLog) -> str:
    if run.has_begun and not run.report:
        return "it left no report: exports that it had finished by then are replaced, the others are as they were"
    return "the exports that are not listed are as they were"


def _systems(run: RunLog) -> Iterator[str]:
    for system, state in run.report.get("systems", {}).items():
        yield f"{system:<30} {state}"


def _exports(run: RunLog) -> Iterator[str]:
    exports = run.report.get("exports", {})
    if exports:
        yield ""
        yield f"{'export':<34} {'rows':>10} {'files':>6} {'bytes':>14} {'seconds':>8}  key"
    for task_id, export in exports.items():
        # An empty result may have no file.
        first = [*export["keys"], export["manifest"]][0]
        key = "(dry run: not written)" if export["dry_run"] else f"s3://{export['bucket']}/{first}"
        figures = f"{export['rows']:>10,} {export['files']:>6} {export['bytes']:>14,} {export['seconds']:>8.1f}"
        yield f"{task_id:<34} {figures}  {key}"


def _failures(run: RunLog) -> Iterator[str]:
    failures = run.report.get("failures", {})
    for task_id, failure in failures.items():
        yield ""
        yield f"FAILED {task_id}"
        yield f"  {failure.get('error') or 'no error was recorded: see the log'}"
        if failure.get("script"):
            yield f"  script: {failure['script']}"
    if not run.succeeded and not failures:
        yield ""
        where = "between two tasks" if run.has_begun else "before the first task"
        yield f"FAILED {where}: {run.last_error or 'see the log'}"
