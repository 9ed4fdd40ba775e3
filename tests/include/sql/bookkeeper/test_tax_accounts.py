"""bookkeeper_tax_accounts: each client's table tax code -> tax account, and what tax lines take from it."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_system, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

ENERCITY = {
    **dict.fromkeys(("11", "1A", "21", "2A"), "76100030"),
    **dict.fromkeys(("12", "1B"), "76100101"),
    **dict.fromkeys(("22", "2B"), "76100100"),
    **dict.fromkeys(("59", "5W", "69", "6W"), "76110005"),
    **dict.fromkeys(("51", "5A", "61", "6A", "62", "6B"), "76110030"),
    **dict.fromkeys(("81", "8A"), "RC"),
}


def _accounts(warehouse: Warehouse) -> dict[str, str]:
    return {row["mwskz"]: row["account"] for row in read_table(warehouse, "bookkeeper_tax_accounts")}


@pytest.mark.parametrize("client_id", ["enercity", "local"])
def test_client_with_mapping_gets_its_20_accounts(empty_warehouse: Warehouse, client_id: str) -> None:
    build_bookkeeper(empty_warehouse, client_id)

    assert len(ENERCITY) == 20
    assert _accounts(empty_warehouse) == ENERCITY


@pytest.mark.parametrize("client_id", ["q-cells", "default"])
def test_client_without_mapping_gets_no_accounts(empty_warehouse: Warehouse, client_id: str) -> None:
    build_bookkeeper(empty_warehouse, client_id)

    assert _accounts(empty_warehouse) == {}


@pytest.mark.parametrize(
    ("client_id", "layer"),
    [("enercity", "enercity"), ("local", "local"), ("q-cells", "q-cells"), ("default", "default")],
)
def test_only_the_layer_of_the_client_runs(client_id: str, layer: str) -> None:
    paths = [script.path for script in read_system("bookkeeper", client_id).stage("init")]

    assert [path for path in paths if path.count("/") > 2] == [f"init/bookkeeper/{layer}/001_fill_tax_accounts.sql"]


def test_mapping_of_an_earlier_client_does_not_stay(empty_warehouse: Warehouse) -> None:
    build_bookkeeper(empty_warehouse, "enercity")

    build_bookkeeper(empty_warehouse, "q-cells")

    assert _accounts(empty_warehouse) == {}


@pytest.mark.parametrize(
    ("client_id", "expected"),
    [
        ("enercity", {"1A": "76100030", "6B": "76110030", "8A": "RC", "ZZ": None, "1a": None, None: None}),
        ("q-cells", dict.fromkeys(("1A", "6B", "8A", "ZZ", "1a", None))),
    ],
)
def test_tax_line_takes_the_account_of_its_tax_code(
    empty_warehouse: Warehouse, client_id: str, expected: dict[str | None, str | None]
) -> None:
    rows = SourceRows()
    entry = rows.entry(rows.summary())
    for tax_code in expected:
        item = rows.item(entry)
        rows.tag(item, "mwskz", tax_code)
        rows.tax_source(rows.tax(item))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse, client_id)

    found = read_table(empty_warehouse, "bookkeeper_tax_lines")
    assert [row["mwskz"] for row in found] == [tax_code or "/" for tax_code in expected]
    assert dict(zip(expected, (row["newko"] for row in found), strict=True)) == expected
