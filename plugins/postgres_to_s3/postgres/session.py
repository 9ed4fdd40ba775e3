"""A session in the warehouse that renders every value alike, whatever the server's or the role's defaults are."""

from __future__ import annotations

import logging
from collections.abc import Callable

from postgres_to_s3.columns import Column
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.postgres.drivers import Connection, Cursor, Row, WriteRow, driver_of
from postgres_to_s3.postgres.failures import server_message, sqlstate_of
from postgres_to_s3.postgres.query import without_rows

log = logging.getLogger(__name__)

SETTINGS = """
-- no text can end the transaction and write in the next
set standard_conforming_strings = on;
set default_transaction_read_only = on;
-- every value has one text
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set lc_monetary = 'C';
set timezone = 'UTC';
set bytea_output = 'hex';
set client_encoding = 'UTF8';
set extra_float_digits = 1;
-- the same table gives the same bytes: it is read from its first page on, in one process
set synchronize_seqscans = off;
set max_parallel_workers_per_gather = 0;
-- statements see what was committed before them until the export's own transaction begins, wait for no safe snapshot,
-- and their errors end no session
set default_transaction_isolation = 'read committed';
set default_transaction_deferrable = off;
set exit_on_error = off;
-- the session outlives the pauses in which the last parts reach S3
set idle_session_timeout = 0;
set idle_in_transaction_session_timeout = 0;
-- the server ends it, and with it the export's lock, when the client has gone; where the client's machine has vanished
-- without a word, later than the client of S3 gives up: rows that nobody takes while an upload stalls look alike
set client_connection_check_interval = '10s';
set tcp_keepalives_idle = 60;
set tcp_keepalives_interval = 10;
set tcp_user_timeout = '7min';
-- it does not wait for ever for a table that somebody else has locked
select set_config('lock_timeout', '5min', false) where current_setting('lock_timeout') = '0'
"""

# Opens a cursor, which the server does for one statement that gives rows and for nothing else, and reads no row.
OPEN_CURSOR = "declare rows refcursor; begin open rows for execute {}; end"
# Classes of SQLSTATEs: what the text says cannot be done, whoever runs it and when.
WRONG_QUERY = ("0A", "22", "25006", "42")
TYPE_NAMES = """
select array_agg(format_type(oid, null) order by place) from unnest(%s::oid[]) with ordinality as wanted (oid, place)
"""


class Session:
    """A connection of either driver, as an export uses it.

    :param connection: a new one; the session owns it from now on
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver = driver_of(connection)

    def prepare(self) -> None:
        """Make the session render values as any other does; from now on each statement commits by itself.

        The connection's own ``lock_timeout`` stays; without one it is five minutes.
        """
        self._driver.prepare()
        self.execute(SETTINGS)

    def restore_settings(self) -> None:
        """Undo what a query may have set while it ran, such as the encoding in which its own text is sent again."""
        self.execute(SETTINGS)

    def begin_reading(self) -> None:
        """Begin a transaction in which all statements see the same rows and none can write, until the session ends."""
        self.execute("begin isolation level repeatable read, read only")

    def check_query(self, query: str) -> None:
        """Let the server decide that the text is one query that only reads; it may become part of others then.

        :raises PermanentError: it is not, or names what does not exist or may not be read; with the server's reason
        """
        try:
            self.execute(f"do {self.quote_text(OPEN_CURSOR.format(self.quote_text(query)))}")
        except Exception as error:
            if not sqlstate_of(error).startswith(WRONG_QUERY):
                raise
            # The driver's message ends with the whole query.
            message, position = server_message(error)
            lines = query[:position].splitlines()
            place = f", in line {len(lines)}: {query.splitlines()[len(lines) - 1].strip()}" if lines else ""
            reason = f"{type(error).__name__}: {message}{place}"
            raise PermanentError(f"expected one query that only reads: {reason}") from error

    def describe(self, query: str) -> tuple[Column, ...]:
        """The query's columns and their types, without reading a row.

        :raises PermanentError: there are none
        """
        with self.cursor() as cursor:
            cursor.execute(without_rows(query))
            columns = cursor.description
        if not columns:
            raise PermanentError("expected at least one column to export, found none")
        types = self.fetch_row(TYPE_NAMES, ([column.type_code for column in columns],))[0]
        limits = [(column.precision, column.scale) for column in columns]
        return tuple(map(Column.of, [column.name for column in columns], types, limits))

    def execute(self, statement: str, values: Row | None = None) -> None:
        """Run a statement whose result does not matter."""
        log.debug("SQL: %s", statement)
        with self.cursor() as cursor:
            cursor.execute(statement, values)

    def fetch_row(self, query: str, values: Row | None = None) -> Row:
        """The first row of a query that has one."""
        log.debug("SQL: %s", query)
        with self.cursor() as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone()
        if row is None:
            raise LookupError(f"expected a row, found none: {query}")
        return row

    def cursor(self) -> Cursor:
        """A new cursor."""
        return self._connection.cursor()

    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Run ``copy … to stdout``, call ``write`` with the bytes of each row, return how many PostgreSQL says it sent.

        :raises Exception: the driver's own error of a statement that failed or of a connection that was lost
        """
        log.debug("SQL: %s", statement)
        return self._driver.stream_rows(statement, write)

    def quote_name(self, *parts: str) -> str:
        """An identifier in SQL, such as ``"schema"."name"``."""
        return self._driver.quote_name(*parts)

    def quote_text(self, text: str) -> str:
        """A text in SQL."""
        return self._driver.quote_text(text)

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed, or lost for all that the driver knows."""
        return bool(self._connection.closed)

    def cancel(self) -> None:
        """Cancel the running statement, from any thread; does nothing where none runs."""
        if not self.is_closed:
            self._connection.cancel()

    def close(self) -> None:
        """End the session, its transaction, and all locks that it holds."""
        self._connection.close()


# Opens a further session like another one.
Connect = Callable[[], Session]
