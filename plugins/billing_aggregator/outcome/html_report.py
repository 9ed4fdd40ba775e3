"""Writes the report of each run as an HTML file beside the manifests, and keeps the best one of each day."""

from __future__ import annotations

import logging
import re
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
# Names the systems that a run has delivered, in the metadata of its report.
DELIVERED = "delivered-systems"
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
        # The preflight may have refused the date, which must not become any part of a key.
        day = date.fromisoformat(report["business_date"])
        run = re.sub(r"[^\w.-]", "-", report["run_id"], flags=re.ASCII)
        client = self._client()
        self._put(client, f"reports/{day}/{run}/run.html", report)
        if self._is_best(client, f"reports/{day}/run.html", report):
            self._put(client, f"reports/{day}/run.html", report)

    def _put(self, client: S3Client, name: str, report: Mapping[str, Any]) -> None:
        key = self.endpoints.key(name)
        content = run_report_html(report, self.client_id, self.environment).encode()
        extra: dict[str, Any] = {**self.objects.arguments(), "ContentType": HTML_TYPE}
        extra["Metadata"] = {**extra.get("Metadata", {}), DELIVERED: ",".join(_delivered(report))}
        BucketRequests(client, self.endpoints.s3_bucket).write(key, content, extra)
        log.info("HTML report: s3://%s/%s", self.endpoints.s3_bucket, key)

    def _is_best(self, client: S3Client, name: str, report: Mapping[str, Any]) -> bool:
        """Check that this run delivers every system that the day's report says is delivered."""
        try:
            found = client.head_object(Bucket=self.endpoints.s3_bucket, Key=self.endpoints.key(name))
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return True
        before = found["Metadata"].get(DELIVERED, "")
        return {*_delivered(report)} >= {*filter(None, before.split(","))}

    def _client(self) -> S3Client:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        client: S3Client = S3Hook(self.endpoints.aws_conn_id).get_conn()
        return client


def _delivered(report: Mapping[str, Any]) -> list[str]:
    """Return the systems that the run delivered; none if somebody marked a part of it by hand."""
    return [] if report["doubts"] else [name for name, state in report["systems"].items() if state == "success"]
