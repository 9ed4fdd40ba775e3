"""The HTML report lies beside the manifests, and nothing fails for want of it."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from billing_aggregator.outcome.html_report import HtmlReport
from billing_aggregator.outcome.report import report_run
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.settings.settings import Settings
from postgres_to_s3.options.object_options import ObjectOptions
from tests.plugins.billing_aggregator.outcome.test_report import FinishedTasks
from tests.support.bucket import Bucket

FOLDER = "enercity/prod/reports/2026-11-05"
KEY = f"{FOLDER}/run.html"
OWN_KEY = f"{FOLDER}/scheduled__2026-11-05T02-00-00-00-00/run.html"
REPORT: dict[str, Any] = {
    "business_date": "2026-11-05",
    "dry_run": False,
    "run_id": "scheduled__2026-11-05T02:00:00+00:00",
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


def test_the_files_are_named_after_business_date_and_run_and_open_in_a_browser(
    html_report: HtmlReport, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    html_report.write(REPORT)

    assert bucket.keys() == [KEY, OWN_KEY]
    assert bucket.read(KEY) == bucket.read(OWN_KEY)
    assert bucket.read(KEY).startswith(b"<!doctype html>")
    described = bucket.client.head_object(Bucket=bucket.name, Key=KEY)
    assert described["ContentType"] == "text/html; charset=utf-8"
    assert f"HTML report: s3://{bucket.name}/{KEY}" in caplog.messages


FULL = {"alpha": "success", "beta": "success", "gamma": "skipped"}


@pytest.mark.parametrize(
    ("first", "second", "is_replaced"),
    [
        pytest.param({"systems": FULL}, {"systems": FULL}, True, id="whole-again"),
        pytest.param({"systems": FULL}, {"systems": {"alpha": "success", "beta": "skipped"}}, False, id="one-system"),
        pytest.param({"systems": FULL}, {"systems": {"alpha": "success", "beta": "failed"}}, False, id="failed"),
        pytest.param({"systems": FULL}, {"systems": FULL, "doubts": ["alpha by hand"]}, False, id="by-hand"),
        pytest.param({"systems": {"alpha": "success", "beta": "failed"}}, {"systems": FULL}, True, id="repaired"),
        pytest.param({"systems": {"alpha": "failed"}}, {"systems": {"alpha": "failed"}}, True, id="failed-again"),
    ],
)
def test_a_later_run_replaces_the_report_of_the_day_only_if_it_delivers_as_much(
    html_report: HtmlReport, bucket: Bucket, first: dict[str, Any], second: dict[str, Any], is_replaced: bool
) -> None:
    html_report.write(REPORT | first)
    html_report.write(REPORT | {"run_id": "manual__2"} | second)

    assert (b"manual__2" in bucket.read(KEY)) == is_replaced
    assert bucket.keys() == [f"{FOLDER}/manual__2/run.html", KEY, OWN_KEY]


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
    assert KEY in bucket.keys()


@pytest.mark.parametrize(("dry_run", "keys"), [(False, [f"{FOLDER}/manual__1/run.html", KEY]), (True, [])])
def test_a_run_writes_it_and_a_dry_run_does_not(
    html_report: HtmlReport, bucket: Bucket, dry_run: bool, keys: list[str]
) -> None:
    tasks = FinishedTasks({"dry_run": "success", "preflight": "success"}, {("dry_run", "return_value"): {}})
    run = SimpleNamespace(logical_date=None, run_after=None, start_date=None)
    params = {"systems": [], "dry_run": dry_run, "business_date": "2026-11-05"}
    context: Any = {"ti": tasks, "params": params, "dag_run": run}

    report_run(context, [], html_report=html_report)

    assert bucket.keys() == keys
