"""Reads the folder of SQL scripts into systems, stages and scripts: the folder is the configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from billing_aggregator.errors import ScriptTreeError, SettingsError
from billing_aggregator.scripts.folders import DEFAULT_LAYER, SYSTEMS_FILE, SystemFolder, read_system_folders
from billing_aggregator.scripts.sql.rules import read_rules
from billing_aggregator.scripts.sql.text import decode_script, has_statement
from billing_aggregator.scripts.stages import FOLDERS, INIT
from billing_aggregator.scripts.suggestion import suggest
from billing_aggregator.scripts.systems import SystemEntry, find_predecessors, read_systems_file
from billing_aggregator.scripts.task_names import TaskName
from billing_aggregator.templates.rendering import find_template_error


@dataclass(frozen=True)
class Script:
    """One SQL file; `name`: its name without `.sql`, `path`: relative to the root, `sha256`: of the file's bytes."""

    stage: str
    system: str
    name: str
    path: str
    text: str = field(repr=False)
    sha256: str = ""

    @property
    def task_id(self) -> str:
        """The id of its task."""
        return str(TaskName(self.stage, self.system, self.name))


@dataclass(frozen=True)
class System:
    """One system; `after`: the systems it waits for, `export`: its result table as schema.table, if any.

    `instead_of`: the systems that write the same tables, so that no run may select both. `columns`, `order_by`: what of
    the result table is exported and how it is sorted; all of it as it stands if empty. `amounts`: the sums of it that
    people read, by name, as `postgres_to_s3` takes them. `description`, `readers`: what the system makes and who reads
    it, for people.
    """

    name: str
    after: tuple[str, ...]
    instead_of: tuple[str, ...]
    export: str | None
    scripts: Mapping[str, tuple[Script, ...]]
    columns: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    amounts: Mapping[str, object] = field(default_factory=dict)
    description: str = ""
    readers: str = ""

    def stage(self, stage: str) -> tuple[Script, ...]:
        """The scripts of the stage in the order they run."""
        return self.scripts.get(stage, ())


@dataclass(frozen=True)
class ScriptTree:
    """The systems of one client, sorted by name; `other_systems` have scripts for other clients only.

    `rules`: the titles of the business rules that scripts refer to, by section.
    """

    root: Path
    client_id: str
    systems: tuple[System, ...]
    other_systems: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the systems."""
        return tuple(system.name for system in self.systems)

    @property
    def alternatives(self) -> tuple[tuple[str, str], ...]:
        """The pairs of systems of which a run may select one."""
        return tuple((system.name, other) for system in self.systems for other in system.instead_of)


def read_script_tree(root: Path, client_id: str) -> ScriptTree:
    """Read the scripts that run for the client.

    :raises ScriptTreeError: with everything that breaks a rule, naming path and rule
    :raises SettingsError: the tree does not know the client
    """
    problems: list[str] = []
    folders = read_system_folders(root, client_id, problems)
    runnable = {folder.system for folder in folders if folder.is_runnable}
    for name in sorted({folder.system for folder in folders} - runnable):
        stages = ", ".join(folder.path.relative_to(root).as_posix() for folder in folders if folder.system == name)
        problems.append(f"{stages}: system '{name}' has no script to run; remove the folder or add a script")
    file = read_systems_file(root / SYSTEMS_FILE, runnable, problems)
    scripts = _read_scripts(folders, root, problems)
    layers = {layer for folder in folders for layer in folder.layers}
    tells_clients_apart = layers - {DEFAULT_LAYER} or file.clients
    if tells_clients_apart and not problems:
        _check_client(client_id, {*layers, *file.clients})
    if not (scripts or problems):
        problems.append(f"no script for client '{client_id}' in '{root}'")
    if problems:
        raise ScriptTreeError(problems)
    systems = tuple(_build_systems(scripts, file.entries))
    return ScriptTree(root, client_id, systems, tuple(sorted(runnable - set(scripts))), read_rules(root))


def _check_client(client_id: str, known: Collection[str]) -> None:
    """A tree that tells clients apart must know the client: a misspelt one would run under a name of its own."""
    if client_id not in known:
        reason = f"it has no folder and does not stand under 'clients' in {SYSTEMS_FILE}"
        raise SettingsError(
            [f"BDA_CLIENT_ID names a client that the script tree does not know: {reason}{suggest(client_id, known)}"]
        )


def _read_scripts(
    folders: Iterable[SystemFolder], root: Path, problems: list[str]
) -> dict[str, dict[str, tuple[Script, ...]]]:
    """The scripts by system and stage, without systems and stages that have none."""
    found: dict[str, dict[str, tuple[Script, ...]]] = {}
    for folder in folders:
        scripts = [_read_script(folder, name, root, problems) for name in sorted(folder.scripts)]
        if any(scripts):
            found.setdefault(folder.system, {})[folder.stage] = tuple(filter(None, scripts))
    return found


def _read_script(folder: SystemFolder, file_name: str, root: Path, problems: list[str]) -> Script | None:
    """Read one file; None if it is wrong, or if a layer switches it off with a file without statements."""
    file = folder.scripts[file_name]
    path = file.relative_to(root).as_posix()
    try:
        content = file.read_bytes()
        text = decode_script(content)
    except OSError as error:
        if file.is_file():
            problems.append(f"{path}: not readable: {error.strerror}")
        return None
    except UnicodeDecodeError as error:
        problems.append(f"{path}: not readable as UTF-8: {error}")
        return None
    if "\0" in text:
        problems.append(f"{path}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: holds NUL, which no SQL may")
    if not has_statement(text):
        if file.parent == folder.path:
            problems.append(f"{path}: holds no SQL statement; fill it, or rename it to NOEXEC_{file_name}")
        return None
    template_error = find_template_error(text)
    if template_error:
        problems.append(f"{path}: {template_error}")
    return Script(folder.stage, folder.system, file.stem, path, text, hashlib.sha256(content).hexdigest())


def _build_systems(
    scripts: Mapping[str, Mapping[str, tuple[Script, ...]]], entries: Mapping[str, SystemEntry]
) -> Iterator[System]:
    predecessors = find_predecessors({name: entry.after for name, entry in entries.items()}, scripts)
    for name in sorted(scripts):
        entry = entries.get(name, SystemEntry())
        export = f"report_oibl.{name}_results" if INIT in scripts[name] else None
        yield System(
            name=name,
            after=predecessors.get(name, ()),
            instead_of=tuple(sorted(other for other in entry.instead_of if other in scripts)),
            export=entry.export if entry.states_export else export,
            scripts=scripts[name],
            columns=entry.columns,
            order_by=entry.order_by,
            amounts=entry.amounts,
            description=entry.description,
            readers=entry.readers,
        )


def find_scripts_root(configured: Path | None, dags_folder: Path) -> Path:
    """The folder of the scripts: `BDA_SCRIPTS_DIR` if set, else `include/sql` in or beside the DAGs folder.

    :raises ScriptTreeError: none of them holds a stage; the message says what was found in each.
    """
    beside = dags_folder.parent / "include" / "sql"
    candidates = [configured] if configured else [dags_folder / "include" / "sql", beside]
    for folder in candidates:
        if any(_is_there(folder / stage) and (folder / stage).is_dir() for stage in FOLDERS):
            return folder
    if configured:
        raise ScriptTreeError(
            [f"no scripts found: BDA_SCRIPTS_DIR must be a folder with stages; {_reached(configured)}"]
        )
    places = " and ".join(f"'{folder}' {_describe(folder)}" for folder in candidates)
    raise ScriptTreeError([f"no scripts found: BDA_SCRIPTS_DIR is not set, {places}"])


def _reached(path: Path) -> str:
    """What of a path there is; the rest is not shown, since it may be a secret in the wrong variable."""
    existing = next(folder for folder in (path, *path.parents) if _is_there(folder))
    return f"'{path}' {_describe(path)}" if existing == path else f"of its path only '{existing}' can be reached"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _describe(folder: Path) -> str:
    if not _is_there(folder):
        return "does not exist"
    if not folder.is_dir():
        return "is not a folder"
    names = sorted(path.name for path in folder.iterdir())[:8]
    return f"holds none of the stages {', '.join(FOLDERS)}, but: {', '.join(names) or 'nothing'}"
