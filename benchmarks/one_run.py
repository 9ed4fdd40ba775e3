"""Runs one way once in a process of its own and prints what it cost, as JSON: the order is JSON on standard input."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.ways import WAYS

MIB = 1024 * 1024
SAMPLE_SECONDS = 0.1


def main() -> None:
    """Measure and print."""
    order = json.load(sys.stdin)
    way = next(way for way in WAYS if way.label == order["way"])
    run = way.prepare(way, order["table"])
    children = _ChildMemory() if way.is_external else None
    idle, cpu, started = _memory("VmRSS"), _cpu_seconds(way.is_external), time.perf_counter()
    sent = run()
    figures: dict[str, Any] = {
        "wall_s": round(time.perf_counter() - started, 3),
        "client_cpu_s": round(_cpu_seconds(way.is_external) - cpu, 3),
        "peak_rss_mb": round(children.peak() if children else _memory("VmHWM"), 1),
        "idle_rss_mb": 0.0 if children else round(idle, 1),
        "bytes": sent,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _cpu_seconds(is_external: bool) -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    used = [children] if is_external else [own, children]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _memory(field: str) -> float:
    """A figure of this process in MiB: VmRSS is what it holds now, VmHWM the most it ever held."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[field].split()[0]) / 1024


class _ChildMemory:
    """The most memory that this process's children held at one time, looked up every so often."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def peak(self) -> float:
        """In MiB; ends the watch."""
        self._is_over.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, sum(map(_rss, psutil.Process().children(recursive=True))))


def _rss(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / MIB
    except psutil.Error:
        return 0.0


if __name__ == "__main__":
    main()
