"""The execution role may do what the batch's code calls, and nothing else."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from billing_aggregator.settings.settings import Settings
from tests.support.repository import REPO
from tests.support.tools import run_tool

# What AWS asks for where boto3's client, or a hook of Airflow, is called like this.
ACTIONS = {
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "delete_object": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "list_multipart_uploads": "s3:ListBucketMultipartUploads",
    "get_bucket_versioning": "s3:GetBucketVersioning",
    "get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
    "get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "put_metric_data": "cloudwatch:PutMetricData",
    "publish_to_target": "sns:Publish",
}
# The same where a call has such an argument.
ACTIONS_WITH_ARGUMENT = {
    ("get_object", "VersionId"): "s3:GetObjectVersion",
    ("delete_object", "VersionId"): "s3:DeleteObjectVersion",
}
TAGGING = "Tagging"
# The health check removes the versions of its own probe where it may. Who may remove versions may remove history.
DENIED_ON_PURPOSE = {"s3:DeleteObjectVersion"}
# Airflow's, before a task runs; the bucket, the secrets and the topic are encrypted with a key of the account.
OTHERS = {"secretsmanager:GetSecretValue", "kms:Decrypt", "kms:GenerateDataKey"}
SERVICES = ("s3", "sns", "cloudwatch", "secretsmanager", "sts", "kms", "mwaa", "sqs", "ses", "dynamodb")
# Names that other libraries have for their methods, too; only with a client of AWS they are operations.
ORDINARY_NAMES = {"publish", "subscribe", "encrypt", "decrypt", "sign", "verify", "query", "scan", "get_secret_value"}


def operations() -> frozenset[str]:
    """The methods of boto3's clients that are requests."""
    session = botocore.session.get_session()
    return frozenset(
        xform_name(name) for service in SERVICES for name in session.get_service_model(service).operation_names
    )


def calls(source: Path) -> Iterator[tuple[str, set[str]]]:
    """The methods that a module calls by name, each with the names of its arguments."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, {argument.arg for argument in node.keywords if argument.arg}
            if node.func.attr in ("get_paginator", "get_waiter") and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value), set()


CALLS = [call for source in sorted((REPO / "plugins").rglob("*.py")) for call in calls(source)]


def needed() -> set[str]:
    """The actions that follow from the code."""
    found = {ACTIONS[name] for name, _ in CALLS if name in ACTIONS}
    found |= {
        action
        for name, arguments in CALLS
        for (operation, argument), action in ACTIONS_WITH_ARGUMENT.items()
        if name == operation and argument in arguments
    }
    if any(f'"{TAGGING}"' in source.read_text("utf-8") for source in (REPO / "plugins").rglob("*.py")):
        found.add("s3:PutObjectTagging")
    return found


def blocks(file: str) -> dict[str, Any]:
    """A Terraform file as it is written."""
    shown = run_tool("hcl2tojson", file).stdout
    return dict(json.loads(shown[shown.index("{") :].splitlines()[0]))


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    """The statements of the batch's policy, as they are written."""
    read = blocks("terraform/batch_policy.tf")
    (document,) = [block["aws_iam_policy_document"]["batch"] for block in read["data"]]
    return list(document["statement"])


def test_every_request_of_the_code_is_known_here() -> None:
    unknown = {name for name, _ in CALLS} & operations() - set(ACTIONS) - ORDINARY_NAMES

    assert unknown == set(), "add the IAM action of each to ACTIONS, and to terraform/batch_policy.tf"


def test_the_policy_allows_what_the_code_calls_and_nothing_else(statements: list[dict[str, Any]]) -> None:
    allowed = {action for statement in statements for action in statement["actions"][0]}

    assert needed()
    assert allowed == needed() - DENIED_ON_PURPOSE | OTHERS


def test_no_action_and_no_resource_is_a_wildcard(statements: list[dict[str, Any]]) -> None:
    for statement in statements:
        assert not any("*" in action for action in statement["actions"][0])
        if statement["resources"] == [["*"]]:
            # It knows no resource; its condition names the namespace.
            assert statement["actions"] == [["cloudwatch:PutMetricData"]]
            assert statement["condition"][0]["variable"] == ["cloudwatch:namespace"]


def test_files_are_those_of_the_client_and_environment(statements: list[dict[str, Any]]) -> None:
    (files,) = [statement for statement in statements if "s3:PutObject" in statement["actions"][0]]

    assert files["resources"] == [["${aws_s3_bucket.exports.arn}/${local.export_folder}/*"]]


def test_the_secrets_are_the_connections_that_the_batch_uses() -> None:
    read = blocks("terraform/secrets.tf")
    (secret,) = [
        block["aws_secretsmanager_secret"] for block in read["resource"] if "aws_secretsmanager_secret" in block
    ]

    settings = Settings.from_environment({"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"})
    assert settings.warehouse_conn_id in str(secret["connection"]["for_each"])
    assert settings.aws_conn_id in str(secret["connection"]["for_each"])
