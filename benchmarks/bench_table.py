"""The table that is exported: 33 columns and about 350 bytes a row, like the open items of a billing system."""

from __future__ import annotations

from contextlib import closing

import psycopg2

SCHEMA = "report_oibl"

COLUMNS = """
    'CBA-' || lpad((n % 700000)::text, 9, '0') as cba,
    'MBA-' || lpad((n % 300000)::text, 9, '0') as mba,
    'K' || lpad((n % 250000)::text, 8, '0') as customer_id,
    date '2020-01-01' + (n % 2000)::int as date_created,
    md5(n::text) as transaction_id,
    (array['INSTALLMENT', 'FINAL_BILL', 'DUNNING_FEE'])[n % 3 + 1] as glid,
    'STROM' as analyticaxis,
    md5((n * 7)::text) as bill_id,
    date '2020-01-15' + (n % 2000)::int as due_date,
    date '2020-02-01' + (n % 1500)::int as balance_date,
    case when n % 3 = 0 then date '2020-03-01' + (n % 1700)::int end as write_off_date,
    case when n % 7 = 0 then 'Betrag strittig, "Widerspruch"' else 'Stadtwerke Müller & Söhne' end as write_off_reason,
    '' as write_off_note,
    date '2020-06-01' + (n % 800)::int as dunning_lock_until,
    case when n % 5 > 0 then 'R' || n end as dunning_lock_reason,
    'H' as dunning_scenario,
    n % 2 = 0 as is_open,
    (n / 119.0)::numeric(20, 2) as amount_net,
    (n / 100.0)::numeric(20, 2) as amount_gross,
    (n / 626.3)::numeric(20, 2) as amount_vat,
    case when n % 4 = 0 then (n % 1003 / 100.0)::numeric(20, 2) end as amount_energy_tax,
    'DE' || lpad(n::text, 20, '0') as aggregate_id,
    (n % 90000 + 100000)::text as accounting_id,
    timestamp '2026-11-22 02:00:00' + n * interval '1 millisecond' as booking_created_at,
    date '2021-01-01' + (n % 900)::int as booking_date,
    date '2021-01-03' + (n % 900)::int as posting_date,
    date '2021-02-01' + (n % 365)::int as document_date,
    '0100' as booking_tax_code,
    (n % 1000003 / 100.0)::numeric(20, 2) as booking_debit_amount,
    (n % 100003 / 100.0)::numeric(20, 2) as booking_credit_amount,
    0::numeric(20, 2) as booking_discount_amount,
    (n % 77777 / 100.0)::numeric(20, 2) as booking_open_amount,
    'EUR' as currency
"""


def table_name(rows: int) -> str:
    """The table with this many rows."""
    return f"{SCHEMA}.bench_{rows}"


def create_bench_table(dsn: str, rows: int) -> None:
    """Create and fill the table as superuser, readable by everybody, unless it is already there."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("select to_regclass(%s) is not null", (table_name(rows),))
        if cursor.fetchone() == (True,):
            return
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute(f"grant usage on schema {SCHEMA} to public")
        cursor.execute(f"create table {table_name(rows)} as select {COLUMNS} from generate_series(1, {rows}) as n")
        cursor.execute(f"grant select on {table_name(rows)} to public")
        cursor.execute(f"vacuum (freeze, analyze) {table_name(rows)}")
