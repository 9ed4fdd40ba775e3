"""The execution role may do what the batch's code calls, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from billing_aggregator.settings.settings import Settings
from tests.support.iam_actions import blocks, calls, needed_actions, statements, unknown_requests
from tests.support.repository import REPO

CALLS = calls(REPO / "plugins")
TAGGING = "Tagging"
# The health check removes the versions of its own probe where it may. Who may remove versions may remove history.
DENIED_ON_PURPOSE = {"s3:DeleteObjectVersion"}
# Airflow's, before a task runs; the bucket, the secrets and the topic are encrypted with a key of the account.
OTHERS = {"secretsmanager:GetSecretValue", "kms:Decrypt", "kms:GenerateDataKey"}


def needed() -> set[str]:
    """The actions that follow from the code."""
    sets_tags = any(f'"{TAGGING}"' in source.read_text("utf-8") for source in (REPO / "plugins").rglob("*.py"))
    return needed_actions(CALLS) | ({"s3:PutObjectTagging"} if sets_tags else set())


@pytest.fixture(scope="module")
def airflow() -> list[dict[str, Any]]:
    """The statements of Airflow's own policy, which the same role has."""
    return statements("terraform/airflow_policy.tf", "airflow")


@pytest.fixture(scope="module")
def policy() -> list[dict[str, Any]]:
    """The statements of the batch's policy."""
    return statements("terraform/batch_policy.tf", "batch")


def test_every_request_of_the_code_is_known_here() -> None:
    assert unknown_requests(CALLS) == set(), "add its action to tests/support/iam_actions.py and to batch_policy.tf"


def test_the_policy_allows_what_the_code_calls_and_nothing_else(policy: list[dict[str, Any]]) -> None:
    allowed = {action for statement in policy for action in statement["actions"][0]}

    assert needed()
    assert allowed == needed() - DENIED_ON_PURPOSE | OTHERS


def test_no_action_and_no_resource_is_a_wildcard(policy: list[dict[str, Any]]) -> None:
    for statement in policy:
        assert not any("*" in action for action in statement["actions"][0])
        assert statement["resources"] != [["*"]] or statement["actions"] == [["cloudwatch:PutMetricData"]]


def test_metrics_go_to_two_namespaces_whichever_policy_allows_it(
    policy: list[dict[str, Any]], airflow: list[dict[str, Any]]
) -> None:
    found = [each for each in policy + airflow if "cloudwatch:PutMetricData" in each["actions"][0]]

    # Statements of one role are alternatives: one without the condition would allow every namespace.
    conditions = [each.get("condition", [{}])[0] for each in found]
    assert [each.get("variable") for each in conditions] == [["cloudwatch:namespace"]] * 2
    assert [each["values"] for each in conditions] == [[["${var.metrics_namespace}"]], [["AmazonMWAA"]]]


def test_files_are_those_of_the_client_and_environment(policy: list[dict[str, Any]]) -> None:
    (files,) = [statement for statement in policy if "s3:PutObject" in statement["actions"][0]]

    assert files["resources"] == [["${aws_s3_bucket.exports.arn}/${local.export_folder}/*"]]


def test_the_secret_is_the_connection_of_the_warehouse() -> None:
    (block,) = blocks("terraform/secrets.tf")["resource"]
    settings = Settings.from_environment({"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"})

    name = block["aws_secretsmanager_secret"]["warehouse"]["name"]
    assert name == ["${local.connections_prefix}/" + settings.warehouse_conn_id]
