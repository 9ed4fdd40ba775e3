"""Compares raw figures with what the export must reach."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

SIZES = (1_000_000, 5_000_000)
DRIVERS = ("psycopg2", "psycopg")
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {"≤": operator.le, "<": operator.lt, "≥": operator.ge}

Runs = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Target:
    """One thing to reach at one size, and how far it got.

    :param limit: a comparison and a number
    :param value: None where a way or a size was not measured
    :param runs: how many runs the value is of
    """

    name: str
    rows: int
    driver: str
    limit: str
    value: float | None
    runs: int

    @property
    def outcome(self) -> str:
        """Met, not met or not measured."""
        if self.value is None:
            return "not measured"
        comparison, number = self.limit.split()
        return "met" if COMPARISONS[comparison](self.value, float(number)) else "not met"


def targets(runs: Runs) -> Iterator[Target]:
    """All targets, each at every size and with every driver that it is about."""
    for rows in SIZES:
        of_size = [run for run in runs if run["rows"] == rows]
        for driver in DRIVERS:
            yield from _own(of_size, rows, driver)
        yield _to_psql("gzip by zlib, time to psql", "≤ 1.3", _group(of_size, "ours gzip zlib", DRIVERS[0]), rows)
        for rival in ("duckdb", "shell"):
            yield _rival(f"time to {rival}, slower driver", "< 1", of_size, rows, rival)
    largest = max((run["rows"] for run in runs if run["way"] == "stock"), default=0)
    of_size = [run for run in runs if run["rows"] == largest]
    yield _rival("times as fast as stock, slower driver", "≥ 12", of_size, largest, "stock")
    yield from (_growth(runs, driver) for driver in DRIVERS)


def _own(runs: Runs, rows: int, driver: str) -> Iterator[Target]:
    one, two = (_group(runs, "ours", driver, connections) for connections in (1, 2))
    yield _to_psql("one connection, time to psql", "≤ 1.05", one, rows, driver)
    yield _to_psql("gzip, time to psql", "≤ 1.3", _group(runs, "ours gzip", driver), rows, driver)
    yield _to_psql("two connections, time to psql", "< 1", two, rows, driver)
    backend = _median(one, "backend_cpu_s")
    cpu = _median(one, "client_cpu_s") / backend if backend else None
    yield Target("one connection, client CPU to backend CPU", rows, driver, "≤ 1.2", cpu, len(one))
    above = max(map(_above_idle, one), default=None)
    yield Target("one connection, highest peak above idle, MiB", rows, driver, "≤ 64", above, len(one))


def _to_psql(name: str, limit: str, group: Runs, rows: int, driver: str = DRIVERS[0]) -> Target:
    return Target(name, rows, driver, limit, _median(group, "paired") or None, len(group))


def _rival(name: str, limit: str, runs: Runs, rows: int, rival: str) -> Target:
    """Both by their quotients to psql, which hold when the machine is busier for one than for the other."""
    theirs = _group(runs, rival)
    ours = [_median(_group(runs, "ours", driver), "paired") for driver in DRIVERS]
    value = None
    if theirs and all(ours):
        own, other = max(ours), _median(theirs, "paired")
        value = round(other / own if limit.startswith("≥") else own / other, 4)
    return Target(name, rows, "", limit, value, len(theirs))


def _growth(runs: Runs, driver: str) -> Target:
    one = _group(runs, "ours", driver)
    small, large = ([_above_idle(run) for run in one if run["rows"] == rows] for rows in SIZES)
    value = median(large) - median(small) if small and large else None
    return Target("one connection, peak above that of 1 M rows, MiB", SIZES[1], driver, "≤ 10", value, len(large))


def _group(runs: Runs, way: str, driver: str = "", connections: int = 1) -> Runs:
    return [run for run in runs if (run["way"], run["driver"], run["connections"]) == (way, driver, connections)]


def _median(group: Runs, name: str) -> float:
    return float(median(run[name] for run in group)) if group else 0.0


def _above_idle(run: Mapping[str, Any]) -> float:
    return float(run["peak_rss_mb"] - run["idle_rss_mb"])
