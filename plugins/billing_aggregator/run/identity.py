"""Which Airflow this is: two of them may have runs of one name, and each knows the state of its own runs only."""

from __future__ import annotations

import logging
import re
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

from airflow.sdk import Variable, get_current_context
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetVariable, VariableResult
from airflow.sdk.execution_time.secrets import ExecutionAPISecretsBackend
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

from billing_aggregator.run.warehouse import open_session
from postgres_to_s3.errors import TransientError

log = logging.getLogger(__name__)

# Amazon gives each environment an address of its own. Any other may be that of several Airflows.
MWAA_HOST = re.compile(r".+\.airflow\.(?:amazonaws\.com|[a-z0-9-]+\.on\.aws)")
DESCRIPTION = "Tells the runs of this Airflow from those of others. Delete it in a copy of the metadata database only."


def variable_of(client_id: str) -> str:
    """Return the name of the Airflow Variable that holds the identity outside Amazon MWAA."""
    return f"billing_data_aggregator_identity_{client_id}"


def identity_of_airflow(client_id: str) -> str:
    """Return the address of this Airflow on Amazon MWAA, elsewhere the value of the Variable; never empty.

    :raises TransientError: there is no value, or a secrets backend or the API does not answer
    """
    identity = _find_identity(client_id)
    if not identity:
        raise TransientError(
            f"expected a value in the Airflow Variable {variable_of(client_id)!r}, found none. It tells the runs of"
            " this Airflow from those of others. The task 'preflight' creates it: clear that"
        )
    return identity


def ensure_identity(client_id: str, sql_conn_id: str) -> None:
    """Give this Airflow an identity, once.

    The warehouse lets one preflight of a client do so at a time: Airflow would let the last of several win, after the
    others have taken the lock under names that no task of theirs finds again.

    :raises TransientError: a secrets backend or the API does not answer, or Airflow has not kept the identity
    """
    if _find_identity(client_id):
        return
    with closing(open_session(sql_conn_id)) as session:
        session.execute("select pg_advisory_lock(hashtext(%s))", (variable_of(client_id),))
        _wait_for_metadata()
        if not _find_identity(client_id):
            Variable.set(variable_of(client_id), str(uuid4()), description=DESCRIPTION)
            # Airflow 3.2 does not say that it has refused a value, and a secrets backend may have another one.
            log.info("This Airflow calls itself %s from now on", identity_of_airflow(client_id))


def _wait_for_metadata() -> None:
    """Read something from the metadata database that Airflow repeats until it answers.

    While the database does not answer, the API reports each Variable as missing, and repeats only the writing.
    """
    context = get_current_context()
    context["ti"].get_dr_count(dag_id=context["ti"].dag_id, run_ids=[context["run_id"]])


def _find_identity(client_id: str) -> str:
    address: str = conf.get("api", "base_url", fallback="")
    is_unique = MWAA_HOST.fullmatch(urlsplit(address).hostname or "")
    return address if is_unique else _find_variable(variable_of(client_id))


def _find_variable(name: str) -> str:
    """Return the value of an Airflow Variable, empty if there is none.

    Airflow's own look-up passes over a backend that fails: a later one, or none, would give the value.
    """
    for backend in ensure_secrets_backend_loaded():
        try:
            of_api = isinstance(backend, ExecutionAPISecretsBackend)
            value = _ask_api(name) if of_api else backend.get_variable(key=name)
        except Exception as error:
            where = type(backend).__name__
            raise TransientError(f"could not look up the Airflow Variable {name!r} in {where}: {error}") from error
        if value:
            return value
    return ""


def _ask_api(name: str) -> str | None:
    """Return the value of an Airflow Variable in the metadata database, None if there is none."""
    answer = task_runner.SUPERVISOR_COMMS.send(GetVariable(key=name))
    if isinstance(answer, VariableResult):
        return answer.value
    if isinstance(answer, ErrorResponse) and answer.error is ErrorType.VARIABLE_NOT_FOUND:
        return None
    raise TransientError(f"the API answered {answer!r}")
