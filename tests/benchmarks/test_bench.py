"""`make bench` on a few rows: the raw figures have the shape that others read, the tables show every way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.tables import markdown

REPO = Path(__file__).parents[2]
FIGURES = {
    "way": str,
    "rows": int,
    "connections": int,
    "driver": str,
    "wall_s": float,
    "client_cpu_s": float,
    "backend_cpu_s": float,
    "peak_rss_mb": float,
    "bytes": int,
}


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the bench as the Makefile does."""
    environment = os.environ | {"PYTHONPATH": str(REPO / "plugins")}
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[dict[str, object]]], str]:
    """The raw figures and the output of a bench of 10,000 rows."""
    out = tmp_path_factory.mktemp("bench") / "bench.json"
    export = ("--rows", "10000", "--rounds", "1", "--ways", "psql,ours,ours gzip,shell")
    done = run_bench(*export, "--scales", "0.02", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text()), done.stdout


def test_each_run_of_the_export_has_its_figures(measured: tuple[dict[str, list[dict[str, object]]], str]) -> None:
    runs = [run for run in measured[0]["export"] if run["way"].startswith("ours")]

    assert {(run["connections"], run["driver"]) for run in runs} == {
        (connections, driver) for connections in (1, 2, 4) for driver in ("psycopg2", "psycopg")
    }
    assert [{name: type(run[name]) for name in FIGURES} for run in runs] == [FIGURES] * len(runs)
    assert all(run["rows"] == 10_000 and run["bytes"] > 500_000 and run["wall_s"] > 0 for run in runs)


def test_each_way_runs_right_after_psql(measured: tuple[dict[str, list[dict[str, object]]], str]) -> None:
    runs = measured[0]["export"]

    assert {run["way"] for run in runs[::2]} == {"psql"}
    assert {run["way"] for run in runs[1::2]} == {"ours", "ours gzip", "shell"}
    assert all(run["paired"] > 0 for run in runs[1::2])


def test_every_init_script_is_timed(measured: tuple[dict[str, list[dict[str, object]]], str]) -> None:
    timings = measured[0]["sql"]

    scripts = {(timing["system"], timing["script"]) for timing in timings}
    assert ("bookkeeper", "900_publish_results") in scripts
    assert len(scripts) == len(timings)
    assert all(timing["scale"] == 0.02 and timing["seconds"] >= 0 for timing in timings)


def test_the_tables_show_every_way(measured: tuple[dict[str, list[dict[str, object]]], str]) -> None:
    results, output = measured

    assert markdown(results) in output
    assert "### 10,000 rows" in output
    assert "| ours gzip | 1 | psycopg | 1 |" in output
    assert "| bookkeeper | 900_publish_results |" in output


def test_a_part_that_is_not_run_keeps_its_figures(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    timing = {"scale": 1.0, "system": "kept", "script": "000_kept", "seconds": 1.5}
    out.write_text(json.dumps({"sql": [timing]}))

    done = run_bench("--parts", "export", "--rows", "1000", "--rounds", "1", "--ways", "psql", "--out", str(out))

    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text())["sql"] == [timing]


def test_an_unknown_way_is_refused() -> None:
    done = run_bench("--ways", "psql,carrier-pigeon")

    assert done.returncode == 2
    assert "unknown ways carrier-pigeon: choose from psql, ours" in done.stderr
