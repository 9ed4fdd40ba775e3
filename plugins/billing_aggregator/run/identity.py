"""Which Airflow this is: two of them may have runs of one name, and each knows the state of its own runs only."""

from __future__ import annotations

import logging
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

from airflow.sdk import Variable
from airflow.sdk.configuration import conf

from billing_aggregator.run.warehouse import open_session
from postgres_to_s3.errors import TransientError

log = logging.getLogger(__name__)

# These names mean another machine in each network, and many Airflows are set up with the same one.
LOCAL_ENDINGS = frozenset({"internal", "lan", "local", "localdomain", "localhost"})
DESCRIPTION = "Tells the runs of this Airflow from those of others. Delete it in a copy of the metadata database only."


def variable_of(client_id: str) -> str:
    """Return the name of the Airflow Variable that holds the identity where no address does."""
    return f"billing_data_aggregator_identity_{client_id}"


def identity_of_airflow(client_id: str) -> str:
    """Return the address of this Airflow where it is known everywhere, else the value of the Variable; never empty.

    :raises TransientError: there is no value, or Airflow does not give it, which tasks cannot tell apart
    """
    found = _find_identity(client_id)
    if not found:
        raise TransientError(
            f"expected a value in the Airflow Variable {variable_of(client_id)!r}, found none. It tells the runs of"
            " this Airflow from those of others. The task 'preflight' creates it: clear that"
        )
    return found


def ensure_identity(client_id: str, sql_conn_id: str) -> None:
    """Give this Airflow an identity, once.

    The warehouse lets one preflight of a client do so at a time: Airflow would let the last of several win, after the
    others have taken the lock under names that no task of theirs finds again.

    :raises TransientError: Airflow has not kept it
    """
    if _find_identity(client_id):
        return
    with closing(open_session(sql_conn_id)) as session:
        session.execute("select pg_advisory_lock(hashtext(%s))", (variable_of(client_id),))
        if not _find_identity(client_id):
            Variable.set(variable_of(client_id), str(uuid4()), description=DESCRIPTION)
            # Airflow 3.2 does not say that it has refused a value, and a secrets backend may have another one.
            log.info("This Airflow calls itself %s from now on", identity_of_airflow(client_id))


def _find_identity(client_id: str) -> str:
    address: str = conf.get("api", "base_url", fallback="")
    return address if _is_known_everywhere(address) else Variable.get(variable_of(client_id), default="")


def _is_known_everywhere(address: str) -> bool:
    """Whether the host has a name of the internet: neither an IP address, nor a name of a machine or a network."""
    name, _, ending = (urlsplit(address).hostname or "").rpartition(".")
    return bool(name) and ending.isalpha() and ending not in LOCAL_ENDINGS
