"""The stamps of results as a task of a run sees them: which results it may read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from billing_aggregator.results.rules import find_foreign, find_unusable
from billing_aggregator.results.stamps import Stamp, Stamps, State, read_stamps
from billing_aggregator.run.current_run import CurrentRun
from postgres_to_s3.postgres.session import Session


@dataclass(frozen=True)
class RunView:
    """Stamps, and the run that looks at them.

    :param alternatives: by system, those that write the same tables
    """

    stamps: Stamps
    run: CurrentRun
    alternatives: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, session: Session, run: CurrentRun, systems: Collection[str], alternatives: Mapping[str, tuple[str, ...]]
    ) -> RunView:
        """Read the stamps of these systems, and of those that write the same tables."""
        others = (other for name in systems for other in alternatives.get(name, ()))
        return cls(read_stamps(session, [*systems, *others]), run, alternatives)

    def own(self, system: str) -> Stamp:
        """Return the stamp that the run itself has left on a system, a blank one where it has left none."""
        return self.stamps.of_run(system, self.run.holder, self.run.business_date)

    def current(self, systems: Collection[str]) -> tuple[Stamp, ...]:
        """Return the stamps of what the tables of these systems hold, each once."""
        found = {stamp.system: stamp for name in systems if (stamp := self._find(name))}
        return tuple(found.values())

    def find_unreadable(self, systems: Collection[str]) -> Iterator[str]:
        """Results that are read must be checked; if the run selects their system, they must be its own."""
        for name in systems:
            others = self.alternatives.get(name, ())
            selected = [each for each in (name, *others) if each in self.run.systems]
            # The selected one of two alternatives that are both read is judged by itself.
            if selected and name not in selected and selected[0] in systems:
                continue
            stamp = self._find(name)
            foreign = find_foreign(name, stamp, self.run.holder) if selected else None
            yield from filter(None, [foreign or find_unusable(stamp.system if stamp else name, stamp)])

    def find_unbuilt(self, system: str) -> Iterator[str]:
        """The run that began a build must finish and check it."""
        yield from filter(None, [find_foreign(system, self._find(system), self.run.holder)])

    def is_in_progress(self, systems: Collection[str]) -> bool:
        """Say whether another task of the run builds or checks one of these systems, such as one that was cleared."""
        states = [self.own(name).state for name in systems]
        return State.BUILDING in states or State.BUILT in states

    def _find(self, system: str) -> Stamp | None:
        """What the tables of a system hold: its results, or those of a system that writes the same tables."""
        stamps = (self.stamps.current(each) for each in (system, *self.alternatives.get(system, ())))
        return next(filter(None, stamps), None)
