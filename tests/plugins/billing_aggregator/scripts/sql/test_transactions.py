"""Statements that control the transaction are found where the server would run them, and nowhere else."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from billing_aggregator.scripts.sql.transactions import find_transaction_control
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

CONTROL = [
    *("begin", "BEGIN WORK", "begin transaction isolation level serializable", "start transaction", "commit"),
    *("commit and chain", "end", "end transaction", "rollback", "rollback and no chain", "abort", "savepoint a"),
    *("release a", "release savepoint a", "rollback to a", "prepare transaction 'a'", "commit prepared 'a'"),
    "rollback prepared 'a'",
]
# The server runs each of them in a transaction and leaves it open.
HARMLESS = [
    "select 'begin; commit;', e'\\'; commit; ', $$; commit; $$, $a$; $$ commit; $a$",
    "-- commit;\nselect 1 /* ; commit; /* ; rollback; */ ; commit; */",
    'create temp table "commit" as select 1 as "begin"; select "begin" from "commit"; drop table "commit"',
    "do $$ begin perform 1; exception when others then null; end $$",
    "create function pg_temp.f() returns int language plpgsql as 'begin return 1; end;'",
    "create function pg_temp.g() returns int language sql begin atomic select 1; select case when true then 2 end; end",
    "create or replace procedure pg_temp.h() begin atomic select case 1 when 1 then 1 end; select 2; end; select 1",
    "create temp table t (i int); create rule r as on insert to t do also (select 1; select 2); select 3",
    "prepare a as select 1; execute a; deallocate a",
    "set transaction isolation level serializable",
    "set local timezone = 'UTC'; lock table pg_class in access share mode",
    "select 1 as start, 2 as transaction",
]


@pytest.mark.parametrize("statement", CONTROL)
def test_a_statement_that_controls_the_transaction_is_found_with_its_line(statement: str) -> None:
    (found,) = find_transaction_control(f"-- A header.\nselect ';\n';\n\n/* why */ {statement};\nselect 2;\n")

    assert (found.line, found.text) == (5, statement)


def test_all_of_a_script_are_found_the_last_one_without_a_semicolon_too() -> None:
    text = "begin;\ndo $$ begin commit; end $$;\ninsert into t select 1;\ncommit\n  and\n  chain;;\n;rollback"

    assert [(each.line, each.text) for each in find_transaction_control(text)] == [
        (1, "begin"),
        (4, "commit and chain"),
        (7, "rollback"),
    ]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_leaves_the_transaction_alone_is_not_found(empty_warehouse: Warehouse, text: str) -> None:
    with closing(psycopg2.connect(empty_warehouse.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        assert connection.info.transaction_status == TRANSACTION_STATUS_INTRANS
    assert find_transaction_control(text) == []


def test_a_statement_after_a_body_with_semicolons_is_found() -> None:
    body = "create function f() returns int begin atomic select case when true then 1 end; select 2; end"

    assert [each.line for each in find_transaction_control(f"{body};\ncommit;\n{body};\nend;")] == [2, 4]


@pytest.mark.parametrize(
    "statement",
    [
        "select x as begin atomic",
        "select begin atomic from (select 1 as begin) as function",
        "create view function as select begin atomic from t",
        "begin atomic",
    ],
)
def test_only_a_function_or_a_procedure_has_a_body(statement: str) -> None:
    found = find_transaction_control(f"{statement};\ncommit;\nselect 1")

    assert [each.line for each in found if each.text == "commit"] == [2]


def test_the_tags_of_a_template_are_no_sql() -> None:
    text = (
        "{# commit;\n#}{% if environment == 'prod' %}begin;{% else %}\nabort{% endif %};select '{{ ds }}'; {% raw %}end"
    )

    assert [(each.line, each.text) for each in find_transaction_control(text + "{% endraw %}")] == [
        (2, "begin"),
        (3, "abort"),
        (3, "end"),
    ]
