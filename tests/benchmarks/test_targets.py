"""The targets of the export, computed from raw figures that are made up."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.tables import markdown
from benchmarks.targets import Target, targets


def run_of(way: str, rows: int = 1_000_000, connections: int = 1, driver: str = "", **figures: float) -> dict[str, Any]:
    """One run that just meets every limit."""
    usual = {"paired": 1.0, "wall_s": 2.0, "client_cpu_s": 1.6, "backend_cpu_s": 2.0, "sink_cpu_s": 0.1}
    memory = {"peak_rss_mb": 104.0, "idle_rss_mb": 40.0, "bytes": 10}
    place = {"way": way, "rows": rows, "connections": connections, "driver": driver}
    return place | usual | memory | figures


def ours(rows: int = 1_000_000, connections: int = 1, **figures: float) -> list[dict[str, Any]]:
    """One run with each driver."""
    return [run_of("ours", rows, connections, driver, **figures) for driver in ("psycopg2", "psycopg")]


def found(runs: list[dict[str, Any]], name: str, rows: int = 1_000_000, driver: str = "") -> Target:
    """The one target with this name, size and driver."""
    [target] = [each for each in targets(runs) if (each.name, each.rows, each.driver) == (name, rows, driver)]
    return target


def test_without_runs_nothing_is_measured() -> None:
    assert {target.outcome for target in targets([])} == {"not measured"}


@pytest.mark.parametrize(("paired", "outcome"), [([1.0, 1.05, 1.4], "met"), ([1.0, 1.06, 1.4], "not met")])
def test_one_connection_is_judged_by_the_median_of_its_pairs(paired: list[float], outcome: str) -> None:
    runs = [run_of("ours", driver="psycopg", paired=each) for each in paired]

    target = found(runs, "one connection, time to psql", driver="psycopg")

    assert (target.value, target.runs, target.outcome) == (paired[1], 3, outcome)


def test_a_driver_and_a_size_that_did_not_run_are_not_measured() -> None:
    runs = [run_of("ours", driver="psycopg")]

    assert found(runs, "one connection, time to psql", driver="psycopg2").outcome == "not measured"
    assert found(runs, "one connection, time to psql", 5_000_000, "psycopg").outcome == "not measured"


@pytest.mark.parametrize(("paired", "outcome"), [(0.99, "met"), (1.0, "not met")])
def test_two_connections_must_be_faster_than_psql(paired: float, outcome: str) -> None:
    runs = ours(connections=2, paired=paired)

    assert found(runs, "two connections, time to psql", driver="psycopg").outcome == outcome


@pytest.mark.parametrize(("stock", "outcome"), [(13.2, "met"), (13.1, "not met")])
def test_stock_is_compared_with_the_slower_driver_at_its_largest_size(stock: float, outcome: str) -> None:
    runs = [*ours(paired=9.0), *ours(5_000_000, paired=1.0), run_of("ours", 5_000_000, driver="psycopg", paired=1.2)]
    runs += [run_of("stock", paired=1.0), run_of("stock", 5_000_000, paired=stock)]

    target = found(runs, "times as fast as stock, slower driver", 5_000_000)

    assert (round(target.value or 0, 2), target.outcome) == (round(stock / 1.1, 2), outcome)


@pytest.mark.parametrize("rival", ["duckdb", "shell"])
def test_a_rival_is_compared_where_it_ran(rival: str) -> None:
    runs = [*ours(paired=1.2), run_of(rival, paired=2.0), *ours(5_000_000)]

    assert found(runs, f"time to {rival}, slower driver").value == pytest.approx(0.6)
    assert found(runs, f"time to {rival}, slower driver", 5_000_000).outcome == "not measured"


def test_cpu_and_memory_are_those_of_one_connection() -> None:
    runs = [*ours(), *ours(client_cpu_s=1.6, peak_rss_mb=104.5), *ours(connections=4, client_cpu_s=9, peak_rss_mb=900)]

    assert found(runs, "one connection, client CPU to backend CPU", driver="psycopg").outcome == "met"
    assert found(runs, "one connection, highest peak above idle, MiB", driver="psycopg").value == 64.5


@pytest.mark.parametrize(("growth", "outcome"), [(10.0, "met"), (10.5, "not met")])
def test_memory_may_grow_little_from_1_to_5_million_rows(growth: float, outcome: str) -> None:
    runs = [*ours(), *ours(5_000_000, peak_rss_mb=104 + growth)]

    target = found(runs, "one connection, peak above that of 1 M rows, MiB", 5_000_000, "psycopg2")

    assert (target.value, target.outcome) == (growth, outcome)


def test_the_table_of_targets_has_limit_value_and_outcome() -> None:
    table = markdown({"export": ours(paired=1.2)}, "export")

    assert "| one connection, time to psql | 1,000,000 | psycopg | ≤ 1.05 | 1.20 | 1 | not met |" in table
    assert "| one connection, time to psql | 5,000,000 | psycopg | ≤ 1.05 |  | 0 | not measured |" in table
