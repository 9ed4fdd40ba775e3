"""Walks the folders `<stage>/<system>/[<layer>/]` and finds which files run for a client."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from billing_aggregator.scripts.suggestion import suggest

STAGES = ("prechecks", "init", "postchecks", "archive", "history", "cleanup")
SYSTEMS_FILE = "systems.yaml"
MAX_ID_LENGTH = 250
MAX_GROUP_LENGTH = 200
# Tasks of the DAG itself that stand beside the groups of the systems.
RESERVED_NAMES = ("preflight", "dry_run", "report")

_SYSTEM_NAME = re.compile(r"[A-Za-z0-9_-]+")
_STEM = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class SystemFolder:
    """One folder `<stage>/<system>`.

    `scripts`: what the layers give the client, file name -> file; `is_runnable`: some client has a script.
    """

    stage: str
    system: str
    path: Path
    scripts: Mapping[str, Path]
    is_runnable: bool


def read_system_folders(root: Path, client_id: str, problems: list[str]) -> list[SystemFolder]:
    """Read every system folder that holds a file; what breaks a rule is added to `problems`."""
    _check_top(root, problems)
    folders = []
    for stage in STAGES:
        for path in _subfolders(root / stage):
            if _holds_file(path):
                _check_system_name(path, stage, root, problems)
                folders.append(_read_system_folder(stage, path, root, client_id, problems))
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
    used = [path, *(layers[name] for name in dict.fromkeys(("default", client_id)) if name in layers)]
    scripts = {file.name: file for layer in used for file in _sql_files(layer)}
    for file in scripts.values():
        _check_stem(file, stage, path.name, root, problems)
    is_runnable = any(True for layer in (path, *layers.values()) for _ in _sql_files(layer))
    return SystemFolder(stage, path.name, path, scripts, is_runnable)


def _check_top(root: Path, problems: list[str]) -> None:
    """Beside the stages there may be files, but no other folder and no script."""
    for folder in _subfolders(root):
        if folder.name not in STAGES and _holds_file(folder):
            problems.append(f"{folder.name}/: not a stage{suggest(folder.name, STAGES)}")
    for folder in (root, *(root / stage for stage in STAGES if (root / stage).is_dir())):
        for file in _sql_files(folder):
            problems.append(f"{_shown(file, root)}: a script must be in a system folder, <stage>/<system>/")
    if (root / "systems.yml").is_file():
        problems.append(f"systems.yml: never read; rename it to {SYSTEMS_FILE}")


def _check_system_name(path: Path, stage: str, root: Path, problems: list[str]) -> None:
    """A system's name becomes a group of tasks, for which Airflow has rules."""
    rules = (
        (_SYSTEM_NAME.fullmatch(path.name), "may only hold letters, digits, '_' and '-' (ASCII)"),
        (len(f"{path.name}.{stage}") <= MAX_GROUP_LENGTH, f"is too long: {MAX_GROUP_LENGTH} with its stage"),
        (path.name not in RESERVED_NAMES, "is taken by a task of the DAG itself"),
    )
    for is_kept, rule in rules:
        if not is_kept:
            problems.append(f"{_shown(path, root)}: the system name '{path.name}' {rule}")


def _check_stem(file: Path, stage: str, system: str, root: Path, problems: list[str]) -> None:
    """A script's name becomes a task id."""
    length = len(f"{system}.{stage}.{file.stem}")
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


def _sql_files(folder: Path) -> Iterator[Path]:
    """The scripts directly in the folder; `NOEXEC_` switches a file off."""
    for path in _entries(folder):
        if path.name.endswith(".sql") and not path.name.startswith("NOEXEC_") and path.is_file():
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
