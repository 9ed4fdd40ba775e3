"""SQL is split where PostgreSQL splits it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.pq import DiagnosticField, ExecStatus

from postgres_to_s3.postgres.lexemes import split_lexemes
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

# No statement begins with a word of these pieces.
PIECES = [
    *("'", "''", '"', ";", "--", "/*", "*/", "*", "/", "-", "$", "$$", "$a$", "$é$", "\\", "&", "+"),
    *("e'", "E'", "b'", "n'", "u&'", 'U&"', "a", "e", "u", "é", "\u00a0", "1", "$1", " ", "\t", "\n", "\r"),
]
SYNTAX_ERROR, OPEN_COMMENT, OPEN_QUOTE = 'syntax error at or near "', "unterminated /*", "unterminated "


@pytest.fixture
def connection(export_warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with closing(psycopg.connect(export_warehouse.dsn, autocommit=True)) as connection:
        yield connection


def first_token(connection: psycopg.Connection, sql: str) -> tuple[int, int] | str:
    """Return begin and end of the first token as the server's error shows it, else what the server says."""
    result = connection.pgconn.exec_(sql.encode())
    if result.status == ExecStatus.EMPTY_QUERY:
        return "empty"
    message = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
    begin = int(result.error_field(DiagnosticField.STATEMENT_POSITION) or 0) - 1
    if message.startswith(SYNTAX_ERROR):
        return begin, begin + len(message.removeprefix(SYNTAX_ERROR)) - 1
    if message.startswith(OPEN_QUOTE) and not message.startswith(OPEN_COMMENT):
        return begin, len(sql)
    return message


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14))
@example(["e'", "a", "'", "--", "'", "\n", "'", "\\", "'", ";", "'"])
@example(["b'", "''", "\n", "'"])
@example(["'", "a", ";"])
@example(["/*", "/*", ";", "*/", ";", "*/", ";", "a"])
@example(["a", "$$", ";", "$$"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_is_split_where_the_server_splits_it(connection: psycopg.Connection, pieces: list[str]) -> None:
    sql, rest = "".join(pieces), 0
    lexemes = list(split_lexemes(sql))
    assert "".join(sql[begin:end] for _, begin, end in lexemes) == sql
    tokens = [(begin, end) for kind, begin, end in lexemes if kind not in ("blank", "comment", "end")]
    while left := [token for token in tokens if token[0] >= rest]:
        match first_token(connection, sql[rest:]):
            case begin, end:
                # The server reads on after a text with Unicode escapes, and meets the next error first.
                looks_ahead = sql[left[0][0] :][:2].lower() == "u&"
                assert rest + begin in [each for each, _ in left][: None if looks_ahead else 1]
                assert rest + end in [each for _, each in left]
                rest += end
            case message:
                # Such as an invalid escape: the server says nothing of where the token ends.
                assert message != "empty"
                return
    assert str(first_token(connection, sql[rest:])).startswith(("empty", OPEN_COMMENT))
