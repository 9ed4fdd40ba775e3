"""The results of a system: which of them a task may read, and the stamp that it leaves on those it builds or checks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from billing_aggregator.results.rules import find_changed_scripts, find_changed_sources, find_foreign, find_unusable
from billing_aggregator.results.stamps import Stamp, Stamps, State, read_stamps, write_stamp
from billing_aggregator.run.current_run import CurrentRun
from billing_aggregator.scripts.folders import ARCHIVE, INIT, POSTCHECKS, PRECHECKS, STAGES
from billing_aggregator.scripts.systems import find_predecessors
from billing_aggregator.scripts.tree import Script, ScriptTree, System
from postgres_to_s3.errors import PermanentError
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

    def begin(self, session: Session, run: CurrentRun, script: Script) -> Stamp:
        """Check that a script may run, and return the stamp that holds once it has succeeded.

        :param session: in a transaction that may write
        :raises PermanentError: results that it needs are missing, unchecked, refused or of another run, or the scripts
            before it have not run or have changed since; says what to clear or to trigger
        """
        self.accept_marked(session, run, script.stage)
        own, sources = self._check(session, run, script.stage, script)
        if script.stage not in (INIT, POSTCHECKS):
            return replace(own, scripts={**own.scripts, script.path: script.sha256})
        # What comes after it was made of what it has made before.
        earlier = {each.path for each in self._before(script.stage, script)}
        ran = {path: sha for path, sha in own.scripts.items() if path in earlier} | {script.path: script.sha256}
        if script.stage == POSTCHECKS:
            return replace(own, scripts=ran, state=self._state_of_checks(own, ran))
        read = tuple(stamp.source for stamp in sources)
        return replace(own, scripts=ran, state=self._state_of_build(script), sources=read)

    def finish(self, session: Session, stamp: Stamp, script: Script) -> None:
        """Write the stamp that ``begin`` has returned, in the transaction of the script if that writes."""
        write_stamp(session, stamp, builds=script.stage == INIT, alternatives=self._alternatives(self.system))

    def begin_check(self, session: Session, run: CurrentRun, check: Script) -> None:
        """Check that a check may run; results that a postcheck looks at count as unchecked until it has passed.

        :raises PermanentError: as ``begin``
        """
        self.begin(session, run, check)
        self._withdraw(session, run, check, State.BUILT)

    def refuse(self, session: Session, run: CurrentRun, check: Script) -> None:
        """Write that a postcheck has refused the results."""
        self._withdraw(session, run, check, State.REFUSED)

    def accept_marked(self, session: Session, run: CurrentRun, stage: str = ARCHIVE) -> None:
        """Write that results of this run are accepted, where a person has marked their postchecks as a success.

        :param stage: that of the task which is to read them
        """
        for system in self._read_by(stage):
            stamp = read_stamps(session, [system.name]).of_run(system.name, run.holder, run.business_date)
            if stamp.state not in (State.BUILT, State.REFUSED):
                continue
            open_checks = [check for check in system.stage(POSTCHECKS) if check.path not in stamp.scripts]
            if all(run.is_marked(check.task_id) for check in open_checks):
                log.warning("Postchecks of %r were marked as a success by hand: its results count", system.name)
                write_stamp(session, replace(stamp, state=State.ACCEPTED))

    def read(self, session: Session, run: CurrentRun, script: Script | None = None) -> tuple[Stamp, ...]:
        """Return the stamps of the results that an export reads, as the session's snapshot shows them.

        :param script: the archive's; None for the results themselves
        :return: empty where no system builds them, so that nobody has checked them
        :raises PermanentError: as ``begin``
        """
        return self._check(session, run, ARCHIVE, script)[1]

    def _withdraw(self, session: Session, run: CurrentRun, check: Script, state: State) -> None:
        own = read_stamps(session, [self.system.name]).of_run(self.system.name, run.holder, run.business_date)
        if check.stage == POSTCHECKS and own.state != State.NOTHING_BUILT:
            scripts = {path: sha for path, sha in own.scripts.items() if path != check.path}
            write_stamp(session, replace(own, state=state, scripts=scripts))

    def _check(
        self, session: Session, run: CurrentRun, stage: str, script: Script | None
    ) -> tuple[Stamp, tuple[Stamp, ...]]:
        """Return the run's own stamp of the system, and those of the results that a task of the stage reads."""
        names = [name for each in (self.system, *self.sources) for name in (each.name, *self._alternatives(each))]
        stamps = read_stamps(session, names)
        own = stamps.of_run(self.system.name, run.holder, run.business_date)
        readable = tuple(filter(None, (stamps.current(each.name) for each in self._read_by(stage))))
        problems = [*self._find_unreadable(stamps, run, stage), *self._find_unbuilt(stamps, run, stage, script)]
        if not problems:
            before = self._before(stage, script)
            problems += find_changed_scripts(own, before, self._order)
            problems += find_changed_sources(own, readable, before) if stage == INIT else ()
        if problems:
            raise PermanentError("; ".join(problems))
        return own, readable

    def _read_by(self, stage: str) -> tuple[System, ...]:
        """Return the systems whose checked results a task of the stage reads."""
        if not self.system.stage(INIT) or stage in (PRECHECKS, INIT):
            return self.sources
        return () if stage == POSTCHECKS else (self.system,)

    def _find_unreadable(self, stamps: Stamps, run: CurrentRun, stage: str) -> Iterator[str]:
        """Results that are read must be checked; those of a system that the run selects must be its own."""
        for name, system in ((each.name, each) for each in self._read_by(stage)):
            stamp = stamps.current(name)
            others = self._alternatives(system)
            if stamp is None and any(other in run.systems or stamps.current(other) for other in others):
                continue
            foreign = find_foreign(name, stamp, run.holder) if name in run.systems else None
            if problem := foreign or find_unusable(name, stamp):
                yield problem

    def _find_unbuilt(self, stamps: Stamps, run: CurrentRun, stage: str, script: Script | None) -> Iterator[str]:
        """A build is gone on with, and checked, by the run that has begun it."""
        builds = self.system.stage(INIT)
        if builds and script != builds[0] and stage in (INIT, POSTCHECKS):
            name = self.system.name
            yield from filter(None, [find_foreign(name, stamps.current(name), run.holder)])

    def _state_of_build(self, script: Script) -> State:
        if script != self.system.stage(INIT)[-1]:
            return State.BUILDING
        return State.BUILT if self.system.stage(POSTCHECKS) else State.CHECKED

    def _state_of_checks(self, own: Stamp, ran: Mapping[str, str]) -> State:
        if own.state == State.NOTHING_BUILT:
            return own.state
        if all(check.path in ran for check in self.system.stage(POSTCHECKS)):
            return State.CHECKED
        return State.BUILT

    @property
    def _order(self) -> tuple[Script, ...]:
        return tuple(script for stage in STAGES for script in self.system.stage(stage))

    def _before(self, stage: str, script: Script | None) -> tuple[Script, ...]:
        """Return the scripts that come before one, or before the first of the stage."""
        if script:
            return self._order[: self._order.index(script)]
        return tuple(each for each in self._order if STAGES.index(each.stage) < STAGES.index(stage))

    def _alternatives(self, system: System) -> tuple[str, ...]:
        return self.alternatives.get(system.name, ())


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
