"""A script is one transaction: the server refuses whatever would end it, and nothing of the script stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import psycopg2
import pytest

from billing_aggregator.run.lock import Holder
from billing_aggregator.run.tables import ensure_tables
from billing_aggregator.tasks.one_transaction import first_row, guarded_transaction, run_statements
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.postgres.session import Session
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

HOLDER = Holder("enercity", "batch", "first", "airflow")
HOLD = "insert into report_oibl_work.run_lock values (true, %s, %s, %s, %s, %s)"
ENDING = {
    "commit": "commit",
    "begin and commit": "begin; create table report_oibl.b (); commit",
    "start transaction": "start transaction read write; commit",
    "commit and chain": "commit and chain; create table report_oibl.b ()",
    "end": "end",
    "rollback": "rollback; create table report_oibl.b ()",
    "rollback, then another transaction": "rollback; begin; create table report_oibl.b (); commit",
    "abort": "abort",
    "savepoint": "savepoint here; rollback to here",
    "prepare transaction": "prepare transaction 'prepared'",
    "hidden between comments": "/* not */ commit /* this */ -- nor; that\n",
    "in a block": "do $$ begin create table report_oibl.b (); commit; end $$",
    "in a procedure": "create procedure report_oibl.p() language plpgsql as 'begin commit; end'; call report_oibl.p()",
    "put together": "do $$ begin execute 'com' || 'mit'; end $$",
    "after a statement that leaves a quote open for another reader": "select E'\\''; commit; select ''",
}


@pytest.fixture(params=["psycopg2", "psycopg"])
def session(request: pytest.FixtureRequest, empty_warehouse: Warehouse) -> Iterator[Session]:
    """A session as a script has it, with either driver; a run holds the warehouse."""
    connect: Callable[[str], Any] = {"psycopg2": psycopg2.connect, "psycopg": psycopg.connect}[request.param]
    connection = connect(empty_warehouse.dsn)
    connection.autocommit = True
    with closing(Session(connection)) as opened:
        ensure_tables(opened)
        opened.execute(HOLD, (HOLDER.token, *HOLDER.values))
        yield opened


def run_script(session: Session, text: str) -> None:
    with guarded_transaction(session, HOLDER):
        run_statements(session, text)


def tables(warehouse: Warehouse) -> list[str]:
    found = warehouse.rows("select relname from pg_class where relnamespace = 'report_oibl'::regnamespace order by 1")
    return [name for (name,) in found]


@pytest.mark.parametrize("ending", ENDING.values(), ids=ENDING)
def test_a_script_that_ends_its_transaction_fails_and_nothing_of_it_stays(
    session: Session, empty_warehouse: Warehouse, ending: str
) -> None:
    with pytest.raises(PermanentError, match=r"A script is one transaction|EXECUTE of transaction commands"):
        run_script(session, f"create table report_oibl.a ();\n{ending};\ncreate table report_oibl.c ();")

    session.close()
    assert tables(empty_warehouse) == []
    assert empty_warehouse.rows("select gid from pg_prepared_xacts") == []


def test_the_error_names_the_statements_that_end_the_transaction_and_their_lines(session: Session) -> None:
    with pytest.raises(PermanentError) as caught:
        run_script(session, "select 1;\ncommit;\n\nrollback and chain;")

    assert "ends the transaction it runs in: 'commit' in line 2, 'rollback and chain' in line 4" in str(caught.value)


def test_words_in_comments_texts_and_names_end_nothing(session: Session, empty_warehouse: Warehouse) -> None:
    run_script(
        session,
        """
        -- commit; rollback;
        /* begin; /* nested: commit; */ end; */
        create table report_oibl.a as select 'commit; rollback' as "commit", $$ begin; commit $$ as text;
        create function report_oibl.f() returns int language sql begin atomic; select 1; end;
        do $$ begin perform report_oibl.f(); end $$;
        """,
    )

    assert tables(empty_warehouse) == ["a"]


def test_a_script_may_do_all_that_a_transaction_may(session: Session, empty_warehouse: Warehouse) -> None:
    run_script(
        session,
        """
        set local timezone = 'UTC';
        create temporary table kept as select i from generate_series(1, 3) as i;
        analyze kept;
        create table report_oibl.a as select count(*) as rows, '{{1,2}}'::int[] as ints, '100%' as share from kept;
        declare each_row cursor for select i from kept;
        fetch all from each_row;
        lock table report_oibl.a;
        notify somebody;
        select * from report_oibl.a
        """,
    )

    assert empty_warehouse.rows("select * from report_oibl.a") == [(3, [[1, 2]], "100%")]


LEGAL = {
    "select into at the end": "select 1 as one into report_oibl.a",
    "select into after a comment": "/* first */ select 1 as one into report_oibl.a -- last",
    "with": "with x as (select 1 as one) select one into report_oibl.a from x;",
    "a prepared statement": "prepare p as select 1 as one; create table report_oibl.a as execute p; deallocate p",
    "listen": "listen somebody; create table report_oibl.a as select 1 as one; unlisten somebody",
    "a percent sign and a backslash": "create table report_oibl.a as select case '\\%s' when '\\%s' then 1 end as one",
    "carriage returns": "create table report_oibl.a\r\nas select 1 as one;\r\n",
}


@pytest.mark.parametrize("text", LEGAL.values(), ids=LEGAL)
def test_a_script_that_ends_no_transaction_runs(session: Session, empty_warehouse: Warehouse, text: str) -> None:
    run_script(session, text)

    assert empty_warehouse.rows("select one from report_oibl.a") == [(1,)]


WRONG = {
    "name": ("select 1;\n\nselect nettobetrag,\n 2", 'UndefinedColumn: column "nettobetrag" does not exist', 3, 8),
    "syntax": ("select 1;\n selekt 2", 'SyntaxError: syntax error at or near "selekt"', 2, 2),
    "after words beyond ASCII": ("select 'Müller', x", 'UndefinedColumn: column "x" does not exist', 1, 18),
}


@pytest.mark.parametrize(("text", "message", "line", "column"), WRONG.values(), ids=WRONG)
def test_an_error_points_to_the_line_of_the_file(
    session: Session, text: str, message: str, line: int, column: int
) -> None:
    with pytest.raises(PermanentError) as caught:
        run_script(session, text)

    begin = f"LINE {line}: "
    lines = [f"{begin}{text.splitlines()[line - 1]}", " " * (len(begin) + column - 1) + "^"]
    assert str(caught.value) == "\n".join([message, *lines])


def test_an_error_in_a_block_names_the_line_of_the_block_and_what_it_ran(session: Session) -> None:
    with pytest.raises(PermanentError) as caught:
        run_script(session, "select 1;\ndo $$\nbegin\n    perform 1 / 0;\nend $$")

    assert str(caught.value).splitlines() == [
        "DivisionByZero: division by zero",
        'CONTEXT:  SQL statement "SELECT 1 / 0"',
        "PL/pgSQL function inline_code_block line 3 at PERFORM",
    ]


def test_an_error_keeps_its_detail_and_its_hint(session: Session) -> None:
    with pytest.raises(PermanentError) as caught:
        run_script(session, "do $$ begin raise exception 'no' using detail = 'why', hint = 'do this'; end $$")

    assert str(caught.value).splitlines()[:3] == ["RaiseException: no", "DETAIL:  why", "HINT:  do this"]


def test_a_value_of_a_check_is_not_hidden_by_another_one_of_its_name(session: Session) -> None:
    session.execute("begin read only")

    assert first_row(session, "select false, 1 = 1") == {"?column? (1)": False, "?column? (2)": True}


@pytest.mark.parametrize(
    "text",
    ["select true as fine; drop table report_oibl.a", "delete from report_oibl.a returning true", "commit"],
)
def test_a_check_is_one_query_that_only_reads(session: Session, empty_warehouse: Warehouse, text: str) -> None:
    run_script(session, "create table report_oibl.a as select 1 as one")
    session.execute("begin read only")

    with pytest.raises(Exception, match=r"one query|read-only transaction"):
        first_row(session, text)

    session.close()
    assert empty_warehouse.rows("select * from report_oibl.a") == [(1,)]


def test_a_check_that_writes_by_a_function_is_refused(session: Session, empty_warehouse: Warehouse) -> None:
    run_script(
        session, "create function report_oibl.w() returns boolean language sql as 'create table x (); select true'"
    )
    session.execute("begin read only")

    with pytest.raises(Exception, match="read-only transaction"):
        first_row(session, "select report_oibl.w() as fine")
