"""Every command of docs/deployment.md: run on an emulated AWS where that knows the service, else named."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.support.guide import DOCUMENT, actions, commands, files, section
from tests.support.iam_actions import statements
from tests.support.repository import REPO
from tests.support.tools import TOOLS

REGION = "eu-central-1"
FIRST = section("The first deployment")
# They ask Amazon MWAA for a running environment, or are git's: tests/deployment runs deployments to one.
NOT_RUN = re.compile(
    r"make package ENVIRONMENT=prod( ARCHIVE=\S+)?"
    r"|make deploy ENVIRONMENT=prod( (APPLY|UPDATE|ADOPT|TAKE_OVER|NOW)=1)*"
    r"|git checkout <[\w ]+>"
)


@dataclass(frozen=True)
class Guide:
    """What came of the commands of the first deployment."""

    output: str
    log: list[str]


def network(text: str, ec2: Any) -> str:
    """The text with a network that the server has, in place of the example."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    found = {
        r"vpc-0f\d+": [vpc],
        r"rtb-0f\d+": [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]],
        r"sg-0f\d+": [ec2.create_security_group(GroupName="a", Description="a", VpcId=vpc)["GroupId"]],
        r"subnet-0f\d+": [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{no}.0/24")["Subnet"]["SubnetId"] for no in range(2)
        ],
    }
    for pattern, ids in found.items():
        for example, identifier in zip(sorted(set(re.findall(pattern, text))), ids, strict=True):
            text = text.replace(example, identifier)
    return text


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the emulated AWS."""
    moto = ThreadedMotoServer(port=0)
    moto.start()
    yield "http://{}:{}".format(*moto.get_host_and_port())
    moto.stop()


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """Who asks it."""
    return boto3.Session("test", "test", region_name=REGION)


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory, server: str, session: boto3.Session) -> Guide:
    """The commands of the first deployment, run one after the other in a folder with the files that they name."""
    folder = tmp_path_factory.mktemp("guide")
    for name, content in files().items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    typed = network(commands(FIRST), session.client("ec2", endpoint_url=server))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f". {REPO}/tests/infra/guide.sh\n{typed}"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": f"{REPO}:{REPO}/plugins",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": server,
            "GUIDE_AWS": str(TOOLS / "aws"),
            "GUIDE_PYTHON": sys.executable,
            "GUIDE_LOG": "log",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    return Guide(done.stdout, (folder / "log").read_text("utf-8").splitlines())


@pytest.mark.timeout(300)
def test_the_first_deployment_can_be_typed_as_it_stands(guide: Guide) -> None:
    print("", "docs/deployment.md, The first deployment:", *dict.fromkeys(guide.log), sep="\n")  # noqa: T201 - for who wants the list

    assert {line for line in guide.log if line.startswith("arguments")} == {
        "arguments checked, not run: aws mwaa create-environment"
    }
    assert "Now create the environment 'billing-prod'" in guide.output


def test_it_leaves_buckets_secret_role_and_endpoints_as_the_batch_needs_them(
    guide: Guide, server: str, session: boto3.Session
) -> None:
    s3, iam, secrets, ec2 = (
        session.client(name, endpoint_url=server) for name in ("s3", "iam", "secretsmanager", "ec2")
    )

    for bucket in ("enercity-billing-mwaa-prod", "enercity-billing-exports-prod"):
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    rules = s3.get_bucket_lifecycle_configuration(Bucket="enercity-billing-exports-prod")["Rules"]
    assert {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"} <= {key for rule in rules for key in rule}
    assert sorted(iam.list_role_policies(RoleName="billing-prod")["PolicyNames"]) == ["airflow", "billing"]
    assert secrets.get_secret_value(SecretId="airflow/connections/octopus")["SecretString"]
    services = {
        each["ServiceName"].removeprefix(f"com.amazonaws.{REGION}.")
        for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]
    }
    assert {"s3", "airflow.api", "airflow.env", "airflow.ops", "sqs", "kms", "logs", "secretsmanager"} <= services


def test_its_policies_allow_what_those_of_terraform_allow() -> None:
    for file, name in (("billing.json", "batch"), ("airflow.json", "airflow")):
        made = statements(f"terraform/{name}_policy.tf", name)

        assert actions(files()[file]) == {action for statement in made for action in statement["actions"][0]}, file


def test_every_other_command_is_one_that_is_run_elsewhere() -> None:
    rest = commands(DOCUMENT.replace(FIRST, ""))
    lines = [line.partition("#")[0].strip() for line in rest.splitlines() if line]
    print("", "docs/deployment.md, not run here:", *dict.fromkeys(lines), sep="\n ")  # noqa: T201 - as above

    assert lines
    assert [line for line in lines if not NOT_RUN.fullmatch(line)] == []
