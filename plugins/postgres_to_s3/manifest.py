"""The manifest of an export: which files it consists of and the control totals a consumer can check them against."""

from __future__ import annotations

import builtins
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Literal

from pydantic import JsonValue, TypeAdapter, ValidationError

from postgres_to_s3.columns import Column
from postgres_to_s3.options.csv_dialect import ENCODINGS, RFC4180, CsvDialect

MANIFEST_FORMAT: Literal[1] = 1
COMPRESSIONS = ("none", "gzip")
SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class ControlTotals:
    """What the warehouse says about the rows of one snapshot, and the files' bytes, too.

    :param rows: number of rows
    :param sums: per column of numbers (``summed_columns``) its sum as decimal text; None when all values are null
    :param amounts: the sums that the export was asked for, by name, with two decimals or more, of the text in
        the files; None where it holds what is no number
    """

    rows: int
    sums: Mapping[str, str | None]
    amounts: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportedFile:
    """A published file of an export.

    :param rows: data rows, not counting the header
    :param bytes: size of the object, header included
    :param sha256: of the object's bytes, hexadecimal
    :param version_id: the object's version in a bucket with versioning, else None
    """

    key: str
    rows: int
    bytes: int
    sha256: str
    version_id: str | None = None


@dataclass(frozen=True)
class Run:
    """Which attempt of which task wrote an export.

    :param logical_date: that of the run in ISO 8601, None for a run without one
    """

    dag_id: str
    run_id: str
    task_id: str
    attempt: int
    logical_date: str | None = None

    def metadata(self) -> dict[str, str]:
        """The same as metadata of an S3 object."""
        return {name.replace("_", "-"): str(value) for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything a consumer needs to read an export and to prove it complete; as it stands in S3, field by field.

    :param notes: what the export was told to note, by name
    :param provenance: where the rows come from, as the DAG knows it
    """

    format: Literal[1]
    bucket: str
    run: Run
    query_sha256: str
    csv: CsvDialect = RFC4180
    compression: str = "none"
    columns: tuple[Column, ...]
    rows: int
    bytes: int
    sums: dict[str, str | None]
    files: tuple[ExportedFile, ...]
    # Manifests of release 1.0.0 have none of these.
    amounts: dict[str, str | None] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, JsonValue] = field(default_factory=dict)

    def to_json(self) -> builtins.bytes:
        """The manifest as UTF-8 JSON with a stable key order."""
        return (json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n").encode()


def read_manifest(content: bytes) -> Manifest:
    """The manifest that ``Manifest.to_json`` wrote.

    :raises ValueError: it is no manifest of a format that is known here; says why
    """
    try:
        manifest = _reader().validate_json(content, strict=True)
    except ValidationError as error:
        raise ValueError(f"expected a manifest, found {_found(error)}") from error
    problems = _unreadable_fields(manifest)
    if problems:
        raise ValueError(f"expected a manifest, found one that nobody can read: {'; '.join(problems)}")
    return manifest


def query_hash(query: str) -> str:
    """SHA-256 of a query's text: tells whether two exports asked the warehouse the same question."""
    return hashlib.sha256(query.encode()).hexdigest()


@cache
def _reader() -> TypeAdapter[Manifest]:
    """Made when it is first needed: few processes read a manifest."""
    return TypeAdapter(Manifest)


def _found(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        return f"no JSON: {problems[0]['msg']}"
    shown = [
        f"{'.'.join(map(str, problem['loc'])) or 'all'}: {problem['msg']}" for problem in problems[:SHOWN_PROBLEMS]
    ]
    return f"none of format {MANIFEST_FORMAT}: {'; '.join(shown)}"


def _unreadable_fields(document: Manifest) -> list[str]:
    """What a reader of the files could not cope with, though it has the right type."""
    found = [f"sums.{name} is no number" for name, text in document.sums.items() if not _is_sum(text)]
    if document.csv.encoding not in ENCODINGS:
        found.append(f"csv.encoding is {document.csv.encoding!r}")
    if len(document.csv.delimiter) != 1 or len(document.csv.quote) != 1:
        found.append("csv.delimiter or csv.quote is not one character")
    if document.compression not in COMPRESSIONS:
        found.append(f"compression is {document.compression!r}")
    return found


def _is_sum(text: str | None) -> bool:
    try:
        Decimal("0" if text is None else text)
    except InvalidOperation:
        return False
    return True
