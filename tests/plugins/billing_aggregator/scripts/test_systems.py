"""`systems.yaml` says which system waits for which and what each exports, and is checked strictly."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from billing_aggregator.errors import ScriptTreeError
from billing_aggregator.scripts.systems import find_predecessors
from billing_aggregator.scripts.tree import System, read_script_tree
from tests.support.script_files import write_file, write_scripts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of four systems: one only archives, one only for another client."""
    write_scripts(
        tmp_path,
        "init/tripica/1.sql",
        "init/bookkeeper/1.sql",
        "archive/customer/1.sql",
        "archive/customer/enercity/1.sql",
        "init/partner/q-cells/1.sql",
    )
    return tmp_path


def read_systems(root: Path, content: str, client_id: str = "enercity") -> dict[str, System]:
    write_file(root, "systems.yaml", content)
    return {system.name: system for system in read_script_tree(root, client_id).systems}


def problems_of(root: Path, content: str) -> tuple[str, ...]:
    with pytest.raises(ScriptTreeError) as caught:
        read_systems(root, content)
    return caught.value.problems


def test_without_the_file_no_system_waits_and_init_gives_an_export(root: Path) -> None:
    systems = read_script_tree(root, "enercity").systems

    assert {system.name: (system.after, system.export) for system in systems} == {
        "bookkeeper": ((), "report_oibl.bookkeeper_results"),
        "customer": ((), None),
        "tripica": ((), "report_oibl.tripica_results"),
    }


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "systems:\n", "systems: {tripica: }"])
def test_a_file_without_entries_changes_nothing(root: Path, content: str) -> None:
    assert read_systems(root, content)["tripica"].export == "report_oibl.tripica_results"


def test_a_system_waits_for_those_in_after(root: Path) -> None:
    systems = read_systems(root, "systems: {customer: {after: [tripica, bookkeeper]}}")

    assert systems["customer"].after == ("bookkeeper", "tripica")


@pytest.mark.parametrize(
    ("text", "export"),
    [("report_oibl.oibl_customer", "report_oibl.oibl_customer"), ("null", None), ("false", None)],
)
def test_an_export_can_be_named_or_switched_off(root: Path, text: str, export: str | None) -> None:
    assert read_systems(root, f"systems: {{tripica: {{export: {text}}}}}")["tripica"].export == export


def test_columns_of_an_export_keep_their_order(root: Path) -> None:
    system = read_systems(root, "systems: {tripica: {columns: [b, a], order_by: [z, y]}}")["tripica"]

    assert (system.columns, system.order_by) == (("b", "a"), ("z", "y"))


def test_amounts_are_columns_or_some_rows_of_them(root: Path) -> None:
    text = "systems: {tripica: {amounts: {debit: soll, open: {column: brutto, where: {document: null}}}}}"

    assert read_systems(root, text)["tripica"].amounts == {
        "debit": "soll",
        "open": {"column": "brutto", "where": {"document": None}},
    }


def test_a_system_that_only_archives_can_export_a_table(root: Path) -> None:
    assert read_systems(root, "systems: {customer: {export: a.b}}")["customer"].export == "a.b"


def test_a_system_without_scripts_for_this_client_passes_its_place_on(root: Path) -> None:
    content = "systems: {customer: {after: [partner]}, partner: {after: [bookkeeper]}}"

    assert read_systems(root, content)["customer"].after == ("bookkeeper",)
    assert read_systems(root, content, "q-cells")["customer"].after == ("partner",)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[a]", "the file must hold 'key: value' pairs, found ['a']"),
        ("sytems: {}", "the file: unknown key 'sytems'; did you mean 'systems'?"),
        ("systems: [tripica]", "the file: 'systems' must hold 'key: value' pairs, found ['tripica']"),
        ("systems: {1: {}}", "the file: a key of 'systems' must be text, found 1; put it in quotes"),
        ("systems: {tripca: {}}", "unknown system 'tripca'; did you mean 'tripica'?"),
        ("systems: {zzz: {}}", "unknown system 'zzz'; there are: bookkeeper, customer, partner, tripica"),
        ("systems: {tripica: [x]}", "system 'tripica' must hold 'key: value' pairs, found ['x']"),
        ("systems: {tripica: {afetr: []}}", "system 'tripica': unknown key 'afetr'; did you mean 'after'?"),
        (
            "systems: {tripica: {after: bookkeeper}}",
            "system 'tripica': 'after' must be a list of systems such as [bookkeeper], found 'bookkeeper'",
        ),
        (
            "systems: {tripica: {columns: amount}}",
            "system 'tripica': 'columns' must be a list of columns such as [id, amount], found 'amount'",
        ),
        (
            "systems: {tripica: {columns: [id, 1]}}",
            "system 'tripica': 'columns' must be a list of columns such as [id, amount], found the item 1",
        ),
        (
            "systems: {tripica: {2: x}}",
            "system 'tripica': unknown key 2; there are: after, amounts, columns, description, export, instead_of, "
            "order_by, readers",
        ),
        (
            "systems: {tripica: {export: ''}}",
            "system 'tripica': 'export' must be schema.table, or null for none, found ''",
        ),
        (
            "systems: {tripica: {after: false}}",
            "system 'tripica': 'after' must be a list of systems such as [bookkeeper], found False",
        ),
        (
            "systems: {tripica: {export: a.sql}}",
            "system 'tripica': 'export' must not end in '.sql', which Airflow takes for the name of a file to read, "
            "found 'a.sql'",
        ),
        (
            'systems: {tripica: {export: "a.b\\x01"}}',
            "system 'tripica': 'export' must neither be empty nor hold control characters, found 'a.b\\x01'",
        ),
        (
            'systems: {tripica: {columns: [""]}}',
            "system 'tripica': 'columns' must neither be empty nor hold control characters, found ''",
        ),
        (
            "clients: enercity",
            "the file: 'clients' must be a list of clients such as [enercity], found 'enercity'",
        ),
        ("clients: [a, a]", "the file: 'clients' names a client twice: a, a"),
        (
            "systems: {tripica: {amounts: [a]}}",
            "system 'tripica': 'amounts' must be columns by name, or by name a mapping of 'column', 'where' and"
            " 'decimal_comma', found ['a']",
        ),
        ("systems: {tripica: {order_by: [a, a]}}", "system 'tripica': 'order_by' names a column twice: a, a"),
        (
            "systems: {tripica: {after: [nope]}}",
            "unknown system 'nope' in 'after' of 'tripica'; there are: bookkeeper, customer, partner, tripica",
        ),
        (
            "systems: {tripica: {after: [bookkeeper, bookkeeper]}}",
            "system 'tripica': 'after' names a system twice: bookkeeper, bookkeeper",
        ),
        (
            "systems: {tripica: {export: tripica_results}}",
            "system 'tripica': 'export' must be schema.table, or null for none, found 'tripica_results'",
        ),
        (
            "systems: {tripica: {export: true}}",
            "system 'tripica': 'export' must be schema.table, or null for none, found True",
        ),
        (
            "systems: {tripica: {after: [tripica]}}",
            "system 'tripica' waits for itself; remove it from its 'after'",
        ),
    ],
)
def test_a_wrong_entry_is_named_with_the_rule(root: Path, content: str, problem: str) -> None:
    assert problems_of(root, content) == (f"systems.yaml: {problem}",)


def test_a_cycle_is_shown(root: Path) -> None:
    waits = [("tripica", "customer"), ("customer", "bookkeeper"), ("bookkeeper", "tripica")]
    entries = "".join(f"  {name}: {{after: [{other}]}}\n" for name, other in waits)

    (problem,) = problems_of(root, f"systems:\n{entries}")

    shown = problem.removeprefix("systems.yaml: systems wait for each other: ").split(" -> ")
    assert shown[0] == shown[-1]
    assert sorted(itertools.pairwise(shown)) == sorted(waits)


def test_faults_of_several_systems_are_found_at_once(root: Path) -> None:
    content = "systems: {tripica: {after: 1, export: 2}, customer: {after: [nope]}, bookkeeper: {after: [bookkeeper]}}"

    assert [problem.removeprefix("systems.yaml: ")[:32] for problem in problems_of(root, content)] == [
        "system 'tripica': 'after' must b",
        "system 'tripica': 'export' must ",
        "unknown system 'nope' in 'after'",
        "system 'bookkeeper' waits for it",
    ]


def test_a_file_that_is_no_strict_yaml_is_named(root: Path) -> None:
    (problem,) = problems_of(root, "systems:\n  tripica: {}\n  tripica: {export: a.b}\n")

    assert problem.startswith("systems.yaml: not readable as YAML: ")
    assert "key 'tripica' is given twice" in problem


def test_a_folder_in_place_of_the_file_is_not_passed_over(root: Path) -> None:
    (root / "systems.yaml").mkdir()

    with pytest.raises(ScriptTreeError, match=r"systems\.yaml: not readable: Is a directory"):
        read_script_tree(root, "enercity")


def test_many_ways_between_two_systems_are_walked_once() -> None:
    # Each layer of this graph doubles the number of ways, none of whose systems is kept.
    layers = [("first",), *((f"a{place}", f"b{place}") for place in range(60)), ("last",)]
    after = {name: before for before, layer in itertools.pairwise(layers) for name in layer}

    assert find_predecessors(after, {"first", "last"})["last"] == ("first",)


def test_a_chain_of_systems_may_be_long() -> None:
    after = {str(place): [str(place - 1)] for place in range(1, 3000)}

    assert find_predecessors(after, {"0"})["2999"] == ("0",)


def test_the_other_spelling_of_the_file_name_is_not_ignored_silently(root: Path) -> None:
    write_file(root, "systems.yml", "systems: {}")

    with pytest.raises(ScriptTreeError, match=r"systems\.yml: never read; rename it to systems\.yaml"):
        read_script_tree(root, "enercity")


def test_a_system_may_say_for_people_what_it_makes_and_who_reads_it(root: Path) -> None:
    tripica = read_systems(root, "systems: {tripica: {description: Open items, readers: BI}}")["tripica"]

    assert (tripica.description, tripica.readers) == ("Open items", "BI")


def test_a_description_that_is_no_text_is_refused(root: Path) -> None:
    (problem,) = problems_of(root, "systems: {tripica: {description: [a]}}")

    assert problem == "systems.yaml: system 'tripica': 'description' must be a line of text, found ['a']"
