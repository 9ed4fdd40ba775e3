"""Terraform with its provider, once for all tests; where this machine has none, the tests that need it say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.terraform import Terraform, TerraformNotFoundError, copy_of_terraform

# CI where Terraform was installed on purpose sets it: then its absence is an error.
REQUIRED_VARIABLE = "TERRAFORM_REQUIRED"


def initialise_or_skip(terraform: Terraform, *arguments: str) -> None:
    """Make the provider known, or skip the test with the reason why that is not possible."""
    try:
        terraform.initialise(*arguments)
    except TerraformNotFoundError as error:
        if os.environ.get(REQUIRED_VARIABLE):
            raise
        pytest.skip(f"not checked: {error}")


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A copy of terraform/ that knows the provider."""
    found = Terraform(copy_of_terraform(tmp_path_factory.mktemp("validate")))
    initialise_or_skip(found, "-backend=false")
    return found


@pytest.fixture(scope="session")
def terraform_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of terraform/ that may be added to."""
    return copy_of_terraform(tmp_path_factory.mktemp("apply"))
