-- Publishes the result in one transaction: until it ends, readers see the table and the view of the last
-- run. What depends on the old table goes with it; what other roles were granted on the old table and view
-- they are granted on the new. A reader who keeps the table busy makes this fail after lock_timeout. Safe to
-- re-run: without a new result it does nothing. docs/domain.md 4.1.
set local client_min_messages = warning;
set local lock_timeout = '5min';

do $$
declare
    privileges text;
    lost_views text;
begin
    if to_regclass('report_oibl_work.tripica_results') is null then
        return;
    end if;

    -- grantee 0 is public
    select string_agg(
        format(
            'grant %s on report_oibl.%I to %s%s',
            granted.privilege_type,
            relations.relname,
            case when granted.grantee = 0 then 'public' else granted.grantee::regrole::text end,
            case when granted.is_grantable then ' with grant option' else '' end
        ),
        '; '
    )
    into privileges
    from pg_catalog.pg_class as relations
    cross join lateral aclexplode(relations.relacl) as granted
    where
        relations.relnamespace = 'report_oibl'::regnamespace
        and relations.relname in ('tripica_results', 'oibl_customer')
        and granted.grantee <> relations.relowner;

    select string_agg(distinct dependents.oid::regclass::text, ', ')
    into lost_views
    from pg_catalog.pg_depend as dependencies
    inner join pg_catalog.pg_rewrite as rules on dependencies.objid = rules.oid
    inner join pg_catalog.pg_class as dependents on rules.ev_class = dependents.oid
    where
        dependencies.refobjid in (to_regclass('report_oibl.tripica_results'), to_regclass('report_oibl.oibl_customer'))
        and dependents.oid is distinct from to_regclass('report_oibl.oibl_customer');

    if lost_views is not null then
        raise warning 'dropped with the old result, to be created again by their owners: %', lost_views;
    end if;

    drop table if exists report_oibl.tripica_results cascade;
    drop view if exists report_oibl.oibl_customer;
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

    if privileges is not null then
        execute privileges;
    end if;
end
$$;
