"""Reads and checks `systems.yaml`: which system waits for which, and what each exports."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from billing_aggregator.scripts.strict_yaml import read_yaml
from billing_aggregator.scripts.suggestion import suggest
from postgres_to_s3.options.amounts import read_amounts
from postgres_to_s3.options.problems import RefusedValueError

Model = TypeVar("Model", bound=BaseModel)
_TABLE = re.compile(r'[^.\s"]+\.[^.\s"]+')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
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
    if not (isinstance(value, str) and _TABLE.fullmatch(value)):
        raise ValueError(f"must be schema.table, or null for none, found {value!r}")
    return _plain(value)


def _plain(name: str) -> str:
    """A name of a table or column that an export can be told."""
    if not name or _CONTROL.search(name):
        raise ValueError(f"must neither be empty nor hold control characters, found {name!r}")
    if name.endswith(".sql"):
        raise ValueError(f"must not end in '.sql', which Airflow takes for the name of a file to read, found {name!r}")
    return name


def _pairs_or_nothing(value: object) -> object:
    return {} if value is None else value


def _amounts(value: object) -> object:
    """What the export can be told, by its own rule; where that is broken, what was found tells which amount it is."""
    try:
        read_amounts(_pairs_or_nothing(value))
    except RefusedValueError as error:
        raise ValueError(f"{error}, found {error.found}") from None
    return _pairs_or_nothing(value)


Column = Annotated[str, AfterValidator(_plain)]
Clients = Annotated[tuple[str, ...], BeforeValidator(_list_or_nothing), AfterValidator(_each_once("client"))]
SystemNames = Annotated[tuple[str, ...], BeforeValidator(_list_or_nothing), AfterValidator(_each_once("system"))]
Columns = Annotated[tuple[Column, ...], BeforeValidator(_list_or_nothing), AfterValidator(_each_once("column"))]
Line = Annotated[str, AfterValidator(_plain)]
Table = Annotated[str | None, BeforeValidator(_table)]
AmountsByName = Annotated[dict[str, object], BeforeValidator(_amounts)]
Sections = Annotated[dict[str, object], BeforeValidator(_pairs_or_nothing)]


class _Strict(BaseModel):
    """Unknown keys and values of another type are refused; a field's description is its rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SystemEntry(_Strict):
    """What the file says of one system."""

    after: SystemNames = Field(default=(), description="must be a list of systems such as [bookkeeper]")
    instead_of: SystemNames = Field(default=(), description="must be a list of systems such as [bookkeeper]")
    export: Table = None
    columns: Columns = Field(default=(), description="must be a list of columns such as [id, amount]")
    order_by: Columns = Field(default=(), description="must be a list of columns such as [id, amount]")
    amounts: AmountsByName = Field(default_factory=dict, description=_PAIRS)
    description: Line = Field(default="", description="must be a line of text")
    readers: Line = Field(default="", description="must be a line of text")

    @property
    def states_export(self) -> bool:
        """Whether the export is mentioned: an export of None is none, one not mentioned is the default."""
        return "export" in self.model_fields_set


class SystemsFile(_Strict):
    """The whole file; each system is read on its own, so that a fault in one does not hide those of others."""

    clients: Clients = Field(default=(), description="must be a list of clients such as [enercity]")
    systems: Sections = Field(default_factory=dict, description=_PAIRS)


@dataclass(frozen=True)
class Systems:
    """What the file says.

    :param entries: by system
    :param clients: the clients that need no folder of their own
    """

    entries: Mapping[str, SystemEntry] = field(default_factory=dict)
    clients: tuple[str, ...] = ()


def read_systems_file(path: Path, known: Collection[str], problems: list[str]) -> Systems:
    """Read the systems file, which need not exist; what is wrong is added to `problems`.

    :param known: the systems of the tree that have a script for any client
    """
    if not (path.exists() or path.is_symlink()):
        return Systems()
    found: list[str] = []
    systems = _read_systems(path, found)
    _check_names(systems.entries, known, found)
    _check_order(systems.entries, found)
    problems += [f"{path.name}: {problem}" for problem in found]
    return systems


def _read_systems(path: Path, problems: list[str]) -> Systems:
    try:
        content = read_yaml(path)
    except ValueError as error:
        problems.append(str(error))
        return Systems()
    file = _validated(SystemsFile, content, "the file", problems)
    if file is None:
        return Systems()
    read = {name: _validated(SystemEntry, entry, f"system '{name}'", problems) for name, entry in file.systems.items()}
    return Systems({name: entry for name, entry in read.items() if entry}, file.clients)


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


def find_predecessors(after: Mapping[str, Collection[str]], kept: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The systems that each system waits for; one that is not kept stands for those it would wait for.

    Each system is looked at once, however many ways lead to it.

    :param after: by system those that it names; no system waits for itself, through whichever others
    """
    found: dict[str, set[str]] = {}
    for name in TopologicalSorter(after).static_order():
        direct = after.get(name, ())
        passed_on = (found[other] for other in direct if other not in kept)
        found[name] = {other for other in direct if other in kept}.union(*passed_on)
    return {name: tuple(sorted(names)) for name, names in found.items()}
