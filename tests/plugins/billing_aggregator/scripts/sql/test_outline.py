"""The tables that a script names, and the columns of a check, told from its text."""

from __future__ import annotations

import pytest

from billing_aggregator.scripts.sql.outline import Tables, find_check_columns, find_tables


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("select * from a.b;", Tables(("a.b",), (), ())),
        ("select * from a.b as x, only_cte inner join c.d y on x.i = y.i;", Tables(("a.b", "c.d"), (), ())),
        ("select * from a.b x, c.d as y, e.f;", Tables(("a.b", "c.d", "e.f"), (), ())),
        ("delete from a.b using c.d as x where x.i = b.i;", Tables(("c.d",), ("a.b",), ())),
        ("INSERT INTO A.B (i) SELECT i FROM C.D;", Tables(("c.d",), ("a.b",), ())),
        ("update a.b set i = 1 from c.d as x;", Tables(("c.d",), ("a.b",), ())),
        ("create unlogged table if not exists a.b as select * from c.d;", Tables(("c.d",), ("a.b",), ())),
        ("create or replace view a.b as table c.d;", Tables((), ("a.b",), ())),
        ("merge into a.b using c.d on true when matched then delete;", Tables(("c.d",), ("a.b",), ())),
        ("truncate a.b; create table pg_temp.c (i int);", Tables((), ("a.b",), ())),
        ("drop table if exists a.b, c.d;", Tables((), (), ("a.b", "c.d"))),
        ("drop table if exists a.b; create table a.b (i int);", Tables((), ("a.b",), ())),
        ("alter table work.b set schema a;", Tables(("work.b",), ("a.b",), ())),
        ('select * from "A b"."C";', Tables(('"A b"."C"',), (), ())),
        ("do $$ begin insert into a.b select 'from e.f' from c.d; end $$;", Tables(("c.d",), ("a.b",), ())),
        ("do $x$ begin execute $$insert into a.b select 1 from c.d$$; end $x$;", Tables(("c.d",), ("a.b",), ())),
    ],
)
def test_tables_are_told_by_what_happens_to_them(text: str, tables: Tables) -> None:
    assert find_tables(text) == tables


def test_a_name_that_the_script_puts_together_shows_as_far_as_it_is_written_down() -> None:
    text = "begin execute format('insert into a.b_%1$s select * from work.b_%1$s', result); end"

    assert find_tables(text) == Tables(("work.b_…",), ("a.b_…",), ())


@pytest.mark.parametrize(
    "text",
    [
        "-- from a.b\nselect 1; /* join /* from c.d */ join c.d */",
        "select 'taken from a.b' as text, e'\\' from a.b' as other;",
        "select extract(year from items.day) from (select now() as day) as items;",
        "with items as (select now() as day) select extract(year from items.day) from items;",
        "select x.i is distinct from y.i from unnest(array[1]) as x (i) cross join unnest(array[2]) as y (i);",
        "select * from pg_catalog.pg_class;",
        "select * from a.some_function(1);",
        "select 1 from b;",
    ],
)
def test_what_is_no_table_of_data_is_not_named(text: str) -> None:
    assert find_tables(text) == Tables((), (), ())


def test_a_check_shows_the_columns_of_its_outermost_query() -> None:
    text = """
    with lines as (select amount as inner_column from a.b)
    select
        count(*) filter (where cast(amount as numeric) < 0) = 0 as none_is_negative,
        (select max(day) as hidden from c.d) > '2024-01-01' as is_recent, -- as comment
        format('%s as lines', count(*)) as details
    from lines;
    """

    assert find_check_columns(text) == ("none_is_negative", "is_recent")


def test_a_check_without_names_shows_none() -> None:
    assert find_check_columns("select true, 1 = 1;") == ()
