-- Publishes the result: the table takes the place of the last run's, and the customer view shows it. Until
-- this transaction ends readers see the old ones, and they wait for a moment only. Roles keep what they were
-- granted on them; then every role gets and loses what it should: login roles read everything but
-- service_metabase, which reads the view. Views that somebody built on the old ones are dropped and named in
-- a warning. Safe to re-run: a result that was published already is passed over. docs/domain.md 2.1, 4.1,
-- 5.2.

-- a reader who keeps the table busy makes this fail, instead of everybody waiting in line behind it
set local lock_timeout = '5min';

do $$
declare
    grants text;
    lost_views text;
begin
    if to_regclass('report_oibl_work.tripica_results') is null then
        return;
    end if;

    -- grantee 0 is public
    select string_agg(
        format(
            'grant %s on report_oibl.%I to %s%s',
            granted.privilege_type, relations.relname,
            case when granted.grantee = 0 then 'public' else granted.grantee::regrole::text end,
            case when granted.is_grantable then ' with grant option' else '' end
        ),
        '; '
    )
    into grants
    from pg_catalog.pg_class as relations
    cross join lateral aclexplode(relations.relacl) as granted
    where
        relations.oid in (to_regclass('report_oibl.tripica_results'), to_regclass('report_oibl.oibl_customer'))
        and granted.grantee <> relations.relowner;

    select string_agg(distinct rules.ev_class::regclass::text, ', ')
    into lost_views
    from pg_catalog.pg_depend as dependencies
    inner join pg_catalog.pg_rewrite as rules on dependencies.objid = rules.oid
    where
        dependencies.refobjid in (to_regclass('report_oibl.tripica_results'), to_regclass('report_oibl.oibl_customer'))
        and rules.ev_class is distinct from to_regclass('report_oibl.oibl_customer');

    if lost_views is not null then
        raise warning 'dropped with the old result, to be created again by their owners: %', lost_views;
    end if;

    drop view if exists report_oibl.oibl_customer cascade;
    drop table if exists report_oibl.tripica_results cascade;
    alter table report_oibl_work.tripica_results set schema report_oibl;

    create view report_oibl.oibl_customer as
    select
        cba,
        mba,
        customer_id,
        date_created,
        transaction_id,
        glid,
        analyticaxis,
        bill_id,
        due_date,
        balance_date,
        write_off_date,
        write_off_reason,
        write_off_note,
        dunning_lock_until,
        dunning_lock_reason,
        dunning_scenario,
        dunning_level,
        amount_net,
        amount_gross,
        amount_vat,
        amount_energy_tax,
        aggregate_id,
        accounting_id,
        booking_created_at,
        booking_date,
        booking_order_number,
        booking_tax_code,
        booking_mainledger_account,
        booking_reference_document_number,
        booking_debit_amount,
        booking_credit_amount,
        booking_amount_indicator,
        migration_flag
    from report_oibl.tripica_results;

    if grants is not null then
        execute grants;
    end if;
end
$$;

-- Login roles read everything in the schema, now and in future, except octopus, rdsadmin and services;
-- service_metabase_full reads everything too, service_metabase the customer view only. Roles that do not
-- qualify, or no longer do, lose what they hold; groups that were granted access by hand keep it.
do $$
declare
    readers text;
    others text;
begin
    with holders as (
        -- the default privileges name whom this script granted access in earlier runs
        select granted.grantee, true as granted_before
        from pg_catalog.pg_default_acl as defaults
        cross join lateral aclexplode(defaults.defaclacl) as granted
        where
            defaults.defaclrole = current_user::regrole
            and defaults.defaclnamespace = 'report_oibl'::regnamespace
        union all
        select granted.grantee, false as granted_before
        from pg_catalog.pg_namespace as schemas
        cross join lateral aclexplode(schemas.nspacl) as granted
        where schemas.nspname = 'report_oibl'
        union all
        select granted.grantee, false as granted_before
        from pg_catalog.pg_class as relations
        cross join lateral aclexplode(relations.relacl) as granted
        where relations.relnamespace = 'report_oibl'::regnamespace
    ),

    roles as (
        select
            quote_ident(pg_roles.rolname) as name,
            pg_roles.rolcanlogin
            and (
                pg_roles.rolname = 'service_metabase_full'
                or (pg_roles.rolname not in ('octopus', 'rdsadmin') and pg_roles.rolname not like '%service_%')
            ) as is_reader,
            exists (
                select from holders
                where
                    holders.grantee = pg_roles.oid
                    and (holders.granted_before or pg_roles.rolcanlogin or pg_roles.rolname = 'service_metabase')
            ) as is_to_lose
        from pg_catalog.pg_roles
        where pg_roles.rolname <> current_user
    )

    select
        string_agg(name, ', ' order by name collate "C") filter (where is_reader),
        string_agg(name, ', ' order by name collate "C") filter (where is_to_lose and not is_reader)
    into readers, others
    from roles;

    if others is not null then
        execute format('revoke all on all tables in schema report_oibl from %s cascade', others);
        execute format('revoke all on schema report_oibl from %s cascade', others);
        execute format('alter default privileges in schema report_oibl revoke all on tables from %s', others);
    end if;

    if readers is not null then
        execute format('grant usage on schema report_oibl to %s', readers);
        execute format('grant select on all tables in schema report_oibl to %s', readers);
        execute format('alter default privileges in schema report_oibl grant select on tables to %s', readers);
    end if;

    if exists (select from pg_catalog.pg_roles where rolname = 'service_metabase') then
        grant usage on schema report_oibl to service_metabase;
        grant select on report_oibl.oibl_customer to service_metabase;
    end if;
end
$$;
