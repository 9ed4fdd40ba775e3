-- Keeps the open items of this business date in the history, changes only: an item gets a new row when it
-- looks different from the business date before, none when it does not. A run stands for the days from its
-- business date up to the next one that was run; what is known of the days before and after stays. So a
-- re-run changes nothing twice, and a late run of an older date only what that date says. Limits come from
-- report_oibl.tripica_limits. docs/domain.md, "History".
set local client_min_messages = warning;
set local work_mem = '128MB';

drop table if exists report_oibl_work.tripica_changed_items;
drop table if exists report_oibl_work.tripica_changed_rows;

-- items that look different now from what the history says of the business date
create unlogged table report_oibl_work.tripica_changed_items as
with known as (
    select
        applied_billing_charge_ouid,
        fingerprint
    from report_oibl.tripica_open_items_history
    where valid_from <= date '{{ business_date }}' and valid_until > date '{{ business_date }}'
)

select
    coalesce(items.applied_billing_charge_ouid, known.applied_billing_charge_ouid)
        as applied_billing_charge_ouid
from report_oibl_work.tripica_items_of_run as items
full join known on items.applied_billing_charge_ouid = known.applied_billing_charge_ouid
where items.fingerprint is distinct from known.fingerprint;

analyze report_oibl_work.tripica_changed_items;

-- how these items look from when to when, with equal neighbours joined
create unlogged table report_oibl_work.tripica_changed_rows as
with run as (
    select
        date '{{ business_date }}' as run_from,
        coalesce(min(business_date), date 'infinity') as run_until
    from report_oibl.tripica_history_runs
    where business_date > date '{{ business_date }}'
),

known as (
    select
        history.applied_billing_charge_ouid,
        history.valid_from,
        history.valid_until,
        history.fingerprint
    from report_oibl.tripica_open_items_history as history
    inner join report_oibl_work.tripica_changed_items as changed
        on history.applied_billing_charge_ouid = changed.applied_billing_charge_ouid
),

spans as (
    select
        known.applied_billing_charge_ouid,
        known.valid_from,
        least(known.valid_until, run.run_from) as valid_until,
        known.fingerprint
    from known
    cross join run
    where known.valid_from < run.run_from
    union all
    select
        items.applied_billing_charge_ouid,
        run.run_from as valid_from,
        run.run_until as valid_until,
        items.fingerprint
    from report_oibl_work.tripica_items_of_run as items
    inner join report_oibl_work.tripica_changed_items as changed
        on items.applied_billing_charge_ouid = changed.applied_billing_charge_ouid
    cross join run
    union all
    select
        known.applied_billing_charge_ouid,
        greatest(known.valid_from, run.run_until) as valid_from,
        known.valid_until,
        known.fingerprint
    from known
    cross join run
    where known.valid_until > run.run_until
),

marked as (
    select
        applied_billing_charge_ouid,
        valid_from,
        valid_until,
        fingerprint,
        (
            lag(valid_until) over in_time = valid_from
            and lag(fingerprint) over in_time = fingerprint
        ) is true as continues
    from spans
    window in_time as (partition by applied_billing_charge_ouid order by valid_from)
),

numbered as (
    select
        applied_billing_charge_ouid,
        valid_from,
        valid_until,
        fingerprint,
        count(*) filter (where not continues) over (
            partition by applied_billing_charge_ouid
            order by valid_from
        ) as look_no
    from marked
),

joined as (
    select
        applied_billing_charge_ouid,
        min(valid_from) as valid_from,
        max(valid_until) as valid_until,
        fingerprint
    from numbered
    group by applied_billing_charge_ouid, look_no, fingerprint
),

looks as (
    select
        applied_billing_charge_ouid,
        fingerprint,
        billing_account_ouid,
        login_ouid,
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
        dunning_status,
        dunning_scenario,
        dunning_level,
        amount_net,
        amount_gross,
        amount_vat,
        amount_energy_tax,
        migration_flag
    from report_oibl_work.tripica_items_of_run
    union all
    select
        applied_billing_charge_ouid,
        fingerprint,
        billing_account_ouid,
        login_ouid,
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
        dunning_status,
        dunning_scenario,
        dunning_level,
        amount_net,
        amount_gross,
        amount_vat,
        amount_energy_tax,
        migration_flag
    from report_oibl.tripica_open_items_history
    where applied_billing_charge_ouid in (
        select changed.applied_billing_charge_ouid
        from report_oibl_work.tripica_changed_items as changed
    )
),

distinct_looks as (
    select distinct on (applied_billing_charge_ouid, fingerprint) *
    from looks
    order by
        applied_billing_charge_ouid,
        fingerprint
)

select
    joined.applied_billing_charge_ouid,
    joined.valid_from,
    joined.valid_until,
    joined.fingerprint,
    distinct_looks.billing_account_ouid,
    distinct_looks.login_ouid,
    distinct_looks.cba,
    distinct_looks.mba,
    distinct_looks.customer_id,
    distinct_looks.date_created,
    distinct_looks.transaction_id,
    distinct_looks.glid,
    distinct_looks.analyticaxis,
    distinct_looks.bill_id,
    distinct_looks.due_date,
    distinct_looks.balance_date,
    distinct_looks.write_off_date,
    distinct_looks.write_off_reason,
    distinct_looks.write_off_note,
    distinct_looks.dunning_lock_until,
    distinct_looks.dunning_lock_reason,
    distinct_looks.dunning_status,
    distinct_looks.dunning_scenario,
    distinct_looks.dunning_level,
    distinct_looks.amount_net,
    distinct_looks.amount_gross,
    distinct_looks.amount_vat,
    distinct_looks.amount_energy_tax,
    distinct_looks.migration_flag
from joined
inner join distinct_looks
    on
        joined.applied_billing_charge_ouid = distinct_looks.applied_billing_charge_ouid
        and joined.fingerprint = distinct_looks.fingerprint;

delete from report_oibl.tripica_open_items_history
where
    applied_billing_charge_ouid in (
        select changed.applied_billing_charge_ouid
        from report_oibl_work.tripica_changed_items as changed
    );

insert into report_oibl.tripica_open_items_history (
    applied_billing_charge_ouid,
    valid_from,
    valid_until,
    fingerprint,
    billing_account_ouid,
    login_ouid,
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
    dunning_status,
    dunning_scenario,
    dunning_level,
    amount_net,
    amount_gross,
    amount_vat,
    amount_energy_tax,
    migration_flag
)
select
    applied_billing_charge_ouid,
    valid_from,
    valid_until,
    fingerprint,
    billing_account_ouid,
    login_ouid,
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
    dunning_status,
    dunning_scenario,
    dunning_level,
    amount_net,
    amount_gross,
    amount_vat,
    amount_energy_tax,
    migration_flag
from report_oibl_work.tripica_changed_rows;

delete from report_oibl.tripica_history_runs
where business_date = date '{{ business_date }}';

insert into report_oibl.tripica_history_runs (business_date, open_items)
select
    date '{{ business_date }}' as business_date,
    count(*) as open_items
from report_oibl_work.tripica_items_of_run;

drop table report_oibl_work.tripica_changed_rows;
drop table report_oibl_work.tripica_changed_items;
