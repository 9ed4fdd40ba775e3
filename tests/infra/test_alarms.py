"""Alarms and dashboard are built on metrics that the batch sends, with the dimensions that it gives them."""

from __future__ import annotations

import re

from billing_aggregator.monitoring import figures
from billing_aggregator.monitoring.figures import Metric
from tests.support.repository import REPO

SENT = {metric.name for metric in vars(figures).values() if isinstance(metric, Metric)}
ALARMS = "".join(file.read_text("utf-8") for file in (REPO / "terraform").glob("*alarms.tf"))
DASHBOARD = (REPO / "terraform" / "dashboard.tf").read_text("utf-8")
NAME = re.compile(r'"((?:Run|System|Exported|Failed|Refused|Shrunk)[A-Z][A-Za-z]+)"')
# What the service that this replaces had alarms for: failures, time-outs, error rate, uploads; and that nothing runs.
WATCHED = {"RunFailed", "RunLate", "RunSucceeded", "FailedExports", "ShrunkExports", "SystemSucceeded"}


def test_alarms_watch_metrics_that_are_sent() -> None:
    assert {*NAME.findall(ALARMS)} == WATCHED
    assert WATCHED <= SENT


def test_the_dashboard_shows_metrics_that_are_sent() -> None:
    shown = {*NAME.findall(DASHBOARD)}

    assert len(shown) > len(WATCHED)
    assert shown <= SENT


def test_metrics_of_a_system_and_only_those_have_its_name() -> None:
    for line in ALARMS.splitlines():
        if "System = " in line:
            assert "each.value" in line
    run_metrics = DASHBOARD.partition("run_metric = {")[2].partition("system_metrics")[0]
    assert not any(name.startswith("System") for name in NAME.findall(run_metrics))


def test_the_document_of_the_metrics_names_every_alarm() -> None:
    table = (REPO / "docs" / "metrics.md").read_text("utf-8").partition("## Alarms")[2]

    every = "".join(file.read_text("utf-8") for file in (REPO / "terraform").glob("*.tf"))
    of_services = {*re.findall(r'metric(?:_name)? += "(\w+)"', every)} - SENT
    assert of_services == {"ImportErrors", "SchedulerHeartbeat", "OperationsFailedReplication"}
    assert [name for name in sorted(WATCHED | of_services) if f"`{name}`" not in table] == []
