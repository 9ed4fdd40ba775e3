-- Builds the tax lines of the legacy runs, one row per tax element, with the aggregate that its tax
-- aggregate belongs to. A reference that is missing or no number finds none. newko is the client's account
-- of the tax code, null where there is none. Safe to re-run: the work table is replaced. Rows are stored by
-- run and place in the run's list. docs/domain.md 2.4 (tax lines).

drop table if exists report_oibl_work.bookings_tax_lines;

create table report_oibl_work.bookings_tax_lines as
with tax_lines as (
    select
        runs.run_id,
        runs.run_at,
        listed.place,
        listed.element,
        -- nested, as only case orders its casts
        case
            when listed.element ->> 'taxAggregateOuid' ~ '^[0-9]{1,18}$'
                then (listed.element ->> 'taxAggregateOuid')::bigint
            else -1
        end as tax_aggregate_ouid
    from report_oibl_work.bookings_runs as runs
    cross join lateral jsonb_array_elements(runs.tax_lines) with ordinality as listed (element, place)
)

select
    tax_lines.run_id as bbtax_booking_execution_id,
    tax_lines.run_at as bbtax_booking_created,
    tax_lines.element ->> 'mwskz' as mwskz,
    tax_lines.element ->> 'bs' as newbs,
    tax_accounts.account as newko,
    (tax_lines.element ->> 'xblnr')::varchar as xblnr,
    tax_lines.element ->> 'fwste' as wrbed,
    tax_lines.element ->> 'fwbas' as fwbas,
    aggregates.aggregateid::varchar as aggregate_id,
    'vat.Amount'::varchar as amount_calculation,
    '/'::text as key,
    '/'::text as aufnr,
    '/'::text as gsber,
    '/'::text as kostl,
    '/'::text as newbk,
    '/'::text as prced,
    '/'::text as sgtxt,
    '/'::text as vbund,
    '/'::text as xstba,
    '/'::text as zterm,
    '/'::text as zuonr,
    '/'::text as psegment
from tax_lines
left join report_oibl_work.bookings_tax_accounts as tax_accounts
    on tax_lines.element ->> 'mwskz' = tax_accounts.mwskz
left join datalake_vault.tax_aggregate as tax_aggregates on tax_lines.tax_aggregate_ouid = tax_aggregates.ouid
left join
    datalake_vault.charge_aggregate as aggregates
    on tax_aggregates.chargeaggregateouid = aggregates.ouid
order by
    tax_lines.run_id,
    tax_lines.place,
    aggregates.aggregateid collate "C";

analyze report_oibl_work.bookings_tax_lines;
