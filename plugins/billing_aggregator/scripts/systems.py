"""Reads and checks `systems.yaml`: which system waits for which, and what each exports."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

_TABLE = re.compile(r'[^.\s"]+\.[^.\s"]+')


@dataclass(frozen=True)
class SystemEntry:
    """What the file says of one system; `states_export` tells an export of None from one not mentioned."""

    after: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    export: str | None = None
    states_export: bool = False
    columns: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice instead of letting the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"key {key!r} is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_systems_file(path: Path, known: Collection[str], problems: list[str]) -> dict[str, SystemEntry]:
    """Read the entries of the systems file, none if there is no file; what is wrong is added to `problems`.

    `known` are the systems of the tree that have a script for any client.
    """
    if not path.is_file():
        return {}
    found: list[str] = []
    entries = {name: _read_entry(name, content, found) for name, content in _read_systems(path, found).items()}
    _check_names(entries, known, found)
    _check_order(entries, found)
    problems += [f"{path.name}: {problem}" for problem in found]
    return entries


def _read_systems(path: Path, problems: list[str]) -> Mapping[str, Any]:
    try:
        content = yaml.load(path.read_bytes(), Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.append(f"not readable as YAML: {' '.join(str(error).split())}")
        return {}
    top = _mapping(content, "the file", problems)
    _check_keys(top, ("systems",), "the file", problems)
    systems = _mapping(top.get("systems"), "'systems'", problems)
    for name in systems:
        if not isinstance(name, str):
            problems.append(f"a system's name must be text, found {name!r}; put it in quotes")
    return {name: content for name, content in systems.items() if isinstance(name, str)}


def _read_entry(name: str, content: Any, problems: list[str]) -> SystemEntry:
    where = f"system '{name}'"
    entry = _mapping(content, where, problems)
    _check_keys(entry, ("after", "instead_of", "export", "columns", "order_by"), where, problems)
    export = entry.get("export") or None
    if export is not None and not (isinstance(export, str) and _TABLE.fullmatch(export)):
        problems.append(f"{where}: 'export' must be schema.table, or null for none, found {export!r}")
        export = None
    systems = [_read_names(entry, key, "system", where, problems) for key in ("after", "instead_of")]
    after, instead_of = (tuple(sorted(set(names))) for names in systems)
    columns, order_by = (_read_names(entry, key, "column", where, problems) for key in ("columns", "order_by"))
    return SystemEntry(after, instead_of, export, "export" in entry, columns, order_by)


def _read_names(entry: Mapping[Any, Any], key: str, kind: str, where: str, problems: list[str]) -> tuple[str, ...]:
    names = entry.get(key) or []
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        example = "[bookkeeper]" if kind == "system" else "[id, amount]"
        problems.append(f"{where}: '{key}' must be a list of {kind}s such as {example}, found {names!r}")
        return ()
    if len(set(names)) < len(names):
        problems.append(f"{where}: '{key}' names a {kind} twice: {', '.join(names)}")
    return tuple(names)


def _check_names(entries: Mapping[str, SystemEntry], known: Collection[str], problems: list[str]) -> None:
    """Every system named must have a script for some client."""
    named = [(name, "") for name in entries]
    for name, entry in entries.items():
        named += [(other, f" in 'after' of '{name}'") for other in entry.after]
        named += [(other, f" in 'instead_of' of '{name}'") for other in entry.instead_of]
    for name, where in named:
        if name not in known:
            problems.append(f"unknown system '{name}'{where}{suggest(name, known)}")


def _check_order(entries: Mapping[str, SystemEntry], problems: list[str]) -> None:
    """No system may wait for itself, directly or through others."""
    for name, entry in entries.items():
        if name in entry.after:
            problems.append(f"system '{name}' waits for itself; remove it from its 'after'")
    graph = {name: [other for other in entries[name].after if other != name] for name in sorted(entries)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        problems.append(f"systems wait for each other: {' -> '.join(reversed(error.args[1]))}")


def _mapping(content: Any, where: str, problems: list[str]) -> Mapping[Any, Any]:
    if isinstance(content, dict):
        return content
    if content is not None:
        problems.append(f"{where} must hold 'key: value' pairs, found {content!r}")
    return {}


def _check_keys(content: Mapping[Any, Any], known: Collection[str], where: str, problems: list[str]) -> None:
    for key in content:
        if key not in known:
            problems.append(f"{where}: unknown key {key!r}{suggest(str(key), known)}")


def suggest(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all there are."""
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    if nearest:
        return f"; did you mean '{nearest[0]}'?"
    return f"; there are: {', '.join(sorted(known)) or 'none'}"
