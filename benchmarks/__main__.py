"""`make bench`: measures exports and scripts on servers of its own; raw figures go to build/bench.json."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.export_bench import PACKAGES, REPO, ExportBench, prepare_bucket
from benchmarks.machine import describe_machine
from benchmarks.null_s3 import null_s3
from benchmarks.sql_bench import time_scripts
from benchmarks.tables import markdown
from benchmarks.ways import WAYS
from local.stack import Stack, running_stack

DOCUMENT = REPO / "docs" / "performance.md"
MEASURED = re.compile(r"(<!-- measured -->\n).*(<!-- /measured -->)", re.DOTALL)
PARTS = ("export", "sql")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that the arguments name."""
    options = _parse(arguments)
    results: dict[str, Any] = json.loads(options.out.read_text()) if options.out.exists() else {}
    if {"duckdb", "stock"} & {way.name for way in options.ways}:
        _install_packages()
    with tempfile.TemporaryDirectory(prefix="billing-bench-", dir=options.dir) as folder:
        Path(folder).chmod(0o711)
        with running_stack(Path(folder) / "stack", ephemeral=True) as stack:
            results |= {"machine": describe_machine(stack.postgres_version)}
            results |= _measure(stack, options, Path(folder))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    tables = markdown(results)
    print(f"\n{tables}")
    if options.write_docs:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(MEASURED.sub(lambda match: f"{match[1]}\n{tables}\n{match[2]}", text), encoding="utf-8")
    return 0


def _measure(stack: Stack, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "export" in options.parts:
        prepare_bucket(stack)
        with null_s3() as url:
            bench = ExportBench(stack, url, folder)
            found["export"] = [
                run for rows in options.rows for run in bench.run(_fitting(options, rows), rows, options.rounds)
            ]
    if "sql" in options.parts:
        found["sql"] = list(time_scripts(stack, options.scales))
    return found


def _fitting(options: argparse.Namespace, rows: int) -> list[Any]:
    return [way for way in options.ways if way.name != "stock" or rows <= options.stock_rows]


def _install_packages() -> None:
    uv = Path(sys.executable).with_name("uv")
    requirements = REPO / "benchmarks" / "requirements.txt"
    places: list[str | Path] = ["--target", PACKAGES, "--python", sys.executable]
    command = [uv, "pip", "install", "--quiet", *places, "-r", requirements]
    if subprocess.run(command, check=False).returncode:
        print("DuckDB and pandas cannot be installed: their ways will not be available.")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=...", description=__doc__)
    names = list(dict.fromkeys(way.name for way in WAYS))
    parser.add_argument("--parts", type=_list(str), default=PARTS, help="export,sql")
    parser.add_argument("--rows", type=_list(int), default=(1_000_000, 5_000_000), help="sizes of the table")
    parser.add_argument("--ways", type=_list(str), default=names, help=", ".join((*names, "ours x2 psycopg …")))
    parser.add_argument("--rounds", type=int, default=5, help="runs of each way; the slow ones run three times at most")
    parser.add_argument("--stock-rows", type=int, default=1_000_000, help="largest table for Airflow's own operator")
    parser.add_argument("--scales", type=_list(float), default=(0.2, 1.0), help="scales of the sample data")
    parser.add_argument("--out", type=Path, default=REPO / "build" / "bench.json")
    parser.add_argument("--dir", default=None, help="where the servers keep their data while they run")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args(arguments)
    wanted = {name.strip() for name in options.ways}
    if unknown := wanted - {*names, *(way.label for way in WAYS)}:
        parser.error(f"unknown ways {', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    options.ways = [way for way in WAYS if wanted & {way.name, way.label}]
    return options


def _list(kind: type) -> Any:
    return lambda text: [kind(item) for item in text.split(",") if item.strip()]


if __name__ == "__main__":
    sys.exit(main())
