-- Publishes the result: the table takes the place of the last run's, and the customer view shows it. Until
-- this transaction ends readers see the old ones, and they wait for a moment only. What roles were granted on
-- the old table and view they are granted on the new; views that somebody built on them are dropped with them
-- and named in a warning. Safe to re-run: a result that was published already is passed over. docs/domain.md
-- 2.1, 4.1.
set local client_min_messages = warning;
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
