"""The arguments of `make bench`; without any it measures exports of 1 M and 5 M rows, as the documentation has them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.packages import REPO
from benchmarks.ways import WAYS, Way
from local.servers.postgres.profiles import Profile

# `run` starts whole Airflows, so it is measured when it is asked for.
USUAL_PARTS = ("export", "sql")
PARTS = (*USUAL_PARTS, "run")
PROFILES = tuple(profile.value for profile in Profile)
MILLION = 1_000_000
# Airflow's own operator holds 5 M rows in 21 GiB; the servers and the system need some, too.
ROOMY_BYTES = 23 * 1024**3


def parse(arguments: Sequence[str] | None, description: str | None) -> argparse.Namespace:
    """Read the command line; an unknown way or part ends the program."""
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=...", description=description)
    names = list(dict.fromkeys(way.name for way in WAYS))
    _add_sizes(parser)
    parser.add_argument("--ways", type=_list(str), default=names, help=", ".join((*names, "ours x2 psycopg …")))
    parser.add_argument("--out", type=Path, default=REPO / "build" / "bench.json")
    parser.add_argument("--dir", default=None, help="where the servers keep their data while they run")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into benchmarks/figures.md")
    options = parser.parse_args(arguments)
    labels = [way.label for way in WAYS]
    for kind, wanted, known in (
        ("ways", options.ways, names + labels),
        ("parts", options.parts, PARTS),
        ("profiles", options.profiles, PROFILES),
    ):
        if unknown := set(wanted) - set(known):
            choices = ", ".join(name for name in known if kind != "ways" or name in names)
            parser.error(f"unknown {kind} {', '.join(sorted(unknown))}: choose from {choices}")
    options.ways = [way for way in WAYS if {way.name, way.label} & set(options.ways)]
    return options


def rounds_of(options: argparse.Namespace, way: Way, rows: int) -> int:
    """How often a way is run on a table of this size."""
    if way.name == "stock":
        return int(options.stock_rounds or min(options.rounds, 3 if rows <= MILLION else 1))
    return min(int(options.rounds), way.rounds)


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    stock_rows = 5 * MILLION if psutil.virtual_memory().total >= ROOMY_BYTES else MILLION
    parts = "export,sql,run; a part left out keeps its figures"
    parser.add_argument("--parts", type=_list(str), default=USUAL_PARTS, help=parts)
    parser.add_argument("--rows", type=_list(int), default=(MILLION, 5 * MILLION), help="sizes of the table")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each way; of the slowest ones 3 at most")
    parser.add_argument("--stock-rows", type=int, default=stock_rows, help="largest table for Airflow's own operator")
    parser.add_argument("--stock-rounds", type=int, help="its runs; without it 3 up to 1 M rows and 1 above")
    parser.add_argument("--profiles", type=_list(str), default=list(PROFILES), help="of the servers for scripts")
    parser.add_argument("--against", metavar="REVISION", help="time the scripts, or runs, of this git revision, too")
    parser.add_argument("--scales", type=_list(float), default=(1.0, 5.0, 20.0), help="scales of the sample data")


def _list(kind: type) -> Any:
    return lambda text: [kind(item.strip()) for item in text.split(",") if item.strip()]
