"""The export that is published now, and how the next one differs from it, before anything is published."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from postgres_to_s3.columns import Column, distinct_names
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.manifest import Manifest, read_manifest

log = logging.getLogger(__name__)


def read_last_export(manifest: bytes | None) -> Manifest | None:
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


def check_schema(last: Manifest | None, columns: Sequence[Column], on_schema_change: str) -> None:
    """Warn of columns or types that differ from those of the last export, or refuse them.

    :param last: the manifest that is published now, None if there is none
    :param on_schema_change: ``warn`` or ``fail``
    :raises PermanentError: something differs and the export is to fail then
    """
    changes = column_changes(last.columns, columns) if last else []
    if changes and on_schema_change == "fail":
        raise PermanentError(
            f"the columns differ from those of the last export: {'; '.join(changes)}. Nothing was published."
            " Where this is intended, export once with on_schema_change 'warn'."
        )
    for change in changes:
        log.warning("The columns differ from those of the last export: %s", change)


def column_changes(before: Sequence[Column], after: Sequence[Column]) -> list[str]:
    """Everything that differs between two lists of columns, in words."""
    old, new = (
        dict(zip(distinct_names(columns), [column.type for column in columns], strict=True))
        for columns in (before, after)
    )
    found = [f"column {name!r} is gone (it was {old[name]})" for name in old if name not in new]
    found += [f"column {name!r} is new ({new[name]})" for name in new if name not in old]
    common = [name for name in old if name in new]
    found += [f"column {name!r} was {old[name]} and is {new[name]}" for name in common if old[name] != new[name]]
    order = [name for name in new if name in old]
    if order != common:
        found.append(f"the order was {', '.join(common)} and is {', '.join(order)}")
    return found
