"""Checks of the warehouse: may it be written, is it encrypted, does its clock agree, are connections free?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from billing_aggregator.errors import BillingAggregatorError
from billing_aggregator.health.attempts import refused_connection
from billing_aggregator.health.findings import Finding, failed, ok, warning
from billing_aggregator.health.probes.rights import check_sources, check_targets
from billing_aggregator.health.target import HealthTarget
from billing_aggregator.run.warehouse import open_session
from postgres_to_s3.postgres.session import Session

OLDEST_VERSION = 15
CLOCK_TOLERANCE = timedelta(seconds=10)
# No question here takes longer, unless the server is in trouble.
STATEMENT_TIMEOUT = "20s"

SERVER = """
select
    current_user::text, current_database()::text, current_setting('server_version'),
    current_setting('server_version_num')::int / 10000,
    coalesce(host(inet_server_addr()), 'a local socket'), pg_is_in_recovery(),
    current_setting('default_transaction_read_only')::boolean
"""
ENCRYPTION = """
select coalesce(max(version), ''), coalesce(max(cipher), ''), inet_server_addr() is null
from pg_catalog.pg_stat_ssl where ssl and pid = pg_backend_pid()
"""
CONNECTIONS = """
select
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0),
    max(databases.datconnlimit), max(roles.rolconnlimit),
    count(*), count(*) filter (where activity.datid = databases.oid),
    count(*) filter (where activity.usesysid = roles.oid),
    count(*) filter (where activity.datid = databases.oid and activity.usesysid = roles.oid)
from pg_catalog.pg_stat_activity as activity
cross join pg_catalog.pg_database as databases
cross join pg_catalog.pg_roles as roles
where
    activity.datid is not null and activity.usesysid is not null
    and databases.datname = current_database() and roles.rolname = current_user
"""


def check_warehouse(target: HealthTarget) -> list[Finding]:
    """All checks of the warehouse; one session, which changes nothing and waits for nobody's lock."""
    try:
        session = open_session(target.endpoints.sql_conn_id, target.endpoints.script_options)
    except Exception as error:
        return [refused_connection("warehouse", error, "BDA_DB_HOST")]
    findings: list[Finding] = []
    with closing(session):
        try:
            session.execute(f"set statement_timeout = '{STATEMENT_TIMEOUT}'")
            # One by one: what was found before an error stays.
            for finding in _checks(session, target):
                findings.append(finding)
        except Exception as error:
            remedy = "see what the server is busy with, then repeat the check"
            findings.append(failed("answers", str(error).strip(), remedy))
    return findings


def _checks(session: Session, target: HealthTarget) -> Iterator[Finding]:
    yield from _check_server(session, target)
    yield _check_encryption(session, target)
    yield _check_clock(session)
    yield _check_connections(session, target.db_max_conns)
    try:
        needs = target.needs()
    except BillingAggregatorError:
        yield warning("rights", "not looked at: the script tree cannot be read", "correct the script tree first")
        return
    yield from check_sources(session, needs.tables_read)
    yield from check_targets(session, needs.schemas_written)


def _check_server(session: Session, target: HealthTarget) -> Iterator[Finding]:
    role, database, version, major, address, is_replica, is_read_only = session.fetch_row(SERVER)
    found = f"PostgreSQL {version} at {address}, database {database!r}, role {role!r}"
    found += f", connection {target.endpoints.sql_conn_id!r}"
    if major < OLDEST_VERSION:
        yield warning("warehouse", found, f"tested with PostgreSQL {OLDEST_VERSION} and later: plan an upgrade")
    else:
        yield ok("warehouse", found)
    if is_replica:
        yield failed("writable", "a replica, which is read-only", "name the primary: BDA_DB_HOST, or the connection")
    elif is_read_only:
        remedy = f'alter role "{role}" reset default_transaction_read_only; look at database and connection, too'
        yield failed("writable", "sessions are read-only by default (default_transaction_read_only)", remedy)
    else:
        yield ok("writable", "the primary, read-write")


def _check_encryption(session: Session, target: HealthTarget) -> Finding:
    version, cipher, is_local_socket = session.fetch_row(ENCRYPTION)
    if version:
        return ok("encryption", f"{version}, {cipher}")
    if is_local_socket or target.environment == "local":
        return ok("encryption", "none, on this machine")
    remedy = f"give the connection {target.endpoints.sql_conn_id!r} the extra sslmode: require"
    return warning("encryption", "none: passwords and figures cross the network in plain text", remedy)


def _check_clock(session: Session) -> Finding:
    before = datetime.now(UTC)
    (there,) = session.fetch_row("select clock_timestamp()")
    here = before + (datetime.now(UTC) - before) / 2
    difference = abs(there - here)
    found = f"differs by {difference.total_seconds():.1f} s from the one here"
    if difference <= CLOCK_TOLERANCE:
        return ok("clock", found)
    remedy = "synchronise both clocks: the business date and the signatures of S3 depend on them"
    return warning("clock", found, remedy)


def _check_connections(session: Session, wanted: int) -> Finding:
    server, of_database, of_role, used, used_in_database, used_by_role, ours = session.fetch_row(CONNECTIONS)
    free = {"server": server - used}
    if of_database >= 0:
        free["database"] = of_database - used_in_database
    if of_role >= 0:
        free["role"] = of_role - used_by_role
    # Sessions that the role has here already are those of this check and of a run that goes on.
    scarcest = min(free, key=lambda name: free[name])
    available = free[scarcest] + ours
    found = f"{available} for this role (limit of the {scarcest}), BDA_DB_MAX_CONNS is {wanted}"
    if available >= wanted:
        return ok("connections", found)
    return warning("connections", found, f"raise the limit of the {scarcest}, or lower BDA_DB_MAX_CONNS")
