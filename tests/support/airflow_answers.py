"""Answers of Airflow's REST API for a page in a browser: runs, reports and tasks as a test wants them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Route

from billing_aggregator.outcome.report import DELIVERED_KEY, RunReport

DAG_ID = "billing_data_aggregator"
TODAY = date(2026, 11, 25)
BUCKET = "billing-exports"
# Of a report, as far as no test cares.
FIGURES = {"refused": False, "run_id": "", "started": None, "seconds": None, "remarks": {}}
CONSOLE = f"https://eu-central-1.console.aws.amazon.com/s3/buckets/{BUCKET}?region=eu-central-1&prefix=enercity/prod/"


def export(rows: int, amounts: dict[str, str | None] | None = None, **changes: Any) -> dict[str, Any]:
    """The summary of an export as a report holds it."""
    return {
        "dry_run": False,
        "bucket": BUCKET,
        "rows": rows,
        "files": 1,
        "bytes": rows * 300,
        "seconds": 2.5,
        "amounts": amounts or {},
        "manifest": "enercity/prod/tripica.manifest.json",
        "url": CONSOLE,
    } | changes


def report(day: date, exports: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A report as the report task leaves it."""
    return {
        "business_date": day.isoformat(),
        "dry_run": False,
        "systems": {task_id.partition(".")[0]: "success" for task_id in exports},
        "exports": exports,
        "failures": {},
        "doubts": [],
    } | changes


@dataclass
class AirflowAnswers:
    """What the API says.

    :param dags: the ids of the DAGs that the user may see
    :param runs: of all DAGs
    :param reports: by run id; a run without one has left none
    :param tasks: by run id: the state of each task
    :param refusals: by a part of the path: the HTTP status of the answer, 0 for no answer at all
    :param is_paused: all DAGs are
    :param requests: what has been asked for, in order
    """

    dags: list[str] = field(default_factory=lambda: [DAG_ID])
    runs: list[dict[str, Any]] = field(default_factory=list)
    reports: dict[str, Any] = field(default_factory=dict)
    tasks: dict[str, dict[str, str | None]] = field(default_factory=dict)
    failures: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    is_paused: bool = False
    requests: list[str] = field(default_factory=list)

    def add_run(self, days_ago: int = 0, *, state: str = "success", run_id: str = "", **fields: Any) -> str:
        """A run of that day; runs are added from old to new."""
        day = (TODAY - timedelta(days=days_ago)).isoformat()
        run_id = run_id or f"scheduled__{day}"
        has_ended = state in ("success", "failed")
        self.runs.insert(
            0,
            {
                "dag_id": DAG_ID,
                "dag_run_id": run_id,
                "logical_date": f"{day}T02:00:00Z",
                "run_after": f"{day}T02:00:00Z",
                "start_date": f"{day}T02:00:01Z",
                "end_date": f"{day}T02:12:31Z" if has_ended else None,
                "state": state,
                "run_type": "scheduled",
                "conf": {},
                "note": None,
                "triggering_user_name": None,
            }
            | fields,
        )
        return run_id

    def answer(self, route: Route) -> None:
        """Answer one request of the page."""
        address = urlsplit(route.request.url)
        path = address.path.partition("/api/v2/")[2]
        self.requests.append(route.request.url)
        status = next((status for part, status in self.refusals.items() if part in path), None)
        if status == 0:
            route.abort()
            return
        found = self._found(path, parse_qs(address.query)) if status is None else None
        if found is None:
            route.fulfill(status=status or 404, json={"detail": "refused"})
            return
        route.fulfill(json=found)

    def _found(self, path: str, query: dict[str, list[str]]) -> Any:
        if path == "dags":
            tags = [{"name": "billing"}, {"name": "enercity"}, {"name": "prod"}]
            return _part(
                [{"dag_id": dag_id, "tags": tags, "is_paused": self.is_paused} for dag_id in self.dags], "dags", query
            )
        if matched := re.fullmatch("dags/([^/]+)/dagRuns", path):
            runs = [run for run in self._runs_within(query) if run["dag_id"] == matched[1]]
            return _part(runs if query["order_by"] == ["-run_after"] else runs[::-1], "dag_runs", query)
        if matched := re.fullmatch("dags/[^/]+/dagRuns/([^/]+)", path):
            return next((run for run in self.runs if run["dag_run_id"] == unquote(matched[1])), None)
        if matched := re.fullmatch("dags/[^/]+/dagRuns/([^/]+)/taskInstances", path):
            states = self.tasks.get(unquote(matched[1]), {})
            tasks = [{"task_id": task_id, "state": state, "duration": 1.5} for task_id, state in states.items()]
            return _part(tasks, "task_instances", query)
        if re.fullmatch("dags/[^/]+/dagRuns/~/taskInstances/report/xcomEntries", path):
            assert query["xcom_key"] == [DELIVERED_KEY]
            runs = [run for run in self._runs_within(query) if self._has_delivered(run["dag_run_id"])]
            return _part([{"run_id": run["dag_run_id"]} for run in runs], "xcom_entries", query)
        matched = re.fullmatch("dags/[^/]+/dagRuns/([^/]+)/taskInstances/([^/]+)/xcomEntries/(.+)", path)
        assert matched, path
        left = self.failures if matched[3] == "failure" else self.reports
        value = left.get(unquote(matched[2] if matched[3] == "failure" else matched[1]))
        return None if value is None else {"key": matched[3], "value": json.dumps(value)}

    def _runs_within(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        """The runs that the filters of a request let through."""
        first, last = query.get("run_after_gte", [""])[0], query.get("run_after_lt", ["9"])[0]
        (part,) = query.get("conf_contains", [""])
        return [run for run in self.runs if first <= run["run_after"] < last and part in json.dumps(run["conf"])]

    def _has_delivered(self, run_id: str) -> bool:
        left = self.reports.get(run_id)
        return isinstance(left, dict) and "doubts" in left and RunReport(**(FIGURES | left)).is_delivery


def _part(items: list[dict[str, Any]], name: str, query: dict[str, list[str]]) -> dict[str, Any]:
    """One page of a list."""
    first, size = int(query["offset"][0]), int(query["limit"][0])
    return {name: items[first : first + size], "total_entries": len(items)}
