"""Who watches the runs of a deployment: the topic of alerts, and where metrics go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from billing_aggregator.monitoring.airflow_stats import send_stats
from billing_aggregator.monitoring.alert import Alert
from billing_aggregator.monitoring.bounded import attempt, quick_config
from billing_aggregator.monitoring.cloudwatch import put_metric_data
from billing_aggregator.monitoring.figures import Figure


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """What a deployment says about alerts and metrics.

    :param client_id, environment: the deployment
    :param aws_conn_id: the Airflow connection to AWS, None for the execution role
    :param topic_arn: the SNS topic of alerts, None for no alerts
    :param metrics_namespace: that of CloudWatch, None for none
    :param shrink_percent: an export that lost more of its rows than this has shrunk
    :param deadline: from the start of a scheduled run until it is late, None for never
    """

    client_id: str
    environment: str
    aws_conn_id: str | None
    topic_arn: str | None = None
    metrics_namespace: str | None = None
    shrink_percent: int = 20
    deadline: timedelta | None = None

    @property
    def region(self) -> str | None:
        """The region of the topic, and so of the metrics; without a topic that of the connection."""
        return self.topic_arn.split(":")[3] if self.topic_arn else None

    def publish(self, alert: Alert) -> None:
        """Publish an alert; one that carries what Airflow takes for a secret carries asterisks instead.

        :raises Exception: whatever went wrong; call it in ``attempt``
        """
        from airflow.providers.amazon.aws.hooks.sns import SnsHook

        if self.topic_arn is None:
            return
        hook = SnsHook(aws_conn_id=self.aws_conn_id, region_name=self.region, config=quick_config())  # type: ignore[no-untyped-call]
        hook.publish_to_target(
            target_arn=self.topic_arn,
            message=redacted(alert.text),
            subject=redacted(alert.subject),
            message_attributes=dict(alert.attributes),
        )

    def measure(self, figures: Sequence[Figure]) -> None:
        """Send figures to Airflow's metrics and, where there is a namespace, to CloudWatch; never fails."""
        attempt("Sending metrics to Airflow's backend", lambda: send_stats(figures, self.client_id, self.environment))
        if namespace := self.metrics_namespace:
            attempt(
                "Sending metrics to CloudWatch",
                lambda: put_metric_data(
                    figures,
                    namespace,
                    self.client_id,
                    self.environment,
                    aws_conn_id=self.aws_conn_id,
                    region=self.region,
                ),
            )


def redacted(text: str) -> str:
    """The text without what Airflow takes for secrets, as it would stand in a log."""
    from airflow.sdk._shared.secrets_masker import redact

    return str(redact(text))
