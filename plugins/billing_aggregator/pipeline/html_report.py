"""Writes the report of a run as an HTML file beside the manifests."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from billing_aggregator.monitoring.bounded import attempt
from billing_aggregator.pages.run_report import run_report_html
from billing_aggregator.run.endpoints import Endpoints
from postgres_to_s3.options.object_options import ObjectOptions
from postgres_to_s3.s3.requests import BucketRequests

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

HTML_TYPE = "text/html; charset=utf-8"
# Enough for a second try where S3 is busy; where it hangs, the report of the run does not wait for it.
SECONDS = 30.0


@dataclass(frozen=True)
class HtmlReport:
    """Where and how the file is written.

    :param objects: encryption and tags of the object
    """

    endpoints: Endpoints
    client_id: str
    environment: str
    objects: ObjectOptions = field(default_factory=ObjectOptions)

    def write(self, report: Mapping[str, Any]) -> None:
        """Write the file; a failure is logged and fails nothing, since all that was asked for has been delivered.

        :param report: what the report task leaves as its XCom
        """
        attempt("Writing the HTML report", lambda: self._write(report), SECONDS)

    def _write(self, report: Mapping[str, Any]) -> None:
        # The preflight may have refused it, and a key may not hold just anything.
        day = date.fromisoformat(report["business_date"])
        key = self.endpoints.key(f"reports/{day}/run.html")
        content = run_report_html(report, self.client_id, self.environment).encode()
        extra = {**self.objects.arguments(), "ContentType": HTML_TYPE}
        BucketRequests(self._client(), self.endpoints.s3_bucket).write(key, content, extra)
        log.info("HTML report: s3://%s/%s", self.endpoints.s3_bucket, key)

    def _client(self) -> S3Client:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        client: S3Client = S3Hook(self.endpoints.aws_conn_id).get_conn()
        return client
