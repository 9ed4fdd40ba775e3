"""Checks of how a bucket is set up: versions, lifecycle and encryption; without the right to ask, a warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from billing_aggregator.health.attempts import asked_s3, error_code
from billing_aggregator.health.findings import Finding, ok, warning

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import LifecycleRuleOutputTypeDef

NO_LIFECYCLE = "NoSuchLifecycleConfiguration"
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"


def check_versioning(client: S3Client, bucket: str) -> Finding:
    """Readers meet whole exports only where the manifest can name versions."""

    def ask() -> Finding:
        status = client.get_bucket_versioning(Bucket=bucket).get("Status", "off")
        if status == "Enabled":
            return ok("versioning", "on")
        remedy = "switch versioning on: without it a reader may meet half of a new export for a moment"
        return warning("versioning", status.lower(), remedy)

    return asked_s3("versioning", "s3:GetBucketVersioning", ask, is_needed=False)


def check_lifecycle(client: S3Client, bucket: str, prefix: str) -> Finding:
    """Somebody has to clear up after exports that are never repeated, and to end noncurrent versions."""

    def ask() -> Finding:
        missing = _missing_rules(_rules(client, bucket), prefix)
        if not missing:
            return ok("lifecycle", "ends incomplete uploads and noncurrent versions")
        return warning("lifecycle", f"no rule for {' and '.join(missing)}", "add such a rule to the bucket's lifecycle")

    return asked_s3("lifecycle", "s3:GetLifecycleConfiguration", ask, is_needed=False)


def check_encryption(client: S3Client, bucket: str, wanted: Mapping[str, Any]) -> Finding:
    """How the bucket encrypts what a request does not say itself.

    :param wanted: what the requests of an export say
    """

    def ask() -> Finding:
        default = _default_encryption(client, bucket)
        own = wanted.get("ServerSideEncryption")
        found = f"default of the bucket: {default or 'none'}{f'; exports ask for {own}' if own else ''}"
        if default or own:
            return ok("encryption at rest", found)
        remedy = "give the bucket a default encryption, or set BDA_EXPORT_SSE"
        return warning("encryption at rest", found, remedy)

    return asked_s3("encryption at rest", "s3:GetEncryptionConfiguration", ask, is_needed=False)


def _rules(client: S3Client, bucket: str) -> Sequence[LifecycleRuleOutputTypeDef]:
    try:
        return client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except Exception as error:
        if error_code(error) == NO_LIFECYCLE:
            return []
        raise


def _missing_rules(rules: Sequence[LifecycleRuleOutputTypeDef], prefix: str) -> list[str]:
    ours = [rule for rule in rules if rule["Status"] == "Enabled" and prefix.startswith(_prefix(rule))]
    wanted = {
        "incomplete uploads": "AbortIncompleteMultipartUpload",
        "noncurrent versions": "NoncurrentVersionExpiration",
    }
    return [words for words, action in wanted.items() if not any(action in rule for rule in ours)]


def _prefix(rule: LifecycleRuleOutputTypeDef) -> str:
    return rule.get("Prefix") or rule.get("Filter", {}).get("Prefix", "")


def _default_encryption(client: S3Client, bucket: str) -> str:
    try:
        answer = client.get_bucket_encryption(Bucket=bucket)
    except Exception as error:
        if error_code(error) == NO_ENCRYPTION:
            return ""
        raise
    defaults = [
        rule.get("ApplyServerSideEncryptionByDefault", {})
        for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]
    ]
    return ", ".join(" ".join(map(str, each.values())) for each in defaults)
