"""ChunkedSqlToS3Operator writes every row exactly once, in chunks of an exact number of rows, under stable keys."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.bucket import Bucket
from tests.support.export_runner import MANIFEST, PART, PREFIX, ExportRunner, task_context, use_driver
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

ORDERS = """
create table report_oibl.orders (id int, customer text, amount numeric(20,2), due date);
grant select on report_oibl.orders to billing_aggregator;
insert into report_oibl.orders values
    (1, 'Müller, Anna', 10.10, '2026-01-31'),
    (2, E'zwei\\nZeilen', -0.20, null),
    (3, null, null, '2026-02-28'),
    (4, '', 0.00, '2026-03-31'),
    (5, 'sagt "ja"', 99999999999999999.99, '2026-04-30')
"""
HEADER = "id,customer,amount,due\n"
CHUNKS = [
    HEADER + '1,"Müller, Anna",10.10,2026-01-31\n2,"zwei\nZeilen",-0.20,\n',
    HEADER + '3,,,2026-02-28\n4,"",0.00,2026-03-31\n',
    HEADER + '5,"sagt ""ja""",99999999999999999.99,2026-04-30\n',
]


@pytest.fixture
def five_orders(export_warehouse: Warehouse) -> Warehouse:
    """A warehouse whose table `report_oibl.orders` has five rows."""
    export_warehouse.execute(ORDERS)
    return export_warehouse


def test_five_rows_in_chunks_of_two(exports: ExportRunner, five_orders: Warehouse) -> None:
    exports.run(max_rows_per_file=2)

    assert exports.texts() == CHUNKS
    assert exports.bucket.keys() == [MANIFEST, *(f"{PREFIX}_000{chunk}.csv" for chunk in range(3))]


def test_files_are_served_as_utf_8_csv(exports: ExportRunner, five_orders: Warehouse) -> None:
    exports.run()

    answer = exports.bucket.client.head_object(Bucket=exports.bucket.name, Key=f"{PREFIX}_0000.csv")
    assert answer["ContentType"] == "text/csv; charset=utf-8"


def test_a_query_decides_columns_and_order(exports: ExportRunner, five_orders: Warehouse) -> None:
    sql = (
        '-- newest first\nselect id as "Nr", customer like \'%,%\' as "Komma" from report_oibl.orders order by id desc;'
    )

    exports.run(sql=sql, max_rows_per_file="3")

    assert exports.texts() == ["Nr,Komma\n5,f\n4,f\n3,\n", "Nr,Komma\n2,f\n1,t\n"]


@pytest.mark.parametrize("max_rows", [1, 5, 6, 1_000_000])
def test_every_row_is_written_exactly_once(exports: ExportRunner, five_orders: Warehouse, max_rows: int) -> None:
    exports.run(max_rows_per_file=max_rows)

    rows = "".join(text.removeprefix(HEADER) for text in exports.texts())
    assert rows == "".join(text.removeprefix(HEADER) for text in CHUNKS)
    assert len(exports.texts()) == -(-5 // max_rows)


def test_empty_result_writes_header_only(exports: ExportRunner, five_orders: Warehouse) -> None:
    summary = exports.run(sql="select * from report_oibl.orders where false", max_rows_per_file=2)

    assert exports.texts() == [HEADER]
    assert (summary["rows"], summary["files"], summary["bytes"]) == (0, 1, len(HEADER))
    assert exports.manifest()["sums"] == {"id": None, "amount": None}


def test_a_repeated_export_leaves_the_same_bytes(exports: ExportRunner, five_orders: Warehouse) -> None:
    exports.run(max_rows_per_file=2)
    first = exports.objects()

    exports.run(max_rows_per_file=2)

    assert exports.objects() == first


def test_every_driver_writes_the_same_objects(
    exports: ExportRunner, five_orders: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_driver(monkeypatch, "psycopg2")
    exports.run(max_rows_per_file=2)
    with_psycopg2 = exports.objects()

    use_driver(monkeypatch, "psycopg")
    summary = exports.run(max_rows_per_file=2)

    assert exports.objects() == with_psycopg2
    assert summary["rows"] == 5


def test_an_odd_table_name_is_quoted(exports: ExportRunner, five_orders: Warehouse) -> None:
    five_orders.execute('alter table report_oibl.orders rename to "My ""Table""; drop schema x"')

    exports.run(table='report_oibl.My "Table"; drop schema x', max_rows_per_file=2)

    assert exports.texts() == CHUNKS


def test_files_of_several_parts_are_whole(exports: ExportRunner) -> None:
    sql = "select row as id, repeat(chr(65 + row % 26), 2000) as text from generate_series(1, 9000) as row"

    summary = exports.run(sql=sql, part_bytes=PART, max_rows_per_file=6000)

    expected = [f"{row},{chr(65 + row % 26) * 2000}\n" for row in range(1, 9001)]
    first, second = exports.texts()
    assert first == "id,text\n" + "".join(expected[:6000])
    assert second == "id,text\n" + "".join(expected[6000:])
    assert summary["bytes"] == len(first) + len(second) > 3 * PART


def test_fewer_rows_leave_no_stale_chunk(exports: ExportRunner, five_orders: Warehouse) -> None:
    exports.run(max_rows_per_file=1)

    exports.run(max_rows_per_file=3)

    assert exports.bucket.keys() == [MANIFEST, f"{PREFIX}_0000.csv", f"{PREFIX}_0001.csv"]


def test_similar_keys_of_others_are_kept(exports: ExportRunner, five_orders: Warehouse, bucket: Bucket) -> None:
    others = [
        f"{PREFIX}_0001.csv.bak",
        f"{PREFIX}_00001.csv",
        f"{PREFIX}_old_0001.csv",
        f"{PREFIX}_0001.txt",
        f"{PREFIX}s_0001.csv",
        f"q-cells/{PREFIX}_0001.csv",
    ]
    for key in others:
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"theirs")

    exports.run()

    assert {key: bucket.read(key) for key in others} == dict.fromkeys(others, b"theirs")


def test_manifest_proves_the_files(exports: ExportRunner, five_orders: Warehouse) -> None:
    exports.operator(max_rows_per_file=2).execute(task_context("manual__1", attempt=3))

    manifest = exports.manifest()
    contents = [text.encode() for text in CHUNKS]
    assert manifest["bucket"] == exports.bucket.name
    assert manifest["run"] == {
        "dag_id": "adhoc_airflow",
        "run_id": "manual__1",
        "task_id": "export",
        "attempt": 3,
        "logical_date": None,
    }
    assert manifest["query_sha256"] == hashlib.sha256(b'select * from "report_oibl"."orders"').hexdigest()
    assert manifest["columns"] == [
        {"name": "id", "type": "integer"},
        {"name": "customer", "type": "text"},
        {"name": "amount", "type": "numeric(20,2)"},
        {"name": "due", "type": "date"},
    ]
    assert manifest["sums"] == {"id": "15", "amount": "100000000000000009.89"}
    assert (manifest["rows"], manifest["bytes"]) == (5, sum(map(len, contents)))
    assert manifest["files"] == [
        {
            "key": f"{PREFIX}_000{chunk}.csv",
            "rows": rows,
            "bytes": len(contents[chunk]),
            "sha256": hashlib.sha256(contents[chunk]).hexdigest(),
            "version_id": None,
        }
        for chunk, rows in enumerate([2, 2, 1])
    ]


def test_a_dry_run_measures_and_writes_nothing(exports: ExportRunner, five_orders: Warehouse) -> None:
    measured = exports.run(max_rows_per_file=2, measure_only="True")
    assert exports.bucket.keys() == []

    written = exports.run(max_rows_per_file=2)

    assert measured.pop("dry_run") is True
    assert written.pop("dry_run") is False
    untimed = {"seconds": 0, "url": None}
    assert measured | untimed == written | untimed
