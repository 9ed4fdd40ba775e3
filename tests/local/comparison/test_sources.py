"""A side of a comparison is a folder, a bucket, a manifest or a table; what is not there is said."""

from __future__ import annotations

import gzip
from pathlib import Path

import psycopg
import pytest

from local.comparison.compare import Rules, compare
from local.comparison.sources import CsvSource, find_source
from local.errors import StackError
from local.servers.stack import Stack
from postgres_to_s3.columns import Column
from postgres_to_s3.manifest import ControlTotals, ExportedFile, Manifest, Run
from postgres_to_s3.options.csv_dialect import PRESETS, RFC4180, CsvDialect
from tests.support.bucket import Bucket
from tests.support.warehouse import Warehouse, temporary_warehouse

COLUMNS = (Column("id", "bigint"), Column("amount", "numeric(20,2)"))


def manifest(*files: tuple[str, int], dialect: CsvDialect = RFC4180) -> bytes:
    exported = [ExportedFile(key, rows, 0, "") for key, rows in files]
    rows = sum(rows for _, rows in files)
    return Manifest("bucket", Run("d", "r", "t", 1), "", COLUMNS, ControlTotals(rows, {}), exported, dialect).to_json()


def names(text: str) -> list[str]:
    source = find_source(text)
    assert isinstance(source, CsvSource)
    return [file.name for file in source.files]


def test_a_folder_gives_its_csv_files_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv.gz", "notes.txt", "c.manifest.json"):
        (tmp_path / name).touch()

    assert names(str(tmp_path)) == [str(tmp_path / "a.csv.gz"), str(tmp_path / "b.csv")]


def test_a_bucket_gives_the_objects_of_a_prefix(stack: Stack, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stack.bucket_environment(bucket.name).items():
        monkeypatch.setenv(name, value)
    for key in ("prod/tripica_0001.csv", "prod/tripica_0000.csv", "prod/bookkeeper_0000.csv"):
        stack.s3_client().put_object(Bucket=bucket.name, Key=key, Body=b"id\n1\n")

    prefix = f"s3://{bucket.name}/prod/tripica_"
    assert names(prefix) == [f"{prefix}0000.csv", f"{prefix}0001.csv"]


def test_a_manifest_names_its_files_dialect_and_types(tmp_path: Path, stack: Stack) -> None:
    (tmp_path / "x_0000.csv").write_bytes('\ufeff"id";"amount"\r\n1;1234,50\r\n'.encode())
    (tmp_path / "x.manifest.json").write_bytes(manifest(("prod/x_0000.csv", 1), dialect=PRESETS["excel-de"]))
    (tmp_path / "old.csv.gz").write_bytes(gzip.compress(b"id,amount\n1,1234.5\n"))

    left, right = find_source(str(tmp_path / "x.manifest.json")), find_source(str(tmp_path / "old.csv.gz"))

    with (
        temporary_warehouse(stack, "comparison_of_a_manifest", "template0") as database,
        psycopg.connect(database.admin_dsn, autocommit=True) as connection,
    ):
        assert compare(connection, left, right, Rules(), lambda line: None).is_same


def test_a_manifest_in_a_bucket_is_followed_to_its_objects(
    stack: Stack, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stack.bucket_environment(bucket.name).items():
        monkeypatch.setenv(name, value)
    content = manifest(("prod/x_0000.csv", 1))
    stack.s3_client().put_object(Bucket=bucket.name, Key="prod/x.manifest.json", Body=content)

    assert names(f"s3://{bucket.name}/prod/x.manifest.json") == ["prod/x_0000.csv"]


def test_a_manifest_in_a_bucket_gives_the_versions_that_it_names(
    versioned_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in versioned_bucket.environment.items():
        monkeypatch.setenv(name, value)
    name, client, key = versioned_bucket.name, versioned_bucket.client, "prod/x_0000.csv"
    version = client.put_object(Bucket=name, Key=key, Body=b"id,amount\n1,2\n")["VersionId"]
    files = [ExportedFile(key, 1, 0, "", version)]
    content = Manifest(name, Run("d", "r", "t", 1), "", COLUMNS, ControlTotals(1, {}), files).to_json()
    client.put_object(Bucket=name, Key="prod/x.manifest.json", Body=content)
    client.put_object(Bucket=name, Key=key, Body=b"of the next export")

    source = find_source(f"s3://{name}/prod/x.manifest.json")

    assert isinstance(source, CsvSource)
    assert [file.open().read() for file in source.files] == [b"id,amount\n1,2\n"]


def test_rows_that_the_manifest_does_not_know_are_an_error(tmp_path: Path, stack: Stack) -> None:
    (tmp_path / "x_0000.csv").write_bytes(b"id,amount\n1,2\n")
    (tmp_path / "x.manifest.json").write_bytes(manifest(("prod/x_0000.csv", 2)))
    source = find_source(str(tmp_path / "x.manifest.json"))

    with (
        temporary_warehouse(stack, "comparison_of_a_lie", "template0") as database,
        psycopg.connect(database.admin_dsn, autocommit=True) as connection,
        pytest.raises(StackError, match="expected 2 rows as its manifest says, found 1"),
    ):
        compare(connection, source, source, Rules(), lambda line: None)


def test_a_table_is_compared_with_files_by_its_types(stack: Stack, empty_warehouse: Warehouse, tmp_path: Path) -> None:
    empty_warehouse.execute(
        'create table "Old" (id bigint, amount numeric, note text); grant select on "Old" to public'
    )
    empty_warehouse.execute("""insert into "Old" values (1, 19.50, ''), (2, null, 'Straße "7", x')""")
    (tmp_path / "new.csv").write_text('id,amount,note\n2,,"Straße ""7"", x"\n1,19.5,""\n', encoding="utf-8")
    left = find_source(f"{empty_warehouse.dsn}#public.Old")

    with (
        temporary_warehouse(stack, "comparison_of_a_table", "template0") as database,
        psycopg.connect(database.admin_dsn, autocommit=True) as connection,
    ):
        found = compare(connection, left, find_source(str(tmp_path)), Rules(), lambda line: None)
    assert found.is_same
    assert found.left.rows == 2


def test_the_password_of_a_table_is_in_no_name_and_no_error(empty_warehouse: Warehouse) -> None:
    source = find_source(f"{empty_warehouse.dsn}#public.x")
    password = empty_warehouse.environment["BDA_DB_PASSWORD"]

    assert password not in repr(source)
    with pytest.raises(StackError) as refused:
        find_source(empty_warehouse.dsn)
    assert "found no '#schema.table' in postgresql://127.0.0.1" in str(refused.value)
    assert password not in str(refused.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"expected files that end in .csv or .csv.gz, found none"):
        find_source(str(tmp_path / "nothing"))
    with pytest.raises(StackError, match="expected a manifest, found nothing"):
        find_source(str(tmp_path / "x.manifest.json"))
