"""A StatsD server that keeps the lines it is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class StatsdListener:
    """A UDP socket that Airflow sends its metrics to."""

    listener: socket.socket

    def lines(self) -> list[str]:
        """What has arrived of ours since this was last asked; on one machine a datagram is there once it is sent."""
        found = []
        self.listener.setblocking(False)
        while True:
            try:
                found += self.listener.recv(65536).decode().splitlines()
            except BlockingIOError:
                return [line for line in found if line.startswith("airflow.billing_data_aggregator.")]


def initialize_stats() -> None:
    """Make Airflow's metrics of this process follow its configuration, as a task's process does when it starts."""
    from airflow.sdk.observability.metrics import stats_utils
    from airflow.sdk.observability.stats import Stats

    Stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)


@contextmanager
def statsd_listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdListener]:
    """A listener on a free port of this machine, which gets Airflow's metrics of this process for the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener, monkeypatch.context() as patch:
        listener.bind(("127.0.0.1", 0))
        host, port = listener.getsockname()
        patch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        patch.setenv("AIRFLOW__METRICS__STATSD_HOST", host)
        patch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(port))
        initialize_stats()
        yield StatsdListener(listener)
    initialize_stats()
