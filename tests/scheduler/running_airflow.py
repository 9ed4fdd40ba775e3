"""A running Airflow as the person in front of its UI uses it: trigger, clear, mark, backfill, and look."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2

from local.airflow.environment import DAG_ID
from local.airflow.process import AIRFLOW
from local.airflow.service import COMPONENTS

RUN_SECONDS = 150.0
POLL_SECONDS = 0.2
ENDED = ("success", "failed")
# The metadata database of another Airflow, which knows nothing of this one's runs.
OTHER_METADATA = "another_airflow"


@dataclass
class RunningAirflow:
    """The API of a running Airflow, and its scheduler, which a test may kill and start again."""

    url: str
    scheduler: psutil.Popen
    environment: Mapping[str, str] = field(repr=False)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One request to the API; fails with what Airflow answers where it refuses."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/api/v2{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                found: dict[str, Any] = json.loads(answer.read() or b"{}")
                return found
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def trigger(self, run_id: str | None = None, **conf: Any) -> Run:
        """Trigger a run by hand with these parameters, and this name instead of the usual one."""
        name = {"dag_run_id": run_id} if run_id else {}
        answer = self.call("POST", f"/dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": conf, **name})
        return Run(self, answer["dag_run_id"])

    def run(self, **conf: Any) -> Run:
        """Trigger a run by hand and wait for its end."""
        run = self.trigger(**conf)
        run.wait()
        return run

    def backfill(self, first: date, last: date, **conf: Any) -> list[Run]:
        """Backfill each day from the first to the last, as the UI does: as many at once as Airflow likes.

        Airflow takes one backfill at a time, and sees some seconds late that the last one has ended.
        """
        wait_until(lambda: not self._active_backfills(), "the end of the backfill before")
        answer = self.call(
            "POST",
            "/backfills",
            {
                "dag_id": DAG_ID,
                "from_date": f"{first}T00:00:00Z",
                "to_date": f"{last}T23:59:59Z",
                "dag_run_conf": conf,
                "reprocess_behavior": "completed",
            },
        )
        created = datetime.fromisoformat(answer["created_at"]) - timedelta(seconds=5)
        days = (last - first).days + 1
        wait_until(lambda: len(self._runs(run_type="backfill", since=created)) == days, "the runs of the backfill")
        return self._runs(run_type="backfill", since=created)

    def scheduled_runs(self) -> list[Run]:
        """The runs that Airflow has started by itself, the oldest first."""
        return self._runs(run_type="scheduled")

    def pause(self, *, is_paused: bool = True) -> None:
        """Pause the DAG, or unpause it."""
        self.call("PATCH", f"/dags/{DAG_ID}", {"is_paused": is_paused})

    def dag(self) -> dict[str, Any]:
        """What Airflow knows of the DAG."""
        return self.call("GET", f"/dags/{DAG_ID}/details")

    def deploy_anew(self) -> None:
        """Make Airflow forget the DAG with its runs and find it again, paused, as on a new environment."""
        self.call("DELETE", f"/dags/{DAG_ID}")
        wait_until(self._is_deployed, "the DAG is found again")

    def parse_again(self) -> None:
        """Let the DAG processor read the DAG file now, which also finds out when the next run is due."""
        self.call("PUT", f"/parseDagFile/{self.dag()['file_token']}")

    def end_all_runs(self) -> None:
        """Mark as failed what has not ended."""
        for state in ("queued", "running"):
            for each in self.call("GET", f"/dags/{DAG_ID}/dagRuns?state={state}")["dag_runs"]:
                Run(self, each["dag_run_id"]).mark("failed")

    def kill_task(self) -> None:
        """Kill the process of the one task that is at work; the worker that has started it lives on."""
        tasks = [each for each in self.scheduler.children(recursive=True) if not each.children()]
        newest = max(tasks, key=lambda process: process.create_time())
        newest.kill()
        psutil.wait_procs([newest], timeout=20)

    def kill_scheduler(self, *, alone: bool = False) -> None:
        """End the scheduler without a word, and the workers it has started, as a machine that goes away does.

        :param alone: its workers live on
        """
        family = [*([] if alone else self.scheduler.children(recursive=True)), self.scheduler]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=20)

    def start_scheduler(self, **settings: str) -> None:
        """Start a scheduler, as the first one was started, with these settings on top."""
        self.scheduler = psutil.Popen(
            [AIRFLOW, *COMPONENTS["scheduler"]],
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def stop_scheduler(self) -> None:
        """End the scheduler in order, as an update of the environment does."""
        family = [self.scheduler, *self.scheduler.children(recursive=True)]
        self.scheduler.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, timeout=30)
        for process in left:
            process.kill()

    def _active_backfills(self) -> list[dict[str, Any]]:
        found = self.call("GET", f"/backfills?dag_id={DAG_ID}")["backfills"]
        return [each for each in found if each["completed_at"] is None]

    def _is_deployed(self) -> bool:
        try:
            return bool(self.dag()["is_paused"])
        except AssertionError:
            return False

    def _runs(self, run_type: str, since: datetime | None = None) -> list[Run]:
        query = f"?run_type={run_type}&order_by=run_after&limit=100"
        found = self.call("GET", f"/dags/{DAG_ID}/dagRuns{query}")["dag_runs"]
        return [
            Run(self, each["dag_run_id"])
            for each in found
            if since is None or datetime.fromisoformat(each["queued_at"]) >= since
        ]


@dataclass(frozen=True)
class Run:
    """One run of the DAG."""

    airflow: RunningAirflow
    run_id: str

    @property
    def path(self) -> str:
        """Of the run in the API."""
        return f"/dags/{DAG_ID}/dagRuns/{quote(self.run_id)}"

    @property
    def state(self) -> str:
        """Of the run."""
        return str(self.airflow.call("GET", self.path)["state"])

    @property
    def logical_day(self) -> date:
        """The day of the run's own date."""
        return datetime.fromisoformat(self.airflow.call("GET", self.path)["logical_date"]).astimezone(UTC).date()

    def tasks(self) -> dict[str, dict[str, Any]]:
        """What Airflow knows of each task, by its id."""
        answer = self.airflow.call("GET", f"{self.path}/taskInstances?limit=100")
        return {task["task_id"]: task for task in answer["task_instances"]}

    def states(self) -> dict[str, str | None]:
        """The state of each task."""
        return {task_id: task["state"] for task_id, task in self.tasks().items()}

    def log(self, task_id: str, attempt: int | None = None) -> str:
        """The lines of one attempt of a task, by default the last one."""
        number = attempt or self.tasks()[task_id]["try_number"]
        answer = self.airflow.call("GET", f"{self.path}/taskInstances/{task_id}/logs/{number}")
        return "\n".join(str(line["event"]) for line in answer["content"] if "event" in line)

    def report(self) -> dict[str, Any]:
        """What the last task of the run has told."""
        path = f"{self.path}/taskInstances/report/xcomEntries/return_value?deserialize=true"
        found: dict[str, Any] = self.airflow.call("GET", path)["value"]
        return found

    def wait(self) -> str:
        """Wait for the end of the run."""
        wait_until(lambda: self.state in ENDED, f"the end of {self.run_id}", lambda: str(self.states()))
        return self.state

    def wait_for(self, task_id: str, *states: str) -> None:
        """Wait until a task has one of these states."""
        what = f"{task_id} of {self.run_id} becomes {' or '.join(states)}"
        wait_until(lambda: self.states()[task_id] in states, what, lambda: str(self.states()))

    def clear(self, *task_ids: str, downstream: bool = True) -> None:
        """Clear tasks of the run, and what comes after them; without a name the whole run."""
        if task_ids:
            self.airflow.call(
                "POST",
                f"/dags/{DAG_ID}/clearTaskInstances",
                {
                    "dry_run": False,
                    "dag_run_id": self.run_id,
                    "task_ids": list(task_ids),
                    "only_failed": False,
                    "include_downstream": downstream,
                },
            )
        else:
            self.airflow.call("POST", f"{self.path}/clear", {"dry_run": False, "only_failed": False})

    def began_hours_ago(self, hours: int) -> None:
        """Make Airflow believe that the run began so long ago; nobody can wait for it."""
        began = datetime.now(UTC) - timedelta(hours=hours)
        dsn = self.airflow.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        with closing(psycopg2.connect(dsn)) as metadata, metadata, metadata.cursor() as cursor:
            cursor.execute("update dag_run set start_date = %s where run_id = %s", (began, self.run_id))
            assert cursor.rowcount == 1

    def mark(self, state: str, task_id: str | None = None) -> None:
        """Mark a task of the run by hand, or the run."""
        if task_id is None:
            self.airflow.call("PATCH", self.path, {"state": state})
        else:
            self.airflow.call("PATCH", f"{self.path}/taskInstances/{task_id}", {"new_state": state})


def wait_until(
    is_true: Callable[[], object],
    what: str,
    found: Callable[[], str] = lambda: "nothing more is known",
    seconds: float = RUN_SECONDS,
) -> None:
    """Return as soon as it is true.

    :raises AssertionError: it has not become true in time
    """
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for: {what}; {found()}"
        time.sleep(POLL_SECONDS)
