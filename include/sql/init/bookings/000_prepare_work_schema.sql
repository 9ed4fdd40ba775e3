-- Prepares schema report_oibl_work for the scripts of the legacy bookings: creates missing schemas where the
-- role may, and the empty table tax code -> tax account that the client's 001 script fills. Safe to re-run:
-- what exists is left alone or replaced, nothing a reader sees is touched. docs/domain.md 2.4.
set local client_min_messages = warning;

-- `create schema if not exists` demands the right to create schemas even for one that exists.
do $$
declare
    required_schema text;
begin
    foreach required_schema in array array['report_oibl', 'report_oibl_work'] loop
        if to_regnamespace(required_schema) is null then
            execute format('create schema %I', required_schema);
        elsif not has_schema_privilege(required_schema, 'create') then
            raise exception 'role "%" cannot create tables in schema "%"', current_user, required_schema
                using
                    errcode = 'insufficient_privilege',
                    hint = format(
                        'Its owner runs: grant usage, create on schema %I to %I;', required_schema, current_user
                    );
        end if;
    end loop;
end
$$;

drop table if exists report_oibl_work.bookings_tax_accounts;

create unlogged table report_oibl_work.bookings_tax_accounts (
    mwskz varchar(2) primary key,
    account varchar(20)
);
