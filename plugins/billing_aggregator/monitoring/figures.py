"""The metrics of a run: their names, units and kinds, as docs/metrics.md lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["Count", "Bytes", "Seconds"]
Kind = Literal["counter", "gauge", "timer"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    :param name: as CloudWatch has it
    :param kind: as StatsD has it
    """

    name: str
    unit: Unit
    kind: Kind

    @property
    def stat(self) -> str:
        """Its name in StatsD, without the parts before it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()


RUN_SUCCEEDED = Metric("RunSucceeded", "Count", "counter")
RUN_FAILED = Metric("RunFailed", "Count", "counter")
RUN_LATE = Metric("RunLate", "Count", "counter")
RUN_DURATION = Metric("RunDuration", "Seconds", "timer")
FAILED_TASKS = Metric("FailedTasks", "Count", "gauge")
REFUSED_CHECKS = Metric("RefusedChecks", "Count", "gauge")
FAILED_EXPORTS = Metric("FailedExports", "Count", "gauge")
SHRUNK_EXPORTS = Metric("ShrunkExports", "Count", "gauge")
EXPORTED_ROWS = Metric("ExportedRows", "Count", "gauge")
EXPORTED_FILES = Metric("ExportedFiles", "Count", "gauge")
EXPORTED_BYTES = Metric("ExportedBytes", "Bytes", "gauge")
SYSTEM_SUCCEEDED = Metric("SystemSucceeded", "Count", "counter")
SYSTEM_FAILED = Metric("SystemFailed", "Count", "counter")
SYSTEM_DURATION = Metric("SystemDuration", "Seconds", "timer")
SYSTEM_ROWS = Metric("SystemRows", "Count", "gauge")
SYSTEM_FILES = Metric("SystemFiles", "Count", "gauge")
SYSTEM_BYTES = Metric("SystemBytes", "Bytes", "gauge")


@dataclass(frozen=True)
class Figure:
    """A measured value.

    :param system: None for one of the whole run
    """

    metric: Metric
    value: float
    system: str | None = None
