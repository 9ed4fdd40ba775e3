"""The running stack: what a client may do on it, what is refused, and that its secrets stay secret."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection

import psutil
import psycopg2
import pytest
from botocore.exceptions import ClientError

from local.servers.s3.client import s3_client
from local.servers.stack import Stack

RIGHTS = "rolsuper, rolcreatedb, rolcreaterole, rolreplication"


def secrets(stack: Stack) -> list[str]:
    keys = stack.credentials
    return [
        keys.superuser_password,
        keys.role_password,
        keys.metadata_password,
        keys.s3_access_key,
        keys.s3_secret_key,
    ]


def status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def test_pipeline_role_logs_in_to_its_database_without_special_rights(stack: Stack) -> None:
    with closing(psycopg2.connect(stack.dsn())) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user, current_database()")
        assert cursor.fetchall() == [("billing_aggregator", "octopus")]
        cursor.execute(f"select {RIGHTS} from pg_roles where rolname = current_user")
        assert cursor.fetchall() == [(False, False, False, False)]


def test_airflow_logs_in_to_a_database_of_its_own_without_special_rights(stack: Stack) -> None:
    with closing(psycopg2.connect(stack.metadata_dsn())) as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table metadata as select current_user::text, current_database()::text")
        cursor.execute("select * from metadata")
        assert cursor.fetchall() == [("airflow", "airflow")]
        cursor.execute(f"select {RIGHTS} from pg_roles where rolname = current_user")
        assert cursor.fetchall() == [(False, False, False, False)]


def test_the_pipeline_cannot_read_what_airflow_knows(stack: Stack) -> None:
    with (
        closing(psycopg2.connect(stack.metadata_dsn())) as airflow,
        closing(psycopg2.connect(stack.dsn("airflow"))) as own,
    ):
        airflow.autocommit = True
        airflow.cursor().execute("create table secrets as select 1")
        try:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                own.cursor().execute("select * from secrets")
        finally:
            airflow.cursor().execute("drop table secrets")


def test_admin_is_superuser(stack: Stack) -> None:
    with closing(psycopg2.connect(stack.admin_dsn())) as connection, connection.cursor() as cursor:
        cursor.execute("select rolsuper from pg_roles where rolname = current_user")
        assert cursor.fetchall() == [(True,)]


@pytest.mark.parametrize("password", ["", "wrong"])
def test_wrong_database_password_is_refused(stack: Stack, password: str) -> None:
    dsn = stack.dsn().replace(stack.credentials.role_password, password)
    with pytest.raises(psycopg2.OperationalError, match=r"password"):
        psycopg2.connect(dsn)


def test_letters_beyond_ascii_change_case_and_sort_by_code_point(stack: Stack) -> None:
    with closing(psycopg2.connect(stack.dsn())) as connection, connection.cursor() as cursor:
        cursor.execute("select upper('äöü'), array(select unnest(array['b', 'ä', 'B', 'a']) order by 1)")
        assert cursor.fetchall() == [("ÄÖÜ", ["B", "a", "b", "ä"])]


def test_bucket_of_the_pipeline_exists_and_is_empty(stack: Stack) -> None:
    listing = stack.s3_client().list_objects_v2(Bucket="billing-exports")
    assert listing["KeyCount"] == 0


@pytest.mark.parametrize("wrong", ["access_key", "secret_key"])
def test_wrong_s3_key_is_refused(stack: Stack, wrong: str) -> None:
    keys = {
        "access_key": stack.credentials.s3_access_key,
        "secret_key": stack.credentials.s3_secret_key,
        wrong: "wrong",
    }
    with pytest.raises(ClientError) as refused:
        s3_client(stack.s3_url, **keys).list_objects_v2(Bucket="billing-exports")
    assert status(refused.value) == 403


def test_anonymous_s3_request_is_refused(stack: Stack) -> None:
    with closing(HTTPConnection(stack.s3_url.removeprefix("http://"))) as connection:
        connection.request("GET", "/billing-exports")
        assert connection.getresponse().status == 403


def test_upload_to_a_missing_bucket_is_refused(stack: Stack) -> None:
    with pytest.raises(ClientError) as refused:
        stack.s3_client().put_object(Bucket="no-such-bucket", Key="key", Body=b"")
    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"


def test_environment_holds_the_connection_settings_of_the_pipeline(stack: Stack) -> None:
    environment = stack.environment()
    assert environment == {
        "BDA_DB_HOST": "127.0.0.1",
        "BDA_DB_PORT": str(stack.postgres_port),
        "BDA_DB_NAME": "octopus",
        "BDA_DB_USER": "billing_aggregator",
        "BDA_DB_PASSWORD": stack.credentials.role_password,
        "BDA_S3_BUCKET": "billing-exports",
        "BDA_S3_REGION": "us-east-1",
        "BDA_S3_URL": stack.s3_url,
        "BDA_S3_ACCESS_KEY": stack.credentials.s3_access_key,
        "BDA_S3_SECRET_ACCESS_KEY": stack.credentials.s3_secret_key,
    }


def test_servers_listen_on_the_loopback_address_only(stack: Stack) -> None:
    for pid in (stack.postgres_pid, stack.s3_pid):
        listening = [c for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_secrets_are_in_no_text_meant_for_people(stack: Stack) -> None:
    text = repr(stack) + str(stack) + stack.describe() + repr(stack.credentials)
    assert [secret for secret in secrets(stack) if secret in text] == []


def test_secrets_are_in_no_log_and_on_no_command_line(stack: Stack) -> None:
    logs = [path.read_text(encoding="utf-8") for path in sorted(stack.state_dir.glob("*.log"))]
    commands = [" ".join(psutil.Process(pid).cmdline()) for pid in (stack.postgres_pid, stack.s3_pid)]
    assert len(logs) == 2
    assert [secret for secret in secrets(stack) for text in logs + commands if secret in text] == []


def test_credentials_are_readable_by_their_owner_only(stack: Stack) -> None:
    for name in ("credentials.json", "s3.json"):
        assert (stack.state_dir / name).stat().st_mode & 0o777 == 0o600
