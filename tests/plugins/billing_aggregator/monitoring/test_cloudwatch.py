"""Figures reach CloudWatch with their units and dimensions."""

from __future__ import annotations

import pytest

from billing_aggregator.monitoring import cloudwatch
from billing_aggregator.monitoring.cloudwatch import put_metric_data
from billing_aggregator.monitoring.figures import EXPORTED_BYTES, RUN_DURATION, RUN_SUCCEEDED, SYSTEM_ROWS, Figure
from tests.support.aws_server import AwsServer


def test_units_and_dimensions_are_those_of_the_documentation(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # More than one request.
    monkeypatch.setattr(cloudwatch, "MOST_DATUMS", 3)
    figures = [
        Figure(RUN_SUCCEEDED, 0),
        Figure(RUN_DURATION, 12.5),
        Figure(EXPORTED_BYTES, 5678),
        Figure(SYSTEM_ROWS, 42, "tripica"),
    ]

    put_metric_data(figures, "Units", "enercity", "prod", aws_conn_id="billing_s3")

    assert aws.metrics("Units") == {
        ("RunSucceeded", ""): (0, "Count"),
        ("RunDuration", ""): (12.5, "Seconds"),
        ("ExportedBytes", ""): (5678, "Bytes"),
        ("SystemRows", "tripica"): (42, "Count"),
    }
