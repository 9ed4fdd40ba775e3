"""What a stamp allows. Each rule gives a sentence that says what is wrong and what to do, or none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from billing_aggregator.results.stamps import USABLE, VERDICTS, Source, Stamp, State
from billing_aggregator.run.lock import Holder
from billing_aggregator.scripts.stages import INIT
from billing_aggregator.scripts.tree import Script

_UNUSABLE = {
    State.BUILDING: (
        "run {run} has not finished building the results of {system}: clear its failed task in that run, or trigger a"
        " run that selects {system}"
    ),
    State.BUILT: (
        "run {run} has built the results of {system}, but their postchecks have not passed: clear these in that run, or"
        " trigger a run that selects {system}"
    ),
    State.REFUSED: (
        "run {run} has built the results of {system}, but a postcheck refused them: correct the cause and clear"
        " {system} in that run from its first task, or trigger a run that selects it"
    ),
}


def find_foreign(system: str, stamp: Stamp | None, holder: Holder) -> str | None:
    """Results must be those that the run itself built."""
    if stamp is None:
        return f"this run has not built the results of {system!r}: clear {system!r} from its first task"
    if stamp.holder.token == holder.token:
        return None
    return (
        f"run {_run_of(stamp)} has replaced the results of {system!r}: clear {system!r} in this run from its first"
        " task, or trigger a new run"
    )


def find_unusable(system: str, stamp: Stamp | None) -> str | None:
    """Results must be checked, by whichever run."""
    if stamp is None:
        return f"no run has built the results of {system!r}: trigger a run that selects it"
    if stamp.state in USABLE:
        return None
    return _UNUSABLE[stamp.state].format(run=_run_of(stamp), system=repr(system))


def find_remarks(read: Sequence[Stamp], holder: Holder) -> Iterator[str]:
    """Yield a sentence about results that a reader would not expect in an export of the run."""
    if not read:
        yield "holds what no script of the tree builds: no run has checked it"
    for source in (each for stamp in read for each in (stamp.source, *stamp.sources)):
        own = (holder.dag_id, holder.run_id, holder.origin)
        is_own = (source["dag_id"], source["run_id"], source["origin"]) == own
        if not is_own or source["state"] != State.CHECKED:
            yield (
                f"holds results of {source['system']} that run {source['run_id']!r} built for business date"
                f" {source['business_date']}; they are {source['state']}"
            )


def find_changed_sources(stamp: Stamp, sources: Sequence[Stamp], before: Sequence[Script]) -> Iterator[str]:
    """All scripts of a build must read the same results of other systems.

    :param stamp: of the build
    :param sources: the results that the next script reads
    :param before: the scripts that come before it
    """
    builds = [script for script in before if script.stage == INIT]
    if builds and [_identity(each) for each in stamp.sources] != [_identity(each.source) for each in sources]:
        names = " and ".join(repr(source.system) for source in sources)
        first = builds[0]
        yield f"the results of {names} have been built again since {first.path!r} ran: clear it from {first.task_id!r}"


def find_changed_scripts(
    stamp: Stamp, before: Sequence[Script], tree: Sequence[Script], demanded: Collection[str]
) -> Iterator[str]:
    """One set of scripts must make one result: those that ran in this run are still the same, and none is missing.

    :param before: the scripts that come before the task
    :param tree: all scripts of the system
    :param demanded: the stages whose scripts must have run
    """
    found = []
    for script in before:
        ran = stamp.scripts.get(script.path)
        if ran is None and script.stage in demanded:
            found.append(f"{script.path!r} has not run in this run: clear it from {script.task_id!r}")
        elif ran not in (None, script.sha256, *VERDICTS):
            found.append(f"{script.path!r} has changed since it ran in this run: clear it from {script.task_id!r}")
    known = {script.path for script in tree}
    gone = [path for path in stamp.scripts if path not in known]
    found += [f"{path!r} ran in this run and is gone from the tree: clear it from {tree[0].task_id!r}" for path in gone]
    # Whoever clears from the first one runs the others again, too.
    yield from (f"{found[0]} (and {len(found) - 1} more)" if found[1:] else each for each in found[:1])


def _run_of(stamp: Stamp) -> str:
    holder = stamp.holder
    return f"{holder.run_id!r} of DAG {holder.dag_id!r} (business date {stamp.business_date})"


def _identity(source: Source) -> Source:
    """Return which results they are; who accepted them since does not matter."""
    return {name: value for name, value in source.items() if name != "state"}
