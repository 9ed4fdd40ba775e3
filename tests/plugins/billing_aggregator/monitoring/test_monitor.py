"""Alerts reach the topic; a server that hangs or refuses is a warning."""

from __future__ import annotations

import time

import pytest
from airflow.sdk.log import mask_secret

from billing_aggregator.monitoring import bounded
from billing_aggregator.monitoring.alert import Alert, Cause
from billing_aggregator.monitoring.bounded import attempt
from billing_aggregator.monitoring.figures import RUN_SUCCEEDED, Figure
from billing_aggregator.monitoring.monitor import Monitor
from tests.support.aws_server import REGION, AwsServer, refusing_address, silent_server

TOPIC = f"arn:aws:sns:{REGION}:123456789012:billing-alerts"
MONITOR = Monitor(
    client_id="enercity", environment="prod", aws_conn_id="billing_s3", topic_arn=TOPIC, metrics_namespace="Billing"
)
ALERT = Alert(
    event="run_failed",
    client_id="enercity",
    environment="prod",
    dag_id="billing_data_aggregator",
    run_id="manual__1",
    headline="the run failed",
    causes=[Cause("preflight", "{{ not_a_template }} FATAL: password 'striped-zebra' is wrong")],
    remedy="correct the cause.",
)


def test_subscribers_get_subject_text_and_attributes(aws: AwsServer) -> None:
    MONITOR.publish(ALERT)

    (message,) = aws.messages()
    assert message.subject == "enercity prod: the run failed"
    assert "{{ not_a_template }}" in message.text
    assert message.attributes == ALERT.attributes


def test_what_airflow_takes_for_a_secret_is_not_sent(aws: AwsServer) -> None:
    mask_secret("striped-zebra")

    MONITOR.publish(ALERT)

    (message,) = aws.messages()
    assert "striped-zebra" not in message.text
    assert "***" in message.text


def test_without_a_topic_nobody_is_told(aws: AwsServer) -> None:
    Monitor(client_id="enercity", environment="prod", aws_conn_id="billing_s3").publish(ALERT)

    assert aws.messages() == []


@pytest.mark.parametrize("is_silent", [True, False], ids=["never answers", "refuses"])
def test_a_server_that_does_not_work_delays_nobody(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_silent: bool
) -> None:
    monkeypatch.setattr(bounded, "READ_SECONDS", 0.3)
    with silent_server() as silent:
        for service in ("SNS", "CLOUDWATCH"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", silent if is_silent else refusing_address())
        started = time.monotonic()

        attempt("Telling of the run", lambda: MONITOR.publish(ALERT))
        MONITOR.measure([Figure(RUN_SUCCEEDED, 1)])

    assert time.monotonic() - started < 2 * bounded.SECONDS
    warnings = [line for line in caplog.messages if "the run goes on without it" in line]
    error = "ReadTimeoutError" if is_silent else "EndpointConnectionError"
    assert [line.split(" failed;")[0] for line in warnings] == ["Telling of the run", "Sending metrics to CloudWatch"]
    assert all(error in line for line in warnings)
