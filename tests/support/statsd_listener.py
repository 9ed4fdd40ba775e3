"""A StatsD server that keeps the lines it is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class StatsdListener:
    """A UDP socket that Airflow sends its metrics to."""

    listener: socket.socket

    @property
    def environment(self) -> dict[str, str]:
        """Airflow's configuration for it."""
        host, port = self.listener.getsockname()
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": host,
            "AIRFLOW__METRICS__STATSD_PORT": str(port),
        }

    def lines(self) -> list[str]:
        """What has arrived of ours since this was last asked; on one machine a datagram is there once it is sent."""
        found = []
        self.listener.setblocking(False)
        while True:
            try:
                found += self.listener.recv(65536).decode().splitlines()
            except BlockingIOError:
                return [line for line in found if line.startswith("airflow.billing_data_aggregator.")]


@contextmanager
def statsd_listener() -> Iterator[StatsdListener]:
    """A listener on a free port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        yield StatsdListener(listener)
