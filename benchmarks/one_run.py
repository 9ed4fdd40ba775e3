"""Runs one way once in a process of its own and prints what it cost, as JSON: the order is JSON on standard input."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.ways import WAYS, Task

# A look takes 0.2 ms of CPU: too little to slow down what is watched.
FIRST_LOOK_SECONDS = 0.02
LOOK_SECONDS = 0.25


def main() -> None:
    """Measure and print."""
    order = json.load(sys.stdin)
    way = next(way for way in WAYS if way.label == order["way"])
    run = way.prepare(way, Task(order["table"], order["rows_per_file"]))
    children = _ChildMemory() if way.is_external else None
    idle, cpu, started = _memory("VmRSS"), _cpu_seconds(way.is_external), time.perf_counter()
    run()
    figures: dict[str, Any] = {
        "wall_s": round(time.perf_counter() - started, 3),
        "client_cpu_s": round(_cpu_seconds(way.is_external) - cpu, 3),
        "peak_rss_mb": round(children.peak() if children else _memory("VmHWM"), 1),
        "idle_rss_mb": 0.0 if children else round(idle, 1),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _cpu_seconds(is_external: bool) -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    used = [children] if is_external else [own, children]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _memory(field: str, process: int | str = "self") -> float:
    """A figure of a process in MiB: VmRSS is what it holds now, VmHWM the most it ever held; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    status = dict(line.split(":", 1) for line in lines)
    return int(status.get(field, "0").split()[0]) / 1024


class _ChildMemory:
    """The most memory that this process's children held, by what each of those living together held at most.

    Their ru_maxrss would not do: it begins with the memory of the process that started them.
    """

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
        pause = FIRST_LOOK_SECONDS
        while not self._is_over.wait(pause):
            self._peak = max(self._peak, sum(_memory("VmHWM", child) for child in _children(os.getpid())))
            pause = LOOK_SECONDS


def _children(process: int) -> Iterator[int]:
    """All descendants that live."""
    for threads_children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = threads_children.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _children(child)


if __name__ == "__main__":
    main()
