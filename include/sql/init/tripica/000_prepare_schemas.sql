-- Prepares the schemas report_oibl (results) and report_oibl_work (intermediate tables) for the tripica
-- scripts: creates what is missing where the role may, says what to do where it may not. Safe to re-run:
-- what exists is left alone. docs/domain.md 2.1; the owner's rights are described in docs/domain.md 5.2.
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
                    hint = format('Its owner runs: grant usage, create on schema %I to %I;', required_schema, current_user);
        end if;
    end loop;
end
$$;
