"""Nobody is told twice, and nobody is told nothing."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from billing_aggregator.monitoring.alert import Alert
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.report import RunReport
from billing_aggregator.outcome.run_alerts import TOLD_KEY, run_link, tell_failed_run, tell_failed_task, tell_outcome

TASKS = ("preflight", "alpha.init.010_build", "alpha.export", "gamma.postchecks.010_sums", "report")
SUMMARY = {"rows": 79, "previous_rows": 100, "bucket": "exports", "manifest": "enercity/prod/alpha.manifest.json"}


class Told(Monitor):
    """Keeps the alerts in place of a topic."""

    alerts: list[Alert]

    def publish(self, alert: Alert) -> None:
        self.alerts.append(alert)


@pytest.fixture
def monitor() -> Told:
    found = Told(client_id="enercity", environment="prod", aws_conn_id="billing_s3", topic_arn="arn")
    object.__setattr__(found, "alerts", [])
    return found


class RunningTask:
    """What a task can ask Airflow about its run."""

    dag_id = "billing_data_aggregator"
    run_id = "scheduled__2026-11-25"

    def __init__(self, task_id: str, states: dict[str, str | None], told: tuple[str, ...] = ()) -> None:
        self.task_id = task_id
        self.states = dict.fromkeys(TASKS, "success") | {"report": None} | states
        self.told = {*told}

    def get_task_states(self, _dag_id: str, run_ids: list[str]) -> dict[str, Any]:
        return {run_id: self.states for run_id in run_ids}

    def xcom_pull(self, task_ids: str, key: str) -> Any:
        return task_ids in self.told if key == TOLD_KEY else None

    def xcom_push(self, key: str, value: Any) -> None:
        assert (key, value) == (TOLD_KEY, True)
        self.told.add(self.task_id)


def context(task: RunningTask, *after: str, **more: Any) -> Any:
    """The context of a task that those named come after, and the report in any case."""
    operator = SimpleNamespace(
        script="init/alpha/010_build.sql", get_flat_relative_ids=lambda upstream: {"report", *after}
    )
    return {"ti": task, "task": operator, "exception": ValueError("no such table"), **more}


def test_the_first_failed_task_is_told_while_others_go_on(monitor: Told) -> None:
    task = RunningTask("alpha.init.010_build", {"alpha.init.010_build": "failed", "gamma.postchecks.010_sums": None})

    tell_failed_task(monitor, context(task, "alpha.export"))

    (alert,) = monitor.alerts
    assert (alert.event, alert.headline) == ("task_failed", "alpha.init.010_build failed")
    assert (alert.systems, alert.task_ids) == (["alpha"], ["alpha.init.010_build"])
    for text in ("Script: init/alpha/010_build.sql", "no such table", "the run goes on"):
        assert text in alert.text
    assert task.told == {"alpha.init.010_build"}


def test_a_check_is_told_as_one(monitor: Told) -> None:
    states = {"gamma.postchecks.010_sums": "failed", "alpha.export": "running"}

    tell_failed_task(monitor, context(RunningTask("gamma.postchecks.010_sums", states)))

    assert [alert.event for alert in monitor.alerts] == ["check_refused"]


def test_the_second_failed_task_waits_for_the_message_of_the_run(monitor: Told) -> None:
    states = {"alpha.init.010_build": "failed", "gamma.postchecks.010_sums": "failed", "alpha.export": "running"}

    tell_failed_task(monitor, context(RunningTask("gamma.postchecks.010_sums", states, ("alpha.init.010_build",))))

    assert monitor.alerts == []


def test_two_that_fail_at_once_are_rather_told_twice_than_not_at_all(monitor: Told) -> None:
    states = {"alpha.init.010_build": "failed", "gamma.postchecks.010_sums": "failed", "preflight": "running"}

    tell_failed_task(monitor, context(RunningTask("gamma.postchecks.010_sums", states)))

    assert len(monitor.alerts) == 1


def test_a_failure_that_ends_the_run_is_told_by_the_message_of_the_run_alone(monitor: Told) -> None:
    states = dict.fromkeys(TASKS, None) | {"preflight": "failed"}

    tell_failed_task(monitor, context(RunningTask("preflight", states), *TASKS))

    assert monitor.alerts == []


def report(**parts: Any) -> RunReport:
    """The report of a run; without parts it has nothing to tell."""
    nothing: dict[str, Any] = {"systems": {}, "exports": {}, "failures": {}, "doubts": [], "remarks": {}}
    figures = {"business_date": "2026-11-25", "dry_run": False, "run_id": "manual__1", "started": None, "seconds": None}
    nothing |= {"refused": False}
    return RunReport(**(figures | nothing | parts))


def test_a_run_that_succeeded_is_not_told(monitor: Told) -> None:
    exports = {"alpha.export": SUMMARY | {"rows": 80}, "beta.export": SUMMARY | {"previous_rows": None}}

    tell_outcome(monitor, context(RunningTask("report", {})), report(exports=exports))

    assert monitor.alerts == []


def test_one_message_has_all_causes_and_the_exports_that_shrank(monitor: Told) -> None:
    failures = {name: {"error": f"{name} broke", "script": None} for name in ("beta.export", "gamma.init.010_build")}
    found = report(failures=failures, doubts=["delta.export exported nothing"], exports={"alpha.export": SUMMARY})
    task = RunningTask("report", {})

    tell_outcome(monitor, context(task), found)

    (alert,) = monitor.alerts
    assert (alert.event, alert.headline) == ("run_failed", "the run failed in beta.export and 1 more")
    for text in ("beta.export broke", "gamma.init.010_build broke", "delta.export exported nothing", "79 rows, 100"):
        assert text in alert.text
    assert alert.systems == ["alpha", "beta", "gamma"]
    assert task.told == {"report"}


def test_an_export_that_shrank_is_told_of_a_run_that_succeeded(monitor: Told) -> None:
    tell_outcome(monitor, context(RunningTask("report", {})), report(exports={"alpha.export": SUMMARY}))

    (alert,) = monitor.alerts
    assert alert.subject == "enercity prod: more than 20 % of the rows are gone from alpha.export"
    assert "s3://exports/enercity/prod/alpha.manifest.json" in alert.text


@pytest.fixture
def _processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may ask Airflow, as the DAG processor is, which runs callbacks of a DAG."""
    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.SUPERVISOR_COMMS", object(), raising=False)


@pytest.mark.usefixtures("_processor")
def test_a_run_that_took_too_long_is_told_though_its_report_never_ran(monitor: Told) -> None:
    task = RunningTask("alpha.export", {"alpha.export": "skipped", "report": "skipped"}, told=("report",))
    dag = SimpleNamespace(dagrun_timeout=timedelta(hours=2))

    tell_failed_run(monitor, context(task, reason="timed_out", dag=dag))

    (alert,) = monitor.alerts
    assert alert.headline == "the run took too long and was ended"
    assert "its time limit is 2:00:00" in alert.text


@pytest.mark.usefixtures("_processor")
def test_a_run_of_which_no_task_has_begun_is_told(monitor: Told) -> None:
    dag = SimpleNamespace(dag_id="billing_data_aggregator", dagrun_timeout=timedelta(hours=2))

    tell_failed_run(monitor, {"dag": dag, "run_id": "manual__1", "reason": "timed_out"})  # type: ignore[typeddict-item]

    (alert,) = monitor.alerts
    assert (alert.run_id, alert.headline) == ("manual__1", "the run took too long and was ended")


@pytest.mark.usefixtures("_processor")
@pytest.mark.parametrize(("told", "alerts"), [(("report",), 0), ((), 1)])
def test_a_failed_run_is_told_once_more_only_if_its_report_could_not(
    monitor: Told, told: tuple[str, ...], alerts: int
) -> None:
    states: dict[str, str | None] = {"alpha.init.010_build": "failed", "report": "failed"}

    tell_failed_run(monitor, context(RunningTask("report", states, told), reason="task_failure"))

    assert [alert.headline for alert in monitor.alerts] == ["the run failed in alpha.init.010_build"] * alerts


@pytest.mark.usefixtures("_processor")
def test_a_run_that_was_cleared_before_its_failure_was_told_goes_on(monitor: Told) -> None:
    states: dict[str, str | None] = {"alpha.init.010_build": None, "alpha.export": None, "report": None}

    tell_failed_run(monitor, context(RunningTask("report", states), reason="task_failure"))

    assert monitor.alerts == []


@pytest.mark.usefixtures("_processor")
def test_a_report_that_was_killed_is_told_itself(monitor: Told) -> None:
    tell_failed_run(monitor, context(RunningTask("report", {"report": "failed"}), reason="task_failure"))

    assert [alert.headline for alert in monitor.alerts] == ["the run failed in report"]


def test_airflow_dags_test_has_nobody_to_ask_after_a_run(monitor: Told, caplog: pytest.LogCaptureFixture) -> None:
    tell_failed_run(monitor, context(RunningTask("report", {}), reason="task_failure"))

    assert (monitor.alerts, caplog.messages) == ([], [])


def test_a_link_survives_the_plus_of_a_run_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/")

    assert run_link("dag", "manual__2026-11-25T02:00:00+00:00", "alpha.export") == (
        "https://airflow.example.com/dags/dag/runs/manual__2026-11-25T02%3A00%3A00%2B00%3A00/tasks/alpha.export"
    )


def test_without_an_address_there_is_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")

    assert run_link("dag", "manual__1") == ""
