"""Figures reach StatsD through Airflow, with values in names or in tags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing_aggregator.monitoring.airflow_stats import send_stats
from billing_aggregator.monitoring.figures import EXPORTED_BYTES, RUN_DURATION, RUN_SUCCEEDED, SYSTEM_ROWS, Figure
from tests.support.statsd_listener import StatsdListener, initialize_stats, statsd_listener

FIGURES = [
    Figure(RUN_SUCCEEDED, 1),
    Figure(RUN_DURATION, 12.5),
    Figure(EXPORTED_BYTES, 5678),
    Figure(SYSTEM_ROWS, 42, "tripica"),
]


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdListener]:
    with statsd_listener(monkeypatch) as listener:
        yield listener


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
    initialize_stats()

    send_stats(FIGURES[-1:], "enercity", "prod")

    assert statsd.lines() == [
        "airflow.billing_data_aggregator.system_rows,client=enercity,environment=prod,system=tripica:42|g"
    ]


def test_without_a_backend_nothing_happens() -> None:
    send_stats(FIGURES, "enercity", "prod")
