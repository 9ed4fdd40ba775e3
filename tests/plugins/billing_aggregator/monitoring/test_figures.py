"""The metrics are those that docs/metrics.md lists, which alarms are built on."""

from __future__ import annotations

import re

from billing_aggregator.monitoring import figures
from billing_aggregator.monitoring.figures import Metric
from tests.support.repository import REPO


def test_names_units_and_stats_are_the_documented_ones() -> None:
    table = (REPO / "docs/metrics.md").read_text("utf-8").partition("\n| CloudWatch | StatsD |")[2].partition("\n\n")[0]
    documented = re.findall(r"^\| `(\w+)` \| `(\w+)` \| [^|]+ \| (\w+) \|", table, re.MULTILINE)

    known = [each for each in vars(figures).values() if isinstance(each, Metric)]
    assert documented == [(metric.name, metric.stat, metric.unit) for metric in known]
