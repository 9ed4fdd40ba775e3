"""Walks the folders `<stage>/<system>/[<layer>/]` and finds which files run for a client."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from billing_aggregator.scripts.stages import FOLDERS, RUN_TASKS
from billing_aggregator.scripts.suggestion import suggest
from billing_aggregator.scripts.task_names import TaskName

SYSTEMS_FILE = "systems.yaml"
# For every client that has no file of the same name.
DEFAULT_LAYER = "default"
MAX_ID_LENGTH = 250
MAX_GROUP_LENGTH = 200
# They stand beside the groups of the systems.
RESERVED_NAMES = tuple(task.name for task in RUN_TASKS)

_SYSTEM_NAME = re.compile(r"[A-Za-z0-9_-]+")
_STEM = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class SystemFolder:
    """One folder `<stage>/<system>`.

    :param scripts: what the layers give the client, file name -> file
    :param is_runnable: some client has a script
    :param layers: the names of its layers that hold a file, `default` among them
    """

    stage: str
    system: str
    path: Path
    scripts: Mapping[str, Path]
    is_runnable: bool
    layers: tuple[str, ...]


def read_system_folders(root: Path, client_id: str, problems: list[str]) -> list[SystemFolder]:
    """Read every system folder that holds a file; what breaks a rule is added to `problems`."""
    folders = []
    try:
        _check_top(root, problems)
        for stage in FOLDERS:
            for path in _subfolders(root / stage):
                if _holds_file(path):
                    _check_system_name(path, stage, root, problems)
                    folders.append(_read_system_folder(stage, path, root, client_id, problems))
    except OSError as error:
        problems.append(f"{_shown(Path(error.filename), root)}: not readable: {error.strerror}")
    return folders


def _read_system_folder(stage: str, path: Path, root: Path, client_id: str, problems: list[str]) -> SystemFolder:
    """Merge the layers: base, `default`, client; a later one replaces files of the same name."""
    layers = {layer.name: layer for layer in _subfolders(path)}
    for layer in layers.values():
        for nested in filter(_holds_file, _subfolders(layer)):
            problems.append(
                f"{_shown(nested, root)}: a folder below a layer is never read; "
                "scripts belong to <stage>/<system>/ or <stage>/<system>/<client>/"
            )
    used = [path, *(layers[name] for name in dict.fromkeys((DEFAULT_LAYER, client_id)) if name in layers)]
    scripts = {file.name: file for layer in used for file in _script_paths(layer)}
    for file in scripts.values():
        _check_script(file, stage, path.name, root, problems)
    is_runnable = any(any(_script_paths(layer)) for layer in (path, *layers.values()))
    filled = tuple(name for name, layer in layers.items() if _holds_file(layer))
    return SystemFolder(stage, path.name, path, scripts, is_runnable, filled)


def _check_top(root: Path, problems: list[str]) -> None:
    """Beside the stages there may be files, but no other folder and no script."""
    for folder in _subfolders(root):
        if folder.name not in FOLDERS and _holds_file(folder):
            problems.append(f"{folder.name}/: not a stage{suggest(folder.name, FOLDERS)}")
    for folder in (root, *(root / stage for stage in FOLDERS if (root / stage).is_dir())):
        for file in _script_paths(folder):
            problems.append(f"{_shown(file, root)}: a script must be in a system folder, <stage>/<system>/")
    if (root / "systems.yml").is_file():
        problems.append(f"systems.yml: never read; rename it to {SYSTEMS_FILE}")


def _check_system_name(path: Path, stage: str, root: Path, problems: list[str]) -> None:
    """A system's name becomes a group of tasks, for which Airflow has rules."""
    rules = (
        (_SYSTEM_NAME.fullmatch(path.name), "may only hold letters, digits, '_' and '-' (ASCII)"),
        (len(str(TaskName(stage, path.name))) <= MAX_GROUP_LENGTH, f"is too long: {MAX_GROUP_LENGTH} with its stage"),
        (path.name not in RESERVED_NAMES, "is taken by a task of the DAG itself"),
    )
    for is_kept, rule in rules:
        if not is_kept:
            problems.append(f"{_shown(path, root)}: the system name '{path.name}' {rule}")


def _check_script(file: Path, stage: str, system: str, root: Path, problems: list[str]) -> None:
    """A script is a file, and its name becomes a task id."""
    length = len(str(TaskName(stage, system, file.stem)))
    if not file.is_file():
        found = "a folder" if file.is_dir() else "a link that leads nowhere, or no regular file"
        problems.append(f"{_shown(file, root)}: a name that ends in '.sql' must be that of a file, found {found}")
    elif not file.resolve().is_relative_to(root.resolve()):
        # Whoever may write the tree may not choose which other files of the worker are read, and shown in errors.
        problems.append(f"{_shown(file, root)}: must lie in the tree, but a link leads out of it; copy the file")
    if file.stem.endswith(".sql"):
        problems.append(
            f"{_shown(file, root)}: without '.sql' its name must not end in '.sql' again, "
            "which Airflow takes for the name of a file to read"
        )
    if not _STEM.fullmatch(file.stem):
        problems.append(
            f"{_shown(file, root)}: cannot become a task id; "
            "its name may only hold letters, digits, '_', '-' and '.' (ASCII)"
        )
    if length > MAX_ID_LENGTH:
        problems.append(
            f"{_shown(file, root)}: the task id '<system>.<stage>.<script>' would have {length} characters, "
            f"Airflow allows {MAX_ID_LENGTH}; shorten the file name"
        )


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.is_dir()]


def _script_paths(folder: Path) -> Iterator[Path]:
    """What is named as a script directly in the folder, whether it can be read or not; `NOEXEC_` switches it off."""
    for path in _entries(folder):
        if path.name.endswith(".sql") and not path.name.startswith("NOEXEC_"):
            yield path


def _entries(folder: Path) -> list[Path]:
    """What the folder holds, sorted, without hidden names: those belong to tools."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _holds_file(folder: Path) -> bool:
    return any(path.is_file() or _holds_file(path) for path in _entries(folder))


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
