-- Prepares schema report_oibl_work for the scripts of the legacy bookings: creates missing schemas where the
-- role may, the tax accounts of enercity's ledger as a function, and the empty table tax code -> tax account
-- that the client's 001 script fills. Safe to re-run: what exists is left alone or replaced, nothing a reader
-- sees is touched. docs/domain.md 2.3, 2.4.

-- `create schema if not exists` demands the right to create schemas even for one that exists.
do $$
declare
    required_schema text;
    unusable text;
begin
    foreach required_schema in array array['report_oibl', 'report_oibl_work'] loop
        if to_regnamespace(required_schema) is null and has_database_privilege(current_database(), 'create') then
            execute format('create schema %I', required_schema);
        end if;
        -- null where the schema is missing
        if has_schema_privilege(to_regnamespace(required_schema), 'create') is not true then
            unusable := concat_ws(', ', unusable, required_schema);
        end if;
    end loop;

    if unusable is not null then
        raise exception 'role "%" cannot create tables in schema(s) % of database "%"',
            current_user, unusable, current_database()
            using
                errcode = 'insufficient_privilege',
                hint = format(
                    'As the owner of the database run for each: create schema if not exists <schema>; '
                    'grant usage, create on schema <schema> to %I;', current_user
                );
    end if;
end
$$;

-- The tax accounts of enercity's ledger and the tax codes of each. The 001 script of a client that books
-- there fills the table below with them. RC is the account text of reverse charge.
create or replace function report_oibl_work.bookings_ledger_accounts()
returns table (account text, tax_codes text[])
language sql immutable parallel safe
as $$
    values
    ('76100030', array['11', '1A', '21', '2A']),
    ('76100101', array['12', '1B']),
    ('76100100', array['22', '2B']),
    ('76110005', array['59', '5W', '69', '6W']),
    ('76110030', array['51', '5A', '61', '6A', '62', '6B']),
    ('RC', array['81', '8A'])
$$;

drop table if exists report_oibl_work.bookings_tax_accounts;

create unlogged table report_oibl_work.bookings_tax_accounts (
    mwskz varchar(2) primary key,
    account varchar(20)
);
