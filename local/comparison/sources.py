"""What can be compared: CSV files of a folder or a bucket, the files of a manifest, and tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from local.errors import StackError, stack_errors
from postgres_to_s3.columns import Column, distinct_names
from postgres_to_s3.manifest import ExportedFile, read_manifest
from postgres_to_s3.options.csv_dialect import RFC4180, CsvDialect

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES = 1024 * 1024
MANIFEST = ".manifest.json"
CSV_NAMES = (".csv", ".csv.gz")
WITHOUT_HEADER = CsvDialect(header=False)
SESSION = "-c datestyle=ISO -c timezone=UTC -c extra_float_digits=1 -c default_transaction_read_only=on"
KINDS = """\
  exports/enercity/local/tripica_tripica_results.manifest.json   the files that a manifest names
  s3://bucket/enercity/prod/tripica_tripica_results.manifest.json
  old/                                                           all .csv and .csv.gz files of a folder
  old/tripica_results_0000.csv                                   one file
  s3://bucket/enercity/prod/tripica_results_                     all .csv and .csv.gz objects whose keys begin so
  postgresql://user@host/octopus#report_oibl.tripica_results     a table or view (password: PGPASSWORD or ~/.pgpass)
"""


@dataclass(frozen=True)
class CsvFile:
    """A file of a source, or the rows of a table.

    :param blocks: reads its bytes, packed where its name says so
    :param promised: what its manifest says about it; None without a manifest
    """

    name: str
    blocks: Callable[[], Iterator[bytes]] = field(repr=False)
    promised: ExportedFile | None = None


@dataclass(frozen=True)
class Source:
    """CSV files with the same columns.

    :param types: PostgreSQL's type of each column by its distinct name, as far as it is known
    """

    name: str
    files: Sequence[CsvFile]
    dialect: CsvDialect
    types: Mapping[str, str] = field(default_factory=dict)


def find_source(text: str, dialect: CsvDialect = RFC4180) -> Source:
    """Return the source that a person named, in one of the forms of KINDS.

    :param dialect: of files without a manifest
    :raises StackError: nothing of the kind is there
    """
    if text.startswith(("postgresql://", "postgres://")):
        return _table(text)
    with stack_errors(f"'{text}' cannot be read"):
        return _of_bucket(text, dialect) if text.startswith("s3://") else _of_disk(Path(text), dialect)


def _table(text: str) -> Source:
    dsn, _, table = text.partition("#")
    parts = urlsplit(dsn)
    # Without user and password.
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if not all(table.rpartition(".")):
        raise StackError(
            f"expected postgresql://user@host/database#schema.table, found no '#schema.table' in {address}"
        )
    name = f"{address}#{table}"
    relation = sql.Identifier(*table.rsplit(".", 1))
    with stack_errors(f"'{name}' cannot be read"), _connected(dsn) as connection:
        described = connection.execute(sql.SQL("select * from {} limit 0").format(relation)).description or []
    types = _types([Column(each.name, each.type_display) for each in described])
    columns = sql.SQL(", ").join(map(sql.Identifier, types))
    statement = sql.SQL("copy (select {} from {}) to stdout (format csv)").format(columns, relation)
    return Source(name, [CsvFile(name, partial(_copied, dsn, statement))], WITHOUT_HEADER, types)


def _copied(dsn: str, statement: sql.Composed) -> Iterator[bytes]:
    with _connected(dsn) as connection, connection.cursor() as cursor, cursor.copy(statement) as rows:
        yield from map(bytes, rows)


def _connected(dsn: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(dsn, options=SESSION, client_encoding="utf8")


def _of_disk(path: Path, dialect: CsvDialect) -> Source:
    if path.name.endswith(MANIFEST):
        # The files lie beside their manifest, in a bucket and in a copy of it.
        return _of_manifest(
            str(path), path.read_bytes(), lambda file, _: _read(path.with_name(PurePosixPath(file.key).name))
        )
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [CsvFile(str(each), partial(_read, each)) for each in paths if each.is_file()]
    return _of_files(str(path), files, dialect)


def _of_bucket(name: str, dialect: CsvDialect) -> Source:
    bucket, _, key = name.removeprefix("s3://").partition("/")
    client = _s3_client()
    if key.endswith(MANIFEST):
        # A copy in another bucket has versions of its own.
        return _of_manifest(
            name,
            b"".join(_get(client, bucket, key)),
            lambda file, home: _get(client, bucket, file.key, file.version_id if home == bucket else None),
        )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    keys = sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))
    files = [CsvFile(f"s3://{bucket}/{each}", partial(_get, client, bucket, each)) for each in keys]
    return _of_files(name, files, dialect)


def _of_files(name: str, files: Sequence[CsvFile], dialect: CsvDialect) -> Source:
    tables = [file for file in files if file.name.endswith(CSV_NAMES)]
    if not tables:
        raise StackError(f"'{name}': expected files that end in {' or '.join(CSV_NAMES)}, found none")
    return Source(name, tables, dialect)


def _of_manifest(name: str, content: bytes, read: Callable[[ExportedFile, str], Iterator[bytes]]) -> Source:
    manifest = read_manifest(content)
    files = [CsvFile(file.key, partial(read, file, manifest.bucket), file) for file in manifest.files]
    return Source(name, files, manifest.csv, _types(manifest.columns))


def _types(columns: Sequence[Column]) -> dict[str, str]:
    return dict(zip(distinct_names(columns), (column.type for column in columns), strict=True))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(partial(stream.read, BLOCK_BYTES), b"")


def _get(client: S3Client, bucket: str, key: str, version_id: str | None = None) -> Iterator[bytes]:
    """Read an object, in the version that a manifest names, if it names one."""
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    yield from client.get_object(Bucket=bucket, Key=key, **version)["Body"].iter_chunks(BLOCK_BYTES)


def _s3_client() -> S3Client:
    """By the settings of the deployment where they are set, else by the caller's AWS profile."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=os.environ.get("BDA_S3_URL") or None,
        region_name=os.environ.get("BDA_S3_REGION") or None,
        aws_access_key_id=os.environ.get("BDA_S3_ACCESS_KEY") or None,
        aws_secret_access_key=os.environ.get("BDA_S3_SECRET_ACCESS_KEY") or None,
    )
