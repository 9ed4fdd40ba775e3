"""What a real Airflow tells of its runs: from tasks and the DAG processor, when a deadline passes, and in its logs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.airflow.environment import DAG_ID
from tests.scheduler.running_airflow import Run, RunningAirflow, wait_until
from tests.scheduler.small_tree import Shop
from tests.support.aws_server import AwsServer, Message


class Inbox:
    """What the subscriber of the topic has got of this test's runs."""

    def __init__(self, aws: AwsServer) -> None:
        self._aws = aws
        self._aws.messages()
        self.messages: list[Message] = []

    def subjects_of(self, run: Run) -> list[str]:
        """The subjects of all messages of a run that are there by now."""
        self.messages += self._aws.messages()
        return [message.subject for message in self.messages if message.attributes["run_id"] == run.run_id]

    def wait_for(self, event: str) -> Message:
        """The message of an event, once it is there."""

        def found() -> list[Message]:
            self.messages += self._aws.messages()
            return [message for message in self.messages if message.attributes["event"] == event]

        wait_until(found, f"a message {event}", lambda: str(self.messages))
        return found()[0]


@pytest.fixture
def inbox(aws: AwsServer) -> Inbox:
    return Inbox(aws)


def log_lines(run: Run, task_id: str) -> list[dict[str, Any]]:
    """The log of a task as Airflow writes it: JSON, one object per line."""
    folder = Path(run.airflow.environment["AIRFLOW_HOME"]) / "logs"
    file = folder / f"dag_id={DAG_ID}" / f"run_id={run.run_id}" / f"task_id={task_id}" / "attempt=1.log"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_failed_run_is_told_once_and_its_log_lines_say_where_they_come_from(
    airflow: RunningAirflow, shop: Shop, inbox: Inbox
) -> None:
    with shop.broken("alpha"):
        run = airflow.run(systems=["alpha"])

    message = inbox.wait_for("run_failed")
    assert message.subject == "enercity local: the run failed in alpha.init.010_build"
    assert "the script of alpha was told to fail" in message.text
    assert f"{airflow.url}/dags/{DAG_ID}/runs/" in message.text
    assert [each.attributes["event"] for each in inbox.messages] == ["run_failed"]
    lines = [
        line
        for line in log_lines(run, "alpha.init.010_build")
        if str(line.get("logger")).startswith(("billing_aggregator.", "postgres_to_s3."))
    ]
    fields = {
        "service": "billing-data-aggregator",
        "client_id": "enercity",
        "environment": "local",
        "run_id": run.run_id,
        "system": "alpha",
        "stage": "init",
        "script": "init/alpha/010_build.sql",
    }
    assert lines
    assert [line for line in lines if not line.items() >= fields.items()] == []
    statements = [line["event"] for line in lines if line["level"] == "debug"]
    assert any("SQL: " in event and "report_oibl.alpha_rows" in event for event in statements)


def test_the_dag_processor_tells_of_a_run_without_a_report_and_not_again_of_one_with_a_report(
    airflow: RunningAirflow, shop: Shop, inbox: Inbox, aws: AwsServer
) -> None:
    with shop.broken("beta"):
        failed = airflow.run(systems=["beta"])
    runs_failed, _ = aws.metrics("Billing")["RunFailed", ""]
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        run.began_hours_ago(3)

        assert run.wait() == "failed"
        wait_until(lambda: inbox.subjects_of(run), "the message of the run without a report")
    assert inbox.subjects_of(run) == ["enercity local: the run took too long and was ended"]
    assert aws.metrics("Billing")["RunFailed", ""] == (runs_failed + 1, "Count")
    # The callback of the DAG has been called for this run before, and found that its report had told.
    assert inbox.subjects_of(failed) == ["enercity local: the run failed in beta.init.010_build"]
    # It has left its lock; the next run takes it over, as long as Airflow remembers that this one has ended.
    assert airflow.run(systems=["alpha"]).state == "success"


def test_a_night_that_has_not_ended_by_its_deadline_is_told_and_measured(
    airflow: RunningAirflow, inbox: Inbox, aws: AwsServer
) -> None:
    airflow.deploy_anew()
    airflow.pause(is_paused=False)
    day = datetime.now(UTC).date() - timedelta(days=3)
    # For Airflow the backfill of a day is the run of its night: that of the last night is made up for.
    airflow.backfill(day, day, systems=["alpha"], allow_past_date=True)
    wait_until(airflow.scheduled_runs, "the run of the last night is started")
    (night,) = airflow.scheduled_runs()

    message = inbox.wait_for("run_late")

    assert message.attributes["run_id"] == night.run_id
    assert message.attributes["severity"] == "critical"
    assert night.wait() == "success"
    # Nobody has promised when the backfill ends.
    assert {each.attributes["run_id"] for each in inbox.messages} == {night.run_id}
    value, unit = aws.metrics("Billing")["RunLate", ""]
    assert (value >= 1, unit) == (True, "Count")
