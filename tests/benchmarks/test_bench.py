"""`make bench` on a few rows: every way runs, and the raw figures have the shape that others read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import write_tables
from benchmarks.tables import markdown
from benchmarks.ways import WAYS, Way, prepare_psql
from tests.support.repository import REPO

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
Results = dict[str, Any]


def run_bench(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the bench as the Makefile does."""
    environment = os.environ | {"PYTHONPATH": str(REPO / "plugins")} | variables
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)


def bench_into(out: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    """The raw figures of exports of 1,000 rows, written to a file."""
    done = run_bench("--parts", "export", "--rows", "1000", "--out", str(out), *arguments, **variables)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(out.read_text())
    return results


def label(run: dict[str, Any]) -> str:
    """The way of a run as the arguments name it."""
    return Way(run["way"], prepare_psql, run["connections"], run["driver"]).label


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, str]:
    """The raw figures and the output of a bench of all ways on 10,000 rows."""
    out = tmp_path_factory.mktemp("bench") / "bench.json"
    sizes = ("--rows", "10000", "--rounds", "1", "--scales", "0.02")
    done = run_bench("--parts", "export,sql", *sizes, "--out", str(out))
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text()), done.stdout


def test_every_way_runs_at_each_size(measured: tuple[Results, str]) -> None:
    results, output = measured

    assert results["left_out"] == [], output
    assert {label(run) for run in results["export"]} == {way.label for way in WAYS}


def test_each_run_of_the_export_has_its_figures(measured: tuple[Results, str]) -> None:
    runs = measured[0]["export"]

    assert [{name: type(run[name]) for name in FIGURES} for run in runs] == [FIGURES] * len(runs)
    assert all(run["rows"] == 10_000 and run["wall_s"] > 0 and run["client_cpu_s"] > 0 for run in runs)
    assert all(run["backend_cpu_s"] > 0 for run in runs)


def test_the_bytes_are_those_that_the_s3_server_received(measured: tuple[Results, str]) -> None:
    received = {label(run): run["bytes"] for run in measured[0]["export"]}

    assert (received["psql"], received["duckdb"]) == (0, 0)
    assert 500_000 < received["ours gzip x1 psycopg"] < received["ours x1 psycopg"] / 2
    plain = [size for way, size in received.items() if way not in ("psql", "duckdb") and "gzip" not in way]
    assert len(plain) == 9
    assert min(plain) > 0.9 * max(plain) > 2_500_000


def test_each_way_runs_next_to_psql(measured: tuple[Results, str]) -> None:
    runs = measured[0]["export"]

    assert {run["way"] for run in runs[::2]} == {"psql"}
    assert "psql" not in {run["way"] for run in runs[1::2]}
    assert all(run["paired"] > 0 for run in runs[1::2])


def test_each_part_says_on_which_machine_it_ran(measured: tuple[Results, str]) -> None:
    machines = measured[0]["machine"]

    assert set(machines) == {"export", "sql"}
    assert all({"processor", "load_before", "steal"} <= set(machine) for machine in machines.values())


def test_every_init_script_is_timed(measured: tuple[Results, str]) -> None:
    timings = measured[0]["sql"]

    scripts = {(timing["server"], timing["system"], timing["script"]) for timing in timings}
    servers = {server for server, _, _ in scripts}
    assert {server.rpartition(", ")[2] for server in servers} == {"tuned", "stock"}
    assert all((server, "bookkeeper", "900_publish_results") in scripts for server in servers)
    assert len(scripts) == len(timings)
    assert all(timing["scale"] == 0.02 and timing["revision"] == "" for timing in timings)
    assert all(timing["seconds"] > 0 and timing["cpu_s"] >= 0 and timing["temp_bytes"] >= 0 for timing in timings)
    assert max(timing["rows"] for timing in timings) > 1000


def test_scripts_of_another_revision_take_turns_with_ours(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"

    done = run_bench(
        "--parts",
        "sql",
        "--profiles",
        "tuned",
        "--scales",
        "0.02",
        "--rounds",
        "1",
        "--against",
        "HEAD",
        "--out",
        str(out),
    )

    assert done.returncode == 0, done.stderr
    timings = json.loads(out.read_text())["sql"]
    assert {timing["revision"] for timing in timings} == {"", "HEAD"}
    assert "| HEAD: wall s | HEAD: CPU s | HEAD: temp MB | wall ratio | CPU ratio |" in done.stdout
    assert "| bookkeeper + tripica | **in all** |" in done.stdout


def test_an_unknown_profile_is_refused() -> None:
    done = run_bench("--profiles", "tuned,fast")

    assert done.returncode == 2
    assert "unknown profiles fast: choose from tuned, stock" in done.stderr


def test_the_tables_show_every_way(measured: tuple[Results, str]) -> None:
    results, output = measured

    assert markdown(results, "export") in output
    assert markdown(results, "sql") in output
    assert "### 10,000 rows" in output
    assert "| ours gzip | 1 | psycopg | 1 |" in output
    assert "| one connection, time to psql | 5,000,000 | psycopg |" in output
    assert "| bookkeeper | 900_publish_results |" in output


def test_the_document_gets_the_tables_of_a_part_and_keeps_those_of_the_other(tmp_path: Path) -> None:
    document = tmp_path / "figures.md"
    marks = "<!-- measured: {0} -->\nold {0}\n<!-- /measured: {0} -->"
    document.write_text(f"{marks.format('export')}\ntext\n{marks.format('sql')}\n")

    write_tables(document, "export", "new export\n")

    kept = marks.format("sql")
    written = "<!-- measured: export -->\n\nnew export\n\n<!-- /measured: export -->"
    assert document.read_text() == f"{written}\ntext\n{kept}\n"


@pytest.mark.parametrize("part", ["export", "sql"])
def test_the_documentation_has_a_place_for_each_part(part: str) -> None:
    text = (REPO / "benchmarks" / "figures.md").read_text(encoding="utf-8")

    assert text.index(f"<!-- measured: {part} -->") < text.index(f"<!-- /measured: {part} -->")


def test_a_part_that_is_not_run_keeps_its_figures(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    timing = {"scale": 1.0, "system": "kept", "script": "000_kept", "seconds": 1.5}
    out.write_text(json.dumps({"sql": [timing], "machine": {"sql": {"processor": "kept"}}}))

    results = bench_into(out, "--ways", "psql", "--rounds", "1")

    assert results["sql"] == [timing]
    assert results["machine"]["sql"] == {"processor": "kept"}
    assert "steal" in results["machine"]["export"]


def test_psql_runs_second_in_every_second_round(tmp_path: Path) -> None:
    results = bench_into(tmp_path / "bench.json", "--ways", "ours x1 psycopg2", "--rounds", "2")

    assert [run["way"] for run in results["export"]] == ["psql", "ours", "ours", "psql"]
    assert [("paired" in run) for run in results["export"]] == [False, True, True, False]


def test_a_way_that_cannot_run_is_listed_with_the_reason(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"

    results = bench_into(out, "--ways", "shell,stock", "--rounds", "1", "--stock-rows", "10", PATH="/nowhere")

    reasons = {each["way"]: (each["rows"], each["reason"]) for each in results["left_out"]}
    assert results["export"] == []
    assert reasons["stock"] == (1000, "needs too much memory: --stock-rows is 10")
    assert "No such file or directory: 'sh'" in reasons["shell"][1]
    assert "- shell: FileNotFoundError" in markdown(results, "export")


def test_an_unknown_way_is_refused() -> None:
    done = run_bench("--ways", "psql,carrier-pigeon")

    assert done.returncode == 2
    assert "unknown ways carrier-pigeon: choose from psql, ours" in done.stderr


def test_runs_are_told_by_medians_next_to_the_first_checkout() -> None:
    figures = {"tasks": 50, "sql": 10.0, "export": 2.0, "airflow_per_task": 1.5}
    runs = [
        {"checkout": name, "wall": wall, **figures}
        for name, walls in {"before": (100, 90, 500), "this checkout": (45, 50, 40)}.items()
        for wall in walls
    ]

    lines = markdown({"run": runs}, "run").splitlines()

    assert "| before | 50 | 100 | 10 | 2 | 1.5 | 1.00 |" in lines
    assert "| this checkout | 50 | 45 | 10 | 2 | 1.5 | 0.45 |" in lines
