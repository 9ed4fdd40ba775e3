"""ChunkedSqlToS3Operator with millions of rows: exact files, equal contents, and memory that does not grow."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import closing

import pytest

from tests.support.export_runner import KEY, ExportRunner
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

ROWS = 2_500_000
BIG_TABLE = f"""
create table report_oibl.orders (id int, name text, note text, amount numeric(38,20));
alter table report_oibl.orders owner to billing_aggregator;
insert into report_oibl.orders
select
    row,
    (array['Müller, Anna', 'sagt "ja"', E'zwei\\nZeilen', E'drei\\r\\n', 'Größe', '', null])[row % 7 + 1],
    case when row % 3 = 0 then null when row % 3 = 1 then '' else 'x;y' end,
    case when row % 11 > 0 then (row * 1000003::numeric - 1e12) / 3 end
from generate_series(1, {ROWS}) as row;
create table report_oibl.copied (like report_oibl.orders)
"""
DIFFERENCES = """
select count(*) from (
    (table report_oibl.orders except table report_oibl.copied)
    union all
    (table report_oibl.copied except table report_oibl.orders)
) as different
"""
# A million of them is more than all parts in memory together.
SMALL_ROWS = """
select a * 1000 + b as id, repeat('x', 100) as text
from generate_series(1, {}) as a, generate_series(1, 1000) as b
"""


def test_two_and_a_half_million_rows_load_back_equal_to_the_table(
    exports: ExportRunner, export_warehouse: Warehouse
) -> None:
    export_warehouse.execute(BIG_TABLE)

    summary = exports.run()

    assert [file["rows"] for file in exports.manifest()["files"]] == [1_000_000, 1_000_000, 500_000]
    assert summary["rows"] == ROWS
    with closing(export_warehouse.connect(admin=True)) as connection, connection.cursor() as cursor:
        for key in summary["keys"]:
            content = exports.bucket.read(key)
            assert content.startswith(b"id,name,note,amount\n")
            cursor.copy_expert("copy report_oibl.copied from stdin (format csv, header match)", io.BytesIO(content))
        connection.commit()
    assert export_warehouse.rows("select count(*) from report_oibl.copied") == [(ROWS,)]
    assert export_warehouse.rows(DIFFERENCES) == [(0,)]


def measure(exports: ExportRunner, rows: int) -> dict[str, float]:
    """Export in a process of its own; what it says about itself."""
    arguments = {
        "task_id": "export",
        "sql": SMALL_ROWS.format(rows // 1000),
        "s3_bucket": exports.bucket.name,
        "s3_key": KEY,
        "sql_conn_id": exports.sql_conn_id,
        "aws_conn_id": exports.aws_conn_id,
    }
    command = [sys.executable, "-m", "tests.support.export_runner", json.dumps(arguments)]
    environment = os.environ | {"PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'plugins'}"}
    done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(120)
def test_memory_does_not_grow_with_the_table(exports: ExportRunner) -> None:
    small = measure(exports, 1_000_000)
    large = measure(exports, 5_000_000)

    assert (small["rows"], large["rows"]) == (1_000_000, 5_000_000)
    assert large["peak"] - small["peak"] <= 10, (small, large)
    # The parts on their way take 64 at most, Arrow, which reads them again, 32.
    assert large["peak"] - large["idle"] <= 64 + 32, (small, large)


EXPORT_AGAIN = """
import json, sys
from tests.support.export_runner import ChunkedSqlToS3Operator, task_context

operator = ChunkedSqlToS3Operator(**json.loads(sys.argv[1]))
print([operator.execute(task_context())["rows"] for _ in range(40)])
"""


def test_a_process_that_exports_again_and_again_does_not_crash(exports: ExportRunner) -> None:
    # Arrow 25 crashes if a thread that has ended loaded it first; each export runs in a thread of its own.
    arguments = json.dumps(exports.arguments(sql=SMALL_ROWS.format(1), measure_only=True))
    environment = os.environ | {"PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'plugins'}"}
    command = [sys.executable, "-c", EXPORT_AGAIN, arguments]

    done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, str([1000] * 40))
