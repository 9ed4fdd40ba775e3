-- Prepares schema report_oibl_work for the bookkeeper scripts: the shared formatting rules as functions and
-- the empty table tax code -> tax account that the client's 001 script fills. Creates missing schemas where
-- the role may. Safe to re-run: everything in the work schema is replaced, nothing a reader sees is touched.
-- docs/domain.md 2.3; the owner's rights are described in docs/domain.md 5.2.

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

-- Amounts become unsigned euro texts: 2 decimals, a decimal comma, no thousands separator. -5 cents: 0,05.
create or replace function report_oibl_work.bookkeeper_euro_text(cents numeric) returns text
language sql immutable parallel safe
as $$ select replace(round(abs(cents) * 0.01, 2)::text, '.', ',') $$;

-- The sign of an amount decides its side: 50 is credit, 40 is debit; zero and missing amounts are debit.
create or replace function report_oibl_work.bookkeeper_side(cents numeric) returns text
language sql immutable parallel safe
as $$ select case when cents < 0 then '50' else '40' end $$;

-- The 64 bit integer a text stands for, null for any other text. Only case keeps a cast from running first.
create or replace function report_oibl_work.bookkeeper_whole_number(reference text) returns bigint
language sql immutable parallel safe
as $$
    select case
        when reference ~ '^[ \t\n\v\f\r]*[-+]?[0-9]+[ \t\n\v\f\r]*$'
            then case
                when reference::numeric between -9223372036854775808 and 9223372036854775807
                    then reference::bigint
            end
    end
$$;

drop table if exists report_oibl_work.bookkeeper_tax_accounts;
create table report_oibl_work.bookkeeper_tax_accounts (
    mwskz varchar(2) primary key,
    account varchar(20)
);
