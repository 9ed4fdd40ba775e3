"""Terraform's resources on an AWS server: made once, left alone the second time, and as the batch needs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from airflow.providers.amazon.aws.secrets import secrets_manager
from moto.secretsmanager.models import SecretsManagerBackend
from moto.server import ThreadedMotoServer

from deployment.settings_file import read_settings
from tests.infra.conftest import initialise_or_skip
from tests.support.terraform import Terraform

# All resources are made before the first test: a minute, and several where other work is going on.
pytestmark = pytest.mark.timeout(600)
REGION = "eu-central-1"
PASSWORD = "made-for-one-test"
KEY_ID = "local"
READER = "arn:aws:iam::123456789012:role/bi-reader"
# The server knows no Amazon MWAA, no TLS and no composite alarms, refuses everything where a policy denies anything,
# and forgets a part of what is to be copied. Without max_retries an unknown request is repeated for many minutes.
OVERRIDE = """
terraform {
  backend "local" {}
}

provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  max_retries                 = 1
}

resource "aws_cloudwatch_composite_alarm" "heartbeat" {
  for_each = {}
}

resource "aws_s3_bucket_policy" "exports" {
  count = 0
}

resource "aws_s3_bucket_policy" "archive" {
  count = 0
}

resource "aws_s3_bucket_policy" "package" {
  count = 0
}

resource "aws_s3_bucket_replication_configuration" "archive" {
  lifecycle {
    ignore_changes = [rule]
  }
}
"""
VARIABLES = {
    "client": "enercity",
    "environment": "stage",
    "create_airflow": False,
    "archive_retention_days": 30,
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "security_group_ids": ["sg-0123456789abcdef0"],
    "warehouse": {"host": "octopus.example.internal", "user": "billing"},
    "alert_emails": ["on-call@example.com"],
    "reader_arns": [READER],
    "github": {
        "repository": "enercity/billing-data-aggregator",
        "oidc_provider_arn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    },
}


@dataclass
class Applied:
    """What Terraform has made, and a way to ask the server about it."""

    terraform: Terraform
    url: str
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url, aws_access_key_id=KEY_ID, aws_secret_access_key=KEY_ID
        )

    @property
    def exports(self) -> str:
        return str(self.outputs["settings"]["value"]["BDA_S3_BUCKET"])

    @property
    def archive(self) -> str:
        return str(self.outputs["archive_bucket"]["value"])


def recorded(asked: list[str], answer: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the server that also says that it was asked."""

    def method(*arguments: Any, **request: Any) -> Any:
        asked.append(answer.__name__)
        return answer(*arguments, **request)

    return method


@pytest.fixture(scope="module")
def applied(terraform_folder: Path) -> Iterator[Applied]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        (terraform_folder / "server_override.tf").write_text(OVERRIDE)
        (terraform_folder / "terraform.tfvars.json").write_text(json.dumps(VARIABLES))
        terraform = Terraform(
            terraform_folder,
            {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": KEY_ID,
                "AWS_SECRET_ACCESS_KEY": KEY_ID,
                "AWS_REGION": REGION,
            },
        )
        initialise_or_skip(terraform)
        # In two steps, as `make infra-plan` and `make infra-apply` do it.
        for arguments in (["plan", "-out=first.tfplan"], ["apply", "first.tfplan"]):
            done = terraform.run(arguments[0], "-input=false", "-no-color", *arguments[1:])
            assert done.returncode == 0, done.stdout
        outputs = json.loads(terraform.run("output", "-json").stdout)
        yield Applied(terraform, url, outputs)
    finally:
        server.stop()


def test_a_second_plan_changes_nothing_and_reads_no_secret(applied: Applied, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("describe_secret", "get_secret_value"):
        monkeypatch.setattr(SecretsManagerBackend, name, recorded(asked, getattr(SecretsManagerBackend, name)))

    done = applied.terraform.run("plan", "-detailed-exitcode", "-input=false", "-no-color")

    assert done.returncode == 0, done.stdout
    assert "No changes" in done.stdout
    assert {*asked} == {"describe_secret"}


@pytest.mark.parametrize("name", ["exports", "archive"])
def test_a_bucket_has_versions_is_encrypted_and_not_public(applied: Applied, name: str) -> None:
    s3, bucket = applied.client("s3"), getattr(applied, name)
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_replaced_versions_and_abandoned_uploads_of_exports_go(applied: Applied) -> None:
    rules = applied.client("s3").get_bucket_lifecycle_configuration(Bucket=applied.exports)["Rules"]

    assert [rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules] == [14, None]
    assert [rule.get("AbortIncompleteMultipartUpload") for rule in rules] == [None, {"DaysAfterInitiation": 2}]


def test_the_archive_is_copied_to_where_it_is_locked(applied: Applied) -> None:
    s3 = applied.client("s3")
    (rule,) = s3.get_bucket_replication(Bucket=applied.exports)["ReplicationConfiguration"]["Rules"]
    lock = s3.get_object_lock_configuration(Bucket=applied.archive)["ObjectLockConfiguration"]

    assert rule["Status"] == "Enabled"
    assert rule["Destination"]["Bucket"] == f"arn:aws:s3:::{applied.archive}"
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 30)


def test_airflow_finds_the_warehouse_in_the_secret(applied: Applied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY_ID)
    secret = applied.outputs["warehouse_secret"]["value"]
    # As terraform/README.md has it.
    value = json.dumps({**secret["connection"], "password": PASSWORD})
    applied.client("secretsmanager").put_secret_value(SecretId=secret["name"], SecretString=value)

    backend = secrets_manager.SecretsManagerBackend(
        connections_prefix="billing-enercity-stage/connections", region_name=REGION, endpoint_url=applied.url
    )
    warehouse = backend.get_connection("octopus")

    assert warehouse is not None
    assert (warehouse.host, warehouse.schema, warehouse.login) == ("octopus.example.internal", "octopus", "billing")
    assert warehouse.password == PASSWORD
    assert warehouse.extra_dejson["sslmode"] == "require"


def test_requests_without_tls_are_refused_and_readers_only_read(applied: Applied) -> None:
    shown = json.loads(applied.terraform.run("show", "-json").stdout)
    policies: dict[tuple[str, str | None], Any] = {
        (resource["name"], resource.get("index")): json.loads(resource["values"]["json"])["Statement"]
        for resource in shown["values"]["root_module"]["resources"]
        if resource["type"] == "aws_iam_policy_document"
    }
    denied, listing, reading = policies["exports", None]

    for refusal in (denied, *policies["tls_only", "archive"], *policies["tls_only", "package"]):
        assert (refusal["Effect"], refusal["Action"]) == ("Deny", "s3:*")
        assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert listing["Action"] == "s3:ListBucket"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "enercity/stage/*"}}
    assert sorted(reading["Action"]) == ["s3:GetObject", "s3:GetObjectVersion"]
    assert reading["Principal"] == {"AWS": READER}
    assert reading["Resource"].endswith("/enercity/stage/*")


def test_the_topic_takes_a_message_and_alarms_reach_it_unless_they_are_part_of_another(applied: Applied) -> None:
    topic = applied.outputs["settings"]["value"]["BDA_ALERT_TOPIC_ARN"]
    alarms = applied.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (subscription,) = applied.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

    assert applied.client("sns").publish(TopicArn=topic, Message="a test")["MessageId"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "on-call@example.com")
    told = {alarm["AlarmName"]: alarm["AlarmActions"] for alarm in alarms}
    silent = {name.removeprefix("billing-enercity-stage-") for name, actions in told.items() if not actions}
    assert len(told) == 9
    assert all(actions in ([], [topic]) for actions in told.values())
    assert silent == {"delivery-bookkeeper", "delivery-tripica", "airflow-new"}


def test_the_settings_that_follow_fit_the_settings_file_of_the_package(applied: Applied, tmp_path: Path) -> None:
    given = applied.outputs["settings"]["value"]
    (tmp_path / "stage.env").write_text("".join(f"{name}={value}\n" for name, value in given.items()))

    read = read_settings(tmp_path, "stage")

    assert read.target.environment == "billing-enercity-stage"
    assert read.target.bucket.startswith("billing-airflow-enercity-stage-")
