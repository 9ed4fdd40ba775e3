"""Every value reaches the CSV as PostgreSQL renders it, the same with both drivers and under any server defaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import psycopg2
import pytest

from local.servers.stack import Stack
from postgres_to_s3.columns import Column
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import RFC4180
from postgres_to_s3.postgres.session import Session
from tests.support.memory_files import copy_to_memory

pytestmark = pytest.mark.postgres_version

ODD_DEFAULTS = (
    "-c datestyle=German -c timezone=America/New_York -c intervalstyle=iso_8601"
    " -c bytea_output=escape -c extra_float_digits=-9 -c client_encoding=LATIN1"
)
BIG = "123456789012345678.12345678901234567890"
VALUES = {
    "null": ("null::text", ""),
    "empty-text": ("''", '""'),
    "quotes": ("'sagt \"ja\"'", '"sagt ""ja"""'),
    "comma": ("'a, b'", '"a, b"'),
    "semicolon": ("'a; b'", "a; b"),
    "line-feed": (r"E'a\nb'", '"a\nb"'),
    "carriage-return": (r"E'a\rb'", '"a\rb"'),
    "windows-line-break": (r"E'a\r\nb'", '"a\r\nb"'),
    "percent": ("'100 %s %(x)s'", "100 %s %(x)s"),
    "umlauts-and-emoji": ("'Müller & Söhne €😀'", "Müller & Söhne €😀"),
    "blanks": ("'  a '", "  a "),
    "numeric-38-20": (f"{BIG}::numeric(38,20)", BIG),
    "smallest-numeric": ("1e-20::numeric(38,20)", "0.00000000000000000001"),
    "negative": ("-0.10::numeric(20,2)", "-0.10"),
    "not-a-number": ("'NaN'::numeric", "NaN"),
    "bigint": ("-9223372036854775808", "-9223372036854775808"),
    "double": ("0.1::float8 + 0.2::float8", "0.30000000000000004"),
    "boolean": ("true", "t"),
    "date": ("'2026-01-31'::date", "2026-01-31"),
    "endless-date": ("'infinity'::date", "infinity"),
    "timestamp": ("'2026-01-31 23:59:59.5'::timestamp", "2026-01-31 23:59:59.5"),
    "time-with-zone": ("'2026-07-01 00:30+02'::timestamptz", "2026-06-30 22:30:00+00"),
    "interval": ("'1 year 2 days 3 hours'::interval", "1 year 2 days 03:00:00"),
    "bytes": (r"'\x00ff'::bytea", r"\x00ff"),
    "json": ("""'{"a": "b,c"}'::jsonb""", '"{""a"": ""b,c""}"'),
    "array": ("array['a', 'b c', null]", '"{a,""b c"",NULL}"'),
    "numbers": ("array[1, 2]", '"{1,2}"'),
}
TYPES = {
    "numeric(20,2)": "numeric(20,2)",
    "numeric(38,20)": "numeric(38,20)",
    "numeric(3,-2)": "numeric(3,-2)",
    "numeric": "numeric",
    "smallint": "smallint",
    "bigint": "bigint",
    "varchar(10)": "character varying",
    "timestamptz": "timestamp with time zone",
    "int[]": "integer[]",
    "bytea": "bytea",
}


@pytest.fixture(scope="module", params=[psycopg2, psycopg], ids=["psycopg2", "psycopg"])
def odd_session(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Session]:
    """A session of either driver in a server whose defaults would change what an export looks like."""
    with closing(Session(request.param.connect(stack.dsn(), options=ODD_DEFAULTS))) as opened:
        opened.prepare()
        opened.begin_reading()
        yield opened


@pytest.mark.parametrize(("expression", "text"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_rendered_by_postgresql(odd_session: Session, expression: str, text: str) -> None:
    files = copy_to_memory(odd_session, f"select 1 as id, {expression} as value, 2 as end")

    assert files.contents()[0].decode() == f"id,value,end\n1,{text},2\n"


def test_null_and_empty_text_differ_in_a_single_column(odd_session: Session) -> None:
    files = copy_to_memory(odd_session, "values ('a'), (null), (''), (null)", max_rows=3)

    assert files.contents() == [b'column1\na\n\n""\n', b"column1\n\n"]


def test_column_names_are_quoted_as_csv(odd_session: Session) -> None:
    names = ["Konto", "a,b", 'say "x"', "zwei\nZeilen", "zwei\rZeilen", "Straße", "?column?"]
    columns = ", ".join(f'1 as "{name.replace(chr(34), chr(34) * 2)}"' for name in names)

    described = odd_session.describe(f"select {columns}")
    header = RFC4180.file_start(column.name for column in described)

    assert header.decode() == 'Konto,"a,b","say ""x""","zwei\nZeilen","zwei\rZeilen",Straße,?column?\n'


@pytest.mark.parametrize(("declared", "described"), TYPES.items(), ids=TYPES.keys())
def test_a_type_is_described_with_its_limits(odd_session: Session, declared: str, described: str) -> None:
    assert odd_session.describe(f"select null::{declared} as value") == (Column("value", described),)


def test_a_query_without_a_column_is_refused(odd_session: Session) -> None:
    with pytest.raises(PermanentError, match="expected at least one column to export, found none"):
        odd_session.describe("select from generate_series(1, 3)")
