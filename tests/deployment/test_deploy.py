"""A deployment shows what it would do, does it in the safe order, and touches nothing of anybody else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployment.deploy import Wishes
from deployment.errors import DeploymentError
from tests.deployment.mwaa_service import NAME
from tests.deployment.settings_files import write_settings
from tests.deployment.site import APPLY, RECORD, UPDATE, Site
from tests.support.bucket import Bucket
from tests.support.script_files import write_file

COMPONENTS = ("dags/constraints-3.3.1.txt", "plugins.zip", "requirements.txt", "startup.sh")


def test_without_apply_it_shows_what_would_change_and_changes_nothing(site: Site) -> None:
    site.mwaa.describes()

    assert site.deploy(Wishes()) == 0

    assert site.bucket.keys() == []
    assert "  + dags/include/sql/init/a/010_x.sql" in site.said
    assert site.said[-2:] == [
        "The environment needs an update, which takes up to half an hour: dags/constraints-3.3.1.txt, plugins.zip,"
        " requirements.txt, startup.sh",
        "Nothing was changed: APPLY=1 does it.",
    ]


def test_the_first_deployment_uploads_all_and_says_with_which_versions_to_create_the_environment(site: Site) -> None:
    site.mwaa.knows_no_environment()

    assert site.deploy(APPLY) == 0

    assert site.deployed() == sorted(
        [
            *COMPONENTS,
            "dags/first.py",
            "dags/second.py",
            *(f"dags/include/sql/init/a/{n}.sql" for n in ("010_x", "020_y")),
        ]
    )
    assert site.bucket.read("dags/first.py") == b"-- dags/first.py\n"
    assert site.said[-1].startswith(f"Now create the environment '{NAME}' with these versions:")
    assert site.versions()["plugins.zip"] in site.said[-1]


def test_plugins_and_requirements_come_before_scripts_and_scripts_before_dag_files(site: Site) -> None:
    site.mwaa.knows_no_environment()

    site.deploy(APPLY)

    uploaded = [line.removeprefix("Uploaded ") for line in site.said if line.startswith("Uploaded ")]
    assert uploaded[:4] == list(COMPONENTS)
    assert [Path(key).suffix for key in uploaded[4:]] == [".sql", ".sql", ".py", ".py"]


def test_a_second_deployment_of_the_same_package_changes_nothing(running: Site) -> None:
    before = running.versions()
    running.mwaa.describes(before)

    assert running.deploy(APPLY) == 0

    assert {**running.versions(), RECORD: ""} == {**before, RECORD: ""}
    assert running.said[1:3] == ["  nothing: the bucket holds this package", "The environment needs no update."]


def test_a_changed_script_needs_no_update_of_the_environment(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "include/sql/init/a/010_x.sql", "select 2;\n")
    running.mwaa.describes(before)

    assert running.deploy(APPLY) == 0

    assert "The environment needs no update." in running.said
    assert running.bucket.read("dags/include/sql/init/a/010_x.sql") == b"select 2;\n"
    changed = {key for key, version in running.versions().items() if before[key] != version}
    assert changed == {"dags/include/sql/init/a/010_x.sql", RECORD}


def test_dag_files_wait_for_the_update_that_their_plugins_need(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "plugins/plugin.py", "VALUE = 2\n")
    write_file(running.checkout, "dags/first.py", "-- new\n")
    running.mwaa.describes(before)

    assert running.deploy(APPLY) == 3

    after = running.versions()
    assert after["plugins.zip"] != before["plugins.zip"]
    assert after["dags/first.py"] == before["dags/first.py"]
    assert running.said[-1] == "The DAG files were not uploaded. Next: APPLY=1 UPDATE=1"


def test_with_update_the_environment_takes_the_new_versions_before_the_dag_files_come(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "plugins/plugin.py", "VALUE = 2\n")
    write_file(running.checkout, "dags/first.py", "-- new\n")
    running.mwaa.describes(before)
    running.deploy(APPLY)  # says that the environment needs an update
    new = running.versions()
    earlier = {"Status": "FAILED", "CreatedAt": datetime(2026, 1, 1, tzinfo=UTC)}
    running.mwaa.describes(before, LastUpdate=earlier)
    running.mwaa.expects_update(new)
    # AWS may still show the environment as it was, with an earlier update that had failed.
    running.mwaa.describes(before, LastUpdate=earlier)
    running.mwaa.describes(before, status="UPDATING")
    running.mwaa.describes(before, status="UPDATING")
    running.mwaa.describes(new)

    assert running.deploy(UPDATE) == 0

    assert running.waited == [30, 30, 30]
    assert [line for line in running.said if line.startswith("Environment ")] == [
        f"Environment '{NAME}': AVAILABLE",
        f"Environment '{NAME}': UPDATING",
        f"Environment '{NAME}': AVAILABLE",
    ]
    assert running.said.index("Uploaded dags/first.py") > running.said.index(f"Environment '{NAME}': UPDATING")


def test_a_failed_update_is_told_with_the_reason_of_aws_and_no_dag_file_is_uploaded(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "plugins/plugin.py", "VALUE = 2\n")
    write_file(running.checkout, "dags/first.py", "-- new\n")
    running.mwaa.describes(before)
    running.deploy(APPLY)
    running.mwaa.describes(before)
    running.mwaa.expects_update(running.versions())
    running.mwaa.describes(before, status="UPDATING")
    failed = {
        "Status": "FAILED",
        "CreatedAt": datetime(2026, 1, 2, tzinfo=UTC),
        "Error": {"ErrorCode": "1", "ErrorMessage": "Unable to unzip plugins.zip"},
    }
    running.mwaa.describes(before, status="UPDATE_FAILED", LastUpdate=failed)

    with pytest.raises(DeploymentError, match=r"it is UPDATE_FAILED: Unable to unzip plugins\.zip\. No DAG file"):
        running.deploy(UPDATE)

    assert running.versions()["dags/first.py"] == before["dags/first.py"]


def test_what_the_package_no_longer_has_is_deleted_and_what_others_have_put_there_stays(running: Site) -> None:
    before = running.versions()
    (running.checkout / "include/sql/init/a/020_y.sql").unlink()
    running.bucket.client.put_object(Bucket=running.bucket.name, Key="dags/of_another_team.py", Body=b"")
    running.mwaa.describes(before)

    assert running.deploy(APPLY) == 0

    assert "  - dags/include/sql/init/a/020_y.sql" in running.said
    assert "dags/include/sql/init/a/020_y.sql" not in running.deployed()
    assert "dags/of_another_team.py" in running.deployed()


def test_an_object_that_somebody_else_has_put_there_is_replaced_only_on_request(running: Site) -> None:
    before = running.versions()
    running.bucket.client.put_object(Bucket=running.bucket.name, Key="dags/first.py", Body=b"by hand")
    running.mwaa.describes(before)

    with pytest.raises(DeploymentError, match="What is marked with ! was not put there by a deployment"):
        running.deploy(APPLY)

    assert "  ! dags/first.py" in running.said
    assert running.bucket.read("dags/first.py") == b"by hand"

    running.mwaa.describes(before)
    assert running.deploy(Wishes(apply=True, adopt=True)) == 0
    assert running.bucket.read("dags/first.py") == b"-- dags/first.py\n"


def test_an_object_that_somebody_has_deleted_is_uploaded_again(running: Site) -> None:
    before = running.versions()
    running.bucket.client.delete_object(Bucket=running.bucket.name, Key="dags/second.py")
    running.mwaa.describes(before)

    assert running.deploy(APPLY) == 0

    assert "  + dags/second.py" in running.said
    assert running.bucket.read("dags/second.py") == b"-- dags/second.py\n"


def test_an_environment_of_a_newer_version_or_another_bucket_is_refused_before_anything_changes(site: Site) -> None:
    site.mwaa.describes(AirflowVersion="3.4.0", SourceBucketArn="arn:aws:s3:::another", DagS3Path="other")

    with pytest.raises(DeploymentError) as caught:
        site.deploy(UPDATE)

    assert str(caught.value).splitlines() == [
        f"Environment '{NAME}':",
        "  - its SourceBucketArn is 'arn:aws:s3:::another', expected the bucket"
        f" '{site.bucket.name}': correct MWAA_BUCKET",
        "  - its AirflowVersion is '3.4.0', expected '3.3.1' or an older 3.x: set MWAA_VERSION",
        "  - its DagS3Path is 'other', expected 'dags': correct the environment's DAGs folder",
    ]
    assert site.bucket.keys() == []


def test_a_newer_airflow_comes_with_its_requirements_and_the_old_ones_keep_their_constraints_until_then(
    running: Site,
) -> None:
    write_settings(running.environments, MWAA_BUCKET=running.bucket.name, MWAA_VERSION="3.2.1")
    running.mwaa.knows_no_environment()
    running.deploy(APPLY)
    before = running.versions()
    write_settings(running.environments, MWAA_BUCKET=running.bucket.name)
    old = {"versions": before, "AirflowVersion": "3.2.1"}
    running.mwaa.describes(**old)
    assert running.deploy(APPLY) == 3
    new = running.versions()
    running.mwaa.describes(**old)
    running.mwaa.expects_update(new, AirflowVersion="3.3.1")
    running.mwaa.describes(**old, status="UPDATING")
    running.mwaa.describes(new, AirflowVersion="3.2.1")
    running.mwaa.describes(new)

    assert "dags/constraints-3.2.1.txt" in running.deployed()
    assert running.deploy(UPDATE) == 0

    assert running.said[-2] == "Deleted dags/constraints-3.2.1.txt"
    assert running.waited == [30, 30]


def test_a_region_of_the_european_sovereign_cloud_is_deployed_to_like_any_other(site: Site) -> None:
    write_settings(site.environments, MWAA_BUCKET=site.bucket.name, MWAA_REGION="eusc-de-east-1")
    site.mwaa.describes(SourceBucketArn=f"arn:aws-eusc:s3:::{site.bucket.name}")

    assert site.deploy(Wishes()) == 0


def test_a_bucket_without_versioning_is_refused(tmp_path: Path, site: Site, bucket: Bucket) -> None:
    write_settings(site.environments, MWAA_BUCKET=bucket.name)
    site.mwaa.knows_no_environment()

    with pytest.raises(DeploymentError, match=f"The bucket '{bucket.name}' has no versioning"):
        site.deploy(APPLY)


def test_dag_files_follow_once_somebody_else_has_updated_the_environment(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "plugins/plugin.py", "VALUE = 2\n")
    running.mwaa.describes(before)
    running.deploy(APPLY)
    new = running.versions()
    # The environment was updated by somebody else, as by Terraform.
    running.mwaa.describes(new)

    assert running.deploy(APPLY) == 0

    assert "The environment needs no update." in running.said
    assert running.versions()["plugins.zip"] == new["plugins.zip"]
