"""The Terraform files: layout, the provider's schema, and their own tests."""

from __future__ import annotations

import pytest

from tests.support.iam_actions import blocks
from tests.support.repository import REPO
from tests.support.terraform import Terraform


def test_the_files_have_terraforms_layout(terraform: Terraform) -> None:
    done = terraform.run("fmt", "-check", "-diff", "-recursive", "-no-color")

    assert done.returncode == 0, done.stdout


def test_the_provider_knows_every_argument(terraform: Terraform) -> None:
    done = terraform.run("validate", "-no-color")

    assert done.returncode == 0, done.stdout


def test_buckets_of_data_and_the_key_of_the_archive_outlive_a_mistake() -> None:
    protected = {
        f"{kind}.{name}"
        for file in sorted((REPO / "terraform").glob("*.tf"))
        for block in blocks(str(file)).get("resource", [])
        for kind, named in block.items()
        for name, body in named.items()
        if {"prevent_destroy": [True]} in body.get("lifecycle", [])
    }

    assert protected == {"aws_s3_bucket.exports", "aws_s3_bucket.archive", "aws_kms_key.archive"}


def test_deployments_are_as_they_should_be_and_wrong_variables_are_refused(terraform: Terraform) -> None:
    done = terraform.run("test", "-no-color")

    assert done.returncode == 0, done.stdout
    assert "0 failed" in done.stdout


@pytest.mark.parametrize("environment", ["dev", "stage", "prod"])
def test_the_variables_of_an_environment_make_a_deployment(terraform: Terraform, environment: str) -> None:
    variables = f"-var-file=environments/{environment}.tfvars"

    done = terraform.run("test", "-no-color", "-test-directory=environments", variables)

    assert done.returncode == 0, done.stdout
    assert "1 passed, 0 failed" in done.stdout
