"""Makes the package's link and page known to Airflow's UI; the package itself stays out of the plugin loader."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from billing_aggregator.pages.views import external_views, fastapi_apps
from postgres_to_s3.operators.s3_objects_link import S3ObjectsLink


class BillingAggregatorPlugin(AirflowPlugin):
    """Registers the link from an export to its objects, and the page "Billing exports"."""

    name = "billing_aggregator"
    operator_extra_links = [S3ObjectsLink()]  # noqa: RUF012 - declared so by Airflow
    fastapi_apps = fastapi_apps()
    external_views = external_views()
