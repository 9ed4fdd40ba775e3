"""The MWAA environment: does it run what is in the bucket, and bring it to do so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError
from packaging.version import Version

from deployment.activity import AirflowClient
from deployment.errors import DeploymentError
from deployment.ownership import Upload
from deployment.package import PLUGINS, REQUIREMENTS, STARTUP
from deployment.settings_file import Target

PATHS = {PLUGINS: "PluginsS3", REQUIREMENTS: "RequirementsS3", STARTUP: "StartupScriptS3"}
DAGS_PATH = "dags"
READY = "AVAILABLE"
# AWS takes no update then, and another deployment may be waiting for the one that goes on.
BUSY = ("PENDING", "CREATING", "CREATING_SNAPSHOT", "UPDATING", "ROLLING_BACK", "MAINTENANCE", "DELETING")
BROKEN = ("CREATE_FAILED", "UNAVAILABLE", "DELETING", "DELETED")
POLL_SECONDS = 30
# AWS speaks of 10 to 30 minutes; with workers that finish their tasks first it may take longer.
LONGEST_SECONDS = 2 * 60 * 60

Found = Mapping[str, Any]


class MwaaClient(AirflowClient, Protocol):
    """What is used of boto3's client of the service `mwaa`."""

    def get_environment(self, *, Name: str) -> Mapping[str, Found]:  # noqa: N803 - AWS's name
        """Describe an environment."""

    def update_environment(self, **request: str) -> object:
        """Change an environment."""


def find_environment(client: MwaaClient, target: Target) -> Found | None:
    """The environment, or None if it does not exist yet.

    :raises DeploymentError: it reads another bucket or folder, or runs a version that cannot be upgraded to the one of
        the settings file
    """
    try:
        found = client.get_environment(Name=target.environment)["Environment"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    problems = [f"  - {problem}" for problem in _problems(found, target)]
    if problems:
        raise DeploymentError("\n".join([f"Environment '{target.environment}':", *problems]))
    return found


def refuse_while_busy(found: Found) -> None:
    """Check that the environment is not changing.

    :raises DeploymentError: it is, so that this deployment would break the one that goes on
    """
    if found["Status"] in BUSY:
        raise DeploymentError(
            f"The environment '{found['Name']}' is {found['Status']}, expected {READY}: nothing was changed. Another"
            " deployment may be waiting for it. Deploy again when it is available"
        )


def _problems(found: Found, target: Target) -> Iterator[str]:
    arn, version, folder = found["SourceBucketArn"], found["AirflowVersion"], str(found.get("DagS3Path", ""))
    # What an ARN begins with depends on the region: arn:aws, arn:aws-eusc.
    if arn.rpartition(":")[2] != target.bucket:
        yield f"its SourceBucketArn is '{arn}', expected the bucket '{target.bucket}': correct MWAA_BUCKET"
    current, wanted = Version(version), Version(target.version)
    if current.major != wanted.major or current > wanted:
        yield f"its AirflowVersion is '{version}', expected '{wanted}' or an older {wanted.major}.x: set MWAA_VERSION"
    if folder.rstrip("/") != DAGS_PATH:
        yield f"its DagS3Path is '{folder}', expected '{DAGS_PATH}': correct the environment's DAGs folder"


def component_versions(uploads: Mapping[str, Upload]) -> dict[str, str]:
    """The versions of plugins, requirements and startup script among the objects that were uploaded."""
    return {key: uploads[key].version for key in PATHS}


def outdated_parts(found: Found, target: Target, versions: Mapping[str, str]) -> list[str]:
    """Return what an update must bring: a newer Airflow, and files that the environment has in another version."""
    files = [
        key
        for key, prefix in PATHS.items()
        if (found.get(f"{prefix}Path"), found.get(f"{prefix}ObjectVersion")) != (key, versions[key])
    ]
    return [*([f"Airflow {target.version}"] if found["AirflowVersion"] != target.version else []), *files]


def update_environment(client: MwaaClient, found: Found, target: Target, versions: Mapping[str, str]) -> None:
    """Let the environment take these versions; running tasks may end first.

    A newer Airflow comes in the same request: neither image can install the requirements of the other one.
    """
    request = {"Name": target.environment, "WorkerReplacementStrategy": "GRACEFUL"}
    if found["AirflowVersion"] != target.version:
        request["AirflowVersion"] = target.version
    for key, prefix in PATHS.items():
        request |= {f"{prefix}Path": key, f"{prefix}ObjectVersion": versions[key]}
    client.update_environment(**request)


def wait_until_updated(
    client: MwaaClient,
    before: Found,
    target: Target,
    versions: Mapping[str, str],
    progress: Callable[[str], None],
    sleep: Callable[[float], None],
) -> None:
    """Wait until the environment is available with these versions.

    :param before: the environment before its update, which AWS may still show for a while
    :raises DeploymentError: the update failed, or it takes too long
    """
    name, status = before["Name"], ""
    for _ in range(LONGEST_SECONDS // POLL_SECONDS):
        found = client.get_environment(Name=name)["Environment"]
        if found["Status"] != status:
            status = found["Status"]
            progress(f"Environment '{name}': {status}")
        if status == READY and not outdated_parts(found, target, versions):
            return
        if status in BROKEN or _has_failed(found, before):
            reason = found.get("LastUpdate", {}).get("Error", {}).get("ErrorMessage", "its logs in CloudWatch say why")
            raise DeploymentError(f"The update of '{name}' failed, it is {status}: {reason}. No DAG file was uploaded.")
        sleep(POLL_SECONDS)
    raise DeploymentError(f"'{name}' is still {status} after {LONGEST_SECONDS // 3600} hours: see its logs")


def _has_failed(found: Found, before: Found) -> bool:
    last = found.get("LastUpdate", {})
    return bool(
        last.get("Status") == "FAILED" and last.get("CreatedAt") != before.get("LastUpdate", {}).get("CreatedAt")
    )
