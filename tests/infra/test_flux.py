"""The resources of Flux: each environment's patches fit the base, and the outcome fits terraform/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.repository import REPO

FLUX = REPO / "flux"
ENVIRONMENTS = ("dev", "stage", "prod")
# The resources and the fields of theirs that the controllers know and this repository uses.
KNOWN = {
    ("v1", "ServiceAccount"): {"metadata"},
    ("source.toolkit.fluxcd.io/v1", "GitRepository"): {"ignore", "interval", "ref", "secretRef", "timeout", "url"},
    ("infra.contrib.fluxcd.io/v1alpha2", "Terraform"): {
        "approvePlan",
        "backendConfig",
        "destroyResourcesOnDeletion",
        "interval",
        "path",
        "retryInterval",
        "serviceAccountName",
        "sourceRef",
        "storeReadablePlan",
        "tfVarsFiles",
        "writeOutputsToSecret",
    },
}
TAG = re.compile(r"refs/tags/iac/v\d+\.\d+\.\d+")
Resource = dict[str, Any]


def load(file: Path) -> Resource:
    return dict(yaml.safe_load(file.read_text("utf-8")))


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> Resource:
    """A resource as Kustomize patches it: objects are merged, all else is replaced."""
    found = dict(base)
    for name, value in patch.items():
        is_object = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = merged(found[name], value) if is_object else value
    return found


def built(environment: str) -> dict[str, Resource]:
    """The resources of an environment, by kind."""
    folder = FLUX / environment
    overlay = load(folder / "kustomization.yaml")
    assert overlay["resources"] == ["../base"]
    base = load(FLUX / "base" / "kustomization.yaml")
    resources = {found["kind"]: found for found in (load(FLUX / "base" / name) for name in base["resources"])}
    for patch in (load(folder / entry["path"]) for entry in overlay["patches"]):
        target = resources[patch["kind"]]
        for part in ("apiVersion", "kind"):
            assert patch[part] == target[part]
        assert patch["metadata"]["name"] == target["metadata"]["name"]
        resources[patch["kind"]] = merged(target, patch)
    return resources


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_file_is_part_of_a_kustomization(environment: str) -> None:
    for folder in (FLUX / "base", FLUX / environment):
        kustomization = load(folder / "kustomization.yaml")
        named = {*kustomization["resources"], *(entry["path"] for entry in kustomization.get("patches", []))}
        assert {file.name for file in folder.iterdir()} - {"kustomization.yaml"} == named - {"../base"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_resources_are_of_known_kinds_and_fields_and_nothing_is_left_to_fill_in(environment: str) -> None:
    resources = built(environment)

    assert {(each["apiVersion"], each["kind"]) for each in resources.values()} == set(KNOWN)
    for each in resources.values():
        fields = each.get("spec", {})
        assert set(fields) <= KNOWN[each["apiVersion"], each["kind"]]
        assert "set-by-the-environment" not in str(each)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_resources_name_each_other_and_what_this_repository_holds(environment: str) -> None:
    resources = built(environment)
    source, terraform = resources["GitRepository"], resources["Terraform"]["spec"]

    assert terraform["sourceRef"] == {"kind": "GitRepository", "name": source["metadata"]["name"]}
    assert terraform["serviceAccountName"] == resources["ServiceAccount"]["metadata"]["name"]
    assert (REPO / terraform["path"] / "versions.tf").is_file()
    # The controller reads them from the root of the repository.
    assert terraform["tfVarsFiles"] == [f"terraform/environments/{environment}.tfvars"]
    assert (REPO / terraform["tfVarsFiles"][0]).is_file()
    outputs = set(re.findall(r'^output "(\w+)"', (REPO / "terraform/outputs.tf").read_text("utf-8"), re.MULTILINE))
    assert set(terraform["writeOutputsToSecret"]["outputs"]) <= outputs


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_state_is_the_one_that_make_uses(environment: str) -> None:
    written = built(environment)["Terraform"]["spec"]["backendConfig"]["customConfiguration"]
    used = (REPO / "terraform" / "environments" / f"{environment}.s3.tfbackend").read_text("utf-8")

    pairs = dict(re.findall(r'(\w+)\s*=\s*"([^"]+)"', written))
    assert pairs == dict(re.findall(r'(\w+)\s*=\s*"([^"]+)"', used))
    assert "use_lockfile = true" in written


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_person_approves_and_nothing_is_destroyed(environment: str) -> None:
    terraform = built(environment)["Terraform"]["spec"]

    assert terraform["approvePlan"] == ""
    assert terraform["destroyResourcesOnDeletion"] is False


def test_environments_run_a_released_tag_and_share_nothing() -> None:
    all_built = [built(environment) for environment in ENVIRONMENTS]
    roles = {each["ServiceAccount"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] for each in all_built}
    states = {each["Terraform"]["spec"]["backendConfig"]["customConfiguration"] for each in all_built}

    assert all(TAG.fullmatch(each["GitRepository"]["spec"]["ref"]["name"]) for each in all_built)
    assert len(roles) == len(states) == len(ENVIRONMENTS)
    assert len({load(FLUX / each / "kustomization.yaml")["namespace"] for each in ENVIRONMENTS}) == len(ENVIRONMENTS)
