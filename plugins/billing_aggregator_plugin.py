"""Makes the package's link known to Airflow's UI; the package itself stays out of the plugin loader."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from postgres_to_s3.operators.s3_objects_link import S3ObjectsLink


class BillingAggregatorPlugin(AirflowPlugin):
    """Registers the link from an export to its objects."""

    name = "billing_aggregator"
    operator_extra_links = [S3ObjectsLink()]  # noqa: RUF012 - declared so by Airflow
