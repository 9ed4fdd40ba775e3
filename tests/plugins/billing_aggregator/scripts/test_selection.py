"""A run selects the systems of the settings and those that only archive; what cannot be selected is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.errors import SettingsError
from billing_aggregator.scripts.selection import find_alternatives, select_systems
from billing_aggregator.scripts.tree import ScriptTree, read_script_tree
from tests.support.script_files import write_file, write_scripts

DEFAULT = ("tripica", "bookkeeper")


@pytest.fixture
def tree(tmp_path: Path) -> ScriptTree:
    """Two systems with an init stage, one that only archives, one of another client."""
    write_scripts(
        tmp_path,
        "init/tripica/1.sql",
        "init/extra/1.sql",
        "archive/customer/1.sql",
        "archive/partner/q-cells/1.sql",
    )
    write_file(tmp_path, "systems.yaml", "clients: [enercity]")
    return read_script_tree(tmp_path, "enercity")


@pytest.mark.parametrize(
    ("wanted", "ignored", "selected"),
    [
        pytest.param(None, (), ("customer", "tripica"), id="default: those that exist, and what has no init"),
        pytest.param(("extra",), (), ("customer", "extra"), id="chosen"),
        pytest.param(("extra", "tripica"), ("customer",), ("extra", "tripica"), id="archive ignored"),
        pytest.param(None, ("tripica", "partner"), ("customer",), id="default ignored, and another client's"),
    ],
)
def test_selection_is_wanted_and_archive_only_less_ignored(
    tree: ScriptTree, wanted: tuple[str, ...] | None, ignored: tuple[str, ...], selected: tuple[str, ...]
) -> None:
    assert select_systems(tree, wanted, ignored, DEFAULT) == selected


def test_unknown_systems_in_the_settings_are_listed_with_what_exists(tree: ScriptTree) -> None:
    with pytest.raises(SettingsError) as caught:
        select_systems(tree, ("nope", "partner", "extr"), ("gone",), DEFAULT)

    assert caught.value.problems == (
        "BDA_SYSTEMS: name 1 is no system; there are: customer, extra, tripica",
        "BDA_SYSTEMS names 'partner', which has no script for client 'enercity'; there are: customer, extra, tripica",
        "BDA_SYSTEMS: name 3 is no system; did you mean 'extra'?",
        "BDA_IGNORE_SYSTEMS: name 1 is no system; there are: customer, extra, partner, tripica",
    )


def test_a_selection_of_nothing_is_an_error(tree: ScriptTree) -> None:
    with pytest.raises(SettingsError, match="leave nothing to run; there are: customer, extra, tripica"):
        select_systems(tree, ("extra",), ("extra", "customer"), DEFAULT)


def test_systems_that_write_the_same_tables_are_alternatives(tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/bookings/010_a.sql", "init/bookkeeper/010_a.sql")
    write_file(tmp_path, "systems.yaml", "systems: {bookings: {instead_of: [bookkeeper]}}")

    tree = read_script_tree(tmp_path, "enercity")

    assert tree.alternatives == (("bookings", "bookkeeper"),)
    with pytest.raises(SettingsError, match="'bookings' and 'bookkeeper', which write the same tables"):
        select_systems(tree, ("bookings", "bookkeeper"), (), DEFAULT)


def test_a_system_without_its_alternative_is_no_problem() -> None:
    assert find_alternatives(("bookkeeper", "tripica"), (("bookings", "bookkeeper"),)) == []
