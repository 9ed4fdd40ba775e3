"""A tree that somebody has prepared with bad intent is refused, or does no more than its own SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.errors import ScriptTreeError
from billing_aggregator.scripts.tree import read_script_tree
from billing_aggregator.templates.rendering import find_template_error, render_script
from tests.support.script_files import write_file, write_scripts
from tests.support.script_values import OF_A_RUN

SECRET = "a-secret-of-the-worker"
NAMES = [
    "1';drop table x;--.sql",
    '1"; drop table x;--.sql',
    "$(touch x).sql",
    "`touch x`.sql",
    "1\n2.sql",
    "1\t2.sql",
    "{{ conn.octopus.password }}.sql",
    "%s.sql",
    "1\u202elqs.sql",
    "１.sql",
    "-rf .sql",
    "a\\b.sql",
    "<script>.sql",
]
TEMPLATES = [
    "{{ ti.get_template_context()['conn'].octopus.password ~ client_id }}",
    "{{ task_instance.get_template_context()['var'].value.token ~ ds }}",
    "{{ dag.get_template_env() ~ ds }}",
    "{{ task.get_template_env() ~ ds }}",
    "{{ macros.uuid.os.environ ~ ds }}",
    "{% set c = ti %}{{ c.get_template_context() ~ client_id }}",
    "{{ inlet_events ~ client_id }}",
    "{% for c in [conn] %}{{ c.octopus ~ ds }}{% endfor %}",
    "{% macro m(x=conn) %}{{ x.octopus ~ ds }}{% endmacro %}{{ m() ~ ds }}",
    "{% with x = var %}{{ x.value.token ~ ds }}{% endwith %}",
    "{{ (conn if client_id else none).octopus }}",
    "{{ [client_id, conn.octopus] | first }}",
    "{% include '/etc/passwd' %}{{ client_id }}",
    "{% import 'secrets.sql' as s %}{{ client_id }}",
    '{{ self._TemplateReference__context["conn"].octopus.password }}{{ client_id }}',
    "{{ cycler.__init__.__globals__.os.environ }}{{ client_id }}",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree without a fault, for one fault to be added."""
    write_scripts(tmp_path / "tree", "init/tripica/110_collect_charges.sql")
    return tmp_path / "tree"


def problems_of(root: Path) -> tuple[str, ...]:
    with pytest.raises(ScriptTreeError) as caught:
        read_script_tree(root, "enercity")
    return caught.value.problems


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_that_is_meant_for_a_shell_a_database_or_a_page_is_refused(root: Path, name: str) -> None:
    write_scripts(root, f"init/tripica/{name}")

    assert "cannot become a task id" in " ".join(problems_of(root))


@pytest.mark.parametrize("name", ["..", "a b", "a;b", "ä", "{{conn}}", "a\nb"])
def test_a_folder_name_of_that_kind_is_refused(root: Path, name: str) -> None:
    write_scripts(root, f"init/x{name}/110.sql")

    assert "may only hold letters, digits, '_' and '-'" in " ".join(problems_of(root))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_reaches_neither_connections_nor_what_leads_to_them(root: Path, template: str) -> None:
    write_file(root, "init/tripica/200.sql", f"select '{template}';")

    (problem,) = problems_of(root)

    assert problem.startswith("init/tripica/200.sql: line 1: must ")


@pytest.mark.parametrize(
    "text",
    [
        "select '{{ self._TemplateReference__context }}';\n",
        "select '{{ cycler.__init__.__globals__ }}';\n",
        "select '{{ ''.__class__.__mro__ }}';\n",
        "select '{{ get_context() }}';\n",
    ],
)
def test_what_names_no_documented_value_is_not_rendered_at_all(text: str) -> None:
    assert find_template_error(text) is None
    assert render_script(text, OF_A_RUN) == text


@pytest.mark.parametrize("way", ["file", "folder"])
def test_a_link_out_of_the_tree_is_refused_and_what_it_leads_to_is_not_shown(root: Path, way: str) -> None:
    outside = root.parent / "outside"
    write_file(outside, "credentials.sql", f"select '{SECRET}")
    if way == "file":
        (root / "init/tripica/200.sql").symlink_to(outside / "credentials.sql")
    else:
        (root / "init/bookkeeper").symlink_to(outside)

    problems = " ".join(problems_of(root))

    assert "must lie in the tree, but a link leads out of it; copy the file" in problems
    assert SECRET not in problems


def test_a_tree_that_is_reached_by_a_link_and_links_inside_it_are_fine(root: Path) -> None:
    (root / "init/tripica/200_again.sql").symlink_to("110_collect_charges.sql")
    current = root.parent / "current"
    current.symlink_to(root)

    (system,) = read_script_tree(current, "enercity").systems

    assert [script.name for script in system.stage("init")] == ["110_collect_charges", "200_again"]


def test_folders_that_link_to_each_other_end(root: Path) -> None:
    (root / "init/tripica/default").mkdir()
    (root / "init/tripica/default/round").symlink_to(root / "init/tripica/default")

    assert read_script_tree(root, "enercity").names == ("tripica",)
