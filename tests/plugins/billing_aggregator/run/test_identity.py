"""An Airflow has one identity that no other has: its address on Amazon MWAA, else what its first preflight makes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from airflow.models.variable import Variable
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from airflow.sdk.bases.secrets_backend import BaseSecretsBackend
from airflow.settings import get_engine
from airflow.utils.session import create_session
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from billing_aggregator.run.identity import ensure_identity, identity_of_airflow, variable_of
from billing_aggregator.settings.settings import Settings
from postgres_to_s3.errors import TransientError
from tests.support.airflow_home import run_dag
from tests.support.export_runner import wait_until
from tests.support.warehouse import Warehouse

CLIENT = "stadt-werke.1"
NO_SUCH_CONNECTION = "nowhere"


@pytest.fixture
def sql_conn_id(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> str:
    """The Airflow connection of an empty warehouse."""
    required = {"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"}
    found = Settings.from_environment(required | empty_warehouse.environment)
    for name, value in found.connection_variables().items():
        monkeypatch.setenv(name, value)
    return found.warehouse_conn_id


def identity_in_a_run(client: str, sql_conn_id: str) -> str | None:
    """What the first task of a run makes sure of, and the second one reads; None if one of them fails."""
    with DAG("identities", schedule=None) as dag:
        preflight = PythonOperator(
            task_id="preflight", python_callable=ensure_identity, op_args=[client, sql_conn_id], retries=0
        )
        script = PythonOperator(task_id="script", python_callable=identity_of_airflow, op_args=[client], retries=0)
        preflight >> script
    run = run_dag(dag)
    if run.state != "success":
        return None
    found = next(task for task in run.get_task_instances() if task.task_id == "script").xcom_pull("script")
    return str(found)


def test_an_airflow_without_an_address_keeps_the_identity_that_its_first_run_makes(
    airflow_home: Path, sql_conn_id: str
) -> None:
    first = identity_in_a_run(CLIENT, sql_conn_id)

    assert first
    assert UUID(first)
    assert identity_in_a_run(CLIENT, NO_SUCH_CONNECTION) == first
    assert identity_in_a_run("another", sql_conn_id) != first


def test_a_run_that_comes_second_takes_the_identity_that_the_first_one_has_made_meanwhile(
    airflow_home: Path, sql_conn_id: str, empty_warehouse: Warehouse
) -> None:
    first = empty_warehouse.connect()
    first.cursor().execute("select pg_advisory_lock(hashtext(%s))", (variable_of("twice"),))

    def make() -> None:
        wait_until(lambda: empty_warehouse.rows("select from pg_locks where not granted"))
        with create_session() as metadata:
            metadata.add(Variable(variable_of("twice"), "made first"))
        first.close()

    with ThreadPoolExecutor(1) as thread:
        making = thread.submit(make)
        assert identity_in_a_run("twice", sql_conn_id) == "made first"
        making.result()


class SecretsOfAFile(BaseSecretsBackend):
    """A secrets backend that does not answer while its file is missing.

    :param path: of a file whose content is the value of each Variable
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        """Return the content of the file."""
        return self.path.read_text() or None


def test_a_secrets_backend_that_fails_for_a_moment_gives_an_airflow_no_second_identity(
    airflow_home: Path, sql_conn_id: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND", f"{__name__}.{SecretsOfAFile.__name__}")
    monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS", json.dumps({"path": str(secrets)}))

    assert identity_in_a_run("moment", sql_conn_id) is None

    secrets.write_text("")
    made = identity_in_a_run("moment", sql_conn_id)
    secrets.write_text("given")
    assert identity_in_a_run("moment", sql_conn_id) == "given"
    secrets.unlink()
    # The older value in the metadata database is not that of this Airflow any more.
    assert made
    assert identity_in_a_run("moment", NO_SUCH_CONNECTION) is None


def test_a_metadata_database_that_fails_for_a_moment_does_not_replace_the_identity(
    airflow_home: Path, sql_conn_id: str
) -> None:
    """The API says then that there is no such Variable, and its next answer may be that it has written one."""
    first = identity_in_a_run("failover", sql_conn_id)
    failures = iter(range(2))

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        reads = "FROM variable" in statement or ("count(" in statement.lower() and "FROM dag_run" in statement)
        if reads and next(failures, None) is not None:
            raise OperationalError(statement, None, ConnectionError("the database is failing over"))

    engine = get_engine()
    event.listen(engine, "before_cursor_execute", fail)
    try:
        assert identity_in_a_run("failover", sql_conn_id) is None
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    assert next(failures, None) is None
    assert identity_in_a_run("failover", sql_conn_id) == first


@pytest.mark.parametrize(
    "address",
    [
        "https://84b0ae87-f846-41d2-9407-c7039cb71d41.c64.eu-central-1.airflow.amazonaws.com",
        "https://84b0ae87-f846-41d2-9407-c7039cb71d41-vpce.c2.eu-central-1.airflow.amazonaws.com/",
        "https://84b0ae87-f846-41d2-9407-c7039cb71d41-vpce.c2.airflow.eu-central-1.on.aws",
    ],
)
def test_an_address_that_amazon_mwaa_gives_is_the_identity(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", address)

    ensure_identity(CLIENT, NO_SUCH_CONNECTION)

    assert identity_of_airflow(CLIENT) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://10.0.0.7",
        "http://[::1]:8080",
        "http://airflow-apiserver:8080",
        "http://airflow-api-server.airflow.svc.cluster.local:8080",
        "http://host.docker.internal:8080",
        "http://airflow-api-server.airflow.svc:8080",
        "http://airflow.corp",
        "http://airflow.home:8080",
        "http://airflow.intranet",
        "https://airflow.example.com",
        "https://airflow.amazonaws.com",
        "https://airflow.amazonaws.com.example.com",
        "https://proxy.example.com/x.airflow.eu-central-1.on.aws",
    ],
)
def test_any_other_address_may_be_that_of_several_airflows(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", address)
    monkeypatch.setenv(f"AIRFLOW_VAR_{variable_of(CLIENT).upper()}", "given")

    assert identity_of_airflow(CLIENT) == "given"


def test_an_identity_that_a_secrets_backend_has_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{variable_of(CLIENT).upper()}", "given")

    ensure_identity(CLIENT, NO_SUCH_CONNECTION)

    assert identity_of_airflow(CLIENT) == "given"


def test_without_an_identity_a_task_may_try_again_and_is_told_who_makes_one() -> None:
    with pytest.raises(TransientError, match=r"identity_stadt-werke\.1', found none") as caught:
        identity_of_airflow(CLIENT)

    assert "The task 'preflight' creates it" in str(caught.value)
