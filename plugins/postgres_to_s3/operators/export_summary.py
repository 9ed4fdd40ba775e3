"""The figures of one export, small enough for Airflow's metadata database however many files there are."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from postgres_to_s3.manifest import Manifest
from postgres_to_s3.options.keys import ExportKeys

if TYPE_CHECKING:
    from pydantic import JsonValue

log = logging.getLogger(__name__)

# The manifest names all files; the summary names the first ones, for people.
SHOWN_KEYS = 10

# Rows, files, bytes and so on, by name.
Summary = dict[str, "JsonValue"]


def export_summary(
    manifest: Manifest,
    keys: ExportKeys,
    *,
    dry_run: bool,
    seconds: float,
    url: str | None,
    previous_rows: int | None = None,
) -> Summary:
    """What was written, for the XCom and the asset event; the log gets it, too.

    :param seconds: how long it took
    :param url: where a person sees the objects
    :param previous_rows: the rows of the export that it replaces, None if nobody knows
    """
    _log(manifest, keys, seconds, url)
    return {
        "dry_run": dry_run,
        "attempt": manifest.run.attempt,
        "bucket": manifest.bucket,
        "rows": manifest.rows,
        "previous_rows": previous_rows,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "seconds": round(seconds, 3),
        "sums": {**manifest.sums},
        "amounts": {**manifest.amounts},
        "notes": {**manifest.notes},
        "keys": [file.key for file in manifest.files[:SHOWN_KEYS]],
        "manifest": keys.manifest,
        # It covers the checksums of all files, which the manifest holds.
        "manifest_sha256": hashlib.sha256(manifest.to_json()).hexdigest(),
        "url": url,
    }


def _log(manifest: Manifest, keys: ExportKeys, seconds: float, url: str | None) -> None:
    log.info(
        "Exported %s rows in %s file%s, %.1f MB in %.1f s (%.0f rows/s); manifest s3://%s/%s; objects %s",
        manifest.rows,
        len(manifest.files),
        "" if len(manifest.files) == 1 else "s",
        manifest.bytes / 1e6,
        seconds,
        manifest.rows / max(seconds, 1e-3),
        manifest.bucket,
        keys.manifest,
        url or "none",
    )
