"""Figures reach StatsD through Airflow, with values in names or in tags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.sdk.observability.metrics import stats_utils
from airflow.sdk.observability.stats import Stats

from billing_aggregator.monitoring.airflow_stats import send_stats
from billing_aggregator.monitoring.figures import EXPORTED_BYTES, RUN_DURATION, RUN_SUCCEEDED, SYSTEM_ROWS, Figure
from tests.support.statsd_listener import StatsdListener, statsd_listener

FIGURES = [
    Figure(RUN_SUCCEEDED, 1),
    Figure(RUN_DURATION, 12.5),
    Figure(EXPORTED_BYTES, 5678),
    Figure(SYSTEM_ROWS, 42, "tripica"),
]


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdListener]:
    """A listener that Airflow in this process sends to, as its task runner makes it."""
    with statsd_listener() as listener:
        for name, value in listener.environment.items():
            monkeypatch.setenv(name, value)
        Stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)
        yield listener
    monkeypatch.undo()
    Stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)


def test_plain_statsd_gets_client_environment_and_system_in_the_name(statsd: StatsdListener) -> None:
    send_stats(FIGURES, "enercity", "prod")

    assert statsd.lines() == [
        "airflow.billing_data_aggregator.enercity.prod.run_succeeded:1|c",
        "airflow.billing_data_aggregator.enercity.prod.run_duration:12500.000000|ms",
        "airflow.billing_data_aggregator.enercity.prod.exported_bytes:5678|g",
        "airflow.billing_data_aggregator.enercity.prod.tripica.system_rows:42|g",
    ]


def test_a_name_with_a_dot_does_not_look_like_two(statsd: StatsdListener) -> None:
    send_stats(FIGURES[:1], "enercity.north", "prod")

    assert statsd.lines() == ["airflow.billing_data_aggregator.enercity_north.prod.run_succeeded:1|c"]


def test_a_backend_with_tags_gets_one_name_and_tags(statsd: StatsdListener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "True")
    Stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)

    send_stats(FIGURES[-1:], "enercity", "prod")

    assert statsd.lines() == [
        "airflow.billing_data_aggregator.system_rows,client=enercity,environment=prod,system=tripica:42|g"
    ]


def test_without_a_backend_nothing_happens() -> None:
    send_stats(FIGURES, "enercity", "prod")
