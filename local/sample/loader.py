"""Fill a warehouse with the sample data of this folder, and never anything else."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from local.errors import StackError

SQL_DIRECTORY = Path(__file__).resolve().parent
SCHEMA_FILE = SQL_DIRECTORY / "schema.sql"
SEED_FILES = (SQL_DIRECTORY / "seed.sql", SQL_DIRECTORY / "seed_cases.sql")
SOURCE_SCHEMAS = (
    "bookings_vault",
    "bookkeeper_vault",
    "datalake_vault",
    "dunning_vault",
    "dunninglock_vault",
    "paymentallocation_vault",
    "receivablemanagement_vault",
)
REPORT_SCHEMAS = ("report_oibl", "report_oibl_work")
DEFAULT_SCALE = 1.0
# Beyond it the ranges of the sample's ids run into each other.
LARGEST_SCALE = 4000
MARKED_SCHEMA = "bookkeeper_vault"
MARKER_PREFIX = "sample data "
# Any number will do as long as every loader uses the same: two loads of one database wait for each other.
LOAD_LOCK = 20_240_131


@dataclass(frozen=True)
class _Loaded:
    """A sample in a database, as the comment on one of its schemas describes it."""

    scale: float
    marker: str


def load_sample_warehouse(
    dsn: str,
    scale: float | None,
    *,
    progress: Callable[[str], None],
    may_replace: bool = True,
    remedy: str = "stop the servers first ('make stop')",
) -> None:
    """Load schema and sample data as superuser, unless exactly this is already there.

    :param scale: 1 means about 50,000 charges, and everything grows linearly; None: as loaded, else 1
    :param may_replace: whether another scale or other files replace the loaded sample and what was built from it
    :param remedy: what to do where they may not
    :raises StackError: the source schemas exist but are not the sample's, so they may be somebody's data; or another
        sample is loaded and must not be replaced

    One transaction: a failed load leaves the database as it was.
    """
    with _transaction(dsn) as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (LOAD_LOCK,))
        loaded = _loaded_sample(cursor)
        wanted = scale if scale is not None else loaded.scale if loaded else DEFAULT_SCALE
        _require_possible(wanted)
        if loaded and not may_replace:
            _require_same(loaded.scale, wanted, remedy)
        elif loaded is None or loaded.marker != _marker(wanted):
            if loaded:
                progress(f"Sample warehouse: removing the sample at scale {loaded.scale:g} and its results")
                _drop_schemas(cursor)
            _load(cursor, wanted, progress)
            return
        progress(f"Sample warehouse: scale {wanted:g} is loaded and used as it is")


def load_schema(dsn: str) -> None:
    """Create the source schemas, empty, and the report schemas in a database without them, as superuser."""
    with _transaction(dsn) as cursor:
        _run_file(cursor, SCHEMA_FILE)


def load_seed(dsn: str, scale: float, first_account: int = 0) -> None:
    """Fill the empty source tables at this scale as superuser and analyse them; as load_sample_warehouse.

    :param first_account: the account to begin with, which makes the sample a part of a larger one
    """
    _require_possible(scale)
    with _transaction(dsn) as cursor:
        cursor.execute("select set_config('bda.first_account', %s, true)", (str(first_account),))
        _fill(cursor, scale)


def _load(cursor: Cursor, scale: float, progress: Callable[[str], None]) -> None:
    started = time.monotonic()
    progress(f"Sample warehouse: loading scale {scale:g}")
    _run_file(cursor, SCHEMA_FILE)
    _fill(cursor, scale)
    marker = sql.Literal(_marker(scale))
    cursor.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(MARKED_SCHEMA), marker))
    progress(f"Sample warehouse: {_charge_count(cursor):,} charges loaded in {time.monotonic() - started:.1f} s")


def _require_same(loaded: float, wanted: float, remedy: str) -> None:
    if loaded != wanted:
        raise StackError(
            f"Scale {wanted:g} was asked for, but the running servers hold the sample at scale {loaded:g}. Loading"
            f" another one would remove it and its results. Leave the scale out to use what is loaded, or {remedy}."
        )


@contextmanager
def _transaction(dsn: str) -> Iterator[Cursor]:
    with closing(_connect(dsn)) as connection, connection, connection.cursor() as cursor:
        yield cursor


def _connect(dsn: str) -> Connection:
    connection = psycopg2.connect(dsn)
    connection.set_client_encoding("UTF8")
    return connection


def _marker(scale: float) -> str:
    digest = hashlib.sha256()
    for file in (SCHEMA_FILE, *SEED_FILES):
        digest.update(file.read_bytes())
    return f"{MARKER_PREFIX}scale={float(scale)!r} sha256={digest.hexdigest()}"


def _require_possible(scale: float) -> None:
    if not 0 < scale <= LARGEST_SCALE:
        raise StackError(f"SCALE must be a number above 0, e.g. 0.02 or 1, up to {LARGEST_SCALE:,}; found {scale!r}.")


def _loaded_sample(cursor: Cursor) -> _Loaded | None:
    """The sample in the database, None in one without any of its schemas."""
    cursor.execute(
        "select nspname::text, obj_description(oid, 'pg_namespace') from pg_namespace"
        " where nspname = any(%s) order by nspname",
        ([*SOURCE_SCHEMAS, *REPORT_SCHEMAS],),
    )
    comments = dict(cursor.fetchall())
    marker = comments.get(MARKED_SCHEMA) or ""
    match = re.match(rf"{MARKER_PREFIX}scale=(\S+) ", marker)
    if match:
        return _Loaded(float(match.group(1)), marker)
    if comments:
        raise StackError(_unmarked_message(cursor, sorted(comments)))
    return None


def _unmarked_message(cursor: Cursor, schemas: list[str]) -> str:
    cursor.execute("select current_database()")
    (database,) = cursor.fetchone() or ("?",)
    names = ", ".join(f"'{schema}'" for schema in schemas)
    return (
        f"Database '{database}' is not a sample warehouse: expected no source schemas, or those of the sample"
        f" with the comment '{MARKER_PREFIX}…' on '{MARKED_SCHEMA}'; found {names} without it. This may be"
        " real data, so nothing was touched. Name an empty database, or drop these schemas yourself."
    )


def _drop_schemas(cursor: Cursor) -> None:
    names = sql.SQL(", ").join(sql.Identifier(schema) for schema in (*SOURCE_SCHEMAS, *REPORT_SCHEMAS))
    cursor.execute(sql.SQL("drop schema if exists {} cascade").format(names))


def _fill(cursor: Cursor, scale: float) -> None:
    cursor.execute("select set_config('bda.scale', %s, true), set_config('work_mem', '64MB', true)", (repr(scale),))
    for file in SEED_FILES:
        _run_file(cursor, file)
    cursor.execute("analyze")


def _run_file(cursor: Cursor, file: Path) -> None:
    cursor.execute(file.read_text(encoding="utf-8"))


def _charge_count(cursor: Cursor) -> int:
    cursor.execute("select count(*) from datalake_vault.applied_billing_charge")
    (charges,) = cursor.fetchone() or (0,)
    return int(charges)
