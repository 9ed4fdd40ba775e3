"""Reads and checks `systems.yaml`: which system waits for which, and what each exports."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from billing_aggregator.scripts.strict_yaml import read_yaml
from billing_aggregator.scripts.suggestion import suggest

Model = TypeVar("Model", bound=BaseModel)
_TABLE = re.compile(r'[^.\s"]+\.[^.\s"]+')
_PAIRS = "must hold 'key: value' pairs"


def _list_or_nothing(value: object) -> object:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else value


def _each_once(thing: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def check(names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"names a {thing} twice: {', '.join(names)}")
        return names

    return check


def _table(value: object) -> object:
    if value is None or value is False:
        return None
    if isinstance(value, str) and _TABLE.fullmatch(value):
        return value
    raise ValueError(f"must be schema.table, or null for none, found {value!r}")


def _pairs_or_nothing(value: object) -> object:
    return {} if value is None else value


Systems = Annotated[tuple[str, ...], BeforeValidator(_list_or_nothing), AfterValidator(_each_once("system"))]
Columns = Annotated[tuple[str, ...], BeforeValidator(_list_or_nothing), AfterValidator(_each_once("column"))]
Table = Annotated[str | None, BeforeValidator(_table)]
Sections = Annotated[dict[str, object], BeforeValidator(_pairs_or_nothing)]


class _Strict(BaseModel):
    """Unknown keys and values of another type are refused; a field's description is its rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SystemEntry(_Strict):
    """What the file says of one system."""

    after: Systems = Field(default=(), description="must be a list of systems such as [bookkeeper]")
    instead_of: Systems = Field(default=(), description="must be a list of systems such as [bookkeeper]")
    export: Table = None
    columns: Columns = Field(default=(), description="must be a list of columns such as [id, amount]")
    order_by: Columns = Field(default=(), description="must be a list of columns such as [id, amount]")

    @property
    def states_export(self) -> bool:
        """Whether the export is mentioned: an export of None is none, one not mentioned is the default."""
        return "export" in self.model_fields_set


class SystemsFile(_Strict):
    """The whole file; each system is read on its own, so that a fault in one does not hide those of others."""

    systems: Sections = Field(default_factory=dict, description=_PAIRS)


def read_systems_file(path: Path, known: Collection[str], problems: list[str]) -> dict[str, SystemEntry]:
    """Read the entries of the systems file, none if there is no file; what is wrong is added to `problems`.

    `known` are the systems of the tree that have a script for any client.
    """
    if not (path.exists() or path.is_symlink()):
        return {}
    found: list[str] = []
    entries = _read_entries(path, found)
    _check_names(entries, known, found)
    _check_order(entries, found)
    problems += [f"{path.name}: {problem}" for problem in found]
    return entries


def _read_entries(path: Path, problems: list[str]) -> dict[str, SystemEntry]:
    try:
        content = read_yaml(path)
    except ValueError as error:
        problems.append(str(error))
        return {}
    file = _validated(SystemsFile, content, "the file", problems)
    systems = file.systems if file else {}
    read = {name: _validated(SystemEntry, entry, f"system '{name}'", problems) for name, entry in systems.items()}
    return {name: entry for name, entry in read.items() if entry}


def _validated(model: type[Model], content: object, where: str, problems: list[str]) -> Model | None:
    try:
        return model.model_validate(_pairs_or_nothing(content))
    except ValidationError as error:
        problems += [f"{where}{_problem(model, found)}" for found in error.errors()]
        return None


def _problem(model: type[BaseModel], error: ErrorDetails) -> str:
    """What pydantic found, said in the words of this project."""
    found = repr(error["input"])
    if not error["loc"]:
        return f" {_PAIRS}, found {found}"
    key = str(error["loc"][0])
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return f": unknown key {error['loc'][0]!r}{suggest(key, model.model_fields)}"
    if error["loc"][-1] == "[key]":
        return f": a key of '{key}' must be text, found {found}; put it in quotes"
    if error["type"] == "value_error":
        return f": '{key}' {error['ctx']['error']}"
    item = "the item " if len(error["loc"]) > 1 else ""
    return f": '{key}' {model.model_fields[key].description}, found {item}{found}"


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


def find_predecessors(entries: Mapping[str, SystemEntry], present: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The systems that each system waits for; one that is not present stands for those it would wait for.

    :param present: the systems that have scripts for the client
    """
    found: dict[str, set[str]] = {}
    for name in TopologicalSorter({name: entry.after for name, entry in entries.items()}).static_order():
        after = entries[name].after if name in entries else ()
        found[name] = {other for other in after if other in present}.union(
            *(found[other] for other in after if other not in present)
        )
    return {name: tuple(sorted(names)) for name, names in found.items()}
