"""Sends figures to CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from billing_aggregator.monitoring.bounded import quick_config
from billing_aggregator.monitoring.figures import Figure

# As many as one request may have.
MOST_DATUMS = 1000

Datum = Mapping[str, object]


class MetricsClient(Protocol):
    """What is used of boto3's CloudWatch client."""

    def put_metric_data(self, *, Namespace: str, MetricData: Sequence[Datum]) -> object:  # noqa: N803 - AWS's names
        """Store data points."""


def put_metric_data(
    figures: Sequence[Figure],
    namespace: str,
    client_id: str,
    environment: str,
    *,
    aws_conn_id: str | None,
    region: str | None = None,
) -> None:
    """Send the figures to a namespace, with the dimensions Client, Environment and, for those of a system, System.

    :param region: None for that of the connection
    """
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook = AwsBaseHook(aws_conn_id, client_type="cloudwatch", region_name=region, config=quick_config())
    client = cast(MetricsClient, hook.get_conn())
    for first in range(0, len(figures), MOST_DATUMS):
        data = [_datum(figure, client_id, environment) for figure in figures[first : first + MOST_DATUMS]]
        client.put_metric_data(Namespace=namespace, MetricData=data)


def _datum(figure: Figure, client_id: str, environment: str) -> Datum:
    dimensions = {"Client": client_id, "Environment": environment}
    if figure.system is not None:
        dimensions["System"] = figure.system
    return {
        "MetricName": figure.metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Value": figure.value,
        "Unit": figure.metric.unit,
    }
