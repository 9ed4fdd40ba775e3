"""Says what the machine was on which a part of a benchmark ran, and how busy others kept it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def described_machine(postgres_version: str) -> Iterator[dict[str, str]]:
    """Processor, memory, versions and the load before the block; its end adds the time stolen by other machines."""
    cores = psutil.cpu_count() or 1
    machine = {
        "processor": f"{_processor()}, {cores} cores",
        "memory": f"{psutil.virtual_memory().total / 1024**3:.0f} GiB",
        "load_before": f"{os.getloadavg()[0]:.1f}",
        "postgres": postgres_version,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }
    stolen, total = _stolen_and_total()
    yield machine
    stolen_now, total_now = _stolen_and_total()
    machine["steal"] = f"{(stolen_now - stolen) / max(total_now - total, 0.01):.1%}"


def _stolen_and_total() -> tuple[float, float]:
    """CPU seconds since boot in which the hypervisor ran something else, and those of all kinds."""
    times = psutil.cpu_times()
    return float(getattr(times, "steal", 0.0)), float(sum(times))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
