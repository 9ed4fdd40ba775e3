"""Is a run at work, or about to start? Airflow of the environment answers, through Amazon MWAA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from deployment.errors import DeploymentError

# What the ids of our DAGs begin with, of each client (docs/clients.md).
DAG_IDS = "billing_data_"
AT_WORK = ("running", "queued")
# The most that Airflow lists in one answer.
LIMIT = "100"


class AirflowClient(Protocol):
    """What is used of boto3's client of the service `mwaa`."""

    def invoke_rest_api(self, **request: object) -> Mapping[str, Any]:
        """Send a request to Airflow's REST API."""


def refuse_during_run(client: AirflowClient, environment: str, now: datetime, lasts: timedelta) -> None:
    """Check that no run is at work, and that the schedule starts none while the deployment lasts.

    :raises DeploymentError: a run is in the way, or Airflow does not answer
    """
    runs = [*_runs_at_work(client, environment), *_next_starts(client, environment, now + lasts)]
    if runs:
        raise DeploymentError(
            "\n".join(
                ["Nothing was changed, because a run would meet two releases:", *runs, "Wait, or deploy with NOW=1"]
            )
        )


def _runs_at_work(client: AirflowClient, environment: str) -> Iterator[str]:
    for state in AT_WORK:
        for run in _list(client, environment, "/dags/~/dagRuns", "dag_runs", state=state):
            yield f"  - {run['dag_id']}: the run {run['dag_run_id']} is {run['state']}"


def _next_starts(client: AirflowClient, environment: str, end: datetime) -> Iterator[str]:
    for dag in _list(client, environment, "/dags", "dags", paused="false"):
        start = dag["next_dagrun_run_after"]
        if start and datetime.fromisoformat(start) < end:
            yield f"  - {dag['dag_id']}: the schedule starts the next run at {start}"


def _list(client: AirflowClient, environment: str, path: str, member: str, **query: str) -> list[Mapping[str, Any]]:
    """Return the entries of our DAGs in a list of Airflow."""
    query |= {"dag_id_pattern": DAG_IDS, "limit": LIMIT}
    try:
        answer = client.invoke_rest_api(Name=environment, Method="GET", Path=path, QueryParameters=query)
    except (BotoCoreError, ClientError) as error:
        raise DeploymentError(
            f"Airflow of '{environment}' did not say whether a run is at work: {error}. Nothing was changed. Allow"
            " airflow:InvokeRestApi (docs/deployment.md), or look at its runs yourself and deploy with NOW=1"
        ) from error
    return [entry for entry in answer["RestApiResponse"][member] if entry["dag_id"].startswith(DAG_IDS)]
