"""Folders and files that break a rule by their name or place are errors that name the path and the rule."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from billing_aggregator.errors import ScriptTreeError
from billing_aggregator.scripts.tree import read_script_tree
from tests.support.scratch import scratch_directory
from tests.support.script_files import write_file, write_scripts

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree without a fault, for one fault to be added."""
    write_scripts(tmp_path, "init/tripica/110_collect_charges.sql")
    return tmp_path


def problems_of(root: Path) -> tuple[str, ...]:
    with pytest.raises(ScriptTreeError) as caught:
        read_script_tree(root, "enercity")
    return caught.value.problems


def test_a_misspelled_stage_is_named_with_the_nearest(root: Path) -> None:
    write_scripts(root, "initt/tripica/1.sql", "zzz/tripica/1.sql")

    assert problems_of(root) == (
        "initt/: not a stage; did you mean 'init'?",
        "zzz/: not a stage; there are: archive, cleanup, history, init, postchecks, prechecks",
    )


@pytest.mark.parametrize("path", ["1.sql", "init/1.sql"])
def test_a_script_outside_of_a_system_folder_would_never_run(root: Path, path: str) -> None:
    write_scripts(root, path)

    assert problems_of(root) == (f"{path}: a script must be in a system folder, <stage>/<system>/",)


@pytest.mark.parametrize("client", ["enercity", "q-cells", "default"])
def test_a_folder_below_a_layer_would_never_be_read(root: Path, client: str) -> None:
    write_scripts(root, f"init/tripica/{client}/deeper/1.sql")

    (problem,) = problems_of(root)

    assert problem.startswith(f"init/tripica/{client}/deeper: a folder below a layer is never read")


@pytest.mark.parametrize("name", ["110 a.sql", "110_ä.sql", "110(1).sql"])
def test_a_file_name_must_be_fit_for_a_task_id(root: Path, name: str) -> None:
    write_scripts(root, f"init/tripica/{name}")

    assert problems_of(root) == (
        f"init/tripica/{name}: cannot become a task id; "
        "its name may only hold letters, digits, '_', '-' and '.' (ASCII)",
    )


def test_a_task_id_has_at_most_250_characters(root: Path) -> None:
    allowed = 250 - len("tripica.init.")
    write_scripts(root, f"init/tripica/{'a' * allowed}.sql")
    assert read_script_tree(root, "enercity").names == ("tripica",)

    write_scripts(root, f"init/tripica/{'b' * (allowed + 1)}.sql")
    (problem,) = problems_of(root)
    assert "would have 251 characters, Airflow allows 250; shorten the file name" in problem


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("q cells", "may only hold letters, digits, '_' and '-' (ASCII)"),
        ("sys.tem", "may only hold letters, digits, '_' and '-' (ASCII)"),
        ("preflight", "is taken by a task of the DAG itself"),
        ("report", "is taken by a task of the DAG itself"),
        ("s" * 201, "is too long: 200 with its stage"),
    ],
)
def test_a_system_name_must_be_fit_for_a_task_group(root: Path, name: str, rule: str) -> None:
    write_scripts(root, f"archive/{name}/1.sql")

    assert problems_of(root) == (f"archive/{name}: the system name '{name}' {rule}",)


def test_a_folder_named_as_a_script_is_an_error(root: Path) -> None:
    (root / "init/tripica/200.sql").mkdir()

    assert problems_of(root) == (
        "init/tripica/200.sql: a name that ends in '.sql' must be that of a file, found a folder",
    )


def test_a_script_that_is_a_broken_link_is_an_error(root: Path) -> None:
    (root / "init/tripica/200.sql").symlink_to("gone.sql")

    (problem,) = problems_of(root)

    assert problem.startswith("init/tripica/200.sql: a name that ends in '.sql' must be that of a file, found a link")


def test_a_script_named_as_a_script_twice_is_an_error(root: Path) -> None:
    write_scripts(root, "init/tripica/200.sql.sql")

    (problem,) = problems_of(root)

    assert problem.startswith("init/tripica/200.sql.sql: without '.sql' its name must not end in '.sql' again")


@pytest.fixture
def readable_root() -> Iterator[Path]:
    """A tree that anybody may read, and a process that may read no more than anybody."""
    folder = scratch_directory("billing-scripts-")
    write_scripts(folder, "init/tripica/110_collect_charges.sql")
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(user)
        shutil.rmtree(folder)


@contextmanager
def closed(path: Path) -> Iterator[None]:
    """Take all permissions of the path away for the block; its owner is who started the tests."""
    nobody = os.geteuid()
    os.seteuid(os.getuid())
    mode = path.stat().st_mode
    path.chmod(0)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        path.chmod(mode)
        os.seteuid(nobody)


@pytest.mark.parametrize("path", ["init/tripica/110_collect_charges.sql", "init/tripica", "init"])
def test_what_may_not_be_read_is_an_error(readable_root: Path, path: str) -> None:
    with closed(readable_root / path):
        problems = problems_of(readable_root)

    assert [problem for problem in problems if problem.endswith(": not readable: Permission denied")], problems
    assert problems[0].startswith(path)


def test_a_system_without_anything_to_run_is_an_error(root: Path) -> None:
    write_scripts(root, "history/customer/README.md", "archive/customer/enercity/NOEXEC_1.sql")

    assert problems_of(root) == (
        "archive/customer, history/customer: system 'customer' has no script to run; remove the folder or add a script",
    )


def test_a_placeholder_in_one_stage_of_a_system_is_no_error(root: Path) -> None:
    write_scripts(root, "prechecks/tripica/NOEXEC_tmp_file", "history/tripica/NOEXEC_tmp_file")

    assert read_script_tree(root, "enercity").names == ("tripica",)


def test_a_fault_in_the_folder_of_another_client_does_not_stop_this_one(root: Path) -> None:
    write_file(root, "init/tripica/q-cells/2 .sql", "")
    write_file(root, "systems.yaml", "clients: [enercity]")

    assert read_script_tree(root, "enercity").names == ("tripica",)
