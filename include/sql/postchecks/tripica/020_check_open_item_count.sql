-- Checks that the run lists open items at all, and not fewer than the set share of those of the last earlier
-- business date: far fewer mean that a source was loaded in part. The first run has nothing to compare with.
-- The share is a setting in report_oibl.tripica_limits. docs/domain.md, "Limits".
with items as (
    select count(*) as open_items
    from report_oibl.tripica_results
    where
        applied_billing_charge_ouid is not null
        and billing_account_balance_ouid = ''
        and tax_item_ouid = ''
        and booking_reference_document_number is null
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
    items.open_items > 0 as has_open_items,
    coalesce(items.open_items >= limits.limit_value * last_run.open_items, true) as open_items_not_fewer,
    format(
        '%s open items; expected at least %s times those of the last run (%s)',
        items.open_items,
        limits.limit_value,
        coalesce(last_run.open_items || ' on ' || last_run.business_date, 'none so far')
    ) as details
from items
cross join report_oibl.tripica_limits as limits
left join last_run on true
where limits.limit_name = 'open_items_minimum_share';
