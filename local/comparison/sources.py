"""What can be compared: CSV files of a folder or a bucket, the files of a manifest, and tables."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.errors import StackError
from postgres_to_s3.manifest import ExportedFile, ManifestDocument, read_manifest
from postgres_to_s3.options.csv_dialect import RFC4180, CsvDialect

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = ".manifest.json"
CSV_NAMES = (".csv", ".csv.gz")
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
    """A file of a source.

    :param open: gives its bytes, unpacked
    :param rows: data rows that its manifest promises; None without a manifest
    """

    name: str
    open: Callable[[], IO[bytes]]
    rows: int | None = None


@dataclass(frozen=True)
class CsvSource:
    """CSV files with the same columns.

    :param types: PostgreSQL's type of each column, as far as it is known
    """

    name: str
    files: Sequence[CsvFile]
    dialect: CsvDialect
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableSource:
    """A table or view of a database."""

    name: str
    dsn: str = field(repr=False)
    schema: str
    table: str


Source = CsvSource | TableSource


def find_source(text: str, dialect: CsvDialect = RFC4180) -> Source:
    """The source that a person named, in one of the forms of KINDS.

    :param dialect: of files without a manifest
    :raises StackError: nothing of the kind is there
    """
    if text.startswith(("postgresql://", "postgres://")):
        return _table(text)
    bucket_and_key = urlsplit(text) if text.startswith("s3://") else None
    if bucket_and_key:
        return _of_bucket(bucket_and_key.netloc, bucket_and_key.path.removeprefix("/"), dialect)
    return _of_disk(Path(text), dialect)


def _table(text: str) -> TableSource:
    dsn, _, name = text.partition("#")
    schema, _, table = name.rpartition(".")
    if not schema or not table:
        raise StackError(
            f"expected postgresql://user@host/database#schema.table, found no '#schema.table' in {_safe(dsn)}"
        )
    return TableSource(f"{_safe(dsn)}#{name}", dsn, schema, table)


def _safe(dsn: str) -> str:
    """The address without user and password."""
    parts = urlsplit(dsn)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _of_disk(path: Path, dialect: CsvDialect) -> CsvSource:
    if path.name.endswith(MANIFEST):
        manifest = _manifest(str(path), path.read_bytes() if path.is_file() else None)
        # The files lie beside their manifest, in a bucket and in a copy of it.
        return _of_manifest(str(path), manifest, lambda file: _opened(path.with_name(PurePosixPath(file.key).name)))
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [CsvFile(str(each), partial(_open, each)) for each in paths if each.is_file() and _is_csv(each.name)]
    return CsvSource(str(path), _some(files, str(path)), dialect)


def _of_bucket(bucket: str, key: str, dialect: CsvDialect) -> CsvSource:
    client = _s3_client()
    name = f"s3://{bucket}/{key}"
    if key.endswith(MANIFEST):
        manifest = _manifest(name, _content(client, bucket, key))
        # A copy in another bucket has versions of its own.
        is_at_home = manifest.bucket == bucket
        return _of_manifest(
            name,
            manifest,
            lambda file: partial(_get, client, bucket, file.key, file.version_id if is_at_home else None),
        )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    keys = sorted(found["Key"] for page in pages for found in page.get("Contents", []) if _is_csv(found["Key"]))
    files = [CsvFile(f"s3://{bucket}/{each}", partial(_get, client, bucket, each)) for each in keys]
    return CsvSource(name, _some(files, name), dialect)


def _of_manifest(
    name: str, manifest: ManifestDocument, opener: Callable[[ExportedFile], Callable[[], IO[bytes]]]
) -> CsvSource:
    files = [CsvFile(file.key, opener(file), file.rows) for file in manifest.files]
    return CsvSource(name, files, manifest.csv, {column.name: column.type for column in manifest.columns})


def _manifest(name: str, content: bytes | None) -> ManifestDocument:
    if content is None:
        raise StackError(f"'{name}': expected a manifest, found nothing")
    try:
        return read_manifest(content)
    except ValueError as error:
        raise StackError(f"'{name}': {error}") from error


def _some(files: Sequence[CsvFile], name: str) -> Sequence[CsvFile]:
    if not files:
        raise StackError(f"'{name}': expected files that end in {' or '.join(CSV_NAMES)}, found none")
    return files


def _is_csv(name: str) -> bool:
    return name.endswith(CSV_NAMES)


def _opened(path: Path) -> Callable[[], IO[bytes]]:
    return partial(_open, path)


def _open(path: Path) -> IO[bytes]:
    return _unpacked(path.open("rb"), path.name)


def _get(client: S3Client, bucket: str, key: str, version_id: str | None = None) -> IO[bytes]:
    """An object, in the version that a manifest names, if it names one."""
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    return _unpacked(client.get_object(Bucket=bucket, Key=key, **version)["Body"], key)  # type: ignore[arg-type]


def _unpacked(stream: IO[bytes], name: str) -> IO[bytes]:
    return gzip.GzipFile(fileobj=stream) if name.endswith(".gz") else stream  # type: ignore[return-value]


def _content(client: S3Client, bucket: str, key: str) -> bytes | None:
    try:
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None


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
