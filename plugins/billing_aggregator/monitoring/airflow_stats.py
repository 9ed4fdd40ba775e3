"""Sends figures to wherever Airflow sends its own metrics: StatsD, Datadog or OpenTelemetry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from airflow.sdk.configuration import conf
from airflow.sdk.observability.stats import Stats

from billing_aggregator.monitoring.figures import Figure

PREFIX = "billing_data_aggregator"
# Of Airflow's section [metrics]: what makes its metrics have tags.
WITH_TAGS = ("statsd_datadog_enabled", "statsd_influxdb_enabled", "otel_on")


def send_stats(figures: Sequence[Figure], client_id: str, environment: str) -> None:
    """Send the figures; to plain StatsD, which knows no tags, with their values in the names."""
    has_tags = any(conf.getboolean("metrics", name, fallback=False) for name in WITH_TAGS)
    for figure in figures:
        tags = {"client": client_id, "environment": environment}
        if figure.system is not None:
            tags["system"] = figure.system
        parts = [] if has_tags else [re.sub(r"[^A-Za-z0-9_-]", "_", value) for value in tags.values()]
        _send(".".join([PREFIX, *parts, figure.metric.stat]), figure, tags)


def _send(name: str, figure: Figure, tags: dict[str, str]) -> None:
    if figure.metric.kind == "counter":
        Stats.incr(name, int(figure.value), tags=tags)
    elif figure.metric.kind == "timer":
        Stats.timing(name, timedelta(seconds=figure.value), tags=tags)
    else:
        Stats.gauge(name, figure.value, tags=tags)
