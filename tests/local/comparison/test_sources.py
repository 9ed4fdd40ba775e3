"""A side of a comparison is a folder, a bucket, a manifest or a table; what is not there is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.comparison import reading
from local.comparison.sources import find_source
from local.errors import StackError
from local.servers.stack import Stack
from postgres_to_s3.options.csv_dialect import ENCODINGS, PRESETS, CsvDialect
from tests.local.comparison.conftest import Compare, MakeSource
from tests.local.comparison.exports import manifest, promised, write_export
from tests.support.bucket import Bucket
from tests.support.warehouse import Warehouse

TYPES = {"id": "bigint", "amount": "numeric(20,2)"}
CONTENT = b"id,amount\n1,2\n"


def names(text: str) -> list[str]:
    return [file.name for file in find_source(text).files]


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


def test_a_manifest_names_its_files_dialect_and_types(tmp_path: Path, compare_rows: Compare) -> None:
    path = write_export(tmp_path / "new", TYPES, "1;1234,50", dialect=PRESETS["excel-de"])
    (tmp_path / "old.csv").write_bytes(b"id,amount\n1,1234.5\n")

    assert compare_rows(find_source(str(path)), find_source(str(tmp_path / "old.csv"))).is_same


def test_a_manifest_in_a_bucket_is_followed_to_its_objects(
    stack: Stack, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stack.bucket_environment(bucket.name).items():
        monkeypatch.setenv(name, value)
    content = manifest(TYPES, promised("prod/x_0000.csv", CONTENT, 1))
    stack.s3_client().put_object(Bucket=bucket.name, Key="prod/x.manifest.json", Body=content)

    assert names(f"s3://{bucket.name}/prod/x.manifest.json") == ["prod/x_0000.csv"]


def test_a_manifest_in_a_bucket_gives_the_versions_that_it_names(
    versioned_bucket: Bucket, monkeypatch: pytest.MonkeyPatch, compare_rows: Compare
) -> None:
    for name, value in versioned_bucket.environment.items():
        monkeypatch.setenv(name, value)
    name, client, key = versioned_bucket.name, versioned_bucket.client, "prod/x_0000.csv"
    version = client.put_object(Bucket=name, Key=key, Body=CONTENT)["VersionId"]
    content = manifest(TYPES, promised(key, CONTENT, 1, version), bucket=name)
    client.put_object(Bucket=name, Key="prod/x.manifest.json", Body=content)
    client.put_object(Bucket=name, Key=key, Body=b"of the next export")

    source = find_source(f"s3://{name}/prod/x.manifest.json")

    assert compare_rows(source, source).is_same


def test_an_object_that_is_gone_is_an_error(
    stack: Stack, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, compare_rows: Compare
) -> None:
    for name, value in stack.bucket_environment(bucket.name).items():
        monkeypatch.setenv(name, value)
    content = manifest(TYPES, promised("prod/x_0000.csv", CONTENT, 1))
    stack.s3_client().put_object(Bucket=bucket.name, Key="prod/x.manifest.json", Body=content)

    source = find_source(f"s3://{bucket.name}/prod/x.manifest.json")
    with pytest.raises(StackError, match=r"'prod/x_0000.csv' cannot be read: .*NoSuchKey"):
        compare_rows(source, source)
    with pytest.raises(StackError, match=r"'s3://.*/y.manifest.json' cannot be read: .*NoSuchKey"):
        find_source(f"s3://{bucket.name}/prod/y.manifest.json")


def test_rows_that_the_manifest_does_not_know_are_an_error(tmp_path: Path, compare_rows: Compare) -> None:
    (tmp_path / "x_0000.csv").write_bytes(CONTENT)
    (tmp_path / "x.manifest.json").write_bytes(manifest(TYPES, promised("prod/x_0000.csv", CONTENT, 2)))
    source = find_source(str(tmp_path / "x.manifest.json"))

    with pytest.raises(StackError, match="expected 2 rows as its manifest says, found 1"):
        compare_rows(source, source)


@pytest.mark.parametrize(
    "dialect",
    [
        pytest.param(CsvDialect(encoding="win1252", delimiter="\t", quote="'", null="-"), id="encoding and marks"),
        pytest.param(CsvDialect(header=False), id="no header"),
        pytest.param(CsvDialect(header=False, bom=True, line_end="\r\n"), id="byte order mark without header"),
        pytest.param(CsvDialect(bom=True, quote_text=True), id="byte order mark and header"),
    ],
)
def test_files_of_any_dialect_hold_the_same_rows(dialect: CsvDialect, tmp_path: Path, compare_rows: Compare) -> None:
    types = {"größe\nin cm": "text", "b": "text", "a,b": "text"}
    quote, null = dialect.quote, dialect.null
    row = dialect.delimiter.join([f"{quote}ä\r\n€{quote * 2}{quote}", null, f"{quote}{null}{quote}"])
    content = dialect.file_start(types) + f"{row}{dialect.line_end}".encode(ENCODINGS[dialect.encoding])
    (tmp_path / "x").write_bytes(content)
    expected = f'"größe\nin cm",b,"a,b"\n"ä\r\n€{quote.replace(chr(34), chr(34) * 2)}",,"{null}"\n'
    (tmp_path / "x.manifest.json").write_bytes(manifest(types, promised("x", content, 1), dialect=dialect))
    (tmp_path / "old.csv").write_bytes(expected.encode())

    found = compare_rows(find_source(str(tmp_path / "x.manifest.json")), find_source(str(tmp_path / "old.csv")))

    assert found.is_same, found
    assert found.left.rows == 1


def test_rows_of_one_column_may_be_empty_lines(make_source: MakeSource, compare_rows: Compare) -> None:
    found = compare_rows(make_source('a\n\n""\n\n'), make_source("a\n\n"))

    assert (found.left.rows, found.right.rows) == (3, 1)
    assert sorted(found.shown_left, key=str) == [("",), (None,)]


def test_columns_of_the_same_name_are_told_apart(make_source: MakeSource, compare_rows: Compare) -> None:
    found = compare_rows(make_source("id,a,a\n1,x,y\n"), make_source("id,a,a\n1,x,z\n"), key=["id"])

    assert found.by_column == {"a (3)": 1}


def test_a_table_is_compared_with_files_by_its_types(
    empty_warehouse: Warehouse, tmp_path: Path, compare_rows: Compare
) -> None:
    empty_warehouse.execute(
        'create table "Old" (id bigint, amount numeric, at timestamptz(3), share real, note text);'
        ' grant select on "Old" to public'
    )
    empty_warehouse.execute(
        """insert into "Old" values (1, 19.50, '2026-01-31 05:00+01', 0.1, ''),"""
        """ (2, null, null, 'nan', 'Straße "7", x')"""
    )
    (tmp_path / "new.csv").write_text(
        'id,amount,at,share,note\n2,,,nan,"Straße ""7"", x"\n1,19.5,2026-01-31 04:00:00 +0000 UTC,0.10,""\n',
        encoding="utf-8",
    )
    left = find_source(f"{empty_warehouse.dsn}#public.Old")

    found = compare_rows(left, find_source(str(tmp_path)))
    assert found.is_same
    assert found.left.rows == 2


def test_the_password_of_a_table_is_in_no_name_and_no_error(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("create table x (a int); grant select on x to public")
    source = find_source(f"{empty_warehouse.dsn}#public.x")
    password = empty_warehouse.environment["BDA_DB_PASSWORD"]

    assert password not in repr(source)
    with pytest.raises(StackError, match=r"#public\.y' cannot be read: relation") as refused:
        find_source(f"{empty_warehouse.dsn}#public.y")
    assert password not in str(refused.value)
    with pytest.raises(StackError) as refused:
        find_source(empty_warehouse.dsn)
    assert "found no '#schema.table' in postgresql://127.0.0.1" in str(refused.value)
    assert password not in str(refused.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"expected files that end in .csv or .csv.gz, found none"):
        find_source(str(tmp_path / "nothing"))
    with pytest.raises(StackError, match=r"x.manifest.json' cannot be read: \[Errno 2\]"):
        find_source(str(tmp_path / "x.manifest.json"))
    (tmp_path / "x.manifest.json").write_bytes(b"{}")
    with pytest.raises(StackError, match=r"x.manifest.json' cannot be read: expected a manifest, found none of format"):
        find_source(str(tmp_path / "x.manifest.json"))


def test_rows_are_read_in_batches(
    make_source: MakeSource, compare_rows: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_BYTES", 64)
    rows = [f'{number},"x\n{number}"' for number in range(100)]
    left, right = make_source("\n".join(["a,b", *rows])), make_source("\n".join(["a,b", *reversed(rows)]))

    found = compare_rows(left, right)

    assert found.is_same
    assert found.left.rows == 100
    with pytest.raises(StackError, match=r"_0000.csv' cannot be read: .*block size"):
        compare_rows(left, make_source(f"a,b\n1,2\n1,{'x' * 1000}\n3,4\n"))


def test_the_columns_of_a_file_must_be_those_of_its_manifest(tmp_path: Path, compare_rows: Compare) -> None:
    content = b"amount,id\n1,2\n"
    (tmp_path / "x_0000.csv").write_bytes(content)
    (tmp_path / "x.manifest.json").write_bytes(manifest(TYPES, promised("x_0000.csv", content, 1)))
    source = find_source(str(tmp_path / "x.manifest.json"))

    with pytest.raises(StackError, match=r"expected the columns \['id', 'amount'\], found \['amount', 'id'\]"):
        compare_rows(source, source)
