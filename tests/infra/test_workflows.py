"""The workflows of GitHub: valid, pinned, with the least rights, and without logic that `make` does not have."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deployment.environment import LONGEST_SECONDS
from tests.support.iam_actions import blocks
from tests.support.repository import REPO
from tests.support.tools import run_tool

FOLDER = REPO / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
NAMES = [file.name for file in FILES]
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
OWN_WORKFLOW = re.compile(r"\$/\.github/workflows/(\w+\.yml)")
MAKE = re.compile(r"make (?:--silent )?([a-z0-9-]+)(?: [A-Z_]+=\S+)*(?: >> \"\$GITHUB_STEP_SUMMARY\")?")
# What no verb does: GitHub's own client makes a release of GitHub.
RELEASE = re.compile(r'gh release create "\$TAG" ')
WRITES = {("release.yml", "release"): {"contents"}}
TAGS = {"deploy.yml": ["dev_*", "stage_*", "prod_*"], "release.yml": ["v*"], "infrastructure.yml": ["iac/v*"]}


def load(name: str) -> dict[Any, Any]:
    return dict(yaml.safe_load((FOLDER / name).read_text("utf-8")))


def triggers(name: str) -> dict[str, Any]:
    # YAML's `on` is a word for true.
    return dict(load(name)[True])


def jobs(name: str) -> dict[str, dict[str, Any]]:
    return dict(load(name)["jobs"])


JOBS = [(name, job) for name in NAMES for job in jobs(name)]
STEPS = [step for name, job in JOBS for step in jobs(name)[job].get("steps", [])]
COMMANDS = [step["run"] for step in STEPS if "run" in step]


def test_they_fit_githubs_schema() -> None:
    workflows = run_tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, FILES))
    updates = run_tool("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")

    assert workflows.returncode == 0, workflows.stdout
    assert updates.returncode == 0, updates.stdout


def test_expressions_and_shell_are_right() -> None:
    done = run_tool("actionlint")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_step_calls_a_verb_of_make(command: str) -> None:
    verbs = set(re.findall(r"^([a-z0-9-]+):", (REPO / "Makefile").read_text("utf-8"), re.MULTILINE))
    found = MAKE.fullmatch(command)

    assert RELEASE.match(command) or (found and found[1] in verbs)


def test_what_others_wrote_is_pinned_by_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]

    assert used
    assert [name for name in used if not PINNED.fullmatch(name)] == []


def test_one_action_has_one_version() -> None:
    text = "\n".join(file.read_text("utf-8") for file in FILES)
    pins = set(re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40} # \S+)", text))

    assert len(pins) == len({name for name, _ in pins})
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)) == text.count("uses: ") - 3


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_has_no_rights_and_a_job_says_which_it_needs(name: str) -> None:
    assert load(name)["permissions"] == {}
    for job, content in jobs(name).items():
        writes = {right for right, level in content["permissions"].items() if level == "write"} - {"id-token"}
        assert writes == WRITES.get((name, job), set())
        assert "pull_request_target" not in triggers(name)


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_job_ends_some_time_and_a_checkout_leaves_no_token(name: str, job: str) -> None:
    content = jobs(name)[job]

    longest = 150 if (name, job) == ("deploy.yml", "deploy") else 90
    assert OWN_WORKFLOW.fullmatch(content.get("uses", "")) or content["timeout-minutes"] <= longest
    for step in content.get("steps", []):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_called_workflows_exist() -> None:
    called = [jobs(name)[job]["uses"] for name, job in JOBS if "uses" in jobs(name)[job]]

    assert {OWN_WORKFLOW.fullmatch(each)[1] for each in called} == {"checks.yml"}  # type: ignore[index]


@pytest.mark.parametrize("name", TAGS)
def test_tags_start_what_they_are_for_after_the_checks(name: str) -> None:
    assert triggers(name) == {"push": {"tags": TAGS[name]}}
    for job, content in jobs(name).items():
        if job != "checks":
            before = content["needs"]
            assert before in jobs(name)
            assert before == "checks" or jobs(name)[before]["needs"] == "checks"


@pytest.mark.parametrize(("name", "job"), [(name, job) for name, job in JOBS if name in TAGS])
def test_aws_is_reached_with_githubs_word_from_an_environment_that_can_ask_for_approval(name: str, job: str) -> None:
    content = jobs(name)[job]
    uses_aws = any("configure-aws-credentials" in step.get("uses", "") for step in content.get("steps", []))

    assert uses_aws == (content["permissions"].get("id-token") == "write") == ("environment" in content)
    for step in content.get("steps", []):
        if "configure-aws-credentials" in step.get("uses", ""):
            assert "role-to-assume" in step["with"]
            assert not any("key" in argument for argument in step["with"])


def test_a_deployment_ends_its_wait_before_the_job_and_the_job_before_its_credentials() -> None:
    job = jobs("deploy.yml")["deploy"]
    (session,) = [step["with"]["role-duration-seconds"] for step in job["steps"] if "role-to-assume" in str(step)]

    assert LONGEST_SECONDS + 15 * 60 < job["timeout-minutes"] * 60 < session
    (role,) = [
        block["aws_iam_role"] for block in blocks("terraform/deployment_role.tf")["resource"] if "aws_iam_role" in block
    ]
    assert role["deployment"]["max_session_duration"] == [session]


def test_a_release_has_the_one_archive_that_it_has_packed() -> None:
    package, release = [step["run"] for step in jobs("release.yml")["release"]["steps"] if "run" in step]

    assert release.split()[-1] == package.partition("ARCHIVE=")[2] == "build/billing-data-aggregator.zip"


def test_infrastructure_is_applied_as_it_was_planned_after_an_approval() -> None:
    plan, apply = jobs("infrastructure.yml")["plan"], jobs("infrastructure.yml")["apply"]

    assert apply["needs"] == "plan"
    assert apply["environment"] == "${{ matrix.environment }}-infrastructure" != plan["environment"]
    assert any("download-artifact" in step.get("uses", "") for step in apply["steps"])
    assert plan["strategy"]["matrix"] == apply["strategy"]["matrix"] == {"environment": ["dev", "stage", "prod"]}


def test_the_tests_run_on_every_python_that_the_project_takes() -> None:
    (wanted,) = re.findall(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (REPO / "pyproject.toml").read_text("utf-8"))
    versions = jobs("checks.yml")["test"]["strategy"]["matrix"]["python"]

    assert versions == [f"3.{minor}" for minor in range(*map(int, wanted))]


def test_the_images_that_are_scanned_are_those_of_compose() -> None:
    compose = yaml.safe_load((REPO / "docker-compose.yaml").read_text("utf-8"))
    images = jobs("security.yml")["images"]["strategy"]["matrix"]["image"]

    assert images == sorted({service["image"] for service in compose["services"].values()})


def test_no_value_of_others_becomes_part_of_a_command() -> None:
    assert [command for command in COMMANDS if "${{" in command] == []
