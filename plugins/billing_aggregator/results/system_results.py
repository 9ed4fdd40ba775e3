"""The results of a system: which of them a task may read, and the stamp that it leaves on those it builds or checks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from billing_aggregator.results.rules import find_changed_scripts, find_changed_sources
from billing_aggregator.results.run_view import RunView
from billing_aggregator.results.sequence import Sequence, find_failed
from billing_aggregator.results.stamps import ACCEPTED, MARK_IS_USED, REFUSED, Stamp, State, write_stamp
from billing_aggregator.run.current_run import CurrentRun
from billing_aggregator.scripts.stages import ARCHIVE, INIT, POSTCHECKS, PRECHECKS
from billing_aggregator.scripts.systems import find_predecessors
from billing_aggregator.scripts.tree import Script, ScriptTree, System
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.postgres.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SystemResults:
    """The results of a system, and those of other systems that it reads.

    :param sources: the systems whose results it reads; each builds something
    :param alternatives: by system, those that write the same tables
    """

    system: System
    sources: tuple[System, ...] = ()
    alternatives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def open(self, session: Session, run: CurrentRun, script: Script) -> None:
        """Check that a script may run; results that it builds or checks anew do not count until it has succeeded.

        :param session: in a transaction that may write
        :raises TransientError, PermanentError: as ``begin``
        """
        self.begin(session, run, script)
        own = self._own(session, run)
        if own.state == State.NOTHING_BUILT:
            return
        if script.stage == INIT:
            write_stamp(session, replace(own, state=State.BUILDING))
        if script.stage == POSTCHECKS:
            scripts = {path: ran for path, ran in own.scripts.items() if path != script.path}
            write_stamp(session, replace(own, state=State.BUILT, scripts=scripts))

    def begin(self, session: Session, run: CurrentRun, script: Script) -> Stamp:
        """Check that a script may run, and return the stamp that holds once it has succeeded.

        :param session: in a transaction that may write
        :raises TransientError: another task of the run builds or checks the results that it reads
        :raises PermanentError: results that it needs are missing, unchecked, refused or of another run, or the scripts
            before it have not run or have changed since; says what to clear or to trigger
        """
        self.accept_marked(session, run, script.stage)
        own, sources = self._check(session, run, script.stage, script)
        if script.stage == INIT:
            state, ran = Sequence(self.system).after_build(own, script)
            return replace(own, state=state, scripts=ran, sources=tuple(stamp.source for stamp in sources))
        ran = {**own.scripts, script.path: script.sha256}
        is_check = script.stage == POSTCHECKS
        return replace(own, scripts=ran, state=Sequence(self.system).after_check(own, ran) if is_check else own.state)

    def finish(self, session: Session, stamp: Stamp, script: Script) -> None:
        """Write the stamp that ``begin`` has returned, in the transaction of the script if that writes."""
        builds = script.stage == INIT
        write_stamp(session, stamp, builds=builds, alternatives=self.alternatives.get(self.system.name, ()))

    def refuse(self, session: Session, run: CurrentRun, check: Script) -> None:
        """Write that a postcheck has refused the results."""
        own = self._own(session, run)
        if check.stage == POSTCHECKS and own.state != State.NOTHING_BUILT:
            write_stamp(session, replace(own, state=State.REFUSED, scripts={**own.scripts, check.path: REFUSED}))

    def accept_marked(self, session: Session, run: CurrentRun, stage: str = ARCHIVE) -> None:
        """Write that results of this run are accepted, where a person has marked their postchecks as a success.

        :param stage: that of the task which is to read them
        """
        for system in self._read_by(stage):
            stamp = RunView.of(session, run, [system.name], {}).own(system.name)
            failed = find_failed(system, stamp.scripts)
            is_open = bool(failed) and stamp.state in (State.BUILT, State.REFUSED)
            marks_count = all(stamp.scripts.get(check.path) != MARK_IS_USED for check in failed)
            if is_open and marks_count and all(run.is_marked(check.task_id) for check in failed):
                log.warning("Postchecks of %r were marked as a success by hand: its results count", system.name)
                scripts = {**stamp.scripts, **{check.path: ACCEPTED for check in failed}}
                write_stamp(session, replace(stamp, state=State.ACCEPTED, scripts=scripts))

    def read(self, session: Session, run: CurrentRun, script: Script | None = None) -> tuple[Stamp, ...]:
        """Return the stamps of the results that an export reads, as the session's snapshot shows them.

        :param script: the archive's; None for the results themselves
        :return: empty where no system builds them, so that nobody has checked them
        :raises TransientError, PermanentError: as ``begin``
        """
        return self._check(session, run, ARCHIVE, script)[1]

    def _check(
        self, session: Session, run: CurrentRun, stage: str, script: Script | None
    ) -> tuple[Stamp, tuple[Stamp, ...]]:
        """Return the run's own stamp of the system, and those of the results that a task of the stage reads."""
        name, sources = self.system.name, [each.name for each in self.sources]
        view = RunView.of(session, run, [name, *sources], self.alternatives)
        read = [each.name for each in self._read_by(stage)]
        own, readable = view.own(name), view.current(read)
        sequence = Sequence(self.system)
        problems = list(view.find_unreadable(read))
        if sequence.builds and script != sequence.builds[0] and stage in (INIT, POSTCHECKS):
            problems += view.find_unbuilt(name)
        if not problems:
            before = sequence.before(stage, script)
            problems += find_changed_scripts(own, before, sequence.scripts, self._demanded(stage))
            problems += find_changed_sources(own, readable, before) if stage == INIT else ()
        if problems:
            kind = TransientError if view.is_in_progress([each for each in read if each != name]) else PermanentError
            raise kind("; ".join(dict.fromkeys(problems)))
        return own, readable

    def _read_by(self, stage: str) -> tuple[System, ...]:
        """Return the systems whose checked results a task of the stage reads."""
        if not self.system.stage(INIT) or stage in (PRECHECKS, INIT):
            return self.sources
        return () if stage == POSTCHECKS else (self.system,)

    def _demanded(self, stage: str) -> tuple[str, ...]:
        """Return the stages whose scripts must have run before a task of the stage."""
        if not self.system.stage(INIT):
            return ()
        return (INIT,) if stage in (INIT, POSTCHECKS) else (INIT, POSTCHECKS)

    def _own(self, session: Session, run: CurrentRun) -> Stamp:
        return RunView.of(session, run, [self.system.name], {}).own(self.system.name)


def read_by_system(tree: ScriptTree) -> dict[str, SystemResults]:
    """Return the results of each system of a tree, by its name.

    A system that builds nothing stands for those that it comes after.
    """
    systems = {system.name: system for system in tree.systems}
    builders = [name for name, system in systems.items() if system.stage(INIT)]
    sources = find_predecessors({name: system.after for name, system in systems.items()}, builders)
    pairs = [*tree.alternatives, *((other, name) for name, other in tree.alternatives)]
    alternatives = {name: tuple(other for each, other in pairs if each == name) for name in systems}
    return {
        name: SystemResults(system, tuple(systems[other] for other in sources[name]), alternatives)
        for name, system in systems.items()
    }
