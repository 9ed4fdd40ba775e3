"""The query of an export: a table's name is quoted, a script's one statement is found."""

from __future__ import annotations

import pytest

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.postgres.query import single_query
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.table import Table

pytestmark = pytest.mark.postgres_version

DEEP = "/* " * 50 + ";" + " */" * 50


@pytest.mark.parametrize(
    ("table", "query"),
    [
        pytest.param("report_oibl.orders", 'select * from "report_oibl"."orders"', id="schema-and-name"),
        pytest.param("orders", 'select * from "orders"', id="name"),
        pytest.param("shop.My Table", 'select * from "shop"."My Table"', id="blank-and-capitals"),
        pytest.param('a"b', 'select * from "a""b"', id="quote"),
        pytest.param('x" ; drop table y; --', 'select * from "x"" ; drop table y; --"', id="injection"),
    ],
)
def test_a_table_is_quoted_by_the_driver(session: Session, table: str, query: str) -> None:
    assert Table(session, table).query == query


@pytest.mark.parametrize(
    ("sql", "query"),
    [
        pytest.param("select 1", "select 1", id="bare"),
        pytest.param("select 1;\n", "select 1", id="semicolon"),
        pytest.param("select 1 ;; ;", "select 1", id="semicolons"),
        pytest.param("-- why;\nselect 1;\n-- done;\n", "-- why;\nselect 1", id="comments-around"),
        pytest.param("select 1 -- one", "select 1 -- one", id="line-comment-at-the-end"),
        pytest.param("select 1 /* a; b */;", "select 1 /* a; b */", id="semicolon-in-a-comment"),
        pytest.param(
            "select /* a /* b; /***/ */ c; */ 1;", "select /* a /* b; /***/ */ c; */ 1", id="comments-in-a-comment"
        ),
        pytest.param("select 'a;''b;';", "select 'a;''b;'", id="semicolon-in-a-text"),
        pytest.param("select '--', 2;", "select '--', 2", id="comment-in-a-text"),
        pytest.param(r"select E'it\'s; ';", r"select E'it\'s; '", id="semicolon-in-an-escaped-text"),
        pytest.param(
            r"select x like 'a' escape '\' or y = 'b;c';",
            r"select x like 'a' escape '\' or y = 'b;c'",
            id="backslash-is-no-escape",
        ),
        pytest.param('select 1 as "a;b";', 'select 1 as "a;b"', id="semicolon-in-a-name"),
        pytest.param("select $$a;b$$, $x$;$$;$x$;", "select $$a;b$$, $x$;$$;$x$", id="dollar-quotes"),
        pytest.param("select $€$a;b$€$;", "select $€$a;b$€$", id="dollar-quotes-with-a-letter-beyond-ascii"),
        pytest.param("select 1 as a$$;", "select 1 as a$$", id="dollars-in-a-name"),
        pytest.param("select 1 as a\u00a0;", "select 1 as a\u00a0", id="no-break-space-is-a-letter"),
        pytest.param("select 1 as a\u00a0; \f\v\t", "select 1 as a\u00a0", id="blanks-of-postgresql"),
        pytest.param(
            "select /* /* /* /* /* /* /* ; */ */ */ */ */ */ */ 1;",
            "select /* /* /* /* /* /* /* ; */ */ */ */ */ */ */ 1",
            id="deep-comments",
        ),
        pytest.param("select 1 /* never closed;", "select 1 /* never closed;", id="comment-without-an-end"),
        pytest.param("select 'never closed", "select 'never closed", id="text-without-an-end"),
        pytest.param("select 5 # 3;", "select 5 # 3", id="hash-is-an-operator"),
        pytest.param("with a as (select 1) table a;", "with a as (select 1) table a", id="with"),
    ],
)
def test_the_one_statement_is_found(sql: str, query: str) -> None:
    assert single_query(sql) == query


def test_a_long_query_is_no_problem() -> None:
    query = "select " + " + ".join(["1"] * 20_000)

    assert single_query(query + ";") == query


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param(" ; -- select 1\n/* select 2 */;", 0, id="comments"),
        pytest.param("select 1; select 2", 2, id="two"),
        pytest.param(r"select 'C:\'; select 2;", 2, id="two-after-a-backslash"),
        pytest.param("create table a (); table a; drop table a;", 3, id="three"),
        pytest.param("select 1 as €$$) x; select 2; --$$", 2, id="after-dollars-in-a-name"),
        pytest.param("select 1 as \u00a0$$; select 2; --$$", 2, id="after-a-no-break-space-before-dollars"),
        pytest.param("/*/*/*/*/*/*/**/*/*/*/*/*/*/ select 1; select 2", 2, id="after-deep-comments"),
    ],
)
def test_none_or_several_statements_are_refused(sql: str, found: int) -> None:
    with pytest.raises(PermanentError, match=f"expected one query, found {found} statements"):
        single_query(sql)
