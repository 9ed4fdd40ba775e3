"""The tables that the pipeline keeps for itself in the warehouse: the lock of a run, and the stamps of results."""

from __future__ import annotations

from postgres_to_s3.postgres.session import Session

FIND_LOCK = "select to_regclass('report_oibl_work.run_lock') is not null"
FIND_TABLES = f"{FIND_LOCK} and to_regclass('report_oibl_work.result_stamps') is not null"
# `create schema if not exists` demands the right to create schemas even for one that exists.
CREATE_SCHEMA = """
do $$ begin
    if to_regnamespace('report_oibl_work') is null then
        create schema report_oibl_work;
    end if;
end $$
"""
CREATE_LOCK = """
create table if not exists report_oibl_work.run_lock (
    only_row boolean primary key default true check (only_row),
    token text not null,
    client_id text not null,
    dag_id text not null,
    run_id text not null,
    origin text not null,
    claimed_at timestamptz not null default now()
)
"""
# One row for each system with results, and one for a run of it that has built nothing so far. Texts in JSON keep the
# order of their keys, which `jsonb` does not.
CREATE_STAMPS = """
create table if not exists report_oibl_work.result_stamps (
    system text not null,
    token text not null,
    client_id text not null,
    dag_id text not null,
    run_id text not null,
    origin text not null,
    business_date date not null,
    state text not null,
    scripts text not null,
    sources text not null,
    built_at timestamptz,
    primary key (system, token)
)
"""


def ensure_tables(session: Session) -> None:
    """Create the tables that are missing."""
    if not session.fetch_row(FIND_TABLES)[0]:
        session.execute(f"{CREATE_SCHEMA};{CREATE_LOCK};{CREATE_STAMPS}")
