"""The folder of scripts gives systems, stages and scripts, in layers, in the order of the file names."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.errors import ScriptTreeError, SettingsError
from billing_aggregator.scripts.tree import find_scripts_root, read_script_tree
from tests.support.script_files import write_file, write_scripts


def read_paths(root: Path, client_id: str = "enercity") -> dict[str, list[str]]:
    """The paths that run, by `<system>/<stage>`."""
    tree = read_script_tree(root, client_id)
    return {
        f"{system.name}/{stage}": [script.path for script in scripts]
        for system in tree.systems
        for stage, scripts in system.scripts.items()
    }


def test_a_tree_is_systems_with_stages_with_scripts(tmp_path: Path) -> None:
    write_scripts(
        tmp_path,
        "init/tripica/110_a.sql",
        "init/bookkeeper/100_b.sql",
        "prechecks/tripica/c.sql",
        "archive/customer/d.sql",
    )

    tree = read_script_tree(tmp_path, "enercity")

    assert (tree.root, tree.names) == (tmp_path, ("bookkeeper", "customer", "tripica"))
    assert read_paths(tmp_path) == {
        "bookkeeper/init": ["init/bookkeeper/100_b.sql"],
        "customer/archive": ["archive/customer/d.sql"],
        "tripica/prechecks": ["prechecks/tripica/c.sql"],
        "tripica/init": ["init/tripica/110_a.sql"],
    }


def test_a_script_knows_its_place_and_text(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/enercity/110_a.sql")

    (script,) = read_script_tree(tmp_path, "enercity").systems[0].stage("init")

    assert (script.stage, script.system, script.name) == ("init", "tripica", "110_a")
    assert (script.path, script.text) == (
        "init/tripica/enercity/110_a.sql",
        "select 'init/tripica/enercity/110_a.sql';\n",
    )


def test_a_stage_without_scripts_is_empty(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/110_a.sql")

    assert read_script_tree(tmp_path, "enercity").systems[0].stage("cleanup") == ()


def test_scripts_run_in_byte_order_of_the_file_name(tmp_path: Path) -> None:
    names = ["2_x.sql", "10_x.sql", "110-a.sql", "110.sql", "B.sql", "a.sql", "110_a.sql"]
    write_scripts(tmp_path, *(f"init/tripica/{name}" for name in names))

    (paths,) = read_paths(tmp_path).values()

    assert [Path(path).name for path in paths] == sorted(names, key=str.encode)


def test_layers_are_merged_by_file_name_and_sorted_together(tmp_path: Path) -> None:
    write_scripts(
        tmp_path,
        *(f"init/tripica/{name}" for name in ("000.sql", "100.sql", "200.sql", "300.sql")),
        *(f"init/tripica/default/{name}" for name in ("100.sql", "200.sql", "150.sql")),
        *(f"init/tripica/enercity/{name}" for name in ("200.sql", "050.sql", "150.sql")),
        "init/tripica/q-cells/100.sql",
        "init/tripica/q-cells/999.sql",
    )

    assert read_paths(tmp_path)["tripica/init"] == [
        "init/tripica/000.sql",
        "init/tripica/enercity/050.sql",
        "init/tripica/default/100.sql",
        "init/tripica/enercity/150.sql",
        "init/tripica/enercity/200.sql",
        "init/tripica/300.sql",
    ]


def test_another_client_gets_base_and_default_only(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/1.sql", "init/tripica/default/2.sql", "init/tripica/enercity/1.sql")
    write_file(tmp_path, "systems.yaml", "clients: [new-client]")

    assert read_paths(tmp_path, "new-client") == {"tripica/init": ["init/tripica/1.sql", "init/tripica/default/2.sql"]}
    assert read_paths(tmp_path, "default") == read_paths(tmp_path, "new-client")


def test_a_layer_switches_a_script_off_with_a_file_without_statements(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/1.sql", "init/tripica/2.sql")
    write_file(tmp_path, "init/tripica/q-cells/2.sql", "-- q-cells has no dunning\n")
    write_file(tmp_path, "systems.yaml", "clients: [enercity]")

    assert read_paths(tmp_path, "q-cells") == {"tripica/init": ["init/tripica/1.sql"]}
    assert len(read_paths(tmp_path, "enercity")["tripica/init"]) == 2


def test_switched_off_foreign_and_hidden_files_do_not_run(tmp_path: Path) -> None:
    write_scripts(
        tmp_path,
        "init/tripica/1.sql",
        "init/tripica/NOEXEC_2.sql",
        "init/tripica/3.SQL",
        "init/tripica/README.md",
        "init/tripica/._1.sql",
        "init/tripica/default/NOEXEC_1.sql",
        "init/README.md",
        "README.md",
    )

    assert read_paths(tmp_path, "default") == {"tripica/init": ["init/tripica/1.sql"]}


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    write_file(tmp_path, "init/tripica/1.sql", "\ufeffselect 'ä';")

    assert read_script_tree(tmp_path, "enercity").systems[0].stage("init")[0].text == "select 'ä';"


def test_empty_folders_are_no_systems(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/1.sql")
    (tmp_path / "archive" / "customer" / "enercity").mkdir(parents=True)
    (tmp_path / "notes").mkdir()

    assert list(read_paths(tmp_path)) == ["tripica/init"]


def test_a_system_of_other_clients_only_is_no_system(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/1.sql", "archive/customer/q-cells/1.sql")
    write_file(tmp_path, "systems.yaml", "clients: [enercity]")

    tree = read_script_tree(tmp_path, "enercity")

    assert (tree.names, tree.other_systems) == (("tripica",), ("customer",))


def test_the_root_is_looked_for_in_and_beside_the_dags_folder(tmp_path: Path) -> None:
    beside = tmp_path / "include" / "sql"
    inside = tmp_path / "dags" / "include" / "sql"

    write_scripts(tmp_path, "include/sql/init/tripica/1.sql")
    assert find_scripts_root(None, tmp_path / "dags") == beside

    write_scripts(tmp_path, "dags/include/sql/init/tripica/1.sql")
    assert find_scripts_root(None, tmp_path / "dags") == inside


def test_a_configured_root_is_the_only_one_looked_at(tmp_path: Path) -> None:
    write_scripts(tmp_path, "include/sql/init/tripica/1.sql", "scripts/archive/customer/1.sql")

    assert find_scripts_root(tmp_path / "scripts", tmp_path / "dags") == tmp_path / "scripts"
    with pytest.raises(ScriptTreeError) as caught:
        find_scripts_root(tmp_path / "missing" / "sql", tmp_path / "dags")
    assert caught.value.problems == (
        f"no scripts found: BDA_SCRIPTS_DIR must be a folder with stages; of its path only '{tmp_path}' can be reached",
    )


@pytest.mark.parametrize("name", ["geheim-12345", "g" * 300], ids=["missing", "too-long"])
def test_a_configured_root_that_may_be_a_secret_is_not_shown(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScriptTreeError) as caught:
        find_scripts_root(tmp_path / name, tmp_path / "dags")

    assert f"of its path only '{tmp_path}' can be reached" in str(caught.value)
    assert name not in str(caught.value)


def test_a_configured_root_without_stages_is_described(tmp_path: Path) -> None:
    write_scripts(tmp_path, "sql/initt/1.sql")

    with pytest.raises(ScriptTreeError, match=r"folder with stages; '.*/sql' holds none of the stages .*, but: initt$"):
        find_scripts_root(tmp_path / "sql", tmp_path / "dags")
    with pytest.raises(ScriptTreeError, match=r"folder with stages; '.*/1\.sql' is not a folder$"):
        find_scripts_root(tmp_path / "sql/initt/1.sql", tmp_path / "dags")


def test_no_root_is_one_problem_that_lists_all_places_with_what_is_there(tmp_path: Path) -> None:
    write_scripts(tmp_path, "include/sql/initt/1.sql")

    with pytest.raises(ScriptTreeError) as caught:
        find_scripts_root(None, tmp_path / "dags")

    (problem,) = caught.value.problems
    assert problem.startswith(
        f"no scripts found: BDA_SCRIPTS_DIR is not set, '{tmp_path}/dags/include/sql' does not exist and "
        f"'{tmp_path}/include/sql' holds none of the stages prechecks, init, "
    )
    assert problem.endswith(", but: initt")


@pytest.mark.parametrize(
    ("client", "hint"),
    [("enercty", "did you mean 'enercity'?"), ("geheim-12345", "there are: default, enercity, stadtwerke")],
)
def test_a_client_that_the_tree_does_not_know_is_refused_without_showing_it(
    tmp_path: Path, client: str, hint: str
) -> None:
    write_scripts(tmp_path, "init/tripica/default/1.sql", "archive/customer/enercity/1.sql")
    write_file(tmp_path, "systems.yaml", "clients: [stadtwerke]")

    with pytest.raises(SettingsError) as caught:
        read_script_tree(tmp_path, client)

    assert caught.value.problems == (
        "BDA_CLIENT_ID names a client that the script tree does not know: "
        f"it has no folder and does not stand under 'clients' in systems.yaml; {hint}",
    )


def test_a_tree_that_tells_no_clients_apart_serves_every_client(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/1.sql")
    (tmp_path / "init/tripica/q-cells").mkdir()

    assert read_script_tree(tmp_path, "anybody").names == ("tripica",)


def test_clients_that_are_declared_are_the_only_ones(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/tripica/1.sql")
    write_file(tmp_path, "systems.yaml", "clients: [enercity]")

    assert read_script_tree(tmp_path, "enercity").names == ("tripica",)
    with pytest.raises(SettingsError, match="does not know"):
        read_script_tree(tmp_path, "q-cells")
