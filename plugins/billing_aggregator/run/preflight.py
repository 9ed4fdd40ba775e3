"""Before a run: are its parameters right, does the warehouse answer, may the bucket be written? Skips the rest."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, DownstreamTasksSkipped

from billing_aggregator.run.current_run import business_date_of
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.run.identity import ensure_identity
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.params import REMEDY, SystemChoice, check_business_date, check_params
from billing_aggregator.run.warehouse import open_session
from billing_aggregator.scripts.stages import DRY_RUN
from billing_aggregator.scripts.task_names import TaskName
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.operators.retry_or_fail import retry_or_fail

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

# Left by a preflight that has refused what the run asks for: its parameters, or the day that it is for.
REFUSED_KEY = "refused"


def run_preflight(endpoints: Endpoints, choice: SystemChoice, lock: RunLock) -> None:
    """Check the run that is going on, take the lock of the warehouse for it, and skip what it does not select.

    :raises DownstreamTasksSkipped: Airflow's way to skip all tasks of the other systems at once
    :raises AirflowFailException: parameters, password, bucket or permissions are wrong, or another run is building
        and this one is not to wait
    :raises AirflowException: the warehouse or S3 does not answer; Airflow retries
    """
    context = get_current_context()
    params = context["params"]
    _judge(context, choice)
    prove_warehouse(endpoints)
    prove_bucket(endpoints, dry_run=params["dry_run"])
    with retry_or_fail("claiming the warehouse for this run"):
        ensure_identity(lock.client_id, lock.sql_conn_id)
        lock.claim(context)
    skipped = _skipped_tasks(context["dag"].task_ids, choice.names, params)
    log.info("Skipping what the run does not select: %s tasks", len(skipped))
    raise DownstreamTasksSkipped(tasks=skipped)  # type: ignore[no-untyped-call]


def _judge(context: Context, choice: SystemChoice) -> None:
    """Check what the run asks for, and leave word for its report where that is refused."""
    params = context["params"]
    try:
        with retry_or_fail("checking the run's parameters", REMEDY):
            check_params(params, choice)
        _check_date(context, is_chosen=params["business_date"] is not None)
    except AirflowFailException:
        context["ti"].xcom_push(key=REFUSED_KEY, value=True)
        raise


def _skipped_tasks(task_ids: Iterable[str], systems: Collection[str], params: Mapping[str, Any]) -> list[str]:
    """The tasks of systems that are not selected; in a dry run those of all systems, else the dry run itself."""
    passed_over = {*systems} if params["dry_run"] else {*systems} - {*params["systems"]}
    skipped = [task_id for task_id in task_ids if TaskName.of(task_id).system in passed_over]
    return skipped if params["dry_run"] else [DRY_RUN, *skipped]


def enter_task(system: str, lock: RunLock, context: Context) -> None:
    """Before each task of a system, also one that a person clears long after the preflight.

    The preflight has judged the business date for as long as the run holds the lock. A run that has given it back and
    goes on is judged again: the sources are those of now.

    :raises AirflowSkipException: the run does not select the system, or is a dry run
    :raises AirflowFailException: its business date has passed, or another run is building and this one is not to wait
    """
    if context["params"]["dry_run"]:
        raise AirflowSkipException("a dry run changes nothing")
    if system not in context["params"]["systems"]:
        raise AirflowSkipException(f"the run does not select the system {system!r}")
    with retry_or_fail(f"entering a task of the system {system!r}"):
        lock.claim(context, before_taking=partial(_check_date, context, is_chosen=False))


def _check_date(context: Context, *, is_chosen: bool) -> None:
    allow_past, today = context["params"]["allow_past_date"], datetime.now(UTC).date()
    with retry_or_fail("checking the run's business date", REMEDY):
        check_business_date(business_date_of(context), today, is_chosen=is_chosen, allow_past=allow_past)


def prove_warehouse(endpoints: Endpoints) -> None:
    """Prove that the warehouse answers.

    :raises AirflowFailException: address, role or password are wrong
    :raises AirflowException: the warehouse does not answer; Airflow retries
    """
    with retry_or_fail(f"reaching the warehouse through the connection {endpoints.sql_conn_id!r}"):
        _reach_warehouse(endpoints)


def prove_bucket(endpoints: Endpoints, *, dry_run: bool = False) -> None:
    """Prove that the bucket may be written, and leave nothing in it.

    :param dry_run: nothing will be written, so the bucket need only answer
    :raises AirflowFailException: bucket, credentials or permissions are wrong
    :raises AirflowException: S3 does not answer; Airflow retries
    """
    with retry_or_fail(f"reaching s3://{endpoints.s3_bucket} through the connection {endpoints.aws_conn_id!r}"):
        _reach_bucket(endpoints, dry_run=dry_run)


def _reach_warehouse(endpoints: Endpoints) -> None:
    _refuse_options(endpoints.sql_conn_id)
    with closing(open_session(endpoints.sql_conn_id, endpoints.script_options)) as session:
        user, database, version = session.fetch_row(
            "select current_user, current_database(), current_setting('server_version')"
        )
    log.info("The warehouse answers: PostgreSQL %s, database %r, role %r", version, database, user)


def _refuse_options(sql_conn_id: str) -> None:
    """The connection's own `options` would take the place of the settings that all scripts count on."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    found = PostgresHook.get_connection(sql_conn_id).extra_dejson.get("options")
    if found:
        raise PermanentError(
            f"expected no 'options' among the extra fields of the connection {sql_conn_id!r}, found {found!r}: they"
            " would replace the settings of the scripts' sessions. Remove them there, and set"
            " BDA_SCRIPT_SESSION=name=value"
        )


def _reach_bucket(endpoints: Endpoints, *, dry_run: bool) -> None:
    """An upload that is begun and aborted proves the permission to write and leaves no object behind."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    client: S3Client = S3Hook(endpoints.aws_conn_id).get_conn()
    client.list_objects_v2(Bucket=endpoints.s3_bucket, Prefix=endpoints.key(""), MaxKeys=1)
    if dry_run:
        log.info("The bucket %r answers; dry run: it is not written", endpoints.s3_bucket)
        return
    key = endpoints.key(".preflight")
    upload = client.create_multipart_upload(Bucket=endpoints.s3_bucket, Key=key)
    client.abort_multipart_upload(Bucket=endpoints.s3_bucket, Key=key, UploadId=upload["UploadId"])
    log.info("The bucket %r answers and may be written", endpoints.s3_bucket)
