"""The id of a task as a value: `<system>.<stage>.<script>`, `<system>.<stage>`, or a task of the whole run."""

from __future__ import annotations

from dataclasses import dataclass

from billing_aggregator.scripts.stages import STAGE, Kind

_BETWEEN = "."


@dataclass(frozen=True)
class TaskName:
    """Which task it is.

    :param system: empty for a task of the whole run
    :param script: without `.sql`; empty for a task that runs none
    """

    stage: str
    system: str = ""
    script: str = ""

    @classmethod
    def of(cls, task_id: str) -> TaskName:
        """Read an id. The name of a script may hold what stands between the parts, the other two cannot."""
        first, *rest = task_id.split(_BETWEEN, 2)
        return cls(rest[0], first, *rest[1:]) if rest else cls(first)

    def __str__(self) -> str:
        """The id."""
        return _BETWEEN.join(filter(None, (self.system, self.stage, self.script)))

    @property
    def kind(self) -> Kind | None:
        """What it does; None for a stage that this release does not know."""
        stage = STAGE.get(self.stage)
        return stage.kind if stage else None
