-- Keeps the open items of this business date in the history, changes only: an item gets a new row when it
-- looks different from the business date before, none when it does not. A run stands for the days from its
-- business date up to the next one that was run; what is known of the days before and after stays, until the
-- retention in report_oibl.tripica_limits is over. Safe to re-run: nothing changes twice, and a late run of
-- an older date changes only what that date says. docs/domain.md, "History".

-- the fingerprint is taken from the text of the dates
set local datestyle = 'ISO, YMD';

drop table if exists report_oibl_work.tripica_run_days;
drop table if exists report_oibl_work.tripica_items_of_run;
drop table if exists report_oibl_work.tripica_changed_items;
drop table if exists report_oibl_work.tripica_later_looks;

create unlogged table report_oibl_work.tripica_run_days as
select
    date '{{ business_date }}' as run_from,
    coalesce(min(business_date), date 'infinity') as run_until
from report_oibl.tripica_history_runs
where business_date > date '{{ business_date }}';

-- how the items look now; columns as in the history, and a fingerprint of all that an item shows
create unlogged table report_oibl_work.tripica_items_of_run (like report_oibl.tripica_open_items_history);

insert into report_oibl_work.tripica_items_of_run
select
    results.applied_billing_charge_ouid,
    run_days.run_from,
    run_days.run_until,
    md5(row(results.applied_billing_charge_ouid, looks.*)::text) as fingerprint,
    looks.*
from report_oibl.tripica_results as results
cross join report_oibl_work.tripica_run_days as run_days
cross join
    lateral ( -- noqa: ST05
        select
            results.billing_account_ouid,
            results.login_ouid,
            results.cba,
            results.mba,
            results.customer_id,
            results.date_created,
            results.transaction_id,
            results.glid,
            results.analyticaxis,
            results.bill_id,
            results.due_date,
            results.balance_date,
            results.write_off_date,
            results.write_off_reason,
            results.write_off_note,
            results.dunning_lock_until,
            results.dunning_lock_reason,
            results.dunning_status,
            results.dunning_scenario,
            results.dunning_level,
            results.amount_net,
            results.amount_gross,
            results.amount_vat,
            results.amount_energy_tax,
            results.migration_flag
    ) as looks
where
    results.applied_billing_charge_ouid is not null
    and results.billing_account_balance_ouid = ''
    and results.tax_item_ouid = ''
    and results.booking_reference_document_number is null;

analyze report_oibl_work.tripica_items_of_run;

-- items that look different now from what the history says of the business date, or are no longer listed
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

-- their old looks are cut where the days of this run begin and end: the part after them is put aside ...
create unlogged table report_oibl_work.tripica_later_looks as
select history.*
from report_oibl.tripica_open_items_history as history
inner join report_oibl_work.tripica_changed_items as changed
    on history.applied_billing_charge_ouid = changed.applied_billing_charge_ouid
inner join report_oibl_work.tripica_run_days as run_days
    on history.valid_from < run_days.run_until and history.valid_until > run_days.run_until;

update report_oibl_work.tripica_later_looks
set valid_from = run_days.run_until
from report_oibl_work.tripica_run_days as run_days;

-- ... the part within them goes ...
delete from report_oibl.tripica_open_items_history as history
using report_oibl_work.tripica_changed_items as changed, report_oibl_work.tripica_run_days as run_days
where
    history.applied_billing_charge_ouid = changed.applied_billing_charge_ouid
    and history.valid_from >= run_days.run_from
    and history.valid_from < run_days.run_until;

-- ... and the part before them ends with them
update report_oibl.tripica_open_items_history as history
set valid_until = run_days.run_from
from report_oibl_work.tripica_changed_items as changed, report_oibl_work.tripica_run_days as run_days
where
    history.applied_billing_charge_ouid = changed.applied_billing_charge_ouid
    and history.valid_from < run_days.run_from
    and history.valid_until > run_days.run_from;

insert into report_oibl.tripica_open_items_history
select items.*
from report_oibl_work.tripica_items_of_run as items
inner join report_oibl_work.tripica_changed_items as changed
    on items.applied_billing_charge_ouid = changed.applied_billing_charge_ouid
union all
select later.*
from report_oibl_work.tripica_later_looks as later;

-- neighbours that look the same become one row: first at the end of the run's days, then at their beginning
do $$
declare
    boundary date;
begin
    for boundary in select unnest(array[run_until, run_from]) from report_oibl_work.tripica_run_days loop
        with continued as (
            delete from report_oibl.tripica_open_items_history as next_look
            using report_oibl.tripica_open_items_history as look
            where
                next_look.valid_from = boundary
                and look.valid_until = boundary
                and look.applied_billing_charge_ouid = next_look.applied_billing_charge_ouid
                and look.fingerprint = next_look.fingerprint
            returning next_look.applied_billing_charge_ouid, next_look.valid_until
        )

        update report_oibl.tripica_open_items_history as history
        set valid_until = continued.valid_until
        from continued
        where
            history.applied_billing_charge_ouid = continued.applied_billing_charge_ouid
            and history.valid_until = boundary;
    end loop;
end
$$;

delete from report_oibl.tripica_history_runs
where business_date = date '{{ business_date }}';

insert into report_oibl.tripica_history_runs (business_date, open_items)
select
    date '{{ business_date }}' as business_date,
    count(*) as open_items
from report_oibl_work.tripica_items_of_run;

-- days longer ago than the retention are forgotten, counted from the newest business date
with horizon as (
    select max(runs.business_date) - max(limits.limit_value)::integer as oldest_day
    from report_oibl.tripica_history_runs as runs
    cross join report_oibl.tripica_limits as limits
    where limits.limit_name = 'history_retention_days'
),

forgotten_runs as (
    delete from report_oibl.tripica_history_runs
    where business_date < (select oldest_day from horizon)
)

delete from report_oibl.tripica_open_items_history
where valid_until <= (select oldest_day from horizon);

drop table report_oibl_work.tripica_later_looks;
drop table report_oibl_work.tripica_changed_items;
drop table report_oibl_work.tripica_items_of_run;
drop table report_oibl_work.tripica_run_days;
