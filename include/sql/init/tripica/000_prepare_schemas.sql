-- Prepares the schemas report_oibl (results) and report_oibl_work (intermediate tables) for the tripica
-- scripts: creates what is missing where the role may, says what to do where it may not. Safe to re-run:
-- what exists is left alone. docs/domain.md 2.1; the owner's rights are described in docs/domain.md 5.2.
set local client_min_messages = warning;

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
