-- Copies dunning cases, claims and locks from their three schemas. Unless all of them are there, readable
-- and hold at least one case, the copies stay empty and a message says why: the open items then come without
-- dunning and without locks. expires_at is the one date taken in UTC. Safe to re-run: the tables are
-- replaced. docs/domain.md 3.7 (precondition), 3.12 (expires_at), 6.2 K7, K8, 6.3 F8, F11.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_dunning_cases;
drop table if exists report_oibl_work.tripica_dunning_claims;
drop table if exists report_oibl_work.tripica_dunning_locks;

create unlogged table report_oibl_work.tripica_dunning_cases (
    id text,
    mba varchar,
    status varchar,
    created_at timestamptz
);

create unlogged table report_oibl_work.tripica_dunning_claims (
    id text,
    case_id text,
    dunning_level integer,
    scenario varchar
);

create unlogged table report_oibl_work.tripica_dunning_locks (
    id text,
    mba varchar,
    reason text,
    deleted boolean,
    locked_until date,
    created_at timestamptz,
    updated_at timestamptz
);

set local client_min_messages = notice;

do $$
declare
    tables_missing text;
    tables_denied text;
    schemas_present bigint;
begin
    select
        string_agg(required.name, ', ') filter (where relations.oid is null),
        string_agg(required.name, ', ') filter (
            where not (
                has_schema_privilege(relations.relnamespace, 'usage') and has_table_privilege(relations.oid, 'select')
            )
        )
    into tables_missing, tables_denied
    from (
        values
        ('receivablemanagement_vault', 'case_receivables'),
        ('receivablemanagement_vault', 'dunning_claims'),
        ('receivablemanagement_vault', 'dunning_locks'),
        ('dunning_vault', 'claims'),
        ('dunninglock_vault', 'dunning_locks')
    ) as expected (schema_name, table_name)
    cross join lateral (select expected.schema_name || '.' || expected.table_name as name) as required
    left join pg_catalog.pg_namespace as schemas on schemas.nspname = expected.schema_name
    left join pg_catalog.pg_class as relations
        on
            relations.relnamespace = schemas.oid
            and relations.relname = expected.table_name
            and relations.relkind in ('r', 'p', 'v', 'm', 'f');

    select count(*) into schemas_present
    from pg_catalog.pg_namespace
    where nspname in ('receivablemanagement_vault', 'dunning_vault', 'dunninglock_vault');

    if schemas_present = 0 then
        raise notice 'no dunning data: this database has none of the dunning schemas';
    elsif tables_denied is not null then
        raise warning 'no dunning data: role "%" may not read %', current_user, tables_denied;
    elsif tables_missing is not null then
        raise warning 'no dunning data: this database lacks %', tables_missing;
    elsif not exists (select from receivablemanagement_vault.case_receivables) then
        raise notice 'no dunning data: receivablemanagement_vault.case_receivables is empty';
    else
        insert into report_oibl_work.tripica_dunning_cases (id, mba, status, created_at)
        select id::text, mba, status::text, created_at
        from receivablemanagement_vault.case_receivables;

        insert into report_oibl_work.tripica_dunning_claims (id, case_id, dunning_level, scenario)
        select dunning_claim_id::text, case_receivable_id::text, dunning_level::integer, scenario
        from receivablemanagement_vault.dunning_claims;

        -- not every source gives its locks an id
        insert into report_oibl_work.tripica_dunning_locks (
            id, mba, reason, deleted, locked_until, created_at, updated_at
        )
        select
            to_jsonb(locks) ->> 'id', mba, reason, deleted,
            coalesce((expires_at at time zone 'UTC')::date, date '9999-12-31'), created_at, updated_at
        from dunninglock_vault.dunning_locks as locks;
    end if;
end
$$;

analyze report_oibl_work.tripica_dunning_cases;
analyze report_oibl_work.tripica_dunning_claims;
analyze report_oibl_work.tripica_dunning_locks;
