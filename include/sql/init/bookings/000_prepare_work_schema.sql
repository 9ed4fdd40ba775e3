-- Prepares schema report_oibl_work for the scripts of the legacy bookings: creates missing schemas where the
-- role may, and the empty table tax code -> tax account that the client's 001 script fills. Safe to re-run:
-- what exists is left alone or replaced, nothing a reader sees is touched. docs/domain.md 2.4.

-- `create schema if not exists` demands the right to create schemas even for one that exists.
do $$
declare
    required_schemas constant text[] := array['report_oibl', 'report_oibl_work'];
    unusable text;
    required_schema text;
begin
    select string_agg(required.schema_name, ', ' order by required.schema_name)
    into unusable
    from unnest(required_schemas) as required (schema_name)
    where
        case
            when to_regnamespace(required.schema_name) is null
                then not has_database_privilege(current_database(), 'create')
            else not has_schema_privilege(required.schema_name, 'create')
        end;

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

    foreach required_schema in array required_schemas loop
        if to_regnamespace(required_schema) is null then
            execute format('create schema %I', required_schema);
        end if;
    end loop;
end
$$;

drop table if exists report_oibl_work.bookings_tax_accounts;

create unlogged table report_oibl_work.bookings_tax_accounts (
    mwskz varchar(2) primary key,
    account varchar(20)
);
