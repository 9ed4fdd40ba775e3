"""A scheduled run that has not ended by the deadline is told, and no other."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.airflow_versions import deadline_alert
from billing_aggregator.outcome.late_run import run_deadline, tell_late_run
from tests.support.aws_server import AwsServer, aws_server

TOPIC = "arn:aws:sns:eu-central-1:123456789012:billing-alerts"
DEPLOYMENT: dict[str, Any] = {"client_id": "enercity", "environment": "prod", "aws_conn_id": "billing_s3"}


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with aws_server() as server:
        yield server


def run(**values: Any) -> dict[str, Any]:
    """A run as Airflow describes it to the callback of a deadline."""
    usual = {
        "dag_id": "billing_data_aggregator",
        "dag_run_id": "scheduled__2026-11-25T02:00:00+00:00",
        "logical_date": "2026-11-25T02:00:00Z",
        "run_type": "scheduled",
        "state": "running",
        "queued_at": "2026-11-25T02:00:01Z",
        "start_date": "2026-11-25T02:00:02Z",
    }
    return {"dag_run": usual | values, "deadline": {"id": "1", "deadline_time": "2026-11-25T04:00:00Z"}}


def tell(monkeypatch: pytest.MonkeyPatch, aws: AwsServer, context: dict[str, Any]) -> None:
    """What Airflow does when the deadline has passed, with arguments that came out of its database."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    alert = run_deadline(
        Monitor(**DEPLOYMENT, topic_arn=aws.topic_arn, metrics_namespace="Late", deadline=timedelta(hours=2)), "04:00"
    )
    assert alert is not None
    assert alert.callback.path == f"{tell_late_run.__module__}.{tell_late_run.__name__}"
    tell_late_run(context=context, **json.loads(json.dumps(alert.callback.kwargs)))


def test_a_connection_that_this_process_knows_is_used(monkeypatch: pytest.MonkeyPatch, aws: AwsServer) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BILLING_S3", '{"conn_type": "aws", "extra": {"region_name": "eu-west-1"}}')

    tell(monkeypatch, aws, run())

    assert len(aws.messages()) == 1


@pytest.mark.parametrize(
    ("state", "text"),
    [("running", "it has been running since 2026-11-25T02:00:02Z"), ("queued", "unpause the DAG if it is paused")],
)
def test_a_scheduled_run_that_has_not_ended_is_told_and_measured(
    monkeypatch: pytest.MonkeyPatch, aws: AwsServer, state: str, text: str
) -> None:
    tell(monkeypatch, aws, run(state=state))

    (message,) = aws.messages()
    assert message.subject == "enercity prod: the run is late: not finished by 04:00 UTC"
    assert message.attributes["event"] == "run_late"
    assert text in message.text
    assert ("RunLate", "") in aws.metrics("Late")


@pytest.mark.parametrize(
    "values", [{"run_type": "manual"}, {"run_type": "backfill"}, {"state": "failed"}, {"state": "success"}]
)
def test_no_other_run_is_late(monkeypatch: pytest.MonkeyPatch, aws: AwsServer, values: dict[str, str]) -> None:
    tell(monkeypatch, aws, run(**values))

    assert aws.messages() == []


@pytest.mark.parametrize(
    "settings", [{"deadline": timedelta(hours=2)}, {"topic_arn": TOPIC}], ids=["nobody to tell", "no time of day"]
)
def test_a_dag_has_no_deadline_where_nothing_would_come_of_it(settings: dict[str, Any]) -> None:
    assert run_deadline(Monitor(**DEPLOYMENT, **settings), "04:00") is None


def test_an_airflow_without_deadlines_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow.sdk.definitions.deadline", None)

    assert deadline_alert(timedelta(hours=2), tell_late_run, {}) is None


def test_airflow_dags_test_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["airflow", "dags", "test", "billing_data_aggregator"])

    assert deadline_alert(timedelta(hours=2), tell_late_run, {}) is None
