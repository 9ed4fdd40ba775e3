"""The service MWAA as a deployment sees it: boto3's client, with answers from here and checked requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from botocore.validate import validate_parameters

NAME = "billing-test"


class MwaaService:
    """Answers that a test lines up; a request that AWS would not take, or that nobody expects, is an error."""

    def __init__(self, bucket: str) -> None:
        self.client = boto3.client(
            "mwaa", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self._bucket = bucket
        self._stubber = Stubber(self.client)
        self._stubber.activate()
        self.client.invoke_rest_api = self._ask_airflow
        self.runs: list[dict[str, Any]] = []
        self.dags: list[dict[str, Any]] = []
        self.answers_no_question = False
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def describes(self, versions: dict[str, str] | None = None, status: str = "AVAILABLE", **changed: Any) -> None:
        """Next, the environment is described, with these versions of its files."""
        versions = versions or {}
        environment = {
            "Name": NAME,
            "Status": status,
            "AirflowVersion": "3.3.1",
            "SourceBucketArn": f"arn:aws:s3:::{self._bucket}",
            "DagS3Path": "dags/",
            "PluginsS3Path": "plugins.zip",
            "PluginsS3ObjectVersion": versions.get("plugins.zip", "none"),
            "RequirementsS3Path": "requirements.txt",
            "RequirementsS3ObjectVersion": versions.get("requirements.txt", "none"),
            "StartupScriptS3Path": "startup.sh",
            "StartupScriptS3ObjectVersion": versions.get("startup.sh", "none"),
            **changed,
        }
        self._stubber.add_response("get_environment", {"Environment": environment}, {"Name": NAME})

    def knows_no_environment(self) -> None:
        """Next, there is no environment of that name."""
        self._stubber.add_client_error("get_environment", "ResourceNotFoundException")

    def expects_update(self, versions: dict[str, str], **changed: str) -> None:
        """Next, the environment is told to take these versions."""
        request = {
            "Name": NAME,
            "WorkerReplacementStrategy": "GRACEFUL",
            "PluginsS3Path": "plugins.zip",
            "PluginsS3ObjectVersion": versions["plugins.zip"],
            "RequirementsS3Path": "requirements.txt",
            "RequirementsS3ObjectVersion": versions["requirements.txt"],
            "StartupScriptS3Path": "startup.sh",
            "StartupScriptS3ObjectVersion": versions["startup.sh"],
            **changed,
        }
        self._stubber.add_response(
            "update_environment", {"Arn": "arn:aws:airflow:eu-central-1:1:environment/x"}, request
        )

    def _ask_airflow(self, **request: Any) -> dict[str, Any]:
        """Answer from the runs and DAGs of this environment, or as AWS does without the right to ask."""
        validate_parameters(request, self.client.meta.service_model.operation_model("InvokeRestApi").input_shape)
        path, query = request["Path"], request["QueryParameters"]
        self.asked.append((path, query))
        if self.answers_no_question:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "denied"}}, "InvokeRestApi")
        runs = [run for run in self.runs if run["state"] == query.get("state")]
        answers = {"/dags/~/dagRuns": {"dag_runs": runs}, "/dags": {"dags": self.dags}}
        return {"RestApiStatusCode": 200, "RestApiResponse": answers[path]}

    def has_answered_all(self) -> None:
        """Check that nothing is left that was expected."""
        self._stubber.assert_no_pending_responses()
