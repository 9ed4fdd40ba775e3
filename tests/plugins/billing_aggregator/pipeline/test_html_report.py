"""The HTML report lies beside the manifests, and nothing fails for want of it."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from billing_aggregator.pipeline.html_report import HtmlReport
from billing_aggregator.pipeline.report import report_run
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.settings.settings import Settings
from postgres_to_s3.options.object_options import ObjectOptions
from tests.plugins.billing_aggregator.pipeline.test_report import FinishedTasks
from tests.support.bucket import Bucket

KEY = "enercity/prod/reports/2026-11-05/run.html"
REPORT: dict[str, Any] = {
    "business_date": "2026-11-05",
    "dry_run": False,
    "run_id": "scheduled__1",
    "started": None,
    "seconds": None,
    "systems": {"alpha": "success"},
    "exports": {},
    "failures": {},
    "doubts": [],
}


@pytest.fixture
def html_report(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> HtmlReport:
    """Writes into a bucket of its own."""
    settings = Settings.from_environment({"BDA_CLIENT_ID": "enercity", **bucket.environment})
    for name, value in settings.connection_variables().items():
        monkeypatch.setenv(name, value)
    endpoints = Endpoints("unused", settings.aws_conn_id, bucket.name, "enercity/prod")
    return HtmlReport(endpoints, "enercity", "prod", ObjectOptions(tags={"team": "finance"}))


def test_the_file_is_named_after_the_business_date_and_opens_in_a_browser(
    html_report: HtmlReport, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    html_report.write(REPORT)

    assert bucket.keys() == [KEY]
    assert bucket.read(KEY).startswith(b"<!doctype html>")
    described = bucket.client.head_object(Bucket=bucket.name, Key=KEY)
    assert described["ContentType"] == "text/html; charset=utf-8"
    assert f"HTML report: s3://{bucket.name}/{KEY}" in caplog.messages


def test_a_run_of_the_same_day_replaces_it(html_report: HtmlReport, bucket: Bucket) -> None:
    html_report.write(REPORT)
    html_report.write(REPORT | {"run_id": "manual__2"})

    assert bucket.keys() == [KEY]
    assert b"manual__2" in bucket.read(KEY)


def test_a_file_that_cannot_be_written_is_told_and_fails_nothing(
    html_report: HtmlReport, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Endpoints("unused", html_report.endpoints.aws_conn_id, "no-such-bucket", "enercity/prod")

    HtmlReport(elsewhere, "enercity", "prod").write(REPORT)

    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "Writing the HTML report failed; the run goes on without it" in warning
    assert "NoSuchBucket" in warning


@pytest.mark.parametrize("date", ["../../elsewhere", "yesterday", ""])
def test_a_date_that_the_preflight_has_refused_names_no_file(
    html_report: HtmlReport, bucket: Bucket, date: str, caplog: pytest.LogCaptureFixture
) -> None:
    html_report.write(REPORT | {"business_date": date})

    assert bucket.keys() == []
    assert "Writing the HTML report failed" in caplog.text


def test_whoever_watches_the_run_is_told_before_it_is_written(html_report: HtmlReport, bucket: Bucket) -> None:
    found: list[list[str]] = []
    tasks = FinishedTasks({"preflight": "success"}, {})
    run = SimpleNamespace(logical_date=None, run_after=None, start_date=None)
    params = {"systems": [], "dry_run": False, "business_date": "2026-11-05"}
    context: Any = {"ti": tasks, "params": params, "dag_run": run}

    report_run(context, [], html_report=html_report, observers=[lambda *_: found.append(bucket.keys())])

    assert found == [[]]
    assert bucket.keys() == [KEY]


@pytest.mark.parametrize(("dry_run", "keys"), [(False, ["2026-11-05"]), (True, [])])
def test_a_run_writes_it_and_a_dry_run_does_not(
    html_report: HtmlReport, bucket: Bucket, dry_run: bool, keys: list[str]
) -> None:
    tasks = FinishedTasks({"dry_run": "success", "preflight": "success"}, {("dry_run", "return_value"): {}})
    run = SimpleNamespace(logical_date=None, run_after=None, start_date=None)
    params = {"systems": [], "dry_run": dry_run, "business_date": "2026-11-05"}
    context: Any = {"ti": tasks, "params": params, "dag_run": run}

    report_run(context, [], html_report=html_report)

    assert bucket.keys() == [f"enercity/prod/reports/{date}/run.html" for date in keys]
