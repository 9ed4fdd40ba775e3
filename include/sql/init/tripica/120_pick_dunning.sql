-- Picks dunning and dunning lock of each master account, one row per account: its newest case with the
-- highest level, and its newest lock if that one is neither deleted nor expired today (Berlin). A missing
-- instant counts as newest. Unless the three dunning schemas are there, readable and hold at least one case,
-- a message says why and there is no dunning at all. expires_at is the one date taken in UTC. Safe to re-run:
-- the tables are replaced. docs/domain.md 3.7, 3.12, 6.1 N5, N6, 6.2 K7, K8, 6.3 F8, F11.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_dunning;
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

reset client_min_messages;

analyze report_oibl_work.tripica_dunning_cases;
analyze report_oibl_work.tripica_dunning_claims;
analyze report_oibl_work.tripica_dunning_locks;

create unlogged table report_oibl_work.tripica_dunning as
with newest_cases as (
    select distinct on (mba)
        mba,
        id,
        case when status in ('DUNNING', 'BLOCKING', 'INKASSO') then status end as dunning_status
    from report_oibl_work.tripica_dunning_cases
    where mba is not null
    order by
        mba asc,
        created_at desc nulls first,
        id collate "C" desc
),

highest_claims as (
    select distinct on (case_id)
        case_id,
        dunning_level,
        scenario as dunning_scenario
    from report_oibl_work.tripica_dunning_claims
    order by
        case_id asc,
        dunning_level desc nulls last,
        scenario collate "C" asc,
        id collate "C" asc
),

newest_locks as (
    select distinct on (mba)
        mba,
        deleted,
        locked_until as dunning_lock_until,
        reason as dunning_lock_reason
    from report_oibl_work.tripica_dunning_locks
    where mba is not null
    order by
        mba asc,
        created_at desc nulls first,
        updated_at desc nulls first,
        id collate "C" desc nulls last,
        locked_until desc,
        deleted asc nulls first,
        reason collate "C" asc
),

valid_locks as (
    select
        mba,
        dunning_lock_until,
        dunning_lock_reason
    from newest_locks
    where deleted is not true and dunning_lock_until >= current_date
)

select
    coalesce(newest_cases.mba, valid_locks.mba) as mba,
    newest_cases.dunning_status,
    highest_claims.dunning_level,
    highest_claims.dunning_scenario,
    valid_locks.dunning_lock_until,
    valid_locks.dunning_lock_reason
from newest_cases
left join highest_claims on newest_cases.id = highest_claims.case_id
full join valid_locks on newest_cases.mba = valid_locks.mba;

analyze report_oibl_work.tripica_dunning;
