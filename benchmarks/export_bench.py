"""Runs the ways in turn, each next to psql, in processes of their own, and collects what they cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench_table import create_bench_table, table_name
from benchmarks.packages import REPO
from benchmarks.run_environment import run_environment
from benchmarks.server_cpu import ServerCpu
from benchmarks.sinks import NullSink, RealSink, Sink
from benchmarks.ways import WAYS, Way
from local.servers.stack import Stack

PSQL = WAYS[0]
# So many files at each size: several connections share them.
FILES = 5
# Figures of one run beside those that tell which run it was.
Figures = dict[str, Any]


class CannotRunError(Exception):
    """A way does not run here; says why."""


class ExportBench:
    """Runs ways against one stack; `left_out` has the ways that could not run, with the reason.

    :param null_url: the S3 server that throws everything away
    """

    def __init__(self, stack: Stack, null_url: str, state_dir: Path) -> None:
        self.left_out: list[Figures] = []
        self._stack = stack
        self._state_dir = state_dir
        self._sinks: dict[bool, Sink] = {False: NullSink(null_url), True: RealSink(stack)}
        self._server = ServerCpu(stack.postgres_pid)

    def run(self, ways: Sequence[Way], rows: int, rounds_of: Callable[[Way], int]) -> Iterator[Figures]:
        """Yield the figures of every run in the order they ran, pairs of psql and another way."""
        create_bench_table(self._stack.admin_dsn(), rows)
        others = [way for way in ways if way != PSQL]
        rounds = max(map(rounds_of, others), default=0)
        for number in range(rounds):
            for way in others:
                if number < rounds_of(way) and not self._is_left_out(way, rows):
                    print(f"{rows:>9,} rows, round {number + 1}/{rounds}: {way.label:26}", end="", flush=True)
                    yield from self._pair(way, rows, number)

    def leave_out(self, way: Way, rows: int, reason: str) -> None:
        """Remember and say why a way does not run."""
        self.left_out.append({"way": way.label, "rows": rows, "reason": reason})
        print(f" left out: {reason}", flush=True)

    def _is_left_out(self, way: Way, rows: int) -> bool:
        return any((each["way"], each["rows"]) == (way.label, rows) for each in self.left_out)

    def _pair(self, way: Way, rows: int, number: int) -> list[Figures]:
        """Both runs; who goes first alternates, so that neither always finds what the other left in the caches."""
        order = (PSQL, way) if number % 2 == 0 else (way, PSQL)
        try:
            found = {each.label: self._run_once(each, rows) for each in order}
        except CannotRunError as error:
            self.leave_out(way, rows, str(error))
            return []
        walls = [found[each.label]["wall_s"] for each in (way, PSQL)]
        found[way.label]["paired"] = round(walls[0] / walls[1], 3)
        print(f"{walls[0]:8.2f} s, psql {walls[1]:7.2f} s", flush=True)
        return list(found.values())

    def _run_once(self, way: Way, rows: int) -> Figures:
        sink = self._sinks[way.real_s3]
        backends = self._server.settled_seconds()
        sink.look()
        figures = self._start(way, rows, sink.url)
        received = sink.look()
        return {
            "way": way.name,
            "rows": rows,
            "connections": way.connections,
            "driver": way.driver,
            "wall_s": figures["wall_s"],
            "client_cpu_s": figures["client_cpu_s"],
            "backend_cpu_s": round(self._server.settled_seconds() - backends, 3),
            "peak_rss_mb": figures["peak_rss_mb"],
            "bytes": received.bytes,
            "idle_rss_mb": figures["idle_rss_mb"],
            "sink_cpu_s": received.cpu_s,
        }

    def _start(self, way: Way, rows: int, s3_url: str) -> Figures:
        order = {"way": way.label, "table": table_name(rows), "rows_per_file": max(1, rows // FILES)}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.one_run"],
            input=json.dumps(order),
            env=run_environment(self._stack, s3_url, self._state_dir),
            cwd=REPO,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotRunError((done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1])
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        return figures
