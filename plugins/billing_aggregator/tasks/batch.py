"""What all tasks of a batch share."""

from __future__ import annotations

from dataclasses import dataclass

from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.script_values import ScriptValues
from billing_aggregator.scripts.tree import ScriptTree
from billing_aggregator.tasks.exports import Exports


@dataclass(frozen=True)
class Batch:
    """The batch of a client.

    :param monitor: who is told of a run
    :param source_url: where people read the files of this release; None: the tasks' documentation names them
    """

    tree: ScriptTree
    endpoints: Endpoints
    exports: Exports
    lock: RunLock
    monitor: Monitor
    source_url: str | None = None

    @property
    def script_values(self) -> ScriptValues:
        """The values that its scripts see."""
        return ScriptValues(self.monitor.client_id, self.monitor.environment)
