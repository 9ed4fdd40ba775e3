"""The actions of IAM that follow from the requests which code makes with boto3's clients and Airflow's hooks."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name

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
    "get_environment": "airflow:GetEnvironment",
    "update_environment": "airflow:UpdateEnvironment",
    "invoke_rest_api": "airflow:InvokeRestApi",
}
# The same where a call has such an argument.
ACTIONS_WITH_ARGUMENT = {
    ("get_object", "VersionId"): "s3:GetObjectVersion",
    ("delete_object", "VersionId"): "s3:DeleteObjectVersion",
}
SERVICES = ("s3", "sns", "cloudwatch", "secretsmanager", "sts", "kms", "mwaa", "sqs", "ses", "dynamodb")
# Names that other libraries have for their methods, too; only with a client of AWS they are operations.
ORDINARY_NAMES = {"publish", "subscribe", "encrypt", "decrypt", "sign", "verify", "query", "scan", "get_secret_value"}
# A method that code calls by name, and the names of its arguments.
Call = tuple[str, set[str]]


def _operations() -> frozenset[str]:
    """The methods of boto3's clients that are requests."""
    session = botocore.session.get_session()
    return frozenset(
        xform_name(name) for service in SERVICES for name in session.get_service_model(service).operation_names
    )


def _calls(source: Path) -> Iterator[Call]:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, {argument.arg for argument in node.keywords if argument.arg}
            if node.func.attr in ("get_paginator", "get_waiter") and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value), set()


def calls(folder: Path) -> list[Call]:
    """The methods that the modules of a folder call."""
    return [call for source in sorted(folder.rglob("*.py")) for call in _calls(source)]


def needed_actions(made: Sequence[Call]) -> set[str]:
    """The actions that calls need."""
    with_argument = {
        action
        for name, arguments in made
        for (operation, argument), action in ACTIONS_WITH_ARGUMENT.items()
        if name == operation and argument in arguments
    }
    return {ACTIONS[name] for name, _ in made if name in ACTIONS} | with_argument


def unknown_requests(made: Sequence[Call]) -> set[str]:
    """The requests among calls whose action nobody has written down here."""
    return {name for name, _ in made} & _operations() - set(ACTIONS) - ORDINARY_NAMES


def blocks(file: str) -> dict[str, Any]:
    """A Terraform file as it is written."""
    shown = run_tool("hcl2tojson", file).stdout
    return dict(json.loads(shown[shown.index("{") :].splitlines()[0]))


def statements(file: str, name: str) -> list[dict[str, Any]]:
    """The statements of a policy document, as they are written."""
    found = [block["aws_iam_policy_document"] for block in blocks(file)["data"]]
    (document,) = [each[name] for each in found if name in each]
    return list(document["statement"])
