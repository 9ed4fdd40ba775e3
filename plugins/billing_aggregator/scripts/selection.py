"""Which systems a run selects by default, and which may not be selected together."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from billing_aggregator.errors import SettingsError
from billing_aggregator.scripts.stages import INIT
from billing_aggregator.scripts.suggestion import suggest
from billing_aggregator.scripts.tree import ScriptTree


def select_systems(
    tree: ScriptTree, wanted: Sequence[str] | None, ignored: Sequence[str], default: Sequence[str]
) -> tuple[str, ...]:
    """The systems of a run: those wanted and those without an init stage, less those ignored, sorted.

    :param wanted: `BDA_SYSTEMS`; None: those of the default that the tree holds
    :param ignored: `BDA_IGNORE_SYSTEMS`
    :raises SettingsError: a name that the tree does not hold, systems of which a run may select one only, or nothing
        is left to run
    """
    problems = [*_unknown_wanted(tree, wanted or ()), *_unknown_ignored(tree, ignored)]
    chosen = default if wanted is None else wanted
    selected = [system.name for system in tree.systems if system.name in chosen or not system.stage(INIT)]
    selected = [name for name in selected if name not in ignored]
    if not (selected or problems):
        problems.append(
            f"BDA_SYSTEMS ({','.join(chosen)}) and BDA_IGNORE_SYSTEMS ({','.join(ignored)}) "
            f"leave nothing to run; there are: {', '.join(tree.names)}"
        )
    problems += [f"BDA_SYSTEMS {problem}" for problem in find_alternatives(selected, tree.alternatives)]
    if problems:
        raise SettingsError(problems)
    return tuple(selected)


def find_alternatives(selected: Collection[str], alternatives: Sequence[tuple[str, str]]) -> list[str]:
    """A sentence for each pair of selected systems of which a run may select one only."""
    return [
        f"names {name!r} and {other!r}, which write the same tables: choose one"
        for name, other in alternatives
        if name in selected and other in selected
    ]


def _unknown_wanted(tree: ScriptTree, wanted: Sequence[str]) -> list[str]:
    """What is no name of a system is not shown: it may be a secret in the wrong variable."""
    found = []
    for place, name in enumerate(wanted, 1):
        if name in tree.other_systems:
            there_are = f"there are: {', '.join(tree.names)}"
            found.append(f"BDA_SYSTEMS names '{name}', which has no script for client '{tree.client_id}'; {there_are}")
        elif name not in tree.names:
            found.append(f"BDA_SYSTEMS: name {place} is no system{suggest(name, tree.names)}")
    return found


def _unknown_ignored(tree: ScriptTree, ignored: Sequence[str]) -> list[str]:
    known = (*tree.names, *tree.other_systems)
    return [
        f"BDA_IGNORE_SYSTEMS: name {place} is no system{suggest(name, known)}"
        for place, name in enumerate(ignored, 1)
        if name not in known
    ]
