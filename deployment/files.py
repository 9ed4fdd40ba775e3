"""Which files of a folder are deployed, and the zip of some of them that is always the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

# What editors, Python and the system leave in a folder; Airflow needs the one hidden file.
LEFT_OUT_FOLDERS = frozenset({"__pycache__", "tests"})
LEFT_OUT_SUFFIXES = (".pyc", ".orig", ".rej", ".swp", "~")
NEEDED_HIDDEN = frozenset({".airflowignore"})

# Equal contents must give equal bytes, whenever and by whomever they are packed: MWAA needs an update of half an hour
# for another plugins.zip. So neither the time of the commit nor the permissions of the checkout are
# kept, and nothing is compressed: versions of zlib differ.
PACKED_AT = (1980, 1, 1, 0, 0, 0)
PERMISSIONS = 0o100644 << 16
UNIX = 3


def deployed_files(folder: Path) -> dict[str, Path]:
    """The files below the folder that are deployed, by their path in it, sorted."""
    files = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*") if each.is_file()}
    return {name: files[name] for name in sorted(files) if _is_deployed(Path(name))}


def write_zip(path: Path, files: Mapping[str, Path]) -> None:
    """Pack the files under these names."""
    with zipfile.ZipFile(path, "w") as archive:
        for entry, source in _entries(files):
            archive.writestr(entry, source.read_bytes())


def _entries(files: Mapping[str, Path]) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
    for name in sorted(files):
        entry = zipfile.ZipInfo(name, PACKED_AT)
        entry.external_attr = PERMISSIONS
        entry.create_system = UNIX
        yield entry, files[name]


def _is_deployed(path: Path) -> bool:
    if LEFT_OUT_FOLDERS.intersection(path.parts) or path.name.endswith(LEFT_OUT_SUFFIXES):
        return False
    return not any(part.startswith(".") and part not in NEEDED_HIDDEN for part in path.parts)
