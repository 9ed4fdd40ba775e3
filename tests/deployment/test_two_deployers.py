"""Whoever else writes into the bucket while a deployment plans, uploads or waits: nothing of theirs is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployment.deploy import Wishes
from deployment.errors import DeploymentError
from tests.deployment.settings_files import write_settings
from tests.deployment.site import APPLY, RECORD, UPDATE, Site
from tests.support.script_files import write_file

PLANNED = "The environment needs no update."


def deploy_and_kill(site: Site, last: str) -> None:
    """Deploy to no environment, and end as by SIGKILL after this line: no further request reaches the bucket."""

    def refuse(**_request: object) -> None:
        raise KeyboardInterrupt

    events = site.bucket.client.meta.events
    site.mwaa.knows_no_environment()
    site.on_line[last] = lambda: events.register("before-call.s3", refuse)
    with pytest.raises(KeyboardInterrupt):
        site.deploy(APPLY)
    events.unregister("before-call.s3", refuse)
    site.mwaa.knows_no_environment()


@pytest.mark.parametrize("key", ["dags/third.py", "dags/first.py", "dags/second.py"])
def test_what_somebody_uploads_between_plan_and_apply_stays(running: Site, key: str) -> None:
    """The package has a new, a changed and one DAG file less."""
    running.mwaa.describes(running.versions())
    write_file(running.checkout, "dags/third.py", "-- new\n")
    write_file(running.checkout, "dags/first.py", "-- changed\n")
    Path(running.checkout, "dags/second.py").unlink()
    running.on_line[PLANNED] = lambda: running.upload(key)

    with pytest.raises(DeploymentError, match=f"'{key}' in s3://{running.bucket.name} has changed since the plan"):
        running.deploy(APPLY)

    assert running.bucket.read(key) == b"by hand"


def test_a_file_that_somebody_deletes_between_plan_and_apply_does_not_come_back(running: Site) -> None:
    running.mwaa.describes(running.versions())
    write_file(running.checkout, "dags/first.py", "-- changed\n")
    running.on_line[PLANNED] = lambda: running.bucket.client.delete_object(
        Bucket=running.bucket.name, Key="dags/first.py"
    )

    with pytest.raises(DeploymentError, match=r"'dags/first\.py' .* has changed since the plan"):
        running.deploy(APPLY)

    assert "dags/first.py" not in running.deployed()


def test_the_second_of_two_deployments_stops_before_it_uploads_anything(running: Site) -> None:
    running.mwaa.describes(running.versions())
    write_file(running.checkout, "dags/third.py", "-- new\n")
    record = running.bucket.read(RECORD)
    running.on_line[PLANNED] = lambda: running.upload(RECORD, record + b" ")

    with pytest.raises(DeploymentError, match=f"'{RECORD}' .* somebody else deploys"):
        running.deploy(APPLY)

    assert "dags/third.py" not in running.deployed()


def test_a_deployment_that_began_during_the_update_wins(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "plugins/plugin.py", "VALUE = 2\n")
    write_file(running.checkout, "dags/third.py", "-- new\n")
    running.mwaa.describes(before)
    running.deploy(APPLY)
    new = running.versions()
    running.mwaa.describes(before)
    running.mwaa.expects_update(new)
    running.mwaa.describes(new)
    running.on_line["Environment 'billing-test': AVAILABLE"] = lambda: running.upload(
        RECORD, running.bucket.read(RECORD) + b" "
    )

    with pytest.raises(DeploymentError, match=f"'{RECORD}' .* somebody else deploys"):
        running.deploy(UPDATE)

    assert "dags/third.py" not in running.deployed()


@pytest.mark.parametrize("last", ["Uploaded plugins.zip", "Uploaded dags/first.py"])
def test_a_deployment_that_was_killed_is_finished_by_the_next_one(site: Site, last: str) -> None:
    deploy_and_kill(site, last)
    left = site.versions()

    assert site.deploy(APPLY) == 0

    assert last not in site.said
    assert site.versions() | left | {RECORD: ""} == site.versions() | {RECORD: ""}
    assert site.versions()["plugins.zip"] in site.said[-1]


def test_a_file_that_somebody_repaired_after_a_killed_deployment_is_theirs(site: Site) -> None:
    deploy_and_kill(site, "Uploaded dags/first.py")
    site.upload("dags/first.py")

    with pytest.raises(DeploymentError, match="What is marked with !"):
        site.deploy(APPLY)

    assert [line for line in site.said if line.startswith("  !")] == ["  ! dags/first.py"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b'{"environment": ', "the whole file: Invalid JSON"), (b'{"uploads": {"x": 1}}', "uploads.x: Input should be")],
)
def test_a_damaged_record_is_one_error_that_says_what_to_do(running: Site, content: bytes, problem: str) -> None:
    running.upload(RECORD, content)
    running.mwaa.describes()

    with pytest.raises(DeploymentError) as caught:
        running.deploy(APPLY)

    first, *_, last = str(caught.value).splitlines()
    assert first == f"The record of deployments s3://{running.bucket.name}/{RECORD} is damaged:"
    assert problem in str(caught.value)
    assert last.startswith("Restore its previous version")


def test_the_bucket_of_another_environment_is_taken_only_on_request(running: Site) -> None:
    before = running.versions()
    write_settings(running.environments, MWAA_BUCKET=running.bucket.name, MWAA_ENVIRONMENT="billing-new")
    write_file(running.checkout, "dags/first.py", "-- of the new one\n")
    running.mwaa.knows_no_environment()

    with pytest.raises(DeploymentError, match=r"names environment 'billing-test' .* expected 'billing-new'"):
        running.deploy(Wishes(apply=True, adopt=True))
    assert running.versions() == before

    running.mwaa.knows_no_environment()
    assert running.deploy(Wishes(apply=True, take_over=True)) == 0
    assert json.loads(running.bucket.read(RECORD))["environment"] == "billing-new"


def test_a_deployment_that_waits_for_its_update_is_not_disturbed_by_a_second_one(running: Site) -> None:
    running.mwaa.describes(running.versions(), status="UPDATING")
    record = running.bucket.read(RECORD)

    with pytest.raises(DeploymentError, match="is UPDATING, expected AVAILABLE: nothing was changed"):
        running.deploy(APPLY)

    assert running.bucket.read(RECORD) == record


def test_a_record_that_names_uploads_only_is_that_of_an_older_deployment(running: Site) -> None:
    uploads = json.loads(running.bucket.read(RECORD))["uploads"]
    running.bucket.client.put_object(Bucket=running.bucket.name, Key=RECORD, Body=json.dumps(uploads).encode())
    Path(running.checkout, "dags/second.py").unlink()
    running.mwaa.describes(running.versions())

    running.deploy(Wishes())

    assert "  - dags/second.py" in running.said


def test_versions_of_another_bucket_are_not_believed(running: Site) -> None:
    record = json.loads(running.bucket.read(RECORD)) | {"bucket": "the-original"}
    running.bucket.client.put_object(Bucket=running.bucket.name, Key=RECORD, Body=json.dumps(record).encode())
    running.mwaa.describes(running.versions())

    running.deploy(Wishes(take_over=True))

    assert "  ! plugins.zip" in running.said
