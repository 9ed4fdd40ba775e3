"""When each system was last exported, as far as the manifests in the bucket tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from billing_aggregator.errors import BillingAggregatorError
from billing_aggregator.health.attempts import asked_s3, error_code
from billing_aggregator.health.findings import Finding, failed, ok, warning
from billing_aggregator.health.probes.bucket import open_bucket
from billing_aggregator.health.target import HealthTarget
from postgres_to_s3.manifest import read_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A daily run takes two hours at most.
OLDEST_DAILY_EXPORT = timedelta(hours=26)
NOT_YET = "never exported, as before the first run"


def check_exports(target: HealthTarget) -> list[Finding]:
    """A finding per system that exports or archives something: the newest manifest."""
    try:
        needs = target.needs()
        client = open_bucket(target)
    except BillingAggregatorError:
        return [warning("exports", "not looked at: the script tree cannot be read", "correct the script tree first")]
    except Exception as error:
        return [failed("exports", str(error), "correct the connection, or set BDA_S3_REGION")]
    keys = {system: (key, False) for system, key in needs.manifests.items()}
    keys |= {name: (prefix, True) for name, prefix in needs.archives.items()}
    return list(_checks(client, target, keys))


def _checks(client: S3Client, target: HealthTarget, keys: dict[str, tuple[str, bool]]) -> Iterator[Finding]:
    bucket = target.endpoints.s3_bucket
    for name, (key, is_prefix) in keys.items():
        check = f"export {name}"

        def ask(check: str = check, key: str = key, is_prefix: bool = is_prefix) -> Finding:
            manifest = _newest_manifest(client, bucket, key) if is_prefix else key
            return _last_export(client, target, check, manifest)

        yield asked_s3(check, "s3:GetObject and s3:ListBucket", ask)


def _last_export(client: S3Client, target: HealthTarget, check: str, key: str | None) -> Finding:
    try:
        answer = client.get_object(Bucket=target.endpoints.s3_bucket, Key=key) if key else None
    except Exception as error:
        if error_code(error) != "NoSuchKey":
            raise
        answer = None
    if answer is None:
        return warning(check, NOT_YET, "trigger a run")
    try:
        manifest = read_manifest(answer["Body"].read())
    except ValueError as error:
        return failed(check, f"{key}: {error}", "find out who wrote it; a run writes it anew")
    written = answer["LastModified"]
    amount = f"{_counted(manifest.rows, 'row')} in {_counted(len(manifest.files), 'file')}"
    found = f"{written:%Y-%m-%d %H:%M} UTC, {amount}, run {manifest.run.run_id!r}"
    if target.is_daily and datetime.now(UTC) - written > OLDEST_DAILY_EXPORT:
        return warning(check, f"{found}: more than a day ago", "look at the last runs of the DAG and at its schedule")
    return ok(check, found)


def _newest_manifest(client: S3Client, bucket: str, prefix: str) -> str | None:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [
        (entry["LastModified"], entry["Key"])
        for page in pages
        for entry in page.get("Contents", [])
        if entry["Key"].endswith(".manifest.json")
    ]
    return max(found)[1] if found else None


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
