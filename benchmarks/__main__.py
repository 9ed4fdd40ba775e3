"""`make bench`: measures exports and scripts on servers of its own; raw figures go to build/bench.json."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.arguments import parse, rounds_of
from benchmarks.export_bench import ExportBench
from benchmarks.machine import described_machine
from benchmarks.null_s3 import null_s3
from benchmarks.packages import REPO, install_packages
from benchmarks.run_bench import CHECKOUT, checkout_of, time_runs
from benchmarks.script_revisions import revision, this_checkout
from benchmarks.sql_bench import SqlBench
from benchmarks.sql_servers import sql_servers
from benchmarks.tables import markdown
from local.servers.stack import Stack
from local.servers.start import running_stack

DOCUMENT = REPO / "benchmarks" / "figures.md"
# The figures of one part, by their names in the file.
Found = dict[str, Any]
Measure = Callable[[Stack, argparse.Namespace, Path], Found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that the arguments name."""
    options = parse(arguments, __doc__)
    results = _read(options.out)
    with tempfile.TemporaryDirectory(prefix="billing-bench-", dir=options.dir) as folder:
        Path(folder).chmod(0o711)
        with running_stack(Path(folder) / "stack", ephemeral=True) as stack:
            for part in options.parts:
                with described_machine(stack.postgres_version) as machine:
                    results |= MEASURES[part](stack, options, Path(folder))
                results["machine"] = results.get("machine", {}) | {part: machine}
                # At once: the next part may fail.
                _write(options.out, results)
    for part in options.parts:
        tables = markdown(results, part)
        print(f"\n{tables}")
        if options.write_docs:
            write_tables(DOCUMENT, part, tables)
    return 0


def write_tables(document: Path, part: str, tables: str) -> None:
    """Put the tables of a part where the document has its marks; the other part's stay."""
    marked = re.compile(rf"(<!-- measured: {part} -->\n).*(<!-- /measured: {part} -->)", re.DOTALL)
    text = document.read_text(encoding="utf-8")
    document.write_text(marked.sub(lambda match: f"{match[1]}\n{tables}\n{match[2]}", text), encoding="utf-8")


def measure_export(stack: Stack, options: argparse.Namespace, folder: Path) -> Found:
    """Every way at every size."""
    if {"duckdb", "stock"} & {way.name for way in options.ways}:
        install_packages()
    runs: list[Found] = []
    with null_s3() as url:
        bench = ExportBench(stack, url, folder)
        for rows in options.rows:
            ways = list(options.ways)
            for way in ways:
                if way.name == "stock" and rows > options.stock_rows:
                    bench.leave_out(way, rows, f"needs too much memory: --stock-rows is {options.stock_rows}")
            runs += bench.run(ways, rows, partial(rounds_of, options, rows=rows))
    return {"export": runs, "left_out": bench.left_out}


def measure_sql(_stack: Stack, options: argparse.Namespace, folder: Path) -> Found:
    """Every script at every scale on every server, next to those of another revision if one is named."""
    revisions = [*([revision(options.against, folder)] if options.against else []), this_checkout()]
    timings: list[Found] = []
    for number, server in enumerate(sql_servers(options.profiles)):
        with server.running(folder / f"sql-{number}") as stack:
            name = f"PostgreSQL {stack.postgres_version}, {server.profile.value}"
            timings += SqlBench(stack, name, revisions, options.rounds).run(options.scales)
    return {"sql": timings}


def measure_run(_stack: Stack, options: argparse.Namespace, folder: Path) -> Found:
    """Whole runs in a real Airflow, next to those of another revision if one is named."""
    checkouts = [*([checkout_of(options.against, folder)] if options.against else []), CHECKOUT]
    return {"run": list(time_runs(checkouts, options.rounds))}


MEASURES: dict[str, Measure] = {"export": measure_export, "sql": measure_sql, "run": measure_run}


def _read(path: Path) -> Found:
    """The figures of earlier runs; of the parts that are not measured now they stay."""
    results: Found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    machines = results.get("machine", {})
    return results | {"machine": {part: machine for part, machine in machines.items() if isinstance(machine, dict)}}


def _write(path: Path, results: Found) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
