"""Finds clients of one environment that would build in the same tables or write the same files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import permutations, product
from urllib.parse import urlsplit

from billing_aggregator.settings.settings import Settings
from postgres_to_s3.options.keys import ExportKeys, fill_key

# The same for all clients: two that differ in nothing else differ in nothing. A script may have the name of a table.
ANY_EXPORT = {"system": "system", "table": "name", "script": "name", "date": "2026-01-31"}
AWS = ".amazonaws.com"
DEFAULT_PORTS = {"http": 80, "https": 443}


def find_shared_places(
    settings: Mapping[str, Settings], own_name: Callable[[str, str], str | None]
) -> Iterator[tuple[str, str]]:
    """Return each client that shares tables or files with another one, and what to do about it.

    :param own_name: the client's own variable in place of a shared one
    """
    for client, other in permutations(settings, 2):
        own = partial(own_name, client)
        if _warehouse(settings[client]) and _warehouse(settings[client]) == _warehouse(settings[other]):
            yield (
                client,
                (
                    f"BDA_DB_NAME is the database of client {other!r}, too, and both would build the same tables:"
                    f" give each its own with {own('BDA_DB_NAME')} or {own('BDA_DB_HOST')}"
                ),
            )
        if _share_files(settings[client], settings[other]):
            yield (
                client,
                (
                    f"BDA_EXPORT_KEY or BDA_ARCHIVE_KEY gives client {other!r} the same keys: put {{client}} into them,"
                    f" or give each its own bucket with {own('BDA_S3_BUCKET')}"
                ),
            )


def _warehouse(settings: Settings) -> tuple[str, int, str] | None:
    return (settings.db_host.lower(), settings.db_port, settings.db_name) if settings.db_host else None


def _share_files(one: Settings, other: Settings) -> bool:
    """Whether a file or a manifest of the one is one of the other, however bucket and keys are written."""
    if _bucket(one) != _bucket(other):
        return False
    return any(own.shared_key(others) for own, others in product(_keys(one), _keys(other)))


def _keys(settings: Settings) -> list[ExportKeys]:
    return [ExportKeys(fill_key(template, ANY_EXPORT)) for template in settings.export_keys]


def _bucket(settings: Settings) -> tuple[str, int | None, str, str]:
    """Where the bucket is; all servers of AWS have the same buckets."""
    address = urlsplit(settings.s3_url or "")
    host = (address.hostname or "").rstrip(".")
    if not host or host.endswith(AWS):
        return "", None, "", settings.s3_bucket
    return host, address.port or DEFAULT_PORTS[address.scheme], address.path.rstrip("/"), settings.s3_bucket
