"""Scripts that cannot run are errors, and everything wrong with a tree is one error."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.errors import ScriptTreeError
from billing_aggregator.scripts.tree import read_script_tree
from tests.support.script_files import write_file, write_scripts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree without a fault, for one fault to be added."""
    write_scripts(tmp_path, "init/tripica/110_collect_charges.sql")
    return tmp_path


def problems_of(root: Path) -> tuple[str, ...]:
    with pytest.raises(ScriptTreeError) as caught:
        read_script_tree(root, "enercity")
    return caught.value.problems


@pytest.mark.parametrize("content", ["", " \n\t", "-- todo\n", "/* later;\n select 1 */ ;\n--", "\ufeff"])
def test_a_script_without_a_statement_is_an_error(root: Path, content: str) -> None:
    write_file(root, "init/tripica/200.sql", content)

    assert problems_of(root) == (
        "init/tripica/200.sql: holds no SQL statement; fill it, or rename it to NOEXEC_200.sql",
    )


def test_a_script_that_is_not_utf8_is_an_error(root: Path) -> None:
    write_file(root, "init/tripica/200.sql", "select 'ü'".encode("latin-1"))

    (problem,) = problems_of(root)

    assert problem.startswith("init/tripica/200.sql: not readable as UTF-8: ")


def test_a_script_with_nul_is_an_error(root: Path) -> None:
    write_file(root, "init/tripica/200.sql", b"select 1,\n'\0';")

    assert problems_of(root) == ("init/tripica/200.sql: line 2: holds NUL, which no SQL may",)


@pytest.mark.parametrize("value", ["conn.octopus.password", "var['json']['x']", "macros.json", "ti.task"])
def test_a_script_must_not_reach_connections_variables_and_modules(root: Path, value: str) -> None:
    write_file(root, "init/tripica/200.sql", f"select 1;\nselect '{{{{ {value} }}}}';")

    (problem,) = problems_of(root)

    assert problem.startswith("init/tripica/200.sql: line 2: must use no other value than client_id, ")


def test_a_template_with_a_syntax_error_is_an_error(root: Path) -> None:
    write_file(root, "init/tripica/200.sql", "select 1;\nselect '{{ client_id }}' {% if %};")

    (problem,) = problems_of(root)

    assert problem.startswith("init/tripica/200.sql: not a valid Jinja template, line 2: ")


def test_a_tree_without_scripts_for_the_client_is_an_error(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/q-cells/1.sql")
    write_file(tmp_path, "systems.yaml", "clients: [enercity]")

    assert problems_of(tmp_path) == (f"no script for client 'enercity' in '{tmp_path}'",)


def test_all_faults_are_reported_at_once(root: Path) -> None:
    write_scripts(root, "initt/a/1.sql", "init/report/1.sql", "init/tripica/1 2.sql", "archive/customer/README.md")
    write_file(root, "init/tripica/200.sql", "")
    write_file(root, "systems.yaml", "systems: {tripicaa: {}}")

    assert [problem.split(":")[0] for problem in problems_of(root)] == [
        "initt/",
        "init/report",
        "init/tripica/1 2.sql",
        "archive/customer",
        "systems.yaml",
        "init/tripica/200.sql",
    ]
