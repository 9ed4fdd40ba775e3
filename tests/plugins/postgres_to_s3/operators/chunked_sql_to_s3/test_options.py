"""The operator's options in a real export: columns, order, empty results, encryption, tags and metadata."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.support.export_runner import MANIFEST, PREFIX, ExportRunner
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

FIRST = f"{PREFIX}_0000.csv"
ORDERS = """
create table report_oibl.orders (id int, "Größe" text, amount numeric(10, 2));
grant select on report_oibl.orders to billing_aggregator;
insert into report_oibl.orders values (2, 'L', 20.00), (1, 'M', 10.50), (3, 'S', null)
"""


@pytest.fixture
def three_orders(export_warehouse: Warehouse) -> Warehouse:
    """A warehouse whose table `report_oibl.orders` has three rows."""
    export_warehouse.execute(ORDERS)
    return export_warehouse


def refusal(exports: ExportRunner, **arguments: Any) -> str:
    with pytest.raises(AirflowFailException) as raised:
        exports.run(**arguments)
    return str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"columns": ["amount", "id"]}, "amount,id\n20.00,2\n10.50,1\n,3\n", id="columns"),
        pytest.param({"order_by": ["id"]}, "id,Größe,amount\n1,M,10.50\n2,L,20.00\n3,S,\n", id="order"),
        pytest.param({"columns": "Größe", "order_by": "amount,id"}, "Größe\nM\nL\nS\n", id="order-by-another-column"),
    ],
)
def test_columns_and_order_can_be_chosen(
    exports: ExportRunner, three_orders: Warehouse, arguments: dict[str, Any], expected: str
) -> None:
    exports.run(**arguments)

    assert exports.texts() == [expected]


def test_the_manifest_is_about_the_chosen_columns(exports: ExportRunner, three_orders: Warehouse) -> None:
    exports.run(columns=["amount"], order_by=["id"])

    assert exports.manifest()["columns"] == [{"name": "amount", "type": "numeric(10,2)"}]
    assert exports.manifest()["sums"] == {"amount": "30.50"}


def test_unknown_columns_are_named_all_at_once(exports: ExportRunner, three_orders: Warehouse) -> None:
    message = refusal(exports, columns=["id", "size", "x"], order_by=["y"])

    assert "'columns' names 'size', 'x'; 'order_by' names 'y', but the columns are 'id', 'Größe', 'amount'" in message


def test_amounts_and_notes_stand_in_the_summary_and_in_the_manifest(
    exports: ExportRunner, three_orders: Warehouse
) -> None:
    amounts = {"all": "amount", "large": {"column": "amount", "where": {"Größe": "L"}}}

    summary = exports.run(amounts=amounts, notes={"business_date": "2026-11-22"}, order_by=["id"])

    assert summary["amounts"] == exports.manifest()["amounts"] == {"all": "30.50", "large": "20.00"}
    assert summary["notes"] == exports.manifest()["notes"] == {"business_date": "2026-11-22"}


def test_an_amount_of_a_column_that_is_not_exported_is_refused(exports: ExportRunner, three_orders: Warehouse) -> None:
    message = refusal(exports, columns=["id"], amounts={"all": {"column": "amount", "where": {"size": "L"}}})

    assert "'amounts' names 'amount', 'size', but the columns are 'id'" in message


NO_ROWS = {"sql": "select 1 as a where false"}


def test_an_empty_result_can_be_skipped(exports: ExportRunner) -> None:
    exports.run(sql="select 1 as a")

    summary = exports.run(**NO_ROWS, if_empty="skip")

    assert exports.bucket.keys() == [MANIFEST]
    assert (exports.manifest()["rows"], exports.manifest()["files"], summary["files"]) == (0, [], 0)


def test_an_empty_result_can_fail_and_leaves_the_last_export(exports: ExportRunner) -> None:
    exports.run(sql="select 1 as a")
    kept = exports.objects()

    assert "expected at least one row, found none" in refusal(exports, **NO_ROWS, if_empty="fail")
    assert exports.objects() == kept


def test_an_empty_result_without_a_header_is_an_empty_file(exports: ExportRunner) -> None:
    exports.run(**NO_ROWS, header=False)

    assert exports.objects()[FIRST] == b""


def test_objects_carry_tags_and_metadata(exports: ExportRunner) -> None:
    exports.run(
        sql="select i from generate_series(1, 3) as i",
        max_rows_per_file=2,
        tags={"team": "billing", "cost centre": "4+2"},
        metadata={"source": "octopus", "owner": "Müller"},
    )

    heads = {
        key: exports.bucket.client.head_object(Bucket=exports.bucket.name, Key=key)["Metadata"]
        for key in exports.bucket.keys()
    }
    common = {"source": "octopus", "owner": "M%C3%BCller", "run-id": "scheduled__2026-11-22", "attempt": "1"}
    assert all(common.items() <= metadata.items() for metadata in heads.values())
    assert [metadata.get("rows") for metadata in heads.values()] == [None, "2", "1"]
    for key in heads:
        tags = exports.bucket.client.get_object_tagging(Bucket=exports.bucket.name, Key=key)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "billing", "cost centre": "4+2"}


@pytest.mark.parametrize(
    "arguments",
    [{"sse": "AES256"}, {"sse": "aws:kms", "kms_key_id": "alias/billing"}],
    ids=["managed", "kms"],
)
def test_objects_are_encrypted(exports: ExportRunner, arguments: dict[str, str]) -> None:
    exports.run(sql="select 1 as a", **arguments)

    for key in exports.bucket.keys():
        head = exports.bucket.client.head_object(Bucket=exports.bucket.name, Key=key)
        assert head["ServerSideEncryption"] == arguments["sse"]
        assert head.get("SSEKMSKeyId", "").endswith(arguments.get("kms_key_id", ""))
    assert exports.texts() == ["a\n1\n"]


def test_all_wrong_options_are_named_before_anything_is_touched(exports: ExportRunner) -> None:
    wrong = {"max_rows_per_file": 0, "dialect": "x", "null": ",", "sse": "x", "tags": "x", "s3_key": "x"}

    message = refusal(exports, sql_conn_id="nowhere", **wrong)

    assert [name for name in wrong if f"'{name}' must" not in message] == []
    assert exports.objects() == {}


def test_the_xcom_stays_small_with_many_files(exports: ExportRunner) -> None:
    summary = exports.run(sql="select i from generate_series(1, 30) as i", max_rows_per_file=1)

    assert (summary["files"], len(summary["keys"])) == (30, 10)
    assert len(exports.manifest()["files"]) == 30
