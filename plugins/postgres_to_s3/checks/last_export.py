"""The export that is published now, as the next one is compared with it."""

from __future__ import annotations

import logging

from postgres_to_s3.manifest import ManifestDocument, read_manifest

log = logging.getLogger(__name__)


def read_last_export(manifest: bytes | None) -> ManifestDocument | None:
    """Read the manifest that is published now; an unreadable one is no reason not to replace it.

    :param manifest: its bytes, None if there is none
    """
    if manifest is None:
        return None
    try:
        return read_manifest(manifest)
    except ValueError as error:
        log.warning("Columns and rows are not compared with the last export: its manifest is unreadable: %s", error)
        return None
