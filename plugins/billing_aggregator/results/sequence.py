"""The scripts of a system in the order in which they run, and the state that one of them leaves the results in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from billing_aggregator.results.stamps import ACCEPTED, MARK_IS_USED, VERDICTS, Stamp, State
from billing_aggregator.scripts.stages import FOLDERS, INIT, POSTCHECKS
from billing_aggregator.scripts.tree import Script, System


@dataclass(frozen=True)
class Sequence:
    """The scripts of a system, one stage after the other."""

    system: System

    @property
    def scripts(self) -> tuple[Script, ...]:
        """All scripts in their order."""
        return tuple(script for stage in FOLDERS for script in self.system.stage(stage))

    @property
    def builds(self) -> tuple[Script, ...]:
        """The scripts that build the results; none where the system only reads those of others."""
        return self.system.stage(INIT)

    def before(self, stage: str, script: Script | None) -> tuple[Script, ...]:
        """Return the scripts that come before one, or before the first of the stage."""
        if script:
            return self.scripts[: self.scripts.index(script)]
        return tuple(each for each in self.scripts if FOLDERS.index(each.stage) < FOLDERS.index(stage))

    def after_build(self, own: Stamp, script: Script) -> tuple[State, dict[str, str]]:
        """Return the state once a script of init has run, and what has run by then.

        What ran after it was made of what it has made before. A mark that was accepted for that counts no longer.
        """
        earlier = {each.path for each in self.before(script.stage, script)}
        kept = {path: ran for path, ran in own.scripts.items() if path in earlier}
        used = {path: MARK_IS_USED for path, ran in own.scripts.items() if ran in (ACCEPTED, MARK_IS_USED)}
        ran = {**kept, script.path: script.sha256, **used}
        if script != self.builds[-1]:
            return State.BUILDING, ran
        return (State.BUILT if self.system.stage(POSTCHECKS) else State.CHECKED), ran

    def after_check(self, own: Stamp, ran: Mapping[str, str]) -> State:
        """Return the state once a postcheck has passed."""
        if own.state == State.NOTHING_BUILT:
            return own.state
        return State.BUILT if find_failed(self.system, ran) else State.CHECKED


def find_failed(system: System, ran: Mapping[str, str]) -> list[Script]:
    """Return the postchecks that have not passed.

    :param ran: SHA-256 or verdict of what has run
    """
    return [check for check in system.stage(POSTCHECKS) if ran.get(check.path) in (None, *VERDICTS)]
