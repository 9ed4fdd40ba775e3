"""Says what the machine was on which a benchmark ran."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil


def describe_machine(postgres_version: str) -> dict[str, str]:
    """Processor, memory, load before the run and versions."""
    cores = psutil.cpu_count() or 1
    return {
        "processor": f"{_processor()}, {cores} cores",
        "memory": f"{psutil.virtual_memory().total / 1024**3:.0f} GiB",
        "load_before": f"{os.getloadavg()[0]:.1f}",
        "postgres": postgres_version,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
