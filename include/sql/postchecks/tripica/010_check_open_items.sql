-- Checks that no charge is listed as an open item twice, as its amount would count twice in every sum, that
-- the run lists open items at all, and not fewer than the set share of those of the last earlier business
-- date: far fewer mean that a source was loaded in part. The first run has nothing to compare with. The share
-- is a setting in report_oibl.tripica_limits. docs/domain.md 4.2 (row family A), "Limits".
with items as (
    select
        applied_billing_charge_ouid,
        count(*) as open_items
    from report_oibl.tripica_results
    where
        applied_billing_charge_ouid is not null
        and billing_account_balance_ouid = ''
        and tax_item_ouid = ''
        and booking_reference_document_number is null
    group by applied_billing_charge_ouid
),

counted as materialized (
    select
        coalesce(sum(open_items), 0) as open_items,
        count(*) filter (where open_items > 1) as repeated,
        min(format('charge %s %s times', applied_billing_charge_ouid, open_items))
        filter (where open_items > 1) as example
    from items
),

last_run as (
    select
        business_date,
        open_items
    from report_oibl.tripica_history_runs
    where business_date < date '{{ business_date }}'
    order by business_date desc
    limit 1
)

select
    counted.repeated = 0 as one_open_item_per_charge,
    counted.open_items > 0 as has_open_items,
    coalesce(counted.open_items >= limits.limit_value * last_run.open_items, true) as open_items_not_fewer,
    format(
        '%s charges are listed as more than one open item%s; '
        '%s open items, expected at least %s times those of the last run (%s)',
        counted.repeated,
        ', e.g. ' || counted.example,
        counted.open_items,
        limits.limit_value,
        coalesce(last_run.open_items || ' on ' || last_run.business_date, 'none so far')
    ) as details
from counted
cross join report_oibl.tripica_limits as limits
left join last_run on true
where limits.limit_name = 'open_items_minimum_share';
