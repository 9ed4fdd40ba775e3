"""The query that an export runs: all of a table or the one statement of a script, its columns, order and rendering."""

from __future__ import annotations

from collections.abc import Sequence

from postgres_to_s3.columns import FRACTIONS, PLAIN, Column
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.postgres.failures import server_message, sqlstate_of
from postgres_to_s3.postgres.lexemes import split_lexemes
from postgres_to_s3.postgres.session import Session

BLANKS = " \t\n\r\f\v"
# Opens a cursor, which the server does for one statement that gives rows and for nothing else, and reads no row.
OPEN_CURSOR = "declare rows refcursor; begin open rows for execute {}; end"
# Classes of SQLSTATEs: what the text says cannot be done, whoever runs it and when.
WRONG_QUERY = ("0A", "22", "25006", "42")


def table_name(session: Session, table: str) -> str:
    """A table given as ``name`` or ``schema.name``, quoted by the driver."""
    return session.quote_name(*table.split("."))


def table_query(session: Session, table: str) -> str:
    """``select *`` of a table given as ``name`` or ``schema.name``."""
    return f"select * from {table_name(session, table)}"


def single_query(sql: str) -> str:
    """The one statement in ``sql`` without its closing semicolon.

    :raises PermanentError: there is none, or more than one
    """
    statements = []
    start, is_blank = 0, True
    for kind, begin, end in split_lexemes(sql):
        if kind == "end":
            statements += [] if is_blank else [sql[start:begin]]
            start, is_blank = end, True
        elif kind not in ("blank", "comment"):
            is_blank = False
    statements += [] if is_blank else [sql[start:]]
    if len(statements) != 1:
        raise PermanentError(f"expected one query, found {len(statements)} statements")
    return statements[0].strip(BLANKS)


def check_query(session: Session, query: str) -> None:
    """Let the server decide that the text is one query that only reads; it may become part of others then.

    :raises PermanentError: it is not, or names what does not exist or may not be read; with the server's reason
    """
    try:
        session.execute(f"do {session.quote_text(OPEN_CURSOR.format(session.quote_text(query)))}")
    except Exception as error:
        if not sqlstate_of(error).startswith(WRONG_QUERY):
            raise
        # The driver's message ends with the whole query.
        message, position = server_message(error)
        lines = query[:position].splitlines()
        place = f", in line {len(lines)}: {query.splitlines()[len(lines) - 1].strip()}" if lines else ""
        raise PermanentError(f"expected one query that only reads: {type(error).__name__}: {message}{place}") from error


def without_rows(query: str) -> str:
    """The query with its columns but no row; run, it locks all that the query reads by name."""
    return f"select * from (\n{query}\n) as exported limit 0"


def select_columns(
    session: Session, query: str, available: Sequence[Column], columns: Sequence[str], order_by: Sequence[str]
) -> str:
    """The query with only these columns, in this order, sorted by these; as it is where nothing is asked for.

    :param available: the columns of ``query``
    :raises PermanentError: lists every column that ``query`` does not have
    """
    check_names(available, {"columns": columns, "order_by": order_by})
    if not columns and not order_by:
        return query
    wanted = _quoted(session, columns) or "*"
    order = f" order by {_quoted(session, order_by)}" if order_by else ""
    return f"select {wanted} from (\n{query}\n) as chosen{order}"


def render_query(query: str, columns: Sequence[Column], dialect: CsvDialect) -> str:
    """The query whose values PostgreSQL writes as the dialect wants them; as it is where CSV's own rules do."""
    if not (dialect.decimal_comma or dialect.quote_text):
        return query
    names = [f"c{place}" for place in range(len(columns))]
    values = [
        f"replace({name}::text, '.', ',') as {name}"
        if dialect.decimal_comma and column.base_type in FRACTIONS
        else name
        for name, column in zip(names, columns, strict=True)
    ]
    return f"select {', '.join(values)} from (\n{query}\n) as rendered ({', '.join(names)})"


def copy_options(session: Session, columns: Sequence[Column], dialect: CsvDialect) -> str:
    """The options of COPY for the query that ``render_query`` gives."""
    values = {
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "null": dialect.null,
        "encoding": dialect.encoding,
    }
    options = ["format csv", *(f"{name} {session.quote_text(value)}" for name, value in values.items())]
    quoted = [f"c{place}" for place, column in enumerate(columns) if column.base_type not in PLAIN]
    if dialect.quote_text and quoted:
        options.append(f"force_quote ({', '.join(quoted)})")
    return ", ".join(options)


def check_names(available: Sequence[Column], wanted: dict[str, Sequence[str]]) -> None:
    """All columns that the arguments name must be available.

    :param wanted: by the argument that names them
    :raises PermanentError: lists every one that is not
    """
    known = [column.name for column in available]
    problems = [
        f"'{argument}' names {', '.join(map(repr, unknown))}"
        for argument, names in wanted.items()
        if (unknown := [name for name in names if name not in known])
    ]
    if problems:
        raise PermanentError(f"{'; '.join(problems)}, but the columns are {', '.join(map(repr, known))}")


def _quoted(session: Session, names: Sequence[str]) -> str:
    return ", ".join(session.quote_name(name) for name in names)
