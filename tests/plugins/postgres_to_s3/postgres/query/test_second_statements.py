"""Whatever a text is made of, the server runs one query that only reads, or refuses it; nothing is ever changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import psycopg2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.plan import Source
from postgres_to_s3.postgres.query import single_query
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.memory_files import copy_to_memory
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

KEPT = """
create table report_oibl.kept as select row from generate_series(1, 3) as row;
alter table report_oibl.kept owner to billing_aggregator;
grant usage on schema report_oibl to billing_aggregator
"""
DELETE = "commit; delete from report_oibl.kept; commit"
ATTACKS = {
    "euro-sign-before-dollars": f"select 1 as €$$) x; {DELETE}; --$$",
    "no-break-space-before-dollars": f"select 1 as \u00a0$$) x; {DELETE}; --$$",
    "deep-comments": f"/*/*/*/*/*/*/**/*/*/*/*/*/*/ select 1) x; {DELETE}; select (1",
    "closed-bracket": f"select 1) x; {DELETE}; select * from (select 1",
    "second-statement": f"select 1; {DELETE}",
    "only-statements": DELETE,
    "writing-with": "with gone as (delete from report_oibl.kept returning row) select * from gone",
    "delete": "delete from report_oibl.kept",
    "block": "do $$ begin delete from report_oibl.kept; commit; end $$",
    "backslash-is-an-escape": (
        f"select set_config('standard_conforming_strings', 'off', false) as a, '\\') x; {DELETE}; --' as b"
    ),
    "read-only-is-off": "select set_config('transaction_read_only', 'off', true)",
}
# What texts, names and comments begin and end with, in every place; and what an attack would like to run.
BOUNDS = [
    "'",
    "''",
    "e'",
    "E'",
    "U&'",
    "\\'",
    "\\",
    '"',
    "$$",
    "$a$",
    "$€$",
    "$1",
    "$",
    "--",
    "/*",
    "*/",
    "(",
    ")",
    ";",
]
OTHERS = [
    " ",
    "\n",
    "\r",
    "\t",
    "\v",
    "\u00a0",
    "\u2028",
    "€",
    "é",
    "a",
    "_",
    "1",
    ",",
    "+",
    "-",
    "/",
    "*",
    " as ",
    " x",
]
PAYLOADS = ["select 1", "commit;", f"; {DELETE};", f") x; {DELETE}; select * from (select 1"]
LEXEMES = st.sampled_from([*BOUNDS, *OTHERS, *PAYLOADS])
TEXTS = st.lists(LEXEMES, max_size=8).map("".join)


@pytest.fixture
def kept(session: Session, export_warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection that sees whether the three rows of a table of the session's role are still there."""
    export_warehouse.execute(KEPT)
    with closing(psycopg.connect(export_warehouse.admin_dsn, autocommit=True)) as connection:
        yield connection


def rows_of(kept: psycopg.Connection) -> list[tuple[int, ...]]:
    return kept.execute("select row from report_oibl.kept order by row").fetchall()


def export(session: Session, sql: str) -> None:
    """All that an export does with a text."""
    query = Source(sql=sql).query(session)
    Snapshot.of(Transaction(session, query, lambda: session).begin()).count()
    copy_to_memory(session, query)


def is_one_statement(connection: psycopg.Connection, text: str) -> bool:
    """The server's own word: its extended protocol takes no second statement."""
    result = connection.pgconn.prepare(b"", text.encode())
    return result.status == psycopg.pq.ExecStatus.COMMAND_OK


@pytest.mark.parametrize("sql", ATTACKS.values(), ids=ATTACKS)
def test_nothing_is_changed(session: Session, kept: psycopg.Connection, sql: str) -> None:
    with pytest.raises((PermanentError, psycopg.Error, psycopg2.Error)):
        export(session, sql)

    assert rows_of(kept) == [(1,), (2,), (3,)]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.builds("{}{}{}".format, st.sampled_from(["", "select 1 as a", "select 1"]), TEXTS, TEXTS))
@example(ATTACKS["euro-sign-before-dollars"])
@example(ATTACKS["no-break-space-before-dollars"])
@example(ATTACKS["deep-comments"])
def test_only_one_statement_is_run(session: Session, kept: psycopg.Connection, sql: str) -> None:
    is_exported = False
    with suppress(Exception):
        export(session, sql)
        is_exported = True
    session.execute("rollback")

    assert rows_of(kept) == [(1,), (2,), (3,)]
    assert session.fetch_row("show default_transaction_read_only") == ("on",)
    assert not is_exported or is_one_statement(kept, single_query(sql))


def test_a_session_writes_nothing_outside_of_a_transaction(session: Session, kept: psycopg.Connection) -> None:
    with pytest.raises(Exception, match="read-only transaction"):
        session.execute("delete from report_oibl.kept")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        pytest.param("select 1; select 2", "InvalidCursorDefinition: cannot open multi-query plan as cursor", id="two"),
        pytest.param(
            "select id\nfrom report_oibl.nothing",
            r'UndefinedTable: relation "report_oibl.nothing" does not exist, in line 2: from report_oibl.nothing$',
            id="no-table",
        ),
        pytest.param("select 1 +", "SyntaxError: syntax error at end of input, in line 1: select 1 \\+", id="syntax"),
        pytest.param("delete from report_oibl.kept", "cannot open DELETE query as cursor", id="delete"),
        pytest.param("table report_oibl.kept for update", "in a read-only transaction", id="locking"),
    ],
)
def test_the_reason_is_that_of_the_server(session: Session, kept: psycopg.Connection, sql: str, reason: str) -> None:
    with pytest.raises(PermanentError, match=f"^expected one query that only reads: .*{reason}"):
        session.check_query(sql)


def test_a_lock_that_is_not_given_in_time_is_no_fault_of_the_query(
    session: Session, kept: psycopg.Connection, export_warehouse: Warehouse
) -> None:
    session.execute("set lock_timeout = '50ms'")
    with closing(export_warehouse.connect(admin=True)) as other:
        other.cursor().execute("lock table report_oibl.kept")

        with pytest.raises(Exception, match="lock timeout") as raised:
            session.check_query("table report_oibl.kept")

    assert not isinstance(raised.value, PermanentError)
